"""What people have told of accounts, stronger than what facts say: submitted sheets, approved plans, corrections."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Engine, and_, case, func, or_, select, true

from data_access import clock
from data_access.database.growth_models import CardCorrection, CardMark, CardSheet, StudentPlan, StudentPlanGoal
from data_access.growth_card.facts import LessonRow
from data_access.growth_card.self_test_rows import SelfTestRow, filled_in

RAW: Final = "raw"
MOST_NAMED: Final = 5_000
"""Accounts up to which a statement names them one by one; of more, it reads all."""
_LESSON: Final = ("status", "preview", "homework")

Asked = Mapping[int, Sequence[int] | None]
"""Keys of the accounts asked for by level of the holder (5 student, 4 class); None for all of that level."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """A value that somebody has told, for one input of a point and slot of an account.

    Attributes:
        holder: level of the account; 5 for a student, 4 for a class.
        value: None where it is told that there is none.
        sheet_id: the sheet it stands in; None for what comes from elsewhere; likewise `correction_id`.
        is_early: True where the slot is posted with it even before its day.
        is_offer: True where it counts only in a slot to which it brings no less than what is weaker.
    """

    holder: int
    holder_id: int
    point: str
    input: str
    slot: str
    value: float | None
    sheet_id: int | None = None
    correction_id: int | None = None
    is_early: bool = True
    is_offer: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ApprovedPlan:
    """A plan of a student as it was approved.

    Attributes:
        kind: 学业计划, 个人发展规划 or 职业生涯规划.
        quality: 0 to 100.
        goals: share of its goals whose being reached was confirmed; None for a plan without goals.
    """

    student_id: int
    kind: str
    quality: float | None
    is_on_time: bool
    goals: float | None


@dataclass(frozen=True, kw_only=True)
class Tellings:
    """All that people have told of the accounts of a term, as one moment of the database has it.

    Attributes:
        sheets: cells of submitted sheets, in the order in which they were written.
        lessons: rows of submitted lesson sheets.
        self_tests: what students have filled in about themselves in the term.
        plans: approved plans of the academic year.
        corrections: those that count.
        lesson_sheets: student, date (such as 20261118) and sheet of the submitted lesson sheets, the last handed in last.
    """

    sheets: Sequence[Told]
    lessons: Sequence[LessonRow]
    self_tests: Sequence[SelfTestRow]
    plans: Sequence[ApprovedPlan]
    corrections: Sequence[Told]
    lesson_sheets: Sequence[tuple[int, int, int]] = ()


def tellings(database: Engine, term_id: int, acad_start: int, asked: Asked, *, student: int) -> Tellings:
    """All that people have told; lessons of everybody, for whom a lesson is also one of their class.

    Args:
        database: that of the installation.
        term_id: the term.
        acad_start: calendar year in which its academic year begins.
        asked: the accounts.
        student: level of a student's account.
    """
    with database.connect() as connection:
        return Tellings(
            sheets=_sheet_values(connection, term_id, asked),
            lessons=_lesson_rows(connection, term_id),
            self_tests=filled_in(connection, term_id),
            plans=tuple(_approved_plans(connection, acad_start, asked[student])),
            corrections=_corrections(connection, term_id, asked),
            lesson_sheets=_lesson_sheets(connection, term_id, asked[student]),
        )


def _sheet_values(connection: Connection, term_id: int, asked: Asked) -> list[Told]:
    """The cells of the submitted sheets of a term that are no lessons', in the order in which they were written."""
    query = (
        select(CardMark.holder, CardMark.holder_id, CardMark.column, CardSheet.task, CardMark.value, CardSheet.sheet_id)
        .join(CardSheet, CardSheet.sheet_id == CardMark.sheet_id)
        .where(*_submitted(term_id), CardMark.value.is_not(None), CardMark.column.not_in(_LESSON))
        .where(_is_asked(CardMark, asked))
        .order_by(CardMark.edited_at, CardSheet.sheet_id)
    )
    found = []
    for holder, holder_id, column, task, value, sheet_id in connection.execute(query):
        code, _, name = column.partition(".")
        found.append(
            Told(
                holder=holder, holder_id=holder_id, point=code, input=name or RAW, slot=task, value=value,
                sheet_id=sheet_id,
            )
        )  # fmt: skip
    return found


