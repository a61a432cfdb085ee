"""Rows wait for what they refer to, and what was brought can be taken back."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from data_access.database.models import QuarantinedRow
from data_access.errors import IntakeError
from tests.data_access.intake.college import (
    ATTENDANCE_HEADER,
    OFFERING_HEADER,
    STUDENT_HEADER,
    College,
    attendance,
    numbers,
    offerings,
    students,
    write_csv,
)
from tests.data_access.intake.parcels import batch_status, bring, bring_roster, conserved

pytestmark = pytest.mark.usefixtures("in_process")


# -- quarantine ---------------------------------------------------------------------------------


def test_rows_wait_for_their_student_and_go_in_when_it_comes(college: College, inbox: Path) -> None:
    bring_roster(college, inbox, 2)
    early = bring(college, inbox, "课堂考勤.csv", ATTENDANCE_HEADER, attendance(numbers(4), "2025-09-01"))
    assert (early.tables["fact_attendance"].new, early.tables["fact_attendance"].quarantined) == (2, 2)
    assert conserved(early)
    late = bring(college, inbox, "学生名单.xlsx", STUDENT_HEADER, students(3))
    assert late.released == 1
    released = [row for row in college.rows("fact_attendance") if row["source_row"] == 4]
    assert [row["batch_id"] for row in released] == [early.batch_id]
    with college.database.connect() as connection:
        outcomes = connection.execute(
            select(QuarantinedRow.missing_value, QuarantinedRow.outcome).order_by(QuarantinedRow.id)
        ).all()
    assert [tuple(row) for row in outcomes] == [("2025000003", "released"), ("2025000004", "waiting")]


def test_a_chain_of_unknown_parents_is_released_at_once(college: College, inbox: Path) -> None:
    """Attendance waits for its offering, which waits for its class."""
    new_class = [(7, "C001", "T001", "软件2503", "2025-2026-1", "线下", 40, 64, "是")]
    bring_roster(college, inbox, 1)
    bring(college, inbox, "教学班.csv", OFFERING_HEADER, new_class)
    bring(college, inbox, "课堂考勤.csv", ATTENDANCE_HEADER, attendance(numbers(1), "2025-09-01", offering=7))
    assert "fact_attendance" not in college.lake.tables()
    header = ("班级名称", "专业代码", "年级", "班级人数", "是否毕业年级")
    path = write_csv(inbox / "班级.csv", header, [("软件2503", "510201", 2025, 40, "否")])
    assert college.intake.run(path, "college").released == 2
    assert len(college.rows("fact_attendance")) == 1


def test_a_row_that_lacks_two_parents_waits_for_each_in_turn(college: College, inbox: Path) -> None:
    bring(college, inbox, "课堂考勤.csv", ATTENDANCE_HEADER, attendance(numbers(2), "2025-09-01"))
    assert bring(college, inbox, "学生名单.xlsx", STUDENT_HEADER, students(2)).released == 0
    assert bring(college, inbox, "教学班.csv", OFFERING_HEADER, offerings(1)).released == 2
    assert len(college.rows("fact_attendance")) == 2


def test_a_waiting_row_is_replaced_when_it_comes_again(college: College, inbox: Path) -> None:
    bring_roster(college, inbox, 1)
    for status in ("准时", "旷课"):
        bring(
            college, inbox, "课堂考勤.csv", ATTENDANCE_HEADER, attendance(numbers(2)[1:], "2025-09-01", status=status)
        )
    assert bring(college, inbox, "学生名单.xlsx", STUDENT_HEADER, students(2)).released == 1
    assert [row["status"] for row in college.rows("fact_attendance")] == ["旷课"]


def test_departments_and_their_heads_may_name_each_other(college: College, inbox: Path) -> None:
    """Neither can come first: they are taken in together, even from two imports."""
    path = write_csv(
        inbox / "部门.csv",
        ("部门名称", "部门类型", "负责人工号"),
        [("艺术系", "教学系部", "T900"), ("财务处", "职能部门", "")],
    )
    first = college.intake.run(path, "college")
    counts = first.tables["dim_department"]
    assert (counts.new, counts.quarantined, first.problems) == (1, 1, ())
    path.unlink()
    header = ("工号", "姓名", "所属部门", "人员类别", "性别")
    write_csv(inbox / "教师.csv", header, [("T900", "王旋", "艺术系", "专任教师", "女")])
    assert college.intake.run(inbox, "college").released == 1
    departments = {row["dept_name"]: row for row in college.rows("dim_department")}
    teachers = {row["staff_no"]: row for row in college.rows("dim_teacher")}
    assert departments["艺术系"]["leader_id"] == teachers["T900"]["teacher_id"]
    assert teachers["T900"]["dept_id"] == departments["艺术系"]["dept_id"]


# -- undo ---------------------------------------------------------------------------------------


def test_undo_restores_the_tables_exactly_and_makes_rows_wait_again(college: College, inbox: Path) -> None:
    bring_roster(college, inbox, 2)
    bring(college, inbox, "课堂考勤.csv", ATTENDANCE_HEADER, attendance(numbers(3), "2025-09-01"))
    before = {name: college.rows(name) for name in college.lake.tables()}
    rows = [*students(3), ("2025000009", "新", "软件2502", "女", 2025, "河南", "普通高考", "否")]
    rows[0] = ("2025000001", "学生1", "软件2502", "男", 2024, "湖北", "扩招", "是")
    batch = bring(college, inbox, "学生名单.xlsx", STUDENT_HEADER, rows)
    assert (batch.released, len(college.rows("fact_attendance"))) == (1, 3)
    report = college.intake.undo(batch.batch_id)
    assert (report.succeeded, batch_status(college, batch.batch_id)) == (True, "undone")
    assert {name: college.rows(name) for name in college.lake.tables()} == before
    again = bring(college, inbox, "学生名单.xlsx", STUDENT_HEADER, rows)
    assert (again.status, again.released) == ("committed", 1)
    with pytest.raises(IntakeError, match="undone"):
        college.intake.undo(batch.batch_id)


def test_undo_takes_rows_back_that_were_released_later(college: College, inbox: Path) -> None:
    bring_roster(college, inbox, 1)
    early = bring(college, inbox, "课堂考勤.csv", ATTENDANCE_HEADER, attendance(numbers(2), "2025-09-01"))
    bring(college, inbox, "学生名单.xlsx", STUDENT_HEADER, students(2))
    assert len(college.rows("fact_attendance")) == 2
    assert college.intake.undo(early.batch_id).succeeded
    assert college.rows("fact_attendance") == []
    assert len(college.rows("dim_student")) == 2


def test_undo_is_refused_while_later_rows_build_on_the_batch(college: College, inbox: Path) -> None:
    roster = bring_roster(college, inbox, 2)
    later = bring(college, inbox, "课堂考勤.csv", ATTENDANCE_HEADER, attendance(numbers(2), "2025-09-01"))
    report = college.intake.undo(roster.batch_id)
    assert not report.succeeded
    assert ["2 行" in reason for reason in report.blocked] == [True]
    assert batch_status(college, roster.batch_id) == "committed"
    assert len(college.rows("dim_student")) == 2
    assert college.intake.undo(later.batch_id).succeeded
    assert college.intake.undo(roster.batch_id).succeeded
    assert college.rows("dim_student") == []


def test_undo_is_refused_when_a_later_batch_changed_the_same_rows(college: College, inbox: Path) -> None:
    first = bring_roster(college, inbox, 1)
    changed = [("2025000001", "学生1", "软件2502", "男", 2025, "河南", "普通高考", "否")]
    bring(college, inbox, "学生名单.xlsx", STUDENT_HEADER, changed)
    assert "再次改动" in college.intake.undo(first.batch_id).blocked[0]
