"""Whose deliveries are read by whom."""

import datetime as dt
from dataclasses import replace

import pyarrow as pa
import pytest

from data_access.access.privacy import Privacy, Subject
from data_access.access.roles import Role
from data_access.access.scope import Scope
from data_access.access.viewer import viewer_of
from data_access.contracts import contracts
from data_access.database import transaction
from data_access.database.models import Entity
from data_access.lake import load_tables
from data_access.readers.loads import MOST_DAYS, LoadReader, Loads, Silence
from data_access.readers.roster import RosterReader
from tests.data_access.access.organisations import TODAY, post_at

ABOUT = Subject(privacy=Privacy.PUBLIC, owner="网络信息中心")
NAMES = {1: "机电工程系", 103: "教务处", 116: "网络信息中心"}
LAST = dt.date(2026, 11, 20)


@pytest.fixture
def reader(installation) -> LoadReader:
    """Deliveries of two departments, one of which stopped three days before the other; and one of nobody's."""
    rows = [(103, "教务", LAST - dt.timedelta(days=n)) for n in range(3, 10)]
    rows += [(116, "一卡通", LAST - dt.timedelta(days=n)) for n in (0, 50)]
    rows += [(None, "旧系统", LAST)]
    table = contracts()["fact_data_load"]
    lines = [
        {
            "load_id": n, "dept_id": dept, "date_id": int(f"{day:%Y%m%d}"), "source_system": source,
            "table_name": "fact_grade", "expected_rows": 10, "loaded_rows": 9, "error_rows": 1, "is_on_time": True,
        }
        for n, (dept, source, day) in enumerate(rows, 1)
    ]  # fmt: skip
    load_tables(
        installation.lake, iter([(table.name, pa.Table.from_pylist(lines, table.arrow_schema(technical=False)))])
    )
    with transaction(installation.database) as connection:
        names = [{"level": "dept", "entity_id": key, "dept_id": key, "name": name} for key, name in NAMES.items()]
        connection.execute(Entity.__table__.insert(), names)
    return LoadReader(RosterReader(installation.lake, installation.database).facts)


def sources(reader, *posts, days=14):
    scope = viewer_of(posts, on=TODAY, account_id=1, username="t", name="某人").scope
    told = reader.loads(days, about=ABOUT, scope=scope)
    assert told.last == LAST
    return {load.source for load in told.found}


def head_of(dept):
    return replace(post_at(Role.FUNCTION_HEAD, "dept", dept), node_name=NAMES[dept])


@pytest.mark.parametrize(
    ("posts", "expected"),
    [
        ([post_at(Role.LEADER)], {"教务", "一卡通"}),
        ([post_at(Role.QUALITY_OFFICE)], {"教务", "一卡通"}),
        ([post_at(Role.DATA_STEWARD)], {"教务", "一卡通", "旧系统"}),
        ([head_of(103)], {"教务"}),
        ([head_of(116)], {"教务", "一卡通"}),
        ([post_at(Role.TEACHER, "teacher", 1)], set()),
        ([post_at(Role.WALL_SCREEN)], {"教务", "一卡通"}),
        ([], set()),
    ],
    ids=[
        "leader",
        "quality office",
        "steward",
        "head of an office",
        "head of collection",
        "teacher",
        "screen",
        "nobody",
    ],
)
def test_deliveries_are_read_by_who_answers_for_them_or_for_collection_as_such(reader, posts, expected):
    assert sources(reader, *posts) == expected


def test_the_days_end_with_the_last_delivery_of_the_college_and_are_bounded(reader):
    told = reader.loads(5, about=ABOUT, scope=Scope.all("test"))
    assert {load.day for load in told.found} == {LAST - dt.timedelta(days=n) for n in (0, 3, 4)}
    with pytest.raises(ValueError, match="at most 60"):
        reader.loads(MOST_DAYS + 1, about=ABOUT, scope=Scope.all("test"))


def test_a_source_that_stopped_long_ago_is_not_forgotten_and_told_to_whom_it_concerns(reader):
    told = reader.loads(2, about=ABOUT, scope=Scope.all("test"))
    assert told.silent == [Silence(source="教务", department="教务处", last=LAST - dt.timedelta(days=3))]
    head = viewer_of([head_of(103)], on=TODAY, account_id=1, username="t", name="某人").scope
    assert len(reader.loads(2, about=ABOUT, scope=head).silent) == 1
    assert not reader.loads(2, about=ABOUT, scope=Scope(reason="nobody")).silent


def test_a_delivery_is_told_as_it_is_on_record(reader):
    load = next(one for one in reader.loads(14, about=ABOUT, scope=Scope.all("test")).found if one.source == "教务")
    assert (load.department, load.table, load.expected, load.loaded, load.errors) == ("教务处", "fact_grade", 10, 9, 1)


def test_before_anything_was_delivered_there_is_no_last_day(installation):
    reader = LoadReader(RosterReader(installation.lake, installation.database).facts)
    assert reader.loads(14, about=ABOUT, scope=Scope.all("test")) == Loads(last=None)
