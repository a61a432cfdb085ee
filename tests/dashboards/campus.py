"""The invented college with classes, students and posts: what the homes and the pages of people ask for.

Class 1 has 40 students on its roll (101 to 140) and one who has left (141). Student 101 has slipped, 102 is
away on an internship, the others hold their rate. Figures are given only where the scope admits them.
"""

import dataclasses
import datetime as dt

import numpy as np

from dashboards.services import Services
from data_access.access.privacy import PLAIN, Privacy, Subject, Topic
from data_access.access.roles import Role
from data_access.access.viewer import Post, viewer_of
from indicators.results import (
    Absence,
    Board,
    ClassInfo,
    CourseAttendance,
    EntityInfo,
    Reading,
    Standing,
    StudentInfo,
    ValueFrame,
    ValuePoint,
)
from tests.dashboards.account_book import AccountBook
from tests.dashboards.classroom import Classroom
from tests.dashboards.college import (
    ATTENDANCE,
    CLASSES,
    COURSES,
    DEPARTMENTS,
    EVERYBODY,
    TEACHERS,
    College,
    Untouched,
    week,
)
from tests.dashboards.people import Rolls, Team
from tests.dashboards.second_classroom import Credits, Plans

TODAY = dt.date(2026, 11, 21)
SEPTEMBER = dt.date(2026, 9, 1)
INTERNAL = Subject(owner="各系(部)")
NAMES = {
    "CRS-ATT-01": "到课率", "CRS-PAR-01": "参与率", "CRS-PAS-01": "达标率", "CRS-CLS-07": "作业完成率(课后)",
    "CLS-ACD-02": "班级全勤率(无旷课)", "STU-ACD-09": "学期学分绩", "TCH-TEA-04": "所授班级到课率",
    "STU-GRP-09": "心理普查完成率", "STU-PER-12": "心理辅导频次", "STU-PER-13": "违纪频次", "STU-GRP-12": "资助到位率",
    "SCH-TSK-01": "重点工作完成率(A类)", "CRS-BLD-01": "课程标准覆盖率", "CRS-BLD-09": "省级以上课程数",
}  # fmt: skip
"""The indicators that have been computed; others that a desk asks for are missing from this library."""
TOPICS = {"STU-GRP-09": Topic.SCREENING, "STU-PER-12": Topic.COUNSELLING, "STU-PER-13": Topic.DISCIPLINE,
          "STU-GRP-12": Topic.AID}  # fmt: skip
OFFICE = "教务处"
WEEKS_WITH_DATA = 11
LEFT = 141


def post(role, level, node_id, name="", **days):
    return Post(
        role=role, node_level=level, node_id=node_id, node_name=name, valid_from=days.pop("valid_from", SEPTEMBER),
        **days,
    )  # fmt: skip


LEADER = post(Role.LEADER, "school", 1, "全校")
OFFICE_HEAD = post(Role.FUNCTION_HEAD, "dept", 103, OFFICE)
DEPARTMENT_HEAD = post(Role.DEPARTMENT_HEAD, "dept", 1, DEPARTMENTS[0])
TEACHER = post(Role.TEACHER, "teacher", 1, TEACHERS[1])
ADVISER = post(Role.CLASS_ADVISER, "class", 1, CLASSES[0])
COUNSELLOR = tuple(post(Role.COUNSELLOR, "class", n, CLASSES[n - 1]) for n in (1, 2, 3))
PSYCHOLOGY = post(Role.PSYCHOLOGY_CENTRE, "school", 1, "全校")
STUDENT = post(Role.STUDENT, "student", 101, "20240001")
STEWARD = post(Role.DATA_STEWARD, "school", 1, "全校")
AUDITOR = post(Role.AUDIT_ADMINISTRATOR, "school", 1, "全校")


def viewer(*posts, name="王建国"):
    """Somebody with these posts, signed in on `TODAY`."""
    return viewer_of(posts, on=TODAY, account_id=1, username="t001", name=name)


def about(code):
    if code in TOPICS:
        return Subject(privacy=Privacy.SENSITIVE, topics=frozenset({TOPICS[code]}), owner="学生工作处")
    return dataclasses.replace(INTERNAL, owner=OFFICE if code.startswith("CRS-BLD") else INTERNAL.owner)


def info(code):
    has_lines = code not in {"STU-PER-12", "CRS-BLD-09"}
    lines = {} if has_lines else {"target": None, "warning": None, "alert": None}
    unit = "%" if has_lines else "次"
    return dataclasses.replace(ATTENDANCE, code=code, name_zh=NAMES[code], about=about(code), unit=unit, **lines)


def student_no(number):
    return f"2024{number:04d}"


