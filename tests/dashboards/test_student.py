import dataclasses

import pytest

from dashboards import student
from dashboards.page import NotFoundError
from dashboards.student import PAGE
from tests.dashboards.campus import (
    ADVISER,
    COUNSELLOR,
    DEPARTMENT_HEAD,
    LEADER,
    PSYCHOLOGY,
    STUDENT,
    Campus,
    services_of,
    viewer,
)
from tests.layouts.component_tree import find, text, types


def load(*posts, number=101, search="", campus=None):
    services = services_of(viewer(*(posts or (ADVISER,))), campus)
    return student.load(PAGE.view(services, path=f"/students/{number}", search=search))


def shown(data):
    return [panel.name for panel in PAGE.panels if panel.belongs(data)]


def titles(content):
    return [text(title) for title in find(content.body, className="tile-title")]


def rows(content):
    return types(content.body, "Store")[0].data["rows"]


def test_the_heading_names_the_student_by_number_and_leads_up_to_the_class():
    heading = student.heading(load())
    assert heading.title == "学号 20240101"
    assert heading.facts == ["机电2401", "机电一体化技术", "机电工程系"]
    assert [(crumb.label, crumb.href) for crumb in heading.crumbs] == [
        ("首页", "/"), ("机电工程系", None), ("机电2401", "/classes/1"), ("20240101", None),
    ]  # fmt: skip


def test_a_student_is_not_led_to_a_class_that_they_may_not_open():
    assert [crumb.href for crumb in student.heading(load(STUDENT)).crumbs] == ["/", None, None, None]


@pytest.mark.parametrize("number", [100, 999_999])
def test_an_unknown_student_is_not_found(number):
    with pytest.raises(NotFoundError, match=rf"^没有编号为 {number} 的学生。$"):
        student.heading(load(number=number))


@pytest.mark.parametrize(
    ("posts", "expected"),
    [
        ((LEADER,), []),
        ((DEPARTMENT_HEAD,), ["违纪频次", "资助到位率"]),
        ((ADVISER,), ["违纪频次", "资助到位率"]),
        (COUNSELLOR, ["违纪频次", "心理辅导频次", "资助到位率"]),
        ((STUDENT,), ["违纪频次", "资助到位率"]),
        ((PSYCHOLOGY,), ["心理辅导频次"]),
    ],
    ids=["leader", "department", "adviser", "counsellor", "student", "psychology"],
)
def test_sensitive_matters_are_shown_to_those_whose_post_admits_them(posts, expected):
    data = load(*posts)
    assert ("sensitive" in shown(data)) == bool(expected)
    assert [reading.info.name_zh for reading in data.sensitive] == expected
    assert not set(titles(student.draw_tiles(data))) & {"违纪频次", "资助到位率", "心理辅导频次"}


def test_the_sensitive_panel_says_what_it_is_about_and_whom_it_is_for():
    note = student.draw_sensitive(load()).note
    assert note == "资助、违纪 · 仅限工作需要，请勿外传"
    assert "只有你本人" in student.draw_sensitive(load(STUDENT)).note


def test_the_psychology_centre_sees_no_attendance():
    data = load(PSYCHOLOGY)
    assert shown(data) == ["summary", "sensitive"]
    assert "无权查看" in text(student.draw_tiles(data).body)


def test_the_line_is_compared_with_class_and_school_as_far_as_these_may_be_seen():
    assert student.draw_trend(load()).note == "与本班、全校比较"
    assert student.draw_trend(load(STUDENT)).note == ""
    assert len(types(student.draw_trend(load(STUDENT)).body, "Graph")[0].figure.data) == 1


def test_on_a_phone_the_line_is_scrolled_rather_than_squeezed():
    body = student.draw_trend(load()).body
    drawn = types(body, "Graph")[0].style
    assert drawn["minWidth"] == "604px"
    assert body.children[0].style == {"minHeight": drawn["height"], "overflowX": "auto"}


def test_courses_come_lowest_rate_first_and_lead_where_the_viewer_may_go():
    listed = rows(student.draw_courses(load(DEPARTMENT_HEAD)))
    assert [row[1]["text"] for row in listed] == ["85.0%", "90.0%", "95.0%", "100.0%"]
    assert listed[0][0]["href"] == "/offerings/3"
    assert rows(student.draw_courses(load(STUDENT)))[0][0] == "汽车发动机构造与维修"


def test_absences_of_all_courses_stand_together_latest_first():
    content = student.draw_absences(load())
    days = [row[0] for row in rows(content)]
    assert days == sorted(days, reverse=True)
    assert content.note == "6 条"


class Idle(Campus):
    """A campus that knows the student's courses and has no meeting on record."""

    def attendance_of(self, *asked, **named):
        found = super().attendance_of(*asked, **named)
        nothing = {"due": 0, "present": 0, "absent": 0, "attendance_rate": None, "absences": ()}
        return [dataclasses.replace(row, **nothing) for row in found]


def test_where_nothing_was_recorded_nobody_is_praised_for_attending():
    shown_text = text(student.draw_absences(load(campus=Idle())).body)
    assert "没有该生的考勤记录" in shown_text
    assert "没有缺勤" not in shown_text


def test_nobody_absent_is_said_in_words():
    class Diligent(Campus):
        def attendance_of(self, *asked, **named):
            return super().attendance_of(*asked, **named)[:1]

    assert "没有缺勤" in text(student.draw_absences(load(campus=Diligent())).body)


def test_no_student_number_stands_in_an_address():
    addresses = [crumb.href for crumb in student.heading(load()).crumbs]
    addresses += [row[0]["href"] for row in rows(student.draw_courses(load()))]
    assert not [href for href in addresses if href and "20240101" in href]
