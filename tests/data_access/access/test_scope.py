"""Which rows a scope reaches, against an oracle written from the role table, on random organisations and posts."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, insert, select

from data_access.access.privacy import PERSONS, PLAIN, Privacy, Subject, Topic
from data_access.access.roles import ROLES, Role
from data_access.access.rules import GROUPS, LEVELS
from data_access.access.scope import Grant, Scope
from data_access.access.viewer import Post, Viewer, viewer_of
from data_access.database.access_models import Referral
from data_access.database.models import Entity
from data_access.entities import write_entities
from tests.conftest import DATABASES
from tests.data_access.access import oracle
from tests.data_access.access.dimensions import engine
from tests.data_access.access.oracle import FIGURES, ROWS, Figure
from tests.data_access.access.organisations import GONE, TODAY, Organisation, organisations, post_at, posts

ENTITIES = GROUPS | PERSONS - {"roster"}
LAW = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
YESTERDAY = TODAY - dt.timedelta(1)


@pytest.fixture(scope="module", params=DATABASES)
def connection(request, install, tmp_path_factory) -> Iterator[Connection]:
    """A connection to an empty database; nothing is ever committed."""
    place = install(tmp_path_factory.mktemp("scope"), request.param)
    with place.database.connect() as connection:
        yield connection


@pytest.fixture
def examples(connection) -> int:
    """How many examples a law is tried on: a real server takes its time."""
    return 60 if connection.dialect.name == "sqlite" else 10


def settle(connection: Connection, college: Organisation) -> None:
    """Make the organisation that of the database, for this transaction."""
    connection.rollback()
    connection.execute(delete(Entity))
    columns = ("dept_id", "major_id", "class_id", "course_id", "teacher_id")
    nothing = {"code": "", "aliases": "", **dict.fromkeys(columns)}
    connection.execute(insert(Entity), [{**nothing, "name": str(e["entity_id"]), **e} for e in college.entities()])
    if college.referred:
        connection.execute(insert(Referral), [{"student_id": key, "since": TODAY} for key in college.referred])


def reached(connection: Connection, condition) -> set[int]:
    """Ids of the entities that meet a condition."""
    return set(connection.execute(select(Entity.entity_id).where(condition)).scalars())


def rows(connection: Connection, viewer: Viewer, kind: str, figure: Figure) -> set[int]:
    return reached(connection, viewer.scope.rows(kind, figure.subject))


def viewer(held: list[Post], day: dt.date = TODAY) -> Viewer:
    return viewer_of(held, on=day, account_id=1, username="t", name="某人")


def law(connection: Connection, examples: int, check) -> None:
    """Try a check on random organisations with up to four random posts, for some of the figures."""

    @given(data=st.data(), college=organisations(), figures=st.lists(st.sampled_from(FIGURES), min_size=1, max_size=3))
    @settings(LAW, max_examples=examples)
    def hold(data, college, figures):
        settle(connection, college)
        held = data.draw(st.lists(posts(college), max_size=4))
        check(data, college, held, [(kind, figure) for kind in ROWS for figure in dict.fromkeys(figures)])

    hold()


def test_the_rows_within_a_scope_are_those_of_the_role_table(connection, examples):
    def check(data, college, held, asked):
        someone = viewer(held)
        for kind, figure in asked:
            found = rows(connection, someone, kind, figure)
            assert found == oracle.rows(college, held, TODAY, kind, figure), (kind, figure)
            assert someone.scope.admits(kind, figure.subject) or not found
            if someone.scope.is_unlimited(kind, figure.subject) and kind not in {"roster", "account", "audit"}:
                assert found == college.ids(kind)

    law(connection, 2 * examples, check)


def test_details_are_for_those_whom_the_role_table_gives_them(connection, examples):
    def check(data, college, held, asked):
        scope = viewer(held).scope
        for kind, figure in asked:
            if figure.topics:
                found = reached(connection, scope.rows_in_detail(kind, figure.subject))
                assert found == oracle.rows_in_detail(college, held, TODAY, kind, figure), (kind, figure)
                if scope.is_in_detail(kind, figure.subject):
                    assert found == rows(connection, viewer(held), kind, figure)

    law(connection, examples, check)


def test_another_post_never_takes_a_row_away_and_the_end_of_one_never_gives_one(connection, examples):
    def check(data, college, held, asked):
        more = [*held, data.draw(posts(college))]
        ended = [p for p in held if p.valid_to is None or p.valid_to > YESTERDAY]
        chosen = data.draw(st.sampled_from(ended)) if ended else None
        fewer = [replace(p, valid_to=YESTERDAY) if p is chosen else p for p in held]
        for kind, figure in asked:
            seen = rows(connection, viewer(held), kind, figure)
            assert seen <= rows(connection, viewer(more), kind, figure)
            assert rows(connection, viewer(fewer), kind, figure) <= seen

    law(connection, examples // 2, check)


def test_who_is_closer_to_a_student_sees_no_more_students_than_who_stands_above(connection, examples):
    def check(data, college, held, asked):
        for group, major in college.classes.items():
            own = students(connection, post_at(Role.CLASS_ADVISER, "class", group))
            assert own <= students(connection, post_at(Role.LEADER))
            if major in college.majors:
                of_major = students(connection, post_at(Role.MAJOR_LEADER, "major", major))
                assert own <= of_major
                dept = college.majors[major]
                if dept in college.ids("dept"):
                    assert of_major <= students(connection, post_at(Role.DEPARTMENT_HEAD, "dept", dept))

    law(connection, examples // 2, check)


def students(connection: Connection, post: Post) -> set[int]:
    return rows(connection, viewer([post]), "student", Figure(owner="教务处", privacy=Privacy.PERSONAL))


def test_a_student_sees_exactly_one_person(connection, examples):
    def check(data, college, held, asked):
        for key in sorted(college.students)[:2]:
            someone = viewer([post_at(Role.STUDENT, "student", key)])
            assert rows(connection, someone, "student", Figure()) == {key}
            for kind, figure in asked:
                assert rows(connection, someone, kind, figure) <= ({key} if kind == "student" else set())

    law(connection, examples // 2, check)


COLLEGE = Organisation(
    majors={1: 1},
    classes={1: 1, 2: GONE},
    students={1: 1, 2: 2, 3: None},
    teachers={1: (1, 1)},
    courses={1: (1, 1)},
    offerings={1: (1, 1, 1)},
    referred=frozenset({1}),
)


@pytest.mark.parametrize("role", Role)
def test_a_post_that_is_over_not_begun_or_at_no_node_of_the_role_reaches_nothing(connection, role):
    settle(connection, COLLEGE)
    level = ROLES[role].nodes[0]
    idle = [
        post_at(role, level, 1, until=YESTERDAY),
        post_at(role, level, 1, since=TODAY + dt.timedelta(1)),
        post_at(role, level, GONE, is_there=False),
        *(post_at(role, other, 1) for other in {"school", "dept", "student"} - set(ROLES[role].nodes)),
    ]
    for post in idle:
        for kind in ROWS:
            assert not rows(connection, viewer([post]), kind, Figure()), (post, kind)
    assert viewer([]).scope.grants == ()


def test_children_of_a_node_that_is_gone_belong_to_nobody_but_the_college(connection):
    settle(connection, COLLEGE)
    whole = viewer([post_at(Role.LEADER)])
    assert rows(connection, whole, "student", Figure()) == {1, 2, 3}
    for role, level in ((Role.MAJOR_LEADER, "major"), (Role.DEPARTMENT_HEAD, "dept")):
        for node in (1, GONE):
            seen = rows(connection, viewer([post_at(role, level, node, is_there=node == 1)]), "student", Figure())
            assert seen == ({1} if node == 1 else set())


def test_the_tree_of_these_tests_is_that_of_the_product(connection):
    """The oracle walks pointers of dimensions; the product reads the rows it derives from them."""

    @given(college=organisations())
    @settings(LAW, max_examples=4)
    def hold(college):
        connection.rollback()
        places = (Entity.dept_id, Entity.major_id, Entity.class_id, Entity.course_id, Entity.teacher_id)
        with engine(college.dimensions()) as read:
            write_entities(connection, read)
        derived = {tuple(row) for row in connection.execute(select(Entity.level, Entity.entity_id, *places))}
        names = ("level", "entity_id", *(column.key for column in places))
        assert derived == {tuple(row.get(name) for name in names) for row in college.entities()}

    hold()


def test_no_grant_no_row_and_no_node_no_row(connection):
    settle(connection, COLLEGE)
    nothing = Scope(reason="test")
    empty = Scope(reason="test", grants=(Grant(levels=LEVELS, node="dept", reason="test"),))
    for scope in (nothing, empty, Scope.within("test", dept=frozenset())):
        for kind in ROWS:
            assert not reached(connection, scope.rows(kind))
            assert not reached(connection, scope.rows_in_detail(kind, PLAIN))


def test_a_scope_without_limits_reaches_every_row_about_everything(connection):
    settle(connection, COLLEGE)
    for kind in ENTITIES:
        for figure in FIGURES:
            everything = Scope.all("test")
            assert reached(connection, everything.rows(kind, figure.subject)) == COLLEGE.ids(kind)
            assert everything.is_in_detail(kind, figure.subject)


def test_a_scope_by_nodes_tells_nothing_sensitive(connection):
    settle(connection, COLLEGE)
    scope = Scope.within("test", dept=frozenset({1}), class_=frozenset({2}))
    assert reached(connection, scope.rows("student")) == {1, 2}
    sensitive = Subject(privacy=Privacy.SENSITIVE, topics=frozenset({Topic.AID}), owner="学生工作处")
    for kind in ENTITIES:
        assert not reached(connection, scope.rows(kind, sensitive))
    with pytest.raises(KeyError):
        Scope.within("test", planet=frozenset({1}))
