import dataclasses

import pytest

from dashboards import indicator
from dashboards.indicator import PAGE
from dashboards.indicator_definition import CHARTS_ZH, NEUTRAL, TABLE_5, draw_definition, draw_row, draw_uses
from dashboards.indicator_number import amount, distance, draw_below, draw_history, draw_number
from dashboards.indicator_view import NO_NODE, NO_PERIOD, Card
from dashboards.number import Number
from dashboards.page import NotFoundError
from indicators.library import shipped_library
from indicators.model import CHARTS
from indicators.shelf import LAYERS
from tests.dashboards.campus import ADVISER, DEPARTMENT_HEAD, LEADER, STEWARD, services_of, viewer
from tests.dashboards.college import DEPARTMENTS
from tests.dashboards.library import SILENT_DEPT, WITHHELD_DEPT, Cards, library
from tests.layouts.component_tree import find, text, types

LIBRARY = shipped_library()
WEEK_3 = "2026-2027-1-W03"


def card(code="CRS-ATT-01", *posts, search=""):
    who = viewer(*(posts or (LEADER,)))
    services = dataclasses.replace(services_of(who), library=library(), numbers=Cards())
    return Card(view=PAGE.view(services, path=f"/indicators/{code}", search=search))


def test_a_code_that_nobody_knows_is_said_plainly():
    with pytest.raises(NotFoundError, match=r"^没有编码为 CRS-ATT-99 的指标。$"):
        indicator.heading(card("CRS-ATT-99"))


def test_the_number_is_shown_with_what_it_is_made_of_and_who_computed_it():
    shown = text(draw_number(card(search=f"?of=dept:2&period={WEEK_3}")).body)
    for part in ("95.6", "达标", "较上周", "956 ÷ 1,000", "1,000 条", "2026-11-20", "指标库 2026.2 · 数据版本 1187"):
        assert part in shown
    assert draw_number(card(search=f"?of=dept:2&period={WEEK_3}")).title == f"{DEPARTMENTS[1]} · 第3周"
    assert "计算于2026-11-20 11:00" in shown


def test_number_and_row_can_be_taken_as_files():
    (sheet,) = draw_number(card(search=f"?of=dept:2&period={WEEK_3}")).sheets
    assert sheet.rows == [("第3周", 95.6, "达标", 956.0, 1000.0, 1000)]
    (row,) = draw_row(card()).sheets
    assert tuple(row.columns) == TABLE_5


def test_without_an_entity_the_own_node_is_meant_and_the_latest_period():
    assert card("CRS-ATT-01", DEPARTMENT_HEAD).place.name == DEPARTMENTS[0]
    assert card("CRS-ATT-01", DEPARTMENT_HEAD).course.point.period.ordinal == 11
    assert card("SCH-LVL-01", ADVISER).place.level == "school"


def test_what_is_out_of_scope_and_what_does_not_exist_are_told_alike():
    beyond = card("CRS-ATT-01", ADVISER, search="?of=dept:1")
    missing = card("CRS-ATT-01", ADVISER, search="?of=dept:99")
    assert beyond.missing == missing.missing != ""
    for draw in (draw_number, draw_row, draw_definition):
        assert text(draw(beyond).body) == text(draw(missing).body)
    assert indicator.heading(beyond) == indicator.heading(missing)


def test_a_withheld_number_says_why_and_shows_none():
    shown = text(draw_number(card(search=f"?of=dept:{WITHHELD_DEPT}")).body)
    assert "人数过少，不显示" in shown
    assert "达标" not in shown


def test_a_number_without_value_says_so():
    data = card(search=f"?of=dept:{SILENT_DEPT}")
    assert "没有数据" in text(draw_number(data).body)
    assert "没有数据" in text(draw_history(data).body)


def test_a_period_that_is_not_there_is_said():
    assert card(search="?period=2019-2020-1").missing == NO_PERIOD


def test_who_has_no_figures_still_reads_the_definition():
    data = card("CRS-ATT-01", STEWARD)
    assert data.missing == NO_NODE
    assert "考勤人次" in text(draw_definition(data).body)
    assert not PAGE.panels[1].belongs(data)
    assert not PAGE.panels[2].belongs(data)


def test_what_an_address_cannot_mean_is_left_out_and_named():
    data = card(search="?of=planet:1&period=x&down=galaxy")
    assert data.view.rejected == ("对象“planet:1”", "时段“x”", "下一级“galaxy”")
    assert data.place.level == "school"


def test_below_the_worst_come_first_and_lead_to_their_own_cards():
    content = draw_below(card(search=f"?of=school:1&period={WEEK_3}"))
    rows = types(content.body, "Store")[0].data["rows"]
    assert [row[0]["text"] for row in rows] == [DEPARTMENTS[n] for n in (3, 2, 1, 0)]
    assert rows[0][0]["href"] == Number(code="CRS-ATT-01", level="dept", entity_id=4, period=WEEK_3).href
    assert rows[0][1]["text"] == "94.2%"
    assert rows[0][2:5] == ["还差 0.8", "942", "1,000"]
    assert rows[0][5]["href"] == "/courses?dept=4&week=3"
    assert "1 个部门人数过少，不显示" in content.note


