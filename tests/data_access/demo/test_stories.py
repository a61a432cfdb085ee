from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc
import pytest

from data_access.demo.calendar import build_calendar
from data_access.demo.generator import Plan, build_plan
from data_access.demo.moods import build_drift, story_student
from data_access.demo.organisation import DIMENSIONS
from data_access.demo.people import NEVER
from data_access.demo.results import failed_courses
from data_access.demo.spec import CollegeSpec
from data_access.demo.stories import (
    COLLAPSE_MAJOR,
    COLLAPSE_WEEK,
    DORM_GAP_WEEKS,
    HARD_COURSE,
    LATE_CARD_WEEKS,
    LATE_TASK_OFFICE,
    MAJOR_STORIES,
    RAIN_WEEKS,
    SILENT_DEPARTMENT,
    STORIES,
    UNRULY_MAJOR,
    UNRULY_WEEKS,
)
from data_access.demo.timetable import story_class, story_teacher
from tests.data_access.demo.conftest import TODAY, Tables, collect

DOCUMENT = Path(__file__).parents[3] / "docs" / "demo.md"


@pytest.fixture(scope="module")
def wide_spec() -> CollegeSpec:
    """Large enough for the majors that have a story."""
    return CollegeSpec(students=4300, terms=2, as_of=TODAY)


@pytest.fixture(scope="module")
def wide(wide_spec: CollegeSpec) -> Tables:
    return collect(wide_spec)


@pytest.fixture(scope="module")
def plan(wide_spec: CollegeSpec) -> Plan:
    return build_plan(wide_spec)


def lookup(table: Any, key: str, value: str) -> dict[Any, Any]:
    return dict(zip(table[key].to_pylist(), table[value].to_pylist(), strict=True))


def test_the_document_tells_every_story_as_the_data_do() -> None:
    _, text = DOCUMENT.read_text(encoding="utf-8").split("## Known stories", 1)
    rows = [line for line in text.splitlines() if re.match(r"\| `[a-z-]+` \|", line)]
    expected = [f"| `{s.id}` | {s.what} | {s.where} | {s.when} | {', '.join(s.indicators)} |" for s in STORIES]
    assert rows == expected


def test_stories_name_indicators_of_the_library(library: list[Mapping[str, Any]]) -> None:
    codes = {block["code"] for block in library}
    assert {code for story in STORIES for code in story.indicators} <= codes


def test_stories_name_majors_and_dimensions_that_exist() -> None:
    full = build_plan(CollegeSpec(students=12_000, terms=1, as_of=TODAY)).college.organisation.majors.name
    assert set(MAJOR_STORIES) <= set(full)
    assert {dimension for values in MAJOR_STORIES.values() for dimension in values} <= set(DIMENSIONS)


def test_the_known_section_collapses_in_week_six(wide: Tables, plan: Plan) -> None:
    teaching = plan.teachings[-1]
    class_ = story_class(plan.college, COLLAPSE_MAJOR, teaching.term, 2)
    section = np.flatnonzero((teaching.main_class == class_) & (teaching.collapse_week == COLLAPSE_WEEK))
    weeks = lookup(wide["dim_date"], "date_id", "week_no")
    rows = wide["fact_attendance"].filter(pc.field("offering_id").isin(teaching.ids[section].tolist()[:1]))
    here = np.isin(rows["status"].to_pylist(), ["准时", "迟到", "早退"])
    week = np.array([weeks[day] for day in rows["date_id"].to_pylist()])
    before, after = here[week < COLLAPSE_WEEK].mean(), here[week > COLLAPSE_WEEK].mean()
    assert before > 0.85
    assert after < before - 0.1


