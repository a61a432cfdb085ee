"""From files to the lake and back: nothing half, nothing silent, nothing twice."""

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
from sqlalchemy import func, select, update

from data_access.database.models import ImportBatch, ImportProblem, QuarantinedRow
from data_access.errors import IntakeError, UnknownNameError
from data_access.intake import ImportReport, Intake, Limits, mappings
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

pytestmark = pytest.mark.usefixtures("in_process")


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    return tmp_path / "收件"


def bring(college: College, inbox: Path, name: str, header: Any, rows: Any, **options: Any) -> ImportReport:
    """Import one file of its own."""
    path = inbox / name
    (write_xlsx if path.suffix == ".xlsx" else write_csv)(path, header, rows)
    report = college.intake.run(path, "demo", **options)
    path.unlink()
    return report


def bring_roster(college: College, inbox: Path, count: int = 5) -> ImportReport:
    bring(college, inbox, "教学班.csv", OFFERING_HEADER, offerings())
    return bring(college, inbox, "学生名单.xlsx", STUDENT_HEADER, students(count))


def conserved(report: ImportReport) -> bool:
    return all(c.read == c.new + c.changed + c.unchanged + c.quarantined + c.refused for c in report.tables.values())


def batch_status(college: College, batch_id: int) -> str:
    with college.database.connect() as connection:
        return str(connection.execute(select(ImportBatch.status).where(ImportBatch.batch_id == batch_id)).scalar_one())


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


# -- bad rows -----------------------------------------------------------------------------------


def plant(inbox: Path, *, sound: bool) -> None:
    """Three files; unless `sound`, with every kind of fault the importer promises to find."""
    roster = [
        ("2025000001", "NA", "软件2501", "男", 2025, "NA", "普通高考", "否"),
        ("2025000002", "张晓螺", "软件2501", "女" if sound else "未知", 2025, "河南", "普通高考", "否"),
        ("440101200501011234" if sound else 440101200501011234, "李旋", "软件2502", "男", 2025, "None", "扩招", "是"),
    ]
    write_xlsx(inbox / "学生名单.xlsx", STUDENT_HEADER, roster)
    write_csv(inbox / "教学班.csv", OFFERING_HEADER, offerings())
    rows = [
        ("2025000001", 1, "2024/9/31", "1-2", "准时", "是", "是", "是", "是", "是", ""),
        ("2025000001", 1, "2025-09-02", "1-2", "准时", "是", "是", "是", "是", "是", ""),
        ("2025000001", 1, "2025-09-02", "3-4", "旷课", "否", "是", "否", "是", "否", ""),
        ("2025999999", 1, "2025-09-03", "1-2", "准时", "是", "是", "是", "是", "是", ""),
        ("2025000002", 1, "2025-09-04", "1-2", "准时", "是", "是", "是", "是", "是", ""),
    ]
    if sound:
        rows = [(rows[0][0], 1, "2025-09-30", *rows[0][3:]), rows[1], *rows[3:]]
        write_csv(inbox / "课堂考勤_第01周.csv", ATTENDANCE_HEADER, rows, encoding="utf-8")
    else:
        path = write_csv(inbox / "课堂考勤_第01周.csv", ATTENDANCE_HEADER, rows, encoding="utf-8")
        lines = path.read_bytes().split(b"\r\n")
        lines[5] = lines[5].decode().encode("gb18030")
        path.write_bytes(b"\r\n".join(lines))
    header = GRADE_HEADER if sound else tuple(name for name in GRADE_HEADER if name != "学分")
    grade = dict(zip(GRADE_HEADER, ("2025000001", 1, "2025-2026-1", 88, 4, "是", "是", "否"), strict=True))
    write_csv(inbox / "成绩单_2025.csv", header, [[grade[name] for name in header]])


def test_planted_faults_import_nothing_and_are_all_listed_and_the_fixed_files_go_in(
    college: College, inbox: Path
) -> None:
    plant(inbox, sound=False)
    before = college.content()
    report = college.intake.run(inbox, "demo")
    assert (report.succeeded, report.status) == (False, "refused")
    assert (college.content(), college.lake.data_version()) == (before, 1)
    found = {(problem.file, problem.row, problem.column): problem for problem in report.problems}
    assert set(found) == {
        ("学生名单.xlsx", 3, "性别"),
        ("学生名单.xlsx", 4, "学号"),
        ("课堂考勤_第01周.csv", 2, "上课日期"),
        ("课堂考勤_第01周.csv", 3, "学号、教学班号、上课日期"),
        ("课堂考勤_第01周.csv", 4, "学号、教学班号、上课日期"),
        ("课堂考勤_第01周.csv", 6, ""),
        ("成绩单_2025.csv", 1, "学分"),
    }
    assert found["学生名单.xlsx", 3, "性别"].value == "未知"
    assert "将该列设为文本格式" in found["学生名单.xlsx", 4, "学号"].remedy
    assert found["课堂考勤_第01周.csv", 2, "上课日期"].value == "2024/9/31"
    assert "第 4 行" in found["课堂考勤_第01周.csv", 3, "学号、教学班号、上课日期"].reason
    assert "第 3 行" in found["课堂考勤_第01周.csv", 4, "学号、教学班号、上课日期"].reason
    assert "编码混杂" in found["课堂考勤_第01周.csv", 6, ""].reason
    assert all(problem.reason and problem.remedy for problem in report.problems)
    assert conserved(report)
    with college.database.connect() as connection:
        stored = connection.execute(
            select(func.count()).select_from(ImportProblem).where(ImportProblem.batch_id == report.batch_id)
        ).scalar()
    assert stored == len(report.problems)

    plant(inbox, sound=True)
    report = college.intake.run(inbox, "demo")
    assert (report.succeeded, report.problems) == (True, ())
    assert {row["student_no"]: row["origin_province"] for row in college.rows("dim_student")} == {
        "2025000001": "NA", "2025000002": "河南", "440101200501011234": "None",
    }  # fmt: skip
    assert [(row.file, row.row, row.missing_value) for row in report.waiting] == [
        ("课堂考勤_第01周.csv", 4, "2025999999")
    ]
    assert len(college.rows("fact_attendance")) == 3
    assert conserved(report)


