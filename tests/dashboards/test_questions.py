import json

import pytest
from dash import ALL, Input, Output
from flask import Flask

from dashboards import PAGES, ids, questions, wiring
from layouts import shell
from tests.dashboards.college import College, services

COURSES = next(page for page in PAGES if page.name == "courses")


@pytest.fixture(scope="module")
def app():
    return wiring.build(PAGES, services(College()), assets_folder="assets")


def item(item_id, name, *value):
    return {"id": item_id, "property": name, **({"value": value[0]} if value else {})}


def key(app, part):
    return next(name for name, entry in app.callback_map.items() if part in name and "callback" in entry)


def question(app, **changes):
    """What the browser sends for the panels of the list of sections."""
    places = [ids.notice(COURSES.name), *(ids.panel(COURSES.name, panel.name) for panel in COURSES.in_wave(1))]
    return {
        "output": key(app, json.dumps(ids.notice(COURSES.name), sort_keys=True, separators=(",", ":"))),
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


def fits(app, body):
    return questions.fits(questions.asked(app.callback_map, body), body)


def test_what_the_browser_asks_fits(app):
    assert fits(app, question(app))
    assert fits(app, address_of_shell(app, "/courses"))
    assert fits(app, address_of_shell(app, "/courses", None))


@pytest.mark.parametrize("body", [None, [], "x", 5, {}, {"output": 5}, {"output": None}, {"output": ["main.children"]}])
def test_a_body_that_names_no_output_is_no_question(body):
    assert not questions.is_question(body)


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe", b"[" * 100_000])
def test_a_body_that_cannot_be_read_is_none(raw):
    with Flask("test").test_request_context("/", method="POST", data=raw, content_type="application/json"):
        assert questions.body() is None


def test_outputs_without_a_callback_on_the_server_are_unknown(app):
    in_browser = [name for name, entry in app.callback_map.items() if "callback" not in entry]
    assert len(in_browser) == 5
    for output in ("nowhere.children", "..nowhere.children...main.children..", "", *in_browser):
        assert questions.asked(app.callback_map, {"output": output}) is None


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
def test_arguments_that_the_callback_was_not_registered_with_do_not_fit(app, changes):
    assert not fits(app, question(app, **changes))


@pytest.mark.parametrize(("pathname", "search"), [(5, ""), ({}, ""), ("/courses", ["?dept=1"])])
def test_an_address_that_is_no_text_does_not_fit(app, pathname, search):
    assert not fits(app, address_of_shell(app, pathname, search))


def patterned():
    """One callback whose inputs are all cells of a row, as Dash registers it."""

    def callback():
        return None

    callback.takes = (lambda values: all(isinstance(value, int) for value in values),)
    source = {"role": "cell", "row": 1, "name": ALL}
    return {"callback": callback, "output": Output("sum", "children"), "state": [],
            "inputs": [Input(source, "value").to_dict()]}  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "is_fitting"),
    [
        ([], True),
        ([item({"role": "cell", "row": 1, "name": "a"}, "value", 3)], True),
        ([item({"role": "cell", "row": 1, "name": "a"}, "value", "3")], False),
        ([item({"role": "cell", "row": 2, "name": "a"}, "value", 3)], False),
        ([item({"role": "cell", "row": 1}, "value", 3)], False),
        ([item({"role": "cell", "row": 1, "name": []}, "value", 3)], False),
        ([[item({"role": "cell", "row": 1, "name": "a"}, "value", 3)]], False),
    ],
)
def test_a_pattern_takes_the_ids_that_it_stands_for_and_no_others(cells, is_fitting):
    body = {"output": "sum.children", "outputs": item("sum", "children"), "inputs": [cells], "state": []}
    assert questions.fits(patterned(), body) is is_fitting


@pytest.mark.parametrize(
    ("changed", "is_by_itself"),
    [
        (["clock.n_intervals"], True),
        (["clock.n_intervals", '{"role":"clock"}.n_intervals'], True),
        (["clock.n_intervals", "button.n_clicks"], False),
        (["button.n_clicks"], False),
        ([], False),
        (None, False),
        ([5], False),
        ("clock.n_intervals", False),
    ],
)
def test_only_a_timer_asks_by_itself(changed, is_by_itself):
    assert questions.is_by_itself({"output": "x.y", "changedPropIds": changed}) is is_by_itself


@pytest.mark.parametrize("body", [None, [], 5, {}])
def test_what_is_no_question_does_not_come_from_a_timer(body):
    assert not questions.is_by_itself(body)
