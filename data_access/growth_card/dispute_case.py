"""A case: a disputed entry, whose it is, where it stands; and how it is read from the database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, RowMapping, Select, and_, exists, func, select
from sqlalchemy.orm import aliased

from data_access.clock import utc
from data_access.database.growth_models import CardCorrection, CardDispute, CardEntry, CardTermRow
from data_access.database.models import Entity
from data_access.growth_card.dispute_states import Status

STUDENT: Final = 5
"""`CardEntry.holder` of a student's account."""
CLASS: Final = 4
"""Likewise of a class's."""
REVERSAL: Final = "reversal"
OPENING: Final = "opening"

Group: Final = aliased(Entity)
"""The class of the student; `Entity` itself is the student, so that conditions of a scope apply to it."""
_Later: Final = aliased(CardEntry)


@dataclass(frozen=True, kw_only=True)
class DisputedEntry:
    """A line of a student's account with what decides who deals with it.

    Attributes:
        points: in hundredths; `possible` likewise: the most that the slot can bring.
        is_live: True while no reversal names it.
        weeks: ``[[key, label, first day, last day]]`` of the term.
    """

    entry_id: int
    student_id: int
    student_no: str
    class_id: int | None
    class_name: str
    dept_id: int | None
    major_id: int | None
    term_id: int
    term_key: str
    weeks: tuple[tuple[str, str, str, str], ...]
    point: str
    slot: str
    kind: str
    booked_on: dt.date
    raw: float | None
    points: int
    possible: int
    sheet_id: int | None
    correction_id: int | None
    recorded_at: dt.datetime
    is_live: bool

    @property
    def may_be_disputed(self) -> bool:
        """True for what brought or took something and still counts; an opening is the same for everybody."""
        return self.is_live and self.kind not in {REVERSAL, OPENING}


@dataclass(frozen=True, kw_only=True)
class Case:
    """A dispute with its entry.

    Attributes:
        proposed: values by input that the collector thinks right; None where the entry is to stand, or before an answer.
        correction: values by input that were decided; None unless it was upheld.
        points_after: what the entry posted from the correction brings, in hundredths; None where none has been posted.
    """

    dispute_id: int
    entry: DisputedEntry
    status: Status
    reason: str
    opened_by: str
    opened_at: dt.datetime
    answer: str
    proposed: Mapping[str, float] | None
    answered_by: str
    answered_at: dt.datetime | None
    decision: str
    decided_by: str
    decided_at: dt.datetime | None
    correction: Mapping[str, float] | None
    points_after: int | None


def is_live() -> ColumnElement[bool]:
    """The condition that an entry is no reversal and that none names it."""
    return and_(CardEntry.kind != REVERSAL, ~exists().where(_Later.reversal_of == CardEntry.entry_id))


_ENTRY: Final = (
    CardEntry.entry_id, CardEntry.holder_id.label("student_id"), Entity.code.label("student_no"),
    Group.entity_id.label("group_id"), Group.name.label("class_name"), Group.dept_id.label("dept_id"),
    Group.major_id.label("major_id"), CardEntry.term_id, CardTermRow.key.label("term_key"), CardTermRow.weeks,
    CardEntry.point, CardEntry.slot, CardEntry.kind, CardEntry.booked_on, CardEntry.raw, CardEntry.points,
    CardEntry.possible, CardEntry.sheet_id, CardEntry.correction_id, CardEntry.recorded_at,
    is_live().label("is_live"),
)  # fmt: skip
_DISPUTE: Final = (
    CardDispute.dispute_id, CardDispute.status, CardDispute.reason, CardDispute.opened_by, CardDispute.opened_at,
    CardDispute.answer, CardDispute.proposed, CardDispute.answered_by, CardDispute.answered_at, CardDispute.decision,
    CardDispute.decided_by, CardDispute.decided_at, CardCorrection.inputs.label("correction"),
    select(func.max(_Later.points)).where(_Later.correction_id == CardCorrection.correction_id, _Later.kind != REVERSAL)
    .scalar_subquery().label("points_after"),
)  # fmt: skip


def entries() -> Select[*tuple[Any, ...]]:
    """Entries of students, each with the student and the class of now."""
    return (
        select(*_ENTRY)
        .select_from(CardEntry)
        .join(Entity, and_(Entity.level == "student", Entity.entity_id == CardEntry.holder_id))
        .outerjoin(Group, and_(Group.level == "class", Group.entity_id == Entity.class_id))
        .outerjoin(CardTermRow, CardTermRow.term_id == CardEntry.term_id)
        .where(CardEntry.holder == STUDENT)
    )


def cases() -> Select[*tuple[Any, ...]]:
    """Disputes, each with its entry and the class in which the student was when it was opened."""
    return (
        select(*_ENTRY, *_DISPUTE)
        .select_from(CardDispute)
        .join(CardEntry, CardEntry.entry_id == CardDispute.entry_id)
        .join(Entity, and_(Entity.level == "student", Entity.entity_id == CardDispute.student_id))
        .outerjoin(Group, and_(Group.level == "class", Group.entity_id == CardDispute.class_id))
        .outerjoin(CardTermRow, CardTermRow.term_id == CardEntry.term_id)
        .outerjoin(CardCorrection, CardCorrection.dispute_id == CardDispute.dispute_id)
    )


def entry_of(row: RowMapping) -> DisputedEntry:
    """The entry in a row of `entries` or `cases`."""
    return DisputedEntry(
        entry_id=row["entry_id"],
        student_id=row["student_id"],
        student_no=row["student_no"],
        class_id=row["group_id"],
        class_name=row["class_name"] or "",
        dept_id=row["dept_id"],
        major_id=row["major_id"],
        term_id=row["term_id"],
        term_key=row["term_key"] or str(row["term_id"]),
        weeks=tuple((str(week[0]), str(week[1]), str(week[2]), str(week[3])) for week in row["weeks"] or ()),
        point=row["point"],
        slot=row["slot"],
        kind=row["kind"],
        booked_on=row["booked_on"],
        raw=row["raw"],
        points=row["points"],
        possible=row["possible"],
        sheet_id=row["sheet_id"],
        correction_id=row["correction_id"],
        recorded_at=utc(row["recorded_at"]),
        is_live=bool(row["is_live"]),
    )


def case_of(row: RowMapping) -> Case:
    """The case in a row of `cases`."""
    return Case(
        dispute_id=row["dispute_id"],
        entry=entry_of(row),
        status=Status(row["status"]),
        reason=row["reason"],
        opened_by=row["opened_by"],
        opened_at=utc(row["opened_at"]),
        answer=row["answer"],
        proposed=row["proposed"],
        answered_by=row["answered_by"],
        answered_at=None if row["answered_at"] is None else utc(row["answered_at"]),
        decision=row["decision"],
        decided_by=row["decided_by"],
        decided_at=None if row["decided_at"] is None else utc(row["decided_at"]),
        correction=row["correction"],
        points_after=row["points_after"],
    )
