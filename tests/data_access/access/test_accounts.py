"""Accounts: who there is, found by those who may, changed only by those who may, with a trace of every change."""

import threading
import unicodedata
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from data_access.access.accounts import CHANGED, Actor
from data_access.access.audit import Result
from data_access.access.authentication import NOT_RELEASED, WRONG, Outcome
from data_access.access.names import normal_username, one_line
from data_access.access.roles import ADMINISTRATORS, ROLES, Role
from data_access.access.scope import Grant, Scope
from data_access.access.viewer import viewer_of
from data_access.database import transaction
from data_access.database.access_models import Account
from data_access.errors import UserError
from tests.data_access.access.people import ALL, CONSOLE, PASSWORD, TODAY, admin, people

NEW = "Other-bridge-8-spans"
OF_STUDENTS = Scope(reason="t", grants=(Grant(levels=frozenset({"student"}), reason="t"),))


@pytest.fixture
def college(installation):
    return people(installation)


def names(page):
    return [account.username for account in page.accounts]


# -- creating ---------------------------------------------------------------------------------


def test_an_account_is_found_as_it_was_created(college):
    account_id = college.make("t0102", name="张 三", person_kind="teacher", person_id=7, source="import")
    found = college.accounts.get(account_id, scope=ALL)
    assert (found.username, found.name, found.person_kind, found.person_id) == ("t0102", "张 三", "teacher", 7)
    assert (found.source, found.roles, found.last_sign_in_at) == ("import", (), None)
    assert found.created_at == college.clock.now()
    assert (found.is_disabled, found.has_password, found.must_change_password) == (False, False, False)


def test_a_password_from_somebody_else_must_be_changed(college):
    found = college.accounts.get(college.make("t0102", password=PASSWORD), scope=ALL)
    assert found.has_password
    assert found.must_change_password


@pytest.mark.parametrize("same", ["T0102", " t0102 ", "ｔ０１０２"])
def test_a_username_is_taken_in_every_spelling(college, same):
    college.make("t0102")
    with pytest.raises(UserError, match="已被使用"):
        college.make(same)


@pytest.mark.parametrize(
    "username", ["", "a", "x" * 65, "a b", "a\nb", "张三", "a/b", "a'b", "a%b", "<b>", "аdmin", "a\x00b", "a\u200bb"]
)
def test_a_username_of_other_characters_is_refused(college, username):
    with pytest.raises(UserError, match="用户名须为"):
        college.make(username)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": " \n "}, "姓名不能为空"),
        ({"person_kind": "parent"}, "类别或来源"),
        ({"source": "somewhere"}, "类别或来源"),
        ({"person_kind": "other", "person_id": 7}, "类别或来源"),
        ({"password": "short"}, "至少 10"),
        ({"password": "t0102-Kd0v-Q2m"}, "用户名或姓名"),
    ],
)
def test_an_account_that_makes_no_sense_is_refused(college, fields, message):
    with pytest.raises(UserError, match=message):
        college.make("t0102", **fields)
    assert college.accounts.find(scope=ALL).total == 0
    assert college.events() == []


def test_of_many_who_take_the_same_name_at_once_one_gets_it(college):
    start = threading.Barrier(8)

    def create(number):
        start.wait()
        try:
            return college.make("t0102", name=f"人{number}")
        except UserError:
            return None

    with ThreadPoolExecutor(8) as pool:
        made = [account_id for account_id in pool.map(create, range(8)) if account_id]
    assert len(made) == 1
    assert college.accounts.find(scope=ALL).total == 1


@given(st.text(max_size=80))
def test_a_normal_username_stays_as_it_is(typed):
    assert normal_username(normal_username(typed)) == normal_username(typed)


@given(st.text(max_size=80))
def test_one_line_is_one_line(typed):
    line = one_line(typed, 64)
    assert len(line) <= 64
    assert not [character for character in line if unicodedata.category(character)[0] == "C"]
    assert line == line.strip()


# -- finding ----------------------------------------------------------------------------------


