"""Classes and students of the demo college: who they are and what moves them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from data_access.demo.calendar import Calendar, Term
from data_access.demo.names import names
from data_access.demo.organisation import Organisation, build_organisation
from data_access.demo.spec import CollegeSpec
from data_access.demo.tables import Bools, Coded, Floats, Ints, build, draw

STUDY_YEARS = 3
GRADUATE_YEARS = 4
"""How many graduated cohorts exist beside the enrolled ones, so that follow-ups after three years do."""
LEAVING_RATE = 0.007
"""Share of students who leave in a term."""
NEVER = 10**6


@dataclass(frozen=True, kw_only=True)
class Classes:
    """Administrative classes by position.

    Attributes:
        major: position of the major.
        grade_year: year of entry.
        in_class_third_year: True where the class still has lessons in the autumn of its third year.
        spirit: discipline of the class as a group, in standard deviations.
    """

    name: list[str]
    major: Ints
    grade_year: Ints
    in_class_third_year: Bools
    spirit: Floats
    head_teacher: Ints
    counsellor: Ints

    @cached_property
    def ids(self) -> Ints:
        """Keys."""
        return np.arange(1, len(self.name) + 1)


@dataclass(frozen=True, kw_only=True)
class Students:
    """Students by position, sorted by class.

    Attributes:
        class_: position of the class.
        entry: ordinal of the first term.
        leaves: ordinal of the term in which the student drops out, `NEVER` for most.
        ability: ease of learning, in standard deviations.
        diligence: reliability, in standard deviations.
    """

    class_: Ints
    number: list[str]
    female: Bools
    entry: Ints
    leaves: Ints
    ability: Floats
    diligence: Floats

    @property
    def count(self) -> int:
        """How many, graduates included."""
        return len(self.number)

    @cached_property
    def ids(self) -> Ints:
        """Keys."""
        return np.arange(1, self.count + 1)


@dataclass(frozen=True, kw_only=True)
class College:
    """Everything that lasts: calendar, organisation, classes and students."""

    spec: CollegeSpec
    calendar: Calendar
    organisation: Organisation
    classes: Classes
    students: Students

    @property
    def majors_of_students(self) -> Ints:
        """Position of each student's major."""
        return self.classes.major[self.students.class_]

    def grade_in(self, term: Term) -> Ints:
        """Year of study of every student in that term; above 3 once graduated, below 1 before entry."""
        return term.acad_year - self.classes.grade_year[self.students.class_] + 1

    def present_in(self, term: Term) -> Ints:
        """Positions of the students who are enrolled in that term, or leave in it."""
        grade = self.grade_in(term)
        return np.flatnonzero((grade >= 1) & (grade <= STUDY_YEARS) & (self.students.leaves >= term.ordinal))

    def enrolled_in(self, term: Term) -> Ints:
        """Positions of the students who are on the roll at the end of that term."""
        present = self.present_in(term)
        return present[self.students.leaves[present] > term.ordinal]

    def on_campus(self, term: Term, students: Ints) -> Bools:
        """Which of these students have lessons in that term; the others are on internships."""
        grade = self.grade_in(term)[students]
        third = self.classes.in_class_third_year[self.students.class_[students]] & (term.number == 1)
        return (grade < STUDY_YEARS) | third

    def campus_in(self, term: Term) -> Ints:
        """Positions of the students with lessons in that term."""
        enrolled = self.enrolled_in(term)
        return enrolled[self.on_campus(term, enrolled)]

    @cached_property
    def graduation_years(self) -> list[int]:
        """Calendar years whose cohort has graduated by `as_of`, newest last."""
        newest = self.calendar.as_of.year if self.calendar.as_of.month >= 7 else self.calendar.as_of.year - 1
        oldest = int(self.classes.grade_year.min()) + STUDY_YEARS
        return list(range(oldest, newest + 1))


