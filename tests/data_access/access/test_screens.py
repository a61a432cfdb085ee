"""The tokens of wall screens: what one is worth from the day it is issued to the day after its end."""

import datetime as dt
import hashlib

import pytest
from sqlalchemy import select

from data_access.access.permissions import Permission
from data_access.access.roles import Role
from data_access.access.scope import Scope
from data_access.access.screens import LONGEST_DAYS, Screens
from data_access.database import transaction
from data_access.database.monitoring_models import ScreenToken
from data_access.errors import UserError
from tests.data_access.access.people import ALL, CONSOLE, TODAY, people

NEXT_YEAR = TODAY + dt.timedelta(days=365)


@pytest.fixture
def college(installation):
    return people(installation)


@pytest.fixture
def screens(college):
    return Screens(college.database, college.audit, now=college.clock.now, today=college.clock.today)


def only(screens):
    (info,) = screens.all(scope=ALL)
    return info


def events(college, subject):
    found = [event for event in college.events() if event.subject == subject]
    return [(event.kind, event.detail.get("change") or event.detail.get("because")) for event in found]


def test_a_token_makes_a_wall_screen_and_nobody(screens):
    token = screens.issue(" 行政楼\n大厅 ", NEXT_YEAR, by=CONSOLE)
    viewer = screens.resume(token)
    assert [(post.role, post.node_level) for post in viewer.posts] == [(Role.WALL_SCREEN, "school")]
    assert (viewer.account_id, viewer.person_id, viewer.name) == (0, None, "行政楼 大厅")
    assert viewer.may(Permission.SCREEN_VIEW)
    assert not viewer.may(Permission.STUDENT_VIEW)
    assert viewer.scope.admits("dept")
    assert not any(viewer.scope.admits(level) for level in ("student", "teacher", "roster", "account", "audit"))


def test_the_database_holds_no_token_but_its_hash(college, screens):
    token = screens.issue("大厅", NEXT_YEAR, by=CONSOLE)
    with college.database.connect() as connection:
        row = connection.execute(select(*ScreenToken.__table__.columns)).mappings().one()
    assert token not in str(dict(row))
    assert row["token_hash"] == hashlib.sha256(token.encode()).hexdigest()
    assert screens.issue("大厅", NEXT_YEAR, by=CONSOLE) != token


def test_a_token_ends_after_its_last_day_and_at_once_when_revoked(college, screens):
    tomorrow = TODAY + dt.timedelta(days=1)
    token, other = screens.issue("大厅", tomorrow, by=CONSOLE), screens.issue("餐厅", NEXT_YEAR, by=CONSOLE)
    college.clock.pass_(days=1)
    assert screens.resume(token) is not None
    assert screens.expires_on(token) == tomorrow
    college.clock.pass_(days=1)
    assert screens.resume(token) is None
    assert screens.expires_on(token) is None
    number = next(info.screen_id for info in screens.all(scope=ALL) if info.name == "餐厅")
    screens.revoke(number, by=CONSOLE)
    assert screens.resume(other) is None
    with pytest.raises(UserError, match="已经撤销"):
        screens.revoke(number, by=CONSOLE)
    with pytest.raises(UserError, match="已经撤销"):
        screens.rename(number, "食堂", by=CONSOLE)


@pytest.mark.parametrize("token", ["", "x", "x" * 43, "../" * 20, "é" * 43, "\ud800" * 43, "x" * 5000])
def test_what_is_no_token_opens_nothing(screens, token):
    screens.issue("大厅", NEXT_YEAR, by=CONSOLE)
    assert screens.resume(token) is None
    assert screens.expires_on(token) is None


@pytest.mark.parametrize(
    ("name", "days"), [("", 10), (" \n ", 10), ("长" * 65, 10), ("大厅", -1), ("大厅", LONGEST_DAYS + 1)]
)
def test_a_screen_without_a_place_or_with_an_odd_end_is_refused(screens, name, days):
    with pytest.raises(UserError):
        screens.issue(name, TODAY + dt.timedelta(days=days), by=CONSOLE)
    assert screens.all(scope=ALL) == []


def test_a_screen_is_seen_at_most_once_a_minute_and_offline_after_a_while(college, screens):
    token = screens.issue("大厅", NEXT_YEAR, by=CONSOLE)
    assert only(screens).last_seen_at is None
    screens.resume(token)
    first = only(screens).last_seen_at
    college.clock.pass_(seconds=59)
    screens.resume(token)
    assert only(screens).last_seen_at == first
    college.clock.pass_(seconds=1)
    screens.resume(token)
    assert only(screens).last_seen_at - first == dt.timedelta(minutes=1)
    assert only(screens).is_online(college.clock.now())
    college.clock.pass_(minutes=6)
    assert not only(screens).is_online(college.clock.now())


def test_a_screen_opens_while_somebody_writes_for_long(college, screens):
    token = screens.issue("大厅", NEXT_YEAR, by=CONSOLE)
    with transaction(college.database) as connection:
        connection.execute(ScreenToken.__table__.update().values(name="餐厅"))
        assert screens.resume(token) is not None
        assert screens.resume("y" * 43) is None


def test_everything_done_to_screens_is_recorded_and_floods_are_not(college, screens):
    token = screens.issue("大厅", NEXT_YEAR, by=CONSOLE)
    number = only(screens).screen_id
    screens.rename(number, "报告厅", by=CONSOLE)
    screens.revoke(number, by=CONSOLE)
    for _ in range(5):
        screens.resume(token, address="10.0.0.1")
        for guess in range(5):
            screens.resume(f"{guess}" * 43, address=f"10.0.0.{guess}")
    assert events(college, f"screen:{number}") == [
        ("account", "issued"),
        ("account", "renamed"),
        ("account", "revoked"),
        ("denied", "revoked"),
    ]
    assert events(college, "screen:unknown") == [("denied", "unknown")]
    college.clock.pass_(minutes=2)
    screens.resume("z" * 43)
    assert len(events(college, "screen:unknown")) == 2


def test_only_who_looks_after_accounts_is_told_of_screens(screens):
    screens.issue("大厅", NEXT_YEAR, by=CONSOLE)
    number = only(screens).screen_id
    nobody = Scope.within("test", dept=frozenset({1}))
    assert screens.all(scope=nobody) == []
    assert screens.get(number, scope=nobody) is None
    assert screens.get(number, scope=ALL).name == "大厅"
