"""Every point is asked for by its collector at its time point, and by nobody else at any other."""

import datetime as dt
from collections import defaultdict

import pytest

from data_access.access.rules import reaches_of
from data_access.growth_card.sheet_units import COLLECTOR_POSTS
from indicators.growth_card.collection import (
    COURSE_POINTS,
    OF_SECTIONS,
    Trait,
    column_key,
    demands,
    grade_in,
    input_of,
    inputs_of,
    week_of,
)
from indicators.growth_card.points import Collector, shipped_card
from indicators.growth_card.slots import CardTerm, Span, due_grades, months_between, slots_of
from indicators.library import shipped_library

CARD = shipped_card()
EVERY = frozenset(Trait)
GRADES = (1, 2, 3, 4)


def term_of(number, start, weeks=18):
    """A term of the academic year that begins in 2026."""
    key = f"2026-2027-{number}"
    end = start + dt.timedelta(days=7 * weeks - 1)
    spans = tuple(
        Span(
            key=f"{key}-W{week:02d}",
            label=f"第{week}周",
            start=start + dt.timedelta(days=7 * week - 7),
            end=start + dt.timedelta(days=7 * week - 1),
        )
        for week in range(1, weeks + 1)
    )
    return CardTerm(
        term_id=20260 + number, key=key, acad_start=2026, number=number, start=start, end=end, weeks=spans,
        months=months_between(start, end), freezes_on=end + dt.timedelta(days=14),
    )  # fmt: skip


AUTUMN, SPRING = term_of(1, dt.date(2026, 8, 31)), term_of(2, dt.date(2027, 3, 1))


def asked():
    """(point, grade) asked for over the academic year, with the collectors, time points and tasks of the asking."""
    found = defaultdict(set)
    for term in (AUTUMN, SPRING):
        for collector in Collector:
            for grade in GRADES:
                for demand in demands(CARD, term, collector, grade=grade, traits=EVERY):
                    for point in demand.points:
                        found[point.code, grade].add((collector, point.collection_point, term.number, demand.task))
    return found


ASKED = asked()


@pytest.mark.parametrize("point", CARD.points, ids=lambda point: point.code)
def test_each_point_is_in_the_queue_of_its_collector_alone_at_its_time_point(point):
    collectors = {who for (code, _), askings in ASKED.items() if code == point.code for who, *_ in askings}
    assert collectors == set(point.collectors)
    assert len(collectors) == (2 if point.code == "STU-CAR-01" else 1)


@pytest.mark.parametrize("point", CARD.points, ids=lambda point: point.code)
def test_a_point_is_asked_for_in_the_years_of_study_in_which_it_is_due_and_in_no_other(point):
    assert {grade for code, grade in ASKED if code == point.code} == set(due_grades(point))


@pytest.mark.parametrize(
    ("time_point", "tasks"),
    [
        ("每次课前", {f"W{n:02d}" for n in range(1, 19)}),
        ("周末", {f"W{n:02d}" for n in range(1, 19)}),
        ("月末", {"2026-09", "2026-10", "2026-11", "2026-12", "2027-03", "2027-04", "2027-05", "2027-06"}),
        ("学期末", {"term", "W18", "follow-up"}),
        ("学年初", {"plan", "goals"}),
        ("每学年初", {"plan", "goals"}),
        ("第一学期中", {"plan", "goals"}),
        ("学年末", {"year"}),
        ("毕业前", {"graduation"}),
    ],
)
def test_time_points_are_the_tasks_of_these_slots(time_point, tasks):
    assert {task for askings in ASKED.values() for _, point, _, task in askings if point == time_point} == tasks


@pytest.mark.parametrize("point", [p for p in CARD.points if p.code in COURSE_POINTS], ids=lambda point: point.code)
def test_a_course_grade_is_asked_for_in_sections_of_its_kind_alone(point):
    [collector] = point.collectors
    trait = COURSE_POINTS[point.code]

    def is_asked(traits):
        owed = demands(CARD, AUTUMN, collector, grade=1, traits=traits)
        return any(point in demand.points for demand in owed)

    assert is_asked({trait})
    assert not is_asked(EVERY - {trait})


def test_what_happens_now_and_then_may_be_entered_in_any_week_and_is_asked_for_in_the_last():
    weeks = {d.task: d for d in demands(CARD, AUTUMN, Collector.STUDENT_AFFAIRS, grade=1) if d.task.startswith("W")}
    happening = {"STU-PER-13", "STU-PER-14", "CLS-PER-06"}
    assert {point.code for point in weeks["W03"].occasional} == happening
    assert {point.code for point in weeks["W18"].points} == happening | {"STU-PER-09"}
    assert weeks["W18"].occasional == ()


def test_nothing_is_due_before_the_slot_that_it_is_posted_to_ends():
    for collector in Collector:
        for demand in demands(CARD, AUTUMN, collector, grade=1, traits=EVERY):
            slots = [slot for p in demand.points for slot in slots_of(p, AUTUMN) if slot.key == demand.task]
            assert slots
            assert demand.opens_on <= demand.due_on <= min(slot.due_on for slot in slots)
            assert demand.due_on >= min(slot.booked_on for slot in slots)


def test_the_two_collectors_of_the_career_plan_enter_different_inputs():
    point = CARD.by_code["STU-CAR-01"]
    section, affairs = Collector.TEACHING_SECTION, Collector.STUDENT_AFFAIRS
    assert inputs_of(point, "plan", section) == ("raw",)
    assert inputs_of(point, "plan", affairs) == ("on_time",)
    assert inputs_of(point, "goals", section) == ("goals",)
    assert inputs_of(point, "goals", affairs) == ()


def test_a_column_names_point_and_input_both_ways():
    for point in CARD.points:
        for collector in point.collectors:
            for task in ("plan", "goals", "term"):
                for name in inputs_of(point, task, collector):
                    assert input_of(column_key(point.code, name)) == (point.code, name)


def test_the_year_of_study_follows_from_admission():
    assert [grade_in(AUTUMN, year) for year in (2026, 2025, 2024)] == [1, 2, 3]


def test_a_day_outside_of_the_teaching_weeks_has_none():
    assert week_of(AUTUMN, dt.date(2026, 9, 6)) == 0
    assert week_of(AUTUMN, dt.date(2026, 9, 7)) == 1
    assert week_of(AUTUMN, dt.date(2026, 8, 30)) is None


def test_collectors_enter_nothing_about_students_that_their_role_may_not_read():
    """A sheet shows what the systems know of its points: it must not be a way around the rules."""
    library = {indicator.code: indicator for indicator in shipped_library()}
    for point in CARD.points:
        topics = library[point.code].topics
        for collector in point.collectors:
            if collector in OF_SECTIONS:
                assert not topics, point.code
                continue
            reaches = [r for r in reaches_of(COLLECTOR_POSTS[collector].role) if point.holder.key in r.levels]
            assert any(topics <= r.topics or (r.sensitive_groups and point.holder.key == "class") for r in reaches)


def test_counselling_is_asked_of_the_counsellor_alone():
    assert {who for (code, _), a in ASKED.items() if code == "STU-PER-12" for who, *_ in a} == {Collector.COUNSELLOR}
