"""From files to the lake: nothing half, nothing silent, nothing twice, whatever the order."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from data_access.database.models import ImportBatch
from data_access.errors import IntakeError
from data_access.intake import Intake, mappings
from data_access.intake.mapping import parse_mapping
from data_access.intake.records import process_identity
from data_access.lake import load_tables
from tests.data_access.intake.college import (
    ATTENDANCE_HEADER,
    GRADE_HEADER,
    OFFERING_HEADER,
    STUDENT_HEADER,
    College,
    attendance,
    dimensions,
    numbers,
    offerings,
    open_college,
    read_here,
    students,
    write_csv,
    write_xlsx,
)
from tests.data_access.intake.parcels import batch_status, bring, bring_roster, plant

pytestmark = pytest.mark.usefixtures("in_process")


# -- the ordinary way ---------------------------------------------------------------------------


def test_files_of_a_directory_become_rows_with_their_codes_resolved(college: College, inbox: Path) -> None:
    write_xlsx(inbox / "学生名单.xlsx", STUDENT_HEADER, students(3))
    write_csv(inbox / "教学班.csv", OFFERING_HEADER, offerings())
    write_csv(inbox / "课堂考勤_第01周.csv", ATTENDANCE_HEADER, attendance(numbers(3), "2025-09-01", status="缺勤"))
    grades = [(numbers(1)[0], 1, "2025-2026-1", "88.5", "4", "是", "是", "否")]
    write_csv(inbox / "成绩单_2025.csv", GRADE_HEADER, grades, encoding="utf-8-sig")
    write_csv(inbox / "宿舍检查.csv", ("学号", "检查日期", "宿舍得分"), [(numbers(1)[0], "2025/9/3", "９５")])
    report = college.intake.run(inbox, "demo")
    assert (report.succeeded, report.status, report.problems) == (True, "committed", ())
    assert {name: counts.new for name, counts in report.tables.items()} == {
        "dim_student": 3, "dim_offering": 2, "fact_attendance": 3, "fact_grade": 1, "fact_dorm_check": 1,
    }  # fmt: skip
    ids = {row["student_no"]: row["student_id"] for row in college.rows("dim_student")}
    assert max(ids.values()) < 2**53  # exact in a browser
    attended = college.rows("fact_attendance")
    assert {row["student_id"] for row in attended} == set(ids.values())
    assert {(row["status"], row["preview_done"], row["instant_score"]) for row in attended} == {("旷课", False, 4.5)}
    (grade,) = college.rows("fact_grade")
    assert (grade["term_id"], grade["score"], grade["need_retake"]) == (20251, 88.5, False)
    (check,) = college.rows("fact_dorm_check", "date_id", "score")
    assert check == {"date_id": 20250903, "score": 95.0}


def test_every_row_names_its_batch_and_its_row_in_the_file(college: College, inbox: Path) -> None:
    report = bring_roster(college, inbox, 3)
    assert [(row["batch_id"], row["source_row"]) for row in college.rows("dim_student")] == [
        (report.batch_id, row) for row in (2, 3, 4)
    ]


def test_a_preview_counts_what_would_happen_and_changes_nothing(college: College, inbox: Path) -> None:
    bring_roster(college, inbox, 3)
    before, version = college.content(), college.lake.data_version()
    rows = [
        *students(2),
        *students(1, start=9),
        (numbers(3)[2], "改班", "软件2502", "男", 2025, "河南", "普通高考", "否"),
    ]
    report = bring(college, inbox, "学生名单.xlsx", STUDENT_HEADER, rows, dry_run=True)
    counts = report.tables["dim_student"]
    assert (counts.read, counts.new, counts.changed, counts.unchanged) == (4, 1, 1, 2)
    assert (report.status, college.content(), college.lake.data_version()) == ("discarded", before, version)
    assert not (college.settings.staging_root / str(report.batch_id)).exists()


def test_a_correction_changes_the_row_and_keeps_its_key(college: College, inbox: Path) -> None:
    bring_roster(college, inbox, 2)
    before = {row["student_no"]: row for row in college.rows("dim_student")}
    moved = [(numbers(1)[0], "学生1", "软件2502", "男", 2025, "河南", "普通高考", "否")]
    report = bring(college, inbox, "学生名单.xlsx", STUDENT_HEADER, moved)
    after = {row["student_no"]: row for row in college.rows("dim_student")}
    assert report.tables["dim_student"].changed == 1
    assert after[numbers(1)[0]]["class_id"] == 2
    assert {no: row["student_id"] for no, row in after.items()} == {no: row["student_id"] for no, row in before.items()}


def test_rows_another_source_brought_are_counted_as_conflicts(college: College, inbox: Path) -> None:
    bring_roster(college, inbox, 1)
    rows = [("2025000001", "学生1", "软件2502", "男", 2025, "河南", "普通高考", "否")]
    path = write_xlsx(inbox / "学生名单.xlsx", STUDENT_HEADER, rows)
    counts = college.intake.run(path, "college").tables["dim_student"]
    assert (counts.changed, counts.conflicting) == (1, 1)


# -- idempotence --------------------------------------------------------------------------------


def test_the_same_files_twice_change_nothing(college: College, inbox: Path) -> None:
    write_csv(inbox / "教学班.csv", OFFERING_HEADER, offerings())
    assert college.intake.run(inbox, "demo").status == "committed"
    version = college.lake.data_version()
    report = college.intake.run(inbox, "demo")
    assert (report.status, report.succeeded, report.tables) == ("unchanged", True, {})
    assert college.lake.data_version() == version


def test_the_same_rows_in_another_file_change_nothing_either(college: College, inbox: Path) -> None:
    bring(college, inbox, "教学班.csv", OFFERING_HEADER, offerings())
    version = college.lake.data_version()
    report = bring(college, inbox, "教学班_重导.csv", OFFERING_HEADER, offerings()[::-1])
    assert (report.status, report.tables["dim_offering"].unchanged) == ("unchanged", 2)
    assert college.lake.data_version() == version


def test_the_short_cut_is_not_taken_once_the_tables_have_changed(college: College, inbox: Path) -> None:
    first, second = offerings(1), [(1, "C002", *offerings(1)[0][2:])]
    bring(college, inbox, "教学班.csv", OFFERING_HEADER, first)
    bring(college, inbox, "教学班.csv", OFFERING_HEADER, second)
    report = bring(college, inbox, "教学班.csv", OFFERING_HEADER, first)
    assert report.tables["dim_offering"].changed == 1
    assert college.rows("dim_offering")[0]["course_id"] == 1


def test_a_batch_is_committed_once(college: College, inbox: Path) -> None:
    path = write_csv(inbox / "教学班.csv", OFFERING_HEADER, offerings())
    preview = college.intake.stage(path, "demo")
    college.intake.commit(preview)
    with pytest.raises(IntakeError, match="不能再次提交"):
        college.intake.commit(preview)
    assert college.lake.data_version() == 2


# -- order, records, processes ------------------------------------------------------------------

PARCELS = (
    ("学生名单.xlsx", STUDENT_HEADER, students(3)),
    ("学生名单_2.xlsx", STUDENT_HEADER, students(2, start=4, class_name="软件2502")),
    ("教学班.csv", OFFERING_HEADER, offerings()),
    ("课堂考勤_第01周.csv", ATTENDANCE_HEADER, attendance(numbers(5), "2025-09-01")),
    ("课堂考勤_第02周.csv", ATTENDANCE_HEADER, attendance(numbers(4), "2026-03-09", offering=2)),
)


@pytest.fixture(scope="module")
def in_one_go(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The lake after all parcels in one import."""
    home = tmp_path_factory.mktemp("one")
    college = open_college(home / "home")
    load_tables(college.lake, dimensions())
    for name, header, rows in PARCELS:
        (write_xlsx if name.endswith("xlsx") else write_csv)(home / "in" / name, header, rows)
    assert college.intake.run(home / "in", "demo").succeeded
    yield college.content()
    college.database.dispose()


