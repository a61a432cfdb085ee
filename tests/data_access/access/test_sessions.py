"""Sessions: what ends them does so at once and everywhere, and nothing else does."""

import datetime as dt
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import PasswordHasher
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import event, select, text, update

from data_access.access import passwords
from data_access.access.roles import ADMINISTRATORS, ROLES, Role
from data_access.access.sessions import Sessions
from data_access.clock import SteadyClock
from data_access.database import transaction
from data_access.database.access_models import Account, SignIn
from data_access.errors import UserError
from tests.data_access.access.people import CONSOLE, PASSWORD, TODAY, Clock, people

DAY = dt.timedelta(days=1)


@pytest.fixture
def college(installation):
    return people(installation)


def row(college):
    columns = SignIn.__table__.columns
    with college.database.connect() as connection:
        return connection.execute(select(*columns).order_by(SignIn.sign_in_id.desc())).mappings().first()


def ends(college):
    return [(event.subject, event.detail["because"]) for event in college.events("sign-out")]


# -- who it is --------------------------------------------------------------------------------


def test_a_session_tells_who_asks_and_what_follows_from_their_posts(college):
    college.entities(("class", 12, "机电2401"))
    account_id = college.make("t1", name="李四", person_kind="teacher", person_id=5, password=PASSWORD)
    college.grant(account_id, Role.CLASS_ADVISER, level="class", node_id=12)
    college.grant(account_id, Role.COUNSELLOR, level="class", node_id=12, since=TODAY + DAY)
    viewer = college.resume(college.open(account_id))
    assert (viewer.account_id, viewer.username, viewer.name) == (account_id, "t1", "李四")
    assert (viewer.person_kind, viewer.person_id, viewer.must_change_password) == ("teacher", 5, True)
    assert [post.title_zh for post in viewer.posts] == ["班主任 · 机电2401"]
    assert viewer.scope.reason == "t1(班主任 · 机电2401)"
    assert viewer.sign_in_id == row(college)["sign_in_id"]


def test_a_request_costs_one_query(college):
    token = college.open(college.make("t1", Role.LEADER, Role.QUALITY_OFFICE))
    statements = []
    event.listen(college.database, "before_cursor_execute", lambda *given: statements.append(given[2]))
    assert college.resume(token) is not None
    assert len([statement for statement in statements if statement.startswith("SELECT")]) == 1
    assert not [statement for statement in statements if statement.startswith(("UPDATE", "INSERT"))]


@pytest.mark.parametrize("token", ["", "x", "' OR 1=1 --", "\ud800", "卌" * 1000, "a\x00b"])
def test_nobody_comes_in_with_a_made_up_token(college, token):
    college.open(college.make("t1", Role.LEADER))
    assert college.resume(token) is None


def test_the_database_does_not_hold_what_opens_a_session(college):
    token = college.open(college.make("t1", Role.LEADER))
    assert token not in str(dict(row(college)))
    assert college.resume(row(college)["token_hash"]) is None


def test_every_sign_in_has_a_token_of_its_own(college):
    account_id = college.make("t1", Role.LEADER)
    tokens = {college.open(account_id) for _ in range(20)}
    assert len(tokens) == 20
    assert all(len(token) >= 43 for token in tokens)


@pytest.mark.parametrize("prepare", ["disabled", "without post", "post ended", "post to come", "unknown"])
def test_no_session_begins_without_an_enabled_account_and_a_post_today(college, prepare):
    account_id = college.make("t1")
    match prepare:
        case "disabled":
            college.grant(account_id, Role.LEADER)
            college.accounts.disable(account_id, because="", by=CONSOLE)
        case "post ended":
            college.grant(account_id, Role.LEADER, since=TODAY - 9 * DAY, until=TODAY - DAY)
        case "post to come":
            college.grant(account_id, Role.LEADER, since=TODAY + DAY)
        case "unknown":
            account_id = 99
    with pytest.raises(UserError, match=r"停用|岗位"):
        college.open(account_id)


