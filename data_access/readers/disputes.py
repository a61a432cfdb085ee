"""Disputes as they are read: those of students within reach, and those that a teacher is asked to answer.

A dispute is about the indicator with the point's code: who may not read that of the student does not learn of the dispute.
Teachers reach no students but through their sections, so what they may see goes by these.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Engine, Select, and_, case, false, func, or_, select, tuple_

from data_access.access.privacy import Subject
from data_access.access.scope import Scope
from data_access.database.growth_models import CardCorrection, CardDispute, CardEntry, CardSheet
from data_access.database.models import Entity
from data_access.growth_card.dispute_case import (
    STUDENT,
    Case,
    DisputedEntry,
    case_of,
    cases,
    entries,
    entry_of,
    is_live,
)
from data_access.growth_card.dispute_parties import TEACHERS, Parties, Person, parties_of
from data_access.growth_card.dispute_states import PENDING, Procedure, Status

Subjects = Mapping[str, Subject]
"""What each point tells of, by its code. Of a point that is not named no dispute is read."""
MOST_PENDING: Final = 1000
"""More than so many undecided cases at once are not looked through; the oldest come first."""


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Who reads disputes, as far as that decides which besides the scope.

    Attributes:
        about: what each point tells of.
        person: who they are, as the parties of a case are named.
        teachers: the teachers as whom they hold posts.
        username: what they have answered themselves they go on seeing.
    """

    about: Subjects
    person: Person
    teachers: frozenset[int] = frozenset()
    username: str = ""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Which disputes a list shows.

    Attributes:
        students: only theirs; None for everybody's.
        statuses: only in these states; None for all.
        number: part of the student's number.
        code: point.
    """

    students: frozenset[int] | None = None
    statuses: frozenset[Status] | None = None
    number: str = ""
    code: str = ""


@dataclass(frozen=True, kw_only=True)
class SeenCase:
    """A case with the persons in it; `in_scope` is False where it is seen for the sake of one's own section alone."""

    case: Case
    parties: Parties
    in_scope: bool


class DisputeReader:
    """Reads of disputes.

    Args:
        database: that of the installation.
        procedure: who collects what.
    """

    def __init__(self, database: Engine, procedure: Procedure) -> None:
        self._database = database
        self._procedure = procedure

    def entry(self, entry_id: int, *, scope: Scope, about: Subjects) -> DisputedEntry | None:
        """An entry of a student, disputed or not; None where it may not be read."""
        query = entries().where(CardEntry.entry_id == entry_id, _in_scope(scope, about))
        with self._database.connect() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else entry_of(row)

    def siblings(
        self, entry: DisputedEntry, *, scope: Scope, about: Subjects
    ) -> Mapping[str, tuple[float | None, int]]:
        """The other entries of the same point and term that still count, by slot: value and points, in hundredths."""
        query = (
            select(CardEntry.slot, CardEntry.raw, CardEntry.points)
            .join(Entity, and_(Entity.level == "student", Entity.entity_id == CardEntry.holder_id))
            .where(
                CardEntry.holder == STUDENT, CardEntry.holder_id == entry.student_id, CardEntry.term_id == entry.term_id,
                CardEntry.point == entry.point, CardEntry.slot != entry.slot, is_live(), _in_scope(scope, about),
            )
        )  # fmt: skip
        with self._database.connect() as connection:
            return {row.slot: (row.raw, row.points) for row in connection.execute(query)}

    def booked(self, case: Case) -> Mapping[str, int]:
        """By how much the posting of a correction changed each slot of the point, in hundredths; empty before it.

        The case says that its reader may read the point of this student.
        """
        entry = case.entry
        of_point = (
            CardEntry.holder == STUDENT, CardEntry.holder_id == entry.student_id, CardEntry.term_id == entry.term_id,
            CardEntry.point == entry.point,
        )  # fmt: skip
        first = (
            select(func.min(CardEntry.posting_id))
            .join(CardCorrection, CardCorrection.correction_id == CardEntry.correction_id)
            .where(CardCorrection.dispute_id == case.dispute_id, *of_point)
        )
        change = func.sum(CardEntry.points).label("change")
        query = select(CardEntry.slot, change).where(*of_point, CardEntry.posting_id == first.scalar_subquery())
        with self._database.connect() as connection:
            return {row.slot: int(row.change) for row in connection.execute(query.group_by(CardEntry.slot))}

    def get(self, dispute_id: int, reader: Reader, *, on: dt.date, scope: Scope) -> SeenCase | None:
        """One case; None where there is none, or it may not be read."""
        query = _asked(Asked(), reader, self._procedure, scope).where(CardDispute.dispute_id == dispute_id)
        found = self._seen(query, reader, on)
        return found[0] if found else None

    def pending(self, reader: Reader, *, asked: Asked = Asked(), on: dt.date, scope: Scope) -> Sequence[SeenCase]:
        """Undecided cases that may be read, the oldest first, at most `MOST_PENDING`."""
        query = _asked(asked, reader, self._procedure, scope).where(
            CardDispute.status.in_([status.value for status in PENDING])
        )
        return self._seen(query.order_by(CardDispute.dispute_id).limit(MOST_PENDING), reader, on)

    def page(
        self, reader: Reader, *, asked: Asked, page: int, size: int, on: dt.date, scope: Scope
    ) -> tuple[Sequence[SeenCase], int]:
        """One page of a list, the last opened first, and how many there are on all pages.

        Those seen for the sake of a section alone are listed once the viewer has answered them.
        """
        query = _asked(asked, reader, self._procedure, scope).where(or_(_in_scope(scope, reader.about), _acted(reader)))
        shown = query.order_by(CardDispute.dispute_id.desc()).limit(size).offset((max(page, 1) - 1) * size)
        with self._database.connect() as connection:
            total = connection.execute(select(func.count()).select_from(query.subquery())).scalar_one()
        return self._seen(shown, reader, on), total

    def _seen(self, query: Select[*tuple[Any, ...]], reader: Reader, on: dt.date) -> list[SeenCase]:
        with self._database.connect() as connection:
            rows = connection.execute(query).mappings().all()
            found = [(case_of(row), bool(row["in_scope"])) for row in rows]
            parties = parties_of(
                connection,
                [item.entry for item, _ in found],
                self._procedure,
                on=on,
                answered_by={item.entry.entry_id: item.answered_by for item, _ in found},
            )
        seen = [
            SeenCase(case=item, parties=parties[item.entry.entry_id], in_scope=in_scope) for item, in_scope in found
        ]
        return [
            item
            for item in seen
            if item.in_scope or item.case.answered_by == reader.username or reader.person in item.parties.collectors
        ]


