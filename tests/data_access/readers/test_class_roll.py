"""Who is in a class now, in the canary college."""

import pyarrow as pa
import pytest

from data_access.access.roles import Role
from data_access.access.scope import Scope
from data_access.access.viewer import viewer_of
from data_access.lake import load_tables
from data_access.readers.roster import RosterReader
from data_access.readers.stored import ValueReader
from indicators.engine import compute
from indicators.library import shipped_library
from indicators.values import StoredValues
from tests.data_access.access.organisations import TODAY, post_at
from tests.security.canaries import AS_OF, EARLIER, LEFT, NOT_YET, classes, number, students, tables

pytestmark = pytest.mark.slow

ALL = Scope.all("test")
CLASS = (1, 1, 1)


def scope_of(*posts):
    return viewer_of(posts, on=TODAY, account_id=1, username="t", name="某人").scope


def test_who_has_left_is_not_in_the_class_any_more(canary_values):
    everybody = {number(*place) for place in students(*CLASS)}
    assert set(canary_values.members([number(*CLASS)], scope=ALL)) == everybody - {number(*LEFT)}


def test_who_has_come_since_the_last_snapshot_is_in_it(canary_values):
    assert number(*NOT_YET) in canary_values.members([number(*CLASS)], scope=ALL)


def test_several_classes_are_read_at_once(canary_values):
    classes = [number(*CLASS), number(1, 1, 2)]
    both = canary_values.members(classes, scope=ALL)
    assert sorted(both) == sorted(s for c in classes for s in canary_values.members([c], scope=ALL))


@pytest.mark.parametrize(
    ("post", "is_read"),
    [
        (post_at(Role.CLASS_ADVISER, "class", number(*CLASS)), True),
        (post_at(Role.STUDENT_AFFAIRS, "dept", 1), True),
        (post_at(Role.CLASS_ADVISER, "class", number(1, 1, 2)), False),
        (post_at(Role.TEACHER, "teacher", 1), False),
    ],
    ids=lambda value: getattr(value, "title_zh", None),
)
def test_members_are_those_within_the_scope(canary_values, post, is_read):
    assert bool(canary_values.members([number(*CLASS)], scope=scope_of(post))) is is_read


def test_a_class_names_those_who_look_after_it(canary_values):
    info = canary_values.class_info(number(*CLASS), scope=ALL)
    assert (info.name, info.dept_name, info.major_name, info.grade_year) == ("班111", "第1系", "第1系专业1", 2025)
    assert (info.adviser_name, info.counsellor_name) == (f"教师{number(*CLASS)}", f"教师{number(1, 1, 50)}")


def test_a_class_out_of_scope_is_like_one_that_does_not_exist(canary_values):
    foreign = scope_of(post_at(Role.CLASS_ADVISER, "class", number(2, 1, 1)))
    assert canary_values.class_info(number(*CLASS), scope=foreign) is None
    assert canary_values.class_info(987_654_321, scope=ALL) is None


def test_a_student_out_of_scope_is_like_one_that_does_not_exist(canary_values):
    foreign = scope_of(post_at(Role.CLASS_ADVISER, "class", number(2, 1, 1)))
    assert canary_values.student(number(1, 1, 1, 1), scope=foreign) is None
    assert canary_values.student(987_654_321, scope=ALL) is None
    own = scope_of(post_at(Role.STUDENT, "student", number(1, 1, 1, 1)))
    assert canary_values.student(number(1, 1, 1, 1), scope=own).class_name == "班111"


def test_who_has_left_is_not_present_and_others_within_the_scope_are(canary_values):
    present = canary_values.rolls.present(scope=ALL)
    assert present == {number(*place) for place in students()} - {number(*LEFT)}
    adviser = scope_of(post_at(Role.CLASS_ADVISER, "class", number(*CLASS)))
    assert canary_values.rolls.present(scope=adviser) == {number(*p) for p in students(*CLASS)} - {number(*LEFT)}
    assert canary_values.rolls.present(scope=scope_of(post_at(Role.TEACHER, "teacher", 1))) == frozenset()


def test_places_of_classes_are_those_within_the_scope(canary_values):
    own = scope_of(post_at(Role.CLASS_ADVISER, "class", number(*CLASS)))
    (place,) = canary_values.rolls.places(scope=own)
    assert (place.name, place.dept_id, place.major_id, place.grade_year) == ("班111", 1, number(1, 1), 2025)
    assert canary_values.rolls.places(scope=own, class_ids=[number(2, 1, 1)]) == []
    assert len(canary_values.rolls.places(scope=ALL)) == 12


LONG_GONE, GONE, NEW = (1, 1, 7), (1, 1, 8), (1, 1, 9)
"""Classes that left before the first snapshot, that only an earlier one names, and that come after the last."""


@pytest.fixture(scope="module")
def with_alumni(install, tmp_path_factory):
    place = install(tmp_path_factory.mktemp("alumni"), "sqlite")
    college = tables()
    begins = {LONG_GONE: 2020, GONE: 2023, NEW: 2027}
    more = {
        "dim_class": [
            {"class_id": number(*c), "class_name": f"班{number(*c)}", "major_id": number(*c[:2]), "grade_year": year}
            for c, year in begins.items()
        ],
        "dim_student": [{"student_id": number(*c, 1), "student_no": f"{number(*c)}", "class_id": number(*c)} for c in begins],
        "fact_student_term": [
            {"student_term_id": 9_000 + i, "student_id": number(*s), "term_id": EARLIER, "status": "在校", "is_on_roll": True}
            for i, s in enumerate([(*GONE, 1), *students(*CLASS)])
        ],
    }  # fmt: skip
    for name, rows in more.items():
        college[name] = pa.concat_tables([college[name], pa.Table.from_pylist(rows, schema=college[name].schema)])
    load_tables(place.lake, iter(college.items()))
    compute(place.lake, place.database, shipped_library(), as_of=AS_OF)
    return StoredValues(ValueReader(place.database), RosterReader(place.lake, place.database))


@pytest.mark.parametrize(("path", "has_left"), [(LONG_GONE, True), (GONE, True), (NEW, False), (CLASS, False)])
def test_a_class_that_the_roll_names_no_more_has_graduated_and_has_no_members(with_alumni, path, has_left):
    assert bool(with_alumni.rolls.graduated([number(*path)], scope=ALL)) is has_left
    assert bool(with_alumni.members([number(*path)], scope=ALL)) is not has_left


def test_of_classes_that_the_last_snapshot_names_none_has_graduated(canary_values):
    assert not canary_values.rolls.graduated([number(*c) for c in classes()], scope=ALL)
