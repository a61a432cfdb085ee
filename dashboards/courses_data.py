"""The data of the page of courses: sections × weeks (or months), in the order asked for, and what they stand beside."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dashboards import filters, query
from dashboards.courses_rates import RATES, Rate
from dashboards.page import View
from indicators.lessons import Meeting
from indicators.model import SCHOOL_ID
from indicators.results import (
    STATES,
    DepartmentInfo,
    EntityInfo,
    IndicatorInfo,
    PeriodInfo,
    Standing,
    State,
    TermInfo,
    ValueFrame,
    ValuePoint,
)
from indicators.settled import is_settled
from layouts import table

ROWS_PER_PAGE: Final = 30
STATE_KEYS: Final = {"reached": State.REACHED, "watch": State.WATCH, "warning": State.WARNING,
                     "alert": State.ALERT, "none": State.NO_DATA}  # fmt: skip
BELOW_LINE: Final = "below"
"""In place of one state: all that is beyond the warning line."""
NO_DATA: Final = STATES.index(State.NO_DATA)
_EDGE: Final = dt.timedelta(days=6)
"""A month that has fewer days of a term than a week has is not shown for it."""
BEYOND: Final = STATES.index(State.WARNING)
"""From this state on a value is beyond the warning line."""


@dataclass(frozen=True, kw_only=True)
class Courses:
    """The data of one view of the page; every part is fetched when first needed, and once."""

    view: View

    @property
    def rate(self) -> Rate:
        """Which of the three rates the page shows."""
        return RATES[self.view["rate"]]

    @cached_property
    def info(self) -> IndicatorInfo:
        """The indicator of the page."""
        return self.view.services.values.indicator(self.rate.code)

    @property
    def is_admitted(self) -> bool:
        """True where the viewer may see the rate of some section."""
        return self.view.scope.admits("offering", self.info.about)

    @property
    def has_departments(self) -> bool:
        """True where the view is of several departments; told without asking for values."""
        choice = self.view.choices["dept"]
        return choice.value == filters.ALL_DEPARTMENTS and len(choice.options) > 2

    def _standing(
        self,
        level: str,
        *,
        term_key: str = "",
        below: tuple[str, Collection[int]] | None = None,
        entity_ids: Collection[int] | None = None,
    ) -> ValueFrame:
        """Values of the rate at a level, up to the date of the data."""
        values, key = self.view.services.values, term_key or self.view["term"]
        board = values.board(
            [self.rate.code],
            level,
            term_key=key,
            below=below,
            entity_ids=entity_ids,
            scope=self.view.scope,
        )
        found = board.standings.get(self.rate.code)
        frame = found.frame if found is not None else _without_periods(board.entities)
        until = values.data_date()
        start = next((term.start for term in values.terms() if term.key == key), None)
        return take(frame, columns=[i for i, p in enumerate(frame.periods) if is_of_term(p, start=start, until=until)])

    @cached_property
    def frame(self) -> ValueFrame:
        """All sections of the chosen term and department × the periods up to the date of the data."""
        dept_id = filters.department_id(self.view)
        return self._standing("offering", below=None if dept_id is None else ("dept", [dept_id]))

    @cached_property
    def states(self) -> NDArray[np.int8]:
        """The state of every value of `frame`."""
        return self.info.judge_all(self.frame.value)

    @cached_property
    def focus(self) -> int | None:
        """Column of the period in focus: that of the week asked for, else the last settled one with values.

        None without any; where there are values of a running period alone, that one.
        """
        asked = filters.week_number(self.view)
        if asked is None:
            with_values = np.flatnonzero((self.states != NO_DATA).any(axis=0))
            until = self.view.services.values.data_date()
            settled = [i for i in with_values if until is None or is_settled(self.frame.periods[i], until)]
            return int((settled or with_values)[-1]) if with_values.size else None
        if self.rate.kind == "week":
            return next((i for i, period in enumerate(self.frame.periods) if period.ordinal == asked), None)
        weeks = self.view.services.values.periods("week")
        end = next((w.end for w in weeks if w.term_key == self.view["term"] and w.ordinal == asked), None)
        return next((i for i, p in enumerate(self.frame.periods) if end is not None and p.start <= end <= p.end), None)

    @cached_property
    def chosen(self) -> NDArray[np.intp]:
        """Rows of `frame` that pass the filters by text and state, in the order asked for."""
        rows = np.arange(len(self.frame.entities))
        if words := self.view["q"].lower().split():
            rows = np.array([row for row in rows if _matches(self.frame.entities[row], words)], dtype=np.intp)
        if (wanted := self.view["state"]) and self.focus is not None:
            of_rows = self.states[rows, self.focus]
            rows = rows[_is_beyond(of_rows) if wanted == BELOW_LINE else of_rows == STATES.index(STATE_KEYS[wanted])]
        return rows[order(take(self.frame, rows=rows), focus=self.focus or 0, by=self.view["sort"], info=self.info)]

    @cached_property
    def part(self) -> table.Slice:
        """Which of the chosen rows are on the page."""
        return filters.slice_of(self.view, len(self.chosen), size=ROWS_PER_PAGE)

    @cached_property
    def shown(self) -> ValueFrame:
        """The rows on the page."""
        return take(self.frame, rows=self.chosen[self.part.start : self.part.stop])

    @cached_property
    def red(self) -> NDArray[np.intp]:
        """Rows of `frame` beyond the warning line in the period in focus, the worst first."""
        if self.focus is None:
            return np.array([], dtype=np.intp)
        worst = order(self.frame, focus=self.focus, by="worst", info=self.info)
        found: NDArray[np.intp] = worst[_is_beyond(self.states[worst, self.focus])]
        return found

    @cached_property
    def departments(self) -> Standing:
        """The departments that have any value × the periods."""
        frame = self._standing("dept")
        known = (~np.isnan(frame.value)).any(axis=1)
        return Standing(info=self.info, frame=take(frame, rows=np.flatnonzero(known)))

    @cached_property
    def is_reach(self) -> bool:
        """True where the view is of a reach that is neither the school nor one department: its sections are pooled.

        What a head of department reaches are the sections of the department and those that others teach to its classes.
        """
        return filters.department_id(self.view) is None and not self.view.scope.is_unlimited("offering")

    @cached_property
    def elsewhere(self) -> int:
        """How many sections of a reach belong to another department than the only one named there."""
        return sum(entity.dept_name != self.whole.name for entity in self.frame.entities) if self.whole else 0

    @cached_property
    def overall(self) -> Sequence[ValuePoint]:
        """The rate of all that is shown, from its own counts, for the periods of `frame`."""
        return self.overall_of(self.view["term"])

    def overall_of(self, term_key: str) -> Sequence[ValuePoint]:
        """The same in another term, at the places of the periods of `frame`: week by number, month by order."""
        if self.is_reach:
            frame = pooled(
                self.frame if term_key == self.view["term"] else self._standing("offering", term_key=term_key)
            )
        else:
            frame = self._standing(self.whole_level, term_key=term_key, entity_ids=[self.whole_id])
        if not frame.entities:
            return [ValuePoint(period=period, value=None) for period in self.frame.periods]
        return aligned(frame, self.frame)

    @cached_property
    def whole(self) -> DepartmentInfo | None:
        """The department chosen, or the only one of who sees no other; None where there are several, or the school."""
        departments = self.view.services.values.departments(scope=self.view.scope)
        chosen = filters.department_id(self.view)
        if chosen is None and len(departments) == 1 and not self.view.scope.is_unlimited("offering"):
            return departments[0]
        return next((item for item in departments if item.dept_id == chosen), None)

    @property
    def whole_level(self) -> str:
        """Level of what `overall` is of."""
        return "school" if self.whole is None else "dept"

    @property
    def whole_id(self) -> int:
        """Key of what `overall` is of."""
        return SCHOOL_ID if self.whole is None else self.whole.dept_id

    @property
    def overall_name(self) -> str:
        """Whose rate `overall` is."""
        if self.is_reach:
            return filters.department_name(self.view)
        return "全校" if self.whole is None else self.whole.name

    @cached_property
    def term(self) -> TermInfo | None:
        """The term shown."""
        return next((term for term in self.view.services.values.terms() if term.key == self.view["term"]), None)

    @cached_property
    def meetings(self) -> Sequence[Meeting]:
        """The sections that met on the last day with records, the lowest rate first; none of an earlier term."""
        until = self.view.services.values.data_date()
        if until is None or not self.is_current:
            return ()
        found = self.view.services.lessons.meetings(
            until, term_key=self.view["term"], dept_id=filters.department_id(self.view), scope=self.view.scope
        )
        return sorted(found, key=lambda item: (101.0 if item.rate is None else item.rate, -item.absent))

    @property
    def is_current(self) -> bool:
        """True where the term shown is the one in which the data end."""
        values = self.view.services.values
        current = filters.current_term(values.terms(), values.data_date())
        return current is not None and current.key == self.view["term"]

    def offering_link(self, entity_id: int, **filters_there: str) -> str:
        """The address of a section, showing the same rate."""
        shown = {"rate": "" if self.rate is next(iter(RATES.values())) else self.rate.key}
        return query.link(f"/offerings/{entity_id}", {**filters_there, **shown})


def _without_periods(entities: Sequence[EntityInfo]) -> ValueFrame:
    nothing = np.zeros((len(entities), 0))
    return ValueFrame(
        entities=tuple(entities),
        periods=(),
        value=nothing,
        numerator=nothing,
        denominator=nothing,
        rows=nothing.astype(np.int64),
    )


def take(
    frame: ValueFrame, *, rows: NDArray[np.intp] | None = None, columns: Sequence[int] | None = None
) -> ValueFrame:
    """The given rows and columns of a frame, in the given order."""
    at_rows = np.arange(len(frame.entities)) if rows is None else rows
    at_columns = np.arange(len(frame.periods)) if columns is None else np.array(columns, dtype=np.intp)
    at = np.ix_(at_rows, at_columns)
    return replace(
        frame,
        entities=tuple(frame.entities[row] for row in at_rows),
        periods=tuple(frame.periods[column] for column in at_columns),
        value=frame.value[at],
        numerator=frame.numerator[at],
        denominator=frame.denominator[at],
        rows=frame.rows[at],
        is_suppressed=frame.is_suppressed[at],
    )


def is_of_term(period: PeriodInfo, *, start: dt.date | None, until: dt.date | None) -> bool:
    """Whether a period that overlaps a term is shown for it: it has begun by `until`, and is no mere edge.

    A term that begins on the last day of August has no units assessed in August.
    """
    if until is None or period.start > until:
        return False
    return start is None or period.end >= start + _EDGE


def pooled(frame: ValueFrame) -> ValueFrame:
    """All rows of a frame of percentages as one, from the sum of their counts; no row where there was none."""
    if not frame.entities:
        return frame
    known = ~np.isnan(frame.value)
    top, bottom = (
        np.where(known, counts, 0.0).sum(axis=0, keepdims=True) for counts in (frame.numerator, frame.denominator)
    )
    has_any = bottom > 0
    value = np.divide(100 * top, bottom, out=np.full(top.shape, np.nan), where=has_any)
    return replace(
        frame,
        entities=frame.entities[:1],
        value=value,
        numerator=np.where(has_any, top, np.nan),
        denominator=np.where(has_any, bottom, np.nan),
        rows=frame.rows.sum(axis=0, keepdims=True),
        is_suppressed=np.zeros(value.shape, dtype=np.bool_),
    )


def points(frame: ValueFrame, row: int = 0) -> list[ValuePoint]:
    """One row of a frame as a series."""
    known = ~np.isnan(frame.value[row])
    columns = zip(frame.value[row], frame.numerator[row], frame.denominator[row], frame.rows[row], known, strict=True)
    return [
        ValuePoint(period=period, value=float(value), numerator=float(top), denominator=float(bottom), rows=int(count))
        if is_known
        else ValuePoint(period=period, value=None)
        for period, (value, top, bottom, count, is_known) in zip(frame.periods, columns, strict=True)
    ]


def aligned(frame: ValueFrame, shown: ValueFrame) -> list[ValuePoint]:
    """The first row of `frame` at the places of the periods of `shown`: weeks by their number, months by their order.

    Two terms have no week in common, but both have an eleventh.
    """
    own = points(frame)
    if frame.periods and frame.periods[0].kind == "week":
        by_place = {point.period.ordinal: point for point in own}
        places = [period.ordinal for period in shown.periods]
    else:
        by_place = dict(enumerate(own))
        places = list(range(len(shown.periods)))
    return [
        replace(by_place[place], period=period) if place in by_place else ValuePoint(period=period, value=None)
        for place, period in zip(places, shown.periods, strict=True)
    ]


def order(frame: ValueFrame, *, focus: int, by: str, info: IndicatorInfo) -> NDArray[np.intp]:
    """Row numbers of `frame` sorted ``worst`` first, largest ``fall`` first, or by ``name``.

    Rows without the value asked for come last; equal rows are in order of course and class.
    """
    names = [(entity.course_name, entity.class_name, entity.entity_id) for entity in frame.entities]
    by_name = np.array(sorted(range(len(names)), key=names.__getitem__), dtype=np.intp)
    if by == "name" or not frame.periods:
        return by_name
    sign = -1.0 if info.direction == "lower" else 1.0
    now = frame.value[:, focus]
    before = frame.value[:, focus - 1] if focus else np.full_like(now, np.nan)
    key = sign * (now - before if by == "fall" else now)
    return by_name[np.argsort(key[by_name], kind="stable")]  # NaN sorts last


def weeks_below(states_of_row: NDArray[np.int8], focus: int) -> int:
    """How many periods in a row, up to the one in focus, a section has been beyond the warning line.

    A period without value neither counts nor ends the run.
    """
    count = 0
    for state in states_of_row[focus::-1]:
        if state == NO_DATA:
            continue
        if state < BEYOND:
            break
        count += 1
    return count


def _is_beyond(judged: NDArray[np.int8]) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = (judged >= BEYOND) & (judged != NO_DATA)
    return found


def _matches(entity: EntityInfo, words: Sequence[str]) -> bool:
    text = f"{entity.course_name} {entity.class_name} {entity.teacher_name} {entity.name}".lower()
    return all(word in text for word in words)
