"""Engines that answer SQL over the lake: one method, so that another engine can take the place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


class QueryEngine(Protocol):
    """Anything that can run a SELECT over the tables of the lake under their contract names."""

    @property
    def dialect(self) -> str:
        """Name of the engine's SQL dialect, as sqlglot knows it."""

    def query(self, sql: str) -> pa.Table:
        """The rows of a SELECT."""


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
        for table in known.values():
            self.connection.execute(_view(table, files.get(table.name, ())))

    def query(self, sql: str) -> pa.Table:
        """The rows of a SELECT as an Arrow table."""
        return self.connection.sql(sql).to_arrow_table()

    def close(self) -> None:
        """Releases memory and file handles."""
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _view(table: Table, files: Sequence[str]) -> str:
    if not files:
        columns = ", ".join(f"{column.name} {DUCKDB_TYPES[column.type]}" for column in table.columns)
        return f"CREATE TABLE {table.name} ({columns})"
    listed = ", ".join(quoted(path) for path in files)
    columns = ", ".join(table.column_names)
    return f"CREATE VIEW {table.name} AS SELECT {columns} FROM read_parquet([{listed}], hive_partitioning = false)"


def quoted(text: str) -> str:
    """`text` as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"
