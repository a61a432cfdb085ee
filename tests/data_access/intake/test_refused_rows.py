"""Every bad row is listed with its reason and remedy, and none goes in."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from data_access.database.models import ImportProblem
from data_access.errors import IntakeError, UnknownNameError
from data_access.intake import Intake, Limits
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
from tests.data_access.intake.parcels import bring, bring_roster, conserved, plant

pytestmark = pytest.mark.usefixtures("in_process")


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
