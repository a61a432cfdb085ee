"""The page of one major: its dimensions, items and years, and nothing of others."""

import pytest

from dashboards import major, major_items, major_parts
from dashboards.major import PAGE
from dashboards.major_items import distance, gap_words, place, written
from dashboards.page import NotFoundError
from data_access.access.roles import Role
from tests.dashboards.campus import DEPARTMENT_HEAD, LEADER, post, viewer
from tests.dashboards.faculty import MODEL, Faculty, info, services_of
from tests.layouts.component_tree import text, types

OWN_LEADER = post(Role.MAJOR_LEADER, "major", 2, "现代物流管理")


def load(who=LEADER, number=2, search="", faculty=None):
    services = services_of(viewer(who), faculty)
    return major.Major(view=PAGE.view(services, path=f"/majors/{number}", search=search))


def rows(content):
    return types(content.body, "Store")[0].data["rows"]


def words(cell):
    return cell if isinstance(cell, str) else cell["text"]


def test_the_heading_names_level_group_students_and_leader():
    heading = major.heading(load(OWN_LEADER))
    assert heading.title == "现代物流管理"
    assert heading.facts[:5] == ["省级", "装备专业群", "系1", "在校 6 个班 240 人", "专业带头人 潘欣怡"]
    assert [crumb.label for crumb in heading.crumbs] == ["首页", "专业", "系1", "现代物流管理"]


@pytest.mark.parametrize(("who", "number"), [(LEADER, 999), (OWN_LEADER, 1), (DEPARTMENT_HEAD, 3)])
def test_what_does_not_exist_and_what_is_out_of_scope_are_told_alike(who, number):
    with pytest.raises(NotFoundError, match=rf"^没有编号为 {number} 的专业。$"):
        major.heading(load(who, number))


def test_a_major_leader_sees_rank_and_group_mean_and_no_other_name():
    data = load(OWN_LEADER)
    drawn = "".join(str(panel.draw(data).body) for panel in PAGE.panels)
    assert "装备专业群均值" in drawn
    assert not [name for name in ("机电一体化技术", "旅游管理", "助产") if name in drawn]
    assert "/ 3" in text(major.draw_summary(data).body)


def test_the_radar_shows_self_group_and_last_year():
    figure = types(major.draw_radar(load()).body, "Graph")[0].figure
    assert len(figure.data) == 5  # grid, warning line, group, last year, self
    assert figure.data[-1].customdata[0][1] == "55.0"


def test_a_dimension_without_data_is_a_gap_in_radar_and_losses():
    data = load(number=4)
    ring = types(major.draw_radar(data).body, "Graph")[0].figure.data[-1]
    assert None in list(ring.x)
    assert 0.0 not in [y for x, y in zip(ring.x, ring.y, strict=True) if x == 0.0]
    assert "无数据" in str(types(major.draw_losses(data).body, "Graph")[0].figure.layout.annotations)
    assert "不计总分" in text(major.draw_summary(data).body)


def test_losses_and_total_make_100():
    data = load(number=1)
    sheet = types(major.draw_losses(data).body, "Store")[0].data["rows"]
    lost = sum(float(words(row[1])) for row in sheet)
    total = float(data.diagnosis.years[-1].totals[0])
    assert lost + total == pytest.approx(100, abs=0.5)


def test_every_item_leads_to_the_card_of_its_number():
    found = rows(major.draw_items(load(search="?order=model")))
    assert len(found) == len(MODEL.codes) == 53
    assert found[0][0]["href"] == "/indicators/MAJ-ADA-01?of=major%3A2&period=2026"


def test_items_that_cost_most_come_first():
    found = [float(words(row[9]).replace("−", "-")) for row in rows(major.draw_items(load()))]
    assert found == sorted(found)


def test_items_that_the_reader_may_not_see_are_named_without_any_number():
    content = major.draw_items(load(faculty=Faculty(hides_items=True)))
    assert "53 项的数值不在你的数据范围内" in content.note
    first = rows(content)[0]
    assert words(first[3]) == major_items.HIDDEN
    assert [words(first[at]) for at in (6, 8, 9)] == ["—", "—", "—"]


def test_three_years_and_the_history_of_the_warning():
    assert words(rows(major.draw_years(load()))[0][1]).startswith("50.0 D")
    found = [[words(cell) for cell in row] for row in rows(major.draw_warnings(load()))]
    assert [(row[0], row[2], row[3]) for row in found] == [
        ("2026 年", "3 年", "建议停招"), ("2025 年", "2 年", "建议限招"), ("2024 年", "1 年", "列入预警"),
    ]  # fmt: skip


def test_the_sensitivity_shows_both_directions_of_every_dimension():
    content = major.draw_sensitivity(load())
    assert len(rows(content)) == 8
    assert "位次变动不超过" in text(content.body)


def test_without_scores_every_panel_says_so():
    data = load(faculty=Faculty(is_empty=True))
    assert all("本期无数据" in text(panel.draw(data).body) for panel in PAGE.panels)


def test_a_distance_is_told_in_the_good_direction():
    assert gap_words(distance(96.5, info("MAJ-QUA-01")), "%") == "差 3.5"
    assert gap_words(distance(100.0, info("MAJ-QUA-01")), "%") == "达标"
    assert gap_words(distance(None, info("MAJ-QUA-01")), "%") == "—"
    assert place(100.0, 100.0, info("MAJ-QUA-01")) == major_items.TARGET_AT


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [(62.5, "%", "62.5%"), (1.0, "%", "1.0%"), (8.0, "家", "8 家"), (0.412, "项/百生", "0.41 项/百生"),
     (10179.4, "元/生", "10,179 元/生"), (23.14, "生/师", "23.1 生/师"), (0.0, "项", "0 项")],
)  # fmt: skip
def test_values_are_written_as_precisely_as_they_are_read(value, unit, words):
    assert written(value, unit) == words


def test_who_leads_a_major_is_led_from_home_to_its_eight_dimensions():
    assert [tile.href for tile in major_parts.entry(OWN_LEADER)] == ["/majors/2"]
    assert major_parts.entry(LEADER) == ()
    assert major_parts.entry(None) == ()
