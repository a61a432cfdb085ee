"""The due list of a person: which sheets they owe, until when, and which have been handed in or are brought by systems."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from data_access.access.permissions import Permission
from data_access.access.viewer import Viewer
from data_access.growth_card.entry_state import EntryStates
from data_access.growth_card.sheet_units import SECTION_UNIT, SheetKey, collectors_of, reach
from indicators.growth_card.collection import is_week
from indicators.growth_card.entry_board import EntryBoards, Line, State
from indicators.growth_card.points import Card, Collector
from indicators.growth_card.slots import CardTerm
from indicators.growth_card.timeliness import Rate, rate_of

PAGE_SIZE: Final = 50
_ORDER: Final = {state: number for number, state in enumerate(State)}
_TO_DO: Final = frozenset({State.LATE, State.TODAY, State.OPEN})


@dataclass(frozen=True, kw_only=True)
class Task:
    """One sheet in a due list.

    Attributes:
        key: the sheet; where `is_by_lesson`, its week: the sheets are those of the days (`Sheets.lesson_days`).
        unit_name: name of the class, or course and class of a section.
        label: such as 第11周; `time_point`: 采分时点 in the words of the plan.
        points: names of the points asked for.
        filled: cells filled in so far; None where that was not asked for.
    """

    key: SheetKey
    unit_name: str
    label: str
    time_point: str
    points: tuple[str, ...]
    opens_on: dt.date
    due_on: dt.date
    state: State
    is_in_time: bool
    is_by_lesson: bool = False
    submitted_on: dt.date | None = None
    filled: int | None = None


@dataclass(frozen=True, kw_only=True)
class TaskGroup:
    """The sheets of one time point over all units of a collector: 38 个班 12 个未完成.

    Attributes:
        units: how many classes or sections are asked; `open`: how many of them have still to do it.
        states: how many by state.
    """

    collector: str
    term_id: int
    task: str
    label: str
    time_point: str
    points: tuple[str, ...]
    due_on: dt.date
    units: int
    states: Mapping[State, int]

    @property
    def open(self) -> int:
        """How many units have neither handed it in nor had it brought."""
        return sum(count for state, count in self.states.items() if not state.is_done)


@dataclass(frozen=True, kw_only=True)
class TaskList:
    """One page of a due list, what is late first.

    Attributes:
        total: tasks on all pages, as narrowed.
        counts: tasks by state before narrowing by state.
    """

    tasks: tuple[Task, ...]
    total: int
    counts: Mapping[State, int]
    page: int
    size: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // self.size))


@dataclass(frozen=True, kw_only=True)
class Reminder:
    """What a collector is reminded of on the home page.

    Attributes:
        late: sheets overdue; `today`: due today; `open`: others that stand open.
        rate: own 采分及时率 of the running term.
        is_low: True where it lies below the floor of the card.
    """

    late: int
    today: int
    open: int
    rate: Rate
    floor: float

    @property
    def is_low(self) -> bool:
        """True where the own rate lies below the floor."""
        return self.rate.value is not None and self.rate.value < self.floor


class EntryTasks:
    """Due lists of an installation; safe to share between threads.

    Args:
        card: the points.
        terms: the terms by which accounts are kept.
        boards: what sheets have come to.
        states: how far sheets have been filled in.
    """

    def __init__(
        self, card: Card, terms: Callable[[], Sequence[CardTerm]], boards: EntryBoards, states: EntryStates
    ) -> None:
        self._card = card
        self._terms = terms
        self._boards = boards
        self._states = states

    def of(
        self,
        viewer: Viewer,
        *,
        on: dt.date,
        states: Collection[State] | None = None,
        collector: str = "",
        task: str = "",
        unit_id: int | None = None,
        page: int = 1,
        size: int = PAGE_SIZE,
    ) -> TaskList:
        """The sheets that somebody fills in, in terms that are not frozen: late ones first, then by due date.

        Args:
            viewer: whose list.
            on: the day.
            states: only these; None for all but those still to come.
            collector: only as this collector; empty for all that the viewer is.
            task: only this time point, such as ``W11``.
            unit_id: only this class or section.
            page: from 1.
            size: tasks a page.
        """
        found = [
            (term, line)
            for term, line in self._lines(viewer, on=on, collector=collector)
            if (not task or line.demand.task == task) and (unit_id is None or line.unit.unit_id == unit_id)
        ]
        counts = Counter(line.state for _, line in found)
        wanted = frozenset(State) - {State.COMING} if states is None else frozenset(states)
        found = [(term, line) for term, line in found if line.state in wanted]
        found.sort(key=lambda item: (_ORDER[item[1].state], item[1].demand.due_on, item[1].unit.unit_id))
        start = (max(1, page) - 1) * size
        shown = [_task(term, line) for term, line in found[start : start + size]]
        filled = self._states.filled([item.key for item in shown if item.state is not State.COMING])
        return TaskList(
            tasks=tuple(replace(item, filled=filled.get(item.key, 0)) for item in shown),
            total=len(found),
            counts=counts,
            page=max(1, page),
            size=size,
        )

    def groups(self, viewer: Viewer, *, on: dt.date, collector: str = "") -> tuple[TaskGroup, ...]:
        """The same by time point, for those who have hundreds: those with something to do first, by due date."""
        members: dict[tuple[str, int, str], list[Line]] = {}
        for term, line in self._lines(viewer, on=on, collector=collector):
            members.setdefault((line.demand.collector.value, term.term_id, line.demand.task), []).append(line)
        groups = [_group(name, term_id, task, lines) for (name, term_id, task), lines in members.items()]
        begun = [group for group in groups if set(group.states) != {State.COMING}]
        return tuple(sorted(begun, key=lambda group: (group.open == 0, group.due_on, group.collector, group.task)))

    def reminder(self, viewer: Viewer, *, on: dt.date) -> Reminder | None:
        """What a collector is reminded of; None for whoever collects nothing."""
        if not viewer.may(Permission.ENTRY_RECORD):
            return None
        lines = [line for _, line in self._lines(viewer, on=on)]
        counts = Counter(line.state for line in lines)
        return Reminder(
            late=counts[State.LATE],
            today=counts[State.TODAY],
            open=counts[State.OPEN],
            rate=rate_of("", (line for line in lines if line.is_due(on))),
            floor=self._card.timeliness_floor,
        )

    def _lines(self, viewer: Viewer, *, on: dt.date, collector: str = "") -> list[tuple[CardTerm, Line]]:
        if not viewer.may(Permission.ENTRY_RECORD):
            return []
        names = [name for name in collectors_of(viewer) if collector in {"", name}]
        open_terms = [term for term in self._terms() if term.start <= on and not term.is_frozen(on)]
        return [
            (term, line)
            for term in open_terms
            for name in names
            for line in self._boards.lines(Collector(name), reach(viewer, name), term, on=on)
        ]


def _task(term: CardTerm, line: Line) -> Task:
    unit, demand = line.unit, line.demand
    is_section = unit.level == SECTION_UNIT
    return Task(
        key=line.key(term),
        unit_name=f"{unit.course_name} · {unit.class_name}" if is_section else unit.name,
        label=demand.label,
        time_point=demand.time_point,
        points=tuple(point.name for point in demand.points),
        opens_on=demand.opens_on,
        due_on=demand.due_on,
        state=line.state,
        is_in_time=line.is_in_time,
        is_by_lesson=is_section and is_week(demand.task),
        submitted_on=line.submitted_on,
    )


def _group(collector: str, term_id: int, task: str, lines: Sequence[Line]) -> TaskGroup:
    # Grades differ in what they are asked for; the group names all of it.
    points = dict.fromkeys(point.name for line in lines for point in line.demand.points)
    first = lines[0].demand
    return TaskGroup(
        collector=collector,
        term_id=term_id,
        task=task,
        label=first.label,
        time_point=first.time_point,
        points=tuple(points),
        due_on=min(line.demand.due_on for line in lines),
        units=len(lines),
        states=Counter(line.state for line in lines),
    )