def test_pages_hold_every_account_once_by_username(college):
    for number in range(7):
        college.make(f"t{number}")
    pages = [college.accounts.find(scope=ALL, page=page, size=3) for page in (1, 2, 3, 4)]
    assert [name for page in pages for name in names(page)] == [f"t{number}" for number in range(7)]
    assert {page.total for page in pages} == {7}


def test_odd_pages_and_sizes_are_the_nearest_that_make_sense(college):
    college.make("t1")
    assert names(college.accounts.find(scope=ALL, page=-3, size=-1)) == ["t1"]
    assert names(college.accounts.find(scope=ALL, page=1, size=10**9)) == ["t1"]


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("t01", ["t0101", "t0102"]),
        ("T0101", ["t0101"]),
        ("李", ["t0102"]),
        ("_", ["x_y"]),
        ("%", []),
        ("'", []),
        ("\\", []),
    ],
)
def test_a_search_is_part_of_username_or_name_and_nothing_is_a_wildcard(college, search, expected):
    college.make("t0101", name="张三")
    college.make("t0102", name="李四")
    college.make("x_y", name="王五")
    assert names(college.accounts.find(scope=ALL, search=search)) == expected


def test_accounts_are_found_by_the_role_they_hold_today(college):
    college.make("now", Role.LEADER)
    college.make("future", Role.LEADER, since=TODAY.replace(day=21))
    former = college.make("former")
    college.grant(former, Role.LEADER, since=TODAY.replace(day=1), until=TODAY.replace(day=19))
    college.make("other", Role.QUALITY_OFFICE)
    assert names(college.accounts.find(scope=ALL, role=Role.LEADER)) == ["now"]
    assert names(college.accounts.find(scope=ALL, state="without_post")) == ["former", "future"]
    college.clock.pass_(days=1)
    assert names(college.accounts.find(scope=ALL, role=Role.LEADER)) == ["future", "now"]


def test_accounts_are_found_by_state(college):
    college.make("fresh", Role.LEADER)
    gone = college.make("gone", Role.LEADER)
    college.open(gone)
    college.accounts.disable(gone, because="离职", by=CONSOLE)
    assert names(college.accounts.find(scope=ALL, state="disabled")) == ["gone"]
    assert names(college.accounts.find(scope=ALL, state="enabled")) == ["fresh"]
    assert names(college.accounts.find(scope=ALL, state="never_signed_in")) == ["fresh"]
    with pytest.raises(UserError, match="账号状态"):
        college.accounts.find(scope=ALL, state="sleeping")


def test_roles_are_shown_weightiest_first(college):
    account_id = college.make("t1", Role.DATA_STEWARD, Role.LEADER, Role.QUALITY_OFFICE)
    found = college.accounts.get(account_id, scope=ALL)
    assert found.roles == (Role.LEADER, Role.QUALITY_OFFICE, Role.DATA_STEWARD)
    assert college.accounts.find(scope=ALL).accounts == (found,)


@pytest.mark.parametrize("scope", [Scope(reason="nobody"), OF_STUDENTS])
def test_who_may_not_see_accounts_sees_none_and_not_even_how_many(college, scope):
    account_id = college.make("t1", Role.LEADER)
    assert college.accounts.find(scope=scope).total == 0
    assert college.accounts.find(scope=scope, search="t1", role=Role.LEADER).accounts == ()
    assert college.accounts.get(account_id, scope=scope) is None
    assert college.accounts.named("t1", scope=scope) is None


def test_everybody_sees_their_own_account(college):
    account_id = college.make("t1")
    college.make("t2")
    viewer = viewer_of((), on=TODAY, account_id=account_id, username="t1", name="")
    assert college.accounts.own(viewer).username == "t1"


# -- disabling --------------------------------------------------------------------------------


def test_disabling_ends_every_session_and_enabling_does_not_bring_them_back(college):
    account_id = college.make("t1", Role.LEADER)
    tokens = [college.open(account_id) for _ in range(3)]
    college.accounts.disable(account_id, because="  调离\n学校 ", by=CONSOLE)
    assert college.accounts.get(account_id, scope=ALL).disabled_because == "调离 学校"
    college.accounts.enable(account_id, by=CONSOLE)
    assert not college.accounts.get(account_id, scope=ALL).is_disabled
    assert [college.resume(token) for token in tokens] == [None] * 3
    assert college.resume(college.open(account_id)).username == "t1"


