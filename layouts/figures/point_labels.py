"""Values written at the points of a line: which of them, and on which side, so that they can be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from indicators.results import STATES, State
from layouts.figures.axis import THIN_FROM

ROOM_FOR_A_PERIOD: Final = 34
"""Px from one point to the next that a line has at least: in less room it is scrolled rather than squeezed."""

_PLACES: Final = {
    (True, True): "top left",
    (True, False): "top center",
    (False, True): "bottom center",
    (False, False): "top right",
}
"""Place of a value by whether the line rises to it and from it."""
_CHARACTER, _HEIGHT, _FROM_POINT = 6.4, 13.0, 6.6
"""Of a written value, in px at 11 px: width of a character, height, and distance to its point."""


class _Box(NamedTuple):
    """What a label covers, in px."""

    left: float
    right: float
    top: float
    bottom: float

    def meets(self, other: _Box) -> bool:
        """Whether the two overlap."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


def written(
    values: Sequence[float | None], texts: Sequence[str], states: Sequence[State], tops: Sequence[float]
) -> set[int]:
    """The points whose value is written: those of `labelled` without the ones that would run into another.

    Of two that collide the latest value stays, then the highest and the lowest, then the one in the worse state.

    Args:
        values: by period.
        texts: as written.
        states: what each is judged as.
        tops: px from the upper edge of the plot to each point; of a period without value any number.
    """
    wanted = labelled(values)
    if not wanted:
        return wanted
    places = beside(values)
    extremes = {
        max(wanted, key=lambda index: (sign * (values[index] or 0.0), index))  # of equal ones the latest
        for sign in (1.0, -1.0)
    }
    order = sorted(
        wanted, key=lambda index: (index != max(wanted), index not in extremes, -STATES.index(states[index]), -index)
    )
    kept: dict[int, _Box] = {}
    for index in order:
        box = _box(index * ROOM_FOR_A_PERIOD, tops[index], texts[index], places[index])
        if not any(box.meets(other) for other in kept.values()):
            kept[index] = box
    return set(kept)


def _box(x: float, y: float, text: str, place: str) -> _Box:
    width = _CHARACTER * len(text)
    side, across = place.split()
    left = {"left": x - _FROM_POINT - width, "center": x - width / 2, "right": x + _FROM_POINT}[across]
    top = y - _FROM_POINT - _HEIGHT if side == "top" else y + _FROM_POINT
    return _Box(left, left + width, top, top + _HEIGHT)


def labelled(values: Sequence[float | None]) -> set[int]:
    """Which points are worth a value: all of a short line, else its ends and where it turns."""
    known = [index for index, value in enumerate(values) if value is not None]
    if len(values) < THIN_FROM or not known:
        return set(known)
    kept = {known[0], known[-1]}
    for before, index, after in zip(known, known[1:], known[2:], strict=False):
        rise = (values[index] or 0.0) - (values[before] or 0.0)
        if rise * ((values[after] or 0.0) - (values[index] or 0.0)) < 0:
            kept.add(index)
    return kept


def beside(values: Sequence[float | None]) -> list[str]:
    """Where each value is written, so that the line does not run through it: outside of its bend."""
    places = []
    for before, value, after in zip([None, *values], values, [*values[1:], None], strict=False):
        if value is None or (before is None and after is None):
            places.append("top center")
        elif before is None or after is None:
            neighbour = after if before is None else before
            places.append("top center" if neighbour is None or value >= neighbour else "bottom center")
        else:
            places.append(_PLACES[value >= before, after > value])
    return places
