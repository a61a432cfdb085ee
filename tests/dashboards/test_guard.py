"""One guard before every request: what says nothing is closed, whoever asks and however they write it."""

import json

import pytest
from flask import Blueprint

from dashboards import PAGES, guard, ids, server
from dashboards.surface import DASH_ROUTES, OPEN_ASSETS, access_of
from data_access.access.permissions import Permission
from data_access.access.roles import Role
from layouts import shell
from tests.dashboards.web import DATA

SUITE = "/_dash-component-suites/dash/deps/react@18.v0m0.min.js"


def odd_routes(_services):
    """Routes as somebody might write them who has not read how."""
    routes = Blueprint("odd", __name__)

    @routes.get("/odd/unmarked")
    def unmarked():
        return "unmarked"

    @routes.route("/odd/marked", methods=["GET", "POST"])
    @guard.needs(Permission.AUDIT_VIEW)
    def marked():
        return "marked"

    @routes.get("/odd/open")
    @guard.open_to_all
    def opened():
        return "opened"

    @routes.get("/odd/broken")
    @guard.open_to_all
    def broken():
        raise OSError("disk on fire: /secret/path")

    @routes.post("/odd/large")
    @guard.needs(Permission.AUDIT_VIEW)
    @guard.takes_up_to(megabytes=3)
    def large():
        return "large"

    return routes


@pytest.fixture(scope="module")
def odd(serve_web):
    former = server.BLUEPRINTS
    server.BLUEPRINTS = (*former, odd_routes)
    try:
        return serve_web()
    finally:
        server.BLUEPRINTS = former


def item(item_id, name, *value):
    return {"id": item_id, "property": name, **({"value": value[0]} if value else {})}


def question(web, page, path):
    """What the browser sends for the panels of a page."""
    callbacks = callbacks_of(web)
    wanted = json.dumps(ids.notice(page.name), sort_keys=True, separators=(",", ":"))
    output = next(key for key in callbacks if wanted in key)
    places = [ids.notice(page.name), *(ids.panel(page.name, panel.name) for panel in page.in_wave(1))]
    return {
        "output": output,
        "outputs": [item(place, "children") for place in places],
        "inputs": [item(ids.address(page.name), "data", {"path": path, "search": "", "defaults": {}})],
        "state": [],
        "changedPropIds": [],
    }


def callbacks_of(web):
    """The callbacks as the renderer is told of them."""
    listed = web.signed_in("leader").get("/_dash-dependencies").get_json()
    return {entry["output"]: entry for entry in listed}


COURSES = next(page for page in PAGES if page.name == "courses")


# -- before sign-in ---------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/courses", "/offerings/1", "/nowhere", "/account", "/static/x", "/favicon.ico"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_every_page_leads_to_sign_in_and_back(web, path, method):
    answer = web.browser().client.open(path, method=method)
    assert answer.status_code == 302
    assert answer.location == ("/sign-in" if path == "/" else f"/sign-in?next={path.replace('/', '%2F')}")


