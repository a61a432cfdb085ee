"""The whole surface of the server as text: every route, callback and open asset, with who may reach it.

Run as a module it prints what `surface.txt` should hold::

    python -m tests.security.surface > tests/security/surface.txt
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dash import Dash
from flask import Flask

from app import create_app
from dashboards import server
from dashboards.surface import OPEN_ASSETS, access_of
from data_access.settings import OpenIdConnect, Settings


def lines() -> list[str]:
    """One line for everything that can be asked of an installation, single sign-on of either kind included."""
    with tempfile.TemporaryDirectory(prefix="luoxuan-surface-") as directory:
        home = Path(directory)
        secret = home / "oidc"
        secret.touch(mode=0o600)
        secret.write_text("w8Tq-lantern-Z31", encoding="utf-8")
        oidc = OpenIdConnect(issuer="https://sso.example.edu.cn", client_id="luoxuan", client_secret_file=secret)
        found: set[str] = set()
        for number, settings in enumerate(({}, {"oidc": oidc}, {"cas_url": "https://cas.example.edu.cn"})):
            app, dash = made(Settings.at(home / f"home{number}", **settings))
            found |= {*routes(app), *callbacks(dash)}
    found |= {f"asset     {name}  open" for name in OPEN_ASSETS}
    return sorted(found)


def made(settings: Settings) -> tuple[Flask, Dash]:
    """The application of an installation, and the Dash within it."""
    caught: list[Dash] = []
    former = server.wiring.build

    def build(*arguments: Any, **options: Any) -> Dash:
        caught.append(former(*arguments, **options))
        return caught[-1]

    server.wiring.build = build
    try:
        return create_app(settings), caught[0]
    finally:
        server.wiring.build = former


def routes(app: Flask) -> Iterator[str]:
    """Every rule of the URL map with its methods; ``nobody`` where nothing says who may reach it."""
    for rule in app.url_map.iter_rules():
        access = access_of(app, rule.endpoint)
        methods = ",".join(sorted((rule.methods or set()) - {"HEAD"}))
        yield f"route     {rule.rule}  {methods}  {access or 'nobody'}"


def callbacks(dash: Dash) -> Iterator[str]:
    """Every callback that runs on the server, with its inputs and the permission it needs; ``nobody`` without one."""
    for entry in dash.callback_map.values():
        if entry.get("callback") is not None:
            asked = ", ".join(f"{shown(item['id'])}.{item['property']}" for item in (*entry["inputs"], *entry["state"]))
            yield f"callback  {asked}  {getattr(entry['callback'], 'permission', 'nobody')}"


def shown(identifier: str) -> str:
    """An id, the parts of a pattern without braces and quotes."""
    if not identifier.startswith("{"):
        return identifier
    return "/".join(f"{name}={value}" for name, value in sorted(json.loads(identifier).items()))


if __name__ == "__main__":
    print("\n".join(lines()))  # noqa: T201 (this is what it is for)
