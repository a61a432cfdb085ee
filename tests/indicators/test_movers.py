"""Falls and rises between the last two settled periods.

The boards below have one row an entity and one column a week; weeks end on Sundays, and the data on Friday of week 11.
"""

import dataclasses
import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_access.access.privacy import Privacy, Subject, Topic
from indicators.movers import largest, moves
from indicators.results import Board, EntityInfo, PeriodInfo, Standing, ValueFrame
from tests.dashboards.college import ATTENDANCE, DATA_DATE, week

FIRST_WEEK = 9
RATE = ATTENDANCE
"""到课率: target 95, alert 85, so that a full width is ten points."""


def board(values, *, info=RATE, people=40.0, codes=None):
    """A board of one indicator, rows of `values` its entities; of several codes, each with the same values."""
    value = np.array(values, dtype=float)
    periods = tuple(week(FIRST_WEEK + n) for n in range(value.shape[1]))
    entities = tuple(EntityInfo(entity_id=n, name=f"班{n}") for n in range(1, len(value) + 1))
    due = np.broadcast_to(np.array(people, dtype=float), value.shape).copy()
    frame = ValueFrame(
        entities=entities, periods=periods, value=value, numerator=value * due / 100, denominator=due,
        rows=np.full(value.shape, 10_000),
    )  # fmt: skip
    infos = [dataclasses.replace(info, code=code) for code in codes or (info.code,)]
    return Board(entities=entities, standings={i.code: Standing(info=i, frame=frame) for i in infos})


def found(*args, day=DATA_DATE, count=10, **named):
    return moves(board(*args, **named), "class", data_date=day, count=count)


def test_a_fall_is_measured_between_the_last_two_weeks_in_widths_from_target_to_alert():
    (move,) = found([[96.0, 95.0, 91.0]])
    assert (move.before, move.now, move.period.ordinal) == (95.0, 91.0, 11)
    assert move.gain == pytest.approx(-0.4)


def test_lower_is_better_where_the_indicator_says_so():
    lower = dataclasses.replace(RATE, direction="lower", target=2.0, alert=10.0)
    (move,) = found([[2.0, 2.0, 6.0]], info=lower)
    assert move.gain == pytest.approx(-0.5)


def test_a_running_week_is_not_held_against_a_whole_one():
    (move,) = found([[96.0, 92.0, 10.0]], day=dt.date(2026, 11, 18))
    assert (move.before, move.now, move.period.ordinal) == (96.0, 92.0, 10)


def test_a_running_month_is_not_held_against_a_whole_one():
    one = board([[96.0, 92.0, 10.0]])
    months = tuple(
        PeriodInfo(kind="month", key=f"2026-{n}", label=f"{n}月", start=dt.date(2026, n, 1), end=dt.date(2026, n, 30), ordinal=n)
        for n in (9, 10, 11)
    )  # fmt: skip
    standing = one.standings[RATE.code]
    monthly = dataclasses.replace(standing, frame=dataclasses.replace(standing.frame, periods=months))
    (move,) = moves(dataclasses.replace(one, standings={RATE.code: monthly}), "dept", data_date=DATA_DATE, count=10)
    assert (move.before, move.now) == (96.0, 92.0)


@pytest.mark.parametrize("people", [[[40.0, 40.0, 19.0]], [[40.0, 19.0, 40.0]]])
def test_fewer_than_twenty_behind_either_value_is_not_told(people):
    assert not found([[96.0, 95.0, 60.0]], people=people)
    assert found([[96.0, 95.0, 60.0]], people=20.0)


@pytest.mark.parametrize("values", [[[96.0, np.nan, 60.0]], [[96.0, 95.0, np.nan]], [[96.0, 95.0, 95.0]], [[96.0]]])
def test_a_missing_value_and_standing_still_are_no_move(values):
    assert not found(values)


@pytest.mark.parametrize(
    "info",
    [
        dataclasses.replace(RATE, about=Subject(privacy=Privacy.SENSITIVE, topics=frozenset({Topic.AID}))),
        dataclasses.replace(RATE, target=None, warning=None, alert=None),
        dataclasses.replace(RATE, direction="target", target=(35.0, 65.0), alert=(15.0, 85.0)),
        dataclasses.replace(RATE, target=85.0, alert=85.0),
    ],
    ids=["sensitive", "without lines", "interval", "lines without distance"],
)
def test_what_cannot_be_told_or_measured_is_left_out(info):
    assert not found([[96.0, 95.0, 60.0]], info=info)


@pytest.mark.parametrize(("history", "is_lasting"), [((80.0, 85.0, 90.0), True), ((88.0, 85.0, 90.0), False),
                                                     ((85.0, 85.0, 90.0), False), ((np.nan, 85.0, 90.0), False)])  # fmt: skip
def test_a_rise_lasts_when_the_week_before_rose_as_well(history, is_lasting):
    (move,) = found([history])
    assert move.is_lasting is is_lasting


def test_falls_and_rises_are_lists_of_their_own_largest_first():
    all_moves = found([[90.0, 90.0, 80.0], [90.0, 90.0, 85.0], [90.0, 90.0, 93.0], [90.0, 90.0, 94.0]])
    assert [move.entity.entity_id for move in largest(all_moves, rising=False, count=5)] == [1, 2]
    assert [move.entity.entity_id for move in largest(all_moves, rising=True, count=5)] == [4, 3]


def test_one_indicator_takes_two_places_and_one_entity_one():
    by_one = found([[90.0, 90.0, 80.0]] * 5)
    assert len(largest(by_one, rising=False, count=5)) == 2
    by_three = found([[90.0, 90.0, 80.0]] * 5, codes=("CRS-A", "CRS-B", "CRS-C"))
    chosen = largest(by_three, rising=False, count=5)
    assert [(move.info.code, move.entity.entity_id) for move in chosen] == [
        ("CRS-A", 1), ("CRS-A", 2), ("CRS-B", 3), ("CRS-B", 4), ("CRS-C", 5),
    ]  # fmt: skip


@given(st.lists(st.floats(0, 100), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_the_list_depends_on_the_data_alone(last, random):
    all_moves = found([[90.0, 90.0, value] for value in last], codes=("CRS-A", "CRS-B"))
    shuffled = random.sample(all_moves, len(all_moves))
    for rising in (False, True):
        told = largest(all_moves, rising=rising, count=4)
        assert largest(shuffled, rising=rising, count=4) == told
        assert all((move.gain > 0) is rising for move in told)
        sizes = [abs(move.gain) for move in told]
        assert sizes == sorted(sizes, reverse=True)


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=12), st.integers(1, 4))
def test_what_a_list_cannot_need_is_left_out_without_changing_it(steps, count):
    values = [[90.0, 90.0, 90.0 + step] for step in steps]
    codes = ("CRS-A", "CRS-B", "CRS-C")
    some, every = found(values, codes=codes, count=count), found(values, codes=codes, count=100)
    for rising in (False, True):
        assert largest(some, rising=rising, count=count) == largest(every, rising=rising, count=count)