def test_what_is_so_already_is_not_done_again(college):
    account_id = college.make("t1")
    with pytest.raises(UserError, match="没有停用"):
        college.accounts.enable(account_id, by=CONSOLE)
    college.accounts.disable(account_id, because="", by=CONSOLE)
    with pytest.raises(UserError, match="已经停用"):
        college.accounts.disable(account_id, because="", by=CONSOLE)


def test_an_account_that_is_not_there_cannot_be_changed(college):
    for change in (
        lambda: college.accounts.disable(99, because="", by=CONSOLE),
        lambda: college.accounts.enable(99, by=CONSOLE),
        lambda: college.accounts.reset_password(99, by=CONSOLE),
    ):
        with pytest.raises(UserError, match="没有这个账号"):
            change()
    with pytest.raises(UserError, match="原密码不正确"):
        college.accounts.change_password(99, old=PASSWORD, new=NEW, address="")


@pytest.mark.parametrize("change", ["disable", "enable", "reset"])
def test_no_administrator_does_anything_to_their_own_account_or_to_another_administrators(college, change):
    acting = admin(college, "sys", Role.SYSTEM_ADMINISTRATOR)
    auditor = college.make("aud", Role.AUDIT_ADMINISTRATOR)
    future = college.make("next", Role.AUDIT_ADMINISTRATOR, since=TODAY.replace(day=30))
    changes = {
        "disable": lambda account_id, by: college.accounts.disable(account_id, because="", by=by),
        "enable": lambda account_id, by: college.accounts.enable(account_id, by=by),
        "reset": lambda account_id, by: college.accounts.reset_password(account_id, by=by),
    }
    if change == "enable":
        college.accounts.disable(auditor, because="", by=CONSOLE)
    with pytest.raises(UserError, match="本人账号"):
        changes[change](acting.account_id, acting)
    for other in (auditor, future):
        with pytest.raises(UserError, match="三员分立"):
            changes[change](other, acting)
    recorded = {"disable": "disabled", "enable": "enabled", "reset": "reset"}[change]
    assert [(e.actor, e.subject, e.result, e.address, e.detail) for e in college.events("denied")] == [
        ("sys", f"account:{name}", "denied", "10.9.9.9", {"change": recorded, "because": because})
        for name, because in (("sys", "own-account"), ("aud", "administrator"), ("next", "administrator"))
    ]
    changes[change](auditor, CONSOLE)
    assert len(college.events("denied")) == 3


def test_what_is_refused_for_another_reason_than_rights_is_not_recorded(college):
    acting, account_id = admin(college, "sys", Role.SYSTEM_ADMINISTRATOR), college.make("t1")
    for change in (
        lambda: college.accounts.enable(account_id, by=acting),
        lambda: college.accounts.disable(99, because="", by=acting),
        lambda: college.accounts.release_password(account_id, by=acting),
    ):
        with pytest.raises(UserError):
            change()
    assert college.events("denied") == []


# -- passwords --------------------------------------------------------------------------------


def test_a_reset_gives_a_password_for_one_use_and_leaves_a_visible_trace(college):
    account_id = college.make("t1", Role.WALL_SCREEN, password=PASSWORD)
    token = college.open(account_id)
    acting = admin(college, "sys", Role.SYSTEM_ADMINISTRATOR)
    given = college.accounts.reset_password(account_id, by=acting)
    assert college.resume(token) is None
    assert college.sign_in("t1", PASSWORD).account_id is None
    assert college.sign_in("t1", given).account_id == account_id
    assert college.accounts.get(account_id, scope=ALL).must_change_password
    [event] = college.events("password")
    assert (event.actor, event.subject, event.address) == ("sys", "account:t1", "10.9.9.9")
    assert event.detail == {"change": "reset"}


