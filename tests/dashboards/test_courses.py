import dataclasses
import datetime as dt

import numpy as np
import pytest

from dashboards import courses, courses_data, courses_overview
from dashboards.courses import PAGE
from dashboards.courses_data import Courses, order, take, weeks_below
from indicators.results import STATES, State
from layouts import format as fmt
from layouts.figures.heatmap import least_width
from tests.dashboards.campus import DEPARTMENT_HEAD, Campus, services_of, viewer
from tests.dashboards.college import ATTENDANCE, TERM, College, services, week
from tests.layouts.component_tree import find, text, types

REACHED, WATCH, WARNING, ALERT, NONE = range(len(STATES))


def load(search="", college=None):
    return Courses(view=PAGE.view(services(college or College()), path="/courses", search=search))


def shown_ids(data):
    return [entity.entity_id for entity in data.shown.entities]


class LongTerm(College):
    """A college that has taught 38 weeks of its term."""

    def data_date(self):
        return TERM.start + dt.timedelta(weeks=38)

    def matrix(self, code, level, **asked):
        frame = super().matrix(code, level, **asked)
        again = [n % 11 for n in range(38)]
        return dataclasses.replace(take(frame, columns=again), periods=tuple(week(n + 1) for n in range(38)))


def rows_of(content):
    return types(content.body, "Store")[0].data["rows"]


def test_the_week_in_focus_is_the_last_with_values():
    data = load()
    assert data.frame.periods[data.focus].ordinal == 11


def test_weeks_after_the_date_of_the_data_are_not_drawn():
    assert [period.ordinal for period in load().frame.periods] == list(range(1, 12))


def test_the_worst_section_is_on_top_and_sections_without_value_come_last():
    data = load("?dept=1")
    values = data.shown.value[:, data.focus]
    known = values[~np.isnan(values)]
    assert known.tolist() == sorted(known.tolist())
    assert np.isnan(load("?dept=2").shown.value[-1, 10])
    assert shown_ids(data)[0] == 1


def test_the_largest_fall_can_be_on_top():
    data = load("?sort=fall")
    change = data.shown.value[:, 10] - data.shown.value[:, 9]
    known = change[~np.isnan(change)]
    assert known.tolist() == sorted(known.tolist())


def test_order_by_name_is_by_course_then_class():
    entities = load("?sort=name").shown.entities
    names = [(entity.course_name, entity.class_name) for entity in entities]
    assert names == sorted(names)


def test_order_turns_round_where_lower_is_better():
    frame = load().frame
    lower = dataclasses.replace(ATTENDANCE, direction="lower")
    best = order(frame, focus=10, by="worst", info=lower)[0]
    assert frame.value[best, 10] == np.nanmax(frame.value[:, 10])


def test_an_earlier_week_can_be_in_focus():
    data = load("?week=3")
    assert data.frame.periods[data.focus].ordinal == 3


def test_a_search_looks_at_course_class_and_teacher():
    data = load("?q=%E5%88%B6%E5%9B%BE%20%E6%9D%8E")  # 制图 李
    assert shown_ids(data)
    assert all("制图" in e.course_name and "李" in e.teacher_name for e in data.shown.entities)


@pytest.mark.parametrize(("key", "state"), [("alert", ALERT), ("warning", WARNING), ("none", NONE)])
def test_a_state_shows_only_sections_in_it_this_week(key, state):
    data = load(f"?state={key}")
    assert data.part.total == int((data.states[:, data.focus] == state).sum()) > 0
    assert set(data.info.judge_all(data.shown.value)[:, data.focus].tolist()) == {state}


def test_a_department_shows_its_own_sections_only():
    assert {entity.dept_name for entity in load("?dept=3").frame.entities} == {"建筑工程系"}


def test_pages_divide_the_sections_without_loss_or_repetition():
    first, second = load(), load("?page=2")
    assert len(shown_ids(first)) == courses_data.ROWS_PER_PAGE
    assert sorted(shown_ids(first) + shown_ids(second)) == list(range(1, 41))


def test_a_file_takes_the_sections_of_all_pages():
    view = dataclasses.replace(load("?page=2").view, most_rows=1000)
    assert sorted(shown_ids(Courses(view=view))) == list(range(1, 41))


def test_the_tiles_count_every_section_in_exactly_one_state():
    counts = [
        int(text(tile).replace(",", "")) for tile in find(courses.draw_tiles(load()).body, className="tile-value")[1:]
    ]
    assert sum(counts) == 40