def test_an_unknown_reference_is_listed_among_the_faults(college: College, inbox: Path) -> None:
    bring_roster(college, inbox, 1)
    rows = [
        *attendance(["2025000001"], "2025-09-01"),
        *attendance(["2025999999"], "2025-09-01"),
        *attendance(["2025000001"], "2031-09-01"),
    ]
    report = bring(college, inbox, "课堂考勤_第01周.csv", ATTENDANCE_HEADER, rows)
    assert [(p.row, p.column, p.value) for p in report.problems] == [(4, "上课日期", "2031-09-01")]
    assert [(w.row, w.missing_value) for w in report.waiting] == [(3, "2025999999")]
    assert "fact_attendance" not in college.lake.tables()


def test_all_faults_of_a_row_are_listed_together(college: College, inbox: Path) -> None:
    rows = [(1, "C001", "T999", "软件2501", "2031-2032-1", "隔空", 40, 64, "是"), offerings()[1]]
    report = bring(college, inbox, "教学班.csv", OFFERING_HEADER, rows)
    assert [(p.row, p.column, p.value) for p in report.problems] == [
        (2, "学期", "2031-2032-1"), (2, "授课方式", "隔空"), (2, "教师工号", "T999"),
    ]  # fmt: skip
    assert (report.tables["dim_offering"].refused, conserved(report)) == (1, True)


def test_a_refused_row_is_not_blamed_for_a_parent_that_may_still_come(college: College, inbox: Path) -> None:
    bring_roster(college, inbox, 1)
    rows = attendance(["2025999999"], "2025-09-01", status="睡觉")
    report = bring(college, inbox, "课堂考勤.csv", ATTENDANCE_HEADER, rows)
    assert [(problem.row, problem.column) for problem in report.problems] == [(2, "考勤状态")]


def test_a_cell_the_reader_objects_to_is_told_once(college: College, inbox: Path) -> None:
    rows = [("2025000001", "学生1", True, "男", 2025, "河南", "普通高考", "否")]
    report = bring(college, inbox, "学生名单.xlsx", STUDENT_HEADER, rows)
    assert [(p.row, p.column, p.value) for p in report.problems] == [(2, "班级", "TRUE")]


def test_wide_letters_and_digits_of_codes_mean_the_ordinary_ones(college: College, inbox: Path) -> None:
    bring_roster(college, inbox, 1)
    wide = str.maketrans("0123456789T", "０１２３４５６７８９Ｔ")
    days = attendance([numbers(1)[0].translate(wide)], "2025-09-01", offering="１")
    assert bring(college, inbox, "课堂考勤.csv", ATTENDANCE_HEADER, days).waiting == ()
    assert len(college.rows("fact_attendance")) == 1
    roster = [(students(1)[0][0].translate(wide), *students(1)[0][1:])]
    assert bring(college, inbox, "学生名单.xlsx", STUDENT_HEADER, roster).tables["dim_student"].unchanged == 1


def test_repeated_keys_are_shown_as_they_stand_in_the_file(college: College, inbox: Path) -> None:
    bring_roster(college, inbox, 1)
    rows = [attendance(numbers(1), day)[0] for day in ("2025-9-1", "2025/09/01")]
    report = bring(college, inbox, "课堂考勤.csv", ATTENDANCE_HEADER, rows)
    assert [(p.row, p.value) for p in report.problems] == [(3, "2025000001，1，2025/09/01")]


def test_what_lies_beside_the_files_and_is_not_read_is_noted(college: College, inbox: Path) -> None:
    write_csv(inbox / "教学班.csv", OFFERING_HEADER, offerings())
    (inbox / "往年").mkdir()
    report = college.intake.run(inbox, "demo")
    assert report.succeeded
    assert ["往年" in note for note in report.notes] == [True]


