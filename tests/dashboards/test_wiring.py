import dataclasses
import json
import logging
import re
from pathlib import Path

import pytest
from dash import html
from dash.development.base_component import Component

from dashboards import PAGES, ids, wiring
from dashboards.page import Heading, Panel
from data_access.access.permissions import Permission
from data_access.errors import UnknownNameError
from layouts import shell
from layouts.controls import Option
from layouts.panel import Content
from tests.dashboards.college import EVERYBODY, College, services
from tests.layouts.component_tree import find, text, types, walk


class BrokenRoster(College):
    """A college whose rosters cannot be read."""

    def roster(self, offering_id, *, scope):
        raise OSError("disk on fire: /secret/path")


class BrokenOffering(College):
    """A college whose offerings cannot be read."""

    def offering(self, offering_id, *, scope):
        raise OSError("disk on fire")


class Uncomputed(College):
    """A college that knows no indicator yet."""

    def indicator(self, code):
        raise UnknownNameError(f"{code} has not been computed.")


COURSES = next(page for page in PAGES if page.name == "courses")


def build(college=None, viewer=EVERYBODY, **options):
    made = dataclasses.replace(services(college or College()), viewer=lambda: viewer)
    return wiring.build(PAGES, made, assets_folder="assets", **options)


def holder(*permissions):
    """Somebody with these permissions and nothing else."""
    return dataclasses.replace(EVERYBODY, permissions=frozenset(permissions))


def route(path, search="", college=None, viewer=EVERYBODY, **options):
    made = dataclasses.replace(services(college or College()), viewer=lambda: viewer)
    shown = wiring.route(PAGES, made, path, search, **options)
    names = ("main", "breadcrumb", "context", "navigation", "freshness", "foot", "title")
    return dict(zip(names, shown, strict=True))


def fill(page_name, path, search="", college=None):
    page = next(page for page in PAGES if page.name == page_name)
    made, address = services(college or College()), {"path": path, "search": search}
    notice, *first = wiring.fill(page, made, address)
    waves = {1: first, **{wave: wiring.fill(page, made, address, wave=wave) for wave in page.waves if wave > 1}}
    drawn = {}
    for wave, panels in waves.items():
        drawn.update(zip([panel.name for panel in page.in_wave(wave)], panels, strict=True))
    return notice, drawn


def test_every_server_callback_names_the_permission_it_needs():
    entries = [entry["callback"] for entry in build().callback_map.values() if "callback" in entry]
    assert len(entries) == 1 + sum(len(page.waves) for page in PAGES)
    assert all(isinstance(callback.permission, Permission) for callback in entries)


def test_every_page_has_one_data_callback_for_each_wave_of_its_panels():
    outputs = list(build().callback_map)
    for page in PAGES:
        assert len([key for key in outputs if f'"page":"{page.name}"' in key.replace('\\"', '"')]) == len(page.waves)


@pytest.mark.parametrize("path", ["/courses", "/offerings/1"])
def test_the_layout_has_a_place_for_all_that_the_data_callback_fills(path):
    page = next(page for page in PAGES if page.name == ("courses" if path == "/courses" else "offering"))
    placed = [
        item.id for item in walk(route(path)["main"]) if isinstance(item, Component) and getattr(item, "id", None)
    ]
    for wanted in (ids.notice(page.name), ids.address(page.name), *(ids.panel(page.name, p.name) for p in page.panels)):
        assert wanted in placed


def test_no_two_components_of_a_page_share_an_id():
    shown = route("/courses")
    seen = [json.dumps(item.id, sort_keys=True) for item in walk([shown["main"], shown["context"]])
            if isinstance(item, Component) and getattr(item, "id", None)]  # fmt: skip
    assert len(seen) == len(set(seen))


