"""When a point is due: the slots into which a term falls, what each reads, and by when it is to be collected.

Everything here is a pure function of a term. Time points (采分时点): 包头 表15; the days of grace are the library's proposal.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from indicators.growth_card.points import Point, Schedule
from indicators.model import PeriodKind

SHORTEST_MONTH: Final = 8
"""A month with fewer days of the term than that is none of its months: a term that begins on 31 August has no August."""
APPEAL_DAYS: Final = 10
"""处分决定送达满10日未申诉后记账."""
PLAN_WEEKS: Final = {"学年初": 4, "每学年初": 4, "第一学期中": 10}
"""At the end of which week of the first term a plan is due, by its 采分时点."""
GRACE: Final = {PeriodKind.WEEK: 1, PeriodKind.MONTH: 3, PeriodKind.TERM: 7, PeriodKind.YEAR: 7}
"""Days after the end of what a slot covers within which it is collected in time."""


@dataclass(frozen=True, kw_only=True)
class Span:
    """A teaching week or a month of a term; `key` as that of the period with the values, such as ``2026-11``."""

    key: str
    label: str
    start: dt.date
    end: dt.date


@dataclass(frozen=True, kw_only=True)
class CardTerm:
    """One term as accounts are kept by it.

    Attributes:
        term_id: such as 20261.
        key: such as ``2026-2027-1``.
        acad_start: calendar year in which its academic year begins.
        number: 1 or 2 within the academic year.
        weeks: its teaching weeks, those to come as well; `months`: likewise, cut off at both ends of the term.
        freezes_on: last day on which late facts still change its accounts.
    """

    term_id: int
    key: str
    acad_start: int
    number: int
    start: dt.date
    end: dt.date
    weeks: tuple[Span, ...]
    months: tuple[Span, ...]
    freezes_on: dt.date

    def is_frozen(self, day: dt.date) -> bool:
        """True where on `day` nothing but a reversal may change its accounts."""
        return day > self.freezes_on

    def first_term_key(self) -> str:
        """Key of the first term of its academic year: its own, or that of the term before."""
        return f"{self.key.rsplit('-', 1)[0]}-1"


@dataclass(frozen=True, kw_only=True)
class Slot:
    """One part of a point's term, posted by itself.

    Attributes:
        key: unique among the slots of a point in a term: ``W11``, ``2026-11``, ``term``, ``opening`` …
        kind: kind of the periods whose values it reads; None for the opening, which reads nothing.
        reads: keys of these periods; what several of them count is added up.
        inputs: names of the inputs it reads; empty for all of the point.
        share: its share of the point's cap.
        booked_on: the day that its entry counts from.
        due_on: last day on which it is collected in time; None where nobody has to collect anything.
    """

    key: str
    label: str
    kind: PeriodKind | None
    reads: tuple[str, ...]
    share: float
    booked_on: dt.date
    due_on: dt.date | None
    inputs: tuple[str, ...] = ()


OPENING: Final = "opening"


def slots_of(point: Point, term: CardTerm) -> tuple[Slot, ...]:
    """The slots of a point in a term, in order of time; none where it is not due in such a term at all."""
    match point.schedule:
        case Schedule.WEEKLY:
            return tuple(_weekly(term, share=1 / len(term.weeks)))
        case Schedule.MONTHLY:
            return tuple(_monthly(term, share=1 / len(term.months)))
        case Schedule.OCCURRENCE:
            return (_opening(term), *_weekly(term, share=0.0))
        case Schedule.SANCTION:
            return tuple(_weekly(term, share=0.0, delay=APPEAL_DAYS))
        case Schedule.TERM:
            return (_whole("term", "学期末", PeriodKind.TERM, (term.key,), term),)
        case Schedule.PLAN:
            return _plan(point, term)
        case Schedule.YEAR_END if term.number == 2:
            return (_whole("year", "学年末", PeriodKind.TERM, (term.first_term_key(), term.key), term),)
        case Schedule.GRADUATION if term.number == 2:
            return (_whole("graduation", "毕业前", PeriodKind.YEAR, (str(term.end.year),), term),)
        case Schedule.FOLLOW_UP if term.number == 1:
            return (_whole("follow-up", "毕业后", PeriodKind.YEAR, (str(term.start.year),), term),)
        case _:
            return ()


def due_grades(point: Point) -> tuple[int, ...]:
    """Years of study in which slots of a point are due; the follow-up comes in the year after the last."""
    last = max(point.grades)
    return (last + 1,) if point.schedule is Schedule.FOLLOW_UP else point.grades


def week_key(span: Span) -> str:
    """The slot of a teaching week, such as ``W11``."""
    return span.key.rsplit("-", 1)[-1]


def months_between(start: dt.date, end: dt.date) -> tuple[Span, ...]:
    """The months of a term, cut off at its ends; those of which it has only a few days are none of its months."""
    found = []
    first = start.replace(day=1)
    while first <= end:
        after = (first + dt.timedelta(days=32)).replace(day=1)
        span_start, span_end = max(first, start), min(after - dt.timedelta(days=1), end)
        if (span_end - span_start).days + 1 >= SHORTEST_MONTH:
            key = f"{first:%Y-%m}"
            found.append(Span(key=key, label=f"{first.year}年{first.month}月", start=span_start, end=span_end))
        first = after
    return tuple(found)


def _weekly(term: CardTerm, *, share: float, delay: int = 0) -> Sequence[Slot]:
    return [
        Slot(
            key=week_key(week),
            label=week.label,
            kind=PeriodKind.WEEK,
            reads=(week.key,),
            share=share,
            booked_on=week.end + dt.timedelta(days=delay),
            due_on=week.end + dt.timedelta(days=delay + GRACE[PeriodKind.WEEK]),
        )
        for week in term.weeks
    ]


def _monthly(term: CardTerm, *, share: float) -> Sequence[Slot]:
    return [
        Slot(
            key=month.key,
            label=month.label,
            kind=PeriodKind.MONTH,
            reads=(month.key,),
            share=share,
            booked_on=month.end,
            due_on=month.end + dt.timedelta(days=GRACE[PeriodKind.MONTH]),
        )
        for month in term.months
    ]


def _opening(term: CardTerm) -> Slot:
    return Slot(key=OPENING, label="期初", kind=None, reads=(), share=1.0, booked_on=term.weeks[0].start, due_on=None)


def _whole(key: str, label: str, kind: PeriodKind, reads: tuple[str, ...], term: CardTerm) -> Slot:
    return Slot(
        key=key,
        label=label,
        kind=kind,
        reads=reads,
        share=1.0,
        booked_on=term.end,
        due_on=term.end + dt.timedelta(days=GRACE[kind]),
    )


def _plan(point: Point, term: CardTerm) -> tuple[Slot, ...]:
    """In the first term the plan itself, in the second the goals of that plan."""
    weights = point.params
    if term.number == 1:
        week = term.weeks[min(PLAN_WEEKS[point.collection_point], len(term.weeks)) - 1]
        return (
            Slot(
                key="plan",
                label=point.collection_point,
                kind=PeriodKind.TERM,
                reads=(term.key,),
                share=weights["on_time"] + weights["quality"],
                booked_on=week.end,
                due_on=week.end + dt.timedelta(days=GRACE[PeriodKind.TERM]),
                inputs=("raw", "on_time"),
            ),
        )
    return (
        Slot(
            key="goals",
            label="学年末",
            kind=PeriodKind.TERM,
            reads=(term.first_term_key(),),
            share=weights["goals"],
            booked_on=term.end,
            due_on=term.end + dt.timedelta(days=GRACE[PeriodKind.TERM]),
            inputs=("goals",),
        ),
    )
