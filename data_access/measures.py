"""Writing stored measures: whole families and periods replaced inside one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Connection, delete, text

from data_access.database.models import Measure

CHUNK: Final = 50_000
Row = tuple[Any, ...]


class MeasureWriter:
    """Bulk writer of the `measure` table on the caller's transaction.

    Rows come as ``(period_id, entity_id, rows, part…)`` and are written through the driver itself:
    millions of rows through an ORM or Core cost several times the computation they store.
    """

    def __init__(self, connection: Connection, run_id: int) -> None:
        self.connection = connection
        self.run_id = run_id
        self.written = 0
        self._is_postgresql = connection.dialect.name == "postgresql"

    def clear_all(self) -> None:
        """Removes every stored row.

        On SQLite the secondary index goes too, until `restore_index`: readers see the former file anyway.
        On PostgreSQL it stays, because dropping it, like TRUNCATE, would make readers wait for the commit.
        """
        if not self._is_postgresql:
            self.connection.execute(text("DROP INDEX IF EXISTS ix_measure_entity"))
        self.connection.execute(text("DELETE FROM measure"))

    def restore_index(self) -> None:
        """Brings the secondary index back and refreshes the planner's statistics."""
        index = next(i for i in Measure.__table__.indexes if i.name == "ix_measure_entity")  # type: ignore[attr-defined]
        index.create(self.connection, checkfirst=True)
        self.connection.execute(text("ANALYZE measure"))

    def clear(self, family_id: int, periods: Sequence[int]) -> None:
        """Removes the rows of one family in the given periods, at all levels."""
        for batch in _batches(periods):
            self.connection.execute(delete(Measure).where(Measure.family_id == family_id, Measure.period_id.in_(batch)))

    def write(self, family_id: int, level: int, parts: int, rows: Iterable[Sequence[Row]]) -> int:
        """Writes chunks of rows of one family and level; returns how many rows."""
        columns = ["family_id", "level", "run_id", "period_id", "entity_id", "rows"]
        columns += [f"p{slot:02d}" for slot in range(parts)]
        head = (family_id, level, self.run_id)
        before = self.written
        if self._is_postgresql:
            self._copy(columns, head, rows)
        else:
            self._insert(columns, head, rows)
        return self.written - before

    def _insert(self, columns: list[str], head: Row, chunks: Iterable[Sequence[Row]]) -> None:
        marks = ", ".join(str(value) for value in head) + ", " + ", ".join("?" for _ in columns[len(head) :])
        statement = f"INSERT INTO measure ({', '.join(columns)}) VALUES ({marks})"
        cursor = self._driver().cursor()
        try:
            for chunk in chunks:
                cursor.executemany(statement, chunk)
                self.written += len(chunk)
        finally:
            cursor.close()

    def _copy(self, columns: list[str], head: Row, chunks: Iterable[Sequence[Row]]) -> None:
        with (
            self._driver().cursor() as cursor,
            cursor.copy(f"COPY measure ({', '.join(columns)}) FROM STDIN") as copy,
        ):
            for chunk in chunks:
                for row in chunk:
                    copy.write_row((*head, *row))
                self.written += len(chunk)

    def _driver(self) -> Any:
        driver = self.connection.connection.driver_connection
        if driver is None:
            raise RuntimeError("the database connection is closed")
        return driver


def _batches(periods: Sequence[int], size: int = 200) -> Iterator[Sequence[int]]:
    for start in range(0, len(periods), size):
        yield periods[start : start + size]
