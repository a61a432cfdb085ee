"""Rules of time: to which week, month, term or year a row belongs (docs/adr/0004)."""

import datetime as dt

import pytest

from indicators.model import PeriodKind, Window
from indicators.periods import Calendar, Day, Term

TERMS = (
    Term(term_id=20241, acad_year="2024-2025", number=1, start=dt.date(2024, 9, 2), end=dt.date(2025, 1, 17)),
    Term(term_id=20242, acad_year="2024-2025", number=2, start=dt.date(2025, 2, 24), end=dt.date(2025, 7, 4)),
    Term(term_id=20251, acad_year="2025-2026", number=1, start=dt.date(2025, 9, 1), end=dt.date(2026, 1, 16)),
)
AS_OF = dt.date(2025, 10, 15)


def calendar(as_of=AS_OF):
    days = []
    for n in range((dt.date(2026, 1, 31) - dt.date(2022, 1, 1)).days + 1):
        date = dt.date(2022, 1, 1) + dt.timedelta(n)
        term = next((t for t in TERMS if t.start <= date <= t.end), None)
        week = None if term is None else (date - term.start).days // 7 + 1
        days.append(
            Day(
                date_id=int(f"{date:%Y%m%d}"),
                date=date,
                week=week if week is not None and week <= 18 else None,
                term_id=None if term is None else term.term_id,
            )
        )
    return Calendar(terms=TERMS, days=days, as_of=as_of)


def periods(column, keys, kind, **options):
    """What each key counts for: {key: sorted period ids}."""
    found = {key: [] for key in keys}
    for line in calendar().assign(column, keys, kind, **options):
        found[line.time_key].append(line.period_id)
    return {key: sorted(ids) for key, ids in found.items()}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("week", [2025106]), ("month", [202510]), ("term", [20251]), ("year", [2025])],
)
def test_a_day_counts_for_the_week_month_term_and_year_it_lies_in(kind, expected):
    assert periods("date_id", [20251008], PeriodKind(kind)) == {20251008: expected}


def test_a_day_of_vacation_has_no_week_and_no_term():
    assert periods("date_id", [20250801], PeriodKind.WEEK) == {20250801: []}
    assert periods("date_id", [20250801], PeriodKind.TERM) == {20250801: []}
    assert periods("date_id", [20250801], PeriodKind.MONTH) == {20250801: [202508]}


def test_a_term_counts_for_the_year_it_starts_in():
    assert periods("term_id", [20241, 20242], PeriodKind.YEAR) == {20241: [2024], 20242: [2025]}


def test_a_term_describes_its_weeks_and_the_months_it_mostly_covers():
    months = periods("term_id", [20241], PeriodKind.MONTH)[20241]
    assert months == [202409, 202410, 202411, 202412, 202501]
    assert periods("term_id", [20242], PeriodKind.WEEK)[20242][0] == 2024201


def test_an_academic_year_counts_for_the_year_it_starts_in_and_both_its_terms():
    assert periods("acad_year", ["2024-2025"], PeriodKind.YEAR) == {"2024-2025": [2024]}
    assert periods("acad_year", ["2024-2025"], PeriodKind.TERM) == {"2024-2025": [20241, 20242]}


def test_a_calendar_year_describes_the_terms_that_lie_mostly_in_it():
    assert periods("grad_year", [2024, 2025], PeriodKind.TERM) == {2024: [20241], 2025: [20242, 20251]}


def test_nothing_is_valued_after_the_as_of_date():
    assert periods("date_id", [20251231], PeriodKind.MONTH) == {20251231: []}
    assert max(calendar().periods(PeriodKind.WEEK)) == 2025107
    assert calendar(dt.date(2025, 8, 1)).current(PeriodKind.TERM) == 20242


def test_three_years_roll_forward():
    assert periods("date_id", [20220505], PeriodKind.YEAR, window=Window.THREE_YEARS) == {20220505: [2022, 2023, 2024]}


def test_what_counts_since_enrolment_counts_for_every_later_period():
    found = periods("date_id", [20250401, 20250801], PeriodKind.TERM, window=Window.SINCE_ENROLMENT)
    assert found == {20250401: [20242, 20251], 20250801: [20251]}


def test_a_lag_moves_rows_to_a_later_year():
    assert periods("grad_year", [2022], PeriodKind.YEAR, lag_years=3) == {2022: [2025]}


def test_only_the_latest_snapshot_of_a_period_counts():
    found = periods("date_id", [20250301, 20250930, 20240101], PeriodKind.YEAR, snapshot=True)
    assert found == {20250301: [], 20250930: [2025], 20240101: [2024]}


def test_so_far_values_cover_the_running_term_only():
    found = periods("date_id", [20250310, 20250902, 20251013], PeriodKind.WEEK, window=Window.TERM_TO_DATE)
    assert found == {20250310: [], 20250902: [2025100 + w for w in range(1, 8)], 20251013: [2025107]}


@pytest.mark.parametrize(
    ("column", "key", "start"),
    [
        ("date_id", 20250901, 2025),
        ("date_id", 20250401, 2024),
        ("date_id", 20250801, 2025),
        ("date_id", 20250715, 2024),
        ("term_id", 20242, 2024),
        ("acad_year", "2024-2025", 2024),
        ("grad_year", 2025, 2024),
    ],
)
def test_a_row_lies_in_one_academic_year(column, key, start):
    kind = PeriodKind.YEAR
    (line, *_) = calendar().assign(column, [key], kind)
    assert line.acad_start == start


def test_a_calendar_year_touches_two_academic_years_and_others_one():
    assert calendar().acad_starts(PeriodKind.YEAR, 2025) == (2024, 2025)
    assert calendar().acad_starts(PeriodKind.TERM, 20242) == (2024,)
    assert calendar().acad_starts(PeriodKind.MONTH, 202509) == (2025,)


def test_keys_name_periods_as_people_do():
    known = calendar()
    assert known.periods(PeriodKind.WEEK)[2025106].key == "2025-2026-1-W06"
    assert known.periods(PeriodKind.MONTH)[202510].label_zh == "2025年10月"
    assert known.periods(PeriodKind.TERM)[20251].label_zh == "2025-2026学年第一学期"
