"""What a wall screen draws, from plain values: shapes of blocks, states, and gaps where nothing is known."""

import json
from dataclasses import replace

import numpy as np

from indicators.results import EntityInfo, Standing, State, ValueFrame
from layouts import screen_blocks as blocks
from tests.dashboards.college import ATTENDANCE, week


def standing(values, *, suppressed=None):
    """Departments × the last weeks up to week 12."""
    array = np.array(values, dtype=np.float64)
    rows, columns = array.shape
    return Standing(
        info=ATTENDANCE,
        frame=ValueFrame(
            entities=tuple(EntityInfo(entity_id=n, name=f"{n}系", teacher_name="王建国") for n in range(1, rows + 1)),
            periods=tuple(week(n) for n in range(13 - columns, 13)),
            value=array, numerator=array, denominator=np.full(array.shape, 100.0),
            rows=np.full(array.shape, 100, dtype=np.int64),
            is_suppressed=np.zeros(array.shape, dtype=np.bool_) if suppressed is None else np.array(suppressed),
        ),
    )  # fmt: skip


def test_a_grid_marks_states_and_leaves_gaps_for_what_is_missing_or_withheld():
    board = standing([[96, 91, 80], [np.nan, 89, 95], [np.nan] * 3], suppressed=[[0, 0, 0], [0, 1, 0], [0, 0, 0]])
    block = blocks.weeks(board, (0, 1, 2), title="到课率")
    assert block.columns == ("10周", "11周", "12周")
    assert [[(cell.text, cell.state) for cell in row.cells] for row in block.rows] == [
        [("96.0", "reached"), ("91.0", "watch"), ("80.0", "alert")],
        [("—", "no-data"), ("—", "no-data"), ("95.0", "reached")],
    ]


def test_the_unit_that_most_columns_have_stands_beside_the_title():
    rate, score = standing([[96.0]]), standing([[88.0]])
    score = replace(score, info=replace(score.info, name_zh="宿舍得分(月)", unit="分"))
    block = blocks.side_by_side([rate, score, rate], [0, 0, None], [0], title="某", missing="没有")
    assert block.note == "%"
    assert block.columns == ("到课率", "宿舍得分 分", "到课率")
    assert [cell.text for cell in block.rows[0].cells] == ["96.0", "88.0", "—"]
    assert blocks.side_by_side([], [], [], title="某", missing="没有").rows == ()


def test_a_scene_is_json_without_ids_names_of_persons_and_empty_parts():
    block = blocks.weeks(standing([[96, 91, 80]]), (0, 1, 2), title="到课率")
    text = json.dumps(blocks.plain(blocks.Scene(key="x", title="某", columns=((block,),))), allow_nan=False)
    assert "entity_id" not in text
    assert "王建国" not in json.loads(text)["columns"][0][0]["rows"][0].values()
    assert "\\u738b" not in text
    assert "missing" not in json.loads(text)


def test_counts_leave_out_states_that_do_not_occur():
    block = blocks.counts(
        [("学校", [State.REACHED, State.ALERT, State.REACHED]), ("教师", [])], title="状态", missing="没有"
    )
    assert [(row.name, [(cell.text, cell.state) for cell in row.cells]) for row in block.rows] == [
        ("学校", [("2", "reached"), ("1", "alert")])
    ]
