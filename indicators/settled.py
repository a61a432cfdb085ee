"""Which periods the data covers, so that a week of two days is neither judged nor compared like a whole one.

The one rule of every page, by `StoredValues.readings`, `board` and `history`: the last settled period is judged and
compared; where there is only a running one, it is shown as 进行中, without lines and without change. A term or a year that
runs keeps its lines and has no change.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Final

import numpy as np

from indicators.results import Board, IndicatorInfo, PeriodInfo, Reading, Standing, ValueFrame, ValuePoint

WEEKEND: Final = dt.timedelta(days=2)
"""A week is taught when its Friday is; what the weekend brings counts for it and changes little."""
_BOOKED: Final = ("SUM(fact_finance.", "SUM(fact_research.")
"""How formulas of money begin that is booked through the year: half a year's income says nothing about its target."""


def is_settled(period: PeriodInfo, data_date: dt.date) -> bool:
    """Whether the data covers the period, as far as it will change what its figures say.

    A week is settled from its Friday, a month from its last day. Terms and years are read as they stand: what they
    count (students on roll, tasks of the year) is known long before they end.
    """
    if period.kind == "week":
        return period.end - WEEKEND <= data_date
    return period.kind != "month" or period.end <= data_date


def settled(reading: Reading, data_date: dt.date) -> Reading:
    """The reading up to its last settled period with a value; up to a running one, without lines, where that is all.

    A year's total of money, such as 年度总收入, is settled once the year is over: its lines are those of a whole year.
    """
    if not any(_is_told(point) for point in reading.points):
        return reading
    kept = len(reading.points)
    while kept and not (
        _is_told(reading.points[kept - 1]) and is_covered(reading.info, reading.points[kept - 1].period, data_date)
    ):
        kept -= 1
    if not kept:
        return replace(reading, info=without_lines(reading.info), is_running=True)
    last = reading.points[kept - 1].period
    return replace(reading, points=reading.points[:kept], is_running=is_running(last, data_date))


def settled_board(board: Board, data_date: dt.date) -> Board:
    """The same entities and values, each indicator in focus at its last settled period."""
    return replace(board, standings={code: _in_focus(one, data_date) for code, one in board.standings.items()})


def _in_focus(standing: Standing, data_date: dt.date) -> Standing:
    info, frame = standing.info, standing.frame
    covered = sum(is_covered(info, period, data_date) for period in frame.periods)
    found = replace(standing, settled=covered)
    if found.focus is not None:
        return replace(found, is_running=is_running(frame.periods[found.focus], data_date))
    if np.isnan(frame.value).all():
        return standing
    return replace(standing, info=without_lines(info), is_running=True)


def is_running(period: PeriodInfo, data_date: dt.date) -> bool:
    """Whether what is known of the period is a part: the data ends before it does."""
    return period.end > data_date if period.kind in {"term", "year"} else not is_settled(period, data_date)


def without_lines(info: IndicatorInfo) -> IndicatorInfo:
    """The indicator where lines of a whole period do not hold: its values are shown and not judged."""
    return replace(info, target=None, warning=None, alert=None)


def _is_told(point: ValuePoint) -> bool:
    return point.value is not None or point.is_suppressed


def is_covered(info: IndicatorInfo, period: PeriodInfo, data_date: dt.date) -> bool:
    """Whether the lines of the indicator hold for its value of the period."""
    return is_settled(period, data_date) and (not _is_booked(info) or period.end <= data_date)


def _is_booked(info: IndicatorInfo) -> bool:
    """Whether the figure is a sum of money booked through its period, and no rate."""
    return info.formula.startswith(_BOOKED) and "/" not in info.formula


def last_settled(frame: ValueFrame, data_date: dt.date) -> int | None:
    """Column of the last settled period of a frame; None without any."""
    columns = [index for index, period in enumerate(frame.periods) if is_settled(period, data_date)]
    return columns[-1] if columns else None
