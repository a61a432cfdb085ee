"""Delta tables on disk: how rows of one table are arranged in files, and the few commits the lake makes.

Nothing here knows which version counts; that is the ledger's. Rows are kept sorted by student and time
in row groups of some ten thousand, which is what a full scan and a look-up of one student both like.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import ColumnProperties, DeltaTable, PostCommitHookProperties, WriterProperties, write_deltalake

from data_access.contracts import BATCH_COLUMN, PARTITION_COLUMN, ROW_COLUMN, Table
from data_access.errors import LakeError, suggestion

ROWS_PER_GROUP: Final = 32_768
_KEEP_LOG: Final = {
    "delta.logRetentionDuration": "interval 3650 days",
    "delta.enableExpiredLogCleanup": "false",
}
"""Old versions stay addressable for ten years: pointers and undo name them by number."""
_HOOKS: Final = PostCommitHookProperties(create_checkpoint=True, cleanup_expired_logs=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class DataFile:
    """One immutable Parquet file of a table version.

    Attributes:
        path: absolute path.
        term: partition value, None for tables that are not partitioned.
    """

    path: str
    term: int | None
    rows: int
    size: int


@dataclass(frozen=True, kw_only=True, slots=True)
class DeltaStore:
    """The Delta table of one contract below `root`."""

    root: Path
    table: Table

    @property
    def path(self) -> Path:
        """Directory of the table."""
        return self.root / self.table.name

    @property
    def exists(self) -> bool:
        """True where a Delta log is on disk, whether or not any of it counts."""
        return (self.path / "_delta_log").is_dir() and DeltaTable.is_deltatable(str(self.path))

    def files(self, version: int) -> tuple[DataFile, ...]:
        """The data files of one version, in order of term and path.

        Raises:
            LakeError: that version cannot be read.
        """
        try:
            actions = pa.table(DeltaTable(str(self.path), version=version).get_add_actions(flatten=True))
        except Exception as error:
            raise LakeError(f"Table {self.table.name!r}: Delta version {version} cannot be read.") from error
        found = [
            DataFile(
                path=str(self.path / row["path"]),
                term=row.get(f"partition.{PARTITION_COLUMN}"),
                rows=row["num_records"],
                size=row["size_bytes"],
            )
            for row in actions.to_pylist()
        ]
        return tuple(sorted(found, key=lambda file: (file.term or 0, file.path)))

    def append(self, rows: pa.Table) -> int:
        """Add arranged rows and return the new Delta version."""
        self._write(rows, mode="append")
        return self.latest_version()

    def overwrite(self, rows: pa.Table, terms: Iterable[int] | None = None) -> int:
        """Replace all rows, or those of some terms, and return the new Delta version."""
        if terms is None:
            self._write(rows, mode="overwrite")
        else:
            listed = ", ".join(str(int(term)) for term in sorted(set(terms)))
            self._write(rows, mode="overwrite", predicate=f"{PARTITION_COLUMN} in ({listed})")
        return self.latest_version()

    def latest_version(self) -> int:
        """The newest Delta version on disk; it counts only if a pointer says so."""
        return int(DeltaTable(str(self.path)).version())

    def rewind(self, version: int | None) -> int | None:
        """Make the newest version hold what `version` holds; None empties the directory.

        Called before every write: a writer that was killed leaves commits behind that never counted.
        """
        if version is None:
            if self.path.exists():
                shutil.rmtree(self.path)
            return None
        delta = DeltaTable(str(self.path))
        if delta.version() != version:
            delta.restore(version, post_commithook_properties=_HOOKS)
        return int(delta.version())

    def _write(self, rows: pa.Table, **how: Any) -> None:
        if not self.exists:
            self.path.mkdir(parents=True, exist_ok=True)
            how = {"mode": "append", "configuration": _KEEP_LOG}
        write_deltalake(
            str(self.path),
            rows,
            partition_by=[PARTITION_COLUMN] if self.table.is_partitioned else None,
            writer_properties=_writer_properties(self.table),
            post_commithook_properties=_HOOKS,
            **how,
        )


def _writer_properties(table: Table) -> WriterProperties:
    # Keys and row numbers hardly repeat: as dictionaries they cost four times the bytes and twice the time.
    packed = ColumnProperties(dictionary_enabled=False, encoding="DELTA_BINARY_PACKED")
    columns = [ROW_COLUMN] + ([table.key] if table.column(table.key).type == "int" else [])
    return WriterProperties(
        compression="ZSTD",
        compression_level=1,
        max_row_group_size=ROWS_PER_GROUP,
        column_properties=dict.fromkeys(columns, packed),
    )


def term_of_date(date_ids: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """The storage term (year * 10 + 1 or 2) of dates written as yyyymmdd.

    Derived from the date alone and never from the calendar table, so that a row's partition is fixed:
    August to January is the first term of the academic year, February to July the second.
    """
    year = pc.divide(date_ids, 10_000)
    month = pc.subtract(pc.divide(date_ids, 100), pc.multiply(year, 100))
    starts_year = pc.if_else(pc.greater_equal(month, 8), year, pc.subtract(year, 1))
    is_first = pc.or_(pc.greater_equal(month, 8), pc.equal(month, 1))
    return pc.cast(pc.add(pc.multiply(starts_year, 10), pc.if_else(is_first, 1, 2)), pa.int32())


def term_of(table: Table, times: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """The storage term of values of the table's time key (int32)."""
    return term_of_date(times) if table.time_key == "date_id" else pc.cast(times, pa.int32())


