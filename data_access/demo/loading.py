"""The demo college into an installation: the bulk into the lake, a small slice as source files beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
from sqlalchemy import Engine

from data_access.demo.generator import generate
from data_access.demo.source_files import write_source_files
from data_access.demo.spec import CollegeSpec
from data_access.lake import Lake, load_tables
from data_access.settings import Settings

Progress = Callable[[str, float], None]
"""Called with what is being done and the share done so far (0 … 1)."""
ROWS_OF_A_TERM: Final = 4_000_000
"""Rows that a term of a college of 12,000 brings, for the progress bar only."""
SOURCE_DIRECTORY: Final = "demo_sources"


def source_directory(settings: Settings) -> Path:
    """Where the source files of the demo college are written."""
    return settings.home / SOURCE_DIRECTORY


def build_demo(
    spec: CollegeSpec,
    settings: Settings,
    database: Engine,
    *,
    indicators: Sequence[Mapping[str, Any]] = (),
    progress: Progress | None = None,
) -> int:
    """Load the demo college in one commit, write its source files and return how many fact rows were loaded.

    The source files wait in `source_directory`; importing them under the mapping ``demo`` adds their rows.

    Raises:
        BusyError: another process is writing to the lake.
    """
    counted = _Counter(spec, progress or _silent)
    load_tables(Lake(settings.lake_root, database), counted.pass_on(generate(spec, indicators=indicators)), kind="demo")
    write_source_files(spec, source_directory(settings))
    counted.tell("source files", 1.0)
    return counted.facts


class _Counter:
    """Counts rows on their way to the lake and tells how far the load has come."""

    def __init__(self, spec: CollegeSpec, tell: Progress) -> None:
        self.facts = 0
        self.tell = tell
        self._rows = 0
        self._expected = ROWS_OF_A_TERM * spec.scale * spec.terms

    def pass_on(self, tables: Iterator[tuple[str, pa.Table]]) -> Iterator[tuple[str, pa.Table]]:
        """The same tables, counted."""
        for name, table in tables:
            self.tell(name, min(0.99, self._rows / self._expected))
            self._rows += table.num_rows
            self.facts += table.num_rows if name.startswith("fact_") else 0
            yield name, table


def _silent(what: str, share: float) -> None:
    """Tell nobody."""
    del what, share
