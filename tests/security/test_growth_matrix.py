"""Role × address of the growth card × relation: sheets, disputes, plans, reports; and nobody changes what is not theirs."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from data_access.database.growth_models import (
    CardCorrection,
    CardDispute,
    CardEntry,
    CardMark,
    CardMarkChange,
    CardPosting,
    CardSheet,
    SelfTestResponse,
    StudentPlan,
    StudentPlanGoal,
)
from data_access.installation import open_home
from tests.security.canaries import NONEXISTENT, REFERRED, Key, canaries, canary
from tests.security.conftest import ANONYMOUS, Place
from tests.security.entitlements import below, entitlement, leaked
from tests.security.growth import COUNSELLINGS, SCREENING, dispute, plan, secret, secrets
from tests.security.personas import PERSONAS, RELATIONS, Persona
from tests.security.visitor import Visitor, key_of, text_of

pytestmark = pytest.mark.slow

EVERYBODY = (ANONYMOUS, *PERSONAS)
STRANGERS = tuple(
    p
    for p in EVERYBODY
    if p.name
    in {"anonymous", "leader", "department", "teacher", "adviser", "counsellor", "affairs", "psychology", "student"}
)
"""Who tries to change what is not theirs: everybody with some rights, and two without any."""
TABLES = (
    CardCorrection, CardDispute, CardEntry, CardMark, CardMarkChange, CardPosting, CardSheet, SelfTestResponse,
    StudentPlan, StudentPlanGoal,
)  # fmt: skip


def ids(items):
    return [item.name for item in items]


@dataclass(frozen=True, kw_only=True)
class Door:
    """An address with an id in it.

    Attributes:
        path: with ``{}`` for the id.
        kind: of the id, in `RELATIONS`.
        admits: whether a persona may come in to an entity; None where the role table leaves it open.
        shows: what a page that opens must hold.
        ask: the request; by default for the page.
    """

    path: str
    kind: str
    admits: Callable[[Persona, Any], bool | None]
    shows: Callable[[Any], str] = lambda _: ""
    ask: Callable[[Visitor, str], TestResponse] = lambda visitor, path: visitor.get(path)


def fills_in(persona: Persona, entity: Any) -> bool:
    return any(RELATIONS["sheet"][relation] == entity for relation in entitlement(persona).sheets)


def reads_dispute(persona: Persona, student: Key) -> bool:
    return student in entitlement(persona).disputes


def reviews(persona: Persona, entity: tuple[Key, str]) -> bool:
    """Who reviews is told by `entitlements` as well, but for those who only read along, and for drafts."""
    student, key = entity
    reviewers = {"academic": {"adviser", "teacher-and-adviser"}, "career": {"major", "affairs"}}
    posted = reviewers.get(key, set()) | {"former-head-now-adviser", "future-leader-now-adviser"}
    return persona.name in posted and student in entitlement(persona).plans(key)


def looks_after(persona: Persona, student: Key) -> bool | None:
    """Who may open the page of a student; what the psychology centre sees of a report is left open."""
    return None if persona.name == "psychology" and student in REFERRED else student in persona.students


def reads_plans(persona: Persona, student: Key) -> bool:
    own = entitlement(persona)
    return student in own.academic | own.career


def asks_for_head(visitor: Visitor, path: str) -> TestResponse:
    return visitor.get(path, "HEAD")


READING = (
    Door(path="/entry/{}", kind="sheet", admits=fills_in),
    Door(path="/entry/{}/template.xlsx", kind="sheet", admits=fills_in),
    Door(path="/entry/{}/upload", kind="sheet", admits=fills_in),
    Door(path="/entry/{}/upload/made-up", kind="sheet", admits=fills_in),
    Door(path="/disputes/{}", kind="dispute_id", admits=reads_dispute, shows=lambda s: secret("dispute", s)),
    Door(
        path="/plans/review/academic/{}",
        kind="plan_id",
        admits=lambda persona, entity: entity[1] == "academic" and reviews(persona, entity),
        shows=lambda entity: secret("academic", entity[0]),
    ),
    Door(
        path="/plans/review/career/{}",
        kind="plan_id",
        admits=lambda persona, entity: entity[1] == "career" and reviews(persona, entity),
        shows=lambda entity: secret("career", entity[0]),
    ),
    Door(
        path="/plans/review/personal/{}",
        kind="plan_id",
        admits=lambda _persona, _plan: False,  # the only one of that kind is still being written
    ),
    Door(path="/plans/of/{}", kind="student_id", admits=reads_plans, shows=lambda s: canary(*s)),
    Door(path="/students/{}/report", kind="student_id", admits=looks_after, shows=lambda s: canary(*s)),
    Door(path="/students/{}/report.pdf", kind="student_id", admits=lambda *_: None, ask=asks_for_head),
    Door(path="/classes/{}/report", kind="class_id", admits=lambda persona, group: group in persona.classes),
    Door(path="/classes/{}/report.pdf", kind="class_id", admits=lambda *_: None, ask=asks_for_head),
)


def told(response: TestResponse, key: object) -> str:
    """Status and body without the id that was asked for, what differs each time, and what the page before had to say."""
    text = re.sub(
        r'nonce="[^"]+"|csrf_token[^>]*value="[^"]+"|\s*<p class="notice[^<]+</p>', "", response.get_data(as_text=True)
    )
    return f"{response.status_code} {re.sub(rf'(?<![0-9]){re.escape(str(key))}(?![0-9])', 'N', text)}"


def asked(door: Door) -> Iterator[tuple[str, Any, int | str]]:
    """Relation, entity and id for every relation of a door, but for that of what does not exist."""
    for relation, entity in RELATIONS[door.kind].items():
        if entity is not None:
            yield relation, entity, key_of(door.kind, entity)


@pytest.mark.parametrize("persona", EVERYBODY, ids=ids(EVERYBODY))
def test_a_page_of_the_growth_card_opens_to_whose_it_is_and_to_all_others_looks_like_none(persona, signed_in):
    visitor = signed_in(persona)
    for door in READING:
        none = key_of(door.kind, None)
        nothing = told(door.ask(visitor, door.path.format(none)), none)
        for relation, entity, key in asked(door):
            where = (persona.name, door.path, relation)
            response = door.ask(visitor, door.path.format(key))
            text = text_of(response)
            assert not leaked(text, persona), (where, leaked(text, persona)[:3])
            assert response.status_code < 500 or response.status_code == 501, where
            is_theirs = persona.can_sign_in and door.admits(persona, entity)
            if is_theirs is False:
                assert told(response, key) == nothing, where
            elif is_theirs:
                assert response.status_code in {200, 303}, (where, response.status_code)
                assert door.shows(entity) in text, where


def test_the_lists_of_a_persona_name_their_own_and_nobody_else(signed_in):
    lists = ("/entry", "/disputes", "/disputes?box=all", "/disputes?box=own", "/disputes?q=%E5%8D%8C", "/self-tests",
             "/plans", "/plans/review", "/plans/review?kind=career", "/plans/review?state=approved",
             "/plans/review/academic/missing", "/plans/review/career/missing", "/entry/timeliness",
             "/entry/timeliness/person.csv", "/self-tests/wellbeing/result", "/self-tests/self-learning/result",
             "/self-tests/overview?scale=心理健康普查", "/self-tests/overview?scale=自学能力")  # fmt: skip
    seen = {}
    for persona in EVERYBODY:
        visitor = signed_in(persona)
        for path in lists:
            response = visitor.get(path)
            text = text_of(response)
            assert response.status_code < 500, (persona.name, path)
            assert not leaked(text, persona), (persona.name, path, leaked(text, persona)[:3])
            seen[persona.name, path] = canaries(text) | {matter for matter, _ in secrets(text)}
    assert seen["adviser", "/plans/review"] >= {canary(1, 1, 1, 1)}
    assert seen["adviser", "/disputes?box=all"] >= {canary(1, 1, 1, 1)}
    assert "screening" in seen["student", "/self-tests/wellbeing/result"]
    assert "screening" in seen["psychology", "/self-tests/overview?scale=心理健康普查"]


def test_only_the_counsellor_s_own_sheet_holds_how_often_somebody_was_counselled(signed_in):
    """The positive control of two numbers that every other test looks for."""
    counsellor = signed_in(next(p for p in PERSONAS if p.name == "counsellor"))
    page = text_of(counsellor.get(f"/entry/{key_of('sheet', RELATIONS['sheet']['same major'])}"))
    assert str(COUNSELLINGS) in page
    assert {name for name, _ in secrets(page)} == {"counselling"}
    assert secrets(f"{SCREENING:,}.0") == {("screening", ())}


# -- changing ---------------------------------------------------------------------------------


def posts_json(**body: Any) -> Callable[[Visitor, str], TestResponse]:
    return lambda visitor, path: visitor.client.post(path, json=body, headers=token(visitor))


def posts_form(**fields: Any) -> Callable[[Visitor, str], TestResponse]:
    return lambda visitor, path: visitor.client.post(path, data=fields, headers=token(visitor))


def posts_file(visitor: Visitor, path: str) -> TestResponse:
    file = (io.BytesIO("学号,作业\n".encode()), "a.csv")
    return visitor.client.post(path, data={"file": file}, headers=token(visitor))


def token(visitor: Visitor) -> dict[str, str]:
    cookie = visitor.client.get_cookie("_csrf_token")
    return {"X-CSRFToken": cookie.value} if cookie else {}


TEXT = "这是一条足够长的理由，供审核使用。"
EDITS = [[11, "STU-ACD-03", 90, 1]]
NOT_MINE: Callable[[Persona, Any], bool] = lambda _persona, _entity: False  # noqa: E731 (a door that is shut to all)


def decides(persona: Persona, student: Key) -> bool:
    return persona.name in {"department", "adviser", "counsellor", "affairs"} and reads_dispute(persona, student)


def answers(persona: Persona, student: Key) -> bool:
    collectors = {"teacher", "adviser", "counsellor", "affairs"}
    return persona.name in collectors and reads_dispute(persona, student)


def is_own(persona: Persona, student: Key) -> bool:
    return persona.name == "student" and reads_dispute(persona, student)


CHANGING = (
    Door(path="/entry/{}/save", kind="sheet", admits=fills_in, ask=posts_json(edits=EDITS, since=0)),
    Door(path="/entry/{}/undo", kind="sheet", admits=fills_in, ask=posts_json()),
    Door(path="/entry/{}/submit", kind="sheet", admits=fills_in, ask=posts_json(blanks_confirmed=True)),
    Door(path="/entry/{}/upload", kind="sheet", admits=fills_in, ask=posts_file),
    Door(path="/entry/{}/upload/made-up", kind="sheet", admits=fills_in, ask=posts_form(seen="")),
    Door(
        path="/disputes/{}/answer",
        kind="dispute_id",
        admits=answers,
        ask=posts_form(verdict="against", text=TEXT),
    ),
    Door(
        path="/disputes/{}/decision",
        kind="dispute_id",
        admits=decides,
        ask=posts_form(verdict="against", text=TEXT, seen="open"),
    ),
    Door(path="/disputes/{}/booking", kind="dispute_id", admits=decides, ask=posts_form()),
    Door(path="/disputes/{}/withdrawal", kind="dispute_id", admits=is_own, ask=posts_form()),
    Door(
        path="/plans/review/academic/{}",
        kind="plan_id",
        admits=lambda persona, entity: entity[1] == "academic" and reviews(persona, entity),
        ask=posts_form(step="return", comment=TEXT, seen="1"),
    ),
    Door(path="/plans/review/personal/{}", kind="plan_id", admits=NOT_MINE, ask=posts_form(step="return", seen="1")),
    Door(
        path="/plans/review/career/{}/goals",
        kind="plan_id",
        admits=lambda persona, entity: entity[1] == "career" and reviews(persona, entity),
        ask=posts_form(seen="1", confirmed="1"),
    ),
)


@pytest.fixture(scope="module")
def database(own_place):
    made = open_home(own_place.settings)
    yield made
    made.dispose()


def kept(database) -> dict[str, list[Any]]:
    """Every row about the growth card."""
    with database.connect() as connection:
        return {table.__tablename__: connection.execute(select(table.__table__)).all() for table in TABLES}


@pytest.mark.parametrize("persona", STRANGERS, ids=ids(STRANGERS))
def test_nobody_changes_what_is_not_theirs_nor_learns_that_it_is_there(persona, own_place: Place, database):
    visitor = own_place.visitor(persona)
    before = kept(database)
    tried = 0
    for door in CHANGING:
        none = key_of(door.kind, None)
        nothing = told(door.ask(visitor, door.path.format(none)), none)
        assert nothing[:3] in {"302", "303", "401", "403", "404"}, (persona.name, door.path, nothing[:80])
        for relation, entity, key in asked(door):
            if persona.can_sign_in and door.admits(persona, entity):
                continue
            response = door.ask(visitor, door.path.format(key))
            where = (persona.name, door.path, relation)
            assert not leaked(text_of(response), persona), where
            assert told(response, key) == nothing, where
            tried += 1
    assert tried > len(CHANGING)
    assert kept(database) == before


OWN = (
    ("adviser", "/entry/{}/save", key_of("sheet", RELATIONS["sheet"]["own"]), posts_json(edits=[], since=0)),
    ("adviser", "/entry/{}/submit", key_of("sheet", RELATIONS["sheet"]["own"]), posts_json(blanks_confirmed=True)),
    ("adviser", "/entry/{}/undo", key_of("sheet", RELATIONS["sheet"]["own"]), posts_json()),
    ("adviser", "/entry/{}/upload", key_of("sheet", RELATIONS["sheet"]["own"]), posts_file),
    ("teacher", "/disputes/{}/answer", dispute((1, 1, 1, 1)), posts_form(verdict="against", text=TEXT)),
    (
        "adviser",
        "/disputes/{}/decision",
        dispute((1, 1, 1, 2)),
        posts_form(verdict="against", text=TEXT, seen="answered"),
    ),
    ("student", "/disputes/{}/withdrawal", dispute((1, 1, 1, 1)), posts_form()),
    ("student", "/plans/{}", "personal", posts_form(step="draft", seen="1", situation=TEXT, aim=TEXT)),
    (
        "adviser",
        "/plans/review/academic/{}",
        plan((1, 1, 1, 1), "academic"),
        posts_form(step="return", comment=TEXT, seen="1"),
    ),
    ("student", "/self-tests/{}", "wellbeing", posts_form()),
)


@pytest.mark.parametrize(("name", "path", "key", "ask"), OWN, ids=[f"{name}{path}" for name, path, *_ in OWN])
def test_another_site_changes_nothing_through_somebody_who_may(name, path, key, ask, own_place, database, monkeypatch):
    """What the persona may do is refused without the token that only the own pages have, and not refused with it."""
    visitor = own_place.visitor(next(p for p in PERSONAS if p.name == name))
    before = kept(database)
    for headers in ({}, {"X-CSRFToken": "made-up"}):
        with monkeypatch.context() as changed:
            changed.setattr("tests.security.test_growth_matrix.token", lambda _visitor, sent=headers: sent)
            assert ask(visitor, path.format(key)).status_code == 400
    assert kept(database) == before
    assert ask(visitor, path.format(key)).status_code in {200, 302, 303, 409, 422}


def test_only_an_own_entry_can_be_disputed(own_place, database):
    """Entries have numbers: those of others, of classes and of nobody are all none."""
    entries = select(CardEntry.holder, CardEntry.holder_id, func.min(CardEntry.entry_id))
    with database.connect() as connection:
        found = connection.execute(entries.group_by(CardEntry.holder, CardEntry.holder_id)).all()
    visitor = own_place.visitor(next(p for p in PERSONAS if p.name == "student"))
    before = kept(database)["card_dispute"]
    nothing = told(visitor.get(f"/disputes/new?entry={NONEXISTENT}"), f"entry={NONEXISTENT}")
    own = key_of("student_id", (1, 1, 1, 1))
    assert visitor.get(f"/disputes/new?entry={next(e for h, i, e in found if (h, i) == (5, own))}").status_code == 200
    for holder, holder_id, entry in found:
        if (holder, holder_id) == (5, own):
            continue
        for response in (
            visitor.get(f"/disputes/new?entry={entry}"),
            posts_form(reason=TEXT)(visitor, f"/disputes/new?entry={entry}"),
        ):
            assert told(response, f"entry={entry}") == nothing, (holder, holder_id)
    assert kept(database)["card_dispute"] == before
    assert len(found) > len(below())
