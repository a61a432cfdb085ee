"""Tasks with their monthly progress, and plans on a page."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from data_access.demo.curriculum import Courses
from data_access.demo.organisation import FIRST_FUNCTIONAL_ID
from data_access.demo.people import College
from data_access.demo.programmes import KEY_OF_YEAR
from data_access.demo.stories import LATE_TASK_OFFICE
from data_access.demo.tables import Blank, Bools, Coded, Floats, Ints, build, keys_of

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
    on_time_rate = np.clip(
        np.where(key_task, 0.945, 0.972) + zeal - 0.3 * late_office * key_task - 0.06 * late_office, 0, 1
    )
    on_time = is_due & (rng.random(count) < on_time_rate)
    caught_up = is_due & ~on_time & (rng.random(count) < np.where(late_office, 0.35, 0.7))
    early = ~is_due & (rng.random(count) < 0.06)
    done = on_time | caught_up | early
    share = np.clip((today - begin).astype(float) / (due - begin).astype(float), 0, 1)
    behind = np.clip(
        rng.exponential(5, count) + 14 * (rng.random(count) < 0.12) + 25 * late_office * (rng.random(count) < 0.4),
        0,
        60,
    )
    progress = np.where(done, 100, np.clip(np.round(100 * share - behind), 0, 95))
    near = ~is_due & ((due - today).astype(int) <= 30) & (progress < 80)
    # Work that ran over its date with a new date agreed is unfinished, not alarming; the rest is.
    extended = is_due & ~done & (rng.random(count) < np.where(late_office, 0.4, 0.85))
    status = np.select([done, extended, is_due | near, behind > 10], [1, 2, 3, 2], 0)
    layer = np.where(
        department >= FIRST_FUNCTIONAL_ID,
        rng.choice([0, 1], count, p=[0.3, 0.7]),
        rng.choice([2, 3, 4, 5, 6], count, p=[0.3, 0.25, 0.2, 0.15, 0.1]),
    )
    major, course = _subjects(college, courses, rng, department, layer)
    first_key = year * KEY_OF_YEAR
    leaders = _leader_of(college, department)
    parents = np.flatnonzero(layer <= 1)
    parent = first_key + parents[rng.integers(0, len(parents), count)]
    has_parent = (layer >= 2) & (rng.random(count) < 0.6)
    source = np.where(
        key_task, rng.choice([0, 1, 3], count, p=[0.4, 0.5, 0.1]), rng.choice([2, 3, 4], count, p=[0.7, 0.12, 0.18])
    )
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
            "quality_score": Blank(
                values=np.clip(np.round(89 + 60 * zeal + 5 * rng.standard_normal(count)), 40, 100), missing=~done
            ),
            "budget_amt": budget,
            "cost_amt": np.round(budget * np.where(done, rng.normal(0.965, 0.11, count), share), 2),
        },
        first_key=first_key,
    )
    return table, _task_months(college, rng, first_key, begin, due, done, behind)


def _task_months(
    college: College,
    rng: np.random.Generator,
    first_key: int,
    begin: np.ndarray,
    due: np.ndarray,
    done: Bools,
    behind: Floats,
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
    major = member_of(college.organisation.majors.department + 1, rng, department)
    course = member_of(courses.department, rng, department)
    return np.where(layer == LAYERS.index("专业"), major, -1), np.where(layer == LAYERS.index("课程"), course, -1)


def member_of(homes: Ints, rng: np.random.Generator, department: Ints) -> Ints:
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
    sizes = [
        len(organisation.department_ids),
        organisation.majors.count,
        courses.count // 2,
        len(teachers),
        len(classes),
    ]
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