# -- limits -----------------------------------------------------------------------------------


@pytest.mark.parametrize("role", sorted(role for role in Role if "school" in ROLES[role].nodes))
def test_a_session_ends_when_nothing_was_done_for_as_long_as_the_role_allows(college, role):
    account_id = college.make("t1", role)
    minutes = 15 if role in ADMINISTRATORS else 30
    token = college.open(account_id)
    college.clock.pass_(minutes=minutes, seconds=-1)
    assert college.resume(token) is not None
    college.clock.pass_(minutes=minutes, seconds=-1)
    assert college.resume(token) is not None
    college.clock.pass_(minutes=minutes)
    assert college.resume(token) is None
    college.clock.pass_(minutes=-minutes)
    assert college.resume(token) is None
    assert row(college)["ended_because"] == "idle"
    assert ends(college) == [("account:t1", "idle")]


def test_what_a_page_asks_for_by_itself_does_not_keep_a_session(college):
    token = college.open(college.make("t1", Role.LEADER))
    for _ in range(29):
        college.clock.pass_(minutes=1)
        assert college.resume(token, is_activity=False) is not None
    college.clock.pass_(minutes=1)
    assert college.resume(token, is_activity=False) is None


def test_no_activity_keeps_a_session_beyond_twelve_hours(college):
    token = college.open(college.make("t1", Role.LEADER))
    for _ in range(12 * 4 - 1):
        college.clock.pass_(minutes=15)
        assert college.resume(token) is not None
    college.clock.pass_(minutes=15)
    assert college.resume(token) is None
    assert ends(college) == [("account:t1", "absolute")]


def test_activity_is_written_down_at_most_once_a_minute(college):
    token = college.open(college.make("t1", Role.LEADER))
    began = row(college)["active_at"]
    college.clock.pass_(seconds=59)
    college.resume(token)
    assert row(college)["active_at"] == began
    college.clock.pass_(seconds=1)
    college.resume(token, is_activity=False)
    assert row(college)["active_at"] == began
    college.resume(token)
    assert row(college)["active_at"] > began


def test_an_end_that_many_requests_find_is_recorded_once(college):
    token = college.open(college.make("t1", Role.LEADER))
    college.clock.pass_(minutes=31)
    start = threading.Barrier(8)

    def resume(_):
        start.wait()
        return college.resume(token)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(resume, range(8))) == [None] * 8
    assert ends(college) == [("account:t1", "idle")]


@pytest.mark.parametrize("jump", [dt.timedelta(hours=1), dt.timedelta(hours=-1)])
def test_setting_the_clock_of_a_running_server_neither_ends_nor_prolongs_sessions(college, jump):
    wall, steady = [college.clock.now().timestamp()], [9_000.0]
    clock = SteadyClock(wall=lambda: wall[0], steady=lambda: steady[0])
    sessions = Sessions(college.database, college.audit, now=clock.now, today=college.clock.today)
    account_id = college.make("t1", Role.LEADER)
    token = sessions.open(account_id, method="password", address="", browser="")
    wall[0] += jump.total_seconds()
    assert sessions.resume(token, is_activity=False) is not None
    steady[0] += 30 * 60
    assert sessions.resume(token, is_activity=False) is None


def test_a_clock_set_back_before_a_restart_prolongs_no_session(college):
    token = college.open(college.make("t1", Role.LEADER))
    college.clock.pass_(hours=-1)
    assert college.resume(token) is None
    assert ends(college) == [("account:t1", "clock")]


# -- posts come and go by date ----------------------------------------------------------------


