"""Results of self-tests: whose they are, what the grade is told, and what of groups is withheld."""

import pytest
from sqlalchemy import insert

from data_access.access.roles import Role
from data_access.access.scope import Scope
from data_access.database import transaction
from data_access.database.access_models import Referral
from data_access.errors import UserError
from tests.data_access.access.organisations import TODAY
from tests.data_access.self_test_college import (
    ADAPTING,
    ALL,
    EARLIER,
    LEARNING,
    OFF_ROLL,
    SCREENING,
    TERM,
    fill,
    reader_of,
    scope,
    students,
    take,
)

LEADER, ADVISER, PSYCHOLOGY = (Role.LEADER, 1), (Role.CLASS_ADVISER, 1), (Role.PSYCHOLOGY_CENTRE, 1)
NOBODY = Scope(reason="nobody")


@pytest.fixture(scope="module")
def college(install, tmp_path_factory):
    """Who has filled in what here: 职业适应能力 all but two of class 1 and all of class 3; the screening likewise."""
    place = install(tmp_path_factory.mktemp("self-tests"))
    fill(place)
    for scale in (ADAPTING, SCREENING):
        for key in students(1)[:6] + students(3):
            take(place, key, scale, score=40.0 + key % 100, level="正常" if key % 2 else "关注")
    take(place, OFF_ROLL, ADAPTING, score=1.0, level="预警")
    with transaction(place.database) as connection:
        connection.execute(insert(Referral).values(student_id=301, since=TODAY))
    return place


@pytest.fixture(scope="module")
def reader(college):
    return reader_of(college)


def told(reader, scale, who, term=TERM):
    """(level, id): (on the roll, done, mean) of the groups in reach."""
    found = reader.overview(scale, term, scope=who if isinstance(who, Scope) else scope(*who))
    return {(g.level, g.entity_id): (g.on_roll, g.done, g.mean) for g in found}


# -- one student ------------------------------------------------------------------------------


def test_a_student_finds_own_results_over_the_terms(reader):
    found = reader.results(201, scope=scope(Role.STUDENT, 201))
    assert [(r.scale, r.term_key, r.score, r.level) for r in found] == [
        (LEARNING, TERM, 61.0, "关注"), (LEARNING, EARLIER, 61.0, "关注"),
    ]  # fmt: skip
    own = reader.results(101, scope=scope(Role.STUDENT, 101))
    assert {(r.scale, r.score, tuple(r.parts)) for r in own} == {
        (ADAPTING, 41.0, ("role",)),
        (SCREENING, 41.0, ("role",)),
    }


def test_a_screening_is_for_the_student_and_the_centre_alone(reader):
    def scales(student, *who):
        return {r.scale for r in reader.results(student, scope=scope(*who))}

    assert scales(101, Role.CLASS_ADVISER, 1) == {ADAPTING}
    assert scales(101, *LEADER) == {ADAPTING}
    assert scales(101, Role.STUDENT, 102) == set()
    assert scales(301, *PSYCHOLOGY) == {SCREENING}  # in the centre's care
    assert scales(101, *PSYCHOLOGY) == set()
    assert reader.results(101, scope=NOBODY) == ()


def test_the_lake_goes_before_a_response(install, tmp_path):
    place = install(tmp_path / "home")
    fill(place)
    take(place, 201, LEARNING, score=90.0)
    [first, _] = reader_of(place).results(201, scope=scope(Role.STUDENT, 201))
    assert (first.score, first.parts) == (61.0, {})
    assert first.submitted_at is not None


def test_a_grade_is_a_norm_of_five_or_more_and_of_nothing_sensitive(reader):
    own = scope(Role.STUDENT, 101)
    norm = reader.norm(101, ADAPTING, TERM, scope=own)
    assert (norm.people, norm.mean) == (10, pytest.approx((6 * 40 + 21 + 3 * 40 + 6 + 1) / 10))
    assert reader.norm(101, SCREENING, TERM, scope=own) is None
    assert reader.norm(101, ADAPTING, EARLIER, scope=own) is None
    assert reader.norm(102, ADAPTING, TERM, scope=own) is None


# -- groups -----------------------------------------------------------------------------------


