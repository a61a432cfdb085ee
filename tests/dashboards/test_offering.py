import dataclasses

import pytest

from dashboards import offering
from dashboards.offering import PAGE, SORTS, Offering, absences
from dashboards.page import NotFoundError
from data_access.access.permissions import Permission
from tests.dashboards.campus import ADVISER, OFFICE_HEAD, Campus, services_of, viewer
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
    figure = types(offering.draw_trend(load()).body, "Graph")[0].figure
    assert [len(trace.x) for trace in figure.data] == [11, 11, 11]
    assert next(iter(figure.data[-1].y)) == 97.0


def test_a_course_with_one_section_is_not_drawn_twice():
    content = offering.draw_trend(load(college=College(sections=6)))
    assert len(types(content.body, "Graph")[0].figure.data) == 2
    assert content.note == "与全校比较"


def test_the_roster_starts_with_the_lowest_rate():
    rates = [row.attendance_rate for row in load().roster]
    assert rates == sorted(rates)


@pytest.mark.parametrize("key", SORTS)
def test_the_roster_can_be_sorted_and_says_by_what(key):
    content = offering.draw_roster(load(f"?sort={key}"))
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
    pages = [offering.draw_roster(load(f"?page={n}", college=Lecture())) for n in (1, 2, 3)]
    numbers = [row[0]["text"] for page in pages for row in rows(page)]
    assert [len(rows(page)) for page in pages] == [60, 60, 30]
    assert sorted(numbers) == [f"L{n:03d}" for n in range(150)]
    assert "第 61–120 名学生，共 150" in text(pages[1].body)


def test_a_page_of_the_roster_is_turned_in_place_and_sorting_returns_to_the_first():
    content = offering.draw_roster(load("?page=2&sort=no", college=Lecture()))
    links = [link for link in types(content.body, "A") if link.className == "in-place"]
    assert [link.href for link in links if text(link) == "3"] == ["/offerings/1?sort=no&page=3"]
    hrefs = [column["href"] for column in types(content.body, "Store")[0].data["columns"] if column["href"]]
    assert hrefs
    assert not [href for href in hrefs if "page" in href]


def test_a_class_is_listed_whole_without_a_pager():
    content = offering.draw_roster(load())
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
    for draw in (offering.draw_tiles, offering.draw_trend, offering.draw_absences):
        assert "这个教学班在2026–2027 第一学期没有考勤记录：未排课，或考勤尚未导入" in text(draw(data).body)
    assert len(rows(offering.draw_roster(data))) == 42


def test_a_section_without_attendance_is_in_no_state_and_counts_nothing():
    data = load(college=Unrecorded(has_values=False))
    shown = text(offering.draw_tiles(data).body)
    assert not any(word in shown for word in ("达标", "旷课", "占"))
    assert {row[3] for row in rows(offering.draw_roster(data))} == {"—"}


class HalfRecorded(Unrecorded):
    """A college where half of the students of a section, and those with the lowest numbers, were never called."""

    def roster(self, offering_id, *, scope):
        everybody = College.roster(self, offering_id, scope=scope)
        low = [dataclasses.replace(row, attendance_rate=50.0) for row in everybody[21:]]
        return (*super().roster(offering_id, scope=scope)[:21], *low)


def test_students_without_attendance_are_not_counted_among_those_judged():
    shown = text(offering.draw_tiles(load(college=HalfRecorded())).body)
    assert "占 100.0%" in shown


@pytest.mark.parametrize("search", ["?student=101", "?week=11"])
def test_where_nothing_was_recorded_nobody_is_praised_for_attending(search):
    college = HalfRecorded() if "student" in search else Untaught()
    shown = text(offering.draw_absences(load(search, number=1, college=college)).body)
    assert "没有考勤记录：未排课，或考勤尚未导入" in shown
    assert "没有缺勤" not in shown


