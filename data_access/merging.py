"""How staged rows meet the rows a table already holds: compare by natural key, rewrite, and take back.

Pure work on rows in DuckDB: nothing is written here. `Lake` hands in the files that count and writes
what comes back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Self

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from data_access.contracts import BATCH_COLUMN, PARTITION_COLUMN, ROW_COLUMN, Table
from data_access.delta_store import DataFile, term_of
from data_access.errors import IntakeError, LakeError

FACT_KEY_BITS: Final = 63
DIMENSION_KEY_BITS: Final = 53
"""Keys of dimensions travel to the browser, where whole numbers are exact only up to 2^53."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MergeCounts:
    """How many staged rows are new, change an existing row, or say what is already there.

    Attributes:
        changed_batches: for changed rows, how many came with each earlier batch (None: bulk load).
    """

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    changed_batches: dict[int | None, int] = field(default_factory=dict)

    @property
    def is_noop(self) -> bool:
        """True where a merge would write nothing."""
        return not self.new and not self.changed


@dataclass(frozen=True, kw_only=True, slots=True)
class Rewrite:
    """What to write so that a table holds the outcome.

    Attributes:
        terms: partitions replaced by `replaced`; None replaces the whole table, empty replaces nothing.
        replaced: all rows these partitions hold afterwards.
        added: rows to append elsewhere.
        time_keys: values of the time key touched, None where the table has none.
    """

    terms: tuple[int, ...] | None = ()
    replaced: pa.Table | None = None
    added: pa.Table | None = None
    time_keys: tuple[Any, ...] | None = None


def key_expression(table: Table, values: Sequence[str]) -> str:
    """SQL for the surrogate key of a new row: a positive hash of the table's name and its natural key.

    The same natural key gives the same number in every installation and in any order of imports.
    """
    bits = FACT_KEY_BITS if table.kind == "fact" else DIMENSION_KEY_BITS
    text = " || chr(31) || ".join([f"'{table.name}'", *(f"CAST({value} AS VARCHAR)" for value in values)])
    return f"CAST(md5_number({text}) & {2**bits - 1} AS BIGINT)"


def scan(files: Iterable[DataFile], table: Table) -> str:
    """A FROM item over data files, or an empty relation of the same columns."""
    paths = [file.path for file in files]
    if paths:
        listed = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
        return f"read_parquet([{listed}], hive_partitioning = false, union_by_name = true)"
    types = {pa.int64(): "BIGINT", pa.float64(): "DOUBLE", pa.string(): "VARCHAR", pa.bool_(): "BOOLEAN"}
    columns = ", ".join(f'CAST(NULL AS {types.get(f.type, "DATE")}) AS "{f.name}"' for f in _stored(table))
    return f"(SELECT {columns} WHERE false)"


def _stored(table: Table) -> list[pa.Field]:
    return [f for f in table.arrow_schema() if f.name != PARTITION_COLUMN]