def test_changing_the_password_ends_every_session(college):
    account_id = college.make("t1", Role.LEADER, password=PASSWORD)
    tokens = [college.open(account_id) for _ in range(2)]
    college.accounts.change_password(account_id, old=PASSWORD, new=NEW, address="10.1.2.3")
    assert [college.resume(token) for token in tokens] == [None, None]
    assert college.sign_in("t1", PASSWORD).account_id is None
    assert college.sign_in("t1", NEW).account_id == account_id
    assert not college.accounts.get(account_id, scope=ALL).must_change_password


def test_a_wrong_old_password_changes_nothing_and_is_recorded(college):
    account_id = college.make("t1", Role.LEADER, password=PASSWORD)
    token = college.open(account_id)
    with pytest.raises(UserError, match="原密码不正确"):
        college.accounts.change_password(account_id, old="guess", new=NEW, address="10.1.2.3")
    assert college.resume(token) is not None
    [event] = college.events("password")
    assert (event.actor, event.result, event.address) == ("t1", Result.FAILED, "10.1.2.3")


def test_guessing_the_old_password_is_limited_though_the_right_one_follows(college):
    account_id = college.make("t1", Role.LEADER, password=PASSWORD)
    for _ in range(5):
        with pytest.raises(UserError, match="原密码不正确"):
            college.accounts.change_password(account_id, old="guess", new=NEW, address="10.1.2.3")
    with pytest.raises(UserError, match="15 分钟后再试"):
        college.accounts.change_password(account_id, old=PASSWORD, new=NEW, address="10.1.2.3")
    assert college.sign_in("t1", PASSWORD).account_id == account_id


def test_a_new_password_must_satisfy_the_policy(college):
    account_id = college.make("t1", password=PASSWORD, name="欧阳震华")
    for new, message in (("short", "至少 10"), ("欧阳震华-Ab12345", "用户名或姓名")):
        with pytest.raises(UserError, match=message):
            college.accounts.change_password(account_id, old=PASSWORD, new=new, address="")


def test_none_of_the_last_five_passwords_may_come_back_and_the_sixth_may(college):
    account_id = college.make("t1", password=PASSWORD)
    used = [PASSWORD]
    for number in range(4):
        used.append(f"{NEW}-{number}")
        college.accounts.change_password(account_id, old=used[-2], new=used[-1], address="")
    for former in (used[0], used[-1]):
        with pytest.raises(UserError, match="最近 5 次"):
            college.accounts.change_password(account_id, old=used[-1], new=former, address="")
    college.accounts.change_password(account_id, old=used[-1], new=NEW, address="")
    college.accounts.change_password(account_id, old=NEW, new=used[0], address="")


def test_a_first_password_needs_no_old_one_and_only_as_long_as_it_is_the_first(college):
    account_id = college.make("t1", password=PASSWORD)
    with pytest.raises(UserError, match="最近 5 次"):
        college.accounts.set_first_password(account_id, new=PASSWORD, address="")
    college.accounts.set_first_password(account_id, new=NEW, address="")
    assert not college.accounts.get(account_id, scope=ALL).must_change_password
    with pytest.raises(UserError, match="请输入原密码"):
        college.accounts.set_first_password(account_id, new=PASSWORD + "x", address="")


def test_of_two_changes_at_the_same_moment_one_counts(college):
    account_id = college.make("t1", password=PASSWORD)
    start = threading.Barrier(4)

    def change(number):
        start.wait()
        try:
            college.accounts.change_password(
                account_id, old=PASSWORD, new=f"{NEW}-{number}", address=f"10.0.0.{number}"
            )
        except UserError:
            return None
        return f"{NEW}-{number}"

    with ThreadPoolExecutor(4) as pool:
        [taken] = [new for new in pool.map(change, range(4)) if new]
    college.accounts.change_password(account_id, old=taken, new=NEW, address="")


def test_no_password_is_kept_or_recorded_as_text(college):
    account_id = college.make("t1", Role.LEADER, password=PASSWORD)
    college.accounts.change_password(account_id, old=PASSWORD, new=NEW, address="")
    given = college.accounts.reset_password(account_id, by=CONSOLE)
    with college.database.connect() as connection:
        rows = [str(tuple(row)) for row in connection.execute(select(*Account.__table__.columns))]
    written = "\n".join([*rows, *(str(event) for event in college.events())])
    assert not any(secret in written for secret in (PASSWORD, NEW, given))


