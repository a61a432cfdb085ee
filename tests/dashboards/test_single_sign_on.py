"""The real application with a real provider on loopback, which can be told to misbehave (`tests.security.providers`)."""

import contextlib
import dataclasses
import datetime as dt
import functools
import itertools
import logging
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, Select, func, insert, select, update
from werkzeug.test import TestResponse

from app import create_app
from dashboards.single_sign_on import cas, journey, oidc, provider
from dashboards.surface import access_of
from data_access.database import open_database, transaction
from data_access.database.access_models import Account, AuditEvent, PostRecord, SignIn
from data_access.errors import ConfigurationError
from data_access.installation import open_home
from data_access.settings import Mode, OpenIdConnect, Settings
from tests.security.providers import (
    CLIENT_ID,
    CLIENT_SECRET,
    HOSTILE,
    Fault,
    Provider,
    cas_provider,
    oidc_provider,
)

SOMEBODY = "t0102"
DISABLED = "t0199"
FORMER = "t0150"
PUBLIC = "http://127.0.0.1:8050"
ADDRESSES = itertools.count(2)


@dataclasses.dataclass(kw_only=True)
class Place:
    """The application with the provider it was set to, as one test sees it.

    Attributes:
        address: network address of the test's browsers.
        since: numbers of the last sign-in and the last audited event before the test.
    """

    settings: Settings
    database: Engine
    app: Flask
    provider: Provider
    method: str
    address: str = "10.0.0.1"
    since: tuple[int, int] = (0, 0)

    @functools.cached_property
    def client(self) -> FlaskClient:
        return self.another_browser()

    def another_browser(self) -> FlaskClient:
        client = self.app.test_client()
        client.environ_base["REMOTE_ADDR"] = self.address
        return client

    @property
    def callback(self) -> str:
        return f"/sign-in/{self.method}/callback"

    def begin(self, path: str = "", client: FlaskClient | None = None) -> TestResponse:
        return (client or self.client).get(f"/sign-in/{self.method}{path}")

    def visit_provider(self, begun: TestResponse) -> str:
        """The address of the application to which the provider sends the browser."""
        assert begun.status_code == 302, begun.get_data(as_text=True)
        return local(requests.get(begun.location, allow_redirects=False, timeout=5).headers["Location"])

    def sign_in(self, path: str = "") -> TestResponse:
        return self.client.get(self.visit_provider(self.begin(path)))

    def is_signed_in(self, client: FlaskClient | None = None) -> bool:
        return (client or self.client).get("/session").status_code == 200

    def rows(self, query: Select) -> list[tuple]:
        with self.database.connect() as connection:
            return [tuple(row) for row in connection.execute(query)]

    def sessions(self) -> list[str]:
        """How people signed in during the test."""
        query = select(SignIn.method).where(SignIn.sign_in_id > self.since[0])
        return [method for (method,) in self.rows(query)]

    def audited(self) -> list[tuple[str, str, str]]:
        """Actor, subject and result of what was recorded during the test."""
        query = select(AuditEvent.actor, AuditEvent.subject, AuditEvent.result)
        return self.rows(query.where(AuditEvent.sequence > self.since[1]).order_by(AuditEvent.sequence))

    def set_accounts(self, **values) -> None:
        with transaction(self.database) as connection:
            connection.execute(update(Account).values(**values))


def local(address: str) -> str:
    """Path and query of an address that must be one of the application's own."""
    assert address.startswith(f"{PUBLIC}/"), address
    return address.removeprefix(PUBLIC)


@pytest.fixture(scope="module")
def new_place(tmp_path_factory) -> Iterator[Callable[..., Place]]:
    """Makes an application of its own for a method, ``oidc`` or ``cas``, with its provider behind it."""
    seed = Settings.at(tmp_path_factory.mktemp("seed"))
    database = open_home(seed)
    people(database)
    database.dispose()
    with contextlib.ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            patch.delenv(name, raising=False)
            patch.delenv(name.upper(), raising=False)

        def make(method: str, **changes) -> Place:
            making = oidc_provider if method == "oidc" else cas_provider
            back = f"{PUBLIC}/sign-in/{method}/callback"
            where = {"redirect_uri": back} if method == "oidc" else {"services": back}
            started = stack.enter_context(making(username=SOMEBODY, **where, **changes))
            settings = configured(tmp_path_factory.mktemp(method), started)
            settings.home.mkdir(mode=0o700)
            shutil.copy(seed.home / "luoxuan.sqlite", settings.home)
            database = open_database(settings.database_url)
            stack.callback(database.dispose)
            return Place(
                settings=settings, database=database, app=create_app(settings), provider=started, method=method
            )

        yield make


