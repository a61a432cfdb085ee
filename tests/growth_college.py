"""A small college with posted accounts: 60 students at three grades, two terms of lessons, the second one running.

It is the demo college without the tables that no point reads. Tests that only read share one; those that post copy it.
"""

import datetime as dt
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from sqlalchemy import select

from data_access.contracts import contracts
from data_access.database import transaction
from data_access.database.growth_models import CardEntry
from data_access.demo.generator import generate
from data_access.demo.spec import CollegeSpec
from data_access.engines import DuckDBEngine
from data_access.entities import write_entities
from data_access.lake import load_tables
from indicators.growth_card.inputs import tables_of
from indicators.growth_card.points import shipped_card
from indicators.growth_card.posting import Poster
from tests.conftest import Installation

AS_OF = dt.date(2026, 11, 20)
"""A Friday in the twelfth teaching week of the second term."""
PAST, RUNNING = 20252, 20261
"""Ids of its two terms, 2025-2026-2 and 2026-2027-1."""


def tables() -> Iterator[tuple[str, pa.Table]]:
    """The tables of the college: dimensions, and facts that some point reads."""
    spec = CollegeSpec(students=60, terms=2, as_of=AS_OF)
    read = {"fact_student_term", "fact_data_load"}.union(*(tables_of(p) for p in shipped_card().points))
    return ((name, rows) for name, rows in generate(spec) if name.startswith("dim_") or name in read)


def build(place: Installation) -> Installation:
    """Loads the college into an empty installation, with its entities; nothing is posted."""
    load_tables(place.lake, tables())
    with DuckDBEngine(place.lake.all_files()) as engine, transaction(place.database) as connection:
        write_entities(connection, engine)
    return place


def post_all(place: Installation) -> Installation:
    """Posts both terms."""
    Poster(place.lake).post_terms(None, posted_by="nightly", as_of=AS_OF)
    return place


def post(place: Installation, term_id: int = RUNNING, *, as_of: dt.date = AS_OF, cause: str = "facts", **asked: Any):
    """Posts a term, or some accounts and points of it."""
    return Poster(place.lake).post(term_id, cause=cause, posted_by="somebody", as_of=as_of, **asked)


def entries(place: Installation, term_id: int) -> list[dict[str, Any]]:
    """The ledger of a term, in the order in which it was written."""
    query = select(CardEntry.__table__).where(CardEntry.term_id == term_id).order_by(CardEntry.entry_id)
    with place.database.connect() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def live(place: Installation, term_id: int, code: str | None = None) -> dict[tuple[int, int, str, str], dict[str, Any]]:
    """The entries that count, by level, account, point and slot."""
    ledger = entries(place, term_id)
    reversed_ones = {row["reversal_of"] for row in ledger}
    found = [r for r in ledger if r["kind"] != "reversal" and r["entry_id"] not in reversed_ones]
    own = [row for row in found if code in {None, row["point"]}]
    keyed = {(row["holder"], row["holder_id"], row["point"], row["slot"]): row for row in own}
    assert len(keyed) == len(own), "two entries count for one slot"
    return keyed


def sums(place: Installation, term_id: int) -> dict[tuple[int, int, str, dt.date], tuple[int, int]]:
    """Sums of all entries, reversals as well, by level, account, point and day that they count from; zeros left out."""
    found: dict[tuple[int, int, str, dt.date], tuple[int, int]] = {}
    for row in entries(place, term_id):
        key = (row["holder"], row["holder_id"], row["point"], row["booked_on"])
        before = found.get(key, (0, 0))
        found[key] = (before[0] + row["points"], before[1] + row["possible"])
    return {key: value for key, value in found.items() if value != (0, 0)}


def facts(place: Installation, sql: str) -> list[tuple[Any, ...]]:
    """Rows of a SELECT over Parquet files of the lake, told by ``{table}``."""
    for table in place.lake.tables():
        files = ", ".join(f"'{path}'" for path in place.lake.files(table))
        sql = sql.replace(f"{{{table}}}", f"read_parquet([{files}], hive_partitioning = false) AS {table}")
    return duckdb.sql(sql).fetchall()


def add_rows(place: Installation, table: str, *rows: dict[str, Any]) -> None:
    """Brings late rows into the lake; columns that are not told are null."""
    schema = contracts()[table].arrow_schema(technical=False)
    told = [{name: row.get(name) for name in schema.names} for row in rows]
    with place.lake.transaction(kind="import") as changes:
        changes.append(table, pa.Table.from_pylist(told, schema=schema))


def copied(place: Installation, home: Path, install: Callable[..., Installation]) -> Installation:
    """A copy of the college on SQLite, for a test that changes it."""
    shutil.copytree(place.settings.home, home)
    return install(home)
