"""The five degrees of lessons (五度) as rows of dots: own mean with its spread, beside course and department."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from indicators.results import IndicatorInfo, State
from layouts import format as fmt
from layouts.figures.drawing import Drawing
from layouts.figures.trend import SYMBOLS
from layouts.theme import state_colour, template, tokens

ROW: Final = 40
_TOP, _BOTTOM, _LEFT, _RIGHT = 22, 24, 112, 96
_LEAST: Final = 5.0
"""Points that the axis shows beyond the values."""
_OTHERS: Final = (("line-ns-open", 14), ("diamond-open", 9))


def degrees(
    infos: Sequence[IndicatorInfo],
    means: Mapping[str, Sequence[float | None]],
    spreads: Sequence[float | None],
    *,
    theme: str = "light",
) -> Drawing:
    """One row a degree, in the order of `infos`.

    Args:
        infos: the degrees, with the lines they are held against.
        means: points by whose forms they are of: the subject first, then up to two to compare with.
        spreads: of the subject's forms; None of fewer than two draws no whisker.
        theme: light or dark.
    """
    token = tokens(theme)
    (name, own), *others = means.items()
    values = [value for row in means.values() for value in row if value is not None]
    values += [line for info in infos for line in (info.target, info.warning) if isinstance(line, int | float)]
    whiskers = [m - s for m, s in zip(own, spreads, strict=True) if m is not None and s is not None]
    low, high = max(0.0, min([*values, *whiskers]) - _LEAST), min(102.0, max(values) + _LEAST)
    rows = list(range(len(infos)))
    judged = [info.judge(value) for info, value in zip(infos, own, strict=True)]
    data: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "mode": "markers",
            "x": list(row),
            "y": rows,
            "marker": {
                "symbol": symbol,
                "size": size,
                "color": token["ink-2"],
                "line": {"width": 1.6, "color": token["ink-2"]},
            },
            "hovertemplate": f"{other} <b>%{{x:.1f}} 分</b><extra></extra>",
        }
        for (other, row), (symbol, size) in zip(others, _OTHERS, strict=False)
    ]
    data.append(
        {
            "type": "scatter",
            "mode": "markers",
            "x": list(own),
            "y": rows,
            "error_x": {
                "type": "data", "array": [value or 0.0 for value in spreads], "color": token["accent"], "thickness": 1.2,
                "width": 4,
            },
            "marker": {
                "size": 11,
                "symbol": [SYMBOLS[state] for state in judged],
                "color": [state_colour(state, theme) for state in judged],
            },
            "hovertemplate": f"{name} <b>%{{x:.1f}} 分</b><extra></extra>",
        }
    )  # fmt: skip
    lines = [
        (word, line, state)
        for word, line, state in (
            ("目标", infos[0].target, State.REACHED),
            ("预警", infos[0].warning, State.WARNING),
        )
        if isinstance(line, int | float)
    ]
    return Drawing(
        data=data,
        layout={
            "template": template(theme),
            "height": _TOP + ROW * len(infos) + _BOTTOM,
            "margin": {"t": _TOP, "b": _BOTTOM, "l": _LEFT, "r": _RIGHT},
            "hovermode": "closest",
            "xaxis": {"range": [low, high], "showgrid": False, "nticks": 6, "ticksuffix": " 分"},
            "yaxis": {
                "range": [len(infos) - 0.5, -0.5],
                "tickvals": rows,
                "ticktext": [fmt.short_name(info.name_zh) for info in infos],
                "ticklabelstandoff": 8,
            },
            "shapes": [
                {
                    "type": "line", "layer": "below", "yref": "paper", "y0": 0, "y1": 1, "x0": line, "x1": line,
                    "line": {"color": state_colour(state, theme), "width": 1,
                             "dash": "dot" if state is State.REACHED else "solid"},
                }
                for _, line, state in lines
            ],
            "annotations": [
                *(
                    {
                        "text": f"{word} {fmt.line(line)}", "x": line, "yref": "paper", "y": 1, "yanchor": "bottom",
                        "yshift": 4, "showarrow": False, "font": {"size": 11, "color": state_colour(state, theme)},
                    }
                    for word, line, state in lines
                ),
                *(
                    {
                        "text": f"{fmt.number(mean)} ± {fmt.number(spread)}" if spread is not None else fmt.number(mean),
                        "xref": "paper", "x": 1, "xanchor": "left", "xshift": 8, "y": row, "showarrow": False,
                        "font": {"size": 12, "color": token["ink-2"]},
                    }
                    for row, mean, spread in zip(rows, own, spreads, strict=True)
                ),
            ],
        },
    )  # fmt: skip
