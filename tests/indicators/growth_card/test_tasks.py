"""Due lists and timeliness: who is asked for what on which day, and how many of it came in time."""

import datetime as dt
from collections import Counter

import pytest

from data_access.access.scope import Scope
from indicators.growth_card.entry_board import State
from indicators.growth_card.timeliness import By, Rate
from tests.indicators.growth_card.entry_office import CLASS, OTHER_CLASS, TODAY, Office, lesson, sheet


@pytest.fixture(scope="module")
def office(install, tmp_path_factory):
    """Classes for which nobody has done anything but: the adviser week 1 late and week 2 in time, a lesson of week 2."""
    made = Office(install(tmp_path_factory.mktemp("office")))
    made.on(dt.date(2026, 9, 8))
    made.submit("adviser", sheet("W01"), blanks_confirmed=True)
    made.on(dt.date(2026, 9, 14))
    made.submit("adviser", sheet("W02"), blanks_confirmed=True)
    made.submit("teacher", lesson("20260909"), blanks_confirmed=True)
    made.on(TODAY)
    made.save("adviser", sheet("W03"), (1, "STU-ACD-03", 95, 0), (2, "STU-ACD-03", 90, 0))
    return made


def states(office, who, *, on=TODAY, **how):
    found = office.tasks.of(office.viewer(who), on=on, **how)
    return {(task.key.collector, task.key.unit_id, task.key.task): task.state for task in found.tasks}


def test_an_adviser_sees_what_was_handed_in_and_what_stands_open(office):
    assert states(office, "adviser") == {
        ("班主任", CLASS, "W03"): State.OPEN,
        ("班主任", CLASS, "plan"): State.OPEN,
        ("班主任", CLASS, "W01"): State.SUBMITTED,
        ("班主任", CLASS, "W02"): State.SUBMITTED,
    }


def test_how_far_a_sheet_has_been_filled_in_stands_beside_it(office):
    found = office.tasks.of(office.viewer("adviser"), on=TODAY)
    assert {task.key.task: task.filled for task in found.tasks} == {"W03": 2, "plan": 0, "W01": 0, "W02": 0}


@pytest.mark.parametrize(
    ("day", "state"), [(20, State.OPEN), (21, State.TODAY), (22, State.LATE)], ids=["before", "on", "after"]
)
def test_a_task_is_due_today_on_its_last_day_and_late_from_the_next(office, day, state):
    assert states(office, "adviser", on=dt.date(2026, 9, day))["班主任", CLASS, "W03"] is state


def test_what_is_late_stands_first_and_what_is_done_last(office):
    found = office.tasks.of(office.viewer("adviser"), on=dt.date(2026, 9, 22))
    assert [task.state for task in found.tasks] == sorted((task.state for task in found.tasks), key=list(State).index)
    assert found.tasks[0].state is State.LATE


def test_a_section_asks_for_every_week_and_one_lesson_handed_in_answers(office):
    found = states(office, "teacher")
    assert found["任课教师", 501, "W01"] is State.LATE
    assert found["任课教师", 501, "W02"] is State.SUBMITTED
    assert found["任课教师", 501, "W03"] is State.OPEN
    assert not any(unit == 502 for _, unit, _ in found)
    coming = states(office, "teacher", states=[State.COMING])
    assert ("体育老师", 501, "term") in coming
    assert ("任课教师", 501, "term") in coming


@pytest.mark.parametrize(
    ("held", "state"),
    [({"20260909"}, State.SUBMITTED), ({"20260909", "20260911"}, State.LATE)],
    ids=["all", "one of two"],
)
def test_a_week_is_done_when_every_lesson_of_it_that_is_known_has_been_handed_in(office, monkeypatch, held, state):
    monkeypatch.setattr(type(office.rows), "met_on", lambda *_args, **_asked: {501: frozenset(held)})
    assert states(office, "teacher")["任课教师", 501, "W02"] is state


@pytest.mark.parametrize(("day", "state"), [(13, State.COMING), (14, State.OPEN)])
def test_what_sums_up_the_term_is_to_come_until_it_can_be_handed_in(office, day, state):
    found = states(office, "adviser", on=dt.date(2026, 12, day - 1), states=list(State), size=500)
    assert found["班主任", CLASS, "term"] is state


def test_an_office_has_the_classes_below_its_node(office):
    assert {unit for _, unit, _ in states(office, "affairs")} == {CLASS, OTHER_CLASS}
    assert {unit for _, unit, _ in states(office, "affairs_of_2")} == {OTHER_CLASS}