def _asked(asked: Asked, reader: Reader, procedure: Procedure, scope: Scope) -> Select[*tuple[Any, ...]]:
    in_scope = _in_scope(scope, reader.about)
    query = cases().add_columns(case((in_scope, 1), else_=0).label("in_scope"))
    query = query.where(or_(in_scope, _acted(reader), _taught(reader, procedure, scope)))
    if asked.students is not None:
        query = query.where(CardDispute.student_id.in_(sorted(asked.students)))
    if asked.statuses is not None:
        query = query.where(CardDispute.status.in_(sorted(asked.statuses)))
    if asked.number:
        query = query.where(Entity.code.icontains(asked.number, autoescape=True))
    if asked.code:
        query = query.where(CardEntry.point == asked.code)
    return query


def _in_scope(scope: Scope, about: Subjects) -> ColumnElement[bool]:
    """The condition that the student's figure by the point may be read."""
    points: dict[Subject, list[str]] = {}
    for code, subject in about.items():
        points.setdefault(subject, []).append(code)
    return or_(
        false(),
        *(and_(CardEntry.point.in_(codes), scope.rows("student", subject)) for subject, codes in points.items()),
    )


def _acted(reader: Reader) -> ColumnElement[bool]:
    """The condition that the viewer has answered a case of a point that teachers collect."""
    if not (reader.username and reader.teachers):
        return false()
    return CardDispute.answered_by == reader.username


def _taught(reader: Reader, procedure: Procedure, scope: Scope) -> ColumnElement[bool]:
    """The condition that a case may be that of a section of the viewer's."""
    codes = [code for code, words in procedure.collectors.items() if TEACHERS & set(words)]
    if not (reader.teachers and codes):
        return false()
    own = (scope.rows("offering"), Entity.teacher_id.in_(sorted(reader.teachers)))
    # The outer query names students Entity; a section is another row of it.
    classes = select(Entity.class_id, Entity.term_id).where(*own).correlate(None)
    sections = select(Entity.entity_id).where(*own).correlate(None)
    sheets = select(CardSheet.sheet_id).where(CardSheet.unit_level == "offering", CardSheet.unit_id.in_(sections))
    is_own = or_(tuple_(CardDispute.class_id, CardEntry.term_id).in_(classes), CardEntry.sheet_id.in_(sheets))
    return and_(CardEntry.point.in_(codes), is_own)
