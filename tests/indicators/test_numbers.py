import numpy as np
import pytest

from data_access.access.privacy import PLAIN
from data_access.access.roles import Role
from data_access.access.scope import Scope
from data_access.access.viewer import viewer_of
from indicators.numbers import SHOWN, Numbers, levels_below
from tests.data_access.access.organisations import TODAY, post_at

ALL = Scope.all("test")
RATE, TERM_RATE, COUNT, YEARLY = "CRS-ATT-01", "CRS-EVA-02", "STU-PER-13", "MAJ-QUA-01"


@pytest.fixture(scope="module")
def numbers(values) -> Numbers:
    return Numbers(values.reader)


def entities(values, level):
    return values.reader.entities(level, scope=ALL)


@pytest.mark.parametrize("level", ["school", "dept", "major", "class", "course", "offering", "teacher", "student"])
def test_a_place_knows_the_way_down_to_it(numbers, values, level):
    seen = 0
    for row in entities(values, level):
        place = numbers.place(level, row["entity_id"], about=PLAIN, scope=ALL)
        assert place.name == row["name"]
        for node, node_id, name in place.above:
            expected = 1 if node == "school" else row[f"{node}_id"] or 0
            assert node_id == expected
            assert not node_id or name
            seen += bool(node_id)
    assert seen or level == "school"


def test_what_is_out_of_scope_and_what_does_not_exist_have_no_place(numbers, values):
    own, other = (row["entity_id"] for row in entities(values, "class")[:2])
    scope = Scope.within("test", class_=frozenset({own}))
    assert numbers.place("class", own, about=PLAIN, scope=scope) is not None
    assert numbers.place("class", other, about=PLAIN, scope=scope) is None
    assert numbers.place("class", 999_999, about=PLAIN, scope=scope) is None


def test_a_node_above_that_is_out_of_scope_cannot_be_opened(numbers, values):
    row = next(row for row in entities(values, "class") if row["dept_id"] and row["major_id"])
    scope = Scope.within("test", class_=frozenset({row["entity_id"]}))
    place = numbers.place("class", row["entity_id"], about=PLAIN, scope=scope)
    assert [node_id for _, node_id, _ in place.above] == [0, 0, 0]


@pytest.mark.parametrize(
    ("code", "level"), [(RATE, "school"), (RATE, "offering"), (TERM_RATE, "dept"), (YEARLY, "major")]
)
def test_the_number_of_a_period_is_the_stored_one(numbers, values, code, level):
    plan = next(plan for plan in values.reader.plans(code).values() if not plan.so_far)
    periods = {p.period_id: p.key for p in values.reader.periods(plan.kind)}
    rows = [r for r in values.reader.values(plan, level, period_ids=list(periods), scope=ALL) if r.value is not None]
    assert rows
    for row in rows[:40]:
        course = numbers.course(code, level, row.entity_id, period=periods[row.period_id], scope=ALL)
        point = course.point
        assert (point.value, point.numerator, point.denominator) == (row.value, row.numerator, row.denominator)
        assert (point.period.key, point.rows, course.run_id) == (periods[row.period_id], row.rows, row.run_id)


def test_without_a_period_the_last_value_is_meant(numbers, values):
    course = numbers.course(RATE, "school", 1, scope=ALL)
    (reading,) = values.readings([RATE], "school", 1, until=values.data_date(), scope=ALL)
    assert course.point == reading.latest
    assert course.focus == len(course.points) - 1
    assert course.before == reading.before


def test_a_history_is_of_one_kind_of_period_and_not_too_long(numbers):
    for code in (RATE, TERM_RATE, YEARLY):
        course = numbers.course(code, "school", 1, scope=ALL)
        kinds = {point.period.kind for point in course.points}
        assert len(kinds) == 1
        assert len(course.points) <= SHOWN[kinds.pop()]
    assert len({point.period.term_key for point in numbers.course(RATE, "school", 1, scope=ALL).points}) == 1


