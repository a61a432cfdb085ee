"""The wall screen: its page outside of the application, the feed it asks for every minute, and how it opens itself.

A screen shows a link with a token once and has a cookie afterwards, which the browser sends to ``/screen`` alone and
which opens nothing else (ADR 0020). Leaders open the same page by their own session, as a preview.
"""

from __future__ import annotations

import datetime as dt
from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from dashboards import refusals
from dashboards.guard import asked_by_pages, needs, opens_by_screen_token
from dashboards.screen_feed import Feed
from dashboards.services import Services
from dashboards.surface import Access
from data_access.access.permissions import Permission
from data_access.access.viewer import Viewer

PATH: Final = "/screen"
COOKIE: Final = "luoxuan_screen"
GIVEN: Final = "token"
"""Name in the address by which a screen shows its token, once."""
CLOSED: Final = "这块大屏的令牌无效、已过期或已撤销。请系统管理员在“管理 / 大屏”重新发放链接，并在本机打开一次。"
_AGAIN: Final = "60; url=/screen"
_LONGEST: Final = 200
"""Characters of a token that are looked at; a real one has 43."""


def given_token() -> str:
    """The token that the current request shows: that of its address, else that of its cookie; empty without any."""
    return (request.args.get(GIVEN) or request.cookies.get(COOKIE) or "")[:_LONGEST]


def viewer_at_screen(services: Services) -> Viewer | None:
    """The wall screen behind the current request; None where it shows no token, or none that counts."""
    token = given_token()
    return services.screens.resume(token, address=request.remote_addr or "") if token else None


def refusal(access: Access | None) -> Response | None:
    """What a screen is told whose token does not count; None for whoever showed none and may simply sign in."""
    if not given_token():
        return None
    answer = refusals.refuse(HTTPStatus.UNAUTHORIZED, CLOSED)
    if access is not None and access.is_page:
        # Nobody stands there to load the page again once a new token has been brought.
        answer.headers["Refresh"] = _AGAIN
    return answer


def blueprint(services: Services) -> Blueprint:
    """The page and its feed."""
    routes = Blueprint("screen", __name__)
    feed = Feed(services.values, services.library, services.majors, services.today)

    @routes.get(PATH)
    @opens_by_screen_token
    @needs(Permission.SCREEN_VIEW)
    def show() -> ResponseReturnValue:
        """The page, which holds no data; with a token in its address, the cookie and the way to it."""
        token = request.args.get(GIVEN, "")
        if not token:
            return make_response(render_template("screen.html"))
        answer = make_response(redirect(PATH))
        expires_on = services.screens.expires_on(token)
        if expires_on is not None:
            days = (expires_on - services.today()).days + 1
            answer.set_cookie(
                COOKIE,
                token,
                max_age=dt.timedelta(days=days),
                path=PATH,
                httponly=True,
                samesite="Strict",
                secure=services.settings.is_production,
            )
        return answer

    @routes.get(f"{PATH}/feed")
    @opens_by_screen_token
    @asked_by_pages
    @needs(Permission.SCREEN_VIEW)
    def scenes() -> ResponseReturnValue:
        """All scenes as JSON, or 304 where the screen has them already."""
        made = feed.answer(services.screen_settings.current())
        answer = Response(made.body, content_type="application/json; charset=utf-8")
        answer.set_etag(made.tag)
        answer.headers["Server-Time"] = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")
        return answer.make_conditional(request)

    return routes
