"""The audit log: who did what, when, to what, in which reach, from where, and with what result.

Events are only ever added; the database refuses anything else, and each event carries the hash of the
one before it, so that what is done to the file behind the database's back shows (ADR 0012).
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    Select,
    Text,
    and_,
    cast,
    func,
    insert,
    or_,
    select,
)

from data_access.access.audit_chain import EMPTY, Break, Entry, Fault, Head, Verification, digest, verified
from data_access.access.audit_events import EVERY, AuditKind, Event, EventFilter, EventPage, Result
from data_access.access.audit_text import neutral, neutral_detail
from data_access.access.scope import Scope
from data_access.clock import COLLEGE_ZONE
from data_access.database import transaction
from data_access.database.access_models import AuditEvent
from data_access.errors import InternalError, UserError

__all__ = ["AuditKind", "AuditLog", "ChainCheck", "Event", "EventFilter", "EventPage", "Result"]

CHAIN_CHECKED: Final = "audit:chain"
"""Subject of the events that tell of a verification."""

_BATCH: Final = 1000
_LOCK: Final = 0x6C75_6F78_6175_6469
"""Key of PostgreSQL's advisory lock: one writer at a time reads the last event and adds the next."""
_COLUMNS: Final = tuple(AuditEvent.__table__.columns)
_NAMES: Final = tuple(column.name for column in _COLUMNS)


@dataclass(frozen=True, kw_only=True)
class ChainCheck:
    """A verification of the chain, as the log itself tells of it.

    Attributes:
        sequence: number of the event that tells of it.
        at: aware, UTC.
        found: what the verification found.
    """

    sequence: int
    at: dt.datetime
    actor: str
    found: Verification


