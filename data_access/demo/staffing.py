"""Staff year by year: snapshots, development, research and its fruits."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa

from data_access.demo.calendar import acad_year_text
from data_access.demo.organisation import STAFF_TYPES
from data_access.demo.people import College
from data_access.demo.programmes import KEY_OF_YEAR, days_of_year
from data_access.demo.tables import Coded, Floats, Ints, build, draw, keys_of
from data_access.demo.timetable import story_teacher

LADDER = ("新进教师", "合格教师", "教学新星", "教坛英才", "教学名师", "功勋教师")


def teacher_year_table(college: College) -> pa.Table:
    """fact_teacher_year: one snapshot per member of staff and academic year, the running one so far."""
    return pa.concat_tables([_teacher_year(college, year) for year in college.calendar.acad_years])


def _teacher_year(college: College, year: int) -> pa.Table:
    organisation = college.organisation
    staff = organisation.staff
    # What a person is does not change from year to year, so it comes from a stream without the year.
    lasting = college.spec.stream("fact_teacher_year").random((6, staff.count))
    rng = college.spec.stream("fact_teacher_year", year)
    count = staff.count
    kind = staff.kind
    fulltime = kind == STAFF_TYPES.index("专任教师")
    age = np.clip(year - staff.birth_year, 22, 62)
    support = np.where(staff.major >= 0, organisation.majors.dimension("保障度")[staff.major], 0.0)
    standing = (age - 40) / 9 + 0.7 * support + 2.2 * (lasting[0] - 0.5)
    title = np.searchsorted([-1.0, 0.85, 2.1], standing, side="right")
    degree = np.searchsorted([0.055, 0.6, 0.96], lasting[1] - 0.05 * support, side="right")
    merit = 0.7 * staff.skill + 0.5 * staff.drive + 0.9 * (lasting[2] - 0.5) * 2
    rung = np.where(age <= 27, 0, np.searchsorted([0.85, 1.7, 2.5, 3.2], merit, side="right") + 1)
    progress = _progress(college, year)
    standard = np.where(fulltime, 360.0, np.where(kind == STAFF_TYPES.index("企业兼职"), 120.0, 60.0)) * progress
    load = np.clip(1.1 + 0.12 * rng.standard_normal(count) + 0.04 * staff.drive, 0.55, 1.8)
    goals = rng.integers(4, 9, count)
    ethics = np.clip(np.round(94.6 + 1.8 * staff.skill + 2.6 * rng.standard_normal(count), 1), 55, 100)
    ethics = np.where(np.arange(count) == story_teacher(college), 78.0, ethics)
    ideology_department = organisation.department_id("马克思主义学院")
    major_teacher = fulltime & (staff.major >= 0)
    return build(
        "fact_teacher_year",
        count,
        {
            "teacher_id": staff.ids,
            "acad_year": acad_year_text(year),
            "is_fulltime": fulltime,
            "is_enterprise_part": kind == STAFF_TYPES.index("企业兼职"),
            "is_major_teacher": major_teacher,
            "is_ideology": fulltime & (staff.department == ideology_department) & (lasting[5] < 0.55),
            "is_counsellor": kind == STAFF_TYPES.index("辅导员"),
            "age": age,
            "title_level": Coded(codes=3 - title, labels=("正高", "副高", "中级", "初级及以下")),
            "degree": Coded(codes=degree, labels=("博士", "硕士", "学士", "其他")),
            "is_dual": np.where(
                major_teacher, lasting[3] < np.clip(0.68 + 0.13 * support, 0.05, 0.97), lasting[3] < 0.3
            ),
            "ladder": Coded(codes=rung, labels=LADDER),
            "ethics_score": ethics,
            "ethics_result": Coded(
                codes=np.searchsorted([65.0, 80.0, 93.0], ethics, side="right"),
                labels=("不合格", "基本合格", "合格", "优秀"),
            ),
            "workload_std": np.round(standard),
            "workload_done": np.round(standard * load),
            "plan_submitted": rng.random(count) < 0.982,
            "plan_goal_cnt": goals,
            "plan_goal_done": rng.binomial(goals, np.clip(0.86 + 0.07 * staff.drive, 0.2, 1)),
            "is_promoted": rng.random(count) < 0.1 * (0.4 + 0.6 * progress),
            "is_left": rng.random(count) < 0.026 * (0.3 + 0.7 * progress),
            "student_role_cnt": rng.poisson(np.where(fulltime, 0.8, 0.2) * np.exp(0.2 * staff.drive)),
        },
        first_key=year * KEY_OF_YEAR,
    )


def _progress(college: College, year: int) -> float:
    """Share of that academic year that has passed, at least a tenth."""
    gone = (college.calendar.as_of - dt.date(year, 9, 1)).days / 365
    return float(np.clip(gone, 0.1, 1.0))


def teacher_dev_table(college: College) -> pa.Table:
    """fact_teacher_dev: practice in enterprises, training, study."""
    staff = college.organisation.staff
    teachers = staff.of_kind(*(kind for kind in STAFF_TYPES if kind != "企业兼职"))
    specialist = (staff.major[teachers] >= 0) & (staff.kind[teachers] == STAFF_TYPES.index("专任教师"))
    kinds = ("企业实践", "业务培训", "师德培训", "境外研修", "学历提升", "社会培训授课")
    parts = []
    for year in college.calendar.years:
        rng = college.spec.stream("fact_teacher_dev", year)
        drive = staff.drive[teachers]
        mean = np.stack(
            [
                np.where(specialist, 2.4, 0.25),
                np.full(len(teachers), 3.6),
                np.full(len(teachers), 2.2),
                np.full(len(teachers), 0.04),
                np.full(len(teachers), 0.05),
                np.where(specialist, 0.6, 0.2),
            ],
            axis=1,
        )
        number = rng.poisson(mean * np.exp(0.15 * drive)[:, None])
        # Practice and training are duties: hardly anybody has none of them at the end of a year.
        number[:, 0] = np.maximum(number[:, 0], specialist * (rng.random(len(teachers)) < 0.93))
        number[:, 1] = np.maximum(number[:, 1], 2)
        number[:, 2] = np.maximum(number[:, 2], 1)
        who, kind = np.nonzero(number)
        many = np.repeat(np.arange(len(who)), number[who, kind])
        order = rng.permutation(len(many))
        who, kind = who[many][order], kind[many][order]
        days = np.round(np.choose(kind, [rng.normal(16, 5, len(kind)), 3.0, 1.0, 20.0, 30.0, 2.0]), 1)
        hours = np.choose(
            kind,
            [
                rng.normal(96, 10, len(kind)),
                rng.normal(19, 5, len(kind)),
                rng.normal(4.2, 1, len(kind)),
                120.0,
                160.0,
                rng.normal(16, 5, len(kind)),
            ],
        )
        rows, dates = days_of_year(college, rng, year, len(kind))
        parts.append(
            build(
                "fact_teacher_dev",
                len(rows),
                {
                    "teacher_id": staff.ids[teachers[who[rows]]],
                    "date_id": keys_of(dates),
                    "kind": Coded(codes=kind[rows], labels=kinds),
                    "days": np.clip(days[rows], 0.5, None),
                    "hours": np.round(np.clip(hours[rows], 1, None)),
                },
                first_key=year * KEY_OF_YEAR,
            )
        )
    return pa.concat_tables(parts)


def research_table(college: College) -> pa.Table:
    """fact_research: money received for projects."""
    parts = []
    for year in college.calendar.years:
        rng = college.spec.stream("fact_research", year)
        who = _authors(college, rng, 900)
        count = len(who)
        kind = draw(rng, count, {"纵向课题": 0.3, "横向技术服务": 0.36, "教改课题": 0.25, "技术转让": 0.09})
        commissioned = kind.equals("横向技术服务") | kind.equals("技术转让")
        level = np.where(commissioned, 4, rng.choice(4, count, p=[0.03, 0.3, 0.32, 0.35]))
        amount = np.where(commissioned, rng.gamma(1.4, 1.75, count), rng.gamma(1.3, 0.9, count))
        rows, days = days_of_year(college, rng, year, count)
        parts.append(
            build(
                "fact_research",
                len(rows),
                {
                    "teacher_id": college.organisation.staff.ids[who[rows]],
                    "date_id": keys_of(days),
                    "kind": kind.where(rows),
                    "level": Coded(codes=level[rows], labels=("国家级", "省级", "市级", "校级", "企业")),
                    "amount_received": np.round(amount[rows], 2),
                },
                first_key=year * KEY_OF_YEAR,
            )
        )
    return pa.concat_tables(parts)


def output_table(college: College) -> pa.Table:
    """fact_output: papers, patents, books and software."""
    parts = []
    for year in college.calendar.years:
        rng = college.spec.stream("fact_output", year)
        who = _authors(college, rng, 1500)
        rows, days = days_of_year(college, rng, year, len(who))
        kind = draw(rng, len(who), {"论文": 0.62, "专利": 0.16, "教材": 0.08, "著作": 0.03, "软著": 0.11})
        parts.append(
            build(
                "fact_output",
                len(rows),
                {
                    "teacher_id": college.organisation.staff.ids[who[rows]],
                    "date_id": keys_of(days),
                    "kind": kind.where(rows),
                    "point": rng.choice([1, 2, 3, 4], len(who), p=[0.66, 0.2, 0.09, 0.05])[rows],
                },
                first_key=year * KEY_OF_YEAR,
            )
        )
    return pa.concat_tables(parts)


def _authors(college: College, rng: np.random.Generator, per_year: int) -> Ints:
    """Who does the research: the driven, and the majors that contribute most; 900 rows a year for 620 teachers."""
    staff = college.organisation.staff
    teachers = staff.of_kind("专任教师")
    giving = np.where(
        staff.major[teachers] >= 0, college.organisation.majors.dimension("贡献度")[staff.major[teachers]], -0.8
    )
    weight: Floats = np.exp(0.6 * staff.drive[teachers] + 0.4 * giving)
    return rng.choice(teachers, round(per_year * len(teachers) / 615), p=weight / weight.sum())
