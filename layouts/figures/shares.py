"""How a whole is made up: bars of one hundred percent, one an aspect or group, with the parts named in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from indicators.results import State
from layouts.figures.drawing import Drawing
from layouts.states import SHAPES
from layouts.theme import state_colour, state_fill, template, tokens

_ROW: Final = 46
_STATE_ROW: Final = 30
_TOP, _BOTTOM, _RIGHT = 4, 8, 74
_CHARACTER: Final = 13
"""Room in px for a character of a row's name."""
_CHARACTER_SHARE: Final = 2.9
"""Percent of a bar that a character takes; parts too small for their name carry none, pointer and table name them."""
_LEAST_COUNTED: Final = 6.0
"""Percent of a bar from which on a state is marked with shape and number."""
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


@dataclass(frozen=True, kw_only=True, slots=True)
class _Part:
    """One part of one bar as it is drawn; `start` and `share` in percent."""

    row: int
    start: float
    share: float
    text: str
    told: str
    fill: str
    ink: str


def shares(wholes: Sequence[Whole], *, noun: str = "人", theme: str = "light") -> Drawing:
    """Bars of 100 %, one a whole, each with parts of its own: shades of one colour, named where they have room."""
    token = tokens(theme)
    layers: dict[int, list[_Part]] = {}
    for row, whole in enumerate(wholes):
        start = 0.0
        for index, (name, share) in enumerate(whole.shares.items()):
            weight = _STEPS[min(index, len(_STEPS) - 1)]
            part = _Part(
                row=row,
                start=start,
                share=share,
                text=_words(name, share),
                told=f"{whole.name} · {name}<br><b>{whole.parts[name]:,} {noun}</b>（{share:.1f}%）",
                fill=_mix(token["accent"], token["surface"], weight),
                ink=token["surface"] if weight > _DARK_FROM else token["ink"],
            )
            layers.setdefault(index, []).append(part)
            start += share
    return _figure(layers.values(), [(whole.name, f"{whole.total:,} {noun}") for whole in wholes], theme)


def state_shares(
    wholes: Sequence[tuple[str, Mapping[State, int]]],
    *,
    noun: str,
    links: Sequence[str] = (),
    theme: str = "light",
) -> Drawing:
    """Bars of 100 %, one a group, by state: shape and number stand in the parts; `links` lead on from each bar."""
    layers: dict[State, list[_Part]] = {}
    for row, (group, counts) in enumerate(wholes):
        total, start = sum(counts.values()), 0.0
        for state in [state for state in State if counts.get(state)]:
            share = 100.0 * counts[state] / total
            part = _Part(
                row=row,
                start=start,
                share=share,
                text=f"{SHAPES[state]} {counts[state]}" if share >= _LEAST_COUNTED else "",
                told=f"{group} · {state.value}<br><b>{counts[state]:,} {noun}</b>（{share:.1f}%）",
                fill=state_fill(state, theme),
                ink=state_colour(state, theme),
            )
            layers.setdefault(state, []).append(part)
            start += share
    names = [(group, f"{sum(counts.values()):,} {noun}") for group, counts in wholes]
    figure = _figure(layers.values(), names, theme, row_height=_STATE_ROW)
    return figure.with_layout(meta={"rows": list(links), "columns": []}) if links else figure


def _words(name: str, share: float) -> str:
    """Name and share of a part, in one line or two as there is room."""
    room = share / _CHARACTER_SHARE
    if room < len(name) + 0.2:
        return ""
    return f"{name} {share:.1f}%" if room >= len(name) + 4 else f"{name}<br>{share:.1f}%"


def _layer(parts: Sequence[_Part], edge: str) -> dict[str, Any]:
    """Parts of several bars as one trace: plotly takes as long for a trace as for a hundred of its points."""
    return {
        "type": "bar",
        "orientation": "h",
        "y": [part.row for part in parts],
        "x": [part.share for part in parts],
        "base": [part.start for part in parts],
        "width": 0.72,
        "text": [part.text for part in parts],
        "textposition": "inside",
        "insidetextanchor": "middle",
        "textangle": 0,
        "constraintext": "none",
        "textfont": {"size": 12, "color": [part.ink for part in parts]},
        "marker": {"color": [part.fill for part in parts], "line": {"color": edge, "width": 1}},
        "customdata": [part.told for part in parts],
        "hovertemplate": "%{customdata}<extra></extra>",
    }


def _figure(
    layers: Iterable[Sequence[_Part]], names: Sequence[tuple[str, str]], theme: str, *, row_height: int = _ROW
) -> Drawing:
    token = tokens(theme)
    rows = list(range(len(names)))
    axis = {"range": [len(names) - 0.5, -0.5], "showgrid": False, "tickvals": rows, "ticklabelstandoff": 8}
    left = 24 + _CHARACTER * max((len(name) for name, _ in names), default=0)
    return Drawing(
        data=[_layer(parts, token["surface"]) for parts in layers],
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
