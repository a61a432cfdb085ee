"""A college in which every student's number is a canary, so that a leak shows wherever it comes out.

Three departments × two majors × two classes × seven students, current and former and future terms. Where
nothing else is said, people are anchored at department 1, major 1, class 1 (``D1M1C1``).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from data_access.contracts import contracts

CANARY = re.compile(r"卌D\dM\dC\dS\d\d")
DEPARTMENTS, MAJORS, CLASSES, STUDENTS = (range(1, n + 1) for n in (3, 2, 2, 7))
NOW, EARLIER, LATER = 20261, 20252, 20262
TERMS = {
    EARLIER: ("2025-2026", "第二学期", dt.date(2026, 2, 23), dt.date(2026, 7, 5)),
    NOW: ("2026-2027", "第一学期", dt.date(2026, 9, 7), dt.date(2027, 1, 17)),
    LATER: ("2026-2027", "第二学期", dt.date(2027, 3, 1), dt.date(2027, 7, 11)),
}
AS_OF = dt.date(2026, 11, 20)
OFFICE = 9
"""The functional department."""
NONEXISTENT = 987_654_321

MERGED_CLASS = (2, 1, 1)
"""The class that sits in an offering of department 1 together with class D1M1C1."""
LEFT, NOT_YET = (1, 1, 1, 7), (1, 1, 1, 6)
"""A student of D1M1C1 who has left the roll, and one who is enrolled for the next term only."""
REFERRED = ((1, 1, 1, 2), (2, 1, 1, 1))

Key = tuple[int, ...]


def number(*path: int) -> int:
    """The key of a department, major, class or student by its path, such as ``number(1, 1, 1, 7)``."""
    return int("".join(f"{part:02d}" for part in path))


def canary(department: int, major: int, group: int, student: int) -> str:
    """The student number of a student."""
    return f"卌D{department}M{major}C{group}S{student:02d}"


def canaries(text: str) -> set[str]:
    """All canaries in a text, also where JSON has escaped them."""
    return set(CANARY.findall(text.replace("\\u534c", "卌")))


def majors() -> Iterator[Key]:
    """Paths of all majors."""
    return ((d, m) for d in DEPARTMENTS for m in MAJORS)


def classes() -> Iterator[Key]:
    """Paths of all classes."""
    return ((*major, c) for major in majors() for c in CLASSES)


def students(*below: int) -> list[Key]:
    """Paths of all students at or below a path."""
    return [(*c, s) for c in classes() for s in STUDENTS if (*c, s)[: len(below)] == below]


def teacher(*path: int) -> int:
    """The key of the teacher of a class (three parts) or of the leader of a major or department."""
    return 700_000_000 + number(*path)


def course(*major: int) -> int:
    """The key of the course of a major."""
    return number(*major, 90)


def offering(*path: int, term: int = NOW) -> int:
    """The key of the offering of the course of a class's major, held for that class."""
    return number(*path) * 10 + {NOW: 1, EARLIER: 2, LATER: 3}[term]


def roster(*path: int, term: int = NOW) -> list[Key]:
    """Who sits in an offering: its class, and in that of D1M1C1 the merged class as well."""
    own = [s for s in students(*path) if s != NOT_YET]
    return own + (students(*MERGED_CLASS) if (path, term) == ((1, 1, 1), NOW) else [])