@pytest.fixture(scope="module")
def standing(new_place) -> Callable[[str], Place]:
    """One application for each method."""
    return functools.cache(new_place)


@pytest.fixture
def place(standing) -> Callable[[str], Place]:
    """The application of a method as if nothing had happened; its browsers have an address of their own."""

    def make(method: str) -> Place:
        here = standing(method)
        here.provider.username, here.provider.fault = SOMEBODY, None
        here.provider.seen.clear()
        here.set_accounts(must_change_password=False)
        ((sign_in, event),) = here.rows(
            select(
                select(func.coalesce(func.max(SignIn.sign_in_id), 0)).scalar_subquery(),
                select(func.coalesce(func.max(AuditEvent.sequence), 0)).scalar_subquery(),
            )
        )
        return dataclasses.replace(here, address=f"10.0.0.{next(ADDRESSES)}", since=(sign_in, event))

    return make


def configured(directory: Path, started: Provider) -> Settings:
    secret = directory / "client-secret"
    secret.write_text(CLIENT_SECRET + "\n")
    secret.chmod(0o600)
    if "redirect_uri" in vars(started):
        client = OpenIdConnect(issuer=started.url, client_id=CLIENT_ID, client_secret_file=secret)
        return Settings.at(directory / "home", oidc=client)
    return Settings.at(directory / "home", cas_url=f"{started.url}/cas")


def people(database: Engine) -> None:
    now, day = dt.datetime.now(dt.UTC), dt.date(2020, 9, 1)
    with transaction(database) as connection:
        for username in (SOMEBODY, DISABLED, FORMER):
            (account_id,) = connection.execute(
                insert(Account).values(
                    username=username, name="王建国", person_kind="other", password_history=[], source="manual",
                    must_change_password=False, session_version=1, created_at=now,
                    disabled_at=now if username == DISABLED else None, disabled_because="",
                )
            ).inserted_primary_key  # fmt: skip
            connection.execute(
                insert(PostRecord).values(
                    account_id=account_id, role="leader", node_level="school", node_id=1, valid_from=day,
                    valid_to=day if username == FORMER else None, source="manual", granted_at=now,
                )
            )  # fmt: skip


METHODS = pytest.mark.parametrize("method", ["oidc", "cas"])


def refusal(place: Place, answer: TestResponse) -> str:
    """What the sign-in page says after a refusal; nobody may be signed in, and nothing may be repeated."""
    assert answer.status_code == 303
    assert urlsplit(answer.location).path == "/sign-in"
    assert not place.is_signed_in()
    assert place.sessions() == []
    page = place.client.get(answer.location)
    assert page.status_code == 200
    shown = page.get_data(as_text=True)
    assert "hostile" not in shown
    assert 'name="password"' in shown, "The password still works."
    return shown


# -- the way that works -----------------------------------------------------------------------


@METHODS
def test_somebody_with_an_account_is_signed_in_by_the_provider(place, method):
    here = place(method)
    answer = here.sign_in()
    assert (answer.status_code, answer.location) == (302, "/")
    assert here.is_signed_in()
    assert here.sessions() == [method]
    assert here.audited() == [(SOMEBODY, f"account:{SOMEBODY}", "done")]


@METHODS
def test_the_sign_in_page_offers_the_provider_and_keeps_the_way(place, method):
    page = place(method).client.get("/sign-in?next=%2Fcourses").get_data(as_text=True)
    assert f'href="/sign-in/{method}?next=%2Fcourses"' in page
    assert journey.LABEL in page


