"""Sections of a term: who teaches what to whom, and at which hours of the week."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from data_access.demo.calendar import TEACHING_WEEKS, Days, Term
from data_access.demo.curriculum import ELECTIVES_BY_TERM, Courses, courses_of_class
from data_access.demo.people import NEVER, College
from data_access.demo.stories import COLLAPSE_MAJOR, COLLAPSE_WEEK, WEAK_TEACHER_MAJOR
from data_access.demo.tables import Bools, Coded, Floats, Ints, build

MEETINGS = (
    ((0, 0), (2, 1)),
    ((0, 1), (3, 0)),
    ((1, 0), (4, 1)),
    ((1, 2), (3, 2)),
    ((2, 0), (4, 0)),
    ((0, 3), (2, 3)),
    ((1, 1),),
)
"""(weekday, period) of the meetings of a class's seven courses, before the turn of department and year."""
COLLAPSE_SHARE = 0.03


@dataclass(frozen=True, kw_only=True)
class Teaching:
    """The sections of one term, their meetings and their students.

    Attributes:
        course: position of each section's course.
        teacher: position of each section's teacher.
        main_class: position of the class with most students.
        appeal: how much a section draws its students in, in standard deviations.
        collapse_week: week from which attendance breaks down, `NEVER` for most.
        collapse_depth: how far, in logits.
        meeting_section, meeting_weekday, meeting_period: the weekly meetings.
        students: positions of the students with lessons, sorted.
        pair_student, pair_section: enrolments; the student as position in `students`.
        seat_student, seat_meeting: every student's weekly meetings, by student and weekday.
    """

    college: College
    courses: Courses
    term: Term
    course: Ints
    teacher: Ints
    main_class: Ints
    appeal: Floats
    collapse_week: Ints
    collapse_depth: Floats
    meeting_section: Ints
    meeting_weekday: Ints
    meeting_period: Ints
    students: Ints
    pair_student: Ints
    pair_section: Ints
    seat_student: Ints
    seat_meeting: Ints

    @property
    def count(self) -> int:
        """How many sections."""
        return len(self.course)

    @cached_property
    def ids(self) -> Ints:
        """Keys of the sections."""
        return self.term.term_id * 10_000 + np.arange(1, self.count + 1)

    @cached_property
    def enrolled(self) -> Ints:
        """Students per section."""
        return np.bincount(self.pair_section, minlength=self.count)

    @cached_property
    def meeting_days(self) -> Days:
        """Date of every meeting in every teaching week, shape (meetings, weeks)."""
        return self.term.first_day + self.meeting_weekday[:, None] + 7 * np.arange(TEACHING_WEEKS)[None, :]

    @cached_property
    def first_meeting(self) -> Ints:
        """Position of each section's first meeting of the week."""
        return np.searchsorted(self.meeting_section, np.arange(self.count))

    @cached_property
    def department(self) -> Ints:
        """Key of the department that teaches each section."""
        return self.courses.department[self.course]

    def section_of(self, students: Ints, turn: Ints) -> Ints:
        """For each student, given as position in `students`, one of his sections, picked by `turn`."""
        first = np.searchsorted(self.pair_student, students)
        many = np.searchsorted(self.pair_student, students, side="right") - first
        return self.pair_section[first + turn % many]


