"""Posts: which role an account holds at which node of the organisation, from when to when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from sqlalchemy import Connection, Engine, RowMapping, and_, func, insert, or_, select, update

from data_access import clock
from data_access.access.actors import Actor, NotEntitledError, is_same_person, refusals_recorded
from data_access.access.audit import AuditKind, AuditLog, Event
from data_access.access.changes import changing, end_sessions, hold
from data_access.access.roles import ADMINISTRATORS, ROLES, SCHOOL_ID, Role
from data_access.access.viewer import Post
from data_access.database.access_models import Account, PostRecord
from data_access.database.models import Entity
from data_access.errors import UserError

POST_COLUMNS: Final = (
    PostRecord.post_id,
    PostRecord.role,
    PostRecord.node_level,
    PostRecord.node_id,
    PostRecord.valid_from,
    PostRecord.valid_to,
    PostRecord.source.label("post_source"),
    Entity.name.label("node_name"),
    Entity.aliases.label("node_aliases"),
)
NODE_OF_POST: Final = and_(Entity.level == PostRecord.node_level, Entity.entity_id == PostRecord.node_id)
"""Joins a post with the node it is held at."""

_SOURCES: Final = frozenset({"roster", "import", "manual", "demo"})
_LEVELS_ZH: Final = {
    "school": "学校", "dept": "部门", "major": "专业", "class": "班级", "course": "课程", "teacher": "教师", "student": "学生",
}  # fmt: skip


def post_of(row: RowMapping) -> Post:
    """The post in a row of `POST_COLUMNS`."""
    return Post(
        post_id=row["post_id"],
        role=Role(row["role"]),
        node_level=row["node_level"],
        node_id=row["node_id"],
        valid_from=row["valid_from"],
        valid_to=row["valid_to"],
        source=row["post_source"],
        node_name=row["node_name"] or "",
        node_aliases=frozenset(alias.strip() for alias in (row["node_aliases"] or "").split(";") if alias.strip()),
    )


def overlap(one: Post, other: Post) -> bool:
    """True where some day belongs to both; a post taken back before it began has none."""
    first = max(one.valid_from, other.valid_from)
    last = min(one.valid_to or dt.date.max, other.valid_to or dt.date.max)
    return first <= last


def excluded_by(new: Post, held: Collection[Post]) -> Post | None:
    """The first post beside which another cannot be held because one of their roles stands alone."""
    for post in held:
        is_alone = ROLES[new.role].is_exclusive or ROLES[post.role].is_exclusive
        if post.role is not new.role and is_alone and overlap(new, post):
            return post
    return None


def conflict_of(new: Post, held: Collection[Post]) -> str:
    """Why a post cannot be held beside those an account has already, in Chinese; empty where it can."""
    for post in held:
        is_same = (post.role, post.node_level, post.node_id) == (new.role, new.node_level, new.node_id)
        if is_same and overlap(new, post):
            return f"该账号在这段时间内已有岗位“{post.title_zh}”。"
    other = excluded_by(new, held)
    if other is None:
        return ""
    law = "三员分立：" if ADMINISTRATORS & {new.role, other.role} else ""
    return f"{law}“{new.title_zh}”不能与其他岗位由同一账号担任：该账号在这段时间内已有“{other.title_zh}”。"


class Posts:
    """The posts of an installation.

    Args:
        database: its database.
        audit: where every change is recorded, in the transaction that makes it.
        now: the current time, aware.
    """

    def __init__(self, database: Engine, audit: AuditLog, *, now: Callable[[], dt.datetime] = clock.now) -> None:
        self._database = database
        self._audit = audit
        self._now = now

    def of(self, account_id: int) -> tuple[Post, ...]:
        """All posts of an account, past and future ones too, newest first, with the names of their nodes."""
        return self.of_all([account_id]).get(account_id, ())

    def of_all(self, account_ids: Collection[int]) -> Mapping[int, tuple[Post, ...]]:
        """The posts of several accounts, as `of` gives them; accounts without any are left out."""
        with self._database.connect() as connection:
            return _posts_of(connection, account_ids)

    def holders(self, *, on: dt.date) -> Mapping[Role, int]:
        """How many accounts hold each role on a day, disabled ones too; roles without any are left out."""
        query = (
            select(PostRecord.role, func.count(PostRecord.account_id.distinct()))
            .where(PostRecord.valid_from <= on, or_(PostRecord.valid_to.is_(None), PostRecord.valid_to >= on))
            .group_by(PostRecord.role)
        )
        with self._database.connect() as connection:
            return {Role(role): count for role, count in connection.execute(query)}

    def grant(
        self,
        account_id: int,
        *,
        role: Role,
        node_level: str,
        node_id: int,
        valid_from: dt.date,
        valid_to: dt.date | None = None,
        source: str = "manual",
        by: Actor,
    ) -> int:
        """Give an account a post and end its sessions; returns the post's id.

        Raises:
            UserError: the post cannot be given; the message says why, in Chinese.
        """
        with refusals_recorded(self._audit, by, "granted"), changing(self._database) as connection:
            return self.grant_in(
                connection,
                account_id,
                role=role,
                node_level=node_level,
                node_id=node_id,
                valid_from=valid_from,
                valid_to=valid_to,
                source=source,
                by=by,
            )

    def grant_in(
        self,
        connection: Connection,
        account_id: int,
        *,
        role: Role,
        node_level: str,
        node_id: int,
        valid_from: dt.date,
        valid_to: dt.date | None = None,
        source: str = "manual",
        by: Actor,
    ) -> int:
        """`grant` within the caller's write transaction."""
        hold(connection)
        account = _account(connection, account_id)
        new = Post(
            role=role,
            node_level=node_level,
            node_id=node_id,
            valid_from=valid_from,
            valid_to=valid_to,
            source=source,
            node_name=_name_of(connection, role, node_level, node_id),
        )
        if source not in _SOURCES:
            raise UserError("岗位的来源不正确。")
        if valid_to is not None and valid_to < valid_from:
            raise UserError("岗位的截止日期早于起始日期。")
        if account["disabled_at"] is not None:
            raise UserError("该账号已停用，不能授予岗位。")
        if account["person_kind"] == node_level and account["person_id"] != node_id:
            raise UserError(f"“{ROLES[role].name_zh}”只能授予{_LEVELS_ZH[node_level]}本人的账号。")
        _refuse_own(connection, account, by)
        held = _posts_of(connection, [account_id]).get(account_id, ())
        if reason := conflict_of(new, held):
            if excluded_by(new, held):
                raise NotEntitledError(reason, username=account["username"], because="exclusive")
            raise UserError(reason)
        _refuse_administrator(account, role, by)
        post_id = connection.execute(
            insert(PostRecord)
            .values(
                account_id=account_id,
                role=role.value,
                node_level=node_level,
                node_id=node_id,
                valid_from=valid_from,
                valid_to=valid_to,
                source=source,
                granted_by=by.account_id,
                granted_at=self._now(),
            )
            .returning(PostRecord.post_id)
        ).scalar_one()
        end_sessions(connection, account_id, because="post", at=self._now())
        self._record(connection, account["username"], post_id, new, by, change="granted")
        return post_id

    def end(self, post_id: int, *, on: dt.date, by: Actor) -> None:
        """Let `on` be the last day of a post, and end the sessions of its holder.

        A day before the post began takes it back altogether.

        Raises:
            UserError: there is no such post, it ends earlier already, or `by` may not do it.
        """
        with refusals_recorded(self._audit, by, "ended"), changing(self._database) as connection:
            query = _select_posts(PostRecord.account_id).where(PostRecord.post_id == post_id)
            row = connection.execute(query).mappings().first()
            if row is None:
                raise UserError("没有这个岗位。")
            post, account = post_of(row), _account(connection, row["account_id"])
            last = max(on, post.valid_from - dt.timedelta(days=1))
            if post.valid_to is not None and post.valid_to <= last:
                raise UserError(f"该岗位到 {post.valid_to:%Y-%m-%d} 为止，不能延长。")
            _refuse_own(connection, account, by)
            _refuse_administrator(account, post.role, by)
            connection.execute(
                update(PostRecord).where(PostRecord.post_id == post_id).values(valid_to=last, ended_by=by.account_id)
            )
            end_sessions(connection, account["account_id"], because="post", at=self._now())
            self._record(connection, account["username"], post_id, post, by, change="ended", last=last)

    def _record(
        self,
        connection: Connection,
        username: str,
        post_id: int,
        post: Post,
        by: Actor,
        *,
        change: str,
        last: dt.date | None = None,
    ) -> None:
        until = last or post.valid_to
        detail = {
            "change": change,
            "post": post_id,
            "role": post.role.value,
            "node": f"{post.node_level}:{post.node_id}",
            "from": post.valid_from.isoformat(),
            "to": until.isoformat() if until else None,
            "source": post.source,
        }
        event = Event(
            kind=AuditKind.POST, actor=by.name, subject=f"account:{username}", address=by.address, detail=detail
        )
        self._audit.write_in(connection, event)


