"""Role × route × callback × export × relation: nobody gets what is not theirs, everybody gets what is.

The rows come from the registries (URL map, callbacks, pages), the expectations from `personas`, by hand.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from werkzeug.test import TestResponse

from dashboards import PAGES, guard
from dashboards.page import Kind
from tests.security.canaries import LEFT, NOW, canaries, canary, number
from tests.security.conftest import ANONYMOUS, Place
from tests.security.entitlements import leaked
from tests.security.growth import secrets
from tests.security.personas import PERSONAS, RELATIONS, Persona
from tests.security.visitor import Address, Visitor, addresses, key_of, text_of

pytestmark = pytest.mark.slow

EVERYBODY = (ANONYMOUS, *PERSONAS)
ADDRESSES = tuple(addresses())
FORGED = ("2", str(number(2, 1, 1)), "' OR 1=1 --", "all", "9" * 40)
"""Values sent for filters and ids in place of those on offer."""
PRINTED = "/report.pdf"
"""Setting a sheet takes most of a second, and what it says is compressed: who gets one is asked by HEAD."""
PARTS = {"key": "academic", "scale": "wellbeing", "by": "person"}
"""Parts of addresses that name no entity, each with a value that there is."""
BROKEN = "这一块没有算出来"
"""What stands in the place of a panel that failed."""
NARROW = tuple(p for p in PERSONAS if p.name in {"department", "teacher", "adviser", "student"})
"""People who have rows of their own and neighbours whose rows they must not get."""


def ids(items):
    return [item.name for item in items]


def allowed(persona: Persona, address: Address) -> bool | None:
    """Whether the persona may see the entity of an address; None where the role table leaves it open."""
    entity = address.entity
    if entity is None:
        return False
    if address.kind == "indicator_code" and persona.name == "psychology":
        return None  # knows whom it looks after, and nothing of their attendance
    reach = {
        "student_id": persona.students,
        "indicator_code": persona.students,
        "class_id": persona.classes,
        "major_id": persona.majors,
        "teacher_id": persona.teachers,
    }
    if address.kind in reach:
        within = reach[address.kind]
        return None if within is None else entity in within
    if persona.name == "function":
        return None  # reads its own indicators of every offering, and nobody's name
    return bool(persona.roster(*entity))


def expected(persona: Persona, address: Address) -> set[str]:
    """The canaries that must show at an address the persona may open."""
    if address.kind in {"student_id", "indicator_code"}:
        return {canary(*address.entity)}
    if address.kind in {"major_id", "teacher_id"}:
        return set()
    if address.kind == "class_id":
        from tests.security.canaries import NOT_YET, students  # noqa: PLC0415

        return {canary(*s) for s in students(*address.entity) if s not in {LEFT, NOT_YET}}
    group, term = address.entity
    return {canary(*s) for s in persona.roster(group, term)} if term <= NOW else set()


def named(address: Address) -> str:
    """The name that must stand on the page of a major or a teacher; empty for all else, whose names are canaries."""
    if address.kind == "major_id":
        return "第{}系专业{}".format(*address.entity)
    return f"教师{number(*address.entity)}" if address.kind == "teacher_id" else ""


def answers(visitor: Visitor, address: Address) -> list[TestResponse]:
    """All that the server tells somebody who opens an address: page, shell, panels."""
    return [
        visitor.get(address.path + address.search),
        visitor.route(address.path, address.search),
        *visitor.fill(address.page, address.path, address.search),
    ]


def bodies(responses: list[TestResponse], key: int) -> list[str]:
    """Answers without the id that was asked for, and without what differs each time."""
    return [f"{r.status_code} {neutral(_without_nonces(decoded(r)), key)}" for r in responses]


def decoded(response: TestResponse) -> str:
    """The body with the characters that JSON has escaped: four hexadecimal digits may look like an id."""
    return re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), response.get_data(as_text=True))


def neutral(text: str, key: int) -> str:
    """A text without the id that was asked for."""
    return re.sub(rf"(?<!\d){key}(?!\d)", "N", text)


@pytest.mark.parametrize("persona", EVERYBODY, ids=ids(EVERYBODY))
def test_an_address_tells_each_person_what_is_theirs_and_nothing_of_the_rest(persona, signed_in):
    """What is not theirs looks, to the letter, like what does not exist."""
    visitor = signed_in(persona)
    blank = {a.kind: bodies(answers(visitor, a), a.key) for a in ADDRESSES if a.relation == "nonexistent"}
    hidden = 0
    for address in ADDRESSES:
        responses = answers(visitor, address)
        for response in responses[1:]:
            assert response.status_code in {200, 204, 401, 403, 404}, (address.path, response.status_code)
        told = "\n".join(map(text_of, responses))
        found = leaked(told, persona)
        assert not found, f"{persona.name} got {found[:3]} at {address.path} ({address.relation})"
        assert BROKEN not in "".join(map(decoded, responses)), (persona.name, address.path, address.relation)
        if not address.kind:
            continue
        if persona.can_sign_in and allowed(persona, address):
            missing = expected(persona, address) - canaries(told)
            assert not missing, f"{persona.name} did not get {sorted(missing)[:3]} at {address.path}"
            if name := named(address):
                assert name in "".join(map(decoded, responses)), f"{persona.name} did not get {name} at {address.path}"
        if allowed(persona, address) is False:
            assert bodies(responses, address.key) == blank[address.kind], address.path
            hidden += 1
    assert hidden


def _without_nonces(text: str) -> str:
    return re.sub(r'"end_id":"[^"]+"|nonce="[^"]+"|csrf_token[^>]*value=\\?"[^"]+"', "", text)


@pytest.mark.parametrize("persona", EVERYBODY, ids=ids(EVERYBODY))
def test_every_route_answers_by_the_permission_it_declares(persona, place: Place, signed_in):
    visitor = signed_in(persona)
    checked = 0
    for rule in place.app.url_map.iter_rules():
        for path in _paths(rule):
            for method in sorted((rule.methods or set()) - {"POST"}):
                if path.startswith("/sign-out") or (method == "GET" and path.endswith(PRINTED)):
                    continue
                response = visitor.get(path, method)
                told = text_of(response)
                assert response.status_code < 500 or response.status_code == 503, (method, path)
                assert not leaked(told, persona), (persona.name, method, path, leaked(told, persona)[:3])
                checked += 1
                access = guard.access_of(place.app, rule.endpoint)
                if access is None or (access.needs_sign_in and not persona.can_sign_in):
                    assert response.status_code in {302, 401, 403, 404, 405}, (method, path, response.status_code)
    assert checked > len(list(place.app.url_map.iter_rules()))


def _paths(rule) -> Iterator[str]:
    """Concrete paths of a route, one for each relation of the entity in it."""
    names = sorted(rule.arguments)
    if not names:
        yield rule.rule
        return
    kind = next((name for name in names if name in RELATIONS), None)
    values = [key_of(kind, entity) for entity in RELATIONS[kind].values()] if kind else [*FORGED, "courses"]
    for value in values:
        yield filled(rule.rule, value)
        if kind is None and names[0] in PARTS:
            yield filled(rule.rule, PARTS[names[0]])


def filled(rule: str, value: object) -> str:
    """A concrete path of a route: parts that name no entity have a value that there is, all others this one."""

    def part(found: re.Match[str]) -> str:
        name = found[1].rpartition(":")[2]
        return PARTS[name] if name in PARTS and rule.count("<") > 1 else str(value)

    return re.sub(r"<([^>]+)>", part, rule)


@pytest.mark.parametrize("persona", EVERYBODY, ids=ids(EVERYBODY))
def test_exports_hold_the_rows_of_the_page_and_no_more(persona, place: Place, signed_in):
    visitor = signed_in(persona)
    exports = [rule for rule in place.app.url_map.iter_rules() if rule.rule.endswith((".csv", ".xlsx", ".pdf", ".png"))]
    assert any("offering_id" in rule.arguments for rule in exports)
    for rule in exports:
        kind = next((name for name in rule.arguments if name in RELATIONS), None)
        if kind is None:
            assert not leaked(text_of(visitor.get(rule.rule)), persona)
            continue
        if kind != "offering_id":
            continue  # sheets and reports: test_growth_matrix
        for relation, entity in RELATIONS[kind].items():
            response = visitor.get(re.sub(r"<[^>]+>", str(key_of(kind, entity)), rule.rule))
            found = canaries(text_of(response))
            if response.status_code != 200:
                assert not found
                continue
            assert entity is not None, relation
            group, term = entity
            own = (persona.exports or persona.roster)(group, term)
            assert own, (persona.name, relation)
            assert found == {canary(*s) for s in own} or term > NOW, (persona.name, relation)


@pytest.mark.parametrize("persona", NARROW, ids=ids(NARROW))
def test_files_of_panels_hold_what_the_person_sees_on_the_page_and_no_more(persona, signed_in):
    visitor = signed_in(persona)
    taken = 0
    for page in PAGES:
        relations = {a.relation: a for a in ADDRESSES if a.page is page}
        for panel in page.panels:
            files = {name: visitor.get(file_of(address, panel.name)) for name, address in relations.items()}
            for name, response in files.items():
                where = (persona.name, page.name, panel.name, name)
                assert response.status_code in {200, 403, 404, 422}, (where, response.status_code)
                assert not leaked(text_of(response), persona), where
                taken += response.status_code == 200
                if name and allowed(persona, relations[name]) is False:
                    assert response.status_code == files["nonexistent"].status_code, where
                    key, none = relations[name].key, relations["nonexistent"].key
                    assert unsealed(response, key) == unsealed(files["nonexistent"], none), where
    assert taken or persona.name == "student"


def unsealed(response: TestResponse, key: int) -> str:
    """A file without the time it was made and the hash over it, which covers the address asked for."""
    return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?|[0-9a-f]{64}", "", bodies([response], key)[0])


def file_of(address: Address, panel: str) -> str:
    """The address of a panel's numbers as a file."""
    asked = urlencode({"path": address.path, "search": address.search})
    return f"/panels/{address.page.name}/{panel}.csv?{asked}"


