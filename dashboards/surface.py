"""What the server can be asked, and who may ask: the declarations that `dashboards.guard` enforces.

A view says it by `open_to_all`, `open_to_signed_in` or `needs`; the routes that Dash brings along say it in
`DASH_ROUTES`, each with its reason. What says nothing is closed to everybody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from flask import Flask

from data_access.access.permissions import Permission

View = Callable[..., Any]

SIGN_IN: Final = "/sign-in"
FIRST_PASSWORD: Final = "/account/first-password"  # noqa: S105 (an address)
DATA: Final = "/_dash-update-component"
"""Endpoint (and address) of every request for data."""
SUITES: Final = "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>"
"""Endpoint (and address) of the published scripts of Dash."""
ASSETS: Final = "_dash_assets.static"
"""Endpoint of our own style sheets and scripts."""

OPEN_ASSETS: Final = frozenset(
    {
        "00-tokens.css",
        "10-shell.css",
        "40-forms.css",
        "50-sign-in.css",
        "80-screen.css",
        "favicon.ico",
        "js/screen-draw.js",
        "js/screen-feed.js",
        "js/screen.js",
        "vendor/bootstrap-5.3.8.min.css",
    }
)
"""What the sign-in page and the wall screen need; all else in ``assets/`` waits until somebody is signed in."""


@dataclass(frozen=True, kw_only=True)
class Access:
    """Who may reach a route: everybody, whoever is signed in, or the holders of a permission.

    Attributes:
        reason: why, where the route is none of our own.
        is_page: False for what only pages ask for: it is refused as JSON and never led to the sign-in page.
        takes_screen_token: True where the token of a wall screen is worth a sign-in.
    """

    permission: Permission | None = None
    needs_sign_in: bool = True
    reason: str = ""
    is_page: bool = True
    takes_screen_token: bool = False

    def __str__(self) -> str:
        """As the frozen list of the surface writes it."""
        if not self.needs_sign_in:
            return "open"
        needed = self.permission.value if self.permission else "signed-in"
        return f"{needed} or screen token" if self.takes_screen_token else needed


OPEN: Final = Access(needs_sign_in=False)
SIGNED_IN: Final = Access()


def open_to_all(view: View) -> View:
    """Marks a view that answers before sign-in."""
    view.access = OPEN  # type: ignore[attr-defined]
    return view


def open_to_signed_in(view: View) -> View:
    """Marks a view for whoever is signed in, even without any post: signing out, a first password."""
    view.access = SIGNED_IN  # type: ignore[attr-defined]
    return view


def asked_by_pages(view: View) -> View:
    """Marks a view, besides who may reach it, as one that no person opens: whoever may not is told so in JSON."""
    view.access = replace(view.access, is_page=False)  # type: ignore[attr-defined]
    return view


def opens_by_screen_token(view: View) -> View:
    """Marks a view, besides who may reach it, as one that a wall screen opens by its token."""
    view.access = replace(view.access, takes_screen_token=True)  # type: ignore[attr-defined]
    return view


def needs(permission: Permission) -> Callable[[View], View]:
    """Marks a view that only holders of `permission` reach; a view without any mark is refused to all."""

    def mark(view: View) -> View:
        view.access = Access(permission=permission)  # type: ignore[attr-defined]
        return view

    return mark


def takes_up_to(megabytes: int) -> Callable[[View], View]:
    """Marks a view to which larger bodies may be sent than the server takes as a rule."""

    def mark(view: View) -> View:
        view.largest_body = megabytes * 1024 * 1024  # type: ignore[attr-defined]
        return view

    return mark


DASH_ROUTES: Final[Mapping[str, Access]] = {
    "/": Access(permission=Permission.APPLICATION_OPEN, reason="the shell; it holds no page and no data"),
    "/<path:path>": Access(permission=Permission.APPLICATION_OPEN, reason="the shell, whatever the address"),
    "/_dash-layout": Access(
        permission=Permission.APPLICATION_OPEN, reason="the empty shell with the user's own menu", is_page=False
    ),
    "/_dash-dependencies": Access(
        permission=Permission.APPLICATION_OPEN, reason="which callbacks there are, for the renderer", is_page=False
    ),
    DATA: Access(
        permission=Permission.APPLICATION_OPEN, reason="and what the callback itself needs, see below", is_page=False
    ),
    SUITES: Access(reason="published scripts of Dash, the same everywhere", is_page=False),
    ASSETS: Access(reason="our own style sheets and scripts; some are open, see OPEN_ASSETS", is_page=False),
}
"""Routes that Dash registers, by endpoint. Those that are missing here are closed: hot reload, its own icon."""


def access_of(server: Flask, endpoint: str | None) -> Access | None:
    """Who may reach an endpoint; None where nothing says so, which means nobody."""
    if endpoint is None:
        return None
    declared = getattr(server.view_functions.get(endpoint), "access", None)
    return declared if isinstance(declared, Access) else DASH_ROUTES.get(endpoint)


def denial(permission: Permission | None) -> str:
    """Why something is refused, in a sentence for the person who asked."""
    if permission is Permission.APPLICATION_OPEN:
        return "你目前没有生效的岗位，因此没有可以查看的内容。岗位由安全管理员授予。"
    return f"你的岗位没有“{permission.name_zh}”的权限。" if permission else "这个地址不对外提供。"
