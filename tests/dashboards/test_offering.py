import dataclasses

import numpy as np
import pytest

from dashboards import offering, offering_rates, offering_students, offering_teaching
from dashboards.offering import PAGE
from dashboards.offering_data import SORTS, Offering, absences
from dashboards.page import NotFoundError
from data_access.access.permissions import Permission
from tests.dashboards.campus import ADVISER, OFFICE_HEAD, Campus, services_of, viewer
from tests.dashboards.classroom import Classroom, visits
from tests.dashboards.college import EVERYBODY, College, services, week
from tests.layouts.component_tree import find, text, types


def load(search="", number=1, college=None):
    return Offering(view=PAGE.view(services(college or College()), path=f"/offerings/{number}", search=search))


def rows(content):
    return types(content.body, "Store")[0].data["rows"]


def test_the_heading_names_course_class_teacher_department_and_term():
    heading = offering.heading(load())
    assert heading.title == "机械制图"
    assert heading.facts == ("软件技术2402-1班", "任课教师 李秀英", "机电工程系", "2026–2027 第一学期", "选课 42 人")


def test_the_breadcrumb_leads_back_up_through_the_filters_of_the_list():
    crumbs = offering.heading(load()).crumbs
    assert [crumb.label for crumb in crumbs] == ["学校", "机电工程系", "机械制图", "软件技术2402-1班"]
    assert crumbs[1].href == "/courses?term=2026-2027-1&dept=1"
    assert crumbs[-1].href is None


def test_an_unknown_section_is_not_found():
    with pytest.raises(NotFoundError, match="999"):
        offering.heading(load(number=999))


def test_the_line_stops_at_the_date_of_the_data_and_is_compared():
    figure = types(offering_rates.draw_rates(load("?rate=att")).body, "Graph")[0].figure
    assert [len(trace.x) for trace in figure.data] == [11, 11, 11]
    assert next(iter(figure.data[-1].y)) == 97.0


def test_a_course_with_one_section_is_not_drawn_twice():
    content = offering_rates.draw_rates(load("?rate=att", college=College(sections=6)))
    assert len(types(content.body, "Graph")[0].figure.data) == 2
    assert content.note == "与全校比较"


def test_the_roster_starts_with_the_lowest_rate():
    rates = [row.attendance_rate for row in load().roster]
    assert rates == sorted(rates)


@pytest.mark.parametrize("key", SORTS)
def test_the_roster_can_be_sorted_and_says_by_what(key):
    content = offering_students.draw_roster(load(f"?sort={key}"))
    columns = types(content.body, "Store")[0].data["columns"]
    assert next(column["title"] for column in columns if column["order"]).startswith(SORTS[key][0])


class Lecture(College):
    """A college whose sections have 150 students."""

    def roster(self, offering_id, *, scope):
        few = super().roster(offering_id, scope=scope)
        return tuple(
            dataclasses.replace(few[n % len(few)], student_id=n + 1, student_no=f"L{n:03d}") for n in range(150)
        )


def test_a_long_roster_is_paged_without_loss_or_repetition():
    pages = [offering_students.draw_roster(load(f"?page={n}", college=Lecture())) for n in (1, 2, 3)]
    numbers = [row[0]["text"] for page in pages for row in rows(page)]
    assert [len(rows(page)) for page in pages] == [60, 60, 30]
    assert sorted(numbers) == [f"L{n:03d}" for n in range(150)]
    assert "第 61–120 名学生，共 150" in text(pages[1].body)


def test_a_file_takes_the_whole_roster():
    data = load("?page=2", college=Lecture())
    whole = dataclasses.replace(data, view=dataclasses.replace(data.view, most_rows=1000))
    assert len(rows(offering_students.draw_roster(whole))) == 150


def test_a_page_of_the_roster_is_turned_in_place_and_sorting_returns_to_the_first():
    content = offering_students.draw_roster(load("?page=2&sort=no", college=Lecture()))
    links = [link for link in types(content.body, "A") if link.className == "in-place"]
    assert [link.href for link in links if text(link) == "3"] == ["/offerings/1?sort=no&page=3"]
    hrefs = [column["href"] for column in types(content.body, "Store")[0].data["columns"] if column["href"]]
    assert hrefs
    assert not [href for href in hrefs if "page" in href]


def test_a_class_is_listed_whole_without_a_pager():
    content = offering_students.draw_roster(load())
    assert len(rows(content)) == 42
    assert "共 42" not in text(content.body)


