"""What the application asks of a provider, and what it does while there is no answer."""

import contextlib
import dataclasses
import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from app import create_app
from dashboards.single_sign_on import cas, oidc, provider
from tests.dashboards.single_sign_on.place import METHODS, refusal
from tests.security.providers import CLIENT_SECRET, Fault

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
