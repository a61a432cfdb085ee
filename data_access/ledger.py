"""The ledger of the lake in the database: which Delta version of a table counts, and what each commit touched.

Every function takes the connection of the transaction it belongs to, so that a caller can make its own
records and the ledger's flip together.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, insert, or_, select, update

from data_access.database.models import ImportBatch, LakeChange, LakeCommit, LakePointer


@dataclass(frozen=True, kw_only=True, slots=True)
class Pointer:
    """The Delta version of one table that counts, and the data version that made it so."""

    delta_version: int
    data_version: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What one commit did to one table.

    Attributes:
        time_keys: values of the table's time key that gained, lost or changed rows; None means all.
        delta_from: Delta version before, None where the table had no data yet.
        delta_to: Delta version after.
        data_version: the commit, 0 while it is not yet recorded.
    """

    table: str
    time_keys: tuple[Any, ...] | None
    delta_from: int | None
    delta_to: int
    data_version: int = 0


def pointers(connection: Connection) -> dict[str, Pointer]:
    """The pointer of every table that has data, by table name."""
    rows = connection.execute(select(LakePointer.table_name, LakePointer.delta_version, LakePointer.data_version))
    return {name: Pointer(delta_version=delta, data_version=data) for name, delta, data in rows}


def latest_data_version(connection: Connection) -> int:
    """The number of the latest commit, 0 for an empty lake."""
    return connection.execute(select(func.max(LakeCommit.data_version))).scalar() or 0


def record_commit(
    connection: Connection, *, kind: str, batch_id: int | None, note: str, changes: Iterable[Change]
) -> int:
    """Enter one commit, move the pointers of the tables it changed, and return its data version."""
    data_version = latest_data_version(connection) + 1
    connection.execute(
        insert(LakeCommit).values(
            data_version=data_version, committed_at=dt.datetime.now(dt.UTC), kind=kind, batch_id=batch_id, note=note
        )
    )
    known = pointers(connection)
    for change in changes:
        connection.execute(
            insert(LakeChange).values(
                data_version=data_version,
                table_name=change.table,
                time_keys=None if change.time_keys is None else list(change.time_keys),
                delta_from=change.delta_from,
                delta_to=change.delta_to,
            )
        )
        _point(connection, change.table, change.delta_to, data_version, exists=change.table in known)
    return data_version


def move_pointers(connection: Connection, delta_versions: Mapping[str, int]) -> None:
    """Let tables point at rewritten files of the same rows; the data version stays (compaction)."""
    for table, version in delta_versions.items():
        connection.execute(update(LakePointer).where(LakePointer.table_name == table).values(delta_version=version))


def _point(connection: Connection, table: str, delta_version: int, data_version: int, *, exists: bool) -> None:
    values = {"delta_version": delta_version, "data_version": data_version}
    if exists:
        connection.execute(update(LakePointer).where(LakePointer.table_name == table).values(**values))
    else:
        connection.execute(insert(LakePointer).values(table_name=table, **values))


def changes_of(connection: Connection, data_version: int) -> list[Change]:
    """What the commit of that number touched, in the order it was entered."""
    rows = connection.execute(
        select(LakeChange)
        .where(LakeChange.data_version == data_version)
        .order_by(LakeChange.id)
        .with_only_columns(LakeChange.table_name, LakeChange.time_keys, LakeChange.delta_from, LakeChange.delta_to)
    )
    return [
        Change(
            table=table,
            time_keys=None if keys is None else tuple(keys),
            delta_from=delta_from,
            delta_to=delta_to,
            data_version=data_version,
        )
        for table, keys, delta_from, delta_to in rows
    ]


def history(connection: Connection, table: str | None = None) -> list[dict[str, Any]]:
    """Commits, newest first: data_version, committed_at, kind, batch_id, note, table, delta_from, delta_to."""
    query = (
        select(
            LakeCommit.data_version,
            LakeCommit.committed_at,
            LakeCommit.kind,
            LakeCommit.batch_id,
            LakeCommit.note,
            LakeChange.table_name.label("table"),
            LakeChange.delta_from,
            LakeChange.delta_to,
        )
        .join(LakeChange, LakeChange.data_version == LakeCommit.data_version)
        .order_by(LakeCommit.data_version.desc(), LakeChange.id)
    )
    if table is not None:
        query = query.where(LakeChange.table_name == table)
    rows = [dict(row) for row in connection.execute(query).mappings()]
    return [{**row, "committed_at": _utc(row["committed_at"])} for row in rows]


def commit_times(connection: Connection) -> dict[int, dt.datetime]:
    """When each data version was committed (UTC)."""
    rows = connection.execute(select(LakeCommit.data_version, LakeCommit.committed_at))
    return {version: _utc(at) for version, at in rows}


def _utc(at: dt.datetime) -> dt.datetime:
    # SQLite gives back the wall clock without its zone; it was written in UTC.
    return at if at.tzinfo else at.replace(tzinfo=dt.UTC)


def versions_needed(connection: Connection, table: str) -> set[int]:
    """Delta versions of a table that must stay readable: the pointer's, and those an undo would need."""
    needed = set(connection.execute(select(LakePointer.delta_version).where(LakePointer.table_name == table)).scalars())
    rows = connection.execute(
        select(LakeChange.delta_from, LakeChange.delta_to)
        .join(LakeCommit, LakeCommit.data_version == LakeChange.data_version)
        .join(ImportBatch, ImportBatch.batch_id == LakeCommit.batch_id)
        .where(
            LakeChange.table_name == table,
            LakeCommit.kind == "import",
            or_(ImportBatch.status == "committed", ImportBatch.status == "staged"),
        )
    )
    for delta_from, delta_to in rows:
        needed |= {version for version in (delta_from, delta_to) if version is not None}
    return needed