@METHODS
def test_one_comes_back_to_where_one_wanted_to_go(place, method):
    assert place(method).sign_in("?next=/offerings/7%3Fweek%3D3").location == "/offerings/7?week=3"


@METHODS
@pytest.mark.parametrize(("length", "is_kept"), [(200, True), (1900, False)])
def test_a_long_way_is_given_up_rather_than_the_sign_in(place, method, length, is_kept):
    here, wanted = place(method), "/courses?q=" + "".join(chr(0x4E00 + n) for n in range(length))
    begun = here.client.get(f"/sign-in/{method}", query_string={"next": wanted})
    assert len(here.client.get_cookie("luoxuan").value) < 3800
    arrived = here.client.get(here.visit_provider(begun)).location
    assert (arrived != "/") == is_kept
    assert here.is_signed_in()


@METHODS
@pytest.mark.parametrize("elsewhere", ["//other.example", "https://other.example/", "/\\other.example", "javascript:x"])
def test_nobody_is_led_to_another_site(place, method, elsewhere):
    here = place(method)
    begun = here.client.get(f"/sign-in/{method}", query_string={"next": elsewhere})
    assert here.client.get(here.visit_provider(begun)).location == "/"


@METHODS
def test_the_address_to_come_back_to_is_that_of_the_settings_whatever_the_request_says(place, method):
    public = {"mode": Mode.PRODUCTION, "public_url": "https://luoxuan.example.edu.cn", "trusted_proxies": 1}
    client = create_app(dataclasses.replace(place(method).settings, **public)).test_client()
    forged = {"Host": "other.example", "X-Forwarded-Host": "luoxuan.example.edu.cn:9", "X-Forwarded-Proto": "http"}
    begun = client.get(f"/sign-in/{method}", headers=forged)
    asked = parse_qs(urlsplit(begun.location).query)
    (back,) = asked["redirect_uri" if method == "oidc" else "service"]
    assert back.startswith(f"https://luoxuan.example.edu.cn/sign-in/{method}/callback")


@METHODS
def test_the_username_is_matched_without_regard_to_case(place, method):
    here = place(method)
    here.provider.username = SOMEBODY.upper()
    here.sign_in()
    assert here.is_signed_in()


@METHODS
def test_a_session_is_like_any_other_and_ends_with_the_account(place, method):
    here = place(method)
    here.sign_in()
    here.set_accounts(session_version=Account.session_version + 1)
    assert not here.is_signed_in()


@METHODS
def test_a_first_password_is_asked_for_where_the_account_needs_one(place, method):
    here = place(method)
    here.set_accounts(must_change_password=True)
    assert here.sign_in("?next=/courses").location == "/account/first-password"


@METHODS
def test_signing_in_gives_the_browser_a_new_session(place, method):
    here = place(method)
    back = here.visit_provider(here.begin())
    before = here.client.get_cookie("luoxuan").value
    here.client.get(back)
    assert here.client.get_cookie("luoxuan").value != before
    former = here.another_browser()
    former.set_cookie("luoxuan", before)
    assert not here.is_signed_in(former)


# -- who is let in ----------------------------------------------------------------------------


@METHODS
def test_unknown_and_disabled_people_are_refused_in_the_same_words(place, method):
    here = place(method)
    said = {}
    for username in ("nobody", DISABLED):
        here.provider.username = username
        said[username] = refusal(here, here.sign_in())
    assert without_token(said["nobody"]) == without_token(said[DISABLED])
    assert [(actor, result) for actor, _, result in here.audited()] == [("", "failed"), ("", "denied")]


def without_token(page: str) -> list[str]:
    return [line for line in page.splitlines() if "csrf_token" not in line]


@METHODS
def test_nobody_gets_an_account_by_signing_in(place, method):
    here = place(method)
    before = here.rows(select(Account.username))
    here.provider.username = "nobody"
    here.sign_in()
    assert here.rows(select(Account.username)) == before


@METHODS
def test_somebody_whose_posts_have_ended_is_refused(place, method):
    here = place(method)
    here.provider.username = FORMER
    assert "岗位" in refusal(here, here.sign_in())


# -- what a provider gets wrong ---------------------------------------------------------------

