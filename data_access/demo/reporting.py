"""Quality reports, and the loads by which the sources deliver their data."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from data_access.contracts import contracts
from data_access.demo.curriculum import Courses
from data_access.demo.organisation import FIRST_FUNCTIONAL_ID
from data_access.demo.people import College
from data_access.demo.programmes import KEY_OF_YEAR
from data_access.demo.stories import DORM_GAP_WEEKS, LATE_CARD_WEEKS
from data_access.demo.tables import Blank, Coded, Ints, build, keys_of


def report_table(college: College, courses: Courses) -> pa.Table:
    """fact_report: the reports of every year that are due by now."""
    organisation = college.organisation
    types = contracts()["fact_report"].column("report_type").enum
    every = organisation.department_ids.tolist()
    teaching = organisation.teaching_ids.tolist()
    rows: list[tuple[int, int, int, str, str, int]] = []
    quality = organisation.department_id("教育质量监督评价中心(质量办)")
    for title, about, due_month in (
        ("学校年度质量报告", "学校", 12),
        ("规划执行报告", "学校", 12),
        ("体系运行报告", "学校", 6),
        ("状态数据分析报告", "学校", 10),
        ("校内复核报告", "学校", 12),
        ("学生教育质量年度报告", "学生", 9),
        ("毕业生就业质量年报", "学生", 10),
        ("后勤服务质量年报", "学校", 9),
        ("企业参与职教年报", "学校", 10),
        ("教师层面诊改报告", "教师", 7),
    ):
        rows.append((quality, 0, 0, title, about, due_month))
    for title, about, due_month in (
        ("二级单位质量年报", "学校", 9),
        ("自我诊断报告", "学校", 11),
        ("整改报告", "学校", 7),
        ("体系运行报告", "学校", 3),
    ):
        rows += [(home, 0, 0, title, about, due_month) for home in every]
    for title, about, due_month in (
        ("师资质量年度报告", "教师", 9),
        ("学生发展质量报告", "学生", 7),
        ("学生学业情况分析报告", "学生", 3),
    ):
        rows += [(home, 0, 0, title, about, due_month) for home in teaching]
    majors = organisation.majors
    for title, due_month in (("专业质量分析报告", 7), ("专业年度质量报告", 9)):
        rows += [(int(majors.department[m]) + 1, m + 1, 0, title, "专业", due_month) for m in range(majors.count)]
    for title, due_month in (("课程质量分析报告", 7), ("课程年度质量报告", 9)):
        rows += [(int(courses.department[c]), 0, c + 1, title, "课程", due_month) for c in range(0, courses.count, 3)]
    department, major, course, kind, layer, month = (np.array(column) for column in zip(*rows, strict=True))
    layers = ("学校", "专业", "课程", "教师", "学生")
    parts = []
    careless = college.spec.stream("fact_report.care").choice([0.0, 0.01, 0.03, 0.1], FIRST_FUNCTIONAL_ID + 40)[
        department
    ]
    for year in college.calendar.years:
        rng = college.spec.stream("fact_report", year)
        due = (np.datetime64(f"{year}-01", "M") + month).astype("datetime64[D]") - 1
        rank = rng.random(len(rows))
        publish = rng.random(len(rows))
        kept = np.flatnonzero(due <= college.calendar.today)
        submitted = rank >= careless * 0.3
        parts.append(
            build(
                "fact_report",
                len(kept),
                {
                    "dept_id": department[kept],
                    "major_id": Blank(values=major[kept], missing=major[kept] == 0),
                    "course_id": Blank(values=course[kept], missing=course[kept] == 0),
                    "report_year": year,
                    "layer": Coded(codes=np.array([layers.index(x) for x in layer[kept]], int), labels=layers),
                    "report_type": Coded(codes=np.array([types.index(x) for x in kind[kept]], int), labels=types),
                    "is_required": True,
                    "is_submitted": submitted[kept],
                    "is_on_time": (rank >= careless)[kept],
                    "is_published": (submitted & (publish < 0.94))[kept],
                },
                first_key=year * KEY_OF_YEAR,
            )
        )
    return pa.concat_tables(parts)


def data_load_table(college: College) -> pa.Table:
    """fact_data_load: one load per source table and day, with the gaps and delays of the known stories."""
    tables = [t for t in contracts().values() if t.kind == "fact" and not t.source_system.startswith("质量平台")]
    owner = _load_owners(college, [t.source_system for t in tables])
    expected = np.array([max(3, round(t.rows_per_year * college.spec.scale / 240)) for t in tables])
    card, dorm = ([t.name for t in tables].index(name) for name in ("fact_student_week", "fact_dorm_check"))
    parts = []
    for term in college.calendar.terms:
        days = np.arange(term.first_day, term.last_known_day + 1)
        rng = college.spec.stream("fact_data_load", term.term_id)
        total = 140 * len(tables)
        # Drawn for the whole term, so that a day's rows do not change when the term goes on.
        volume, wrong, late = rng.normal(1, 0.1, total), rng.random(total), rng.random(total)
        day = np.repeat(np.arange(len(days)), len(tables))
        table = np.tile(np.arange(len(tables)), len(days))
        used = slice(0, len(day))
        week = day // 7 + 1
        gap = (table == dorm) & np.isin(week, DORM_GAP_WEEKS)
        slow = (table == card) & (week >= LATE_CARD_WEEKS[0]) & (week <= LATE_CARD_WEEKS[1])
        due = np.maximum(1, np.round(expected[table] * np.clip(volume[used], 0.5, 1.5))).astype(int)
        lost = np.where(wrong[used] < 0.03, 0.04, 0.001) + 0.06 * slow
        loaded = np.where(gap, 0, np.round(due * (1 - lost))).astype(int)
        parts.append(
            build(
                "fact_data_load",
                len(day),
                {
                    "dept_id": owner[table],
                    "date_id": keys_of(days)[day],
                    "source_system": Coded(codes=table, labels=[t.source_system for t in tables]),
                    "table_name": Coded(codes=table, labels=[t.name for t in tables]),
                    "expected_rows": due,
                    "loaded_rows": loaded,
                    "error_rows": np.round(loaded * np.where(wrong[used] > 0.97, 0.03, 0.001)).astype(int),
                    "is_on_time": ~gap & ~slow & (late[used] > 0.012),
                },
                first_key=term.term_id * KEY_OF_YEAR,
            )
        )
    return pa.concat_tables(parts)


def _load_owners(college: College, sources: list[str]) -> Ints:
    """The department that answers for each source system, by the first of its names."""
    homes = {
        "教务": "教务处", "督导": "教育质量监督评价中心(质量办)", "智慧": "教务处", "学工": "学生工作处", "一卡": "网络信息中心",
        "体育": "教务处", "实习": "校企合作办公室", "招就": "招生就业处", "校企": "校企合作办公室", "国资": "国有资产管理处",
        "国际": "国际交流处", "人事": "组织人事处", "科研": "科研产业处", "继续": "继续教育学院", "财务": "计划财务处",
        "保卫": "保卫处", "党委": "党委(院长)办公室", "数据": "网络信息中心",
    }  # fmt: skip
    default = "教育质量监督评价中心(质量办)"
    return np.array([college.organisation.department_id(homes.get(s[:2], default)) for s in sources])
