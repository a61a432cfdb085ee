"""The course of one number over weeks, months, terms or years, with its target, warning and alert lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from indicators.results import IndicatorInfo, PeriodInfo, ValuePoint
from layouts import format as fmt
from layouts.figures.drawing import Drawing
from layouts.figures.point_labels import ROOM_FOR_A_PERIOD
from layouts.figures.trend import Series, trend
from layouts.sheet import Sheet
from layouts.theme import tokens

_SECOND_LINE: Final = 16
"""Px for the year below a month or term."""
_ROOM_BESIDE: Final = 222
"""Px left and right of the plot, for the names of lines and the value at the end."""
_ROOM: Final = {"week": ROOM_FOR_A_PERIOD, "month": 38, "term": 64, "year": 52}
"""Px from one period to the next, at least."""
_HALVES: Final = {1: "上", 2: "下"}


def history(
    name: str,
    points: Sequence[ValuePoint],
    info: IndicatorInfo,
    *,
    focus: str,
    height: int = 264,
    theme: str = "light",
) -> Drawing:
    """The line of one entity; a period without value is a gap, and without a target no point is judged.

    Args:
        name: of the entity.
        points: all of one kind of period, oldest first.
        info: the indicator as the entity is judged by it.
        focus: key of the period to mark.
        height: in px.
    """
    needs_year = bool(points) and points[0].period.kind in {"month", "term"}
    extra = _SECOND_LINE if needs_year else 0
    figure = trend([Series(name=name, points=points)], info, focus=focus, height=height - extra, theme=theme)
    layout = figure.frame
    if needs_year:
        layout = {**layout, "height": height, "margin": {**layout["margin"], "b": layout["margin"]["b"] + extra}}
    if not points or points[0].period.kind != "week":
        headings = ticks([point.period for point in points], focus=focus, theme=theme)
        layout = {**layout, "xaxis": {**layout["xaxis"], "ticktext": headings}}
    traces = list(figure.traces)
    if info.target is None:
        plain = {"symbol": "circle", "color": tokens(theme)["accent"], "size": 7}
        traces[0] = {**traces[0], "marker": {**traces[0]["marker"], **plain}}
    return Drawing(data=traces, layout=layout)


def least_width(points: Sequence[ValuePoint]) -> int:
    """Px that the figure needs so that no label runs into another."""
    return _ROOM_BESIDE + (_ROOM[points[0].period.kind] * len(points) if points else 0)


def ticks(periods: Sequence[PeriodInfo], *, focus: str, theme: str = "light") -> list[str]:
    """Headings of months, terms or years: the year stands below the first month or term that belongs to it."""
    accent = tokens(theme)["accent"]
    texts, year_shown = [], ""
    for period in periods:
        text, year = _heading(period)
        if period.key == focus:
            text = f'<span style="color:{accent}"><b>{text}</b></span>'
        texts.append(f"{text}<br>{year}" if year and year != year_shown else text)
        year_shown = year
    return texts


def _heading(period: PeriodInfo) -> tuple[str, str]:
    """What a period is called within its year, and the year; no year for years themselves."""
    if period.kind == "month":
        return f"{period.start.month}月", f"{period.start.year}"
    if period.kind == "term":
        years = "–".join(part[-2:] for part in period.key.split("-")[:2])
        return f"{_HALVES.get(period.ordinal, period.ordinal)}学期", f"{years}学年"
    return period.key, ""


def sheet(name: str, points: Sequence[ValuePoint], info: IndicatorInfo) -> Sheet:
    """The numbers of the figure as a table, latest first."""
    unit = f"({info.unit})" if info.unit else ""
    return Sheet(
        title=f"{name}{fmt.short_name(info.name_zh)}的变化",
        columns=("时段", f"{info.name_zh}{unit}", "分子", "分母", "记录数"),
        rows=[
            (point.period.label, point.value, point.numerator, point.denominator, point.rows)
            for point in reversed(points)
        ],
    )