IN_TOKEN = {
    Fault.WRONG_ISSUER: "invalid_claim (iss)",
    Fault.WRONG_AUDIENCE: "invalid_claim (aud)",
    Fault.LENT_AUDIENCE: "invalid_claim (aud)",
    Fault.WRONG_NONCE: "invalid_claim (nonce)",
    Fault.NO_NONCE: "missing_claim (nonce)",
    Fault.EXPIRED: "expired_token (exp)",
    Fault.NO_EXPIRY: "missing_claim (exp)",
    Fault.FROM_THE_FUTURE: "invalid_claim (iat)",
    Fault.OTHER_ACCESS_TOKEN: "invalid_claim (at_hash)",
    Fault.UNSIGNED: "unsupported_algorithm",
    Fault.SIGNED_WITH_CLIENT_SECRET: "unsupported_algorithm",
    Fault.SIGNED_WITH_PUBLIC_KEY: "unsupported_algorithm",
    Fault.OTHER_KEY: "bad_signature",
    Fault.UNKNOWN_KEY: "invalid_key_id",
    Fault.CHANGED_AFTER_SIGNING: "bad_signature",
    Fault.NO_TOKEN: "no token about the person",
    Fault.TOKEN_IS_A_NUMBER: "decode_error",
    Fault.EMPTY_USERNAME: "no username",
    Fault.NUMERIC_USERNAME: "no username",
    Fault.LONG_USERNAME: "no username",
    Fault.DISGUISED_USERNAME: "only look like others",
    Fault.REFUSES_CODE: "invalid_grant",
    Fault.REFUSES_ODDLY: "one of its own",
}


@pytest.mark.parametrize("fault", IN_TOKEN)
def test_a_token_that_does_not_prove_this_sign_in_is_refused(place, fault):
    here = place("oidc")
    here.provider.fault = fault
    assert provider.NOT_PROVEN in refusal(here, here.sign_in())
    ((actor, subject, result),) = here.audited()
    assert (actor, result) == ("", "denied")
    assert subject.startswith(f"oidc {here.address}: ")
    assert IN_TOKEN[fault] in subject


IN_TICKET = {
    Fault.NO_USERNAME: "malformed",
    Fault.EMPTY_USERNAME: "refuses the ticket",
    Fault.LONG_USERNAME: "no username",
    Fault.DISGUISED_USERNAME: "only look like others",
    Fault.EXTERNAL_ENTITY: "document type",
    Fault.NESTED_ENTITIES: "document type",
    Fault.WIDE_CHARACTERS: "malformed",
    Fault.OTHER_ENCODING: "malformed",
    Fault.BROKEN_OFF: "malformed",
    Fault.EMPTY_ANSWER: "malformed",
}


@pytest.mark.parametrize("fault", IN_TICKET)
def test_an_answer_that_names_nobody_is_refused_and_nothing_in_it_is_fetched(place, fault):
    here = place("cas")
    here.provider.fault = fault
    assert provider.NOT_PROVEN in refusal(here, here.sign_in())
    assert here.provider.asked("/tripwire") == []
    ((actor, subject, result),) = here.audited()
    assert (actor, result) == ("", "denied")
    assert IN_TICKET[fault] in subject


@pytest.mark.parametrize("content", ["<!DOCTYPE a>", "<?xml version='1.0'?>\n<!doctype a [<!ENTITY b 'c'>]><a/>"])
def test_an_answer_that_declares_a_document_type_is_not_read(content):
    with pytest.raises(provider.RefusedError):
        cas.plain(content.encode())


@METHODS
@pytest.mark.parametrize("fault", [Fault.FAILS, Fault.ANSWERS_NONSENSE, Fault.REDIRECTS])
def test_a_provider_that_breaks_in_the_middle_lets_nobody_in_and_gets_no_secret_elsewhere(place, method, fault):
    here = place(method)
    back = here.visit_provider(here.begin())
    here.provider.fault = fault
    shown = refusal(here, here.client.get(back))
    said = [message for message in (provider.NOT_ANSWERING, provider.NOT_PROVEN) if message in shown]
    assert len(said) == 1
    assert fault is not Fault.FAILS or said == [provider.NOT_ANSWERING]
    assert here.provider.asked("/tripwire") == []
    assert [(actor, result) for actor, _, result in here.audited()] == [("", "denied")]