# -- two people for a weighty post ------------------------------------------------------------


def test_whoever_resets_the_password_of_a_weighty_post_cannot_sign_in_with_it(college):
    account_id = college.make("t1", Role.LEADER, password=PASSWORD)
    given = college.accounts.reset_password(account_id, by=admin(college, "sys", Role.SYSTEM_ADMINISTRATOR))
    assert college.accounts.get(account_id, scope=ALL).awaits_release
    assert college.sign_in("t1", given) == Outcome(message=NOT_RELEASED)
    assert college.sign_in("t1", PASSWORD).message == WRONG
    refused = college.events("sign-in")[-2]
    assert (refused.result, refused.detail) == (Result.DENIED, {"because": "awaits-release"})
    assert [a.username for a in college.accounts.find(scope=ALL, state="awaits_release").accounts] == ["t1"]
    college.accounts.release_password(account_id, by=admin(college))
    released = college.events("password")[-1]
    assert (released.actor, released.subject, released.detail) == ("sec", "account:t1", {"change": "released"})
    assert college.sign_in("t1", given).account_id == account_id


def test_single_sign_on_asks_for_no_password_and_so_for_no_second_person(college):
    account_id = college.make("t1", Role.LEADER)
    college.accounts.reset_password(account_id, by=admin(college, "sys", Role.SYSTEM_ADMINISTRATOR))
    assert college.authentication.by_single_sign_on("t1", method="cas", address="").account_id == account_id


@pytest.mark.parametrize("role", Role)
def test_a_second_person_is_asked_for_every_role_that_reads_about_many_and_for_no_other(college, role):
    levels = {"dept": 3, "major": 4, "class": 12, "course": 6, "teacher": 5, "student": 8, "school": 1}
    college.entities(*((level, number, level) for level, number in levels.items()))
    account_id, level = college.make("t1"), ROLES[role].nodes[0]
    college.grant(account_id, role, level=level, node_id=levels[level])
    if role in ADMINISTRATORS:
        return
    college.accounts.reset_password(account_id, by=admin(college, "sys", Role.SYSTEM_ADMINISTRATOR))
    light = {Role.TEACHER, Role.COURSE_LEADER, Role.STUDENT, Role.WALL_SCREEN}
    assert college.accounts.get(account_id, scope=ALL).awaits_release == (role not in light)


def test_a_post_that_begins_later_weighs_as_much_and_one_that_is_over_nothing(college):
    acting = admin(college, "sys", Role.SYSTEM_ADMINISTRATOR)
    later, former = college.make("t1"), college.make("t2")
    college.grant(later, Role.LEADER, since=TODAY.replace(day=30))
    college.grant(former, Role.LEADER, since=TODAY.replace(day=1), until=TODAY.replace(day=19))
    for account_id in (later, former):
        college.accounts.reset_password(account_id, by=acting)
    assert college.accounts.get(later, scope=ALL).awaits_release
    assert not college.accounts.get(former, scope=ALL).awaits_release


def test_the_console_needs_no_second_person_and_settles_what_awaits_one(college):
    account_id = college.make("t1", Role.LEADER, password=PASSWORD)
    assert college.sign_in("t1", PASSWORD).account_id == account_id
    college.accounts.reset_password(account_id, by=admin(college, "sys", Role.SYSTEM_ADMINISTRATOR))
    given = college.accounts.reset_password(account_id, by=CONSOLE)
    assert college.sign_in("t1", given).account_id == account_id


def test_who_is_given_a_weighty_post_with_a_password_just_issued_has_met_the_second_person(college):
    acting = admin(college, "sys", Role.SYSTEM_ADMINISTRATOR)
    account_id = college.make("t1", password=PASSWORD, by=acting)
    college.grant(account_id, Role.LEADER, by=admin(college))
    assert college.sign_in("t1", PASSWORD).account_id == account_id


