"""Which shape to store values in: one wide row of parts, or one row per indicator (ADR 0003)."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select

from bench.college import Bench, median
from data_access.database.models import IndicatorPlan, Measure
from data_access.readers.expressions import to_sql

_WEEK = "SELECT MAX(period_id) FROM {table} WHERE level = 5"


class _Shape(NamedTuple):
    """A way to store the weekly attendance values of all levels."""

    name: str
    columns: str
    key: str
    rows: list[tuple[object, ...]]
    series: str
    worst: str


def store_shapes(bench: Bench) -> Iterator[str]:
    """Writing, size, a week's refresh, one student's series and the 20 worst students, for both shapes."""
    with bench.database.connect() as connection:
        plans = connection.execute(
            select(IndicatorPlan).where(IndicatorPlan.kind == "week", IndicatorPlan.so_far.is_(False))
        ).all()
        families: dict[int, list[str]] = {}
        for plan in plans:
            families.setdefault(plan.family_id, []).append(plan.code)
        family = max(families, key=lambda f: len(families[f]))
        members = [plan for plan in plans if plan.family_id == family]
        used = sorted({name for plan in members for name in _names(plan.value)})
        wide = connection.execute(
            select(Measure.level, Measure.period_id, Measure.entity_id, Measure.run_id, Measure.rows)
            .add_columns(*(Measure.__table__.columns[name] for name in used))
            .where(Measure.family_id == family)
        ).all()
        narrow: list[tuple[object, ...]] = []
        for number, plan in enumerate(members):
            narrow += [
                (number, *row)
                for row in connection.execute(
                    select(Measure.level, Measure.period_id, Measure.entity_id, Measure.run_id, Measure.rows)
                    .add_columns(to_sql(plan.value), to_sql(plan.numerator), to_sql(plan.denominator))
                    .where(Measure.family_id == family)
                )
            ]
    first = members[0]
    ratio = f"100.0 * {first.numerator} / NULLIF({first.denominator}, 0)"
    shapes = (
        _Shape(
            "wide parts",
            f"level, period_id, entity_id, run_id, rows, {', '.join(used)}",
            "level, period_id, entity_id",
            [tuple(row) for row in wide],
            f"SELECT period_id, {ratio} FROM wide WHERE level = 5 AND entity_id = ? ORDER BY 1",
            f"SELECT entity_id, {ratio} AS v FROM wide WHERE level = 5 AND period_id = ? AND v IS NOT NULL ORDER BY v LIMIT 20",
        ),
        _Shape(
            "one row per indicator",
            "code, level, period_id, entity_id, run_id, rows, value, numerator, denominator",
            "code, level, period_id, entity_id",
            narrow,
            "SELECT period_id, value FROM narrow WHERE code = 0 AND level = 5 AND entity_id = ? ORDER BY 1",
            "SELECT entity_id, value FROM narrow WHERE code = 0 AND level = 5 AND period_id = ? AND value IS NOT NULL "
            "ORDER BY value LIMIT 20",
        ),
    )
    yield f"storing {len(members)} weekly attendance indicators for {len(wide):,} entity-weeks in SQLite:"
    for shape, table in zip(shapes, ("wide", "narrow"), strict=True):
        yield _measure(bench, shape, table)


def _measure(bench: Bench, shape: _Shape, table: str) -> str:
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "shape.sqlite"
        connection = sqlite3.connect(path, isolation_level=None)
        marks = ", ".join("?" for _ in shape.columns.split(","))
        insert = f"INSERT INTO {table} VALUES ({marks})"
        start = time.perf_counter()
        connection.execute("BEGIN")
        connection.execute(f"CREATE TABLE {table} ({shape.columns}, PRIMARY KEY ({shape.key})) WITHOUT ROWID")
        connection.executemany(insert, shape.rows)
        order = shape.key.replace("period_id, entity_id", "entity_id, period_id")
        connection.execute(f"CREATE INDEX by_entity ON {table} ({order})")
        connection.execute("COMMIT")
        connection.execute("ANALYZE")
        written = time.perf_counter() - start
        week = connection.execute(_WEEK.format(table=table)).fetchone()[0]
        student = connection.execute(f"SELECT entity_id FROM {table} WHERE level = 5 LIMIT 1").fetchone()[0]
        at = shape.columns.split(", ").index("period_id")
        again = [row for row in shape.rows if row[at] == week]

        def refresh() -> None:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(f"DELETE FROM {table} WHERE period_id = ?", (week,))
            connection.executemany(insert, again)
            connection.execute("COMMIT")

        refreshed = median(refresh, bench.repeat)
        series = median(lambda: connection.execute(shape.series, (student,)).fetchall(), 200)
        worst = median(lambda: connection.execute(shape.worst, (week,)).fetchall(), 50)
        connection.close()
        size = path.stat().st_size
    return (
        f"  {shape.name:22} {len(shape.rows):>10,} rows  write {written:6.2f} s  {size / 1e6:7.1f} MB  "
        f"a week again {refreshed:.2f} s  series {1000 * series:.2f} ms  20 worst {1000 * worst:.2f} ms"
    )


def _names(expression: object) -> set[str]:
    if isinstance(expression, str):
        return {expression}
    if isinstance(expression, list):
        return set().union(*(_names(part) for part in expression[1:]))
    return set()
