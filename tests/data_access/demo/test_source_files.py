from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import pyarrow.compute as pc
import pytest
from openpyxl import load_workbook

from data_access.demo import CollegeSpec, write_source_files
from data_access.demo.stories import HELD_BACK_DEPARTMENT
from tests.data_access.demo.conftest import Tables

HEADERS = {
    "教学班.csv": "教学班号,课程代码,教师工号,班级,学期,授课方式,选课人数,计划学时,有授课计划",
    "课堂考勤_第12周.csv": "学号,教学班号,上课日期,节次,考勤状态,参与课堂,布置预习,完成预习,布置作业,完成作业,即时评分",
    "成绩单_20252.csv": "学号,教学班号,学期,总评成绩,学分,首次及格,补考后及格,需重修",
    "宿舍检查.csv": "学号,检查日期,宿舍得分",
}
ENCODINGS = {
    "教学班.csv": "utf-8-sig",
    "课堂考勤_第12周.csv": "gb18030",
    "成绩单_20252.csv": "utf-8-sig",
    "宿舍检查.csv": "utf-8",
}


@pytest.fixture(scope="module")
def files(spec: CollegeSpec, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    paths = write_source_files(spec, tmp_path_factory.mktemp("sources"))
    return {path.name: path for path in paths}


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding=ENCODINGS[path.name], newline="") as file:
        return list(csv.DictReader(file))


def test_the_files_have_the_columns_that_the_systems_export(files: dict[str, Path]) -> None:
    assert set(files) == {*HEADERS, "学生名单.xlsx"}
    for name, header in HEADERS.items():
        rows = read(files[name])
        assert rows
        assert ",".join(rows[0]) == header


def test_the_same_college_has_the_same_files(spec: CollegeSpec, files: dict[str, Path], tmp_path: Path) -> None:
    for path in write_source_files(spec, tmp_path):
        if path.suffix == ".csv":
            assert path.read_bytes() == files[path.name].read_bytes()


def test_new_students_are_not_in_the_bulk_and_their_numbers_are_text(files: dict[str, Path], college: Tables) -> None:
    cells = list(load_workbook(files["学生名单.xlsx"]).active.values)
    assert cells[0] == ("学号", "姓名", "班级", "性别", "入学年份", "生源省份", "入学类型", "订单培养")
    numbers = [row[0] for row in cells[1:]]
    assert all(isinstance(number, str) and number.isdigit() and len(number) == 10 for number in numbers)
    assert len(set(numbers)) == len(numbers)
    assert set(numbers).isdisjoint(college["dim_student"]["student_no"].to_pylist())
    assert {row[2] for row in cells[1:]} <= set(college["dim_class"]["class_name"].to_pylist())


def test_the_attendance_held_back_is_one_day_of_one_department(files: dict[str, Path], college: Tables) -> None:
    rows = read(files["课堂考勤_第12周.csv"])
    (day,) = {row["上课日期"] for row in rows}
    assert dt.date.fromisoformat(day) == dt.date(2026, 11, 20)
    sections = {int(row["教学班号"]) for row in rows}
    courses = dict(zip(*(college["dim_offering"][c].to_pylist() for c in ("offering_id", "course_id")), strict=True))
    homes = dict(zip(*(college["dim_course"][c].to_pylist() for c in ("course_id", "dept_id")), strict=True))
    titles = dict(zip(*(college["dim_department"][c].to_pylist() for c in ("dept_id", "dept_name")), strict=True))
    assert {titles[homes[courses[section]]] for section in sections} == {HELD_BACK_DEPARTMENT}
    bulk = college["fact_attendance"]
    key = int(day.replace("-", ""))
    same_day = bulk.filter(pc.field("date_id") == key)
    assert sections.isdisjoint(same_day["offering_id"].to_pylist())
    assert same_day.num_rows > len(rows), "the other departments' lessons of that day are in the bulk"


def test_marks_and_dormitory_checks_held_back_are_not_in_the_bulk(files: dict[str, Path], college: Tables) -> None:
    number = dict(zip(*(college["dim_student"][c].to_pylist() for c in ("student_no", "student_id")), strict=True))
    marks = {(number[row["学号"]], int(row["教学班号"])) for row in read(files["成绩单_20252.csv"])}
    bulk = college["fact_grade"]
    assert marks.isdisjoint(zip(bulk["student_id"].to_pylist(), bulk["offering_id"].to_pylist(), strict=True))
    checks = {(number[row["学号"]], int(row["检查日期"].replace("-", ""))) for row in read(files["宿舍检查.csv"])}
    bulk = college["fact_dorm_check"]
    assert checks.isdisjoint(zip(bulk["student_id"].to_pylist(), bulk["date_id"].to_pylist(), strict=True))


def test_some_sections_in_the_file_are_new_and_some_known(files: dict[str, Path], college: Tables) -> None:
    known = set(college["dim_offering"]["offering_id"].to_pylist())
    listed = [int(row["教学班号"]) for row in read(files["教学班.csv"])]
    assert any(section in known for section in listed)
    assert any(section not in known for section in listed)


def test_without_an_examined_term_there_is_no_file_of_marks(tmp_path: Path) -> None:
    paths = write_source_files(CollegeSpec(students=90, terms=1, as_of=dt.date(2026, 11, 20)), tmp_path)
    assert not [path for path in paths if path.name.startswith("成绩单")]


def test_in_the_holidays_the_last_week_of_the_term_is_held_back(tmp_path: Path) -> None:
    paths = write_source_files(CollegeSpec(students=90, terms=1, as_of=dt.date(2026, 8, 10)), tmp_path)
    assert {path.name for path in paths} >= {"课堂考勤_第19周.csv", "成绩单_20252.csv"}
