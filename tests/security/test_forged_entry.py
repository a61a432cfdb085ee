"""What a client can make up for the requests of an entry sheet: bodies, cells, addresses and files that no page sends."""

from __future__ import annotations

import copy
import io
import json
import random
from typing import Any

import pytest
from sqlalchemy import func, select

from data_access.database.growth_models import CardMark
from data_access.installation import open_home
from tests.security.canaries import NOW, number, offering
from tests.security.entitlements import leaked
from tests.security.growth import LESSON, WEEK, sheet
from tests.security.personas import PERSONAS, Persona
from tests.security.test_forged_requests import MUTATIONS, VALUES
from tests.security.visitor import Visitor, text_of

pytestmark = pytest.mark.slow

BODIES = 400
CLASS = (1, 1, 1)
OWN = {"adviser": sheet("adviser", CLASS, WEEK), "teacher": sheet("teacher", CLASS, LESSON)}
COLUMNS = {"adviser": "STU-ACD-03", "teacher": "status"}
ODD = (*VALUES, 10**400, -(10**400), float("nan"), float("inf"), "1_0", "9" * 40)
SLUGS = (
    "x", "-", "adviser", f"adviser-0-{NOW}-{WEEK}", f"adviser-{10**17}-{NOW}-{WEEK}", f"adviser--1-{NOW}-{WEEK}",
    f"adviser-{number(*CLASS)}-00000-{WEEK}", f"adviser-{number(*CLASS)}-{NOW}-W99", f"teacher-{offering(*CLASS)}-{NOW}-99999999",
    f"adviser-{number(*CLASS)}-{NOW}-20261109", f"teacher-{offering(*CLASS)}-{NOW}-{WEEK}", f"physical-{offering(*CLASS)}-{NOW}-term",
    f"section-{number(*CLASS)}-{NOW}-plan", f"counsellor-{number(*CLASS)}-{NOW}-term", "../adviser", "a%00b", "卌" * 30,
    "a" * 300,
)  # fmt: skip
"""Addresses of sheets that are none, or somebody else's."""


@pytest.fixture(scope="module")
def database(own_place):
    made = open_home(own_place.settings)
    yield made
    made.dispose()


def persona_of(name: str) -> Persona:
    return next(p for p in PERSONAS if p.name == name)


def token(visitor: Visitor) -> dict[str, str]:
    cookie = visitor.client.get_cookie("_csrf_token")
    assert cookie is not None
    return {"X-CSRFToken": cookie.value}


def bodies(name: str) -> list[Any]:
    """What the page of a sheet sends: a few cells, of the own class and of others."""
    holders = [number(*CLASS, 1), number(*CLASS, 2), number(2, 1, 1, 1), number(2, 2, 2, 1)]
    cells = [[holder, column, value, 1] for holder in holders for column in (COLUMNS[name], "STU-PER-12")
             for value in (1, "90", None)]  # fmt: skip
    return [
        {"edits": cells[:3], "since": 0},
        {"edits": cells, "since": 1e12},
        {"edits": [], "since": 0},
        {"blanks_confirmed": True},
        {},
    ]


def mutated(rng: random.Random, of: list[Any]) -> Any:
    body = copy.deepcopy(rng.choice(of))
    for _ in range(rng.choice((1, 1, 2, 4))):
        if isinstance(body, dict | list):
            body = rng.choice(MUTATIONS)(rng, body)
    return body


