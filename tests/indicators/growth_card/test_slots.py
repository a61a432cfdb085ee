"""When points are due: into which slots a term falls, what each has of the cap, and on which day it counts."""

import datetime as dt
from collections import Counter

import pytest

from indicators.growth_card.points import Schedule, shipped_card
from indicators.growth_card.slots import (
    CardTerm,
    Span,
    due_grades,
    months_between,
    slots_of,
    week_key,
)
from indicators.model import PeriodKind

CARD = shipped_card()


def term(number, start, weeks=18):
    """A term of whole weeks."""
    year = start.year if number == 1 else start.year - 1
    key = f"{year}-{year + 1}-{number}"
    spans = tuple(
        Span(
            key=f"{key}-W{n:02d}",
            label=f"第{n}周",
            start=start + dt.timedelta(days=7 * (n - 1)),
            end=start + dt.timedelta(days=7 * n - 1),
        )
        for n in range(1, weeks + 1)
    )
    end = spans[-1].end
    return CardTerm(
        term_id=year * 10 + number, key=key, acad_start=year, number=number, start=start, end=end, weeks=spans,
        months=months_between(start, end), freezes_on=end + dt.timedelta(days=14),
    )  # fmt: skip


AUTUMN = term(1, dt.date(2026, 8, 31))
SPRING = term(2, dt.date(2027, 3, 1))
YEAR = (AUTUMN, SPRING)


def slots(code, of):
    return slots_of(CARD.by_code[code], of)


@pytest.mark.parametrize("point", CARD.points, ids=lambda point: point.code)
def test_every_point_is_due_in_some_term_and_its_shares_are_one_cap_a_year(point):
    by_term = [slots_of(point, each) for each in YEAR]
    assert any(by_term)
    for each, found in zip(YEAR, by_term, strict=True):
        assert len({slot.key for slot in found}) == len(found)
        assert all(slot.share >= 0 for slot in found)
        if found and point.schedule not in {Schedule.PLAN, Schedule.SANCTION}:
            assert sum(slot.share for slot in found) == pytest.approx(1)
        assert list(found) == sorted(found, key=lambda slot: slot.booked_on)
        assert all(each.start <= slot.booked_on for slot in found)
    if point.schedule is Schedule.PLAN:
        assert sum(slot.share for found in by_term for slot in found) == pytest.approx(1)


def test_how_often_a_year_each_point_is_due_follows_its_time_point():
    due = {schedule: Counter() for schedule in Schedule}
    for point in CARD.points:
        times = tuple(len([slot for slot in slots_of(point, each) if slot.due_on]) for each in YEAR)
        due[point.schedule][times] += 1
    months = (4, 4)
    assert {schedule: set(times) for schedule, times in due.items()} == {
        Schedule.WEEKLY: {(18, 18)},
        Schedule.MONTHLY: {months},
        Schedule.OCCURRENCE: {(18, 18)},
        Schedule.SANCTION: {(18, 18)},
        Schedule.TERM: {(1, 1)},
        Schedule.PLAN: {(1, 1)},
        Schedule.YEAR_END: {(0, 1)},
        Schedule.GRADUATION: {(0, 1)},
        Schedule.FOLLOW_UP: {(1, 0)},
    }


def test_weeks_share_a_cap_and_read_their_own_values():
    found = slots("STU-ACD-02", AUTUMN)
    assert [slot.key for slot in found][:2] == ["W01", "W02"]
    assert found[10].reads == (f"{AUTUMN.key}-W11",)
    assert found[10].share == pytest.approx(1 / 18)
    assert (found[0].booked_on, found[0].due_on) == (dt.date(2026, 9, 6), dt.date(2026, 9, 7))
    assert week_key(AUTUMN.weeks[10]) == "W11"


def test_a_month_of_a_few_days_is_none_of_a_terms_months():
    assert [month.key for month in AUTUMN.months] == ["2026-09", "2026-10", "2026-11", "2026-12"]
    assert AUTUMN.end == dt.date(2027, 1, 3)
    assert [month.key for month in months_between(dt.date(2026, 8, 24), dt.date(2026, 9, 7))] == ["2026-08"]
    first = months_between(dt.date(2026, 9, 10), dt.date(2026, 10, 31))[0]
    assert (first.start, first.end) == (dt.date(2026, 9, 10), dt.date(2026, 9, 30))


def test_an_opening_is_deposited_in_the_first_week_and_nobody_collects_it():
    opening, *weeks = slots("STU-PER-13", AUTUMN)
    assert (opening.key, opening.share, opening.booked_on, opening.due_on) == ("opening", 1.0, AUTUMN.start, None)
    assert opening.kind is None
    assert {slot.share for slot in weeks} == {0.0}


def test_a_sanction_is_booked_when_it_cannot_be_appealed_against_any_more():
    first = slots("STU-PER-14", AUTUMN)[0]
    assert first.booked_on == AUTUMN.weeks[0].end + dt.timedelta(days=10)


def test_a_plan_is_due_at_the_start_of_the_year_and_its_goals_at_the_end():
    (plan,), (goals,) = slots("STU-ACD-01", AUTUMN), slots("STU-ACD-01", SPRING)
    assert (plan.share, goals.share) == (pytest.approx(0.8), pytest.approx(0.2))
    assert plan.booked_on == AUTUMN.weeks[3].end
    assert slots("STU-CAR-01", AUTUMN)[0].booked_on == AUTUMN.weeks[9].end, "第一学期中"
    assert (plan.inputs, goals.inputs) == (("raw", "on_time"), ("goals",))
    assert goals.reads == (AUTUMN.key,), "the goals of the plan of this year"


def test_a_plan_of_a_term_with_few_weeks_is_due_in_its_last():
    short = term(1, dt.date(2026, 8, 31), weeks=3)
    assert slots("STU-ACD-01", short)[0].booked_on == short.weeks[2].end


def test_a_year_end_reads_both_terms():
    assert slots("STU-ACD-10", AUTUMN) == ()
    assert slots("STU-ACD-10", SPRING)[0].reads == (AUTUMN.key, SPRING.key)


def test_graduation_and_follow_up_read_calendar_years():
    assert (slots("STU-CAR-13", SPRING)[0].kind, slots("STU-CAR-13", SPRING)[0].reads) == (PeriodKind.YEAR, ("2027",))
    follow_up = next(point for point in CARD.points if point.schedule is Schedule.FOLLOW_UP)
    assert slots_of(follow_up, AUTUMN)[0].reads == ("2026",)
    assert due_grades(follow_up) == (4,), "in the year after the last"
    assert due_grades(CARD.by_code["STU-CAR-10"]) == (2, 3)


def test_a_term_is_frozen_from_the_day_after_its_last_open_one():
    assert not AUTUMN.is_frozen(dt.date(2027, 1, 17))
    assert AUTUMN.is_frozen(dt.date(2027, 1, 18))
    assert SPRING.first_term_key() == AUTUMN.key == AUTUMN.first_term_key()
