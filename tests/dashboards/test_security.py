"""What every response carries, and what a request that changes something must bring along."""

import json
import re
from typing import ClassVar

import pytest

from app import ROOT
from dashboards import PAGES, security
from data_access.settings import Mode
from tests.dashboards.test_guard import SUITE, question
from tests.dashboards.web import DATA, Browser

COURSES = next(page for page in PAGES if page.name == "courses")
PUBLIC = "https://quality.example.edu.cn"


@pytest.fixture(scope="module")
def production(serve_web):
    return serve_web(mode=Mode.PRODUCTION, public_url=PUBLIC, trusted_proxies=1)


class Proxied(Browser):
    """A browser behind the college's proxy, which speaks http to the server and says so."""

    HEADERS: ClassVar = {
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "quality.example.edu.cn",
        "X-Forwarded-For": "10.1.2.3",
    }

    def open(self, path, method="GET", **options):
        headers = {**self.HEADERS, "Referer": f"{PUBLIC}/", **options.pop("headers", {})}
        return self.client.open(path, method=method, base_url=PUBLIC, headers=headers, **options)


def proxied_in(production):
    """A signed-in browser behind the proxy."""
    browser = Proxied(production.app.test_client())
    form = browser.open("/sign-in").text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', form).group(1)
    answer = browser.open("/sign-in", "POST", data={"username": "leader", "password": "Tidal-Harbour-2026",
                                                    "csrf_token": token})  # fmt: skip
    assert answer.status_code == 302, answer.text
    return browser, answer


def directives(response):
    parts = (part.split() for part in response.headers["Content-Security-Policy"].split(";"))
    return {name: values for name, *values in parts}


def script_of(browser):
    """The address of a script of Dash, with its fingerprint, as the document names it."""
    return re.search(r'/_dash-component-suites/[^"]+react@[^"]+', browser.get("/courses").text).group()


def every_kind_of_response(web):
    """(what, response) for pages, data, files, refusals and errors, before and after sign-in."""
    outside, inside = web.browser(), web.signed_in("leader")
    yield "sign-in page", outside.get("/sign-in")
    yield "wrong password", outside.sign_in("leader", "wrong")
    yield "redirection to sign-in", outside.get("/courses")
    yield "data before sign-in", outside.ask({})
    yield "health", outside.get("/healthz")
    yield "open asset", outside.get("/assets/00-tokens.css", buffered=True)
    yield "open asset that is not there", outside.get("/assets/vendor/none.css")
    yield "application", inside.get("/courses")
    yield "missing page", inside.get("/nowhere")
    yield "data", inside.ask(question(web, COURSES, "/courses"))
    yield "refused data", web.signed_in("student").ask(question(web, COURSES, "/courses"))
    yield "refused page", web.signed_in("student").get("/courses")
    yield "malformed data", inside.ask({})
    yield "data without a token", inside.client.post(DATA, json=question(web, COURSES, "/courses"))
    yield "script", inside.get(script_of(inside), buffered=True)
    yield "script that is not there", inside.get(SUITE)
    yield "asset", inside.get("/assets/js/table.js", buffered=True)
    yield "wrong method", inside.client.delete("/courses")
    yield "own account", inside.get("/account")
    yield "signing out", inside.sign_out()


def test_every_kind_of_response_carries_the_headers(web):
    kinds = list(every_kind_of_response(web))
    assert len({response.status_code for _, response in kinds}) >= 7
    for what, response in kinds:
        for name, value in security.HEADERS.items():
            assert response.headers.get(name) == value, what
        rules = directives(response)
        assert rules["default-src"] == ["'none'"], what
        assert rules["frame-ancestors"] == rules["base-uri"] == rules["object-src"] == ["'none'"], what
        assert rules["form-action"] == ["'self'"], what
        assert "Strict-Transport-Security" not in response.headers, what
        shown = str(response.headers)
        assert "Werkzeug" not in shown
        assert "Python" not in shown


def test_nothing_of_a_person_may_be_kept_by_a_browser(web):
    for what, response in every_kind_of_response(web):
        kept = what in {"open asset", "script", "asset"}
        assert ("no-store" in response.headers["Cache-Control"]) is not kept, what
        assert ("Cookie" in response.headers.get("Vary", "")) is not kept, what


