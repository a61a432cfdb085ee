import dataclasses

from layouts.figures.degrees import degrees
from tests.dashboards.college import ATTENDANCE

INFOS = [dataclasses.replace(ATTENDANCE, name_zh=f"度{n}(听课)", unit="分") for n in range(1, 6)]
OWN = (96.0, 91.0, 86.0, 80.0, None)
SPREADS = (2.0, None, 3.0, 1.0, None)


def test_each_degree_is_a_row_under_its_short_name():
    figure = degrees(INFOS, {"本班": OWN}, SPREADS)
    assert list(figure.layout.yaxis.ticktext) == ["度1", "度2", "度3", "度4", "度5"]
    assert list(figure.data[-1].x) == list(OWN)


def test_a_state_is_a_shape_and_the_spread_a_whisker():
    own = degrees(INFOS, {"本班": OWN}, SPREADS).data[-1]
    assert list(own.marker.symbol) == ["circle", "diamond", "triangle-up", "square", "circle-open"]
    assert list(own.error_x.array) == [2.0, 0.0, 3.0, 1.0, 0.0]


def test_mean_and_spread_are_written_beside_the_row():
    texts = [note.text for note in degrees(INFOS, {"本班": OWN}, SPREADS).layout.annotations]
    assert texts[2:] == ["96.0 ± 2.0", "91.0", "86.0 ± 3.0", "80.0 ± 1.0", "—"]


def test_course_and_department_have_marks_of_their_own():
    figure = degrees(INFOS, {"本班": OWN, "同课程": (90.0,) * 5, "本系": (88.0,) * 5}, SPREADS)
    assert [trace.marker.symbol for trace in figure.data[:-1]] == ["line-ns-open", "diamond-open"]


def test_whiskers_and_lines_are_within_the_axis():
    low, high = degrees(INFOS, {"本班": (82.0,) * 5}, (12.0,) * 5).layout.xaxis.range
    assert low <= 70.0
    assert high > ATTENDANCE.target