def test_hundreds_of_tasks_are_grouped_by_time_point(office):
    groups = {group.task: group for group in office.tasks.groups(office.viewer("affairs"), on=TODAY)}
    assert (groups["W01"].units, groups["W01"].open, groups["W01"].states[State.LATE]) == (2, 2, 2)
    narrowed = office.tasks.of(office.viewer("affairs"), on=TODAY, task="W01", size=1, page=2)
    assert (narrowed.total, narrowed.pages, len(narrowed.tasks)) == (2, 2, 1)
    assert narrowed.tasks[0].key.unit_id == OTHER_CLASS


def test_who_collects_nothing_has_no_list(office):
    assert office.tasks.of(office.viewer("student"), on=TODAY).tasks == ()
    assert office.tasks.reminder(office.viewer("student"), on=TODAY) is None


def test_a_frozen_term_is_in_no_list(office):
    assert states(office, "adviser", on=dt.date(2027, 1, 18)) == {}
    assert states(office, "adviser", on=dt.date(2027, 1, 17)) != {}


def test_the_home_page_reminds_of_what_is_late_and_of_a_low_rate(office):
    found = office.tasks.reminder(office.viewer("adviser"), on=TODAY)
    assert (found.late, found.today, found.open) == (0, 0, 2)
    assert (found.rate.due, found.rate.in_time) == (2, 1)
    assert found.is_low
    assert not office.tasks.reminder(office.viewer("counsellor"), on=TODAY).is_low


def test_the_rate_counts_what_was_due_by_each_of_several_things(office):
    rates = office.timeliness.rates(
        (By.SCHOOL, By.COLLECTOR, By.DEPARTMENT, By.TIME), term_key=None, on=TODAY, viewer=office.viewer("quality")
    )
    by_collector = {rate.label: (rate.due, rate.in_time) for rate in rates[By.COLLECTOR]}
    # Two classes and two sections, weeks 1 and 2; by hand: one sheet and one lesson in time.
    assert by_collector == {"学工办": (4, 0), "班主任": (4, 1), "任课教师": (4, 1)}
    assert [(rate.due, rate.in_time) for rate in rates[By.SCHOOL]] == [(12, 2)]
    assert Counter({rate.label: rate.due for rate in rates[By.DEPARTMENT]}) == {"dept1": 6, "dept2": 6}
    assert [rate.label for rate in rates[By.TIME]] == ["第1周", "第2周"]
    assert sum(rate.in_time for rate in rates[By.TIME]) == 2


def test_work_is_that_of_whoever_holds_the_post_and_an_offices_is_nobodys_own(office):
    rates = office.timeliness.rates((By.PERSON,), term_key=None, on=TODAY, viewer=office.viewer("quality"))
    assert {rate.label: (rate.due, rate.in_time) for rate in rates[By.PERSON]} == {
        "adviser老师（班主任）": (2, 1), "未指定（班主任）": (2, 0), "学工办": (4, 0), "teacher71": (2, 1),
        "teacher72": (2, 0),
    }  # fmt: skip


def test_whoever_oversees_a_department_sees_that_department(office):
    rates = office.timeliness.rates(
        (By.DEPARTMENT, By.UNIT), term_key=None, on=TODAY, viewer=office.viewer("head_of_1")
    )
    assert [rate.label for rate in rates[By.DEPARTMENT]] == ["dept1"]
    assert {rate.key for rate in rates[By.UNIT]} == {"class:111", "offering:501"}


def test_whoever_oversees_nothing_sees_nothing(office):
    assert office.timeliness.rates((By.SCHOOL,), term_key=None, on=TODAY, viewer=office.viewer("adviser")) == {
        By.SCHOOL: []
    }


def test_a_teachers_rate_belongs_to_the_own_record_of_work(office):
    everybody = Scope.all("test")
    assert office.timeliness.of_person(71, term_key="2026-2027-1", on=TODAY, scope=everybody) == [
        Rate(label="班主任", key="班主任", due=2, in_time=1), Rate(label="任课教师", key="任课教师", due=2, in_time=1),
    ]  # fmt: skip
    colleague = office.viewer("colleague").scope
    assert office.timeliness.of_person(71, term_key=None, on=TODAY, scope=colleague) == []
    assert office.timeliness.of_person(72, term_key=None, on=TODAY, scope=colleague) != []


def test_a_rate_of_nothing_due_is_none():
    assert Rate(label="", due=0, in_time=0).value is None
