import pytest

from layouts.table import Column, Slice, pager, table
from tests.layouts.component_tree import find, text, types


def test_the_heading_column_names_its_row():
    tree = table(
        [Column(title="课程", is_heading=True), Column(title="本周", is_number=True)],
        [["机械制图", "84.0"]],
        caption="到课率",
    )
    heads = types(tree, "Th")
    assert [(head.scope, text(head)) for head in heads] == [("col", "课程"), ("col", "本周"), ("row", "机械制图")]
    assert text(types(tree, "Caption")[0]) == "到课率"


def test_a_sorted_column_says_so():
    head = types(table([Column(title="旷课", href="/x?sort=absent", order="descending")], [], caption="名册"), "Th")[0]
    assert getattr(head, "aria-sort") == "descending"
    assert types(head, "A")[0].href == "/x?sort=absent"


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


def test_a_single_page_needs_no_links():
    assert types(pager(Slice(total=3, page=1, size=30), noun="个教学班", link=str), "Link") == []
