"""What pages say of a reading: its number, its period, its change."""

import dataclasses
import datetime as dt

import numpy as np

from dashboards.aspects import row
from dashboards.overview import listed, tile
from indicators.results import Board, EntityInfo, PeriodInfo, Reading, Standing, ValueFrame, ValuePoint
from indicators.settled import settled, settled_board
from layouts import screen_blocks
from tests.dashboards.college import ATTENDANCE, week
from tests.layouts.component_tree import types


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


def test_a_list_over_a_running_year_has_no_column_of_changes():
    shape = (1, 2)
    years = [
        PeriodInfo(kind="year", key=str(n), label=f"{n}年", start=dt.date(n, 1, 1), end=dt.date(n, 12, 31), ordinal=1)
        for n in (2025, 2026)
    ]
    frame = ValueFrame(
        entities=(EntityInfo(entity_id=1, name="某系"),), periods=tuple(years), value=np.array([[97.2, 94.1]]),
        numerator=np.full(shape, np.nan), denominator=np.full(shape, np.nan), rows=np.ones(shape, dtype=np.int64),
    )  # fmt: skip
    board = Board(entities=frame.entities, standings={"X": Standing(info=ATTENDANCE, frame=frame)})

    def titles(day):
        body, _ = listed(settled_board(board, day), [], caption="系部", table_id={"type": "table", "index": "x"})
        return [column["title"] for column in types(body, "Store")[0].data["columns"]]

    assert titles(dt.date(2026, 11, 20)) == ["到课率"]
    assert titles(dt.date(2026, 12, 31)) == ["到课率", "较上年"]