def test_posts_begin_and_end_at_midnight_within_a_session(college):
    account_id = college.make("t1")
    college.grant(account_id, Role.LEADER, since=TODAY, until=TODAY)
    college.grant(account_id, Role.QUALITY_OFFICE, since=TODAY, until=TODAY + DAY)
    college.grant(account_id, Role.DATA_STEWARD, since=TODAY + DAY, until=TODAY + DAY)
    college.clock.pass_(hours=11, minutes=50)
    token = college.open(account_id)
    assert [post.role for post in college.resume(token).posts] == [Role.LEADER, Role.QUALITY_OFFICE]
    college.clock.pass_(minutes=15)
    assert [post.role for post in college.resume(token).posts] == [Role.QUALITY_OFFICE, Role.DATA_STEWARD]


def test_the_end_of_the_last_post_ends_the_session(college):
    account_id = college.make("t1")
    college.grant(account_id, Role.LEADER, until=TODAY)
    college.clock.pass_(hours=11, minutes=50)
    token = college.open(account_id)
    college.clock.pass_(minutes=15)
    assert college.resume(token) is None
    assert ends(college) == [("account:t1", "no-post")]


# -- signing out ------------------------------------------------------------------------------


def test_signing_out_ends_every_copy_of_the_session_and_every_other_one(college):
    account_id = college.make("t1", Role.LEADER)
    tokens = [college.open(account_id) for _ in range(3)]
    college.sessions.end_all(account_id, because="sign-out", address="10.1.2.3")
    assert [college.resume(token) for token in tokens] == [None] * 3
    [event] = college.events("sign-out")
    assert (event.actor, event.rows, event.address, event.detail) == ("t1", 3, "10.1.2.3", {"because": "sign-out"})
    assert college.resume(college.open(account_id)) is not None


def test_one_session_can_be_ended_and_the_others_go_on(college):
    account_id = college.make("t1", Role.LEADER)
    lost, kept = college.open(account_id), college.open(account_id)
    college.sessions.end(college.resume(lost).sign_in_id, because="lost", account_id=account_id)
    assert college.resume(lost) is None
    assert college.resume(kept) is not None


def test_nobody_ends_the_session_of_another(college):
    own, other = college.make("t1", Role.LEADER), college.make("t2", Role.LEADER)
    token = college.open(other)
    college.sessions.end(college.resume(token).sign_in_id, because="forged", account_id=own)
    college.sessions.end(10**9, because="forged", account_id=own)
    assert college.resume(token) is not None
    assert ends(college) == []


def test_ending_the_sessions_of_nobody_does_nothing(college):
    college.sessions.end_all(99, because="sign-out")
    assert college.events() == []


def test_a_session_of_a_former_version_is_dead_though_nobody_marked_it(college):
    # So it lies there when it was being opened in the moment in which all were ended.
    account_id = college.make("t1", Role.LEADER)
    token = college.open(account_id)
    college.sessions.end_all(account_id, because="sign-out")
    with transaction(college.database) as connection:
        connection.execute(update(SignIn).values(ended_at=None))
    assert college.sessions.of(account_id) == []
    assert college.resume(token) is None
    assert ends(college)[-1] == ("account:t1", "version")


def test_an_account_that_was_disabled_by_whatever_way_has_no_session(college):
    account_id = college.make("t1", Role.LEADER)
    token = college.open(account_id)
    with transaction(college.database) as connection:
        connection.execute(update(Account).values(disabled_at=college.clock.now()))
    assert college.sessions.of(account_id) == []
    assert college.resume(token) is None
    assert ends(college) == [("account:t1", "disabled")]


def test_sessions_opened_and_ended_side_by_side_are_all_dead_after_one_more_end(college):
    account_id = college.make("t1", Role.LEADER)
    start = threading.Barrier(9)

    def work(number):
        start.wait()
        return college.open(account_id) if number else college.sessions.end_all(account_id, because="sign-out")

    with ThreadPoolExecutor(9) as pool:
        tokens = [token for token in pool.map(work, range(9)) if token]
    assert len(tokens) == 8
    assert len(college.sessions.of(account_id)) == [college.resume(token) is None for token in tokens].count(False)
    college.sessions.end_all(account_id, because="sign-out")
    assert [college.resume(token) for token in tokens] == [None] * 8


