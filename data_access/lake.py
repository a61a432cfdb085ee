"""The lake: Delta tables on disk whose counted versions are named by the ledger in the database.

Readers always open the version the ledger points at. A writer commits to Delta first and flips the
pointers in one database transaction at the end; killed in between, it leaves Delta versions that never
count and that the next writer takes back.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import functools
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.dataset as ds
from deltalake import DeltaTable
from sqlalchemy import Connection, Engine

from data_access import ledger
from data_access.contracts import PARTITION_COLUMN, Contracts, Table, contracts
from data_access.database import transaction
from data_access.delta_store import DataFile, DeltaStore, arrange
from data_access.errors import BusyError, LakeError
from data_access.ledger import Change
from data_access.merging import Comparison, MergeCounts, Rewrite
from data_access.reverting import Reversal

DEFAULT_RETENTION: Final = dt.timedelta(days=7)
CommitHook = Callable[[Connection, int], None]
"""Called inside the ledger's transaction with its connection and the new data version."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TableStatus:
    """What the lake holds of one table (bytes on disk; `committed_at` in UTC)."""

    table: str
    rows: int
    files: int
    bytes: int
    delta_version: int
    data_version: int
    committed_at: dt.datetime | None


class Lake:
    """The tables of one installation."""

    def __init__(
        self, root: Path, database: Engine, *, tables: Contracts | None = None, lock_wait: float = 5.0
    ) -> None:
        """Open the lake at `root`; `lock_wait` is how many seconds a second writer waits."""
        self.root = Path(root).resolve()
        self.database = database
        self.contracts = tables or contracts()
        self._lock_wait = lock_wait
        self._listed: dict[tuple[str, int], tuple[DataFile, ...]] = {}

    # -- reading ------------------------------------------------------------------------------

    def store(self, table: str) -> DeltaStore:
        """The Delta table of that contract.

        Raises:
            UnknownNameError: there is no such contract.
        """
        return DeltaStore(root=self.root, table=self.contracts[table])

    def data_files(self, table: str) -> tuple[DataFile, ...]:
        """The files of the counted version of a table, empty where it has no data yet."""
        self.contracts[table]  # an unknown name is an error, not an empty table
        with self.database.connect() as connection:
            pointer = ledger.pointers(connection).get(table)
        return () if pointer is None else self.files_at(table, pointer.delta_version)

    def files_at(self, table: str, delta_version: int) -> tuple[DataFile, ...]:
        """The files of one Delta version; a version never changes, so the listing is kept."""
        key = (table, delta_version)
        if key not in self._listed:
            self._listed[key] = self.store(table).files(delta_version)
        return self._listed[key]

    def forget(self, table: str) -> None:
        """Drop kept listings of a table whose leftovers are cleared away: its version numbers begin anew."""
        for key in [key for key in self._listed if key[0] == table]:
            del self._listed[key]

    def files(self, table: str) -> list[str]:
        """Absolute Parquet paths of the counted version of a table (empty list: no data yet)."""
        return [file.path for file in self.data_files(table)]

    def all_files(self) -> dict[str, list[str]]:
        """The paths of all tables that have data, read from one state of the ledger."""
        with self.database.connect() as connection:
            known = ledger.pointers(connection)
        return {name: [file.path for file in self.files_at(name, at.delta_version)] for name, at in known.items()}

    def arrow(self, table: str, columns: Sequence[str] | None = None, where: ds.Expression | None = None) -> pa.Table:
        """Rows of a table in memory: for dimensions and small reads, not for scans of facts."""
        schema = self.contracts[table].arrow_schema()
        if PARTITION_COLUMN in schema.names:
            schema = schema.remove(schema.get_field_index(PARTITION_COLUMN))
        names = list(columns) if columns is not None else schema.names
        for name in names:
            if name not in schema.names:
                self.contracts[table].column(name)  # raises, naming the nearest
        files = self.files(table)
        if not files:
            return schema.empty_table().select(names)
        return ds.dataset(files, schema=schema, format="parquet").to_table(columns=names, filter=where)

    def tables(self) -> list[str]:
        """Names of the tables that have data, sorted."""
        with self.database.connect() as connection:
            return sorted(ledger.pointers(connection))

    def data_version(self) -> int:
        """The number of the latest commit, 0 while the lake is empty."""
        with self.database.connect() as connection:
            return ledger.latest_data_version(connection)

    def history(self, table: str | None = None) -> list[dict[str, Any]]:
        """Commits of one table or of all, newest first."""
        with self.database.connect() as connection:
            return ledger.history(connection, table)

    def status(self) -> list[TableStatus]:
        """Rows, files, bytes and versions of every table that has data."""
        with self.database.connect() as connection:
            known = ledger.pointers(connection)
            times = ledger.commit_times(connection)
        report = []
        for name, pointer in sorted(known.items()):
            files = self.files_at(name, pointer.delta_version)
            report.append(
                TableStatus(
                    table=name,
                    rows=sum(file.rows for file in files),
                    files=len(files),
                    bytes=sum(file.size for file in files),
                    delta_version=pointer.delta_version,
                    data_version=pointer.data_version,
                    committed_at=times.get(pointer.data_version),
                )
            )
        return report

    # -- writing ------------------------------------------------------------------------------

    @contextmanager
    def transaction(self, *, kind: str, batch_id: int | None = None, note: str = "") -> Iterator[LakeTransaction]:
        """All changes made inside count together when the block ends, or never.

        Raises:
            BusyError: another process is writing to this lake.
        """
        with self._locked():
            with self.database.connect() as connection:
                known = {name: at.delta_version for name, at in ledger.pointers(connection).items()}
            changes = LakeTransaction(self, known, batch_id=batch_id)
            yield changes
            changes.commit(kind=kind, note=note)

    def compare(self, table: str, rows: pa.Table, on: Sequence[str]) -> MergeCounts:
        """What a merge of these rows would do, without doing it."""
        with Comparison(self.contracts[table], self.data_files(table), rows, on) as comparison:
            return comparison.counts()

    def compact(self, table: str | None = None) -> dict[str, int]:
        """Write each partition of several files as one sorted file; returns files saved per table.

        The rows, and so the data version, stay the same.
        """
        saved: dict[str, int] = {}
        with self._locked():
            moved: dict[str, int] = {}
            for name in [table] if table is not None else self.tables():
                before = self.data_files(name)
                version = self._compact_table(name, before)
                if version is not None:
                    moved[name] = version
                    saved[name] = len(before) - len(self.files_at(name, version))
            if moved:
                with transaction(self.database) as connection:
                    ledger.move_pointers(connection, moved)
        return saved

    def _compact_table(self, name: str, files: tuple[DataFile, ...]) -> int | None:
        store = self.store(name)
        by_term: dict[int | None, list[str]] = {}
        for file in files:
            by_term.setdefault(file.term, []).append(file.path)
        version = None
        for term, paths in by_term.items():
            if len(paths) < 2:
                continue
            if version is None:
                with self.database.connect() as connection:
                    store.rewind(ledger.pointers(connection)[name].delta_version)
            rows = ds.dataset(paths, format="parquet").to_table()
            version = store.overwrite(arrange(store.table, rows, batch_id=None), None if term is None else [term])
        return version

    def vacuum(self, *, retention: dt.timedelta = DEFAULT_RETENTION, dry_run: bool = False) -> dict[str, list[str]]:
        """Delete files that nothing needs any more; returns them per table.

        Kept are the files of counted versions, of every batch that could still be undone, and all files
        younger than `retention`: a query that began before a commit still reads the older files, so the
        retention must be longer than the longest query.
        """
        removed: dict[str, list[str]] = {}
        with self._locked():
            for name in self.tables():
                with self.database.connect() as connection:
                    needed = ledger.versions_needed(connection, name)
                path = self.store(name).path
                sweep = functools.partial(
                    DeltaTable(str(path)).vacuum,
                    retention_hours=int(retention.total_seconds() // 3600),
                    enforce_retention_duration=False,
                    full=True,
                    keep_versions=sorted(needed),
                )
                # Delta goes on naming files that an earlier vacuum has already deleted.
                removed[name] = [file for file in sweep(dry_run=True) if (path / unquote(file)).exists()]
                if removed[name] and not dry_run:
                    sweep(dry_run=False)
        return {name: files for name, files in removed.items() if files}

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.root.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.root / ".writer", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            deadline = time.monotonic() + self._lock_wait
            while True:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)  # released by the system if we are killed
                    break
                except BlockingIOError:
                    if time.monotonic() >= deadline:
                        raise BusyError(
                            "Another process is writing to the lake. Nothing was changed; try again when it is done."
                        ) from None
                    time.sleep(0.05)
            yield
        finally:
            os.close(handle)


