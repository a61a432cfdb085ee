"""The way into work: certificates, competitions, internships, graduation."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa

from data_access.demo.calendar import Term
from data_access.demo.lessons import FIRST_KEY_STEP
from data_access.demo.people import NEVER, STUDY_YEARS, College
from data_access.demo.results import graded
from data_access.demo.tables import Blank, Bools, Coded, Floats, Ints, build, keys_of

FOLLOW_UP_FROM = (10, 10)
"""Month and day from which the college asks the graduates of the year how they fare."""


def certificate_table(college: College, term: Term) -> pa.Table:
    """fact_certificate of one term: required ones of second and third year, and voluntary ones."""
    rng = college.spec.stream("fact_certificate", term.term_id)
    people = college.enrolled_in(term)
    grade = college.grade_in(term)[people]
    keen = (
        0.05 * college.students.diligence[people]
        + 0.03 * college.organisation.majors.dimension("质量度")[college.majors_of_students[people]]
    )
    required_rate = np.select([grade == STUDY_YEARS, (grade == 2) & (term.number == 2)], [0.86, 0.6], 0.0)
    required = people[rng.random(len(people)) < np.where(required_rate > 0, required_rate + keen, 0)]
    voluntary = people[(grade >= 2) & (rng.random(len(people)) < 0.1 + keen)]
    who = np.concatenate([required, voluntary])
    needed = np.arange(len(who)) < len(required)
    # Boards examine in weeks 9 and 10 of every term.
    day = term.first_day + 56 + rng.integers(0, 12, len(who))
    rows = np.flatnonzero(day <= term.last_known_day)
    level = rng.choice(3, len(who), p=[0.3, 0.55, 0.15])
    optional = rng.choice(4, len(who), p=[0.1, 0.2, 0.25, 0.45])
    kind = np.where(needed, rng.choice(3, len(who), p=[0.3, 0.55, 0.15]), optional)
    return build(
        "fact_certificate",
        len(rows),
        {
            "student_id": college.students.ids[who[rows]],
            "date_id": keys_of(day[rows]),
            "cert_type": Coded(codes=kind[rows], labels=("职业资格", "职业技能等级", "行业企业认证", "外语计算机")),
            "cert_level": Coded(codes=level[rows], labels=("初级", "中级", "高级")),
            "level_point": level[rows] + 1,
            "is_required": needed[rows],
        },
        first_key=term.term_id * FIRST_KEY_STEP,
    )


def competition_table(college: College, term: Term) -> pa.Table:
    """fact_competition of one term: the college's own skills weeks, and contests outside."""
    rng = college.spec.stream("fact_competition", term.term_id)
    people = college.enrolled_in(term)
    grade = college.grade_in(term)[people]
    strength = college.organisation.majors.dimension("显示度")[college.majors_of_students[people]]
    internal = people[rng.random(len(people)) < np.where(grade == STUDY_YEARS, 0.31 + 0.06 * strength, 0.06)]
    outside = people[rng.random(len(people)) < np.clip(0.024 * np.exp(0.45 * strength), 0, 0.2)]
    cultural = people[(grade < STUDY_YEARS) & (rng.random(len(people)) < 0.06)]
    who = np.concatenate([internal, outside, cultural])
    part = np.repeat([0, 1, 2], [len(internal), len(outside), len(cultural)])
    count = len(who)
    kind = np.choose(part, [rng.choice(2, count, p=[0.88, 0.12]), rng.choice(2, count, p=[0.75, 0.25]), 2])
    level = np.choose(part, [3, rng.choice(3, count, p=[0.08, 0.34, 0.58]), rng.choice([2, 3], count, p=[0.1, 0.9])])
    award = np.where(
        part == 1,
        rng.choice(5, count, p=[0.1, 0.18, 0.24, 0.2, 0.28]),
        rng.choice(5, count, p=[0.04, 0.08, 0.12, 0.2, 0.56]),
    )
    day = term.first_day + np.where(part == 0, 49, 28) + rng.integers(0, 24, count)
    rows = np.flatnonzero(day <= term.last_known_day)
    rows = rows[np.argsort(day[rows], kind="stable")]
    return build(
        "fact_competition",
        len(rows),
        {
            "student_id": college.students.ids[who[rows]],
            "teacher_id": _guides(college, rng, who)[rows],
            "date_id": keys_of(day[rows]),
            "kind": Coded(codes=kind[rows], labels=("技能大赛", "创新创业", "文体学科")),
            "level": Coded(codes=level[rows], labels=("国家级", "省级", "市级", "校级")),
            "award": Coded(codes=award[rows], labels=("一等奖", "二等奖", "三等奖", "优秀奖", "参赛")),
            "point": np.array([8, 5, 3, 1])[level[rows]],
        },
        first_key=term.term_id * FIRST_KEY_STEP,
    )


