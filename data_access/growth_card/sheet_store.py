"""Entry sheets as they are kept: cells with versions, every change of them, and when a sheet was handed in.

Two people on one sheet lose nothing: whoever saves says which version of a cell they saw, and a cell that has
changed since is left as it is. Who may save is decided by the callers, who know the sheet's unit.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Engine, and_, bindparam, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from data_access import clock
from data_access.access.actors import Actor
from data_access.access.audit import AuditKind, AuditLog, Event
from data_access.access.viewer import Viewer
from data_access.database import transaction
from data_access.database.access_models import Account
from data_access.database.growth_models import CardMark, CardMarkChange, CardSheet
from data_access.errors import UserError
from data_access.growth_card.cells import CellKey
from data_access.growth_card.sheet_units import SheetKey, Unit, unit_of

_MARK_KEY: Final = (CardMark.holder, CardMark.holder_id, CardMark.column)


@dataclass(frozen=True, kw_only=True)
class SheetRecord:
    """What is kept of a sheet as a whole.

    Attributes:
        due_on: last day on which handing it in was in time; None where nobody waits for it.
        submitted_at: when it was handed in first; None before.
        submitted_by: username of who did.
        posted_at: when what it holds was posted last.
        edited_at: last change of a cell.
    """

    sheet_id: int
    due_on: dt.date | None
    submitted_at: dt.datetime | None
    submitted_by: str
    posted_at: dt.datetime | None
    edited_at: dt.datetime | None = None

    @property
    def is_late(self) -> bool:
        """True where it was handed in after the day that it was due."""
        if self.submitted_at is None or self.due_on is None:
            return False
        return self.submitted_at.astimezone(clock.COLLEGE_ZONE).date() > self.due_on

    @property
    def has_unposted(self) -> bool:
        """True where it was handed in, and not everything in it has been posted since."""
        if self.submitted_at is None:
            return False
        return self.posted_at is None or (self.edited_at is not None and self.edited_at > self.posted_at)


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """What is stored of a cell; `by` is the editor's name."""

    value: float | None
    version: int
    by: str
    at: dt.datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One change of a cell."""

    cell: CellKey
    before: float | None
    after: float | None
    version: int
    by: str
    at: dt.datetime


@dataclass(frozen=True, kw_only=True)
class Saved:
    """What became of the cells of one save.

    Attributes:
        versions: of the cells that now hold what was asked for.
        conflicts: cells that somebody else has changed meanwhile, as they stand.
        at: when.
    """

    versions: Mapping[CellKey, int]
    conflicts: Mapping[CellKey, Mark]
    at: dt.datetime


class SheetStore:
    """The sheets of an installation; safe to share between threads and processes.

    Args:
        database: that of the installation.
        audit: where handing in is recorded, in the same transaction.
        now: the current time, aware.
    """

    def __init__(self, database: Engine, audit: AuditLog, *, now: Callable[[], dt.datetime] = clock.now) -> None:
        self._database = database
        self._audit = audit
        self.now = now

    def unit(self, key: SheetKey, viewer: Viewer) -> Unit | None:
        """The class or section of a sheet; None where there is none, or it is not the viewer's to fill in."""
        with self._database.connect() as connection:
            return unit_of(connection, key, viewer)

    def record(self, key: SheetKey) -> SheetRecord | None:
        """What is kept of a sheet; None where nobody has written into it."""
        with self._database.connect() as connection:
            return _record(connection, key)

    def marks(self, key: SheetKey) -> Mapping[CellKey, Mark]:
        """The cells of a sheet that somebody has written into."""
        with self._database.connect() as connection:
            record = _record(connection, key)
            return {} if record is None else _marks(connection, record.sheet_id)

    def save(
        self,
        key: SheetKey,
        cells: Sequence[tuple[CellKey, float | None, int]],
        *,
        due_on: dt.date | None,
        by: Actor,
        is_whole: bool = False,
    ) -> Saved:
        """Write cells, each where nobody has changed it since the version named; the others are told.

        Args:
            key: the sheet, which begins with its first save.
            cells: (cell, value, version seen), every cell once; version 0 for one that was empty.
            due_on: last day on which the sheet is in time, noted where it begins.
            by: who saves.
            is_whole: True to write nothing where one of them has been changed.

        Raises:
            UserError: `is_whole`, and somebody has changed one of them.
            BusyError: the database stayed locked.
        """
        with transaction(self._database) as connection:
            sheet_id = self._held(connection, key, due_on)
            saved = self._write(connection, sheet_id, cells, by)
            if is_whole and saved.conflicts:
                raise UserError(f"有 {len(saved.conflicts)} 格刚被他人改动，未作任何更改。请重新核对。")
            return saved

    def undo(self, key: SheetKey, *, by: Actor) -> Saved:
        """Take back the last save of `by` in a sheet, as a further change; cells changed since by others are told.

        Raises:
            UserError: there is nothing of theirs to take back.
            BusyError: the database stayed locked.
        """
        with transaction(self._database) as connection:
            record = _record(connection, key, lock=True)
            last = None if record is None else _last_save(connection, record.sheet_id, by.name)
            if record is None or last is None:
                raise UserError("没有可以撤销的保存。")
            own = and_(
                CardMarkChange.sheet_id == record.sheet_id,
                CardMarkChange.edited_by == by.name,
                CardMarkChange.edited_at == last,
            )
            rows = connection.execute(select(CardMarkChange.__table__).where(own)).mappings()
            cells = [(CellKey(r["holder"], r["holder_id"], r["column"]), r["before"], r["version"]) for r in rows]
            return self._write(connection, record.sheet_id, cells, by)

    def submit(
        self,
        key: SheetKey,
        assumed: Sequence[tuple[CellKey, float]],
        *,
        due_on: dt.date | None,
        by: Actor,
        detail: Mapping[str, Any],
    ) -> SheetRecord:
        """Hand a sheet in; the first time decides whether it was in time.

        Args:
            key: the sheet.
            assumed: values for cells that are still empty, such as 准时.
            due_on: last day in time; None where nobody had to hand it in.
            by: who hands it in.
            detail: what else the audit log is told.

        Raises:
            BusyError: the database stayed locked.
        """
        with transaction(self._database) as connection:
            sheet_id = self._held(connection, key, due_on)
            marks = _marks(connection, sheet_id)
            missing = [(cell, value, _version(marks, cell)) for cell, value in assumed if _is_empty(marks, cell)]
            self._write(connection, sheet_id, missing, by)
            # after the values assumed, so that they are part of what was handed in
            moment = self.now()
            first = update(CardSheet).where(CardSheet.sheet_id == sheet_id, CardSheet.submitted_at.is_(None))
            noted: dict[str, Any] = {"submitted_at": moment, "submitted_by": by.name}
            if due_on is None:  # it may have begun with a day
                noted["due_on"] = None
            is_first = connection.execute(first.values(**noted)).rowcount > 0
            event = Event(
                kind=AuditKind.ENTRY,
                actor=by.name,
                subject=f"sheet:{key.slug}",
                address=by.address,
                rows=len(marks) + len(missing),
                detail={"change": "submitted" if is_first else "resubmitted", "sheet": sheet_id, **detail},
            )
            self._audit.write_in(connection, event)
            record = _record(connection, key)
        if record is None:  # it was held a moment ago
            raise UserError("本表已不存在。")
        return record

    def posted(self, sheet_id: int, *, at: dt.datetime) -> None:
        """Note that everything in a sheet that was saved until `at` has been posted."""
        with transaction(self._database) as connection:
            connection.execute(update(CardSheet).where(CardSheet.sheet_id == sheet_id).values(posted_at=at))

    def history(self, key: SheetKey, *, holder_id: int | None = None, limit: int = 200) -> list[Change]:
        """Changes of a sheet's cells, of one holder if one is named, the last first."""
        named = func.coalesce(Account.name, CardMarkChange.edited_by).label("editor")
        query = (
            select(CardMarkChange.__table__, named)
            .join(CardSheet, CardSheet.sheet_id == CardMarkChange.sheet_id)
            .outerjoin(Account, Account.username == CardMarkChange.edited_by)
            .where(_is_sheet(key))
            .order_by(CardMarkChange.change_id.desc())
            .limit(limit)
        )
        if holder_id is not None:
            query = query.where(CardMarkChange.holder_id == holder_id)
        with self._database.connect() as connection:
            return [
                Change(
                    cell=CellKey(row["holder"], row["holder_id"], row["column"]),
                    before=row["before"],
                    after=row["after"],
                    version=row["version"],
                    by=row["editor"],
                    at=clock.utc(row["edited_at"]),
                )
                for row in connection.execute(query).mappings()
            ]

    def _held(self, connection: Connection, key: SheetKey, due_on: dt.date | None) -> int:
        """The number of a sheet, begun where it is not there yet; nobody else writes into it until the commit."""
        found = _record(connection, key, lock=True)
        if found is None:
            begun = insert(CardSheet).values(**key.to_dict(), due_on=due_on, opened_at=self.now())
            try:
                with connection.begin_nested():
                    return int(connection.execute(begun.returning(CardSheet.sheet_id)).scalar_one())
            except IntegrityError:  # somebody else has begun it at this moment
                found = _record(connection, key, lock=True)
        if found is None:
            raise UserError("本表暂时无法打开，请重试。")
        return found.sheet_id

    def _write(
        self, connection: Connection, sheet_id: int, cells: Iterable[tuple[CellKey, float | None, int]], by: Actor
    ) -> Saved:
        moment = self.now()
        marks = _marks(connection, sheet_id)
        versions: dict[CellKey, int] = {}
        conflicts: dict[CellKey, Mark] = {}
        new: list[dict[str, Any]] = []
        changed: list[dict[str, Any]] = []
        changes: list[dict[str, Any]] = []
        for cell, value, seen in cells:
            mark = marks.get(cell)
            version = _version(marks, cell)
            before = None if mark is None else mark.value
            if before == value:
                versions[cell] = version  # whoever wrote it, it holds what was asked for
                continue
            if mark is not None and version != seen:
                conflicts[cell] = mark
                continue
            versions[cell] = version + 1
            row = {**cell._asdict(), "version": version + 1, "edited_by": by.name, "edited_at": moment}
            (new if mark is None else changed).append({**row, "value": value})
            changes.append({**row, "sheet_id": sheet_id, "before": before, "after": value})
        if new:
            connection.execute(insert(CardMark), [{**row, "sheet_id": sheet_id} for row in new])
        if changed:
            connection.execute(
                _CHANGED, [{f"set_{name}": v for name, v in row.items()} for row in _of(sheet_id, changed)]
            )
        if changes:
            connection.execute(insert(CardMarkChange), changes)
        return Saved(versions=versions, conflicts=conflicts, at=moment)


