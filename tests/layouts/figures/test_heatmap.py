import dataclasses
import json
import re

import numpy as np
import plotly.graph_objects as go
import pytest
from dash._utils import to_json

from indicators.results import EntityInfo, State, ValueFrame
from layouts.figures.heatmap import Reading, contour, depth, fit, heatmap, least_width
from layouts.theme import THEMES, state_colour, state_fill
from tests.dashboards.college import ATTENDANCE, EVERYBODY, College, week

NAN = float("nan")


def frame(values):
    """Sections 1, 2, … × weeks 1, 2, …, each value out of 40 due."""
    value = np.array(values, dtype=float)
    rows, columns = value.shape
    return ValueFrame(
        entities=tuple(
            EntityInfo(entity_id=n, name=f"班{n}", course_name="机械制图", class_name=f"机电240{n}")
            for n in range(1, rows + 1)
        ),
        periods=tuple(week(n) for n in range(1, columns + 1)),
        value=value,
        numerator=value * 0.4,
        denominator=np.where(np.isnan(value), np.nan, 40.0),
        rows=np.where(np.isnan(value), 0, 40),
    )


def draw(values, **changes):
    shape = np.array(values).shape
    reading = {
        "focus": shape[1] - 1,
        "row_links": [f"/offerings/{n}" for n in range(1, shape[0] + 1)],
        "column_suffixes": [f"?week={n}" for n in range(1, shape[1] + 1)],
        "counted": ("实到", "应到"),
        "because_missing": "未排课",
    }
    return heatmap(frame(values), ATTENDANCE, Reading(**{**reading, **changes}))


def traces(figure, kind="heatmap"):
    return [trace for trace in figure.data if trace.type == kind]


def cell(figure, row, column):
    """(trace, text) of the one trace that has the cell."""
    found = [trace for trace in traces(figure) if trace.z[row][column] is not None]
    assert len(found) == 1
    return found[0], found[0].text[row][column]


ONE_OF_EACH = [[96.0, 92.0, 88.0, 80.0, NAN]]


@pytest.mark.parametrize(
    ("column", "state", "text"),
    [(0, State.REACHED, "96.0"), (1, State.WATCH, "92.0"), (2, State.WARNING, "▲ 88.0"), (3, State.ALERT, "■ 80.0")],
)
def test_a_cell_has_value_shape_and_ground_of_its_state(column, state, text):
    trace, got = cell(draw(ONE_OF_EACH), 0, column)
    assert got == text
    assert trace.colorscale[0][1] == state_fill(state)


def test_a_missing_value_is_a_grey_cell_with_a_reason_and_never_zero():
    trace, got = cell(draw(ONE_OF_EACH), 0, 4)
    assert got == "—"
    assert trace.colorscale[0][1] == state_fill(State.NO_DATA)
    assert "未排课" in trace.hovertemplate


def test_text_is_smaller_where_there_are_many_weeks():
    wide, narrow = draw([[80.0] * 12]), draw([[80.0] * 18])
    assert cell(wide, 0, 0)[1] == "■ 80.0"
    assert cell(narrow, 0, 0)[1] == "■80.0"
    assert cell(narrow, 0, 0)[0].textfont.size < cell(wide, 0, 0)[0].textfont.size


def test_a_long_term_has_whole_numbers_in_thin_cells():
    figure = draw([[94.96] * 37 + [88.0]])
    assert cell(figure, 0, 37)[1] == "88"
    assert cell(figure, 0, 37)[0].textfont.size == 10
    ticks = figure.layout.xaxis.ticktext
    assert (ticks[0], ticks[36]) == ("1", "37")
    assert "38周" in ticks[37]


@pytest.mark.parametrize(("direction", "value", "shown"), [("higher", 94.96, "94"), ("higher", 95.0, "95"),
                                                           ("lower", 95.04, "96"), ("lower", 95.0, "95")])  # fmt: skip
def test_a_whole_number_never_reads_better_than_its_value(direction, value, shown):
    info = dataclasses.replace(ATTENDANCE, direction=direction, target=95.0, warning=95.0, alert=95.0)
    values = frame([[value] * 22])
    reading = Reading(focus=0, row_links=["/a"], column_suffixes=[""] * 22, counted=("", ""), because_missing="")
    assert cell(heatmap(values, info, reading), 0, 0)[1] == shown


def test_only_thin_cells_need_a_least_width():
    assert least_width(frame([[90.0] * 21])) == 0
    assert least_width(frame([[90.0] * 39])) - least_width(frame([[90.0] * 38])) == 20


def test_the_hover_tells_value_state_and_both_counts_in_chinese():
    trace, _ = cell(draw(ONE_OF_EACH), 0, 2)
    assert list(trace.customdata[0][2]) == ["88.0%", "35", "40"]
    for part in ("到课率", "预警", "实到", "应到"):
        assert part in trace.hovertemplate


def test_the_alert_colour_deepens_with_the_distance_from_the_line():
    assert depth(np.array([[85.0, 75.0, 65.0, 10.0]]), ATTENDANCE).tolist() == [[0.0, 0.5, 1.0, 1.0]]


