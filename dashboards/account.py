"""One's own account: posts and what they let one see, the password, and the browsers one is signed in with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import PasswordField
from wtforms.validators import EqualTo, InputRequired

from dashboards import identity
from dashboards.browsers import browser_zh
from dashboards.entitlements import Right, Sight, rights_of, sights_of_post
from dashboards.routes import FORM, WRITE, Route, blueprint_of
from dashboards.server_page import render
from dashboards.services import Services
from dashboards.wording import KINDS_ZH, method_zh, moment, origin_zh, refusal_zh, term_of_post
from data_access.access.passwords import REMEMBERED, SHORTEST, problems_of
from data_access.access.permissions import Permission
from data_access.access.sessions import SessionInfo
from data_access.access.viewer import Post
from data_access.errors import UserError

POLICY: Final = (
    f"至少 {SHORTEST} 个字符",
    "大写字母、小写字母、数字、其他字符中至少三类",
    "不含用户名和姓名，不由常用词、键盘顺序、年份拼成",
    f"与最近 {REMEMBERED} 个密码都不同",
)
"""What `data_access.access.passwords` asks of a new password, to be read before typing."""


class PasswordForm(FlaskForm):  # type: ignore[misc]  # flask_wtf has no types
    """The old password once and the new one twice."""

    old = PasswordField("现在的密码", validators=[InputRequired("请输入现在的密码。")])
    new = PasswordField("新密码", validators=[InputRequired("请输入新密码。")])
    again = PasswordField(
        "再输入一次新密码",
        validators=[InputRequired("请再输入一次新密码。"), EqualTo("new", message="两次输入的新密码不一样。")],
    )


@dataclass(frozen=True, kw_only=True)
class HeldPost:
    """A post with what it gives, for people.

    Attributes:
        when: ``current``, ``future`` or ``former`` on the day of the page.
        term: from when to when.
        origin: who gave it, in a word.
    """

    post: Post
    when: str
    term: str
    origin: str
    rights: tuple[Right, ...]
    sights: tuple[Sight, ...]


@dataclass(frozen=True, kw_only=True)
class Device:
    """One open sign-in, for its owner to recognise."""

    sign_in_id: int
    browser: str
    since: str
    method: str
    address: str
    active: str
    is_this_one: bool = False


def held_posts(posts: Iterable[Post], today: dt.date) -> tuple[HeldPost, ...]:
    """All posts with what they give: current ones first, then those to come, then former ones, newest first."""
    made = [
        HeldPost(
            post=post,
            when=when_held(post, today),
            term=term_of_post(post),
            origin=origin_zh(post.source),
            rights=rights_of(post.role),
            sights=sights_of_post(post),
        )
        for post in posts
    ]
    order = ("current", "future", "former")
    return tuple(sorted(made, key=lambda held: (order.index(held.when), -held.post.valid_from.toordinal())))


def when_held(post: Post, today: dt.date) -> str:
    """Whether a post is ``current``, ``future`` or ``former`` on a day; one taken back altogether is former."""
    if post.holds_on(today):
        return "current"
    is_taken_back = post.valid_to is not None and post.valid_to < post.valid_from
    return "future" if post.valid_from > today and not is_taken_back else "former"


def devices(sessions: Sequence[SessionInfo], *, own: int = 0) -> tuple[Device, ...]:
    """Open sign-ins in words, the one with id `own` first."""
    made = [
        Device(
            sign_in_id=item.sign_in_id,
            browser=browser_zh(item.browser),
            since=moment(item.started_at),
            method=method_zh(item.method),
            address=item.address or "未知地址",
            active=moment(item.active_at),
            is_this_one=item.sign_in_id == own,
        )
        for item in sessions
    ]
    return tuple(sorted(made, key=lambda device: not device.is_this_one))


# -- the page ---------------------------------------------------------------------------------


def index(services: Services) -> ResponseReturnValue:
    """The page of the viewer's own account."""
    return _page(services, PasswordForm(formdata=None))


def _page(services: Services, form: PasswordForm) -> Response:
    viewer = services.viewer()
    return render(
        "account.html",
        title="我的账号",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if form.is_submitted() else HTTPStatus.OK,
        form=form,
        policy=POLICY,
        account=services.accounts.own(viewer),
        kind=KINDS_ZH.get(viewer.person_kind, viewer.person_kind),
        posts=held_posts(services.posts.of(viewer.account_id), services.today()),
        devices=devices(services.sessions.of(viewer.account_id), own=viewer.sign_in_id),
    )


def change_password(services: Services) -> ResponseReturnValue:
    """Another password, and an end of all other sign-ins."""
    form, viewer = PasswordForm(), services.viewer()
    if not form.validate_on_submit():
        return _page(services, form)
    problems = problems_of(form.new.data, username=viewer.username, name=viewer.name)
    if problems:
        form.new.errors = problems
        return _page(services, form)
    try:
        services.accounts.change_password(
            viewer.account_id, old=form.old.data, new=form.new.data, address=request.remote_addr or ""
        )
    except UserError as error:
        form.form_errors.append(refusal_zh(error))
        return _page(services, form)
    # Every session has ended with the old password, this one too; the person has just proved who they are.
    identity.start_session(viewer.account_id, "password")
    flash("密码已修改，其他地方的登录已全部结束。", "done")
    return redirect(url_for("account.index"), HTTPStatus.SEE_OTHER)


def end_sign_in(services: Services, sign_in_id: int) -> ResponseReturnValue:
    """The end of one sign-in of the viewer; that of somebody else's number is nothing at all."""
    services.sessions.end(sign_in_id, because="ended-by-owner", account_id=services.viewer().account_id)
    flash("这处登录已经结束。", "done")
    return redirect(url_for("account.index", _anchor="sign-ins"), HTTPStatus.SEE_OTHER)


def end_others(services: Services) -> ResponseReturnValue:
    """The end of all sign-ins of the viewer but this one."""
    viewer = services.viewer()
    for item in services.sessions.of(viewer.account_id):
        if item.sign_in_id != viewer.sign_in_id:
            services.sessions.end(item.sign_in_id, because="ended-by-owner", account_id=viewer.account_id)
    flash("其他地方的登录已全部结束。", "done")
    return redirect(url_for("account.index", _anchor="sign-ins"), HTTPStatus.SEE_OTHER)


_OWN: Final = Permission.ACCOUNT_OWN
ROUTES: Final = (
    Route(path="", view=index, permission=_OWN),
    Route(path="/password", view=change_password, permission=_OWN, methods=FORM),
    Route(path="/sign-ins/<number:sign_in_id>/end", view=end_sign_in, permission=_OWN, methods=WRITE),
    Route(path="/sign-ins/end-others", view=end_others, permission=_OWN, methods=WRITE),
)


def blueprint(services: Services) -> Blueprint:
    """The pages below ``/account``."""
    return blueprint_of("account", ROUTES, prefix="/account", context=services)
