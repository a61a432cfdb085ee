import pytest

from dashboards import offering
from dashboards.offering import PAGE, SORTS, Offering, absences
from dashboards.page import NotFoundError
from tests.dashboards.college import College, services, week
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
    figure = types(offering.draw_trend(load(college=College(sections=6))).body, "Graph")[0].figure
    assert len(figure.data) == 1


def test_the_roster_starts_with_the_lowest_rate():
    rates = [row.attendance_rate for row in load().roster]
    assert rates == sorted(rates)


@pytest.mark.parametrize("key", SORTS)
def test_the_roster_can_be_sorted_and_says_by_what(key):
    content = offering.draw_roster(load(f"?sort={key}"))
    columns = types(content.body, "Store")[0].data["columns"]
    assert next(column["title"] for column in columns if column["order"]).startswith(SORTS[key][0])


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
