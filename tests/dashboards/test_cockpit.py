import dataclasses

import pytest

from dashboards import cockpit, home
from dashboards.home import PAGE
from data_access.access.permissions import Permission
from indicators.five_by_five import LAYERS, SYSTEMS
from tests.dashboards.campus import DEPARTMENT_HEAD, LEADER, viewer
from tests.dashboards.college import DATA_DATE, EARLIER
from tests.dashboards.observatory import Observed, services_of
from tests.layouts.component_tree import find, text, types


def load(*posts, place=None, who=None, search=""):
    services = services_of(who or viewer(*(posts or (LEADER,))), place)
    return home.Home(view=PAGE.view(services, path="/", search=search))


def drawn(data, name):
    return next(panel for panel in PAGE.panels if panel.name == name).draw(data)


def rows(content):
    return types(content.body, "Store")[0].data["rows"]


def hrefs(content):
    return {link.href for link in types(content.body, "Link")}


def test_the_headlines_lead_one_level_down_and_to_their_cards():
    content = drawn(load(), "summary")
    links = [link.href for link in types(content.body, "Link")]
    assert {"/courses", "/courses?rate=par", "/courses?rate=pas"} <= set(links)
    cards = [href for href in links if href.startswith("/indicators/")]
    assert "/indicators/CRS-ATT-01?of=school%3A1&period=2026-2027-1-W11" in cards
    assert len(cards) >= len(find(content.body, className="tile"))


def test_who_may_not_open_the_page_below_is_led_to_the_card():
    may_not = dataclasses.replace(viewer(LEADER), permissions=frozenset({Permission.APPLICATION_OPEN}))
    content = drawn(load(who=may_not), "summary")
    assert all(href.startswith("/indicators/") for href in hrefs(content))


def test_every_headline_is_an_indicator_of_the_library_by_another_name():
    from indicators.library import shipped_library  # noqa: PLC0415 (a second to read)

    known = {indicator.code for indicator in shipped_library()}
    codes = [item.code for item in cockpit.HEADLINES]
    assert set(codes) <= known
    assert 12 <= len(set(codes)) == len(codes) <= 16


def test_the_heading_says_which_week_is_meant():
    assert home.heading(load()).facts[-1] == "本周指第11周（11-16 至 11-22）"


def test_the_five_by_five_is_twenty_five_doors_to_the_indicators_of_a_cell():
    content = drawn(load(), "five_by_five")
    table = rows(content)
    assert [len(row) for row in table] == [6] * 5
    links = [cell["href"] for row in table for cell in row[1:]]
    assert len(set(links)) == len(LAYERS) * len(SYSTEMS)
    assert links[0] == "/indicators?layer=%E5%AD%A6%E6%A0%A1&system=%E5%86%B3%E7%AD%96%E6%8C%87%E6%8C%A5"


def test_a_cell_without_a_judged_value_is_a_dash_and_grey_never_nought():
    row = rows(drawn(load(), "five_by_five"))[0]
    assert row[1]["text"].startswith("—")
    assert "state-no-data" in row[1]["name"]
    assert "0 项可判定" in row[1]["spoken"]


def test_a_cell_tells_share_count_and_worst_state_in_words_too():
    course = next(row for row in rows(drawn(load(), "five_by_five")) if "课程" in (row[0]["text"]))
    cell = course[1 + SYSTEMS.index("质量生成")]
    assert cell["text"].startswith("0%\n")
    assert "state-warning" in cell["name"]
    assert "最差为预警" in cell["spoken"]


def test_its_numbers_are_there_as_a_table_for_files():
    (sheet,) = drawn(load(), "five_by_five").sheets
    assert len(sheet.rows) == 25
    assert {row[4] for row in sheet.rows} >= {None}


def test_falls_and_rises_stand_side_by_side_with_the_same_columns():
    falls, rises = (drawn(load(), name) for name in ("falls", "rises"))
    assert rows(falls)[0][0]["text"].split("\n")[1]
    assert types(falls.body, "Store")[0].data["columns"] == types(rises.body, "Store")[0].data["columns"]
    widths = {panel.columns for panel in PAGE.panels if panel.name in {"falls", "rises"}}
    assert len(widths) == 1


def test_a_fall_shows_value_state_change_and_course_and_leads_to_entity_and_card():
    subject, value, change, course = rows(drawn(load(), "falls"))[0]
    assert subject["text"].split("\n")[0] in subject["spoken"]
    assert value["text"] == "70.0%"
    assert "state-alert" in value["name"]
    assert value["href"].startswith("/indicators/")
    assert change["text"] == "↓ 22.0"
    assert course["mask"].startswith("url(")
    assert course["text"] == "由 92.0% 到 70.0%"


def test_a_rise_of_two_weeks_says_so():
    told = [row[2]["text"] for row in rows(drawn(load(), "rises"))]
    assert set(told) == {"↑ 4.0\n连续两周"}


@pytest.mark.parametrize("name", ["falls", "rises"])
def test_the_periods_compared_and_the_order_are_named(name):
    """The order is not that of the changes as they are printed, so it is told."""
    content = drawn(load(), name)
    assert content.note == "第11周较上周 · 按变化占目标到警戒间距的比例排序"
    assert "最大的在前" not in str(content.body)


def test_a_department_head_sees_the_changes_of_the_own_department_alone():
    asked = []

    class Listening(Observed):
        def history(self, codes, level, *, below=None, **named):
            asked.append((level, below))
            return super().history(codes, level, below=below, **named)

    drawn(load(DEPARTMENT_HEAD, place=Listening()), "falls")
    compared = [(level, below) for level, below in asked if below is not None]
    assert {level for level, _ in compared} == {"major", "class", "course"}
    assert {below for _, below in compared} == {("dept", (1,))}


def test_alarms_name_indicator_departments_line_and_owner():
    content = drawn(load(), "alarms")
    first = rows(content)[0]
    assert first[0]["href"].startswith("/indicators/")
    assert first[2] == "85%"
    assert "机电工程系 70.0%" in first[3]
    assert "部门" in content.note


def test_without_alarms_it_says_so():
    class Quiet(Observed):
        def history(self, codes, level, **named):
            board = super().history(codes, level, **named)
            return dataclasses.replace(board, standings={})

    content = drawn(load(place=Quiet()), "alarms")
    assert "没有警戒" in text(content.body)


def test_the_strip_tells_age_quality_and_versions_of_the_data():
    told = text(drawn(load(), "sources").body)
    assert str(DATA_DATE) in told
    assert "指标库 2026.2 · 数据版本 1187" in told
    assert "/data" in hrefs(drawn(load(), "sources"))


@pytest.mark.parametrize(("search", "day"), [("", DATA_DATE), ("?term=2025-2026-2", EARLIER.end)])
def test_a_term_ends_with_itself_or_with_the_data(search, day):
    assert load(search=search).cockpit.until == day
