"""Pages that the server draws: sign-in, account, people, audit. They look like the others and need no script."""

from __future__ import annotations

from typing import Any

from flask import Response, make_response, render_template


def render(template: str, *, title: str, status: int = 200, **context: Any) -> Response:
    """A page from a template of `layouts/templates/` that extends ``base.html``.

    Args:
        template: file name.
        title: heading of the page and of the window.
        status: HTTP status.
        context: what the template asks for. ``csrf_token()`` is always there.
    """
    return make_response(render_template(template, title=title, **context), status)
