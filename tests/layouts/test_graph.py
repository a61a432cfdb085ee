import ast
from pathlib import Path

import pytest

from layouts.figures.drawing import Drawing
from layouts.graph import graph
from layouts.sheet import Sheet
from tests.layouts.component_tree import find, types

ROOT = Path(__file__).parents[2]
SOURCES = sorted(path for folder in ("dashboards", "layouts") for path in (ROOT / folder).rglob("*.py"))


def figure(**layout):
    return Drawing(data=[], layout={"height": 200, **layout})


def drawn(made, **options):
    """The chart alone, without its numbers beside it."""
    return graph(made, sheet=Sheet(title="数", columns=("周次",), rows=[]), **options).children[0]


def test_no_chart_can_be_sent_to_another_host():
    config = types(drawn(figure(), label="到课率"), "Graph")[0].config
    assert config["showSendToCloud"] is False
    assert config["displaylogo"] is False
    assert config["plotlyServerURL"] == ""


def test_a_chart_speaks_chinese_and_follows_its_panel():
    config = types(drawn(figure(), label="到课率"), "Graph")[0].config
    assert config["locale"] == "zh-CN"
    assert config["responsive"] is True


def test_a_chart_says_in_words_what_it_shows():
    assert getattr(drawn(figure(), label="到课率"), "aria-label") == "到课率"


def test_a_chart_that_needs_room_scrolls_instead_of_shrinking():
    wide = drawn(figure(), label="到课率", min_width=900)
    assert wide.style == {"minHeight": "200px", "overflowX": "auto"}
    assert types(wide, "Graph")[0].style == {"height": "200px", "minWidth": "900px"}
    assert "minWidth" not in types(drawn(figure(), label="到课率"), "Graph")[0].style


def test_a_chart_without_height_is_refused():
    with pytest.raises(ValueError, match=r"到课率.*height"):
        drawn(Drawing(data=[], layout={}), label="到课率")


def uses(source):
    """Names in a module that only `layouts.graph` may use, or nobody may."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in {"Graph", "Scattergl", "Heatmapgl"}:
            yield node.attr
        if isinstance(node, ast.ImportFrom) and node.module == "dash.dcc":
            yield from (alias.name for alias in node.names if alias.name == "Graph")
        if isinstance(node, ast.Constant) and node.value in {"scattergl", "scatterpolargl"}:
            yield node.value


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_figures_reach_a_page_only_through_graph_and_never_need_webgl(path):
    allowed = ["Graph"] if path == ROOT / "layouts" / "graph.py" else []
    assert list(uses(path.read_text(encoding="utf-8"))) == allowed


def without_sheet(source):
    """Lines of calls that draw a chart without saying its numbers."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "graph":
            given = {keyword.arg: keyword.value for keyword in node.keywords}
            if "sheet" not in given or getattr(given["sheet"], "value", ...) is None:
                yield node.lineno


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_chart_is_drawn_without_its_numbers(path):
    assert list(without_sheet(path.read_text(encoding="utf-8"))) == []


def test_the_check_for_numbers_finds_what_it_looks_for():
    assert list(without_sheet("graph(f)\ngraph(f, sheet=None)\ngraph(f, sheet=s)\nlayouts.graph.graph(f)")) == [1, 2, 4]


def test_the_check_finds_what_it_looks_for():
    assert sorted(uses("from dash import dcc\ndcc.Graph()\nkind = 'scattergl'")) == ["Graph", "scattergl"]


def test_a_line_that_scrolls_shows_its_latest_end_first():
    shown = drawn(Drawing(data=[], layout={"height": 100}), label="线", min_width=600, is_read_from_end=True)
    assert shown.className == "chart chart-from-end"
    assert shown.style == {"minHeight": "100px", "overflowX": "auto"}


def test_a_chart_has_its_numbers_beside_it_as_written_and_as_computed():
    sheet = Sheet(
        title="逐周到课率", columns=("周次", "到课率(%)", "人次"), rows=[("第1周", 97.249, 120), ("第2周", None, 0)]
    )
    tree = graph(figure(), label="到课率", sheet=sheet)
    (rows,) = [store.data for store in types(tree, "Store")]
    assert find(tree, className="chart-view")
    assert find(tree, className="chart-table")
    assert [column["number"] for column in rows["columns"]] == [False, True, True]
    assert rows["rows"] == [
        ["第1周", {"text": "97.2", "name": "", "value": 97.249}, {"text": "120", "name": "", "value": 120}],
        ["第2周", "—", {"text": "0", "name": "", "value": 0}],
    ]
