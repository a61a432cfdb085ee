"""The staff of a node counted in groups, and the file of one teacher: who is counted, and who may read it.

Two departments. Department 1 has teachers 1 to 4 (4 is part-time from an enterprise, 3 has left during 2026, 2 has
climbed); department 2 has teacher 5, of whom nothing but a name was handed in for 2026.
"""

import datetime as dt

import pyarrow as pa
import pytest
from sqlalchemy import insert

from data_access.access.roles import Role
from data_access.access.scope import Scope
from data_access.access.viewer import viewer_of
from data_access.contracts import contracts
from data_access.database import transaction
from data_access.database.models import Entity
from data_access.lake import load_tables
from data_access.readers.facts import FactReader
from data_access.readers.stored import ValueReader
from data_access.readers.team import ASPECTS, ENGAGEMENT, LADDER, STAY, UNKNOWN, Move, TeamReader
from tests.data_access.access.organisations import TODAY, post_at

ALL = Scope.all("test")
STAFF = {1: 1, 2: 1, 3: 1, 4: 1, 5: 2}
"""Departments of teachers."""


def _snapshot(teacher, year, **told):
    given = {
        "teacher_year_id": year * 100 + teacher, "teacher_id": teacher, "acad_year": f"{year}-{year + 1}",
        "is_fulltime": True, "is_enterprise_part": False, "age": 30 + 8 * teacher, "title_level": "中级",
        "degree": "硕士", "is_dual": teacher == 1, "ladder": "合格教师", "ethics_result": "合格", "is_promoted": False,
        "is_left": False,
    }  # fmt: skip
    return {**given, **told}


SNAPSHOTS = [
    _snapshot(1, 2025),
    _snapshot(2, 2025, ladder="新进教师"),
    _snapshot(3, 2025),
    _snapshot(1, 2026, title_level="副高"),
    _snapshot(2, 2026, ladder="教学新星", is_promoted=True),
    _snapshot(3, 2026, is_left=True),
    _snapshot(4, 2026, is_fulltime=False, is_enterprise_part=True),
    _snapshot(5, 2026, age=None, title_level=None, degree=None, is_dual=None, ladder=None, ethics_result=None),
]


def _table(name, rows):
    return pa.Table.from_pylist(rows, schema=contracts()[name].arrow_schema(technical=False))


@pytest.fixture(scope="module")
def team(install, tmp_path_factory):
    place = install(tmp_path_factory.mktemp("team"))
    teachers = [
        {"teacher_id": n, "staff_no": f"g{n}", "teacher_name": f"教师{n}", "dept_id": dept, "staff_type": "专任教师",
         "hire_date": None if n == 5 else dt.date(2023, 8, 20)}
        for n, dept in STAFF.items()
    ]  # fmt: skip
    tables = {
        "dim_teacher": _table("dim_teacher", teachers),
        "fact_teacher_year": _table("fact_teacher_year", SNAPSHOTS),
    }
    load_tables(place.lake, iter(tables.items()))
    rows = [
        {"level": "school", "entity_id": 1, "code": "1", "name": "全校", "dept_id": None},
        *({"level": "dept", "entity_id": n, "code": str(n), "name": f"第{n}系", "dept_id": n} for n in (1, 2)),
        *(
            {"level": "teacher", "entity_id": n, "code": f"g{n}", "name": f"教师{n}", "dept_id": dept, "teacher_id": n}
            for n, dept in STAFF.items()
        ),
    ]
    with transaction(place.database) as connection:
        for row in rows:
            connection.execute(insert(Entity), [{"teacher_id": None, **row}])
    return TeamReader(FactReader(place.lake, ValueReader(place.database)))


def scope_of(*posts):
    return viewer_of(posts, on=TODAY, account_id=1, username="t", name="某人").scope


HEAD = post_at(Role.DEPARTMENT_HEAD, "dept", 1)
TEACHER = post_at(Role.TEACHER, "teacher", 2)


