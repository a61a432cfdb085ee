"""What is asked of a unit in a week: nothing of those who were not at the college."""

import datetime as dt

import pytest

from data_access.growth_card.entry_state import HandedIn
from data_access.growth_card.sheet_units import Unit
from indicators.growth_card.collection import demands
from indicators.growth_card.entry_board import ATTENDED, MET, SCHOOL, Brought, Entered, State, _asking, _line
from indicators.growth_card.points import Collector, shipped_card
from tests.indicators.growth_card.test_report import TERM

WEEK = "2026-2027-1-W03"
KINDS = {"STU-PER-09": "week"}


def asked(collector):
    """The demand on the third week's sheet of a class of the second year."""
    return next(d for d in demands(shipped_card(), TERM, collector, grade=2) if d.task == "W03")


def unit(number):
    return Unit(level="class", unit_id=number, name="机电2401", class_id=number, course_id=None, grade_year=2025)


def test_rooms_are_checked_only_of_classes_that_were_at_the_college():
    found = _asking(asked(Collector.STUDENT_AFFAIRS), TERM, KINDS)
    assert [point.code for point in found.demand.points] == ["STU-PER-09"]
    assert found.lessons_in == WEEK
    brought = Brought(
        of_unit=frozenset({(ATTENDED, WEEK, 1)}), of_class=frozenset(), of_school=frozenset({(MET, WEEK, SCHOOL)})
    )
    assert brought.met(unit(1), WEEK)
    assert not brought.met(unit(2), WEEK)  # out on internships


def test_where_no_timetable_was_delivered_everybody_is_asked():
    nothing = Brought(of_unit=frozenset(), of_class=frozenset(), of_school=frozenset())
    assert nothing.met(unit(2), WEEK)


@pytest.mark.parametrize(("is_brought", "is_in_time"), [(True, True), (False, False)], ids=["brought", "not brought"])
def test_a_sheet_that_corrects_late_what_the_systems_had_brought_is_in_time(is_brought, is_in_time):
    found = _asking(asked(Collector.STUDENT_AFFAIRS), TERM, KINDS)
    brought = Brought(
        of_unit=frozenset((sign.code, sign.period, 1) for sign in found.signs if is_brought),
        of_class=frozenset(),
        of_school=frozenset(),
    )
    due_on = found.demand.due_on
    late = HandedIn(sheet_id=1, submitted_on=due_on + dt.timedelta(days=9), due_on=due_on)
    line = _line(unit(1), found, Entered({"W03": late}, frozenset()), brought, due_on + dt.timedelta(days=10))
    assert found.signs
    assert (line.state, line.is_in_time) == (State.SUBMITTED, is_in_time)
