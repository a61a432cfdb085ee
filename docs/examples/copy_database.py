"""Copies the records of an installation into another, empty database: ``python copy_database.py FROM_URL TO_URL``.

Copied is what cannot be made again: the ledger of the lake and the records of intake. Stored values are left out;
``luoxuan compute`` makes them anew.
"""

from __future__ import annotations

import datetime as dt
import sys
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, Table, func, insert, select, text

from data_access.database import migrate, open_database, transaction
from data_access.database.models import Base, ComputeRun, Entity, IndicatorEntry, IndicatorPlan, Measure, Period
from data_access.errors import UserError

_MADE_AGAIN: Final = {
    model.__tablename__ for model in (ComputeRun, Entity, IndicatorEntry, IndicatorPlan, Measure, Period)
}


def copy(source_url: str, target_url: str) -> dict[str, int]:
    """Copy all records and return how many of each table.

    Raises:
        UserError: the target already holds records.
    """
    source, target = open_database(source_url), open_database(target_url)
    try:
        migrate(source)
        migrate(target)
        with source.connect() as reading, transaction(target) as writing:
            return _copy_all(reading, writing)
    finally:
        source.dispose()
        target.dispose()


def _copy_all(reading: Connection, writing: Connection) -> dict[str, int]:
    tables = [table for table in Base.metadata.sorted_tables if table.name not in _MADE_AGAIN]
    for table in tables:
        if writing.execute(select(func.count()).select_from(table)).scalar_one():
            raise UserError(f"The target already has records in {table.name}. Nothing was copied.")
    copied: dict[str, int] = {}
    for table in tables:
        copied[table.name] = 0
        for rows in reading.execute(select(table)).mappings().partitions(1000):
            writing.execute(insert(table), [_with_zone(row) for row in rows])
            copied[table.name] += len(rows)
        _continue_numbering(writing, table)
    return copied


def _with_zone(row: RowMapping) -> dict[str, Any]:
    """The row with its times in UTC, as they were written; SQLite gives them back without a zone."""
    return {
        name: value.replace(tzinfo=dt.UTC) if isinstance(value, dt.datetime) and value.tzinfo is None else value
        for name, value in row.items()
    }


def _continue_numbering(connection: Connection, table: Table) -> None:
    """Let PostgreSQL number the next row after those copied; SQLite does so by itself."""
    column = table.autoincrement_column
    if connection.dialect.name != "postgresql" or column is None:
        return
    connection.execute(
        text(
            f"SELECT setval(pg_get_serial_sequence('{table.name}', '{column.name}'), "
            f"coalesce(max({column.name}), 1), max({column.name}) IS NOT NULL) FROM {table.name}"
        )
    )


if __name__ == "__main__":
    for name, count in copy(*sys.argv[1:]).items():
        print(f"{name}: {count} rows")  # noqa: T201 (a command line tells what it did)