@pytest.mark.parametrize(
    ("level", "key", "headcount", "fulltime"), [("school", 1, 5, 4), ("dept", 1, 4, 3), ("dept", 2, 1, 1)]
)
def test_the_groups_of_every_aspect_add_up_to_who_is_counted(team, level, key, headcount, fulltime):
    found = team.structure(level, key, year=2026, scope=ALL)
    assert (found.headcount, found.fulltime) == (headcount, fulltime)
    for aspect, groups in found.groups.items():
        assert sum(groups.values()) == (headcount if aspect == ENGAGEMENT else fulltime), aspect


def test_departments_add_up_to_the_school(team):
    parts = [team.structure("dept", n, year=2026, scope=ALL).groups for n in (1, 2)]
    whole = team.structure("school", 1, year=2026, scope=ALL).groups
    for aspect in ASPECTS:
        for name, people in whole[aspect].items():
            assert people == sum(part[aspect].get(name, 0) for part in parts), (aspect, name)


def test_who_left_nothing_is_a_group_of_their_own_and_who_left_is_counted_as_such(team):
    groups = team.structure("school", 1, year=2026, scope=ALL).groups
    assert groups["职称"] == {"正高": 0, "副高": 1, "中级": 2, "初级及以下": 0, UNKNOWN: 1}
    assert groups["双师素质"] == {"双师素质": 1, "非双师": 2, UNKNOWN: 1}
    assert groups[STAY] == {"在岗": 3, "本年离校": 1}
    assert UNKNOWN not in team.structure("dept", 1, year=2026, scope=ALL).groups[LADDER]


def test_moves_are_of_those_with_both_years(team):
    assert team.moves("dept", 1, year=2026, scope=ALL) == [
        Move(before="新进教师", now="教学新星", people=1),
        Move(before="合格教师", now="合格教师", people=2),
    ]
    assert team.moves("dept", 1, year=2025, scope=ALL) == []
    assert team.moves("dept", 2, year=2026, scope=ALL) == []


def test_a_department_head_reads_the_own_department_and_the_school_but_no_other(team):
    scope = scope_of(HEAD)
    assert team.structure("dept", 1, year=2026, scope=scope).headcount == 4
    assert team.structure("school", 1, year=2026, scope=scope).headcount == 5
    assert team.structure("dept", 2, year=2026, scope=scope) is None
    assert team.moves("dept", 2, year=2026, scope=scope) == []
    assert team.structure("dept", 999, year=2026, scope=scope) is None


def test_a_teacher_reads_the_own_file_and_no_other(team):
    scope = scope_of(TEACHER)
    assert team.career(2, until=2026, scope=scope).name == "教师2"
    assert team.career(1, until=2026, scope=scope) is None
    assert team.career(999, until=2026, scope=scope) is None
    assert set(team.profiles([1, 2, 3], year=2026, scope=scope)) == {2}


def test_a_head_opens_the_files_of_the_own_department(team):
    assert set(team.profiles(STAFF, year=2026, scope=scope_of(HEAD))) == {1, 2, 3, 4}
    assert team.career(5, until=2026, scope=scope_of(HEAD)) is None


def test_a_file_lists_every_year_since_the_teacher_was_hired(team):
    found = team.career(2, until=2026, scope=ALL)
    assert [year.year for year in found.years] == [2023, 2024, 2025, 2026]
    assert [year.profile and year.profile.ladder for year in found.years] == [None, None, "新进教师", "教学新星"]
    assert found.years[-1].is_promoted
    assert (found.staff_no, found.dept_name, found.hired) == ("g2", "第1系", dt.date(2023, 8, 20))


def test_a_file_without_a_hiring_date_begins_with_the_first_snapshot(team):
    found = team.career(5, until=2026, scope=ALL)
    assert [year.year for year in found.years] == [2026]
    assert found.years[0].profile.ladder == ""
    assert team.career(5, until=2025, scope=ALL).years == ()
