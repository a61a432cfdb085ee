"""Which periods the data covers, so that a week of two days is not compared with a whole one."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Final

from indicators.results import IndicatorInfo, PeriodInfo, Reading, ValueFrame

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
    """The reading up to its last settled period; as it is where no period is settled yet.

    A year's total of money, such as 年度总收入, is settled once the year is over: its lines are those of a whole year.
    """
    needs_end = _is_booked(reading.info)
    kept = tuple(
        point
        for point in reading.points
        if is_settled(point.period, data_date) and (not needs_end or point.period.end <= data_date)
    )
    return replace(reading, points=kept) if kept else reading


def _is_booked(info: IndicatorInfo) -> bool:
    """Whether the figure is a sum of money booked through its period, and no rate."""
    return info.formula.startswith(_BOOKED) and "/" not in info.formula


def last_settled(frame: ValueFrame, data_date: dt.date) -> int | None:
    """Column of the last settled period of a frame; None without any."""
    columns = [index for index, period in enumerate(frame.periods) if is_settled(period, data_date)]
    return columns[-1] if columns else None
