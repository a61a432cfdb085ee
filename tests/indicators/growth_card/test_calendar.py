"""The terms by which accounts are kept: their weeks, their months, the day on which they are closed."""

import datetime as dt

from indicators.growth_card.calendar import running, terms_of, week_of
from indicators.periods import Calendar, Day, Term

AUTUMN = Term(term_id=20261, acad_year="2026-2027", number=1, start=dt.date(2026, 8, 31), end=dt.date(2026, 9, 27))
EMPTY = Term(term_id=20262, acad_year="2026-2027", number=2, start=dt.date(2027, 2, 22), end=dt.date(2027, 7, 4))


def day(date: dt.date, week: int | None) -> Day:
    return Day(date_id=int(f"{date:%Y%m%d}"), date=date, week=week, term_id=20261)


CALENDAR = Calendar(
    terms=[AUTUMN, EMPTY],
    days=[day(AUTUMN.start + dt.timedelta(n), n // 7 + 1 if n < 21 else None) for n in range(28)],
    as_of=dt.date.max,
)


def test_a_term_has_the_weeks_of_its_days_and_closes_some_days_after_its_end():
    (term,) = terms_of(CALENDAR, freeze_days=14)
    assert [week.key for week in term.weeks] == [f"2026-2027-1-W0{n}" for n in (1, 2, 3)]
    assert (term.weeks[1].start, term.weeks[1].end) == (dt.date(2026, 9, 7), dt.date(2026, 9, 13))
    assert [month.key for month in term.months] == ["2026-09"]
    assert (term.key, term.acad_start, term.freezes_on) == ("2026-2027-1", 2026, dt.date(2026, 10, 11))


def test_a_day_lies_in_a_teaching_week_or_in_none():
    (term,) = terms_of(CALENDAR, freeze_days=14)
    assert week_of(term, dt.date(2026, 9, 13)) == term.weeks[1]
    assert week_of(term, dt.date(2026, 9, 24)) is None


def test_the_term_that_ended_last_runs_until_the_next_begins():
    terms = terms_of(CALENDAR, freeze_days=14)
    assert running(terms, dt.date(2026, 12, 1)) == terms[0]
    assert running(terms, dt.date(2026, 8, 1)) is None
