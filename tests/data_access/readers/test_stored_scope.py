"""What readers of stored values give to whom: the rows of the scope, and no small group of a sensitive figure."""

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from data_access.access.privacy import SMALLEST_GROUP, Privacy, Topic
from data_access.access.roles import Role
from data_access.access.scope import Grant, Scope
from data_access.access.viewer import viewer_of
from data_access.database.models import Measure
from data_access.readers.stored import StoredValue, ValueReader
from tests.conftest import DATABASES
from tests.data_access.access.organisations import TODAY, Organisation, post_at
from tests.data_access.readers.crowd import RUN, TERM, TREE, Crowd, crowds, publish, put, row, settle, store

CODE = "X-1"
LAW = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
LEADER = post_at(Role.LEADER)


@pytest.fixture(scope="module", params=DATABASES)
def database(request, install, tmp_path_factory) -> Engine:
    """A database of its own for the random colleges, on each kind."""
    return install(tmp_path_factory.mktemp("stored"), request.param).database


def scope(*posts) -> Scope:
    return viewer_of(posts, on=TODAY, account_id=1, username="t", name="某人").scope


def read(database: Engine, level: str, asked: Scope, code: str = CODE, **narrowed) -> list[StoredValue]:
    reader = ValueReader(database)
    return reader.values(reader.plans(code)["term"], level, period_ids=[TERM], scope=asked, **narrowed)


def shown(database: Engine, level: str, asked: Scope) -> dict[int, StoredValue]:
    return {found.entity_id: found for found in read(database, level, asked) if not found.suppressed}


@st.composite
def viewers(draw: st.DrawFn, crowd: Crowd) -> list:
    """Posts of one person, who sees groups of the whole college, and some of it in detail."""
    own = draw(st.integers(1, len(crowd.place.classes)))
    major, dept = draw(st.integers(1, 3)), draw(st.integers(1, 2))
    details = [
        post_at(Role.CLASS_ADVISER, "class", own),
        post_at(Role.COUNSELLOR, "class", 1),
        post_at(Role.DEPARTMENT_HEAD, "dept", dept),
        post_at(Role.STUDENT_AFFAIRS, "dept", 1),
    ]
    groups = [LEADER, post_at(Role.QUALITY_OFFICE), post_at(Role.MAJOR_LEADER, "major", major)]
    return [draw(st.sampled_from(groups)), *draw(st.lists(st.sampled_from(details), max_size=2, unique=True))]


def law(database: Engine, check) -> None:
    """Try a check on random crowds and posts."""
    examples = 15 if database.dialect.name == "sqlite" else 5

    @given(data=st.data(), crowd=crowds())
    @settings(LAW, max_examples=examples)
    def hold(data, crowd):
        settle(database, crowd)
        publish(database, CODE)
        store(database, crowd)
        check(crowd, data.draw(viewers(crowd)))

    hold()


def test_no_few_people_are_told_apart_by_all_that_somebody_can_read(database):
    """Every set that the figures tell of, cut by every group whose figure is shown."""

    def check(crowd, posts):
        asked = scope(*posts)
        groups = {(level, key) for level in TREE for key in shown(database, level, asked)}
        known = {found.entity_id for found in read(database, "student", asked)}
        for group in groups:
            if is_in_detail(crowd, posts, group):
                known |= crowd.members(*group)
        for belongs in (lambda a, b: a != 0, lambda a, b: b != 0, lambda a, b: a != b):
            cut = defaultdict(set)
            for student, parts in crowd.parts.items():
                if student not in known and belongs(*parts):
                    cut[frozenset(g for g in groups if student in crowd.members(*g))].add(student)
            assert all(len(people) >= SMALLEST_GROUP for within, people in cut.items() if within)

    law(database, check)


def is_in_detail(crowd: Crowd, posts: list, group: tuple[str, int]) -> bool:
    """True for groups of which some post gives the figure whatever its size: those at and below its node."""
    level, key = group
    for post in posts:
        if post.role in {Role.DEPARTMENT_HEAD, Role.STUDENT_AFFAIRS} and level in {"dept", "major", "class"}:
            major = crowd.place.classes.get(key) if level == "class" else key
            dept = key if level == "dept" else crowd.place.majors.get(major)
            if dept == post.node_id:
                return True
        if post.role in {Role.CLASS_ADVISER, Role.COUNSELLOR} and (level, key) == ("class", post.node_id):
            return True
    return False