def test_the_lost_student_fails(plan: Plan, wide: Tables) -> None:
    earlier = plan.teachings[0]
    seat = story_student(earlier)
    number = int(plan.college.students.ids[earlier.students[seat]])
    marks = wide["fact_grade"].filter(
        (pc.field("student_id") == number) & (pc.field("term_id") == earlier.term.term_id)
    )
    everybody = pc.mean(pc.cast(wide["fact_grade"]["is_pass_first"], "int8")).as_py()
    assert pc.mean(pc.cast(marks["is_pass_first"], "int8")).as_py() < everybody - 0.2


def test_the_hard_course_fails_many(wide: Tables) -> None:
    course = lookup(wide["dim_course"], "course_name", "course_id")[HARD_COURSE]
    sections = lookup(wide["dim_offering"], "offering_id", "course_id")
    passed = wide["fact_grade"]["is_pass_first"].to_numpy(zero_copy_only=False)
    taken = np.array([sections[o] == course for o in wide["fact_grade"]["offering_id"].to_pylist()])
    assert taken.any()
    assert passed[taken].mean() < passed[~taken].mean() - 0.1


def test_the_weak_teacher_is_rated_low(wide: Tables, plan: Plan) -> None:
    who = int(plan.college.organisation.staff.ids[story_teacher(plan.college)])
    teachers = lookup(wide["dim_offering"], "offering_id", "teacher_id")
    rows = wide["fact_eval"].filter(pc.field("score").is_valid())
    score = np.asarray(rows["score"])
    own = np.array([teachers[o] == who for o in rows["offering_id"].to_pylist()])
    assert own.any()
    assert score[own].mean() < score[~own].mean() - 5


def test_the_dormitory_source_is_silent_in_its_weeks(wide: Tables) -> None:
    weeks = lookup(wide["dim_date"], "date_id", "week_no")
    delivered = {weeks[day] for day in wide["fact_dorm_check"]["date_id"].unique().to_pylist()}
    assert delivered.isdisjoint(DORM_GAP_WEEKS)
    loads = wide["fact_data_load"].filter(pc.field("table_name") == "fact_dorm_check")
    silent = np.array([weeks[day] in DORM_GAP_WEEKS for day in loads["date_id"].to_pylist()])
    loaded = np.asarray(loads["loaded_rows"])
    assert (loaded[silent] == 0).all()
    assert (loaded[~silent] > 0).all()


def test_the_late_office_misses_its_dates(wide: Tables) -> None:
    office = lookup(wide["dim_department"], "dept_name", "dept_id")[LATE_TASK_OFFICE]
    rows = wide["fact_task"].filter(pc.field("is_due") & (pc.field("attr") == "A"))
    own = np.asarray(rows["dept_id"]) == office
    on_time = rows["is_on_time"].to_numpy(zero_copy_only=False)
    assert on_time[own].mean() < on_time[~own].mean() - 0.15


def test_influenza_triples_leave(wide: Tables) -> None:
    weeks = lookup(wide["dim_date"], "date_id", "week_no")
    rows = wide["fact_attendance"].filter(pc.field("offering_id") > 202_610_000)
    week = np.array([weeks[day] for day in rows["date_id"].to_pylist()])
    leave = np.asarray(rows["status"].to_pylist()) == "请假"
    ill, well = leave[np.isin(week, [9, 10])].mean(), leave[np.isin(week, [7, 8, 11])].mean()
    assert 2.2 < ill / well < 4


def test_terms_are_those_that_have_begun() -> None:
    terms = build_calendar(CollegeSpec(students=90, terms=3, as_of=TODAY)).terms
    assert [t.term_id for t in terms] == [20251, 20252, 20261]


def test_rain_makes_students_late(wide: Tables) -> None:
    weeks = lookup(wide["dim_date"], "date_id", "week_no")
    rows = wide["fact_attendance"].filter(pc.field("offering_id") < 202_600_000)
    week = np.array([weeks[day] for day in rows["date_id"].to_pylist()])
    late = np.asarray(rows["status"].to_pylist()) == "迟到"
    assert late[np.isin(week, RAIN_WEEKS)].mean() > 1.7 * late[np.isin(week, [9, 10, 15, 16])].mean()


