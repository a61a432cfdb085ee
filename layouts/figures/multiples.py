"""Several rates of one subject side by side: small lines of the same kind, each against its own target and warning."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final

from indicators.results import IndicatorInfo, State, ValuePoint
from layouts import format as fmt
from layouts.figures.axis import UNITS
from layouts.figures.drawing import Drawing
from layouts.figures.trend import LINES, SYMBOLS, Series, spread
from layouts.states import SHAPES
from layouts.theme import state_colour, template, tokens

LEAST_WIDTH: Final = 330
"""Of one small chart with its labels, in px."""
_TOP, _BOTTOM, _GAP = 30, 24, 15
_BEFORE, _BEHIND = 0.15, 0.27
"""Room for the labels of lines (left) and of series (right), as shares of the width of one chart."""
_TICKS: Final = 8
"""Most headings of periods below one chart."""
_DASHES: Final = ("dash", "dot")


@dataclass(frozen=True, kw_only=True)
class Facet:
    """One small chart.

    Attributes:
        series: the subject first, then up to two to compare with; names of at most four characters.
        counted: names of numerator and denominator for the hover.
        focus: key of the period to mark; its value stands in the title.
    """

    title: str
    info: IndicatorInfo
    series: Sequence[Series]
    counted: tuple[str, str]
    focus: str | None = None


def multiples(facets: Sequence[Facet], *, height: int = 230, theme: str = "light") -> Drawing:
    """The facets from left to right; each has an axis of its own, since their lines lie apart."""
    data: list[dict[str, Any]] = []
    layout: dict[str, Any] = {
        "template": template(theme),
        "height": height,
        "margin": {"t": _TOP, "b": _BOTTOM, "l": 0, "r": 0},
        "hovermode": "closest",
        "shapes": [],
        "annotations": [],
    }
    for index, facet in enumerate(facets):
        left, right = ((index + _BEFORE) / len(facets), (index + 1 - _BEHIND) / len(facets))
        _draw(facet, data, layout, place=(left, right), number=index + 1, height=height, theme=theme)
    return Drawing(data=data, layout=layout)


def _draw(
    facet: Facet,
    data: list[dict[str, Any]],
    layout: dict[str, Any],
    *,
    place: tuple[float, float],
    number: int,
    height: int,
    theme: str,
) -> None:
    """Add one facet to traces and layout; `place` is its stretch of the width, `number` that of its axes."""
    token = tokens(theme)
    subject, *others = facet.series
    low, high = _range(facet)
    suffix = "" if number == 1 else str(number)
    axes = {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}"}

    def pixels(value: float) -> float:
        return (high - value) / (high - low) * (height - _TOP - _BOTTOM)

    data += [{**_beside(line, token, dash=dash), **axes} for line, dash in zip(others, _DASHES, strict=False)]
    data.append({**_own(subject, facet, token, theme), **axes})
    count = len(subject.points)
    step = max(1, -(-count // _TICKS))
    shown = list(range((count - 1) % step, count, step))
    layout[f"xaxis{suffix}"] = {
        "domain": place,
        "anchor": f"y{suffix}",
        "range": [-0.5, max(count, 2) - 0.5],
        "showgrid": False,
        "tickvals": shown,
        "ticktext": [_tick(subject.points[index]) for index in shown],
        "tickangle": 0,
        "tickfont": {"size": 11, "color": token["ink-3"]},
    }
    layout[f"yaxis{suffix}"] = {
        "anchor": f"x{suffix}", "range": [low, high], "showgrid": False, "showticklabels": False,
    }  # fmt: skip
    layout["shapes"] += _lines(facet.info, place, suffix, theme)
    layout["annotations"] += [
        _title(facet, place[0] - _BEFORE * (place[1] - place[0]) / (1 - _BEFORE - _BEHIND), token, theme),
        *_line_labels(facet.info, pixels, place[0], theme),
        *_end_labels(facet, pixels, place[1], token),
    ]


def _range(facet: Facet) -> tuple[float, float]:
    known = [point.value for line in facet.series for point in line.points if point.value is not None]
    known += [line for line in (facet.info.target, facet.info.warning) if isinstance(line, int | float)]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    room = (high - low) * 0.12 or 1.0
    return low - room, high + room


def _tick(point: ValuePoint) -> str:
    return f"{point.period.ordinal}{UNITS.get(point.period.kind, '')}"


def _own(line: Series, facet: Facet, token: Any, theme: str) -> dict[str, Any]:
    judged = [facet.info.judge(point.value) for point in line.points]
    top, bottom = facet.counted
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": list(range(len(line.points))),
        "y": [None if point.value is None else round(point.value, 2) for point in line.points],
        "line": {"color": token["accent"], "width": 2},
        "marker": {
            "size": 7,
            "symbol": [SYMBOLS[state] for state in judged],
            "color": [state_colour(state, theme) for state in judged],
            "line": {"color": token["surface"], "width": 1},
        },
        "cliponaxis": False,
        "customdata": [
            [
                point.period.label,
                fmt.with_unit(point.value, facet.info.unit),
                state.value,
                fmt.number(point.numerator, digits=0),
                fmt.number(point.denominator, digits=0),
            ]
            for point, state in zip(line.points, judged, strict=True)
        ],
        "hovertemplate": (
            f"{escape(facet.title)} %{{customdata[0]}}<br><b>%{{customdata[1]}}</b>（%{{customdata[2]}}）<br>"
            f"{top} %{{customdata[3]}} / {bottom} %{{customdata[4]}}<extra></extra>"
        ),
    }


def _beside(line: Series, token: Any, *, dash: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": list(range(len(line.points))),
        "y": [None if point.value is None else round(point.value, 2) for point in line.points],
        "line": {"color": token["ink-3"], "width": 1.2, "dash": dash},
        "hovertemplate": f"{escape(line.name)} <b>%{{y:.1f}}</b><extra></extra>",
    }


def _set_lines(info: IndicatorInfo) -> list[tuple[str, float, str, State]]:
    """Target and warning line, where they are single numbers: word, value, field, state."""
    found = [(word, getattr(info, name), name, state) for word, name, state in LINES if name != "alert"]
    return [(word, float(value), name, state) for word, value, name, state in found if isinstance(value, int | float)]


def _lines(info: IndicatorInfo, place: tuple[float, float], suffix: str, theme: str) -> list[dict[str, Any]]:
    return [
        {
            "type": "line",
            "layer": "below",
            "xref": "paper",
            "x0": place[0],
            "x1": place[1],
            "yref": f"y{suffix}",
            "y0": value,
            "y1": value,
            "line": {"color": state_colour(state, theme), "width": 1, "dash": "dot" if name == "target" else "solid"},
            "opacity": 0.75,
        }
        for _, value, name, state in _set_lines(info)
    ]


def _line_labels(info: IndicatorInfo, pixels: Callable[[float], float], x: float, theme: str) -> list[dict[str, Any]]:
    wanted = _set_lines(info)
    tops = spread([pixels(value) for _, value, _, _ in wanted], gap=_GAP)
    return [
        _text(f"{word} {fmt.line(value)}", x=x, top=top, anchor="right", shift=-6, colour=state_colour(state, theme))
        for (word, value, _, state), top in zip(wanted, tops, strict=True)
    ]


def _end_labels(facet: Facet, pixels: Callable[[float], float], x: float, token: Any) -> list[dict[str, Any]]:
    last = [
        (line.name, next((p.value for p in reversed(line.points) if p.value is not None), None), index == 0)
        for index, line in enumerate(facet.series)
    ]
    known = [(name, value, is_own) for name, value, is_own in last if value is not None]
    tops = spread([pixels(value) for _, value, _ in known], gap=_GAP)
    return [
        _text(
            f"<b>{name} {fmt.number(value)}</b>" if is_own else f"{name} {fmt.number(value)}",
            x=x,
            top=top,
            anchor="left",
            shift=6,
            colour=token["accent"] if is_own else token["ink-2"],
        )
        for (name, value, is_own), top in zip(known, tops, strict=True)
    ]


def _title(facet: Facet, x: float, token: Any, theme: str) -> dict[str, Any]:
    """Name, value in focus and its state, above the chart."""
    point = next((p for p in facet.series[0].points if p.period.key == facet.focus), None)
    text = f"<b>{escape(facet.title)}</b>"
    if point is not None:
        state = facet.info.judge(point.value)
        colour = state_colour(state, theme)
        text += (
            f'  <span style="color:{token["ink-2"]}">{point.period.label} '
            f"{fmt.with_unit(point.value, facet.info.unit)}</span>"
            f'  <span style="color:{colour}">{SHAPES[state]} {state.value}</span>'
        )
    return {
        **_text(text, x=x, top=0, anchor="left", shift=0, colour=token["ink"]),
        "yshift": _TOP - 10,
        "font": {"size": 13, "color": token["ink"]},
    }


def _text(text: str, *, x: float, top: float, anchor: str, shift: int, colour: str) -> dict[str, Any]:
    return {
        "text": text,
        "xref": "paper",
        "x": x,
        "xanchor": anchor,
        "xshift": shift,
        "yref": "paper",
        "y": 1,
        "yshift": -round(top, 1),
        "yanchor": "middle",
        "showarrow": False,
        "font": {"size": 12, "color": colour},
    }
