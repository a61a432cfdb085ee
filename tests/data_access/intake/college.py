"""A small invented college, and writers of files as its systems export them."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import xlsxwriter
from sqlalchemy import Engine

from data_access.database import open_database
from data_access.database.models import Base
from data_access.intake import Intake, Limits
from data_access.intake.reading import RESULT_FILE, FileJob, stage_file
from data_access.lake import Lake
from data_access.settings import Settings

STUDENT_HEADER = ("学号", "姓名", "班级", "性别", "入学年份", "生源省份", "入学类型", "订单培养")
OFFERING_HEADER = (
    "教学班号", "课程代码", "教师工号", "班级", "学期", "授课方式", "选课人数", "计划学时", "有授课计划",
)  # fmt: skip
ATTENDANCE_HEADER = (
    "学号", "教学班号", "上课日期", "节次", "考勤状态", "参与课堂", "布置预习", "完成预习", "布置作业", "完成作业", "即时评分",
)  # fmt: skip
GRADE_HEADER = ("学号", "教学班号", "学期", "总评成绩", "学分", "首次及格", "补考后及格", "需重修")


@dataclass(frozen=True)
class College:
    """One installation with a few classes, courses and a calendar, but no students."""

    settings: Settings
    database: Engine
    lake: Lake
    intake: Intake

    def rows(self, table: str, *columns: str) -> list[dict[str, Any]]:
        return self.lake.arrow(table, columns or None).to_pylist()

    def content(self, *tables: str) -> dict[str, set[tuple[Any, ...]]]:
        """Rows without provenance, as sets: equal contents are equal values."""
        names = tables or tuple(self.lake.tables())
        return {
            name: {tuple(row.values()) for row in self.rows(name, *self.lake.contracts[name].column_names)}
            for name in names
        }


def read_here(job_file: Path, limits: Limits) -> int:
    job = json.loads(job_file.read_text(encoding="utf-8"))
    staged = [stage_file(FileJob(**item), limits).to_dict() for item in job["files"]]
    job_file.with_name(RESULT_FILE).write_text(json.dumps(staged), encoding="utf-8")
    return 0


def dimensions() -> Iterator[tuple[str, pa.Table]]:
    days = [dt.date(2025, 9, 1) + dt.timedelta(days=n) for n in range(300)]
    yield "dim_term", pa.table({
        "term_id": [20251, 20252], "term_name": ["2025-2026-1", "2025-2026-2"], "acad_year": ["2025-2026"] * 2,
        "term_no": ["第一学期", "第二学期"], "start_date": [dt.date(2025, 9, 1), dt.date(2026, 2, 23)],
        "end_date": [dt.date(2026, 1, 18), dt.date(2026, 7, 5)], "teaching_weeks": [18, 18],
    })  # fmt: skip
    yield "dim_date", pa.table({
        "date_id": [int(day.strftime("%Y%m%d")) for day in days], "cal_date": days,
        "term_id": [20251 if day < dt.date(2026, 2, 23) else 20252 for day in days],
        "week_no": [n // 7 + 1 for n in range(300)],
    })  # fmt: skip
    yield "dim_department", pa.table({"dept_id": [1], "dept_name": ["信息工程系"], "dept_type": ["教学系部"]})
    yield "dim_major", pa.table({"major_id": [1], "major_code": ["510201"], "dept_id": [1]})
    yield "dim_teacher", pa.table({"teacher_id": [1, 2], "staff_no": ["T001", "T002"], "dept_id": [1, 1]})
    yield "dim_class", pa.table({
        "class_id": [1, 2], "class_name": ["软件2501", "软件2502"], "major_id": [1, 1], "grade_year": [2025, 2025],
    })  # fmt: skip
    yield "dim_course", pa.table({"course_id": [1, 2], "course_code": ["C001", "C002"], "dept_id": [1, 1]})


def open_college(home: Path) -> College:
    settings = Settings.at(home)
    database = open_database(settings.database_url)
    Base.metadata.create_all(database)
    lake = Lake(settings.lake_root, database, lock_wait=0.3)
    return College(settings, database, lake, Intake(settings, lake, database))


def students(count: int, *, start: int = 1, class_name: str = "软件2501") -> list[tuple[Any, ...]]:
    return [
        (f"2025{n:06d}", f"学生{n}", class_name, "男" if n % 2 else "女", 2025, "河南", "普通高考", "否")
        for n in range(start, start + count)
    ]


def offerings(count: int = 2) -> list[tuple[Any, ...]]:
    return [
        (n, f"C00{(n - 1) % 2 + 1}", "T001", "软件2501", "2025-2026-1", "线下", 40, 64, "是")
        for n in range(1, count + 1)
    ]


def attendance(numbers: Sequence[str], day: str, *, offering: Any = 1, status: str = "准时") -> list[tuple[Any, ...]]:
    return [(number, offering, day, "1-2", status, "是", "是", "否", "是", "是", "4.5") for number in numbers]


def write_csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[Any]], encoding: str = "gb18030") -> Path:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([header, *rows])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def write_xlsx(path: Path, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet()
        date = workbook.add_format({"num_format": "yyyy-mm-dd"})
        for line, row in enumerate([header, *rows]):
            for column, value in enumerate(row):
                if isinstance(value, dt.date):
                    sheet.write_datetime(line, column, dt.datetime.combine(value, dt.time()), date)
                elif isinstance(value, str):
                    sheet.write_string(line, column, value)
                else:
                    sheet.write(line, column, value)
    return path


def numbers(count: int, *, start: int = 1) -> list[str]:
    return [str(row[0]) for row in students(count, start=start)]
