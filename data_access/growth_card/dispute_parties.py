"""Who has which part in a case: whose entry it is, who recorded it, who answers, who may decide.

Parts belong to persons, not to accounts: who holds two accounts does not decide with one what they entered with the
other. Posts follow from 包头 表15 (采分主体) and from the rule that no collector reviews what they entered.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, and_, func, or_, select

from data_access.access.roles import SCHOOL_ID, Role
from data_access.access.viewer import Viewer
from data_access.database.access_models import Account, PostRecord
from data_access.database.growth_models import (
    CardCorrection,
    CardMark,
    CardMarkChange,
    CardSheet,
    StudentPlan,
    StudentPlanGoal,
)
from data_access.database.models import Entity
from data_access.growth_card.dispute_case import STUDENT, DisputedEntry
from data_access.growth_card.dispute_states import Procedure

Person = tuple[str, int]
"""Kind of person and key; ``account`` and the account's key for who stands in no dimension."""

AT_CLASS: Final[Mapping[str, Role]] = {
    "班主任": Role.CLASS_ADVISER,
    "辅导员": Role.COUNSELLOR,
    "学工办": Role.STUDENT_AFFAIRS,
    "教研室": Role.MAJOR_LEADER,
}
"""Posts of those who collect for whole classes."""
TEACHERS: Final = frozenset({"任课教师", "体育老师"})
PE_TEACHER: Final = "体育老师"
PE: Final = "体育"
"""How the names of the courses begin that 体育老师 teach."""
REVIEWERS: Final = frozenset({Role.CLASS_ADVISER, Role.COUNSELLOR, Role.STUDENT_AFFAIRS, Role.DEPARTMENT_HEAD})
LESSON_MARKS: Final = frozenset({"status", "preview", "homework"})


@dataclass(frozen=True, kw_only=True)
class Parties:
    """The persons in a case.

    Attributes:
        student: who the entry is about.
        recorders: who entered it, handed its sheet in, approved its plan, or decided it before.
        collectors: who collects the point of that unit by post, and so answers.
        reviewers: who may decide, everybody else above left out as far as the rules demand.
    """

    student: frozenset[Person]
    recorders: frozenset[Person]
    collectors: frozenset[Person]
    reviewers: frozenset[Person]

    def may_answer(self, viewer: Viewer) -> bool:
        """True for those who collect the point; nobody answers for an entry of their own."""
        return person_of(viewer) in self.collectors - self.student

    def may_decide(self, viewer: Viewer) -> bool:
        """True for those who look after the student and have no part in the entry."""
        return person_of(viewer) in self.reviewers


def person_of(viewer: Viewer) -> Person:
    """The person behind a request."""
    return _person(viewer.person_kind, viewer.person_id, viewer.account_id)


def _person(kind: str, person_id: int | None, account_id: int) -> Person:
    return ("account", account_id) if person_id is None else (kind, person_id)


def parties_of(
    connection: Connection,
    entries: Sequence[DisputedEntry],
    procedure: Procedure,
    *,
    on: dt.date,
    answered_by: Mapping[int, str] | None = None,
) -> dict[int, Parties]:
    """The persons in each case, by entry; a handful of statements for all of them together.

    Who collects a point by post decides only where nobody else could, who recorded the entry or answered never.

    Args:
        connection: one that sees the cases.
        entries: those in dispute.
        procedure: who collects what.
        on: the day whose posts count.
        answered_by: usernames of those who answered, by entry.
    """
    if not entries:
        return {}
    units = _Units.of(connection, entries, procedure)
    held = _held(connection, entries, units, on)
    named: dict[int, set[str]] = {entry.entry_id: set(units.recorders[entry.entry_id]) for entry in entries}
    answered = answered_by or {}
    known = _people(connection, set().union(*named.values(), answered.values()))
    found = {}
    for entry in entries:
        student: frozenset[Person] = frozenset({("student", entry.student_id)})
        recorders = frozenset(known[name] for name in named[entry.entry_id] if name in known)
        collectors = _collectors(entry, procedure, units, held)
        able = _at_class(entry, REVIEWERS, held) - recorders - student
        able -= frozenset({known[name] for name in [answered.get(entry.entry_id, "")] if name in known})
        found[entry.entry_id] = Parties(
            student=student, recorders=recorders, collectors=collectors, reviewers=(able - collectors) or able
        )
    return found


# -- units: the sheets and the teaching sections behind entries ---------------------------------


