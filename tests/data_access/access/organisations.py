"""Random organisations and random posts in them, drawn by Hypothesis; small, and broken wherever reality may be.

Every pointer may be null or lead to a node that is gone; nodes move by pointing elsewhere. Ids of different
levels overlap, so that a mix-up of levels shows.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from data_access.access.roles import ROLES, Role
from data_access.access.viewer import Post

TODAY = dt.date(2026, 11, 20)
GONE = 90
"""Id of a node of every level that is not there any more."""
DEPARTMENTS = {1: "机电工程系", 2: "信息工程系", 3: "质量办", 4: "心理健康教育中心"}
ALIASES = {3: "教育质量监督评价中心(质量办)"}


@dataclass(frozen=True)
class Organisation:
    """Who belongs to what, as the dimension tables say it: ids and what they point at."""

    majors: dict[int, int | None] = field(default_factory=dict)
    classes: dict[int, int | None] = field(default_factory=dict)
    students: dict[int, int | None] = field(default_factory=dict)
    teachers: dict[int, tuple[int | None, int | None]] = field(default_factory=dict)
    """department, major"""
    courses: dict[int, tuple[int | None, int | None]] = field(default_factory=dict)
    """department, major"""
    offerings: dict[int, tuple[int | None, int | None, int | None]] = field(default_factory=dict)
    """course, class, teacher"""
    referred: frozenset[int] = frozenset()

    def ids(self, level: str) -> set[int]:
        """All nodes of a level."""
        return {
            "school": {1},
            "dept": set(DEPARTMENTS),
            "major": set(self.majors),
            "class": set(self.classes),
            "student": set(self.students),
            "course": set(self.courses),
            "offering": set(self.offerings),
            "teacher": set(self.teachers),
        }[level]

    def dimensions(self) -> dict[str, list[dict[str, Any]]]:
        """The rows of the dimension tables, without what nobody asks for here."""
        return {
            "dim_department": [
                {"dept_id": key, "dept_name": name, "alias_names": ALIASES.get(key)}
                for key, name in DEPARTMENTS.items()
            ],
            "dim_major": [{"major_id": k, "major_name": f"专业{k}", "dept_id": d} for k, d in self.majors.items()],
            "dim_class": [{"class_id": k, "class_name": f"班{k}", "major_id": m} for k, m in self.classes.items()],
            "dim_student": [{"student_id": k, "student_no": f"S{k}", "class_id": c} for k, c in self.students.items()],
            "dim_teacher": [
                {"teacher_id": k, "teacher_name": f"师{k}", "dept_id": d, "major_id": m}
                for k, (d, m) in self.teachers.items()
            ],
            "dim_course": [
                {"course_id": k, "course_name": f"课{k}", "dept_id": d, "major_id": m}
                for k, (d, m) in self.courses.items()
            ],
            "dim_offering": [
                {"offering_id": k, "course_id": c, "class_id": g, "teacher_id": t}
                for k, (c, g, t) in self.offerings.items()
            ],
        }

    def entities(self) -> Iterator[dict[str, Any]]:
        """The rows of the table of entities that follow from the dimensions."""
        yield {"level": "school", "entity_id": 1}
        for key in DEPARTMENTS:
            yield {"level": "dept", "entity_id": key, "dept_id": key}
        for key, dept in self.majors.items():
            yield {"level": "major", "entity_id": key, "major_id": key, "dept_id": dept}
        for key, major in self.classes.items():
            place = {"class_id": key, "major_id": major, "dept_id": self.majors.get(major)}
            yield {"level": "class", "entity_id": key, **place}
        for key, group in self.students.items():
            major = self.classes.get(group)
            place = {"class_id": group, "major_id": major, "dept_id": self.majors.get(major)}
            yield {"level": "student", "entity_id": key, **place}
        for key, (dept, major) in self.teachers.items():
            yield {"level": "teacher", "entity_id": key, "teacher_id": key, "dept_id": dept, "major_id": major}
        for key, (dept, major) in self.courses.items():
            yield {"level": "course", "entity_id": key, "course_id": key, "dept_id": dept, "major_id": major}
        for key, (course, group, teacher) in self.offerings.items():
            place = {"course_id": course, "class_id": group, "teacher_id": teacher}
            dept, major = self.courses.get(course, (None, None))[0], self.classes.get(group)
            yield {"level": "offering", "entity_id": key, **place, "dept_id": dept, "major_id": major}


@st.composite
def organisations(draw: st.DrawFn) -> Organisation:
    """Organisations of up to four majors, five classes and ten students; some levels may be empty."""

    def ids(most: int) -> range:
        return range(1, draw(st.integers(0, most)) + 1)

    def one_of(keys: Any) -> int | None:
        return draw(st.sampled_from([*keys, *keys, None, GONE]))

    majors = {key: one_of(DEPARTMENTS) for key in ids(4)}
    classes = {key: one_of(majors) for key in ids(5)}
    students = {key: one_of(classes) for key in ids(10)}
    teachers = {key: (one_of(DEPARTMENTS), one_of(majors)) for key in ids(4)}
    courses = {key: (one_of(DEPARTMENTS), one_of(majors)) for key in ids(4)}
    offerings = {key: (one_of(courses), one_of(classes), one_of(teachers)) for key in ids(6)}
    referred = draw(st.frozensets(st.sampled_from([*students, GONE]), max_size=3))
    return Organisation(majors, classes, students, teachers, courses, offerings, referred)


@st.composite
def posts(draw: st.DrawFn, organisation: Organisation, roles: tuple[Role, ...] = tuple(Role)) -> Post:
    """A post in one of `roles`: held today mostly, at a node that mostly exists and mostly suits the role."""
    role = draw(st.sampled_from(roles))
    level = draw(st.sampled_from([*ROLES[role].nodes] * 9 + ["school", "dept", "class", "student"]))
    node = draw(st.sampled_from([*sorted(organisation.ids(level)) * 3, GONE]))
    since, until = draw(
        st.sampled_from(
            [(-400, None)] * 4
            + [(-400, 0), (0, None), (0, 0), (-400, 30)]  # held today
            + [(-400, -1), (1, None), (30, 90)]  # not any more, not yet
        )
    )
    return post_at(
        role,
        level,
        node,
        since=TODAY + dt.timedelta(since),
        until=None if until is None else TODAY + dt.timedelta(until),
        is_there=node in organisation.ids(level),
    )


def post_at(
    role: Role,
    level: str = "school",
    node: int = 1,
    *,
    since: dt.date = dt.date(2020, 9, 1),
    until: dt.date | None = None,
    is_there: bool = True,
) -> Post:
    """A post as it is read from the database, with the names of its node where the node is there."""
    name = DEPARTMENTS[node] if level == "dept" and node in DEPARTMENTS else f"{level}{node}"
    return Post(
        role=role,
        node_level=level,
        node_id=node,
        valid_from=since,
        valid_to=until,
        node_name=name if is_there else "",
        node_aliases=frozenset({ALIASES[node]}) if is_there and level == "dept" and node in ALIASES else frozenset(),
    )
