from collections import Counter

import pytest

from dashboards import school_class
from dashboards.growth_class import draw_bands, draw_members
from dashboards.school_class import PAGE
from layouts.exports.shown import parts_of
from tests.dashboards.account_book import AccountBook
from tests.dashboards.campus import ADVISER, services_of, viewer
from tests.layouts.component_tree import text, types

CARD_PANELS = {panel.name: panel for panel in PAGE.panels if panel.name.startswith("card")}


def load(*posts, number=1, search="", book=None):
    services = services_of(viewer(*(posts or (ADVISER,))), book=book)
    return school_class.SchoolClass(view=PAGE.view(services, path=f"/classes/{number}", search=search))


def rows(content):
    return types(content.body, "Store")[0].data["rows"]


def members(search="", *posts):
    return rows(draw_members(load(*posts, search=search).growth_members))


def test_the_class_has_a_card_of_its_own_points():
    data = load()
    assert "在本年级" in text(CARD_PANELS["card"].draw(data).body)
    names = [row[0]["text"] for row in types(CARD_PANELS["card_points"].draw(data).body, "Store")[0].data["rows"]]
    assert names[0] == "准时率（无迟到）"


def test_what_a_class_can_gain_is_told_with_who_takes_it_on():
    found = types(CARD_PANELS["card_next"].draw(load()).body, "Store")[0].data["rows"]
    assert found
    assert {row[2].split("：")[0] for row in found} <= {"班主任", "辅导员", "学工办", "教研室"}


def test_bands_count_every_student_once():
    part = parts_of("x", draw_bands(load().growth_members))[0]
    assert sum(count for _, count in part.sheet.rows) == 40
    assert [name for name, _ in part.sheet.rows] == ["优", "良", "中", "关注", "预警", "警戒"]


def test_a_band_leads_to_those_who_stand_in_it():
    figure = types(draw_bands(load().growth_members).body, "Graph")[0].figure
    assert figure.layout.meta["rows"][-1] == "/classes/1?band=%E8%AD%A6%E6%88%92"
    listed = members("?band=预警")
    assert {row[1]["grade"] for row in listed} == {"预警"}
    assert len(listed) == Counter(row[1]["grade"] for row in members())["预警"]


def test_within_a_band_students_stand_by_number_and_not_by_rank():
    listed = members()
    assert [row[1]["grade"] for row in listed] == sorted(
        (row[1]["grade"] for row in listed), key=["警戒", "预警", "关注", "中", "良", "优"].index
    )
    first = [row[0]["text"] for row in listed if row[1]["grade"] == "警戒"]
    assert first == sorted(first)


def test_students_lead_to_their_cards():
    assert members()[0][0]["href"] == "/students/101"


def test_a_band_with_nobody_says_so_and_can_be_left():
    class Diligent(AccountBook):
        def members(self, *asked, **named):
            return super().members(*asked, **named)[39:]

    shown = draw_members(load(search="?band=警戒", book=Diligent()).growth_members)
    assert "没有学生在“警戒”一档" in text(shown.body)
    assert [link.href for link in types(shown.body, "A")] == ["/classes/1"]


@pytest.mark.parametrize("draw", [draw_bands, draw_members])
def test_a_class_without_accounts_says_so(draw):
    assert "还没有入账" in text(draw(load(number=2).growth_members).body)
