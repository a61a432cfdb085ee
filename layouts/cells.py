"""Cells of tables that show more than words: a course over time, and a number that is a door."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from indicators.results import State
from layouts import format as fmt
from layouts.states import css_class
from layouts.table import Linked, Marked

_WIDTH, _HEIGHT, _PAD = 76, 22, 3
_IN_ADDRESS: Final = str.maketrans({sign: f"%{ord(sign):02X}" for sign in "%<> #'"})
"""Only what a data address cannot hold: to quote every sign costs half a millisecond a line."""
FEWEST: Final = 2
"""Values that make a line."""


@dataclass(frozen=True, kw_only=True)
class Course(Marked):
    """The course of a value over time as a small line; gaps stay gaps.

    Attributes:
        text: the same in words, read aloud.
        history: values by period, oldest first, None for gaps.
        state: gives the line its colour; None leaves that of links.
    """

    history: Sequence[float | None] = ()
    state: State | None = None
    name: str = ""

    def to_json(self) -> dict[str, str]:
        """The cell as the browser builds it; without a line to draw, a dash."""
        if sum(value is not None for value in self.history) < FEWEST:
            return {"text": fmt.NO_VALUE, "name": ""}
        colour = "" if self.state is None else css_class(self.state)
        return {"text": self.text, "name": f"cell-line {colour}".strip(), "mask": line_mask(self.history)}


@dataclass(frozen=True, kw_only=True)
class Door(Linked):
    """A cell that is one link with a state, such as a cell of a matrix.

    Attributes:
        text: what stands in it; a line break starts its second line.
        spoken: the whole of it in words, for readers who see neither shape nor place.
        state: colour and shape; None leaves it plain.
    """

    spoken: str = ""
    state: State | None = None

    def to_json(self) -> dict[str, str]:
        """The cell as the browser builds it."""
        name = "" if self.state is None else f"state with-shape {css_class(self.state)}"
        return {"text": self.text, "href": self.href, "name": f"cell-door {name}".strip(), "spoken": self.spoken}


def line_mask(history: Sequence[float | None]) -> str:
    """A line through `history` as the CSS value of a mask; at least one value must be known."""
    known = [value for value in history if value is not None]
    low, high = min(known), max(known)
    scale = (_HEIGHT - 2 * _PAD) / ((high - low) or 1.0)
    step = (_WIDTH - 2 * _PAD) / max(len(history) - 1, 1)
    places = [
        None if value is None else (_PAD + index * step, _HEIGHT - _PAD - (value - low) * scale)
        for index, value in enumerate(history)
    ]
    path, is_down = "", False
    for place in places:
        if place is not None:
            path += f"{'L' if is_down else 'M'}{place[0]:.1f},{place[1]:.1f} "
        is_down = place is not None
    x, y = next(place for place in reversed(places) if place is not None)
    svg = (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {_WIDTH} {_HEIGHT}'>"
        f"<path d='{path}' fill='none' stroke='black' stroke-width='1.6' stroke-linejoin='round' stroke-linecap='round'/>"
        f"<circle cx='{x:.1f}' cy='{y:.1f}' r='2.4'/></svg>"
    )
    return f'url("data:image/svg+xml,{svg.translate(_IN_ADDRESS)}")'
