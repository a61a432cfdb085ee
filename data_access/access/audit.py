"""The audit log: who did what, when, to what, in which reach, from where, and with what result.

Events are only ever added; the database refuses anything else, and each event carries the hash of the
one before it, so that what is done to the file behind the database's back shows (ADR 0012).
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
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
from data_access.access.audit_text import neutral, neutral_detail
from data_access.access.scope import Scope
from data_access.clock import COLLEGE_ZONE
from data_access.database import transaction
from data_access.database.access_models import AuditEvent
from data_access.errors import InternalError

CHAIN_CHECKED: Final = "audit:chain"
"""Subject of the events that tell of a verification."""

_BATCH: Final = 1000
_LOCK: Final = 0x6C75_6F78_6175_6469
"""Key of PostgreSQL's advisory lock: one writer at a time reads the last event and adds the next."""
_COLUMNS: Final = tuple(AuditEvent.__table__.columns)
_NAMES: Final = tuple(column.name for column in _COLUMNS)


class AuditKind(StrEnum):
    """What an event is about."""

    SIGN_IN = "sign-in"
    SIGN_OUT = "sign-out"
    PASSWORD = "password"  # noqa: S105 (a kind of event)
    ACCOUNT = "account"
    POST = "post"
    DENIED = "denied"
    VIEW = "view"
    EXPORT = "export"
    IMPORT = "import"
    TARGET = "target"
    ROSTER = "roster"
    MAINTENANCE = "maintenance"

    @property
    def name_zh(self) -> str:
        """The kind in the words of the audit page."""
        return _KINDS_ZH[self]


_KINDS_ZH: Final = {
    AuditKind.SIGN_IN: "登录",
    AuditKind.SIGN_OUT: "退出",
    AuditKind.PASSWORD: "密码",
    AuditKind.ACCOUNT: "账号",
    AuditKind.POST: "岗位",
    AuditKind.DENIED: "越权访问",
    AuditKind.VIEW: "查阅",
    AuditKind.EXPORT: "导出",
    AuditKind.IMPORT: "导入",
    AuditKind.TARGET: "目标",
    AuditKind.ROSTER: "名册同步",
    AuditKind.MAINTENANCE: "系统维护",
}


class Result(StrEnum):
    """How it ended."""

    DONE = "done"
    DENIED = "denied"
    FAILED = "failed"

    @property
    def name_zh(self) -> str:
        """The result in the words of the audit page."""
        return _RESULTS_ZH[self]


_RESULTS_ZH: Final = {Result.DONE: "成功", Result.DENIED: "拒绝", Result.FAILED: "失败"}


@dataclass(frozen=True, kw_only=True)
class Event:
    """What somebody did, as the one who records it says it; the log adds number, time and hashes.

    Text may come from anywhere: it is made harmless and cut to length when it is written. What
    was typed into the sign-in form as a name must not be given as `actor`: people type passwords there.

    Attributes:
        actor: username, ``console:<system user>``, or empty for somebody who has not signed in.
        subject: what it was done to: ``page:/admin/audit``, ``account:t0102``, ``import:17``.
        rows: how many rows were given out or taken in.
        scope: the reach in which rows were given out, in words; `Scope.reason`.
        address: network address of the client.
        detail: plain values that explain it; names that speak of a secret have their values withheld.
    """

    kind: AuditKind
    actor: str
    subject: str = ""
    result: Result = Result.DONE
    rows: int | None = None
    scope: str = ""
    address: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class EventFilter:
    """Which events are meant; what is left at its default does not limit.

    Attributes:
        first_day: with `last_day` the days (of the college's zone) on which they happened, both included.
        actor: the whole username, in any case.
        text: part of actor, subject, address, scope or detail, in any case.
        up_to: no event after this one: pages of one search stay the same while events are added.
    """

    first_day: dt.date | None = None
    last_day: dt.date | None = None
    actor: str = ""
    kind: AuditKind | None = None
    result: Result | None = None
    text: str = ""
    up_to: int | None = None


@dataclass(frozen=True, kw_only=True)
class EventPage:
    """One page of a search, newest event first.

    Attributes:
        total: events that match on all pages.
        up_to: the newest event of the log when the search began; give it to `EventFilter` for further pages.
        unreadable: numbers of the page's events that somebody has damaged so that they cannot be read.
    """

    events: tuple[Entry, ...]
    total: int
    up_to: int
    unreadable: tuple[int, ...] = ()


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

    def find(self, *, scope: Scope, where: EventFilter = EventFilter(), page: int = 1, size: int = 50) -> EventPage:
        """The events that match, newest first; none unless `scope` admits the log."""
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
            wanted = _newest_first(conditions).limit(size).offset((max(page, 1) - 1) * size)
            found = _read(connection, connection.execute(wanted).scalars().all())
        return EventPage(
            events=tuple(entry for entry in found if isinstance(entry, Entry)),
            total=total,
            up_to=shown,
            unreadable=tuple(item.sequence for item in found if isinstance(item, Break)),
        )

    def count(self, *, scope: Scope, where: EventFilter = EventFilter()) -> int:
        """How many events match; 0 unless `scope` admits the log."""
        if not scope.is_unlimited("audit"):
            return 0
        with self._database.connect() as connection:
            return connection.execute(_counted(_conditions(where))).scalar_one()

    def export(self, *, scope: Scope, where: EventFilter = EventFilter()) -> Iterator[Entry | Break]:
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

    def last_check(self, *, scope: Scope) -> Entry | None:
        """The newest event that tells of a verification; None where there is none, or outside of `scope`."""
        if not scope.is_unlimited("audit"):
            return None
        told = [AuditEvent.kind == AuditKind.MAINTENANCE.value, AuditEvent.subject == CHAIN_CHECKED]
        with self._database.connect() as connection:
            found = _read(connection, connection.execute(_newest_first(told).limit(1)).scalars().all())
        return next((entry for entry in found if isinstance(entry, Entry)), None)

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
