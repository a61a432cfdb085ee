"""Wall screens for those who look after them: which there are and whether they live, tokens, and what they show."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from dashboards import screen
from dashboards.people import status_of
from dashboards.people_forms import ConfirmForm
from dashboards.routes import FORM, Route, blueprint_of
from dashboards.screen_forms import IssueForm, NameForm, SettingsForm
from dashboards.server_page import render
from dashboards.services import Services
from dashboards.wording import moment, refusal_zh
from data_access import clock
from data_access.access.actors import Actor
from data_access.access.permissions import Permission
from data_access.access.screen_settings import SCENES, SettingRecord
from data_access.access.screens import ScreenInfo
from data_access.errors import UserError

PREFIX: Final = "/admin/screens"
SCREEN: Final = "/<number:screen_id>"
RECORDS_SHOWN: Final = 10


@dataclass(frozen=True, kw_only=True)
class Row:
    """One screen in the list; `state` is a CSS class and the word for it."""

    screen: ScreenInfo
    state: tuple[str, str]
    seen: str
    is_valid: bool


def row(info: ScreenInfo, services: Services) -> Row:
    """One screen in words."""
    seen = moment(info.last_seen_at)
    is_valid = info.is_valid(services.today())
    if info.revoked_at is not None:
        state = ("no-data", f"已撤销 {moment(info.revoked_at)}")
    elif not is_valid:
        state = ("alert", "已过期")
    elif info.last_seen_at is None:
        state = ("no-data", "还没有打开过")
    elif info.is_online(clock.now()):
        state = ("reached", "在线")
    else:
        state = ("warning", f"离线，自 {seen}")
    return Row(screen=info, state=state, seen=seen, is_valid=is_valid)


def told(record: SettingRecord) -> dict[str, str]:
    """One line of the history of settings."""
    return {
        "at": moment(record.set_at),
        "by": record.set_by,
        "scenes": "、".join(SCENES[key] for key in record.settings.scenes),
        "pace": f"{record.settings.seconds} 秒",
        "reload": f"{record.settings.reload_hour} 点",
    }


def _actor(services: Services) -> Actor:
    viewer = services.viewer()
    return Actor(viewer.username, viewer.account_id, request.remote_addr or "")


def _screen(services: Services, screen_id: int) -> ScreenInfo:
    found = services.screens.get(screen_id, scope=services.scope())
    return abort(404) if found is None else found


def _back() -> ResponseReturnValue:
    return redirect(url_for("screens.index"), HTTPStatus.SEE_OTHER)


def index(services: Services) -> ResponseReturnValue:
    """The list of screens, and what they show."""
    return render(
        "screens.html",
        title="大屏",
        rows=[row(info, services) for info in services.screens.all(scope=services.scope())],
        settings=services.screen_settings.current(),
        scenes=SCENES,
        records=[told(record) for record in services.screen_settings.history(last=RECORDS_SHOWN)],
    )


def issue(services: Services) -> ResponseReturnValue:
    """A new screen, and its link in the answer that made it."""
    form = IssueForm()
    if form.validate_on_submit():
        try:
            token = services.screens.issue(form.name.data, form.expires_on.data, by=_actor(services))
        except UserError as error:
            form.expires_on.errors = [*form.expires_on.errors, refusal_zh(error)]
        else:
            # In the answer to the POST itself: a redirection would have to keep the token somewhere.
            base = services.settings.public_url or request.host_url.rstrip("/")
            link = f"{base}{screen.PATH}?{screen.GIVEN}={token}"
            return render("screen_link.html", title="大屏已建立", name=form.name.data, link=link)
    elif not form.is_submitted():
        form.suggest(services.today())
    return render("screen_new.html", title="新建大屏", form=form, status=status_of(form))


def rename(services: Services, screen_id: int) -> ResponseReturnValue:
    """Another name for a screen."""
    info, form = _screen(services, screen_id), NameForm()
    if not form.validate_on_submit():
        if not form.is_submitted():
            form.name.data = info.name
        return render("screen_rename.html", title="大屏改名", screen=info, form=form, status=status_of(form))
    return _attempt(
        services, lambda actor: services.screens.rename(screen_id, form.name.data, by=actor), done="大屏已改名。"
    )


def revoke(services: Services, screen_id: int) -> ResponseReturnValue:
    """The end of a token, once confirmed."""
    info, form = _screen(services, screen_id), ConfirmForm()
    if not form.validate_on_submit():
        return render("screen_revoke.html", title="撤销令牌", screen=info, form=form)
    return _attempt(
        services,
        lambda actor: services.screens.revoke(screen_id, by=actor),
        done=f"“{info.name}”的令牌已撤销，大屏在一分钟内停止显示。",
    )


def configure(services: Services) -> ResponseReturnValue:
    """Which scenes, in which order, how fast."""
    form = SettingsForm()
    if form.validate_on_submit():
        try:
            services.screen_settings.save(form.settings(), by=_actor(services))
        except UserError as error:
            form.form_errors.append(refusal_zh(error))
        else:
            flash("设置已保存，各大屏在一分钟内按新的设置显示。", "done")
            return _back()
    elif not form.is_submitted():
        form.show(services.screen_settings.current())
    return render("screen_settings.html", title="大屏设置", form=form, scenes=SCENES, status=status_of(form))


def _attempt(services: Services, action: Any, *, done: str) -> ResponseReturnValue:
    try:
        action(_actor(services))
    except UserError as error:
        flash(refusal_zh(error), "problem")
    else:
        flash(done, "done")
    return _back()


_MANAGE: Final = Permission.SCREEN_MANAGE
ROUTES: Final = (
    Route(path="", view=index, permission=_MANAGE),
    Route(path="/new", view=issue, permission=_MANAGE, methods=FORM),
    Route(path="/settings", view=configure, permission=_MANAGE, methods=FORM),
    Route(path=f"{SCREEN}/name", view=rename, permission=_MANAGE, methods=FORM),
    Route(path=f"{SCREEN}/revoke", view=revoke, permission=_MANAGE, methods=FORM),
)


def blueprint(services: Services) -> Blueprint:
    """The pages about wall screens below ``/admin/screens``."""
    return blueprint_of("screens", ROUTES, prefix=PREFIX, context=services)
