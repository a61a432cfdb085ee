"""Sources × days: on which days each source delivered, told by shape and colour; a day without duty stays blank."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final

import plotly.graph_objects as go

from indicators.results import STATES, State
from layouts import format as fmt
from layouts.states import SHAPES
from layouts.theme import state_colour, state_fill, template, tokens

ROW_HEIGHT: Final = 22
_TOP, _BOTTOM, _LEFT, _RIGHT = 40, 6, 262, 76
_COLUMN: Final = 17
"""Least width of a day in px."""
_GAP: Final = 2


@dataclass(frozen=True, kw_only=True)
class Lane:
    """One source.

    Attributes:
        name: of the source, all of which is shown.
        href: where a click leads.
        states: one for each day; `State.NO_DATA` where nothing was due.
        told: what the pointer is told of each day.
        note: words at the right end, such as the state of the last week.
    """

    name: str
    href: str
    states: Sequence[State]
    told: Sequence[str]
    note: str


def arrivals(
    lanes: Sequence[Lane], days: Sequence[dt.date], *, suffixes: Sequence[str], theme: str = "light"
) -> go.Figure:
    """The figure of the sources, first on top; `suffixes` is what a day adds to the address of its source."""
    token = tokens(theme)
    rows = len(lanes)
    return go.Figure(
        data=[
            *(_cells(lanes, state, theme) for state in STATES if state is not State.NO_DATA),
            # an axis without any trace is not drawn
            {"type": "scatter", "x": [None], "y": [None], "yaxis": "y2", "hoverinfo": "skip"},
        ],
        layout={
            "template": template(theme),
            "height": _TOP + rows * ROW_HEIGHT + _BOTTOM,
            "margin": {"t": _TOP, "b": _BOTTOM, "l": _LEFT, "r": _RIGHT},
            "meta": {"rows": [lane.href for lane in lanes], "columns": list(suffixes)},
            "xaxis": {
                "side": "top",
                "range": [-0.5, len(days) - 0.5],
                "showgrid": False,
                "tickvals": [index for index, day in enumerate(days) if day.weekday() == 0],
                "ticktext": [f"{day:%m-%d}<br>周一" for day in days if day.weekday() == 0],
                "tickangle": 0,
            },
            "yaxis": {
                "range": [rows - 0.5, -0.5],
                "showgrid": False,
                "tickvals": list(range(rows)),
                "ticktext": [
                    f'<a href="{escape(lane.href, quote=True)}" target="_self">{escape(lane.name)}</a>' for lane in lanes
                ],
                "ticklabelstandoff": 8,
            },
            "yaxis2": {
                "overlaying": "y",
                "side": "right",
                "range": [rows - 0.5, -0.5],
                "showgrid": False,
                "tickvals": list(range(rows)),
                "ticktext": [lane.note for lane in lanes],
                "ticklabelstandoff": 8,
            },
            "shapes": [
                {
                    "type": "line", "xref": "x", "yref": "paper", "x0": index - 0.5, "x1": index - 0.5, "y0": 0, "y1": 1,
                    "line": {"color": token["line-strong"], "width": 1}, "layer": "below",
                }
                for index, day in enumerate(days)
                if day.weekday() == 0 and index
            ],
        },
    )  # fmt: skip


def least_width(days: int) -> int:
    """The width in px below which the days of the figure cannot be told apart."""
    return _LEFT + days * _COLUMN + _RIGHT


def _cells(lanes: Sequence[Lane], state: State, theme: str) -> dict[str, Any]:
    """One trace a state, so that shape and ground of a cell carry its colour; cells of other states are empty."""
    fill = state_fill(state, theme)
    is_quiet = state is State.REACHED
    return {
        "type": "heatmap",
        "z": [[1 if one is state else None for one in lane.states] for lane in lanes],
        "customdata": [list(lane.told) for lane in lanes],
        "text": [["" if one is not state else SHAPES[state] for one in lane.states] for lane in lanes],
        "texttemplate": "%{text}",
        "textfont": {"size": 8 if is_quiet else 11, "color": state_colour(state, theme)},
        "hovertemplate": "%{customdata}<extra></extra>",
        "hoverongaps": False,
        "colorscale": [[0, fill], [1, fill]],
        "showscale": False,
        "xgap": _GAP,
        "ygap": _GAP,
        "yaxis": "y",
    }


def told(name: str, day: dt.date, words: str, *, expected: int, loaded: int, errors: int) -> str:
    """What the pointer is told of a day of a source."""
    lines = [f"<b>{escape(name)}</b>", f"{fmt.short_day(day)} · {escape(words)}"]
    if expected or loaded:
        lines.append(f"应采 {expected:,} · 实采 {loaded:,} · 差错 {errors:,}")
    return "<br>".join(lines)
