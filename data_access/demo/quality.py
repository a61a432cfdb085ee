"""What people do about quality: tasks, plans on a page, diagnoses, improvements, reports, alerts, loads."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from data_access.contracts import contracts
from data_access.demo.calendar import Term
from data_access.demo.curriculum import Courses
from data_access.demo.organisation import FIRST_FUNCTIONAL_ID
from data_access.demo.people import College
from data_access.demo.programmes import KEY_OF_YEAR
from data_access.demo.stories import (
    DORM_GAP_WEEKS,
    LATE_CARD_WEEKS,
    LATE_TASK_OFFICE,
    SILENT_DEPARTMENT,
)
from data_access.demo.tables import Blank, Bools, Coded, Floats, Ints, build, draw, keys_of

LAYERS = ("学校", "部门", "系部", "专业", "课程", "教师", "学生")


def task_tables(college: College, courses: Courses) -> tuple[pa.Table, pa.Table]:
    """fact_task and fact_task_month of all years."""
    tasks, months = zip(*(_tasks(college, courses, year) for year in college.calendar.years), strict=True)
    return pa.concat_tables(tasks), pa.concat_tables(months)


def _tasks(college: College, courses: Courses, year: int) -> tuple[pa.Table, pa.Table]:
    rng = college.spec.stream("fact_task", year)
    organisation = college.organisation
    each = max(30, round(100 * college.spec.scale))
    department = np.repeat(organisation.department_ids, each)
    count = len(department)
    due = np.datetime64(f"{year}-01-15") + rng.integers(0, 350, count)
    begin = due - rng.integers(60, 260, count)
    today = college.calendar.today
    is_due = due <= today
    late_office = department == organisation.department_id(LATE_TASK_OFFICE)
    key_task = rng.random(count) < 0.4
    zeal = college.spec.stream("fact_task.zeal").normal(0, 0.02, FIRST_FUNCTIONAL_ID + 40)[department]
    on_time_rate = np.clip(np.where(key_task, 0.945, 0.972) + zeal - 0.3 * late_office * key_task - 0.06 * late_office, 0, 1)
    on_time = is_due & (rng.random(count) < on_time_rate)
    caught_up = is_due & ~on_time & (rng.random(count) < np.where(late_office, 0.35, 0.7))
    early = ~is_due & (rng.random(count) < 0.06)
    done = on_time | caught_up | early
    share = np.clip((today - begin).astype(float) / (due - begin).astype(float), 0, 1)
    behind = np.clip(rng.exponential(5, count) + 14 * (rng.random(count) < 0.12) + 25 * late_office * (rng.random(count) < 0.4), 0, 60)
    progress = np.where(done, 100, np.clip(np.round(100 * share - behind), 0, 95))
    near = ~is_due & ((due - today).astype(int) <= 30) & (progress < 80)
    # Work that ran over its date with a new date agreed is unfinished, not alarming; the rest is.
    extended = is_due & ~done & (rng.random(count) < np.where(late_office, 0.4, 0.85))
    status = np.select([done, extended, is_due | near, behind > 10], [1, 2, 3, 2], 0)
    layer = np.where(department >= FIRST_FUNCTIONAL_ID, rng.choice([0, 1], count, p=[0.3, 0.7]), rng.choice([2, 3, 4, 5, 6], count, p=[0.3, 0.25, 0.2, 0.15, 0.1]))
    major, course = _subjects(college, courses, rng, department, layer)
    first_key = year * KEY_OF_YEAR
    leaders = _leader_of(college, department)
    parents = np.flatnonzero(layer <= 1)
    parent = first_key + parents[rng.integers(0, len(parents), count)]
    has_parent = (layer >= 2) & (rng.random(count) < 0.6)
    source = np.where(key_task, rng.choice([0, 1, 3], count, p=[0.4, 0.5, 0.1]), rng.choice([2, 3, 4], count, p=[0.7, 0.12, 0.18]))
    budget = np.round(rng.gamma(1.5, 3.0, count), 2)
    table = build(
        "fact_task",
        count,
        {
            "dept_id": department,
            "major_id": Blank(values=major + 1, missing=major < 0),
            "course_id": Blank(values=course + 1, missing=course < 0),
            "owner_id": leaders,
            "parent_task_id": Blank(values=parent, missing=~has_parent),
            "date_id": keys_of(due),
            "layer": Coded(codes=layer, labels=LAYERS),
            "source": Coded(codes=source, labels=("发展规划", "年度重点", "常规工作", "整改任务", "自主任务")),
            "attr": Coded(codes=np.where(key_task, 0, 1), labels=("A", "B")),
            "is_mapped": rng.random(count) < 0.972,
            "is_due": is_due,
            "is_done": done,
            "is_on_time": on_time | early,
            "progress": progress,
            "status": Coded(codes=status, labels=("正常", "已完成", "未完成", "预警")),
            "quality_score": Blank(values=np.clip(np.round(89 + 60 * zeal + 5 * rng.standard_normal(count)), 40, 100), missing=~done),
            "budget_amt": budget,
            "cost_amt": np.round(budget * np.where(done, rng.normal(0.965, 0.11, count), share), 2),
        },
        first_key=first_key,
    )
    return table, _task_months(college, rng, first_key, begin, due, done, behind)


def _task_months(
    college: College, rng: np.random.Generator, first_key: int, begin: np.ndarray, due: np.ndarray, done: Bools, behind: Floats
) -> pa.Table:
    today = college.calendar.today
    first = begin.astype("datetime64[M]")
    length = (due.astype("datetime64[M]") - first).astype(int) + 1
    task = np.repeat(np.arange(len(due)), length)
    step = np.arange(len(task)) - np.repeat(np.cumsum(length) - length, length)
    ends = (first[task] + step + 1).astype("datetime64[D]") - 1
    kept = np.flatnonzero((ends <= today) & (ends >= college.calendar.days[0]))
    task, ends = task[kept], ends[kept]
    plan = np.clip(100 * (ends - begin[task]).astype(float) / (due - begin)[task].astype(float), 0, 100)
    lag = behind[task] * rng.uniform(0.5, 1.5, len(task))
    finished = done[task] & (ends >= due[task])
    actual = np.where(finished, 100, np.clip(plan - lag, 0, 100))
    overdue = ~finished & (ends > due[task])
    urgent = ~finished & ((due[task] - ends).astype(int) <= 30) & (actual < 80)
    colour = np.select([finished, overdue | urgent, plan - actual > 10], [1, 3, 2], 0)
    return build(
        "fact_task_month",
        len(task),
        {
            "task_id": first_key + task,
            "date_id": keys_of(ends),
            "plan_pct": np.round(plan, 1),
            "actual_pct": np.round(actual, 1),
            "colour": Coded(codes=colour, labels=("绿", "黑", "黄", "红")),
        },
        first_key=first_key * 100,
    )


def _leader_of(college: College, department: Ints) -> Ints:
    staff = college.organisation.staff
    order = np.argsort(staff.department, kind="stable")
    return staff.ids[order[np.searchsorted(staff.department[order], department)]]


def _subjects(
    college: College, courses: Courses, rng: np.random.Generator, department: Ints, layer: Ints
) -> tuple[Ints, Ints]:
    """A major of the department for tasks about majors, a course it teaches for those about courses; -1 for none."""
    major = _member(college.organisation.majors.department + 1, rng, department)
    course = _member(courses.department, rng, department)
    return np.where(layer == LAYERS.index("专业"), major, -1), np.where(layer == LAYERS.index("课程"), course, -1)


def _member(homes: Ints, rng: np.random.Generator, department: Ints) -> Ints:
    """For each department the position of one of those whose home it is, -1 where it has none."""
    order = np.argsort(homes, kind="stable")
    first = np.searchsorted(homes[order], department)
    many = np.searchsorted(homes[order], department, side="right") - first
    pick = first + (rng.random(len(department)) * many).astype(int)
    return np.where(many > 0, order[np.minimum(pick, len(order) - 1)], -1)


def onepage_table(college: College, courses: Courses) -> pa.Table:
    """fact_onepage: who has to file a plan on a page, and did."""
    organisation, staff = college.organisation, college.organisation.staff
    current = college.calendar.current.acad_year
    classes = np.flatnonzero(np.isin(current - college.classes.grade_year, range(3)))
    teachers = staff.of_kind("专任教师")[::2]
    sizes = [len(organisation.department_ids), organisation.majors.count, courses.count // 2, len(teachers), len(classes)]
    layer = np.repeat(np.arange(5), sizes)
    within = np.concatenate([np.arange(n) for n in sizes])
    majors = organisation.majors
    department = np.concatenate(
        [
            organisation.department_ids,
            majors.department + 1,
            courses.department[: sizes[2]],
            staff.department[teachers],
            majors.department[college.classes.major[classes]] + 1,
        ]
    )

    def of_layer(position: int, keys: Ints) -> Blank:
        return Blank(values=keys[np.where(layer == position, within, 0)], missing=layer != position)

    parts = []
    for year in college.calendar.years:
        rng = college.spec.stream("fact_onepage", year)
        count = len(layer)
        fields = rng.integers(28, 44, count)
        parts.append(
            build(
                "fact_onepage",
                count,
                {
                    "dept_id": department,
                    "major_id": of_layer(1, majors.ids),
                    "course_id": of_layer(2, courses.ids),
                    "teacher_id": of_layer(3, staff.ids[teachers]),
                    "class_id": of_layer(4, college.classes.ids[classes]),
                    "plan_year": year,
                    "layer": Coded(codes=layer, labels=("部门", "专业", "课程", "教师", "班级")),
                    "is_required": True,
                    "is_submitted": rng.random(count) < 0.984,
                    "field_cnt": fields,
                    "error_cnt": rng.binomial(fields, 0.024),
                },
                first_key=year * KEY_OF_YEAR,
            )
        )
    return pa.concat_tables(parts)


def report_table(college: College, courses: Courses) -> pa.Table:
    """fact_report: the reports of every year that are due by now."""
    organisation = college.organisation
    types = contracts()["fact_report"].column("report_type").enum
    every = organisation.department_ids.tolist()
    teaching = organisation.teaching_ids.tolist()
    rows: list[tuple[int, int, int, str, str, int]] = []
    quality = organisation.department_id("教育质量监督评价中心(质量办)")
    for kind, layer, month in (("学校年度质量报告", "学校", 12), ("规划执行报告", "学校", 12), ("体系运行报告", "学校", 6), ("状态数据分析报告", "学校", 10), ("校内复核报告", "学校", 12), ("学生教育质量年度报告", "学生", 9), ("毕业生就业质量年报", "学生", 10), ("后勤服务质量年报", "学校", 9), ("企业参与职教年报", "学校", 10), ("教师层面诊改报告", "教师", 7)):
        rows.append((quality, 0, 0, kind, layer, month))
    for kind, layer, month in (("二级单位质量年报", "学校", 9), ("自我诊断报告", "学校", 11), ("整改报告", "学校", 7), ("体系运行报告", "学校", 3)):
        rows += [(department, 0, 0, kind, layer, month) for department in every]
    for kind, layer, month in (("师资质量年度报告", "教师", 9), ("学生发展质量报告", "学生", 7), ("学生学业情况分析报告", "学生", 3)):
        rows += [(department, 0, 0, kind, layer, month) for department in teaching]
    majors = organisation.majors
    for kind, month in (("专业质量分析报告", 7), ("专业年度质量报告", 9)):
        rows += [(int(majors.department[m]) + 1, m + 1, 0, kind, "专业", month) for m in range(majors.count)]
    for kind, month in (("课程质量分析报告", 7), ("课程年度质量报告", 9)):
        rows += [(int(courses.department[c]), 0, c + 1, kind, "课程", month) for c in range(0, courses.count, 3)]
    department, major, course, kind, layer, month = (np.array(column) for column in zip(*rows, strict=True))
    layers = ("学校", "专业", "课程", "教师", "学生")
    parts = []
    careless = college.spec.stream("fact_report.care").choice([0.0, 0.01, 0.03, 0.1], FIRST_FUNCTIONAL_ID + 40)[department]
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


def diagnosis_and_improve_tables(college: College, courses: Courses) -> tuple[pa.Table, pa.Table]:
    """fact_diagnosis and fact_improve of all terms."""
    parts = [_diagnoses(college, courses, term) for term in college.calendar.terms]
    return pa.concat_tables([d for d, _ in parts]), pa.concat_tables([i for _, i in parts])


def _diagnoses(college: College, courses: Courses, term: Term) -> tuple[pa.Table, pa.Table]:
    rng = college.spec.stream("fact_diagnosis", term.term_id)
    organisation, staff = college.organisation, college.organisation.staff
    majors = organisation.majors
    kinds = ("自主诊改", "事前诊断", "事中诊断", "事后诊断", "中期检查", "校内复核", "外部评估")
    blocks: list[tuple[int, int, Ints, Ints, Ints, Ints, Ints]] = []

    def block(layer: int, kind: int, department: Ints, **subject: Ints) -> None:
        none = np.full(len(department), -1)
        blocks.append((layer, kind, department, *(subject.get(s, none) for s in ("major", "course", "teacher", "student"))))

    every = organisation.department_ids
    if term.reached(18):
        teachers = staff.of_kind("专任教师", "辅导员")
        people = college.enrolled_in(term)
        people = people[people % 2 == term.number % 2]
        block(0, 0, every)
        block(1, 0, majors.department + 1, major=np.arange(majors.count))
        block(2, 0, courses.department, course=np.arange(courses.count))
        block(3, 0, staff.department[teachers], teacher=teachers)
        block(4, 0, majors.department[college.majors_of_students[people]] + 1, student=people)
    if term.number == 2:
        block(0, 1, every)
        if term.reached(16):
            block(0, 4, every)
            block(1, 4, majors.department + 1, major=np.arange(majors.count))
    if term.number == 1:
        if term.reached(7):
            block(0, 2, every)
        if term.reached(15):
            block(0, 5, every)
        if term.reached(18):
            block(0, 3, every)
    if not blocks:
        block(0, 2, every[:1])
    sizes = [len(b[2]) for b in blocks]
    layer, kind = (np.repeat([b[i] for b in blocks], sizes) for i in (0, 1))
    department, major, course, teacher, student = (np.concatenate([b[i] for b in blocks]) for i in range(2, 7))
    count = len(layer)
    zeal = college.spec.stream("fact_diagnosis.zeal").normal(0, 0.012, FIRST_FUNCTIONAL_ID + 40)[department]
    done = rng.random(count) < np.clip(0.985 + zeal, 0, 1)
    problems = rng.poisson(np.choose(layer, [4.0, 3.0, 2.2, 2.4, 1.8]))
    first_key = term.term_id * FIRST_KEY
    diagnosis = build(
        "fact_diagnosis",
        count,
        {
            "dept_id": department,
            "major_id": Blank(values=major + 1, missing=major < 0),
            "course_id": Blank(values=course + 1, missing=course < 0),
            "teacher_id": Blank(values=staff.ids[teacher], missing=teacher < 0),
            "student_id": Blank(values=college.students.ids[student], missing=student < 0),
            "term_id": term.term_id,
            "layer": Coded(codes=layer, labels=("学校", "专业", "课程", "教师", "学生")),
            "kind": Coded(codes=kind, labels=kinds),
            "is_required": True,
            "is_done": done,
            "is_on_time": done & (rng.random(count) < 0.985),
            "problem_cnt": np.where(done, problems, 0),
            "score": Blank(values=np.clip(np.round(86 + 5 * rng.standard_normal(count), 1), 40, 100), missing=~done),
        },
        first_key=first_key,
    )
    return diagnosis, _improvements(college, term, first_key, department, major, course)


FIRST_KEY = 1_000_000


def _improvements(college: College, term: Term, first_key: int, department: Ints, major: Ints, course: Ints) -> pa.Table:
    rng = college.spec.stream("fact_improve", term.term_id)
    every = college.organisation.department_ids
    each = max(10, round(28 * college.spec.scale))
    owner = np.repeat(every, each)
    # An item comes from a diagnosis of the same department where there is one.
    source = _member(department, rng, owner)
    known = source >= 0
    due = term.first_day + rng.integers(10, 180, len(owner))
    is_due = due <= college.calendar.today
    slow = owner == college.organisation.department_id(LATE_TASK_OFFICE)
    zeal = college.spec.stream("fact_improve.zeal").normal(0, 0.03, FIRST_FUNCTIONAL_ID + 40)[owner]
    on_time = is_due & (rng.random(len(owner)) < np.clip(0.93 + zeal - 0.25 * slow, 0, 1))
    closed = on_time | (is_due & (rng.random(len(owner)) < 0.4)) | (~is_due & (rng.random(len(owner)) < 0.2))
    return build(
        "fact_improve",
        len(owner),
        {
            "dept_id": owner,
            "major_id": Blank(values=major[source] + 1, missing=~known | (major[source] < 0)),
            "course_id": Blank(values=course[source] + 1, missing=~known | (course[source] < 0)),
            "date_id": keys_of(due),
            "diagnosis_id": Blank(values=first_key + source, missing=~known),
            "is_due": is_due,
            "is_closed": closed,
            "is_closed_on_time": on_time,
            "effect_ok": closed & (rng.random(len(owner)) < 0.9),
            "is_rolled_over": is_due & ~closed & (rng.random(len(owner)) < 0.8),
        },
        first_key=term.term_id * KEY_OF_YEAR,
    )


def alert_table(college: College, courses: Courses, codes: list[str]) -> pa.Table:
    """fact_alert: warnings raised in the weeks of every term, and who answered them.

    Args:
        college: the college.
        courses: its courses.
        codes: codes of the indicators, in the order of their keys.
    """
    organisation = college.organisation
    departments = organisation.department_ids
    weight = np.where(departments < FIRST_FUNCTIONAL_ID, 3.0, 1.0)
    student_layer = np.array([i for i, code in enumerate(codes) if code.startswith("STU-")], int)
    course_layer = np.array([i for i, code in enumerate(codes) if code.startswith("CRS-")], int)
    parts = []
    for term in college.calendar.terms:
        rng = college.spec.stream("fact_alert", term.term_id)
        count = max(700, round(12_000 * college.spec.scale))
        department = rng.choice(departments, count, p=weight / weight.sum())
        days = np.sort(term.first_day + 7 + rng.integers(0, 133, count))
        people = college.campus_in(term)
        person = people[rng.integers(0, len(people), count)]
        home = organisation.majors.department[college.majors_of_students[person]] + 1
        about_student = (rng.random(count) < 0.6) & (department < FIRST_FUNCTIONAL_ID)
        department = np.where(about_student, home, department)
        course = _member(courses.department, rng, department)
        about_course = ~about_student & (course >= 0)
        silent = department == organisation.department_id(SILENT_DEPARTMENT) if SILENT_DEPARTMENT in organisation.department_names else np.zeros(count, bool)
        mood = college.spec.stream("fact_alert.mood").normal(0, 0.02, FIRST_FUNCTIONAL_ID + 40)[department]
        kept = np.flatnonzero(days <= term.last_known_day)
        fresh = (college.calendar.today - days).astype(int) < 10
        acked = rng.random(count) < np.clip(0.945 + mood - 0.35 * silent, 0, 1)
        closed = rng.random(count) < np.where(fresh, 0.45, np.clip(0.9 + mood - 0.3 * silent, 0, 1))
        indicator = np.where(
            about_student & (len(student_layer) > 0),
            _pick(student_layer, rng, count),
            np.where(about_course & (len(course_layer) > 0), _pick(course_layer, rng, count), rng.integers(0, max(1, len(codes)), count)),
        )
        parts.append(
            build(
                "fact_alert",
                len(kept),
                {
                    "indicator_id": Blank(values=indicator[kept] + 1, missing=np.full(len(kept), not codes)),
                    "dept_id": department[kept],
                    "major_id": Blank(values=college.majors_of_students[person[kept]] + 1, missing=~about_student[kept]),
                    "course_id": Blank(values=course[kept] + 1, missing=~about_course[kept]),
                    "student_id": Blank(values=college.students.ids[person[kept]], missing=~about_student[kept]),
                    "date_id": keys_of(days[kept]),
                    "level": draw(rng, len(kept), {"预警": 0.78, "警戒": 0.22}),
                    "is_acked_on_time": acked[kept],
                    "is_closed": closed[kept],
                },
                first_key=term.term_id * KEY_OF_YEAR,
            )
        )
    return pa.concat_tables(parts)


def _pick(choices: Ints, rng: np.random.Generator, count: int) -> Ints:
    lot = rng.random(count)
    return choices[(lot * len(choices)).astype(int)] if len(choices) else np.zeros(count, int)
