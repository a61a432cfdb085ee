import datetime as dt
from dataclasses import replace

import pytest

from indicators.results import PeriodInfo, Reading, ValuePoint
from indicators.settled import is_settled, settled
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


def test_a_reading_of_nothing_but_running_periods_stays():
    reading = Reading(info=ATTENDANCE, points=(ValuePoint(period=week(11), value=90.0),))
    assert settled(reading, dt.date(2026, 11, 16)) is reading
