"""A weekly line of a class, department or school, beside others and beside an earlier term."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from indicators.results import IndicatorInfo, PeriodInfo, ValuePoint
from layouts import format as fmt
from layouts.figures.point_labels import ROOM_FOR_A_PERIOD
from layouts.figures.trend import Series, trend
from layouts.graph import graph
from layouts.panel import Content
from layouts.sheet import Sheet

_ROOM_FOR_LABELS = 230
"""Left and right of the line, in px."""


def same_weeks(points: Sequence[ValuePoint], weeks: Sequence[PeriodInfo]) -> list[ValuePoint]:
    """The values of an earlier term under the weeks of this one that bear the same number; others are left out."""
    by_number = {point.period.ordinal: point for point in points}
    return [replace(by_number[week.ordinal], period=week) for week in weeks if week.ordinal in by_number]


def draw(
    own: Series,
    others: Sequence[Series],
    info: IndicatorInfo,
    *,
    label: str,
    versions: tuple[str, str] = ("", ""),
    number: str = "",
    height: int = 260,
) -> Content:
    """The weekly line of one entity; lines without any value are not drawn beside it.

    Args:
        own: the subject.
        others: up to three lines to compare with.
        info: the indicator.
        label: what the chart shows, in words.
        versions: of library and data.
        number: address of the card of the latest number.
        height: in px.
    """
    compared = [line for line in others if any(point.value is not None for point in line.points)]
    last = next((point.period.key for point in reversed(own.points) if point.value is not None), None)
    lines = [own, *compared]
    by_key = [{point.period.key: point.value for point in line.points} for line in lines]
    sheet = Sheet(
        title=label,
        columns=("周次", *(f"{line.name}{fmt.short_name(info.name_zh)}({info.unit})" for line in lines)),
        rows=[(point.period.label, *(values.get(point.period.key) for values in by_key)) for point in own.points],
    )
    return Content(
        body=graph(
            trend(lines, info, focus=last, height=height, counted=("实到", "应到")),
            label=label,
            min_width=_ROOM_FOR_LABELS + ROOM_FOR_A_PERIOD * len(own.points),
            is_read_from_end=True,
            sheet=sheet,
        ),
        title=f"逐周{fmt.short_name(info.name_zh)}",
        note="与" + "、".join(line.name for line in compared) + "比较" if compared else "",
        card=info,
        versions=versions,
        number=number,
    )
