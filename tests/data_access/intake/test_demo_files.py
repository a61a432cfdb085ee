"""The source files of the demo college are what its mapping expects."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from data_access.demo import CollegeSpec, build_demo, source_directory
from data_access.intake import Intake


@pytest.mark.slow
def test_they_go_in_whole_and_can_be_taken_back(installation: Any) -> None:
    lake, settings = installation.lake, installation.settings
    build_demo(CollegeSpec(students=1200, as_of=dt.date(2026, 10, 20)), settings, installation.database)
    before = {status.table: status.rows for status in lake.status()}
    intake = Intake(settings, lake, installation.database)
    report = intake.run(source_directory(settings), "demo")
    assert (report.succeeded, report.problems, report.waiting) == (True, (), ())
    assert len(report.tables) == 5
    after = {status.table: status.rows for status in lake.status()}
    assert {name: after[name] - before[name] for name in report.tables} == {
        name: counts.new for name, counts in report.tables.items()
    }
    assert intake.run(source_directory(settings), "demo").status == "unchanged"
    assert intake.undo(report.batch_id).succeeded
    assert {status.table: status.rows for status in lake.status()} == before
