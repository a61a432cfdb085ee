from indicators.results import State
from layouts import panel
from tests.dashboards.college import ATTENDANCE
from tests.layouts.component_tree import find, text, types


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
