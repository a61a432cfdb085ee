"""How a card has grown from term to term: its attainment as a line, and gains of ability as bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from indicators.results import State
from layouts import format as fmt
from layouts.figures.drawing import Drawing
from layouts.figures.trend import SYMBOLS, spread
from layouts.states import SHAPES
from layouts.theme import state_colour, state_fill, template, tokens

_TOP, _BOTTOM, _LEFT, _RIGHT = 22, 40, 64, 30
_ABOVE: Final = 10.0
"""Percentage points above the highest value, for what is written over it."""
_GAP: Final = 15
_ROW: Final = 30
_LARGEST: Final = 1.35
"""Room above and below the longest bar, for its value."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """A card in one term.

    Attributes:
        label: of the term, in two lines.
        attainment: in %; None where nothing was due.
        state: colour and shape of its band.
        told: what the pointer is told of it.
    """

    label: str
    attainment: float | None
    band: str
    state: State
    told: str = ""


def growth(steps: Sequence[Step], *, bands: Sequence[tuple[str, float, State]], height: int = 230,
           theme: str = "light") -> Drawing:  # fmt: skip
    """The line of attainments, one point a term, over the lower edges of the bands.

    Args:
        steps: oldest first.
        bands: name, lower edge and state of each, best first; the last one has no edge to draw.
        height: in px.
    """
    token = tokens(theme)
    known = [step.attainment for step in steps if step.attainment is not None]
    edges = [band for band in bands if band[1] > 0]
    low = min([*known, *(edge for _, edge, _ in edges)], default=0.0) - 6
    high = max([*known, *(edge for _, edge, _ in edges)], default=100.0) + _ABOVE
    plot = height - _TOP - _BOTTOM

    def pixels(value: float) -> float:
        return (high - value) / (high - low) * plot

    tops = spread([pixels(edge) for _, edge, _ in edges], gap=_GAP)
    return Drawing(
        data=[_line(steps, token, theme)],
        layout={
            "template": template(theme),
            "height": height,
            "margin": {"t": _TOP, "b": _BOTTOM, "l": _LEFT, "r": _RIGHT},
            "hovermode": "closest",
            "xaxis": _terms(steps),
            "yaxis": {"range": [low, high], "showgrid": False, "showticklabels": False},
            "shapes": [
                {
                    "type": "line", "layer": "below", "xref": "paper", "x0": 0, "x1": 1, "y0": edge, "y1": edge,
                    "line": {"color": state_colour(state, theme), "width": 1, "dash": "dot"}, "opacity": 0.6,
                }
                for _, edge, state in edges
            ],
            "annotations": [
                {
                    "text": f"{name} {fmt.line(edge)}", "xref": "paper", "x": 0, "xanchor": "right", "xshift": -6,
                    "yref": "paper", "y": 1, "yshift": -round(top, 1), "yanchor": "middle", "showarrow": False,
                    "font": {"size": 11, "color": state_colour(state, theme)},
                }
                for (name, edge, state), top in zip(edges, tops, strict=True)
            ],
        },
    )  # fmt: skip


def _line(steps: Sequence[Step], token: Any, theme: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines+markers+text",
        "x": list(range(len(steps))),
        "y": [step.attainment for step in steps],
        "line": {"color": token["accent"], "width": 2},
        "marker": {
            "size": 9,
            "symbol": [SYMBOLS[step.state] for step in steps],
            "color": [state_colour(step.state, theme) for step in steps],
        },
        "text": ["" if step.attainment is None else f"{step.band} {fmt.number(step.attainment)}" for step in steps],
        "textposition": [_side(steps, place) for place in range(len(steps))],
        "textfont": {"size": 12, "color": token["ink"]},
        "cliponaxis": False,
        "customdata": [[step.told] for step in steps],
        "hovertemplate": "%{customdata[0]}<extra></extra>",
    }


def _side(steps: Sequence[Step], place: int) -> str:
    """Where the words of a step stand: over it, unless the line to a higher neighbour would run through them."""
    here = steps[place].attainment
    higher = [
        other.attainment is not None and here is not None and other.attainment > here
        for other in (*steps[max(place - 1, 0) : place], *steps[place + 1 : place + 2])
    ]
    is_left = place > 0 and higher[0]
    is_right = place + 1 < len(steps) and higher[-1]
    if is_left and is_right:
        return "bottom center"
    return "top right" if is_left else "top left" if is_right else "top center"


def _terms(steps: Sequence[Step]) -> dict[str, Any]:
    return {
        "range": [-0.5, max(len(steps), 2) - 0.5],
        "showgrid": False,
        "tickvals": list(range(len(steps))),
        "ticktext": [step.label for step in steps],
        "tickangle": 0,
        "tickfont": {"size": 11},
    }


def gains(
    labels: Sequence[str], series: Sequence[tuple[str, Sequence[float | None]]], *, height: int = 230,
    theme: str = "light",
) -> Drawing:  # fmt: skip
    """What was gained each term, up to two kinds side by side; a term without value has no bar.

    Args:
        labels: of the terms, oldest first.
        series: name and gains of each kind; a loss is below zero.
        height: in px.
    """
    token = tokens(theme)
    largest = max([abs(value) for _, values in series for value in values if value is not None], default=0.0) or 1.0
    lowest = min([value for _, values in series for value in values if value is not None], default=0.0)
    colours = (token["accent"], token["ink-3"])
    return Drawing(
        data=[
            {
                "type": "bar",
                "name": name,
                "x": list(range(len(labels))),
                "y": list(values),
                "marker": {"color": colour},
                "text": ["" if value is None else _signed(value) for value in values],
                "textposition": "outside",
                "textfont": {"size": 11, "color": token["ink"]},
                "cliponaxis": False,
                "hovertemplate": f"{name} <b>%{{text}}</b><extra></extra>",
            }
            for (name, values), colour in zip(series, colours, strict=False)
        ],
        layout={
            "template": template(theme),
            "height": height,
            "margin": {"t": _TOP, "b": _BOTTOM, "l": 8, "r": 8},
            "barmode": "group",
            "bargap": 0.4,
            "showlegend": True,
            "legend": {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "font": {"size": 12}},
            "xaxis": {
                "range": [-0.5, max(len(labels), 2) - 0.5], "showgrid": False, "tickvals": list(range(len(labels))),
                "ticktext": list(labels), "tickangle": 0, "tickfont": {"size": 11},
            },
            "yaxis": {
                "range": [min(lowest, 0.0) * _LARGEST, largest * _LARGEST], "showgrid": False, "showticklabels": False,
                "zeroline": True, "zerolinecolor": token["line-strong"],
            },
        },
    )  # fmt: skip


def _signed(value: float) -> str:
    return f"{'+' if value > 0 else ''}{fmt.number(value)}"


@dataclass(frozen=True, kw_only=True)
class BandCount:
    """How many stand in a band; `href` leads to them."""

    name: str
    state: State
    count: int
    href: str = ""


def band_counts(bands: Sequence[BandCount], *, noun: str = "人", theme: str = "light") -> Drawing:
    """A bar for each band, best first, as long as the number of those who stand in it."""
    token = tokens(theme)
    rows = list(range(len(bands)))
    largest = max([band.count for band in bands], default=0) or 1
    return Drawing(
        data=[
            {
                "type": "bar",
                "orientation": "h",
                "x": [band.count for band in bands],
                "y": rows,
                "width": 0.62,
                "marker": {
                    "color": [state_fill(band.state, theme) for band in bands],
                    "line": {"color": [state_colour(band.state, theme) for band in bands], "width": 1},
                },
                "text": [f"{band.count} {noun}" for band in bands],
                "textposition": "outside",
                "cliponaxis": False,
                "customdata": [band.name for band in bands],
                "hovertemplate": f"%{{customdata}} <b>%{{x}} {noun}</b><extra></extra>",
            }
        ],
        layout={
            "template": template(theme),
            "height": 8 + _ROW * len(bands),
            "margin": {"t": 4, "b": 4, "l": 76, "r": 8},
            "xaxis": {"range": [0, largest * _LARGEST], "showgrid": False, "showticklabels": False},
            "yaxis": {
                "range": [len(bands) - 0.5, -0.5], "showgrid": False, "tickvals": rows, "ticklabelstandoff": 8,
                "ticktext": [
                    f'<span style="color:{state_colour(band.state, theme)}">{SHAPES[band.state]} {band.name}</span>'
                    for band in bands
                ],
            },
            "font": {"color": token["ink"]},
            **({"meta": {"rows": [band.href for band in bands], "columns": []}} if any(b.href for b in bands) else {}),
        },
    )  # fmt: skip
