"""How long computing takes: everything, one family against plain SQL, and one more day of rows."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

import duckdb
import pyarrow.compute as pc

from bench.college import Bench, interleaved, median, peak_gigabytes
from data_access.clock import today
from data_access.contracts import contracts
from data_access.engines import DuckDBEngine
from indicators.compile import PartKind, compile_library
from indicators.engine import Run, compute
from indicators.library import Library, shipped_library
from indicators.timeline import Timeline
from indicators.workload import full_workload


def full_compute(bench: Bench) -> Iterator[str]:
    """All indicators at all levels, stored: the issue allows 45 s and 3 GB for the whole college."""
    seconds = median(lambda: compute(bench.lake, bench.database, shipped_library(), full=True), bench.repeat)
    yield f"full compute: {seconds:.1f} s, peak memory {peak_gigabytes():.2f} GB"


def attendance_family(bench: Bench) -> Iterator[str]:
    """The weekly attendance family at all levels, against one GROUP BY student, week by hand."""
    whole = shipped_library()
    codes = [c for c, f in whole.formulas.items() if f.tables == ("fact_attendance",) and whole[c].period == "week"]
    library = Library(
        indicators={c: whole[c] for c in codes}, formulas={c: whole.formulas[c] for c in codes}, version="bench"
    )
    compiled = compile_library(library, contracts())
    (family,) = compiled.families
    columns = ", ".join(f"COUNT(*) FILTER (WHERE {p.condition or 'TRUE'})" for p in family.parts)
    assert all(p.kind is PartKind.COUNT for p in family.parts if not p.argument)
    files = bench.lake.files("fact_attendance")
    listed = ", ".join(f"'{path}'" for path in files)
    dates = ", ".join(f"'{path}'" for path in bench.lake.files("dim_date"))
    by_hand = (
        f"SELECT student_id, d.term_id * 100 + d.week_no AS week, COUNT(*), {columns} "
        f"FROM read_parquet([{listed}], hive_partitioning = false) AS fact_attendance "
        f"JOIN read_parquet([{dates}]) AS d USING (date_id) WHERE d.week_no IS NOT NULL GROUP BY 1, 2"
    )
    plain = duckdb.connect(":memory:", config={"threads": bench.threads})

    def all_levels() -> None:
        with DuckDBEngine(bench.lake.all_files(), threads=bench.threads) as engine:
            timeline = Timeline(engine, contracts(), as_of=today())
            run = Run(compiled, timeline, engine, contracts(), threads=bench.threads)
            run.compute(full_workload(compiled, timeline), lambda _what, _share: None)
            run.rollup.close()

    taken = interleaved(
        {"family": all_levels, "by hand": lambda: plain.sql(by_hand).to_arrow_table()}, max(bench.repeat, 5)
    )
    ratio = taken["family"] / taken["by hand"]
    yield (
        f"attendance family, {len(family.parts)} parts, {len(family.levels)} levels: {taken['family']:.2f} s; "
        f"GROUP BY student, week by hand: {taken['by hand']:.2f} s; ratio {ratio:.2f} (allowed 3)"
    )


def one_day(bench: Bench) -> Iterator[str]:
    """The rows of one more day of attendance, computed and stored, against everything.

    Every repetition adds the last day's rows once more under new keys: as much work as a new day.
    """
    table = contracts()["fact_attendance"]
    rows = bench.lake.arrow("fact_attendance", table.column_names, pc.field("date_id") == max(_days(bench)))
    compute(bench.lake, bench.database, shipped_library())
    parts = []
    for number in range(1, bench.repeat + 1):
        keys = pc.add(rows.column("attendance_id"), number * 10**15)
        with bench.lake.transaction(kind="import", note="benchmark") as changes:
            changes.append("fact_attendance", rows.set_column(0, "attendance_id", keys))
        parts.append(median(lambda: compute(bench.lake, bench.database, shipped_library()), 1))
    full = median(lambda: compute(bench.lake, bench.database, shipped_library(), full=True), bench.repeat)
    part = statistics.median(parts)
    yield (
        f"one day ({rows.num_rows:,} rows): {part:.2f} s; everything: {full:.2f} s; "
        f"share {100 * part / full:.1f} % (allowed 5 %)"
    )


def _days(bench: Bench) -> list[int]:
    files = ", ".join(f"'{path}'" for path in bench.lake.files("fact_attendance"))
    sql = f"SELECT DISTINCT date_id FROM read_parquet([{files}], hive_partitioning = false)"
    return [row[0] for row in duckdb.sql(sql).fetchall()]