def test_the_unruly_class_breaks_rules_in_its_weeks(wide: Tables, plan: Plan) -> None:
    teaching = plan.teachings[0]
    class_ = story_class(plan.college, UNRULY_MAJOR, teaching.term, 1)
    own = set(plan.college.students.ids[plan.college.students.class_ == class_].tolist())
    weeks = lookup(wide["dim_date"], "date_id", "week_no")
    terms = lookup(wide["dim_date"], "date_id", "term_id")
    rows = wide["fact_student_event"].filter(pc.field("event_type") == "违纪")
    breaches = [
        (student in own, weeks[day])
        for student, day in zip(rows["student_id"].to_pylist(), rows["date_id"].to_pylist(), strict=True)
        if terms[day] == teaching.term.term_id
    ]
    inside = [week for mine, week in breaches if mine]
    classes = len(np.unique(plan.college.students.class_[teaching.students]))
    assert len(inside) > 10 * (len(breaches) - len(inside)) / classes
    assert all(UNRULY_WEEKS[0] <= week <= UNRULY_WEEKS[1] for week in inside)


@pytest.mark.parametrize(
    ("major", "table", "good", "whole"),
    [
        ("会展策划与管理", "fact_enrolment", "first_choice_cnt", "plan_cnt"),
        ("现代物流管理", "fact_major_year", "enterprise_hours", "major_course_hours"),
    ],
)
def test_lagging_majors_lag(wide: Tables, major: str, table: str, good: str, whole: str) -> None:
    number = lookup(wide["dim_major"], "major_name", "major_id")[major]
    sums = wide[table].group_by("major_id").aggregate([(good, "sum"), (whole, "sum")])
    share = np.asarray(sums[f"{good}_sum"]) / np.asarray(sums[f"{whole}_sum"])
    own = share[np.asarray(sums["major_id"]) == number]
    assert own < np.quantile(share, 0.1)


def test_graduates_of_the_lagging_major_are_placed_late(wide: Tables) -> None:
    number = lookup(wide["dim_major"], "major_name", "major_id")["模具设计与制造"]
    majors = lookup(wide["dim_class"], "class_id", "major_id")
    classes = lookup(wide["dim_student"], "student_id", "class_id")
    rows = wide["fact_graduate"]
    own = np.array([majors[classes[student]] == number for student in rows["student_id"].to_pylist()])
    placed = rows["placed_initial"].to_numpy(zero_copy_only=False)
    assert placed[own].mean() < placed[~own].mean() - 0.1


def test_the_silent_department_leaves_alerts_unanswered(wide: Tables) -> None:
    number = lookup(wide["dim_department"], "dept_name", "dept_id")[SILENT_DEPARTMENT]
    own = np.asarray(wide["fact_alert"]["dept_id"]) == number
    answered = wide["fact_alert"]["is_acked_on_time"].to_numpy(zero_copy_only=False)
    assert answered[own].mean() < answered[~own].mean() - 0.2


def test_the_campus_card_arrives_late_in_its_weeks(wide: Tables) -> None:
    weeks = lookup(wide["dim_date"], "date_id", "week_no")
    loads = wide["fact_data_load"].filter(pc.field("table_name") == "fact_student_week")
    week = np.array([weeks[day] or 0 for day in loads["date_id"].to_pylist()])
    on_time = loads["is_on_time"].to_numpy(zero_copy_only=False)
    slow = (week >= LATE_CARD_WEEKS[0]) & (week <= LATE_CARD_WEEKS[1])
    assert not on_time[slow].any()
    assert on_time[~slow].mean() > 0.9


def test_weak_students_slip_before_they_fail(plan: Plan) -> None:
    teaching = plan.teachings[0]
    drift = build_drift(teaching)
    slipped = drift.start < NEVER
    failed = failed_courses(teaching, drift)
    assert 0.02 < slipped.mean() < 0.1
    assert failed[slipped].mean() > 4 * failed[~slipped].mean()
