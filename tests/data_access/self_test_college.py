"""A small college for self-tests: one department with two majors, classes of 8, 6 and 3 students.

Student 101 is the first of class 1, 201 of class 2, 301 of class 3; class 3 is alone in major 2. All began in 2025.
Student 108 is on no roll. Term 20261 is the running one. The lake holds 自学能力 of class 2 for both terms.
"""

import datetime as dt

import pyarrow as pa
from sqlalchemy import insert

from data_access.access.actors import Actor
from data_access.access.audit import AuditLog
from data_access.access.roles import Role
from data_access.access.scope import Scope
from data_access.access.viewer import viewer_of
from data_access.contracts import contracts
from data_access.database import transaction
from data_access.database.models import ComputeRun, Entity, Period
from data_access.lake import load_tables
from data_access.readers.facts import FactReader
from data_access.readers.self_tests import SelfTestReader
from data_access.readers.stored import ValueReader
from data_access.self_test_results import Filled
from data_access.self_tests import SelfTests
from tests.data_access.access.organisations import TODAY, post_at

NOW = dt.datetime(2026, 11, 20, 4, tzinfo=dt.UTC)
ALL = Scope.all("test")
TERM, EARLIER = "2026-2027-1", "2025-2026-2"
CLASSES = {1: (1, 8), 2: (1, 6), 3: (2, 3)}
"""Major and number of students by class."""
OFF_ROLL = 108
SCREENING, LEARNING, ADAPTING = "心理健康普查", "自学能力", "职业适应能力"


def students(*classes):
    return [c * 100 + n for c in classes or CLASSES for n in range(1, CLASSES[c][1] + 1)]


def entities():
    yield {"level": "school", "entity_id": 1, "name": "全校"}
    yield {"level": "dept", "entity_id": 1, "name": "机电工程系", "dept_id": 1}
    for major in (1, 2):
        yield {"level": "major", "entity_id": major, "name": f"专业{major}", "dept_id": 1, "major_id": major}
    for number, (major, _) in CLASSES.items():
        place = {"dept_id": 1, "major_id": major, "class_id": number, "grade_year": 2025}
        yield {"level": "class", "entity_id": number, "name": f"班{number}", **place}
        for key in students(number):
            yield {"level": "student", "entity_id": key, "name": f"S{key}", "code": f"N{key}", **place}


def facts():
    for term in (20252, 20261):
        for key in students(2):
            yield {
                "test_id": term * 1000 + key, "student_id": key, "term_id": term, "scale": LEARNING,
                "is_done": True, "score": float(key - 140), "result_level": "正常" if key > 202 else "关注",
            }  # fmt: skip


def roll():
    return [
        {"student_term_id": key, "student_id": key, "term_id": 20261, "status": "在校", "is_on_roll": key != OFF_ROLL}
        for key in students()
    ]


def fill(place):
    """Puts the college into an empty installation."""
    rows = {"fact_self_test": list(facts()), "fact_student_term": roll()}
    tables = {n: pa.Table.from_pylist(r, contracts()[n].arrow_schema(technical=False)) for n, r in rows.items()}
    load_tables(place.lake, iter(tables.items()))
    blank = dict.fromkeys(("dept_id", "major_id", "class_id", "grade_year"))
    with transaction(place.database) as connection:
        connection.execute(insert(Entity), [{**blank, "code": "", **row} for row in entities()])
        for term, key, start, end in (
            (20252, EARLIER, dt.date(2026, 3, 2), dt.date(2026, 7, 5)),
            (20261, TERM, dt.date(2026, 9, 7), dt.date(2027, 1, 17)),
        ):
            connection.execute(
                insert(Period).values(
                    kind="term", period_id=term, key=key, label_zh=key, start_date=start, end_date=end, term_id=term
                )
            )
        connection.execute(
            insert(ComputeRun).values(
                kind="full", started_at=NOW, finished_at=NOW, library_version="1", data_version=1, as_of=TODAY,
                data_date=TODAY, rows_written=0,
            )
        )  # fmt: skip


def reader_of(place):
    return SelfTestReader(FactReader(place.lake, ValueReader(place.database)), place.database)


def store_of(place):
    return SelfTests(place.database, AuditLog(place.database), now=lambda: NOW)


def filled(student, scale=ADAPTING, term=TERM, score=70.0, level="正常", **answers):
    return Filled(
        student_id=student, scale=scale, scale_version="1", term_key=term, score=score, level=level,
        answers=answers or {"q01": 4, "q02": 3}, parts={"role": score},
    )  # fmt: skip


def take(place, student, scale=ADAPTING, **told):
    own = scope(Role.STUDENT, student)
    return store_of(place).submit(filled(student, scale, **told), by=Actor(f"s{student}", student), scope=own)


def scope(role, node):
    level = {Role.STUDENT: "student", Role.CLASS_ADVISER: "class", Role.MAJOR_LEADER: "major"}.get(role, "school")
    return viewer_at(role, level, node).scope


def viewer_at(role, level, node):
    return viewer_of((post_at(role, level, node),), on=TODAY, account_id=node, username=f"u{node}", name=f"某{node}")