class Unrecorded(College):
    """A college that knows its students but has no meeting on record."""

    def roster(self, offering_id, *, scope):
        return tuple(
            dataclasses.replace(row, due=0, present=0, absent=0, late=0, leave=0, attendance_rate=None, absences=())
            for row in super().roster(offering_id, scope=scope)
        )


def test_a_section_without_attendance_says_so_in_every_panel_and_still_lists_its_students():
    data = load(college=Unrecorded(has_values=False))
    for draw in (offering_rates.draw_tiles, offering_rates.draw_rates, offering_students.draw_absences):
        assert "这个教学班在2026–2027 第一学期没有考勤记录：未排课，或考勤尚未导入" in text(draw(data).body)
    assert len(rows(offering_students.draw_roster(data))) == 42


def test_a_section_without_attendance_is_in_no_state_and_counts_nothing():
    data = load(college=Unrecorded(has_values=False))
    shown = text(offering_rates.draw_tiles(data).body)
    assert not any(word in shown for word in ("达标", "旷课", "占"))
    assert {row[3] for row in rows(offering_students.draw_roster(data))} == {"—"}


class HalfRecorded(Unrecorded):
    """A college where half of the students of a section, and those with the lowest numbers, were never called."""

    def roster(self, offering_id, *, scope):
        everybody = College.roster(self, offering_id, scope=scope)
        low = [dataclasses.replace(row, attendance_rate=50.0) for row in everybody[21:]]
        return (*super().roster(offering_id, scope=scope)[:21], *low)


def test_students_without_attendance_are_not_counted_among_those_judged():
    shown = text(offering_rates.draw_tiles(load(college=HalfRecorded())).body)
    assert "占 100.0%" in shown


@pytest.mark.parametrize("search", ["?student=101", "?week=11"])
def test_where_nothing_was_recorded_nobody_is_praised_for_attending(search):
    college = HalfRecorded() if "student" in search else Untaught()
    shown = text(offering_students.draw_absences(load(search, number=1, college=college)).body)
    assert "没有考勤记录：未排课，或考勤尚未导入" in shown
    assert "没有缺勤" not in shown


class Untaught(College):
    """A college whose first section had no meeting in week 11."""

    def matrix(self, code, level, **asked):
        frame = super().matrix(code, level, **asked)
        for part in (frame.value, frame.numerator, frame.denominator):
            part[0, 10] = np.nan
        return frame

    def roster(self, offering_id, *, scope):
        return tuple(dataclasses.replace(row, absences=()) for row in super().roster(offering_id, scope=scope))


def test_a_student_without_homework_comes_last_and_has_a_dash():
    data = load("?sort=homework")
    assert data.roster[-1].homework_rate is None
    assert rows(offering_students.draw_roster(data))[-1][-1] == "—"


def test_absences_are_those_of_the_whole_section_latest_first():
    data = load()
    found = absences(data.roster, week=None, student=None)
    assert len(found) == sum(len(row.absences) for row in data.roster)
    days = [absence.day for _, absence in found]
    assert days == sorted(days, reverse=True)


def test_a_week_narrows_the_absences_but_not_the_roster():
    data, narrowed = load(), load("?week=11")
    assert len(narrowed.roster) == len(data.roster)
    found = absences(narrowed.roster, week=narrowed.week, student=None)
    assert found
    assert all(week(11).start <= absence.day <= week(11).end for _, absence in found)


def test_a_student_of_the_roster_can_be_picked_and_let_go():
    number = load().roster[0].student_id
    data = load(f"?student={number}")
    content = offering_students.draw_absences(data)
    assert len(rows(content)) == len(data.student.absences)
    assert find(content.body, className="chip")[0].href == "/offerings/1"


def test_a_student_of_another_section_cannot_be_picked():
    assert load("?student=4242424242").student is None


def test_no_student_number_stands_in_an_address():
    roster = offering_students.draw_roster(load())
    numbers = {row.student_no for row in load().roster}
    hrefs = [row[0]["href"] for row in rows(roster)]
    assert len(hrefs) == len(numbers)
    assert not [href for href in hrefs if any(number in href for number in numbers)]


def test_nobody_absent_is_said_in_words():
    present = load("?student=101&week=1")
    present = load(f"?student={next(r.student_id for r in present.roster if not r.absences)}")
    assert "该生本学期没有缺勤记录" in text(offering_students.draw_absences(present).body)


def test_long_lists_of_absences_are_cut_and_say_so(monkeypatch):
    monkeypatch.setattr(offering_students, "ABSENCES_SHOWN", 5)
    content = offering_students.draw_absences(load())
    assert len(rows(content)) == 5
    assert "更早的记录" in text(content.body)


