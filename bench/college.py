"""The college that benchmarks run on, and how one thing is timed against another."""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from dashboards.assembly import open_values
from data_access.clock import today
from data_access.demo import CollegeSpec, build_demo
from data_access.installation import open_home, open_lake
from data_access.lake import Lake
from data_access.settings import Settings
from indicators.engine import compute
from indicators.library import shipped_library
from indicators.values import StoredValues


@dataclass(frozen=True, kw_only=True)
class Bench:
    """A computed demo college and how often each thing is measured."""

    settings: Settings
    database: Engine
    lake: Lake
    values: StoredValues
    facts: int
    repeat: int
    threads: int = 2


def open_bench(home: Path, *, students: int, repeat: int) -> Bench:
    """The college in `home`, built and computed where it is not there yet."""
    settings = Settings.at(home)
    database = open_home(settings)
    lake = open_lake(settings, database)
    if not lake.tables():
        blocks = [dict(indicator.definition) for indicator in shipped_library()]
        build_demo(CollegeSpec(students=students, as_of=today()), settings, database, indicators=blocks)
        compute(lake, database, shipped_library(), full=True)
    facts = sum(status.rows for status in lake.status() if status.table.startswith("fact_"))
    values = open_values(settings, database)
    return Bench(settings=settings, database=database, lake=lake, values=values, facts=facts, repeat=repeat)


def median(work: Callable[[], object], repeat: int) -> float:
    """Median wall time of `work` in seconds."""
    return interleaved({"": work}, repeat)[""]


def interleaved(works: dict[str, Callable[[], object]], repeat: int) -> dict[str, float]:
    """Median wall times of several things, measured in turns so that a busy moment hits them all."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(repeat):
        for name, work in works.items():
            start = time.perf_counter()
            work()
            taken[name].append(time.perf_counter() - start)
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def peak_gigabytes() -> float:
    """Largest resident memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
