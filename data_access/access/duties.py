"""Who there is and who holds which duty, as the dimensions of the lake say it: a table of rules with reasons.

Nothing here knows of accounts; `data_access.access.derivation` keeps accounts and posts in step with it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from data_access.access.roles import Role
from data_access.engines import QueryEngine

TEACHING_STAFF: Final = ("专任教师", "校内兼课", "企业兼职")
"""Categories of staff who teach, whether or not a section of theirs has been imported."""

_PEOPLE: Final = """
    WITH newest AS (SELECT max(term_id) AS term_id FROM fact_student_term),
    snapshot AS (
        SELECT student_id,
               bool_and(coalesce(is_on_roll, status NOT IN ('退学', '转出', '毕业', '结业'), true)) AS stays
        FROM fact_student_term
        WHERE term_id = (SELECT term_id FROM newest)
        GROUP BY student_id
    ),
    students AS MATERIALIZED (
        SELECT s.student_id, s.student_no, s.class_id,
               coalesce(
                   p.stays,
                   n.term_id IS NULL OR coalesce(s.admission_year, c.grade_year, 9999) >= n.term_id // 10
               ) AS is_on_roll
        FROM dim_student s
        CROSS JOIN newest n
        LEFT JOIN snapshot p USING (student_id)
        LEFT JOIN dim_class c ON c.class_id = s.class_id
    ),
    open_classes AS (
        SELECT class_id, any_value(c.head_teacher_id) AS head_teacher_id, any_value(c.counsellor_id) AS counsellor_id
        FROM dim_class c LEFT JOIN students s USING (class_id)
        GROUP BY class_id
        HAVING count(s.student_id) = 0 OR bool_or(s.is_on_roll)
    )"""
"""``students``: all of them, and whether they are on the roll. ``open_classes``: those that have not ended.

The newest snapshot of the roll decides. Whoever is missing from it is off the roll, graduates among them, but for
those admitted in its academic year or later: new students come before their first snapshot. Without any
snapshot everybody is on the roll. A class has ended when it has students and none of them is on the roll.
"""


@dataclass(frozen=True, kw_only=True)
class DutyRule:
    """How posts in a role follow from the lake.

    Attributes:
        person_kind: dimension of the holders, ``teacher`` or ``student``.
        sql: SELECT of node and person, one row a post; it may ask ``students`` and ``open_classes``.
        reason: why the relation gives the role.
    """

    role: Role
    node_level: str
    sql: str
    reason: str
    person_kind: str = "teacher"


DUTY_RULES: Final = (
    DutyRule(
        role=Role.LEADER,
        node_level="school",
        sql="SELECT 1, teacher_id FROM dim_teacher WHERE staff_type = '校领导'",
        reason="人员类别为校领导",
    ),
    DutyRule(
        role=Role.DEPARTMENT_HEAD,
        node_level="dept",
        sql="SELECT dept_id, leader_id FROM dim_department WHERE dept_type = '教学系部'",
        reason="教学系部的部门负责人就是系(部)主任",
    ),
    DutyRule(
        role=Role.FUNCTION_HEAD,
        node_level="dept",
        sql="SELECT dept_id, leader_id FROM dim_department WHERE dept_type IN ('职能部门', '教辅单位')",
        reason="职能部门与教辅单位的部门负责人",
    ),
    DutyRule(
        role=Role.MAJOR_LEADER,
        node_level="major",
        sql="SELECT major_id, leader_id FROM dim_major",
        reason="专业维登记的专业带头人",
    ),
    DutyRule(
        role=Role.COURSE_LEADER,
        node_level="course",
        sql="SELECT course_id, lead_teacher_id FROM dim_course",
        reason="课程维登记的课程负责人",
    ),
    DutyRule(
        role=Role.TEACHER,
        node_level="teacher",
        sql=f"""SELECT teacher_id, teacher_id FROM dim_teacher
                WHERE staff_type IN {TEACHING_STAFF} OR teacher_id IN (SELECT teacher_id FROM dim_offering)""",
        reason="教师编制或担任过教学班主讲",
    ),
    DutyRule(
        role=Role.CLASS_ADVISER,
        node_level="class",
        sql="SELECT class_id, head_teacher_id FROM open_classes",
        reason="行政班维登记的班主任,至本班学生全部离校为止",
    ),
    DutyRule(
        role=Role.COUNSELLOR,
        node_level="class",
        sql="SELECT class_id, counsellor_id FROM open_classes",
        reason="行政班维登记的辅导员,至本班学生全部离校为止",
    ),
    DutyRule(
        role=Role.STUDENT,
        node_level="student",
        sql="SELECT student_id, student_id FROM students WHERE is_on_roll",
        reason="学籍快照中在籍的学生",
        person_kind="student",
    ),
)
"""Every way in which the roster gives a post. What is not here comes from an import or from an administrator."""

_REFERRED: Final = """
    SELECT student_id FROM fact_special_student
    WHERE group_type = '心理' AND is_registered AND student_id IS NOT NULL
      AND term_id = (SELECT max(term_id) FROM fact_special_student)
    UNION
    SELECT student_id FROM fact_student_event
    WHERE event_type = '心理辅导' AND student_id IS NOT NULL
      AND date_id >= (
          SELECT min(CAST(strftime(start_date, '%Y%m%d') AS BIGINT))
          FROM (SELECT start_date FROM dim_term WHERE start_date <= DATE '{on}' ORDER BY start_date DESC LIMIT 2)
      )"""
"""Students in the care of the psychology centre on a day.