def test_the_week_tile_compares_with_the_week_before():
    tree = offering_rates.draw_tiles(load("?week=11")).body
    assert "第11周到课率■警戒" in text(tree)
    assert "↓ 4.0 较上周" in text(tree) or "↓ 3.0 较上周" in text(tree) or "↓ 2.0 较上周" in text(tree)


def test_the_rate_so_far_is_divided_after_adding_up():
    data = load()
    expected = 100 * sum(row.present for row in data.roster) / sum(row.due for row in data.roster)
    assert f"{expected:.1f}" in text(offering_rates.draw_tiles(data).body)


class Reached(College):
    """A college of whose sections only the students are shown who are within the reader's scope: three, or none."""

    shown = 3

    def offering(self, offering_id, *, scope):
        return dataclasses.replace(super().offering(offering_id, scope=scope), is_whole=False)

    def roster(self, offering_id, *, scope):
        return super().roster(offering_id, scope=scope)[: self.shown]


class OutOfReach(Reached):
    """A college in which the reader answers for nobody of the section."""

    shown = 0


def test_who_sees_only_own_students_is_told_so():
    data = load(college=Reached())
    assert offering_students.ONLY_OWN in offering_students.draw_roster(data).note
    assert text(offering_rates.draw_tiles(data).body).count("你负责的学生") == 3
    assert offering_students.ONLY_OWN not in offering_students.draw_roster(load()).note


def test_who_answers_for_nobody_in_the_section_is_told_why_nobody_is_listed():
    data = load(college=OutOfReach())
    for draw in (offering_students.draw_roster, offering_students.draw_absences):
        assert "班里也没有你负责的学生" in text(draw(data).body)
    assert "第11周到课率" in text(offering_rates.draw_tiles(data).body)


def test_the_roster_is_offered_as_a_file_to_those_who_may_export_it():
    assert offering_students.draw_roster(load()).download == ("/offerings/1/roster.csv", "导出名单")
    data = load()
    may_not = dataclasses.replace(EVERYBODY, permissions=frozenset({Permission.COURSE_VIEW}))
    view = dataclasses.replace(data.view, services=dataclasses.replace(data.view.services, viewer=lambda: may_not))
    assert offering_students.draw_roster(Offering(view=view)).download is None


def test_lines_and_steps_up_that_are_out_of_scope_are_left_out():
    data = Offering(view=PAGE.view(services_of(viewer(ADVISER), Campus()), path="/offerings/2", search="?rate=att"))
    assert offering_rates.draw_rates(data).note == "与全校比较"
    assert [crumb.href for crumb in offering.heading(data).crumbs][1] is None


def test_whose_post_does_not_reach_the_rate_is_told_so():
    data = Offering(view=PAGE.view(services_of(viewer(OFFICE_HEAD), Campus()), path="/offerings/1", search=""))
    assert "无权查看" in text(offering_rates.draw_rates(data).body)
    assert "无权查看" in text(offering_students.draw_roster(data).body)


# -- rates, units, degrees, rounds --------------------------------------------------------------


def figure_of(content):
    return types(content.body, "Graph")[0].figure


def test_three_rates_stand_side_by_side_unless_one_is_asked_for():
    titles = [
        note.text for note in figure_of(offering_rates.draw_rates(load())).layout.annotations if "<b>" in note.text
    ]
    assert [name for name in ("到课率", "参与率", "达标率") if any(f"<b>{name}</b>" in text for text in titles)] == [
        "到课率", "参与率", "达标率",
    ]  # fmt: skip
    assert offering_rates.draw_rates(load("?rate=par")).title == "逐周参与率"
    assert offering_rates.draw_rates(load("?rate=pas")).title == "逐月达标率"


def test_the_table_of_the_rates_holds_every_value_drawn():
    content = offering_rates.draw_rates(load())
    (shown,) = [store.data for store in types(content.body, "Store")]
    assert len(shown["rows"]) == 11 + 11 + 3
    assert [column["title"] for column in shown["columns"]][2:] == [
        "本教学班(%)",
        "同课程(%)",
        "机电工程系(%)",
        "全校(%)",
    ]


def test_a_rate_of_a_month_is_in_focus_by_the_week_asked_for():
    data = load("?week=5&rate=pas")
    assert offering_rates.focus_of(data, data.line("CRS-PAS-01")).period.key == "2026-10"