class Untaught(College):
    """A college whose first section had no meeting in week 11."""

    def series(self, code, level, entity_id, **asked):
        points = super().series(code, level, entity_id, **asked)
        return tuple(
            dataclasses.replace(p, value=None, numerator=None, denominator=None, rows=0)
            if p.period.ordinal == 11
            else p
            for p in points
        )

    def roster(self, offering_id, *, scope):
        return tuple(dataclasses.replace(row, absences=()) for row in super().roster(offering_id, scope=scope))


def test_a_student_without_homework_comes_last_and_has_a_dash():
    data = load("?sort=homework")
    assert data.roster[-1].homework_rate is None
    assert rows(offering.draw_roster(data))[-1][-1] == "—"


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
    content = offering.draw_absences(data)
    assert len(rows(content)) == len(data.student.absences)
    assert find(content.body, className="chip")[0].href == "/offerings/1"


def test_a_student_of_another_section_cannot_be_picked():
    assert load("?student=4242424242").student is None


def test_no_student_number_stands_in_an_address():
    roster = offering.draw_roster(load())
    numbers = {row.student_no for row in load().roster}
    hrefs = [row[0]["href"] for row in rows(roster)]
    assert len(hrefs) == len(numbers)
    assert not [href for href in hrefs if any(number in href for number in numbers)]


def test_nobody_absent_is_said_in_words():
    present = load("?student=101&week=1")
    present = load(f"?student={next(r.student_id for r in present.roster if not r.absences)}")
    assert "该生本学期没有缺勤记录" in text(offering.draw_absences(present).body)


def test_long_lists_of_absences_are_cut_and_say_so(monkeypatch):
    monkeypatch.setattr(offering, "ABSENCES_SHOWN", 5)
    content = offering.draw_absences(load())
    assert len(rows(content)) == 5
    assert "更早的记录" in text(content.body)


def test_the_week_tile_compares_with_the_week_before():
    tree = offering.draw_tiles(load("?week=11")).body
    assert "第11周到课率■警戒" in text(tree)
    assert "↓ 4.0 较上周" in text(tree) or "↓ 3.0 较上周" in text(tree) or "↓ 2.0 较上周" in text(tree)


def test_the_rate_so_far_is_divided_after_adding_up():
    data = load()
    expected = 100 * sum(row.present for row in data.roster) / sum(row.due for row in data.roster)
    assert f"{expected:.1f}" in text(offering.draw_tiles(data).body)


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
    assert offering.ONLY_OWN in offering.draw_roster(data).note
    assert text(offering.draw_tiles(data).body).count("你负责的学生") == 3
    assert offering.ONLY_OWN not in offering.draw_roster(load()).note


def test_who_answers_for_nobody_in_the_section_is_told_why_nobody_is_listed():
    data = load(college=OutOfReach())
    for draw in (offering.draw_roster, offering.draw_absences):
        assert "班里也没有你负责的学生" in text(draw(data).body)
    assert "第11周到课率" in text(offering.draw_tiles(data).body)


def test_the_roster_is_offered_as_a_file_to_those_who_may_export_it():
    assert offering.draw_roster(load()).download == ("/offerings/1/roster.csv", "导出名单")
    data = load()
    may_not = dataclasses.replace(EVERYBODY, permissions=frozenset({Permission.COURSE_VIEW}))
    view = dataclasses.replace(data.view, services=dataclasses.replace(data.view.services, viewer=lambda: may_not))
    assert offering.draw_roster(Offering(view=view)).download is None


def test_lines_and_steps_up_that_are_out_of_scope_are_left_out():
    data = Offering(view=PAGE.view(services_of(viewer(ADVISER), Campus()), path="/offerings/1", search=""))
    assert offering.draw_trend(data).note == "与全校比较"
    assert [crumb.href for crumb in offering.heading(data).crumbs][1] is None


def test_whose_post_does_not_reach_the_rate_is_told_so():
    data = Offering(view=PAGE.view(services_of(viewer(OFFICE_HEAD), Campus()), path="/offerings/1", search=""))
    assert "无权查看" in text(offering.draw_trend(data).body)
    assert "无权查看" in text(offering.draw_roster(data).body)
