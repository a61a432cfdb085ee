"""Self-tests that students have filled in here, as rows of the lake's table, for those of whom it has none yet.

So a point that reads self-tests counts them by its own formula, of a class as of a student. Scales whose results are a
sensitive matter are not even read: they are posted nowhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import duckdb
import pyarrow as pa
from sqlalchemy import Connection, select

from data_access.contracts import Table, contracts
from data_access.database.growth_models import SelfTestResponse
from data_access.self_test_results import TABLE, subject_of

ROWS: Final = "self_test_filled_in"
"""The table of an engine that holds them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SelfTestRow:
    """One finished self-test, as the lake would have it."""

    student_id: int
    term_id: int
    scale: str
    score: float
    result_level: str


def filled_in(connection: Connection, term_id: int) -> list[SelfTestRow]:
    """The self-tests of a term that students have filled in here, without those of sensitive scales."""
    scales = [scale for scale in contracts()[TABLE].column("scale").enum if not subject_of(scale).topics]
    query = (
        select(
            SelfTestResponse.student_id,
            SelfTestResponse.term_id,
            SelfTestResponse.scale,
            SelfTestResponse.score,
            SelfTestResponse.level.label("result_level"),
        )
        .where(SelfTestResponse.term_id == term_id, SelfTestResponse.scale.in_(scales))
        .order_by(SelfTestResponse.response_id)
    )
    return [SelfTestRow(**row) for row in connection.execute(query).mappings()]


def as_table(rows: Sequence[SelfTestRow]) -> pa.Table:
    """Rows as columns of the contract's types."""
    table = contracts()[TABLE]
    names = SelfTestRow.__slots__
    schema = pa.schema([table.arrow_schema(technical=False).field(name) for name in names])
    return pa.table({name: [getattr(row, name) for row in rows] for name in names}, schema=schema)


def put_over(connection: duckdb.DuckDBPyConnection, table: Table, condition: str) -> None:
    """Adds the rows of `ROWS` to a table that the engine knows, each where the lake has no score for it.

    Args:
        connection: the engine's.
        table: the contract of `TABLE`.
        condition: which students are asked for, as a WHERE; empty for all.
    """
    stored = f"{table.name}_stored"
    found = connection.execute(f"SELECT COUNT(*) FROM duckdb_views() WHERE view_name = '{table.name}'").fetchone()
    kind = "VIEW" if found and found[0] else "TABLE"
    key = "student_id, term_id, scale"
    told = {name: f"r.{name}" for name in SelfTestRow.__slots__} | {table.key: "-1", "is_done": "TRUE"}
    columns = ", ".join(f"{told.get(name, 'NULL')} AS {name}" for name in table.column_names)
    connection.execute(f"ALTER {kind} {table.name} RENAME TO {stored}")
    connection.execute(
        f"CREATE VIEW {table.name} AS SELECT {', '.join(table.column_names)} FROM {stored} "
        f"UNION ALL SELECT {columns} FROM (SELECT * FROM {ROWS}{condition}) AS r "
        f"ANTI JOIN (SELECT {key} FROM {stored} WHERE is_done AND score IS NOT NULL) AS s USING ({key})"
    )
