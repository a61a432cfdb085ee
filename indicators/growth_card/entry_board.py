"""What a collector's sheets of a term have come to: for every class or section, one line for each sheet it asks for.

Due lists and timeliness are two views of it, so that they can never disagree.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from data_access.growth_card.entry_state import EntryStates, HandedIn
from data_access.growth_card.sheet_rows import SheetRows
from data_access.growth_card.sheet_units import COLLECTOR_POSTS, SECTION_UNIT, SheetKey, Unit
from indicators.growth_card.collection import (
    AS_IT_HAPPENS,
    COURSE_POINTS,
    Demand,
    Trait,
    demands,
    grade_in,
    is_lesson,
    is_week,
)
from indicators.growth_card.points import Card, Collector, Point
from indicators.growth_card.sheet_frames import day_of, traits_of
from indicators.growth_card.slots import CardTerm, slots_of

MET: Final = "CRS-RUN-01"
"""Its values say whether a section met in a week: 授课计划执行率."""
ATTENDED: Final = "STU-ACD-02"
"""Its values say whether attendance of a section's lessons has been delivered."""
LESSON_POINTS: Final = frozenset(
    {"STU-ACD-02", "STU-ACD-03", "STU-ACD-05", "STU-ACD-06", "CLS-ACD-01", "CLS-ACD-02", "CLS-ACD-03"}
)
"""Points of a week that tell of lessons: without any, there is nothing to enter."""
SCHOOL: Final = 1


class State(StrEnum):
    """Where a sheet stands on a day."""

    LATE = "late"
    TODAY = "today"
    OPEN = "open"
    COMING = "coming"
    SUBMITTED = "submitted"
    BY_SYSTEM = "by_system"

    @property
    def name_zh(self) -> str:
        """The state in words."""
        return _STATES_ZH[self]

    @property
    def is_done(self) -> bool:
        """True where nobody has to do anything any more."""
        return self in (State.SUBMITTED, State.BY_SYSTEM)


