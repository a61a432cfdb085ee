import dataclasses
import datetime as dt
import re
from pathlib import Path

import pytest

from indicators.results import State
from layouts import states
from tests.dashboards.college import ATTENDANCE
from tests.layouts.component_tree import text


def test_every_state_has_a_shape_of_its_own():
    assert len(set(states.SHAPES.values())) == len(State)


@pytest.mark.parametrize("state", State)
def test_a_mark_shows_shape_and_name(state):
    assert text(states.mark(state)) == states.SHAPES[state] + state.value


@pytest.mark.parametrize("state", State)
def test_the_style_sheet_draws_the_same_shapes(state):
    css = (Path(__file__).parents[2] / "assets" / "20-panels.css").read_text(encoding="utf-8")
    rule = re.search(rf"\.{states.css_class(state)} {{[^}}]*--shape: \"(.)\"", css)
    assert rule.group(1) == states.SHAPES[state]


def test_bounds_are_read_from_the_lines():
    assert [states.bounds(ATTENDANCE, state) for state in State] == ["≥ 95", "90–95", "85–90", "< 85", ""]


def test_bounds_turn_round_where_lower_is_better():
    lateness = dataclasses.replace(ATTENDANCE, direction="lower", target=2.0, warning=5.0, alert=10.0)
    assert [states.bounds(lateness, state) for state in State] == ["≤ 2", "2–5", "5–10", "> 10", ""]


def test_bounds_say_nothing_where_a_line_is_missing():
    assert states.bounds(dataclasses.replace(ATTENDANCE, alert=None), State.ALERT) == ""


def test_each_way_of_having_no_values_says_why():
    assert "因为还没有导入" in text(states.empty("还没有导入"))
    assert "不是你的系部" in text(states.denied("不是你的系部"))
    assert "E-1234" in text(states.failed("E-1234"))


def test_a_skeleton_keeps_the_room_of_what_follows():
    assert states.skeleton(720).style == {"minHeight": "720px"}


def test_the_legend_explains_states_and_on_demand_the_warning_line():
    assert text(states.legend(ATTENDANCE)) == "●达标≥ 95◆关注90–95▲预警85–90■警戒< 85○无数据"
    assert text(states.legend(ATTENDANCE, with_line=True)).endswith("预警线 90%")


TODAY = dt.date(2026, 11, 21)
DUE = dt.date(2026, 11, 20)


@pytest.mark.parametrize(("kind", "allowed"), [("week", 14), ("month", 45), ("term", 200), ("year", 400)])
def test_data_is_late_once_it_lags_behind_the_rest_by_more_than_its_period_allows(kind, allowed):
    last = DUE - dt.timedelta(days=allowed)
    assert states.days_behind(kind, last, due=DUE, today=TODAY) is None
    assert states.days_behind(kind, last - dt.timedelta(1), due=DUE, today=TODAY) == allowed + 2


def test_a_college_whose_data_end_in_the_past_is_not_grey_all_over():
    assert states.days_behind("week", DUE, due=DUE, today=DUE + dt.timedelta(days=300)) is None


def test_a_period_that_has_not_ended_yet_is_not_late():
    assert states.days_behind("year", dt.date(2026, 12, 31), due=DUE, today=TODAY) is None


@pytest.mark.parametrize(("last", "due"), [(None, DUE), (DUE, None)])
def test_without_data_there_is_nothing_to_be_late(last, due):
    assert states.days_behind("week", last, due=due, today=TODAY) is None


def test_how_late_is_said_with_a_shape():
    assert text(states.late(12)) == "◌数据已 12 天未更新"
    assert "◌" not in states.SHAPES.values()