def test_what_is_shown_is_what_is_stored_and_what_is_withheld_carries_no_number(database):
    """As rows and as columns, of all groups and of some of them."""

    def check(crowd, posts):
        asked = scope(*posts)
        reader = ValueReader(database)
        plan = reader.plans(CODE)["term"]
        for level in TREE:
            rows = read(database, level, asked)
            for found in rows:
                if found.suppressed:
                    assert found[2:] == (None, None, None, 0, RUN, True)
                else:
                    assert (found.numerator, found.denominator) == crowd.sums(level, found.entity_id)
            columns = reader.columns(plan, level, period_ids=[TERM], scope=asked)
            told = sorted(zip(*(column.tolist() for column in columns), strict=True))
            expected = [(*found[:2], *(np.nan if n is None else n for n in found[2:5]), *found[5::2]) for found in rows]
            np.testing.assert_array_equal(told, expected)
            if rows:
                assert read(database, level, asked, entity_ids=[rows[-1].entity_id]) == rows[-1:]
        below = reader.columns(plan, "class", period_ids=[TERM], scope=asked, below=("major", [1]))
        own = {key for key, above in crowd.place.classes.items() if above == 1}
        whole = {found.entity_id: found.suppressed for found in read(database, "class", asked)}
        narrowed = dict(zip(below.entity_id.tolist(), below.suppressed.tolist(), strict=True))
        assert narrowed == {key: hidden for key, hidden in whole.items() if key in own}

    law(database, check)


def test_who_has_a_right_to_details_reads_every_group_and_who_has_none_reads_what_all_others_read(database):
    """A major's leader is told of the own classes what the school's leader is told of them."""

    def check(crowd, posts):
        leader = {level: shown(database, level, scope(LEADER)) for level in TREE}
        for level in TREE:
            stored = {key for key in crowd.place.ids(level) if crowd.members(level, key)}
            assert shown(database, level, Scope.all("test")).keys() == stored
        major = min(crowd.place.majors)
        mine = scope(post_at(Role.MAJOR_LEADER, "major", major))
        own = {key for key, above in crowd.place.classes.items() if above == major}
        assert shown(database, "class", mine).keys() == leader["class"].keys() & own
        assert shown(database, "major", mine).keys() == leader["major"].keys() & {major}
        head = read(database, "class", scope(post_at(Role.DEPARTMENT_HEAD, "dept", 1)))
        assert not any(found.suppressed for found in head)

    law(database, check)


def test_what_was_found_for_one_viewer_changes_nothing_for_the_next(database):
    """One reader that remembers, asked by people who know different details, against readers that know nothing yet."""

    def check(crowd, posts):
        remembering = ValueReader(database)
        plan = remembering.plans(CODE)["term"]
        outsider, insider = scope(LEADER), scope(*posts)
        for asked in (insider, outsider, insider, scope(post_at(Role.QUALITY_OFFICE)), outsider):
            for level in TREE:
                found = remembering.values(plan, level, period_ids=[TERM], scope=asked)
                assert found == read(database, level, asked)

    law(database, check)


def test_a_new_run_publishes_what_has_become_large_enough(installation):
    settle(installation.database, two_classes(8, 3))
    store(installation.database, two_classes(8, 3))
    publish(installation.database, CODE)
    reader = ValueReader(installation.database)

    def told():
        rows = reader.values(reader.plans(CODE)["term"], "class", period_ids=[TERM], scope=scope(LEADER))
        return {found.entity_id for found in rows if not found.suppressed}

    assert told() == set()
    settle(installation.database, two_classes(8, 7), run=RUN + 1)
    store(installation.database, two_classes(8, 7))
    publish(installation.database, CODE)
    assert told() == {1, 2}


@pytest.fixture
def stored(installation) -> Engine:
    """Two departments with one major and class each: 8 and 5 students, everybody in the numerator."""
    crowd = two_classes(8, 5)
    settle(installation.database, crowd)
    store(installation.database, crowd)
    return installation.database


def two_classes(*sizes: int) -> Crowd:
    students = {}
    for group, size in enumerate(sizes, start=1):
        students |= {len(students) + n + 1: group for n in range(size)}
    numbers = range(1, len(sizes) + 1)
    return Crowd(
        Organisation({n: n for n in numbers}, {n: n for n in numbers}, students), dict.fromkeys(students, (1.0, 1.0))
    )


def test_figures_that_are_not_sensitive_are_shown_however_few_people_they_are_about(installation):
    crowd = two_classes(1, 2)
    settle(installation.database, crowd)
    store(installation.database, crowd)
    publish(installation.database, CODE, topics=())
    assert shown(installation.database, "class", scope(LEADER)).keys() == {1, 2}
    assert shown(installation.database, "class", scope(LEADER))[1].rows == 12


def test_a_group_without_any_row_looks_like_one_that_is_withheld(installation):
    crowd = two_classes(9, 3, 0)
    settle(installation.database, crowd)
    store(installation.database, crowd)
    publish(installation.database, CODE)
    found = {line.entity_id: line for line in read(installation.database, "class", scope(LEADER))}
    assert found.keys() == {1, 2, 3}
    assert found[3] == found[2]._replace(entity_id=3)
    assert all(line.suppressed for line in found.values())


