"""Courses of the demo college and which of them a class takes in a term."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from data_access.demo.names import names
from data_access.demo.organisation import Organisation
from data_access.demo.people import College
from data_access.demo.stories import HARD_COURSE
from data_access.demo.tables import Blank, Bools, Coded, Floats, Ints, build, draw

OWN = 10
"""Courses of a major's own."""
SHARED = 4
"""Foundation courses that the majors of a department share."""
TYPES = ("公共基础课", "专业基础课", "专业核心课", "专业拓展课")

OWN_BY_TERM = {(1, 1): (0, 1), (1, 2): (2, 3), (2, 1): (4, 5, 6), (2, 2): (7, 8, 9), (3, 1): (4, 5, 6, 7, 8, 9)}
SHARED_BY_TERM = {(1, 1): (0, 1), (1, 2): (2, 3)}
ELECTIVES_BY_TERM = {(2, 1): 2, (2, 2): 2}


@dataclass(frozen=True, kw_only=True)
class Courses:
    """Courses by position: own courses of all majors, then shared ones, public ones and electives.

    Attributes:
        major: position of the major, -1 where several majors share the course.
        department: key of the department that teaches it.
        type_: position in `TYPES`.
        difficulty: how hard it is to pass, in standard deviations.
        care: how well it is looked after (standards, resources, team), in standard deviations.
    """

    name: list[str]
    major: Ints
    department: Ints
    type_: Ints
    credit: Floats
    practical: Bools
    ideology: Bools
    innovation: Bools
    difficulty: Floats
    care: Floats

    @property
    def count(self) -> int:
        """How many."""
        return len(self.name)

    @cached_property
    def ids(self) -> Ints:
        """Keys."""
        return np.arange(1, self.count + 1)


def build_courses(college: College) -> Courses:
    """All courses of the college."""
    organisation = college.organisation
    majors = organisation.majors
    departments = names()["teaching_departments"][: organisation.specialist_count]
    own = [
        topic + departments[d]["practice" if k else "lecture"]
        for d, topics in zip(majors.department, majors.topics, strict=True)
        for topic in topics
        for k in range(2)
    ]
    public = names()["public_courses"]
    electives = names()["elective_courses"]
    shared = [course for department in departments for course in department["shared"]]
    titles = own + shared + [row[0] for row in public] + electives
    count = len(titles)
    n_own, n_shared, n_public = len(own), len(shared), len(public)
    major = np.full(count, -1)
    major[:n_own] = np.repeat(np.arange(majors.count), OWN)
    department = np.full(count, organisation.specialist_count + 2)
    department[:n_own] = np.repeat(majors.department + 1, OWN)
    department[n_own : n_own + n_shared] = np.repeat(np.arange(1, len(departments) + 1), SHARED)
    department[n_own + n_shared : n_own + n_shared + n_public] = [
        organisation.specialist_count + 1 + row[1] for row in public
    ]
    type_ = np.zeros(count, int)
    type_[:n_own] = np.tile([1, 1, 2, 2, 2, 2, 2, 2, 3, 3], majors.count)
    type_[n_own : n_own + n_shared] = 1
    rng = college.spec.stream("courses")
    credit = rng.choice([2.0, 3.0, 4.0], count, p=[0.3, 0.45, 0.25])
    flags = np.zeros((2, count), bool)
    block = slice(n_own + n_shared, n_own + n_shared + n_public)
    flags[:, block] = np.array([[row[5], row[6]] for row in public]).T
    credit[block] = [row[4] for row in public]
    practical = np.zeros(count, bool)
    practical[:n_own] = np.arange(n_own) % 2 == 1
    care = rng.standard_normal(count) * 0.9
    care[:n_own] += 0.3 * majors.dimension("保障度")[major[:n_own]]
    difficulty = rng.standard_normal(count) * 0.8 - 0.4 * practical
    difficulty[titles.index(HARD_COURSE)] = 3.4
    return Courses(
        name=titles,
        major=major,
        department=department,
        type_=type_,
        credit=credit,
        practical=practical,
        ideology=flags[0],
        innovation=flags[1],
        difficulty=difficulty,
        care=care,
    )


