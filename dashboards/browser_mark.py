"""The cookie by which a browser is known in which somebody has signed in before; it stays when they sign out.

It is no session and opens nothing: see `data_access.access.known_browsers`.
"""

from __future__ import annotations

from typing import Final

from flask import Response, after_this_request, current_app, request

from data_access.access.known_browsers import LIFETIME

COOKIE: Final = "luoxuan-browser"


def given() -> str:
    """The mark that the browser of the current request carries, unchecked; empty without one."""
    return request.cookies.get(_name(), "")


def keep(mark: str) -> None:
    """Have the browser of the current request carry this mark from now on."""

    def set_cookie(response: Response) -> Response:
        response.set_cookie(
            _name(),
            mark,
            max_age=LIFETIME,
            path="/",
            secure=_is_secure(),
            httponly=True,
            samesite="Lax",
        )
        return response

    after_this_request(set_cookie)


def _name() -> str:
    return f"__Host-{COOKIE}" if _is_secure() else COOKIE


def _is_secure() -> bool:
    return bool(current_app.config["SESSION_COOKIE_SECURE"])
