"""What hangs in a hall is read by whoever passes: it names nobody, and what opens it opens nothing else."""

import datetime as dt
import json

import pytest
from sqlalchemy import update

from data_access.access.actors import Actor
from data_access.access.audit import AuditLog
from data_access.access.scope import Scope
from data_access.access.screens import Screens
from data_access.clock import today
from data_access.database import transaction
from data_access.database.monitoring_models import ScreenToken
from data_access.installation import open_home
from tests.security.canaries import canaries, number, teachers
from tests.security.personas import PERSONAS
from tests.security.visitor import Visitor, addresses, text_of

pytestmark = pytest.mark.slow

CONSOLE = Actor("console:tests", None)
TEACHERS = [f"教师{number(*path)}" for path in teachers()]
"""Names of all teachers of the canary college."""
ADDRESSES = ("/screen", "/screen/feed")


@pytest.fixture(scope="module")
def database(place):
    made = open_home(place.settings)
    yield made
    made.dispose()


@pytest.fixture(scope="module")
def screens(database):
    return Screens(database, AuditLog(database))


def issue(screens):
    return screens.issue("大厅", today() + dt.timedelta(days=30), by=CONSOLE)


@pytest.fixture
def token(screens):
    return issue(screens)


def newest(screens):
    return max(info.screen_id for info in screens.all(scope=Scope.all("test")))


def at_screen(place, token):
    """A browser that opened the link of a screen."""
    visitor = Visitor(place.app)
    visitor.get(f"/screen?token={token}")
    return visitor


def named(text):
    """Teachers whose name stands in a text, also where JSON has escaped it."""
    return [name for name in TEACHERS if name in text or json.dumps(name)[1:-1] in text]


def test_neither_page_nor_feed_names_anybody(place, token):
    visitor = at_screen(place, token)
    told = [visitor.get(address) for address in ADDRESSES]
    assert [answer.status_code for answer in told] == [200, 200]
    scenes = told[1].json["scenes"]
    assert len(scenes) == 5
    assert not [scene for scene in scenes if scene.get("problem")]
    assert "第1系" in told[1].get_data(as_text=True)
    for text in map(text_of, told):
        assert not canaries(text)
        assert not named(text)


def test_who_looks_for_names_finds_them_where_they_stand(signed_in):
    """The positive control: the same look at a page with names finds them."""
    leader = signed_in(next(persona for persona in PERSONAS if persona.name == "leader"))
    page = next(found for found in addresses() if found.kind == "teacher_id" and found.relation == "own")
    assert named(text_of(leader.route(page.path)))
    page = next(found for found in addresses() if found.kind == "class_id" and found.relation == "own")
    assert canaries("\n".join(map(text_of, leader.fill(page.page, page.path))))


def test_a_preview_shows_what_hangs_there_whoever_looks(place, token, signed_in):
    hangs = at_screen(place, token).get("/screen/feed").json
    for persona in PERSONAS:
        if not persona.can_sign_in:
            continue
        answer = signed_in(persona).get("/screen/feed")
        if persona.name in {"leader", "quality", "leader-who-teaches", "screen"}:
            assert answer.json == hangs, persona.name
        else:
            assert answer.status_code == 403, persona.name


def test_both_a_token_and_a_session_give_what_a_screen_gets(place, token):
    """A leader who opens the link on their own computer is a screen there, and stays a leader elsewhere."""
    leader = place.visitor(next(persona for persona in PERSONAS if persona.name == "leader"))
    hangs = at_screen(place, token).get("/screen/feed").json
    leader.get(f"/screen?token={token}")
    assert leader.get("/screen/feed").json == hangs
    assert leader.get("/students").status_code == 200


def nothing(place, token):
    """Assert that a token opens neither page nor feed, by address or cookie, and gets no word of the data."""
    by_address, by_cookie = Visitor(place.app), Visitor(place.app)
    by_cookie.client.set_cookie("luoxuan_screen", token, path="/screen")
    answers = [by_address.get(f"{address}?token={token}") for address in ADDRESSES]
    answers += [by_cookie.get(address) for address in ADDRESSES]
    for answer in answers:
        assert answer.status_code == 401
        told = text_of(answer)
        assert "第1系" not in told
        assert not canaries(told)
        assert "luoxuan_screen=" not in told


def test_a_revoked_token_gets_nothing(place, screens, token):
    screens.revoke(newest(screens), by=CONSOLE)
    nothing(place, token)


def test_an_expired_token_gets_nothing(place, database, screens, token):
    assert at_screen(place, token).get("/screen/feed").status_code == 200
    yesterday = today() - dt.timedelta(days=1)
    with transaction(database) as connection:
        own = ScreenToken.screen_id == newest(screens)
        connection.execute(update(ScreenToken).where(own).values(expires_on=yesterday))
    nothing(place, token)


@pytest.mark.parametrize(
    "forge",
    [
        lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"),
        lambda token: token.swapcase(),
        lambda token: token[:-1],
        lambda token: f"{token}A",
        lambda _: "' OR 1=1 --",
        lambda _: "%25",
    ],
    ids=["last letter", "case", "shorter", "longer", "sql", "wildcard"],
)
def test_a_forged_token_gets_nothing(place, token, forge):
    nothing(place, forge(token))


def test_the_hash_that_the_database_holds_is_no_token(place, database, screens, token):
    assert token
    with database.connect() as connection:
        held = connection.execute(
            ScreenToken.__table__.select().where(ScreenToken.screen_id == newest(screens))
        ).mappings()
        (row,) = held
    nothing(place, row["token_hash"])
