from layouts.figures.units import UnitBar, units
from tests.dashboards.college import ATTENDANCE

SCORES = (41.0, 70.0, 79.0, 88.0, 99.0)


def bar(number, share, **more):
    return UnitBar(number=number, share=share, reached=int(share), assessed=100, **more)


def kinds(figure):
    return [(trace.type, trace.fill) for trace in figure.data]


def test_a_section_alone_has_its_curve_and_nothing_else():
    figure = units([bar(1, 96.0), bar(2, 84.0)], ATTENDANCE)
    assert kinds(figure) == [("scatter", None)]
    assert list(figure.data[0].marker.symbol) == ["circle", "square"]
    assert figure.layout.yaxis2.visible is False


def test_the_band_reaches_from_the_lowest_to_the_highest_of_the_others():
    figure = units([bar(1, 96.0, others=(80.0, 85.0, 90.0)), bar(2, 84.0)], ATTENDANCE)
    lowest, highest, middle, _ = figure.data
    assert (list(lowest.x), list(lowest.y), list(highest.y), list(middle.y)) == ([0], [80.0], [90.0], [85.0])
    assert highest.fill == "tonexty"


def test_boxes_are_drawn_from_the_five_numbers_and_the_mean():
    figure = units([bar(1, 96.0, scores=SCORES, mean=78.0), bar(2, 84.0)], ATTENDANCE)
    box = figure.data[-1]
    assert (box.type, list(box.x)) == ("box", [0])
    assert [box.lowerfence[0], box.q1[0], box.median[0], box.q3[0], box.upperfence[0], box.mean[0]] == [
        41.0, 70.0, 79.0, 88.0, 99.0, 78.0,
    ]  # fmt: skip


def test_the_lines_lie_within_the_drawn_range():
    axis = units([bar(1, 99.0)], ATTENDANCE).layout.yaxis
    assert axis.range[0] < ATTENDANCE.warning
    assert axis.range[1] > 99.0