def test_a_period_without_data_has_neither_values_nor_withheld_ones(stored):
    publish(stored, CODE)
    reader = ValueReader(stored)
    plan = reader.plans(CODE)["term"]
    assert reader.values(plan, "class", period_ids=[TERM + 1], scope=scope(LEADER)) == []
    assert [v.period_id for v in reader.values(plan, "school", period_ids=[TERM, TERM + 1], scope=scope(LEADER))] == [
        TERM
    ]


@pytest.mark.parametrize("cumulative", [{"so_far": True}, {"window": "在校累计"}, {"lag_years": 3}], ids=str)
def test_running_values_are_for_those_who_may_read_details(stored, cumulative):
    """The difference of two weeks would be the figure of the few whom something happened to in between."""
    publish(stored, CODE, **cumulative)
    for level in TREE:
        assert all(found.suppressed for found in read(stored, level, scope(LEADER)))
        assert not any(found.suppressed for found in read(stored, level, Scope.all("test")))
    assert shown(stored, "class", scope(post_at(Role.CLASS_ADVISER, "class", 2))).keys() == {2}


def test_a_sensitive_figure_of_one_indicator_is_not_given_where_another_can_be_subtracted_from_it(installation):
    """Eight pupils in need and six who are in need of money leave two who are in need of something else."""
    crowd = two_classes(8)
    settle(installation.database, crowd)
    put(
        installation.database,
        [row(level, 1, 8.0, 6.0) for level in TREE]
        + [row("student", key, 1.0, float(key <= 6)) for key in crowd.place.students],
    )
    publish(installation.database, CODE, value="p00", numerator="p00", denominator=None, topics=("特殊群体",))
    assert shown(installation.database, "class", scope(LEADER)).keys() == {1}
    publish(installation.database, "X-2", value="p01", numerator="p01", denominator=None, topics=("资助",))
    assert not shown(installation.database, "class", scope(LEADER))
    assert all(line.suppressed for line in read(installation.database, "class", scope(LEADER), code="X-2"))


@pytest.mark.parametrize(
    ("values", "is_shown"), [((2.0,) * 5, True), ((2.0,) * 4 + (0.0,), False), ((2.0,) * 4, False)]
)
def test_a_value_that_is_no_fraction_needs_enough_people_who_have_one(installation, values, is_shown):
    crowd = two_classes(len(values))
    settle(installation.database, crowd)
    own = [row("student", key, value) for key, value in enumerate(values, start=1)]
    put(installation.database, [row(level, 1, 2.0) for level in TREE] + own)
    publish(installation.database, CODE, value="p00", numerator=None, denominator=None)
    assert bool(shown(installation.database, "class", scope(LEADER))) is is_shown


COUNSELLED = ("心理辅导",)


def test_an_own_office_reads_groups_by_duty_but_no_small_ones(stored):
    publish(stored, CODE, topics=("违纪",), department="心理健康教育中心")
    head = scope(post_at(Role.FUNCTION_HEAD, "dept", 4))
    assert shown(stored, "class", head).keys() == {1, 2}
    assert read(stored, "class", scope(post_at(Role.FUNCTION_HEAD, "dept", 3))) == []
    assert read(stored, "student", head) == []
    publish(stored, "X-2", topics=COUNSELLED, department="心理健康教育中心")
    assert read(stored, "class", head, code="X-2") == [], "what tells of counselling alone is the centre's"


def test_the_psychology_centre_reads_every_group(installation):
    crowd = two_classes(1, 2)
    settle(installation.database, crowd)
    store(installation.database, crowd)
    publish(installation.database, CODE, topics=COUNSELLED)
    centre = scope(post_at(Role.PSYCHOLOGY_CENTRE))
    assert shown(installation.database, "class", centre).keys() == {1, 2}
    publish(installation.database, "X-2", topics=("违纪",))
    assert read(installation.database, "class", centre, code="X-2") == []


@pytest.mark.parametrize(("known", "is_shown"), [(3, True), (4, False), (7, False), (8, True)])
def test_who_knows_some_of_a_class_one_by_one_is_not_told_how_many_the_few_others_are(installation, known, is_shown):
    settle(installation.database, two_classes(8))
    store(installation.database, two_classes(8))
    publish(installation.database, CODE)
    groups = Grant(levels=frozenset(TREE), sensitive_groups=True, reason="test")
    persons = Grant(
        levels=frozenset({"student"}),
        node="student",
        ids=frozenset(range(1, known + 1)),
        topics=frozenset({Topic.DISCIPLINE}),
        reason="test",
    )
    both = Scope(reason="test", grants=(groups, persons))
    assert bool(shown(installation.database, "class", both)) is is_shown
    assert shown(installation.database, "class", Scope(reason="test", grants=(groups,))).keys() == {1}


