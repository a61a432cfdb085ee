"""A bullet says where a value stands, and nothing where there is none."""

import re
from urllib.parse import unquote

import pytest

from indicators.results import State
from layouts.bullets import TARGET_AT, Bullet, bullet_mask


def dot(at):
    return float(re.search(r"<circle cx='([0-9.]+)'", unquote(bullet_mask(at))).group(1))


def tick():
    return float(re.search(r"<rect x='([0-9.]+)' y='0'", unquote(bullet_mask(0))).group(1))


def test_a_value_at_its_target_stands_at_the_tick():
    assert dot(TARGET_AT) == pytest.approx(tick() + 0.75, abs=0.1)
    assert dot(0.2) < tick() < dot(0.9)


def test_a_value_beyond_the_track_stands_at_its_end():
    assert dot(7.0) == dot(1.0)
    assert dot(-1.0) == dot(0.0)


def test_a_cell_is_read_aloud_and_carries_the_colour_of_its_state():
    cell = Bullet(text="离目标 差 3.5", at=0.5, state=State.ALERT).to_json()
    assert cell["text"] == "离目标 差 3.5"
    assert cell["name"] == "cell-bullet state-alert"
    assert Bullet(text="离目标 —", at=None).to_json() == {"text": "—", "name": ""}
