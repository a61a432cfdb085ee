"""Units of a section: the share that reached the standard, against other sections, and the spread of the scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from indicators.results import IndicatorInfo, State
from layouts import format as fmt
from layouts.figures.drawing import Drawing
from layouts.figures.trend import SYMBOLS, spread
from layouts.theme import state_colour, template, tokens

_TOP, _BOTTOM, _LEFT, _RIGHT = 20, 26, 68, 96
_CURVE: Final = (0.50, 1.0)
"""Stretch of the height that the curve takes, where scores are drawn below it."""
_SCORES: Final = (0.0, 0.36)


@dataclass(frozen=True, kw_only=True)
class UnitBar:
    """One unit.

    Attributes:
        share: percent of those assessed who reached the standard.
        others: lowest, middle and highest share of the other sections of the course; None without any.
        scores: lowest, lower quartile, median, upper quartile, highest; None where they are not shown.
    """

    number: int
    share: float
    reached: int
    assessed: int
    others: tuple[float, float, float] | None = None
    mean: float | None = None
    scores: tuple[float, float, float, float, float] | None = None


def units(bars: Sequence[UnitBar], info: IndicatorInfo, *, theme: str = "light") -> Drawing:
    """The curve of shares by unit within the band of the other sections; below it, where shown, the scores as boxes."""
    token = tokens(theme)
    with_scores = any(bar.scores is not None for bar in bars)
    height = 330 if with_scores else 210
    plot = (height - _TOP - _BOTTOM) * ((_CURVE[1] - _CURVE[0]) if with_scores else 1.0)
    known = [bar.share for bar in bars] + [value for bar in bars if bar.others for value in bar.others]
    lines = [
        (word, float(value), state)
        for word, value, state in (("目标", info.target, State.REACHED), ("预警", info.warning, State.WARNING))
        if isinstance(value, int | float)
    ]
    low = min([*known, *(value for _, value, _ in lines)]) - 4
    high = max([*known, *(value for _, value, _ in lines)]) + 4

    def pixels(value: float) -> float:
        return (high - value) / (high - low) * plot

    judged = [info.judge(bar.share) for bar in bars]
    x = list(range(len(bars)))
    data: list[dict[str, Any]] = [
        *_band(bars, token),
        {
            "type": "scatter",
            "mode": "lines+markers+text",
            "x": x,
            "y": [round(bar.share, 2) for bar in bars],
            "text": [fmt.number(bar.share, digits=0) for bar in bars],
            "textposition": "top center",
            "textfont": {"size": 11, "color": token["ink-2"], "shadow": f"0 0 3px {token['surface']}"},
            "line": {"color": token["accent"], "width": 2},
            "marker": {
                "size": 8,
                "symbol": [SYMBOLS[state] for state in judged],
                "color": [state_colour(state, theme) for state in judged],
                "line": {"color": token["surface"], "width": 1},
            },
            "cliponaxis": False,
            "customdata": [
                [bar.number, bar.reached, bar.assessed, s.value] for bar, s in zip(bars, judged, strict=True)
            ],
            "hovertemplate": (
                "第%{customdata[0]}单元 达标 <b>%{y:.1f}%</b>（%{customdata[3]}）<br>"
                "达标 %{customdata[1]} / 参加考核 %{customdata[2]} 人<extra></extra>"
            ),
        },
    ]
    if with_scores:
        data.append(_boxes(bars, token))
    ends = [("本班", bars[-1].share, token["accent"])]
    if bars[-1].others is not None:
        ends.append(("他班中位", bars[-1].others[1], token["ink-2"]))
    line_tops = spread([pixels(value) for _, value, _ in lines], gap=15)
    end_tops = spread([pixels(value) for _, value, _ in ends], gap=15)
    return Drawing(
        data=data,
        layout={
            "template": template(theme),
            "height": height,
            "margin": {"t": _TOP, "b": _BOTTOM, "l": _LEFT, "r": _RIGHT},
            "hovermode": "closest",
            "xaxis": {
                "anchor": "y2" if with_scores else "y",
                "range": [-0.5, max(len(bars), 2) - 0.5],
                "showgrid": False,
                "tickvals": x,
                "ticktext": [f"单元{bar.number}" if len(bars) <= 12 else str(bar.number) for bar in bars],
                "tickangle": 0,
            },
            "yaxis": {
                "domain": _CURVE if with_scores else (0.0, 1.0), "range": [low, high], "showgrid": False,
                "showticklabels": False,
            },
            "yaxis2": {
                "domain": _SCORES, "nticks": 4, "tickfont": {"size": 11, "color": token["ink-3"]}, "anchor": "x",
                "visible": with_scores,
            },
            "shapes": [
                {
                    "type": "line", "layer": "below", "xref": "paper", "x0": 0, "x1": 1, "y0": value, "y1": value,
                    "line": {"color": state_colour(state, theme), "width": 1,
                             "dash": "dot" if state is State.REACHED else "solid"},
                    "opacity": 0.75,
                }
                for _, value, state in lines
            ],
            "annotations": [
                *(
                    _text(f"{word} {fmt.line(value)}", top, side="left", colour=state_colour(state, theme))
                    for (word, value, state), top in zip(lines, line_tops, strict=True)
                ),
                *(
                    _text(f"{name} {fmt.number(value)}", top, side="right", colour=colour)
                    for (name, value, colour), top in zip(ends, end_tops, strict=True)
                ),
                _heading("单元达标率 %", 1.0, token),
                *([_heading("单元得分：最低至最高，箱为中间一半，虚线为均分", _SCORES[1], token)] if with_scores else []),
            ],
        },
    )  # fmt: skip


def _band(bars: Sequence[UnitBar], token: Any) -> list[dict[str, Any]]:
    """The stretch between the lowest and the highest of the other sections, and their middle."""
    with_others = [(index, bar.others) for index, bar in enumerate(bars) if bar.others is not None]
    if not with_others:
        return []
    x = [index for index, _ in with_others]
    lowest, middle, highest = zip(*(others for _, others in with_others), strict=True)
    edge = {"type": "scatter", "mode": "lines", "x": x, "line": {"width": 0}, "hoverinfo": "skip"}
    return [
        {**edge, "y": list(lowest)},
        {**edge, "y": list(highest), "fill": "tonexty", "fillcolor": token["accent-pale"]},
        {
            "type": "scatter",
            "mode": "lines",
            "x": x,
            "y": list(middle),
            "line": {"color": token["ink-3"], "width": 1.2, "dash": "dash"},
            "hovertemplate": "同课程其他教学班中位 <b>%{y:.1f}%</b><extra></extra>",
        },
    ]


def _boxes(bars: Sequence[UnitBar], token: Any) -> dict[str, Any]:
    found = [(index, bar.scores, bar.mean) for index, bar in enumerate(bars) if bar.scores is not None]
    lowest, lower, middle, upper, highest = (list(part) for part in zip(*(s for _, s, _ in found), strict=True))
    return {
        "type": "box",
        "yaxis": "y2",
        "x": [index for index, _, _ in found],
        "lowerfence": lowest,
        "q1": lower,
        "median": middle,
        "q3": upper,
        "upperfence": highest,
        "mean": [mean for _, _, mean in found],
        "boxmean": True,
        "width": 0.36,
        "line": {"color": token["ink-2"], "width": 1.2},
        "fillcolor": token["accent-pale"],
        "hoverinfo": "y",
    }


def _text(text: str, top: float, *, side: str, colour: str) -> dict[str, Any]:
    is_left = side == "left"
    return {
        "text": text, "xref": "paper", "x": 0 if is_left else 1, "xanchor": "right" if is_left else "left",
        "xshift": -8 if is_left else 8, "yref": "paper", "y": 1, "yshift": -round(top, 1), "yanchor": "middle",
        "showarrow": False, "font": {"size": 12, "color": colour},
    }  # fmt: skip


def _heading(text: str, y: float, token: Any) -> dict[str, Any]:
    return {
        "text": text, "xref": "paper", "x": 0, "xanchor": "left", "xshift": -_LEFT, "yref": "paper", "y": y,
        "yanchor": "bottom", "yshift": 4, "showarrow": False, "font": {"size": 11, "color": token["ink-3"]},
    }  # fmt: skip
