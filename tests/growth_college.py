"""A small college with posted accounts: 60 students at three grades, two terms of lessons, the second one running.

It is the demo college without the tables that no point reads. Tests that only read share one; those that post copy it.
"""

import datetime as dt
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa

from data_access.database import transaction
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


def build(place: Installation, *, is_posted: bool = True) -> Installation:
    """Loads the college into an empty installation, with its entities, and posts both terms."""
    load_tables(place.lake, tables())
    with DuckDBEngine(place.lake.all_files()) as engine, transaction(place.database) as connection:
        write_entities(connection, engine)
    if is_posted:
        Poster(place.lake).post_terms(None, posted_by="nightly", as_of=AS_OF)
    return place


def copied(place: Installation, home: Path, install: Callable[..., Installation]) -> Installation:
    """A copy of the college on SQLite, for a test that changes it."""
    shutil.copytree(place.settings.home, home)
    return install(home)