class LakeTransaction:
    """The changes of one commit, made while the writer's lock is held. Create with `Lake.transaction`."""

    def __init__(self, lake: Lake, pointers: dict[str, int], *, batch_id: int | None) -> None:
        self.lake = lake
        self.batch_id = batch_id
        self.data_version: int | None = None
        self._before = pointers
        self._now: dict[str, int] = dict(pointers)
        self._touched: dict[str, set[Any] | None] = {}
        self._hooks: list[CommitHook] = []

    def files(self, table: str) -> tuple[DataFile, ...]:
        """The files of a table as this transaction sees it, its own changes included."""
        version = self._now.get(table)
        return () if version is None else self.lake.files_at(table, version)

    def on_commit(self, hook: CommitHook) -> None:
        """Run `hook` in the database transaction that makes this commit count."""
        self._hooks.append(hook)

    def append(self, table: str, rows: pa.Table) -> None:
        """Add rows without looking at those that exist."""
        if rows.num_rows or table not in self._now:
            store = self._writable(table)
            arranged = arrange(store.table, rows, batch_id=self.batch_id)
            self._now[table] = store.append(arranged)
            self._touch(store.table, arranged)

    def overwrite(self, table: str, rows: pa.Table) -> None:
        """Let the table hold exactly these rows."""
        store = self._writable(table)
        self._now[table] = store.overwrite(arrange(store.table, rows, batch_id=self.batch_id))
        self._touched[table] = None

    def replace_partition(self, table: str, rows: pa.Table, terms: Sequence[int]) -> None:
        """Let these terms hold exactly these rows; other terms stay.

        Raises:
            LakeError: the table is not stored by term, or a row belongs to another term.
        """
        store = self._writable(table)
        if not store.table.is_partitioned:
            raise LakeError(f"Table {table!r} is not stored by term.")
        arranged = arrange(store.table, rows, batch_id=self.batch_id)
        others = set(arranged[PARTITION_COLUMN].unique().to_pylist()) - set(terms)
        if others:
            raise LakeError(f"Table {table!r}: rows of term {sorted(others)} in a replacement of {sorted(terms)}.")
        former = [file.path for file in self.files(table) if file.term in set(terms)]
        if former:
            self._touch(store.table, ds.dataset(former, format="parquet").to_table(columns=[store.table.time_key]))
        self._now[table] = store.overwrite(arranged, terms)
        self._touch(store.table, arranged)

    def merge(self, table: str, rows: pa.Table, on: Sequence[str]) -> MergeCounts:
        """Insert or update by natural key; a row that exists keeps its primary key.

        Columns that `rows` does not carry keep their values. A merge that changes nothing writes nothing.

        Raises:
            LakeError: keys missing, empty or given twice in `rows`.
            IntakeError: the table holds several rows under one of the keys.
        """
        with Comparison(self.lake.contracts[table], self.files(table), rows, on) as comparison:
            counts = comparison.counts()
            if not counts.is_noop:
                self._apply(table, comparison.rewrite(batch_id=self.batch_id))
        return counts

    def revert(self, change: Change, *, only_batch: int | None = None) -> list[tuple[Any, ...]]:
        """Take back what a commit did to one table; returns keys later commits changed again.

        Where any are returned nothing has been written for this table. With `only_batch`, only rows
        which came with that batch are taken back.
        """
        before = () if change.delta_from is None else self.lake.files_at(change.table, change.delta_from)
        after = self.lake.files_at(change.table, change.delta_to)
        reversal = Reversal(self.lake.contracts[change.table], before, after, self.files(change.table))
        with reversal:
            blocked = reversal.decide(only_batch=only_batch)
            rewrite = None if blocked else reversal.rewrite()
        if rewrite is not None:
            self._apply(change.table, rewrite)
        return blocked

    def commit(self, *, kind: str, note: str) -> None:
        """Make the changes count; called once, when the block of `Lake.transaction` ends."""
        changes = [
            Change(
                table=name,
                time_keys=None if keys is None else tuple(sorted(keys)),
                delta_from=self._before.get(name),
                delta_to=self._now[name],
            )
            for name, keys in self._touched.items()
        ]
        if not changes and not self._hooks:
            return
        with transaction(self.lake.database) as connection:
            if changes:
                version = ledger.record_commit(
                    connection, kind=kind, batch_id=self.batch_id, note=note, changes=changes
                )
            else:
                version = ledger.latest_data_version(connection)
            for hook in self._hooks:
                hook(connection, version)
        self.data_version = version

    def _writable(self, table: str) -> DeltaStore:
        store = self.lake.store(table)
        if table not in self._touched and table in self._now:
            store.rewind(self._now[table])
        elif table not in self._touched:
            store.rewind(None)
            self.lake.forget(table)
        self._touched.setdefault(table, set())
        return store

    def _apply(self, table: str, rewrite: Rewrite) -> None:
        store = self._writable(table)
        if rewrite.replaced is not None and rewrite.terms != ():
            rows = arrange(store.table, rewrite.replaced, batch_id=self.batch_id)
            self._now[table] = store.overwrite(rows, rewrite.terms)
        if rewrite.added is not None:
            self._now[table] = store.append(arrange(store.table, rewrite.added, batch_id=self.batch_id))
        touched = self._touched[table]
        if rewrite.time_keys is None:
            self._touched[table] = None
        elif touched is not None:
            touched.update(rewrite.time_keys)

    def _touch(self, table: Table, rows: pa.Table) -> None:
        touched = self._touched[table.name]
        if table.time_key is None:
            self._touched[table.name] = None
        elif touched is not None:
            touched.update(value for value in rows[table.time_key].unique().to_pylist() if value is not None)


def load_tables(
    lake: Lake, tables: Iterable[tuple[str, pa.Table]], *, kind: str = "demo", note: str = ""
) -> int | None:
    """Fill the lake in one commit and return its data version.

    The first chunk of a table replaces what the table held, later chunks are added to it; tables that
    do not come stay as they are.
    """
    seen: set[str] = set()
    with lake.transaction(kind=kind, note=note) as changes:
        for name, rows in tables:
            if name in seen:
                changes.append(name, rows)
            else:
                changes.overwrite(name, rows)
                seen.add(name)
    return changes.data_version