def _select_posts(*columns: Any) -> Any:
    return select(*POST_COLUMNS, *columns).select_from(PostRecord).outerjoin(Entity, NODE_OF_POST)


def _posts_of(connection: Connection, account_ids: Collection[int]) -> dict[int, tuple[Post, ...]]:
    query = (
        _select_posts(PostRecord.account_id)
        .where(PostRecord.account_id.in_(account_ids))
        .order_by(PostRecord.valid_from.desc(), PostRecord.post_id.desc())
    )
    found: dict[int, tuple[Post, ...]] = {}
    for row in connection.execute(query).mappings():
        found[row["account_id"]] = (*found.get(row["account_id"], ()), post_of(row))
    return found


def _account(connection: Connection, account_id: int) -> RowMapping:
    columns = (
        Account.account_id,
        Account.username,
        Account.person_kind,
        Account.person_id,
        Account.disabled_at,
    )
    found = connection.execute(select(*columns).where(Account.account_id == account_id)).mappings().first()
    if found is None:
        raise UserError("没有这个账号。")
    return found


def _name_of(connection: Connection, role: Role, level: str, node_id: int) -> str:
    """Name of the node.

    Raises:
        UserError: the role is not held at such nodes, or there is no such node.
    """
    if level not in ROLES[role].nodes:
        places = "、".join(_LEVELS_ZH[place] for place in ROLES[role].nodes)
        raise UserError(f"“{ROLES[role].name_zh}”只能设在：{places}。")
    query = select(Entity.name).where(Entity.level == level, Entity.entity_id == node_id)
    name = connection.execute(query).scalar()
    if name is None and (level, node_id) != ("school", SCHOOL_ID):
        raise UserError(f"没有编号为 {node_id} 的{_LEVELS_ZH[level]}。")
    return name or ""


def _refuse_own(connection: Connection, account: RowMapping, by: Actor) -> None:
    """Nobody decides on posts of their own, not even by way of their other account.

    Raises:
        UserError: `by` is the account, or another of the same person.
    """
    if is_same_person(connection, account, by):
        raise NotEntitledError("不能授予或终止本人的岗位。", username=account["username"], because="own-account")


def _refuse_administrator(account: RowMapping, role: Role, by: Actor) -> None:
    if by.account_id is not None and role in ADMINISTRATORS:
        raise NotEntitledError(
            "三员分立：管理员岗位只能由服务器控制台办理（luoxuan account）。",
            username=account["username"],
            because="administrator",
        )