def test_staff_compare_themselves_with_the_college_in_nothing_sensitive(stored):
    publish(stored, CODE)
    assert read(stored, "school", scope(post_at(Role.TEACHER, "teacher", 1))) == []
    assert read(stored, "school", scope(post_at(Role.WALL_SCREEN))) == []


def test_sensitive_figures_of_other_groups_are_for_those_who_may_read_details(installation):
    settle(installation.database, two_classes(9))
    put(installation.database, [row("school", 1, 90.0, 99.0)])
    publish(installation.database, CODE, levels=("school", "course"))
    assert read(installation.database, "course", scope(LEADER)) == []


def incidents(database: Engine, *departments: float, school: float) -> None:
    """Cases that belong to departments by themselves; nobody counts the people behind them."""
    settle(database, two_classes(1, 1))
    rows = [row("dept", key, cases, 900.0) for key, cases in enumerate(departments, start=1)]
    put(database, [*rows, *(row("major", key, 9.0, 90.0) for key in (1, 2)), row("school", 1, school, 1800.0)])
    publish(database, CODE, topics=("特殊群体",), levels=TREE[:3])


@pytest.mark.parametrize(
    ("departments", "school", "published"),
    [((6.0, 7.0), 13.0, {1, 2}), ((6.0, 2.0), 8.0, set()), ((6.0, 7.0), 14.0, set()), ((6.0, 7.0), 4.0, set())],
)
def test_where_nobody_is_counted_the_cases_are(installation, departments, school, published):
    incidents(installation.database, *departments, school=school)
    numbers = {1, 2, 3, 4} if published else set()  # the offices have no case, like nobody
    assert shown(installation.database, "dept", scope(LEADER)).keys() & numbers == published
    assert bool(shown(installation.database, "school", scope(LEADER))) is (school >= SMALLEST_GROUP)
    # Cases of a major need not be cases of its department: nothing could be judged below.
    assert not shown(installation.database, "major", scope(LEADER))


def test_who_may_read_the_cases_of_a_major_reads_them_where_others_do_not(installation):
    incidents(installation.database, 6.0, 7.0, school=13.0)
    head, leader = post_at(Role.DEPARTMENT_HEAD, "dept", 1), post_at(Role.MAJOR_LEADER, "major", 2)
    assert shown(installation.database, "major", scope(head, leader)).keys() == {1}


def test_the_latest_period_is_one_with_a_figure_that_may_be_read(installation):
    early, late = two_classes(8, 5), two_classes(8, 2)
    settle(installation.database, early)
    publish(installation.database, CODE)
    store(installation.database, early)
    store(installation.database, late, term=TERM + 10)
    reader = ValueReader(installation.database)
    plan = reader.plans(CODE)["term"]
    assert reader.latest(plan, "class", scope=Scope.all("test")) == TERM + 10
    assert reader.latest(plan, "class", scope=scope(LEADER)) == TERM
    assert reader.latest(plan, "school", scope=scope(LEADER)) == TERM + 10
    assert reader.latest(plan, "class", scope=scope(post_at(Role.TEACHER, "teacher", 1))) is None


def test_figures_of_before_indicators_were_classified_are_sensitive_in_every_way(stored):
    publish(stored, CODE)
    reader = ValueReader(stored)
    assert reader.plans(CODE)["term"].about.topics == {Topic.DISCIPLINE}
    publish(stored, "X-OLD")
    with stored.begin() as connection:
        from data_access.database.models import IndicatorEntry  # noqa: PLC0415

        old = {"unit": "%", "department": "学生工作处"}
        connection.execute(
            IndicatorEntry.__table__.update().where(IndicatorEntry.code == "X-OLD").values(definition=old)
        )
    about = ValueReader(stored).plans("X-OLD")["term"].about
    assert (about.privacy, about.topics) == (Privacy.SENSITIVE, frozenset(Topic))
    assert read(stored, "student", scope(LEADER), code="X-OLD") == []


def test_the_number_of_rows_is_told_where_it_tells_of_nothing_else(stored):
    """Of an ordinary event the row count includes the sensitive ones."""
    publish(stored, CODE, topics=(), row_topics=["心理辅导"])
    assert {line.rows for line in read(stored, "student", scope(LEADER))} == {0}
    assert {line.rows for line in read(stored, "student", Scope.all("test"))} == {12}
    assert shown(stored, "class", scope(LEADER))[1].value == 100.0


def test_a_stored_group_that_is_nowhere_in_the_organisation_is_not_shown(stored):
    publish(stored, CODE)
    with stored.begin() as connection:
        connection.execute(Measure.__table__.insert().values(row("class", 55, 9.0, 9.0)))
    assert 55 not in {line.entity_id for line in read(stored, "class", scope(LEADER))}
    assert 55 in {line.entity_id for line in read(stored, "class", Scope.all("test"))}
