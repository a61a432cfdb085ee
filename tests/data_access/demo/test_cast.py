"""The people of the demo one can sign in as: everybody is there, in a place with a story, and stays so."""

import datetime as dt
import stat

import pytest
from sqlalchemy import delete, insert, select, update

from dashboards import demo_people
from data_access.access.audit import AuditLog
from data_access.access.derivation import sync_roster
from data_access.access.passwords import verify_password
from data_access.access.posts import Posts
from data_access.access.roles import ADMINISTRATORS, Role
from data_access.clock import now
from data_access.database import transaction
from data_access.database.access_models import Account, PostRecord
from data_access.database.models import Entity
from data_access.demo.cast import PASSWORD_FILE, demo_password, write_cast
from data_access.demo.stories import COLLAPSE_MAJOR, LATE_TASK_OFFICE
from data_access.engines import DuckDBEngine
from data_access.entities import write_entities
from data_access.errors import UserError
from data_access.lake import load_tables
from data_access.settings import Settings
from tests.data_access.demo.conftest import TODAY

STORED = (
    "dim_term", "dim_department", "dim_major", "dim_teacher", "dim_class", "dim_student", "dim_course", "dim_offering",
    "fact_student_term", "fact_special_student",
)  # fmt: skip


class Stage:
    """A demo college in an installation, and what a test asks of it."""

    def __init__(self, installation, college):
        self.lake, self.database, self.home = installation.lake, installation.database, installation.settings.home
        self.home.mkdir(exist_ok=True)
        self.audit = AuditLog(self.database)
        load_tables(self.lake, ((name, college[name]) for name in STORED))
        with DuckDBEngine(self.lake.all_files()) as engine, transaction(self.database) as connection:
            write_entities(connection, engine)

    def play(self, on=TODAY):
        return write_cast(self.lake, self.database, self.audit, self.home, on=on)

    def state(self):
        with self.database.connect() as connection:
            return [
                connection.execute(select(*model.__table__.c).order_by(*model.__table__.primary_key)).all()
                for model in (Account, PostRecord)
            ]

    def account(self, username):
        with self.database.connect() as connection:
            return connection.execute(select(*Account.__table__.c).where(Account.username == username)).one()

    def posts(self, username):
        return Posts(self.database, self.audit).of(self.account(username).account_id)

    def change(self, username, **values):
        with transaction(self.database) as connection:
            connection.execute(update(Account).where(Account.username == username).values(**values))


@pytest.fixture(scope="module")
def played(install, tmp_path_factory, college):
    """A stage with its cast, for tests that only look."""
    stage = Stage(install(tmp_path_factory.mktemp("cast") / "home"), college)
    stage.names = stage.play()
    return stage


@pytest.fixture
def stage(install, tmp_path, college):
    """An empty stage of the test's own."""
    return Stage(install(tmp_path / "home"), college)


def test_there_is_somebody_for_every_role_but_the_wall_screen(played):
    held = {post.role for name in played.names for post in played.posts(name) if post.holds_on(TODAY)}
    assert held == set(Role) - {Role.WALL_SCREEN}


def test_they_stand_where_the_stories_are(played):
    with played.database.connect() as connection:
        tree = {(e.level, e.entity_id): e for e in connection.execute(select(*Entity.__table__.c))}
    (major,) = [post for post in played.posts("majorleader") if post.role is Role.MAJOR_LEADER]
    assert major.node_name == COLLAPSE_MAJOR
    (office,) = played.posts("function")
    assert office.node_name == LATE_TASK_OFFICE
    group = next(
        post.node_id for post in played.posts("adviser") if post.holds_on(TODAY) and post.node_level == "class"
    )
    assert tree["class", group].major_id == major.node_id
    assert tree["class", group].grade_year == 2025
    (pupil,) = played.posts("student")
    assert tree["student", pupil.node_id].class_id == group
    assert tree["student", pupil.node_id].code.endswith("003")
    assert group in {post.node_id for post in played.posts("counsellor")}
    assert {post.node_id for post in played.posts("depthead")} == {tree["class", group].dept_id}
    taught = [e for e in tree.values() if e.level == "offering" and e.teacher_id == played.account("teacher").person_id]
    assert any(e.class_id == group and e.term_id == 20261 for e in taught)


