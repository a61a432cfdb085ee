"""Keeps plans of students: drafts, handing in, review, and what was reached; nothing is lost to two at once.

Every change names the version it was based on; whoever comes second is told, and their change is not made. What the
audit log tells of a plan is its number, kind and state, never its text.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from sqlalchemy import Connection, Engine, RowMapping, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from data_access import clock
from data_access.access.actors import Actor
from data_access.access.audit import AuditKind, AuditLog, Event
from data_access.access.scope import Scope
from data_access.database import transaction
from data_access.database.growth_models import StudentPlan, StudentPlanGoal
from data_access.database.models import Entity
from data_access.errors import UserError
from data_access.student_plan_values import APPROVED, DRAFT, PLANS, RETURNED, SUBMITTED, WRITABLE, PlanDraft

OVERTAKEN: Final = "打开本页之后这份规划有了改动，没有保存。请看最新的内容，再改一次。"
NOT_FOUND: Final = "没有这份规划。"
NOT_WRITABLE: Final = "规划已提交或已通过，不能再改；需要修改请联系审核人退回。"
REVIEWED: Final = "这份规划已由 {} 审核，请看结果。"


class OvertakenPlanError(UserError):
    """Somebody else has changed the plan since it was read."""


class StudentPlans:
    """The plans of an installation; they are read through `data_access.readers.student_plans`.

    Args:
        database: its database.
        audit: where handing in, reviews and confirmations are recorded.
        now: the current time, aware.
    """

    def __init__(self, database: Engine, audit: AuditLog, *, now: Callable[[], dt.datetime] = clock.now) -> None:
        self._database = database
        self._audit = audit
        self._now = now

    # -- the student ----------------------------------------------------------------------

    def save(
        self,
        student_id: int,
        kind: str,
        acad_start: int,
        draft: PlanDraft,
        *,
        seen: int,
        due_on: dt.date,
        hand_in: bool,
        by: Actor,
        scope: Scope,
    ) -> int:
        """Keep the text of a plan, as a draft or handed in, and return its new version.

        The first time that it is handed in counts for good, also where it comes back and is handed in again.

        Args:
            student_id: whose plan it is.
            kind: 学业计划, 个人发展规划 or 职业生涯规划.
            acad_start: calendar year in which the academic year begins.
            draft: the whole text; it replaces what was there.
            seen: version that was read; 0 for a plan that was not begun.
            due_on: last day on which it is in time; kept with a plan that is begun.
            hand_in: True to hand it in.
            by: the student.
            scope: the student's own.

        Raises:
            OvertakenPlanError: it has changed since, or was begun elsewhere.
            UserError: the student is not within the scope, or the plan is not the student's to change now.
        """
        with transaction(self._database) as connection:
            _require_student(connection, student_id, scope)
            asked = (
                StudentPlan.student_id == student_id,
                StudentPlan.kind == kind,
                StudentPlan.acad_start == acad_start,
            )
            kept = connection.execute(select(*StudentPlan.__table__.columns).where(*asked)).mappings().first()
            if (0 if kept is None else kept["version"]) != seen:
                raise OvertakenPlanError(OVERTAKEN)
            if kept is not None and kept["status"] not in WRITABLE:
                raise UserError(NOT_WRITABLE)
            now = self._now()
            values: dict[str, Any] = {
                "situation": draft.situation,
                "aim": draft.aim,
                "saved_at": now,
                "version": seen + 1,
            }
            if hand_in:
                values["status"] = SUBMITTED
                values["submitted_at"] = now if kept is None else kept["submitted_at"] or now
            if kept is None:
                key = {"student_id": student_id, "kind": kind, "acad_start": acad_start, "due_on": due_on}
                plan_id = _begin(connection, {"status": DRAFT, **values, **key})
            else:
                plan_id = kept["plan_id"]
                _change(connection, plan_id, seen, values)
            _replace_goals(connection, plan_id, draft)
            if hand_in:
                self._record(connection, by, plan_id, kind, change="submitted")
        return seen + 1

    def note_progress(
        self, plan_id: int, student_id: int, results: Mapping[int, str | None], *, seen: int, by: Actor, scope: Scope
    ) -> None:
        """Keep which goals of an approved plan the student says are reached, and how; None for one that is not.

        Confirmed goals stay as they are.

        Raises:
            OvertakenPlanError: the plan has changed since.
            UserError: it is not an approved plan of that student within the scope.
        """
        with transaction(self._database) as connection:
            _require_student(connection, student_id, scope)
            kept = _kept(connection, plan_id)
            if kept is None or kept["student_id"] != student_id or kept["status"] != APPROVED:
                raise UserError(NOT_FOUND)
            _change(connection, plan_id, seen, {"version": seen + 1, "saved_at": self._now()})
            for goal_id, result in results.items():
                connection.execute(
                    update(StudentPlanGoal)
                    .where(
                        StudentPlanGoal.goal_id == goal_id,
                        StudentPlanGoal.plan_id == plan_id,
                        StudentPlanGoal.confirmed_by == "",
                    )
                    .values(is_done=result is not None, result=result or "")
                )
            self._record(connection, by, plan_id, kept["kind"], change="progress")

    # -- those who review -----------------------------------------------------------------

    def review(
        self, plan_id: int, *, kind: str, quality: float | None, text: str, seen: int, by: Actor, scope: Scope
    ) -> int:
        """Approve a plan that was handed in, or return it where `quality` is None; gives back whose plan it is.

        Raises:
            OvertakenPlanError: somebody else has reviewed it, or it has changed since.
            UserError: there is no such plan within the scope.
        """
        with transaction(self._database) as connection:
            kept = _required(connection, plan_id, kind, scope)
            if kept["status"] != SUBMITTED:
                raise OvertakenPlanError(REVIEWED.format(kept["reviewed_by"]) if kept["reviewed_by"] else OVERTAKEN)
            values = {
                "status": RETURNED if quality is None else APPROVED,
                "quality": quality,
                "review": text,
                "reviewed_by": by.name,
                "reviewed_at": self._now(),
                "version": seen + 1,
            }
            _change(connection, plan_id, seen, values)
            self._record(connection, by, plan_id, kind, change="returned" if quality is None else "approved")
            return int(kept["student_id"])

    def confirm(self, plan_id: int, goal_ids: Collection[int], *, kind: str, seen: int, by: Actor, scope: Scope) -> int:
        """Confirm which of the goals said to be reached are; the others lose a confirmation. Gives back whose plan.

        Raises:
            OvertakenPlanError: the plan has changed since.
            UserError: there is no approved plan of that number within the scope.
        """
        with transaction(self._database) as connection:
            kept = _required(connection, plan_id, kind, scope)
            if kept["status"] != APPROVED:
                raise UserError(NOT_FOUND)
            _change(connection, plan_id, seen, {"version": seen + 1})
            done = (StudentPlanGoal.plan_id == plan_id, StudentPlanGoal.is_done)
            is_meant = StudentPlanGoal.goal_id.in_(sorted(goal_ids))
            connection.execute(
                update(StudentPlanGoal)
                .where(*done, is_meant, StudentPlanGoal.confirmed_by == "")
                .values(confirmed_by=by.name)
            )
            connection.execute(update(StudentPlanGoal).where(*done, ~is_meant).values(confirmed_by=""))
            self._record(connection, by, plan_id, kind, change="confirmed")
            return int(kept["student_id"])

    def _record(self, connection: Connection, by: Actor, plan_id: int, kind: str, *, change: str) -> None:
        event = Event(
            kind=AuditKind.GROWTH,
            actor=by.name,
            subject=f"plan:{plan_id}",
            address=by.address,
            detail={"change": change, "kind": kind},
        )
        self._audit.write_in(connection, event)


def _require_student(connection: Connection, student_id: int, scope: Scope) -> None:
    known = select(Entity.entity_id).where(
        Entity.level == "student", Entity.entity_id == student_id, scope.rows("student", PLANS)
    )
    if connection.execute(known).first() is None:
        raise UserError(NOT_FOUND)


def _kept(connection: Connection, plan_id: int) -> RowMapping | None:
    query = select(*StudentPlan.__table__.columns).where(StudentPlan.plan_id == plan_id)
    return connection.execute(query).mappings().first()


def _required(connection: Connection, plan_id: int, kind: str, scope: Scope) -> RowMapping:
    kept = _kept(connection, plan_id)
    if kept is None or kept["kind"] != kind:
        raise UserError(NOT_FOUND)
    _require_student(connection, kept["student_id"], scope)
    return kept


def _begin(connection: Connection, values: Mapping[str, Any]) -> int:
    try:
        made = connection.execute(insert(StudentPlan).values(**values).returning(StudentPlan.plan_id))
    except IntegrityError as error:  # begun in another window between the look and the writing
        raise OvertakenPlanError(OVERTAKEN) from error
    return int(made.scalar_one())


def _change(connection: Connection, plan_id: int, seen: int, values: Mapping[str, Any]) -> None:
    changed = connection.execute(
        update(StudentPlan).where(StudentPlan.plan_id == plan_id, StudentPlan.version == seen).values(**values)
    )
    if changed.rowcount != 1:
        raise OvertakenPlanError(OVERTAKEN)


def _replace_goals(connection: Connection, plan_id: int, draft: PlanDraft) -> None:
    connection.execute(delete(StudentPlanGoal).where(StudentPlanGoal.plan_id == plan_id))
    rows = [
        {
            "plan_id": plan_id,
            "part": goal.part,
            "position": position,
            "text": goal.text,
            "measure": goal.measure,
            "due_on": goal.due_on,
        }
        for position, goal in enumerate(draft.goals)
    ]
    if rows:
        connection.execute(insert(StudentPlanGoal), rows)
