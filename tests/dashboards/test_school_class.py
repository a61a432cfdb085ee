import dataclasses

import numpy as np
import pytest

from dashboards import school_class
from dashboards.page import NotFoundError
from dashboards.pupils import draw_bands
from dashboards.school_class import PAGE
from data_access.access.permissions import Permission
from indicators.results import Board
from tests.dashboards.campus import ADVISER, DEPARTMENT_HEAD, OFFICE_HEAD, Campus, services_of, viewer
from tests.dashboards.people import GRADUATED
from tests.layouts.component_tree import find, text, types


def load(*posts, number=1, search="", campus=None, who=None):
    services = services_of(who or viewer(*(posts or (ADVISER,))), campus)
    return school_class.SchoolClass(view=PAGE.view(services, path=f"/classes/{number}", search=search))


def table_of(content):
    return types(content.body, "Store")[0].data


def test_the_heading_names_department_major_grade_and_who_looks_after_the_class():
    heading = school_class.heading(load())
    assert heading.title == "机电2401"
    assert heading.facts == ["机电工程系", "机电一体化技术", "2024 级", "班主任 张敏", "辅导员 刘洋"]
    assert [crumb.label for crumb in heading.crumbs] == ["首页", "机电工程系", "机电一体化技术", "机电2401"]


def test_the_department_leads_to_its_courses_for_those_who_may_see_courses():
    reader = viewer(DEPARTMENT_HEAD)
    link = school_class.heading(load(who=reader)).crumbs[1].href
    assert link == f"/courses?dept={load(who=reader).info.dept_id}"
    without = dataclasses.replace(reader, permissions=reader.permissions - {Permission.COURSE_VIEW})
    assert school_class.heading(load(who=without)).crumbs[1].href is None


@pytest.mark.parametrize(("number", "who"), [(999, viewer(ADVISER)), (1, viewer(OFFICE_HEAD))])
def test_what_does_not_exist_and_what_is_out_of_scope_are_told_alike(number, who):
    who = dataclasses.replace(who, scope=dataclasses.replace(who.scope, grants=() if number == 1 else who.scope.grants))
    with pytest.raises(NotFoundError, match=rf"^没有编号为 {number} 的班级。$"):
        school_class.heading(load(number=number, who=who))


def test_students_come_lowest_rate_first_and_those_without_records_last():
    content = school_class.draw_students(load())
    numbers = [row[0]["text"] for row in table_of(content)["rows"]]
    assert numbers[0] == "20240104"
    assert numbers[-1] == "20240102"
    assert len(numbers) == 40
    assert "20240141" not in numbers
    assert content.note == "40 人在籍 · 学期至今，到课率低的在前 · 1 人没有考勤记录"


def test_rates_so_far_are_divided_after_adding_up_and_slipping_shows_beside():
    rows = {row[0]["text"]: row for row in table_of(school_class.draw_students(load()))["rows"]}
    slipped = rows["20240101"]
    assert slipped[1]["text"] == f"{100 * (9 * 19 + 2 * 5) / 220:.1f}%"
    assert slipped[4:] == ["25.0%", "↓ 70.0"]
    assert rows["20240102"][1:] == [{"text": "—", "name": "state with-shape state-no-data", "spoken": "无数据"}] * 3 + [
        "—", "—",
    ]  # fmt: skip


def test_students_are_links_for_those_who_may_open_them():
    assert table_of(school_class.draw_students(load()))["rows"][0][0]["href"] == "/students/104"
    may_not = dataclasses.replace(viewer(ADVISER), permissions=frozenset({Permission.CLASS_VIEW}))
    assert table_of(school_class.draw_students(load(who=may_not)))["rows"][0][0] == "20240104"


class AwayFromCampus(Campus):
    """A class that is on internships: no attendance at all."""

    def series(self, *asked, **named):
        return [dataclasses.replace(point, value=None) for point in super().series(*asked, **named)]


def test_a_class_without_attendance_says_why():
    shown = text(school_class.draw_trend(load(campus=AwayFromCampus())).body)
    assert "机电2401在2026–2027 第一学期没有考勤记录：校外实习、未排课，或考勤尚未导入" in shown


