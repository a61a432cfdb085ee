"""Engines that answer SQL over the lake: one method, so that another engine can take the place."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self

import duckdb
import pyarrow as pa

from data_access.contracts import Contracts, Table, contracts

DUCKDB_TYPES: Final[Mapping[str, str]] = {
    "int": "BIGINT",
    "float": "DOUBLE",
    "str": "VARCHAR",
    "bool": "BOOLEAN",
    "date": "DATE",
    "enum": "VARCHAR",
}

SMALL: Final = 1_000_000
"""Bytes of Parquet up to which a table is held in memory: opening many small files anew costs more than reading them."""

_NAMES: Final = re.compile(r"\b(?:dim|fact|ref)_\w+")


class QueryEngine(Protocol):
    """Anything that can run a SELECT over the tables of the lake under their contract names."""

    @property
    def dialect(self) -> str:
        """Name of the engine's SQL dialect, as sqlglot knows it."""

    def query(self, sql: str) -> pa.Table:
        """The rows of a SELECT; several threads may ask at once."""


class DuckDBEngine:
    """DuckDB in memory over the Parquet files of one snapshot of the lake.

    `files` names the Parquet files of every table that has rows (`Lake.all_files`): what is committed
    later is not seen, so that all numbers of one computation describe the same data. Use as a context
    manager.
    """

    dialect: Final = "duckdb"

    def __init__(
        self,
        files: Mapping[str, Sequence[str]],
        *,
        threads: int = 2,
        memory_limit: str = "2GB",
        schema: Contracts | None = None,
    ) -> None:
        known = contracts() if schema is None else schema
        self.connection = duckdb.connect(":memory:", config={"threads": threads, "memory_limit": memory_limit})
        # Values are sums over groups: the order of rows never matters, and keeping it costs memory.
        self.connection.execute("SET preserve_insertion_order = false")
        self.connection.execute("SET enable_progress_bar = false")
        self._files = files
        self._contracts = known
        self._present: set[str] = set()
        self._lock = threading.Lock()

    def query(self, sql: str) -> pa.Table:
        """The rows of a SELECT as an Arrow table; safe to call from several threads."""
        with self._lock:
            for name in set(_NAMES.findall(sql)) - self._present:
                if name in self._contracts:
                    self._introduce(self._contracts[name])
                    self._present.add(name)
        with self.connection.cursor() as cursor:
            return cursor.sql(sql).to_arrow_table()

    def _introduce(self, table: Table) -> None:
        """Makes a table known on its first use: a small one is read once, a large one is a view."""
        files = self._files.get(table.name, ())
        if not files:
            columns = ", ".join(f"{column.name} {DUCKDB_TYPES[column.type]}" for column in table.columns)
            self.connection.execute(f"CREATE TABLE {table.name} ({columns})")
            return
        kind = "TABLE" if sum(Path(path).stat().st_size for path in files) <= SMALL else "VIEW"
        listed = ", ".join(quoted(path) for path in files)
        self.connection.execute(
            f"CREATE {kind} {table.name} AS SELECT {', '.join(table.column_names)} "
            f"FROM read_parquet([{listed}], hive_partitioning = false)"
        )

    def close(self) -> None:
        """Releases memory and file handles."""
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def quoted(text: str) -> str:
    """`text` as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"
