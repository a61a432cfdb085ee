"""Which requests reach a view at all: one check before every one of them, and the answer is no unless something says yes.

Who may reach what is declared in `dashboards.surface`. A request for data needs, besides, the permission of the
callback that it asks for.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from flask import Flask, Response, redirect, request

from dashboards import questions, refusals
from dashboards.denials import Denials
from dashboards.surface import (
    ASSETS,
    DATA,
    FIRST_PASSWORD,
    OPEN_ASSETS,
    SIGN_IN,
    Access,
    access_of,
    asked_by_pages,
    denial,
    needs,
    open_to_all,
    open_to_signed_in,
    opens_by_screen_token,
    takes_up_to,
)
from data_access.access.permissions import Permission
from data_access.access.viewer import Viewer

__all__ = [
    "Access",
    "asked_by_pages",
    "install",
    "needs",
    "open_to_all",
    "open_to_signed_in",
    "opens_by_screen_token",
    "takes_up_to",
]

Callbacks = Mapping[str, Mapping[str, Any]]

UNKNOWN: Final = "没有这样的数据请求。"
MALFORMED: Final = "请求的格式不对。"
ENDED: Final = "登录已结束，请重新登录。"
PASSWORD_FIRST: Final = "请先设置新密码。"  # noqa: S105 (a message)


HEALTH: Final = "health.healthz"
"""Those who watch over the server ask by its address."""
_BEFORE_THE_PASSWORD: Final = frozenset({"sign_in.first_password", "sign_in.sign_out"})
"""All that may be reached with a password that must be changed, besides what is open to everybody."""


def install(
    server: Flask,
    *,
    hosts: Collection[str],
    elsewhere: str,
    who: Callable[[], Viewer | None],
    at_screen: Callable[[], Viewer | None] = lambda: None,
    screen_refusal: Callable[[Access | None], Response | None] = lambda _: None,
    callbacks: Callable[[], Callbacks],
    denials: Denials,
) -> None:
    """Let `server` refuse whatever is not allowed. To be called before anything else registers on it.

    Args:
        server: the server of the application.
        hosts: names by which it may be asked, health checks apart. A page of another site whose name leads to this
            machine could otherwise read what is meant for whoever sits at it, and addresses that are built from the
            name would lead elsewhere.
        elsewhere: what is said to whoever asks by another name.
        who: the viewer of the current request, None before sign-in.
        at_screen: the wall screen behind the current request, None where it shows no token that counts. Asked
            only where a route takes such tokens.
        screen_refusal: what a screen is told whose token does not count; None for whoever showed none.
        callbacks: Dash's callbacks by output.
        denials: where refusals for want of a permission are recorded.
    """

    def check() -> Response | None:
        if request.endpoint != HEALTH and _hostname(request.host) not in hosts:
            return refusals.refuse(HTTPStatus.BAD_REQUEST, elsewhere)
        access = access_of(server, request.endpoint)
        if (access is not None and not access.needs_sign_in) or _is_open_asset():
            return None
        takes_token = access is not None and access.takes_screen_token
        viewer = (at_screen() if takes_token else None) or who()
        if viewer is None:
            return (screen_refusal(access) if takes_token else None) or _to_sign_in(access)
        if viewer.must_change_password and request.endpoint not in _BEFORE_THE_PASSWORD:
            return _to_first_password(access)
        if request.endpoint is None:
            return None  # nothing is there, or not for this method: the server says so itself
        if access is None:
            denials.note(viewer, request.path, permission=None, address=request.remote_addr or "")
            return refusals.refuse(HTTPStatus.FORBIDDEN, denial(None))
        if access.permission is not None and not viewer.may(access.permission):
            return _denied(denials, viewer, access.permission, request.path)
        _set_limit(server)
        return _check_question(viewer, callbacks(), denials) if request.endpoint == DATA else None

    server.before_request(check)


def _hostname(host: str) -> str | None:
    """Name of a host without its port; None where it is none."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def _check_question(viewer: Viewer, callbacks: Callbacks, denials: Denials) -> Response | None:
    body = questions.body()
    if not questions.is_question(body):
        return refusals.refuse(HTTPStatus.BAD_REQUEST, MALFORMED)
    entry = questions.asked(callbacks, body)
    if entry is None:
        return refusals.refuse(HTTPStatus.NOT_FOUND, UNKNOWN)
    permission = getattr(entry["callback"], "permission", None)
    if not isinstance(permission, Permission) or not viewer.may(permission):
        return _denied(denials, viewer, permission, f"{DATA} {body['output'][:120]}")
    if not questions.fits(entry, body):
        return refusals.refuse(HTTPStatus.BAD_REQUEST, MALFORMED)
    return None


def _is_open_asset() -> bool:
    return request.endpoint == ASSETS and (request.view_args or {}).get("filename") in OPEN_ASSETS


def _set_limit(server: Flask) -> None:
    largest = getattr(server.view_functions[request.endpoint or ""], "largest_body", None)
    if largest is not None:
        request.max_content_length = largest


def _to_sign_in(access: Access | None) -> Response:
    """A page leads to the sign-in page and back again; a request of a page is told to lead there."""
    if access is not None and not access.is_page:
        return refusals.refuse(HTTPStatus.UNAUTHORIZED, ENDED, go_to=SIGN_IN)
    if request.method not in {"GET", "HEAD"}:
        return _see(SIGN_IN)
    asked = request.full_path.removesuffix("?")
    return _see(SIGN_IN if asked == "/" else f"{SIGN_IN}?{urlencode({'next': asked})}")


def _to_first_password(access: Access | None) -> Response:
    if access is not None and not access.is_page:
        return refusals.refuse(HTTPStatus.FORBIDDEN, PASSWORD_FIRST, go_to=FIRST_PASSWORD)
    return _see(FIRST_PASSWORD)


def _see(address: str) -> Response:
    """A redirection that a client follows by GET."""
    answer = redirect(address, HTTPStatus.SEE_OTHER if request.method == "POST" else HTTPStatus.FOUND)
    assert isinstance(answer, Response)  # noqa: S101 (flask types it as werkzeug's)
    return answer


def _denied(denials: Denials, viewer: Viewer, permission: Permission | None, what: str) -> Response:
    denials.note(viewer, what, permission=permission, address=request.remote_addr or "")
    return refusals.refuse(HTTPStatus.FORBIDDEN, denial(permission))
