import dataclasses

import pytest

from dashboards import plans_panel, student
from tests.dashboards.campus import (
    ADVISER,
    COUNSELLOR,
    DEPARTMENT_HEAD,
    LEADER,
    PSYCHOLOGY,
    STUDENT,
    services_of,
    viewer,
)
from tests.layouts.component_tree import text, types


def view_of(*posts):
    return student.PAGE.view(services_of(viewer(*posts)), path="/students/101", search="")


def rows(content):
    return types(content.body, "Store")[0].data["rows"]


def test_plans_that_were_handed_in_lead_to_their_texts():
    found = rows(plans_panel.draw(view_of(STUDENT), 101))
    assert [(row[0]["text"], row[0]["href"], row[1], row[3], row[4]) for row in found] == [
        ("2026–2027学年 学业计划", "/plans/of/101", "已通过", "80", "1 / 3"),
        ("2026–2027学年 职业生涯规划", "/plans/of/101", "已通过", "80", "1 / 3"),
    ]


def test_an_adviser_is_told_of_those_they_review_alone():
    assert len(rows(plans_panel.draw(view_of(ADVISER), 101))) == 1


def test_where_nothing_was_handed_in_the_panel_says_so():
    assert "还没有在平台提交" in text(plans_panel.draw(view_of(STUDENT), 102).body)


def test_students_without_a_plan_on_the_platform_are_led_to_where_they_write_one():
    view = view_of(dataclasses.replace(STUDENT, node_id=102))
    (link,) = types(plans_panel.draw(view, 102).body, "A")
    assert link.href == "/plans"


@pytest.mark.parametrize(
    ("posts", "is_shown"),
    [
        ((STUDENT,), True), ((ADVISER,), True), (COUNSELLOR, True), ((DEPARTMENT_HEAD,), True), ((LEADER,), False),
        ((PSYCHOLOGY,), False),
    ],
)  # fmt: skip
def test_the_panel_is_for_those_who_may_read_plans(posts, is_shown):
    assert plans_panel.may_see(view_of(*posts)) is is_shown
