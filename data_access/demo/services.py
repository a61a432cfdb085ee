"""The college as an institution: conditions, money, rules, governance, safety and complaints."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from data_access.demo.people import College
from data_access.demo.programmes import KEY_OF_YEAR, days_of_year
from data_access.demo.stories import LATE_TASK_OFFICE
from data_access.demo.tables import Blank, Coded, build, draw, empty, keys_of

POLICY_ITEMS = {
    "A1": 8, "A2": 2, "A3": 3, "A4": 4, "B1": 3, "B2": 2, "B3": 1, "B4": 3, "B5": 3, "B6": 4,
    "C1": 2, "C2": 5, "D1": 2, "D2": 6, "E1": 1, "E2": 3, "E3": 3, "F1": 3, "F2": 2,
}  # fmt: skip
"""Third-level items of every second-level group of the policy index: 60 in 19 groups."""
POLICY_OFFICES = {
    "A": "党委(院长)办公室",
    "B": "教务处",
    "C": "组织人事处",
    "D": "学生工作处",
    "E": "计划财务处",
    "F": "监察审计处",
}
SHIFTED_ITEMS = ("E301", "E302", "E303")
"""Items whose process and standard carry the next item's number, as in the plan this index was taken from."""
YEARLY_INCOME = {"财政拨款": 14_900.0, "学费收入": 6_100.0, "社会服务收入": 1_620.0, "其他收入": 900.0}
"""Income of a college of 12,000 students in 10,000 yuan."""

CATEGORIES = (*YEARLY_INCOME, "人员支出", "教学运行", "专业建设", "实训设备", "师资建设", "质保专项", "其他支出")


def school_year_table(college: College) -> pa.Table:
    """fact_school_year: premises, equipment, books and money, growing a little every year."""
    years = np.array(college.calendar.years)
    count = len(years)
    rng = college.spec.stream("fact_school_year")
    size = college.spec.students
    growth = 1 + 0.03 * (years - years[0])
    equipment = size * 0.93 * growth
    return build(
        "fact_school_year",
        count,
        {
            "stat_year": years,
            "equiv_students": np.full(count, size * 1.04),
            "equiv_teachers": np.round(size * 1.04 / np.linspace(17.9, 17.3, count), 1),
            "admin_area": np.round(size * 15.6 * growth),
            "dorm_area": np.round(size * 7.6 * np.sqrt(growth)),
            "books": np.round(size * 72.0 * growth),
            "computers": np.round(size * 0.19 * growth).astype(int),
            "equip_value": np.round(equipment, 1),
            "new_equip_value": np.round(equipment * rng.uniform(0.095, 0.115, count), 1),
            "fixed_assets": np.round(size * 6.2 * growth),
            "bandwidth_mbps": np.where(years >= years[-1], 3000, 2000),
            "staff_total": college.organisation.staff.count,
            "fiscal_appropriation": np.round(size * 1.04 * 1.31 * growth, 1),
        },
        first_key=int(years[0]),
    )


