"""What a whole of 100 points loses, and by which of its parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from indicators.results import State
from layouts import format as fmt
from layouts.figures.drawing import Drawing
from layouts.states import SHAPES
from layouts.theme import state_colour, template, tokens

ROW_HEIGHT: Final = 28
_LEFT, _RIGHT, _TOP, _BOTTOM = 84, 122, 4, 4


@dataclass(frozen=True, kw_only=True)
class Loss:
    """What a part costs the whole, and what it could have cost at most; None where it has no data."""

    name: str
    points: float | None
    most: float
    state: State


def losses(parts: Sequence[Loss], *, theme: str = "light") -> Drawing:
    """One bar a part from the left, the largest loss on top, over what the part could cost at most."""
    token = tokens(theme)
    rows = list(range(len(parts)))
    bar = {"type": "bar", "orientation": "h", "y": rows, "width": 0.56, "hoverinfo": "skip"}
    return Drawing(
        data=[
            {**bar, "x": [part.most for part in parts], "marker": {"color": token["surface-sunk"]}},
            {
                **bar,
                "x": [part.points or 0.0 for part in parts],
                "marker": {"color": [state_colour(part.state, theme) for part in parts]},
            },
        ],
        layout={
            "template": template(theme),
            "height": _TOP + len(parts) * ROW_HEIGHT + _BOTTOM,
            "margin": {"l": _LEFT, "r": _RIGHT, "t": _TOP, "b": _BOTTOM},
            "barmode": "overlay",
            "xaxis": {
                "range": [0, max([part.most for part in parts], default=1.0)],
                "showgrid": False,
                "showticklabels": False,
            },
            "yaxis": {
                "range": [len(parts) - 0.5, -0.5],
                "showgrid": False,
                "tickvals": rows,
                "ticktext": [part.name for part in parts],
                "ticklabelstandoff": 8,
            },
            "annotations": [_label(row, part, token) for row, part in zip(rows, parts, strict=True)],
        },
    )


def _label(row: int, part: Loss, token: Any) -> dict[str, Any]:
    lost = fmt.number(part.points)
    text = (
        State.NO_DATA.value
        if part.points is None
        else f"{'' if lost == '0.0' else '−'}{lost} / {fmt.number(part.most)}"
    )
    return {
        "xref": "paper", "x": 1, "xanchor": "left", "xshift": 10, "y": row, "yanchor": "middle", "showarrow": False,
        "text": f"{SHAPES[part.state]} {text}", "font": {"size": 12, "color": token["ink-2"]},
    }  # fmt: skip
