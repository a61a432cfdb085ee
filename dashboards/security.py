"""What every response and every cookie carries so that browsers protect the people who use them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from flask import Flask, Response, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask_wtf.csrf import CSRFProtect, generate_csrf, validate_csrf
from werkzeug.middleware.proxy_fix import ProxyFix
from wtforms import ValidationError

from dashboards import identity
from dashboards.surface import ASSETS, SUITES
from data_access.settings import Settings

LARGEST_BODY: Final = 2 * 1024 * 1024
TOKEN_COOKIE: Final = "_csrf_token"  # noqa: S105 (a name)
"""Readable by scripts of our pages: dash-renderer copies it into the header of every request for data."""
_KEPT: Final = frozenset({SUITES, ASSETS})
_YEAR: Final = 365 * 24 * 3600

HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
}


def policy(script_hashes: Sequence[str]) -> str:
    """The content security policy of a page that may run the inline scripts with these hashes.

    Plotly sets styles on what it draws and turns charts into images by way of blobs; no script may be written
    into a page, no other host asked, no frame put around us.
    """
    scripts = " ".join(["'self'", *script_hashes])
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {scripts}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "object-src 'none'",
            "frame-ancestors 'none'",
        ]
    )


class _Sessions(SecureCookieSessionInterface):
    """Flask's own cookie, which stays out of the way of what browsers may keep.

    Scripts and style sheets are the same for everybody: with ``Vary: Cookie`` they would be loaded anew
    after every sign-in.
    """

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if request.endpoint not in _KEPT:
            super().save_session(app, session, response)


def configure(server: Flask, settings: Settings, secret: bytes) -> None:
    """Cookies, limits and what is believed of a proxy. To be called before anything registers on `server`."""
    is_secure = settings.is_production
    server.config.update(
        SECRET_KEY=secret,
        SESSION_COOKIE_NAME="__Host-luoxuan" if is_secure else "luoxuan",
        SESSION_COOKIE_PATH="/",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=is_secure,
        SESSION_REFRESH_EACH_REQUEST=False,
        MAX_CONTENT_LENGTH=LARGEST_BODY,
        PROVIDE_AUTOMATIC_OPTIONS=False,
        PREFERRED_URL_SCHEME="https" if is_secure else "http",
        WTF_CSRF_TIME_LIMIT=None,  # it lives as long as the session that it is bound to
    )
    server.session_interface = _Sessions()
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        server.wsgi_app = ProxyFix(server.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]


def install(server: Flask, *, is_secure: bool, script_hashes: Callable[[], Sequence[str]]) -> None:
    """Proof of origin for every request that changes something, and headers on every response.

    To be called after the guard has been installed: a request is refused for want of a session before it is for
    want of a token.

    Args:
        server: the server of the application.
        is_secure: True where it is reached by HTTPS alone.
        script_hashes: of the inline scripts of the application's document.
    """
    CSRFProtect(server)

    def protect(response: Response) -> Response:
        response.headers.update(HEADERS)
        response.headers["Content-Security-Policy"] = policy(script_hashes())
        if is_secure:
            response.headers["Strict-Transport-Security"] = f"max-age={_YEAR}"
        if request.endpoint in _KEPT and response.status_code < 400:
            _let_browser_keep(response)
        else:
            response.headers["Cache-Control"] = "no-store"
            response.vary.add("Cookie")
            _hand_out_token(response, is_secure=is_secure)
        return response

    server.after_request(protect)


def _let_browser_keep(response: Response) -> None:
    """What carries its version in its address may be kept for good; the rest is asked for again."""
    has_version = bool(response.cache_control.max_age) if request.endpoint == SUITES else "m" in request.args
    if has_version:
        response.headers["Cache-Control"] = f"private, max-age={_YEAR}, immutable"
    else:
        response.headers["Cache-Control"] = "private, no-cache"


def _hand_out_token(response: Response, *, is_secure: bool) -> None:
    """Give a signed-in browser the token that its requests for data must carry, where it has none that counts."""
    if identity.viewer_or_none() is None:
        if TOKEN_COOKIE in request.cookies:
            response.delete_cookie(TOKEN_COOKIE, path="/", secure=is_secure, samesite="Lax")
        return
    try:
        validate_csrf(request.cookies.get(TOKEN_COOKIE))
    except ValidationError:
        response.set_cookie(TOKEN_COOKIE, generate_csrf(), path="/", secure=is_secure, samesite="Lax")
