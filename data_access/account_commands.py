"""Commands of the operator that concern accounts and posts: ``luoxuan account …``.

The first administrators are made here and nowhere else: whoever may run commands on the server is trusted already.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

import click

from data_access.access.accounts import AccountInfo, Accounts, Actor
from data_access.access.audit import AuditLog
from data_access.access.changes import changing
from data_access.access.passwords import one_time_password
from data_access.access.posts import Posts
from data_access.access.roles import ROLES, SCHOOL_ID, Role
from data_access.access.scope import Scope
from data_access.access.viewer import Post
from data_access.clock import today
from data_access.errors import UserError, suggestion
from data_access.installation import open_home
from data_access.settings import Settings

_PERSONS: Final = ("teacher", "student")
_PAGE: Final = 200


@dataclass(frozen=True, kw_only=True)
class Node:
    """A node of the organisation, as ``--node`` names it."""

    level: str
    node_id: int


class NodeType(click.ParamType):
    """Reads ``LEVEL:ID``; ``school`` needs no number."""

    name = "LEVEL:ID"

    def convert(self, value: str | Node, param: click.Parameter | None, ctx: click.Context | None) -> Node:
        """The node; wrong usage where the text names none."""
        if isinstance(value, Node):
            return value
        level, _, number = value.partition(":")
        levels = sorted({level for info in ROLES.values() for level in info.nodes})
        if level not in levels:
            self.fail(f"{level!r} is none of {', '.join(levels)}{suggestion(level, levels)}", param, ctx)
        if level == "school" and not number:
            return Node(level=level, node_id=SCHOOL_ID)
        if not number.isascii() or not number.isdigit():
            self.fail(f"Expected {level}:ID with a number. Got {value!r}; see 'luoxuan entities'.", param, ctx)
        return Node(level=level, node_id=int(number))


class _Desk:
    """Accounts and posts of the installation, and who works on them."""

    def __init__(self) -> None:
        settings = Settings.from_environment()
        self.database = open_home(settings)
        audit = AuditLog(self.database)
        self.accounts = Accounts(self.database, audit)
        self.posts = Posts(self.database, audit)
        self.by = Actor.console()
        self.scope = Scope.all("command line of the operator")

    def account(self, username: str) -> AccountInfo:
        """The account of that name.

        Raises:
            UserError: there is none.
        """
        found = self.accounts.named(username, scope=self.scope)
        if found is None:
            raise UserError(f"There is no account {username!r}. List them with 'luoxuan account list'.")
        return found


_role_option = click.option(
    "--role", required=True, type=click.Choice([role.value for role in Role]), help="Role of the post."
)
_node_option = click.option(
    "--node", type=NodeType(), help="Where the role is held, for example class:12; may be left out for the school."
)
_day = click.DateTime(["%Y-%m-%d"])


def _reason(_context: click.Context, _option: click.Parameter, text: str) -> str:
    if not text.strip():
        raise click.BadParameter("Expected a reason; pages show it beside the account.")
    return text


@click.group("account")
def account_group() -> None:
    """Who may sign in, and which posts they hold."""


@account_group.command("create")
@click.argument("username")
@click.option("--name", required=True, help="Name of the person.")
@_role_option
@_node_option
def account_create(*, username: str, name: str, role: str, node: Node | None) -> None:
    """Create the account USERNAME with a post from today on, and print its one-time password."""
    desk, post = _Desk(), Role(role)
    place = _place(post, node)
    password = one_time_password()
    is_person = place.level in _PERSONS
    with changing(desk.database) as connection:
        account_id = desk.accounts.create_in(
            connection,
            username=username,
            name=name,
            person_kind=place.level if is_person else "other",
            person_id=place.node_id if is_person else None,
            source="manual",
            password=password,
            by=desk.by,
        )
        desk.posts.grant_in(
            connection,
            account_id,
            role=post,
            node_level=place.level,
            node_id=place.node_id,
            valid_from=today(),
            by=desk.by,
        )
    _print_password(password)


@account_group.command("password")
@click.argument("username")
def account_password(*, username: str) -> None:
    """Give USERNAME a one-time password and print it; all their sessions end."""
    desk = _Desk()
    _print_password(desk.accounts.reset_password(desk.account(username).account_id, by=desk.by))


@account_group.command("disable")
@click.argument("username")
@click.option("--because", required=True, callback=_reason, help="Why, for the record.")
def account_disable(*, username: str, because: str) -> None:
    """Disable USERNAME; all their sessions end."""
    desk = _Desk()
    desk.accounts.disable(desk.account(username).account_id, because=because, by=desk.by)


@account_group.command("enable")
@click.argument("username")
def account_enable(*, username: str) -> None:
    """Enable USERNAME again."""
    desk = _Desk()
    desk.accounts.enable(desk.account(username).account_id, by=desk.by)


@account_group.command("list")
@click.option("--search", default="", help="Only those whose username or name contains this.")
@click.option("--role", type=click.Choice([role.value for role in Role]), help="Only those who hold it today.")
def account_list(*, search: str, role: str | None) -> None:
    """Print accounts by username, each with its posts and their numbers."""
    desk, page, shown = _Desk(), 1, 0
    while True:
        found = desk.accounts.find(
            scope=desk.scope, search=search, role=Role(role) if role else None, page=page, size=_PAGE
        )
        posts = desk.posts.of_all([account.account_id for account in found.accounts])
        for account in found.accounts:
            click.echo(_account_line(account))
            for post in posts.get(account.account_id, ()):
                click.echo(_post_line(post))
        page, shown = page + 1, shown + len(found.accounts)
        if not found.accounts or shown >= found.total:
            break
    click.echo(f"{found.total} accounts", err=True)


@account_group.command("grant")
@click.argument("username")
@_role_option
@_node_option
@click.option("--from", "first", type=_day, help="First day; default today.")
@click.option("--to", "last", type=_day, help="Last day; default open.")
def account_grant(
    *, username: str, role: str, node: Node | None, first: dt.datetime | None, last: dt.datetime | None
) -> None:
    """Give USERNAME a post; all their sessions end."""
    desk, post = _Desk(), Role(role)
    place = _place(post, node)
    number = desk.posts.grant(
        desk.account(username).account_id,
        role=post,
        node_level=place.level,
        node_id=place.node_id,
        valid_from=first.date() if first else today(),
        valid_to=last.date() if last else None,
        by=desk.by,
    )
    click.echo(f"post {number}")


@account_group.command("end")
@click.argument("post", type=click.IntRange(1, 2**31 - 1))
@click.option("--on", "last", type=_day, help="Last day on which it is held; default yesterday.")
def account_end(*, post: int, last: dt.datetime | None) -> None:
    """End the post with the number POST; all sessions of its holder end."""
    desk = _Desk()
    desk.posts.end(post, on=last.date() if last else today() - dt.timedelta(days=1), by=desk.by)


def _place(role: Role, node: Node | None) -> Node:
    if node is not None:
        return node
    levels = ROLES[role].nodes
    if "school" not in levels:
        raise UserError(f"The role {role.value} is held at a {' or '.join(levels)}: add --node {levels[0]}:ID.")
    return Node(level="school", node_id=SCHOOL_ID)


def _print_password(password: str) -> None:
    click.echo("One-time password (shown only now; to be changed at the first sign-in):", err=True)
    click.echo(password)


def _account_line(account: AccountInfo) -> str:
    state = f"disabled: {account.disabled_because}" if account.is_disabled else "enabled"
    seen = f"{account.last_sign_in_at:%Y-%m-%d}" if account.last_sign_in_at else "never signed in"
    return f"{account.username:20} {account.name}  {account.source}, {state}, {seen}"


def _post_line(post: Post) -> str:
    until = f"{post.valid_to}" if post.valid_to else ""
    node = f"{post.node_level}:{post.node_id} {post.node_name}".strip()
    return f"    {post.post_id:>6}  {post.role.value:22} {node}  {post.valid_from} – {until}".rstrip()
