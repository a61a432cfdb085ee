"""A small slice of the demo college as the files that the college's own systems would export.

The rows in these files are not among those that `generate` yields, so importing them adds to the lake.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from openpyxl import Workbook

from data_access.demo.campus_life import dorm_check_table
from data_access.demo.generator import Plan, build_plan
from data_access.demo.lessons import attendance_weeks, build_sessions
from data_access.demo.moods import build_drift
from data_access.demo.names import names, person_names
from data_access.demo.results import grade_table, last_graded
from data_access.demo.spec import CollegeSpec
from data_access.demo.stories import HELD_BACK_DEPARTMENT
from data_access.demo.timetable import offering_table

FIRST_NEW_SEAT = 901
"""Seats from which new students are numbered, far above any class's size."""
NEW_STUDENTS = 240
"""Students who come late or from other colleges, in a college of 12,000."""
NEW_SECTIONS = 8


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One source file: its header and rows of text."""

    header: Sequence[str]
    rows: list[list[str]]


def write_source_files(spec: CollegeSpec, directory: Path) -> list[Path]:
    """Write the files into `directory` and return their paths.

    There is no attendance file before the first lesson of the running term, no marks file before the first
    examinations, and no dormitory file before the first check.
    """
    plan = build_plan(spec)
    directory.mkdir(parents=True, exist_ok=True)
    paths = [directory / "学生名单.xlsx", directory / "教学班.csv"]
    _write_workbook(paths[0], _new_students(plan))
    _write_csv(paths[1], _new_sections(plan), encoding="utf-8-sig")
    week, attendance = _attendance(plan)
    if attendance.rows:
        paths.append(directory / f"课堂考勤_第{week:02d}周.csv")
        _write_csv(paths[-1], attendance, encoding="gb18030")
    term = last_graded(plan.college.calendar.terms)
    if term is not None:
        paths.append(directory / f"成绩单_{term.term_id}.csv")
        _write_csv(paths[-1], _grades(plan, term.term_id), encoding="utf-8-sig")
    checks = _dorm_checks(plan)
    if checks.rows:
        paths.append(directory / "宿舍检查.csv")
        _write_csv(paths[-1], checks, encoding="utf-8")
    return paths


def _new_students(plan: Plan) -> Sheet:
    college = plan.college
    rng = college.spec.stream("source.students")
    classes, majors = college.classes, college.organisation.majors
    department = college.organisation.department_id(HELD_BACK_DEPARTMENT) - 1
    year = college.calendar.current.acad_year
    here = np.flatnonzero((majors.department[classes.major] == department) & (classes.grade_year == year))
    first = int(np.flatnonzero(classes.grade_year == year)[0])
    count = max(10, round(NEW_STUDENTS * college.spec.scale))
    provinces = [name for name, _ in names()["provinces"]]
    rows = []
    for i, name in enumerate(person_names(rng, count)):
        class_ = int(here[i % len(here)])
        number = f"{year}{class_ - first + 1:03d}{FIRST_NEW_SEAT + i // len(here):03d}"
        gender = "女" if rng.random() < 0.4 else "男"
        entry = ("普通高考", "单独招生", "扩招")[int(rng.integers(0, 3))]
        province = provinces[int(rng.integers(0, len(provinces)))]
        rows.append(
            [number, name, classes.name[class_], gender, str(year), province, entry, _yes_no(rng.random() < 0.2)]
        )
    return Sheet(header=("学号", "姓名", "班级", "性别", "入学年份", "生源省份", "入学类型", "订单培养"), rows=rows)


def _new_sections(plan: Plan) -> Sheet:
    """Electives opened late in the running term, beside some sections that are known already."""
    college, teaching = plan.college, plan.teachings[-1]
    rng = college.spec.stream("source.sections")
    known = offering_table([teaching]).slice(0, NEW_SECTIONS).to_pylist()
    codes = [f"{d:02d}{i:04d}" for d, i in zip(plan.courses.department, plan.courses.ids, strict=True)]
    staff = college.organisation.staff
    numbers = [f"{year}{i:04d}" for year, i in zip(staff.hired, staff.ids, strict=True)]
    electives = plan.courses.count - len(names()["elective_courses"])
    department = int(plan.courses.department[-1])
    team = np.flatnonzero((staff.department == department) & (staff.major < 0))
    rows = [
        [
            str(row["offering_id"]),
            codes[row["course_id"] - 1],
            numbers[row["teacher_id"] - 1],
            college.classes.name[row["class_id"] - 1],
            str(row["term_id"]),
            row["delivery_mode"],
            str(row["enrolled_cnt"]),
            str(row["planned_hours"]),
            _yes_no(row["has_teaching_plan"]),
        ]
        for row in known
    ]
    for i in range(NEW_SECTIONS):
        class_ = int(teaching.main_class[i * teaching.count // NEW_SECTIONS])
        size = int(rng.integers(15, 40))
        number = teaching.term.term_id * 10_000 + teaching.count + 1 + i
        who = numbers[int(team[i % len(team)])]
        rows.append(
            [
                str(number),
                codes[electives + i],
                who,
                college.classes.name[class_],
                str(teaching.term.term_id),
                "混合式",
                str(size),
                "16",
                "是",
            ]
        )
    return Sheet(
        header=("教学班号", "课程代码", "教师工号", "班级", "学期", "授课方式", "选课人数", "计划学时", "有授课计划"),
        rows=rows,
    )


def _attendance(plan: Plan) -> tuple[int, Sheet]:
    """The week and the attendance held back."""
    teaching = plan.teachings[-1]
    header = (
        "学号",
        "教学班号",
        "上课日期",
        "节次",
        "考勤状态",
        "参与课堂",
        "布置预习",
        "完成预习",
        "布置作业",
        "完成作业",
        "即时评分",
    )
    flags = ("is_participated", "preview_due", "preview_done", "homework_due", "homework_done")
    week, rows = 0, []
    for batch in attendance_weeks(teaching, build_sessions(teaching), build_drift(teaching), held_back=True):
        week = batch.week
        numbers = _student_numbers(plan, batch.table["student_id"])
        periods = teaching.meeting_period[batch.meeting] + 1
        for number, period, row in zip(numbers, periods.tolist(), batch.table.to_pylist(), strict=True):
            stars = "" if row["instant_score"] is None else f"{row['instant_score']:g}"
            answers = [_yes_no(row[flag]) for flag in flags]
            rows.append(
                [number, str(row["offering_id"]), _day(row["date_id"]), str(period), row["status"], *answers, stars]
            )
    return week, Sheet(header=header, rows=rows)


def _grades(plan: Plan, term_id: int) -> Sheet:
    teaching = next(t for t in plan.teachings if t.term.term_id == term_id)
    table = grade_table(teaching, build_drift(teaching), held_back=True)
    rows = [
        [
            number,
            str(row["offering_id"]),
            str(row["term_id"]),
            f"{row['score']:g}",
            f"{row['credit']:g}",
            *(_yes_no(row[flag]) for flag in ("is_pass_first", "is_pass_final", "need_retake")),
        ]
        for number, row in zip(_student_numbers(plan, table["student_id"]), table.to_pylist(), strict=True)
    ]
    return Sheet(header=("学号", "教学班号", "学期", "总评成绩", "学分", "首次及格", "补考后及格", "需重修"), rows=rows)


def _dorm_checks(plan: Plan) -> Sheet:
    teaching = plan.teachings[-1]
    table = dorm_check_table(teaching, build_drift(teaching), held_back=True)
    rows = [
        [number, _day(row["date_id"]), f"{row['score']:g}"]
        for number, row in zip(_student_numbers(plan, table["student_id"]), table.to_pylist(), strict=True)
    ]
    return Sheet(header=("学号", "检查日期", "宿舍得分"), rows=rows)


def _student_numbers(plan: Plan, ids: pa.ChunkedArray) -> list[str]:
    number = plan.college.students.number
    return [number[i - 1] for i in ids.to_pylist()]


def _day(key: int) -> str:
    return f"{key // 10_000}-{key // 100 % 100:02d}-{key % 100:02d}"


def _yes_no(value: Any) -> str:
    return "是" if value else "否"


def _write_csv(path: Path, sheet: Sheet, *, encoding: str) -> None:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(sheet.header)
        writer.writerows(sheet.rows)


def _write_workbook(path: Path, sheet: Sheet) -> None:
    book = Workbook(write_only=True)
    page = book.create_sheet("学生名单")
    lines: Iterable[Sequence[str]] = (sheet.header, *sheet.rows)
    for line in lines:
        # Every cell is written as text: a student number is not a quantity.
        page.append(list(line))
    book.save(path)
