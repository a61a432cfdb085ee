"""What each part of the college adds to a rate of the whole (S34: contribution by department)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from indicators.results import EntityInfo, Standing


@dataclass(frozen=True, kw_only=True, slots=True)
class Contribution:
    """One part of a rate.

    Attributes:
        value: the part's own rate.
        weight: its share of what the rate is of, 0 to 1.
        points: by how much it moves the rate of the whole away from where it would be if all parts had the same:
            weight × (value − whole). The points of all parts add up to nought.
    """

    entity: EntityInfo
    value: float
    weight: float
    points: float


def contributions(standing: Standing, column: int) -> tuple[float, list[Contribution]]:
    """The rate of all parts together in one period, and what each adds to it, largest weight first.

    Only parts with numerator and denominator count; without any, the rate is NaN.
    """
    frame = standing.frame
    top, bottom, value = (part[:, column] for part in (frame.numerator, frame.denominator, frame.value))
    known = np.flatnonzero(~np.isnan(value) & ~np.isnan(top) & (bottom > 0))
    whole = float(bottom[known].sum())
    if not whole:
        return float("nan"), []
    weights = bottom[known] / whole
    rate = float((weights * value[known]).sum())
    found = [
        Contribution(
            entity=frame.entities[row],
            value=float(value[row]),
            weight=float(weight),
            points=float(weight * (value[row] - rate)),
        )
        for row, weight in zip(known, weights, strict=True)
    ]
    return rate, sorted(found, key=lambda part: (-part.weight, part.entity.entity_id))
