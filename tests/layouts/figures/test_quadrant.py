"""The quadrant: every point can be opened, names never cover each other."""

import json

from hypothesis import given
from hypothesis import strategies as st

from indicators.results import State
from layouts.figures import quadrant as module
from layouts.figures.quadrant import Axes, Spot, quadrant

AXES = Axes(x="质量度", y="保障度", middle=(80.0, 75.0), corners=("左上", "右上", "左下", "右下"))


def spot(x, y, n=0, **values):
    return Spot(**{"name": f"专业{n}", "x": x, "y": y, "state": State.WATCH, "href": f"/majors/{n}", **values})


def names(figure):
    return [note.text for note in figure.layout.annotations[4:]]


def test_equal_points_lead_to_their_own_addresses():
    figure = quadrant([spot(90.0, 100.0, n) for n in range(5)], AXES)
    # as the browser sees it: the key of `rows` is the number as JavaScript writes it
    ys = [json.dumps(y) for y in figure.data[0].y]
    assert [figure.layout.meta["rows"][y] for y in ys] == [f"/majors/{n}" for n in range(5)]


def test_a_point_that_leads_nowhere_is_in_no_address_list():
    assert quadrant([spot(90.0, 90.0, href="")], AXES).layout.meta["rows"] == {}


def test_only_the_remarkable_ones_are_named_and_the_subject_first():
    spots = [spot(50.0, 60.0, 1, weight=2.0), spot(95.0, 90.0, 2), spot(70.0, 80.0, 3, weight=9.0, is_subject=True)]
    assert names(quadrant(spots, AXES)) == ["专业3", "专业1"]


def test_the_lines_meet_in_the_middle_given_and_the_corners_are_told():
    figure = quadrant([spot(90.0, 70.0)], AXES)
    assert {figure.layout.shapes[0].x0, figure.layout.shapes[1].y0} == {80.0, 75.0}
    assert [note.text for note in figure.layout.annotations[:4]] == list(AXES.corners)


def test_a_single_point_does_not_stretch_over_the_whole_axis():
    low, high = quadrant([spot(80.5, 75.5)], AXES).layout.xaxis.range
    assert high - low >= 30


scores = st.floats(0, 100)


@given(st.lists(st.tuples(scores, scores, st.floats(0, 5)), min_size=1, max_size=12))
def test_no_two_names_overlap(points):
    spots = [spot(x, y, n, weight=weight) for n, (x, y, weight) in enumerate(points)]
    figure = quadrant(spots, AXES)
    (low_x, high_x), (low_y, high_y) = figure.layout.xaxis.range, figure.layout.yaxis.range
    height = figure.layout.height - module._TOP - module._BOTTOM
    boxes = []
    for note in figure.layout.annotations[4:]:
        x = (note.x - low_x) / (high_x - low_x) * module._WIDTH
        y = (high_y - note.y) / (high_y - low_y) * height
        places = {(a, b): box for a, b, _, _, box in module._places(x, y, len(note.text) * module._CHARACTER)}
        boxes.append(places[note.xanchor, note.yanchor])
    assert not any(module._overlap(one, other) for i, one in enumerate(boxes) for other in boxes[i + 1 :])
