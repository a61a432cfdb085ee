"""What a collector's sheets of a term have come to: for every class or section, one line for each sheet it asks for.

Due lists and timeliness are two views of it, so that they can never disagree.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple

from data_access.growth_card.entry_state import EntryStates, HandedIn
from data_access.growth_card.sheet_rows import SheetRows
from data_access.growth_card.sheet_units import SheetKey, Unit
from indicators.growth_card.collection import (
    AS_IT_HAPPENS,
    CAMPUS_POINTS,
    COURSE_POINTS,
    OF_SECTIONS,
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


class Line(NamedTuple):
    """One sheet that one unit asks for; of a college there are tens of thousands.

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

    def lines(
        self, collector: Collector, condition: Any, term: CardTerm, *, on: dt.date, only_due: bool = False
    ) -> list[Line]:
        """The lines of a collector's units that meet a condition on `Entity`, unit by unit, by due date.

        Args:
            collector: whose sheets.
            condition: on `Entity`, which units.
            term: of which term.
            on: the day on which states are told.
            only_due: True for those alone that were due before `on`.
        """
        units = self._states.units(collector, condition, term_id=term.term_id, acad_start=term.acad_start)
        if not units:
            return []
        asked = self._asked(collector, units, term)
        sheets = self._states.sheets(collector, condition, term_id=term.term_id)
        brought = self._brought(asked.values(), units)
        # Of whom nobody has handed in a lesson, it does not matter how many there were.
        entered = [unit_id for unit_id, begun in sheets.items() if any(is_lesson(task) for task in begun)]
        met = self._rows.met_on(entered, term.start, on, term_id=term.term_id) if entered else {}
        return [
            _line(unit, asking, Entered(sheets.get(unit.unit_id, {}), met.get(unit.unit_id, frozenset())), brought, on)
            for unit in units
            for asking in asked[unit.unit_id]
            if (not only_due or asking.demand.due_on < on)
            if asking.lessons_in is None or brought.met(unit, asking.lessons_in)
        ]

    def _asked(self, collector: Collector, units: Sequence[Unit], term: CardTerm) -> Mapping[int, tuple[Asking, ...]]:
        """What each unit is asked for; some hundred units are of a few kinds, each of which is worked out once."""
        courses = self._rows.traits({unit.course_id for unit in units if unit.course_id is not None})
        kinds = self._states.kinds([point.code for point in self._card.points])
        made: dict[tuple[int, frozenset[Trait]], tuple[Asking, ...]] = {}
        found = {}
        for unit in units:
            traits = traits_of(courses.get(unit.course_id)) if unit.course_id is not None else frozenset()
            kind = (grade_in(term, unit.grade_year or term.acad_start), traits)
            if kind not in made:
                owed = demands(self._card, term, collector, grade=kind[0], traits=traits)
                made[kind] = tuple(_asking(demand, term, kinds) for demand in owed)
            found[unit.unit_id] = made[kind]
        return found

    def _brought(self, asked: Iterable[tuple[Asking, ...]], units: Sequence[Unit]) -> Brought:
        every = {id(asking): asking for askings in asked for asking in askings}.values()
        wanted: dict[Place, dict[tuple[str, str], set[str]]] = {place: defaultdict(set) for place in Place}
        for asking in every:
            for sign in asking.signs:
                wanted[sign.place][sign.code, sign.kind].add(sign.period)
            if asking.lessons_in is not None:
                for place, code in ((Place.UNIT, MET), (Place.UNIT, ATTENDED), (Place.SCHOOL, MET)):
                    wanted[place][code, "week"].add(asking.lessons_in)
        classes = {unit.class_id for unit in units if unit.class_id is not None}
        present = self._states.present
        return Brought(
            of_unit=present(wanted[Place.UNIT], units[0].level, [unit.unit_id for unit in units]),
            of_class=present(wanted[Place.CLASS], "class", classes),
            of_school=present(wanted[Place.SCHOOL], "school", [SCHOOL]),
        )


class Place(StrEnum):
    """At which entity it shows that the systems have brought what is asked of a unit."""

    UNIT = "unit"
    CLASS = "class"
    SCHOOL = "school"


class Sign(NamedTuple):
    """A value whose being there shows that the systems have brought what is asked for."""

    code: str
    kind: str
    period: str
    place: Place


@dataclass(frozen=True, kw_only=True, slots=True)
class Asking:
    """A demand, and by what it shows that it need not be met by hand.

    Attributes:
        signs: all of them must be there; empty where people alone can meet it.
        lessons_in: key of the week where the demand is about those alone who had lessons in it.
        span: first and last day of the week of a demand that is met lesson by lesson.
    """

    demand: Demand
    signs: tuple[Sign, ...]
    lessons_in: str | None = None
    span: tuple[dt.date, dt.date] | None = None


