"""Entities × periods as a heatmap with the value in each cell and the warning line as a contour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from indicators.results import STATES, EntityInfo, FloatMatrix, IndicatorInfo, State, ValueFrame
from layouts import format as fmt
from layouts.states import SHAPES
from layouts.theme import state_fill, template, tokens

ROW_HEIGHT: Final = 23
MIN_COLUMNS: Final = 10
"""Early in a term the cells keep a sober width instead of filling the panel."""

_TOP, _BOTTOM, _LEFT, _RIGHT = 30, 6, 268, 64
_COURSE_CHARACTERS, _CLASS_CHARACTERS = 11, 11
_ALERT: Final = STATES.index(State.ALERT)
_NO_DATA: Final = STATES.index(State.NO_DATA)
_BEYOND: Final = STATES.index(State.WARNING)
_DEEPEST_AT: Final = 4.0
"""The alert colour is deepest where a value misses its line by this many warning bands."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How a heatmap is to be read and where its cells lead.

    Attributes:
        focus: index of the period in focus; the last column compares it with the one before.
        row_links: address behind each row.
        column_suffixes: what a cell's column adds to the address of its row.
        counted: names of numerator and denominator, such as 实到 and 应到.
        because_missing: why a cell may be without value.
    """

    focus: int
    row_links: Sequence[str]
    column_suffixes: Sequence[str]
    counted: tuple[str, str]
    because_missing: str


def heatmap(frame: ValueFrame, info: IndicatorInfo, reading: Reading, *, theme: str = "light") -> go.Figure:
    """The heatmap of `frame`, first entity on top; cells without value are grey, never 0.

    `layout.meta` carries the addresses for the click handler in ``assets/js/chart.js``.
    """
    rows, columns = frame.value.shape
    states = info.judge_all(frame.value)
    token = tokens(theme)
    shown = max(columns, MIN_COLUMNS)
    contour_x, contour_y = contour(states >= _BEYOND, known=states != _NO_DATA)
    return go.Figure(
        data=[
            _missing(states, reading, token),
            _values(frame, info, states, reading, theme),
            {
                "type": "scatter",
                "mode": "lines",
                "x": contour_x,
                "y": contour_y,
                "line": {"color": token["mark-warning"], "width": 1.6},
                "hoverinfo": "skip",
            },
        ],
        layout={
            "template": template(theme),
            "height": _TOP + rows * ROW_HEIGHT + _BOTTOM,
            "margin": {"t": _TOP, "b": _BOTTOM, "l": _LEFT, "r": _RIGHT},
            "meta": {"rows": list(reading.row_links), "columns": list(reading.column_suffixes)},
            "xaxis": {
                "side": "top",
                "range": [-0.5, shown - 0.5],
                "showgrid": False,
                "tickvals": list(range(columns)),
                "ticktext": [
                    _week(period.ordinal, index == reading.focus, token) for index, period in enumerate(frame.periods)
                ],
                "tickangle": 0,
            },
            "yaxis": {
                "range": [rows - 0.5, -0.5],
                "showgrid": False,
                "tickvals": list(range(rows)),
                "ticktext": [_label(*pair, token) for pair in zip(frame.entities, reading.row_links, strict=True)],
                "ticklabelstandoff": 8,
            },
            "yaxis2": {
                "overlaying": "y",
                "side": "right",
                "range": [rows - 0.5, -0.5],
                "showgrid": False,
                "tickvals": list(range(rows)),
                "ticktext": _changes(frame.value, reading.focus),
                "ticklabelstandoff": 8,
            },
            "annotations": [
                _heading("课程 · 教学班", x=0, xanchor="right", xshift=-8, token=token),
                _heading("较上周", x=1, xanchor="left", xshift=8, token=token),
            ],
        },
    )


def contour(beyond: NDArray[np.bool_], *, known: NDArray[np.bool_]) -> tuple[list[float | None], list[float | None]]:
    """The border between cells beyond the warning line and known cells within it.

    Args:
        beyond: (rows, columns), True where a value has crossed the warning line.
        known: same shape, False where there is no value; a gap is no border.

    Returns:
        x and y of the line pieces, in cell coordinates (cell 0 reaches from −0.5 to 0.5), each piece
        followed by None. Pieces in one direction are joined, so a straight border is one piece.
    """
    xs: list[float | None] = []
    ys: list[float | None] = []
    vertical = (beyond[:, 1:] != beyond[:, :-1]) & known[:, 1:] & known[:, :-1]
    horizontal = (beyond[1:, :] != beyond[:-1, :]) & known[1:, :] & known[:-1, :]
    for column in range(vertical.shape[1]):
        for start, stop in _runs(vertical[:, column]):
            xs += [column + 0.5, column + 0.5, None]
            ys += [start - 0.5, stop - 0.5, None]
    for row in range(horizontal.shape[0]):
        for start, stop in _runs(horizontal[row]):
            xs += [start - 0.5, stop - 0.5, None]
            ys += [row + 0.5, row + 0.5, None]
    return xs, ys


def _runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Stretches of True as (first, one past the last)."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False])).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def depth(values: FloatMatrix, states: NDArray[np.int8], info: IndicatorInfo) -> FloatMatrix:
    """Where each value lies on the colour scale: its state's number, and how far beyond the alert line.

    Values in 警戒 run from 3 at the line to 4 at `_DEEPEST_AT` warning bands beyond; NaN has no colour.
    """
    result = states.astype(np.float64)
    result[states == _NO_DATA] = np.nan
    if isinstance(info.alert, float | int) and isinstance(info.warning, float | int):
        reach = _DEEPEST_AT * (abs(info.warning - info.alert) or 1.0)
        deep = states == _ALERT
        result[deep] += np.minimum(np.abs(values[deep] - info.alert) / reach, 1.0)
    return np.round(result, 2)


def _values(
    frame: ValueFrame, info: IndicatorInfo, states: NDArray[np.int8], reading: Reading, theme: str
) -> dict[str, Any]:
    digits = fmt.digits_of(info.unit)
    first, second = reading.counted
    marks = {index: f"{SHAPES[state]} " for index, state in enumerate(STATES) if state in {State.WARNING, State.ALERT}}
    text: list[list[str | None]] = []
    custom: list[list[list[str] | None]] = []
    for values, numbers, tops, bottoms in zip(
        frame.value.tolist(), states.tolist(), frame.numerator.tolist(), frame.denominator.tolist(), strict=True
    ):
        cells = list(zip(values, numbers, tops, bottoms, strict=True))
        text.append(
            [None if n == _NO_DATA else marks.get(n, "") + fmt.number(v, digits=digits) for v, n, _, _ in cells]
        )
        custom.append(
            [
                None
                if n == _NO_DATA
                else [fmt.with_unit(v, info.unit), STATES[n].value, fmt.number(t, digits=0), fmt.number(b, digits=0)]
                for v, n, t, b in cells
            ]
        )
    return {
        "type": "heatmap",
        "z": [[None if np.isnan(z) else z for z in row] for row in depth(frame.value, states, info).tolist()],
        "text": text,
        "texttemplate": "%{text}",
        "textfont": {"size": 12, "color": tokens(theme)["ink"]},
        "customdata": custom,
        "hovertemplate": (
            "<b>%{y}</b><br>%{x} · "
            f"{escape(info.name_zh)} <b>%{{customdata[0]}}</b>（%{{customdata[1]}}）<br>"
            f"{first} %{{customdata[2]}} / {second} %{{customdata[3]}}<extra></extra>"
        ),
        "hoverongaps": False,
        "xgap": 2,
        "ygap": 2,
        "zmin": -0.5,
        "zmax": 4,
        "colorscale": _colour_scale(theme),
        "showscale": False,
    }


def _missing(states: NDArray[np.int8], reading: Reading, token: Any) -> dict[str, Any]:
    """Grey cells where there is no value; drawn on the second axis, which carries the changes."""
    missing = states == _NO_DATA
    return {
        "type": "heatmap",
        "yaxis": "y2",
        "z": [[0 if gap else None for gap in row] for row in missing.tolist()],
        "text": [[fmt.NO_VALUE if gap else None for gap in row] for row in missing.tolist()],
        "texttemplate": "%{text}",
        "textfont": {"size": 12, "color": token["no-data"]},
        "hovertemplate": f"%{{x}} · 无数据<br>{reading.because_missing}<extra></extra>",
        "hoverongaps": False,
        "xgap": 2,
        "ygap": 2,
        "colorscale": [[0, token["no-data-pale"]], [1, token["no-data-pale"]]],
        "showscale": False,
    }


def _colour_scale(theme: str) -> list[list[Any]]:
    """One flat colour per state; within 警戒 it deepens from the alert line on."""

    def at(z: float) -> float:
        return round((z + 0.5) / 4.5, 4)

    fills = [state_fill(state, theme) for state in STATES[: _ALERT + 1]]
    stops: list[list[Any]] = [[0, fills[0]]]
    for index in range(_ALERT):
        stops += [[at(index + 0.5), fills[index]], [at(index + 0.5), fills[index + 1]]]
    return [*stops, [at(_ALERT), fills[_ALERT]], [1, tokens(theme)["alert-deep"]]]


def _label(entity: EntityInfo, href: str, token: Any) -> str:
    if not entity.course_name:
        return f'<a href="{escape(href)}" target="_self">{escape(entity.name)}</a>'
    course, class_name = _cut(entity.course_name, _COURSE_CHARACTERS), _cut(entity.class_name, _CLASS_CHARACTERS)
    return (
        f'<a href="{escape(href)}" target="_self" style="color:{token["ink"]}">{escape(course)}</a>'
        f'  <span style="color:{token["ink-2"]}">{escape(class_name)}</span>'
    )


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _week(ordinal: int, in_focus: bool, token: Any) -> str:  # noqa: FBT001 (private, called once)
    text = f"{ordinal}周"
    return f'<span style="color:{token["accent"]}"><b>{text}</b></span>' if in_focus else text


def _changes(value: FloatMatrix, focus: int) -> list[str]:
    if focus == 0:
        return [fmt.NO_VALUE] * value.shape[0]
    return [fmt.change(now, before) for before, now in value[:, focus - 1 : focus + 1].tolist()]


def _heading(text: str, *, x: float, xanchor: str, xshift: int, token: Any) -> dict[str, Any]:
    return {
        "text": text,
        "x": x,
        "xref": "paper",
        "xanchor": xanchor,
        "xshift": xshift,
        "y": 1,
        "yref": "paper",
        "yanchor": "bottom",
        "yshift": 5,
        "showarrow": False,
        "font": {"size": 12, "color": token["ink-3"]},
    }
