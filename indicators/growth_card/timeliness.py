"""采分及时率: how many of the sheets that were due were handed in, or brought by the systems, in time.

Source: 包头 五(五)2(3): below the floor the collector is reminded, and the rate belongs to a teacher's record of work.
What the systems bring counts as in time: how punctual they are is told by the deliveries, and nobody can hand that in.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from data_access.access.permissions import Permission
from data_access.access.privacy import Privacy, Subject
from data_access.access.scope import Scope
from data_access.access.viewer import Viewer
from data_access.growth_card.entry_state import EntryStates
from data_access.growth_card.sheet_units import COLLECTOR_POSTS, SECTION_UNIT, Unit, reach_of_nodes
from indicators.growth_card.collection import OF_SECTIONS
from indicators.growth_card.entry_board import EntryBoards, Line
from indicators.growth_card.points import Card, Collector
from indicators.growth_card.slots import CardTerm

OVERSIGHT: Final = Subject(privacy=Privacy.INTERNAL, owner="质量办")
"""What the timeliness of entry is about: the work of a unit."""
RECORD: Final = Subject(privacy=Privacy.PERSONAL, owner="组织人事处")
"""What a teacher's own timeliness is about."""
SCHOOL_NAME: Final = "全校"
OFFICE: Final = "学工办"


class By(StrEnum):
    """By what rates are told apart."""

    SCHOOL = "school"
    COLLECTOR = "collector"
    DEPARTMENT = "dept"
    UNIT = "unit"
    PERSON = "person"
    TIME = "time"


@dataclass(frozen=True, kw_only=True)
class Rate:
    """How many sheets were due and how many of them in time.

    Attributes:
        key: what it is of, for links; 0 or empty where that has none.
    """

    label: str
    due: int
    in_time: int
    by_system: int = 0
    key: str = ""

    @property
    def value(self) -> float | None:
        """The rate in %; None where nothing was due."""
        return 100.0 * self.in_time / self.due if self.due else None


