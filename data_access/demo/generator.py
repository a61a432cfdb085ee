"""All tables of the demo college, one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from data_access.contracts import contracts
from data_access.demo import (
    appraisal,
    calendar,
    campus_life,
    careers,
    curriculum,
    growth,
    lessons,
    measures,
    organisation,
    people,
    programmes,
    quality,
    reporting,
    results,
    risks,
    second_classroom,
    services,
    staffing,
    tasks,
    timetable,
)
from data_access.demo.moods import Drift, build_drift
from data_access.demo.spec import CollegeSpec
from data_access.demo.tables import Ints, empty

NamedTable = tuple[str, pa.Table]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The lasting college and the teaching of each term: all that the tables are drawn from."""

    college: people.College
    courses: curriculum.Courses
    teachings: list[timetable.Teaching]


def build_plan(spec: CollegeSpec) -> Plan:
    """The college, its courses and its timetables."""
    college = people.build_college(spec, calendar.build_calendar(spec))
    courses = curriculum.build_courses(college)
    return Plan(
        college=college,
        courses=courses,
        teachings=[timetable.build_teaching(college, courses, term) for term in college.calendar.terms],
    )


def generate(spec: CollegeSpec, *, indicators: Sequence[Mapping[str, Any]] = ()) -> Iterator[NamedTable]:
    """Every table of the demo college as (name, rows): dimensions, references, then facts.

    The rows conform to the table's contract, without its technical columns. Facts of a term come once per
    term, so that no more than one term is in memory. Rows that `write_source_files` writes are left out.

    Args:
        spec: size, history, day and seed.
        indicators: blocks of the indicator library; without them dim_indicator, fact_indicator_value and
            the references are empty.
    """
    plan = build_plan(spec)
    missing = dict.fromkeys(contracts())
    for name, table in _tables(plan, indicators):
        missing.pop(name, None)
        yield name, table
    # Early in the first term some facts cannot exist yet; their tables still do.
    for name in missing:
        yield name, empty(name)


def _tables(plan: Plan, indicators: Sequence[Mapping[str, Any]]) -> Iterator[NamedTable]:
    yield from _dimensions(plan, indicators)
    yield from _facts_of_years(plan, indicators)
    failed: Ints | None = None
    for teaching in plan.teachings:
        drift = build_drift(teaching)
        yield from _facts_of_term(teaching, drift, failed)
        failed = np.zeros(plan.college.students.count, np.int64)
        failed[teaching.students] = results.failed_courses(teaching, drift)


def _dimensions(plan: Plan, indicators: Sequence[Mapping[str, Any]]) -> Iterator[NamedTable]:
    college = plan.college
    yield from zip(("dim_term", "dim_date"), calendar.dimension_tables(college.calendar), strict=True)
    yield from zip(
        ("dim_department", "dim_major", "dim_teacher", "dim_enterprise"),
        organisation.dimension_tables(college.spec, college.organisation),
        strict=True,
    )
    yield from zip(("dim_class", "dim_student"), people.dimension_tables(college), strict=True)
    yield "dim_course", curriculum.course_table(college, plan.courses)
    yield "dim_offering", timetable.offering_table(plan.teachings)
    yield "dim_indicator", measures.indicator_table(indicators)
    yield "ref_target", measures.target_table(college, indicators)
    yield "ref_benchmark", measures.benchmark_table(college, indicators)


def _facts_of_years(plan: Plan, indicators: Sequence[Mapping[str, Any]]) -> Iterator[NamedTable]:
    college, courses = plan.college, plan.courses
    yield "fact_graduate", careers.graduate_table(college)
    yield "fact_enrolment", programmes.enrolment_table(college)
    yield "fact_major_year", programmes.major_year_table(college)
    yield "fact_coop", programmes.coop_table(college)
    yield "fact_training_base", programmes.training_base_table(college)
    yield "fact_exchange", programmes.exchange_table(college)
    yield "fact_honour", programmes.honour_table(college, courses)
    yield "fact_social_training", programmes.social_training_table(college)
    yield "fact_teacher_year", staffing.teacher_year_table(college)
    yield "fact_teacher_dev", staffing.teacher_dev_table(college)
    yield "fact_research", staffing.research_table(college)
    yield "fact_output", staffing.output_table(college)
    yield "fact_school_year", services.school_year_table(college)
    yield "fact_finance", services.finance_table(college)
    yield "fact_policy", services.policy_table(college)
    yield "fact_governance", services.governance_table(college)
    yield "fact_incident", services.incident_table(college)
    yield "fact_safety_check", services.safety_check_table(college)
    yield "fact_feedback", services.feedback_table(college)
    yield from zip(("fact_task", "fact_task_month"), tasks.task_tables(college, courses), strict=True)
    yield "fact_onepage", tasks.onepage_table(college, courses)
    yield from zip(
        ("fact_diagnosis", "fact_improve"), quality.diagnosis_and_improve_tables(college, courses), strict=True
    )
    yield "fact_report", reporting.report_table(college, courses)
    yield "fact_data_load", reporting.data_load_table(college)
    yield "fact_alert", quality.alert_table(college, courses, [str(item["code"]) for item in indicators])
    for table in measures.value_tables(college, courses, plan.teachings, indicators):
        yield "fact_indicator_value", table


def _facts_of_term(teaching: timetable.Teaching, drift: Drift, failed_before: Ints | None) -> Iterator[NamedTable]:
    college, term = teaching.college, teaching.term
    sessions = lessons.build_sessions(teaching)
    yield "fact_session", lessons.session_table(teaching, sessions)
    for table in lessons.attendance_tables(teaching, sessions, drift):
        yield "fact_attendance", table
    yield "fact_unit_assess", results.unit_assess_table(teaching, drift)
    yield "fact_observation", appraisal.observation_table(teaching, sessions)
    yield "fact_course_term", appraisal.course_term_table(teaching)
    yield "fact_student_term", growth.student_term_table(teaching, failed_before)
    yield "fact_student_plan", growth.student_plan_table(teaching)
    yield "fact_second_class", second_classroom.second_class_table(teaching)
    yield "fact_student_event", growth.student_event_table(teaching, drift)
    yield "fact_self_test", growth.self_test_table(teaching)
    yield "fact_class_activity", growth.class_activity_table(teaching)
    yield "fact_special_student", growth.special_student_table(teaching)
    yield "fact_student_week", campus_life.student_week_table(teaching, drift)
    yield "fact_dorm_check", campus_life.dorm_check_table(teaching, drift)
    yield "fact_certificate", careers.certificate_table(college, term)
    yield "fact_competition", careers.competition_table(college, term)
    yield "fact_internship", careers.internship_table(college, term)
    yield "fact_risk_score", risks.risk_table(teaching, drift, results.failed_courses(teaching, drift))
    if term.number == 1 and term.reached(10):
        yield "fact_fitness", results.fitness_table(teaching)
    if term.reached(18):
        yield "fact_eval", appraisal.eval_table(teaching)
        yield "fact_survey", appraisal.survey_table(teaching)
        yield "fact_student_assess", growth.student_assess_table(teaching)
    if results.graded(term):
        yield "fact_grade", results.grade_table(teaching, drift)
