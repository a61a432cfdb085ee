"""What pages are told of stored values, against the same values read one by one."""

import numpy as np
import pytest

from data_access.access.roles import Role
from data_access.access.scope import Scope
from data_access.access.viewer import viewer_of
from data_access.errors import UserError
from data_access.readers.roster import RosterReader
from data_access.readers.stored import ValueReader
from indicators.library import shipped_library
from indicators.values import StoredValues
from tests.data_access.access.organisations import post_at
from tests.random_college import AS_OF

ALL = Scope.all("test")
CODE, LEVEL = "CRS-ATT-01", "offering"


@pytest.fixture
def uncomputed(installation) -> StoredValues:
    """The values of an installation in which nothing has been computed."""
    return StoredValues(ValueReader(installation.database), RosterReader(installation.lake, installation.database))


def term_numbers(values):
    return {period.key: period.period_id for period in values.reader.periods("term")}


@pytest.mark.parametrize(
    ("scope", "reaches_some"),
    [
        (ALL, True),
        (Scope.within("test", dept=frozenset({7, 14})), True),
        (Scope.within("test", dept=frozenset()), False),
    ],
    ids=["everything", "two departments", "nothing"],
)
def test_a_matrix_holds_every_value_in_scope_at_its_place(values, scope, reaches_some):
    plan = values.reader.plans(CODE)["week"]
    seen = 0
    for key, term_id in term_numbers(values).items():
        frame = values.matrix(CODE, LEVEL, kind="week", term_key=key, dept_id=None, scope=scope)
        own = {e["entity_id"]: e for e in values.reader.entities(LEVEL, scope=scope, term_id=term_id)}
        assert [e.entity_id for e in frame.entities] == sorted(own)
        assert [e.course_name for e in frame.entities] == [
            own[e.entity_id]["course_name"] or "" for e in frame.entities
        ]
        weeks = [period.period_id for period in values.reader.periods("week", term_id=term_id)]
        known = np.full(frame.value.shape, fill_value=False)
        for row in values.reader.values(plan, LEVEL, period_ids=weeks, scope=scope):
            if row.entity_id not in own:
                continue
            at = sorted(own).index(row.entity_id), weeks.index(row.period_id)
            stored = [row.value, row.numerator, row.denominator]
            shown = [frame.value[at], frame.numerator[at], frame.denominator[at]]
            np.testing.assert_array_equal(shown, np.array(stored, dtype=float))
            assert frame.rows[at] == row.rows
            known[at] = True
        assert np.isnan(frame.value[~known]).all()
        assert not frame.rows[~known].any()
        seen += int(known.sum())
    assert (seen > 0) == reaches_some


def test_a_matrix_of_a_department_is_its_part_of_the_whole(values):
    key = values.latest_term(CODE, LEVEL, kind="week", scope=ALL)
    whole = values.matrix(CODE, LEVEL, kind="week", term_key=key, dept_id=None, scope=ALL)
    parts = [
        values.matrix(CODE, LEVEL, kind="week", term_key=key, dept_id=d.dept_id, scope=ALL)
        for d in values.departments(scope=ALL)
    ]
    place = {entity.entity_id: row for row, entity in enumerate(whole.entities)}
    assert sum(len(part.entities) for part in parts) > 0
    for part in parts:
        rows = [place[entity.entity_id] for entity in part.entities]
        np.testing.assert_array_equal(part.value, whole.value[rows])


def test_departments_are_those_in_scope_that_teach(values):
    for scope in (ALL, Scope.within("test", dept=frozenset({14})), Scope.within("test", dept=frozenset())):
        teaching = {course["dept_id"] for course in values.reader.entities("course", scope=scope)}
        expected = [d["entity_id"] for d in values.reader.entities("dept", scope=scope) if d["entity_id"] in teaching]
        assert [d.dept_id for d in values.departments(scope=scope)] == expected
    assert len(values.departments(scope=ALL)) > 1


def test_the_latest_term_is_the_last_with_a_value_in_scope(values):
    def has_values(key):
        frame = values.matrix(CODE, LEVEL, kind="week", term_key=key, dept_id=None, scope=ALL)
        return bool(np.isfinite(frame.value).any())

    expected = [term.key for term in values.terms() if has_values(term.key)]
    assert values.latest_term(CODE, LEVEL, kind="week", scope=ALL) == expected[-1]
    nobody = Scope.within("test", dept=frozenset())
    assert values.latest_term(CODE, LEVEL, kind="week", scope=nobody) is None


def test_the_latest_term_of_a_kind_without_values_is_refused(values):
    with pytest.raises(UserError, match="has no values by year"):
        values.latest_term(CODE, LEVEL, kind="year", scope=ALL)


def test_there_is_no_latest_term_before_anything_is_computed(uncomputed):
    assert uncomputed.latest_term(CODE, LEVEL, kind="week", scope=ALL) is None


def test_stored_definitions_say_what_their_figures_tell_of(values):
    """Readers decide by what was stored with the values, not by the library beside them."""
    for indicator in shipped_library():
        for plan in values.reader.plans(indicator.code).values():
            assert plan.about.privacy is indicator.privacy
            assert plan.about.topics == indicator.topics
            assert plan.row_topics == indicator.row_topics
            assert plan.about.owner == indicator.definition["department"]
            assert plan.is_cumulative == (plan.so_far or bool(indicator.window) or bool(indicator.lag_years))


def test_pages_are_told_what_is_withheld(values):
    leader = viewer_of([post_at(Role.LEADER)], on=AS_OF, account_id=1, username="t", name="某人").scope
    code, term = "STU-PER-13", values.latest_term("STU-PER-13", "class", kind="term", scope=ALL)
    told = values.matrix(code, "class", kind="term", term_key=term, dept_id=None, scope=leader)
    whole = values.matrix(code, "class", kind="term", term_key=term, dept_id=None, scope=ALL)
    assert told.is_suppressed.all()  # five pupils a class: some class is too small, and takes the others with it
    assert np.isnan(told.value).all()
    assert not whole.is_suppressed.any()
    assert np.isfinite(whole.value).any()
    point = values.series(code, "class", told.entities[0].entity_id, kind="term", term_key=term, scope=leader)[0]
    assert (point.is_suppressed, point.value, point.numerator, point.rows) == (True, None, None, 0)