@pytest.mark.parametrize(
    "fault",
    [
        Fault.FAILS, Fault.ANSWERS_NONSENSE, Fault.REDIRECTS, Fault.OTHER_ISSUER_IN_DISCOVERY, Fault.NO_ENDPOINTS,
        Fault.ENDPOINTS_ELSEWHERE, Fault.WEAK_ALGORITHMS_ONLY,
    ],
)  # fmt: skip
def test_nobody_is_sent_to_a_provider_whose_description_is_not_to_be_trusted(new_place, fault):
    here = new_place("oidc")
    here.provider.fault = fault
    refusal(here, here.begin())
    assert [path for path, _ in here.provider.seen] == ["/.well-known/openid-configuration"]
    here.provider.fault = None
    here.sign_in()
    assert here.is_signed_in()


def test_a_person_who_gives_up_at_the_provider_is_told_so_in_our_words(place):
    here = place("oidc")
    here.provider.fault = Fault.DENIES
    assert provider.NOT_FINISHED in refusal(here, here.sign_in("?next=/courses"))
    assert here.audited()[0][1].endswith("access_denied")


def test_a_refusal_keeps_the_way(place):
    here = place("oidc")
    here.provider.fault = Fault.DENIES
    assert here.sign_in("?next=/courses").location == "/sign-in?next=%2Fcourses"


@METHODS
def test_nothing_of_a_hostile_error_is_shown_logged_or_recorded(place, method, caplog):
    here = place(method)
    here.begin()
    hostile = {"state": HOSTILE, "error": HOSTILE, "error_description": HOSTILE, "code": HOSTILE, "ticket": HOSTILE}
    refusal(here, here.client.get(here.callback, query_string=hostile))
    assert "hostile" not in str(here.rows(select(AuditEvent.subject, AuditEvent.detail)))
    assert "hostile" not in "".join(r.getMessage() for r in caplog.records if r.name.startswith("luoxuan"))


# -- who may come back ------------------------------------------------------------------------


@METHODS
def test_nobody_comes_back_who_was_not_sent(place, method):
    here = place(method)
    stranger = here.another_browser()
    back = here.visit_provider(here.begin())
    answer = stranger.get(back)
    assert (answer.status_code, here.is_signed_in(stranger)) == (303, False)
    assert here.provider.asked("/token") + here.provider.asked("/cas/serviceValidate") == []


@METHODS
def test_nobody_comes_back_with_the_state_of_another_browser(place, method):
    here = place(method)
    attacker = here.another_browser()
    back = here.visit_provider(here.begin(client=attacker))
    here.begin()
    refusal(here, here.client.get(back))
    assert here.audited()[0][1].endswith("another sign-in")


@pytest.mark.parametrize("fault", [None, Fault.IGNORES_PKCE])
def test_a_code_from_the_sign_in_of_somebody_else_is_refused(place, fault):
    here = place("oidc")
    attacker = here.another_browser()
    other = parse_qs(urlsplit(here.visit_provider(here.begin(client=attacker))).query)
    own = parse_qs(urlsplit(here.visit_provider(here.begin())).query)
    here.provider.fault = fault
    answer = here.client.get(here.callback, query_string={"state": own["state"][0], "code": other["code"][0]})
    refusal(here, answer)
    assert here.audited()[0][1].endswith("invalid_grant" if fault is None else "invalid_claim (nonce)")


def test_a_ticket_from_the_sign_in_of_somebody_else_is_refused(place):
    here = place("cas")
    attacker = here.another_browser()
    other = parse_qs(urlsplit(here.visit_provider(here.begin(client=attacker))).query)
    own = parse_qs(urlsplit(here.begin().location).query)["service"][0]
    state = parse_qs(urlsplit(own).query)["state"][0]
    refusal(here, here.client.get(here.callback, query_string={"state": state, "ticket": other["ticket"][0]}))
    assert here.audited()[0][1].endswith("refuses the ticket")


