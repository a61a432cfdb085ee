"""The radar: a gap stays a gap, and every axis is told in words."""

import pytest

from indicators.results import State
from layouts.figures.radar import Ring, place, radar

AXES = ("适应度", "保障度", "显示度", "质量度")
STATES = (State.REACHED, State.ALERT, State.WATCH, State.NO_DATA)


def drawn(*scores, others=()):
    rings = [Ring(name="本专业", scores=scores), *(Ring(name=f"其他{n}", scores=s) for n, s in enumerate(others))]
    return radar(AXES, rings, states=STATES, warning=60)


def test_the_first_axis_is_on_top_and_the_next_to_its_right():
    assert place(0, 4, 80) == pytest.approx((0, 80))
    assert place(1, 4, 80) == pytest.approx((80, 0))


def test_a_missing_score_is_a_gap_and_no_zero():
    line = drawn(70.0, None, 80.0, 90.0).data[-1]
    assert line.x[1] is None
    assert line.y[1] is None
    assert line.connectgaps is False
    assert (0.0, 0.0) not in set(zip(line.x, line.y, strict=True))


def test_a_ring_is_closed():
    line = drawn(70.0, 60.0, 80.0, 90.0).data[-1]
    assert (line.x[0], line.y[0]) == (line.x[-1], line.y[-1])
    assert len(line.x) == len(AXES) + 1


def test_axes_carry_names_and_scores_and_the_warning_line_its_score():
    words = [note.text for note in drawn(70.0, 38.2, 80.0, None).layout.annotations]
    assert any("保障度" in text and "38.2" in text for text in words)
    assert any("质量度" in text and "无数据" in text for text in words)
    assert words[-1] == "60"


def test_those_compared_with_are_told_apart_by_their_dashes():
    figure = drawn(70.0, 60.0, 80.0, 90.0, others=[(50.0,) * 4, (40.0,) * 4])
    dashes = [trace.line.dash for trace in figure.data[2:]]
    assert dashes == ["dash", "dot", None]


def test_a_ring_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="needs 4 scores"):
        drawn(70.0)
