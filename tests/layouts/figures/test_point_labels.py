"""Which values are written at a line, and where."""

import random

import pytest

from indicators.results import State
from layouts.figures import point_labels
from layouts.figures.point_labels import beside, labelled, written


def shown(values, states=None, *, scale=10.0):
    """What is written of values that stand `scale` px apart for each unit."""
    texts = ["" if value is None else f"{value:.1f}" for value in values]
    tops = [0.0 if value is None else (100.0 - value) * scale for value in values]
    return written(values, texts, states or [State.REACHED] * len(values), tops)


def test_a_short_line_has_every_value_written():
    assert labelled([96.0, None, 88.0]) == {0, 2}
    assert labelled([]) == set()


def test_a_long_line_has_its_ends_and_turns_written():
    falling = [90.0 - n for n in range(30)]
    assert labelled(falling) == {0, 29}
    falling[10] = 99.0
    assert labelled(falling) == {0, 9, 10, 29}
    assert labelled([None, *falling[1:]]) == {1, 9, 10, 29}


def test_a_value_at_the_end_of_a_line_stands_outside_of_its_bend():
    places = beside([80.0, 90.0, 70.0])
    assert (places[0], places[-1]) == ("bottom center", "bottom center")
    places = beside([90.0, 70.0, 80.0])
    assert (places[0], places[-1]) == ("top center", "top center")


def test_values_with_room_are_all_written():
    assert shown([96.0, 90.0, 97.0, None, 92.0, 95.0]) == {0, 1, 2, 4, 5}


def test_of_two_that_collide_the_latest_is_written():
    # A line that falls to a level and rises from it has both values between its two points.
    assert shown([99.0, 95.8, 95.8, 99.5, 90.0]) == {0, 2, 3, 4}


def test_of_two_that_collide_the_one_in_the_worse_state_is_written():
    states = [State.REACHED, State.WARNING, State.REACHED, State.REACHED, State.REACHED]
    assert shown([99.0, 95.9, 95.9, 99.5, 90.0], states) == {0, 1, 3, 4}


def test_the_last_value_and_the_extremes_come_before_a_worse_state():
    states = [State.REACHED, State.ALERT, State.REACHED, State.REACHED, State.REACHED]
    assert shown([98.0, 95.0, 95.0, 98.5, 97.0], states) == {0, 2, 3, 4}


@pytest.mark.parametrize("seed", range(20))
def test_no_two_written_values_overlap_and_the_last_is_always_there(seed):
    chance = random.Random(seed)
    values = [round(chance.uniform(94, 97), 1) for _ in range(chance.randrange(2, 30))]
    texts, places = [f"{value:.1f}" for value in values], beside(values)
    kept = shown(values)
    boxes = [point_labels._box(34.0 * n, (100.0 - values[n]) * 10, texts[n], places[n]) for n in sorted(kept)]
    assert not any(a.meets(b) for number, a in enumerate(boxes) for b in boxes[:number])
    assert len(values) - 1 in kept
