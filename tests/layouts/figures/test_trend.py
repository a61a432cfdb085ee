import itertools

import pytest

from indicators.results import ValuePoint
from layouts.figures.trend import Series, spread, trend
from tests.dashboards.college import ATTENDANCE, week


def series(name, values):
    return Series(
        name=name,
        points=[
            ValuePoint(period=week(n), value=value, numerator=10, denominator=20) for n, value in enumerate(values, 1)
        ],
    )


def labels(figure):
    return [annotation.text for annotation in figure.layout.annotations]


def test_a_week_without_value_is_a_gap():
    subject = trend([series("本教学班", [96.0, None, 88.0])], ATTENDANCE).data[-1]
    assert list(subject.y) == [96.0, None, 88.0]
    assert not subject.connectgaps


def test_the_points_of_the_subject_show_the_shape_of_their_state():
    subject = trend([series("本教学班", [96.0, 92.0, 88.0, 80.0])], ATTENDANCE).data[-1]
    assert list(subject.marker.symbol) == ["circle", "diamond", "triangle-up", "square"]


def test_the_three_lines_are_labelled_at_the_line():
    figure = trend([series("本教学班", [96.0])], ATTENDANCE)
    assert sorted(shape.y0 for shape in figure.layout.shapes) == [85, 90, 95]
    assert {"目标 95", "预警 90", "警戒 85"} <= set(labels(figure))


def test_every_line_is_named_where_it_ends():
    figure = trend(
        [series("本教学班", [96.0, 88.1]), series("同课程", [95.0, 92.0]), series("机电工程系", [94.0, None])],
        ATTENDANCE,
    )
    text = "".join(labels(figure))
    for part in ("本教学班 88.1%", "同课程 92.0%", "机电工程系 94.0%"):
        assert part in text


def test_labels_of_lines_that_end_together_do_not_overlap():
    figure = trend([series("本教学班", [92.0]), series("同课程", [92.1]), series("系部", [91.9])], ATTENDANCE)
    heights = sorted(a.yshift for a in figure.layout.annotations if a.xanchor == "left")
    assert min(b - a for a, b in itertools.pairwise(heights)) >= 15.9


def test_all_lines_and_values_are_within_the_range():
    figure = trend([series("本教学班", [40.0, 100.0])], ATTENDANCE)
    low, high = figure.layout.yaxis.range
    assert low < 40
    assert high > 100


def test_the_week_in_focus_is_marked():
    figure = trend([series("本教学班", [96.0, 88.0])], ATTENDANCE, focus=week(2).key)
    assert [(s.x0, s.x1) for s in figure.layout.shapes if s.type == "rect"] == [(0.6, 1.4)]


def test_an_unknown_focus_marks_nothing():
    assert not [
        s for s in trend([series("本教学班", [96.0])], ATTENDANCE, focus="2030").layout.shapes if s.type == "rect"
    ]


@pytest.mark.parametrize(
    ("positions", "expected"),
    [([0, 100], [0, 100]), ([50, 50], [42, 58]), ([50, 40], [53, 37]), ([], []), ([10, 12, 11], [-5, 27, 11])],
)
def test_labels_move_as_little_as_they_can_and_keep_their_order(positions, expected):
    assert spread(positions, gap=16) == pytest.approx(expected)


def test_headings_of_a_long_line_are_numbers_but_for_the_week_in_focus():
    long = trend([series("本教学班", [90.0] * 30)], ATTENDANCE, focus=week(30).key)
    assert list(long.layout.xaxis.ticktext)[:2] == ["1", "2"]
    assert "30周" in long.layout.xaxis.ticktext[29]
    assert list(trend([series("本教学班", [90.0] * 3)], ATTENDANCE).layout.xaxis.ticktext) == ["1周", "2周", "3周"]


def test_values_that_would_run_into_each_other_are_not_all_written():
    values = [97.0, 95.8, 95.8, 97.5]
    subject = trend([series("本班", values)], ATTENDANCE).data[-1]
    assert list(subject.text) == ["97.0", "", "95.8", "97.5"]
    assert list(subject.y) == values