def test_one_has_several_posts_and_a_former_one_another_a_coming_one(played):
    adviser = played.posts("adviser")
    assert {post.role for post in adviser if post.holds_on(TODAY)} == {Role.CLASS_ADVISER, Role.TEACHER}
    assert [post.role for post in adviser if post.valid_to and post.valid_to < TODAY] == [Role.CLASS_ADVISER]
    assert [post.role for post in played.posts("majorleader") if post.valid_from > TODAY] == [Role.DEPARTMENT_HEAD]


def test_they_have_the_names_of_people_of_the_college_and_administrators_no_place_in_it(played, college):
    names = set(college["dim_teacher"]["teacher_name"].to_pylist()) | set(
        college["dim_student"]["student_no"].to_pylist()
    )
    for username in played.names:
        account = played.account(username)
        assert account.name in names
        is_administrator = {post.role for post in played.posts(username)} <= ADMINISTRATORS
        assert (account.person_id is None) == is_administrator


def test_all_share_a_password_that_is_made_for_the_installation(played, tmp_path):
    assert {played.account(name).source for name in played.names} == {"demo"}
    password = (played.home / PASSWORD_FILE).read_text().strip()
    hashes = {played.account(name).password_hash for name in ("leader", "student", "sysadmin")}
    assert len(hashes) == 1
    assert verify_password(hashes.pop(), password)
    assert not played.account("leader").must_change_password
    assert demo_password(tmp_path) != password


def test_nobody_else_can_read_the_password(tmp_path):
    password = demo_password(tmp_path)
    path = tmp_path / PASSWORD_FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    assert demo_password(tmp_path) == password
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_sign_in_page_finds_the_password(tmp_path):
    assert demo_people.password(Settings.at(tmp_path)) == ""
    password = demo_password(tmp_path)
    assert demo_people.password(Settings.at(tmp_path)) == password


def test_playing_again_changes_nothing(stage):
    stage.play()
    before = stage.state()
    stage.play()
    stage.play(on=TODAY + dt.timedelta(days=1))
    assert stage.state() == before


def test_what_visitors_did_to_the_accounts_is_put_right(stage):
    names = stage.play()
    before = stage.state()[1]
    stage.change("leader", password_hash="changed", must_change_password=True)
    stage.change("student", disabled_at=now(), disabled_because="某种原因")
    with transaction(stage.database) as connection:
        whose = select(Account.account_id).where(Account.username == "depthead").scalar_subquery()
        connection.execute(delete(PostRecord).where(PostRecord.account_id == whose))
        connection.execute(
            insert(PostRecord).values(
                account_id=stage.account("teacher").account_id, role="leader", node_level="school", node_id=1,
                valid_from=TODAY, source="manual", granted_at=now(),
            )
        )  # fmt: skip
    assert stage.play() == names
    password = demo_password(stage.home)
    assert verify_password(stage.account("leader").password_hash, password)
    assert stage.account("leader").session_version > 1
    assert stage.account("student").disabled_at is None
    kept = {(p.account_id, p.role, p.node_id, p.valid_from, p.valid_to) for p in before}
    assert {(p.account_id, p.role, p.node_id, p.valid_from, p.valid_to) for p in stage.state()[1]} == kept


def test_somebody_elses_account_is_not_taken_over(stage):
    stage.play()
    stage.change("leader", source="manual")
    with pytest.raises(UserError, match="leader"):
        stage.play()


def test_the_roster_leaves_them_alone(stage):
    names = stage.play()
    before = [stage.account(name) for name in names]
    sync_roster(stage.lake, stage.database, stage.audit, on=TODAY)
    assert [stage.account(name) for name in names] == before
