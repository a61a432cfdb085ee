"""Granting and ending posts: a role, a place in the organisation, and from when to when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, Response, abort, flash, request, url_for
from flask.typing import ResponseReturnValue

from dashboards.account import when_held
from dashboards.entitlements import LEVELS_ZH, rights_of, sights_of_post
from dashboards.people import (
    ACCOUNT,
    PREFIX,
    People,
    back_to,
    page_number,
    printable,
    status_of,
    told_and_back,
)
from dashboards.people_forms import EndForm, GrantForm
from dashboards.routes import FORM, Route, blueprint_of
from dashboards.server_page import render
from dashboards.services import Services
from dashboards.wording import refusal_zh, term_of_post
from data_access.access.accounts import CHANGED, AccountInfo
from data_access.access.nodes import Node
from data_access.access.permissions import Permission
from data_access.access.roles import ADMINISTRATORS, ROLES, SCHOOL_ID, Role
from data_access.access.viewer import Post
from data_access.errors import UserError
from layouts import format as fmt
from layouts.table import Slice

NODES_SHOWN: Final = 20
_LONGEST_NUMBER: Final = 18
"""Digits of the largest number that the database takes for a node."""


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A role that an account might be given.

    Attributes:
        nodes: at which levels, in words.
        obstacle: why it cannot be given; empty where it can.
        is_excluded: it, or another role of the account, is held alone.
    """

    role: Role
    name: str
    nodes: str
    obstacle: str
    is_excluded: bool = False


def offers(account: AccountInfo, posts: Sequence[Post], today: dt.date) -> tuple[Offer, ...]:
    """All roles, each with the obstacle that this account meets, if any. The store has the last word.

    Args:
        account: who would be given one.
        posts: all posts of the account.
        today: those that ended before count no more.
    """
    held = {post.role for post in posts if when_held(post, today) != "former"}
    return tuple(
        Offer(
            role=role,
            name=info.name_zh,
            nodes="或".join(LEVELS_ZH[node] for node in info.nodes),
            obstacle=_obstacle(role, held, account),
            is_excluded=_excludes(role, held),
        )
        for role, info in ROLES.items()
    )


def _excludes(role: Role, held: set[Role]) -> bool:
    others = held - {role}
    return bool(others) and any(ROLES[one].is_exclusive for one in {role, *others})


def _obstacle(role: Role, held: set[Role], account: AccountInfo) -> str:
    if role in ADMINISTRATORS:
        return "三员分立：只能在服务器上用 luoxuan account 命令授予"
    if account.is_disabled:
        return "账号已停用"
    exclusive = next((other for other in held - {role} if ROLES[other].is_exclusive), None)
    if exclusive is not None:
        return f"已是{ROLES[exclusive].name_zh}，不能兼任其他岗位"
    if ROLES[role].is_exclusive and held - {role}:
        return "已有其他岗位，不能兼任"
    own = ROLES[role].nodes[0]
    if own in {"teacher", "student"} and (account.person_kind != own or account.person_id is None):
        return f"账号没有对应名册中的{LEVELS_ZH[own]}"
    return ""


def own_node(role: Role, account: AccountInfo) -> Node | None:
    """The node of a role that needs no choice: the school, or the person themselves; None where there is a choice."""
    match ROLES[role].nodes:
        case ("school",):
            return Node(level="school", node_id=SCHOOL_ID, name="全校")
        case ("teacher" | "student" as level,) if account.person_kind == level and account.person_id is not None:
            return Node(level=level, node_id=account.person_id, name=account.name)
    return None


def grant(people: People, account_id: int) -> ResponseReturnValue:
    """Granting a post, in up to three steps; what has been chosen stands in the address."""
    account = people.account(account_id)
    if people.is_locked(account, change="granted"):
        return back_to(account_id)
    found = offers(account, people.services.posts.of(account_id), people.services.today())
    asked = next((offer for offer in found if offer.role.value == request.args.get("role")), None)
    if asked is None or asked.obstacle:
        return _choose_role(people, account, found, asked)
    role = asked.role
    node = _chosen_node(people, role, account, request.args)
    return _choose_node(people, account, role) if node is None else _choose_term(people, account, role, node)


def _choose_role(people: People, account: AccountInfo, found: Sequence[Offer], asked: Offer | None) -> Response:
    is_sent = request.method == "POST"
    if is_sent and asked is not None and asked.role in ADMINISTRATORS:
        people.note_refusal(account, change="granted", because="administrator")
    elif is_sent and asked is not None and asked.is_excluded:
        people.note_refusal(account, change="granted", because="exclusive")
    return render(
        "person_grant_role.html",
        title="授予岗位",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if is_sent else HTTPStatus.OK,
        account=account,
        offers=found,
        problem=f"没有授予。{asked.name}：{asked.obstacle}。"
        if asked
        else "没有授予。请选择一个角色。"
        if is_sent
        else "",
    )