@METHODS
@pytest.mark.parametrize("fault", [None, Fault.CODES_LAST])
def test_one_comes_back_once(place, method, fault):
    here = place(method)
    here.provider.fault = fault
    back = here.visit_provider(here.begin())
    kept = here.client.get_cookie("luoxuan").value
    here.client.get(back)
    assert here.is_signed_in()
    for cookie in (None, kept):
        again = here.another_browser()
        if cookie:
            again.set_cookie("luoxuan", cookie)
        assert again.get(back).status_code == 303
        assert not here.is_signed_in(again)
    assert here.audited()[-1][1].endswith("a second time")


@METHODS
def test_coming_back_a_second_time_in_the_same_browser_starts_nothing(place, method):
    here = place(method)
    back = here.visit_provider(here.begin())
    here.client.get(back)
    here.client.get(back)
    assert len(here.sessions()) == 1


@METHODS
def test_what_was_kept_for_the_return_leaves_the_browser_with_it(place, method):
    here = place(method)
    back = here.visit_provider(here.begin())
    here.provider.fault = Fault.FAILS
    for _ in range(2):
        here.client.get(back)
    assert here.audited()[1][1].endswith("was not sent to the provider")


@METHODS
def test_one_comes_back_in_time(place, method, monkeypatch):
    here = place(method)
    back = here.visit_provider(here.begin())
    monkeypatch.setattr(journey, "LASTS_SECONDS", -1)
    assert provider.TOO_LATE in refusal(here, here.client.get(back))
    assert here.audited()[0][1].endswith("too late")


@METHODS
def test_the_same_refusal_again_and_again_is_recorded_once_a_minute(place, method):
    here = place(method)
    for _ in range(3):
        here.client.get(here.callback)
    assert len(here.audited()) == 1


# -- the provider itself ----------------------------------------------------------------------


def test_the_description_and_the_keys_are_asked_for_once(new_place):
    here = new_place("oidc")
    for _ in range(3):
        here.sign_in()
    assert len(here.provider.asked("/.well-known/openid-configuration")) == 1
    assert len(here.provider.asked("/keys")) == 1


def test_a_new_key_of_the_provider_is_asked_for(new_place):
    here = new_place("oidc")
    here.sign_in()
    here.provider.key = "second"
    here.client.post("/sign-out")
    here.sign_in()
    assert here.is_signed_in()
    assert len(here.provider.asked("/keys")) == 2


def test_the_client_shows_its_secret_in_the_way_that_the_provider_admits(new_place):
    here = new_place("oidc", client_authentication="client_secret_post")
    here.sign_in()
    assert here.is_signed_in()


def test_the_username_may_stand_in_the_details_beside_the_token(new_place):
    here = new_place("oidc", keeps_details_apart=True)
    here.sign_in()
    assert here.is_signed_in()


def test_details_of_somebody_else_are_refused(new_place):
    here = new_place("oidc", keeps_details_apart=True)
    here.provider.fault = Fault.DETAILS_OF_SOMEBODY_ELSE
    refusal(here, here.sign_in())
    assert here.audited()[0][1].endswith("somebody else")


def test_tokens_codes_and_tickets_are_kept_and_logged_nowhere(new_place, caplog):
    with caplog.at_level(logging.DEBUG):
        for method in ("oidc", "cas"):
            here = new_place(method)
            back = here.visit_provider(here.begin())
            here.client.get(back)
            assert here.is_signed_in()
            ours = [r for r in caplog.records if r.name != "werkzeug" and "/authorize" not in r.getMessage()]
            secret = parse_qs(urlsplit(back).query)["code" if method == "oidc" else "ticket"][0]
            logged = "".join(record.getMessage() for record in ours)
            stored = Path(here.settings.database_url.removeprefix("sqlite:///")).read_bytes().decode("latin-1")
            tokens = [*getattr(here.provider, "access_tokens", ()), CLIENT_SECRET, secret]
            assert [token for token in tokens if token in logged or token in stored] == []


# -- a provider that does not answer ----------------------------------------------------------


