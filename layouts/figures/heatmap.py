"""Entities × periods as a heatmap with the value in each cell and the warning line as a contour."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from indicators.results import STATES, EntityInfo, FloatMatrix, IndicatorInfo, State, ValueFrame
from layouts import format as fmt
from layouts.figures.axis import THIN_FROM, UNITS, week_label
from layouts.figures.drawing import Drawing
from layouts.states import SHAPES
from layouts.theme import state_colour, state_fill, template, tokens

ROW_HEIGHT: Final = 23
MIN_COLUMNS: Final = 10
MIN_MONTHS: Final = 6
"""Early in a term the cells keep a sober width instead of filling the panel."""
DENSE_FROM: Final = 15
"""From so many periods on, text is set smaller so that it fits its cell on a narrow screen; from `THIN_FROM`
on, cells hold a whole number and no shape."""
_THIN_WIDTH: Final = 20
"""Least width in px of a thin cell: three figures at 10 px."""
_TOP, _BOTTOM, _LEFT, _RIGHT = 30, 6, 280, 64
_COURSE_WIDTH, _CLASS_WIDTH = 140, 122
_CHINESE_WIDTH, _LATIN_WIDTH = 12.0, 7.0
"""Room in px for the two parts of a row's label, and what a character takes of it at 12 px."""
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


def heatmap(frame: ValueFrame, info: IndicatorInfo, reading: Reading, *, theme: str = "light") -> Drawing:
    """The heatmap of `frame`, first entity on top; cells without value are grey, never 0.

    `layout.meta` carries the addresses for the click handler in ``assets/js/chart.js``.
    """
    rows, columns = frame.value.shape
    states = info.judge_all(frame.value)
    token = tokens(theme)
    is_monthly = bool(columns) and frame.periods[0].kind == "month"
    shown = max(columns, MIN_MONTHS if is_monthly else MIN_COLUMNS)
    contour_x, contour_y = contour(states >= _BEYOND, known=states != _NO_DATA)
    return Drawing(
        data=[
            _missing(states, reading, token),
            *_values(frame, info, states, reading, theme),
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
                    week_label(
                        period.ordinal,
                        token,
                        in_focus=index == reading.focus,
                        is_thin=columns >= THIN_FROM,
                        unit=UNITS.get(period.kind, ""),
                    )
                    for index, period in enumerate(frame.periods)
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
                _heading(
                    fmt.SINCE[frame.periods[0].kind] if columns else "", x=1, xanchor="left", xshift=8, token=token
                ),
            ],
        },
    )


def least_width(frame: ValueFrame) -> int:
    """The width in px below which the cells of `frame` cannot hold their text; 0 where any will do."""
    columns = len(frame.periods)
    return 0 if columns < THIN_FROM else _LEFT + columns * _THIN_WIDTH + _RIGHT


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


def depth(values: FloatMatrix, info: IndicatorInfo) -> FloatMatrix:
    """How far values lie beyond the alert line: 0 at the line, 1 at `_DEEPEST_AT` warning bands beyond."""
    if not isinstance(info.alert, float | int) or not isinstance(info.warning, float | int):
        return np.zeros_like(values)
    reach = _DEEPEST_AT * (abs(info.warning - info.alert) or 1.0)
    depths: FloatMatrix = np.clip(np.abs(values - info.alert) / reach, 0.0, 1.0).round(2)
    return depths


def _values(
    frame: ValueFrame, info: IndicatorInfo, states: NDArray[np.int8], reading: Reading, theme: str
) -> list[dict[str, Any]]:
    """One trace a state, so that text and ground of a cell carry its colour; cells of other states are empty."""
    counts = list(zip(frame.numerator.tolist(), frame.denominator.tolist(), strict=True))
    depths = depth(frame.value, info).tolist()
    columns = frame.value.shape[1]
    size = 12 if columns < DENSE_FROM else 11 if columns < THIN_FROM else 10
    traces = []
    for number in range(_ALERT + 1):
        mine = states == number
        if not mine.any():
            continue
        state = STATES[number]
        z: list[list[float | None]] = []
        text: list[list[str]] = []
        custom: list[list[list[str] | None]] = []
        for row, (flags, values) in enumerate(zip(mine.tolist(), frame.value.tolist(), strict=True)):
            tops, bottoms = counts[row]
            z.append([depths[row][i] if flag else None for i, flag in enumerate(flags)])
            text.append(
                [
                    _cell_text(value, state, info, columns) if flag else ""
                    for value, flag in zip(values, flags, strict=True)
                ]
            )
            custom.append(
                [
                    [fmt.with_unit(values[i], info.unit), *(fmt.number(n[i], digits=0) for n in (tops, bottoms))]
                    if flag
                    else None
                    for i, flag in enumerate(flags)
                ]
            )
        traces.append(
            {
                **_CELLS,
                "z": z,
                "text": text,
                "textfont": {"size": size, "color": _text_colour(state, theme)},
                "customdata": custom,
                "hovertemplate": _hover(info, state, reading),
                "colorscale": [[0, state_fill(state, theme)], [1, _deepest(state, theme)]],
            }
        )
    return traces


