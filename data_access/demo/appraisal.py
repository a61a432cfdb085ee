"""What people say of the teaching in a term: evaluations, observations, surveys; and the state of each course."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from data_access.demo.lessons import FIRST_KEY_STEP, Sessions
from data_access.demo.tables import Blank, Coded, Floats, Ints, build, draw, keys_of
from data_access.demo.timetable import Teaching, story_teacher

EVALUATORS = ("学生", "同行", "督导", "校领导", "教师自评", "社会")
SURVEYS_OF_CAMPUS = {
    "教学满意度": 0.8,
    "食堂满意度": -2.0,
    "宿舍满意度": -1.0,
    "后勤满意度": -0.4,
    "学生服务满意度": 0.2,
}
"""Surveys that every enrolled student gets, and how friendly the answers are."""
ISSUES_CLOSE_AFTER = 14
"""Days after which a problem found in an observation is expected to be put right."""


def teaching_merit(teaching: Teaching) -> Floats:
    """How well each section is taught, in standard deviations."""
    skill = teaching.college.organisation.staff.skill[teaching.teacher]
    merit = 0.6 * skill + 0.4 * teaching.appeal
    return np.where(teaching.teacher == story_teacher(teaching.college), merit - 3.2, merit)


def eval_table(teaching: Teaching) -> pa.Table:
    """fact_eval of one term: students, peers, supervisors, leaders, the teacher and outsiders."""
    term = teaching.term
    rng = teaching.college.spec.stream("fact_eval", term.term_id)
    merit = teaching_merit(teaching)
    sections = np.arange(teaching.count)
    # Every section is due a peer and a self evaluation; supervisors, leaders and outsiders see a part.
    seen = {
        kind: sections[rng.random(teaching.count) < share]
        for kind, share in (("督导", 0.85), ("校领导", 0.12), ("社会", 0.1))
    }
    groups = [teaching.pair_section, np.repeat(sections, 2), seen["督导"], seen["校领导"], sections, seen["社会"]]
    section = np.concatenate(groups)
    kind = np.repeat(np.arange(len(groups)), [len(g) for g in groups])
    count = len(section)
    answer_rate = np.clip(0.985 + 0.012 * teaching.appeal, 0.8, 1.0)[section]
    submits = np.choose(kind, [answer_rate, 0.88, 0.97, 0.96, 0.985, 0.89])
    lift = np.choose(kind, [0.0, 0.3, -2.0, -1.5, 1.2, 0.5])
    noise = np.choose(kind, [6.0, 4.5, 4.5, 5.0, 3.0, 6.0])
    own_view = np.where(kind == EVALUATORS.index("教师自评"), 0.35, 1.0)
    score = 91.2 + lift + 3.3 * merit[section] * own_view + noise * rng.standard_normal(count)
    ethics = 94.8 + 1.6 * merit[section] * own_view + 4.5 * rng.standard_normal(count)
    submitted = rng.random(count) < submits
    student = np.zeros(count, np.int64)
    student[: len(teaching.pair_student)] = teaching.college.students.ids[teaching.students[teaching.pair_student]]
    return build(
        "fact_eval",
        count,
        {
            "offering_id": teaching.ids[section],
            "term_id": term.term_id,
            "student_id": Blank(values=student, missing=student == 0),
            "evaluator_type": Coded(codes=kind, labels=EVALUATORS),
            "is_submitted": submitted,
            "score": Blank(values=np.clip(np.round(score, 1), 30, 100), missing=~submitted),
            "ethics_score": Blank(values=np.clip(np.round(ethics, 1), 30, 100), missing=~submitted),
        },
        first_key=term.term_id * FIRST_KEY_STEP,
    )


def observation_table(teaching: Teaching, sessions: Sessions) -> pa.Table:
    """fact_observation of one term: about two visits to every section, spread over the weeks."""
    term = teaching.term
    rng = teaching.college.spec.stream("fact_observation", term.term_id)
    visits = rng.choice([0, 1, 2, 3, 4], teaching.count, p=[0.06, 0.26, 0.36, 0.22, 0.1])
    section = np.repeat(np.arange(teaching.count), visits)
    meeting = teaching.first_meeting[section]
    week = rng.integers(0, sessions.exists.shape[1], len(section))
    merit = teaching_merit(teaching)[section]
    total = len(section)
    overall = 86.6 + 3.9 * merit + 2.2 * rng.standard_normal(total)
    parts = [overall + shift + 2.6 * rng.standard_normal(total) for shift in (2.4, 1.6, 0.2, -1.0, 1.2)]
    issues = rng.poisson(np.clip(1.1 - 0.5 * merit, 0.1, 4))
    role = draw(
        rng,
        total,
        {"校级督导": 0.3, "系部督导": 0.28, "校领导": 0.05, "中层干部": 0.12, "同行": 0.22, "企业督导": 0.03},
    )
    solved = rng.random(total)
    # Only lessons that took place by the cut-off can have been visited.
    rows = np.flatnonzero(sessions.exists[meeting, week] & sessions.held[meeting, week])
    rows = rows[np.lexsort((section[rows], week[rows]))]
    day = teaching.meeting_days[meeting, week][rows]
    fresh = (term.last_known_day - day).astype(int) < ISSUES_CLOSE_AFTER
    found = issues[rows]
    closed = np.where(solved[rows] < np.where(fresh, 0.5, 0.92), found, np.maximum(found - 1, 0))
    marks = [np.clip(np.round(p, 1), 40, 100)[rows] for p in parts]
    return build(
        "fact_observation",
        len(rows),
        {
            "offering_id": teaching.ids[section[rows]],
            "date_id": keys_of(day),
            "observer_role": role.where(rows),
            "prep_score": marks[0],
            "content_score": marks[1],
            "method_score": marks[2],
            "participation_score": marks[3],
            "completeness_score": marks[4],
            "total_score": np.round(sum(marks) / len(marks), 1),
            "issue_cnt": found,
            "issue_closed_cnt": closed,
        },
        first_key=term.term_id * FIRST_KEY_STEP,
    )


def course_term_table(teaching: Teaching) -> pa.Table:
    """fact_course_term of one term: every course, whether taught or not."""
    college, courses, term = teaching.college, teaching.courses, teaching.term
    rng = college.spec.stream("fact_course_term", term.term_id)
    count, care = courses.count, courses.care
    resources = rng.integers(60, 400, count)
    fresh = np.clip(0.17 + 0.07 * care + 0.03 * rng.standard_normal(count), 0.01, 0.6) * (0.25 + 0.75 * term.progress)
    learners = np.bincount(teaching.course[teaching.pair_section], minlength=count)
    enrolled = np.where(learners > 0, learners, rng.integers(15, 60, count))
    active = np.clip(0.81 + 0.08 * care + 0.05 * rng.standard_normal(count), 0.2, 1.0)
    due = np.maximum(1, np.round(rng.integers(4, 13, count) * max(term.progress, 0.2))).astype(int)
    done = rng.binomial(due, np.clip(0.93 + 0.05 * care, 0.3, 1.0))
    team = rng.integers(3, 9, count)
    # Openness of the major brings learners from outside.
    openness = np.zeros(count)
    professional = courses.major >= 0
    openness[professional] = college.organisation.majors.dimension("开放度")[courses.major[professional]]
    outside = rng.poisson(np.clip(26 + 14 * openness + 6 * care, 0.5, 90))
    return build(
        "fact_course_term",
        count,
        {
            "course_id": courses.ids,
            "term_id": term.term_id,
            "resource_cnt": resources,
            "resource_updated_cnt": np.round(resources * fresh).astype(int),
            "platform_enrolled": enrolled,
            "platform_active": np.round(enrolled * active).astype(int),
            "external_learners": outside,
            "build_task_due": due,
            "build_task_done": done,
            "team_size": team,
            "team_dual_cnt": rng.binomial(team, np.clip(0.6 + 0.1 * care, 0.1, 0.95)),
        },
        first_key=term.term_id * FIRST_KEY_STEP,
    )


def survey_table(teaching: Teaching) -> pa.Table:
    """fact_survey of one term: what students, parents, employers and staff are asked."""
    college, term = teaching.college, teaching.term
    rng = college.spec.stream("fact_survey", term.term_id)
    merit = teaching_merit(teaching)
    campus = np.arange(len(teaching.students))
    own_section = teaching.section_of(campus, rng.integers(0, 7, len(campus)))
    major = college.majors_of_students[teaching.students]
    quality = college.organisation.majors.dimension("质量度")[major]
    department_mood = college.spec.stream("fact_survey.service").normal(0, 1.3, college.organisation.teaching_count + 1)
    no_section = np.full(len(campus), -1)
    blocks: list[tuple[str, Ints, Ints, Floats]] = [
        ("课程满意度", teaching.pair_student, teaching.pair_section, 1.1 + 2.6 * merit[teaching.pair_section])
    ]
    for kind, friendly in SURVEYS_OF_CAMPUS.items():
        asks_section = kind in {"教学满意度", "学生服务满意度"}
        mood = friendly + (1.4 * quality if kind == "教学满意度" else 0) + np.zeros(len(campus))
        if kind == "学生服务满意度":
            mood = mood + department_mood[teaching.department[own_section]]
        blocks.append((kind, campus, own_section if asks_section else no_section, mood))
    asked = campus[rng.random(len(campus)) < 0.4]
    blocks.append(("家长满意度", asked, no_section[: len(asked)], 0.7 + 1.7 * quality[asked]))
    return _survey_rows(teaching, rng, blocks)


def _survey_rows(
    teaching: Teaching, rng: np.random.Generator, blocks: list[tuple[str, Ints, Ints, Floats]]
) -> pa.Table:
    college, term = teaching.college, teaching.term
    # Employers answer about interns of the final year; staff answer for themselves, without a student.
    enrolled = college.enrolled_in(term)
    interns = enrolled[~college.on_campus(term, enrolled)]
    about = interns[rng.random(len(interns)) < 0.3]
    staff = college.organisation.staff.count
    kinds = [b[0] for b in blocks] + ["用人单位满意度", "教职工满意度"]
    sizes = [len(b[1]) for b in blocks] + [len(about), staff]
    student = np.concatenate([*(teaching.students[b[1]] for b in blocks), about, np.full(staff, -1)])
    section = np.concatenate([*(b[2] for b in blocks), np.full(len(about) + staff, -1)])
    mood = np.concatenate([*(b[3] for b in blocks), np.full(len(about), 0.4), np.full(staff, -0.9)])
    kind = np.repeat(np.arange(len(kinds)), sizes)
    count = len(kind)
    score = np.clip(np.round(89.5 + 1.6 * mood + 6.5 * rng.standard_normal(count)), 0, 100)
    submitted = rng.random(count) < 0.9
    ids = college.students.ids[student]
    return build(
        "fact_survey",
        count,
        {
            "student_id": Blank(values=ids, missing=student < 0),
            "offering_id": Blank(values=teaching.ids[section], missing=section < 0),
            "term_id": term.term_id,
            "survey_type": Coded(codes=kind, labels=kinds),
            "is_submitted": submitted,
            "score": Blank(values=score, missing=~submitted),
            "is_satisfied": Blank(values=score >= 80, missing=~submitted),
        },
        first_key=term.term_id * FIRST_KEY_STEP,
    )
