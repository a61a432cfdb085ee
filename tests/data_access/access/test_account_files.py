"""Files of accounts and posts, applied: whole or not at all, twice as once, and everything recorded."""

import datetime as dt

import pytest
from sqlalchemy import func, insert, select, update

from data_access.access.account_files import EVERYTHING, AccountFile
from data_access.access.account_sheet import COLUMNS
from data_access.access.accounts import Actor
from data_access.access.audit import AuditKind, AuditLog
from data_access.access.derivation import sync_roster
from data_access.access.passwords import verify_password
from data_access.access.permissions import Permission
from data_access.access.posts import Posts
from data_access.access.roles import Role
from data_access.access.scope import Scope
from data_access.clock import now
from data_access.database import transaction
from data_access.database.access_models import Account, AuditEvent, PostRecord
from data_access.database.models import Entity
from data_access.errors import UserError
from tests.data_access.access.dimensions import load, student, teacher

TODAY = dt.date(2026, 11, 20)
CONSOLE = Actor("console:test", None)
GOOD = "Qz8-mmPo-77x"


class Office:
    """An installation with a small organisation, and what a test does with files in it."""

    def __init__(self, installation):
        self.lake, self.database = installation.lake, installation.database
        self.audit = AuditLog(self.database)
        self.files = AccountFile(self.database, self.audit, today=lambda: TODAY)
        nodes = [
            ("dept", 3, "", "机电工程系", "机电系;机电学院"),
            ("teacher", 7, "T7", "教师7", ""),
            ("student", 8, "S8", "S8", ""),
        ]
        with transaction(self.database) as connection:
            for level, key, code, name, aliases in nodes:
                connection.execute(
                    insert(Entity).values(level=level, entity_id=key, code=code, name=name, aliases=aliases)
                )

    def read(self, *lines, by=CONSOLE, may=EVERYTHING):
        content = "\n".join([",".join(COLUMNS), *lines]).encode()
        return self.files.read(content, "名单.csv", by=by, may=may)

    def apply(self, *lines, by=CONSOLE, may=EVERYTHING, **more):
        return self.files.apply(self.read(*lines, by=by, may=may), by=by, may=may, **more)

    def state(self):
        with self.database.connect() as connection:
            return [
                connection.execute(select(*model.__table__.c).order_by(*model.__table__.primary_key)).all()
                for model in (Account, PostRecord, AuditEvent)
            ]

    def account(self, username):
        with self.database.connect() as connection:
            return connection.execute(select(*Account.__table__.c).where(Account.username == username)).one()

    def posts(self, username):
        found = Posts(self.database, self.audit).of(self.account(username).account_id)
        return {(post.role, post.node_level, post.node_id, post.valid_from, post.source) for post in found}

    def events(self, kind):
        page = self.audit.find(scope=Scope.all("test"))
        return [event for event in reversed(page.events) if event.kind == kind]

    def change(self, username, **values):
        with transaction(self.database) as connection:
            connection.execute(update(Account).where(Account.username == username).values(**values))


@pytest.fixture
def office(installation):
    return Office(installation)


FILE = (
    f"zhiguan,张三,其他,,质量办,,2026-09-01,,{GOOD}",
    "xuegong,李四,其他,,学工办,机电学院,,,",
    "xuegong,,,,数据管理员,,,,",
    "T7,教师7,教职工,T7,任课教师,,,,",
)


def test_a_file_brings_accounts_posts_and_first_passwords(office):
    applied = office.apply(*FILE)
    assert applied.counts["accounts"]["new"] == 3
    assert applied.counts["posts"]["new"] == 4
    quality = office.account("zhiguan")
    assert (quality.name, quality.source, quality.must_change_password) == ("张三", "import", True)
    assert verify_password(quality.password_hash, GOOD)
    assert office.account("xuegong").password_hash is None
    assert not office.account("xuegong").must_change_password
    assert (office.account("t7").person_kind, office.account("t7").person_id) == ("teacher", 7)
    assert office.posts("zhiguan") == {(Role.QUALITY_OFFICE, "school", 1, dt.date(2026, 9, 1), "import")}
    assert office.posts("xuegong") == {
        (Role.STUDENT_AFFAIRS, "dept", 3, TODAY, "import"), (Role.DATA_STEWARD, "school", 1, TODAY, "import"),
    }  # fmt: skip