def finance_table(college: College) -> pa.Table:
    """fact_finance: budget and actual amounts by department, major, category and month."""
    organisation = college.organisation
    majors = organisation.majors
    finance, further = organisation.department_id("计划财务处"), organisation.department_id("继续教育学院")
    quality = organisation.department_id("教育质量监督评价中心(质量办)")
    scale = college.spec.scale
    lines: list[tuple[int, int, str, str, float]] = [
        (further if category == "社会服务收入" else finance, 0, "收入", category, amount * scale / 12)
        for category, amount in YEARLY_INCOME.items()
    ]
    for home in organisation.department_ids.tolist():
        lines += [(home, 0, "支出", "人员支出", 30 * scale), (home, 0, "支出", "其他支出", 4 * scale)]
        lines.append((home, 0, "支出", "质保专项", (4.0 if home == quality else 0.6) * scale))
    for home in organisation.teaching_ids.tolist():
        lines += [(home, 0, "支出", "教学运行", 12 * scale), (home, 0, "支出", "师资建设", 3 * scale)]
    for m in range(majors.count):
        home = int(majors.department[m]) + 1
        lines += [
            (home, m + 1, "支出", c, a * scale) for c, a in (("专业建设", 3.0), ("实训设备", 4.0), ("教学运行", 2.0))
        ]
    department, major, plan = (np.array([line[i] for line in lines]) for i in (0, 1, 4))
    income = np.array([line[2] == "收入" for line in lines])
    category = np.array([CATEGORIES.index(line[3]) for line in lines])
    wobble = np.where(major > 0, 0.08, np.where(category == CATEGORIES.index("质保专项"), 0.05, 0.022))
    count = len(lines)
    months = college.calendar.month_ends(college.calendar.terms[0].start.replace(month=1, day=1))
    parts = []
    for month in months:
        rng = college.spec.stream("fact_finance", int(keys_of(np.array([month]))[0]))
        # Every department spends at its own pace; earmarked money of single majors wobbles more.
        pace = college.spec.stream("fact_finance.pace").normal(0, 0.012, 200)[department]
        spent = plan * np.clip(0.978 + pace + wobble * rng.standard_normal(count), 0.3, 1.4)
        earned = plan * np.clip(1.0 + 0.04 * rng.standard_normal(count), 0.5, 1.5)
        parts.append(
            build(
                "fact_finance",
                count,
                {
                    "dept_id": department,
                    "major_id": Blank(values=major, missing=major == 0),
                    "date_id": int(keys_of(np.array([month]))[0]),
                    "direction": Coded(codes=np.where(income, 0, 1), labels=("收入", "支出")),
                    "category": Coded(codes=category, labels=CATEGORIES),
                    "budget_amt": np.round(plan, 3),
                    "actual_amt": np.round(np.where(income, earned, spent), 3),
                },
                first_key=int(keys_of(np.array([month]))[0]) * 1000,
            )
        )
    return pa.concat_tables(parts) if parts else empty("fact_finance")


def policy_table(college: College) -> pa.Table:
    """fact_policy: 180 expected documents, checked every year."""
    items = [f"{group}{k:02d}" for group, number in POLICY_ITEMS.items() for k in range(1, number + 1)]
    kinds = (("Z", "制度"), ("L", "流程"), ("B", "标准"))
    codes = [
        f"{item[0]}{int(item[1:]) + 1}{letter}" if item in SHIFTED_ITEMS and letter != "Z" else f"{item}{letter}"
        for item in items
        for letter, _ in kinds
    ]
    count = len(codes)
    # Documents are spread over all offices that work in a domain, beginning with the one in charge.
    offices = college.organisation.functional_ids
    lead = np.array([college.organisation.department_id(POLICY_OFFICES[item[0]]) for item in items for _ in kinds])
    turn = np.arange(count) // 3
    owner = np.where(turn % 3 == 0, lead, offices[turn % len(offices)])
    shifted = np.array([item in SHIFTED_ITEMS and letter != "Z" for item in items for letter, _ in kinds])
    parts = []
    lasting = college.spec.stream("fact_policy").random((2, count))
    for year in college.calendar.years:
        age = 0.01 * (year - college.calendar.years[0])
        parts.append(
            build(
                "fact_policy",
                count,
                {
                    "dept_id": owner,
                    "check_year": year,
                    "policy_code": codes,
                    "cat3_code": [item for item in items for _ in kinds],
                    "kind": Coded(codes=np.tile([0, 1, 2], len(items)), labels=[label for _, label in kinds]),
                    "is_required": True,
                    "is_present": lasting[0] < 0.965 + age,
                    "is_valid": (lasting[0] < 0.965 + age) & (lasting[1] < 0.975),
                    "is_code_ok": ~shifted,
                },
                first_key=year * KEY_OF_YEAR,
            )
        )
    return pa.concat_tables(parts)