Those registered in the latest term are handed to it. Those counselled in the running or the former term come to it
whether or not anybody registered them, and who counsels somebody must see how they fare; a term later the centre
still follows up on them. The running term is the latest that has begun, so that a holiday belongs to the one before.
"""


class PersonKey(NamedTuple):
    """A row of dim_teacher (kind ``teacher``) or dim_student (kind ``student``)."""

    kind: str
    person_id: int


class Duty(NamedTuple):
    """One post as the lake knows it."""

    role: Role
    node_level: str
    node_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Somebody who works or studies at the college now.

    Attributes:
        number: staff or student number as the dimension writes it; empty where it has none.
        name: name of a member of staff; of a student the number, for the dimension has no names.
    """

    kind: str
    person_id: int
    number: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Roster:
    """What the lake says about people.

    Attributes:
        duties: whoever holds any, with all they hold; each of them is in `people`.
        referred: keys of the students in the care of the psychology centre.
        unknown: relations that name somebody who is not in the dimension.
    """

    people: dict[PersonKey, Person]
    duties: dict[PersonKey, frozenset[Duty]]
    referred: frozenset[int]
    unknown: tuple[str, ...]


def read_roster(engine: QueryEngine, *, on: dt.date) -> Roster:
    """The people on the roster of the lake that `engine` reads, and their duties, on a day."""
    people = {PersonKey(person.kind, person.person_id): person for person in _people(engine)}
    duties: dict[PersonKey, set[Duty]] = {}
    unknown = []
    for rule, node_id, person_id in _relations(engine):
        key = PersonKey(rule.person_kind, person_id)
        if key in people:
            duties.setdefault(key, set()).add(Duty(rule.role, rule.node_level, node_id))
        else:
            unknown.append(f"{rule.role} of {rule.node_level}:{node_id}: there is no {key.kind} {person_id}")
    return Roster(
        people=people,
        duties={key: frozenset(held) for key, held in duties.items()},
        referred=frozenset(engine.query(_REFERRED.format(on=on))["student_id"].to_pylist()),
        unknown=tuple(sorted(unknown)),
    )


def _people(engine: QueryEngine) -> Iterator[Person]:
    for row in engine.query("SELECT teacher_id, staff_no, teacher_name FROM dim_teacher").to_pylist():
        number = (row["staff_no"] or "").strip()
        name = (row["teacher_name"] or "").strip() or number
        yield Person(kind="teacher", person_id=row["teacher_id"], number=number, name=name)
    for row in engine.query(f"{_PEOPLE} SELECT student_id, student_no FROM students WHERE is_on_roll").to_pylist():
        number = (row["student_no"] or "").strip()
        yield Person(kind="student", person_id=row["student_id"], number=number, name=number)


def _relations(engine: QueryEngine) -> Iterator[tuple[DutyRule, int, int]]:
    """Every rule with the nodes and people it finds, asked in one query."""
    asked = " UNION ALL ".join(
        f"SELECT {number} AS rule, * FROM ({rule.sql}) AS found{number}(node_id, person_id)"
        for number, rule in enumerate(DUTY_RULES)
    )
    found = engine.query(f"{_PEOPLE} {asked}").to_pydict()
    for number, node_id, person_id in zip(found["rule"], found["node_id"], found["person_id"], strict=True):
        if person_id is not None:
            yield DUTY_RULES[number], node_id, person_id
