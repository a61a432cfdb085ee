"""Scores of one subject on several axes, against what it is compared with and a warning line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final

from indicators.results import State
from layouts import format as fmt
from layouts.figures.drawing import Drawing
from layouts.theme import state_colour, template, tokens

HIGHEST: Final = 100.0
RINGS: Final = (20, 40, 60, 80, 100)
_REACH: Final = 152.0
"""Half of the drawn range in scores: room for the names around the rings."""
_LABEL_AT: Final = 116.0
"""Distance of the names from the centre, in scores."""
_DASHES: Final = ("dash", "dot")


@dataclass(frozen=True, kw_only=True)
class Ring:
    """One closed line: a score for every axis, None where there is none, which leaves a gap."""

    name: str
    scores: Sequence[float | None]


def radar(
    axes: Sequence[str],
    rings: Sequence[Ring],
    *,
    states: Sequence[State],
    warning: float,
    height: int = 340,
    theme: str = "light",
) -> Drawing:
    """The first of `rings` as the subject, up to two others to compare with.

    Args:
        axes: names of the axes, clockwise from the top.
        rings: subject first.
        states: of the subject on each axis, for the colour of its score.
        warning: the score drawn as the warning line.
        height: in px.
        theme: light or dark.

    Raises:
        ValueError: a ring has more or fewer scores than there are axes.
    """
    if any(len(ring.scores) != len(axes) for ring in rings):
        raise ValueError(f"Every ring needs {len(axes)} scores.")
    token = tokens(theme)
    subject, *others = rings
    data = [_grid(len(axes), token), _warning(len(axes), warning, token)]
    data += [
        _line(ring, axes, {"color": token["ink-3"], "width": 1.4, "dash": _DASHES[index]}, token["ink-3"], size=0)
        for index, ring in enumerate(others)
    ]
    data.append(_line(subject, axes, {"color": token["accent"], "width": 2.2}, token["accent"], size=7))
    axis = {"range": [-_REACH, _REACH], "showgrid": False, "showticklabels": False}
    return Drawing(
        data=data,
        layout={
            "template": template(theme),
            "height": height,
            "hovermode": "closest",
            "xaxis": axis,
            # as high as wide: a ring must not become an ellipse, whatever the panel's width
            "yaxis": {**axis, "range": [-128, 128], "scaleanchor": "x", "constrain": "domain"},
            "annotations": [
                *_labels(axes, subject, states, token, theme),
                _warning_label(len(axes), warning, token),
            ],
        },
    )


def place(index: int, count: int, score: float) -> tuple[float, float]:
    """X and y of a score on the axis `index` of `count`, the first on top, clockwise; a score is a length."""
    angle = 2 * math.pi * index / count
    return score * math.sin(angle), score * math.cos(angle)


def closed(scores: Sequence[float | None]) -> list[int]:
    """Indexes of the axes in the order drawn: all around and back to the first."""
    return [*range(len(scores)), 0]


def _grid(count: int, token: Any) -> dict[str, Any]:
    xs: list[float | None] = []
    ys: list[float | None] = []
    for ring in RINGS:
        for index in [*range(count), 0]:
            x, y = place(index, count, ring)
            xs.append(x)
            ys.append(y)
        xs.append(None)
        ys.append(None)
    for index in range(count):
        x, y = place(index, count, HIGHEST)
        xs += [0.0, x, None]
        ys += [0.0, y, None]
    return {
        "type": "scatter", "mode": "lines", "x": xs, "y": ys, "hoverinfo": "skip",
        "line": {"color": token["line"], "width": 1},
    }  # fmt: skip


def _warning(count: int, warning: float, token: Any) -> dict[str, Any]:
    places = [place(index, count, warning) for index in [*range(count), 0]]
    return {
        "type": "scatter", "mode": "lines", "x": [x for x, _ in places], "y": [y for _, y in places],
        "hoverinfo": "skip", "line": {"color": token["mark-warning"], "width": 1.2, "dash": "dash"},
    }  # fmt: skip


def _warning_label(count: int, warning: float, token: Any) -> dict[str, Any]:
    x, y = place(0, count, warning)
    return {
        "x": x, "y": y, "text": f"{warning:g}", "showarrow": False, "xanchor": "left", "yanchor": "bottom",
        "xshift": 3, "font": {"size": 11, "color": token["warning"]},
    }  # fmt: skip


def _line(ring: Ring, axes: Sequence[str], line: dict[str, Any], colour: str, *, size: int) -> dict[str, Any]:
    order = closed(ring.scores)
    scores = [ring.scores[index] for index in order]
    places = [
        (None, None) if score is None else place(index, len(axes), score)
        for index, score in zip(order, scores, strict=True)
    ]
    return {
        "type": "scatter",
        "mode": "lines+markers" if size else "lines",
        "x": [x for x, _ in places],
        "y": [y for _, y in places],
        "line": line,
        "marker": {"size": size or 1, "color": colour},
        "connectgaps": False,
        "customdata": [[axes[i], fmt.number(score)] for i, score in zip(order, scores, strict=True)],
        "hovertemplate": f"{escape(ring.name)}<br>%{{customdata[0]}} <b>%{{customdata[1]}}</b><extra></extra>",
    }


def _labels(
    axes: Sequence[str], subject: Ring, states: Sequence[State], token: Any, theme: str
) -> list[dict[str, Any]]:
    found = []
    for index, (name, score, state) in enumerate(zip(axes, subject.scores, states, strict=True)):
        x, y = place(index, len(axes), _LABEL_AT)
        quiet = state in {State.REACHED, State.WATCH}
        colour = token["ink-2"] if quiet else state_colour(state, theme)
        words = State.NO_DATA.value if score is None else fmt.number(score)
        found.append(
            {
                "x": x, "y": y, "showarrow": False,
                "text": f'{escape(name)}<br><span style="color:{colour}">{words}</span>',
                "xanchor": "center" if abs(x) < 1 else "left" if x > 0 else "right",
                "xshift": 0 if abs(x) < 1 else -14 if x > 0 else 14,
                "yanchor": "middle",
                "font": {"size": 12, "color": token["ink"]},
            }
        )  # fmt: skip
    return found
