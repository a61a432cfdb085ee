import dataclasses
import datetime as dt

import numpy as np
import pytest

from dashboards import courses
from dashboards.courses import PAGE, Courses, order, take, weeks_below
from indicators.results import STATES, State
from layouts import format as fmt
from layouts.figures.heatmap import least_width
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
    assert len(shown_ids(first)) == courses.ROWS_PER_PAGE
    assert sorted(shown_ids(first) + shown_ids(second)) == list(range(1, 41))


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
    links = types(courses.draw_tiles(load("?state=alert&dept=1&page=2")).body, "Link")
    hrefs = {text(find(link, className="state")): link.href for link in links}
    assert hrefs["■警戒"] == "/courses?dept=1"
    assert hrefs["▲预警"] == "/courses?dept=1&state=warning"


def test_chart_and_table_show_the_same_sections_and_values():
    chart, table = load(), load("?view=table")
    figure = types(courses.draw_sections(chart).body, "Graph")[0].figure
    rows = rows_of(courses.draw_sections(table))
    assert len(rows) == len(figure.layout.yaxis.tickvals) == courses.ROWS_PER_PAGE
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