def test_running_values_of_a_term_are_not_judged(numbers, values):
    plans = values.reader.catalogue().plans
    code = next(code for code, plan in plans.items() if "week" in plan and plan["week"].so_far)
    week = values.reader.periods("week")[0].key
    course = numbers.course(code, "school", 1, period=week, scope=ALL)
    assert course.is_so_far
    assert course.info.target is None
    assert not numbers.course(code, "school", 1, scope=ALL).is_so_far


def test_a_count_is_judged_where_its_lines_are_set(numbers, values):
    student = entities(values, "student")[0]["entity_id"]
    assert numbers.course(COUNT, "student", student, scope=ALL).info.target is not None
    assert numbers.course(COUNT, "school", 1, scope=ALL).info.target is None


@pytest.mark.parametrize("period", ["1999-W01", "2023", "nonsense"])
def test_a_period_without_such_values_has_no_number(numbers, period):
    assert numbers.course(RATE, "school", 1, period=period, scope=ALL) is None


def test_a_level_without_values_has_no_number(numbers):
    assert numbers.course("SCH-LVL-01", "class", 14, scope=ALL) is None


@pytest.mark.parametrize(("level", "node"), [("dept", "school"), ("offering", "dept"), ("student", "class")])
def test_what_lies_below_is_what_is_stored_below(numbers, values, level, node):
    week = numbers.course(RATE, "school", 1, scope=ALL).point.period
    plan = values.reader.plans(RATE)["week"]
    asked = values.reader.period(week.key)
    stored = {
        r.entity_id: r.value
        for r in values.reader.values(plan, level, period_ids=[asked.period_id], scope=ALL)
        if r.value is not None
    }
    seen = {}
    for row in entities(values, node):
        _, frame = numbers.below(RATE, level, under=(node, row["entity_id"]), period=week, scope=ALL)
        found = dict(zip((e.entity_id for e in frame.entities), frame.value[:, 0].tolist(), strict=True))
        assert not np.isnan(list(found.values())).any()
        seen |= found
    assert seen
    assert {key: stored[key] for key in seen} == seen


def test_below_lies_nothing_that_the_scope_does_not_reach(numbers, values):
    week = numbers.course(RATE, "school", 1, scope=ALL).point.period
    _, whole = numbers.below(RATE, "class", under=("school", 1), period=week, scope=ALL)
    own = whole.entities[0].entity_id
    scope = Scope.within("test", class_=frozenset({own}))
    _, seen = numbers.below(RATE, "class", under=("school", 1), period=week, scope=scope)
    assert [entity.entity_id for entity in seen.entities] == [own]


def ways(level, has, layer, scope=ALL):
    return levels_below(level, has, layer=layer, scope=scope, about=PLAIN)


EVERYWHERE = ("school", "dept", "major", "class", "student", "course", "offering", "teacher")


def test_the_way_down_begins_with_the_layer_of_the_indicator():
    assert ways("dept", EVERYWHERE, "课程")[0] == "course"
    assert ways("dept", EVERYWHERE, "教师")[0] == "teacher"
    assert ways("dept", EVERYWHERE, "学生")[0] == "major"
    assert ways("school", EVERYWHERE, "课程")[0] == "dept"
    assert ways("class", EVERYWHERE, "学生") == ("student", "offering")
    assert ways("student", EVERYWHERE, "学生") == ()


def test_the_way_down_knows_only_levels_with_values_and_in_scope():
    assert ways("school", ("school", "major"), "专业") == ("major",)
    adviser = viewer_of([post_at(Role.TEACHER, "teacher", 7)], on=TODAY, account_id=1, username="t", name="某人").scope
    assert ways("class", EVERYWHERE, "学生", adviser) == ("offering",)


def test_persons_are_listed_below_who_looks_after_them_only():
    assert "student" not in ways("school", EVERYWHERE, "学生") + ways("dept", EVERYWHERE, "学生")