def _chosen_node(people: People, role: Role, account: AccountInfo, given: Mapping[str, str]) -> Node | None:
    """The node of the address, such as ``class:12``, where the role can be held there."""
    only = own_node(role, account)
    if only is not None:
        return only
    level, _, number = given.get("node", "").partition(":")
    is_number = number.isascii() and number.isdigit() and len(number) <= _LONGEST_NUMBER
    if level not in ROLES[role].nodes or not is_number:
        return None
    return people.services.nodes.get(level, int(number), scope=people.services.scope())


def _choose_node(people: People, account: AccountInfo, role: Role) -> Response:
    levels = {level: LEVELS_ZH[level] for level in ROLES[role].nodes}
    level = request.args.get("level", "")
    level = level if level in levels else next(iter(levels))
    text, page = printable(request.args.get("q", "")), page_number(request.args.get("page", ""))
    services = people.services
    found = services.nodes.find(level, scope=services.scope(), search=text, page=page, size=NODES_SHOWN)
    address: dict[str, Any] = {"account_id": account.account_id, "role": role.value, "level": level, "q": text}
    return render(
        "person_grant_node.html",
        title="授予岗位",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if request.method == "POST" else HTTPStatus.OK,
        problem="没有授予：没有这个地方，或这个角色不能设在那里。请重新选择。" if request.method == "POST" else "",
        account=account,
        role=role,
        info=ROLES[role],
        level=level,
        levels=levels,
        search=text,
        nodes=found.nodes,
        part=Slice(total=found.total, page=page, size=NODES_SHOWN),
        link=lambda number: url_for("posts.grant", **address, page=number),
    )


def _choose_term(people: People, account: AccountInfo, role: Role, node: Node) -> ResponseReturnValue:
    form, services = GrantForm(), people.services
    if form.validate_on_submit():
        try:
            services.posts.grant(
                account.account_id,
                role=role,
                node_level=node.level,
                node_id=node.node_id,
                valid_from=form.valid_from.data,
                valid_to=form.valid_to.data,
                by=people.actor(),
            )
        except UserError as error:
            form.form_errors.append(refusal_zh(error))
        else:
            flash(f"已授予{ROLES[role].name_zh}（{node.name}）。{account.name}需要重新登录。", "done")
            return back_to(account.account_id)
    if not form.is_submitted():
        form.valid_from.data = services.today()
    post = Post(
        role=role, node_level=node.level, node_id=node.node_id, valid_from=services.today(), node_name=node.name
    )
    return render(
        "person_grant.html",
        title="授予岗位",
        status=status_of(form),
        account=account,
        post=post,
        form=form,
        rights=rights_of(role),
        sights=sights_of_post(post),
        has_choice=own_node(role, account) is None,
    )


def end(people: People, account_id: int, post_id: int) -> ResponseReturnValue:
    """Ending a post, at once or on a day to come."""
    account, services = people.account(account_id), people.services
    if people.is_locked(account, change="ended"):
        return back_to(account_id)
    post = next((post for post in services.posts.of(account_id) if post.post_id == post_id), None)
    if post is None:
        abort(404)
    form, today = EndForm(), services.today()
    if not form.validate_on_submit():
        if not form.is_submitted():
            form.seen.data = fmt.day(post.valid_to)
        return render(
            "person_end.html",
            title="终止岗位",
            status=status_of(form),
            account=account,
            post=post,
            term=term_of_post(post),
            form=form,
            sights=sights_of_post(post),
        )
    if form.seen.data != fmt.day(post.valid_to):
        return told_and_back(account_id, CHANGED)
    last = form.last_day(today)
    when = "已收回" if last < today else f"将在 {fmt.day(last)} 结束"
    return people.attempt(
        account_id,
        lambda: services.posts.end(post_id, on=last, by=people.actor()),
        done=f"{post.title_zh}：{when}。{account.name}需要重新登录。",
    )


ROUTES: Final = (
    Route(path=f"{ACCOUNT}/posts/new", view=grant, permission=Permission.POST_GRANT, methods=FORM),
    Route(path=f"{ACCOUNT}/posts/<number:post_id>/end", view=end, permission=Permission.POST_GRANT, methods=FORM),
)


def blueprint(services: Services) -> Blueprint:
    """The pages about posts below ``/admin/people/<account>``."""
    return blueprint_of("posts", ROUTES, prefix=PREFIX, context=People(services))
