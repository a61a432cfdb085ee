"""Which places of the organisation those who grant posts can find."""

import datetime as dt

import pytest
from sqlalchemy import insert

from data_access.access.nodes import PLACES, Nodes
from data_access.access.roles import Role
from data_access.access.scope import Scope
from data_access.access.viewer import Post, scope_of
from data_access.database.models import Entity

NOBODY = Scope(reason="nobody")
ROWS = (
    {"level": "school", "entity_id": 1, "name": "全校", "code": ""},
    {"level": "dept", "entity_id": 2, "name": "机电工程系", "code": "", "dept_id": 2},
    {"level": "dept", "entity_id": 3, "name": "信息100%系", "code": "", "dept_id": 3},
    {"level": "major", "entity_id": 4, "name": "机电一体化", "code": "460301", "dept_id": 2, "major_id": 4},
    {"level": "class", "entity_id": 5, "name": "机电2401", "code": "", "dept_id": 2, "major_id": 4, "class_id": 5},
    {"level": "class", "entity_id": 6, "name": "软件2401", "code": "", "dept_id": 3, "class_id": 6},
    {"level": "course", "entity_id": 7, "name": "钳工", "code": "KC-7", "dept_id": 2, "course_id": 7},
    {"level": "teacher", "entity_id": 8, "name": "陈一", "code": "T0008", "dept_id": 2, "teacher_id": 8},
    {"level": "student", "entity_id": 9, "name": "2401001", "code": "2401001", "dept_id": 2, "class_id": 5},
)
COLUMNS = ("dept_id", "major_id", "class_id", "course_id", "teacher_id")


def scope(role):
    post = Post(role=role, node_level="school", node_id=1, valid_from=dt.date(2026, 9, 1))
    return scope_of([post], who="somebody")


SECURITY = scope(Role.SECURITY_ADMINISTRATOR)


@pytest.fixture
def nodes(installation):
    with installation.database.begin() as connection:
        connection.execute(insert(Entity), [{**dict.fromkeys(COLUMNS), **row} for row in ROWS])
    return Nodes(installation.database)


def names(page):
    return [node.name for node in page.nodes]


def test_nodes_come_with_what_they_belong_to(nodes):
    found = nodes.find("class", scope=SECURITY)
    assert {node.name: node.above for node in found.nodes} == {
        "机电2401": ("机电工程系", "机电一体化"),
        "软件2401": ("信息100%系",),
    }
    assert nodes.get("major", 4, scope=SECURITY).above == ("机电工程系",)
    assert nodes.get("dept", 2, scope=SECURITY).above == ()


@pytest.mark.parametrize(
    ("level", "text", "expected"),
    [
        ("class", "软件", ["软件2401"]),
        ("class", "机电一体化", ["机电2401"]),
        ("course", "kc-7", ["钳工"]),
        ("dept", "%", ["信息100%系"]),
        ("dept", "_", []),
    ],
)
def test_a_search_looks_at_name_code_and_what_is_above_and_takes_text_as_it_is(nodes, level, text, expected):
    assert names(nodes.find(level, scope=SECURITY, search=text)) == expected


def test_pages_add_up(nodes):
    first, second = (nodes.find("class", scope=SECURITY, page=page, size=1) for page in (1, 2))
    assert first.total == second.total == 2
    assert sorted(names(first) + names(second)) == ["机电2401", "软件2401"]


@pytest.mark.parametrize("level", ["teacher", "student", "offering", "account", ""])
def test_persons_and_unknown_levels_are_no_places(nodes, level):
    assert nodes.find(level, scope=SECURITY).nodes == ()
    assert nodes.get(level, 8, scope=SECURITY) is None


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR}))
def test_whoever_does_not_administer_accounts_finds_nothing(nodes, role):
    for level in PLACES:
        assert nodes.find(level, scope=scope(role)).total == 0
        assert nodes.get(level, 2, scope=scope(role)) is None
    assert nodes.person_id("teacher", "T0008", scope=scope(role)) is None


def test_a_person_is_found_by_their_number_in_any_case(nodes):
    assert nodes.person_id("teacher", "t0008", scope=SECURITY) == 8
    assert nodes.person_id("student", "2401001", scope=SECURITY) == 9
    assert nodes.person_id("student", "t0008", scope=SECURITY) is None
    assert nodes.person_id("other", "t0008", scope=SECURITY) is None
