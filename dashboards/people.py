"""Accounts and posts for those who administer them: the list, one person, and what is done to an account.

Each administrator sees only what they may do, and the server checks it again. An account that does not
exist and one out of reach are the same 404.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, Response, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from dashboards.account import HeldPost, devices, held_posts
from dashboards.navigation import titles
from dashboards.people_forms import AccountForm, ConfirmForm, DisableForm
from dashboards.routes import FORM, Route, blueprint_of
from dashboards.server_page import render
from dashboards.services import Services
from dashboards.wording import KINDS_ZH, moment, origin_zh, refusal_zh, state_zh
from data_access.access.accounts import STATES, AccountInfo, Actor
from data_access.access.actors import refusal
from data_access.access.passwords import one_time_password
from data_access.access.permissions import Permission
from data_access.access.roles import ADMINISTRATORS, ROLES, Role
from data_access.access.viewer import Post, held_on
from data_access.errors import UserError
from layouts.table import Slice

PREFIX: Final = "/admin/people"
ACCOUNT: Final = "/<number:account_id>"
"""Number of an account in an address."""
PAGE_SIZE: Final = 50
POSTS_NAMED: Final = 2
LONGEST_SEARCH: Final = 40
LAST_PAGE: Final = 100_000
OWN_ACCOUNT: Final = "这是你本人的账号，不能由自己办理。"
ADMINISTRATOR: Final = "三员分立：管理员的账号与岗位只能在服务器上用 luoxuan account 命令办理。"


# -- what was asked for -----------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Search:
    """What the list is narrowed to; anything unknown counts as not asked for."""

    text: str = ""
    role: Role | None = None
    state: str = ""
    page: int = 1

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Search:
        """The search that the query of an address asks for."""
        role, state, page = (given.get(name, "") for name in ("role", "state", "page"))
        return cls(
            text=printable(given.get("q", "")),
            role=Role(role) if role in set(Role) else None,
            state=state if state in STATES else "",
            page=page_number(page),
        )

    def query(self, **changes: Any) -> dict[str, Any]:
        """The search as the query of an address, without what is empty."""
        values = {"q": self.text, "role": self.role and self.role.value, "state": self.state, "page": self.page}
        return {name: value for name, value in {**values, **changes}.items() if value and (name, value) != ("page", 1)}


def printable(text: str) -> str:
    """What was typed into a search field, without what no name contains."""
    return "".join(character for character in text if character.isprintable()).strip()[:LONGEST_SEARCH]


def page_number(text: str) -> int:
    """The number of a page in an address; 1 for what is none."""
    is_number = text.isascii() and text.isdigit() and len(text) < len(str(LAST_PAGE))
    return max(1, int(text)) if is_number else 1


# -- what is shown ----------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Row:
    """One account in the list.

    Attributes:
        posts: the first kinds of posts held today, with their nodes.
        kinds: how many kinds there are.
        state: CSS class and word.
    """

    account: AccountInfo
    kind: str
    posts: tuple[str, ...]
    kinds: int
    state: tuple[str, str]
    last_sign_in: str


def row(account: AccountInfo, posts: Sequence[Post]) -> Row:
    """One account in words.

    Args:
        account: whose row.
        posts: those it holds today, weightiest first.
    """
    held = titles(posts)
    return Row(
        account=account,
        kind=KINDS_ZH.get(account.person_kind, account.person_kind),
        posts=held[:POSTS_NAMED],
        kinds=len(held),
        state=state_zh(account),
        last_sign_in=moment(account.last_sign_in_at),
    )


def locked_because(account: AccountInfo, *, own_id: int) -> str:
    """Why nobody here may do anything to an account; empty where they may.

    Args:
        account: whom it is about.
        own_id: account of whoever asks.
    """
    if account.account_id == own_id:
        return OWN_ACCOUNT
    return ADMINISTRATOR if ADMINISTRATORS.intersection(account.roles) else ""


def status_of(form: Any) -> int:
    """The status of a page with a form: 422 where what was sent in it could not be taken."""
    return HTTPStatus.UNPROCESSABLE_ENTITY if form.is_submitted() else HTTPStatus.OK


# -- what all pages about other people share --------------------------------------------------


class People:
    """Who asks, about whom, and what they may do."""

    def __init__(self, services: Services) -> None:
        self.services = services

    def account(self, account_id: int) -> AccountInfo:
        """The account of an address.

        Raises:
            werkzeug.exceptions.NotFound: there is none, or not for this viewer.
        """
        found = self.services.accounts.get(account_id, scope=self.services.scope())
        return abort(404) if found is None else found

    def is_locked(self, account: AccountInfo, *, change: str) -> bool:
        """True where nothing may be done to the account; then the next page says why.

        Whoever sent `change` all the same, which no page offers, is recorded as refused.
        """
        reason = locked_because(account, own_id=self.services.viewer().account_id)
        if reason:
            flash(reason, "problem")
            if request.method == "POST":
                because = "own-account" if reason == OWN_ACCOUNT else "administrator"
                self.note_refusal(account, change=change, because=because)
        return bool(reason)

    def note_refusal(self, account: AccountInfo, *, change: str, because: str) -> None:
        """Record that the viewer wanted to do what they have no right to; the stores record what gets as far as them."""
        self.services.audit.write(refusal(self.actor(), account.username, change=change, because=because))

    def actor(self) -> Actor:
        """The viewer as the one who does something."""
        viewer = self.services.viewer()
        return Actor(viewer.username, viewer.account_id, request.remote_addr or "")

    def rights(self) -> dict[str, bool]:
        """Which of the buttons the viewer gets; the routes behind them check again."""
        viewer = self.services.viewer()
        return {
            "can_manage": viewer.may(Permission.ACCOUNT_MANAGE),
            "can_grant": viewer.may(Permission.POST_GRANT),
        }

    def posts_of(self, account_id: int) -> tuple[HeldPost, ...]:
        """All posts of an account with what they give."""
        return held_posts(self.services.posts.of(account_id), self.services.today())

    def attempt(self, account_id: int, action: Callable[[], object], *, done: str) -> ResponseReturnValue:
        """Do something to an account and lead back to it, saying what was done or why it was refused."""
        try:
            action()
        except UserError as error:
            flash(refusal_zh(error), "problem")
        else:
            flash(done, "done")
        return back_to(account_id)


def back_to(account_id: int) -> ResponseReturnValue:
    """The way to the page of an account."""
    return redirect(url_for("people.person", account_id=account_id), HTTPStatus.SEE_OTHER)


def told_and_back(account_id: int, text: str) -> ResponseReturnValue:
    """The way to the page of an account, where a refusal is shown."""
    flash(text, "problem")
    return back_to(account_id)


# -- the pages --------------------------------------------------------------------------------


def index(people: People) -> ResponseReturnValue:
    """The list of accounts."""
    services, search = people.services, Search.of(request.args)
    found = services.accounts.find(
        scope=services.scope(),
        search=search.text,
        role=search.role,
        state=search.state,
        page=search.page,
        size=PAGE_SIZE,
    )
    if not found.accounts and search.page > 1:
        return redirect(url_for("people.index", **search.query(page=1)))
    posts, today = services.posts.of_all([account.account_id for account in found.accounts]), services.today()
    return render(
        "people.html",
        title="账号与岗位",
        search=search,
        rows=[row(account, held_on(posts.get(account.account_id, ()), today)) for account in found.accounts],
        part=Slice(total=found.total, page=search.page, size=PAGE_SIZE),
        link=lambda page: url_for("people.index", **search.query(page=page)),
        roles=ROLES,
        states=STATES,
        **people.rights(),
    )


def person(people: People, account_id: int) -> ResponseReturnValue:
    """One account: what is known of it, its posts, its sign-ins."""
    account, services = people.account(account_id), people.services
    locked = locked_because(account, own_id=services.viewer().account_id)
    return render(
        "person.html",
        title=account.name,
        account=account,
        facts=row(account, ()),
        origin=origin_zh(account.source),
        created=moment(account.created_at),
        posts=people.posts_of(account_id),
        devices=devices(services.sessions.of(account_id)),
        locked_because=locked,
        **{name: may and not locked for name, may in people.rights().items()},
    )


def create(people: People) -> ResponseReturnValue:
    """A new account, and its one-time password in the answer that made it."""
    form, services = AccountForm(), people.services
    if form.validate_on_submit():
        password, kind = one_time_password(), form.person_kind.data
        try:
            account_id = services.accounts.create(
                username=form.username.data,
                name=form.name.data,
                person_kind=kind,
                person_id=services.nodes.person_id(kind, form.username.data, scope=services.scope()),
                source="manual",
                password=password,
                by=people.actor(),
            )
        except UserError as error:
            form.username.errors = [*form.username.errors, refusal_zh(error)]
        else:
            return _password_page(people.account(account_id), password, title="账号已建立", is_new=True)
    return render("person_new.html", title="新建账号", form=form, status=status_of(form))


def disable(people: People, account_id: int) -> ResponseReturnValue:
    """Disabling an account, with the reason."""
    account, form = people.account(account_id), DisableForm()
    if people.is_locked(account, change="disabled"):
        return back_to(account_id)
    if account.is_disabled:
        return told_and_back(account_id, f"这个账号已经停用，原因是：{account.disabled_because}")
    if not form.validate_on_submit():
        return render("person_disable.html", title="停用账号", account=account, form=form, status=status_of(form))
    return people.attempt(
        account_id,
        lambda: people.services.accounts.disable(account_id, because=form.because.data, by=people.actor()),
        done="账号已停用，其所有登录都已结束。",
    )


def enable(people: People, account_id: int) -> ResponseReturnValue:
    """Enabling a disabled account."""
    account, form = people.account(account_id), ConfirmForm()
    if people.is_locked(account, change="enabled"):
        return back_to(account_id)
    if not account.is_disabled:
        return told_and_back(account_id, "这个账号没有停用，不需要启用。")
    if not form.validate_on_submit():
        form.seen.data = account.seen
        return render("person_enable.html", title="启用账号", account=account, form=form)
    return people.attempt(
        account_id,
        lambda: people.services.accounts.enable(account_id, by=people.actor(), seen=form.seen.data or ""),
        done="账号已启用。",
    )


def reset_password(people: People, account_id: int) -> ResponseReturnValue:
    """A one-time password for somebody who cannot sign in any more."""
    account, form = people.account(account_id), ConfirmForm()
    if people.is_locked(account, change="reset"):
        return back_to(account_id)
    if not form.validate_on_submit():
        form.seen.data = account.seen
        return render("person_reset.html", title="重置密码", account=account, form=form)
    try:
        password = people.services.accounts.reset_password(account_id, by=people.actor(), seen=form.seen.data or "")
    except UserError as error:
        return told_and_back(account_id, refusal_zh(error))
    return _password_page(people.account(account_id), password, title="密码已重置")


def release_password(people: People, account_id: int) -> ResponseReturnValue:
    """The second person's consent to a password that another one issued."""
    account, form = people.account(account_id), ConfirmForm()
    if people.is_locked(account, change="released"):
        return back_to(account_id)
    if not account.awaits_release:
        return told_and_back(account_id, "这个账号没有待确认的密码重置。")
    if not form.validate_on_submit():
        form.seen.data = account.seen
        return render(
            "person_release.html",
            title="确认密码重置",
            account=account,
            form=form,
            issued=moment(account.password_changed_at),
        )
    return people.attempt(
        account_id,
        lambda: people.services.accounts.release_password(account_id, by=people.actor(), seen=form.seen.data or ""),
        done=f"密码重置已确认，{account.name}可以用一次性密码登录。",
    )


def _password_page(account: AccountInfo, password: str, *, title: str, is_new: bool = False) -> Response:
    # In the answer to the POST itself: a redirection would have to keep the password somewhere.
    return render("person_password.html", title=title, account=account, password=password, is_new=is_new)


_MANAGE: Final = Permission.ACCOUNT_MANAGE
ROUTES: Final = (
    Route(path="", view=index, permission=Permission.ACCOUNT_VIEW),
    Route(path=ACCOUNT, view=person, permission=Permission.ACCOUNT_VIEW),
    Route(path="/new", view=create, permission=_MANAGE, methods=FORM),
    Route(path=f"{ACCOUNT}/disable", view=disable, permission=_MANAGE, methods=FORM),
    Route(path=f"{ACCOUNT}/enable", view=enable, permission=_MANAGE, methods=FORM),
    Route(path=f"{ACCOUNT}/password", view=reset_password, permission=_MANAGE, methods=FORM),
    Route(path=f"{ACCOUNT}/password/release", view=release_password, permission=Permission.POST_GRANT, methods=FORM),
)


def blueprint(services: Services) -> Blueprint:
    """The pages about accounts below ``/admin/people``."""
    return blueprint_of("people", ROUTES, prefix=PREFIX, context=People(services))
