"""Somebody at a browser, without the browser: signs in by the form, asks for pages, data and files, reads every byte.

All that a page can ask of the server is built from what is registered there: routes from the URL map,
requests for data from Dash's list of callbacks. What this module does not know how to ask fails loudly.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from dashboards import PAGES, ids, query
from dashboards.page import Page
from layouts import shell
from tests.security import growth
from tests.security.canaries import NONEXISTENT, NOW, number, offering, teacher
from tests.security.personas import RELATIONS

PASSWORD = "Tidal-Harbour-2026"
DATA = "/_dash-update-component"
CODE = "CRS-ATT-01"
"""The indicator whose card is asked for."""
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


def key_of(kind: str, entity: Any) -> int | str:
    """The id that stands in an address for an entity of `RELATIONS`."""
    if kind == "sheet":
        return growth.NO_SHEET if entity is None else growth.sheet(*entity)
    if entity is None:
        return NONEXISTENT
    if kind == "dispute_id":
        return growth.dispute(entity)
    if kind == "plan_id":
        return growth.plan(*entity)
    if kind == "teacher_id":
        return teacher(*entity)
    return offering(*entity[0], term=entity[1]) if kind == "offering_id" else number(*entity)


@dataclass(frozen=True, kw_only=True)
class Address:
    """One address of a page, with the entity it names (None: it names none)."""

    page: Page
    path: str
    search: str = ""
    kind: str = ""
    relation: str = ""
    entity: Any = None
    key: int = 0


def addresses() -> Iterator[Address]:
    """Every page for every relation of its entity.

    Raises:
        KeyError: a page names a kind of entity that `RELATIONS` does not know; give it its eight relations there.
    """
    for page in PAGES:
        kinds = re.findall(r"<(\w+)>", page.path)
        if not kinds:
            yield Address(page=page, path=page.path)
            continue
        (kind,) = kinds
        for relation, entity in RELATIONS[kind].items():
            key = key_of(kind, entity)
            is_code = kind == "indicator_code"
            named = CODE if is_code else str(key)
            path, search = page.path.replace(f"<{kind}>", named), f"?of=student:{key}" if is_code else ""
            assert query.match(page.path, path) == {kind: named}
            yield Address(page=page, path=path, search=search, kind=kind, relation=relation, entity=entity, key=key)


class Visitor:
    """A client with the cookies of one person."""

    def __init__(self, app: Flask, username: str = "") -> None:
        self.app = app
        self.username = username
        self.client: FlaskClient = app.test_client()

    def sign_in(self, password: str = PASSWORD) -> TestResponse:
        """The answer to the sign-in form."""
        form = self.client.get("/sign-in").get_data(as_text=True)
        found = _TOKEN.search(form)
        assert found, "the sign-in form has no CSRF token"
        return self.client.post(
            "/sign-in", data={"username": self.username, "password": password, "csrf_token": found.group(1)}
        )

    def get(self, path: str, method: str = "GET") -> TestResponse:
        """The answer to a request without a body."""
        return self.client.open(path, method=method)

    def post(self, body: Any) -> TestResponse:
        """The answer to a request for data with this body, whatever it is."""
        cookie = self.client.get_cookie("_csrf_token")
        headers = {"X-CSRFToken": cookie.value} if cookie else {}
        return self.client.post(DATA, data=json.dumps(body), content_type="application/json", headers=headers)

    def route(self, path: str, search: str = "") -> TestResponse:
        """What the shell asks for when it is opened at an address."""
        return self.post(body_of(ROUTER, {(shell.URL, "pathname"): path, (shell.URL, "search"): search}))

    def fill(self, page: Page, path: str, search: str = "") -> list[TestResponse]:
        """What a page asks for at an address, one answer for every wave of its panels."""
        address = {"path": path, "search": search, "defaults": {}}
        store = json.dumps(ids.address(page.name), sort_keys=True, separators=(",", ":"))
        return [self.post(body_of(callback, {(store, "data"): address})) for callback in fillers(page)]


def callbacks() -> list[Mapping[str, Any]]:
    """Every callback that runs on the server, as registered: output, inputs, state."""
    from dash import Dash  # noqa: PLC0415 (only the registry is wanted)

    from dashboards.services import Services  # noqa: PLC0415
    from dashboards.wiring import register  # noqa: PLC0415

    app = Dash("registry", suppress_callback_exceptions=True)
    services = Services(values=None, viewer=None)  # type: ignore[arg-type]  (nothing is called)
    register(app, PAGES, services)
    app._setup_server()
    return [
        {"output": output, "inputs": entry["inputs"], "state": entry["state"]}
        for output, entry in app.callback_map.items()
        if entry.get("callback") is not None
    ]


CALLBACKS = callbacks()
(ROUTER,) = (c for c in CALLBACKS if c["output"].startswith(f"..{shell.MAIN}.children"))


def fillers(page: Page) -> list[Mapping[str, Any]]:
    """The callbacks that fill the panels of a page, one for every wave."""
    wanted = ids.address(page.name)
    found = [
        c for c in CALLBACKS if any(i["id"].startswith("{") and json.loads(i["id"]) == wanted for i in c["inputs"])
    ]
    assert len(found) == len(page.waves), page.name
    return found


def body_of(callback: Mapping[str, Any], values: Mapping[tuple[str, str], Any]) -> dict[str, Any]:
    """The body by which dash-renderer runs a callback with these values, by (id, property).

    Raises:
        KeyError: an argument has no value here: a new kind of callback needs its own question in the matrix.
    """

    def named(item: Mapping[str, str]) -> dict[str, Any]:
        text = item["id"]
        return {"id": json.loads(text) if text.startswith("{") else text, "property": item["property"]}

    def valued(item: Mapping[str, str]) -> dict[str, Any]:
        return {**named(item), "value": values[item["id"], item["property"]]}

    output = callback["output"]
    many = output.startswith("..")
    outputs = [
        named(dict(zip(("id", "property"), part.rsplit(".", 1), strict=True)))
        for part in (output[2:-2].split("...") if many else [output])
    ]
    inputs = [valued(item) for item in callback["inputs"]]
    return {
        "output": output,
        "outputs": outputs if many else outputs[0],
        "inputs": inputs,
        "state": [valued(item) for item in callback["state"]],
        "changedPropIds": [f"{callback['inputs'][0]['id']}.{callback['inputs'][0]['property']}"],
    }


def text_of(response: TestResponse) -> str:
    """Everything a response tells: its headers and its body, files decoded and workbooks unpacked."""
    body = response.get_data()
    if body.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            body = b"\n".join(packed.read(name) for name in packed.namelist())
    return f"{response.headers}\n{body.decode('utf-8', errors='ignore')}"


__all__ = ["CALLBACKS", "NOW", "ROUTER", "Address", "Visitor", "addresses", "body_of", "callbacks", "text_of"]