def governance_table(college: College) -> pa.Table:
    """fact_governance: meetings, inspections by leaders, training."""
    organisation = college.organisation
    leaders = organisation.staff.of_kind("校领导")
    office = organisation.department_id("党委(院长)办公室")
    quality = organisation.department_id("教育质量监督评价中心(质量办)")
    personnel = organisation.department_id("组织人事处")
    parts = []
    for term in college.calendar.terms:
        rng = college.spec.stream("fact_governance", term.term_id)
        rows: list[tuple[int, int, str]] = [(office, 0, "党委听取诊改汇报")] * 2 + [(quality, 0, "质量委员会会议")] * 2
        rows += [
            (office, int(organisation.staff.ids[who]), "班子督促检查")
            for who in leaders
            for _ in range(2 + int(rng.random() < 0.75))
        ]
        rows += [(personnel, 0, "师资需求调研")]
        for department in organisation.department_ids.tolist():
            rows += [(department, 0, "诊改培训")] * 4 + [(department, 0, "一页纸编制培训")] * (
                3 if term.number == 2 else 1
            )
        department, leader, kind = zip(*rows, strict=True)
        kinds = ("党委听取诊改汇报", "班子督促检查", "诊改培训", "质量委员会会议", "一页纸编制培训", "师资需求调研")
        count = len(rows)
        # Reports, inspections and surveys fall into the first two thirds of a term, so that a running term has some.
        days = term.first_day + np.sort(rng.integers(7, 110, count))
        order = rng.permutation(count)
        should = rng.integers(12, 60, count)
        kept = np.flatnonzero(days <= term.last_known_day)
        rows_ = order[kept]
        parts.append(
            build(
                "fact_governance",
                len(rows_),
                {
                    "dept_id": np.array(department)[rows_],
                    "date_id": keys_of(days[kept]),
                    "leader_id": Blank(values=np.array(leader)[rows_], missing=np.array(leader)[rows_] == 0),
                    "kind": Coded(codes=np.array([kinds.index(k) for k in kind])[rows_], labels=kinds),
                    "person_cnt": rng.binomial(should, 0.935)[rows_],
                    "should_cnt": should[rows_],
                },
                first_key=term.term_id * KEY_OF_YEAR,
            )
        )
    return pa.concat_tables(parts)


def incident_table(college: College) -> pa.Table:
    """fact_incident: what went wrong, in teaching, on the premises and in conduct."""
    organisation = college.organisation
    staff = organisation.staff
    teachers = staff.of_kind("专任教师")
    categories = {"教学": 0.13, "考试": 0.05, "管理": 0.06, "安全": 0.34, "后勤": 0.37, "师德": 0.05}
    homes = {"管理": "教务处", "安全": "保卫处", "后勤": "后勤管理处"}
    parts = []
    for year in college.calendar.years:
        rng = college.spec.stream("fact_incident", year)
        count = max(24, round(90 * college.spec.scale))
        category = draw(rng, count, categories)
        who = rng.choice(teachers, count)
        personal = category.equals("教学") | category.equals("考试") | category.equals("师德")
        home = np.array([organisation.department_id(homes.get(label, "教务处")) for label in categories])[
            category.codes
        ]
        anywhere = rng.choice(organisation.department_ids, count)
        department = np.where(personal, staff.department[who], np.where(rng.random(count) < 0.5, home, anywhere))
        rows, days = days_of_year(college, rng, year, count)
        parts.append(
            build(
                "fact_incident",
                len(rows),
                {
                    "dept_id": department[rows],
                    "teacher_id": Blank(values=staff.ids[who[rows]], missing=~personal[rows]),
                    "date_id": keys_of(days),
                    "category": category.where(rows),
                    "severity": draw(rng, len(rows), {"一般": 0.88, "较大": 0.1, "重大": 0.02}),
                    "source": draw(
                        rng, len(rows), {"学生反馈": 0.25, "督导巡查": 0.25, "干部听课": 0.1, "投诉": 0.2, "其他": 0.2}
                    ),
                    "is_injury": category.equals("安全")[rows] & (rng.random(len(rows)) < 0.2),
                    "is_resolved_on_time": rng.random(len(rows)) < 0.965,
                },
                first_key=year * KEY_OF_YEAR,
            )
        )
    return pa.concat_tables(parts)


