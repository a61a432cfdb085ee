"""The students of a class: in which band they stand, and how their 到课率 has moved lately."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dashboards.overview import named_cell, valued, worst_first
from indicators.results import STATES, Board, Standing, State
from layouts import format as fmt
from layouts import states, table
from layouts.figures.shares import state_shares
from layouts.graph import graph
from layouts.panel import Content
from layouts.sheet import Sheet

RECENT_WEEKS: Final = 2
EARLIER_WEEKS: Final = 4
"""Slipping compares the last weeks with those before them."""
TITLE: Final = "下滑最多的学生"
SHOWN: Final = 12


def recent_and_earlier(standing: Standing) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rates of everybody in the last weeks with values and in those before them, in percent; NaN without any."""
    focus = standing.focus
    if focus is None:
        nothing = np.full(len(standing.frame.entities), np.nan)
        return nothing, nothing
    split = max(focus + 1 - RECENT_WEEKS, 0)
    return standing.so_far(slice(split, focus + 1)), standing.so_far(slice(max(split - EARLIER_WEEKS, 0), split))


def draw_bands(board: Board | None, codes: Sequence[str]) -> Content:
    """How many students stand in each band by their rates of the term so far, one bar an indicator of `codes`."""
    found = [] if board is None else [board.standings[code] for code in codes if code in board.standings]
    if board is None or not board.entities or not found:
        return Content(body=states.empty("这个班级现在没有在籍学生，或学生不在你的数据范围内。"))
    bars = [(fmt.short_name(standing.info.name_zh), _bands(standing)) for standing in found]
    sheet = Sheet(
        title="本班学生学期至今所处的状态",
        columns=("比率", *(f"{state}(人)" for state in State)),
        rows=[(name, *(counts[state] for state in State)) for name, counts in bars],
    )
    drawn = graph(state_shares(bars, noun="人"), label=sheet.title, sheet=sheet)
    key = states.legend(found[0].info)
    return Content(body=[drawn, key], note=f"{len(board.entities)} 人 · 学期至今 · 图例界限为{bars[0][0]}")


def _bands(standing: Standing) -> dict[State, int]:
    judged = [STATES[int(number)] for number in standing.info.judge_all(standing.so_far())]
    return {state: judged.count(state) for state in State}


def draw_slipping(board: Board | None, *, link: Callable[[int], str] | None, table_id: dict[str, str]) -> Content:
    """The students whose rate, the first of `board`, has fallen most; `link` gives the address of one by key."""
    standing = None if board is None else next(iter(board.standings.values()), None)
    if board is None or standing is None or not board.entities:
        return Content(body=states.empty("这个班级现在没有在籍学生。"), title=TITLE)
    recent, earlier = recent_and_earlier(standing)
    if np.isnan(recent).all():
        return Content(body=states.empty("本学期还没有这个班级的考勤记录。"), title=TITLE)
    fall = recent - earlier
    fallen = np.flatnonzero(fall < 0)
    if not fallen.size:
        detail = f"近{_count(RECENT_WEEKS)}周没有学生的到课率低于此前{_count(EARLIER_WEEKS)}周。"
        return Content(body=states.message(states.Message(kind="good", title="没有人下滑", detail=detail)), title=TITLE)
    names = [board.entities[row].name for row in fallen]
    chosen = fallen[worst_first(fall[fallen], standing.info, names)][:SHOWN]
    columns = [
        table.Column(title="学号", is_heading=True),
        table.Column(title=f"近{_count(RECENT_WEEKS)}周", is_number=True),
        table.Column(title=f"此前{_count(EARLIER_WEEKS)}周", is_number=True),
        table.Column(title="变化", is_number=True),
    ]
    rows: list[list[table.Cell]] = [
        [
            named_cell(board.entities[row].name, board.entities[row].entity_id, link),
            valued(float(recent[row]), standing.info),
            fmt.with_unit(float(earlier[row]), standing.info.unit),
            fmt.change(float(recent[row]), float(earlier[row])),
        ]
        for row in chosen
    ]
    return Content(
        body=table.table(columns, rows, caption="到课率下滑最多的学生", table_id=table_id),
        title=TITLE,
        note=f"到课率 · {len(board.entities)} 人中 {len(fallen)} 人下降",
    )


def _count(number: int) -> str:
    return "零一两三四五六七八九十"[number]
