"""How long posting to accounts takes: a whole term, the same once more, and one class."""

from __future__ import annotations

import datetime as dt
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.college import Bench, median, peak_gigabytes
from data_access.clock import today
from data_access.database import open_database
from data_access.growth_card.settlement import COLUMNS
from data_access.lake import Lake
from indicators.growth_card.calendar import running
from indicators.growth_card.posting import FACTS, Poster, PostingReport

ENTRIES_ALONE = """
    CREATE TABLE copied AS SELECT * FROM card_entry WHERE FALSE;
    CREATE UNIQUE INDEX copied_key ON copied (entry_id);
    CREATE UNIQUE INDEX copied_reversal ON copied (reversal_of);
    CREATE INDEX copied_account ON copied (holder, holder_id, term_id);
    CREATE INDEX copied_term ON copied (term_id, holder, point)"""
"""A table as the ledger is, for the reference: the same rows written with nothing to be known of them."""


def term_posting(bench: Bench) -> Iterator[str]:
    """The last complete term: the issue allows 60 s for everybody; once more, nothing is to be written."""
    with tempfile.TemporaryDirectory(prefix="luoxuan-posting-") as scratch:
        file = _emptied(bench, Path(scratch))
        database = open_database(f"sqlite:///{file}")
        poster = Poster(Lake(bench.settings.lake_root, database), threads=bench.threads)
        last = running(poster.terms(), today())
        before = last and running(poster.terms(), last.start - dt.timedelta(days=1))
        if last is None or before is None:
            yield "posting: the college has no complete term"
            return

        def post(students: frozenset[int] | None = None, classes: frozenset[int] | None = None) -> PostingReport:
            # As on the last day on which the term was open: closed terms are not worked out.
            return poster.post(
                before.term_id,
                students=students,
                classes=classes,
                cause=FACTS,
                posted_by="bench",
                as_of=before.freezes_on,
            )

        first, again = post(), post()
        alone = _inserted(file)
        yield (
            f"posting a term: {first.entries:,} entries in {first.seconds:.1f} s (allowed 60), peak memory "
            f"{peak_gigabytes():.2f} GB; writing such rows alone: {alone:.1f} s; ratio {first.seconds / alone:.1f}"
        )
        yield (
            f"the same once more: {again.entries + again.reversals} written in {again.seconds:.1f} s; "
            f"ratio {again.seconds / first.seconds:.2f}"
        )
        group, members = _class(file)
        seconds = median(lambda: post(members, frozenset({group})), max(bench.repeat, 5))
        yield f"one class of {len(members)}, all its points: {seconds:.2f} s (allowed 1.5)"
        database.dispose()


def _emptied(bench: Bench, scratch: Path) -> Path:
    """A copy of the college's database without anything posted."""
    file = scratch / "luoxuan.sqlite"
    shutil.copyfile(str(bench.database.url.database), file)
    with sqlite3.connect(file) as connection:
        triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        for table in ("card_entry", "card_standing", "card_posting"):
            connection.execute(f"DELETE FROM {table}")
    return file


def _inserted(file: Path) -> float:
    """Seconds for writing all rows of the ledger once more into a table of the same shape."""
    with sqlite3.connect(file) as connection:
        rows = connection.execute(f"SELECT {', '.join(COLUMNS)} FROM card_entry").fetchall()
        connection.executescript(ENTRIES_ALONE)
        started = time.perf_counter()
        marks = ", ".join("?" for _ in COLUMNS)
        connection.executemany(f"INSERT INTO copied ({', '.join(COLUMNS)}) VALUES ({marks})", rows)
        connection.commit()
        return time.perf_counter() - started


def _class(file: Path) -> tuple[int, frozenset[int]]:
    """The largest class with posted students."""
    with sqlite3.connect(file) as connection:
        posted = "SELECT DISTINCT holder_id FROM card_entry WHERE holder = 5 AND point = 'STU-ACD-03'"
        rows = connection.execute(
            f"SELECT class_id, entity_id FROM entity WHERE level = 'student' AND entity_id IN ({posted})"
        ).fetchall()
    groups: dict[int, set[int]] = {}
    for group, student in rows:
        groups.setdefault(group, set()).add(student)
    largest = max(groups, key=lambda group: len(groups[group]))
    return largest, frozenset(groups[largest])