class Comparison:
    """Staged rows of one table set against the rows that count.

    Staged rows carry the natural key and any further columns; columns they do not carry keep their
    value in rows that exist and are empty in new ones.
    """

    def __init__(self, table: Table, files: Sequence[DataFile], staged: pa.Table, on: Sequence[str]) -> None:
        """Compare; takes one scan of the partitions the key can reach.

        Raises:
            LakeError: a key column is missing or empty, or two staged rows share a key.
            IntakeError: the table holds several rows under one staged key, so none can be chosen.
        """
        self.table = table
        self._files = files
        self._on = tuple(on)
        self._columns = tuple(name for name in staged.column_names if name in table.column_names)
        self._check_keys(staged)
        self._con = duckdb.connect()
        self._con.execute("SET preserve_insertion_order = false")
        self._con.register("staged_rows", staged)
        self._decide()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._con.close()

    def _check_keys(self, staged: pa.Table) -> None:
        for name in self._on:
            if name not in staged.column_names:
                raise LakeError(f"Table {self.table.name!r}: staged rows lack the key column {name!r}.")
            if staged[name].null_count:
                raise LakeError(f"Table {self.table.name!r}: the key column {name!r} is empty in some rows.")

    def _decide(self) -> None:
        table, key, on = self.table, self.table.key, self._on
        self._con.execute(f"CREATE TEMP VIEW existing AS SELECT * FROM {scan(self._reachable(), table)}")
        same_key = " AND ".join(f's."{name}" = e."{name}"' for name in on)
        compared = [name for name in self._columns if name not in on and name != key]
        differs = " OR ".join(f's."{name}" IS DISTINCT FROM e."{name}"' for name in compared) or "false"
        hashed = key_expression(table, [f's."{name}"' for name in on])
        fresh = f'coalesce(s."{key}", {hashed})' if key in self._columns else hashed
        time = f'e."{table.time_key}"' if table.time_key else "NULL"
        self._con.execute(
            f"""CREATE TEMP TABLE decided AS
            SELECT s.* {f'EXCLUDE ("{key}")' if key in self._columns else ""},
                   coalesce(e."{key}", {fresh}) AS "{key}", {time} AS __old_time, e.{BATCH_COLUMN} AS __old_batch,
                   CASE WHEN e."{key}" IS NULL THEN 'new' WHEN {differs} THEN 'changed' ELSE 'unchanged' END AS __state
            FROM staged_rows s LEFT JOIN existing e ON {same_key}"""
        )
        distinct = ", ".join(f'"{name}"' for name in on)
        clash = self._rows(f"SELECT {distinct}, count(*) FROM decided GROUP BY {distinct} HAVING count(*) > 1 LIMIT 3")
        if clash:
            listed = self._rows(f"SELECT {distinct} FROM staged_rows GROUP BY {distinct} HAVING count(*) > 1 LIMIT 1")
            if listed:
                raise LakeError(f"Table {table.name!r}: several staged rows share the key {listed[0]}.")
            raise IntakeError(
                f"表“{table.label_zh}”中已有多行使用同一业务键（{'、'.join(on)} = {clash[0][:-1]}），无法判断应更新哪一行。"
            )

    def _reachable(self) -> list[DataFile]:
        time_key = self.table.time_key
        if not self.table.is_partitioned or time_key not in self._on:
            return list(self._files)
        times = self._con.sql(f'SELECT DISTINCT CAST("{time_key}" AS BIGINT) FROM staged_rows').to_arrow_table()[0]
        terms = set(term_of(self.table, times).to_pylist())
        return [file for file in self._files if file.term in terms]

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self._con.execute(sql).fetchall()

    def counts(self) -> MergeCounts:
        """How many rows are new, changed and unchanged."""
        by_state = dict(self._rows("SELECT __state, count(*) FROM decided GROUP BY 1"))
        batches = dict(self._rows("SELECT __old_batch, count(*) FROM decided WHERE __state = 'changed' GROUP BY 1"))
        return MergeCounts(
            new=by_state.get("new", 0),
            changed=by_state.get("changed", 0),
            unchanged=by_state.get("unchanged", 0),
            changed_batches=batches,
        )

    def rewrite(self, *, batch_id: int | None) -> Rewrite:
        """What has to be written for the merge.

        Raises:
            LakeError: the hash of a new row's key meets the key of another row.
        """
        self._check_collisions()
        table, key = self.table, self.table.key
        stored = [f.name for f in _stored(table)]
        given = {*self._columns, key}
        own_batch = "NULL" if batch_id is None else str(int(batch_id))
        staged_names = {row[0] for row in self._rows("DESCRIBE decided")}
        technical = {
            BATCH_COLUMN: f"coalesce(d.{BATCH_COLUMN}, {own_batch})" if BATCH_COLUMN in staged_names else own_batch,
            ROW_COLUMN: f"d.{ROW_COLUMN}" if ROW_COLUMN in staged_names else "NULL",
        }

        def select(otherwise: str) -> str:
            values = [
                f"{technical.get(name) or (f'd.{_q(name)}' if name in given else otherwise.format(_q(name)))} AS {_q(name)}"
                for name in stored
            ]
            return ", ".join(values)

        new = self._con.sql(f"SELECT {select('NULL')} FROM decided d WHERE __state = 'new'").to_arrow_table()
        changed = self._con.sql(
            f"SELECT {select('e.{}')} FROM decided d JOIN existing e USING ({_q(key)}) WHERE __state = 'changed'"
        ).to_arrow_table()
        time_keys = self._touched(new, changed)
        if not changed.num_rows:
            return Rewrite(added=new if new.num_rows else None, time_keys=time_keys)
        if not table.is_partitioned:
            kept = self._kept(self._files)
            return Rewrite(terms=None, replaced=_stack([kept, changed, new]), time_keys=time_keys)
        terms = self._terms_of_changed(changed)
        inside = pc.is_in(term_of(table, _int64(new[str(table.time_key)])), value_set=pa.array(terms, pa.int32()))
        kept = self._kept([file for file in self._files if file.term in terms])
        elsewhere = new.filter(pc.invert(inside))
        return Rewrite(
            terms=terms,
            replaced=_stack([kept, changed, new.filter(inside)]),
            added=elsewhere if elsewhere.num_rows else None,
            time_keys=time_keys,
        )

    def _terms_of_changed(self, changed: pa.Table) -> tuple[int, ...]:
        old = self._con.sql(
            "SELECT DISTINCT CAST(__old_time AS BIGINT) FROM decided WHERE __state = 'changed'"
        ).to_arrow_table()[0]
        now = _int64(changed[str(self.table.time_key)])
        return tuple(sorted({*term_of(self.table, old).to_pylist(), *term_of(self.table, now).to_pylist()}))

    def _touched(self, new: pa.Table, changed: pa.Table) -> tuple[Any, ...] | None:
        if self.table.time_key is None:
            return None
        old = self._rows("SELECT DISTINCT __old_time FROM decided WHERE __state = 'changed'")
        values = {value for (value,) in old}
        for rows in (new, changed):
            values |= set(pc.unique(rows[self.table.time_key]).to_pylist())
        return tuple(sorted(value for value in values if value is not None))

    def _kept(self, files: Sequence[DataFile]) -> pa.Table:
        key = _q(self.table.key)
        return self._con.sql(
            f"SELECT * FROM {scan(files, self.table)} WHERE {key} NOT IN "
            f"(SELECT {key} FROM decided WHERE __state = 'changed')"
        ).to_arrow_table()

    def _check_collisions(self) -> None:
        key = _q(self.table.key)
        twice = self._rows(f"SELECT {key} FROM decided GROUP BY 1 HAVING count(*) > 1 LIMIT 1")
        taken = self._rows(
            f"SELECT {key} FROM {scan(self._files, self.table)} WHERE {key} IN "
            f"(SELECT {key} FROM decided WHERE __state = 'new') LIMIT 1"
        )
        if twice or taken:
            raise LakeError(
                f"Table {self.table.name!r}: the key {(twice or taken)[0][0]} of a new row is already another row's. "
                "Nothing was written."
            )


def _q(name: str) -> str:
    return f'"{name}"'


def _int64(values: pa.ChunkedArray) -> pa.ChunkedArray:
    return values.cast(pa.int64())


def _stack(parts: Sequence[pa.Table]) -> pa.Table:
    filled = [part for part in parts if part.num_rows] or [parts[0]]
    return pa.concat_tables(filled, promote_options="permissive")