def tables(further: Mapping[str, Iterable[dict[str, Any]]] = MappingProxyType({})) -> dict[str, pa.Table]:
    """All tables of the college that are not empty, by name; `further` ones are rows by table."""
    rows: dict[str, Iterable[dict[str, Any]]] = {
        "dim_term": [
            {"term_id": k, "term_name": f"{v[0]} {v[1]}", "acad_year": v[0], "term_no": v[1], "start_date": v[2],
             "end_date": v[3], "teaching_weeks": 18}
            for k, v in TERMS.items()
        ],
        "dim_date": _dates(),
        "dim_department": [
            *({"dept_id": d, "dept_name": f"第{d}系", "dept_type": "教学系部", "leader_id": teacher(d)}
              for d in DEPARTMENTS),
            {"dept_id": OFFICE, "dept_name": "教务处", "dept_type": "职能部门", "leader_id": teacher(OFFICE)},
        ],
        "dim_major": [
            {"major_id": number(*m), "major_code": f"46{number(*m)}", "major_name": f"第{m[0]}系专业{m[1]}",
             "dept_id": m[0], "status": "在招", "leader_id": teacher(*m)}
            for m in majors()
        ],
        "dim_class": [
            {"class_id": number(*c), "class_name": f"班{c[0]}{c[1]}{c[2]}", "major_id": number(*c[:2]),
             "grade_year": 2025, "headcount": len(STUDENTS), "is_graduating": False, "head_teacher_id": teacher(*c),
             "counsellor_id": teacher(*c[:2], 50)}
            for c in classes()
        ],
        "dim_teacher": _teachers(),
        "dim_student": [
            {"student_id": number(*s), "student_no": canary(*s), "class_id": number(*s[:3]), "gender": "女",
             "admission_year": 2025, "origin_province": canary(*s), "entry_type": "普通高考"}
            for s in students()
        ],
        "dim_course": [
            {"course_id": course(*m), "course_code": f"K{number(*m)}", "course_name": f"课程{m[0]}{m[1]}",
             "major_id": number(*m), "dept_id": m[0], "course_type": "专业核心课", "credit": 3.0,
             "lead_teacher_id": teacher(*m)}
            for m in majors()
        ],
        "dim_offering": [
            {"offering_id": offering(*c, term=t), "class_id": number(*c), "course_id": course(*c[:2]),
             "teacher_id": teacher(*c), "term_id": t, "delivery_mode": "线下", "enrolled_cnt": len(roster(*c, term=t))}
            for c in classes() for t in TERMS
        ],
        "fact_attendance": _attendance(),
        "fact_grade": [
            {"grade_id": i, "student_id": number(*s), "offering_id": offering(*c, term=EARLIER), "term_id": EARLIER,
             "score": 60.0 + i % 40, "credit": 3.0, "is_pass_first": True, "is_pass_final": True, "need_retake": False}
            for i, (c, s) in enumerate((c, s) for c in classes() for s in roster(*c, term=EARLIER))
        ],
        "fact_student_term": [
            {"student_term_id": i, "student_id": number(*s), "term_id": NOW, "status": "退学" if s == LEFT else "在校",
             "is_on_roll": s != LEFT}
            for i, s in enumerate(students()) if s != NOT_YET
        ],
        "fact_student_event": _events(),
        "fact_special_student": [
            {"special_id": i, "student_id": number(*s), "term_id": NOW, "group_type": "心理", "is_registered": True}
            for i, s in enumerate(REFERRED)
        ],
    }  # fmt: skip
    return {name: _table(name, list(found)) for name, found in {**rows, **further}.items()}


def _table(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=contracts()[name].arrow_schema(technical=False))


def teachers() -> list[Key]:
    """Paths of all teachers: heads of departments, leaders of majors, advisers of classes, counsellors of majors."""
    places: list[Key] = [(d,) for d in (*DEPARTMENTS, OFFICE)]
    return [*places, *majors(), *classes(), *((*m, 50) for m in majors())]


def _teachers() -> Iterator[dict[str, Any]]:
    for place in teachers():
        yield {
            "teacher_id": teacher(*place), "staff_no": f"t{teacher(*place)}", "teacher_name": f"教师{number(*place)}",
            "dept_id": place[0], "major_id": number(*place[:2]) if len(place) > 1 else None,
            "staff_type": "辅导员" if place[2:] == (50,) else "专任教师",
        }  # fmt: skip


def _dates() -> Iterator[dict[str, Any]]:
    for offset in range((dt.date(2027, 7, 31) - dt.date(2026, 2, 1)).days):
        day = dt.date(2026, 2, 1) + dt.timedelta(offset)
        term = next((k for k, v in TERMS.items() if v[2] <= day <= v[3]), None)
        week = None if term is None else min((day - TERMS[term][2]).days // 7 + 1, 18)
        yield {
            "date_id": int(f"{day:%Y%m%d}"), "cal_date": day, "week_no": week, "month": day.month,
            "cal_year": day.year, "term_id": term, "is_teaching_day": term is not None and day.weekday() < 5,
        }  # fmt: skip


def _attendance() -> Iterator[dict[str, Any]]:
    """One meeting a week in the current term up to `AS_OF`, and three meetings in the term before."""
    key = 0
    for term, days in (
        (EARLIER, [TERMS[EARLIER][2] + dt.timedelta(7 * w) for w in range(3)]),
        (NOW, [TERMS[NOW][2] + dt.timedelta(7 * w) for w in range(11)]),
    ):
        for group in classes():
            for place in roster(*group, term=term):
                for day in days:
                    key += 1
                    yield {
                        "attendance_id": key, "student_id": number(*place),
                        "offering_id": offering(*group, term=term), "date_id": int(f"{day:%Y%m%d}"),
                        "status": ("旷课", "准时", "准时", "迟到", "准时")[(key + place[-1]) % 5],
                        "is_participated": key % 3 > 0, "homework_due": True, "homework_done": key % 4 > 0,
                    }  # fmt: skip


def _events() -> Iterator[dict[str, Any]]:
    kinds = ("心理辅导", "违纪", "表扬", "团学活动")
    for key, place in enumerate(students()):
        for part, kind in enumerate(kinds):
            if kind == "心理辅导" and place not in REFERRED:
                continue
            yield {
                "event_id": key * len(kinds) + part, "student_id": number(*place), "date_id": 20261012,
                "event_type": kind, "event_level": 1, "duration_hours": 1.0, "is_handled": True,
            }  # fmt: skip
