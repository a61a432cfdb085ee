"""课前·课中·课后: three completion lines week by week, and how much is lost from the first to the last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from indicators.results import ValuePoint
from layouts import format as fmt
from layouts.figures.axis import UNITS
from layouts.figures.drawing import Drawing
from layouts.figures.trend import spread
from layouts.theme import template, tokens

_TOP, _BOTTOM, _LEFT, _RIGHT = 12, 46, 46, 126
_GAP: Final = 16
_STYLES: Final = (("dot", "circle-open"), ("solid", "circle"), ("dash", "square"))
"""Dash and marker by phase, so that lines are told apart without colour."""


def drop_offs(first: Sequence[ValuePoint], last: Sequence[ValuePoint]) -> list[float | None]:
    """How many points the last phase lies below the first, by period; None where either has no value."""
    return [None if a.value is None or b.value is None else a.value - b.value for a, b in zip(first, last, strict=True)]


def phases(lines: Mapping[str, Sequence[ValuePoint]], *, height: int = 250, theme: str = "light") -> Drawing:
    """The lines by phase, in the order of `lines`; below each week stands the drop from the first to the last.

    A week to which an item did not belong is a gap in its line.
    """
    token = tokens(theme)
    colours = (token["ink-2"], token["accent"], token["mark-warning"])
    names = list(lines)
    series = list(lines.values())
    known = [point.value for line in series for point in line if point.value is not None]
    low = max(0.0, min(known, default=0.0) - 8)
    high = 100.0
    lost = drop_offs(series[0], series[-1])
    data = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "x": list(range(len(line))),
            "y": [None if point.value is None else round(point.value, 2) for point in line],
            "line": {"color": colour, "width": 2, "dash": dash},
            "marker": {"size": 6, "symbol": symbol, "color": colour},
            "cliponaxis": False,
            "customdata": [
                [p.period.label, fmt.number(p.numerator, digits=0), fmt.number(p.denominator, digits=0)] for p in line
            ],
            "hovertemplate": (
                f"{name} %{{customdata[0]}} <b>%{{y:.1f}}%</b><br>"
                "完成 %{customdata[1]} / 布置 %{customdata[2]} 人次<extra></extra>"
            ),
        }
        for (name, line), colour, (dash, symbol) in zip(lines.items(), colours, _STYLES, strict=False)
    ]

    def pixels(value: float) -> float:
        return (high - value) / (high - low) * (height - _TOP - _BOTTOM)

    ends = [next((p.value for p in reversed(line) if p.value is not None), None) for line in series]
    shown = [(name, end, colour) for name, end, colour in zip(names, ends, colours, strict=False) if end is not None]
    tops = spread([pixels(end) for _, end, _ in shown], gap=_GAP)
    weeks = series[1] if len(series) > 1 else series[0]
    return Drawing(
        data=data,
        layout={
            "template": template(theme),
            "height": height,
            "margin": {"t": _TOP, "b": _BOTTOM, "l": _LEFT, "r": _RIGHT},
            "hovermode": "closest",
            "xaxis": {
                "range": [-0.4, max(len(weeks), 2) - 0.6],
                "showgrid": False,
                "tickvals": list(range(len(weeks))),
                "ticktext": [
                    f"{point.period.ordinal}{UNITS.get(point.period.kind, '')}<br>{_loss(value)}"
                    for point, value in zip(weeks, lost, strict=True)
                ],
                "tickangle": 0,
                "tickfont": {"size": 11, "color": token["ink-2"]},
            },
            "yaxis": {
                "range": [low, high], "ticksuffix": "%", "nticks": 5, "tickfont": {"size": 11, "color": token["ink-3"]},
            },
            "annotations": [
                *(
                    _label(f"{name} {fmt.number(end)}%", top, colour)
                    for (name, end, colour), top in zip(shown, tops, strict=True)
                ),
                _lost_label(token),
            ],
        },
    )  # fmt: skip


def _loss(value: float | None) -> str:
    if value is None:
        return fmt.NO_VALUE
    return fmt.number(value, digits=0) if round(value) else "0"


def _label(text: str, top: float, colour: str) -> dict[str, Any]:
    return {
        "text": text, "xref": "paper", "x": 1, "xanchor": "left", "xshift": 8, "yref": "paper", "y": 1,
        "yshift": -round(top, 1), "yanchor": "middle", "showarrow": False, "font": {"size": 12, "color": colour},
    }  # fmt: skip


def _lost_label(token: Any) -> dict[str, Any]:
    """What the second line of the ticks counts."""
    return {
        "text": "落差", "xref": "paper", "x": 0, "xanchor": "right", "xshift": -10, "yref": "paper", "y": 0,
        "yshift": -28, "yanchor": "middle", "showarrow": False, "font": {"size": 11, "color": token["ink-3"]},
    }  # fmt: skip
