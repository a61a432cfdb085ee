"""Growth of the students in a term: status, plans, events, assessments, self-tests, class activities."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from data_access.demo.calendar import TERM_WEEKS, is_holiday
from data_access.demo.lessons import FIRST_KEY_STEP
from data_access.demo.moods import Drift
from data_access.demo.people import STUDY_YEARS, College
from data_access.demo.second_classroom import TENTHS_A_TERM, credit_tenths
from data_access.demo.stories import UNRULY_MAJOR, UNRULY_WEEKS
from data_access.demo.tables import Blank, Bools, Coded, Floats, Ints, build, keys_of
from data_access.demo.timetable import Teaching, story_class

EVENTS_A_TERM = {
    "课外学习": 21.0,
    "师生沟通": 7.5,
    "团学活动": 4.6,
    "社会兼职": 0.45,
    "表扬": 0.5,
    "心理辅导": 0.06,
    "违纪": 0.035,
    "同学纠纷": 0.03,
}
"""Events of an average student in a whole term; students on internships have fewer."""
STATUSES = ("在校", "校外实习", "休学", "退学", "转出")


def student_term_table(teaching: Teaching, failed_before: Ints | None) -> pa.Table:
    """fact_student_term of one term: everybody on the roll and those who leave in it.

    Args:
        teaching: the term.
        failed_before: failed courses of every student of the college in the term before, None if unknown.
    """
    college, term = teaching.college, teaching.term
    rng = college.spec.stream("fact_student_term", term.term_id)
    people = college.present_in(term)
    count = len(people)
    leaving = college.students.leaves[people] == term.ordinal
    away = ~college.on_campus(term, people)
    status = np.where(leaving, np.where(rng.random(count) < 0.6, 3, 4), np.where(away, 1, 0))
    status[~leaving & (rng.random(count) < 0.004)] = 2
    grade = college.grade_in(term)[people]
    seniority = (grade - 1) * 2 + term.number
    required = TENTHS_A_TERM / 10 * seniority
    students = college.students
    risk = -2.0 * students.diligence[people] - 1.6 * students.ability[people] + 1.5 * rng.standard_normal(count)
    # Without a term before, the weakest are taken to have failed; freshmen have no record at all.
    warned = (risk > 5.6) if failed_before is None else failed_before[people] >= 2
    return build(
        "fact_student_term",
        count,
        {
            "student_id": college.students.ids[people],
            "term_id": term.term_id,
            "status": Coded(codes=status, labels=STATUSES),
            "is_on_roll": ~leaving,
            "is_repeat_or_warn": warned & (seniority > 1),
            "second_class_credit": credit_tenths(college, term, people) / 10,
            "second_class_required": required,
        },
        first_key=term.term_id * FIRST_KEY_STEP,
    )


def student_plan_table(teaching: Teaching) -> pa.Table:
    """fact_student_plan: study and personal plans at the start of a term, career plans in mid-term."""
    college, term = teaching.college, teaching.term
    rng = college.spec.stream("fact_student_plan", term.term_id)
    people = college.enrolled_in(term)
    kinds = ("学业计划", "个人发展规划", "职业生涯规划")
    due = [k for k, week in ((0, 2), (1, 3), (2, 9)) if term.reached(week) and (term.number == 1 or k != 1)]
    kind = np.repeat(due, len(people)).astype(int)
    who = np.tile(people, len(due))
    count = len(who)
    spirit = college.classes.spirit[college.students.class_[who]]
    diligence = college.students.diligence[who]
    on_time = rng.random(count) < np.clip(0.982 + 0.014 * spirit + 0.01 * diligence, 0.6, 1)
    submitted = on_time | (rng.random(count) < 0.7)
    goals = rng.integers(3, 8, count)
    done = rng.binomial(goals, np.clip(0.8 + 0.06 * diligence + 0.03 * spirit, 0.1, 1.0))
    score = np.clip(np.round(82 + 4 * diligence + 6 * rng.standard_normal(count)), 30, 100)
    return build(
        "fact_student_plan",
        count,
        {
            "student_id": college.students.ids[who],
            "term_id": term.term_id,
            "plan_type": Coded(codes=kind, labels=kinds),
            "is_submitted": submitted,
            "is_on_time": on_time,
            "quality_score": Blank(values=score, missing=~submitted),
            "goal_cnt": goals,
            "goal_done_cnt": done,
        },
        first_key=term.term_id * FIRST_KEY_STEP,
    )


def student_event_table(teaching: Teaching, drift: Drift) -> pa.Table:
    """fact_student_event of one term."""
    college, term = teaching.college, teaching.term
    rng = college.spec.stream("fact_student_event", term.term_id)
    people = college.enrolled_in(term)
    campus = college.on_campus(term, people)
    diligence = college.students.diligence[people]
    spirit = college.classes.spirit[college.students.class_[people]]
    unruly = college.students.class_[people] == story_class(college, UNRULY_MAJOR, term, 1)
    lively = np.exp(0.3 * diligence) * np.where(campus, 1.0, 0.6)
    slipping = np.zeros(len(people))
    slipping[campus] = drift.depth * (drift.start < TERM_WEEKS)
    troubled = np.exp(-0.9 * diligence - 0.4 * spirit + 0.35 * slipping) * np.where(campus, 1.0, 0.2)
    kinds = tuple(EVENTS_A_TERM)
    who, kind, week = [], [], []
    for code, (name, mean) in enumerate(EVENTS_A_TERM.items()):
        swing = {"违纪": troubled + 9.0 * unruly, "同学纠纷": troubled, "心理辅导": np.sqrt(troubled)}.get(name, lively)
        number = rng.poisson(mean * swing / swing.mean() * (1 + 8.0 * unruly if name == "违纪" else 1.0))
        member = np.repeat(np.arange(len(people)), number)
        when = rng.integers(0, TERM_WEEKS, len(member))
        if name == "违纪":
            storm = rng.integers(UNRULY_WEEKS[0] - 1, UNRULY_WEEKS[1], len(member))
            when = np.where(unruly[member], storm, when)
        who.append(member)
        kind.append(np.full(len(member), code))
        week.append(when)
    member, codes, weeks = (np.concatenate(column) for column in (who, kind, week))
    days = term.first_day + weeks * 7 + rng.integers(0, 7, len(weeks))
    extra = _event_details(college, rng, people[member], Coded(codes=codes, labels=kinds))
    rows = np.flatnonzero(days <= term.last_known_day)
    rows = rows[np.argsort(days[rows], kind="stable")]
    fresh = (term.last_known_day - days[rows]).astype(int) < 7
    return build(
        "fact_student_event",
        len(rows),
        {
            "student_id": college.students.ids[people[member[rows]]],
            "date_id": keys_of(days[rows]),
            "event_type": Coded(codes=codes[rows], labels=kinds),
            "event_level": extra[0][rows],
            "duration_hours": extra[1][rows],
            "is_handled": ~fresh | (extra[2][rows] < 0.6),
            "reporter_id": extra[3][rows],
        },
        first_key=term.term_id * FIRST_KEY_STEP,
    )


def _event_details(
    college: College, rng: np.random.Generator, student: Ints, kind: Coded
) -> tuple[Ints, Floats, Floats, Ints]:
    count = len(student)
    breach, quarrel, job = (kind.equals(name) for name in ("违纪", "同学纠纷", "社会兼职"))
    level = np.where(breach, rng.choice([0, 1, 2, 3, 4], count, p=[0.72, 0.17, 0.07, 0.03, 0.01]), 0)
    level = np.where(quarrel, rng.integers(0, 2, count), level)
    hours = np.where(job, rng.gamma(4, 14, count), rng.uniform(0.5, 2.5, count))
    class_ = college.students.class_[student]
    reporter = np.where(
        breach | kind.equals("心理辅导"), college.classes.counsellor[class_], college.classes.head_teacher[class_]
    )
    return level, np.round(hours, 1), rng.random(count), reporter


def student_assess_table(teaching: Teaching) -> pa.Table:
    """fact_student_assess of one term, at its end."""
    college, term = teaching.college, teaching.term
    rng = college.spec.stream("fact_student_assess", term.term_id)
    people = college.enrolled_in(term)
    count = len(people)
    diligence, ability = college.students.diligence[people], college.students.ability[people]
    spirit = college.classes.spirit[college.students.class_[people]]

    def mark(mean: float, person: Floats, spread: float = 4.0) -> Floats:
        score = mean + person + 1.0 * spirit + spread * rng.standard_normal(count)
        return np.clip(np.round(score, 1), 20, 100)

    parts = [mark(85.5, 3 * diligence), mark(84, 2.5 * ability), mark(82, 3 * diligence, 6), mark(74, 4 * diligence, 8)]
    overall = np.round(0.4 * parts[0] + 0.3 * parts[1] + 0.2 * parts[2] + 0.1 * parts[3] + rng.normal(2, 2, count), 1)
    basic, career = mark(70, 4 * ability), mark(68, 3 * ability + 2 * diligence)
    peers = mark(84, 2 * diligence)
    return build(
        "fact_student_assess",
        count,
        {
            "student_id": college.students.ids[people],
            "term_id": term.term_id,
            "ideology_score": parts[0],
            "humanity_score": parts[1],
            "social_practice_score": parts[2],
            "social_work_score": parts[3],
            "comprehensive_score": np.minimum(overall, 100),
            "peer_mean": peers,
            "peer_std": np.round(peers * np.clip(rng.normal(0.12, 0.05, count), 0.02, 0.5), 2),
            "basic_pre": basic,
            "basic_post": np.clip(np.round(basic + 4.6 + 1.2 * diligence + 3 * rng.standard_normal(count), 1), 0, 100),
            "career_pre": career,
            "career_post": np.clip(
                np.round(career + 4.8 + 1.2 * diligence + 3 * rng.standard_normal(count), 1), 0, 100
            ),
            "typical_ability_score": mark(80, 3 * ability, 6),
        },
        first_key=term.term_id * FIRST_KEY_STEP,
    )


def self_test_table(teaching: Teaching) -> pa.Table:
    """fact_self_test of one term: the census of minds in autumn, the other scales at the end of every term."""
    college, term = teaching.college, teaching.term
    rng = college.spec.stream("fact_self_test", term.term_id)
    people = college.enrolled_in(term)
    scales = ("心理健康普查", "自学能力", "职业适应能力", "职业成熟度", "综合自测")
    due = [0] if term.number == 1 and term.reached(6) else []
    due += [1, 2, 3] if term.reached(18) else []
    due += [4] if term.number == 2 and term.reached(18) else []
    scale = np.repeat(due, len(people)).astype(int)
    who = np.tile(people, len(due))
    count = len(who)
    spirit = college.classes.spirit[college.students.class_[who]]
    person = 0.6 * college.students.diligence[who] + 0.4 * college.students.ability[who]
    rate = np.where(scale == 0, 0.993, 0.945) + 0.008 * spirit + 0.006 * person
    score = np.clip(np.round(74.5 + 3.5 * person + 1.4 * spirit + 7 * rng.standard_normal(count), 1), 10, 100)
    done = rng.random(count) < rate
    return build(
        "fact_self_test",
        count,
        {
            "student_id": college.students.ids[who],
            "term_id": term.term_id,
            "scale": Coded(codes=scale, labels=scales),
            "is_done": done,
            "score": Blank(values=score, missing=~done),
            "result_level": Blank(
                values=Coded(codes=np.searchsorted([52.0, 60.0], score, side="right"), labels=("预警", "关注", "正常")),
                missing=~done,
            ),
        },
        first_key=term.term_id * FIRST_KEY_STEP,
    )


def class_activity_table(teaching: Teaching) -> pa.Table:
    """fact_class_activity: a class meeting every other week, political study in the weeks between."""
    college, term = teaching.college, teaching.term
    rng = college.spec.stream("fact_class_activity", term.term_id)
    classes = np.flatnonzero(np.isin(term.acad_year - college.classes.grade_year + 1, range(1, STUDY_YEARS + 1)))
    enrolled = college.enrolled_in(term)
    campus = np.bincount(college.students.class_[teaching.students], minlength=len(college.classes.name))
    size = np.bincount(college.students.class_[enrolled], minlength=len(college.classes.name))
    weeks = np.arange(TERM_WEEKS - 2)
    class_, week = (grid.ravel() for grid in np.meshgrid(classes, weeks, indexing="ij"))
    # Classes on internships meet online once a month.
    away = campus[class_] == 0
    days = term.first_day + week * 7 + np.where(week % 2 == 0, 6, 2)
    shape = len(class_)
    spirit = college.classes.spirit[class_]
    score = np.clip(np.round(85.5 + 2.6 * spirit + 4 * rng.standard_normal(shape), 1), 40, 100)
    rate = np.clip(0.962 + 0.014 * spirit - 0.02 * away, 0.6, 1)
    present = rng.binomial(size[class_], rate)
    keep: Bools = (
        (days <= term.last_known_day)
        & (~away | (week % 4 == 0) | (week % 4 == 1))
        & ~is_holiday(days)
        & (size[class_] > 0)
    )
    rows = np.flatnonzero(keep)
    rows = rows[np.argsort(days[rows], kind="stable")]
    return build(
        "fact_class_activity",
        len(rows),
        {
            "class_id": college.classes.ids[class_[rows]],
            "date_id": keys_of(days[rows]),
            "activity_type": Coded(codes=(week[rows] % 2).astype(int), labels=("主题班会", "政治学习")),
            "score": score[rows],
            "present_cnt": present[rows],
            "should_cnt": size[class_[rows]],
        },
        first_key=term.term_id * FIRST_KEY_STEP,
    )


def special_student_table(teaching: Teaching) -> pa.Table:
    """fact_special_student of one term: students who need help, and whether they get it."""
    college, term = teaching.college, teaching.term
    rng = college.spec.stream("fact_special_student", term.term_id)
    enrolled = college.enrolled_in(term)
    grade = college.grade_in(term)[enrolled]
    weak = -college.students.diligence[enrolled] - college.students.ability[enrolled]
    chance = rng.random((4, len(enrolled)))
    members = [
        enrolled[chance[0] < 0.105],
        enrolled[chance[1] < 0.012],
        enrolled[(grade == STUDY_YEARS) & (chance[2] < np.where(weak > 1, 0.2, 0.06))],
        enrolled[chance[3] < np.where(weak > 2, 0.25, 0.012)],
    ]
    kind = np.repeat(np.arange(4), [len(m) for m in members])
    who = np.concatenate(members)
    count = len(who)
    department = college.organisation.majors.department[college.majors_of_students[who]]
    # Departments differ in how well they look after these students.
    effort = college.spec.stream("special.effort").normal(0, 1, college.organisation.specialist_count)[department]
    careful = np.clip(0.985 + 0.012 * effort, 0.85, 1)
    full = np.where(kind == 1, 12, 6)
    due = np.maximum(1, np.round(full * term.progress)).astype(int)
    aid_due = (kind == 0) & (rng.random(count) < 0.93)
    funded = rng.random(count) < np.clip(0.988 + 0.012 * effort, 0.9, 1)
    return build(
        "fact_special_student",
        count,
        {
            "student_id": college.students.ids[who],
            "term_id": term.term_id,
            "group_type": Coded(codes=kind, labels=("经济困难", "心理", "就业困难", "学业困难")),
            "is_registered": rng.random(count) < careful,
            "has_plan": rng.random(count) < careful,
            "has_owner": rng.random(count) < careful,
            "contact_due": due,
            "contact_done": rng.binomial(due, np.clip(0.95 + 0.03 * effort, 0.6, 1)),
            "aid_due": aid_due,
            "is_aided": aid_due & funded,
            "is_resolved": rng.random(count) < np.where(kind == 2, np.clip(0.85 + 0.07 * effort, 0.3, 1), 0.3),
        },
        first_key=term.term_id * FIRST_KEY_STEP,
    )
