import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from indicators.five_by_five import judged
from indicators.results import Board, EntityInfo, PeriodInfo, Reading, Standing, ValueFrame, ValuePoint
from indicators.settled import is_settled, settled, settled_board
from tests.dashboards.college import ATTENDANCE, week


def month(number):
    return PeriodInfo(
        kind="month", key=f"2026-{number}", label=f"{number}月", start=dt.date(2026, number, 1),
        end=dt.date(2026, number + 1, 1) - dt.timedelta(days=1), ordinal=number,
    )  # fmt: skip


@pytest.mark.parametrize(("day", "expected"), [(19, False), (20, True), (22, True)])
def test_a_week_is_settled_from_its_friday(day, expected):
    assert is_settled(week(11), dt.date(2026, 11, day)) is expected


@pytest.mark.parametrize(("day", "expected"), [(dt.date(2026, 11, 29), False), (dt.date(2026, 11, 30), True)])
def test_a_month_is_settled_on_its_last_day(day, expected):
    assert is_settled(month(11), day) is expected


@pytest.mark.parametrize("kind", ["term", "year"])
def test_terms_and_years_are_read_as_they_stand(kind):
    period = PeriodInfo(
        kind=kind, key="2026", label="2026年", start=dt.date(2026, 1, 1), end=dt.date(2026, 12, 31), ordinal=1
    )
    assert is_settled(period, dt.date(2026, 1, 2))


@pytest.mark.parametrize(
    ("formula", "shown"),
    [
        ("SUM(fact_finance.actual_amt) FILTER (WHERE fact_finance.direction = '收入')", "2025"),
        ("SUM(fact_finance.actual_amt) / SUM(fact_finance.budget_amt)", "2026"),
        ("SUM(fact_school_year.fixed_assets)", "2026"),
    ],
    ids=["money of the year", "rate", "stock"],
)
def test_a_total_of_money_is_judged_against_its_year_once_the_year_is_over(formula, shown):
    years = [
        PeriodInfo(
            kind="year",
            key=str(year),
            label=f"{year}年",
            start=dt.date(year, 1, 1),
            end=dt.date(year, 12, 31),
            ordinal=1,
        )
        for year in (2025, 2026)
    ]
    points = tuple(ValuePoint(period=year, value=20_000.0) for year in years)
    reading = Reading(info=replace(ATTENDANCE, formula=formula), points=points)
    assert settled(reading, dt.date(2026, 11, 20)).latest.period.key == shown
    assert settled(reading, dt.date(2026, 12, 31)).latest.period.key == "2026"


def test_a_reading_ends_with_its_last_settled_period():
    reading = Reading(info=ATTENDANCE, points=tuple(ValuePoint(period=week(n), value=90.0 + n) for n in (9, 10, 11)))
    assert settled(reading, dt.date(2026, 11, 18)).latest.value == 100.0
    assert settled(reading, dt.date(2026, 11, 20)) == reading


def test_a_reading_ends_with_a_value_where_a_settled_period_has_one():
    points = (
        ValuePoint(period=week(9), value=90.0),
        ValuePoint(period=week(10), value=None),
        ValuePoint(period=week(11), value=80.0),
    )
    shown = settled(Reading(info=ATTENDANCE, points=points), dt.date(2026, 11, 18))
    assert (shown.latest.period.key, shown.is_running) == (week(9).key, False)


def test_what_is_known_of_running_periods_alone_is_shown_and_not_judged():
    """Lines of a whole week say nothing of its Monday."""
    points = tuple(ValuePoint(period=week(n), value=value) for n, value in ((10, None), (11, 90.0)))
    shown = settled(Reading(info=ATTENDANCE, points=points), dt.date(2026, 11, 16))
    assert (shown.latest.value, shown.is_running, shown.info.lines) == (90.0, True, ())
    assert judged(shown) is None


def test_without_any_value_there_is_nothing_to_settle():
    reading = Reading(info=ATTENDANCE, points=(ValuePoint(period=week(11), value=None),))
    assert settled(reading, dt.date(2026, 11, 16)) is reading


@pytest.mark.parametrize("kind", ["term", "year"])
def test_a_running_term_or_year_is_judged_and_not_compared_with_a_whole_one(kind):
    def year(number):
        return PeriodInfo(
            kind=kind, key=str(number), label=f"{number}年", start=dt.date(number, 1, 1), end=dt.date(number, 12, 31),
            ordinal=1,
        )  # fmt: skip

    reading = Reading(
        info=ATTENDANCE, points=(ValuePoint(period=year(2025), value=97.2), ValuePoint(period=year(2026), value=94.1))
    )
    running = settled(reading, dt.date(2026, 11, 20))
    assert (running.latest.value, running.before, running.is_running) == (94.1, None, True)
    assert judged(running) is not None
    over = settled(reading, dt.date(2026, 12, 31))
    assert (over.before, over.is_running) == (97.2, False)


def board_of(periods, values):
    shape = (1, len(periods))
    frame = ValueFrame(
        entities=(EntityInfo(entity_id=1, name="某系"),), periods=tuple(periods), value=np.array([values]),
        numerator=np.full(shape, np.nan), denominator=np.full(shape, np.nan), rows=np.ones(shape, dtype=np.int64),
    )  # fmt: skip
    return Board(entities=frame.entities, standings={"X": Standing(info=ATTENDANCE, frame=frame)})


def test_a_board_is_in_focus_at_its_last_settled_period():
    on = dt.date(2026, 11, 20)
    found = settled_board(board_of([month(9), month(10), month(11)], [80.0, 90.0, 60.0]), on).standings["X"]
    assert (found.now()[0], found.change()[0], found.info) == (90.0, 10.0, ATTENDANCE)
    assert found.frame.value[0, 2] == 60.0
    alone = settled_board(board_of([month(11)], [60.0]), on).standings["X"]
    assert (alone.now()[0], alone.info.lines, alone.is_running) == (60.0, (), True)
    assert np.isnan(alone.change()[0])