@contextlib.contextmanager
def impatient() -> Iterator[None]:
    """Waits a fiftieth of the usual time."""
    seconds = tuple(seconds / 50 for seconds in provider.CAUTIOUS["timeout"])
    with pytest.MonkeyPatch.context() as patch:
        for module in (oidc, cas):
            patch.setattr(module, "CAUTIOUS", {**provider.CAUTIOUS, "timeout": seconds})
        yield


@METHODS
def test_a_provider_that_hangs_is_waited_for_once_and_then_left_alone(new_place, method):
    here = new_place(method)
    first, second = here.another_browser(), here.client
    backs = [here.visit_provider(here.begin(client=client)) for client in (first, second)]
    here.provider.fault = Fault.HANGS
    with impatient():
        first.get(backs[0])
    asked = len(here.provider.seen)
    assert provider.NOT_ANSWERING in refusal(here, second.get(backs[1]))
    assert provider.NOT_ANSWERING in refusal(here, here.begin())
    assert len(here.provider.seen) == asked


def test_nobody_is_sent_to_a_provider_that_did_not_answer_before_it_does_again(new_place, monkeypatch):
    monkeypatch.setattr(provider, "REST", 0)
    here = new_place("oidc")
    back = here.visit_provider(here.begin())
    here.provider.fault = Fault.HANGS
    with impatient():
        refusal(here, here.client.get(back))
        assert provider.NOT_ANSWERING in refusal(here, here.begin())
    here.provider.fault = None
    here.sign_in()
    assert here.is_signed_in()


def test_a_provider_that_is_switched_off_leaves_the_password(new_place):
    here = new_place("oidc")
    nobody = dataclasses.replace(here.settings.oidc, issuer="http://127.0.0.1:1")
    here.app = create_app(dataclasses.replace(here.settings, oidc=nobody))
    assert provider.NOT_ANSWERING in refusal(here, here.begin())


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def dies(line: provider.Line) -> None:
    with pytest.raises(provider.RefusedError, match="does not answer"), line.open():
        raise requests.ConnectTimeout


def test_after_a_rest_one_request_tries_again():
    clock = Clock()
    line = provider.Line(clock)
    dies(line)
    with pytest.raises(provider.RefusedError, match="a moment ago"), line.open():
        pass
    clock.now = provider.REST
    with line.open(), pytest.raises(provider.RefusedError, match="a moment ago"):
        line.check()
    line.check()
    assert not line.is_dead


def test_an_answer_that_is_wrong_shows_that_the_provider_is_there():
    line = provider.Line(Clock())
    with pytest.raises(provider.RefusedError), line.open():
        raise requests.HTTPError
    line.check()


def test_a_slow_provider_leaves_a_thread_to_the_pages():
    line, may_end, are_in = provider.Line(), threading.Event(), threading.Semaphore(0)

    def ask() -> None:
        with line.open():
            are_in.release()
            may_end.wait(5)

    threads = [threading.Thread(target=ask) for _ in range(provider.ASKING)]
    waiting = threading.Thread(target=ask)
    for thread in threads:
        thread.start()
        assert are_in.acquire(timeout=5)
    waiting.start()
    while line._room._admitted.acquire(blocking=False):  # until the one that waits has its seat
        line._room._admitted.release()
    with pytest.raises(provider.RefusedError) as refused, line.open():
        pass
    assert refused.value.message == provider.TOO_MANY
    may_end.set()
    for thread in (*threads, waiting):
        thread.join()


# -- settings ---------------------------------------------------------------------------------


@METHODS
def test_there_are_two_ways_in_and_both_only_read(place, method):
    here = place(method)
    rules = [rule for rule in here.app.url_map.iter_rules() if rule.endpoint.startswith("single_sign_on.")]
    assert {rule.rule for rule in rules} == {f"/sign-in/{method}", f"/sign-in/{method}/callback"}
    assert {verb for rule in rules for verb in rule.methods} <= {"GET", "HEAD"}
    assert {str(access_of(here.app, rule.endpoint)) for rule in rules} == {"open"}


def test_without_a_provider_there_is_nothing_to_click_on(tmp_path):
    client = create_app(Settings.at(tmp_path)).test_client()
    assert "/sign-in/" not in client.get("/sign-in").get_data(as_text=True)
    for path in ("/sign-in/oidc", "/sign-in/cas", "/sign-in/oidc/callback"):
        assert client.get(path).status_code in {302, 404}