@pytest.mark.slow
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.sampled_from(list(itertools.permutations(range(len(PARCELS))))))
def test_batches_may_come_in_any_order(
    tmp_path_factory: pytest.TempPathFactory, in_one_go: dict[str, Any], order: tuple[int, ...]
) -> None:
    home = tmp_path_factory.mktemp("order")
    college = open_college(home / "home")
    load_tables(college.lake, dimensions())
    for number in order:
        assert bring(college, home / "in", *PARCELS[number]).succeeded
    assert college.content() == in_one_go
    college.database.dispose()


def test_reports_are_readable_by_people_and_machines(college: College, inbox: Path) -> None:
    plant(inbox, sound=False)
    report = college.intake.run(inbox, "demo")
    text = "\n".join(report.lines(limit=2))
    assert "已拒收" in text
    assert "另有 5 条" in text
    assert len("\n".join(report.lines(limit=None))) > len(text)
    assert report.to_dict()["problems"][0]["reason"]
    assert report.to_dict()["succeeded"] is False


def test_batches_of_dead_processes_are_marked_as_interrupted(college: College, inbox: Path) -> None:
    path = write_csv(inbox / "教学班.csv", OFFERING_HEADER, offerings())
    alive = college.intake.stage(path, "demo")
    dead = college.intake.stage(path, "demo")
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        owner = process_identity(process.pid)
        with college.database.begin() as connection:
            connection.execute(update(ImportBatch).where(ImportBatch.batch_id == dead.batch_id).values(owner=owner))
        assert college.intake.sweep() == []
    assert owner
    assert college.intake.sweep() == [dead.batch_id]
    assert batch_status(college, dead.batch_id) == "interrupted"
    assert not dead.staging.exists()
    assert college.intake.commit(alive).succeeded
    assert process_identity(os.getpid()) == process_identity()


def test_a_mapping_that_fails_on_the_files_closes_its_batch(college: College, inbox: Path) -> None:
    text = """
name: broken
label: broken
sources: {a: {pattern: "*.csv", format: csv}}
tables:
  - {table: dim_class, sql: "SELECT nothing FROM a", key: [class_name], columns: {class_name: nothing}}
"""
    known = {**mappings(), "broken": parse_mapping(text)}
    intake = Intake(college.settings, college.lake, college.database, known=dict(known))
    path = write_csv(inbox / "a.csv", ("班级",), [("甲",)])
    with pytest.raises(Exception, match="SQL step failed"):
        intake.run(path, "broken")
    assert batch_status(college, 1) == "refused"


def test_the_stand_in_reader_and_the_child_agree(
    college: College, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Most tests read in this process; here the same import goes through the child."""
    from data_access.intake import staging  # noqa: PLC0415

    plant(inbox, sound=False)
    here = college.intake.run(inbox, "demo", dry_run=True)
    assert staging._run_child is read_here
    monkeypatch.undo()
    there = college.intake.run(inbox, "demo", dry_run=True)
    assert (there.problems, there.waiting, there.tables) == (here.problems, here.waiting, here.tables)
