"""Rows on one scale: a bar or a mark for the own value, and the lines or the band it is held against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from indicators.results import State
from layouts.figures.drawing import Drawing
from layouts.figures.trend import SYMBOLS
from layouts.theme import state_colour, template, tokens

ROW: Final = 34
_TOP, _BOTTOM = 26, 8
_PAST_END: Final = 0.97
"""A value beyond the scale is drawn this near to its end, with an arrow."""


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A line that a row's value is held against.

    Attributes:
        place: on the common scale.
        symbol: of plotly, such as ``line-ns`` or ``triangle-up``.
        text: what it is, for the hover.
        is_strong: True for a line that somebody else has set, such as the state.
    """

    place: float
    symbol: str
    text: str
    is_strong: bool = True


@dataclass(frozen=True, kw_only=True)
class Gauge:
    """One row.

    Attributes:
        label: what it is of.
        place: of the own value on the common scale; None where there is none.
        text: the own value and what it is held against, in words at the right.
        state: gives shape and colour; None for a figure that is in no state.
        href: where a click leads; empty for nowhere.
    """

    label: str
    place: float | None
    text: str
    state: State | None = None
    marks: Sequence[Mark] = ()
    href: str = ""


@dataclass(frozen=True, kw_only=True)
class Scale:
    """What all rows share.

    Attributes:
        low, high: ends of the scale; values beyond are drawn at the end with an arrow.
        lines: places of up to two vertical lines with what they are, from left to right.
        band: ends of the shaded part; None shades nothing.
        has_bars: True where values are bars from nought, not marks.
    """

    low: float
    high: float
    lines: Sequence[tuple[float, str]] = ()
    band: tuple[float, float] | None = None
    has_bars: bool = False


def gauges(rows: Sequence[Gauge], scale: Scale, *, left: int = 190, right: int = 170, theme: str = "light") -> Drawing:
    """The rows from top to bottom; `left` and `right` is the room for words, in px."""
    token = tokens(theme)
    known = [(y, row, row.place) for y, row in enumerate(rows) if row.place is not None]
    ends = [_within(place, scale) for _, _, place in known]
    traces: list[dict[str, Any]] = [_bars(known, ends, theme)] if scale.has_bars else []
    traces.append(_marks(rows, scale, token))
    traces.append(_values(known, ends, scale, theme))
    traces.append(_words(rows, scale, token))
    return Drawing(
        data=traces,
        layout={
            "template": template(theme),
            "height": _TOP + ROW * len(rows) + _BOTTOM,
            "margin": {"t": _TOP, "b": _BOTTOM, "l": left, "r": right},
            "hovermode": "closest",
            "barmode": "overlay",
            "xaxis": {"range": [scale.low, scale.high], "showgrid": False, "showticklabels": False},
            "yaxis": {"range": [len(rows) - 0.5, -0.5], "showgrid": False, "tickvals": list(range(len(rows))),
                      "ticktext": [row.label for row in rows], "ticklabelstandoff": 8},
            "shapes": [*_band(scale, token), *(_line(place, token) for place, _ in scale.lines)],
            "annotations": _headings(scale, token),
            "meta": {"rows": {str(y): row.href for y, row in enumerate(rows) if row.href}, "columns": {}},
        },
    )  # fmt: skip


def _within(place: float, scale: Scale) -> float:
    span = scale.high - scale.low
    return min(max(place, scale.low + span * (1 - _PAST_END)), scale.low + span * _PAST_END)


def _colour(state: State | None, theme: str) -> str:
    return tokens(theme)["accent"] if state is None else state_colour(state, theme)


def _bars(known: Sequence[tuple[int, Gauge, float]], ends: Sequence[float], theme: str) -> dict[str, Any]:
    return {
        "type": "bar",
        "orientation": "h",
        "y": [y for y, _, _ in known],
        "x": list(ends),
        "width": 0.36,
        "marker": {"color": [_colour(row.state, theme) for _, row, _ in known], "opacity": 0.75},
        "hoverinfo": "skip",
    }


def _marks(rows: Sequence[Gauge], scale: Scale, token: Any) -> dict[str, Any]:
    found = [(y, row.label, mark) for y, row in enumerate(rows) for mark in row.marks]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [_within(mark.place, scale) for _, _, mark in found],
        "y": [y for y, _, _ in found],
        "text": [f"{label} {mark.text}" for _, label, mark in found],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {
            "symbol": [mark.symbol for _, _, mark in found],
            "size": 13,
            "color": [token["ink-2"] if mark.is_strong else token["surface"] for _, _, mark in found],
            "line": {"color": token["ink-2"], "width": 1.8},
        },
    }


def _values(
    known: Sequence[tuple[int, Gauge, float]], ends: Sequence[float], scale: Scale, theme: str
) -> dict[str, Any]:
    """The own values; those beyond the scale are arrows that point where they lie, bars without state need no mark."""
    if scale.has_bars:
        shown = [(one, end) for one, end in zip(known, ends, strict=True) if one[1].state is not None or one[2] != end]
        known, ends = [one for one, _ in shown], [end for _, end in shown]
    symbols = []
    for (_, row, place), end in zip(known, ends, strict=True):
        if place > end and place > scale.high:
            symbols.append("triangle-right")
        elif place < end and place < scale.low:
            symbols.append("triangle-left")
        else:
            symbols.append("circle" if row.state is None else SYMBOLS[row.state])
    return {
        "type": "scatter",
        "mode": "markers",
        "x": list(ends),
        "y": [y for y, _, _ in known],
        "text": [f"<b>{row.label}</b><br>{row.text}" for _, row, _ in known],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {
            "symbol": symbols,
            "size": 11,
            "color": [_colour(row.state, theme) for _, row, _ in known],
            "line": {"color": tokens(theme)["surface"], "width": 1},
        },
    }


def _band(scale: Scale, token: Any) -> list[dict[str, Any]]:
    if scale.band is None:
        return []
    low, high = scale.band
    return [
        {"type": "rect", "layer": "below", "x0": low, "x1": high, "yref": "paper", "y0": 0, "y1": 1,
         "fillcolor": token["accent-pale"], "line": {"width": 0}}
    ]  # fmt: skip


def _line(place: float, token: Any) -> dict[str, Any]:
    return {"type": "line", "layer": "below", "x0": place, "x1": place, "yref": "paper", "y0": 0, "y1": 1,
            "line": {"color": token["line-strong"], "width": 1, "dash": "dot"}}  # fmt: skip


def _headings(scale: Scale, token: Any) -> list[dict[str, Any]]:
    """The names of the lines above them; those of two lines lean away from each other."""
    anchors = ("right", "left") if len(scale.lines) > 1 else ("center",)
    return [
        {"text": text, "x": place, "xanchor": anchor, "yref": "paper", "y": 1, "yanchor": "bottom", "showarrow": False,
         "font": {"size": 12, "color": token["ink-3"]}}
        for (place, text), anchor in zip(scale.lines, anchors, strict=False)
    ]  # fmt: skip


def _words(rows: Sequence[Gauge], scale: Scale, token: Any) -> dict[str, Any]:
    """What stands at the right of each row: one trace, because every annotation costs a millisecond."""
    return {
        "type": "scatter",
        "mode": "text",
        "x": [scale.high] * len(rows),
        "y": list(range(len(rows))),
        "text": [row.text for row in rows],
        "textposition": "middle right",
        "textfont": {"size": 12, "color": token["ink-2"]},
        "cliponaxis": False,
        "hoverinfo": "skip",
    }