@pytest.mark.parametrize(
    ("content", "mode", "said"), [("x", 0o644, "chmod 600"), ("", 0o600, "empty"), (None, 0, "cannot")]
)
def test_a_client_secret_that_is_not_kept_secret_stops_the_start(tmp_path, content, mode, said):
    file = tmp_path / "secret"
    if content is not None:
        file.write_text(content)
        file.chmod(mode)
    client = OpenIdConnect(issuer="https://id.example.edu.cn", client_id="luoxuan", client_secret_file=file)
    with pytest.raises(ConfigurationError, match=said):
        create_app(Settings.at(tmp_path / "home", oidc=client))


HALVES = {
    "LUOXUAN_OIDC_ISSUER": "https://id.example.edu.cn",
    "LUOXUAN_OIDC_CLIENT_ID": "luoxuan",
    "LUOXUAN_OIDC_CLIENT_SECRET_FILE": "/run/secrets/oidc",
}


@pytest.mark.parametrize("given", HALVES)
def test_half_a_provider_is_refused_with_the_names_of_what_is_missing(given):
    with pytest.raises(ConfigurationError) as refused:
        Settings.from_environment({given: HALVES[given]})
    assert all(name in str(refused.value) for name in HALVES.keys() - {given})


@pytest.mark.parametrize("name", ["LUOXUAN_OIDC_ISSUER", "LUOXUAN_CAS_URL"])
def test_a_provider_over_plain_http_is_refused_unless_it_is_on_this_machine(name):
    with pytest.raises(ConfigurationError, match=name):
        Settings.from_environment({**HALVES, name: "http://id.example.edu.cn"})


@pytest.mark.parametrize("name", ["LUOXUAN_OIDC_ISSUER", "LUOXUAN_CAS_URL"])
def test_in_production_a_provider_is_reached_over_https_alone(name):
    production = {"LUOXUAN_MODE": "production", "LUOXUAN_PUBLIC_URL": "https://luoxuan.example.edu.cn"}
    provided = HALVES if name == "LUOXUAN_OIDC_ISSUER" else {}
    with pytest.raises(ConfigurationError, match=name):
        Settings.from_environment({**production, **provided, name: "http://127.0.0.1:9"})


# -- what is believed of a provider -----------------------------------------------------------

DESCRIBED = {
    "issuer": "https://id.example.edu.cn",
    "authorization_endpoint": "https://id.example.edu.cn/authorize",
    "token_endpoint": "https://id.example.edu.cn/token",
    "jwks_uri": "https://keys.example.edu.cn/keys",
    "id_token_signing_alg_values_supported": ["none", "HS256", "RS256"],
}


def test_of_a_description_only_what_is_needed_is_believed():
    believed = oidc.believed({**DESCRIBED, "verify": False, "scope": "all"}, issuer=DESCRIBED["issuer"])
    assert believed == {
        **DESCRIBED,
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_method": "client_secret_basic",
    }


def test_an_issuer_keeps_its_slash_at_the_end():
    believed = oidc.believed({**DESCRIBED, "issuer": "https://id.example.edu.cn/"}, issuer="https://id.example.edu.cn")
    assert believed["issuer"] == "https://id.example.edu.cn/"


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": "https://other.example"},
        {"issuer": None},
        {"token_endpoint": "http://id.example.edu.cn/token"},
        {"jwks_uri": "http://127.0.0.1/keys"},
        {"jwks_uri": 5},
        {"userinfo_endpoint": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"id_token_signing_alg_values_supported": []},
        {"id_token_signing_alg_values_supported": ["none", "HS256"]},
    ],
)
def test_a_description_that_is_not_safe_is_refused(change):
    with pytest.raises(provider.RefusedError):
        oidc.believed({**DESCRIBED, **change}, issuer=DESCRIBED["issuer"])


@pytest.mark.parametrize("described", [None, [], "x", 5])
def test_a_description_that_is_none_is_refused(described):
    with pytest.raises(provider.RefusedError):
        oidc.believed(described, issuer=DESCRIBED["issuer"])
