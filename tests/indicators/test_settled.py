import datetime as dt

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


def test_a_reading_ends_with_its_last_settled_period():
    reading = Reading(info=ATTENDANCE, points=tuple(ValuePoint(period=week(n), value=90.0 + n) for n in (9, 10, 11)))
    assert settled(reading, dt.date(2026, 11, 18)).latest.value == 100.0
    assert settled(reading, dt.date(2026, 11, 20)) == reading


def test_a_reading_of_nothing_but_running_periods_stays():
    reading = Reading(info=ATTENDANCE, points=(ValuePoint(period=week(11), value=90.0),))
    assert settled(reading, dt.date(2026, 11, 16)) is reading
