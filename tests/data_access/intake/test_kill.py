"""An importer killed at any moment leaves all of its batch or nothing, and the next one goes on."""

from __future__ import annotations

import dataclasses
import multiprocessing
import os
import random
import shutil
import tempfile
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from data_access.database.models import ImportBatch
from data_access.intake import Preview
from data_access.lake import load_tables
from tests.data_access.intake.college import (
    ATTENDANCE_HEADER,
    OFFERING_HEADER,
    STUDENT_HEADER,
    College,
    attendance,
    dimensions,
    numbers,
    offerings,
    open_college,
    students,
    write_csv,
    write_xlsx,
)

TRIALS = 50
STUDENTS = 500

pytestmark = pytest.mark.slow


def commit_staged(home: Path, preview: Preview, signal: Connection) -> None:
    """What the killed process does; it says when it begins and when it is done."""
    college = open_college(home)
    signal.send("begins")
    college.intake.commit(preview)
    signal.send("done")


def stage_and_commit(home: Path, inbox: Path, signal: Connection) -> None:
    college = open_college(home)
    signal.send("begins")
    college.intake.run(inbox, "demo")
    signal.send("done")


@pytest.fixture(scope="module")
def context() -> Any:
    # The server has imported everything once, so that a trial takes milliseconds to start.
    chosen = multiprocessing.get_context("forkserver")
    chosen.set_forkserver_preload([__name__, "pytest.__main__", "deltalake", "data_access.intake.pipeline"])
    return chosen


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A directory in memory where there is one: a process waiting for a busy disk cannot be killed promptly."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path_factory.mktemp("kill")
        return
    with tempfile.TemporaryDirectory(dir=memory) as directory:
        yield Path(directory)


@pytest.fixture(scope="module")
def prepared(place: Path) -> tuple[Path, Path, Preview]:
    """A lake with an earlier import, and a staged batch that changes, adds and brings new tables."""
    root = place
    college = open_college(root / "home")
    load_tables(college.lake, dimensions())
    write_xlsx(root / "first" / "学生名单.xlsx", STUDENT_HEADER, students(STUDENTS // 2))
    write_csv(root / "first" / "教学班.csv", OFFERING_HEADER, offerings(1))
    assert college.intake.run(root / "first", "demo").succeeded
    moved = [*students(1, class_name="软件2502"), *students(STUDENTS - 1, start=2)]
    write_xlsx(root / "in" / "学生名单.xlsx", STUDENT_HEADER, moved)
    write_csv(root / "in" / "教学班.csv", OFFERING_HEADER, offerings())
    rows = [row for day in range(1, 7) for row in attendance(numbers(STUDENTS), f"2025-09-0{day}")]
    write_csv(root / "in" / "课堂考勤.csv", ATTENDANCE_HEADER, rows)
    preview = college.intake.stage(root / "in", "demo")
    assert preview.problems == ()
    college.database.dispose()
    return root / "home", root / "in", preview


def counts(college: College, batch_id: int) -> tuple[int, ...]:
    """Rows that came with the batch, by table."""
    tables = ("dim_student", "dim_offering", "fact_attendance")
    return tuple(
        sum(batch == batch_id for batch in college.lake.arrow(table, ["batch_id"])["batch_id"].to_pylist())
        for table in tables
    )


ALL = (STUDENTS // 2 + 1, 1, 6 * STUDENTS)
NONE = (0, 0, 0)


def run_and_kill(context: Any, target: Any, arguments: tuple[Any, ...], delay: float | None) -> tuple[bool, float]:
    """Run the importer and kill it `delay` seconds after it began; whether it had finished, and how long it ran."""
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=target, args=(*arguments, sender))
    process.start()
    assert receiver.recv() == "begins"
    began = time.monotonic()
    if delay is None:
        assert receiver.recv() == "done"
    else:
        time.sleep(delay)
    seconds = time.monotonic() - began
    finished = delay is None or receiver.poll()
    process.kill()
    process.join()
    return finished, seconds


def test_a_killed_commit_leaves_all_or_nothing_and_can_be_repeated(
    context: Any, prepared: tuple[Path, Path, Preview], place: Path
) -> None:
    home, _, preview = prepared

    def trial(name: str, delay: float | None) -> tuple[tuple[int, ...], float]:
        copy = place / name
        shutil.copytree(home, copy)
        staged = dataclasses.replace(preview, staging=copy / "staging" / str(preview.batch_id))
        finished, seconds = run_and_kill(context, commit_staged, (copy, staged), delay)
        college = open_college(copy)
        with college.database.connect() as connection:
            status = connection.execute(
                select(ImportBatch.status).where(ImportBatch.batch_id == preview.batch_id)
            ).scalar_one()
        rows = counts(college, preview.batch_id)
        assert (status, rows) in {("committed", ALL), ("staged", NONE)}
        if rows == NONE:
            assert not finished
            assert college.intake.commit(staged).succeeded
            assert counts(college, preview.batch_id) == ALL
        college.database.dispose()
        shutil.rmtree(copy)
        return rows, seconds

    assert trial("warm", None)[0] == ALL
    rows, lasts = trial("whole", None)
    assert rows == ALL
    chance = random.Random(20250901)
    outcomes = [trial(str(n), chance.uniform(0, lasts))[0] for n in range(TRIALS)]
    assert outcomes.count(NONE) > TRIALS // 10  # the kills did fall into the work


def test_a_killed_import_is_swept_and_its_child_ends_with_it(
    context: Any, prepared: tuple[Path, Path, Preview], place: Path
) -> None:
    """Killed while files are still being read, from the first moment on."""
    home, inbox, _ = prepared
    chance = random.Random(7)
    for number in range(8):
        copy = place / f"swept-{number}"
        shutil.copytree(home, copy)
        finished, _ = run_and_kill(context, stage_and_commit, (copy, inbox), chance.uniform(0.05, 1.5))
        college = open_college(copy)
        swept = college.intake.sweep()
        with college.database.connect() as connection:
            statuses = {row[0]: row[1] for row in connection.execute(select(ImportBatch.batch_id, ImportBatch.status))}
        mine = max(statuses)
        if mine > 2:  # the process had come as far as opening its batch
            assert statuses[mine] in ({"committed"} if finished else {"committed", "interrupted"})
            assert (mine in swept) == (statuses[mine] == "interrupted")
            assert counts(college, mine) == (ALL if statuses[mine] == "committed" else NONE)
        assert college.intake.run(inbox, "demo").succeeded
        college.database.dispose()
