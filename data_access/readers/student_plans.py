"""Plans of students, read for those within the scope: one's own, one to review, and queues without their texts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, and_, case, func, select
from sqlalchemy.orm import aliased

from data_access.access.scope import Scope
from data_access.database.growth_models import CardEntry, StudentPlan, StudentPlanGoal
from data_access.database.models import Entity
from data_access.growth_card.cells import STUDENT
from data_access.growth_card.held import counting
from data_access.readers.stored import ValueReader
from data_access.student_plan_values import DRAFT, PLAN_SLOT, PLANS, STATUSES, Goal, Plan, PlanLine

_CLASS: Final = aliased(Entity)
_GOALS: Final = (
    select(
        StudentPlanGoal.plan_id,
        func.count().label("goals"),
        func.sum(case((StudentPlanGoal.is_done, 1), else_=0)).label("done"),
        func.sum(case((and_(StudentPlanGoal.is_done, StudentPlanGoal.confirmed_by != ""), 1), else_=0)).label(
            "confirmed"
        ),
    )
    .group_by(StudentPlanGoal.plan_id)
    .subquery()
)
_LINE: Final = (
    select(
        StudentPlan.plan_id,
        StudentPlan.student_id,
        Entity.name.label("student_no"),
        func.coalesce(_CLASS.name, "").label("class_name"),
        StudentPlan.kind,
        StudentPlan.acad_start,
        StudentPlan.status,
        StudentPlan.version,
        StudentPlan.due_on,
        StudentPlan.submitted_at,
        StudentPlan.quality,
        StudentPlan.reviewed_by,
        StudentPlan.reviewed_at,
        func.coalesce(_GOALS.c.goals, 0).label("goals"),
        func.coalesce(_GOALS.c.done, 0).label("done"),
        func.coalesce(_GOALS.c.confirmed, 0).label("confirmed"),
    )
    .join(Entity, and_(Entity.level == "student", Entity.entity_id == StudentPlan.student_id))
    .outerjoin(_CLASS, and_(_CLASS.level == "class", _CLASS.entity_id == Entity.class_id))
    .outerjoin(_GOALS, _GOALS.c.plan_id == StudentPlan.plan_id)
)


@dataclass(frozen=True, kw_only=True)
class PlanFilter:
    """Which plans of a queue are meant; what is left at its default does not limit.

    Attributes:
        class_id: of the class of the student.
        late_from: only what was first handed in from that moment on, see `first_late_moment`.
    """

    status: str = ""
    class_id: int | None = None
    late_from: dt.datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Missing:
    """A student who has handed in nothing; `has_draft` where something is written already."""

    student_id: int
    student_no: str
    class_name: str
    has_draft: bool


class StudentPlanReader:
    """Reads plans; safe to share between threads."""

    def __init__(self, values: ValueReader) -> None:
        self._values = values

    def of_student(self, student_id: int, *, scope: Scope, kinds: Collection[str]) -> list[Plan]:
        """The plans of a student of these kinds, drafts as well, the latest year first; none outside the scope."""
        query = (
            _LINE.where(StudentPlan.student_id == student_id, StudentPlan.kind.in_(kinds), _within(scope))
            .order_by(StudentPlan.acad_start.desc(), StudentPlan.plan_id)
        )  # fmt: skip
        with self._values.snapshot() as connection:
            return _whole(connection, connection.execute(query).mappings().all())

    def to_review(self, plan_id: int, *, kind: str, scope: Scope) -> Plan | None:
        """A plan of that kind that was handed in; None where there is none within the scope."""
        query = _LINE.where(
            StudentPlan.plan_id == plan_id, StudentPlan.kind == kind, StudentPlan.status != DRAFT, _within(scope)
        )
        with self._values.snapshot() as connection:
            return next(iter(_whole(connection, connection.execute(query).mappings().all())), None)

    def queue(
        self, kind: str, acad_start: int, *, scope: Scope, where: PlanFilter, page: int, size: int
    ) -> tuple[list[PlanLine], int]:
        """One page of the plans that were handed in, and how many there are on all pages.

        What waits for review comes first, the longest waiting at the top.
        """
        conditions = [*_handed_in(kind, acad_start, scope), *_conditions(where)]
        order = (
            case((StudentPlan.status == "submitted", 0), else_=1),
            StudentPlan.submitted_at,
            StudentPlan.plan_id,
        )
        with self._values.snapshot() as connection:
            total = connection.execute(_counted().where(*conditions)).scalar_one()
            number = min(max(page, 1), max(1, -(-total // size)))
            rows = connection.execute(_LINE.where(*conditions).order_by(*order).limit(size).offset((number - 1) * size))
            return [PlanLine(**row) for row in rows.mappings()], total

    def counts(self, kind: str, acad_start: int, *, scope: Scope) -> Mapping[str, int]:
        """How many plans stand in each state, drafts left out."""
        query = (
            select(StudentPlan.status, func.count())
            .join(Entity, and_(Entity.level == "student", Entity.entity_id == StudentPlan.student_id))
            .where(*_handed_in(kind, acad_start, scope))
            .group_by(StudentPlan.status)
        )
        with self._values.snapshot() as connection:
            found = {row.status: row[1] for row in connection.execute(query)}
        return {status: found.get(status, 0) for status in STATUSES if status != DRAFT}

    def missing(
        self,
        kind: str,
        acad_start: int,
        *,
        scope: Scope,
        present: Collection[int],
        delivered: tuple[int, str],
        class_id: int | None = None,
    ) -> list[Missing]:
        """The students within the scope, of those `present` at the college, who have handed in nothing, by class.

        Whose plan another system has `delivered`, so that the growth card counts it in this term at this point, has
        handed it in.
        """
        term_id, point = delivered
        with self._values.snapshot() as connection:
            elsewhere = counting(
                select(CardEntry.holder_id).where(
                    CardEntry.term_id == term_id,
                    CardEntry.holder == STUDENT,
                    CardEntry.point == point,
                    CardEntry.slot == PLAN_SLOT,
                    CardEntry.raw.is_not(None),
                )
            )
            counted = set(connection.execute(elsewhere).scalars())
            asked = select(StudentPlan.student_id, StudentPlan.submitted_at).where(
                StudentPlan.kind == kind, StudentPlan.acad_start == acad_start
            )
            handed_in = {student: submitted is not None for student, submitted in connection.execute(asked)}
        students = self._values.entities(
            "student", scope=scope, about=PLANS, below=None if class_id is None else ("class", {class_id})
        )
        found = [
            Missing(
                student_id=row["entity_id"],
                student_no=str(row["name"]),
                class_name=str(row["class_name"] or ""),
                has_draft=row["entity_id"] in handed_in,
            )
            for row in students
            if row["entity_id"] in present
            and row["entity_id"] not in counted
            and not handed_in.get(row["entity_id"], False)
        ]
        return sorted(found, key=lambda item: (item.class_name, item.student_no))


def _within(scope: Scope) -> ColumnElement[bool]:
    return scope.rows("student", PLANS)


def _handed_in(kind: str, acad_start: int, scope: Scope) -> list[ColumnElement[bool]]:
    return [
        StudentPlan.kind == kind,
        StudentPlan.acad_start == acad_start,
        StudentPlan.submitted_at.is_not(None),
        _within(scope),
    ]


def _conditions(where: PlanFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if where.status:
        found.append(StudentPlan.status == where.status)
    if where.class_id is not None:
        found.append(Entity.class_id == where.class_id)
    if where.late_from is not None:
        found.append(StudentPlan.submitted_at >= where.late_from)
    return found


def _counted() -> Select[int]:
    return (
        select(func.count())
        .select_from(StudentPlan)
        .join(Entity, and_(Entity.level == "student", Entity.entity_id == StudentPlan.student_id))
    )


def _whole(connection: Connection, rows: Sequence[RowMapping]) -> list[Plan]:
    """Plans with their texts and goals, in the order of `rows`."""
    ids = [row["plan_id"] for row in rows]
    texts = {
        row["plan_id"]: row
        for row in connection.execute(
            select(StudentPlan.plan_id, StudentPlan.situation, StudentPlan.aim, StudentPlan.review).where(
                StudentPlan.plan_id.in_(ids)
            )
        ).mappings()
    }
    goals: dict[int, list[Goal]] = {plan_id: [] for plan_id in ids}
    asked = select(*StudentPlanGoal.__table__.columns).where(StudentPlanGoal.plan_id.in_(ids))
    for row in connection.execute(asked.order_by(StudentPlanGoal.part, StudentPlanGoal.position)).mappings():
        kept = {name: value for name, value in row.items() if name not in {"plan_id", "position"}}
        goals[row["plan_id"]].append(Goal(**kept))
    return [
        Plan(
            line=PlanLine(**row),
            situation=texts[row["plan_id"]]["situation"],
            aim=texts[row["plan_id"]]["aim"],
            review=texts[row["plan_id"]]["review"],
            goals=tuple(goals[row["plan_id"]]),
        )
        for row in rows
    ]
