import dataclasses
import datetime as dt

import pytest

from indicators.results import State
from layouts import panel
from tests.dashboards.college import ATTENDANCE
from tests.layouts.component_tree import find, text, types

FILES = {"png": "/panels/a/b.png", "csv": "/panels/a/b.csv"}


def test_a_filled_panel_shows_title_unit_note_and_state():
    tree = panel.filled("到课率", panel.Content(body="正文", note="第11周", state=State.WARNING), unit="%")
    assert text(tree) == "到课率单位 %▲预警第11周正文"


def test_the_card_behind_a_number_names_definition_lines_and_versions():
    content = panel.Content(body="正文", card=ATTENDANCE, versions=("2026.2", "1187"))
    card = text(types(panel.filled("到课率", content), "Details"))
    for part in (
        ATTENDANCE.definition_zh,
        "95%",
        "90%",
        "85%",
        "CRS-ATT-01",
        "教务考勤",
        "指标库 2026.2 · 数据版本 1187",
    ):
        assert part in card


def test_a_loading_panel_has_its_title_and_a_skeleton():
    tree = panel.loading("到课率", height=300)
    assert text(tree) == "到课率正在载入"
    assert find(tree, className="skeleton")


def test_a_bare_panel_brings_no_frame_of_its_own():
    assert types(panel.filled("概况", panel.Content(body="正文"), framed=False), "H2") == []


def test_the_content_may_name_the_panel_and_offer_its_rows_as_a_file():
    tree = panel.filled("名册", panel.Content(body="正文", download=("/offerings/1/roster.csv", "导出名单")))
    assert [(link.href, text(link)) for link in types(tree, "A")] == [("/offerings/1/roster.csv", "导出名单")]
    assert types(panel.filled("名册", panel.Content(body="正文")), "A") == []


def choices(tree):
    """What the menu offers: words, and the address or the action."""
    return [
        (text(item), getattr(item, "href", None) or getattr(item, "data-panel-action", None))
        for item in find(tree, className="panel-choice")
    ]


def test_the_menu_is_one_button_with_a_name_of_its_own():
    tree = panel.filled("到课率", panel.Content(body="正文"), menu=panel.Menu(has_chart=True))
    (summary,) = types(tree, "Summary")
    assert (text(summary), getattr(summary, "aria-label")) == ("⋯", "“到课率”的菜单")


def test_the_menu_offers_card_table_screen_pictures_and_files():
    content = panel.Content(body="正文", card=ATTENDANCE)
    tree = panel.filled("到课率", content, menu=panel.Menu(has_chart=True, files=FILES))
    assert choices(tree) == [
        ("口径", "/indicators/CRS-ATT-01"),
        ("表格图", "table"),
        ("全屏", "full-screen"),
        ("PNG", "png"),
        ("SVG", "svg"),
        ("PNG", "/panels/a/b.png"),
        ("CSV", "/panels/a/b.csv"),
    ]


def test_the_card_is_that_of_the_very_number_where_it_is_known():
    content = panel.Content(body="正文", card=ATTENDANCE, number="/indicators/CRS-ATT-01?of=school:1")
    assert choices(panel.filled("到课率", content))[0] == ("口径", "/indicators/CRS-ATT-01?of=school:1")


def test_who_may_take_nothing_away_is_offered_no_file():
    tree = panel.filled("到课率", panel.Content(body="正文"), menu=panel.Menu(has_chart=True))
    assert [action for _, action in choices(tree)] == ["table", "full-screen"]


def test_a_table_becomes_no_picture_in_the_browser():
    tree = panel.filled("名册", panel.Content(body="正文"), menu=panel.Menu(files=FILES))
    assert [action for _, action in choices(tree)] == ["full-screen", "/panels/a/b.png", "/panels/a/b.csv"]


def test_without_anything_to_offer_there_is_no_menu():
    assert types(panel.filled("到课率", panel.Content(body="正文"), menu=panel.Menu()), "Details") == []


def test_a_bare_panel_has_its_menu_in_the_margin():
    tree = panel.filled("概况", panel.Content(body="正文"), framed=False, menu=panel.Menu(files=FILES))
    (corner,) = find(tree, className="panel-corner")
    assert types(corner, "Summary")
    assert types(tree, "H2") == []


@pytest.mark.parametrize(
    ("days", "shown"),
    [(None, "到课率▲预警第11周数据截至 2026-11-01↓ 0.8正文"), (12, "到课率▲预警第11周◌数据已 12 天未更新↓ 0.8正文")],
)
def test_the_head_tells_state_note_age_and_change_in_that_order(days, shown):
    content = panel.Content(body="正文", note="第11周", state=State.WARNING, change="↓ 0.8", as_of=dt.date(2026, 11, 1))
    tree = panel.filled("到课率", content, days_behind=days)
    assert text(tree) == shown
    assert bool(find(tree, className="is-stale")) is (days is not None)


def test_a_panel_whose_data_reach_as_far_as_the_page_says_no_date():
    content = panel.Content(body="正文")
    assert "数据截至" not in text(panel.filled("到课率", dataclasses.replace(content)))