def test_an_administrator_has_one_session_and_takes_none_from_others(college):
    account_id = college.make("sys", Role.SYSTEM_ADMINISTRATOR)
    other = college.open(college.make("aud", Role.AUDIT_ADMINISTRATOR))
    first, second = college.open(account_id), college.open(account_id)
    assert college.resume(first) is None
    assert college.resume(second) is not None
    assert college.resume(other) is not None


# -- one's own sessions -----------------------------------------------------------------------


def test_open_sessions_are_listed_newest_activity_first(college):
    account_id = college.make("t1", Role.LEADER)
    college.open(college.make("t2", Role.LEADER))
    old = college.open(account_id, browser="Old\nbrowser " + "x" * 300, address="10.0.0.1")
    college.clock.pass_(minutes=5)
    college.open(account_id, browser="New", method="oidc")
    college.clock.pass_(minutes=5)
    college.resume(old)
    first, second = college.sessions.of(account_id)
    assert (first.address, first.browser[:11], len(first.browser)) == ("10.0.0.1", "Old browser", 160)
    assert (second.method, second.browser) == ("oidc", "New")
    assert first.active_at - first.started_at == dt.timedelta(minutes=10)
    assert first.started_at.tzinfo is not None


def test_sessions_that_would_not_resume_are_not_listed(college):
    account_id = college.make("t1")
    college.grant(account_id, Role.LEADER, until=TODAY)
    college.open(account_id)
    college.clock.pass_(minutes=31)
    assert college.sessions.of(account_id) == []
    college.open(account_id)
    assert len(college.sessions.of(account_id)) == 1
    college.clock.pass_(hours=11, minutes=20)
    college.open(account_id)
    college.clock.pass_(minutes=20)
    assert college.sessions.of(account_id) == []


def test_old_sessions_are_forgotten(college):
    account_id = college.make("t1", Role.LEADER)
    college.open(account_id)
    college.clock.pass_(days=31)
    college.open(account_id)
    with college.database.connect() as connection:
        assert len(connection.execute(select(SignIn.sign_in_id)).all()) == 1


# -- while others write -----------------------------------------------------------------------