def test_two_sections_with_equal_names_keep_a_row_each():
    values = frame([[96.0], [80.0]])
    same = ValueFrame(
        entities=(values.entities[0], values.entities[0]), periods=values.periods, value=values.value,
        numerator=values.numerator, denominator=values.denominator, rows=values.rows,
    )  # fmt: skip
    figure = heatmap(
        same,
        ATTENDANCE,
        Reading(focus=0, row_links=["/a", "/b"], column_suffixes=[""], counted=("", ""), because_missing=""),
    )
    assert list(figure.layout.yaxis.tickvals) == [0, 1]
    assert cell(figure, 0, 0)[1] == "96.0"
    assert cell(figure, 1, 0)[1] == "■ 80.0"


def test_rows_link_to_their_sections_and_cells_add_their_week():
    figure = draw([[96.0, 80.0]])
    assert 'href="/offerings/1"' in figure.layout.yaxis.ticktext[0]
    assert figure.layout.meta["rows"][0] + figure.layout.meta["columns"][1] == "/offerings/1?week=2"


def test_names_from_outside_cannot_write_markup():
    values = frame([[96.0]])
    evil = EntityInfo(entity_id=1, name="x", course_name="<b>x", class_name='"><img')
    figure = heatmap(
        ValueFrame(
            entities=(evil,), periods=values.periods, value=values.value, numerator=values.numerator,
            denominator=values.denominator, rows=values.rows,
        ),
        ATTENDANCE,
        Reading(focus=0, row_links=["/a"], column_suffixes=[""], counted=("", ""), because_missing=""),
    )  # fmt: skip
    assert "<b>x" not in figure.layout.yaxis.ticktext[0]
    assert "<img" not in figure.layout.yaxis.ticktext[0]


@pytest.mark.parametrize(("focus", "expected"), [(0, ["—", "—"]), (1, ["↓ 16.0", "—"])])
def test_the_last_column_compares_the_week_in_focus_with_the_one_before(focus, expected):
    assert list(draw([[96.0, 80.0], [NAN, 90.0]], focus=focus).layout.yaxis2.ticktext) == expected


def test_the_warning_line_runs_between_cells_within_and_beyond():
    """
    within | beyond
    -------+
    within   within      → one vertical piece of one cell, one horizontal piece below it.
    """
    beyond = np.array([[False, True], [False, False]])
    xs, ys = contour(beyond, known=np.ones((2, 2), dtype=bool))
    assert (xs, ys) == ([0.5, 0.5, None, 0.5, 1.5, None], [-0.5, 0.5, None, 0.5, 0.5, None])


def test_a_straight_border_is_one_piece():
    beyond = np.array([[False, True]] * 5)
    xs, ys = contour(beyond, known=np.ones((5, 2), dtype=bool))
    assert (xs, ys) == ([0.5, 0.5, None], [-0.5, 4.5, None])


def test_a_gap_is_no_border():
    xs, _ = contour(np.array([[True, False]]), known=np.array([[True, False]]))
    assert xs == []


@pytest.mark.parametrize(
    ("text", "fitted"), [("机械制图", "机械制图"), ("建筑施工技术与组织管理", "建筑施工技术…"), ("AB", "AB"), ("", "")]
)
def test_a_label_too_wide_is_cut(text, fitted):
    assert fit(text, 84) == fitted


def test_a_page_of_thirty_sections_is_small_to_send():
    college = College(sections=30)
    whole = college.matrix(
        "CRS-ATT-01", "offering", kind="week", term_key="2026-2027-1", dept_id=None, scope=EVERYBODY.scope
    )
    reading = Reading(
        focus=10,
        row_links=["/offerings/1"] * 30,
        column_suffixes=["?week=1"] * 18,
        counted=("实到", "应到"),
        because_missing="未排课",
    )
    assert len(to_json(heatmap(whole, ATTENDANCE, reading))) < 100_000


@pytest.mark.parametrize("theme", THEMES)
def test_both_themes_draw_the_same_cells(theme):
    reading = Reading(focus=0, row_links=["/a"], column_suffixes=[""] * 5, counted=("", ""), because_missing="")
    figure = heatmap(frame(ONE_OF_EACH), ATTENDANCE, reading, theme=theme)
    assert cell(figure, 0, 1)[0].textfont.color == state_colour(State.WATCH, theme)


def test_the_figure_is_plain_json():
    assert json.loads(to_json(draw(ONE_OF_EACH)))["layout"]["meta"]["rows"] == ["/offerings/1"]
    assert isinstance(draw(ONE_OF_EACH).checked, go.Figure)


def test_months_are_headed_as_months_and_compared_with_the_month_before():
    weeks = frame([[96.0, 84.0]])
    months = dataclasses.replace(
        weeks,
        periods=tuple(dataclasses.replace(p, kind="month", ordinal=8 + n) for n, p in enumerate(weeks.periods, 1)),
    )
    reading = Reading(
        focus=1,
        row_links=["/offerings/1"],
        column_suffixes=["", ""],
        counted=("达标", "考核"),
        because_missing="未考核",
    )
    figure = heatmap(months, ATTENDANCE, reading)
    assert [re.sub("<.*?>", "", text) for text in figure.layout.xaxis.ticktext] == ["9月", "10月"]
    assert "较上月" in [note.text for note in figure.layout.annotations]