class AuditLog:
    """The audit log of an installation.

    Args:
        database: its database.
        now: the current time, aware.
    """

    def __init__(self, database: Engine, *, now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)) -> None:
        self._database = database
        self._now = now

    # -- writing --------------------------------------------------------------------------

    def write(self, event: Event) -> None:
        """Record an event in a transaction of its own.

        Raises:
            BusyError: the database stayed locked. What was to be recorded should then not happen.
        """
        with transaction(self._database) as connection:
            self.write_in(connection, event)

    def write_in(self, connection: Connection, event: Event) -> None:
        """Record an event in the caller's transaction: it stands exactly if what it tells of does.

        To be called last in the transaction: other writers of events wait from here to its end.

        Args:
            connection: one given by `data_access.database.transaction`.
            event: what happened.

        Raises:
            InternalError: the connection did not begin as a writer, so that two of them could see the same last event.
        """
        if not connection.get_execution_options().get("luoxuan_writer"):
            raise InternalError("An audit event is written within `data_access.database.transaction`.")
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        last = _head(connection)
        entry = Entry(
            sequence=last.sequence + 1,
            at=self._now().astimezone(dt.UTC),
            actor=neutral(event.actor.lower(), longest=64),
            kind=event.kind.value,
            subject=neutral(event.subject, longest=300),
            result=event.result.value,
            rows=event.rows,
            scope=neutral(event.scope, longest=500),
            address=neutral(event.address, longest=64),
            detail=neutral_detail(event.detail),
            previous_hash=last.hash,
            hash="",
        )
        connection.execute(insert(AuditEvent).values(vars(replace(entry, hash=digest(entry)))))

    def write_unless_recent(self, event: Event, *, within: dt.timedelta) -> bool:
        """Record an event unless the same actor had one of this kind and subject less than `within` ago.

        For what repeats by itself, such as a page opened again and again.

        Returns:
            True where it was recorded.
        """
        recent = select(AuditEvent.sequence).where(
            AuditEvent.actor == neutral(event.actor.lower(), longest=64),
            AuditEvent.at > self._now().astimezone(dt.UTC) - within,
            AuditEvent.kind == event.kind.value,
            AuditEvent.subject == neutral(event.subject, longest=300),
        )
        with self._database.connect() as connection:
            if connection.execute(recent.limit(1)).first() is not None:
                return False
        self.write(event)
        return True

    # -- reading --------------------------------------------------------------------------

    def find(self, *, scope: Scope, where: EventFilter = EVERY, page: int = 1, size: int = 50) -> EventPage:
        """The events that match, newest first; none unless `scope` admits the log.

        Args:
            scope: that of whoever asks.
            where: which events are meant.
            page: from 1; beyond the last one it is the last one.
            size: events a page.
        """
        if not scope.is_unlimited("audit"):
            return EventPage(events=(), total=0, up_to=0)
        with self._database.connect() as connection:
            newest = _head(connection).sequence
            shown = newest if where.up_to is None else min(where.up_to, newest)
            conditions = _conditions(replace(where, up_to=shown))
            if where == EventFilter(up_to=where.up_to):
                total = shown  # numbers have no gaps, and counting half a million takes longer than all the rest
            else:
                total = connection.execute(_counted(conditions)).scalar_one()
            # The index alone finds the page; whole rows are fetched for what is shown.
            number = min(max(page, 1), max(1, -(-total // size)))
            wanted = _newest_first(conditions).limit(size).offset((number - 1) * size)
            found = _read(connection, connection.execute(wanted).scalars().all())
        return EventPage(
            events=tuple(entry for entry in found if isinstance(entry, Entry)),
            total=total,
            up_to=shown,
            unreadable=tuple(item.sequence for item in found if isinstance(item, Break)),
        )

    def count(self, *, scope: Scope, where: EventFilter = EVERY) -> int:
        """How many events match; 0 unless `scope` admits the log."""
        if not scope.is_unlimited("audit"):
            return 0
        with self._database.connect() as connection:
            return connection.execute(_counted(_conditions(where))).scalar_one()

    def export(self, *, scope: Scope, where: EventFilter = EVERY) -> Iterator[Entry | Break]:
        """All events that match, newest first, in constant memory; none unless `scope` admits the log.

        Events added meanwhile are left out; a `Break` stands for one that cannot be read. Every thousand are
        one short read: on SQLite a long one would keep all writers waiting. Whoever gives the rows away
        records it as an event of kind EXPORT.
        """
        if not scope.is_unlimited("audit"):
            return
        newest = self.head().sequence
        conditions = _conditions(replace(where, up_to=newest if where.up_to is None else where.up_to))
        rest = _newest_first(conditions).limit(_BATCH)
        while True:
            with self._database.connect() as connection:
                numbers = connection.execute(rest).scalars().all()
                batch = _read(connection, numbers)
            yield from batch
            if len(numbers) < _BATCH:
                return
            rest = _newest_first([*conditions, _older_than(numbers[-1])]).limit(_BATCH)

    # -- the chain ------------------------------------------------------------------------

    def head(self) -> Head:
        """The last event; `audit_chain.EMPTY` where there is none."""
        with self._database.connect() as connection:
            return _head(connection)

    def verify(self, *, expected: Head | None = None) -> Verification:
        """Whether the log is whole, from the first event to the last, and contains the head `expected`.

        Reads it in batches, in constant memory. Events that are added meanwhile may be checked or not.
        """
        return verified(self._in_sequence(), expected)

    def check(self, *, by: str, address: str = "", expected: Head | None = None) -> Verification:
        """`verify`, recorded as an event of its own."""
        found = self.verify(expected=expected)
        self.write(
            Event(
                kind=AuditKind.MAINTENANCE,
                actor=by,
                subject=CHAIN_CHECKED,
                result=Result.DONE if found.is_sound else Result.FAILED,
                rows=found.count,
                address=address,
                detail=found.to_dict(),
            )
        )
        return found

    def last_check(self, *, scope: Scope) -> ChainCheck | None:
        """The newest `check`; None where there is none, or outside of `scope`."""
        if not scope.is_unlimited("audit"):
            return None
        told = [AuditEvent.kind == AuditKind.MAINTENANCE.value, AuditEvent.subject == CHAIN_CHECKED]
        with self._database.connect() as connection:
            found = _read(connection, connection.execute(_newest_first(told).limit(1)).scalars().all())
        if not found or isinstance(found[0], Break):
            return None
        try:
            result = Verification.from_dict(found[0].detail)
        except (ValueError, KeyError, TypeError, UserError):
            return None  # damaged: it tells of nothing, and the next check will name it
        return ChainCheck(sequence=found[0].sequence, at=found[0].at, actor=found[0].actor, found=result)

    def _in_sequence(self) -> Iterator[Entry | Break]:
        query = select(AuditEvent.sequence).order_by(AuditEvent.sequence).limit(_BATCH)
        rest = query
        while True:
            with self._database.connect() as connection:
                numbers = connection.execute(rest).scalars().all()
                batch = _read(connection, numbers)
            yield from batch
            if len(numbers) < _BATCH:
                return
            rest = query.where(AuditEvent.sequence > numbers[-1])


def _read(connection: Connection, numbers: Sequence[int]) -> list[Entry | Break]:
    """The events of these numbers, in their order; a `Break` for each that cannot be read."""
    query = select(*_COLUMNS).where(AuditEvent.sequence.in_(numbers))
    try:
        found: dict[int, Entry | Break] = {row.sequence: _entry(row) for row in connection.execute(query)}
    except (ValueError, TypeError):
        # SQLite may hold what is none of the column's type. One by one, to name the event.
        if len(numbers) == 1:
            return [Break(sequence=numbers[0], fault=Fault.UNREADABLE)]
        return [item for number in numbers for item in _read(connection, [number])]
    return [found[number] for number in numbers if number in found]


def _head(connection: Connection) -> Head:
    query = select(AuditEvent.sequence, AuditEvent.hash).order_by(AuditEvent.sequence.desc()).limit(1)
    row = connection.execute(query).first()
    return EMPTY if row is None else Head(sequence=row.sequence, hash=row.hash)


def _newest_first(conditions: Iterable[ColumnElement[bool]]) -> Select[int]:
    return select(AuditEvent.sequence).where(*conditions).order_by(AuditEvent.at.desc(), AuditEvent.sequence.desc())


def _older_than(sequence: int) -> ColumnElement[bool]:
    """What comes after the event of that number in the order of `_newest_first`."""
    at = select(AuditEvent.at).where(AuditEvent.sequence == sequence).scalar_subquery()
    return and_(AuditEvent.at <= at, or_(AuditEvent.at < at, AuditEvent.sequence < sequence))


def _counted(conditions: Iterable[ColumnElement[bool]]) -> Select[int]:
    return select(func.count()).select_from(AuditEvent).where(*conditions)


def _conditions(where: EventFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if where.up_to is not None:
        found.append(AuditEvent.sequence <= where.up_to)
    if where.first_day is not None:
        found.append(AuditEvent.at >= _midnight(where.first_day))
    if where.last_day is not None:
        found.append(AuditEvent.at < _midnight(where.last_day + dt.timedelta(days=1)))
    if where.actor:
        found.append(AuditEvent.actor == where.actor.lower())
    if where.kind is not None:
        found.append(AuditEvent.kind == where.kind.value)
    if where.result is not None:
        found.append(AuditEvent.result == where.result.value)
    if where.text:
        texts = (AuditEvent.actor, AuditEvent.subject, AuditEvent.address, AuditEvent.scope)
        written = json.dumps(where.text)[1:-1]  # as it stands within the column of JSON
        detail = cast(AuditEvent.detail, Text).icontains(written, autoescape=True)
        found.append(or_(*(column.icontains(where.text, autoescape=True) for column in texts), detail))
    return found


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), COLLEGE_ZONE).astimezone(dt.UTC)


def _entry(row: Row[Any]) -> Entry:
    """The event of a row.

    Raises:
        TypeError: a value is not of its column's type, which SQLite allows.
    """
    values = dict(zip(_NAMES, row, strict=True))
    at = values["at"]
    if not isinstance(at, dt.datetime) or not isinstance(values["detail"], dict):
        raise TypeError(f"Event {row.sequence} is malformed.")
    values["at"] = at.replace(tzinfo=dt.UTC) if at.tzinfo is None else at.astimezone(dt.UTC)
    return Entry(**values)