_CHANGED: Final = (
    update(CardMark)
    .where(
        CardMark.sheet_id == bindparam("set_sheet_id"),
        CardMark.holder == bindparam("set_holder"),
        CardMark.holder_id == bindparam("set_holder_id"),
        CardMark.column == bindparam("set_column"),
    )
    .values(
        value=bindparam("set_value"),
        version=bindparam("set_version"),
        edited_by=bindparam("set_edited_by"),
        edited_at=bindparam("set_edited_at"),
    )
)


def _of(sheet_id: int, rows: Collection[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    return ({**row, "sheet_id": sheet_id} for row in rows)


def _is_sheet(key: SheetKey) -> Any:
    return and_(*(CardSheet.__table__.columns[name] == value for name, value in key.to_dict().items()))


def _record(connection: Connection, key: SheetKey, *, lock: bool = False) -> SheetRecord | None:
    query = select(CardSheet.__table__).where(_is_sheet(key))
    row = connection.execute(query.with_for_update() if lock else query).mappings().first()
    if row is None:
        return None
    last = select(func.max(CardMark.edited_at)).where(CardMark.sheet_id == row["sheet_id"])
    edited = connection.execute(last).scalar()
    return SheetRecord(
        sheet_id=row["sheet_id"],
        due_on=row["due_on"],
        submitted_at=_utc(row["submitted_at"]),
        submitted_by=row["submitted_by"],
        posted_at=_utc(row["posted_at"]),
        edited_at=_utc(edited),
    )


def _marks(connection: Connection, sheet_id: int) -> dict[CellKey, Mark]:
    named = func.coalesce(Account.name, CardMark.edited_by).label("editor")
    query = (
        select(*_MARK_KEY, CardMark.value, CardMark.version, CardMark.edited_at, named)
        .outerjoin(Account, Account.username == CardMark.edited_by)
        .where(CardMark.sheet_id == sheet_id)
    )
    return {
        CellKey(holder, holder_id, column): Mark(value=value, version=version, by=editor, at=clock.utc(edited_at))
        for holder, holder_id, column, value, version, edited_at, editor in connection.execute(query)
    }


def _last_save(connection: Connection, sheet_id: int, username: str) -> dt.datetime | None:
    query = select(func.max(CardMarkChange.edited_at)).where(
        CardMarkChange.sheet_id == sheet_id, CardMarkChange.edited_by == username
    )
    found: dt.datetime | None = connection.execute(query).scalar()
    return found


def _version(marks: Mapping[CellKey, Mark], cell: CellKey) -> int:
    return marks[cell].version if cell in marks else 0


def _is_empty(marks: Mapping[CellKey, Mark], cell: CellKey) -> bool:
    return cell not in marks or marks[cell].value is None


def _utc(stored: dt.datetime | None) -> dt.datetime | None:
    return None if stored is None else clock.utc(stored)
