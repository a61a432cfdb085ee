"""What roles and posts let a person do and read, in words, each with the reason that the rule gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from data_access.access.permissions import Permission
from data_access.access.privacy import SMALLEST_GROUP, Topic
from data_access.access.roles import ROLES, Role
from data_access.access.rules import ALLOWANCES, Reach, Rows, reaches_of
from data_access.access.viewer import Post

LEVELS_ZH: Final[Mapping[str, str]] = {
    "school": "学校",
    "dept": "部门",
    "major": "专业",
    "class": "班级",
    "course": "课程",
    "offering": "教学班",
    "roster": "教学班名单",
    "teacher": "教师",
    "student": "学生",
    "load": "数据采集批次",
    "import": "导入记录",
    "account": "账号与岗位",
    "audit": "审计日志",
}
"""Kinds of rows as people call them, from the whole down to the single."""


@dataclass(frozen=True, kw_only=True)
class Sight:
    """What one rule lets the holder of a role read.

    Attributes:
        what: kinds of rows, such as ``班级、教学班``.
        where: which of these rows.
        up_to: name of the most confidential class that is read, sensitive matters apart.
        topics: sensitive matters that may be read of named persons and of small groups; empty for none.
        groups: what may be read of sensitive matters in groups; empty for no more than `topics`.
        limits: what narrows the rule further, one clause each.
    """

    what: str
    where: str
    up_to: str
    topics: str
    groups: str
    limits: tuple[str, ...]
    reason: str


@dataclass(frozen=True, kw_only=True)
class Right:
    """One permission with the reason for which a role has it."""

    permission: Permission
    reason: str


def levels_zh(levels: Iterable[str]) -> str:
    """Kinds of rows in words, from the whole down to the single."""
    named = frozenset(levels)
    return "、".join(name for level, name in LEVELS_ZH.items() if level in named)


def topics_zh(topics: Iterable[Topic]) -> str:
    """Sensitive matters in words, in the order of their declaration."""
    named = frozenset(topics)
    return "、".join(topic for topic in Topic if topic in named)


def rights_of(role: Role) -> tuple[Right, ...]:
    """What a role may do, in the order of the rules."""
    return tuple(Right(permission=item.permission, reason=item.reason) for item in ALLOWANCES if role in item.roles)


def sights_of(role: Role, *, node_name: str = "") -> tuple[Sight, ...]:
    """What a role reads, one entry a rule; `node_name` stands for the node where a post in it is held."""
    return tuple(_sight(reach, node_name) for reach in reaches_of(role))


def sights_of_post(post: Post) -> tuple[Sight, ...]:
    """What one post lets its holder read, with its own node in place of "the node"; nothing where that is gone."""
    if not post.is_sound:
        return ()
    return sights_of(post.role, node_name="全校" if post.node_level == "school" else post.node_name)


def _sight(reach: Reach, node_name: str) -> Sight:
    limits = []
    if reach.own_duties:
        limits.append("只限本部门负责的指标")
    if reach.only_topics:
        limits.append("只限所列敏感事项")
    return Sight(
        what=levels_zh(reach.levels),
        where=_where(reach, node_name),
        up_to=reach.ceiling.name_zh,
        topics=topics_zh(reach.topics),
        groups=f"不足 {SMALLEST_GROUP} 人时不显示" if reach.sensitive_groups else "",
        limits=tuple(limits),
        reason=reach.reason,
    )


def _where(reach: Reach, node_name: str) -> str:
    if reach.rows is not Rows.BELOW_NODE:
        return reach.rows.value
    nodes = ROLES[reach.role].nodes
    if nodes == ("student",):
        return "本人"
    if nodes == ("school",):
        return Rows.COLLEGE.value
    return node_name or f"岗位所在的{'或'.join(LEVELS_ZH[node] for node in nodes)}及其下级"