def test_rows_whose_cells_contradict_each_other_are_refused(college: College, inbox: Path) -> None:
    header = ("学期", "学期名称", "学年", "学期序", "开学日期", "放假日期", "教学周数")
    terms = [
        ("20261", "2026-2027-1", "2026-2027", "1", "2026-09-01", "2027-01-15", 18),
        ("20262", "2026-2027-2", "2027-2028", "1", "2027-02-22", "2026-07-05", 18),
    ]
    write_csv(inbox / "学期.csv", header, terms)
    days = [
        ("2026-09-01", 1, "2026-2027-1", "是"),
        ("2027-02-01", "", "2026-2027-1", "否"),
        ("2028-02-01", "", "2026-2027-1", "否"),
    ]
    write_csv(inbox / "校历.csv", ("日期", "教学周次", "学期", "是否教学日"), days)
    report = college.intake.run(inbox, "college", accept_good=True)
    assert [(p.file, p.row, p.column, p.value, p.reason) for p in report.problems] == [
        ("学期.csv", 3, "学年", "2027-2028", "学年与学期不符"),
        ("学期.csv", 3, "学期序", "第一学期", "学期序与学期不符"),
        ("学期.csv", 3, "放假日期", "2026-07-05", "放假日期不晚于开学日期"),
        ("校历.csv", 4, "日期", "2028-02-01", "日期不在学期所属的学年之内"),
    ]
    assert (report.tables["dim_term"].new, report.tables["dim_date"].new) == (1, 2)
    assert conserved(report)


def test_sound_rows_go_in_alone_only_when_asked_for(college: College, inbox: Path) -> None:
    bring_roster(college, inbox, 3)
    rows = [*attendance(numbers(3), "2025-09-01"), *attendance(numbers(2), "2025-9-2", status="逃课")]
    rows.append(rows[0])
    report = bring(college, inbox, "课堂考勤_第01周.csv", ATTENDANCE_HEADER, rows, accept_good=True)
    counts = report.tables["fact_attendance"]
    assert (report.succeeded, counts.read, counts.new, counts.refused) == (True, 6, 3, 3)
    assert [problem.row for problem in report.problems] == [5, 6, 7]
    assert "完全重复" in report.problems[-1].reason
    assert conserved(report)


def test_of_a_file_in_mixed_encodings_not_even_sound_rows_go_in(college: College, inbox: Path) -> None:
    plant(inbox, sound=False)
    report = college.intake.run(inbox, "demo", accept_good=True)
    assert report.tables["fact_attendance"].refused == report.tables["fact_attendance"].read == 5
    assert report.tables["fact_grade"].refused == 1
    assert report.tables["dim_student"].new == 1
    assert conserved(report)


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("考勤状态", "", "必填项为空"),
        ("考勤状态", "睡觉", "不在允许的取值之内"),
        ("参与课堂", "大概", "无法识别"),
        ("即时评分", "5.1", "超出允许范围"),
        ("即时评分", "nan", "无法识别"),
        ("上课日期", "45536", "无法识别"),
        ("上课日期", "2025-02-29", "无法识别"),
        ("教学班号", "", "必填项为空"),
    ],
)
def test_each_kind_of_bad_cell_has_its_reason(
    college: College, inbox: Path, column: str, value: str, reason: str
) -> None:
    bring_roster(college, inbox, 1)
    row = dict(zip(ATTENDANCE_HEADER, attendance(numbers(1), "2025-09-01")[0], strict=True))
    row[column] = value
    report = bring(college, inbox, "课堂考勤.csv", ATTENDANCE_HEADER, [list(row.values())])
    assert [(p.row, p.column, p.value, p.reason) for p in report.problems] == [(2, column, value, reason)]


@pytest.mark.parametrize(
    "day", ["2025-09-01", "2025/9/1", "20250901", "2025年9月1日", "２０２５-９-１", " 2025-09-01 08:30:00 "]
)
def test_dates_are_read_as_they_are_commonly_written(college: College, inbox: Path, day: str) -> None:
    bring_roster(college, inbox, 1)
    bring(college, inbox, "课堂考勤.csv", ATTENDANCE_HEADER, attendance(numbers(1), day))
    assert college.rows("fact_attendance", "date_id") == [{"date_id": 20250901}]


def test_a_reference_with_two_meanings_is_refused(college: College, inbox: Path) -> None:
    import pyarrow as pa  # noqa: PLC0415

    with college.lake.transaction(kind="demo") as changes:
        changes.append("dim_class", pa.table({"class_id": [9], "class_name": ["软件2501"]}))
    report = bring(college, inbox, "学生名单.xlsx", STUDENT_HEADER, students(1))
    assert ["多行" in problem.reason for problem in report.problems] == [True]


def test_a_file_too_large_and_an_unknown_mapping_are_refused_before_anything(college: College, inbox: Path) -> None:
    path = write_csv(inbox / "教学班.csv", OFFERING_HEADER, offerings())
    small = Intake(college.settings, college.lake, college.database, limits=Limits(file_bytes=10))
    with pytest.raises(IntakeError, match="上限"):
        small.run(path, "demo")
    with pytest.raises(UnknownNameError, match="Did you mean 'demo'"):
        college.intake.run(path, "deno")


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
