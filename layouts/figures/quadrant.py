"""Many entities by two scores, with the remarkable ones named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final

from indicators.results import State
from layouts import format as fmt
from layouts.figures.drawing import Drawing
from layouts.figures.trend import SYMBOLS
from layouts.states import SHAPES
from layouts.theme import state_colour, template, tokens

_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 12, 10, 38
_WIDTH: Final = 440
"""Width of the plot in px that labels are placed for; a wider panel only gives them more room."""
_CHARACTER, _LINE = 12.0, 16.0
_MARGIN: Final = 4.0
"""Scores left free around the outermost points."""

_LEAST_SPAN: Final = 30.0
"""Scores that an axis shows at least."""

Box = tuple[float, float, float, float]
"""Left, top, right and bottom of what a name covers, in px of the plot."""


@dataclass(frozen=True, kw_only=True)
class Spot:
    """One entity; `weight` above 0 asks for its name, the heaviest first, where there is room for it.

    Attributes:
        href: where a click leads; empty where it leads nowhere.
        is_subject: the one that the page is about.
        words: a further line shown under the pointer.
    """

    name: str
    x: float
    y: float
    state: State
    href: str = ""
    weight: float = 0.0
    is_subject: bool = False
    words: str = ""


@dataclass(frozen=True, kw_only=True)
class Axes:
    """Names of the two scores, where the quadrants meet, and what each of them is called.

    Attributes:
        corners: top left, top right, bottom left, bottom right.
    """

    x: str
    y: str
    middle: tuple[float, float]
    corners: tuple[str, str, str, str]


def quadrant(spots: Sequence[Spot], axes: Axes, *, height: int = 340, theme: str = "light") -> Drawing:
    """The entities as points; `layout.meta` carries the addresses for the click handler of ``assets/js/chart.js``."""
    token = tokens(theme)
    low_x, high_x = _range([spot.x for spot in spots], axes.middle[0])
    low_y, high_y = _range([spot.y for spot in spots], axes.middle[1])
    # the click handler knows a point by its y alone: equal ones are told apart behind the second decimal
    ys = [round(spot.y + (index + 1) * 1e-5, 5) for index, spot in enumerate(spots)]
    plot_height = height - _TOP - _BOTTOM

    def pixels(x: float, y: float) -> tuple[float, float]:
        return (x - low_x) / (high_x - low_x) * _WIDTH, (high_y - y) / (high_y - low_y) * plot_height

    line = {"type": "line", "line": {"color": token["line-strong"], "width": 1}}
    return Drawing(
        data=[
            {
                "type": "scatter",
                "mode": "markers",
                "x": [spot.x for spot in spots],
                "y": ys,
                "customdata": [[escape(s.name), fmt.number(s.x), fmt.number(s.y), escape(s.words)] for s in spots],
                "marker": {
                    "symbol": [SYMBOLS[spot.state] for spot in spots],
                    "size": [15 if spot.is_subject else 10 for spot in spots],
                    "color": [_colour(spot, token, theme) for spot in spots],
                    "opacity": 0.9,
                    "line": {"width": 0},
                },
                "hovertemplate": f"<b>%{{customdata[0]}}</b><br>{escape(axes.x)} %{{customdata[1]}} · {escape(axes.y)} "
                "%{customdata[2]}<br>%{customdata[3]}<extra></extra>",
            }
        ],
        layout={
            "template": template(theme),
            "height": height,
            "margin": {"l": _LEFT, "r": _RIGHT, "t": _TOP, "b": _BOTTOM},
            "meta": {
                "rows": {str(y): spot.href for y, spot in zip(ys, spots, strict=True) if spot.href},
                "columns": {},
            },
            "hovermode": "closest",
            "xaxis": {
                "range": [low_x, high_x], "showgrid": False,
                "title": {"text": axes.x, "standoff": 6, "font": {"size": 12, "color": token["ink-2"]}},
            },
            "yaxis": {
                "range": [low_y, high_y], "showgrid": False,
                "title": {"text": axes.y, "standoff": 8, "font": {"size": 12, "color": token["ink-2"]}},
            },
            "shapes": [
                {**line, "x0": axes.middle[0], "x1": axes.middle[0], "y0": 0, "y1": 1, "yref": "paper"},
                {**line, "y0": axes.middle[1], "y1": axes.middle[1], "x0": 0, "x1": 1, "xref": "paper"},
            ],
            "annotations": [*_corners(axes, token), *_names(spots, pixels, plot_height, token, theme)],
        },
    )  # fmt: skip


def _range(values: Sequence[float], middle: float) -> tuple[float, float]:
    inside = [*values, middle]
    low, high = min(inside) - _MARGIN, max(inside) + _MARGIN
    spread = max(_LEAST_SPAN - (high - low), 0.0) / 2  # a few points close together must not look far apart
    return low - spread, high + spread


def _colour(spot: Spot, token: Any, theme: str) -> str:
    if spot.is_subject:
        return str(token["accent"])
    return state_colour(spot.state, theme) if spot.state in {State.WARNING, State.ALERT} else str(token["line-strong"])


def _corners(axes: Axes, token: Any) -> list[dict[str, Any]]:
    places = ((0, 1, "left", "top"), (1, 1, "right", "top"), (0, 0, "left", "bottom"), (1, 0, "right", "bottom"))
    return [
        {
            "xref": "paper", "yref": "paper", "x": x, "y": y, "xanchor": xanchor, "yanchor": yanchor, "text": text,
            "showarrow": False, "font": {"size": 12, "color": token["ink-3"]},
        }
        for text, (x, y, xanchor, yanchor) in zip(axes.corners, places, strict=True)
    ]  # fmt: skip


def _names(spots: Sequence[Spot], pixels: Any, plot_height: float, token: Any, theme: str) -> list[dict[str, Any]]:
    """The names that find room, heaviest first: beside, above or below their point, on no other point or name."""
    points = [pixels(spot.x, spot.y) for spot in spots]
    # the words in the corners are taken
    taken: list[Box] = [(0, 0, 130, _LINE), (_WIDTH - 130, 0, _WIDTH, _LINE)]
    taken += [(0, plot_height - _LINE, 130, plot_height), (_WIDTH - 130, plot_height - _LINE, _WIDTH, plot_height)]
    found = []
    for index in sorted(range(len(spots)), key=lambda i: (-spots[i].weight, spots[i].name)):
        spot = spots[index]
        if spot.weight <= 0:
            break
        x, y = points[index]
        width = len(spot.name) * _CHARACTER
        for xanchor, yanchor, xshift, yshift, box in _places(x, y, width):
            others = (p for i, p in enumerate(points) if i != index)
            if not _fits(box, plot_height) or _covers(box, others) or any(_overlap(box, other) for other in taken):
                continue
            taken.append(box)
            shape = f"{SHAPES[spot.state]} " if spot.state in {State.WARNING, State.ALERT} else ""
            found.append(
                {
                    "x": spot.x, "y": spot.y, "text": f"{shape}{escape(spot.name)}" if spot.is_subject else escape(spot.name),
                    "showarrow": False, "xanchor": xanchor, "yanchor": yanchor, "xshift": xshift, "yshift": yshift,
                    "font": {"size": 12, "color": token["accent"] if spot.is_subject else _ink(spot, token, theme)},
                }
            )  # fmt: skip
            break
    return found


def _places(x: float, y: float, width: float) -> list[tuple[str, str, int, int, Box]]:
    half, gap = _LINE / 2, 9
    return [
        ("left", "middle", gap, 0, (x + gap, y - half, x + gap + width, y + half)),
        ("right", "middle", -gap, 0, (x - gap - width, y - half, x - gap, y + half)),
        ("center", "bottom", 0, 6, (x - width / 2, y - 6 - _LINE, x + width / 2, y - 6)),
        ("center", "top", 0, -6, (x - width / 2, y + 6, x + width / 2, y + 6 + _LINE)),
    ]


def _fits(box: Box, plot_height: float) -> bool:
    return box[0] >= 0 and box[1] >= 0 and box[2] <= _WIDTH and box[3] <= plot_height


def _covers(box: Box, points: Any) -> bool:
    return any(box[0] - 5 <= x <= box[2] + 5 and box[1] - 3 <= y <= box[3] + 3 for x, y in points)


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _ink(spot: Spot, token: Any, theme: str) -> str:
    return state_colour(spot.state, theme) if spot.state in {State.WARNING, State.ALERT} else token["ink-2"]
