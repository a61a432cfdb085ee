"""Colleges small enough to be written down: rows of the lake's tables by name, what is not said being empty."""

import contextlib
import datetime as dt
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from data_access.contracts import contracts
from data_access.engines import DuckDBEngine
from data_access.lake import Lake, load_tables

Rows = Mapping[str, list[dict[str, Any]]]
TABLES = (
    "dim_department", "dim_major", "dim_teacher", "dim_class", "dim_student", "dim_course", "dim_offering",
    "fact_student_term", "fact_special_student", "fact_student_event", "dim_term",
)  # fmt: skip
"""All that the roster is read from."""


def tables(rows: Rows) -> dict[str, pa.Table]:
    """The tables that posts follow from, also those without rows."""
    return {name: _table(name, rows.get(name, [])) for name in TABLES}


def _table(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    contract = contracts()[name]
    named = [{contract.key: number, **row} for number, row in enumerate(rows, start=1)]
    return pa.Table.from_pylist(named, schema=contract.arrow_schema(technical=False))


@contextlib.contextmanager
def engine(rows: Rows) -> Iterator[DuckDBEngine]:
    """An engine over these rows."""
    with tempfile.TemporaryDirectory() as directory:
        files = {}
        for name in rows:
            path = Path(directory) / f"{name}.parquet"
            pq.write_table(tables(rows)[name], path)
            files[name] = [str(path)]
        with DuckDBEngine(files) as opened:
            yield opened


def load(lake: Lake, rows: Rows) -> None:
    """Let the lake hold these rows and no others."""
    concerned = {*rows, *lake.tables()}
    load_tables(lake, ((name, table) for name, table in tables(rows).items() if name in concerned), kind="import")


def teacher(key: int, staff_type: str = "专任教师", **more: Any) -> dict[str, Any]:
    """A member of staff, number ``T<key>``."""
    return {"teacher_id": key, "staff_no": f"T{key}", "teacher_name": f"教师{key}", "staff_type": staff_type, **more}


def student(key: int, class_id: int | None = None, year: int | None = 2025, **more: Any) -> dict[str, Any]:
    """A student, number ``S<key>``."""
    return {"student_id": key, "student_no": f"S{key}", "class_id": class_id, "admission_year": year, **more}


def on_roll(key: int, term: int, *, stays: bool | None = True, **more: Any) -> dict[str, Any]:
    """A line of a term's snapshot of the roll."""
    return {"student_id": key, "term_id": term, "is_on_roll": stays, **more}


def term(key: int, start: dt.date | None) -> dict[str, Any]:
    """A term by its first day."""
    return {"term_id": key, "start_date": start}


def event(student_id: int | None, day: dt.date, event_type: str = "心理辅导") -> dict[str, Any]:
    """Something that happened to a student."""
    return {"student_id": student_id, "date_id": int(f"{day:%Y%m%d}"), "event_type": event_type}
