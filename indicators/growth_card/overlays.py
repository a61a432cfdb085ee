"""What people have told, in the words of points and slots: plans as values, lessons as weeks that are told of early."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from data_access.growth_card.facts import ATTENDANCE, LessonRow
from data_access.growth_card.told import ApprovedPlan, Tellings, Told
from indicators.growth_card.calendar import week_of
from indicators.growth_card.inputs import tables_of
from indicators.growth_card.points import RAW, Card, Point, Rule, Schedule
from indicators.growth_card.slots import CardTerm, week_key
from indicators.growth_card.targets import Flags, Holders, Layout
from indicators.model import Level


def by_point(tellings: Tellings, card: Card) -> Mapping[str, Sequence[Told]]:
    """What was told of each point, by its code, the weakest first: sheets, then plans, then corrections."""
    found: dict[str, list[Told]] = defaultdict(list)
    for item in (*tellings.sheets, *_of_plans(tellings.plans, card), *tellings.corrections):
        found[item.point].append(item)
    return found


def _of_plans(plans: Sequence[ApprovedPlan], card: Card) -> Iterator[Told]:
    """An approved plan brings its quality when it begins, and the share of its goals when the year ends.

    It may also have come from another system, and better or in time there: nobody loses points by writing one here.
    """
    codes = {point.name: point.code for point in card.points if point.rule is Rule.PLAN}
    for plan in plans:
        if plan.kind not in codes:
            continue
        told = (
            ("plan", RAW, plan.quality),
            ("plan", "on_time", float(plan.is_on_time)),
            ("goals", "goals", plan.goals),
        )
        for slot, name, value in told:
            if value is not None:
                yield Told(
                    holder=int(Level.STUDENT),
                    holder_id=plan.student_id,
                    point=codes[plan.kind],
                    input=name,
                    slot=slot,
                    value=value,
                    # Goals of which none is reached yet stay due at the end of the year.
                    is_early=value > 0 or slot == "plan",
                    is_offer=True,
                )


def covered_weeks(lessons: Sequence[LessonRow], term: CardTerm, students: Holders, point: Point) -> Mapping[str, Flags]:
    """By week the students whose lessons somebody has told of, for points of attendance; empty for others.

    Such a week is posted as it runs, so that who was entered sees at once what it has brought.
    """
    if point.holder is not Level.STUDENT or point.schedule is not Schedule.WEEKLY or ATTENDANCE not in tables_of(point):
        return {}
    found: dict[str, Flags] = {}
    for row in lessons:
        week = week_of(term, dt.date(row.date_id // 10000, row.date_id // 100 % 100, row.date_id % 100))
        place = students.index(row.student_id)
        if week is not None and place is not None:
            found.setdefault(week_key(week), np.zeros(len(students.ids), dtype=bool))[place] = True
    return found


def of_lessons(layout: Layout, told: Sequence[tuple[int, int, int]], term: CardTerm, students: Holders) -> Layout:
    """The layout whose weeks of attendance name the last lesson sheet that was handed in of the student and week.

    Args:
        layout: that of a point.
        told: student, date and sheet, as `Tellings.lesson_sheets`.
        term: the term.
        students: the accounts.
    """
    point = layout.point
    if point.holder is not Level.STUDENT or point.schedule is not Schedule.WEEKLY or ATTENDANCE not in tables_of(point):
        return layout
    columns = {slot.key: number for number, slot in enumerate(layout.slots)}
    named = np.zeros_like(layout.sheets)
    for student, date, sheet_id in told:
        week = week_of(term, dt.date(date // 10000, date // 100 % 100, date % 100))
        line = students.index(student)
        if week is not None and line is not None and week_key(week) in columns:
            named[line, columns[week_key(week)]] = sheet_id
    return replace(layout, sheets=np.where(layout.sheets > 0, layout.sheets, named))
