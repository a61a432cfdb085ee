"""Readings and boards against the same values read one by one."""

import datetime as dt

import numpy as np
import pytest

from data_access.access.roles import Role
from data_access.access.scope import Scope
from data_access.access.viewer import viewer_of
from indicators.standing import LOOK_BACK
from tests.data_access.access.organisations import TODAY, post_at

ALL = Scope.all("test")
BY_KIND = {"week": "CRS-ATT-01", "month": "CRS-PAS-01", "term": "CRS-EFF-01", "year": "STU-ACD-01"}
COUNT = "STU-PER-13"
"""违纪频次: a count, and sensitive."""
TERM = "2024-2025-1"


def scope_of(*posts):
    return viewer_of(posts, on=TODAY, account_id=1, username="t", name="某人").scope


def known_entities(values, level):
    return [entity["entity_id"] for entity in values.reader.entities(level, scope=ALL)]


@pytest.mark.parametrize(("kind", "code"), BY_KIND.items())
def test_a_reading_ends_with_the_last_value_there_is(values, kind, code):
    plan = values.reader.plans(code)[kind]
    periods = values.reader.periods(kind)
    seen = 0
    for student in known_entities(values, "student"):
        (reading,) = values.readings([code], "student", student, until=None, scope=ALL)
        window = [p for p in periods if kind != "week" or p.term_id == periods[-1].term_id][-LOOK_BACK[kind] :]
        stored = {
            row.period_id: row.value
            for row in values.reader.values(
                plan, "student", period_ids=[p.period_id for p in window], scope=ALL, entity_ids=[student]
            )
        }
        expected = [stored.get(p.period_id) for p in window]
        assert [point.value for point in reading.points] == expected[: len(reading.points)]
        assert all(value is None for value in expected[len(reading.points) :])
        assert reading.latest.value is not None or not any(value is not None for value in expected)
        seen += reading.latest.value is not None
    assert seen > 0


def test_readings_keep_the_order_asked_for_and_leave_out_what_nobody_computed(values):
    codes = ["STU-ACD-01", "XXX-00-00", "CRS-ATT-01", "SCH-LVL-03"]
    found = values.readings(codes, "student", known_entities(values, "student")[0], until=None, scope=ALL)
    assert [reading.info.code for reading in found] == ["STU-ACD-01", "CRS-ATT-01"]


def test_readings_stop_at_the_day_asked_for(values):
    until = dt.date(2024, 7, 5)
    student = known_entities(values, "student")[0]
    for code in BY_KIND.values():
        for reading in values.readings([code], "student", student, until=until, scope=ALL):
            assert all(point.period.start <= until for point in reading.points)


def test_what_the_scope_does_not_admit_is_left_out_and_not_merely_empty(values):
    student = next(e for e in values.reader.entities("student", scope=ALL) if e["class_id"])
    adviser = scope_of(post_at(Role.CLASS_ADVISER, "class", student["class_id"]))
    affairs = scope_of(post_at(Role.MAJOR_LEADER, "major", student["major_id"] or 0))
    codes = ["CRS-ATT-01", COUNT, "STU-PER-12"]

    def told(scope):
        found = values.readings(codes, "student", student["entity_id"], until=None, scope=scope)
        return {reading.info.code for reading in found}

    assert told(adviser) == {"CRS-ATT-01", COUNT}
    assert told(affairs) <= {"CRS-ATT-01"}
    assert told(scope_of(post_at(Role.CLASS_ADVISER, "class", 10**9))) == set()


def test_a_count_is_held_against_lines_at_its_own_level_only(values):
    student, klass = known_entities(values, "student")[0], known_entities(values, "class")[0]
    (own,) = values.readings([COUNT], "student", student, until=None, scope=ALL)
    (grouped,) = values.readings([COUNT], "class", klass, until=None, scope=ALL)
    (rate,) = values.readings(["CRS-ATT-01"], "class", klass, until=None, scope=ALL)
    assert own.info.target == 0
    assert grouped.info.target is None
    assert rate.info.target == 95


def test_a_board_holds_the_values_of_a_term_at_their_places(values):
    codes = ("CRS-PAS-01", "CRS-ATT-01")
    board = values.board(codes, "class", term_key=TERM, scope=ALL)
    assert list(board.standings) == list(codes)
    for code, standing in board.standings.items():
        plan = values.reader.plans(code)[standing.info.period]
        by_key = {period.key: period.period_id for period in values.reader.periods(standing.info.period)}
        ids = [by_key[period.key] for period in standing.frame.periods]
        stored = {
            (r.entity_id, r.period_id): r.value for r in values.reader.values(plan, "class", period_ids=ids, scope=ALL)
        }
        expected = [[stored.get((e.entity_id, p)) for p in ids] for e in board.entities]
        np.testing.assert_array_equal(standing.frame.value, np.array(expected, dtype=float))
        assert np.isfinite(standing.frame.value).any()


def test_the_months_of_a_term_are_those_that_overlap_it(values):
    standing = values.board(("CRS-PAS-01",), "class", term_key=TERM, scope=ALL).standings["CRS-PAS-01"]
    assert [period.key for period in standing.frame.periods] == ["2024-09", "2024-10", "2024-11"]


def test_a_board_may_be_narrowed_to_what_lies_below_a_node_or_to_some_entities(values):
    whole = values.board(("CRS-ATT-01",), "student", term_key=TERM, scope=ALL)
    klass = next(e["class_id"] for e in values.reader.entities("student", scope=ALL) if e["class_id"])
    below = values.board(("CRS-ATT-01",), "student", term_key=TERM, below=("class", {klass}), scope=ALL)
    some = [entity.entity_id for entity in below.entities]
    assert 0 < len(some) < len(whole.entities)
    chosen = values.board(("CRS-ATT-01",), "student", term_key=TERM, entity_ids=some, scope=ALL)
    place = {entity.entity_id: row for row, entity in enumerate(whole.entities)}
    rows = [place[number] for number in some]
    for narrowed in (below, chosen):
        np.testing.assert_array_equal(
            narrowed.standings["CRS-ATT-01"].frame.value, whole.standings["CRS-ATT-01"].frame.value[rows]
        )


def test_offerings_on_a_board_are_those_of_the_term(values):
    term_id = next(p.period_id for p in values.reader.periods("term") if p.key == TERM)
    board = values.board(("CRS-ATT-01",), "offering", term_key=TERM, scope=ALL)
    own = [e["entity_id"] for e in values.reader.entities("offering", scope=ALL, term_id=term_id)]
    assert [entity.entity_id for entity in board.entities] == own


def test_a_board_names_what_is_in_scope_and_gives_no_figure_beyond_it(values):
    centre = scope_of(post_at(Role.FUNCTION_HEAD, "dept", 7))
    board = values.board(("CRS-ATT-01",), "class", term_key=TERM, scope=centre)
    assert board.entities
    assert np.isnan(board.standings["CRS-ATT-01"].frame.value).all()


def test_the_indicators_of_a_department_are_those_it_answers_for(values):
    codes = values.codes_of({"教务处"})
    assert codes == sorted(codes)
    assert "CRS-BLD-01" in codes
    assert "CRS-ATT-01" not in codes
    assert values.codes_of(set()) == []
