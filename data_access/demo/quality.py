"""Diagnoses of every layer, the improvements they lead to, and the alerts of the weeks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from data_access.demo.calendar import Term
from data_access.demo.curriculum import Courses
from data_access.demo.organisation import FIRST_FUNCTIONAL_ID
from data_access.demo.people import College
from data_access.demo.programmes import KEY_OF_YEAR
from data_access.demo.stories import LATE_TASK_OFFICE, SILENT_DEPARTMENT
from data_access.demo.tables import Blank, Coded, Ints, build, draw, keys_of
from data_access.demo.tasks import member_of

FIRST_KEY = 1_000_000
LAYERS = ("学校", "专业", "课程", "教师", "学生")
KINDS = ("自主诊改", "事前诊断", "事中诊断", "事后诊断", "中期检查", "校内复核", "外部评估")


def diagnosis_and_improve_tables(college: College, courses: Courses) -> tuple[pa.Table, pa.Table]:
    """fact_diagnosis and fact_improve of all terms."""
    parts = [_diagnoses(college, courses, term) for term in college.calendar.terms]
    return pa.concat_tables([d for d, _ in parts]), pa.concat_tables([i for _, i in parts])


@dataclass(frozen=True, kw_only=True)
class _Group:
    """Diagnoses of one layer and kind, one for each department named; other subjects are positions."""

    layer: int
    kind: int
    department: Ints
    major: Ints | None = None
    course: Ints | None = None
    teacher: Ints | None = None
    student: Ints | None = None

    def subject(self, name: str) -> Ints:
        """Positions of the subjects of that kind, -1 where the group has none."""
        found: Ints | None = getattr(self, name)
        return np.full(len(self.department), -1) if found is None else found


def _groups(college: College, courses: Courses, term: Term) -> list[_Group]:
    """What is diagnosed by the time at which the term stands."""
    organisation, staff, majors = college.organisation, college.organisation.staff, college.organisation.majors
    every = organisation.department_ids
    autumn = term.number == 1
    groups = [_Group(layer=0, kind=KINDS.index("事中诊断" if autumn else "事前诊断"), department=every)]
    if not autumn and term.reached(16):
        interim = KINDS.index("中期检查")
        groups.append(_Group(layer=0, kind=interim, department=every))
        groups.append(_Group(layer=1, kind=interim, department=majors.department + 1, major=np.arange(majors.count)))
    if autumn and term.reached(15):
        groups.append(_Group(layer=0, kind=KINDS.index("校内复核"), department=every))
    if term.reached(18):
        teachers = staff.of_kind("专任教师", "辅导员")
        people = college.enrolled_in(term)
        # Every student takes part once a year, half of them in each term.
        people = people[people % 2 == term.number % 2]
        homes = majors.department[college.majors_of_students[people]] + 1
        groups += [
            _Group(layer=0, kind=0, department=every),
            _Group(layer=1, kind=0, department=majors.department + 1, major=np.arange(majors.count)),
            _Group(layer=2, kind=0, department=courses.department, course=np.arange(courses.count)),
            _Group(layer=3, kind=0, department=staff.department[teachers], teacher=teachers),
            _Group(layer=4, kind=0, department=homes, student=people),
        ]
        if autumn:
            groups.append(_Group(layer=0, kind=KINDS.index("事后诊断"), department=every))
    return groups


def _diagnoses(college: College, courses: Courses, term: Term) -> tuple[pa.Table, pa.Table]:
    rng = college.spec.stream("fact_diagnosis", term.term_id)
    staff = college.organisation.staff
    groups = _groups(college, courses, term)
    sizes = [len(g.department) for g in groups]
    layer, kind = np.repeat([g.layer for g in groups], sizes), np.repeat([g.kind for g in groups], sizes)
    department = np.concatenate([g.department for g in groups])
    major, course, teacher, student = (
        np.concatenate([g.subject(name) for g in groups]) for name in ("major", "course", "teacher", "student")
    )
    count = len(layer)
    zeal = college.spec.stream("fact_diagnosis.zeal").normal(0, 0.012, FIRST_FUNCTIONAL_ID + 40)[department]
    done = rng.random(count) < np.clip(0.985 + zeal, 0, 1)
    problems = rng.poisson(np.choose(layer, [4.0, 3.0, 2.2, 2.4, 1.8]))
    first_key = term.term_id * FIRST_KEY
    diagnosis = build(
        "fact_diagnosis",
        count,
        {
            "dept_id": department,
            "major_id": Blank(values=major + 1, missing=major < 0),
            "course_id": Blank(values=course + 1, missing=course < 0),
            "teacher_id": Blank(values=staff.ids[teacher], missing=teacher < 0),
            "student_id": Blank(values=college.students.ids[student], missing=student < 0),
            "term_id": term.term_id,
            "layer": Coded(codes=layer, labels=LAYERS),
            "kind": Coded(codes=kind, labels=KINDS),
            "is_required": True,
            "is_done": done,
            "is_on_time": done & (rng.random(count) < 0.985),
            "problem_cnt": np.where(done, problems, 0),
            "score": Blank(values=np.clip(np.round(86 + 5 * rng.standard_normal(count), 1), 40, 100), missing=~done),
        },
        first_key=first_key,
    )
    return diagnosis, _improvements(college, term, first_key, department, major, course)


def _improvements(
    college: College, term: Term, first_key: int, department: Ints, major: Ints, course: Ints
) -> pa.Table:
    rng = college.spec.stream("fact_improve", term.term_id)
    every = college.organisation.department_ids
    each = max(10, round(28 * college.spec.scale))
    owner = np.repeat(every, each)
    # An item comes from a diagnosis of the same department where there is one.
    source = member_of(department, rng, owner)
    known = source >= 0
    due = term.first_day + rng.integers(10, 139, len(owner))
    is_due = due <= college.calendar.today
    slow = owner == college.organisation.department_id(LATE_TASK_OFFICE)
    zeal = college.spec.stream("fact_improve.zeal").normal(0, 0.03, FIRST_FUNCTIONAL_ID + 40)[owner]
    on_time = is_due & (rng.random(len(owner)) < np.clip(0.93 + zeal - 0.25 * slow, 0, 1))
    closed = on_time | (is_due & (rng.random(len(owner)) < 0.4)) | (~is_due & (rng.random(len(owner)) < 0.2))
    return build(
        "fact_improve",
        len(owner),
        {
            "dept_id": owner,
            "major_id": Blank(values=major[source] + 1, missing=~known | (major[source] < 0)),
            "course_id": Blank(values=course[source] + 1, missing=~known | (course[source] < 0)),
            "date_id": keys_of(due),
            "diagnosis_id": Blank(values=first_key + source, missing=~known),
            "is_due": is_due,
            "is_closed": closed,
            "is_closed_on_time": on_time,
            "effect_ok": closed & (rng.random(len(owner)) < 0.9),
            "is_rolled_over": is_due & ~closed & (rng.random(len(owner)) < 0.8),
        },
        first_key=term.term_id * KEY_OF_YEAR,
    )


def alert_table(college: College, courses: Courses, codes: list[str]) -> pa.Table:
    """fact_alert: warnings raised in the weeks of every term, and who answered them.

    Args:
        college: the college.
        courses: its courses.
        codes: codes of the indicators, in the order of their keys.
    """
    organisation = college.organisation
    departments = organisation.department_ids
    weight = np.where(departments < FIRST_FUNCTIONAL_ID, 3.0, 1.0)
    student_layer = np.array([i for i, code in enumerate(codes) if code.startswith("STU-")], int)
    course_layer = np.array([i for i, code in enumerate(codes) if code.startswith("CRS-")], int)
    parts = []
    for term in college.calendar.terms:
        rng = college.spec.stream("fact_alert", term.term_id)
        count = max(700, round(12_000 * college.spec.scale))
        department = rng.choice(departments, count, p=weight / weight.sum())
        days = np.sort(term.first_day + 7 + rng.integers(0, 133, count))
        people = college.campus_in(term)
        person = people[rng.integers(0, len(people), count)]
        home = organisation.majors.department[college.majors_of_students[person]] + 1
        about_student = (rng.random(count) < 0.6) & (department < FIRST_FUNCTIONAL_ID)
        department = np.where(about_student, home, department)
        course = member_of(courses.department, rng, department)
        about_course = ~about_student & (course >= 0)
        silent = (
            department == organisation.department_id(SILENT_DEPARTMENT)
            if SILENT_DEPARTMENT in organisation.department_names
            else np.zeros(count, bool)
        )
        mood = college.spec.stream("fact_alert.mood").normal(0, 0.02, FIRST_FUNCTIONAL_ID + 40)[department]
        kept = np.flatnonzero(days <= term.last_known_day)
        fresh = (college.calendar.today - days).astype(int) < 10
        acked = rng.random(count) < np.clip(0.945 + mood - 0.35 * silent, 0, 1)
        closed = rng.random(count) < np.where(fresh, 0.45, np.clip(0.9 + mood - 0.3 * silent, 0, 1))
        indicator = np.where(
            about_student & (len(student_layer) > 0),
            _pick(student_layer, rng, count),
            np.where(
                about_course & (len(course_layer) > 0),
                _pick(course_layer, rng, count),
                rng.integers(0, max(1, len(codes)), count),
            ),
        )
        parts.append(
            build(
                "fact_alert",
                len(kept),
                {
                    "indicator_id": Blank(values=indicator[kept] + 1, missing=np.full(len(kept), not codes)),
                    "dept_id": department[kept],
                    "major_id": Blank(
                        values=college.majors_of_students[person[kept]] + 1, missing=~about_student[kept]
                    ),
                    "course_id": Blank(values=course[kept] + 1, missing=~about_course[kept]),
                    "student_id": Blank(values=college.students.ids[person[kept]], missing=~about_student[kept]),
                    "date_id": keys_of(days[kept]),
                    "level": draw(rng, len(kept), {"预警": 0.78, "警戒": 0.22}),
                    "is_acked_on_time": acked[kept],
                    "is_closed": closed[kept],
                },
                first_key=term.term_id * KEY_OF_YEAR,
            )
        )
    return pa.concat_tables(parts)


def _pick(choices: Ints, rng: np.random.Generator, count: int) -> Ints:
    lot = rng.random(count)
    return choices[(lot * len(choices)).astype(int)] if len(choices) else np.zeros(count, int)
