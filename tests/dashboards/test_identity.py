"""A session lives as long as its row says, whatever cookie a browser keeps."""

import datetime as dt
from itertools import count

import pytest

from dashboards import PAGES
from data_access.access.accounts import Actor
from data_access.access.roles import Role
from tests.dashboards.test_guard import question
from tests.dashboards.web import PASSWORD, TODAY, with_cookie

TEACHER = ((Role.LEADER, "school", 1),)
COURSES = next(page for page in PAGES if page.name == "courses")
NUMBERS = count(1)


@pytest.fixture
def person(web):
    """Somebody whom a test may change, with a browser and a copy of its cookie."""
    username = f"person{next(NUMBERS)}"
    account_id = web.add(username, TEACHER)
    browser = web.signed_in(username)
    assert browser.is_signed_in()
    return username, account_id, browser, with_cookie(web, browser.cookie())


def test_a_copied_cookie_is_dead_after_signing_out(person):
    _, _, browser, copy = person
    assert copy.is_signed_in()
    assert browser.sign_out().status_code == 302
    assert not copy.is_signed_in()
    assert copy.get("/courses").status_code == 302


def test_signing_out_ends_the_sessions_of_other_browsers_too(web, person):
    username, _, browser, _ = person
    other = web.signed_in(username)
    browser.sign_out()
    assert not other.is_signed_in()


def test_signing_out_is_recorded(web, person):
    username, _, browser, _ = person
    browser.sign_out()
    assert username in [event.actor for event in web.events("sign-out")]


def test_signing_out_takes_the_cookies_along(person):
    _, _, browser, _ = person
    browser.sign_out()
    assert browser.client.get_cookie("luoxuan") is None
    assert browser.client.get_cookie("_csrf_token") is None


def test_a_new_password_ends_every_session(web, person):
    _, account_id, browser, copy = person
    web.services.accounts.change_password(account_id, old=PASSWORD, new="Quiet-Meadow-4481", address="")
    assert not browser.is_signed_in()
    assert not copy.is_signed_in()


def test_a_disabled_account_has_no_sessions(web, person):
    username, account_id, browser, copy = person
    web.services.accounts.disable(account_id, because="离校", by=Actor.console())
    assert not browser.is_signed_in()
    assert not copy.is_signed_in()
    assert web.browser().sign_in(username).status_code == 401


def test_another_post_ends_every_session_and_counts_from_the_next(web, person):
    username, account_id, browser, copy = person
    assert browser.get("/courses").status_code == 200
    web.services.posts.grant(account_id, role=Role.QUALITY_OFFICE, node_level="school", node_id=1,
                             valid_from=TODAY - dt.timedelta(days=3), by=Actor.console())  # fmt: skip
    assert not browser.is_signed_in()
    assert not copy.is_signed_in()
    assert "质量办" in web.signed_in(username).get("/_dash-layout").get_data().decode("unicode_escape")


def test_a_post_that_has_ended_gives_nothing_any_more(web, person):
    username, account_id, browser, _ = person
    (post,) = web.services.posts.of(account_id)
    web.services.posts.end(post.post_id, on=TODAY - dt.timedelta(days=1), by=Actor.console())
    assert not browser.is_signed_in()
    assert web.browser().sign_in(username).status_code == 401


def test_idle_browsers_are_signed_out_after_half_an_hour(web, person):
    _, _, browser, _ = person
    for _ in range(3):
        web.clock.pass_by(minutes=29)
        assert browser.get("/courses").status_code == 200
    web.clock.pass_by(minutes=31)
    assert browser.get("/courses").status_code == 302


def test_administrators_are_signed_out_after_a_quarter_of_an_hour(web):
    browser = web.signed_in("system")
    web.clock.pass_by(minutes=16)
    assert browser.get("/account").status_code == 302


def test_nobody_stays_longer_than_twelve_hours(web, person):
    _, _, browser, _ = person
    for _ in range(12 * 60 // 20 - 1):
        web.clock.pass_by(minutes=20)
        assert browser.get("/courses").status_code == 200
    web.clock.pass_by(minutes=21)
    assert browser.get("/courses").status_code == 302


@pytest.mark.parametrize("how", ["timer", "check", "script"])
def test_what_a_page_asks_by_itself_keeps_nobody_signed_in(web, person, how):
    _, _, browser, _ = person
    asked = {**question(web, COURSES, "/courses"), "changedPropIds": ["clock.n_intervals"]}
    ask = {
        "timer": lambda: browser.ask(asked).status_code,
        "check": lambda: browser.get("/session").status_code,
        "script": lambda: browser.get("/assets/js/table.js", buffered=True).status_code,
    }[how]
    for _ in range(5):
        web.clock.pass_by(minutes=5)
        assert ask() == 200
    web.clock.pass_by(minutes=6)
    assert ask() == 401 or browser.get("/courses").status_code == 302


def test_a_click_keeps_somebody_signed_in(web, person):
    _, _, browser, _ = person
    asked = {**question(web, COURSES, "/courses"), "changedPropIds": ["button.n_clicks", "clock.n_intervals"]}
    for _ in range(4):
        web.clock.pass_by(minutes=20)
        assert browser.ask(asked).status_code == 200


def test_a_session_is_not_the_one_that_the_form_was_opened_in(web):
    browser = web.browser()
    browser.get("/sign-in")
    before = browser.cookie()
    web.add("fixated", TEACHER)
    browser.sign_in("fixated")
    assert browser.cookie() != before
    assert not with_cookie(web, before).is_signed_in()


def test_the_cookie_says_nothing_of_the_person(web, person):
    username, _, browser, _ = person
    serializer = web.app.session_interface.get_signing_serializer(web.app)
    held = serializer.loads(browser.cookie())
    assert set(held) == {"_user_id", "csrf_token"}
    assert username not in str(held)
    assert len(held["_user_id"]) > 32


def test_a_token_of_another_installation_is_nobodys(web, serve_web):
    foreign = serve_web()
    assert not with_cookie(web, foreign.signed_in("leader").cookie()).is_signed_in()


def test_a_remembering_cookie_is_worth_nothing(web, person):
    _, _, browser, _ = person
    held = web.app.session_interface.get_signing_serializer(web.app).loads(browser.cookie())
    stranger = web.browser()
    stranger.client.set_cookie("remember_token", f"{held['_user_id']}|{'0' * 128}")
    assert stranger.get("/courses").status_code == 302
