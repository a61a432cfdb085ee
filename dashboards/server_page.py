"""Pages that the server draws: sign-in, account, people, audit. They look like the others and need no script."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from flask import Flask, Response, current_app, make_response, render_template, request
from flask_wtf.csrf import generate_csrf

from dashboards import navigation
from dashboards.identity import viewer_or_none
from dashboards.page import Page
from dashboards.surface import OPEN_ASSETS
from layouts import shell

TEMPLATES: Final = Path(shell.__file__).parent / "templates"
_PAGES: Final = "luoxuan.pages"
_STYLE_SHEETS: Final = "luoxuan.style-sheets"


def install(server: Flask, *, pages: Sequence[Page], assets_folder: Path) -> None:
    """Let templates draw the same frame as the pages of the application, and name assets by their version.

    Every style sheet of `assets_folder` is there for everyone who is signed in, before that those of `OPEN_ASSETS`.
    """
    server.extensions[_PAGES] = tuple(pages)

    def asset(name: str) -> str:
        return f"/assets/{name}?m={(assets_folder / name).stat().st_mtime}"

    server.jinja_env.globals["asset"] = asset
    server.extensions[_STYLE_SHEETS] = tuple(sorted(path.name for path in assets_folder.glob("*.css")))
    server.jinja_env.trim_blocks = True
    server.jinja_env.lstrip_blocks = True


def render(template: str, *, title: str, status: int = 200, **context: Any) -> Response:
    """A page from a template of `layouts/templates/` that extends ``base.html``.

    Somebody who is signed in sees it in the frame of the application, with their navigation; before sign-in
    there is nothing but the page.

    Args:
        template: file name.
        title: heading of the page and of the window.
        status: HTTP status.
        context: what the template asks for. ``csrf_token()`` is always there.
    """
    return make_response(render_template(template, title=title, **_frame(), **context), status)


def _frame() -> dict[str, Any]:
    viewer = viewer_or_none()
    sheets = current_app.extensions[_STYLE_SHEETS]
    if viewer is None or viewer.must_change_password:
        return {"user": None, "style_sheets": [name for name in sheets if name in OPEN_ASSETS]}
    entries = navigation.entries(current_app.extensions[_PAGES], viewer, lit=request.path)
    return {
        "user": navigation.user(viewer, form_token=generate_csrf()),
        "navigation": shell.grouped(entries),
        "style_sheets": sheets,
    }
