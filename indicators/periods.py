"""Which periods a row counts for.

A fact is dated by one column: a day, a term, an academic year or a calendar year. `Calendar` answers,
for any such time key, to which week, month, term or year it belongs. All rules of time live here
(windows, lags, snapshots, coarser facts in finer periods), so that the engine only joins a small
relation *time key → period* and never reasons about dates itself. Rules: docs/adr/0004.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from indicators.model import PeriodKind, Window

TimeKey = Any
"""A day (20261120), a term, an academic year ('2026-2027') or a calendar year; one type within a table."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Term:
    """A row of dim_term."""

    term_id: int
    acad_year: str
    number: int
    start: dt.date
    end: dt.date

    @property
    def key(self) -> str:
        """How people and URLs name the term: ``2026-2027-1``."""
        return f"{self.acad_year}-{self.number}"

    @property
    def acad_start(self) -> int:
        """Calendar year in which the term's academic year begins."""
        return int(self.acad_year[:4])


@dataclass(frozen=True, kw_only=True, slots=True)
class Day:
    """A row of dim_date."""

    date_id: int
    date: dt.date
    week: int | None
    term_id: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class PeriodValue:
    """One week, month, term or year."""

    kind: PeriodKind
    period_id: int
    key: str
    label_zh: str
    start: dt.date
    end: dt.date
    term_id: int | None = None


@dataclass(frozen=True, slots=True)
class Assignment:
    """One line of a time map: rows with `time_key` count for `period_id`.

    Attributes:
        acad_start: academic year (by its first calendar year) in which the row lies; a student's
            grade in the row is ``acad_start - grade_year + 1``.
    """

    time_key: TimeKey
    period_id: int
    acad_start: int


YEAR_KEYS: Final = frozenset(
    {
        "stat_year",
        "grad_year",
        "enrol_year",
        "coop_year",
        "base_year",
        "plan_year",
        "report_year",
        "check_year",
        "target_year",
        "bench_year",
    }
)
_TERM_WORDS: Final[Mapping[int, str]] = {1: "第一学期", 2: "第二学期"}
_AUTUMN: Final = 8
"""From this month on a date without a term belongs to the academic year that begins in its year."""


