"""A closed term under corrections: caps hold over all slots of the corrected point, and late facts stay out."""

import datetime as dt
from functools import partial

import numpy as np
import pytest
from sqlalchemy import insert

from data_access.database import transaction
from data_access.database.growth_models import CardCorrection
from data_access.growth_card.ledger_laws import LedgerLaws
from data_access.growth_card.settlement import Live
from indicators.growth_card.points import shipped_card
from indicators.growth_card.posting_frozen import as_booked, as_on_roll
from indicators.growth_card.rules import effects, settled
from indicators.growth_card.slots import slots_of
from indicators.growth_card.targets import OPEN, Holders, Layout
from indicators.model import Level
from tests.growth_college import AS_OF, PAST, add_rows, copied, entries, facts, live, post
from tests.indicators.growth_card.test_slots import SPRING

STUDENT = 5
LAST_OPEN_DAY = dt.date(2026, 7, 20)
MONDAY = dt.date(2026, 3, 2)
NOON = dt.datetime(2026, 11, 20, 4, tzinfo=dt.UTC)
BREACHES, PRESENT = "STU-PER-13", "STU-ACD-03"
CARD = shipped_card()


@pytest.fixture
def college(unposted_college, install, tmp_path):
    return copied(unposted_college, tmp_path / "college", install)


@pytest.fixture
def student(college) -> int:
    """One of whom no breach is known and who was always there."""
    ((found,),) = facts(
        college,
        "SELECT MIN(student_id) FROM {fact_student_term} "
        f"WHERE term_id = {PAST} AND is_on_roll AND student_id NOT IN "
        "(SELECT student_id FROM {fact_student_event} WHERE event_type = '违纪') AND student_id IN "
        "(SELECT student_id FROM {fact_attendance} WHERE date_id < 20260701)",
    )
    return found


def day_of(week: int) -> int:
    return int(f"{MONDAY + dt.timedelta(days=7 * (week - 1)):%Y%m%d}")


def breach(place, student: int, *weeks: int) -> None:
    add_rows(
        place,
        "fact_student_event",
        *(
            {"event_id": 10**15 + week, "student_id": student, "date_id": day_of(week), "event_type": "违纪",
             "event_level": 0}
            for week in weeks
        ),
    )  # fmt: skip


def stay_away(place, student: int, week: int, times: int) -> None:
    ((offering,),) = facts(place, f"SELECT MIN(offering_id) FROM {{fact_attendance}} WHERE student_id = {student}")
    told = {"student_id": student, "offering_id": offering, "date_id": day_of(week), "status": "旷课"}
    marks = dict.fromkeys(("preview_due", "preview_done", "homework_due", "homework_done"), False)
    rows = ({"attendance_id": 10**15 + 100 * week + number, **told, **marks} for number in range(times))
    add_rows(place, "fact_attendance", *rows)


def correct(place, student: int, point: str, slot: str, **inputs: float) -> None:
    row = {
        "holder": STUDENT, "holder_id": student, "term_id": PAST, "point": point, "slot": slot, "inputs": inputs,
        "reason": "申诉成立", "decided_by": "somebody", "decided_at": NOON,
    }  # fmt: skip
    with transaction(place.database) as connection:
        connection.execute(insert(CardCorrection).values(row))


def close(place, student: int, code: str) -> None:
    """Posts the point on the last day on which the term is open."""
    post(place, PAST, as_of=LAST_OPEN_DAY, students=frozenset({student}), codes=frozenset({code}))


def dispute(place, student: int):
    """Posts what corrections have brought, months after the term."""
    return post(place, PAST, cause="dispute", students=frozenset({student}))


def brought(place, student: int, code: str) -> int:
    return sum(row["points"] for key, row in live(place, PAST, code).items() if key[1] == student)


def problems(place):
    accounts = {
        int(level): {point.code: point.account for point in CARD.of(level) if not point.is_neutral}
        for level in (Level.STUDENT, Level.CLASS)
    }
    caps = {point.code: (point.max_deposit, point.max_deduct) for point in CARD.points}
    return LedgerLaws(place.database, accounts=accounts, caps=caps).check().problems


def test_a_correction_that_adds_a_breach_takes_no_more_than_the_most_of_a_term(college, student):
    breach(college, student, 5, 6, 7, 8)
    close(college, student, BREACHES)
    assert brought(college, student, BREACHES) == 2000 - 4000
    correct(college, student, BREACHES, "W03", raw=1.0)
    report = dispute(college, student)
    assert brought(college, student, BREACHES) == 2000 - 4000
    assert (report.entries, report.reversals) == (
        2,
        1,
    )  # the third week takes 10, and the eighth takes nothing any more
    assert {row["booked_on"] for row in entries(college, PAST)[-3:]} == {AS_OF}
    assert problems(college) == ()


