"""The wall screen's own routes: who opens them, what a token is worth elsewhere, what a screen is told."""

import datetime as dt
import json
import re

import pytest

from data_access.access.actors import Actor
from data_access.access.scope import Scope
from data_access.access.screen_settings import ScreenSettings
from data_access.settings import Mode
from tests.dashboards.web import TODAY

CONSOLE = Actor("console:tests", None)
ALL = Scope.all("test")


def issue(web, days=30):
    return web.services.screens.issue("大厅", TODAY + dt.timedelta(days=days), by=CONSOLE)


def screen(web, **options):
    """A browser that has shown a token."""
    browser = web.browser()
    assert browser.get(f"/screen?token={issue(web, **options)}").status_code == 302
    return browser


def revoke_all(web):
    for info in web.services.screens.all(scope=ALL):
        if info.revoked_at is None:
            web.services.screens.revoke(info.screen_id, by=CONSOLE)


def test_a_token_is_shown_once_and_then_kept_where_no_script_reads_it(web):
    browser, token = web.browser(), issue(web, days=9)
    answer = browser.get(f"/screen?token={token}")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/screen")
    (cookie,) = [text for text in answer.headers.getlist("Set-Cookie") if text.startswith("luoxuan_screen=")]
    assert {"HttpOnly", "Path=/screen", "SameSite=Strict", f"Max-Age={10 * 86400}"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    page = browser.get("/screen")
    assert page.status_code == 200
    assert token not in page.text
    assert 'data-bs-theme="dark"' in page.text
    assert not re.search(r"<script(?![^>]*src=)|<style|\son\w+=", page.text)


def test_in_production_the_token_travels_by_https_alone(serve_web):
    web = serve_web(mode=Mode.PRODUCTION, public_url="https://quality.example.edu.cn", trusted_proxies=1)
    answer = web.app.test_client().get(f"/screen?token={issue(web)}", base_url="https://quality.example.edu.cn")
    (cookie,) = [text for text in answer.headers.getlist("Set-Cookie") if text.startswith("luoxuan_screen=")]
    assert "Secure" in cookie.split("; ")


def test_a_token_opens_nothing_else(web):
    """Even sent to other addresses by hand, which no browser does, it is as if it was not there."""
    token = issue(web)
    stranger, known = web.app.test_client(), web.app.test_client()
    known.set_cookie("luoxuan_screen", token, path="/")
    opened = []
    for rule in web.app.url_map.iter_rules():
        path = re.sub(r"<[^>]+>", "1", rule.rule)
        for method in sorted(set(rule.methods or ()) - {"OPTIONS", "HEAD"}):
            told = [
                (answer.status_code, answer.headers.get("Location"), re.sub(r'value="[^"]+"', "", answer.text))
                for answer in (client.open(path, method=method) for client in (stranger, known))
            ]
            if told[0] != told[1]:
                opened.append((method, path))
    assert sorted(opened) == [("GET", "/screen"), ("GET", "/screen/feed")]


def test_without_token_and_session_the_page_leads_to_the_sign_in_and_the_feed_is_refused(web):
    browser = web.browser()
    assert browser.get("/screen").headers["Location"] == "/sign-in?next=%2Fscreen"
    assert browser.get("/screen/feed").status_code == 401


@pytest.mark.parametrize("token", ["x", "y" * 43, "y" * 5000, "%00%ff"])
def test_a_token_that_does_not_count_is_told_so_and_asked_again(web, token):
    answer = web.browser().get(f"/screen?token={token}")
    assert answer.status_code == 401
    assert "令牌无效、已过期或已撤销" in answer.text
    assert answer.headers["Refresh"] == "60; url=/screen"
    assert "Set-Cookie" not in answer.headers


def test_a_revoked_screen_closes_and_a_new_token_opens_it(web):
    browser = screen(web)
    assert browser.get("/screen/feed").status_code == 200
    revoke_all(web)
    refused = browser.get("/screen/feed")
    assert refused.status_code == 401
    assert "令牌" in refused.json["message"]
    assert browser.get("/screen").status_code == 401
    assert browser.get(f"/screen?token={issue(web)}").status_code == 302
    assert browser.get("/screen/feed").status_code == 200


def test_the_feed_of_a_new_installation_says_why_it_is_empty(web):
    feed = screen(web).get("/screen/feed").json
    assert feed["scenes"] == []
    assert "还没有计算过指标" in feed["missing"]
    assert feed["settings"] == {
        "scenes": ["overview", "classroom", "majors", "growth", "tasks"], "seconds": 20, "reload_hour": 3,
    }  # fmt: skip
    assert feed["data_date"] is None


def test_what_a_screen_has_already_is_not_sent_again(web):
    browser = screen(web)
    first = browser.get("/screen/feed")
    again = browser.get("/screen/feed", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert dt.datetime.fromisoformat(again.headers["Server-Time"]).tzinfo is not None
    assert first.headers["Cache-Control"] == again.headers["Cache-Control"] == "no-store"


def test_settings_reach_a_screen_with_its_next_question(serve_web):
    web = serve_web()
    browser = screen(web)
    tag = browser.get("/screen/feed").headers["ETag"]
    web.services.screen_settings.save(ScreenSettings(scenes=("tasks",), seconds=7), by=CONSOLE)
    answer = browser.get("/screen/feed", headers={"If-None-Match": tag})
    assert answer.status_code == 200
    assert answer.json["settings"] == {"scenes": ["tasks"], "seconds": 7, "reload_hour": 3}


def test_leaders_preview_what_the_screens_show_and_others_may_not(web):
    of_screen = json.loads(screen(web).get("/screen/feed").data)
    leader = web.signed_in("leader")
    assert leader.get("/screen").status_code == 200
    assert leader.get("/screen/feed").json == of_screen
    for username in ("teacher", "student", "system", "audit"):
        assert web.signed_in(username).get("/screen").status_code == 403
        assert web.signed_in(username).get("/screen/feed").status_code == 403


def test_a_preview_left_open_does_not_keep_its_session_alive(web):
    leader = web.signed_in("leader")
    for _ in range(60):
        web.clock.pass_by(minutes=10)
        if leader.get("/screen/feed").status_code == 401:
            break
    else:
        pytest.fail("the session never ended")


def test_what_the_page_needs_is_served_before_sign_in(web):
    page = screen(web).get("/screen").text
    assets = re.findall(r'(?:href|src)="(/assets/[^"]+)"', page)
    assert len(set(assets)) == 4
    stranger = web.browser()
    for address in [*assets, "/assets/js/screen-feed.js", "/assets/js/screen-draw.js"]:
        with stranger.get(address) as answer:
            assert answer.status_code == 200, address