def test_a_request_does_not_wait_for_a_writer(install, tmp_path):
    college = people(install(tmp_path / "home"))
    token = college.open(college.make("t1", Role.LEADER))
    holder = sqlite3.connect(college.database.url.database, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    for minutes, alive in ((2, True), (40, False)):
        college.clock.pass_(minutes=minutes)
        start = time.monotonic()
        assert (college.resume(token) is not None) is alive
        assert time.monotonic() - start < 2
    holder.close()
    assert college.resume(token) is None
    assert ends(college) == [("account:t1", "idle")]


def test_a_short_wait_is_not_kept_for_what_follows(install, tmp_path):
    college = people(install(tmp_path / "home"))
    token = college.open(college.make("t1", Role.LEADER))
    college.clock.pass_(minutes=2)
    college.resume(token)
    with college.database.connect() as connection:
        assert connection.execute(text("PRAGMA busy_timeout")).scalar_one() == 5000


# -- whatever happens -------------------------------------------------------------------------


class Life(RuleBasedStateMachine):
    """Accounts, posts and sessions in any order, beside a model that counts days and minutes by itself."""

    college = None  # given by the test
    ROLES = (Role.LEADER, Role.QUALITY_OFFICE, Role.AUDIT_ADMINISTRATOR)

    @initialize()
    def begin(self):
        type(self).number = getattr(type(self), "number", 0) + 1
        self.college.clock.moment = Clock().moment
        self.account_id = self.college.make(f"life{self.number}", password=PASSWORD)
        self.password, self.changes = PASSWORD, 0
        self.is_enabled = True
        self.posts = {}  # id → [role, first day, last day or None]
        self.sessions = {}  # token → [started, active]; dead ones are taken out

    def roles(self):
        today = self.college.clock.today()
        return {role for role, first, last in self.posts.values() if first <= today and (last is None or today <= last)}

    def dead(self):
        self.sessions = {}

    @rule(role=st.sampled_from(ROLES), first=st.integers(-2, 2), days=st.none() | st.integers(0, 3))
    def grant(self, role, first, days):
        since = self.college.clock.today() + first * DAY
        until = None if days is None else since + days * DAY
        try:
            post_id = self.college.grant(self.account_id, role, since=since, until=until)
        except UserError:
            return  # what may be granted is tested with posts
        self.posts[post_id] = [role, since, until]
        self.dead()

    @precondition(lambda self: self.posts)
    @rule(data=st.data(), later=st.integers(-2, 2))
    def end_post(self, data, later):
        post_id = data.draw(st.sampled_from(sorted(self.posts)))
        on = self.college.clock.today() + later * DAY
        try:
            self.college.posts.end(post_id, on=on, by=CONSOLE)
        except UserError:
            return
        self.posts[post_id][2] = on
        self.dead()

    @rule()
    def disable_or_enable(self):
        if self.is_enabled:
            self.college.accounts.disable(self.account_id, because="", by=CONSOLE)
            self.dead()
        else:
            self.college.accounts.enable(self.account_id, by=CONSOLE)
        self.is_enabled = not self.is_enabled

    @rule()
    def reset_password(self):
        self.password = self.college.accounts.reset_password(self.account_id, by=CONSOLE)
        self.dead()

    @precondition(lambda self: self.is_enabled)
    @rule()
    def change_password(self):
        self.changes += 1
        new = f"{PASSWORD}+{self.changes}"
        self.college.accounts.change_password(self.account_id, old=self.password, new=new, address="")
        self.password = new
        self.dead()

    @rule()
    def sign_out(self):
        self.college.sessions.end_all(self.account_id, because="sign-out")
        self.dead()

    @rule()
    def open(self):
        now, roles = self.college.clock.now(), self.roles()
        try:
            token = self.college.open(self.account_id)
        except UserError:
            assert not (self.is_enabled and roles)
            return
        assert self.is_enabled
        assert roles
        if roles & ADMINISTRATORS:
            self.dead()
        self.sessions[token] = [now, now]

    @rule(minutes=st.sampled_from([1, 14, 16, 29, 31, 400, 1440]))
    def wait(self, minutes):
        self.college.clock.pass_(minutes=minutes)

    @precondition(lambda self: self.sessions)
    @rule(data=st.data(), is_activity=st.booleans())
    def ask(self, data, is_activity):
        token = data.draw(st.sampled_from(sorted(self.sessions)))
        now, roles = self.college.clock.now(), self.roles()
        started, active = self.sessions[token]
        idle = dt.timedelta(minutes=min((ROLES[role].idle_minutes for role in roles), default=0))
        expected = bool(roles) and now - started < dt.timedelta(hours=12) and now - active < idle
        viewer = self.college.resume(token, is_activity=is_activity)
        assert (viewer is not None) == expected
        if viewer is None:
            del self.sessions[token]
            return
        assert {post.role for post in viewer.posts} == roles
        if is_activity:
            self.sessions[token][1] = now

    @invariant()
    def only_the_living_are_listed(self):
        if hasattr(self, "account_id"):
            assert len(self.college.sessions.of(self.account_id)) <= len(self.sessions)


def test_a_session_resumes_exactly_while_everything_that_it_needs_holds(installation, monkeypatch):
    # Neither the strength of hashes nor power failures are in question here, and both take time.
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    if installation.database.dialect.name == "sqlite":
        installation.database.dispose()
        event.listen(installation.database, "connect", lambda raw, _: raw.execute("PRAGMA synchronous=OFF"))
    machine = type("Life", (Life,), {"college": people(installation)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