def build_teaching(college: College, courses: Courses, term: Term) -> Teaching:
    """Sections, timetable and enrolments of that term."""
    students = college.campus_in(term)
    class_of = college.students.class_[students]
    sections, members = _sections(college, courses, term, np.unique(class_of))
    course, teacher, main_class = (np.array(column) for column in zip(*sections, strict=True))
    meeting_section, weekday, period, of_class = _meetings(college, term, len(sections), main_class, members)
    pair_student, pair_section = _expand(class_of, {c: [s for s, _ in row] for c, row in members.items()})
    seat_student, seat_meeting = _expand(class_of, of_class)
    rng = college.spec.stream("sections", term.term_id)
    count = len(sections)
    skill = college.organisation.staff.skill[teacher]
    collapse = np.where(rng.random(count) < COLLAPSE_SHARE, rng.integers(5, 15, count), NEVER)
    depth = rng.uniform(1.0, 2.4, count)
    chosen = _story_section(college, courses, term, course, main_class)
    collapse[chosen], depth[chosen] = COLLAPSE_WEEK, 2.2
    return Teaching(
        college=college,
        courses=courses,
        term=term,
        course=course,
        teacher=teacher,
        main_class=main_class,
        appeal=0.7 * rng.standard_normal(count) + 0.45 * skill + 0.25 * courses.care[course],
        collapse_week=collapse,
        collapse_depth=depth,
        meeting_section=meeting_section,
        meeting_weekday=weekday,
        meeting_period=period,
        students=students,
        pair_student=pair_student,
        pair_section=pair_section,
        seat_student=seat_student,
        seat_meeting=seat_meeting,
    )


