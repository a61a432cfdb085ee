import json

import pytest
from dash.development.base_component import Component

from indicators.results import State
from layouts.table import Column, Linked, Marked, Slice, Valued, pager, table
from tests.layouts.component_tree import find, text, types, walk

ID = {"role": "table", "page": "p", "name": "t"}


def data(columns, rows):
    return types(table(columns, rows, caption="到课率", table_id=ID), "Store")[0].data


def test_a_table_is_a_few_components_however_many_cells_it_has():
    tree = table([Column(title="教师")] * 20, [["王"] * 20] * 50, caption="名册", table_id=ID)
    assert len([item for item in walk(tree) if isinstance(item, Component)]) == 3


def test_the_rows_stand_beside_their_table():
    tree = table([Column(title="教师")], [["王"]], caption="名册", table_id=ID)
    assert types(tree, "Section")[0].id == ID
    assert types(tree, "Store")[0].id == {**ID, "role": "rows"}


def test_the_caption_names_the_table():
    tree = table([], [], caption="名册", table_id=ID)
    assert types(tree, "Store")[0].data["caption"] == "名册"
    assert getattr(types(tree, "Section")[0], "aria-label") == "名册"


def test_a_sorted_column_says_so_and_links_to_its_order():
    column = data([Column(title="旷课", href="/x?sort=absent", order="descending")], [])["columns"][0]
    assert (column["title"], column["order"], column["href"]) == ("旷课 ↓", "descending", "/x?sort=absent")


@pytest.mark.parametrize(
    ("cell", "sent"),
    [
        ("王", "王"),
        (
            Valued(text="78.1", state=State.ALERT),
            {"text": "78.1", "name": "state with-shape state-alert", "spoken": "警戒"},
        ),
        (Linked(text="机械制图", href="/offerings/1"), {"text": "机械制图", "href": "/offerings/1", "name": ""}),
        (
            Linked(text="01", href="/x", is_in_place=True, is_on=True),
            {"text": "01", "href": "/x", "name": "in-place is-on"},
        ),
        (
            Linked(text="申诉", href="/disputes/new?entry=7", is_form=True),
            {"text": "申诉", "href": "/disputes/new?entry=7", "name": "to-form"},
        ),
        (Marked(text="旷课", name="status-missed"), {"text": "旷课", "name": "status-missed"}),
    ],
)
def test_a_cell_is_sent_as_data(cell, sent):
    rows = data([Column(title="x")], [[cell]])["rows"]
    assert json.loads(json.dumps(rows)) == [[sent]]


def test_a_table_keeps_room_for_its_rows_before_they_are_built():
    short, long = (
        types(table([Column(title="x")], [["1"]] * n, caption="名册", table_id=ID), "Section")[0] for n in (1, 60)
    )
    assert short.style == {"minHeight": "60px"}
    assert long.style == {"minHeight": "1830px"}


def test_a_row_that_does_not_fit_its_columns_is_refused():
    with pytest.raises(ValueError, match="needs 1 cells"):
        table([Column(title="x")], [["1", "2"]], caption="名册", table_id=ID)


@pytest.mark.parametrize(
    ("total", "page", "start", "stop", "number"),
    [(61, 1, 0, 30, 1), (61, 3, 60, 61, 3), (61, 99, 60, 61, 3), (0, 5, 0, 0, 1), (30, 0, 0, 30, 1)],
)
def test_a_page_outside_of_the_list_becomes_the_nearest(total, page, start, stop, number):
    part = Slice(total=total, page=page, size=30)
    assert (part.start, part.stop, part.number) == (start, stop, number)


def test_the_pager_links_to_neighbours_and_both_ends():
    tree = pager(Slice(total=1200, page=20, size=30), noun="个教学班", link=lambda n: f"?page={n}")
    assert [text(link) for link in types(tree, "Link")] == ["上一页", "1", "18", "19", "21", "22", "40", "下一页"]
    assert text(find(tree, className="pager-current")[0]) == "20"
    assert "第 571–600 个教学班，共 1,200" in text(tree)


def test_a_pager_low_on_its_page_turns_in_place():
    tree = pager(Slice(total=90, page=2, size=30), noun="名学生", link=lambda n: f"?page={n}", is_in_place=True)
    links = types(tree, "A")
    assert [(text(link), link.href, link.className) for link in links][1] == ("1", "?page=1", "in-place")
    assert [text(link) for link in links] == ["上一页", "1", "3", "下一页"]


def test_a_single_page_needs_no_links():
    assert types(pager(Slice(total=3, page=1, size=30), noun="个教学班", link=str), "Link") == []