def test_groups_are_counted_over_the_roll(reader):
    found = told(reader, ADAPTING, LEADER)
    assert found["school", 1] == (16, 9, pytest.approx((6 * 40 + 21 + 3 * 40 + 6) / 9))
    assert found["dept", 1] == found["school", 1]


def test_a_group_below_five_is_withheld_and_so_is_what_would_give_it_away(reader):
    found = told(reader, ADAPTING, LEADER)
    assert found["class", 3] == found["major", 2] == (None, None, None)
    # major 1 = department − major 2
    assert found["major", 1] == (None, None, None)
    assert found["class", 1][2] is None


def test_groups_that_are_large_enough_are_told(reader):
    found = told(reader, LEARNING, LEADER)
    assert found["dept", 1] == (16, 6, 63.5)
    by_adviser = told(reader, ADAPTING, ADVISER)
    assert ("class", 2) not in by_adviser
    assert ("school", 1) in by_adviser


def test_of_a_screening_others_learn_completion_at_most(reader):
    for who in (LEADER, ADVISER):
        found = reader.overview(SCREENING, TERM, scope=scope(*who))
        assert found
        assert all(group.mean is None and group.levels is None and not group.is_told for group in found)
    assert told(reader, SCREENING, LEADER)["school", 1] == (16, 9, None)


def test_the_centre_reads_by_name_whom_it_looks_after(reader):
    def named(scale, *who):
        return [(p.student_no, p.class_name, p.score, p.level) for p in reader.in_care(scale, TERM, scope=scope(*who))]

    assert named(SCREENING, *PSYCHOLOGY) == [("N301", "班3", 41.0, "正常")]
    assert named(SCREENING, *LEADER) == named(SCREENING, *ADVISER) == named(ADAPTING, *LEADER) == []


def test_who_of_few_has_not_been_screened_is_not_told(install, tmp_path):
    place = install(tmp_path / "home")
    fill(place)
    for key in students(1, 2)[:-6]:
        take(place, key, SCREENING)
    found = told(reader_of(place), SCREENING, LEADER)
    assert found["school", 1] == (16, 7, None)
    for key in students(2)[:4]:
        take(place, key, SCREENING)
    assert told(reader_of(place), SCREENING, LEADER)["school", 1] == (16, 11, None)
    take(place, 205, SCREENING)
    assert told(reader_of(place), SCREENING, LEADER)["school", 1] == (16, None, None)
    assert told(reader_of(place), SCREENING, PSYCHOLOGY)["school", 1][:2] == (16, 12)


def test_the_centre_reads_the_aggregate_of_the_screening_and_of_no_other_scale(reader):
    [school, *_] = reader.overview(SCREENING, TERM, scope=scope(*PSYCHOLOGY))
    assert (school.done, school.levels) == (9, {"正常": 5, "关注": 4})
    assert school.mean == pytest.approx((6 * 40 + 21 + 3 * 40 + 6) / 9)
    assert told(reader, ADAPTING, PSYCHOLOGY) == {}


def test_students_and_strangers_get_no_groups(reader):
    assert told(reader, SCREENING, NOBODY) == {}
    assert told(reader, ADAPTING, (Role.STUDENT, 101)) == {}


# -- for postings -----------------------------------------------------------------------------


def test_postings_get_the_scores_that_were_filled_in_here(reader):
    found = reader.scores(20261, scales={ADAPTING}, students=[101, 102, 107, 201], scope=ALL)
    assert [(row.student_id, row.score) for row in found] == [(101, 41.0), (102, 42.0)]
    assert len(reader.scores(20261, scales={ADAPTING, LEARNING}, scope=ALL)) == 10
    assert reader.scores(20252, scales={ADAPTING}, scope=ALL) == []
    assert [row.student_id for row in reader.scores(20261, scales={ADAPTING}, scope=scope(Role.STUDENT, 301))] == [301]


def test_a_screening_is_posted_nowhere(reader):
    with pytest.raises(UserError, match="posted nowhere"):
        reader.scores(20261, scales={ADAPTING, SCREENING}, scope=ALL)


def test_an_unknown_term_is_refused(reader):
    with pytest.raises(UserError, match="没有学期"):
        reader.overview(ADAPTING, "1999-2000-1", scope=ALL)
