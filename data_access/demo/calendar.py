"""Terms, weeks, holidays and days of the demo college."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from data_access.demo.spec import CollegeSpec
from data_access.demo.tables import Blank, Coded, build, keys_of

Days = npt.NDArray[np.datetime64]

TEACHING_WEEKS = 19
TERM_WEEKS = 20
YEARS_BEFORE = 3
"""Years of calendar before the first term: rolling three-year indicators look that far back."""


@dataclass(frozen=True, kw_only=True)
class Term:
    """One term: 19 teaching weeks and an examination week.

    Attributes:
        acad_year: year in which the academic year starts.
        number: 1 in autumn, 2 in spring.
        cutoff: last day of which anything is known, never after the term's end.
    """

    acad_year: int
    number: int
    start: dt.date
    end: dt.date
    cutoff: dt.date

    @property
    def term_id(self) -> int:
        """Key such as 20261."""
        return self.acad_year * 10 + self.number

    @property
    def ordinal(self) -> int:
        """Position among all terms; the next term has the next number."""
        return self.acad_year * 2 + self.number - 1

    @property
    def is_complete(self) -> bool:
        """True once the last day has passed."""
        return self.cutoff == self.end

    @property
    def progress(self) -> float:
        """Share of the term that has passed, 0 to 1."""
        return ((self.cutoff - self.start).days + 1) / ((self.end - self.start).days + 1)

    def reached(self, week: int) -> bool:
        """Whether that week of the term has begun."""
        return self.cutoff >= self.start + dt.timedelta(weeks=week - 1)

    @cached_property
    def first_day(self) -> np.datetime64:
        """The Monday of week 1."""
        return np.datetime64(self.start, "D")

    @cached_property
    def last_known_day(self) -> np.datetime64:
        """`cutoff` as a numpy date."""
        return np.datetime64(self.cutoff, "D")

    @cached_property
    def weeks_begun(self) -> int:
        """How many weeks of the term, the examination week included, have begun."""
        return min(TERM_WEEKS, (self.cutoff - self.start).days // 7 + 1)


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """The terms of the demo college, oldest first, and the days around them."""

    terms: tuple[Term, ...]
    as_of: dt.date

    @property
    def current(self) -> Term:
        """The last term."""
        return self.terms[-1]

    @property
    def acad_years(self) -> range:
        """Start years of all academic years that have a term."""
        return range(self.terms[0].acad_year, self.current.acad_year + 1)

    @property
    def years(self) -> range:
        """Calendar years for which facts of the year exist."""
        return range(self.terms[0].start.year, self.as_of.year + 1)

    @property
    def first_year(self) -> int:
        """The year in which dim_date begins; the oldest graduates found work in or after it."""
        return min(self.terms[0].start.year, self.current.acad_year) - YEARS_BEFORE

    @cached_property
    def today(self) -> np.datetime64:
        """`as_of` as a numpy date."""
        return np.datetime64(self.as_of, "D")

    @cached_property
    def days(self) -> Days:
        """Every day of dim_date."""
        first = dt.date(self.first_year, 1, 1)
        last = max(dt.date(self.as_of.year, 12, 31), self.current.end)
        return np.arange(np.datetime64(first, "D"), np.datetime64(last, "D") + 1)

    def month_ends(self, first: dt.date) -> Days:
        """Last days of all months from that of `first` that have ended by `as_of`."""
        months = np.arange(np.datetime64(first, "M"), np.datetime64(self.as_of, "M") + 2)
        ends = months[1:].astype("datetime64[D]") - 1
        return ends[ends <= self.today]


def build_calendar(spec: CollegeSpec) -> Calendar:
    """The last `spec.terms` terms that have begun at `spec.as_of`."""
    acad_year, number = spec.as_of.year, 1
    terms: list[Term] = []
    while len(terms) < spec.terms:
        term = _term(acad_year, number, spec.as_of)
        if term.start <= spec.as_of:
            terms.append(term)
        acad_year, number = (acad_year, 1) if number == 2 else (acad_year - 1, 2)
    return Calendar(terms=tuple(reversed(terms)), as_of=spec.as_of)


def _term(acad_year: int, number: int, as_of: dt.date) -> Term:
    about = dt.date(acad_year, 8, 30) if number == 1 else dt.date(acad_year + 1, 2, 24)
    start = about + dt.timedelta(days=-about.weekday() % 7)
    end = start + dt.timedelta(weeks=TERM_WEEKS, days=-1)
    return Term(acad_year=acad_year, number=number, start=start, end=end, cutoff=min(end, as_of))


def is_holiday(days: Days) -> npt.NDArray[np.bool_]:
    """Public holidays on which nothing is taught, by fixed dates near the official ones."""
    month_day = keys_of(days) % 10_000
    return (
        ((month_day >= 1001) & (month_day <= 1007))
        | ((month_day >= 404) & (month_day <= 406))
        | ((month_day >= 501) & (month_day <= 505))
        | (month_day == 101)
    )


def week_ends(term: Term) -> Days:
    """Sundays of the weeks that have ended, the examination week included."""
    sundays = term.first_day + 6 + 7 * np.arange(TERM_WEEKS)
    return sundays[sundays <= term.last_known_day]


def dimension_tables(calendar: Calendar) -> tuple[pa.Table, pa.Table]:
    """dim_term (with the terms of the earlier years that dim_date names) and dim_date."""
    days = calendar.days
    terms = [
        _term(y, n, calendar.as_of)
        for y in range(calendar.first_year - 1, calendar.current.acad_year + 1)
        for n in (1, 2)
    ]
    terms = [
        t
        for t in terms
        if t.end >= days[0].item() and t.start <= days[-1].item() and t.ordinal <= calendar.current.ordinal
    ]
    if terms[-1].ordinal < calendar.current.ordinal:
        terms.append(calendar.current)
    term_of = np.zeros(len(days), np.int64)
    week = np.zeros(len(days), np.int64)
    for term in terms:
        position = (days - term.first_day).astype(np.int64)
        inside = (position >= 0) & (position < TERM_WEEKS * 7)
        term_of[inside] = term.term_id
        week[inside] = position[inside] // 7 + 1
    week[week > TEACHING_WEEKS] = 0
    weekday = (days.astype(np.int64) + 3) % 7
    keys = keys_of(days)
    dim_term = build(
        "dim_term",
        len(terms),
        {
            "term_id": [t.term_id for t in terms],
            "term_name": [f"{t.acad_year}-{t.acad_year + 1}学年{_NUMBERS[t.number - 1]}" for t in terms],
            "acad_year": [acad_year_text(t.acad_year) for t in terms],
            "term_no": Coded(codes=np.array([t.number - 1 for t in terms]), labels=_NUMBERS),
            "start_date": [t.start for t in terms],
            "end_date": [t.end for t in terms],
            "teaching_weeks": TEACHING_WEEKS,
        },
    )
    dim_date = build(
        "dim_date",
        len(days),
        {
            "date_id": keys,
            "cal_date": days,
            "week_no": Blank(values=week, missing=week == 0),
            "month": keys // 100 % 100,
            "cal_year": keys // 10_000,
            "term_id": Blank(values=term_of, missing=term_of == 0),
            "is_teaching_day": (week > 0) & (weekday < 5) & ~is_holiday(days),
        },
    )
    return dim_term, dim_date


_NUMBERS = ("第一学期", "第二学期")


def acad_year_text(year: int) -> str:
    """Academic year as the plans write it: 2026 is 2026-2027."""
    return f"{year}-{year + 1}"