def test_scripts_with_their_version_in_the_address_are_kept_for_good(web):
    browser = web.signed_in("leader")
    for path in (script_of(browser), "/assets/js/table.js?m=1"):
        answer = browser.get(path, buffered=True)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
        assert "Set-Cookie" not in answer.headers
    assert browser.get("/assets/js/table.js", buffered=True).headers["Cache-Control"] == "private, no-cache"


def test_the_document_runs_no_inline_script_but_those_with_a_hash(web):
    response = web.signed_in("leader").get("/courses")
    rules = directives(response)["script-src"]
    assert "'unsafe-inline'" not in rules
    assert "'unsafe-eval'" not in rules
    hashes = [rule for rule in rules if rule.startswith("'sha256-")]
    inline = re.findall(
        r"<script(?![^>]*(?:src=|application/json))[^>]*>(.+?)</script>", response.text, flags=re.DOTALL
    )
    assert len(inline) == len(hashes) == 1


def test_no_style_sheet_and_no_page_names_a_version_of_what_it_is_made_with(web):
    for page in ("/sign-in", "/nowhere"):
        text = web.browser().get(page).text.lower()
        assert not any(word in text for word in ("dash", "flask", "python", "werkzeug"))


# -- proof of origin --------------------------------------------------------------------------


@pytest.mark.parametrize("token", ["", "x", "ImFiYyI.aaaaaa.bbbbbbb"])
def test_data_without_the_token_of_the_session_is_refused(web, token):
    browser = web.signed_in("leader")
    answer = browser.ask(question(web, COURSES, "/courses"), token=token)
    assert answer.status_code == 400
    assert "重新打开页面" in answer.get_json()["message"]


def test_the_token_of_another_person_is_refused(web):
    other = web.signed_in("student").client.get_cookie("_csrf_token").value
    answer = web.signed_in("leader").ask(question(web, COURSES, "/courses"), token=other)
    assert answer.status_code == 400


def test_the_token_of_a_former_session_is_refused(web):
    browser = web.signed_in("leader")
    former = browser.client.get_cookie("_csrf_token").value
    browser.sign_out()
    browser.sign_in("leader")
    assert browser.ask(question(web, COURSES, "/courses"), token=former).status_code == 400


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/account/first-password"])
def test_forms_without_a_token_are_refused(web, path):
    browser = web.browser() if path == "/sign-in" else web.signed_in("leader")
    answer = browser.client.post(path, data={"username": "leader", "password": "Tidal-Harbour-2026"})
    assert answer.status_code == 400
    assert "页面已过期" in answer.text
    assert f'href="{path}"' in answer.text


def test_every_view_that_changes_something_asks_for_the_token(web):
    """Nobody may exempt a view from the check."""
    assert web.app.extensions["csrf"]._exempt_views == set()
    assert web.app.extensions["csrf"]._exempt_blueprints == set()
    for path in ROOT.glob("dashboards/**/*.py"):
        assert ".exempt(" not in path.read_text(encoding="utf-8")


def test_a_token_lives_as_long_as_its_session(web):
    browser = web.signed_in("leader")
    asked = question(web, COURSES, "/courses")
    for _ in range(4):
        web.clock.pass_by(minutes=25)
        assert browser.ask(asked).status_code == 200


def test_a_token_that_still_counts_is_not_replaced(web):
    browser = web.signed_in("leader")
    before = browser.client.get_cookie("_csrf_token").value
    browser.get("/courses")
    browser.get("/nowhere")
    assert browser.client.get_cookie("_csrf_token").value == before


# -- cookies and production -------------------------------------------------------------------


def cookies_of(response):
    return {line.split("=")[0]: line.split("; ")[1:] for line in response.headers.getlist("Set-Cookie")}


def test_cookies_are_for_this_host_alone_and_out_of_reach_of_scripts(web):
    browser = web.browser()
    cookies = cookies_of(browser.sign_in("leader"))
    assert set(cookies) == {"luoxuan", "luoxuan-browser", "_csrf_token"}
    assert set(cookies["luoxuan"]) == {"HttpOnly", "Path=/", "SameSite=Lax"}
    assert set(cookies["_csrf_token"]) == {"Path=/", "SameSite=Lax"}