def test_nobody_releases_a_password_of_their_own_or_twice(college):
    system = admin(college, "sys", Role.SYSTEM_ADMINISTRATOR)
    acting = Actor("sec", college.make("sec", Role.SECURITY_ADMINISTRATOR, person_kind="teacher", person_id=5))
    account_id = college.make("t5", Role.LEADER, person_kind="teacher", person_id=5)
    college.accounts.reset_password(account_id, by=system)
    with pytest.raises(UserError, match="本人账号"):
        college.accounts.release_password(account_id, by=acting)
    with pytest.raises(UserError, match="本人账号"):
        college.accounts.release_password(acting.account_id, by=acting)
    assert [event.detail["because"] for event in college.events("denied")] == ["own-account"] * 2
    assert college.accounts.get(account_id, scope=ALL).awaits_release
    other = admin(college, "sec2")
    college.accounts.release_password(account_id, by=other)
    with pytest.raises(UserError, match="没有待确认"):
        college.accounts.release_password(account_id, by=other)


def test_the_owners_own_password_needs_nobody(college):
    account_id = college.make("t1", Role.LEADER)
    college.accounts.reset_password(account_id, by=admin(college, "sys", Role.SYSTEM_ADMINISTRATOR))
    college.accounts.set_first_password(account_id, new=NEW, address="")  # having signed in through the campus
    assert college.sign_in("t1", NEW).account_id == account_id


def test_of_confirmations_side_by_side_one_makes_a_password(college):
    account_id = college.make("t1", Role.LEADER, password=PASSWORD)
    college.clock.pass_(minutes=1)
    seen = college.accounts.get(account_id, scope=ALL).seen

    def reset(_number):
        try:
            return college.accounts.reset_password(account_id, by=CONSOLE, seen=seen)
        except UserError as error:
            return error

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(reset, range(4)))
    [given] = [answer for answer in answers if isinstance(answer, str)]
    assert [str(answer) for answer in answers if answer != given] == [CHANGED] * 3
    assert college.sign_in("t1", given).account_id == account_id


# -- the record -------------------------------------------------------------------------------


def test_every_change_is_recorded_with_who_and_from_where(college):
    account_id = college.make("t1", by=Actor("sys", None, "10.9.9.9"))
    college.accounts.disable(account_id, because="离职", by=Actor("sys", None, "10.9.9.9"))
    college.accounts.enable(account_id, by=CONSOLE)
    assert [(event.actor, event.subject, event.address, event.detail) for event in college.events("account")] == [
        ("sys", "account:t1", "10.9.9.9", {"change": "created", "kind": "other", "source": "manual"}),
        ("sys", "account:t1", "10.9.9.9", {"change": "disabled", "because": "离职"}),
        ("console:tests", "account:t1", "", {"change": "enabled"}),
    ]


def test_a_change_that_cannot_be_recorded_is_not_made(college):
    account_id = college.make("t1", Role.LEADER, password=PASSWORD)
    token = college.open(account_id)
    with transaction(college.database) as connection:
        connection.execute(text("ALTER TABLE audit_event RENAME TO moved_away"))
    for change in (
        lambda: college.accounts.disable(account_id, because="", by=CONSOLE),
        lambda: college.accounts.reset_password(account_id, by=CONSOLE),
        lambda: college.grant(account_id, Role.QUALITY_OFFICE),
        lambda: college.sessions.end_all(account_id, because="sign-out"),
    ):
        with pytest.raises(DatabaseError):
            change()
    with transaction(college.database) as connection:
        connection.execute(text("ALTER TABLE moved_away RENAME TO audit_event"))
    assert college.resume(token).nodes(Role.QUALITY_OFFICE) == frozenset()
    assert college.sign_in("t1").account_id == account_id


def test_the_console_is_named_by_its_user(monkeypatch):
    monkeypatch.setenv("LOGNAME", "operator")
    assert Actor.console() == Actor("console:operator", None)


def test_a_user_without_a_name_is_named_by_number(monkeypatch):
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.getuid", lambda: 54321)
    assert Actor.console().name == "console:54321"
