"""Readings and boards against the same values read one by one."""

import dataclasses
import datetime as dt

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, select, update

from data_access.access.roles import Role
from data_access.access.scope import Scope
from data_access.access.viewer import viewer_of
from data_access.database import transaction
from data_access.database.models import ComputeRun, IndicatorEntry
from data_access.readers.plans import LEVEL_NUMBERS
from indicators import standing as raw
from indicators.settled import settled, settled_board
from indicators.standing import LOOK_BACK
from tests.data_access.access.organisations import TODAY, post_at
from tests.indicators import one_by_one

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
        (reading,) = raw.readings(values.batches, [code], "student", student, until=None, scope=ALL)
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


# -- many at once are what each alone is ----------------------------------------------------------

POSTS = (
    (Role.LEADER, "school"),
    (Role.QUALITY_OFFICE, "school"),
    (Role.FUNCTION_HEAD, "dept"),
    (Role.DEPARTMENT_HEAD, "dept"),
    (Role.STUDENT_AFFAIRS, "school"),
    (Role.PSYCHOLOGY_CENTRE, "school"),
    (Role.MAJOR_LEADER, "major"),
    (Role.CLASS_ADVISER, "class"),
    (Role.TEACHER, "teacher"),
)


@st.composite
def scopes(draw, values):
    """The scope of one or two posts at nodes of the college, or one without limits."""
    if draw(st.integers(0, 3)) == 0:
        return ALL
    posts = draw(st.lists(st.sampled_from(POSTS), min_size=1, max_size=2, unique=True))
    return scope_of(
        *(post_at(role, level, draw(st.sampled_from(known_entities(values, level)))) for role, level in posts)
    )


@st.composite
def questions(draw, values):
    """Some indicators, a level, and in which scope they are asked for."""
    with values.reader.snapshot() as connection:
        known = connection.execute(select(IndicatorEntry.code).order_by(IndicatorEntry.code)).scalars().all()
    codes = draw(st.lists(st.sampled_from([*known, "XXX-00-00"]), max_size=25, unique=True))
    level = draw(st.sampled_from([*LEVEL_NUMBERS, "school", "dept", "major"]))
    return codes, level, draw(scopes(values))


def law(values, check):
    """Try a check on random questions; fewer on the slower database."""
    is_quick = values.reader.database.dialect.name == "sqlite"

    @given(data=st.data())
    @settings(deadline=None, max_examples=40 if is_quick else 12, suppress_health_check=list(HealthCheck))
    def hold(data):
        check(data)

    hold()


UNTIL = (None, dt.date(2024, 7, 5), dt.date(2024, 11, 20), dt.date(2000, 1, 1))


def test_many_readings_are_those_of_each_indicator_alone(values):
    def check(data):
        codes, level, scope = data.draw(questions(values))
        entity_id = data.draw(st.sampled_from([*known_entities(values, level), 10**9]))
        until = data.draw(st.sampled_from(UNTIL))
        found = values.readings(codes, level, entity_id, until=until, scope=scope)
        alone = one_by_one.readings(values.reader, codes, level, entity_id, until=until, scope=scope)
        assert rounded(found) == rounded(settled(reading, values.data_date()) for reading in alone)

    law(values, check)


def rounded(readings):
    """Readings to fourteen digits: the oracle divides in the database, the batch does not, and the last bit may differ."""
    return [
        dataclasses.replace(
            reading,
            points=tuple(
                dataclasses.replace(point, value=None if point.value is None else float(f"{point.value:.14g}"))
                for point in reading.points
            ),
        )
        for reading in readings
    ]


def assert_same_board(found, expected):
    assert found.entities == expected.entities
    assert list(found.standings) == list(expected.standings)
    for code, standing in expected.standings.items():
        got = found.standings[code]
        assert (got.info, got.settled, got.is_running) == (standing.info, standing.settled, standing.is_running)
        assert (got.frame.entities, got.frame.periods) == (standing.frame.entities, standing.frame.periods)
        for name in ("value", "numerator", "denominator", "rows", "is_suppressed"):
            # the oracle divides in the database, the batch here: the last bit of a quotient may differ
            np.testing.assert_allclose(
                getattr(got.frame, name), getattr(standing.frame, name), rtol=1e-13, atol=0, err_msg=code
            )