def test_the_same_file_twice_changes_nothing(office):
    office.apply(*FILE)
    before = office.state()
    staged = office.read(*FILE)
    assert staged.is_noop
    office.files.apply(staged, by=CONSOLE, may=EVERYTHING)
    assert office.state() == before


def test_a_file_with_any_problem_changes_nothing(office):
    before = office.state()
    with pytest.raises(UserError, match="第 6 行"):
        office.apply(*FILE, "zhou,周,其他,,质量办办,,,,")
    assert office.state() == before


def test_what_has_come_in_the_way_since_it_was_read_is_seen(office):
    staged = office.read(*FILE)
    assert not staged.problems
    office.apply("zhiguan,别人,学生,S8,,,,,")
    before = office.state()
    with pytest.raises(UserError, match="人员类别"):
        office.files.apply(staged, by=CONSOLE, may=EVERYTHING)
    assert office.state() == before


def test_one_time_passwords_are_made_when_asked_for_and_kept_nowhere(office):
    applied = office.apply(*FILE, make_passwords=True)
    assert [made.username for made in applied.passwords] == ["xuegong", "t7"]
    made = applied.passwords[0]
    account = office.account("xuegong")
    assert verify_password(account.password_hash, made.password)
    assert account.must_change_password
    assert made.password not in repr(applied)
    assert made.password not in str(office.state())
    again = office.apply(*FILE, make_passwords=True)
    assert again.passwords == ()


def test_accounts_of_the_roster_get_their_first_passwords_from_a_file(office):
    load(office.lake, {"dim_teacher": [teacher(7)], "dim_student": [student(8)]})
    sync_roster(office.lake, office.database, office.audit, on=TODAY)
    applied = office.apply(f"t7,,,,,,,,{GOOD}", "s8,李同学,,,,,,,", make_passwords=True)
    assert applied.counts["accounts"] == {"new": 0, "changed": 2, "unchanged": 0}
    assert verify_password(office.account("t7").password_hash, GOOD)
    assert [made.username for made in applied.passwords] == ["s8"]
    assert (office.account("s8").name, office.account("s8").source) == ("李同学", "roster")
    assert office.account("t7").session_version == 2
    sync_roster(office.lake, office.database, office.audit, on=TODAY)
    assert office.account("s8").name == "李同学"


def test_a_password_that_was_set_is_never_replaced(office):
    office.apply(*FILE)
    hashed = office.account("zhiguan").password_hash
    office.apply("zhiguan,,,,,,,,Another-9x-pass")
    assert office.account("zhiguan").password_hash == hashed


def test_a_new_post_ends_the_sessions_of_who_was_there(office):
    office.apply(*FILE)
    assert office.account("zhiguan").session_version == 1
    office.apply("zhiguan,,,,数据管理员,,,,")
    assert office.account("zhiguan").session_version == 2


def test_two_administrators_apply_the_same_file_one_after_the_other(office):
    with transaction(office.database) as connection:
        for name in ("sysadmin", "secadmin"):
            connection.execute(
                insert(Account).values(
                    username=name, name=name, person_kind="other", password_history=[], source="manual",
                    created_at=now(),
                )
            )  # fmt: skip
    system = Actor("sysadmin", office.account("sysadmin").account_id, "10.0.0.1")
    security = Actor("secadmin", office.account("secadmin").account_id, "10.0.0.2")
    first = office.apply(*FILE, by=system, may={Permission.ACCOUNT_MANAGE})
    assert first.counts["posts"]["new"] == 0
    assert len(first.deferred) == 4
    second = office.apply(*FILE, by=security, may={Permission.POST_GRANT})
    assert second.counts["posts"]["new"] == 4
    assert second.deferred == ()
    with office.database.connect() as connection:
        assert set(connection.execute(select(PostRecord.granted_by)).scalars()) == {security.account_id}
    assert {event.actor for event in office.events(AuditKind.ACCOUNT)} == {"sysadmin"}
    assert {(event.actor, event.address) for event in office.events(AuditKind.POST)} == {("secadmin", "10.0.0.2")}