def test_the_level_below_can_be_chosen_among_those_with_values():
    data = card(search="?of=school:1&down=offering")
    assert data.down == "offering"
    assert card(search="?of=school:1&down=student").down == "dept"
    chosen = [item for item in find(draw_below(data).body, className="way") if "is-on" in item.className]
    assert [text(item) for item in chosen] == ["教学班"]
    assert "没有教学班有这项指标的数值" in text(draw_below(data).body)


def test_the_path_leads_back_up_the_tree_for_the_same_period():
    (path,) = find(draw_number(card(search=f"?of=dept:2&period={WEEK_3}")).body, className="drill-path")
    assert [text(step) for step in types(path, "Li")] == ["全校", DEPARTMENTS[1]]
    (link,) = types(path, "Link")
    assert link.href == Number(code="CRS-ATT-01", level="school", entity_id=1, period=WEEK_3).href


def test_the_heading_is_that_of_the_indicator_whosever_number_is_shown():
    heading = indicator.heading(card(search="?of=dept:2"))
    assert heading == indicator.heading(card())
    assert [crumb.label for crumb in heading.crumbs] == ["指标库", "课程", "到课率"]


def test_the_history_has_a_sheet_with_every_period():
    content = draw_history(card(search="?of=dept:2"))
    assert types(content.body, "Graph")
    assert content.note == "11 个时段有数值"


@pytest.mark.parametrize("layer", LAYERS)
def test_every_indicator_prints_as_one_row_of_nine_columns_and_says_what_it_is(layer):
    for block in (i.definition for i in LIBRARY if i.layer == layer):
        data = card(block["code"], STEWARD)
        row = draw_row(data).body
        assert tuple(text(head) for head in types(row, "Th")) == TABLE_5
        cells = [text(cell) for cell in types(row, "Td")]
        assert len(cells) == len(TABLE_5)
        assert all(cell not in {"", "—"} for cell in cells)
        assert data.wording.formula
        shown = text(draw_definition(data).body)
        for part in (block["definition_zh"], data.wording.formula, block["department"], block["source_system"]):
            assert part in shown
        assert text(draw_uses(data).body)


def test_every_chart_has_a_chinese_name():
    assert set(CHARTS_ZH) == set(CHARTS)


def test_lines_name_who_set_them_and_the_norm_they_come_from():
    shown = text(draw_definition(card("SCH-LVL-01")).body)
    assert "国家或行业规范" in shown
    assert LIBRARY["SCH-LVL-01"].definition["norm_ref"] in shown


def test_what_nobody_is_judged_by_says_so():
    shown = text(draw_definition(card("STU-PER-12", STEWARD)).body)
    assert NEUTRAL in shown
    assert "目标值" not in shown


def test_uses_name_cell_dimension_account_risk_page_and_neighbours():
    assert "质量度" in text(draw_uses(card("MAJ-QUA-04")).body)
    shown = text(draw_uses(card("STU-ACD-03")).body)
    assert "学业发展账户的采分点" in shown
    assert "学生旷课预警" in shown
    content = draw_uses(card("CRS-ATT-01"))
    links = {link.href for link in types(content.body, "Link")}
    assert "/indicators?layer=%E8%AF%BE%E7%A8%8B&system=%E8%B4%A8%E9%87%8F%E7%94%9F%E6%88%90" in links
    assert "/courses" in links
    assert any(href.startswith("/indicators/CRS-ATT-02") for href in links)


@pytest.mark.parametrize(
    ("value", "line", "direction", "said"),
    [
        (97.0, 95.0, "higher", (True, "优于 2.0")),
        (95.0, 95.0, "higher", (True, "正好")),
        (94.98, 95.0, "higher", (False, "还差 0.02")),
        (3.0, 2.0, "lower", (False, "还差 1.0")),
        (1.0, 2.0, "lower", (True, "优于 1.0")),
        (50.0, (40.0, 60.0), "target", (True, "在区间内")),
        (30.0, (40.0, 60.0), "target", (False, "低于下限 10.0")),
        (70.0, (40.0, 60.0), "target", (False, "高于上限 10.0")),
    ],
)
def test_the_distance_to_a_line_is_said_in_its_direction(value, line, direction, said):
    assert distance(value, line, direction) == said


@pytest.mark.parametrize(
    ("value", "said"), [(110082.0, "110,082"), (12.345, "12.35"), (None, "—"), (float("nan"), "—")]
)
def test_amounts_are_whole_where_they_are_counts(value, said):
    assert amount(value) == said
