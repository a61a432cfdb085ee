"""Sources × days: on which days each source delivered, told by shape and colour; a day without duty stays blank."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final

from indicators.results import STATES, State
from layouts import format as fmt
from layouts.figures.drawing import Drawing
from layouts.states import SHAPES
from layouts.theme import state_colour, state_fill, template, tokens

ROW_HEIGHT: Final = 22
_TOP, _BOTTOM, _LEFT, _RIGHT = 40, 6, 262, 76
_COLUMN: Final = 17
"""Least width of a day in px."""
_GAP: Final = 2
_OUT_OF_ORDER: Final = (State.WATCH, State.WARNING, State.ALERT)


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
) -> Drawing:
    """The figure of the sources, first on top; `suffixes` is what a day adds to the address of its source."""
    token = tokens(theme)
    rows = len(lanes)
    return Drawing(
        data=[
            _ground(lanes, theme),
            *(_shapes(lanes, state, theme) for state in _OUT_OF_ORDER),
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
                    f'<a href="{escape(lane.href, quote=True)}" target="_self">'
                    f'<span style="color:{token["ink"]}">{escape(lane.name)}</span></a>'
                    for lane in lanes
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


def _ground(lanes: Sequence[Lane], theme: str) -> dict[str, Any]:
    """Every day on which something was due, in the colour of its state, and the shape of those in order."""
    fills = [state_fill(state, theme) for state in STATES[:-1]]
    steps = [(index / len(fills), colour) for index, colour in enumerate(fills)]
    return {
        "type": "heatmap",
        "z": [[None if one is State.NO_DATA else STATES.index(one) for one in lane.states] for lane in lanes],
        "zmin": -0.5,
        "zmax": len(fills) - 0.5,
        "colorscale": [stop for at, colour in steps for stop in ([at, colour], [at + 1 / len(fills), colour])],
        "showscale": False,
        "customdata": [list(lane.told) for lane in lanes],
        "text": [[SHAPES[one] if one is State.REACHED else "" for one in lane.states] for lane in lanes],
        "texttemplate": "%{text}",
        "textfont": {"size": 8, "color": state_colour(State.REACHED, theme)},
        "hovertemplate": "%{customdata}<extra></extra>",
        "hoverongaps": False,
        "xgap": _GAP,
        "ygap": _GAP,
    }


def _shapes(lanes: Sequence[Lane], state: State, theme: str) -> dict[str, Any]:
    """The shape of a state on the days that are in it; the ground below answers the pointer."""
    cells = [(x, y) for y, lane in enumerate(lanes) for x, one in enumerate(lane.states) if one is state]
    return {
        "type": "scatter",
        "mode": "text",
        "x": [x for x, _ in cells],
        "y": [y for _, y in cells],
        "text": SHAPES[state],
        "textfont": {"size": 11, "color": state_colour(state, theme)},
        "hoverinfo": "skip",
    }


def told(name: str, day: dt.date, words: str, *, expected: int, loaded: int, errors: int) -> str:
    """What the pointer is told of a day of a source."""
    lines = [f"<b>{escape(name)}</b>", f"{fmt.short_day(day)} · {escape(words)}"]
    if expected or loaded:
        lines.append(f"应采 {expected:,} · 实采 {loaded:,} · 差错 {errors:,}")
    return "<br>".join(lines)