def _guides(college: College, rng: np.random.Generator, students: Ints) -> Ints:
    """A full-time teacher of the student's own major for every entry."""
    staff = college.organisation.staff
    teachers = staff.of_kind("专任教师")
    ordered = teachers[np.argsort(staff.major[teachers], kind="stable")]
    major = college.majors_of_students[students]
    first = np.searchsorted(staff.major[ordered], major)
    many = np.searchsorted(staff.major[ordered], major, side="right") - first
    return staff.ids[ordered[first + (rng.random(len(students)) * many).astype(int)]]


def internship_table(college: College, term: Term) -> pa.Table:
    """fact_internship of one term: the final year away, and first encounters of the years below in spring."""
    rng = college.spec.stream("fact_internship", term.term_id)
    enrolled = college.enrolled_in(term)
    grade = college.grade_in(term)[enrolled]
    lot = rng.random(len(enrolled))
    spring = term.number == 2 and term.reached(8)
    groups = [
        enrolled[spring & (grade == 1) & (lot < 0.15)],
        enrolled[spring & (grade == 2) & (lot < 0.4)],
        enrolled[~college.on_campus(term, enrolled)],
    ]
    who = np.concatenate(groups)
    kind = np.repeat([0, 1, 2], [len(g) for g in groups])
    count = len(who)
    majors = college.organisation.majors
    major = college.majors_of_students[who]
    diligence = college.students.diligence[who]
    weeks = np.where(kind == 2, min(18, max(1, term.weeks_begun - 1)), 2)
    score = np.clip(np.round(84 + 4 * diligence + 5 * rng.standard_normal(count)), 30, 100)
    return build(
        "fact_internship",
        count,
        {
            "student_id": college.students.ids[who],
            "enterprise_id": rng.integers(1, college.organisation.enterprise_count + 1, count),
            "term_id": term.term_id,
            "kind": Coded(codes=kind, labels=("认识实习", "跟岗实习", "顶岗实习")),
            "is_matched": rng.random(count) < np.clip(0.84 + 0.06 * majors.dimension("质量度")[major], 0.2, 0.99),
            "is_coop_enterprise": rng.random(count)
            < np.clip(0.68 + 0.12 * majors.dimension("产教融合度")[major], 0.05, 0.98),
            "score": Blank(values=score, missing=np.full(count, not graded(term))),
            "praise_cnt": rng.poisson(0.7 * np.exp(0.3 * diligence)),
            "criticism_cnt": rng.poisson(0.25 * np.exp(-0.5 * diligence)),
            "log_due": weeks,
            "log_done": rng.binomial(weeks, np.clip(0.93 + 0.04 * diligence, 0.3, 1)),
        },
        first_key=term.term_id * FIRST_KEY_STEP,
    )


def graduate_table(college: College) -> pa.Table:
    """fact_graduate: every cohort that has graduated by now."""
    return pa.concat_tables([_graduates(college, year) for year in college.graduation_years])