class Calendar:
    """The terms and days of the college up to a date beyond which nothing is valued."""

    def __init__(self, *, terms: Iterable[Term], days: Iterable[Day], as_of: dt.date) -> None:
        self.terms = {term.term_id: term for term in sorted(terms, key=lambda t: t.start)}
        self.days = {day.date_id: day for day in days}
        self.as_of = as_of
        self._periods: dict[PeriodKind, dict[int, PeriodValue]] = {
            PeriodKind.WEEK: self._weeks(),
            PeriodKind.MONTH: self._months(),
            PeriodKind.TERM: self._terms(),
            PeriodKind.YEAR: self._years(),
        }

    # -- periods ------------------------------------------------------------------------------

    def periods(self, kind: PeriodKind) -> Mapping[int, PeriodValue]:
        """All periods of the kind that have begun by the as-of date, by id, in order of time."""
        return self._periods[kind]

    def current(self, kind: PeriodKind) -> int | None:
        """Id of the period that holds the as-of date, else of the latest that began before it."""
        return next(reversed(self._periods[kind]), None)

    def acad_starts(self, kind: PeriodKind, period_id: int) -> tuple[int, ...]:
        """The academic years a period touches: two for a calendar year, else one."""
        if kind is PeriodKind.YEAR:
            return (period_id - 1, period_id)
        period = self._periods[kind][period_id]
        if period.term_id is not None:
            return (self.terms[period.term_id].acad_start,)
        return (self._acad_start(period.start),)

    def _begun(self, periods: Iterable[PeriodValue]) -> dict[int, PeriodValue]:
        begun = (p for p in sorted(periods, key=lambda p: p.start) if p.start <= self.as_of)
        return {p.period_id: p for p in begun}

    def _weeks(self) -> dict[int, PeriodValue]:
        dates: dict[int, list[Day]] = defaultdict(list)
        for day in self.days.values():
            week = self._week_id(day)
            if week is not None:
                dates[week].append(day)
        weeks = []
        for week_id, days in dates.items():
            term = self.terms[week_id // 100]
            number = week_id % 100
            weeks.append(
                PeriodValue(
                    kind=PeriodKind.WEEK,
                    period_id=week_id,
                    key=f"{term.key}-W{number:02d}",
                    label_zh=f"第{number}周",
                    start=min(d.date for d in days),
                    end=max(d.date for d in days),
                    term_id=term.term_id,
                )
            )
        return self._begun(weeks)

    def _months(self) -> dict[int, PeriodValue]:
        dates: dict[int, list[dt.date]] = defaultdict(list)
        for day in self.days.values():
            dates[day.date.year * 100 + day.date.month].append(day.date)
        return self._begun(
            PeriodValue(
                kind=PeriodKind.MONTH,
                period_id=month,
                key=f"{month // 100}-{month % 100:02d}",
                label_zh=f"{month // 100}年{month % 100}月",
                start=min(ds),
                end=max(ds),
            )
            for month, ds in dates.items()
        )

    def _terms(self) -> dict[int, PeriodValue]:
        return self._begun(
            PeriodValue(
                kind=PeriodKind.TERM,
                period_id=t.term_id,
                key=t.key,
                label_zh=f"{t.acad_year}学年{_TERM_WORDS.get(t.number, f'第{t.number}学期')}",
                start=t.start,
                end=t.end,
                term_id=t.term_id,
            )
            for t in self.terms.values()
        )

    def _years(self) -> dict[int, PeriodValue]:
        first = min((d.date.year for d in self.days.values()), default=self.as_of.year)
        return {
            year: PeriodValue(
                kind=PeriodKind.YEAR,
                period_id=year,
                key=str(year),
                label_zh=f"{year}年",
                start=dt.date(year, 1, 1),
                end=dt.date(year, 12, 31),
            )
            for year in range(first, self.as_of.year + 1)
        }

    # -- where one time key lies --------------------------------------------------------------

    def assign(
        self,
        column: str,
        keys: Iterable[TimeKey],
        kind: PeriodKind,
        *,
        window: Window = Window.NONE,
        lag_years: int = 0,
        snapshot: bool = False,
    ) -> tuple[Assignment, ...]:
        """The time map of one table: every pair of a time key and a period its rows count for.

        Args:
            column: the table's time key; ``date_id``, ``term_id``, ``acad_year`` or one of `YEAR_KEYS`.
            keys: the time keys that occur in the table.
            kind: kind of the periods asked for.
            window: which rows before a period count for it as well; snapshots ignore it.
            lag_years: year Y describes rows of year Y - lag.
            snapshot: keep only the latest key of each period.
        """
        known = self._periods[kind]
        shift = window if not snapshot else Window.NONE
        lines: list[Assignment] = []
        for key in keys:
            acad = self._acad_of(column, key)
            lines += [
                Assignment(key, period, acad)
                for period in self._periods_of(column, key, kind, shift, lag_years)
                if period in known
            ]
        return tuple(self._latest(column, lines) if snapshot else lines)

    def _latest(self, column: str, lines: Sequence[Assignment]) -> list[Assignment]:
        best: dict[int, Assignment] = {}
        for line in lines:
            held = best.get(line.period_id)
            if held is None or self._start_of(column, line.time_key) > self._start_of(column, held.time_key):
                best[line.period_id] = line
        return list(best.values())

    def _periods_of(self, column: str, key: TimeKey, kind: PeriodKind, window: Window, lag_years: int) -> list[int]:
        if window is Window.SINCE_ENROLMENT:
            start = self._start_of(column, key)
            return [p.period_id for p in self._periods[kind].values() if p.end >= start]
        if window is Window.TERM_TO_DATE:
            day = self.days.get(int(key))
            week = None if day is None else self._week_id(day)
            term = self.current(PeriodKind.TERM)
            if week is None or week // 100 != term:
                return []
            return [w for w in self._periods[kind] if w >= week and w // 100 == term]
        own = self._own_periods(column, key, kind)
        if window is Window.THREE_YEARS:
            return [year + i for year in own for i in range(3)]
        return [year + lag_years for year in own] if lag_years else own

    def _own_periods(self, column: str, key: TimeKey, kind: PeriodKind) -> list[int]:
        if column == "date_id":
            return self._periods_of_day(int(key), kind)
        if column == "term_id":
            term = self.terms.get(int(key))
            if term is None:
                return []
            if kind is PeriodKind.TERM:
                return [term.term_id]
            if kind is PeriodKind.YEAR:
                return [term.start.year]
            return self._finer(kind, lambda p: self._best_term(p) == term.term_id)
        if column == "acad_year":
            start = int(str(key)[:4])
            if kind is PeriodKind.YEAR:
                return [start]
            if kind is PeriodKind.TERM:
                return [t.term_id for t in self.terms.values() if t.acad_year == key]
            return self._finer(kind, lambda p: self._acad_start(p.start) == start)
        year = int(key)
        if kind is PeriodKind.YEAR:
            return [year]
        return self._finer(kind, lambda p: _best_year(p) == year)

    def _periods_of_day(self, date_id: int, kind: PeriodKind) -> list[int]:
        if kind is PeriodKind.YEAR:
            return [date_id // 10000]
        if kind is PeriodKind.MONTH:
            return [date_id // 100]
        day = self.days.get(date_id)
        if day is None or day.term_id is None:
            return []
        if kind is PeriodKind.TERM:
            return [day.term_id]
        week = self._week_id(day)
        return [] if week is None else [week]

    def _finer(self, kind: PeriodKind, belongs: Callable[[PeriodValue], bool]) -> list[int]:
        """Periods finer than a fact: the ones that lie (mostly) in its time."""
        return [p.period_id for p in self._periods[kind].values() if belongs(p)]

    def _best_term(self, period: PeriodValue) -> int | None:
        if period.term_id is not None:
            return period.term_id
        overlaps = {t.term_id: _overlap(period.start, period.end, t.start, t.end) for t in self.terms.values()}
        best = max(overlaps, key=lambda t: overlaps[t], default=None)
        return best if best is not None and overlaps[best] > 0 else None

    def _week_id(self, day: Day) -> int | None:
        if day.week is None or day.week < 1 or day.term_id not in self.terms:
            return None
        return int(day.term_id) * 100 + day.week

    def _start_of(self, column: str, key: TimeKey) -> dt.date:
        if column == "date_id":
            text = str(key)
            return dt.date(int(text[:4]), int(text[4:6]), int(text[6:8]))
        if column == "term_id":
            term = self.terms.get(int(key))
            return dt.date(int(str(key)[:4]), 1, 1) if term is None else term.start
        if column == "acad_year":
            return dt.date(int(str(key)[:4]), _AUTUMN, 1)
        return dt.date(int(key), 1, 1)

    def _acad_of(self, column: str, key: TimeKey) -> int:
        if column == "date_id":
            day = self.days.get(int(key))
            if day is not None and day.term_id in self.terms:
                return self.terms[int(day.term_id)].acad_start
            return self._acad_start(self._start_of(column, key))
        if column == "term_id":
            term = self.terms.get(int(key))
            return int(str(key)[:4]) if term is None else term.acad_start
        if column == "acad_year":
            return int(str(key)[:4])
        return int(key) - 1

    @staticmethod
    def _acad_start(date: dt.date) -> int:
        return date.year if date.month >= _AUTUMN else date.year - 1


def _overlap(start: dt.date, end: dt.date, other_start: dt.date, other_end: dt.date) -> int:
    return (min(end, other_end) - max(start, other_start)).days + 1


def _best_year(period: PeriodValue) -> int:
    """The calendar year that most of the period's days lie in."""
    years = range(period.start.year, period.end.year + 1)
    return max(years, key=lambda y: _overlap(period.start, period.end, dt.date(y, 1, 1), dt.date(y, 12, 31)))
