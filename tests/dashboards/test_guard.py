import logging

import pytest
from dash import ALL, Input, Output

from dashboards import PAGES, guard, ids, wiring
from layouts import shell
from tests.dashboards.college import College, services

PATH = "/_dash-update-component"
COURSES = PAGES[0]


@pytest.fixture(scope="module")
def app():
    return wiring.build(PAGES, services(College()), assets_folder="assets")


def item(item_id, name, *value):
    return {"id": item_id, "property": name, **({"value": value[0]} if value else {})}


def key(app, part):
    return next(name for name, entry in app.callback_map.items() if part in name and "callback" in entry)


def question(app, **changes):
    """What the browser sends for the panels of the list of sections."""
    places = [ids.notice(COURSES.name), *(ids.panel(COURSES.name, panel.name) for panel in COURSES.panels)]
    return {
        "output": key(app, "sections"),
        "outputs": [item(place, "children") for place in places],
        "inputs": [item(ids.address(COURSES.name), "data", {"path": "/courses", "search": "", "defaults": {}})],
        "state": [],
        "changedPropIds": [],
        **changes,
    }


def address_of_shell(app, pathname, search=""):
    places = (shell.MAIN, shell.BREADCRUMB, shell.CONTEXT, shell.NAVIGATION, shell.FRESHNESS, shell.FOOT)
    return {
        "output": key(app, "breadcrumb"),
        "outputs": [*(item(place, "children") for place in places), item(shell.TITLE, "data")],
        "inputs": [item(shell.URL, "pathname", pathname)],
        "state": [item(shell.URL, "search", search)],
        "changedPropIds": ["url.pathname"],
    }


def ask(app, body):
    return app.server.test_client().post(PATH, json=body)


def test_what_the_browser_asks_is_answered(app):
    assert ask(app, question(app)).status_code == 200
    assert ask(app, address_of_shell(app, "/courses")).status_code == 200
    assert ask(app, address_of_shell(app, "/courses", None)).status_code == 200


@pytest.mark.parametrize("body", [{}, None, [], "x", 5, {"output": 5}, {"output": None}, {"output": ["main.children"]}])
def test_a_body_that_is_no_question_is_malformed(app, body, caplog):
    answer = ask(app, body)
    assert (answer.status_code, answer.get_json()) == (400, {"message": guard.MALFORMED})
    assert caplog.records == []


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe", b"[" * 100_000])
def test_a_body_that_cannot_be_read_is_malformed(app, raw):
    answer = app.server.test_client().post(PATH, data=raw, content_type="application/json")
    assert answer.status_code == 400


def test_outputs_without_a_callback_on_the_server_are_unknown(app, caplog):
    in_browser = [name for name, entry in app.callback_map.items() if "callback" not in entry]
    assert len(in_browser) == 5
    for output in ("nowhere.children", "..nowhere.children...main.children..", "", *in_browser):
        answer = ask(app, {"output": output, "inputs": []})
        assert (answer.status_code, answer.get_json()) == (404, {"message": guard.UNKNOWN})
    assert caplog.records == []


@pytest.mark.parametrize(
    "changes",
    [
        {"inputs": []},
        {"inputs": None},
        {"inputs": {}},
        {"inputs": ["x"]},
        {"inputs": [[]]},
        {"inputs": [item("url", "pathname", "/courses")]},
        {"inputs": [item(ids.address("offering"), "data", {"path": "/courses", "search": ""})]},
        {"inputs": [item(ids.address("courses"), "children", {"path": "/courses", "search": ""})]},
        {"inputs": [item(ids.address("courses"), "data")]},
        {"inputs": [item(ids.address("courses"), "data", "/courses")]},
        {"inputs": [item(ids.address("courses"), "data", {"path": 5})]},
        {"inputs": [item(ids.address("courses"), "data", {"path": "/courses", "defaults": {"a": [[]]}})]},
        {"inputs": [item(ids.address("courses"), "data", {"path": "/courses", "defaults": []})]},
        {"state": [item("url", "search", "")]},
        {"state": None},
        {"outputs": []},
        {"outputs": [item("main", "children")] * 3},
        {"outputs": item("main", "children")},
        {"changedPropIds": None},
        {"changedPropIds": [{}]},
    ],
)
def test_arguments_that_the_callback_was_not_registered_with_are_malformed(app, changes, caplog):
    with caplog.at_level(logging.ERROR):
        answer = ask(app, question(app, **changes))
    assert (answer.status_code, answer.get_json()) == (400, {"message": guard.MALFORMED})
    assert caplog.records == []


@pytest.mark.parametrize(("pathname", "search"), [(5, ""), ({}, ""), ("/courses", ["?dept=1"])])
def test_an_address_that_is_no_text_is_malformed(app, pathname, search):
    assert ask(app, address_of_shell(app, pathname, search)).status_code == 400


def test_other_requests_are_left_alone(app):
    client = app.server.test_client()
    assert client.get("/courses").status_code == 200
    assert client.post("/_dash-layout").status_code == 405


def patterned():
    """One callback whose inputs are all cells of a row, as Dash registers it."""

    def callback():
        return None

    callback.takes = (lambda values: all(isinstance(value, int) for value in values),)
    source = {"role": "cell", "row": 1, "name": ALL}
    entry = {"callback": callback, "output": Output("sum", "children"), "state": [],
             "inputs": [Input(source, "value").to_dict()]}  # fmt: skip
    return {"sum.children": entry}


@pytest.mark.parametrize(
    ("cells", "is_refused"),
    [
        ([], False),
        ([item({"role": "cell", "row": 1, "name": "a"}, "value", 3)], False),
        ([item({"role": "cell", "row": 1, "name": "a"}, "value", "3")], True),
        ([item({"role": "cell", "row": 2, "name": "a"}, "value", 3)], True),
        ([item({"role": "cell", "row": 1}, "value", 3)], True),
        ([item({"role": "cell", "row": 1, "name": []}, "value", 3)], True),
        ([[item({"role": "cell", "row": 1, "name": "a"}, "value", 3)]], True),
    ],
)
def test_a_pattern_takes_a_list_of_what_it_stands_for(cells, is_refused):
    body = {"output": "sum.children", "outputs": item("sum", "children"), "inputs": [cells]}
    assert (guard.refusal(patterned(), body) is not None) is is_refused


def test_every_server_callback_says_what_each_of_its_arguments_must_be(app):
    for entry in app.callback_map.values():
        if "callback" in entry:
            assert len(entry["callback"].takes) == len(entry["inputs"]) + len(entry["state"])
