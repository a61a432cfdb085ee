"""What a client can make up: ids, stores, lists for patterns, and ten thousand bodies that no page sends."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from dashboards import PAGES, ids
from layouts import shell
from tests.security.canaries import canaries, number, offering
from tests.security.personas import PERSONAS
from tests.security.visitor import CALLBACKS, ROUTER, Visitor, addresses, body_of, fillers, text_of

pytestmark = pytest.mark.slow

BODIES = 10_000
STRANGERS = ("student", "adviser", "steward", "screen")
"""People who may see little, each sending a quarter of the bodies."""
VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, "", "x" * 5000, "卌", "' OR 1=1 --", "<script>", "\x00", "../../etc/passwd", [], {}, [[]],
    {"a": {"b": {}}}, ["ALL"], ["MATCH"], [None] * 50, number(2, 1, 1, 1), str(offering(2, 1, 1)), 2**63, -(2**70),
    {"path": f"/students/{number(2, 1, 1, 1)}", "search": "", "defaults": {}}, "/offerings/201011", float("1e308"),
    {"role": "leader", "scope": "all", "user_id": 1}, "..main.children..", "_dash-layout",
)  # fmt: skip

Body = Any
Mutation = Callable[[random.Random, Body], Body]


def corpus() -> list[Body]:
    """Every body that a page sends by itself."""
    bodies = []
    for address in addresses():
        bodies.append(body_of(ROUTER, {(shell.URL, "pathname"): address.path, (shell.URL, "search"): ""}))
        store = json.dumps(ids.address(address.page.name), sort_keys=True, separators=(",", ":"))
        value = {"path": address.path, "search": "", "defaults": {}}
        bodies += [body_of(callback, {(store, "data"): value}) for callback in fillers(address.page)]
    return bodies


def places(body: Body, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every part of a body."""
    found = [path]
    if isinstance(body, dict):
        for key, value in body.items():
            found += places(value, (*path, key))
    elif isinstance(body, list):
        for key, value in enumerate(body):
            found += places(value, (*path, key))
    return found


def at(body: Body, path: tuple[Any, ...]) -> Any:
    for key in path:
        body = body[key]
    return body


def replace(rng: random.Random, body: Body) -> Body:
    path = rng.choice(places(body))
    value = copy.deepcopy(rng.choice(VALUES))
    if not path:
        return value
    at(body, path[:-1])[path[-1]] = value
    return body


def remove(rng: random.Random, body: Body) -> Body:
    path = rng.choice(places(body)[1:] or [()])
    if path:
        del at(body, path[:-1])[path[-1]]
    return body


def add(rng: random.Random, body: Body) -> Body:
    spots = [path for path in places(body) if isinstance(at(body, path), dict | list)]
    spot = at(body, rng.choice(spots)) if spots else None
    if isinstance(spot, dict):
        spot[rng.choice(("id", "value", "role", "scope", "user", "state", "triggered_id", "\u534c"))] = rng.choice(
            VALUES
        )
    elif isinstance(spot, list):
        spot.extend([copy.deepcopy(rng.choice(VALUES))] * rng.choice((1, 2, 300)))
    return body


def cross(rng: random.Random, body: Body) -> Body:
    """The output of one page with the inputs of another."""
    other = rng.choice(CALLBACKS)
    if isinstance(body, dict):
        body["output"] = other["output"]
    return body


def edit_text(rng: random.Random, body: Body) -> Body:
    texts = [path for path in places(body) if path and isinstance(at(body, path), str)]
    if texts:
        path = rng.choice(texts)
        text = at(body, path)
        cut = rng.randrange(len(text) + 1)
        junk = rng.choice(("/", "..", "0", "{", "}", '"', "%2e", "\u202e", "\ud7ff", "?dept=2", "#"))
        at(body, path[:-1])[path[-1]] = text[:cut] + junk + text[cut + rng.choice((0, 1)) :]
    return body


MUTATIONS: tuple[Mutation, ...] = (replace, replace, remove, add, cross, edit_text)


def mutated(rng: random.Random, bodies: list[Body]) -> Body:
    body = copy.deepcopy(rng.choice(bodies))
    for _ in range(rng.choice((1, 1, 2, 4))):
        if isinstance(body, dict | list):
            body = rng.choice(MUTATIONS)(rng, body)
    return body


@pytest.mark.parametrize("name", STRANGERS)
def test_no_made_up_body_breaks_the_server_or_gets_a_name(name, signed_in):
    rng = random.Random(f"forged-{name}")
    persona = next(p for p in PERSONAS if p.name == name)
    visitor, bodies = signed_in(persona), corpus()
    seen: set[int] = set()
    for _ in range(BODIES // len(STRANGERS)):
        body = mutated(rng, bodies)
        response = visitor.post(body)
        told = text_of(response)
        seen.add(response.status_code)
        assert response.status_code < 500, (response.status_code, body)
        assert "Traceback" not in told
        assert canaries(told) <= persona.canaries, body
    assert {200, 400, 404} <= seen, "the bodies no longer reach all that they are meant to try"


@pytest.mark.parametrize("raw", [b"", b"{", b"[" * 20_000, b"\xff\xfe", b"null", b'"x"', b"1e999", b"{}" * 9])
def test_what_is_no_json_is_refused(raw, signed_in):
    visitor: Visitor = signed_in(next(p for p in PERSONAS if p.name == "leader"))
    cookie = visitor.client.get_cookie("_csrf_token")
    for kind in (
        "application/json",
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
    ):
        response = visitor.client.post(
            "/_dash-update-component", data=raw, content_type=kind, headers={"X-CSRFToken": cookie.value}
        )
        assert 400 <= response.status_code < 500


def test_a_body_too_large_is_refused(signed_in):
    visitor: Visitor = signed_in(next(p for p in PERSONAS if p.name == "leader"))
    body = corpus()[0]
    body["state"] = ["x" * 3_000_000]
    assert visitor.post(body).status_code == 413


def test_a_request_from_another_site_is_refused(signed_in):
    visitor: Visitor = signed_in(next(p for p in PERSONAS if p.name == "leader"))
    for headers in ({}, {"X-CSRFToken": "made-up"}):
        response = visitor.client.post("/_dash-update-component", json=corpus()[0], headers=headers)
        assert response.status_code == 400
        assert not canaries(text_of(response))


def test_a_store_that_claims_another_role_changes_nothing(signed_in):
    visitor: Visitor = signed_in(next(p for p in PERSONAS if p.name == "student"))
    for page in PAGES:
        path = next(a.path for a in addresses() if a.page is page)
        store = json.dumps(ids.address(page.name), sort_keys=True, separators=(",", ":"))
        value = {"path": path, "search": "", "defaults": {}, "role": "leader", "scope": "all"}
        for callback in fillers(page):
            response = visitor.post(body_of(callback, {(store, "data"): value}))
            assert response.status_code in {400, 403}
