"""The audit log: who did what, when, to what, in which reach, from where, and with what result.

Events are only ever added; the database refuses anything else, and each event carries the hash of the
one before it, so that what is done to the file behind the database's back shows (ADR 0012).
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    RowMapping,
    Select,
    Text,
    cast,
    func,
    insert,
    literal,
    or_,
    select,
    tuple_,
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
    """

    events: tuple[Entry, ...]
    total: int
    up_to: int


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
        with self._database.connect() as connection:
            newest = _head(connection).sequence if where.up_to is None else where.up_to
            if not scope.is_unlimited("audit"):
                return EventPage(events=(), total=0, up_to=0)
            condition = _conditions(replace(where, up_to=newest))
            total = connection.execute(select(func.count()).select_from(AuditEvent).where(*condition)).scalar_one()
            # The index alone finds the page; whole rows are fetched for what is shown.
            wanted = (
                select(AuditEvent.sequence)
                .where(*condition)
                .order_by(AuditEvent.at.desc(), AuditEvent.sequence.desc())
                .limit(size)
                .offset((max(page, 1) - 1) * size)
            )
            numbers = connection.execute(wanted).scalars().all()
            chosen = select(*_COLUMNS).where(AuditEvent.sequence.in_(numbers))
            rows = (
                connection.execute(chosen.order_by(AuditEvent.at.desc(), AuditEvent.sequence.desc())).mappings().all()
            )
        return EventPage(events=tuple(_entry(row) for row in rows), total=total, up_to=newest)

    def count(self, *, scope: Scope, where: EventFilter = EventFilter()) -> int:
        """How many events match; 0 unless `scope` admits the log."""
        if not scope.is_unlimited("audit"):
            return 0
        with self._database.connect() as connection:
            query = select(func.count()).select_from(AuditEvent).where(*_conditions(where))
            return connection.execute(query).scalar_one()

    def export(self, *, scope: Scope, where: EventFilter = EventFilter()) -> Iterator[Entry]:
        """All events that match, newest first, in constant memory; none unless `scope` admits the log.

        Events added meanwhile are left out. Every thousand are one short read: on SQLite a long one would
        keep all writers waiting. Whoever gives the rows away records it as an event of kind EXPORT.
        """
        if not scope.is_unlimited("audit"):
            return
        if where.up_to is None:
            where = replace(where, up_to=self.head().sequence)
        newest_first = tuple_(AuditEvent.at, AuditEvent.sequence)
        query = (
            select(*_COLUMNS)
            .where(*_conditions(where))
            .order_by(AuditEvent.at.desc(), AuditEvent.sequence.desc())
            .limit(_BATCH)
        )
        rest = query
        while True:
            with self._database.connect() as connection:
                rows = connection.execute(rest).mappings().all()
            yield from (_entry(row) for row in rows)
            if len(rows) < _BATCH:
                return
            # Times are compared as they are stored, so the last one goes back as it came.
            last = (literal(rows[-1]["at"], AuditEvent.at.type), literal(rows[-1]["sequence"]))
            rest = query.where(newest_first < tuple_(*last))

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

    def last_check(self, *, scope: Scope) -> Entry | None:
        """The newest event that tells of a verification; None where there is none, or outside of `scope`."""
        if not scope.is_unlimited("audit"):
            return None
        query = (
            select(*_COLUMNS)
            .where(AuditEvent.kind == AuditKind.MAINTENANCE.value, AuditEvent.subject == CHAIN_CHECKED)
            .order_by(AuditEvent.at.desc(), AuditEvent.sequence.desc())
            .limit(1)
        )
        with self._database.connect() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else _entry(row)

    def _in_sequence(self) -> Iterator[Entry | Break]:
        last: int | None = None
        while True:
            query = select(*_COLUMNS).order_by(AuditEvent.sequence).limit(_BATCH)
            batch = self._read(query if last is None else query.where(AuditEvent.sequence > last))
            yield from batch
            if len(batch) < _BATCH:
                return
            last = batch[-1].sequence

    def _read(self, query: Select[Any]) -> list[Entry | Break]:
        """The events of a query; up to the first unreadable one where there is such a one."""
        with self._database.connect() as connection:
            try:
                return [_entry(row) for row in connection.execute(query).mappings()]
            except (ValueError, TypeError):
                pass  # some value is none of its column's type; now one by one, to name the event
            found: list[Entry | Break] = []
            numbers = connection.execute(query.with_only_columns(AuditEvent.sequence)).scalars().all()
            for number in numbers:
                try:
                    row = connection.execute(select(*_COLUMNS).where(AuditEvent.sequence == number))
                    found.append(_entry(row.mappings().one()))
                except (ValueError, TypeError):
                    return [*found, Break(sequence=number, fault=Fault.UNREADABLE)]
            return found


def _head(connection: Connection) -> Head:
    query = select(AuditEvent.sequence, AuditEvent.hash).order_by(AuditEvent.sequence.desc()).limit(1)
    row = connection.execute(query).first()
    return EMPTY if row is None else Head(sequence=row.sequence, hash=row.hash)


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


def _entry(row: RowMapping) -> Entry:
    """The event of a row.

    Raises:
        TypeError: a value is not of its column's type, which SQLite allows.
    """
    values = dict(row)
    if not isinstance(values["at"], dt.datetime) or not isinstance(values["detail"], dict):
        raise TypeError(f"Event {row['sequence']} is malformed.")
    at = values["at"]
    values["at"] = at.replace(tzinfo=dt.UTC) if at.tzinfo is None else at.astimezone(dt.UTC)
    return Entry(**values)