def test_a_class_without_students_says_so():
    class Deserted(Campus):
        def members(self, class_ids, *, scope):
            return []

        def board(self, codes, level, **asked):
            return Board(entities=(), standings={})

    assert "没有在籍学生" in text(school_class.draw_students(load(campus=Deserted())).body)


def test_a_post_without_the_permission_of_the_page_opens_no_class():
    data = load(who=viewer(OFFICE_HEAD))
    with pytest.raises(NotFoundError, match="没有编号为 1 的班级"):
        school_class.heading(data)


def test_tiles_are_those_indicators_that_the_library_knows():
    shown = find(school_class.draw_tiles(load(DEPARTMENT_HEAD)).body, className="tile-title")
    assert [text(title) for title in shown] == ["到课率", "班级全勤率", "作业完成率"]


def test_a_rate_over_no_meetings_is_no_rate():
    standing = load().students.standings["CRS-ATT-01"]
    assert np.isnan(standing.so_far()[1])
    assert np.isnan(standing.so_far(slice(0, 0))).all()


@pytest.mark.parametrize(
    ("posts", "note"),
    [
        ((ADVISER,), "与全校比较"),
        ((DEPARTMENT_HEAD,), "与本专业、机电工程系、全校比较"),
    ],
    ids=["adviser", "department head"],
)
def test_the_line_is_compared_with_what_lies_above_as_far_as_it_may_be_seen(posts, note):
    class Levels(Campus):
        def series(self, code, level, entity_id, *, kind, term_key, scope):
            found = super().series(code, level, entity_id, kind=kind, term_key=term_key, scope=scope)
            return found if scope.admits(level) else [dataclasses.replace(point, value=None) for point in found]

    content = school_class.draw_trend(load(*posts, campus=Levels()))
    assert content.note == note
    assert len(types(content.body, "Graph")[0].figure.data) == note.count("、") + 2
    assert content.number == "/indicators/CRS-ATT-01?of=class%3A1"


def test_bands_count_every_student_once_by_each_rate():
    content = draw_bands(load().students, school_class.RATES)
    figure = types(content.body[0], "Graph")[0].figure
    assert list(figure.layout.yaxis.ticktext) == ["到课率", "参与率", "作业完成率"]
    assert [note.text for note in figure.layout.annotations] == ["40 人"] * 3
    assert content.note == "40 人 · 学期至今 · 图例界限为到课率"


def test_who_slipped_is_named_for_a_talk():
    rows = table_of(school_class.draw_talks(load()))["rows"]
    assert rows[0][0]["text"] == "20240101"


def test_courses_of_the_class_lead_to_their_sections():
    class Sections(Campus):
        def board(self, codes, level, *, term_key, below=None, entity_ids=None, scope):
            assert level != "offering" or below == ("class", {1})
            return super().board(codes, level, term_key=term_key, entity_ids=entity_ids, scope=scope)

    rows = table_of(school_class.draw_courses(load(campus=Sections())))["rows"]
    assert rows[0][0]["href"] == "/offerings/4"
    assert rows[0][2]["text"] == "80.0%"


def test_indicators_of_the_class_stand_by_aspect_and_lead_to_their_card():
    rows = table_of(school_class.draw_class_indicators(load()))["rows"]
    assert rows[0][0]["text"] == "班级全勤率"
    assert rows[0][0]["href"].startswith("/indicators/CLS-ACD-02")


def test_a_class_that_has_graduated_says_so_and_has_nobody_on_its_roll():
    gone = load(number=GRADUATED)
    assert "已毕业" in school_class.heading(gone).facts
    for name in ("slipping", "bands", "students"):
        content = next(panel for panel in PAGE.panels if panel.name == name).draw(gone)
        assert "已毕业，没有在籍学生" in text(content.body)
        assert "在籍" not in (content.note or "")
        assert not find(content.body, className="data-table")
    assert "已毕业" not in school_class.heading(load()).facts
