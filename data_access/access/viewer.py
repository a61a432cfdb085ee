"""The person behind a request: the posts they hold today, and what follows from these."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Final

from data_access.access.permissions import Permission
from data_access.access.privacy import PERSONS
from data_access.access.roles import ROLES, SCHOOL_ID, Role
from data_access.access.rules import Reach, Rows, permissions_of, reaches_of
from data_access.access.scope import Grant, Scope

_UNNAMED: Final = PERSONS | {"school"}
_TITLES_NAMED: Final = 3
"""A counsellor may hold ten posts; the log names the first ones."""


@dataclass(frozen=True, kw_only=True)
class Post:
    """A role at a node of the organisation, from a day to a day (the last one included).

    Attributes:
        node_name: name of the node, for people; empty where it is not known any more.
        node_aliases: other names of the node, by which the indicator library may call a department.
    """

    role: Role
    node_level: str
    node_id: int
    valid_from: dt.date
    valid_to: dt.date | None = None
    node_name: str = ""
    node_aliases: frozenset[str] = frozenset()
    post_id: int = 0
    source: str = "manual"

    @property
    def is_sound(self) -> bool:
        """True where the role can be held at such a node, and the node is there; any other post gives no row.

        Classes may still name a major that is gone: who led it does not look after them any more.
        """
        is_there = self.node_id == SCHOOL_ID if self.node_level == "school" else bool(self.node_name)
        return is_there and self.node_level in ROLES[self.role].nodes

    def holds_on(self, day: dt.date) -> bool:
        """True where the post is held on `day`."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    @property
    def title_zh(self) -> str:
        """Role and node, such as 班主任 · 机电2401; the role alone where the node is the college or the holder."""
        role = ROLES[self.role].name_zh
        return f"{role} · {self.node_name}" if self.node_name and self.node_level not in _UNNAMED else role


@dataclass(frozen=True, kw_only=True)
class Viewer:
    """Who asks, with everything that decides what they get.

    Attributes:
        person_kind: ``teacher``, ``student`` or ``other``; with `person_id` the key in its dimension.
        posts: those held today.
        must_change_password: True until a first password has been replaced; until then only that is allowed.
    """

    account_id: int
    username: str
    name: str
    posts: tuple[Post, ...]
    permissions: frozenset[Permission]
    scope: Scope
    person_kind: str = "other"
    person_id: int | None = None
    must_change_password: bool = False
    sign_in_id: int = 0

    def may(self, permission: Permission) -> bool:
        """True where some post allows it."""
        return permission in self.permissions

    def scope_for(self, *permissions: Permission) -> Scope:
        """What the posts that give all `permissions` let one read.

        What one post allows is not done with another's rows: a leader who also teaches may download the rosters of
        their own sections, not of everybody's.
        """
        return self.acting_by(*permissions).scope

    def acting_by(self, *permissions: Permission) -> Viewer:
        """The same person with those posts alone that give each of `permissions`, and what follows from them."""
        giving = tuple(post for post in self.posts if permissions_of((post.role,)).issuperset(permissions))
        if len(giving) == len(self.posts) and self.permissions.issuperset(permissions):
            return self
        return replace(
            self,
            posts=giving,
            permissions=permissions_of(post.role for post in giving),
            scope=scope_of(giving, who=self.username),
        )

    def nodes(self, role: Role) -> frozenset[int]:
        """The nodes at which `role` is held today."""
        return frozenset(post.node_id for post in self.posts if post.role is role)


def held_on(posts: Iterable[Post], day: dt.date) -> tuple[Post, ...]:
    """The posts held on `day`, weightiest role first."""
    order = list(Role)
    return tuple(
        sorted((p for p in posts if p.holds_on(day)), key=lambda p: (order.index(p.role), p.node_level, p.node_id))
    )


def scope_of(posts: Collection[Post], *, who: str) -> Scope:
    """What the holder of these posts may read; nothing without a post.

    Args:
        posts: those held on the day in question.
        who: the person, for the audit log.
    """
    nodes: dict[tuple[Reach, str], set[int]] = {}
    grants: list[Grant] = []
    for post in posts:
        if not post.is_sound:
            continue
        owners = frozenset({post.node_name} | post.node_aliases) - {""}
        for reach in reaches_of(post.role):
            if reach.rows is Rows.REFERRED:
                grants.append(_grant(reach, owners=owners, node="referral"))
            elif reach.rows is Rows.COLLEGE or post.node_level == "school":
                grants.append(_grant(reach, owners=owners))
            else:
                # Many posts of one kind (a counsellor's classes) become one condition, not one each.
                nodes.setdefault((reach, post.node_level), set()).add(post.node_id)
    grants += [_grant(reach, node=level, ids=frozenset(ids)) for (reach, level), ids in nodes.items()]
    titles = "、".join(post.title_zh for post in list(posts)[:_TITLES_NAMED]) or "无岗位"
    return Scope(reason=f"{who}({titles})", grants=tuple(dict.fromkeys(grants)))


def _grant(
    reach: Reach,
    *,
    node: str | None = None,
    ids: frozenset[int] = frozenset(),
    owners: frozenset[str] = frozenset(),
) -> Grant:
    return Grant(
        levels=reach.levels,
        reason=reach.reason,
        node=node,
        ids=ids,
        ceiling=reach.ceiling,
        topics=reach.topics,
        sensitive_groups=reach.sensitive_groups,
        owners=owners if reach.own_duties else None,
        only_topics=reach.only_topics,
    )


def viewer_of(
    posts: Iterable[Post],
    *,
    on: dt.date,
    account_id: int,
    username: str,
    name: str,
    person_kind: str = "other",
    person_id: int | None = None,
    must_change_password: bool = False,
    sign_in_id: int = 0,
) -> Viewer:
    """The viewer that an account with these posts is on a day."""
    held = held_on(posts, on)
    return Viewer(
        account_id=account_id,
        username=username,
        name=name,
        posts=held,
        permissions=permissions_of(post.role for post in held),
        scope=scope_of(held, who=username),
        person_kind=person_kind,
        person_id=person_id,
        must_change_password=must_change_password,
        sign_in_id=sign_in_id,
    )