class Timeliness:
    """Timeliness of entry in an installation; safe to share between threads.

    Args:
        card: the points.
        terms: the terms by which accounts are kept.
        boards: what sheets have come to.
        states: who holds which post.
    """

    def __init__(
        self, card: Card, terms: Callable[[], Sequence[CardTerm]], boards: EntryBoards, states: EntryStates
    ) -> None:
        self._terms = terms
        self._boards = boards
        self._states = states
        self.floor = card.timeliness_floor

    def term(self, key: str | None, *, on: dt.date) -> CardTerm | None:
        """The term of that key, or the one that runs on a day; None where there is none that has begun."""
        begun = [term for term in self._terms() if term.start <= on]
        if key is None:
            return max(begun, key=lambda term: term.start, default=None)
        return next((term for term in begun if term.key == key), None)

    def rates(self, by: Sequence[By], *, term_key: str | None, on: dt.date, viewer: Viewer) -> Mapping[By, list[Rate]]:
        """Rates of a term up to a day over what the viewer oversees, by each of several things; lowest rate first.

        By time they come in order of time. Nothing for whom entry is nothing to oversee.
        """
        term = self.term(term_key, on=on)
        if term is None or not viewer.may(Permission.ENTRY_OVERSEE):
            return {each: [] for each in by}
        scope = viewer.scope_for(Permission.ENTRY_OVERSEE)
        lines = [
            line
            for collector in Collector
            if scope.admits(level := COLLECTOR_POSTS[collector].unit_level, OVERSIGHT)
            for line in self._boards.lines(collector, scope.rows(level, OVERSIGHT), term, on=on, only_due=True)
        ]
        return {each: self._told(each, lines, on=on) for each in by}

    def of_person(self, person_id: int, *, term_key: str | None, on: dt.date, scope: Scope) -> list[Rate]:
        """A teacher's rates by collector, for the record of work; none where the teacher is not within the scope.

        Args:
            person_id: key in the staff list.
            term_key: None for the running term.
            on: the day up to which sheets were due, and on which posts are held.
            scope: what may be read.
        """
        term = self.term(term_key, on=on)
        if term is None or not self._states.is_within("teacher", person_id, scope=scope, about=RECORD):
            return []
        rates = []
        for collector in Collector:
            if collector is Collector.STUDENT_AFFAIRS:
                continue  # an office's work is nobody's own
            is_own = collector in OF_SECTIONS  # a section names who teaches it, whatever posts there are
            role = COLLECTOR_POSTS[collector].role
            nodes = frozenset({person_id}) if is_own else self._states.nodes_of(person_id, role, on=on)
            below = reach_of_nodes(collector, nodes)
            lines = self._boards.lines(collector, below, term, on=on, only_due=True) if nodes else []
            rates.append(rate_of(collector.value, lines, key=collector.value))
        return [rate for rate in rates if rate.due]

    def _told(self, by: By, lines: Sequence[Line], *, on: dt.date) -> list[Rate]:
        if by is By.SCHOOL:
            return [rate_of(SCHOOL_NAME, lines)] if lines else []
        keyed = _KEYS[by] if by is not By.PERSON else self._people(lines, on=on)
        members: dict[tuple[str, str], list[Line]] = defaultdict(list)
        for line in lines:
            members[keyed(line)].append(line)
        names = self._names(by, {key for key, _ in members})
        rates = [rate_of(names.get(key, label), found, key=key) for (key, label), found in members.items()]
        if by is By.TIME:
            return sorted(rates, key=lambda rate: rate.key)
        return sorted(rates, key=lambda rate: (rate.value or 0.0, rate.label))

    def _names(self, by: By, keys: Iterable[str]) -> Mapping[str, str]:
        if by is not By.DEPARTMENT:
            return {}
        found = self._states.names("dept", [int(key) for key in keys if key])
        return {str(number): name for number, name in found.items()}

    def _people(self, lines: Sequence[Line], *, on: dt.date) -> Callable[[Line], tuple[str, str]]:
        """Who filled a line's sheet in, or had to: by name; an office where it is nobody's own."""
        teachers = self._states.names("teacher", {line.unit.teacher_id for line in lines if line.unit.teacher_id})
        classes = {line.unit.unit_id for line in lines if line.unit.level != SECTION_UNIT}
        majors = {line.unit.major_id for line in lines if line.unit.major_id}
        posts = {
            collector: self._states.holders(
                COLLECTOR_POSTS[collector].role, majors if collector is Collector.TEACHING_SECTION else classes, on=on
            )
            for collector in (Collector.CLASS_ADVISER, Collector.COUNSELLOR, Collector.TEACHING_SECTION)
        }

        def of(line: Line) -> tuple[str, str]:
            unit, collector = line.unit, line.demand.collector
            if unit.level == SECTION_UNIT:
                return f"teacher:{unit.teacher_id}", teachers.get(unit.teacher_id or 0, "未指定教师")
            if collector not in posts:
                return OFFICE, OFFICE
            node = unit.major_id if collector is Collector.TEACHING_SECTION else unit.unit_id
            account, name = posts[collector].get(node or 0, (0, "未指定"))
            return f"account:{account}:{collector.value}", f"{name}（{collector.value}）"

        return of


def rate_of(label: str, lines: Iterable[Line], *, key: str = "") -> Rate:
    """The rate over some lines, all of which were due."""
    due = in_time = by_system = 0
    for line in lines:
        due += 1
        in_time += line.is_in_time
        by_system += line.is_in_time and line.submitted_on is None
    return Rate(label=label, due=due, in_time=in_time, by_system=by_system, key=key)


def _unit(unit: Unit) -> tuple[str, str]:
    name = f"{unit.course_name} · {unit.class_name}" if unit.level == SECTION_UNIT else unit.name
    return f"{unit.level}:{unit.unit_id}", name


_KEYS: Final[Mapping[By, Callable[[Line], tuple[str, str]]]] = {
    By.COLLECTOR: lambda line: (line.demand.collector.value, line.demand.collector.value),
    By.DEPARTMENT: lambda line: (str(line.unit.dept_id or ""), "未分系(部)"),
    By.UNIT: lambda line: _unit(line.unit),
    By.TIME: lambda line: (f"{line.demand.due_on:%Y%m%d} {line.demand.task}", line.demand.label),
}