@dataclass(frozen=True, kw_only=True)
class Brought:
    """What the systems have brought, as (code, period, entity) by place."""

    of_unit: frozenset[tuple[str, str, int]]
    of_class: frozenset[tuple[str, str, int]]
    of_school: frozenset[tuple[str, str, int]]

    def met(self, unit: Unit, week: str) -> bool:
        """False for a week without lessons, as far as the timetable has been delivered."""
        if (MET, week, SCHOOL) not in self.of_school:
            return True
        return (MET, week, unit.unit_id) in self.of_unit or (ATTENDED, week, unit.unit_id) in self.of_unit

    def has(self, unit: Unit, sign: Sign) -> bool:
        """True where a sign is there for a unit."""
        match sign.place:
            case Place.UNIT:
                return (sign.code, sign.period, unit.unit_id) in self.of_unit
            case Place.CLASS:
                return (sign.code, sign.period, unit.class_id or 0) in self.of_class
            case Place.SCHOOL:
                return (sign.code, sign.period, SCHOOL) in self.of_school


def _asking(demand: Demand, term: CardTerm, kinds: Mapping[str, str]) -> Asking:
    is_section = demand.collector in OF_SECTIONS
    week = next((week for week in term.weeks if is_week(demand.task) and week.key.endswith(f"-{demand.task}")), None)
    is_of_lessons = week is not None and all(point.code in CAMPUS_POINTS for point in demand.points)
    # Preview and homework are not set in every lesson, and of counselling nothing may be told by a list.
    telling = [p for p in demand.points if not p.is_neutral and not (is_section and week and p.code != ATTENDED)]
    signs = [_sign(point, demand.task, term, kinds, is_section=is_section) for point in telling]
    return Asking(
        demand=demand,
        signs=tuple(sign for sign in signs if sign is not None) if None not in signs else (),
        lessons_in=week.key if week is not None and is_of_lessons else None,
        span=(week.start, week.end) if week is not None and is_section else None,
    )


def _sign(point: Point, task: str, term: CardTerm, kinds: Mapping[str, str], *, is_section: bool) -> Sign | None:
    """By what value it shows that a point has been brought; None where nothing tells it.

    Of what happens only now and then, that the source delivers at all says that nothing more has happened.
    """
    kind = kinds.get(point.code)
    slot = next((slot for slot in slots_of(point, term) if slot.key == task), None)
    if kind is None or slot is None:
        return None
    period = {"term": term.key, "year": str(slot.booked_on.year)}.get(kind, slot.reads[0])
    place = Place.UNIT
    if point.schedule in AS_IT_HAPPENS:
        place = Place.SCHOOL
    elif is_section and COURSE_POINTS.get(point.code) is Trait.PHYSICAL:
        place = Place.CLASS
    return Sign(code=point.code, kind=kind, period=period, place=place)


class Entered(NamedTuple):
    """What has been entered for a unit: its sheets by task, and the tasks of the lessons that are known to have been."""

    sheets: Mapping[str, HandedIn]
    lessons: frozenset[str]

    def answers(self, asking: Asking) -> list[HandedIn]:
        """The sheets that were handed in for a demand; none where one of several lessons is missing."""
        if not self.sheets:
            return []
        if asking.span is None:
            sheet = self.sheets.get(asking.demand.task)
            return [sheet] if sheet is not None and sheet.submitted_on is not None else []
        first, last = asking.span
        done = {
            task: sheet
            for task, sheet in self.sheets.items()
            if is_lesson(task) and (day := day_of(task)) is not None and first <= day <= last
            if sheet.submitted_on is not None
        }
        held = {task for task in self.lessons if f"{first:%Y%m%d}" <= task <= f"{last:%Y%m%d}"}
        return list(done.values()) if held <= done.keys() else []


def _line(unit: Unit, asking: Asking, entered: Entered, brought: Brought, on: dt.date) -> Line:
    demand = asking.demand
    is_brought = bool(asking.signs) and all(brought.has(unit, sign) for sign in asking.signs)
    if answers := entered.answers(asking):
        return Line(
            unit=unit,
            demand=demand,
            state=State.SUBMITTED,
            # What the systems have brought is only corrected by a sheet.
            is_in_time=is_brought or all(sheet.is_in_time for sheet in answers),
            submitted_on=max(sheet.submitted_on or on for sheet in answers),
        )
    if demand.opens_on > on:
        return Line(unit=unit, demand=demand, state=State.COMING, is_in_time=False)
    if is_brought:
        return Line(unit=unit, demand=demand, state=State.BY_SYSTEM, is_in_time=True)
    overdue, today = demand.due_on < on, demand.due_on == on
    state = State.LATE if overdue else State.TODAY if today else State.OPEN
    return Line(unit=unit, demand=demand, state=state, is_in_time=False)
