"""To the provider and back: who is signed in, who is not, and who may come back."""

import dataclasses
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from app import create_app
from dashboards.single_sign_on import journey, provider
from data_access.database.access_models import Account
from data_access.settings import Mode
from tests.dashboards.single_sign_on.place import DISABLED, FORMER, METHODS, SOMEBODY, refusal
from tests.security.providers import Fault

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
