"""From answers to a standard score (0 to 100), its level and its dimensions, and what stands out in them.

Pure functions. The standard score is the mean of all items, reversed ones mirrored, from 1–5 stretched to 0–100; a dimension's
likewise over its own items. More is better on every scale, also on that of well-being.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from indicators.self_tests.scales import ALERT, ANSWERS, NORMAL, WATCH, Dimension, Scale

STRONG_FROM: Final = 70.0
"""Dimensions from here on are called strong; below it there is something to do."""
NOTABLE: Final = 3.0
"""Differences between two scores that are smaller say nothing: one item of twenty answered one step otherwise is 1.25."""

Answers = Mapping[str, int]
"""From 1 to 5, by key of the item."""


@dataclass(frozen=True, kw_only=True)
class Score:
    """What answers come to: standard score, level, and the standard score of each dimension by key."""

    total: float
    level: str
    parts: Mapping[str, float]


class AnswersError(ValueError):
    """Answers do not fit the scale. The message says how many, never which: it may end up in a log."""


def missing(scale: Scale, answers: Answers) -> tuple[int, ...]:
    """Numbers, from 1, of the items without an answer that counts."""
    return tuple(number for number, item in enumerate(scale.items, 1) if not _is_answer(answers.get(item.key)))


def score(scale: Scale, answers: Answers) -> Score:
    """What a filled-in questionnaire comes to.

    Raises:
        AnswersError: an answer is missing or none of 1 to 5, or there is one to an item that the scale has not.
    """
    unknown = answers.keys() - {item.key for item in scale.items}
    lacking = missing(scale, answers)
    if unknown or lacking:
        raise AnswersError(f"{scale.key}: {len(lacking)} answers are missing and {len(unknown)} unknown.")
    points = {item.key: _points(answers[item.key], is_reversed=item.is_reversed) for item in scale.items}
    total = _standard(list(points.values()))
    return Score(
        total=total,
        level=level(scale, total),
        parts={
            dimension.key: _standard([points[item.key] for item in scale.items_of(dimension.key)])
            for dimension in scale.dimensions
        },
    )


def level(scale: Scale, total: float) -> str:
    """The level of a standard score: 正常, 关注 below `Scale.watch`, 预警 below `Scale.alert`."""
    if total < scale.alert:
        return ALERT
    return WATCH if total < scale.watch else NORMAL


def weakest(scale: Scale, parts: Mapping[str, float]) -> tuple[Dimension, ...]:
    """The dimensions below `STRONG_FROM`, the lowest first; none where all are strong or nothing is known."""
    known = [dimension for dimension in scale.dimensions if parts.get(dimension.key, STRONG_FROM) < STRONG_FROM]
    return tuple(sorted(known, key=lambda dimension: parts[dimension.key]))


def _points(answer: int, *, is_reversed: bool) -> int:
    return ANSWERS - answer if is_reversed else answer - 1


def _standard(points: list[int]) -> float:
    # Whole numbers and one rounding: the order of items cannot change the last digit.
    return float(round(Fraction(100 * sum(points), len(points) * (ANSWERS - 1)), 1))


def _is_answer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= ANSWERS