def test_the_rate_of_the_whole_is_divided_after_adding_up():
    data = load()
    frame = data.frame
    expected = 100 * np.nansum(frame.numerator[:, 10]) / np.nansum(frame.denominator[:, 10])
    assert data.overall[10].value == pytest.approx(expected)
    assert f"{expected:.1f}" in text(courses.draw_tiles(data).body)


def test_a_tile_filters_and_filters_no_more_when_it_is_on():
    hrefs = {
        text(link): link.href for link in types(courses.draw_tiles(load("?state=alert&dept=1&page=2")).body, "Link")
    }
    assert hrefs["教学班 < 85"] == "/courses?dept=1"
    assert hrefs["教学班 85–90"] == "/courses?dept=1&state=warning"


def test_chart_and_table_show_the_same_sections_and_values():
    chart, table = load(), load("?view=table")
    figure = types(courses.draw_sections(chart).body, "Graph")[0].figure
    rows = rows_of(courses.draw_sections(table))
    assert len(rows) == len(figure.layout.yaxis.tickvals) == courses_data.ROWS_PER_PAGE
    links = [row[0]["href"] for row in rows]
    assert links == list(figure.layout.meta["rows"])
    in_table = [row[5]["text"] for row in rows]
    assert in_table == [fmt.number(value) for value in table.shown.value[:, -1]]


def test_a_row_of_the_table_says_how_long_it_has_been_below_the_line():
    assert rows_of(courses.draw_sections(load("?view=table&dept=1")))[0][3] == "7 周"


@pytest.mark.parametrize(
    ("states", "focus", "weeks"),
    [
        ([WATCH, WARNING, ALERT], 2, 2),
        ([WARNING, NONE, ALERT], 2, 2),
        ([ALERT, ALERT, REACHED], 2, 0),
        ([ALERT, ALERT, REACHED], 1, 2),
        ([NONE, NONE], 1, 0),
    ],
)
def test_weeks_below_count_back_from_the_focus_across_gaps(states, focus, weeks):
    assert weeks_below(np.array(states, dtype=np.int8), focus) == weeks


@pytest.mark.parametrize(
    ("search", "college", "reason"),
    [
        ("?term=2025-2026-2", College(), "没有教学班"),
        ("?dept=5", College(sections=2), "汽车工程系在2026–2027 第一学期没有教学班"),
        ("", College(has_values=False), "全校在2026–2027 第一学期的 40 个教学班都没有考勤记录：未排课，或考勤尚未导入"),
        ("?week=15", College(), "全校在第15周还没有考勤记录"),
    ],
)
def test_an_empty_panel_says_why(search, college, reason):
    data = load(search, college)
    for draw in (courses.draw_tiles, courses.draw_sections):
        assert reason in text(draw(data).body)


def test_a_term_without_values_leads_to_the_latest_that_has_some():
    link = types(courses.draw_sections(load("?term=2025-2026-2&dept=1&week=3&page=2")).body, "Link")[0]
    assert text(link) == "看最近有考勤的2026–2027 第一学期"
    assert link.href == "/courses?dept=1"
    assert types(courses.draw_sections(load(college=College(has_values=False))).body, "Link") == []


def test_a_long_term_scrolls_sideways_where_the_panel_is_narrow():
    def width(college):
        chart = types(courses.draw_sections(load(college=college)).body, "Graph")[0]
        return int(chart.style.get("minWidth", "0px").removesuffix("px"))

    assert width(College()) == 0
    assert width(LongTerm()) == least_width(load(college=LongTerm()).frame) > 11 * 20


def test_filters_that_match_nothing_can_be_cleared():
    body = courses.draw_sections(load("?q=zzz&dept=1")).body
    assert "没有符合条件的教学班" in text(body)
    assert types(body, "Link")[0].href == "/courses?dept=1"


def test_take_keeps_values_with_their_rows_and_columns():
    frame = load().frame
    part = take(frame, rows=np.array([2, 0]), columns=[5])
    assert [entity.entity_id for entity in part.entities] == [3, 1]
    np.testing.assert_array_equal(part.value, [[frame.value[2, 5]], [frame.value[0, 5]]])


def test_the_state_of_the_whole_is_on_its_tile():
    data = load()
    state = data.info.judge(data.overall[data.focus].value)
    assert state is not State.NO_DATA
    assert state.value in text(find(courses.draw_tiles(data).body, className="tile")[0])


class OneDepartment(Campus):
    """A campus as the head of its first department sees it."""

    def departments(self, *, scope):
        return super().departments(scope=scope)[:1]

    def latest_term(self, code, level, *, kind, scope):
        return TERM.key


