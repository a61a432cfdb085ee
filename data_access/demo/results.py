"""Results of a term: unit assessments, final marks, fitness, and who failed."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa

from data_access.demo.calendar import Term
from data_access.demo.lessons import FIRST_KEY_STEP
from data_access.demo.moods import Drift
from data_access.demo.people import NEVER
from data_access.demo.stories import HELD_BACK_DEPARTMENT
from data_access.demo.tables import Bools, Coded, Floats, Ints, build, keys_of
from data_access.demo.timetable import Teaching

UNIT_WEEKS = (3, 6, 9, 12, 15, 18)
HELD_BACK_SECTIONS = 12


def graded(term: Term) -> bool:
    """Whether the final marks of that term are known: after the examination week has begun."""
    return term.cutoff >= term.end - dt.timedelta(days=6)


def last_graded(terms: tuple[Term, ...]) -> Term | None:
    """The newest term whose marks are known, None where no term's are."""
    known = [term for term in terms if graded(term)]
    return known[-1] if known else None


def aptitude(teaching: Teaching) -> Floats:
    """Expected points above the mean of every enrolment, before the term's events."""
    students = teaching.college.students
    people = teaching.students[teaching.pair_student]
    person = 3.6 * students.ability[people] + 2.4 * students.diligence[people]
    course = -3.0 * teaching.courses.difficulty[teaching.course] + 1.6 * teaching.appeal
    return person + course[teaching.pair_section]


def unit_assess_table(teaching: Teaching, drift: Drift) -> pa.Table:
    """fact_unit_assess of one term: up to six units per enrolment."""
    term = teaching.term
    rng = teaching.college.spec.stream("fact_unit_assess", term.term_id)
    expected = aptitude(teaching)
    parts = []
    size = len(expected)
    for unit, week in enumerate(UNIT_WEEKS, start=1):
        noise = rng.standard_normal(size, dtype=np.float32)
        # Units fall on the section's first meeting of the week; a section in collapse loses its results as well.
        day = teaching.meeting_days[teaching.first_meeting[teaching.pair_section], week - 1]
        down = np.where(teaching.collapse_week < week, 9.0 * teaching.collapse_depth, 0.0)[teaching.pair_section]
        slip = 6.0 * drift.in_week(week)[teaching.pair_student]
        score = np.clip(np.round(76.8 + expected + 7.0 * noise - down - slip, 1), 0, 100)
        known = day <= term.last_known_day
        parts.append((np.flatnonzero(known), np.full(int(known.sum()), unit), day[known], score[known]))
    rows, units, days, scores = (np.concatenate(column) for column in zip(*parts, strict=True))
    return build(
        "fact_unit_assess",
        len(rows),
        {
            "student_id": teaching.college.students.ids[teaching.students[teaching.pair_student[rows]]],
            "offering_id": teaching.ids[teaching.pair_section[rows]],
            "date_id": keys_of(days),
            "unit_no": units,
            "score": scores,
            "is_reached": scores >= 65,
        },
        first_key=term.term_id * FIRST_KEY_STEP,
    )


def final_scores(teaching: Teaching, drift: Drift) -> Floats:
    """Final mark of every enrolment at the first examination, 0 to 100."""
    rng = teaching.college.spec.stream("fact_grade", teaching.term.term_id)
    spread = rng.uniform(5.5, 10.0, teaching.count)[teaching.pair_section]
    noise = rng.standard_normal(len(teaching.pair_section))
    down = np.where(teaching.collapse_week < NEVER, 3.0 * teaching.collapse_depth, 0.0)[teaching.pair_section]
    mark = 76.5 + aptitude(teaching) + spread * noise - down - drift.harm[teaching.pair_student]
    # Markers lift what is just below the line.
    lifted = np.where((mark < 60) & (mark >= 58), 60 + rng.integers(0, 3, len(mark)), mark)
    return np.clip(np.round(lifted), 0, 100)


def failed_courses(teaching: Teaching, drift: Drift) -> Ints:
    """How many courses each student of `Teaching.students` fails at first, whether or not it is known yet."""
    failed = final_scores(teaching, drift) < 60
    return np.bincount(teaching.pair_student[failed], minlength=len(teaching.students))


def held_back_grades(teaching: Teaching) -> Bools:
    """Enrolments whose marks wait in a source file: some sections of the newest term with marks."""
    newest = last_graded(teaching.college.calendar.terms)
    if newest is None or newest.term_id != teaching.term.term_id:
        return np.zeros(len(teaching.pair_section), bool)
    department = teaching.college.organisation.department_id(HELD_BACK_DEPARTMENT)
    sections = np.flatnonzero(teaching.department == department)[-HELD_BACK_SECTIONS:]
    return np.isin(teaching.pair_section, sections)


def grade_table(teaching: Teaching, drift: Drift, *, held_back: bool = False) -> pa.Table:
    """fact_grade of one term; with `held_back` only the rows that are kept for the source files."""
    rng = teaching.college.spec.stream("fact_grade.resit", teaching.term.term_id)
    scores = final_scores(teaching, drift)
    waiting = held_back_grades(teaching)
    rows = np.flatnonzero(waiting if held_back else ~waiting)
    passed = scores >= 60
    resit = passed | (rng.random(len(scores)) < np.clip(0.86 - (60 - scores) / 60, 0.15, 0.9))
    return build(
        "fact_grade",
        len(rows),
        {
            "grade_id": teaching.term.term_id * FIRST_KEY_STEP + rows,
            "student_id": teaching.college.students.ids[teaching.students[teaching.pair_student[rows]]],
            "offering_id": teaching.ids[teaching.pair_section[rows]],
            "term_id": teaching.term.term_id,
            "score": scores[rows],
            "credit": teaching.courses.credit[teaching.course[teaching.pair_section[rows]]],
            "is_pass_first": passed[rows],
            "is_pass_final": resit[rows],
            "need_retake": ~resit[rows],
        },
    )


def fitness_table(teaching: Teaching) -> pa.Table:
    """fact_fitness: students on campus are tested once a year, in autumn."""
    college, term = teaching.college, teaching.term
    rng = college.spec.stream("fact_fitness", term.term_id)
    people = teaching.students
    drive = college.students.diligence[people]
    score = np.clip(np.round(74 + 3.5 * drive + 9.5 * rng.standard_normal(len(people)), 1), 20, 100)
    return build(
        "fact_fitness",
        len(people),
        {
            "student_id": college.students.ids[people],
            "term_id": term.term_id,
            "total_score": score,
            "result_level": Coded(
                codes=np.searchsorted([60.0, 80.0, 90.0], score, side="right"),
                labels=("不及格", "及格", "良好", "优秀"),
            ),
        },
        first_key=term.term_id * FIRST_KEY_STEP,
    )
