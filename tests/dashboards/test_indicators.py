import dataclasses
from itertools import product

import pytest

from dashboards import indicators
from dashboards.indicators import PAGE, ROWS_PER_PAGE
from indicators.library import shipped_library
from indicators.model import FIVE_SYSTEMS
from indicators.shelf import LAYERS
from tests.dashboards.campus import (
    ADVISER,
    DEPARTMENT_HEAD,
    LEADER,
    NAMES,
    OFFICE_HEAD,
    STEWARD,
    STUDENT,
    Campus,
    services_of,
    viewer,
)
from tests.dashboards.library import library
from tests.layouts.component_tree import find, text, types

LIBRARY = shipped_library()


def load(*posts, search="", values=None):
    services = dataclasses.replace(services_of(viewer(*(posts or (LEADER,))), values), library=library())
    return indicators.Catalogue(view=PAGE.view(services, path="/indicators", search=search))


def listed(data):
    return [row[0]["text"] for row in types(indicators.draw_list(data).body, "Store")[0].data["rows"]]


def everything(search):
    """All pages of a list."""
    first = load(search=search)
    pages = range(1, first.part.pages + 1)
    return [code for page in pages for code in listed(load(search=f"{search}&page={page}"))]


@pytest.mark.parametrize(("layer", "system"), [*product(LAYERS, FIVE_SYSTEMS)])
def test_a_cell_lists_exactly_the_indicators_of_its_layer_and_system(layer, system):
    expected = {i.code for i in LIBRARY if i.layer == layer and i.five_system == system}
    found = everything(f"?layer={layer}&system={system}")
    assert set(found) == expected
    assert len(found) == len(expected)


def test_all_pages_together_list_the_whole_library():
    assert sorted(everything("?q=")) == sorted(LIBRARY.indicators)


@pytest.mark.parametrize(
    ("search", "holds"),
    [
        ("?dimension=质量度", lambda i: i.dimension == "质量度"),
        ("?kind=month", lambda i: i.period == "month"),
        ("?owner=后勤管理处", lambda i: i.definition["department"] == "后勤管理处"),
        ("?q=crs-att", lambda i: i.code.startswith("CRS-ATT")),
        ("?layer=教师&kind=term", lambda i: i.layer == "教师" and i.period == "term"),
    ],
)
def test_filters_narrow_the_list_by_what_an_indicator_is(search, holds):
    assert sorted(everything(search)) == sorted(i.code for i in LIBRARY if holds(i))


def test_the_counts_of_the_matrix_are_those_of_the_library_and_lead_to_their_lists():
    data = load()
    rows = types(indicators.draw_cells(data).body, "Store")[0].data["rows"]
    courses = next(row for row in rows if row[0] == "课程")
    expected = [sum(i.layer == "课程" and i.five_system == s for i in LIBRARY) for s in FIVE_SYSTEMS]
    assert [int(cell["text"]) for cell in courses[1:]] == [*expected, sum(expected)]
    assert "layer=%E8%AF%BE%E7%A8%8B" in courses[1]["href"]
    assert rows[-1][-1]["text"] == str(len(LIBRARY))


def test_the_cell_in_use_is_lit_and_lets_go():
    data = load(search="?layer=课程&system=质量生成")
    rows = types(indicators.draw_cells(data).body, "Store")[0].data["rows"]
    lit = [cell for row in rows for cell in row if isinstance(cell, dict) and "is-on" in cell["name"]]
    assert len(lit) == 1
    assert lit[0]["href"] == "/indicators"
    assert rows[-1][-1]["text"] == str(len(LIBRARY))


def test_a_row_shows_value_state_period_and_lines_and_leads_to_the_card():
    rows = types(indicators.draw_list(load(search="?q=CRS-ATT-01")).body, "Store")[0].data["rows"]
    code, name, place, system, value, period, target, warning, kind, owner = rows[0]
    assert code["href"].startswith("/indicators/CRS-ATT-01")
    assert (name["text"], place, system) == ("到课率", "课程 · 课堂教学", "质量生成")
    assert value["spoken"]
    assert (period, target, warning, kind, owner) == ("第11周", "95%", "90%", "每周", "各系(部)")


def test_an_indicator_without_value_shows_a_dash_and_still_leads_to_its_card():
    rows = types(indicators.draw_list(load(search="?q=SCH-LVL-01")).body, "Store")[0].data["rows"]
    assert rows[0][4:6] == ["—", "—"]
    assert rows[0][0]["href"] == "/indicators/SCH-LVL-01"


def test_states_count_what_is_listed_and_filter_it():
    data = load()
    counts = [int(text(item)) for item in find(indicators.draw_states(data).body, className="state-count")]
    assert sum(counts) == len(LIBRARY)
    known = [code for code in NAMES if code in LIBRARY.indicators and code != "STU-PER-12"]  # of counselling nothing
    without = everything("?state=none")
    assert set(without) == set(LIBRARY.indicators) - set(known)
    assert "CRS-BLD-09" in everything("?state=neutral")


@pytest.mark.parametrize(
    ("posts", "expected"),
    [
        ((LEADER,), ["school:1"]),
        ((DEPARTMENT_HEAD,), ["dept:1", "school:1"]),
        ((ADVISER,), ["class:1", "school:1"]),
        ((OFFICE_HEAD,), ["school:1"]),
        ((STUDENT,), ["student:101"]),
        ((STEWARD,), [""]),
        ((ADVISER, DEPARTMENT_HEAD), ["dept:1", "class:1", "school:1"]),
    ],
)
def test_values_are_those_of_the_own_nodes(posts, expected):
    assert [option.value for option in load(*posts).view.choices["of"].options] == expected


def test_who_has_no_figures_sees_definitions_and_is_told_why():
    data = load(STEWARD)
    assert len(listed(data)) == ROWS_PER_PAGE
    assert "你的岗位只看定义，没有数值" in indicators.heading(data).facts
    assert "没有数值" in text(indicators.draw_states(data).body)


def test_nothing_found_names_the_conditions_and_clears_them():
    content = indicators.draw_list(load(search="?q=没有这样的指标&layer=学校"))
    shown = text(content.body)
    assert "没有这样的指标、学校" in shown
    assert types(content.body, "Link")[0].href == "/indicators"


def test_a_new_installation_says_what_to_do():
    class Nothing:
        def entries(self):
            return ()

    services = dataclasses.replace(services_of(viewer(LEADER), Campus()), library=Nothing())
    data = indicators.Catalogue(view=PAGE.view(services, path="/indicators", search=""))
    assert "luoxuan compute" in text(indicators.draw_list(data).body)