def administrator(office, username):
    with transaction(office.database) as connection:
        connection.execute(
            insert(Account).values(
                username=username, name=username, person_kind="other", password_history=[], source="manual",
                created_at=now(),
            )
        )  # fmt: skip
    return Actor(username, office.account(username).account_id, "10.0.0.1")


def test_a_first_password_from_a_file_for_a_weighty_post_awaits_the_second_person(office):
    office.apply("leiyi,雷一,其他,,质量办,,,,", "T7,教师7,教职工,T7,任课教师,,,,")
    acting = administrator(office, "sysadmin")
    names = (f"leiyi,,,,,,,,{GOOD}", f"T7,,,,,,,,{GOOD}", f"newone,新人,其他,,,,,,{GOOD}")
    office.apply(*names, by=acting, may={Permission.ACCOUNT_MANAGE})
    assert office.account("leiyi").must_change_password
    assert [office.account(name).awaits_release for name in ("leiyi", "t7", "newone")] == [True, False, False]


def test_a_first_password_from_a_file_that_the_console_applies_awaits_nobody(office):
    office.apply("leiyi,雷一,其他,,质量办,,,,")
    office.apply(f"leiyi,,,,,,,,{GOOD}", "leiyi,,,,学工办,全校,,,")
    assert not office.account("leiyi").awaits_release


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (("secadmin,,,,质量办,,,,", "x1,某人,其他,,系统管理员,,,,"), {"secadmin: own-account", "x1: administrator"}),
        (("x1,某人,其他,,审计管理员,,,,", "x2,某人,其他,,审计管理员,,,,"), {"x1: administrator", "x2: administrator"}),
    ],
)
def test_a_file_that_reaches_for_what_nobody_may_is_recorded_once(office, lines, told):
    acting = administrator(office, "secadmin")
    may = {Permission.POST_GRANT, Permission.ACCOUNT_MANAGE}
    for _ in range(3):
        staged = office.read(*lines, by=acting, may=may)
    [event] = office.events(AuditKind.DENIED)
    assert (event.actor, event.result, event.address) == ("secadmin", "denied", "10.0.0.1")
    assert set(event.detail["because"]) == told
    with pytest.raises(UserError):
        office.files.apply(staged, by=acting, may=may)
    office.read(*lines, f"x3,某人,其他,,质量办,,,,{GOOD}", by=acting, may=may)
    assert len(office.events(AuditKind.DENIED)) == 2


def test_a_file_with_slips_of_the_pen_is_not_recorded(office):
    office.read("x1,,其他,,质量办,,,,", "T9,甲,教职工,T9,任课教师,,,,", by=administrator(office, "sysadmin"))
    assert office.events(AuditKind.DENIED) == []


def test_everything_is_recorded_by_name_and_no_password(office):
    office.apply(*FILE, *(f"out{n:03d},外聘,其他,,质量办,,,," for n in range(120)))
    (summary,) = office.events(AuditKind.IMPORT)
    assert summary.detail["file"] == "名单.csv"
    assert summary.detail["accounts"]["new"] == 123
    granted = [line for event in office.events(AuditKind.POST) for line in event.detail["accounts"]]
    assert len(granted) == 124
    assert "xuegong student_affairs dept:3 2026-11-20.." in granted
    created = [name for event in office.events(AuditKind.ACCOUNT) for name in event.detail["accounts"]]
    assert len(created) == 123
    assert "out119" in created
    assert GOOD not in str(office.state())
    assert office.audit.verify().is_sound


@pytest.mark.slow
def test_the_largest_file_takes_seconds(office):
    lines = [f"u{n:04d},外聘,其他,,学工办,机电工程系,,," for n in range(5000)]
    office.apply(*lines)
    with office.database.connect() as connection:
        assert connection.execute(select(func.count()).select_from(PostRecord)).scalar_one() == 5000
    assert office.read(*lines).is_noop