@pytest.mark.parametrize("name", OWN)
def test_no_made_up_body_breaks_a_sheet_or_gets_a_name(name, own_place, database):
    rng, persona = random.Random(f"entry-{name}"), persona_of(name)
    visitor, of = own_place.visitor(persona), bodies(name)
    seen: set[int] = set()
    for _ in range(BODIES // len(OWN)):
        body, step = mutated(rng, of), rng.choice(("save", "save", "save", "undo", "submit"))
        slug = rng.choice((OWN[name], OWN[name], *SLUGS))
        response = visitor.client.post(
            f"/entry/{slug}/{step}", data=json.dumps(body), content_type="application/json", headers=token(visitor)
        )
        told = text_of(response)
        seen.add(response.status_code)
        assert response.status_code < 500, (response.status_code, slug, step, body)
        assert "Traceback" not in told
        assert not leaked(told, persona), (slug, step, body)
    assert {200, 400, 404} <= seen, "the bodies no longer reach all that they are meant to try"
    # What a sheet does not have in it, nobody has written: neither students of other classes nor points of others.
    strangers = select(func.count()).where(
        CardMark.edited_by == name, (CardMark.column == "STU-PER-12") | (CardMark.holder_id >= number(2, 2, 1, 1))
    )
    with database.connect() as connection:
        assert connection.execute(strangers).scalar_one() == 0


@pytest.mark.parametrize("value", ODD, ids=range(len(ODD)))
def test_any_value_in_a_cell_is_stored_or_told_to_be_wrong(value, own_place):
    visitor = own_place.visitor(persona_of("adviser"))
    edits = [[number(*CLASS, 1), "STU-ACD-03", value, 0]]
    response = visitor.client.post(
        f"/entry/{OWN['adviser']}/save", json={"edits": edits, "since": 0}, headers=token(visitor)
    )
    assert response.status_code in {200, 400}
    if response.status_code == 200:
        told = response.get_json()
        assert len(told["saved"]) + len(told["conflicts"]) + len(told["problems"]) == 1


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[" * 20_000, b"\xff\xfe", b"null", b'{"edits": [], "since": %s}' % (b"9" * 400)]
)
def test_what_is_no_json_is_refused(raw, own_place):
    visitor = own_place.visitor(persona_of("adviser"))
    for kind in ("application/json", "text/plain", "multipart/form-data; boundary=x"):
        for step in ("save", "submit"):
            response = visitor.client.post(
                f"/entry/{OWN['adviser']}/{step}", data=raw, content_type=kind, headers=token(visitor)
            )
            assert 400 <= response.status_code < 500


def test_a_body_too_large_or_with_too_many_cells_is_refused(own_place):
    visitor = own_place.visitor(persona_of("adviser"))
    cell = [number(*CLASS, 1), "STU-ACD-03", 1, 0]
    for body in ({"edits": [cell] * 5_000, "since": 0}, {"edits": [], "since": 0, "more": "x" * 2_000_000}):
        response = visitor.client.post(f"/entry/{OWN['adviser']}/save", json=body, headers=token(visitor))
        assert response.status_code == 413


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.xlsx", b"PK\x03\x04" + b"\0" * 400),
        ("a.csv", b"\xff\xfe\x00"),
        ("a.csv", '学号,"\n'.encode() * 50),
        ("../../../etc/passwd", b"x"),
        ("a.xlsx\x00.csv", b"=cmd|' /C calc'!A0"),
        ("卌" * 200 + ".csv", f"学号\n{number(2, 1, 1, 1)}\n".encode()),
    ],
    ids=range(6),
)  # fmt: skip
def test_no_made_up_file_breaks_an_upload(name, content, own_place):
    persona = persona_of("adviser")
    visitor = own_place.visitor(persona)
    before = set(own_place.settings.home.parent.parent.glob("*"))
    response = visitor.client.post(
        f"/entry/{OWN['adviser']}/upload",
        data={"file": (io.BytesIO(content), name)},
        headers=token(visitor),
        follow_redirects=True,
    )
    assert response.status_code < 500
    assert not leaked(text_of(response), persona)
    assert "Traceback" not in text_of(response)
    assert set(own_place.settings.home.parent.parent.glob("*")) == before


def test_an_upload_is_only_for_who_sent_it(own_place):
    """Two advisers of one class would be needed to see it otherwise: the token of one is none for the other."""
    sender, other = own_place.visitor(persona_of("adviser")), own_place.visitor(persona_of("adviser"))
    teacher = own_place.visitor(persona_of("teacher"))
    sent = sender.client.post(
        f"/entry/{OWN['adviser']}/upload",
        data={"file": (io.BytesIO("学号\n".encode()), "a.csv")},
        headers=token(sender),
    )
    assert sent.status_code == 303
    kept = sent.headers["Location"].rpartition("/")[2]
    assert other.get(f"/entry/{OWN['adviser']}/upload/{kept}").status_code == 200  # the same person at another browser
    assert teacher.get(f"/entry/{OWN['teacher']}/upload/{kept}").status_code == 303
    assert teacher.get(f"/entry/{OWN['adviser']}/upload/{kept}").status_code == 404
