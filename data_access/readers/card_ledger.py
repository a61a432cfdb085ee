"""The ledger of the growth card as it is read: sums of entries, entries themselves, and where accounts stand.

Whoever asks names for every point what it is about; of a holder only those points are read which the scope admits.
Figures of a class that tell of something sensitive are read only where they may be known of single persons: a class has
too few incidents to hide one of them in a sum.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.orm import aliased

from data_access import clock
from data_access.access.privacy import Subject
from data_access.access.scope import Scope
from data_access.database.growth_models import (
    CardCorrection,
    CardEntry,
    CardPosting,
    CardSheet,
    CardStanding,
    CardTermRow,
)
from data_access.database.models import Entity
from data_access.readers.narrowing import Query
from data_access.readers.plans import LEVEL_NUMBERS
from data_access.readers.stored import ValueReader

OPENING: Final = "opening"
REVERSAL: Final = "reversal"

Subjects = Mapping[str, Subject]
"""What each point tells of, by its code. A point that is not named is not read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredTerm:
    """A term of the ledger; `weeks` as (key, label, first day, last day)."""

    term_id: int
    key: str
    acad_start: int
    number: int
    start: dt.date
    end: dt.date
    weeks: tuple[tuple[str, str, dt.date, dt.date], ...]
    freezes_on: dt.date


