"""Who is behind a request: the only module that knows Flask-Login.

The cookie holds a random token and nothing else of the person; whether it still counts is asked of
`data_access.access.sessions` with every request.
"""

from __future__ import annotations

from typing import Final

from flask import Flask, abort, current_app, g, request, session
from flask_login import LoginManager, current_user, login_user, logout_user
from werkzeug.exceptions import RequestEntityTooLarge

from dashboards import questions
from dashboards.surface import DASH_ROUTES, DATA
from data_access.access.sessions import Sessions
from data_access.access.viewer import Viewer

_SERVED_FOR_A_PAGE: Final = frozenset(
    endpoint for endpoint, access in DASH_ROUTES.items() if not access.is_page and endpoint != DATA
)
"""What a browser fetches along with a page, or of its own accord."""
SCREEN_FEED: Final = "screen.scenes"
"""Endpoint that a wall screen asks every minute, in a preview as well."""
SESSION_CHECK: Final = "sign_in.still_there"
"""Endpoint by which an open page asks whether its session has ended."""
_LONGEST_BROWSER: Final = 300


class Person:
    """What Flask-Login calls a user: a viewer, known to the browser by the token of the sign-in."""

    is_active = True
    is_authenticated = True
    is_anonymous = False

    def __init__(self, viewer: Viewer, token: str) -> None:
        self.viewer = viewer
        self._token = token

    def get_id(self) -> str:
        """What the signed cookie holds."""
        return self._token


def install(server: Flask, sessions: Sessions) -> None:
    """Let `server` recognise who is signed in."""
    manager = LoginManager()
    # The session is bound to a row of the database, not to an address, which changes on a campus network.
    manager.session_protection = None
    manager.init_app(server, add_context_processor=False)
    server.extensions["luoxuan.sessions"] = sessions

    def resume(token: str) -> Person | None:
        viewer = sessions.resume(token, is_activity=_is_activity())
        return None if viewer is None else Person(viewer, token)

    manager.user_loader(resume)


def _is_activity() -> bool:
    """Whether the request shows that somebody is there: not so what a page asks by a timer."""
    if request.endpoint in _SERVED_FOR_A_PAGE or request.endpoint in {SCREEN_FEED, SESSION_CHECK}:
        return False
    if request.endpoint != DATA:
        return True
    try:
        return not questions.is_by_itself(questions.body())
    except RequestEntityTooLarge:  # refused later, with everything that belongs to a refusal
        return True


def viewer_or_none() -> Viewer | None:
    """The viewer of the current request, looked up once; None where nobody is signed in."""
    return getattr(current_user, "viewer", None)


def current_viewer() -> Viewer:
    """The viewer of the current request.

    Raises:
        werkzeug.exceptions.Unauthorized: nobody is signed in.
    """
    viewer = viewer_or_none()
    if viewer is None:
        abort(401)
    return viewer


def browser() -> str:
    """What the browser of the current request calls itself."""
    return (request.user_agent.string or "")[:_LONGEST_BROWSER]


def start_session(account_id: int, method: str, token: str = "") -> None:
    """Sign the browser in; whatever it held before, its token included, is gone.

    Args:
        account_id: whose session it is, already authenticated.
        method: ``password``, ``oidc`` or ``cas``.
        token: of the session, where it began with the authentication.

    Raises:
        UserError: the account is disabled or holds no post today.
    """
    former = viewer_or_none()
    if former is not None:
        _sessions().end(former.sign_in_id, because="new sign-in", account_id=former.account_id)
    session.clear()
    token = token or _sessions().open(account_id, method=method, address=request.remote_addr or "", browser=browser())
    viewer = _sessions().resume(token, is_activity=True)
    if viewer is None:  # disabled in this very moment
        abort(401)
    login_user(Person(viewer, token))
    session.pop("_id", None)  # a hash of address and browser, of which nothing depends on here
    session.pop("_fresh", None)
    g.pop("csrf_token", None)  # made for the form that was sent, within the session that is gone


def end_session() -> None:
    """Sign the person out, in this browser and everywhere; a copy of the cookie is worth nothing afterwards."""
    viewer = viewer_or_none()
    if viewer is not None:
        _sessions().end_all(viewer.account_id, because="sign-out", address=request.remote_addr or "")
    logout_user()
    session.clear()


def _sessions() -> Sessions:
    sessions: Sessions = current_app.extensions["luoxuan.sessions"]
    return sessions