@pytest.mark.parametrize(
    "path",
    ["/_dash-layout", "/_dash-dependencies", DATA, SUITE, "/assets/js/table.js", "/assets/20-panels.css", "/session"],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_what_pages_ask_for_is_refused_without_a_page(web, path, method):
    answer = web.browser().client.open(path, method=method)
    assert answer.status_code in {302, 303, 401}
    if answer.status_code != 401:  # no such method there; nobody learns that before sign-in
        assert answer.location.startswith("/sign-in")
    else:
        assert method == "HEAD" or answer.get_json()["sign_in"] == "/sign-in"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
@pytest.mark.parametrize("path", ["/", "/courses", "/sign-out", "/account/first-password"])
def test_no_method_slips_past(web, path, method):
    answer = web.browser().client.open(path, method=method)
    assert answer.status_code in {302, 303}
    assert answer.location == "/sign-in"


@pytest.mark.parametrize(
    "written",
    [
        "//_dash-layout",
        "/./_dash-layout",
        "/%5fdash-layout",
        "/%2e%2e/_dash-layout",
        "/assets/../_dash-layout",
        "/assets/%2e%2e/_dash-layout",
        "/assets/..%2f..%2fapp.py",
        "/assets/%2e%2e%2fapp.py",
        "/assets/00-tokens.css/../js/table.js",
        "/assets/00-tokens.css%2f..%2fjs%2ftable.js",
        "/assets//js/table.js",
        "/assets/./js/table.js",
        "/sign-in/../_dash-layout",
        "/sign-in//",
        "/SIGN-IN",
        "/healthz/",
        "/healthz%2f..%2f_dash-layout",
        "/_dash-layout/",
        "/_dash-layout;.css",
        "/_dash-layout?x=.css",
        "/_dash-update-component/",
        "/%00",
        "/\xff",
    ],
)
def test_no_way_of_writing_an_address_slips_past(web, written):
    environ = {"PATH_INFO": written.partition("?")[0], "QUERY_STRING": written.partition("?")[2]}
    for overrides in ({}, {"environ_overrides": environ}):
        answer = web.browser().get(written, base_url="http://localhost/", **overrides)
        assert answer.status_code in {302, 308, 401, 404}, written
        if answer.status_code == 404:
            assert "/assets/" in written
        assert "props" not in answer.text
        assert "import" not in answer.text
        assert "clientside" not in answer.text


def test_the_assets_of_the_sign_in_page_are_there_and_no_others(web):
    for name in OPEN_ASSETS:
        assert web.browser().get(f"/assets/{name}", buffered=True).status_code == 200, name
    page = web.browser().get("/sign-in").text
    asked = [part.split("?")[0] for part in page.replace('"', " ").split() if part.startswith("/assets/")]
    assert len(asked) >= 4
    assert {name.removeprefix("/assets/") for name in asked} <= OPEN_ASSETS


def test_health_is_told_to_everybody(web):
    assert web.browser().get("/healthz").get_json() == {"status": "ok"}


def test_a_forged_cookie_is_nobodys(web):
    browser = web.browser()
    browser.client.set_cookie("luoxuan", "eyJfdXNlcl9pZCI6IjEifQ.aaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbb")
    assert browser.get("/courses").status_code == 302


# -- routes -----------------------------------------------------------------------------------


def test_a_route_that_says_nothing_is_refused_to_all(odd):
    assert odd.browser().get("/odd/unmarked").status_code == 302
    for username in ("leader", "system", "audit"):
        answer = odd.signed_in(username).get("/odd/unmarked")
        assert answer.status_code == 403
        assert "这个地址不对外提供。" in answer.text


def test_a_route_is_open_to_holders_of_its_permission_alone(odd):
    assert odd.signed_in("audit").get("/odd/marked").text == "marked"
    refused = odd.signed_in("leader").get("/odd/marked")
    assert refused.status_code == 403
    assert "你的岗位没有“查看审计日志”的权限。" in refused.text
    assert odd.signed_in("leader").client.post("/odd/marked").status_code == 403


def test_an_open_route_answers_everybody(odd):
    assert odd.browser().get("/odd/open").text == "opened"


def test_a_method_that_a_route_does_not_know_is_told_to_those_inside(odd):
    answer = odd.signed_in("audit").client.delete("/odd/marked")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def test_a_larger_body_is_taken_only_where_a_route_says_so(odd):
    browser = odd.signed_in("audit")
    token = browser.client.get_cookie("_csrf_token").value
    body = {"csrf_token": token, "file": "x" * 10}
    assert browser.client.post("/odd/large", data={**body, "file": (__file__, "x")}).status_code == 200
    headers = {"X-CSRFToken": token, "Content-Type": "application/octet-stream"}
    for size, large, other in ((2_500_000, 200, 413), (3_500_000, 413, 413)):
        sent = b"x" * size
        assert browser.client.post("/odd/large", data=sent, headers=headers).status_code in {large, 200}
        assert browser.client.post(DATA, data=sent, headers={**headers, "Content-Type": "application/json"}
                                   ).status_code == other  # fmt: skip


def test_an_error_shows_a_number_and_nothing_else(odd, caplog):
    answer = odd.browser().get("/odd/broken")
    assert answer.status_code == 500
    assert "错误编号" in answer.text
    assert "disk" not in answer.text
    assert "Traceback" not in answer.text
    (record,) = [record for record in caplog.records if record.exc_info]
    assert record.getMessage().split()[0] in answer.text


def test_every_route_of_dash_that_is_let_through_has_a_reason(web):
    for endpoint, access in DASH_ROUTES.items():
        assert endpoint in web.app.view_functions
        assert access.reason


@pytest.mark.parametrize("path", ["/_reload-hash", "/_favicon.ico"])
def test_routes_of_dash_that_nobody_needs_are_closed(web, path):
    assert access_of(web.app, path) is None
    assert web.signed_in("leader").get(path).status_code == 403


@pytest.mark.parametrize("path", [SUITE, "/_dash-component-suites/os/path.py", "/_dash-component-suites/dash/dash.py"])
def test_scripts_that_dash_does_not_have_are_not_found(web, path):
    assert web.signed_in("leader").get(path).status_code == 404


# -- requests for data ------------------------------------------------------------------------


def test_data_is_given_to_those_who_may_see_the_page(web):
    assert web.signed_in("leader").ask(question(web, COURSES, "/courses")).status_code == 200


def test_data_is_refused_to_those_who_may_not(web):
    answer = web.signed_in("student").ask(question(web, COURSES, "/courses"))
    assert answer.status_code == 403
    assert answer.get_json() == {"message": "你的岗位没有“查看课程与教学班”的权限。"}


def test_data_without_a_session_leads_to_sign_in(web):
    answer = web.browser().ask(question(web, COURSES, "/courses"))
    assert answer.status_code == 401
    assert answer.get_json() == {"message": guard.ENDED, "sign_in": "/sign-in"}


def test_data_that_nobody_gives_is_unknown(web):
    answer = web.signed_in("leader").ask({"output": "nowhere.children", "inputs": []})
    assert (answer.status_code, answer.get_json()) == (404, {"message": guard.UNKNOWN})


@pytest.mark.parametrize("body", [{}, None, [], "x", 5, {"output": 5}])
def test_what_is_no_question_is_malformed(web, body, caplog):
    answer = web.signed_in("leader").ask(body)
    assert (answer.status_code, answer.get_json()) == (400, {"message": guard.MALFORMED})
    assert caplog.records == []


def test_a_question_with_other_arguments_is_malformed(web):
    body = {**question(web, COURSES, "/courses"), "inputs": []}
    assert web.signed_in("leader").ask(body).status_code == 400


@pytest.mark.parametrize("search", ["?q=" + 2_000 * "a", "?q=" + 200_000 * "a", "?q=\ud800"])
def test_an_address_that_no_page_has_made_is_malformed(web, search, caplog):
    leader = web.signed_in("leader")
    asked = question(web, COURSES, "/courses")
    assert leader.ask(asked).status_code == 200
    asked["inputs"][0]["value"]["search"] = search
    assert (leader.ask(asked).status_code, caplog.records) == (400, [])


def test_the_refusal_comes_before_the_arguments_are_looked_at(web):
    body = {**question(web, COURSES, "/courses"), "inputs": []}
    assert web.signed_in("student").ask(body).status_code == 403


def test_the_router_answers_everybody_who_is_inside(web):
    output = next(key for key in callbacks_of(web) if "breadcrumb" in key)
    places = [part.rsplit(".", 1) for part in output.strip(".").split("...")]
    body = {
        "output": output,
        "outputs": [item(*place) for place in places],
        "inputs": [item(shell.URL, "pathname", "/courses")],
        "state": [item(shell.URL, "search", "")],
        "changedPropIds": ["url.pathname"],
    }
    for username in ("leader", "student", "audit", "screen"):
        shown = web.signed_in(username).ask(body)
        assert shown.status_code == 200
        text = json.dumps(shown.get_json(), ensure_ascii=False)
        assert ("你的岗位没有" in text) is (username != "leader")


# -- the record of refusals -------------------------------------------------------------------


def test_refusals_are_recorded_once_a_minute_with_what_was_missing(serve_web):
    web = serve_web()
    browser = web.signed_in("student")
    for _ in range(5):
        browser.get("/courses")
        browser.ask(question(web, COURSES, "/courses"))
    recorded = web.events("denied")
    assert [(event.actor, event.subject.split()[0], event.detail) for event in recorded] == [
        ("student", "/courses", {"permission": "course:view"}),
        ("student", DATA, {"permission": "course:view"}),
    ]
    assert recorded[0].address == "127.0.0.1"
    assert recorded[0].result == "denied"


def test_nobody_is_recorded_for_not_having_signed_in(serve_web):
    web = serve_web()
    web.browser().get("/courses")
    web.browser().ask({})
    assert web.events("denied") == []


# -- a password that must be changed ----------------------------------------------------------


@pytest.fixture(scope="module")
def newcomer(web):
    web.add("newcomer", ((Role.LEADER, "school", 1),), must_change_password=True)
    return web.signed_in("newcomer")


@pytest.mark.parametrize("path", ["/", "/courses", "/account", "/nowhere"])
def test_a_first_password_leads_to_its_page_from_everywhere(newcomer, path):
    answer = newcomer.get(path)
    assert (answer.status_code, answer.location) == (302, "/account/first-password")


@pytest.mark.parametrize("path", ["/_dash-layout", "/_dash-dependencies", SUITE, "/assets/js/table.js", "/session"])
def test_nothing_of_the_application_is_given_with_a_first_password(newcomer, path):
    answer = newcomer.get(path)
    assert answer.status_code == 403
    assert answer.get_json() == {"message": guard.PASSWORD_FIRST, "sign_in": "/account/first-password"}


def test_no_data_is_given_with_a_first_password(web, newcomer):
    assert newcomer.ask(question(web, COURSES, "/courses")).status_code == 403


def test_the_page_of_a_first_password_shows_nothing_of_the_application(newcomer):
    page = newcomer.get("/account/first-password")
    assert page.status_code == 200
    assert "sidebar" not in page.text
    assert "/courses" not in page.text
