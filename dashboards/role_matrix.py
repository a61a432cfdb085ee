"""The role matrix: who may do and read what, and why, made from the rules themselves.

Nothing on this page is written by hand, so that it cannot differ from what the server enforces.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from dashboards.attachments import attach
from dashboards.entitlements import LEVELS_ZH, Sight, rights_of, sights_of, topics_zh
from dashboards.routes import Route, blueprint_of
from dashboards.server_page import render
from dashboards.services import Services
from data_access.access.audit_events import AuditKind, Event
from data_access.access.permissions import Permission
from data_access.access.privacy import SMALLEST_GROUP, Privacy, Topic
from data_access.access.roles import ADMINISTRATORS, ROLES, Role, RoleInfo
from data_access.access.rules import ALLOWANCES, RESTRICTIONS, Allowance, reaches_of
from layouts.exports import csv

EXPORT_COLUMNS: Final = (
    "类别", "角色", "内容", "行范围", "密级上限", "具名敏感事项", "敏感事项汇总", "附加限制", "理由",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Line:
    """One role: what it may do and read.

    Attributes:
        nodes: levels of the organisation at which it is held, in words.
        reasons: why it has each permission; those missing it has not.
        sights: what it reads, one entry a rule.
        topics: sensitive matters that it may read of named persons.
        sees_groups: it may read of the others in groups.
    """

    role: Role
    info: RoleInfo
    nodes: str
    reasons: Mapping[Permission, str]
    sights: tuple[Sight, ...]
    topics: frozenset[Topic]
    sees_groups: bool


@dataclass(frozen=True, kw_only=True)
class TopicLine:
    """One sensitive matter: the roles that read it of named persons, and the restriction that holds, if any."""

    topic: Topic
    roles: frozenset[Role]
    restriction: str


@dataclass(frozen=True, kw_only=True)
class Separation:
    """One of the three administrators: what only they may do."""

    info: RoleInfo
    own: tuple[Allowance, ...]


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """The rules as the page shows them."""

    permissions: tuple[Permission, ...]
    lines: tuple[Line, ...]
    topics: tuple[TopicLine, ...]
    separation: tuple[Separation, ...]


def matrix() -> Matrix:
    """All roles and permissions with their reasons, in the order in which they are declared."""
    return Matrix(
        permissions=tuple(Permission),
        lines=tuple(_line(role) for role in Role),
        topics=tuple(_topic_line(topic) for topic in Topic),
        separation=tuple(_separation(role) for role in Role if role in ADMINISTRATORS),
    )


def _line(role: Role) -> Line:
    info = ROLES[role]
    return Line(
        role=role,
        info=info,
        nodes="或".join(LEVELS_ZH[node] for node in info.nodes),
        reasons={right.permission: right.reason for right in rights_of(role)},
        sights=sights_of(role),
        topics=frozenset[Topic]().union(*(reach.topics for reach in reaches_of(role))),
        sees_groups=any(reach.sensitive_groups for reach in reaches_of(role)),
    )


def _topic_line(topic: Topic) -> TopicLine:
    roles = frozenset(role for role in Role for reach in reaches_of(role) if topic in reach.topics)
    restriction = next((item.reason for item in RESTRICTIONS if item.topic is topic), "")
    return TopicLine(topic=topic, roles=roles, restriction=restriction)


def _separation(role: Role) -> Separation:
    others = ADMINISTRATORS - {role}
    own = tuple(item for item in ALLOWANCES if role in item.roles and not item.roles & others)
    return Separation(info=ROLES[role], own=own)


def export_rows() -> Iterator[tuple[str, ...]]:
    """Every rule as one row of `EXPORT_COLUMNS`: what may be done, what is read, what is restricted."""
    for role in Role:
        for right in rights_of(role):
            yield ("功能", ROLES[role].name_zh, right.permission.name_zh, "", "", "", "", "", right.reason)
    for role in Role:
        for sight in sights_of(role):
            limits = "；".join(sight.limits)
            yield (
                "数据", ROLES[role].name_zh, sight.what, sight.where, sight.up_to, sight.topics, sight.groups, limits,
                sight.reason,
            )  # fmt: skip
    for item in RESTRICTIONS:
        holders = "、".join(ROLES[role].name_zh for role in Role if role in item.roles)
        yield ("限制", holders, "", "", Privacy.SENSITIVE.name_zh, topics_zh({item.topic}), "", "", item.reason)


# -- the pages --------------------------------------------------------------------------------


def index(services: Services) -> ResponseReturnValue:
    """The matrix as a page."""
    return render(
        "role_matrix.html",
        title="权限矩阵",
        matrix=matrix(),
        allowances=ALLOWANCES,
        smallest_group=SMALLEST_GROUP,
        holders=services.posts.holders(on=services.today()),
        may_open_people=services.viewer().may(Permission.ACCOUNT_VIEW),
    )


def export(services: Services) -> ResponseReturnValue:
    """The rules as a table for a spreadsheet."""
    rows = list(export_rows())
    viewer = services.viewer()
    services.audit.write(
        Event(
            kind=AuditKind.EXPORT,
            actor=viewer.username,
            subject="page:/admin/roles",
            rows=len(rows),
            scope=viewer.scope.reason,
            address=request.remote_addr or "",
        )
    )
    answer = Response(csv.bytes_of(EXPORT_COLUMNS, rows), content_type=csv.MEDIA_TYPE)
    return attach(answer, f"权限矩阵-{services.today():%Y%m%d}.csv")


ROUTES: Final = (
    Route(path="/admin/roles", view=index, permission=Permission.ROLE_VIEW),
    Route(path="/admin/roles.csv", view=export, permission=Permission.ROLE_VIEW),
)


def blueprint(services: Services) -> Blueprint:
    """The pages below ``/admin/roles``."""
    return blueprint_of("role_matrix", ROUTES, prefix="", context=services)
