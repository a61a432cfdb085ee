"""The page of all majors: ranks over the college, names within the scope, the rule of the warning to the letter."""

import pytest

from dashboards import majors
from dashboards.majors import PAGE
from data_access.access.roles import Role
from indicators.results import State
from layouts.exports.shown import parts_of
from tests.dashboards.campus import DEPARTMENT_HEAD, LEADER, post, viewer
from tests.dashboards.faculty import Faculty, services_of
from tests.layouts.component_tree import find, text, types

OFFICE = post(Role.QUALITY_OFFICE, "school", 1, "全校")
OWN_LEADER = post(Role.MAJOR_LEADER, "major", 2, "现代物流管理")


def load(who=LEADER, search="", faculty=None):
    return majors.Majors(view=PAGE.view(services_of(viewer(who), faculty), path="/majors", search=search))


def rows(content):
    return types(content.body, "Store")[0].data["rows"]


def words(cell):
    return cell if isinstance(cell, str) else cell["text"]


def test_majors_are_ranked_and_those_without_total_come_last():
    found = [[words(cell) for cell in row] for row in rows(majors.draw_ranking(load()))]
    assert [row[:2] for row in found] == [
        ["1", "机电一体化技术"], ["2", "旅游管理"], ["3", "现代物流管理"], ["—", "助产"],
    ]  # fmt: skip
    assert found[3][3] == "—"


def test_a_major_leads_to_its_page():
    assert rows(majors.draw_ranking(load()))[0][1]["href"] == "/majors/1"


def test_a_department_sees_its_own_majors_with_their_rank_in_the_college():
    found = rows(majors.draw_ranking(load(DEPARTMENT_HEAD)))
    assert [words(row[1]) for row in found] == ["机电一体化技术", "现代物流管理"]
    assert [row[0] for row in found] == ["1", "3"]


def test_a_major_leader_finds_neither_names_nor_points_of_others():
    data = load(OWN_LEADER)
    drawn = "".join(str(panel.draw(data).body) for panel in PAGE.panels)
    assert "现代物流管理" in drawn
    assert not [name for name in ("机电一体化技术", "旅游管理", "助产") if name in drawn]
    figure = types(majors.draw_quadrant(data).body, "Graph")[0].figure
    assert len(figure.data[0].x) == 1


def test_the_warning_list_names_the_limit_the_years_and_the_advice():
    found = [[words(cell) for cell in row] for row in rows(majors.draw_warnings(load()))]
    assert found[0][0] == "现代物流管理"
    assert found[0][1].startswith("总分 55.0 低于 65")
    assert found[0][2] == "连续 3 年 · 建议停招"
    assert found[1] == ["旅游管理", "质量度 55.0 低于 60", "本年列入"]
    assert "人工决策" in text(majors.draw_warnings(load()).body)


def test_a_year_earlier_the_advice_was_weaker():
    found = rows(majors.draw_warnings(load(search="?year=2025")))
    assert [[words(cell) for cell in row][2] for row in found] == ["连续 2 年 · 建议限招"]


def test_the_order_follows_the_column_asked_for():
    found = rows(majors.draw_ranking(load(search="?sort=quality")))
    assert [words(row[1]) for row in found][:2] == ["旅游管理", "现代物流管理"]
    by_change = [words(row[1]) for row in rows(majors.draw_ranking(load(search="?sort=change")))]
    assert by_change[0] == "旅游管理"


def test_in_files_total_and_grade_stand_in_columns_of_their_own():
    (sheet,) = parts_of("专业排名", majors.draw_ranking(load()))
    columns = list(sheet.columns)
    place = columns.index("总分")
    assert columns[place : place + 3] == ["总分", "总分·等级", "总分·状态"]
    total, grade, state = sheet.rows[0][place : place + 3]
    assert isinstance(total, float)
    assert grade in {"A", "B", "C", "D"}
    assert state in set(State)


def test_grades_are_counted_within_the_filter():
    shown = text(majors.draw_summary(load(search="?dept=1")).body)
    assert "2 个专业有总分" in shown


def test_the_sensitivity_says_how_far_a_rank_moves_at_most():
    assert "任何专业的位次变动不超过" in text(majors.draw_sensitivity(load()).body)


@pytest.mark.parametrize(("who", "may"), [(OFFICE, True), (LEADER, False)])
def test_only_who_may_change_weights_is_led_to_them(who, may):
    assert bool(find(majors.draw_sensitivity(load(who)).body, href="/majors/weights")) is may


def test_without_a_year_every_panel_says_why_it_is_empty():
    data = load(faculty=Faculty(is_empty=True))
    assert all("本期无数据" in text(panel.draw(data).body) for panel in PAGE.panels)


def test_the_chart_carries_its_numbers_and_leads_to_the_majors():
    content = majors.draw_quadrant(load())
    figure = types(content.body, "Graph")[0].figure
    assert sorted(figure.layout.meta["rows"].values()) == ["/majors/1", "/majors/2", "/majors/3"]
    assert types(content.body, "Store")[0].data["columns"][1]["title"] == "质量度(分)"
