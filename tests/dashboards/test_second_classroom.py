import dataclasses

import pytest

from dashboards import school_class, second_classroom, student
from dashboards.second_classroom import ATTAINMENT, draw_class, draw_transcript
from data_access.access.scope import Scope
from tests.dashboards.campus import ADVISER, LEADER, PSYCHOLOGY, STUDENT, info, viewer
from tests.dashboards.second_classroom import Credits
from tests.layouts.component_tree import find, text, types

ALL = Scope.all("test")
TERM = {"page": "student", "term_name": "2026-2027-1"}


def transcript_of(student_id=101):
    return Credits().transcript(student_id, term_key="2026-2027-1", scope=ALL)


def rows(content, index=0):
    return types(content.body, "Store")[index].data["rows"]


def test_the_transcript_tells_what_is_there_what_is_missing_and_what_waits():
    content = draw_transcript(transcript_of(), **TERM)
    assert [text(value) for value in find(content.body, className="tile-value")] == ["4.5", "6.0", "1.5", "1.5"]
    assert "尚未参加：思想成长、实践实习、文体活动、工作履历、技能特长" in content.note


def test_the_last_row_of_the_modules_is_their_sum():
    content = draw_transcript(transcript_of(), **TERM)
    assert rows(content)[-1] == ["合计", "4.5", "2", ""]


def test_activities_stand_with_their_state_the_latest_first():
    found = rows(draw_transcript(transcript_of(), **TERM), 1)
    assert [(row[0], row[4]["text"]) for row in found] == [
        ("2026-11-16", "未通过"),
        ("2026-11-09", "待审核"),
        ("2026-11-02", "通过"),
        ("2026-10-09", "通过"),
    ]


def test_a_total_that_differs_from_the_record_is_told():
    differing = dataclasses.replace(transcript_of(), recorded=5.0)
    assert "团委登记为 5.0，与活动合计不一致" in draw_transcript(differing, **TERM).note
    assert "不一致" not in draw_transcript(transcript_of(), **TERM).note


def test_without_records_the_panel_says_so():
    assert "没有该生的第二课堂记录" in text(draw_transcript(transcript_of(102), **TERM).body)


def test_the_class_lists_who_lacks_most_first_with_its_share():
    content = draw_class(
        Credits().of_class(1, term_key="2026-2027-1", scope=ALL),
        class_id=1,
        term_name="2026-2027-1",
        info=info("CRS-ATT-01"),
        link="/students/{}".format,
    )
    assert "达标率 50.0%：1 / 2 人" in content.note
    assert content.number == f"/indicators/{ATTAINMENT}?of=class%3A1"
    assert [(row[0]["href"], row[3], row[5]["text"]) for row in rows(content)] == [
        ("/students/101", "1.5", "未达标"),
        ("/students/103", "—", "已达标"),
    ]


@pytest.mark.parametrize(("post", "is_shown"), [(STUDENT, True), (ADVISER, True), (LEADER, True), (PSYCHOLOGY, False)])
def test_only_who_may_read_of_students_is_shown_a_transcript(post, is_shown):
    assert second_classroom.may_see(viewer(post).scope) is is_shown


@pytest.mark.parametrize("page", [student.PAGE, school_class.PAGE])
def test_both_pages_carry_the_panel(page):
    assert "second-classroom" in [panel.name for panel in page.panels]