@dataclass(frozen=True, kw_only=True)
class _Units:
    """What stands behind each entry, by its key: usernames of those who recorded it, and the teachers of sections."""

    recorders: Mapping[int, frozenset[str]]
    teachers: Mapping[int, frozenset[int]]

    @classmethod
    def of(cls, connection: Connection, entries: Sequence[DisputedEntry], procedure: Procedure) -> _Units:
        recorders: dict[int, set[str]] = {entry.entry_id: set() for entry in entries}
        sections: dict[int, set[int]] = {entry.entry_id: set() for entry in entries}
        for sheet, edits in _sheets(connection, entries):
            for entry in entries:
                who = [by for student, column, by in edits if student == entry.student_id and _is_of(entry, column)]
                is_lesson = entry.point in procedure.of_lessons and _in_slot(entry, sheet.task)
                if sheet.term_id != entry.term_id or not (sheet.sheet_id == entry.sheet_id or (is_lesson and who)):
                    continue
                recorders[entry.entry_id].update({sheet.submitted_by, *who} - {""})
                if sheet.unit_level == "offering":
                    sections[entry.entry_id].add(sheet.unit_id)
        for entry_id, names in _reviewed(connection, entries, procedure).items():
            recorders[entry_id] |= names
        return cls(
            recorders={key: frozenset(names) for key, names in recorders.items()},
            teachers=_teachers(connection, entries, procedure, sections),
        )


def _is_of(entry: DisputedEntry, column: str) -> bool:
    return column.partition(".")[0] == entry.point or column in LESSON_MARKS


def _in_slot(entry: DisputedEntry, task: str) -> bool:
    """True where a lesson sheet's day lies in the week or month of an entry."""
    if not (task.isdigit() and len(task) == len("20261118")):
        return False
    day = f"{task[:4]}-{task[4:6]}-{task[6:]}"
    span = next((week for week in entry.weeks if week[0].rsplit("-", 1)[-1] == entry.slot), None)
    return day.startswith(entry.slot) if span is None else span[2] <= day <= span[3]


def _sheets(
    connection: Connection, entries: Sequence[DisputedEntry]
) -> list[tuple[CardSheet, list[tuple[int, str, str]]]]:
    """The sheets that hold something of these students, with (student, column, who edited it)."""
    students = sorted({entry.student_id for entry in entries})
    marked = select(CardMark.sheet_id).where(CardMark.holder == STUDENT, CardMark.holder_id.in_(students))
    named = [entry.sheet_id for entry in entries if entry.sheet_id is not None]
    terms = sorted({entry.term_id for entry in entries})
    wanted = and_(
        CardSheet.term_id.in_(terms), or_(CardSheet.sheet_id.in_(marked), CardSheet.sheet_id.in_(sorted(set(named))))
    )
    sheets = connection.execute(select(*CardSheet.__table__.columns).where(wanted)).all()
    edits: dict[int, list[tuple[int, str, str]]] = {sheet.sheet_id: [] for sheet in sheets}
    for table in (CardMark, CardMarkChange):
        query = (
            select(table.sheet_id, table.holder_id, table.column, table.edited_by)
            .where(table.sheet_id.in_(list(edits)), table.holder == STUDENT, table.holder_id.in_(students))
            .distinct()
        )
        for row in connection.execute(query):
            edits[row.sheet_id].append((row.holder_id, row.column, row.edited_by))
    return [(sheet, edits[sheet.sheet_id]) for sheet in sheets]  # type: ignore[misc]  # rows have the columns' names


def _reviewed(
    connection: Connection, entries: Sequence[DisputedEntry], procedure: Procedure
) -> dict[int, frozenset[str]]:
    """Who approved the plan or confirmed the goals behind an entry, or decided the dispute that it came from."""
    found: dict[int, set[str]] = {}
    planned = [entry for entry in entries if entry.point in procedure.plans]
    if planned:
        query = (
            select(
                StudentPlan.student_id, StudentPlan.kind, StudentPlan.reviewed_by, StudentPlanGoal.confirmed_by,
            )
            .outerjoin(StudentPlanGoal, StudentPlanGoal.plan_id == StudentPlan.plan_id)
            .where(StudentPlan.student_id.in_(sorted({entry.student_id for entry in planned})))
        )  # fmt: skip
        rows = connection.execute(query).all()
        for entry in planned:
            own = [
                row for row in rows if (row.student_id, row.kind) == (entry.student_id, procedure.plans[entry.point])
            ]
            names = {name for row in own for name in (row.reviewed_by, row.confirmed_by) if name}
            found.setdefault(entry.entry_id, set()).update(names)
    corrections = sorted({entry.correction_id for entry in entries if entry.correction_id is not None})
    if corrections:
        decided = select(CardCorrection.correction_id, CardCorrection.decided_by)
        deciders = {
            row.correction_id: row.decided_by
            for row in connection.execute(decided.where(CardCorrection.correction_id.in_(corrections)))
        }
        for entry in entries:
            if entry.correction_id in deciders:
                found.setdefault(entry.entry_id, set()).add(deciders[entry.correction_id])
    return {key: frozenset(names) for key, names in found.items()}