@pytest.mark.parametrize("persona", NARROW, ids=ids(NARROW))
def test_filters_cannot_widen_a_view(persona, signed_in):
    visitor = signed_in(persona)
    for page in PAGES:
        path = next(a.path for a in ADDRESSES if a.page is page)
        for item in page.filters:
            for value in FORGED if item.kind is not Kind.SEARCH else ("卌", "D2M1"):
                search = f"?{item.name}={value}"
                for response in visitor.fill(page, path, search):
                    assert response.status_code < 500, (path, search)
                    assert not leaked(text_of(response), persona), (persona.name, path, search)


def test_a_question_with_the_path_of_another_page_tells_nothing_more(signed_in):
    for persona in NARROW:
        visitor = signed_in(persona)
        for page in PAGES:
            for address in ADDRESSES:
                if address.page is page or address.relation not in {"", "other department"}:
                    continue
                for response in visitor.fill(page, address.path):
                    assert response.status_code < 500
                    assert not leaked(text_of(response), persona)


def test_neither_logs_nor_new_files_hold_anybody(place: Place, signed_in, college_files, caplog):
    with caplog.at_level(logging.DEBUG):
        for persona in NARROW:
            visitor = signed_in(persona)
            for address in ADDRESSES[:12]:
                answers(visitor, address)
    assert not canaries(caplog.text) | secrets(caplog.text)
    fresh = [p for p in place.settings.home.rglob("*") if p.is_file() and p not in college_files]
    for path in fresh:
        text = path.read_bytes().decode("utf-8", errors="ignore")
        assert not canaries(text) | secrets(text), path


def test_the_matrix_would_notice_a_leak(signed_in):
    """The positive control: what the leader sees, held against what the student may see, is found to be too much."""
    leader = signed_in(next(p for p in PERSONAS if p.name == "leader"))
    student = next(p for p in PERSONAS if p.name == "student")
    address = next(a for a in ADDRESSES if a.kind == "offering_id" and a.relation == "other department")
    assert canaries("\n".join(map(text_of, answers(leader, address)))) - student.canaries


def test_the_dump_of_the_registry_has_every_page_and_relation():
    kinds = {kind for page in PAGES for kind in re.findall(r"<(\w+)>", page.path)}
    assert kinds <= set(RELATIONS)
    assert all(len(relations) == 8 for relations in RELATIONS.values())
    assert {json.dumps(sorted(a.relation for a in ADDRESSES if a.kind == kind)) for kind in kinds} == {
        json.dumps(sorted(RELATIONS["student_id"]))
    }