def as_head(search=""):
    head = services_of(viewer(DEPARTMENT_HEAD), OneDepartment())
    return Courses(view=PAGE.view(head, path="/courses", search=search))


def test_rate_and_counts_are_of_the_same_sections():
    data = as_head()
    assert (data.overall_name, load().overall_name, load("?dept=2").overall_name) == (
        "我的数据范围",
        "全校",
        "信息工程系",
    )
    at = data.focus
    counted = np.nansum(data.frame.numerator[:, at]), np.nansum(data.frame.denominator[:, at])
    assert data.overall[at].value == pytest.approx(100 * counted[0] / counted[1])
    tile, *counts = find(courses.draw_tiles(data).body, className="tile")
    assert "我的数据范围到课率" in text(tile)
    assert not [link for link in types(tile, "Link") if link.href.startswith("/indicators/")]
    shown = sum(int(text(find(one, className="tile-value"))) for one in counts)
    assert shown == len(data.frame.entities)
    elsewhere = sum(entity.dept_name != "机电工程系" for entity in data.frame.entities)
    assert elsewhere
    assert f"机电工程系 {shown - elsewhere} 个，外系开课 {elsewhere} 个" in text(tile)


def test_of_the_department_asked_for_the_departments_own_rate_is_read():
    data = as_head("?dept=1")
    assert (data.whole_level, data.whole_id, data.overall_name) == ("dept", 1, "机电工程系")
    assert "外系" not in text(courses.draw_tiles(data).body)


# -- the three rates ----------------------------------------------------------------------------


def test_every_rate_has_tiles_a_heatmap_and_lists_of_its_own_name():
    for key, name in (("att", "到课率"), ("par", "参与率"), ("pas", "达标率")):
        data = load(f"?rate={key}")
        assert f"全校{name}" in text(courses.draw_tiles(data).body)
        assert courses.draw_sections(data).title.startswith(name)
        assert courses_overview.draw_departments(data).title.startswith(name)
        assert name in courses_overview.draw_red_list(data).title


def test_units_are_counted_by_month_and_the_page_says_so():
    data = load("?rate=pas")
    assert [period.key for period in data.frame.periods] == ["2026-09", "2026-10", "2026-11"]
    assert "按月统计" in courses.heading(data).facts[0]
    assert "较上月" in text(courses.draw_tiles(data).body)


def test_a_week_asked_for_is_found_in_the_month_that_holds_its_end():
    data = load("?rate=pas&week=5")  # ends on 11 October
    assert data.frame.periods[data.focus].key == "2026-10"


def test_a_section_is_opened_with_the_rate_and_the_week_it_was_seen_by():
    figure = types(courses.draw_sections(load("?rate=par")).body, "Graph")[0].figure
    assert figure.layout.meta["columns"][-1] == "?week=11&rate=par"
    assert rows_of(courses_overview.draw_red_list(load("?rate=par")))[0][0]["href"].endswith("?week=11&rate=par")
    assert (
        types(courses.draw_sections(load("?rate=pas")).body, "Graph")[0].figure.layout.meta["columns"][0] == "?rate=pas"
    )


@pytest.mark.parametrize(
    ("start", "end", "is_shown"),
    [("08-31", "2026-08-31", False), ("08-24", "2026-08-31", True), ("09-07", "2026-11-30", True)],
)
def test_a_month_of_which_the_term_has_but_a_few_days_is_not_shown(start, end, is_shown):
    period = dataclasses.replace(week(1), kind="month", start=dt.date(2026, 8, 1), end=dt.date.fromisoformat(end))
    begun = dt.date.fromisoformat(f"2026-{start}")
    assert courses_data.is_of_term(period, start=begun, until=dt.date(2026, 11, 20)) is is_shown
    assert not courses_data.is_of_term(period, start=begun, until=dt.date(2026, 7, 31))


# -- what stands around the sections ------------------------------------------------------------


def test_a_department_leads_to_its_sections_and_the_lowest_stands_first():
    content = courses_overview.draw_departments(load("?state=alert&page=2"))
    rows = rows_of(content)
    latest = [float(row[-1]["text"]) for row in rows]
    assert latest == sorted(latest)
    assert {row[0]["href"] for row in rows} == {f"/courses?dept={n}" for n in range(1, 7)}


def test_departments_are_shown_up_to_the_week_in_focus():
    columns = types(courses_overview.draw_departments(load("?week=5")).body, "Store")[0].data["columns"]
    assert [column["title"] for column in columns[2:]] == ["1周", "2周", "3周", "4周", "5周"]


