"""Who enters what when: the sheets that each collector (采分主体) fills in over a term, as a pure function of it.

Source: collectors and time points (采分时点) of 包头 五(五)2(3)、表15. A sheet's task is the key of the slot that it
is posted to, such as ``W11``, ``2026-11`` or ``term``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from indicators.growth_card.points import RAW, Card, Collector, Point, Rule, Schedule
from indicators.growth_card.slots import OPENING, CardTerm, Slot, due_grades, slots_of


class Trait(StrEnum):
    """What makes a course one whose grade is collected for the card."""

    IDEOLOGY = "ideology"
    INNOVATION = "innovation"
    PHYSICAL = "physical"


OF_SECTIONS: Final = frozenset({Collector.TEACHER, Collector.PE_TEACHER})
"""Collectors whose sheets are those of a teaching section; the others' are those of a class."""
COURSE_POINTS: Final[Mapping[str, Trait]] = {
    "STU-PER-02": Trait.IDEOLOGY,
    "STU-CAR-02": Trait.INNOVATION,
    "STU-PER-08": Trait.PHYSICAL,
}
"""Points that are collected in sections of such courses alone."""
LESSON_POINTS: Final = frozenset(
    {"STU-ACD-02", "STU-ACD-03", "STU-ACD-05", "STU-ACD-06", "CLS-ACD-01", "CLS-ACD-02", "CLS-ACD-03"}
)
"""Points of a week that tell of lessons: without any, there is nothing to enter."""
CAMPUS_POINTS: Final = LESSON_POINTS | {"STU-PER-09"}
"""Points of a week that are there only where somebody is at the college: a class on internships has no room to check."""
FULL_ATTENDANCE: Final = "STU-ACD-04"
"""What lessons tell of a month."""
AS_IT_HAPPENS: Final = frozenset({Schedule.OCCURRENCE, Schedule.SANCTION})
"""发生时扣减: every week's sheet takes them, the last one asks for them, for their time point is 学期末."""
_DIVIDED: Final[Mapping[str, Mapping[Collector, frozenset[str]]]] = {
    "STU-CAR-01": {
        Collector.TEACHING_SECTION: frozenset({RAW, "goals"}),
        Collector.STUDENT_AFFAIRS: frozenset({"on_time"}),
    }
}
"""职业生涯规划 has two collectors. 教研室 judges the plan and its goals, 学工办 says whether it came in time: so neither
overwrites the other."""
_AT_THE_END: Final = frozenset({"term", "goals", "year", "graduation"})
"""Tasks that sum up a whole term or more."""
_END_OPENS: Final = 21
"""Days before these are booked from which they can be handed in: earlier there is nothing yet to sum up."""
_MONTH_OPENS: Final = 4
"""Days before the last one of a month from which its sheet can be handed in."""


@dataclass(frozen=True, kw_only=True)
class Demand:
    """One sheet that a collector owes for every class of a grade, or for every section of a kind.

    Attributes:
        task: key of the slot it is posted to.
        time_point: 采分时点 of its points, in the words of the plan.
        begins_on: first day on which anything can be entered: there is nothing yet to be entered of a week to come.
        opens_on: first day on which it stands in the due list and can be handed in; due_on: last one in time.
        points: those to be filled in.
        occasional: those that may be, where something has happened.
    """

    collector: Collector
    task: str
    label: str
    time_point: str
    begins_on: dt.date
    opens_on: dt.date
    due_on: dt.date
    points: tuple[Point, ...]
    occasional: tuple[Point, ...] = ()


def grade_in(term: CardTerm, grade_year: int) -> int:
    """The year of study in a term of those admitted in `grade_year`: 1 in their first."""
    return term.acad_start - grade_year + 1


