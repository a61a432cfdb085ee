"""How a whole is made up: bars of one hundred percent, one an aspect or group, with the parts named in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import plotly.graph_objects as go

from indicators.results import State
from layouts.states import SHAPES
from layouts.theme import state_colour, state_fill, template, tokens

_ROW: Final = 46
_TOP, _BOTTOM, _RIGHT = 4, 8, 74
_CHARACTER: Final = 13
"""Room in px for a character of a row's name."""
_LEAST_NAMED: Final = 0.07
"""Parts smaller than this of the whole carry no words; pointer and table view name them."""
_WIDE: Final = 0.12
_STEPS: Final = (0.82, 0.62, 0.44, 0.3, 0.18, 0.1, 0.06)
"""How much of the accent a part carries, the first part the most."""
_DARK_FROM: Final = 0.5


@dataclass(frozen=True, kw_only=True)
class Whole:
    """One bar: its name and how many people are in each part, in order."""

    name: str
    parts: Mapping[str, int]

    @property
    def total(self) -> int:
        """Everybody in the bar."""
        return sum(self.parts.values())

    @property
    def shares(self) -> Mapping[str, float]:
        """The parts in percent, which add up to 100; none where nobody is in the bar."""
        return {name: 100.0 * people / self.total for name, people in self.parts.items()} if self.total else {}


def shares(wholes: Sequence[Whole], *, noun: str = "人", theme: str = "light") -> go.Figure:
    """Bars of 100 %, one a whole, each with parts of its own: shades of one colour, named where they have room."""
    token = tokens(theme)
    data = []
    for row, whole in enumerate(wholes):
        start = 0.0
        for index, (name, share) in enumerate(whole.shares.items()):
            if not whole.parts[name]:
                continue
            weight = _STEPS[min(index, len(_STEPS) - 1)]
            ink = token["surface"] if weight > _DARK_FROM else token["ink"]
            data.append(
                _bar(
                    row,
                    start,
                    share,
                    text=_words(name, share),
                    told=f"{whole.name} · {name}<br><b>{whole.parts[name]:,} {noun}</b>（{share:.1f}%）",
                    fill=_mix(token["accent"], token["surface"], weight),
                    ink=ink,
                    edge=token["surface"],
                )
            )
            start += share
    return _figure(data, [(whole.name, f"{whole.total:,} {noun}") for whole in wholes], theme)


def state_shares(
    wholes: Sequence[tuple[str, Mapping[State, int]]],
    *,
    noun: str,
    links: Sequence[str] = (),
    theme: str = "light",
) -> go.Figure:
    """Bars of 100 %, one a group, by state: shape and number stand in the parts; `links` lead on from each bar."""
    token = tokens(theme)
    data = []
    for row, (group, counts) in enumerate(wholes):
        total, start = sum(counts.values()), 0.0
        for state in [state for state in State if counts.get(state)]:
            share = 100.0 * counts[state] / total
            data.append(
                _bar(
                    row,
                    start,
                    share,
                    text=f"{SHAPES[state]} {counts[state]}" if share >= 100 * _LEAST_NAMED / 2 else "",
                    told=f"{group} · {state.value}<br><b>{counts[state]:,} {noun}</b>（{share:.1f}%）",
                    fill=state_fill(state, theme),
                    ink=state_colour(state, theme),
                    edge=token["surface"],
                )
            )
            start += share
    names = [(group, f"{sum(counts.values()):,} {noun}") for group, counts in wholes]
    figure = _figure(data, names, theme, row_height=30)
    if links:
        figure.update_layout(meta={"rows": list(links), "columns": [""]})
    return figure


def _words(name: str, share: float) -> str:
    if share < 100 * _LEAST_NAMED:
        return ""
    return f"{name} {share:.1f}%" if share >= 100 * _WIDE + 1.2 * len(name) else f"{name}<br>{share:.0f}%"


def _bar(
    row: int, start: float, share: float, *, text: str, told: str, fill: str, ink: str, edge: str
) -> dict[str, Any]:
    return {
        "type": "bar",
        "orientation": "h",
        "y": [row],
        "x": [share],
        "base": [start],
        "width": [0.72],
        "text": [text],
        "textposition": "inside",
        "insidetextanchor": "middle",
        "textangle": 0,
        "constraintext": "none",
        "textfont": {"size": 12, "color": ink},
        "marker": {"color": fill, "line": {"color": edge, "width": 1}},
        "customdata": [told],
        "hovertemplate": "%{customdata}<extra></extra>",
    }


def _figure(
    data: Sequence[dict[str, Any]], names: Sequence[tuple[str, str]], theme: str, *, row_height: int = _ROW
) -> go.Figure:
    token = tokens(theme)
    rows = list(range(len(names)))
    axis = {"range": [len(names) - 0.5, -0.5], "showgrid": False, "tickvals": rows, "ticklabelstandoff": 8}
    left = 24 + _CHARACTER * max((len(name) for name, _ in names), default=0)
    return go.Figure(
        data=list(data),
        layout={
            "template": template(theme),
            "height": _TOP + len(names) * row_height + _BOTTOM,
            "margin": {"t": _TOP, "b": _BOTTOM, "l": left, "r": _RIGHT},
            "barmode": "overlay",
            "xaxis": {"range": [0, 100], "showgrid": False, "showticklabels": False},
            "yaxis": {**axis, "ticktext": [name for name, _ in names]},
            "annotations": [
                {
                    "text": total, "x": 1, "xref": "paper", "xanchor": "left", "xshift": 8, "y": row, "yref": "y",
                    "yanchor": "middle", "showarrow": False, "font": {"size": 12, "color": token["ink-2"]},
                }
                for row, (_, total) in enumerate(names)
            ],
        },
    )  # fmt: skip


def _mix(colour: str, ground: str, weight: float) -> str:
    """`weight` parts of one colour over another, both as ``#rrggbb``."""
    pairs = [(int(colour[i : i + 2], 16), int(ground[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a * weight + b * (1 - weight)):02x}" for a, b in pairs)