def _graduates(college: College, year: int) -> pa.Table:
    rng = college.spec.stream("fact_graduate", year)
    students, calendar = college.students, college.calendar
    people = np.flatnonzero(
        (college.classes.grade_year[students.class_] == year - STUDY_YEARS) & (students.leaves == NEVER)
    )
    count = len(people)
    quality = college.organisation.majors.dimension("质量度")[college.majors_of_students[people]]
    merit = 0.6 * students.diligence[people] + 0.4 * students.ability[people]
    placed = _placement_days(rng, year, quality, merit)
    known = placed <= calendar.today
    initial = known & (placed <= np.datetime64(f"{year}-08-31"))
    yearend = known & (placed <= np.datetime64(f"{year}-12-31"))
    destination = _destinations(rng, yearend, merit)
    employed = destination <= 2
    lot = rng.random((9, count))
    followed = _followed_up(calendar.as_of, year) * (lot[0] < 0.87)
    third_year = calendar.as_of >= dt.date(year + STUDY_YEARS, 7, 1)
    asked_again = third_year & (lot[1] < 0.55)
    partner = college.organisation.majors.dimension("产教融合度")[college.majors_of_students[people]]
    local = college.organisation.majors.dimension("贡献度")[college.majors_of_students[people]]
    unasked = ~followed
    return build(
        "fact_graduate",
        count,
        {
            "student_id": students.ids[people],
            "grad_year": year,
            "is_graduated": lot[2] < np.clip(0.966 + 0.014 * quality + 0.01 * merit, 0, 1),
            "is_dual_cert": lot[3] < np.clip(0.865 + 0.045 * quality, 0, 1),
            "placed_date_id": Blank(values=keys_of(placed), missing=~known),
            "placed_initial": initial,
            "placed_yearend": yearend,
            "destination": Coded(codes=destination, labels=_DESTINATIONS),
            "is_matched": employed & (lot[4] < np.clip(0.735 + 0.065 * quality, 0.1, 0.98)),
            "is_local": employed & (lot[5] < np.clip(0.69 + 0.06 * local, 0.1, 0.98)),
            "is_coop_hire": employed & (lot[6] < np.clip(0.3 + 0.09 * partner, 0.02, 0.9)),
            "enterprise_id": Blank(
                values=rng.integers(1, college.organisation.enterprise_count + 1, count), missing=~employed
            ),
            "salary": Blank(
                values=np.round(4550 + 260 * quality + 300 * merit + 700 * rng.standard_normal(count), -1),
                missing=unasked | ~employed,
            ),
            "is_stable_6m": employed & (lot[7] < np.clip(0.66 + 0.05 * quality, 0, 1)),
            "entry_satisfaction": Blank(values=_percent(rng, 83.5 + 2 * quality + 1.5 * merit, 8), missing=~employed),
            "alma_satisfied": Blank(values=lot[8] < 0.94, missing=unasked),
            "alma_recommend": Blank(
                values=rng.random(count)
                < np.clip(
                    0.7 + 0.05 * college.organisation.majors.dimension("品牌度")[college.majors_of_students[people]],
                    0,
                    1,
                ),
                missing=unasked,
            ),
            "followup_due": np.full(count, bool(_followed_up(calendar.as_of, year))),
            "followup_done": followed,
            "employer_score": Blank(
                values=_percent(rng, 87 + 1.6 * quality + 1.5 * merit, 5), missing=unasked | ~employed
            ),
            "followup3_done": asked_again,
            "promoted_3y": Blank(values=rng.random(count) < 0.575, missing=~asked_again),
        },
        first_key=year * 1_000_000,
    )


_DESTINATIONS = ("协议合同就业", "灵活就业", "自主创业", "升学", "应征入伍", "待就业")


def _placement_days(rng: np.random.Generator, year: int, quality: Floats, merit: Floats) -> np.ndarray:
    """The day on which each graduate has somewhere to go; a few never do."""
    eagerness = 1.28 + 0.3 * quality + 0.25 * merit + rng.standard_normal(len(merit))
    march = np.datetime64(f"{year}-03-15")
    early = march + rng.integers(0, 169, len(merit))
    late = np.datetime64(f"{year}-09-01") + rng.integers(0, 110, len(merit))
    never = np.datetime64(f"{year + 20}-01-01")
    return np.where(eagerness > 0, early, np.where(eagerness > -0.75, late, never))


def _destinations(rng: np.random.Generator, placed: Bools, merit: Floats) -> Ints:
    lot = rng.random(len(placed)) - 0.03 * merit
    placed_to = np.searchsorted([0.68, 0.775, 0.802, 0.965], lot, side="right")
    return np.where(placed, placed_to, 5)


def _followed_up(today: dt.date, year: int) -> bool:
    return today >= dt.date(year, *FOLLOW_UP_FROM)


def _percent(rng: np.random.Generator, mean: Floats, spread: float) -> Floats:
    return np.clip(np.round(mean + spread * rng.standard_normal(len(mean)), 1), 20, 100)