def test_the_tile_of_the_week_says_what_it_is_counted_from():
    data = load("?week=11")
    shown = text(offering_rates.draw_tiles(data).body)
    assert f"实到 {data.focus.numerator:.0f} / 应到 {data.focus.denominator:.0f} 人次" in shown


def test_absences_add_up_to_the_gap_of_the_rate():
    data = load()
    due, present = sum(row.due for row in data.roster), sum(row.present for row in data.roster)
    missed = sum(absence.status in {"旷课", "请假"} for row in data.roster for absence in row.absences)
    assert missed == due - present
    assert f"应到 {due:,} − 实到 {present:,} = 缺勤 {missed} 人次" in text(offering_students.draw_absences(data).body)


def test_of_one_student_the_own_meetings_are_counted():
    number = load().roster[0].student_id
    data = load(f"?student={number}")
    row = data.student
    assert f"应到 {row.due} − 实到 {row.present} = 缺勤 {row.due - row.present} 人次" in text(
        offering_students.draw_absences(data).body
    )


def test_of_a_week_of_which_only_some_students_are_seen_no_gap_is_claimed():
    shown = text(offering_students.draw_absences(load("?week=11", college=Reached())).body)
    assert "应到" not in shown


def test_units_are_drawn_against_the_other_sections_of_the_course():
    content = offering_teaching.draw_units(load())
    assert content.note == "色带为同课程其他 2 个教学班"
    bars = offering_teaching.bars_of(load().units, 1, with_scores=True)
    assert [bar.share for bar in bars] == [90.0, 80.0, 70.0]
    assert bars[0].others == (75.0, 82.5, 90.0)
    assert content.state.value == "警戒"


def test_scores_of_units_are_for_those_who_see_the_roster():
    assert "box" in {trace.type for trace in figure_of(offering_teaching.draw_units(load())).data}
    reached = offering_teaching.draw_units(load(college=Reached()))
    assert "box" not in {trace.type for trace in figure_of(reached).data}
    assert {row[6] for row in types(reached.body, "Store")[0].data["rows"]} == {"—"}


def classroom(found):
    given = dataclasses.replace(services(College()), lessons=Classroom(found))
    return Offering(view=PAGE.view(given, path="/offerings/1", search=""))


def test_degrees_say_how_many_forms_they_are_of():
    shown = text(offering_teaching.draw_degrees(classroom(None)).body)
    assert "本班 n=2（2 类听课人）" in shown
    assert "优品课堂(≥90) 1 次，占 50.0%" in shown
    assert "同课程 n=6、本系 n=40" in shown
    assert "均分仅供参考" in shown


def test_a_section_nobody_has_visited_is_stood_in_for_by_its_course():
    content = offering_teaching.draw_degrees(classroom({"course": visits(6, 88.0)}))
    assert "本班本学期没有听课记录，用同课程代替" in text(content.body)
    assert list(figure_of(content).data[-1].x) == [88.0] * 5


def test_without_any_visit_the_panel_says_why_it_is_empty():
    assert "没有人听过这个教学班的课" in text(offering_teaching.draw_degrees(classroom({"dept": visits(40)})).body)


def test_rounds_show_terms_with_results_and_lead_to_the_card():
    content = offering_teaching.draw_rounds(load())
    shown = types(content.body, "Store")[0].data
    assert [column["title"] for column in shown["columns"]] == ["评价", "25–26 ②", "较上一轮", "目标"]
    assert shown["rows"][0][0]["href"].startswith("/indicators/CRS-EVA-01?of=course%3A1&period=")


def test_phases_name_the_drop_from_before_to_after_class():
    content = offering_rates.draw_phases(load())
    assert "只计布置了该项的课次" in content.note
    assert [column["title"] for column in types(content.body, "Store")[0].data["columns"]] == [
        "周次", "课前预习(%)", "课中参与(%)", "课后作业(%)", "落差(百分点)",
    ]  # fmt: skip


class Observed(Campus):
    """A campus whose library knows the indicators of lessons as well."""

    def indicator(self, code):
        return dataclasses.replace(super().indicator("CRS-ATT-01"), code=code)


def test_whose_post_does_not_reach_the_section_sees_nothing_of_how_it_is_taught():
    data = Offering(view=PAGE.view(services_of(viewer(OFFICE_HEAD), Observed()), path="/offerings/1", search=""))
    for draw in (offering_rates.draw_phases, offering_teaching.draw_units, offering_teaching.draw_degrees):
        assert "无权查看" in text(draw(data).body)
