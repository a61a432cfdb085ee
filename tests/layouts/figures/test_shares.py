import pytest

from indicators.results import State
from layouts.figures.shares import Whole, shares, state_shares

TITLES = Whole(name="职称", parts={"正高": 1, "副高": 19, "中级": 50, "初级": 30})
NOBODY = Whole(name="学位", parts={"博士": 0, "硕士": 0})


def bars(figure):
    """Parts of each row as (start, share), from left to right."""
    found = {}
    for trace in figure.data:
        for row, start, share in zip(trace.y, trace.base, trace.x, strict=True):
            found.setdefault(row, []).append((start, share))
    return {row: sorted(parts) for row, parts in found.items()}


def test_parts_follow_each_other_and_fill_the_bar():
    parts = bars(shares([TITLES]))[0]
    assert parts == [(0.0, 1.0), (1.0, 19.0), (20.0, 50.0), (70.0, 30.0)]
    assert sum(share for _, share in parts) == pytest.approx(100.0)


def test_a_part_too_small_for_its_name_carries_none_but_is_told():
    figure = shares([TITLES])
    assert [trace.text[0] for trace in figure.data] == ["", "副高 19.0%", "中级 50.0%", "初级 30.0%"]
    assert figure.data[0].customdata[0] == "职称 · 正高<br><b>1 人</b>（1.0%）"


def test_a_bar_with_nobody_in_it_is_no_bar_of_zeros():
    figure = shares([NOBODY, TITLES])
    assert set(bars(figure)) == {1}
    assert [note.text for note in figure.layout.annotations] == ["0 人", "100 人"]


def test_states_are_marked_by_shape_and_number_and_rows_lead_on():
    counts = {State.REACHED: 15, State.ALERT: 4, State.NO_DATA: 1}
    figure = state_shares([("机电工程系", counts)], noun="个班", links=["/students?dept=1"])
    assert [trace.text[0] for trace in figure.data] == ["● 15", "■ 4", ""]
    assert figure.layout.meta == {"rows": ["/students?dept=1"], "columns": []}
    assert bars(figure)[0] == [(0.0, 75.0), (75.0, 20.0), (95.0, 5.0)]
