"""The picture of a panel: everything said once, inside the paper, and safe as XML."""

import xml.etree.ElementTree as ET

import pytest

from layouts.exports.picture import WIDTH, compose, extent, wrapped
from layouts.sheet import Sheet
from tests.layouts.exports.samples import NASTY, WEEKS, chart_content, no_chart, of_sheets, plain_chart, snapshot

SVG = "{http://www.w3.org/2000/svg}"


def drawn(made, draw=plain_chart):
    picture = compose(made, draw)
    return picture, ET.fromstring(picture.svg)


def texts(root):
    return [item.text for item in root.iter(f"{SVG}text")]


def test_title_origin_and_foot_stand_around_the_chart():
    made = snapshot()
    _, root = drawn(made)
    said = "".join(texts(root))
    for words in (made.origin.title, "机械制图 · 机电2401", "第11周 · 学期", "数据范围 l001(校领导)", "指标库 2026.2",
                  "王建国 生成于 2026-11-21 09:00", made.sha256):  # fmt: skip
        assert words in said
    assert root.find(f"{SVG}title").text == made.origin.title
    assert made.sha256 in root.find(f"{SVG}desc").text


def test_a_chart_gets_the_room_it_needs():
    picture, root = drawn(snapshot(chart_content(min_width=1600)))
    (nested,) = root.findall(f"{SVG}svg")
    assert (nested.get("width"), nested.get("height")) == ("1600", "240")
    assert picture.width == 1600 + 48


def test_tables_are_drawn_row_by_row_with_numbers_at_the_right():
    _, root = drawn(of_sheets(WEEKS), no_chart)
    cells = {item.text: item.get("text-anchor") for item in root.iter(f"{SVG}text")}
    assert (cells["第1周"], cells["97.2"], cells["—"], cells["88"]) == ("start", "end", "end", "end")


def test_what_a_text_holds_cannot_break_the_picture():
    evil = Sheet(title="a", columns=("<script>",), rows=[("</text><script>alert(1)</script>",), ("&amp;\"'",)])
    _, root = drawn(of_sheets(evil), no_chart)
    assert list(root.iter(f"{SVG}script")) == []
    assert "</text><script>alert(1)</script>" in texts(root)


def test_the_paper_is_as_wide_as_its_widest_table():
    wide = Sheet(title="a", columns=[f"很长的栏目名称{n}" for n in range(20)], rows=[])
    picture, _ = drawn(of_sheets(wide), no_chart)
    assert picture.width > WIDTH + 48


def test_everything_stands_on_the_paper():
    picture, root = drawn(of_sheets(WEEKS, NASTY), no_chart)
    assert all(0 < float(item.get("y")) < picture.height for item in root.iter(f"{SVG}text"))
    assert (root.get("width"), root.get("height")) == (str(picture.width), str(picture.height))


@pytest.mark.parametrize("text", ["", "短", "很长的一句话" * 40, "a" * 500])
def test_long_lines_go_on_below_and_lose_nothing(text):
    lines = wrapped(text, room=400, size=13)
    assert "".join(lines) == text
    assert all(extent(line, size=13) <= 400 for line in lines)