def arrange(table: Table, rows: pa.Table, *, batch_id: int | None) -> pa.Table:
    """Rows as the lake stores them: contract types, technical columns, sorted by student and time.

    Columns the contract does not name are refused; missing ones (except the key) become null. Where
    `batch_id` or `source_row` are absent they are the given batch and the row's number.

    Raises:
        LakeError: unknown column, wrong type, a null key or a null time key of a partitioned fact.
    """
    schema = table.arrow_schema()
    for name in rows.column_names:
        if name not in schema.names:
            raise LakeError(f"Table {table.name!r} has no column {name!r}{suggestion(name, schema.names)}")
    columns: dict[str, Any] = {}
    for field in schema:
        if field.name in rows.column_names:
            columns[field.name] = _cast(table, rows[field.name], field)
        elif field.name == BATCH_COLUMN:
            columns[field.name] = pa.repeat(pa.scalar(batch_id, field.type), rows.num_rows)
        elif field.name == ROW_COLUMN:
            columns[field.name] = pa.array(range(1, rows.num_rows + 1), field.type)
        else:
            columns[field.name] = pa.nulls(rows.num_rows, field.type)
    required = [table.key] + ([str(table.time_key)] if table.is_partitioned else [])
    for name in required:
        if columns[name].null_count:
            raise LakeError(f"Table {table.name!r}: {name!r} must not be empty in any row.")
    if table.is_partitioned:
        columns[PARTITION_COLUMN] = term_of(table, columns[str(table.time_key)])
    # One chunk: several would be written side by side, and their order lost.
    return _sorted(table, pa.table(columns, schema=schema)).combine_chunks()


def _cast(table: Table, values: pa.ChunkedArray, field: pa.Field) -> pa.ChunkedArray:
    if values.type == field.type:
        return values
    try:
        return values.cast(field.type)
    except pa.ArrowInvalid as error:
        raise LakeError(f"Table {table.name!r}: {field.name!r} does not fit {field.type}: {error}") from error


def _sorted(table: Table, rows: pa.Table) -> pa.Table:
    # The key comes last, so that the same rows are stored in the same order whatever brought them.
    names = [name for name in ("student_id", table.time_key, table.key) if name in table.column_names]
    if rows.num_rows < 2 or _is_sorted(rows, names):
        return rows
    return rows.sort_by([(name, "ascending") for name in names])


def _is_sorted(rows: pa.Table, names: list[str]) -> bool:
    tied: Any = pa.scalar(True)
    for name in names:
        column = rows[name]
        if column.null_count:
            return False
        before, after = column.slice(0, len(column) - 1), column.slice(1)
        if pc.any(pc.and_(tied, pc.greater(before, after))).as_py():
            return False
        tied = pc.and_(tied, pc.equal(before, after))
    return True
