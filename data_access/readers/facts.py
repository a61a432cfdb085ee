"""The few rows of facts behind a number, read from the lake; the callers decide for whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import duckdb
import pyarrow as pa

from data_access.delta_store import term_of_date
from data_access.engines import quoted
from data_access.lake import Lake
from data_access.readers.stored import ValueReader


class FactReader:
    """Asks single questions of single tables; safe to share between threads.

    DuckDB skips the files of other terms by name and the row groups of other students by their bounds.
    """

    def __init__(self, lake: Lake, values: ValueReader) -> None:
        self.lake = lake
        self.values = values
        self._connection = duckdb.connect(":memory:", config={"threads": 2})

    def files(self, table: str, *, term_id: int | None) -> list[str]:
        """The files in which rows of a table for a term may lie; of all terms, where None is asked for."""
        first, last = self._stored_under(term_id)
        return [f.path for f in self.lake.data_files(table) if f.term is None or first <= f.term <= last]

    def _stored_under(self, term_id: int | None) -> tuple[int, int]:
        """The first and the last storage term under which rows of a term may lie.

        Storage follows the date alone (`term_of_date`), so a term that runs into August or February has
        rows under two storage terms.
        """
        if term_id is None:
            return (0, 99_999)
        days = [
            int(f"{day:%Y%m%d}")
            for period in self.values.periods("term")
            if period.period_id == term_id
            for day in (period.start_date, period.end_date)
        ]
        terms = [term_id, *term_of_date(pa.array(days, pa.int64())).to_pylist()]
        return (min(terms), max(terms))

    def query(self, files: Iterable[str], sql: str, asked: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The rows of a SELECT over ``{files}`` with the values of `asked` bound; none where there is no file."""
        listed = ", ".join(quoted(path) for path in files)
        if not listed:
            return []
        statement = sql.replace("{files}", f"read_parquet([{listed}], hive_partitioning = false)")
        cursor = self._connection.cursor()
        try:
            rows = cursor.execute(statement, dict(asked))
            names = [column[0] for column in rows.description or ()]
            return [dict(zip(names, row, strict=True)) for row in rows.fetchall()]
        finally:
            cursor.close()