def test_where_no_page_is_at_the_root_the_first_that_one_may_open_stands_there():
    pages = [dataclasses.replace(COURSES, name="hidden", path="/hidden", requires=Permission.AUDIT_VIEW), COURSES]
    made = dataclasses.replace(services(College()), viewer=lambda: holder(Permission.COURSE_VIEW))
    assert wiring.route(pages, made, "/", "")[-1] == "课程监测"


@pytest.mark.parametrize("path", ["/courses", "/offerings/1", "/offerings/999"])
def test_a_page_without_its_permission_says_why_and_where_to_go(path):
    noted = []
    reader = holder(Permission.APPLICATION_OPEN)
    shown = route(path, viewer=reader, note_denial=lambda *denied: noted.append(denied))
    assert shown["title"] == "没有权限"
    assert "你的岗位没有“查看课程与教学班”的权限。" in text(shown["main"])
    assert [link.href for link in types(shown["main"], "Link")] == ["/"]
    assert shown["context"] == []
    assert noted == [(reader, path, Permission.COURSE_VIEW)]


def test_a_page_with_its_permission_is_not_noted():
    route("/courses", note_denial=lambda *_: pytest.fail("noted"))


def test_the_navigation_offers_what_one_may_open_and_nothing_else():
    def offered(*permissions):
        tree = route("/courses", viewer=holder(*permissions))["navigation"]
        return [link.href for kind in ("Link", "A") for link in types(tree, kind)]

    assert offered() == []
    assert offered(Permission.COURSE_VIEW) == ["/courses"]
    assert offered(Permission.COURSE_VIEW, Permission.ROLE_VIEW) == ["/courses", "/admin/roles"]


def test_every_document_has_the_status_that_its_page_deserves():
    def statuses(viewer):
        client = build(viewer=viewer).server.test_client()
        return {path: client.get(path).status_code for path in ("/", "/courses", "/courses/", "/offerings/1", "/none")}

    assert statuses(EVERYBODY) == {"/": 200, "/courses": 200, "/courses/": 200, "/offerings/1": 200, "/none": 404}
    few = holder(Permission.APPLICATION_OPEN)
    assert statuses(few) == {"/": 200, "/courses": 403, "/courses/": 403, "/offerings/1": 403, "/none": 404}


def test_all_documents_are_the_same_whatever_their_address():
    client = build().server.test_client()
    documents = [client.get(path).text for path in ("/", "/courses", "/offerings/999", "/none")]
    assert len({re.sub(r'"end_id":"[^"]+"', "", text) for text in documents}) == 1


def test_the_document_names_no_version_and_no_other_host():
    document = build().server.test_client().get("/").text
    told = json.loads(re.search(r'id="_dash-config"[^>]*>(.+?)</script>', document).group(1))
    assert {told[name] for name in told if name.endswith("_version")} <= {"", None}
    assert "https:" not in json.dumps(told)
    assert "Python" not in document


def test_who_may_open_nothing_but_pages_that_the_server_draws_is_led_there():
    pages = [COURSES]
    made = dataclasses.replace(services(College()), viewer=lambda: holder(Permission.AUDIT_VIEW))
    client = wiring.build(pages, made, assets_folder="assets").server.test_client()
    assert client.get("/").location == "/admin/audit"


def test_the_layout_holds_the_menu_of_whoever_asks():
    app = build(form_token=lambda: "the-token")
    (menu,) = find(app.layout(), className="user-menu")
    assert "王建国" in text(menu)
    assert [button.value for button in types(menu, "Button")] == ["the-token"]


def test_every_server_callback_says_what_each_of_its_arguments_must_be():
    for entry in build().callback_map.values():
        if "callback" in entry:
            assert len(entry["callback"].takes) == len(entry["inputs"]) + len(entry["state"])


def test_drilling_down_keeps_the_entry_of_the_navigation_lit():
    lit = [item for item in types(route("/offerings/1")["navigation"], "Li") if getattr(item, "aria-current", None)]
    assert [text(item) for item in lit] == ["课程"]