def test_a_correction_that_removes_one_breach_of_five_gives_nothing_back(college, student):
    breach(college, student, 5, 6, 7, 8, 9)
    close(college, student, BREACHES)
    correct(college, student, BREACHES, "W05", raw=0.0)
    dispute(college, student)
    assert brought(college, student, BREACHES) == 2000 - 4000
    correct(college, student, BREACHES, "W06", raw=0.0)
    dispute(college, student)
    assert brought(college, student, BREACHES) == 2000 - 3000
    assert problems(college) == ()


def test_late_facts_of_other_slots_stay_out_when_a_slot_is_corrected(college, student):
    breach(college, student, 5, 6)
    close(college, student, BREACHES)
    breach(college, student, 8, 9)
    correct(college, student, BREACHES, "W05", raw=0.0)
    assert dispute(college, student).entries == 0  # a breach taken back, and nothing in its place
    assert brought(college, student, BREACHES) == 2000 - 1000


def test_late_absences_stay_out_when_a_week_of_them_is_corrected(college, student):
    stay_away(college, student, 4, 2)
    close(college, student, PRESENT)
    before = live(college, PAST)
    stay_away(college, student, 7, 3)
    correct(college, student, PRESENT, "W04", raw=100.0, events=0.0)
    dispute(college, student)
    after = live(college, PAST)
    week = (STUDENT, student, PRESENT, "W04")
    assert after[week]["points"] > before[week]["points"] + 1000
    others = before.keys() - {week}
    assert {key: after[key]["raw"] for key in others} == {key: before[key]["raw"] for key in others}
    # Shares of a week are rounded on their running sum.
    assert all(abs(after[key]["points"] - before[key]["points"]) <= 1 for key in others)
    assert dispute(college, student).entries == 0


def test_absences_beyond_the_most_that_is_taken_are_remembered(college, student):
    stay_away(college, student, 4, 17)
    stay_away(college, student, 5, 2)
    close(college, student, PRESENT)
    before = brought(college, student, PRESENT)
    shown = live(college, PAST)[STUDENT, student, PRESENT, "W05"]["raw"]
    correct(college, student, PRESENT, "W05", raw=shown, events=1.0)
    dispute(college, student)
    assert brought(college, student, PRESENT) == before
    assert dispute(college, student).entries == 0
    assert problems(college) == ()


def test_who_was_taken_off_the_roll_since_is_still_due_what_was_booked():
    booked = [Live(1, 7, BREACHES, "opening", MONDAY, None, 2000, 2000, None, None)]
    gone = Holders(
        ids=np.array([7, 8]), grades=np.array([1, 1]), groups=np.array([1, 1]), on_roll=np.array([False, False]),
        closed_on=np.array([OPEN, OPEN]),
    )  # fmt: skip
    assert as_on_roll(gone, booked).on_roll.tolist() == [True, False]


# -- how often, worked back from what was booked ---------------------------------------------------


@pytest.mark.parametrize("seed", range(20))
def test_what_was_booked_is_found_again_whatever_facts_say_today(seed):
    chance = np.random.default_rng(seed)
    point = CARD.by_code[PRESENT]
    slots = slots_of(point, SPRING)
    shape = (30, len(slots))
    raw = np.where(chance.random(shape) < 0.1, np.nan, chance.uniform(70, 100, shape).round(3))
    events = chance.poisson(chance.choice([0.1, 0.7, 2.0]), shape).astype(float)
    holders = Holders(
        ids=np.arange(30), grades=np.ones(30, dtype=int), groups=np.ones(30, dtype=int),
        on_roll=np.ones(30, dtype=bool), closed_on=np.full(30, OPEN),
    )  # fmt: skip
    told = partial(
        Layout, point=point, slots=slots, sheets=np.zeros(shape, dtype=int), corrections=np.zeros(shape, dtype=int),
        entitled=np.ones(30, dtype=bool),
    )  # fmt: skip
    before = points_of(told(inputs={"raw": raw, "events": events}))
    booked = [
        Live(
            0, line, PRESENT, slots[column].key, MONDAY, float(raw[line, column]), int(before[line, column]), 0, 7, None
        )
        for line, column in zip(*np.nonzero(~np.isnan(raw)), strict=True)
    ]
    since = {"raw": np.where(chance.random(shape) < 0.5, raw, 81.5), "events": events + 1}
    since["events"] = np.where(since["raw"] == raw, events, since["events"])
    found = as_booked(told(inputs=since), holders, {PRESENT: booked})
    assert (points_of(found) == before).all()
    assert (found.sheets == np.where(np.isnan(raw), 0, 7)).all()


def points_of(layout: Layout):
    gains, losses = effects(layout.point, layout.inputs, share=layout.slots[0].share)
    return settled(layout.point, gains, losses)