def build_college(spec: CollegeSpec, calendar: Calendar) -> College:
    """The lasting part of the demo college."""
    now = calendar.current.acad_year
    per_cohort = -(-spec.students // STUDY_YEARS)
    class_size = 40 if spec.students >= 6000 else 25
    classes_each = max(1, round(per_cohort / class_size))
    oldest = min(calendar.terms[0].acad_year - STUDY_YEARS + 1, now - STUDY_YEARS - GRADUATE_YEARS + 1)
    organisation = build_organisation(spec, min(56, classes_each), now)
    classes = _classes(spec, organisation, range(oldest, now + 1), classes_each)
    students = _students(spec, calendar, classes, organisation)
    return College(spec=spec, calendar=calendar, organisation=organisation, classes=classes, students=students)


def _classes(spec: CollegeSpec, organisation: Organisation, cohorts: range, each: int) -> Classes:
    majors, staff = organisation.majors, organisation.staff
    # Every major has a class a year; the remaining classes go to the majors that open them in turn.
    one_cohort = np.sort(np.arange(each) % majors.count)
    sequence = np.arange(each) - np.searchsorted(one_cohort, one_cohort) + 1
    major = np.tile(one_cohort, len(cohorts))
    grade_year = np.repeat(np.array(cohorts), each)
    count = len(major)
    rng = spec.stream("classes")
    teachers = staff.of_kind("专任教师")
    head = np.array([_cycle(teachers[staff.major[teachers] == m], i) for i, m in enumerate(major)])
    counsellors = staff.of_kind("辅导员")
    adviser = np.array(
        [_cycle(counsellors[staff.department[counsellors] == majors.department[m] + 1], i) for i, m in enumerate(major)]
    )
    return Classes(
        name=[
            f"{majors.prefix[m]}{y % 100:02d}{s:02d}班"
            for m, y, s in zip(major, grade_year, np.tile(sequence, len(cohorts)), strict=True)
        ],
        major=major,
        grade_year=grade_year,
        in_class_third_year=np.arange(count) % 4 == 0,
        spirit=rng.standard_normal(count),
        head_teacher=staff.ids[head],
        counsellor=staff.ids[adviser],
    )


def _cycle(positions: Ints, turn: int) -> int:
    return int(positions[turn % len(positions)])


def _students(spec: CollegeSpec, calendar: Calendar, classes: Classes, organisation: Organisation) -> Students:
    now = calendar.current
    class_of: list[Ints] = []
    leaves: list[Ints] = []
    for year in np.unique(classes.grade_year):
        rng = spec.stream("cohort", int(year))
        here = np.flatnonzero(classes.grade_year == year)
        # The enrolled cohorts add up to exactly spec.students; those who left come on top of them.
        size = spec.students // STUDY_YEARS + int(now.acad_year - year < spec.students % STUDY_YEARS)
        begun = min(now.ordinal - year * 2 + 1, STUDY_YEARS * 2)
        gone = round(size * LEAVING_RATE * begun)
        class_of.append(here[np.sort(np.arange(size + gone) % len(here))])
        when = np.full(size + gone, NEVER)
        when[rng.choice(size + gone, gone, replace=False)] = year * 2 + rng.integers(0, begun, gone)
        leaves.append(when)
    class_ = np.concatenate(class_of)
    leaving = np.concatenate(leaves)
    count = len(class_)
    rng = spec.stream("students")
    diligence = 0.85 * rng.standard_normal(count) + 0.35 * classes.spirit[class_]
    quality = organisation.majors.dimension("质量度")[classes.major[class_]]
    ability = 0.45 * diligence + 0.8 * rng.standard_normal(count) + 0.35 * quality
    seat = np.arange(count) - np.searchsorted(class_, class_) + 1
    first = np.searchsorted(classes.grade_year, classes.grade_year)
    in_cohort = np.arange(len(classes.name)) - first + 1
    # Those who drop out have rarely been reliable before.
    diligence = np.where(leaving < NEVER, diligence - 1.2, diligence)
    return Students(
        class_=class_,
        number=[
            f"{y}{c:03d}{s:03d}" for y, c, s in zip(classes.grade_year[class_], in_cohort[class_], seat, strict=True)
        ],
        female=rng.random(count) < 0.47,
        entry=classes.grade_year[class_] * 2,
        leaves=leaving,
        ability=ability,
        diligence=diligence,
    )


def dimension_tables(college: College) -> tuple[pa.Table, pa.Table]:
    """dim_class and dim_student."""
    classes, students, spec = college.classes, college.students, college.spec
    headcount = np.bincount(students.class_[students.leaves == NEVER], minlength=len(classes.name))
    dim_class = build(
        "dim_class",
        len(classes.name),
        {
            "class_id": classes.ids,
            "class_name": classes.name,
            "major_id": classes.major + 1,
            "grade_year": classes.grade_year,
            "headcount": headcount,
            "is_graduating": classes.grade_year == college.calendar.current.acad_year - STUDY_YEARS + 1,
            "head_teacher_id": classes.head_teacher,
            "counsellor_id": classes.counsellor,
        },
    )
    rng = spec.stream("dim_student")
    majors = college.organisation.majors
    count = students.count
    # Order classes and articulated programmes differ by major, so that majors differ in MAJ-IND-02 and MAJ-OPE-06.
    order_share = np.clip(14 + 7 * majors.dimension("产教融合度"), 1, 45) / 100
    linked_share = np.clip(11 + 5 * majors.dimension("开放度"), 0.5, 35) / 100
    major = college.majors_of_students
    entry = draw(rng, count, {"普通高考": 0.52, "单独招生": 0.4, "扩招": 0.08})
    linked = rng.random(count) < linked_share[major]
    codes = np.where(linked, np.where(rng.random(count) < 0.8, 3, 4), entry.codes)
    dim_student = build(
        "dim_student",
        count,
        {
            "student_id": students.ids,
            "student_no": students.number,
            "class_id": classes.ids[students.class_],
            "gender": Coded(codes=students.female.astype(np.int8), labels=("男", "女")),
            "admission_year": classes.grade_year[students.class_],
            "origin_province": draw(rng, count, dict(names()["provinces"])),
            "entry_type": Coded(codes=codes, labels=("普通高考", "单独招生", "扩招", "中高职衔接", "高本衔接")),
            "is_order_class": rng.random(count) < order_share[major],
        },
    )
    return dim_class, dim_student