@pytest.mark.parametrize("path", ["/nowhere", "/offerings/999", "/offerings/abc", "/<script>"])
def test_what_does_not_exist_is_said_in_chinese_with_a_way_on(path):
    shown = route(path)
    assert shown["title"] == "没有找到"
    assert "/courses" in [link.href for link in types(shown["main"], "Link")]


def test_an_unknown_address_does_not_stop_the_data_callback():
    _, panels = fill("offering", "/offerings/999")
    assert all("没有编号为 999 的教学班" in text(panel) for panel in panels.values())


def test_a_broken_panel_leaves_the_others_alone_and_shows_an_id_but_no_details(caplog):
    with caplog.at_level(logging.ERROR, logger="luoxuan.web"):
        _, panels = fill("offering", "/offerings/1", college=BrokenRoster())
    assert types(panels["trend"], "Graph")
    shown = text(panels["roster"])
    assert "这一块没有算出来" in shown
    assert "secret" not in shown
    error_id = next(word for word in shown.split() if word.startswith("E-"))
    assert any(error_id in record.getMessage() and record.exc_info for record in caplog.records)


def test_a_page_that_cannot_say_its_title_leaves_the_shell_alone(caplog):
    with caplog.at_level(logging.ERROR, logger="luoxuan.web"):
        shown = route("/offerings/1", college=BrokenOffering())
    assert "错误编号" in text(shown["main"])
    assert types(shown["navigation"], "Li")


@pytest.mark.parametrize(("page", "path"), [("courses", "/courses"), ("offering", "/offerings/1")])
def test_before_anything_was_computed_every_panel_says_what_to_do(page, path):
    _, panels = fill(page, path, college=Uncomputed(is_empty=True))
    for panel in panels.values():
        assert "还没有计算过指标：运行 luoxuan demo，或导入数据后运行 luoxuan compute" in text(panel)


def test_before_anything_was_computed_nothing_is_logged_as_broken(caplog):
    assert route("/courses", college=Uncomputed(is_empty=True))["title"] == "课程监测"
    fill("courses", "/courses", college=Uncomputed(is_empty=True))
    assert caplog.records == []


def test_a_page_that_needs_no_values_is_drawn_before_there_are_any():
    page = dataclasses.replace(
        COURSES,
        shows_values=False,
        panels=[Panel(name="only", title="说明", draw=lambda _data: Content(body=html.P("可以用")))],
    )
    _, panel = wiring.fill(page, services(Uncomputed(is_empty=True)), {"path": "/courses", "search": ""})
    assert "可以用" in text(panel)


def test_filters_not_understood_are_named_above_the_panels():
    notice, _ = fill("courses", "/courses", "?dept=99")
    assert "系部“99”" in text(notice)
    assert fill("courses", "/courses", "?dept=3")[0] == []


def test_controls_stand_at_the_values_of_the_address():
    shown = route("/courses", "?dept=3&q=%E5%88%B6%E5%9B%BE")
    values = {item.id["name"]: item.value for item in walk([shown["context"], shown["main"]])
              if isinstance(item, Component) and isinstance(getattr(item, "id", None), dict) and item.id["role"] == "control"}  # fmt: skip
    assert values == {
        "term": "2026-2027-1",
        "dept": "3",
        "week": "latest",
        "q": "制图",
        "sort": "worst",
        "view": "chart",
        "rate": "att",
    }


def test_every_control_has_a_label():
    shown = route("/courses")
    for label in types([shown["context"], shown["main"]], "Label"):
        assert text(label)
    assert len(types(shown["context"], "Label")) == 3


def test_two_pages_of_one_address_are_refused():
    with pytest.raises(ValueError, match="path of their own"):
        wiring.build(
            (COURSES, dataclasses.replace(COURSES, name="other")),
            services(College()),
            assets_folder="assets",
        )


