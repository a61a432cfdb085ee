from indicators.results import ValuePoint
from layouts.figures.phases import drop_offs, phases
from tests.dashboards.college import week


def line(*values):
    return [ValuePoint(period=week(n), value=v) for n, v in enumerate(values, 1)]


def test_the_drop_is_from_the_first_phase_to_the_last_and_unknown_where_either_is():
    assert drop_offs(line(90.0, 80.0, None), line(70.0, None, 60.0)) == [20.0, None, None]


def test_each_week_says_what_is_lost_on_the_way():
    figure = phases({"课前预习": line(90.0, 80.0), "课中参与": line(85.0, 84.0), "课后作业": line(70.0, 80.2)})
    assert list(figure.layout.xaxis.ticktext) == ["1周<br>20", "2周<br>0"]


def test_phases_are_told_apart_by_dash_and_mark_and_named_at_their_ends():
    figure = phases({"课前预习": line(90.0), "课中参与": line(85.0), "课后作业": line(None)})
    assert len({(trace.line.dash, trace.marker.symbol) for trace in figure.data}) == 3
    texts = [note.text for note in figure.layout.annotations]
    assert texts == ["课前预习 90.0%", "课中参与 85.0%", "落差"]


def test_a_week_without_the_item_is_a_gap():
    figure = phases(
        {"课前预习": line(90.0, None, 88.0), "课中参与": line(1.0, 2.0, 3.0), "课后作业": line(1.0, 2.0, 3.0)}
    )
    assert list(figure.data[0].y) == [90.0, None, 88.0]
