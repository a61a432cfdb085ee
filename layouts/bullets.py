"""How far a value is from its target, as a small drawing in a cell of a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from indicators.results import State
from layouts import format as fmt
from layouts.states import css_class
from layouts.table import Marked

_WIDTH, _HEIGHT, _PAD = 112, 14, 6
TARGET_AT: Final = 0.75
"""Where the target stands on the track: what lies left of it is missing, what lies right of it is more than asked."""


@dataclass(frozen=True, kw_only=True)
class Bullet(Marked):
    """A dot on a track with a tick at the target.

    Attributes:
        text: the same in words, read aloud.
        at: place of the value, 0 to 1, with the target at `TARGET_AT`; None where there is no value.
        state: of the value; it gives the drawing its colour.
    """

    at: float | None = None
    state: State = State.NO_DATA
    name: str = ""

    def to_json(self) -> dict[str, str]:
        """The cell as the browser builds it; without a value, a dash."""
        if self.at is None:
            return {"text": fmt.NO_VALUE, "name": ""}
        return {"text": self.text, "name": f"cell-bullet {css_class(self.state)}", "mask": bullet_mask(self.at)}


def bullet_mask(at: float) -> str:
    """The drawing as the CSS value of a mask; the track is fainter than what stands on it."""
    middle, reach = _HEIGHT / 2, _WIDTH - 2 * _PAD
    x, tick = (_PAD + min(max(place, 0.0), 1.0) * reach for place in (at, TARGET_AT))
    svg = (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {_WIDTH} {_HEIGHT}'>"
        f"<rect x='0' y='{middle - 2}' width='{_WIDTH}' height='4' rx='2' fill-opacity='0.18'/>"
        f"<rect x='{tick - 0.75:.1f}' y='0' width='1.5' height='{_HEIGHT}' fill-opacity='0.7'/>"
        f"<circle cx='{x:.1f}' cy='{middle}' r='5'/></svg>"
    )
    return f'url("data:image/svg+xml,{quote(svg)}")'