_CELLS: Final[dict[str, Any]] = {
    "type": "heatmap",
    "texttemplate": "%{text}",
    "hoverongaps": False,
    "xgap": 2,
    "ygap": 2,
    "zmin": 0,
    "zmax": 1,
    "showscale": False,
}


def _cell_text(value: float, state: State, info: IndicatorInfo, columns: int) -> str:
    if columns >= THIN_FROM:
        return fmt.number(_towards_worse(value, info), digits=0)
    gap = "" if columns >= DENSE_FROM else " "
    mark = f"{SHAPES[state]}{gap}" if state in {State.WARNING, State.ALERT} else ""
    return mark + fmt.number(value, digits=fmt.digits_of(info.unit))


def _towards_worse(value: float, info: IndicatorInfo) -> float:
    """A whole number that is in no better state than `value`: 89.7 below a line of 90 must not read as 90."""
    if info.direction == "target":
        return round(value)
    return math.ceil(value) if info.direction == "lower" else math.floor(value)


def _text_colour(state: State, theme: str) -> str:
    return tokens(theme)["alert-ink"] if state is State.ALERT else state_colour(state, theme)


def _deepest(state: State, theme: str) -> str:
    return tokens(theme)["alert-deep"] if state is State.ALERT else state_fill(state, theme)


def _hover(info: IndicatorInfo, state: State, reading: Reading) -> str:
    first, second = reading.counted
    return (
        f"<b>%{{y}}</b><br>%{{x}} · {escape(info.name_zh)} <b>%{{customdata[0]}}</b>（{state.value}）<br>"
        f"{first} %{{customdata[1]}} / {second} %{{customdata[2]}}<extra></extra>"
    )


def _missing(states: NDArray[np.int8], reading: Reading, token: Any) -> dict[str, Any]:
    """Grey cells where there is no value; drawn on the second axis, which carries the changes."""
    missing = states == _NO_DATA
    return {
        **_CELLS,
        "yaxis": "y2",
        "z": [[0 if gap else None for gap in row] for row in missing.tolist()],
        "text": [[fmt.NO_VALUE if gap else "" for gap in row] for row in missing.tolist()],
        "textfont": {"size": 12, "color": token["no-data"]},
        "hovertemplate": f"%{{x}} · 无数据<br>{reading.because_missing}<extra></extra>",
        "colorscale": [[0, token["no-data-pale"]], [1, token["no-data-pale"]]],
    }


def _label(entity: EntityInfo, href: str, token: Any) -> str:
    if not entity.course_name:
        return f'<a href="{escape(href)}" target="_self">{escape(entity.name)}</a>'
    course, class_name = fit(entity.course_name, _COURSE_WIDTH), fit(entity.class_name, _CLASS_WIDTH)
    return (
        f'<a href="{escape(href)}" target="_self" style="color:{token["ink"]}">{escape(course)}</a>'
        f'  <span style="color:{token["ink-2"]}">{escape(class_name)}</span>'
    )


def fit(text: str, width: float) -> str:
    """`text`, shortened with an ellipsis where it would be wider than `width` px."""
    if _width(text) <= width:
        return text
    kept = text
    while kept and _width(kept) + _CHINESE_WIDTH > width:
        kept = kept[:-1]
    return f"{kept}…"


def _width(text: str) -> float:
    return sum(_LATIN_WIDTH if character.isascii() else _CHINESE_WIDTH for character in text)


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
        "yshift": 1,
        "showarrow": False,
        "font": {"size": 12, "color": token["ink-3"]},
    }
