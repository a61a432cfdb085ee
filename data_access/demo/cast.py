"""The people of the demo college one can sign in as: one for every role, placed where there is something to see.

All have one password, which is made for the installation, kept beside its data and shown on the sign-in page in
demo mode. They stand apart from the roster, whose accounts are made as a college's own would be and have no password.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, and_, delete, select, update

from data_access.access.accounts import Accounts, Actor
from data_access.access.audit import AuditLog
from data_access.access.changes import changing, end_sessions
from data_access.access.passwords import hash_password, one_time_password, verify_password
from data_access.access.posts import Posts
from data_access.access.roles import ADMINISTRATORS, SCHOOL_ID, Role
from data_access.access.viewer import Post
from data_access.clock import now
from data_access.database.access_models import Account, PostRecord
from data_access.demo.stories import COLLAPSE_MAJOR, HARD_COURSE, LATE_TASK_OFFICE, LOST_STUDENT_SEAT
from data_access.engines import DuckDBEngine, QueryEngine, quoted
from data_access.lake import Lake

PASSWORD_FILE: Final = "demo-password"  # noqa: S105 (the name of a file)

_DAY, _MONTH, _YEAR = (dt.timedelta(days=days) for days in (1, 30, 365))
_SCENE: Final = f"""
    WITH term AS (SELECT term_id, term_id // 10 AS year, start_date, end_date FROM dim_term ORDER BY 1 DESC LIMIT 1),
    scene AS (
        SELECT c.*, m.leader_id AS major_leader, d.dept_id, d.leader_id AS head
        FROM dim_class c JOIN dim_major m USING (major_id) JOIN dim_department d USING (dept_id), term
        ORDER BY m.major_name <> {quoted(COLLAPSE_MAJOR)}, c.grade_year <> term.year - 1, c.class_id
        LIMIT 1
    ),
    section AS (
        SELECT o.teacher_id FROM dim_offering o JOIN dim_course k USING (course_id), scene, term
        WHERE o.term_id = term.term_id
        ORDER BY o.class_id <> scene.class_id, k.major_id IS NULL, o.offering_id
        LIMIT 1
    ),
    course AS (
        SELECT k.course_id, k.lead_teacher_id FROM dim_offering o JOIN dim_course k USING (course_id)
        ORDER BY k.course_name <> {quoted(HARD_COURSE)}, o.term_id DESC, k.course_id
        LIMIT 1
    ),
    pupil AS (
        SELECT s.student_id, s.student_no FROM dim_student s, scene WHERE s.class_id = scene.class_id
        ORDER BY NOT ends_with(s.student_no, '{LOST_STUDENT_SEAT:03d}'), s.student_id
        LIMIT 1
    ),
    office AS (
        SELECT dept_id, leader_id FROM dim_department WHERE dept_type = '职能部门'
        ORDER BY dept_name <> {quoted(LATE_TASK_OFFICE)}, dept_id
        LIMIT 1
    ),
    counselled AS (
        SELECT list(c.class_id ORDER BY c.class_id) AS classes FROM dim_class c, scene, term
        WHERE c.counsellor_id = scene.counsellor_id AND c.grade_year > term.year - 3
    ),
    graduated AS (
        SELECT max_by(c.class_id, c.grade_year) AS class_id FROM dim_class c JOIN scene USING (major_id), term
        WHERE c.grade_year <= term.year - 3
    )
    SELECT term.start_date, term.end_date, scene.class_id, scene.major_id, scene.major_leader, scene.dept_id,
           scene.head, scene.head_teacher_id, scene.counsellor_id, section.teacher_id, course.course_id,
           course.lead_teacher_id, pupil.student_id, pupil.student_no, office.dept_id AS office_id,
           office.leader_id AS office_head, counselled.classes, graduated.class_id AS graduated_id,
           (SELECT min(teacher_id) FROM dim_teacher WHERE staff_type = '校领导') AS leader
    FROM term, scene, section, course, pupil, office, counselled, graduated"""
"""The class whose attendance breaks down, who teaches and looks after it, and the student who gets lost."""

_OFFICES: Final = {
    "quality": (Role.QUALITY_OFFICE, "质量"),
    "studentaffairs": (Role.STUDENT_AFFAIRS, "学生工作"),
    "psychology": (Role.PSYCHOLOGY_CENTRE, "心理"),
    "steward": (Role.DATA_STEWARD, "网络信息"),
    "sysadmin": (Role.SYSTEM_ADMINISTRATOR, "网络信息"),
    "secadmin": (Role.SECURITY_ADMINISTRATOR, "保卫"),
    "auditadmin": (Role.AUDIT_ADMINISTRATOR, "监察审计"),
}
"""Posts that do not follow from the dimensions, and where the people work who hold them."""
_STAFF: Final = """
    SELECT t.teacher_id, t.teacher_name, d.dept_name FROM dim_teacher t JOIN dim_department d USING (dept_id)
    ORDER BY t.teacher_id"""


@dataclass(frozen=True, kw_only=True)
class Player:
    """One account of the demo.

    Attributes:
        posts: what they hold, held before and will hold.
        person_kind: ``teacher``, ``student`` or ``other``; with `person_id` the key in its dimension.
    """

    username: str
    name: str
    posts: tuple[Post, ...]
    person_kind: str
    person_id: int | None


def write_cast(lake: Lake, database: Engine, audit: AuditLog, home: Path, *, on: dt.date) -> list[str]:
    """Make the accounts of the demo, or put them right again; returns their usernames.

    Args:
        lake: that of a demo college whose indicators have been computed, for posts need the names of their nodes.
        database: where the accounts go.
        audit: where they are recorded.
        home: directory of the installation; the password is kept there.
        on: today.
    """
    with DuckDBEngine(lake.all_files(), schema=lake.contracts) as engine:
        players = list(cast_of(engine, on=on))
    password = demo_password(home)
    accounts, posts = Accounts(database, audit), Posts(database, audit)
    with changing(database) as connection:
        hashed = _hash_in_use(connection, password) or hash_password(password)
        for player in players:
            account_id = _put_account(connection, accounts, player, hashed)
            _put_posts(connection, posts, account_id, player.posts)
    return [player.username for player in players]


def demo_password(home: Path) -> str:
    """The password of all demo accounts of an installation, made at the first call; nobody else can read its file."""
    path = home / PASSWORD_FILE
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(f"{one_time_password()}\n")
    path.chmod(0o600)
    return path.read_text(encoding="utf-8").strip()


def cast_of(engine: QueryEngine, *, on: dt.date) -> Iterator[Player]:
    """Who can be tried in the demo college that `engine` reads, with their posts as of a day."""
    (scene,) = engine.query(_SCENE).to_pylist()
    staff = engine.query(_STAFF).to_pylist()
    names = {row["teacher_id"]: row["teacher_name"] for row in staff}
    began = min(scene["start_date"], on)
    later = scene["end_date"] + _MONTH
    while later <= on:
        later += _YEAR

    def post(
        role: Role, level: str = "school", key: int = SCHOOL_ID, since: dt.date = began, to: dt.date | None = None
    ) -> Post:
        return Post(role=role, node_level=level, node_id=key, valid_from=since, valid_to=to)

    def player(username: str, person: int, *posts: Post) -> Player:
        return Player(username=username, name=names[person], posts=posts, person_kind="teacher", person_id=person)

    adviser, pupil = scene["head_teacher_id"], scene["student_id"]
    former = post(Role.CLASS_ADVISER, "class", scene["graduated_id"], began - 3 * _YEAR, began - _DAY)
    coming = post(Role.DEPARTMENT_HEAD, "dept", scene["dept_id"], later)
    yield player("leader", scene["leader"], post(Role.LEADER))
    yield player("function", scene["office_head"], post(Role.FUNCTION_HEAD, "dept", scene["office_id"]))
    yield player("depthead", scene["head"], post(Role.DEPARTMENT_HEAD, "dept", scene["dept_id"]))
    yield player("majorleader", scene["major_leader"], post(Role.MAJOR_LEADER, "major", scene["major_id"]), coming)
    yield player("courseleader", scene["lead_teacher_id"], post(Role.COURSE_LEADER, "course", scene["course_id"]))
    yield player("teacher", scene["teacher_id"], post(Role.TEACHER, "teacher", scene["teacher_id"]))
    yield player(
        "adviser",
        adviser,
        post(Role.CLASS_ADVISER, "class", scene["class_id"]),
        post(Role.TEACHER, "teacher", adviser),
        former,
    )
    counselled = [post(Role.COUNSELLOR, "class", key) for key in scene["classes"]]
    yield player("counsellor", scene["counsellor_id"], *counselled)
    itself = post(Role.STUDENT, "student", pupil)
    yield Player(username="student", name=scene["student_no"], posts=(itself,), person_kind="student", person_id=pupil)
    for turn, (username, (role, office)) in enumerate(_OFFICES.items()):
        people = [row["teacher_id"] for row in staff if office in row["dept_name"]]
        chosen = player(username, people[turn % len(people)], post(role))
        # Administrators act for the platform: nothing about them as a person is in the data they look after.
        yield replace(chosen, person_kind="other", person_id=None) if role in ADMINISTRATORS else chosen


# -- the database -----------------------------------------------------------------------------


def _hash_in_use(connection: Connection, password: str) -> str | None:
    """The hash that demo accounts have already for this password."""
    query = select(Account.password_hash).where(Account.source == "demo", Account.password_hash.is_not(None)).distinct()
    return next((found for found in connection.execute(query).scalars() if verify_password(found, password)), None)


def _put_account(connection: Connection, accounts: Accounts, player: Player, hashed: str) -> int:
    """The id of the player's account, which is made or put right.

    Raises:
        UserError: the username is that of an account which is none of the demo's.
    """
    demo = and_(Account.username == player.username, Account.source == "demo")
    account_id = connection.execute(select(Account.account_id).where(demo)).scalar()
    if account_id is None:
        account_id = accounts.create_in(
            connection,
            username=player.username,
            name=player.name,
            person_kind=player.person_kind,
            person_id=player.person_id,
            source="demo",
            by=Actor.console(),
        )
    wanted = {
        "name": player.name,
        "person_kind": player.person_kind,
        "person_id": player.person_id,
        "password_hash": hashed,
        "must_change_password": False,
        "disabled_at": None,
        "disabled_because": "",
    }
    columns = [Account.__table__.c[name] for name in wanted]
    found = connection.execute(select(*columns).where(Account.account_id == account_id)).mappings().one()
    if dict(found) != wanted:
        moment = now()
        changed = update(Account).where(Account.account_id == account_id)
        connection.execute(changed.values(**wanted, password_changed_at=moment))
        end_sessions(connection, account_id, because="demo", at=moment)
    return account_id


def _put_posts(connection: Connection, posts: Posts, account_id: int, wanted: Sequence[Post]) -> None:
    columns = (
        PostRecord.post_id, PostRecord.role, PostRecord.node_level, PostRecord.node_id, PostRecord.valid_from,
        PostRecord.valid_to,
    )  # fmt: skip
    held = {
        (row.role, row.node_level, row.node_id, row.valid_from, row.valid_to): row.post_id
        for row in connection.execute(select(*columns).where(PostRecord.account_id == account_id))
    }
    missing = {(p.role.value, p.node_level, p.node_id, p.valid_from, p.valid_to): p for p in wanted}
    # A demo that is built anew has no past: posts of another college are taken away, not ended.
    gone = [post_id for key, post_id in held.items() if key not in missing]
    if gone:
        connection.execute(delete(PostRecord).where(PostRecord.post_id.in_(gone)))
        end_sessions(connection, account_id, because="demo", at=now())
    for key, post in missing.items():
        if key not in held:
            posts.grant_in(
                connection,
                account_id,
                role=post.role,
                node_level=post.node_level,
                node_id=post.node_id,
                valid_from=post.valid_from,
                valid_to=post.valid_to,
                source="demo",
                by=Actor.console(),
            )
