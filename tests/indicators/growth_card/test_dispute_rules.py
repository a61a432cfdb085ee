"""What the card knows of a disputed entry: its inputs, what may stand there, and what other values would bring."""

import dataclasses
import datetime as dt

import pytest

from data_access.growth_card.dispute_case import DisputedEntry
from indicators.growth_card.dispute_rules import (
    OF_CLASS,
    fields_of,
    procedure_of,
    read_values,
    revisions_of,
    slot_of,
    trial,
)
from indicators.growth_card.points import shipped_card
from indicators.growth_card.slots import OPENING, CardTerm, Span, months_between, slots_of
from indicators.model import Level

CARD = shipped_card()
FIRST = dt.date(2026, 8, 31)
WEEKS = tuple(
    Span(
        key=f"2026-2027-1-W{n:02}",
        label=f"第{n}周",
        start=FIRST + dt.timedelta(7 * n - 7),
        end=FIRST + dt.timedelta(7 * n - 1),
    )
    for n in range(1, 21)
)
TERM = CardTerm(
    term_id=20261, key="2026-2027-1", acad_start=2026, number=1, start=FIRST, end=WEEKS[-1].end, weeks=WEEKS,
    months=months_between(FIRST, WEEKS[-1].end), freezes_on=dt.date(2027, 2, 1),
)  # fmt: skip
TERMS = (TERM, dataclasses.replace(TERM, number=2, key="2026-2027-2"))


def entry_of(point="STU-ACD-02", slot="W11", *, raw=89.0, points=100):
    return DisputedEntry(
        entry_id=1, student_id=5, student_no="20240005", class_id=4, class_name="机电2401", dept_id=2, major_id=3,
        term_id=20261, term_key=TERM.key, weeks=(), point=point, slot=slot, kind="deposit", booked_on=WEEKS[10].end,
        raw=raw, points=points, possible=200, sheet_id=None, correction_id=None,
        recorded_at=dt.datetime(2026, 11, 16, tzinfo=dt.UTC), is_live=True,
    )  # fmt: skip


def test_every_slot_that_may_be_disputed_has_inputs_and_a_collector():
    procedure = procedure_of(CARD)
    assert "STU-PER-12" not in procedure.collectors
    assert len(procedure.collectors) == 40
    for point in CARD.of(Level.STUDENT):
        for term in TERMS:
            for slot in slots_of(point, term):
                if slot.key != OPENING and not point.is_neutral:
                    assert fields_of(point, slot), (point.code, slot.key)


def test_the_points_of_a_class_that_a_students_point_bears_upon_are_points_of_a_class():
    assert all(CARD.by_code[code].holder is Level.STUDENT for code in OF_CLASS)
    assert {CARD.by_code[code].holder for codes in OF_CLASS.values() for code in codes} == {Level.CLASS}


PRESENT = {f"W{number:02}": (100.0, 250) for number in range(1, 11)}
"""Ten weeks without truancy: 2.5 of 50 points each."""


@pytest.mark.parametrize(
    ("code", "slot", "entry", "values", "siblings", "expected"),
    [
        # 40 points over 20 weeks, from 80% to 98%: a week brings up to 2 points
        ("STU-ACD-02", "W11", {"raw": 89.0, "points": 100}, {"raw": 98.0}, {"W10": (98.0, 200)}, {"W11": 200}),
        ("STU-ACD-02", "W11", {"raw": 89.0, "points": 100}, {"raw": 80.0}, {}, {"W11": 0}),
        # 50 over 20 weeks, 5 for every time of truancy: the two of the entry stay unless they are put right
        ("STU-ACD-03", "W11", {"raw": 85.0, "points": -1000}, {"raw": 100.0}, PRESENT, {"W11": -750}),
        ("STU-ACD-03", "W11", {"raw": 85.0, "points": -1000}, {"raw": 100.0, "events": 1.0}, PRESENT, {"W11": -250}),
        # at the most that is deducted the ledger does not tell what other weeks would have taken
        ("STU-ACD-03", "W11", {"raw": 80.0, "points": -2000}, {"events": 0.0}, {"W10": (40.0, -6000)}, None),
        # 期初 10, 5 a time, 20 at most: what one week no longer takes, a later one does
        ("STU-PER-10", "W11", {"raw": 2.0, "points": -1000}, {"raw": 0.0}, {"opening": (None, 1000)}, {"W11": 0}),
        (
            "STU-PER-10", "W11", {"raw": 4.0, "points": -2000}, {"raw": 1.0},
            {"opening": (None, 1000), "W12": (2.0, 0), "W13": (2.0, 0)}, {"W11": -500, "W12": -1000, "W13": -500},
        ),
        # a plan: on time 8, quality 8 of 20
        ("STU-ACD-01", "plan", {"raw": 50.0, "points": 400}, {"on_time": 1.0}, {}, {"plan": 1200}),
        ("STU-ACD-01", "plan", {"raw": 50.0, "points": 400}, {"raw": 100.0}, {}, None),
        ("STU-CAR-09", "term", {"raw": None, "points": 0}, {"raw.一等奖": 4.0}, {}, None),
        ("STU-ACD-02", "W99", {}, {"raw": 98.0}, {}, None),
    ],
)  # fmt: skip
def test_a_trial_brings_what_the_rule_brings_within_the_caps_of_all_slots(
    code, slot, entry, values, siblings, expected
):
    assert trial(CARD.by_code[code], TERM, entry_of(code, slot, **entry), values, siblings) == expected


def test_values_are_read_by_column_and_empty_ones_stay_as_they_are():
    point = CARD.by_code["STU-ACD-03"]
    columns = fields_of(point, slot_of(point, TERM, "W11"))
    read = read_values(columns, {"STU-ACD-03": "９６.５%", "STU-ACD-03.events": ""}, before=80.0)
    assert (read.values, read.problems) == ({"raw": 96.5}, {})
    wrong = read_values(columns, {"STU-ACD-03": "101", "STU-ACD-03.events": "1.5"}, before=80.0)
    assert set(wrong.problems) == {"STU-ACD-03", "STU-ACD-03.events"}
    assert set(read_values(columns, {"STU-ACD-03": "80"}, before=80.0).problems) == {""}


def test_only_a_value_that_was_shown_is_noted_as_wrong():
    slot = slot_of(CARD.by_code["STU-ACD-02"], TERM, "W11")
    [found] = revisions_of(entry_of(), slot, {"raw": 98.0}, dispute_id=7)
    assert (found.period_key, found.before, found.after, found.source) == ("2026-2027-1-W11", 89.0, 98.0, "dispute:7")
    assert revisions_of(entry_of(), slot, {"events": 1.0}, dispute_id=7) == ()
    assert revisions_of(entry_of(), None, {"raw": 98.0}, dispute_id=7) == ()