def _sections(
    college: College, courses: Courses, term: Term, present: Ints
) -> tuple[list[tuple[int, int, int]], dict[int, list[tuple[int, int]]]]:
    """Sections as (course, teacher, main class), and per class its (section, slot) pairs."""
    organisation, classes = college.organisation, college.classes
    teams = _teams(college)
    sections: list[tuple[int, int, int]] = []
    members: dict[int, list[tuple[int, int]]] = {}
    open_groups: dict[tuple[int, int, int, int], int] = {}
    rank: defaultdict[tuple[int, int], int] = defaultdict(int)
    for class_ in present.tolist():
        major = int(classes.major[class_])
        grade = int(term.acad_year - classes.grade_year[class_] + 1)
        department = int(organisation.majors.department[major])
        turn = rank[department, grade]
        rank[department, grade] += 1
        own, shared, common = courses_of_class(organisation, major, grade, term.number)
        mine: list[tuple[int, int]] = []
        required = set(common[: len(common) - ELECTIVES_BY_TERM.get((grade, term.number), 0)])
        # Own courses change places from class to class; those that join classes keep theirs.
        for k, course in enumerate(own):
            sections.append((course, _next(teams["major", major], course + class_), class_))
            mine.append((len(sections) - 1, (k + turn) % len(own)))
        for k, course in enumerate(shared + common):
            together = 2 if course in required else 1
            group = (course, department, grade, turn // together)
            if group not in open_groups:
                team = teams["department", int(courses.department[course])]
                sections.append((course, _next(team, course * 7 + turn // together + department), class_))
                open_groups[group] = len(sections) - 1
            mine.append((open_groups[group], len(own) + k))
        members[class_] = mine
    return sections, members


def _teams(college: College) -> dict[tuple[str, int], Ints]:
    staff, organisation = college.organisation.staff, college.organisation
    teachers = staff.of_kind("专任教师", "校内兼课", "企业兼职")
    teams = {("major", m): teachers[staff.major[teachers] == m] for m in range(organisation.majors.count)}
    full = staff.of_kind("专任教师", "校内兼课")
    teams |= {("department", int(d)): full[staff.department[full] == d] for d in organisation.teaching_ids}
    return teams


def _next(team: Ints, turn: int) -> int:
    return int(team[turn % len(team)])


def _meetings(
    college: College, term: Term, count: int, main_class: Ints, members: dict[int, list[tuple[int, int]]]
) -> tuple[Ints, Ints, Ints, dict[int, list[int]]]:
    """Section, weekday and period of all meetings, and per class its meetings in the order of the week."""
    slot_of = np.zeros(count, int)
    for row in members.values():
        for section, slot in row:
            slot_of[section] = slot
    classes = college.classes
    grade = term.acad_year - classes.grade_year[main_class] + 1
    turn = college.organisation.majors.department[classes.major[main_class]] * 3 + grade
    entries = [
        (section, (weekday + turn[section]) % 5, (period + turn[section] // 5) % 5)
        for section in range(count)
        for weekday, period in MEETINGS[slot_of[section]]
    ]
    section_of, weekday_of, period_of = (np.array(column) for column in zip(*entries, strict=True))
    first = np.searchsorted(section_of, np.arange(count + 1))
    of_class = {
        class_: sorted(
            (m for section, _ in row for m in range(first[section], first[section + 1])), key=lambda m: weekday_of[m]
        )
        for class_, row in members.items()
    }
    return section_of, weekday_of, period_of, of_class


def _expand(class_of: Ints, rows: dict[int, list[int]]) -> tuple[Ints, Ints]:
    """(position of the student, value) for every value of the student's class."""
    present, inverse = np.unique(class_of, return_inverse=True)
    lengths = np.array([len(rows[c]) for c in present.tolist()])
    flat = np.concatenate([np.array(rows[c]) for c in present.tolist()])
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    each = lengths[inverse]
    student = np.repeat(np.arange(len(class_of)), each)
    offset = np.arange(len(student)) - np.repeat(np.cumsum(each) - each, each)
    return student, flat[np.repeat(starts[inverse], each) + offset]


def _story_section(college: College, courses: Courses, term: Term, course: Ints, main_class: Ints) -> Ints:
    if COLLAPSE_MAJOR not in college.organisation.majors.name:
        return np.zeros(0, int)
    class_ = story_class(college, COLLAPSE_MAJOR, term, 2)
    return np.flatnonzero((main_class == class_) & (courses.major[course] >= 0))[:1]


def story_class(college: College, major: str, term: Term, grade: int) -> int:
    """Position of the first class of that major and year of study; -1 where the college has no such major."""
    organisation, classes = college.organisation, college.classes
    if major not in organisation.majors.name:
        return -1
    position = organisation.majors.name.index(major)
    found = np.flatnonzero((classes.major == position) & (classes.grade_year == term.acad_year - grade + 1))
    return int(found[0])


def story_teacher(college: College) -> int:
    """Position of the teacher whom everybody rates low; -1 where the college lacks the major."""
    organisation = college.organisation
    if WEAK_TEACHER_MAJOR not in organisation.majors.name:
        return -1
    return int(np.flatnonzero(organisation.staff.major == organisation.majors.name.index(WEAK_TEACHER_MAJOR))[0])


def offering_table(teachings: list[Teaching]) -> pa.Table:
    """dim_offering, the sections of all terms."""
    parts = []
    for teaching in teachings:
        rng = teaching.college.spec.stream("dim_offering", teaching.term.term_id)
        count = teaching.count
        blended = rng.random(count) < np.clip(0.34 + 0.12 * teaching.courses.care[teaching.course], 0.03, 0.9)
        mode = np.where(blended, np.where(rng.random(count) < 0.12, 2, 1), 0)
        weekly = np.bincount(teaching.meeting_section, minlength=count)
        parts.append(
            build(
                "dim_offering",
                count,
                {
                    "offering_id": teaching.ids,
                    "class_id": teaching.main_class + 1,
                    "course_id": teaching.courses.ids[teaching.course],
                    "teacher_id": teaching.college.organisation.staff.ids[teaching.teacher],
                    "term_id": teaching.term.term_id,
                    "delivery_mode": Coded(codes=mode, labels=("线下", "混合式", "线上")),
                    "enrolled_cnt": teaching.enrolled,
                    "planned_hours": weekly * 2 * TEACHING_WEEKS,
                    "has_teaching_plan": _plans_filed(teaching, rng),
                },
            )
        )
    return pa.concat_tables(parts)


def _plans_filed(teaching: Teaching, rng: np.random.Generator) -> Bools:
    # Departments differ: most file everything, some forget one plan in twenty.
    departments = teaching.college.organisation.teaching_count
    careless = teaching.college.spec.stream("plans_filed").choice([0.0, 0.002, 0.015, 0.04, 0.07], departments + 1)
    return rng.random(teaching.count) >= careless[teaching.department]