@dataclass(frozen=True, kw_only=True, slots=True)
class HolderReach:
    """What of a holder may be read: codes of points; with the year in which the holder began, None where not known."""

    codes: frozenset[str]
    grade_year: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class PointSum:
    """What one point has brought a holder in a term, and the most that it could have; in hundredths."""

    holder_id: int
    term_id: int
    point: str
    net: int
    possible: int


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredEntry:
    """One line of the ledger with where it comes from.

    Attributes:
        kind: opening, deposit, deduction or reversal.
        reversed_by: the reversal that names it, booked on the day `reversed_on`; None for what still counts.
        collector: who has the sheet that it was taken from, such as 班主任; empty without a sheet, likewise `task`.
        dispute_id: the dispute whose decision it follows.
        reason: of the correction that it follows.
        posted_by: whoever caused the posting.
    """

    entry_id: int
    term_id: int
    point: str
    slot: str
    kind: str
    booked_on: dt.date
    raw: float | None
    points: int
    possible: int
    reversal_of: int | None
    reversed_by: int | None
    reversed_on: dt.date | None
    recorded_at: dt.datetime
    cause: str
    posted_by: str
    sheet_id: int | None
    collector: str
    task: str
    submitted_by: str
    submitted_at: dt.datetime | None
    correction_id: int | None
    dispute_id: int | None
    reason: str
    decided_by: str

    @property
    def is_live(self) -> bool:
        """True for an entry that counts: no reversal, and none names it."""
        return self.kind != REVERSAL and self.reversed_by is None

    def counted_on(self, day: dt.date | None) -> bool:
        """True for an entry that counted on a day, by what was booked until then; None for all that is booked."""
        still = self.reversed_on is None or (day is not None and self.reversed_on > day)
        return self.kind != REVERSAL and still


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredStanding:
    """Where one account stands in a term; `account` is empty for all of them together."""

    holder_id: int
    term_id: int
    account: str
    net: int
    possible: int
    quarter: int | None


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which entries of a holder are asked for; None for all.

    Attributes:
        codes: points.
        after: booked after that day; `until`: booked on that day or before.
        besides: of other terms as well, what is booked after that day.
    """

    entry_id: int | None = None
    term_id: int | None = None
    codes: Collection[str] | None = None
    kind: str | None = None
    after: dt.date | None = None
    until: dt.date | None = None
    besides: dt.date | None = None


ALL_ENTRIES: Final = Wanted()


_REVERSAL_ENTRY: Final = aliased(CardEntry)
_ENTRIES: Final[Query] = (
    select(
        CardEntry.entry_id,
        CardEntry.term_id,
        CardEntry.point,
        CardEntry.slot,
        CardEntry.kind,
        CardEntry.booked_on,
        CardEntry.raw,
        CardEntry.points,
        CardEntry.possible,
        CardEntry.reversal_of,
        _REVERSAL_ENTRY.entry_id.label("reversed_by"),
        _REVERSAL_ENTRY.booked_on.label("reversed_on"),
        CardEntry.recorded_at,
        CardPosting.cause,
        CardPosting.posted_by,
        CardEntry.sheet_id,
        func.coalesce(CardSheet.collector, "").label("collector"),
        func.coalesce(CardSheet.task, "").label("task"),
        func.coalesce(CardSheet.submitted_by, "").label("submitted_by"),
        CardSheet.submitted_at,
        CardEntry.correction_id,
        CardCorrection.dispute_id,
        func.coalesce(CardCorrection.reason, "").label("reason"),
        func.coalesce(CardCorrection.decided_by, "").label("decided_by"),
    )
    .join(CardPosting, CardPosting.posting_id == CardEntry.posting_id)
    .outerjoin(_REVERSAL_ENTRY, _REVERSAL_ENTRY.reversal_of == CardEntry.entry_id)
    .outerjoin(CardSheet, CardSheet.sheet_id == CardEntry.sheet_id)
    .outerjoin(CardCorrection, CardCorrection.correction_id == CardEntry.correction_id)
)
"""Made once: making it takes longer than answering it."""
_SUMS: Final[Query] = select(
    CardEntry.holder_id,
    CardEntry.term_id,
    CardEntry.point,
    func.sum(CardEntry.points).label("net"),
    func.sum(CardEntry.possible).label("possible"),
).group_by(CardEntry.holder_id, CardEntry.term_id, CardEntry.point)


class CardLedgerReader:
    """Reads of the ledger; nothing is kept between calls. Safe to share between threads."""

    def __init__(self, values: ValueReader) -> None:
        self.values = values

    def terms(self) -> list[StoredTerm]:
        """Every term of the calendar as it was last posted by, those to come as well, oldest first."""
        query = select(CardTermRow.__table__).order_by(CardTermRow.start_date)
        with self.values.snapshot() as connection:
            return [_term(dict(row)) for row in connection.execute(query).mappings()]

    def readable(self, level: str, holder_id: int, *, about: Subjects, scope: Scope) -> HolderReach | None:
        """The points of a holder that may be read; None where the holder is not within the scope."""
        groups = _alike(about, level, scope)
        conditions = [_rows(scope, level, subject) for subject, _ in groups]
        query = select(Entity.grade_year, *conditions).where(Entity.entity_id == holder_id, scope.rows(level))
        if not conditions or not scope.admits(level):
            return None
        with self.values.snapshot() as connection:
            row = connection.execute(query).first()
        if row is None:
            return None
        grade_year, *admitted = row
        admits = zip(groups, admitted, strict=True)
        return HolderReach(
            codes=frozenset(code for (_, codes), is_admitted in admits if is_admitted for code in codes),
            grade_year=grade_year,
        )

    def sums(
        self,
        level: str,
        holder_ids: Collection[int],
        *,
        about: Subjects,
        term_id: int | None = None,
        until: dt.date | None = None,
        scope: Scope,
    ) -> list[PointSum]:
        """Sums of the entries of holders by term and point, of all terms unless one is named.

        Args:
            level: student or class.
            holder_ids: the holders; who is not within the scope has no sums.
            about: the points to read.
            term_id: only this term.
            until: only what was booked on that day or before.
            scope: what may be read.
        """
        query = _narrowed(_within(_SUMS, level, holder_ids, about, scope), Wanted(term_id=term_id, until=until))
        with self.values.snapshot() as connection:
            return [
                PointSum(
                    holder_id=row.holder_id,
                    term_id=row.term_id,
                    point=row.point,
                    net=int(row.net),
                    possible=int(row.possible),
                )
                for row in connection.execute(query)
            ]

    def entries(
        self,
        level: str,
        holder_id: int,
        *,
        about: Subjects,
        wanted: Wanted = ALL_ENTRIES,
        limit: int | None = None,
        offset: int = 0,
        scope: Scope,
    ) -> list[StoredEntry]:
        """Entries of a holder, the last booked first and the opening of a day last of it."""
        query = _narrowed(_within(_ENTRIES, level, [holder_id], about, scope), wanted)
        query = query.order_by(CardEntry.booked_on.desc(), CardEntry.entry_id.desc()).limit(limit).offset(offset)
        with self.values.snapshot() as connection:
            return [_entry(dict(row)) for row in connection.execute(query).mappings()]

    def entry(self, level: str, entry_id: int, *, about: Subjects, scope: Scope) -> tuple[int, StoredEntry] | None:
        """One entry with the holder it belongs to; None where it does not exist or may not be read."""
        query = select(CardEntry.holder_id).where(
            CardEntry.entry_id == entry_id, CardEntry.holder == LEVEL_NUMBERS[level]
        )
        with self.values.snapshot() as connection:
            holder_id = connection.execute(query).scalar()
        if holder_id is None:
            return None
        found = self.entries(level, holder_id, about=about, wanted=Wanted(entry_id=entry_id), scope=scope)
        return (holder_id, found[0]) if found else None

    def count(self, level: str, holder_id: int, *, about: Subjects, wanted: Wanted = ALL_ENTRIES, scope: Scope) -> int:
        """How many `entries` there are."""
        query: Query = _narrowed(
            _within(select(func.count(CardEntry.entry_id)), level, [holder_id], about, scope), wanted
        )
        with self.values.snapshot() as connection:
            return int(connection.execute(query).scalar_one())

    def standings(
        self,
        level: str,
        holder_ids: Collection[int] | None,
        *,
        about: Subjects,
        term_id: int | None = None,
        scope: Scope,
    ) -> list[StoredStanding]:
        """Where the accounts of holders stand, by term; all holders unless some are named.

        Only of holders of whom every point may be read: what a standing adds up cannot be taken apart.
        """
        if any(not scope.admits(level, subject) for subject in about.values()):
            return []
        query: Query = (
            select(CardStanding.__table__)
            .join(Entity, Entity.entity_id == CardStanding.holder_id)
            .where(
                CardStanding.holder == LEVEL_NUMBERS[level],
                *(_rows(scope, level, subject) for subject, _ in _alike(about, level, scope)),
                *(() if holder_ids is None else (CardStanding.holder_id.in_(holder_ids),)),
                *(() if term_id is None else (CardStanding.term_id == term_id,)),
            )
            .order_by(CardStanding.term_id, CardStanding.holder_id)
        )
        with self.values.snapshot() as connection:
            return [
                StoredStanding(
                    holder_id=row["holder_id"],
                    term_id=row["term_id"],
                    account=row["account"],
                    net=row["net"],
                    possible=row["possible"],
                    quarter=row["quarter"],
                )
                for row in connection.execute(query).mappings()
            ]


def _rows(scope: Scope, level: str, about: Subject) -> ColumnElement[bool]:
    return scope.rows_in_detail(level, about) if level == "class" else scope.rows(level, about)


def _alike(about: Subjects, level: str, scope: Scope) -> list[tuple[Subject, list[str]]]:
    """The points by what admits them: those that the same grants admit are read under the same condition."""
    found: dict[tuple[tuple[bool, bool], ...], tuple[Subject, list[str]]] = {}
    for code, subject in about.items():
        key = tuple((grant.admits(level, subject), grant.admits_detail(subject)) for grant in scope.grants)
        found.setdefault(key, (subject, []))[1].append(code)
    return list(found.values())


def _within(query: Query, level: str, holder_ids: Collection[int], about: Subjects, scope: Scope) -> Query:
    """The query over the entries of holders, kept to the holders and points within the scope."""
    readable = [
        and_(CardEntry.point.in_(codes), _rows(scope, level, subject))
        for subject, codes in _alike(about, level, scope)
        if scope.admits(level, subject)
    ]
    return query.join(Entity, and_(Entity.level == level, Entity.entity_id == CardEntry.holder_id)).where(
        CardEntry.holder == LEVEL_NUMBERS[level],
        CardEntry.holder_id.in_(holder_ids),
        or_(*readable) if readable else false(),
    )


def _narrowed(query: Query, wanted: Wanted) -> Query:
    if wanted.entry_id is not None:
        query = query.where(CardEntry.entry_id == wanted.entry_id)
    if wanted.term_id is not None:
        # an expression, which no index is made of: SQLite would read a whole term rather than the few holders asked for
        of_term = CardEntry.term_id + 0 == wanted.term_id
        query = query.where(of_term if wanted.besides is None else or_(of_term, CardEntry.booked_on > wanted.besides))
    if wanted.codes is not None:
        query = query.where(CardEntry.point.in_(wanted.codes))
    if wanted.kind is not None:
        query = query.where(CardEntry.kind == wanted.kind)
    if wanted.after is not None:
        query = query.where(CardEntry.booked_on > wanted.after)
    if wanted.until is not None:
        query = query.where(CardEntry.booked_on <= wanted.until)
    return query


def _term(row: Mapping[str, Any]) -> StoredTerm:
    day = dt.date.fromisoformat
    return StoredTerm(
        term_id=row["term_id"],
        key=row["key"],
        acad_start=row["acad_start"],
        number=row["number"],
        start=row["start_date"],
        end=row["end_date"],
        weeks=tuple((key, label, day(first), day(last)) for key, label, first, last in row["weeks"]),
        freezes_on=row["freezes_on"],
    )


def _entry(row: Mapping[str, Any]) -> StoredEntry:
    times = {name: None if row[name] is None else clock.utc(row[name]) for name in ("recorded_at", "submitted_at")}
    return StoredEntry(**{**row, **times})
