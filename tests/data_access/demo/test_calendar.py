from __future__ import annotations

import datetime as dt

import pyarrow.compute as pc
import pytest

from data_access.demo.calendar import TEACHING_WEEKS, TERM_WEEKS, build_calendar, dimension_tables
from data_access.demo.spec import CollegeSpec
from data_access.errors import UserError


def terms_on(day: str, count: int = 2) -> list[int]:
    spec = CollegeSpec(students=90, terms=count, as_of=dt.date.fromisoformat(day))
    return [term.term_id for term in build_calendar(spec).terms]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-11-20", [20252, 20261]),
        ("2026-08-30", [20251, 20252]),
        ("2026-08-31", [20252, 20261]),
        ("2027-02-10", [20252, 20261]),
        ("2027-03-01", [20261, 20262]),
    ],
)
def test_the_last_term_has_begun(day: str, expected: list[int]) -> None:
    assert terms_on(day) == expected


def test_terms_start_on_mondays_and_last_twenty_weeks() -> None:
    for year in range(2018, 2032):
        spec = CollegeSpec(students=90, terms=2, as_of=dt.date(year, 12, 1))
        for term in build_calendar(spec).terms:
            assert term.start.weekday() == 0
            assert (term.end - term.start).days == TERM_WEEKS * 7 - 1
            assert term.start.month in {2, 3, 8, 9}


def test_a_term_in_the_holidays_is_complete() -> None:
    spec = CollegeSpec(students=90, terms=1, as_of=dt.date(2026, 8, 1))
    current = build_calendar(spec).current
    assert current.is_complete
    assert current.progress == 1


def test_days_cover_the_years_without_gap_and_weeks_are_teaching_weeks() -> None:
    calendar = build_calendar(CollegeSpec(students=90, terms=4, as_of=dt.date(2026, 11, 20)))
    terms, days = dimension_tables(calendar)
    dates = days["cal_date"].to_pylist()
    assert dates[0] == dt.date(2022, 1, 1)
    assert dates[-1] == dt.date(2027, 1, 17)
    assert len(dates) == (dates[-1] - dates[0]).days + 1
    assert pc.max(days["week_no"]).as_py() == TEACHING_WEEKS
    assert set(days["term_id"].drop_null().unique().to_pylist()) == set(terms["term_id"].to_pylist())
    holiday = days.filter(pc.field("date_id") == 20261001)
    assert holiday["is_teaching_day"].to_pylist() == [False]


@pytest.mark.parametrize("wrong", [{"students": 5}, {"terms": 0}, {"terms": 99}, {"students": 10**6}])
def test_impossible_sizes_are_refused(wrong: dict[str, int]) -> None:
    values = {"students": 100, "terms": 2, **wrong}
    with pytest.raises(UserError, match="A demo college has"):
        CollegeSpec(as_of=dt.date(2026, 11, 20), **values)
