"""Two years side by side, step by step: a ladder drawn as a pyramid of pairs of bars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from layouts.figures.drawing import Drawing
from layouts.theme import template, tokens

_ROW: Final = 44
_TOP, _BOTTOM, _LEFT, _RIGHT = 8, 8, 92, 8
_ROOM: Final = 1.75
"""The axis is so much longer than the longest bar, whose words stand behind it."""


def steps(
    names: Sequence[str],
    now: Sequence[int],
    before: Sequence[int] | None,
    *,
    labels: tuple[str, str],
    theme: str = "light",
) -> Drawing:
    """How many stand on each step now and a year ago, the highest step on top.

    Args:
        names: the steps, lowest first.
        now: people on each of them.
        before: the same a year ago; None where there is no such record.
        labels: names of the two years, such as 2026 and 2025.
    """
    token = tokens(theme)
    rows = list(range(len(names)))
    largest = max([*now, *(before or ()), 1])
    pairs: list[dict[str, Any]] = []
    if before is not None:
        pairs.append(_bars(rows, before, offset=0.08, width=0.26, colour=token["line-strong"], ink=token["ink-3"],
                           year=labels[1], names=names))  # fmt: skip
    pairs.append(_bars(rows, now, offset=-0.34, width=0.4, colour=token["accent"], ink=token["ink"], year=labels[0],
                       names=names))  # fmt: skip
    return Drawing(
        data=pairs,
        layout={
            "template": template(theme),
            "height": _TOP + len(names) * _ROW + _BOTTOM,
            "margin": {"t": _TOP, "b": _BOTTOM, "l": _LEFT, "r": _RIGHT},
            "barmode": "overlay",
            "xaxis": {"range": [0, largest * _ROOM], "showgrid": False, "showticklabels": False},
            # the axis runs upwards, so that the first step stands at the foot of the pyramid
            "yaxis": {"range": [-0.5, len(names) - 0.5], "showgrid": False, "tickvals": rows, "ticktext": list(names),
                      "ticklabelstandoff": 8},
        },
    )  # fmt: skip


def _bars(
    rows: Sequence[int],
    people: Sequence[int],
    *,
    offset: float,
    width: float,
    colour: str,
    ink: str,
    year: str,
    names: Sequence[str],
) -> dict[str, Any]:
    total = sum(people) or 1
    return {
        "type": "bar",
        "orientation": "h",
        "y": list(rows),
        "x": list(people),
        # on an axis that runs upwards a negative offset is below: last year stands over this one
        "offset": offset,
        "width": width,
        "marker": {"color": colour},
        "text": [f"{year}年 {number} 人 · {100 * number / total:.1f}%" for number in people],
        "textposition": "outside",
        "cliponaxis": False,
        "constraintext": "none",
        "textfont": {"size": 12 if width > offset + width else 11, "color": ink},
        "customdata": [[name, f"{100 * number / total:.1f}%"] for name, number in zip(names, people, strict=True)],
        "hovertemplate": f"{year}年 %{{customdata[0]}}<br><b>%{{x}} 人</b>（%{{customdata[1]}}）<extra></extra>",
    }