def test_two_applications_in_one_process_do_not_share_callbacks():
    first, second = build(), build()
    assert len(first.callback_map) == len(second.callback_map)


def test_the_server_answers_a_data_request():
    app = build()
    page = next(page for page in PAGES if page.name == "offering")
    key = next(key for key in app.callback_map if '"page":"offering"' in key.replace('\\"', '"'))
    address = {"path": "/offerings/1", "search": "?sort=no"}
    outputs = [{"id": ids.notice(page.name), "property": "children"},
               *({"id": ids.panel(page.name, p.name), "property": "children"} for p in page.in_wave(1))]  # fmt: skip
    answer = app.server.test_client().post(
        "/_dash-update-component",
        json={"output": key, "outputs": outputs, "changedPropIds": [], "state": [],
              "inputs": [{"id": ids.address(page.name), "property": "data", "value": address}]},
    )  # fmt: skip
    assert answer.status_code == 200
    assert "2024000101" in json.dumps(answer.get_json(), ensure_ascii=False)


def test_the_first_html_is_chinese_local_and_without_any_page():
    html = build().server.test_client().get("/courses").get_data(as_text=True)
    assert '<html lang="zh-CN"' in html
    assert "cdn" not in html.lower()
    assert "课程监测" not in html


def test_the_shell_holds_no_layout_of_a_page():
    layout = json.dumps(build().layout().to_plotly_json(), default=lambda item: item.to_plotly_json())
    assert "courses" not in layout
    assert find(build().layout(), id=shell.MAIN)


def test_only_wiring_registers_callbacks():
    root = Path(wiring.__file__).parents[1]
    for path in [*root.glob("dashboards/*.py"), *root.glob("layouts/**/*.py")]:
        if path.name != "wiring.py":
            assert "callback(" not in path.read_text(encoding="utf-8"), path


SOMETIMES = dataclasses.replace(
    COURSES,
    name="sometimes",
    path="/sometimes",
    panels=(
        Panel(name="always", title="总在", draw=lambda _data: Content(body="甲", title="另一个标题")),
        Panel(name="never", title="从不", draw=lambda _data: Content(body="乙"), belongs=lambda _data: False),
    ),
)


def test_a_panel_that_does_not_belong_to_a_view_shows_nothing_not_even_while_loading():
    made = services(College())
    main = wiring.route([SOMETIMES], made, "/sometimes", "")[0]
    frames = {
        item.id["name"]: item
        for item in walk(main)
        if isinstance(getattr(item, "id", None), dict) and item.id.get("role") == "panel"
    }
    assert text(frames["always"]) == "总在正在载入"
    assert frames["never"].children == []
    notice, always, never = wiring.fill(SOMETIMES, made, {"path": "/sometimes", "search": ""})
    assert (notice, never) == ([], [])
    assert text(always) == "另一个标题甲"


def test_a_panel_whose_place_cannot_be_told_is_a_panel_that_failed():
    def unknown(_data):
        raise OSError("disk on fire")

    broken = dataclasses.replace(SOMETIMES.panels[1], belongs=lambda data: bool(data) and unknown(data))
    page = dataclasses.replace(SOMETIMES, panels=(SOMETIMES.panels[0], broken))
    _, always, failed = wiring.fill(page, services(College()), {"path": "/sometimes", "search": ""})
    assert "甲" in text(always)
    assert "没有算出来" in text(failed)


def test_a_choice_that_there_is_none_of_needs_no_control():
    lone = dataclasses.replace(COURSES.filters[0], options=lambda _services, _scope: [Option(value="a", label="唯一")])
    for is_hidden in (False, True):
        filters = (dataclasses.replace(lone, is_hidden_alone=is_hidden),)
        page = dataclasses.replace(SOMETIMES, filters=filters, heading=lambda _data: Heading(title="有时"))
        context = wiring.route([page], services(College()), "/sometimes", "")[2]
        assert bool(context) is not is_hidden
