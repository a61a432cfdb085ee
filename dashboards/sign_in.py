"""Signing in and out, and the first password of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from flask import Blueprint, Response, jsonify, redirect, request
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import EqualTo, InputRequired, Length

from dashboards import browser_mark, demo_people, identity
from dashboards.account import POLICY
from dashboards.guard import asked_by_pages, open_to_all, open_to_signed_in
from dashboards.server_page import render
from dashboards.services import Services
from dashboards.surface import FIRST_PASSWORD, SIGN_IN
from data_access.access import passwords
from data_access.access.authentication import Outcome
from data_access.errors import UserError

_LONGEST_ADDRESS: Final = 2000
_NEVER_NEXT: Final = frozenset({SIGN_IN, "/sign-out", FIRST_PASSWORD, "/session", "/healthz"})
_LONGEST: Final = Length(max=passwords.LONGEST, message=f"最长 {passwords.LONGEST} 个字符。")


class SignInForm(FlaskForm):  # type: ignore[misc]  # flask_wtf has no types
    """Name and password, or the demo account that was clicked on."""

    username = StringField("用户名")
    password = PasswordField("密码")
    demo = HiddenField()


class FirstPasswordForm(FlaskForm):  # type: ignore[misc]  # flask_wtf has no types
    """The new password twice; the one-time password has just been given."""

    new = PasswordField("新密码", validators=[InputRequired("请输入新密码。"), _LONGEST])
    again = PasswordField(
        "再输入一次",
        validators=[InputRequired("请再输入一次新密码。"), EqualTo("new", message="两次输入的新密码不一样。")],
    )


@dataclass(frozen=True, kw_only=True)
class Alternative:
    """Another way to sign in, such as the campus's single sign-on."""

    label: str
    href: str


def local_address(text: str | None) -> str:
    r"""`text` where it is an address within this application that somebody may be led to, else ``/``.

    Browsers read ``//host``, ``/\host`` and ``/<tab>/host`` as addresses of other hosts.
    """
    if not text or len(text) > _LONGEST_ADDRESS or not text.startswith("/"):
        return "/"
    path = text.partition("?")[0].partition("#")[0]
    is_odd = any(character == "\\" or not character.isprintable() for character in text)
    if is_odd or "//" in path or path.rstrip("/") in _NEVER_NEXT:
        return "/"
    try:
        parts = urlsplit(text)
    except ValueError:
        return "/"
    return "/" if parts.scheme or parts.netloc else text


class _Pages:
    """The views, with what they need."""

    def __init__(self, services: Services, alternatives: Sequence[Alternative]) -> None:
        self._services = services
        self._alternatives = alternatives

    @open_to_all
    def show(self) -> ResponseReturnValue:
        """The form; whoever is signed in already has no need of it."""
        return _home() if identity.viewer_or_none() else self._form(SignInForm())

    @open_to_all
    def sign_in(self) -> ResponseReturnValue:
        """Signs in by password, or as the demo person who was clicked on."""
        if identity.viewer_or_none() is not None:
            return _home()
        form = SignInForm()
        username, password = (form.username.data or "").strip(), form.password.data or ""
        if form.demo.data:
            username, password = form.demo.data, demo_people.password_of(form.demo.data, self._services)
        outcome = self._services.authentication.by_password(
            username,
            password,
            address=request.remote_addr or "",
            browser=identity.browser(),
            mark=browser_mark.given(),
        )
        if outcome.account_id is None:
            return self._form(form, outcome)
        try:
            identity.start_session(outcome.account_id, "password", outcome.token)
        except UserError as error:
            return self._form(form, Outcome(message=str(error)))
        browser_mark.keep(outcome.mark)
        return redirect(FIRST_PASSWORD) if identity.current_viewer().must_change_password else _home()

    @open_to_signed_in
    def sign_out(self) -> ResponseReturnValue:
        """Ends the session, here and on the server."""
        identity.end_session()
        return redirect(SIGN_IN)

    @asked_by_pages
    @open_to_signed_in
    def still_there(self) -> ResponseReturnValue:
        """Lets an open page find out that its session has ended; asking does not prolong it."""
        return jsonify(signed_in=True)

    @open_to_signed_in
    def first_password(self) -> ResponseReturnValue:
        """Replaces a password that somebody else knows; nothing else can be reached before."""
        viewer = identity.current_viewer()
        if not viewer.must_change_password:
            return redirect("/")
        form = FirstPasswordForm()
        problems: list[str] = []
        if form.validate_on_submit():
            try:
                self._services.accounts.set_first_password(
                    viewer.account_id, new=form.new.data or "", address=request.remote_addr or ""
                )
            except UserError as error:
                problems = str(error).splitlines()
            else:
                identity.start_session(viewer.account_id, "password")
                return redirect("/")
        return render(
            "first_password.html",
            title="设置新密码",
            status=HTTPStatus.OK if request.method == "GET" else HTTPStatus.BAD_REQUEST,
            form=form,
            problems=[*problems, *form.new.errors, *form.again.errors],
            viewer=viewer,
            policy=POLICY,
        )

    def _form(self, form: SignInForm, outcome: Outcome | None = None) -> Response:
        wait = outcome.retry_after if outcome else 0
        status = HTTPStatus.OK
        if outcome is not None:
            status = HTTPStatus.TOO_MANY_REQUESTS if wait else HTTPStatus.UNAUTHORIZED
        shown = render(
            "sign_in.html",
            title="登录",
            status=status,
            form=form,
            message=outcome.message if outcome else "",
            alternatives=self._alternatives,
            next=local_address(request.args.get("next")),
            people=demo_people.listed(self._services),
            demo_password=demo_people.password(self._services.settings),
        )
        if wait:
            shown.headers["Retry-After"] = str(wait)
        return shown


def _home() -> ResponseReturnValue:
    """Where somebody goes who has signed in: to the address they came from, or to their first page."""
    return redirect(local_address(request.args.get("next")))


def blueprint(services: Services, *, alternatives: Sequence[Alternative] = ()) -> Blueprint:
    """The pages of signing in and out.

    Args:
        services: those of the installation.
        alternatives: other ways to sign in than by password.
    """
    pages = _Pages(services, alternatives)
    routes = Blueprint("sign_in", __name__)
    routes.add_url_rule(SIGN_IN, "show", pages.show, methods=["GET"])
    routes.add_url_rule(SIGN_IN, "sign_in", pages.sign_in, methods=["POST"])
    routes.add_url_rule("/sign-out", "sign_out", pages.sign_out, methods=["POST"])
    routes.add_url_rule("/session", "still_there", pages.still_there, methods=["GET"])
    routes.add_url_rule(FIRST_PASSWORD, "first_password", pages.first_password, methods=["GET", "POST"])
    return routes