def _lesson_rows(connection: Connection, term_id: int) -> list[LessonRow]:
    """What the submitted lesson sheets of a term say, one row for every student on them."""
    marks = {name: func.max(case((CardMark.column == name, CardMark.value))).label(name) for name in _LESSON}
    query = (
        select(CardMark.holder_id, CardSheet.unit_id, CardSheet.task, *marks.values())
        .join(CardSheet, CardSheet.sheet_id == CardMark.sheet_id)
        .where(*_submitted(term_id), CardSheet.unit_level == "offering", CardMark.column.in_(_LESSON))
        .where(CardMark.value.is_not(None))
        .group_by(CardMark.holder_id, CardSheet.unit_id, CardSheet.task)
        .order_by(CardMark.holder_id, CardSheet.unit_id, CardSheet.task)
    )
    return [
        LessonRow(
            student_id=student,
            offering_id=offering,
            date_id=int(task),
            status=None if status is None else int(status),
            preview=None if preview is None else preview >= 1,
            homework=None if homework is None else homework >= 1,
        )
        for student, offering, task, status, preview, homework in connection.execute(query)
    ]


def _lesson_sheets(connection: Connection, term_id: int, students: Sequence[int] | None) -> list[tuple[int, int, int]]:
    """Students with the days and numbers of the submitted lesson sheets that they stand on, the last handed in last."""
    query = (
        select(CardMark.holder_id, CardSheet.task, CardSheet.sheet_id)
        .distinct()
        .add_columns(CardSheet.submitted_at)
        .join(CardSheet, CardSheet.sheet_id == CardMark.sheet_id)
        .where(*_submitted(term_id), CardSheet.unit_level == "offering", CardMark.column.in_(_LESSON))
        .where(CardMark.value.is_not(None), _among(CardMark.holder_id, students))
        .order_by(CardSheet.submitted_at, CardSheet.sheet_id)
    )
    return [(student, int(task), sheet_id) for student, task, sheet_id, _ in connection.execute(query)]


def _approved_plans(connection: Connection, acad_start: int, students: Sequence[int] | None) -> Iterator[ApprovedPlan]:
    """The approved plans of an academic year, by the calendar year in which it begins."""
    # Counted plan by plan along their index: grouped, all goals of all students would be read for every sheet.
    goals = select(func.count()).where(StudentPlanGoal.plan_id == StudentPlan.plan_id).correlate(StudentPlan)
    done = goals.where(StudentPlanGoal.is_done, StudentPlanGoal.confirmed_by != "")
    query = (
        select(StudentPlan.__table__, goals.scalar_subquery().label("many"), done.scalar_subquery().label("done"))
        .where(StudentPlan.acad_start == acad_start, StudentPlan.status == "approved")
        .where(_among(StudentPlan.student_id, students))
        .order_by(StudentPlan.plan_id)
    )
    for row in connection.execute(query).mappings():
        yield ApprovedPlan(
            student_id=row["student_id"],
            kind=row["kind"],
            quality=row["quality"],
            is_on_time=row["submitted_at"] is not None and _day(row["submitted_at"]) <= row["due_on"],
            goals=row["done"] / row["many"] if row["many"] else None,
        )


def _corrections(connection: Connection, term_id: int, asked: Asked) -> list[Told]:
    """What corrections say; of a slot corrected more than once, the last one alone."""
    query = (
        select(CardCorrection.__table__)
        .where(CardCorrection.term_id == term_id, _is_asked(CardCorrection, asked))
        .order_by(CardCorrection.correction_id)
    )
    last = {(r["holder"], r["holder_id"], r["point"], r["slot"]): r for r in connection.execute(query).mappings()}
    return [
        Told(
            holder=row["holder"],
            holder_id=row["holder_id"],
            point=row["point"],
            input=name,
            slot=row["slot"],
            value=None if value is None else float(value),
            correction_id=row["correction_id"],
        )
        for row in last.values()
        for name, value in row["inputs"].items()
    ]


def _submitted(term_id: int) -> tuple[ColumnElement[bool], ...]:
    return CardSheet.term_id == term_id, CardSheet.submitted_at.is_not(None)


def _is_asked(model: Any, asked: Asked) -> ColumnElement[bool]:
    return or_(*(and_(model.holder == holder, _among(model.holder_id, ids)) for holder, ids in asked.items()))


def _among(column: Any, ids: Sequence[int] | None) -> ColumnElement[bool]:
    if ids is None or len(ids) > MOST_NAMED:
        return true()
    condition: ColumnElement[bool] = column.in_(list(ids))
    return condition


def _day(moment: dt.datetime) -> dt.date:
    return clock.utc(moment).astimezone(clock.COLLEGE_ZONE).date()