def test_one_department_alone_needs_no_comparison_of_departments():
    panel = next(item for item in PAGE.panels if item.name == "departments")
    assert panel.belongs(load())
    assert not panel.belongs(load("?dept=1"))


def test_the_red_list_leads_to_all_sections_beyond_the_line():
    short = load()
    content = courses_overview.draw_red_list(short)
    link = next(link for link in types(content.body, "Link") if text(link).startswith("全部"))
    assert text(link) == f"全部 {len(short.red):,} 个"
    assert len(short.red) > courses_overview.RED_SHOWN
    assert link.href == "/courses?state=below"
    listed = load("?state=below")
    assert listed.chosen.tolist() == short.red.tolist()
    assert "只看低于预警线的" in courses.draw_sections(listed).note


def test_the_red_list_holds_every_section_beyond_the_warning_line_and_no_other():
    data = load()
    content = courses_overview.draw_red_list(data)
    beyond = (data.frame.value[:, data.focus] < ATTENDANCE.warning).sum()
    (sheet,) = content.sheets
    assert len(sheet.rows) == len(data.red) == beyond > 0
    assert f"{beyond} 个低于预警线 90%" in content.note
    assert [row[2]["text"] for row in rows_of(content)] == [f"{row[4]:.1f}%" for row in sheet.rows][
        : courses_overview.RED_SHOWN
    ]


def test_a_week_without_red_sections_is_praised_in_words():
    data = load("?dept=1")
    data.__dict__["red"] = np.array([], dtype=np.intp)
    assert "没有低于预警线的教学班" in text(courses_overview.draw_red_list(data).body)


def test_the_last_day_lists_its_sections_the_lowest_first_and_adds_up():
    content = courses_overview.draw_today(load())
    (sheet,) = content.sheets
    rates = [row[6] for row in sheet.rows]
    assert rates == sorted(rates)
    due, present = (sum(row[at] for row in sheet.rows) for at in (4, 5))
    assert f"20 个教学班上课 · 实到 {present} / 应到 {due} 人次" in text(content.body)
    assert "2026-11-20" in content.title
    assert content.note == "昨天"


def test_the_list_of_the_last_day_is_turned_in_place():
    second = courses_overview.draw_today(load("?today=2"))
    assert len(rows_of(second)) == 20 - courses_overview.MEETINGS_SHOWN
    assert "第 13–20 个教学班，共 20" in text(second.body)


def test_an_earlier_term_has_no_last_day():
    panel = next(item for item in PAGE.panels if item.name == "today")
    assert panel.belongs(load())
    assert not panel.belongs(load("?term=2025-2026-2"))
    assert load("?term=2025-2026-2").meetings == ()


class Returning(College):
    """A college whose term before was taught like this one."""

    def matrix(self, code, level, *, term_key, **asked):
        return super().matrix(code, level, term_key=TERM.key, **asked)


def test_weeks_of_two_terms_are_compared_by_their_number():
    data = load(college=Returning())
    before = data.overall_of("2025-2026-2")
    assert [point.period for point in before] == list(data.frame.periods)
    assert [point.value for point in before] == [point.value for point in data.overall]
    content = courses_overview.draw_terms(data)
    assert content.note == "同周：较上学期 持平"
    assert len(types(content.body, "Graph")[0].figure.data) == 2


def test_without_an_earlier_term_the_line_stands_alone_and_says_so():
    content = courses_overview.draw_terms(load())
    assert content.note == "以前的学期没有记录"
    assert len(types(content.body, "Graph")[0].figure.data) == 1


def test_the_same_term_of_the_year_before_is_two_terms_back():
    def term(key, year, month):
        return dataclasses.replace(TERM, key=key, start=dt.date(year, month, 1))

    terms = [term("2025-2026-1", 2025, 9), term("2025-2026-2", 2026, 3), term("2026-2027-1", 2026, 9)]
    found = courses_overview.earlier_terms(terms, "2026-2027-1")
    assert [(name, item.key) for name, item in found] == [("上学期", "2025-2026-2"), ("去年同期", "2025-2026-1")]
    assert courses_overview.earlier_terms(terms[1:], "2026-2027-1")[1:] == []
    assert courses_overview.earlier_terms(terms, "2025-2026-1") == []


def test_the_last_settled_month_is_in_focus_and_not_the_running_one():
    """Of November twenty days have passed: October is told, as on every other page."""
    data = load("?rate=pas")
    assert [period.key for period in data.frame.periods] == ["2026-09", "2026-10", "2026-11"]
    assert data.frame.periods[data.focus].key == "2026-10"