_STATES_ZH: Final = {
    State.LATE: "逾期",
    State.TODAY: "今日截止",
    State.OPEN: "待录入",
    State.COMING: "未到时点",
    State.SUBMITTED: "已提交",
    State.BY_SYSTEM: "系统已采集",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One sheet that one unit asks for.

    Attributes:
        is_in_time: True where it was handed in, or brought by the systems, by the day it was due.
    """

    unit: Unit
    demand: Demand
    state: State
    is_in_time: bool
    submitted_on: dt.date | None = None

    def key(self, term: CardTerm) -> SheetKey:
        """The sheet; of a section's week, that of the week, which is entered lesson by lesson."""
        return SheetKey(
            collector=self.demand.collector.value,
            unit_id=self.unit.unit_id,
            term_id=term.term_id,
            task=self.demand.task,
        )

    def is_due(self, on: dt.date) -> bool:
        """True where its last day in time lies before `on`."""
        return self.demand.due_on < on


class EntryBoards:
    """Makes boards from sets of rows; safe to share between threads.

    Args:
        card: the points.
        states: what has been entered and brought.
        rows: which courses are which.
    """

    def __init__(self, card: Card, states: EntryStates, rows: SheetRows) -> None:
        self._card = card
        self._states = states
        self._rows = rows

    def lines(self, collector: Collector, condition: Any, term: CardTerm, *, on: dt.date) -> list[Line]:
        """The lines of a collector's units that meet a condition on `Entity`, unit by unit, by due date."""
        units = self._states.units(collector, condition, term_id=term.term_id, acad_start=term.acad_start)
        if not units:
            return []
        asked = self._asked(collector, units, term)
        sheets = self._states.sheets(collector, condition, term_id=term.term_id)
        brought = self._brought(asked, units, term)
        return [
            _line(unit, demand, sheets.get(unit.unit_id, {}), brought, term, on)
            for unit in units
            for demand in asked[unit.unit_id]
            if _is_asked(unit, demand, brought)
        ]

    def _asked(self, collector: Collector, units: Sequence[Unit], term: CardTerm) -> Mapping[int, tuple[Demand, ...]]:
        courses = self._rows.traits({unit.course_id for unit in units if unit.course_id is not None})

        made: dict[tuple[int, frozenset[Trait]], tuple[Demand, ...]] = {}
        found = {}
        for unit in units:
            traits = traits_of(courses.get(unit.course_id)) if unit.course_id is not None else frozenset()
            kind = (grade_in(term, unit.grade_year or term.acad_start), traits)
            if kind not in made:  # some hundred units are of a few kinds
                made[kind] = demands(self._card, term, collector, grade=kind[0], traits=traits)
            found[unit.unit_id] = made[kind]
        return found

    def _brought(self, asked: Mapping[int, tuple[Demand, ...]], units: Sequence[Unit], term: CardTerm) -> Brought:
        every = list({id(demand): demand for owed in asked.values() for demand in owed}.values())
        is_section = units[0].level == SECTION_UNIT
        periods = self._periods(every, term, of_sections=is_section)
        wanted: dict[tuple[str, str], set[str]] = defaultdict(set)
        at_class: dict[tuple[str, str], set[str]] = defaultdict(set)
        happening: dict[tuple[str, str], set[str]] = defaultdict(set)
        for (_, code), (kind, key) in periods.items():
            if self._card.by_code[code].schedule in AS_IT_HAPPENS:
                happening[code, kind].add(key)
            elif is_section and COURSE_POINTS.get(code) is Trait.PHYSICAL:
                at_class[code, kind].add(key)
            else:
                wanted[code, kind].add(key)
        weeks = {demand.task: f"{term.key}-{demand.task}" for demand in every if is_week(demand.task)}
        if any(_is_of_lessons(demand) for demand in every):
            wanted[MET, "week"] = happening[MET, "week"] = set(weeks.values())
        ids = [unit.unit_id for unit in units]
        level = units[0].level
        return Brought(
            periods=periods,
            weeks=weeks,
            own=self._states.present(wanted, level, ids),
            of_class=self._states.present(at_class, "class", {u.class_id for u in units if u.class_id is not None}),
            of_school=self._states.present(happening, "school", [SCHOOL]),
        )

    def _periods(
        self, every: Collection[Demand], term: CardTerm, *, of_sections: bool
    ) -> Mapping[tuple[str, str], tuple[str, str]]:
        """Kind and key of the period in which what is asked for would show, by task and point."""
        kinds = self._states.kinds({point.code for demand in every for point in demand.points})
        found: dict[tuple[str, str], tuple[str, str]] = {}
        for demand in every:
            for point in _telling(demand, of_sections=of_sections):
                kind = kinds.get(point.code)
                slot = next((slot for slot in slots_of(point, term) if slot.key == demand.task), None)
                if kind is None or slot is None:
                    continue
                key = {"term": term.key, "year": str(slot.booked_on.year)}.get(kind, slot.reads[0])
                found[demand.task, point.code] = (kind, key)
        return found


@dataclass(frozen=True, kw_only=True)
class Brought:
    """What the systems have brought.

    Attributes:
        periods: kind and key of the period in which a point shows, by task and code.
        weeks: key of the period of each week, by task.
        own: (code, period, unit); `of_class`: (code, period, class); `of_school`: (code, period, school).
    """

    periods: Mapping[tuple[str, str], tuple[str, str]]
    weeks: Mapping[str, str]
    own: frozenset[tuple[str, str, int]]
    of_class: frozenset[tuple[str, str, int]]
    of_school: frozenset[tuple[str, str, int]]

    def has(self, unit: Unit, task: str, point: Point) -> bool:
        """True where the systems have brought what is asked for.

        Of what only happens now and then, that the source delivers at all says that nothing more has happened.
        """
        period = self.periods.get((task, point.code))
        if period is None:
            return False
        _, key = period
        if point.schedule in AS_IT_HAPPENS:
            return (point.code, key, SCHOOL) in self.of_school
        return (point.code, key, unit.unit_id) in self.own or (
            unit.class_id is not None and (point.code, key, unit.class_id) in self.of_class
        )


def _telling(demand: Demand, *, of_sections: bool) -> Iterator[Point]:
    """The points by which it shows whether the systems have brought what a sheet asks for.

    Preview and homework are not set in every lesson, and of counselling nothing may be told by a list.
    """
    for point in demand.points:
        if point.is_neutral or (of_sections and is_week(demand.task) and point.code != ATTENDED):
            continue
        yield point


def _is_asked(unit: Unit, demand: Demand, brought: Brought) -> bool:
    """False for a week without lessons, as far as the timetable has been delivered, where only lessons matter."""
    if not _is_of_lessons(demand):
        return True
    key = brought.weeks[demand.task]
    is_known = (MET, key, SCHOOL) in brought.of_school
    return not is_known or any((code, key, unit.unit_id) in brought.own for code in (MET, ATTENDED))


def _is_of_lessons(demand: Demand) -> bool:
    return is_week(demand.task) and all(point.code in LESSON_POINTS for point in demand.points)


def _line(
    unit: Unit, demand: Demand, sheets: Mapping[str, HandedIn], brought: Brought, term: CardTerm, on: dt.date
) -> Line:
    sheet = _sheet_of(demand, sheets, term) if sheets else None
    telling = list(_telling(demand, of_sections=unit.level == SECTION_UNIT))
    if sheet is not None and sheet.submitted_on is not None:
        return Line(
            unit=unit, demand=demand, state=State.SUBMITTED, is_in_time=sheet.is_in_time,
            submitted_on=sheet.submitted_on,
        )  # fmt: skip
    if demand.opens_on > on:
        return Line(unit=unit, demand=demand, state=State.COMING, is_in_time=False)
    if telling and all(brought.has(unit, demand.task, point) for point in telling):
        return Line(unit=unit, demand=demand, state=State.BY_SYSTEM, is_in_time=True)
    if demand.due_on < on:
        state = State.LATE
    elif demand.due_on == on:
        state = State.TODAY
    else:
        state = State.OPEN
    return Line(unit=unit, demand=demand, state=state, is_in_time=False)


def _sheet_of(demand: Demand, sheets: Mapping[str, HandedIn], term: CardTerm) -> HandedIn | None:
    """The sheet that answers a demand; of a section's week, that of the lesson handed in last."""
    if COLLECTOR_POSTS[demand.collector].unit_level != SECTION_UNIT or not is_week(demand.task):
        return sheets.get(demand.task)
    span = next(week for week in term.weeks if week.key.endswith(f"-{demand.task}"))
    lessons = [
        sheet
        for task, sheet in sheets.items()
        if is_lesson(task) and (day := day_of(task)) is not None and span.start <= day <= span.end
        if sheet.submitted_on is not None
    ]
    return max(lessons, key=lambda sheet: sheet.submitted_on or dt.date.min, default=None)
