"""Taking a committed batch back: its rows disappear, those it changed get their former values."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
from sqlalchemy import Connection

from data_access import ledger
from data_access.contracts import Table, contracts
from data_access.delta_store import DataFile
from data_access.errors import IntakeError
from data_access.intake import records
from data_access.lake import LakeTransaction
from data_access.ledger import Change
from data_access.merging import scan


class UndoBlockedError(Exception):
    """Leaves the lake's transaction without a commit; carries the reasons in Chinese."""

    def __init__(self, reasons: tuple[str, ...]) -> None:
        super().__init__("later batches build upon these rows")
        self.reasons = reasons


def steps(connection: Connection, batch_id: int, data_version: int | None) -> list[tuple[Change, int | None]]:
    """The changes to take back, latest first; with a batch number where only its rows are meant.

    Rows of the batch that waited and were released by a later import came in with that import's commit.
    """
    found: list[tuple[Change, int | None]] = []
    for version in records.releases_of(connection, batch_id):
        found += [(change, batch_id) for change in ledger.changes_of(connection, version)]
    if data_version is not None:
        found += [(change, None) for change in reversed(ledger.changes_of(connection, data_version))]
    return found


def take_back(changes: LakeTransaction, taken: Sequence[tuple[Change, int | None]]) -> None:
    """Revert the changes inside a transaction.

    Raises:
        UndoBlockedError: later batches changed these rows again, or refer to them.
    """
    blocked: list[str] = []
    for change, only_batch in taken:
        table = contracts()[change.table]
        keys = changes.revert(change, only_batch=only_batch)
        blocked += [f"{table.label_zh}：主键 {key[0]} 的行已被后来的批次再次改动" for key in keys]
    if not blocked:
        blocked += _orphans(changes, {change.table for change, _ in taken})
    if blocked:
        raise UndoBlockedError(tuple(blocked))


def _orphans(changes: LakeTransaction, tables: set[str]) -> list[str]:
    """Tables whose rows would name rows that are no longer there."""
    found: list[str] = []
    with duckdb.connect() as con:
        for name in sorted(tables):
            parent = contracts()[name]
            for table in contracts().values():
                files = changes.files(table.name)
                columns = [column.name for column in table.columns if column.references == name]
                if not files or not columns:
                    continue
                found += _orphans_of(con, parent, changes.files(name), table, files, columns)
    return found


def _orphans_of(
    con: duckdb.DuckDBPyConnection,
    parent: Table,
    parent_files: Sequence[DataFile],
    table: Table,
    files: Sequence[DataFile],
    columns: Sequence[str],
) -> list[str]:
    found = []
    for column in columns:
        rows = con.execute(
            f'SELECT count(*) FROM {scan(files, table)} WHERE "{column}" IS NOT NULL AND "{column}" NOT IN '
            f'(SELECT "{parent.key}" FROM {scan(parent_files, parent)})'
        ).fetchall()[0][0]
        if rows:
            found.append(
                f"{table.label_zh}中有 {rows} 行仍引用将被撤销的{parent.label_zh.removesuffix('维')}，请先撤销后来的批次"
            )
    return found


def require_undoable(batch_id: int, status: str | None) -> None:
    """Check that a batch is there and committed.

    Raises:
        IntakeError: it is not.
    """
    if status is None:
        raise IntakeError(f"没有批次 {batch_id}。")
    if status != "committed":
        raise IntakeError(f"批次 {batch_id} 的状态是 {status}，只有已导入（committed）的批次可以撤销。")
