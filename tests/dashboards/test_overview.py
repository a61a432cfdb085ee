"""What pages say of a reading: its number, its period, its change."""

import dataclasses
import datetime as dt

from dashboards.aspects import row
from dashboards.overview import tile
from indicators.results import PeriodInfo, Reading, ValuePoint
from indicators.settled import settled
from layouts import screen_blocks
from tests.dashboards.college import ATTENDANCE, week


def test_a_running_year_says_so_and_has_no_change():
    """Two thirds of a year beside a whole one would read as a fall."""
    year = PeriodInfo(
        kind="year", key="2026", label="2026年", start=dt.date(2026, 1, 1), end=dt.date(2026, 12, 31), ordinal=1
    )
    before = dataclasses.replace(year, key="2025", label="2025年", start=dt.date(2025, 1, 1), end=dt.date(2025, 12, 31))
    points = (ValuePoint(period=before, value=97.2), ValuePoint(period=year, value=94.1))
    found = settled(Reading(info=ATTENDANCE, points=points, level="dept", entity_id=1), dt.date(2026, 11, 20))
    drawn, on_the_wall = tile(found), screen_blocks.tile(found)
    assert drawn.note == "2026年（进行中）"
    assert "较上年" not in drawn.change
    assert "目标 95" in drawn.change
    assert drawn.state is ATTENDANCE.judge(94.1)
    assert "进行中" in on_the_wall.note
    assert "较上年" not in on_the_wall.note
    assert row(found)[2] == "—"
    assert row(found)[-1] == "2026年（进行中）"


def test_a_value_just_below_its_target_does_not_read_as_at_target():
    point = ValuePoint(period=week(11), value=94.97)
    found = Reading(info=ATTENDANCE, points=(point,), level="dept", entity_id=1)
    assert tile(found).value == "94.97"
    assert row(found)[1].text == "94.97%"
    assert row(found)[4] == "差 0.03%"
