import dataclasses
import itertools

import pytest

from indicators.results import ValuePoint
from layouts.figures.multiples import Facet, multiples
from layouts.figures.trend import Series
from tests.dashboards.college import ATTENDANCE, month, week


def series(name, values, period=week):
    return Series(name=name, points=[ValuePoint(period=period(n), value=v) for n, v in enumerate(values, 1)])


def facet(*lines, focus=None, **changes):
    info = dataclasses.replace(ATTENDANCE, **changes)
    return Facet(title="到课率", info=info, series=lines, counted=("实到", "应到"), focus=focus)


def texts(figure):
    return [note.text for note in figure.layout.annotations]


def test_every_facet_has_axes_and_a_stretch_of_its_own():
    figure = multiples([facet(series("本班", [96.0, 92.0])) for _ in range(3)])
    assert [trace.xaxis for trace in figure.data] == ["x", "x2", "x3"]
    domains = [figure.layout[name].domain for name in ("xaxis", "xaxis2", "xaxis3")]
    assert all(left[1] < right[0] for left, right in itertools.pairwise(domains))


def test_a_gap_stays_a_gap():
    (trace,) = multiples([facet(series("本班", [96.0, None, 92.0]))]).data
    assert list(trace.y) == [96.0, None, 92.0]
    assert trace.connectgaps is None


def test_the_value_in_focus_stands_in_the_title_with_its_shape():
    figure = multiples([facet(series("本班", [96.0, 88.0]), focus=week(2).key)])
    assert any("第2周 88.0%" in text and "▲ 预警" in text for text in texts(figure))


def test_lines_and_their_ends_are_labelled_and_do_not_run_into_each_other():
    figure = multiples([facet(series("本班", [91.0]), series("同课程", [91.1]), series("本系", [90.9]))])
    ends = [note.yshift for note in figure.layout.annotations if note.xanchor == "left" and "到课率" not in note.text]
    gaps = [abs(a - b) for a, b in zip(sorted(ends), sorted(ends)[1:], strict=False)]
    assert min(gaps) >= 14.9
    assert {"目标 95", "预警 90"} <= set(texts(figure))


@pytest.mark.parametrize(("count", "most"), [(3, 3), (18, 8), (40, 8)])
def test_headings_of_periods_leave_room_and_end_with_the_last(count, most):
    axis = multiples([facet(series("本班", [90.0] * count))]).layout.xaxis
    assert len(axis.tickvals) <= most
    assert axis.tickvals[-1] == count - 1
    assert axis.ticktext[-1] == f"{count}周"


def test_months_are_named_as_months():
    line = Series(name="本班", points=[ValuePoint(period=month(n), value=90.0) for n in (9, 10)])
    assert list(multiples([facet(line)]).layout.xaxis.ticktext) == ["9月", "10月"]


def test_an_interval_as_a_target_is_drawn_as_no_single_line():
    figure = multiples([facet(series("本班", [96.0]), target=(90.0, 98.0))])
    assert [text for text in texts(figure) if text.startswith("目标")] == []