def safety_check_table(college: College) -> pa.Table:
    """fact_safety_check: rounds through all departments, kitchens and dormitories, and drills."""
    organisation = college.organisation
    logistics, guard = organisation.department_id(LATE_TASK_OFFICE), organisation.department_id("保卫处")
    network, students = organisation.department_id("网络信息中心"), organisation.department_id("学生工作处")
    kinds = ("安全巡查", "食堂检查", "宿舍检查", "应急演练", "网络安全检查")
    parts = []
    for year in college.calendar.years:
        rng = college.spec.stream("fact_safety_check", year)
        department = np.concatenate(
            [
                np.repeat(organisation.department_ids, 60),
                np.repeat([logistics, students, guard, network], [420, 420, 7, 100]),
            ]
        )
        kind = np.repeat([0, 1, 2, 3, 4], [60 * len(organisation.department_ids), 420, 420, 7, 100])
        order = rng.permutation(len(kind))
        rows, days = days_of_year(college, rng, year, len(kind))
        here, what = department[order[rows]], kind[order[rows]]
        problems = np.where(what == 3, 0, rng.poisson(1.6, len(rows)))
        slow = np.where(here == logistics, 0.84, 0.966)
        parts.append(
            build(
                "fact_safety_check",
                len(rows),
                {
                    "dept_id": here,
                    "date_id": keys_of(days),
                    "kind": Coded(codes=what, labels=kinds),
                    "problem_cnt": problems,
                    "rectified_cnt": rng.binomial(problems, slow),
                },
                first_key=year * KEY_OF_YEAR,
            )
        )
    return pa.concat_tables(parts)


def feedback_table(college: College) -> pa.Table:
    """fact_feedback: requests and complaints, and how they were answered."""
    organisation = college.organisation
    departments = organisation.department_ids
    weight = np.where(departments >= 101, 1.0, 1.4)
    weight[organisation.department_names.index(LATE_TASK_OFFICE)] = 6.0
    mood = college.spec.stream("fact_feedback.mood").normal(0, 1, len(departments))
    parts = []
    for year in college.calendar.years:
        rng = college.spec.stream("fact_feedback", year)
        count = max(300, round(4200 * college.spec.scale))
        turn = rng.choice(len(departments), count, p=weight / weight.sum())
        rows, days = days_of_year(college, rng, year, count)
        here = turn[rows]
        fresh = (college.calendar.today - days).astype(int) < 10
        closed = rng.random(len(rows)) < np.where(fresh, 0.55, 0.97)
        anonymous = rng.random(len(rows)) < 0.4
        # Only students who are at the college on that day complain; a graduate of the year may still do so.
        enrolled = np.flatnonzero(np.isin(college.classes.grade_year[college.students.class_], [year - 1, year - 2]))
        parts.append(
            build(
                "fact_feedback",
                len(rows),
                {
                    "dept_id": departments[here],
                    "date_id": keys_of(days),
                    "student_id": Blank(
                        values=college.students.ids[rng.choice(enrolled, len(rows))], missing=anonymous
                    ),
                    "category": draw(
                        rng, len(rows), {"教学": 0.28, "后勤": 0.34, "安全": 0.08, "学工": 0.2, "其他": 0.1}
                    ),
                    "is_replied_on_time": rng.random(len(rows)) < np.clip(0.962 + 0.02 * mood[here], 0.7, 1),
                    "is_closed": closed,
                    "satisfied_score": Blank(
                        values=np.clip(np.round(89 + 3 * mood[here] + 8 * rng.standard_normal(len(rows))), 0, 100),
                        missing=~closed,
                    ),
                },
                first_key=year * KEY_OF_YEAR,
            )
        )
    return pa.concat_tables(parts)