@st.composite
def narrowings(draw, values, level):
    """Below which nodes, or which entities; mostly neither."""
    kind = draw(st.sampled_from(["", "", "below", "few", "many"]))
    if kind == "below" and level in {"major", "class", "student"}:
        return {"below": ("dept", draw(st.sets(st.sampled_from(known_entities(values, "dept")), max_size=2)))}
    if kind in {"few", "many"}:
        most = 3 if kind == "few" else 20
        return {"entity_ids": draw(st.lists(st.sampled_from([*known_entities(values, level), 10**9]), max_size=most))}
    return {}


def test_many_columns_of_a_board_are_those_of_each_indicator_alone(values):
    terms = {period.key: period for period in values.reader.periods("term")}

    def check(data):
        codes, level, scope = data.draw(questions(values))
        term = data.draw(st.sampled_from(sorted(terms)))
        narrowed = data.draw(narrowings(values, level))
        found = values.board(codes, level, term_key=term, scope=scope, **narrowed)
        alone = one_by_one.board(values.reader, codes, level, term=terms[term], scope=scope, **narrowed)
        assert_same_board(found, settled_board(alone, values.data_date()))

    law(values, check)


def test_a_history_holds_the_last_periods_of_each_indicator_s_own_kind(values):
    def check(data):
        codes, level, scope = data.draw(questions(values))
        asked = {"until": data.draw(st.sampled_from(UNTIL)), "last": data.draw(st.integers(0, 5))}
        narrowed = data.draw(narrowings(values, level))
        found = values.history(codes, level, scope=scope, **asked, **narrowed)
        alone = one_by_one.board(values.reader, codes, level, scope=scope, **asked, **narrowed)
        assert_same_board(found, settled_board(alone, values.data_date()))

    law(values, check)


def test_a_history_ends_with_the_last_period_begun(values):
    board = values.history(list(BY_KIND.values()), "student", until=dt.date(2024, 7, 1), last=2, scope=ALL)
    ends = {kind: [p.key for p in board.standings[code].frame.periods] for kind, code in BY_KIND.items()}
    assert ends["month"] == ["2024-06", "2024-07"]
    assert ends["term"] == ["2023-2024-1", "2023-2024-2"]
    assert ends["year"] == ["2023", "2024"]
    assert ends["week"] == ["2023-2024-2-W17", "2023-2024-2-W18"]


def test_a_new_run_is_seen_at_once(values):
    """What is kept between questions belongs to the run that wrote it."""
    code = BY_KIND["week"]
    student = known_entities(values, "student")[0]

    def name():
        (reading,) = values.readings([code], "student", student, until=None, scope=ALL)
        return reading.info.name_zh

    before = name()
    with transaction(values.reader.database) as connection:
        block = connection.execute(select(IndicatorEntry.definition).where(IndicatorEntry.code == code)).scalar_one()
        newest = select(ComputeRun.__table__).where(
            ComputeRun.run_id == select(func.max(ComputeRun.run_id)).scalar_subquery()
        )
        last = dict(connection.execute(newest).mappings().one())
        connection.execute(insert(ComputeRun).values({**last, "run_id": last["run_id"] + 1}))
        own = update(IndicatorEntry).where(IndicatorEntry.code == code)
        connection.execute(own.values(definition={**block, "name_zh": "另一个名称"}))
    try:
        assert (before, name()) == (block["name_zh"], "另一个名称")
    finally:
        with transaction(values.reader.database) as connection:
            connection.execute(own.values(definition=block))
            connection.execute(ComputeRun.__table__.delete().where(ComputeRun.run_id == last["run_id"] + 1))
    assert name() == before