def test_cookies_of_production_travel_by_https_alone(production):
    _, answer = proxied_in(production)
    cookies = cookies_of(answer)
    assert set(cookies) == {"__Host-luoxuan", "__Host-luoxuan-browser", "_csrf_token"}
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax", "Max-Age=15552000"} < set(cookies["__Host-luoxuan-browser"])
    assert set(cookies["__Host-luoxuan"]) == {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"}
    assert set(cookies["_csrf_token"]) == {"Secure", "Path=/", "SameSite=Lax"}


def test_production_is_reached_by_https_alone_from_then_on(production):
    browser, answer = proxied_in(production)
    for response in (answer, browser.open("/courses"), browser.open("/nowhere")):
        assert response.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_a_form_from_another_site_is_refused_in_production(production):
    browser, _ = proxied_in(production)
    token = browser.client.get_cookie("_csrf_token", domain="quality.example.edu.cn").value
    for referrer in ("https://evil.example/", "http://quality.example.edu.cn/"):
        answer = browser.open("/sign-out", "POST", data={"csrf_token": token}, headers={"Referer": referrer})
        assert answer.status_code == 400
    assert browser.open("/sign-out", "POST", data={"csrf_token": token}).status_code == 302


def test_the_address_that_counts_is_the_one_that_the_trusted_proxy_names(production, web):
    proxied_in(production)
    assert [event.address for event in production.events("sign-in")][-1] == "10.1.2.3"
    liar = web.browser()
    liar.client.environ_base["HTTP_X_FORWARDED_FOR"] = "10.9.9.9"
    liar.sign_in("leader")
    assert [event.address for event in web.events("sign-in")][-1] == "127.0.0.1"


def test_only_the_last_of_several_forwarded_addresses_is_believed(production):
    browser = Proxied(production.app.test_client())
    browser.HEADERS = {**Proxied.HEADERS, "X-Forwarded-For": "6.6.6.6, 10.1.2.4"}
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.open("/sign-in").text).group(1)
    browser.open("/sign-in", "POST", data={"username": "leader", "password": "wrong", "csrf_token": token})
    assert [event.address for event in production.events("sign-in")][-1] == "10.1.2.4"


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "[::2]", "10.0.0.5"]
)
def test_a_demo_answers_to_names_of_this_machine_alone(web, host):
    """A site whose name leads to this machine must not read the password of the demo accounts."""
    answer = web.browser().get("/sign-in", headers={"Host": host})
    assert answer.status_code == 400
    assert "演示模式" in answer.text


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8050", "[::1]:8050", "LOCALHOST"])
def test_a_demo_answers_on_this_machine(web, host):
    assert web.browser().get("/sign-in", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "quality.example.edu.cn.evil.example", "localhost", "127.0.0.1", "[::1", ""]
)
def test_production_answers_to_the_name_of_its_public_address_alone(production, host):
    browser = Proxied(production.app.test_client())
    answer = browser.open("/sign-in", headers={"X-Forwarded-Host": host, "Host": host})
    assert answer.status_code == 400
    assert "csrf_token" not in answer.text
    assert browser.open("/", headers={"X-Forwarded-Host": host, "Host": host}).location is None


@pytest.mark.parametrize("host", ["quality.example.edu.cn:443", "QUALITY.example.edu.cn"])
def test_production_answers_to_its_name_however_it_is_written(production, host):
    browser = Proxied(production.app.test_client())
    assert browser.open("/sign-in", headers={"X-Forwarded-Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["10.0.0.5:8050", "anything.example"])
def test_the_health_check_is_answered_under_any_name(production, web, host):
    for client in (production.app.test_client(), web.app.test_client()):
        assert client.get("/healthz", headers={"Host": host}).status_code == 200


# -- limits -----------------------------------------------------------------------------------


@pytest.mark.parametrize("username", ["", "leader"])
def test_a_body_of_more_than_two_megabytes_is_refused(web, username):
    browser = web.signed_in(username) if username else web.browser()
    headers = {"X-CSRFToken": browser.client.get_cookie("_csrf_token").value} if username else {}
    sent = json.dumps({"output": "x" * security.LARGEST_BODY})
    answer = browser.client.post(DATA, data=sent, content_type="application/json", headers=headers)
    assert answer.status_code == (413 if username else 401)
    assert set(answer.get_json()) <= {"message", "sign_in"}