def demands(
    card: Card, term: CardTerm, collector: Collector, *, grade: int, traits: Collection[Trait] = ()
) -> tuple[Demand, ...]:
    """The sheets that a collector owes in a term, by due date.

    Args:
        card: the points.
        term: the term.
        collector: whose sheets.
        grade: year of study of the class, or of the class that the section is taught to.
        traits: of the section's course; without meaning for a class.
    """
    found: dict[str, list[tuple[Point, Slot]]] = {}
    for point in card.points:
        if collector not in point.collectors or grade not in due_grades(point):
            continue
        if point.code in COURSE_POINTS and COURSE_POINTS[point.code] not in traits:
            continue
        for slot in slots_of(point, term):
            if slot.key != OPENING and inputs_of(point, slot.key, collector):
                found.setdefault(slot.key, []).append((point, slot))
    made = (_demand(term, collector, task, members) for task, members in found.items())
    return tuple(sorted((d for d in made if d.points), key=lambda demand: (demand.due_on, demand.task)))


def inputs_of(point: Point, task: str, collector: Collector) -> tuple[str, ...]:
    """The inputs of a point that a collector enters for a slot, the leading one first; none where it is another's."""
    if point.rule is Rule.PLAN:
        every: Sequence[str] = (RAW, "on_time") if task == "plan" else ("goals",)
    elif "award_multiplier" in point.params:
        every = [f"{RAW}.{award}" for award in point.params["award_multiplier"]]
    elif point.rule is Rule.LINEAR_DEDUCT:
        every = (RAW, "events")
    else:
        every = (RAW,)
    own = _DIVIDED.get(point.code, {}).get(collector)
    return tuple(name for name in every if own is None or name in own)


def is_week(task: str) -> bool:
    """True for the task of a teaching week, such as ``W11``."""
    return task[:1] == "W" and task[1:].isdigit()


def is_lesson(task: str) -> bool:
    """True for the day of a lesson, such as ``20261118``."""
    return len(task) == len("20261118") and task.isdigit()


def week_of(term: CardTerm, day: dt.date) -> int | None:
    """The place of a day's teaching week in the term, from 0; None outside of them."""
    return next((number for number, week in enumerate(term.weeks) if week.start <= day <= week.end), None)


def _demand(term: CardTerm, collector: Collector, task: str, members: Sequence[tuple[Point, Slot]]) -> Demand:
    is_last = is_week(task) and task == term.weeks[-1].key.rsplit("-", 1)[-1]
    owed = [(p, s) for p, s in members if p.schedule not in AS_IT_HAPPENS or is_last]
    occasional = [p for p, _ in members if p.schedule in AS_IT_HAPPENS and not is_last]
    # Who has both weekly points and such that end with the term hands them in as soon as the earlier are due.
    due_on = min(slot.due_on or term.end for _, slot in owed) if owed else term.end
    return Demand(
        collector=collector,
        task=task,
        label=members[0][1].label,
        time_point="、".join(dict.fromkeys(point.collection_point for point, _ in owed)),
        begins_on=_begins_on(term, task),
        opens_on=_opens_on(term, task, members),
        due_on=due_on,
        points=tuple(point for point, _ in owed),
        occasional=tuple(occasional),
    )


def _begins_on(term: CardTerm, task: str) -> dt.date:
    spans = (*term.weeks, *term.months)
    return next((span.start for span in spans if task in (span.key, span.key.rsplit("-", 1)[-1])), term.start)


def _opens_on(term: CardTerm, task: str, members: Sequence[tuple[Point, Slot]]) -> dt.date:
    month = next((month for month in term.months if month.key == task), None)
    if month is not None:
        return month.end - dt.timedelta(days=_MONTH_OPENS)
    if task in _AT_THE_END:
        return min(slot.booked_on for _, slot in members) - dt.timedelta(days=_END_OPENS)
    return _begins_on(term, task)


def column_key(code: str, name: str) -> str:
    """The column of an input: the point's code alone for the leading one, else ``STU-ACD-09.events``."""
    return code if name == RAW else f"{code}.{name}"


def input_of(column: str) -> tuple[str, str]:
    """Code and input of a column; the inverse of `column_key`."""
    code, _, name = column.partition(".")
    return code, name or RAW