class Campus(College):
    """The value service with people."""

    def indicator(self, code):
        return info(code)

    def readings(self, codes, level, entity_id, *, until, scope):
        found = []
        for code in codes:
            if code not in NAMES or not scope.admits(level, about(code)):
                continue
            values = [96.0 - n + entity_id % 3 for n in range(WEEKS_WITH_DATA)]
            points = tuple(ValuePoint(period=week(n), value=value) for n, value in enumerate(values, 1))
            found.append(Reading(info=info(code), points=points))
        return found

    def board(self, codes, level, *, term_key, below=None, entity_ids=None, scope):
        numbers = {"student": range(101, 142), "offering": range(1, 9)}.get(level, range(1, 7))
        if entity_ids is not None:
            numbers = [n for n in numbers if n in entity_ids]
        if not scope.admits(level, PLAIN):
            numbers = []
        entities = tuple(self._named(level, n) for n in numbers)
        standings = {
            code: Standing(
                info=info(code), frame=self._frame(code, entities, level, is_admitted=scope.admits(level, about(code)))
            )
            for code in codes
            if code in NAMES
        }
        return Board(entities=entities, standings=standings)

    def _named(self, level, n):
        if level == "offering":
            return self._entity(n)
        names = {
            "dept": DEPARTMENTS, "class": CLASSES, "major": [f"专业{n}" for n in range(1, 7)], "school": ["全校"] * 6,
            "course": COURSES,
        }  # fmt: skip
        return EntityInfo(entity_id=n, name=student_no(n) if level == "student" else names[level][n - 1])

    def _frame(self, code, entities, level, *, is_admitted):
        due = np.full((len(entities), WEEKS_WITH_DATA), 20.0)
        present = due - np.array([entity.entity_id % 5 for entity in entities], dtype=float).reshape(-1, 1)
        for row, entity in enumerate(entities):
            if level == "student" and entity.entity_id == 101:
                present[row, -2:] = 5
            if level == "student" and entity.entity_id == 102:
                due[row] = np.nan
        if not is_admitted:
            due[:] = np.nan
        present = np.where(np.isnan(due), np.nan, present)
        return ValueFrame(
            entities=entities, periods=tuple(week(n) for n in range(1, WEEKS_WITH_DATA + 1)),
            value=100 * present / due, numerator=present, denominator=due, rows=np.nan_to_num(due).astype(np.int64),
        )  # fmt: skip

    def series(self, code, level, entity_id, *, kind, term_key, scope):
        known = scope.admits(level, about(code))
        values = [96.0 - n + entity_id % 3 + len(level) for n in range(WEEKS_WITH_DATA)]
        return [ValuePoint(period=week(n), value=v if known else None) for n, v in enumerate(values, 1)]

    def codes_of(self, owners):
        return [code for code in NAMES if about(code).owner in owners]

    def class_info(self, class_id, *, scope):
        if not 1 <= class_id <= len(CLASSES) or not scope.admits("class"):
            return None
        return ClassInfo(
            class_id=class_id, name=CLASSES[class_id - 1], dept_id=1, dept_name=DEPARTMENTS[0], major_name="机电一体化技术",
            grade_year=2024, adviser_name="张敏", counsellor_name="刘洋",
        )  # fmt: skip

    def departments(self, *, scope):
        return super().departments(scope=EVERYBODY.scope) if scope.admits("dept") else ()

    def members(self, class_ids, *, scope):
        return [n for n in range(101, LEFT) if 1 in class_ids and scope.admits("student")]

    def student(self, student_id, *, scope):
        if not 101 <= student_id <= LEFT or not scope.admits("student"):
            return None
        return StudentInfo(
            student_id=student_id, student_no=student_no(student_id), class_id=1, class_name=CLASSES[0],
            major_name="机电一体化技术", dept_name=DEPARTMENTS[0],
        )  # fmt: skip

    def attendance_of(self, student_id, *, term_key, scope):
        if not scope.admits("student", INTERNAL):
            return []
        return [
            CourseAttendance(
                offering_id=n, course_name=COURSES[n], teacher_name=TEACHERS[n], is_in_reach=scope.admits("offering"),
                due=20, present=20 - n, absent=n, late=0, leave=0, attendance_rate=100 * (20 - n) / 20,
                participation_rate=80.0, homework_rate=None,
                absences=tuple(Absence(day=dt.date(2026, 11, 2 + d), status="旷课") for d in range(n)),
            )
            for n in range(4)
        ]  # fmt: skip

    def offering(self, offering_id, *, scope):
        found = super().offering(offering_id, scope=scope)
        return found and dataclasses.replace(found, is_whole=scope.admits("roster"))

    def roster(self, offering_id, *, scope):
        rows = super().roster(offering_id, scope=scope)
        if scope.admits("roster"):
            return rows
        return rows[:3] if scope.admits("student", INTERNAL) else ()


class NothingOwed:
    """Nobody has anything to enter."""

    def reminder(self, _viewer, *, on):
        return None


def services_of(who, campus=None, book=None):
    return Services(
        cards=book or AccountBook(),
        revisions=Untouched(),
        lessons=Classroom(),
        values=campus or Campus(),
        viewer=lambda: who,
        today=lambda: TODAY,
        rolls=Rolls(),
        team=Team(),
        second_classroom=Credits(),
        entry_tasks=NothingOwed(),
        plan_reader=Plans(),
    )
