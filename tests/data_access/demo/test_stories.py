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
from data_access.demo.moods import story_student
from data_access.demo.organisation import DIMENSIONS
from data_access.demo.spec import CollegeSpec
from data_access.demo.stories import (
    COLLAPSE_MAJOR,
    COLLAPSE_WEEK,
    DORM_GAP_WEEKS,
    HARD_COURSE,
    LATE_TASK_OFFICE,
    MAJOR_STORIES,
    STORIES,
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
    text = DOCUMENT.read_text(encoding="utf-8")
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