def _teachers(
    connection: Connection,
    entries: Sequence[DisputedEntry],
    procedure: Procedure,
    sections: Mapping[int, Collection[int]],
) -> dict[int, frozenset[int]]:
    """Teachers of the sections whose sheets are behind an entry; of all sections of the class where there is none."""
    taught = [entry for entry in entries if TEACHERS & set(procedure.collectors.get(entry.point, ()))]
    if not taught:
        return {}
    classes = sorted({entry.class_id for entry in taught if entry.class_id is not None})
    named = sorted(set().union(*(sections[entry.entry_id] for entry in taught)))
    terms = sorted({entry.term_id for entry in taught})
    query = select(Entity.entity_id, Entity.class_id, Entity.term_id, Entity.teacher_id, Entity.name).where(
        Entity.level == "offering",
        Entity.teacher_id.is_not(None),
        or_(Entity.entity_id.in_(named), and_(Entity.class_id.in_(classes), Entity.term_id.in_(terms))),
    )
    rows = connection.execute(query).all()
    found = {}
    for entry in taught:
        own = [row for row in rows if row.entity_id in sections[entry.entry_id]]
        is_pe = PE_TEACHER in procedure.collectors[entry.point]
        of_class = [
            row
            for row in rows
            if (row.class_id, row.term_id) == (entry.class_id, entry.term_id) and (not is_pe or row.name.startswith(PE))
        ]
        found[entry.entry_id] = frozenset(row.teacher_id for row in own or of_class)
    return found


# -- posts --------------------------------------------------------------------------------------

_Held = Mapping[tuple[Role, str, int], frozenset[Person]]
"""Who holds a post of a role at a node."""


def _held(connection: Connection, entries: Sequence[DisputedEntry], units: _Units, on: dt.date) -> _Held:
    nodes: dict[str, set[int | None]] = {
        "class": {entry.class_id for entry in entries},
        "dept": {entry.dept_id for entry in entries},
        "major": {entry.major_id for entry in entries},
        "school": {SCHOOL_ID},
        "teacher": {teacher for teachers in units.teachers.values() for teacher in teachers},
    }
    at = [
        and_(PostRecord.node_level == level, PostRecord.node_id.in_(sorted(node for node in ids if node is not None)))
        for level, ids in nodes.items()
    ]
    roles = sorted(REVIEWERS | set(AT_CLASS.values()) | {Role.TEACHER})
    query = (
        select(
            PostRecord.role, PostRecord.node_level, PostRecord.node_id, Account.person_kind, Account.person_id,
            Account.account_id,
        )
        .join(Account, Account.account_id == PostRecord.account_id)
        .where(
            or_(*at), PostRecord.role.in_(roles), Account.disabled_at.is_(None), PostRecord.valid_from <= on,
            or_(PostRecord.valid_to.is_(None), PostRecord.valid_to >= on),
        )
    )  # fmt: skip
    found: dict[tuple[Role, str, int], set[Person]] = {}
    for row in connection.execute(query):
        key = (Role(row.role), row.node_level, row.node_id)
        found.setdefault(key, set()).add(_person(row.person_kind, row.person_id, row.account_id))
    return {key: frozenset(people) for key, people in found.items()}


def _at_class(entry: DisputedEntry, roles: Iterable[Role], held: _Held) -> frozenset[Person]:
    """Who holds one of these roles at the class of an entry, or at a node above it."""
    places = (("class", entry.class_id), ("major", entry.major_id), ("dept", entry.dept_id), ("school", SCHOOL_ID))
    found: set[Person] = set()
    for role in roles:
        for level, node in places:
            if node is not None:
                found |= held.get((role, level, node), frozenset())
    return frozenset(found)


def _collectors(entry: DisputedEntry, procedure: Procedure, units: _Units, held: _Held) -> frozenset[Person]:
    words = procedure.collectors.get(entry.point, ())
    found = set(_at_class(entry, [AT_CLASS[word] for word in words if word in AT_CLASS], held))
    if TEACHERS & set(words):
        for teacher in units.teachers.get(entry.entry_id, ()):
            found |= held.get((Role.TEACHER, "teacher", teacher), frozenset())
    return frozenset(found)


def _people(connection: Connection, usernames: Collection[str]) -> dict[str, Person]:
    wanted = {name.lower(): name for name in usernames if name}
    if not wanted:
        return {}
    query = select(Account.username, Account.person_kind, Account.person_id, Account.account_id)
    rows = connection.execute(query.where(func.lower(Account.username).in_(sorted(wanted))))
    return {wanted[row.username.lower()]: _person(row.person_kind, row.person_id, row.account_id) for row in rows}
