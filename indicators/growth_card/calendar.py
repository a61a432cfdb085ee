"""The terms by which accounts are kept, read from the calendar of the lake, with the weeks that are still to come."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence

from data_access.engines import QueryEngine
from indicators.growth_card.slots import CardTerm, Span, months_between
from indicators.periods import Calendar
from indicators.timeline import read_calendar


def read_terms(engine: QueryEngine, *, freeze_days: int) -> tuple[CardTerm, ...]:
    """All terms with teaching weeks, oldest first; those to come as well.

    Args:
        engine: that of the lake.
        freeze_days: days after the end of a term on which late facts still change its accounts.
    """
    return terms_of(read_calendar(engine, dt.date.max), freeze_days=freeze_days)


def terms_of(calendar: Calendar, *, freeze_days: int) -> tuple[CardTerm, ...]:
    """The same, of a calendar that has been read to its end."""
    weeks: dict[int, dict[int, list[dt.date]]] = defaultdict(lambda: defaultdict(list))
    for day in calendar.days.values():
        if day.term_id in calendar.terms and day.week is not None and day.week >= 1:
            weeks[day.term_id][day.week].append(day.date)
    return tuple(
        CardTerm(
            term_id=term.term_id,
            key=term.key,
            acad_start=term.acad_start,
            number=term.number,
            start=term.start,
            end=term.end,
            weeks=tuple(
                Span(
                    key=f"{term.key}-W{number:02d}",
                    label=f"第{number}周",
                    start=min(weeks[term.term_id][number]),
                    end=max(weeks[term.term_id][number]),
                )
                for number in sorted(weeks[term.term_id])
            ),
            months=months_between(term.start, term.end),
            freezes_on=term.end + dt.timedelta(days=freeze_days),
        )
        for term in calendar.terms.values()
        if term.term_id in weeks
    )


def running(terms: Sequence[CardTerm], day: dt.date) -> CardTerm | None:
    """The term that holds `day`, else the last one that began before it; None before the first."""
    return max((term for term in terms if term.start <= day), key=lambda term: term.start, default=None)


def week_of(term: CardTerm, day: dt.date) -> Span | None:
    """The teaching week of the term in which `day` lies."""
    return next((week for week in term.weeks if week.start <= day <= week.end), None)
