"""One value over time against its lines, its course and its department."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from indicators.results import IndicatorInfo, State, ValuePoint
from layouts import format as fmt
from layouts.figures.axis import THIN_FROM, week_label
from layouts.figures.drawing import Drawing
from layouts.figures.point_labels import beside, written
from layouts.theme import state_colour, template, tokens

SYMBOLS: Final = {
    State.REACHED: "circle",
    State.WATCH: "diamond",
    State.WARNING: "triangle-up",
    State.ALERT: "square",
    State.NO_DATA: "circle-open",
}
LINES: Final = (("目标", "target", State.REACHED), ("预警", "warning", State.WARNING), ("警戒", "alert", State.ALERT))

_TOP, _BOTTOM, _LEFT, _RIGHT = 12, 28, 74, 148
_LABEL_GAP: Final = 16
_DASHES: Final = ("dash", "dot", "dashdot")
_SAMPLES: Final = ("", "╌ ", "┈ ", "╌┈ ")
"""Lines compared with, and the same dashes in front of their names."""


@dataclass(frozen=True, kw_only=True)
class Series:
    """One line; the first of a chart is the subject, the others are what it is compared with."""

    name: str
    points: Sequence[ValuePoint]


def trend(
    series: Sequence[Series],
    info: IndicatorInfo,
    *,
    focus: str | None = None,
    height: int = 280,
    counted: tuple[str, str] = ("分子", "分母"),
    theme: str = "light",
) -> Drawing:
    """The weekly line of the first of `series`; a period without value is a gap in the line.

    Args:
        series: subject first, then up to three to compare with.
        focus: key of the period to mark.
        height: in px.
        counted: names of numerator and denominator for the hover.
    """
    token = tokens(theme)
    subject, *others = series
    keys = [point.period.key for point in subject.points]
    low, high = _range(series, info)
    plot_height = height - _TOP - _BOTTOM

    def pixels(value: float) -> float:
        return (high - value) / (high - low) * plot_height

    data = [_context(other, keys, token, dash=_DASHES[index]) for index, other in enumerate(others)]
    data.append(_subject(subject, info, counted, pixels, token, theme))
    return Drawing(
        data=data,
        layout={
            "template": template(theme),
            "height": height,
            "margin": {"t": _TOP, "b": _BOTTOM, "l": _LEFT, "r": _RIGHT},
            "hovermode": "closest",
            "xaxis": {
                "range": [-0.4, len(keys) - 0.6],
                "showgrid": False,
                "tickvals": list(range(len(keys))),
                "ticktext": [_tick(point, focus, token, is_thin=len(keys) >= THIN_FROM) for point in subject.points],
                "tickangle": 0,
            },
            "yaxis": {"range": [low, high], "showgrid": False, "showticklabels": False},
            "shapes": [*_reference_lines(info, theme), *_focus_band(keys, focus, token)],
            "annotations": [
                *_reference_labels(info, pixels, theme),
                *_end_labels(series, info, pixels, token),
            ],
        },
    )


def spread(positions: Sequence[float], *, gap: float) -> list[float]:
    """`positions` moved as little as a simple sweep can, so that neighbours are `gap` apart.

    Order is kept, and labels that already have room stay where they are.
    """
    order = sorted(range(len(positions)), key=lambda index: positions[index])
    groups: list[list[int]] = []
    for index in order:
        groups.append([index])
        while len(groups) > 1 and _start(groups[-1], positions, gap) - _end(groups[-2], positions, gap) < gap:
            last = groups.pop()
            groups[-1] += last
    result = list(positions)
    for group in groups:
        first = _start(group, positions, gap)
        for step, index in enumerate(group):
            result[index] = first + step * gap
    return result


def _start(group: list[int], positions: Sequence[float], gap: float) -> float:
    centre = sum(positions[index] for index in group) / len(group)
    return centre - (len(group) - 1) * gap / 2


def _end(group: list[int], positions: Sequence[float], gap: float) -> float:
    return _start(group, positions, gap) + (len(group) - 1) * gap


def _range(series: Sequence[Series], info: IndicatorInfo) -> tuple[float, float]:
    known = [point.value for line in series for point in line.points if point.value is not None]
    known += [end for _, name, _ in LINES for end in _ends(getattr(info, name))]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    room = (high - low) * 0.14 or 1.0
    return low - room, high + room


def _ends(line: float | tuple[float, float] | None) -> tuple[float, ...]:
    if line is None:
        return ()
    return line if isinstance(line, tuple) else (line,)


def _subject(
    series: Series,
    info: IndicatorInfo,
    counted: tuple[str, str],
    pixels: Callable[[float], float],
    token: Any,
    theme: str,
) -> dict[str, Any]:
    values = [point.value for point in series.points]
    judged = [info.judge(value) for value in values]
    texts = [fmt.number(value, digits=fmt.digits_of(info.unit)) for value in values]
    shown = written(values, texts, judged, [0.0 if value is None else pixels(value) for value in values])
    return {
        "type": "scatter",
        "mode": "lines+markers+text",
        "x": list(range(len(series.points))),
        "y": [_rounded(point.value) for point in series.points],
        "text": [text if index in shown else "" for index, text in enumerate(texts)],
        "textposition": beside(values),
        "textfont": {"size": 11, "color": token["ink-2"], "shadow": f"0 0 3px {token['surface']}"},
        "line": {"color": token["accent"], "width": 2},
        "marker": {
            "size": 9,
            "symbol": [SYMBOLS[state] for state in judged],
            "color": [state_colour(state, theme) for state in judged],
            "line": {"color": token["surface"], "width": 1},
        },
        "cliponaxis": False,
        "customdata": [
            [
                point.period.label,
                fmt.span(point.period.start, point.period.end),
                fmt.with_unit(point.value, info.unit),
                state.value,
                fmt.number(point.numerator, digits=0),
                fmt.number(point.denominator, digits=0),
            ]
            for point, state in zip(series.points, judged, strict=True)
        ],
        "hovertemplate": (
            f"<b>{series.name}</b> %{{customdata[0]}}（%{{customdata[1]}}）<br>"
            f"{info.name_zh} <b>%{{customdata[2]}}</b>（%{{customdata[3]}}）<br>"
            f"{counted[0]} %{{customdata[4]}} / {counted[1]} %{{customdata[5]}}<extra></extra>"
        ),
    }


def _context(series: Series, keys: Sequence[str], token: Any, *, dash: str) -> dict[str, Any]:
    by_key = {point.period.key: point for point in series.points}
    points = [by_key.get(key) for key in keys]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": list(range(len(keys))),
        "y": [None if point is None else _rounded(point.value) for point in points],
        "line": {"color": token["ink-3"], "width": 1.3, "dash": dash},
        "hovertemplate": f"{series.name} <b>%{{y:.1f}}</b><extra></extra>",
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def _tick(point: ValuePoint, focus: str | None, token: Any, *, is_thin: bool) -> str:
    in_focus = point.period.key == focus
    if point.period.kind == "week":
        return week_label(point.period.ordinal, token, in_focus=in_focus, is_thin=is_thin)
    text = point.period.label
    return f'<span style="color:{token["accent"]}"><b>{text}</b></span>' if in_focus else text


def _reference_lines(info: IndicatorInfo, theme: str) -> list[dict[str, Any]]:
    return [
        {
            "type": "line",
            "layer": "below",
            "xref": "paper",
            "x0": 0,
            "x1": 1,
            "y0": end,
            "y1": end,
            "line": {"color": state_colour(state, theme), "width": 1, "dash": "dot" if name == "target" else "solid"},
            "opacity": 0.75,
        }
        for _, name, state in LINES
        for end in _ends(getattr(info, name))
    ]


def _focus_band(keys: Sequence[str], focus: str | None, token: Any) -> list[dict[str, Any]]:
    if focus not in keys:
        return []
    index = keys.index(focus)
    return [
        {
            "type": "rect",
            "layer": "below",
            "x0": index - 0.4,
            "x1": index + 0.4,
            "yref": "paper",
            "y0": 0,
            "y1": 1,
            "fillcolor": token["accent-pale"],
            "opacity": 0.7,
            "line": {"width": 0},
        }
    ]


def _reference_labels(info: IndicatorInfo, pixels: Any, theme: str) -> list[dict[str, Any]]:
    wanted = [
        (f"{label} {fmt.line(end)}", end, state) for label, name, state in LINES for end in _ends(getattr(info, name))
    ]
    tops = spread([pixels(end) for _, end, _ in wanted], gap=_LABEL_GAP)
    return [
        _margin_label(text, top, side="left", colour=state_colour(state, theme))
        for (text, _, state), top in zip(wanted, tops, strict=True)
    ]


def _end_labels(series: Sequence[Series], info: IndicatorInfo, pixels: Any, token: Any) -> list[dict[str, Any]]:
    last = [
        (
            f"{_SAMPLES[index]}{line.name}",
            next((point.value for point in reversed(line.points) if point.value is not None), None),
            index == 0,
        )
        for index, line in enumerate(series)
    ]
    known = [(name, value, is_subject) for name, value, is_subject in last if value is not None]
    tops = spread([pixels(value) for _, value, _ in known], gap=_LABEL_GAP)
    return [
        _margin_label(
            f"<b>{name} {fmt.with_unit(value, info.unit)}</b>"
            if is_subject
            else f"{name} {fmt.with_unit(value, info.unit)}",
            top,
            side="right",
            colour=token["accent"] if is_subject else token["ink-2"],
        )
        for (name, value, is_subject), top in zip(known, tops, strict=True)
    ]


def _margin_label(text: str, top: float, *, side: str, colour: str) -> dict[str, Any]:
    """A label beside the plot, `top` px below its upper edge."""
    is_left = side == "left"
    return {
        "text": text,
        "xref": "paper",
        "x": 0 if is_left else 1,
        "xanchor": "right" if is_left else "left",
        "xshift": -8 if is_left else 8,
        "yref": "paper",
        "y": 1,
        "yshift": -round(top, 1),
        "yanchor": "middle",
        "showarrow": False,
        "font": {"size": 12, "color": colour},
    }