def courses_of_class(
    organisation: Organisation, major: int, grade: int, number: int
) -> tuple[list[int], list[int], list[int]]:
    """Courses a class takes: (its major's own, shared in the department, public and elective), as positions."""
    department = int(organisation.majors.department[major])
    n_own = organisation.majors.count * OWN
    first_public = n_own + organisation.specialist_count * SHARED
    public = names()["public_courses"]
    electives = names()["elective_courses"]
    own = [major * OWN + k for k in OWN_BY_TERM[grade, number]]
    shared = [n_own + department * SHARED + k for k in SHARED_BY_TERM.get((grade, number), ())]
    common = [first_public + i for i, row in enumerate(public) if (row[2], row[3]) == (grade, number)]
    first_elective = first_public + len(public)
    common += [
        first_elective + (department * 2 + number * 3 + k) % len(electives)
        for k in range(ELECTIVES_BY_TERM.get((grade, number), 0))
    ]
    return own, shared, common


def course_table(college: College, courses: Courses) -> pa.Table:
    """dim_course."""
    rng = college.spec.stream("dim_course")
    count, care = courses.count, courses.care
    majors = college.organisation.majors
    joint_chance = np.full(count, 0.08)
    professional = courses.major >= 0
    joint_chance[professional] = np.clip(
        0.3 + 0.15 * majors.dimension("产教融合度")[courses.major[professional]], 0, 0.9
    )
    joint = rng.random(count) < joint_chance
    in_class = courses.type_ > 0
    # 20 courses of 622 hold a provincial or national title; the best kept ones get them.
    rank = np.argsort(np.argsort(-(care + 0.7 * rng.standard_normal(count)))) / count
    hours = (courses.credit * 18).astype(int)
    share = np.where(courses.practical, 0.74, np.where(in_class, 0.36, 0.22)) + 0.08 * rng.standard_normal(count)
    staff = college.organisation.staff
    leads = [
        _lead(college, int(m), int(d), i)
        for i, (m, d) in enumerate(zip(courses.major, courses.department, strict=True))
    ]
    form = np.where(courses.practical, 2, np.where(rng.random(count) < np.where(in_class, 0.2, 0.08), 1, 0))
    textbook = draw(rng, count, {"国家规划": 0.36, "省级规划": 0.16, "校企合编": 0.14, "自编讲义": 0.16, "其他": 0.18})
    return build(
        "dim_course",
        count,
        {
            "course_id": courses.ids,
            "course_code": [f"{d:02d}{i:04d}" for d, i in zip(courses.department, courses.ids, strict=True)],
            "course_name": courses.name,
            "major_id": Blank(values=courses.major + 1, missing=~professional),
            "dept_id": courses.department,
            "course_type": Coded(codes=courses.type_, labels=TYPES),
            "teach_form": Coded(codes=form, labels=("纯理论", "理实一体", "纯实践")),
            "credit": courses.credit,
            "hours_total": hours,
            "hours_practice": np.clip(hours * share, 0, hours).astype(int),
            "is_ideology": courses.ideology,
            "is_innovation": courses.innovation,
            "level": Coded(
                codes=np.searchsorted([0.008, 0.032, 0.2, 0.8], rank, side="right"),
                labels=("国家级", "省级", "校级", "合格", "未评"),
            ),
            "has_standard": rng.random(count) < 0.985,
            "has_build_plan": rng.random(count) < np.clip(0.9 + 0.06 * care, 0, 1),
            "is_school_enterprise": joint,
            "textbook_type": textbook,
            "lead_teacher_id": staff.ids[leads],
        },
    )


def _lead(college: College, major: int, department: int, turn: int) -> int:
    staff = college.organisation.staff
    teachers = staff.of_kind("专任教师")
    team = (
        teachers[staff.major[teachers] == major] if major >= 0 else teachers[staff.department[teachers] == department]
    )
    return int(team[turn % len(team)])
