"""Majors year by year: enrolment, snapshots, partners, training bases, exchange, achievements, training."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from data_access.demo.calendar import YEARS_BEFORE, acad_year_text
from data_access.demo.curriculum import Courses
from data_access.demo.names import names
from data_access.demo.people import College
from data_access.demo.tables import Blank, Coded, Floats, Ints, build, draw, keys_of

KEY_OF_YEAR = 100_000
"""Primary keys of a year start at the year times this."""


def days_of_year(college: College, rng: np.random.Generator, year: int, count: int) -> tuple[Ints, np.ndarray]:
    """`count` days of that year in order, and which of them have come: (positions kept, days kept)."""
    days = np.sort(np.datetime64(f"{year}-01-04") + rng.integers(0, 355, count))
    kept = np.flatnonzero(days <= college.calendar.today)
    return kept, days[kept]


def enrolment_table(college: College) -> pa.Table:
    """fact_enrolment: one row per major, province and year whose new students have come."""
    majors = college.organisation.majors
    newest = college.calendar.current.acad_year
    provinces = names()["provinces"]
    shares = np.array([share for _, share in provinces])
    parts = []
    for year in sorted({*college.calendar.years, newest} & set(range(newest + 1))):
        cohort = college.classes.grade_year[college.students.class_] == year
        registered_all = np.bincount(college.majors_of_students[cohort], minlength=majors.count)
        rng = college.spec.stream("fact_enrolment", year)
        count = majors.count * len(provinces)
        major = np.repeat(np.arange(majors.count), len(provinces))
        appeal, fit = majors.dimension("品牌度")[major], majors.dimension("适应度")[major]
        registered = rng.multinomial(registered_all, shares / shares.sum()).ravel()
        arrives = np.clip(0.944 + 0.026 * fit + 0.008 * rng.standard_normal(count), 0.7, 0.998)
        filled = np.clip(0.966 + 0.035 * fit + 0.01 * rng.standard_normal(count), 0.5, 1.0)
        admitted = np.round(registered / arrives).astype(int)
        planned = np.round(admitted / filled).astype(int)
        line = np.repeat(rng.integers(190, 260, (1, len(provinces))), majors.count, axis=0).ravel()
        parts.append(
            build(
                "fact_enrolment",
                count,
                {
                    "major_id": major + 1,
                    "enrol_year": year,
                    "province": Coded(
                        codes=np.tile(np.arange(len(provinces)), majors.count), labels=[p for p, _ in provinces]
                    ),
                    "plan_cnt": planned,
                    "first_choice_cnt": np.round(planned * np.clip(1.12 + 0.22 * appeal, 0.35, 3)).astype(int),
                    "admitted_cnt": admitted,
                    "registered_cnt": registered,
                    "avg_score": np.round(line + np.clip(58 + 22 * appeal + 5 * rng.standard_normal(count), 2, 180), 1),
                    "control_line": line,
                },
                first_key=year * KEY_OF_YEAR,
            )
        )
    return pa.concat_tables(parts)


def major_year_table(college: College) -> pa.Table:
    """fact_major_year: one snapshot per major and academic year."""
    majors = college.organisation.majors
    cohort = max(10.0, college.spec.students / 3 / majors.count)
    parts = []
    for year in college.calendar.acad_years:
        rng = college.spec.stream("fact_major_year", year)
        n = majors.count
        fit, tied, brand = (majors.dimension(d) for d in ("适应度", "产教融合度", "品牌度"))
        hours = rng.integers(2200, 3600, n)
        invested = np.round(rng.uniform(180, 420, n), 1)
        parts.append(
            build(
                "fact_major_year",
                n,
                {
                    "major_id": majors.ids,
                    "acad_year": acad_year_text(year),
                    "survey_cnt": rng.poisson(np.clip(2.3 + 0.6 * fit, 0.3, 6)),
                    "industry_match_score": _percent(84 + 5 * fit + 3 * rng.standard_normal(n)),
                    "demand_posts": np.round(
                        cohort * np.clip(2.9 + 0.8 * fit + 0.3 * rng.standard_normal(n), 0.5, 8)
                    ).astype(int),
                    "scheme_revised": rng.random(n) < 0.95,
                    "joint_course_cnt": rng.binomial(12, np.clip(0.36 + 0.1 * tied, 0.05, 0.95)),
                    "major_course_cnt": 12,
                    "rank_pct": np.clip(np.round(38 - 17 * brand + 8 * rng.standard_normal(n), 1), 1, 99),
                    "media_cnt": rng.poisson(np.clip(3.4 + 1.4 * brand, 0.3, 12)),
                    "promo_cnt": rng.poisson(np.clip(3.0 + 1.0 * brand, 0.3, 10)),
                    "swot_done": rng.random(n) < 0.96,
                    "enterprise_hours": np.round(hours * np.clip(0.185 + 0.045 * tied, 0.01, 0.6)).astype(int),
                    "major_course_hours": hours,
                    "output_value": np.round(
                        invested
                        * np.clip(1.06 + 0.2 * majors.dimension("贡献度") + 0.1 * rng.standard_normal(n), 0.2, 3),
                        1,
                    ),
                    "input_value": invested,
                },
                first_key=year * KEY_OF_YEAR,
            )
        )
    return pa.concat_tables(parts)


def coop_table(college: College) -> pa.Table:
    """fact_coop: which enterprises work with which major."""
    majors, organisation = college.organisation.majors, college.organisation
    size = college.spec.students / majors.count
    parts = []
    for year in college.calendar.years:
        rng = college.spec.stream("fact_coop", year)
        tied = majors.dimension("产教融合度")
        number = 2 + rng.poisson(np.clip(8 + 2.2 * tied, 1, 16))
        major = np.repeat(np.arange(majors.count), number)
        # Within a major the partners differ: each takes the next enterprise from the major's place on the list.
        turn = np.arange(len(major)) - np.searchsorted(major, major)
        enterprise = (major * 7 + turn) % organisation.enterprise_count + 1
        gift = rng.gamma(1.2, 0.36, len(major)) * size / 214 * np.clip(1 + 0.45 * tied[major], 0.05, 4)
        parts.append(
            build(
                "fact_coop",
                len(major),
                {
                    "major_id": major + 1,
                    "enterprise_id": enterprise,
                    "coop_year": year,
                    "is_stable": rng.random(len(major)) < np.clip(0.68 + 0.1 * tied[major], 0.1, 0.95),
                    "donated_value": np.round(2.2 * gift, 2),
                },
                first_key=year * KEY_OF_YEAR,
            )
        )
    return pa.concat_tables(parts)


def training_base_table(college: College) -> pa.Table:
    """fact_training_base: four workshops on campus and two outside for every major."""
    majors = college.organisation.majors
    size = college.spec.students / majors.count
    major = np.repeat(np.arange(majors.count), 6)
    inside = np.tile([True] * 4 + [False] * 2, majors.count)
    support = majors.dimension("保障度")[major]
    parts = []
    for year in college.calendar.years:
        rng = college.spec.stream("fact_training_base", year)
        n = len(major)
        seats = np.maximum(
            2, np.round(size / 4 * np.clip(0.58 + 0.13 * support + 0.04 * rng.standard_normal(n), 0.1, 2))
        ).astype(int)
        opened = seats * rng.integers(900, 1300, n)
        worth = size / 4 * np.clip(0.92 + 0.28 * support + 0.12 * rng.standard_normal(n), 0.1, 3)
        parts.append(
            build(
                "fact_training_base",
                n,
                {
                    "major_id": major + 1,
                    "base_year": year,
                    "base_type": Coded(codes=np.where(inside, 0, 1), labels=("校内", "校外")),
                    "workstation_cnt": seats,
                    "equip_value": np.round(worth, 2),
                    "open_hours": opened,
                    "used_hours": np.round(
                        opened * np.clip(0.74 + 0.11 * rng.standard_normal(majors.count)[major], 0.2, 1.05)
                    ),
                },
                first_key=year * KEY_OF_YEAR,
            )
        )
    return pa.concat_tables(parts)


def _years_with_history(college: College) -> range:
    return range(college.calendar.years[0] - YEARS_BEFORE, college.calendar.as_of.year + 1)


def exchange_table(college: College) -> pa.Table:
    """fact_exchange, with the three years before for rolling indicators."""
    majors = college.organisation.majors
    kinds = {
        "教师境外研修": 0.8,
        "学生境外交流": 0.9,
        "来华留学": 0.35,
        "合作办学项目": 0.45,
        "引入国际标准": 0.5,
        "输出标准课程": 0.35,
    }
    size = college.spec.students / majors.count
    parts = []
    for year in _years_with_history(college):
        rng = college.spec.stream("fact_exchange", year)
        open_ = np.exp(0.5 * majors.dimension("开放度"))
        number = rng.poisson(np.outer(open_, list(kinds.values())))
        major, kind = np.nonzero(number)
        many = np.repeat(np.arange(len(major)), number[major, kind])
        major, kind = major[many], kind[many]
        people = np.where((kind == 1) | (kind == 2), 1 + rng.poisson(size * 0.009, len(kind)), 1)
        order = rng.permutation(len(major))
        kept, days = days_of_year(college, rng, year, len(major))
        rows = order[kept]
        parts.append(
            build(
                "fact_exchange",
                len(rows),
                {
                    "major_id": major[rows] + 1,
                    "date_id": keys_of(days),
                    "kind": Coded(codes=kind[rows], labels=tuple(kinds)),
                    "person_cnt": people[rows],
                },
                first_key=year * KEY_OF_YEAR,
            )
        )
    return pa.concat_tables(parts)


def honour_table(college: College, courses: Courses) -> pa.Table:
    """fact_honour, with the three years before for rolling indicators."""
    organisation = college.organisation
    majors, staff = organisation.majors, organisation.staff
    teachers = staff.of_kind("专任教师")
    teachers = teachers[staff.major[teachers] >= 0]
    weight = np.exp(0.7 * majors.dimension("显示度")[staff.major[teachers]] + 0.5 * staff.drive[teachers])
    kinds = {
        "专业建设项目": 0.15,
        "课程建设项目": 0.2,
        "规划教材": 0.12,
        "教学成果奖": 0.12,
        "教学能力比赛": 0.17,
        "教师称号": 0.08,
        "教学团队": 0.06,
        "其他": 0.1,
    }
    parts = []
    for year in _years_with_history(college):
        rng = college.spec.stream("fact_honour", year)
        count = max(24, round(220 * college.spec.scale))
        who = rng.choice(teachers, count, p=weight / weight.sum())
        kind = draw(rng, count, kinds)
        level = draw(rng, count, {"国家级": 0.05, "省级": 0.26, "市级": 0.24, "校级": 0.45})
        about_course = kind.equals("课程建设项目") | kind.equals("规划教材")
        course = staff.major[who] * 10 + rng.integers(0, 10, count)
        personal = ~(kind.equals("专业建设项目") | kind.equals("其他"))
        rows, days = days_of_year(college, rng, year, count)
        parts.append(
            build(
                "fact_honour",
                len(rows),
                {
                    "dept_id": staff.department[who[rows]],
                    "major_id": staff.major[who[rows]] + 1,
                    "course_id": Blank(values=courses.ids[course[rows]], missing=~about_course[rows]),
                    "teacher_id": Blank(values=staff.ids[who[rows]], missing=~personal[rows]),
                    "date_id": keys_of(days),
                    "kind": kind.where(rows),
                    "level": level.where(rows),
                },
                first_key=year * KEY_OF_YEAR,
            )
        )
    return pa.concat_tables(parts)


def social_training_table(college: College) -> pa.Table:
    """fact_social_training: courses the majors give to people outside."""
    majors = college.organisation.majors
    kinds = {"企业培训": 0.36, "技能鉴定": 0.2, "继续教育": 0.16, "公益培训": 0.28}
    parts = []
    for year in college.calendar.years:
        rng = college.spec.stream("fact_social_training", year)
        giving = majors.dimension("贡献度")
        number = rng.poisson(5.6 * np.exp(0.35 * giving))
        major = rng.permutation(np.repeat(np.arange(majors.count), number))
        count = len(major)
        trainees = 8 + rng.poisson(56, count)
        rows, days = days_of_year(college, rng, year, count)
        kind = draw(rng, count, kinds)
        length = rng.integers(2, 12, count)
        income = np.where(kind.equals("公益培训"), 0, trainees * length * rng.uniform(0.002, 0.006, count))
        parts.append(
            build(
                "fact_social_training",
                len(rows),
                {
                    "major_id": major[rows] + 1,
                    "date_id": keys_of(days),
                    "kind": kind.where(rows),
                    "trainees": trainees[rows],
                    "person_days": (trainees * length)[rows],
                    "income": np.round(income[rows], 2),
                },
                first_key=year * KEY_OF_YEAR,
            )
        )
    return pa.concat_tables(parts)


def _percent(values: Floats) -> Floats:
    return np.clip(np.round(values, 1), 0, 100)
