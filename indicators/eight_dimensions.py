"""The eight-dimension diagnosis of majors (专业八维度): from values of items to scores, total and grade.

Everything here is a pure function over arrays of shape (majors, items) or (majors, dimensions), in the order of the
model. What is missing is NaN and never 0. The model stands in ``eight_dimensions.yaml``; the rules and why they are so
in ``docs/adr/0016-eight-dimensions.md``. Source: 南京 一(二)5、三(七)2.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import yaml
from numpy.typing import NDArray

from data_access.model_weights import DimensionWeights, Weights
from indicators.results import FloatMatrix, IndicatorInfo, Line, State

MODEL_FILE: Final = Path(__file__).with_name("eight_dimensions.yaml")
AT_TARGET: Final = 100.0
AT_WARNING: Final = 60.0
AT_ALERT: Final = 40.0
LARGEST_GAP: Final = 0.3
"""Where more than this share of the weight is missing, there is no score."""
_TINY: Final = 1e-9

Vector = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Dimension:
    """One of the eight: what it means, its weight in the total, and the weight of each item by code."""

    key: str
    name: str
    meaning: str
    weight: float
    items: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Limits:
    """When a major is listed for early warning (专业预警): below `total`, or below the limit of a dimension.

    Attributes:
        dimensions: limits by key of the dimension.
        actions: (years in a row, advice), longest first.
    """

    total: float
    dimensions: Mapping[str, float]
    actions: Sequence[tuple[int, str]]


@dataclass(frozen=True, kw_only=True)
class Cycle:
    """The years in which every major is diagnosed once (三年诊改周期)."""

    first_year: int
    years: int

    def around(self, year: int) -> tuple[int, int]:
        """First and last year of the cycle in which `year` lies."""
        first = year - (year - self.first_year) % self.years
        return first, first + self.years - 1


@dataclass(frozen=True, kw_only=True)
class Model:
    """The model with the weights of one year.

    Attributes:
        grades: (name, lowest total), best first; the last takes whatever is left.
    """

    dimensions: tuple[Dimension, ...]
    grades: Sequence[tuple[str, float]]
    limits: Limits
    cycle: Cycle
    plan_ref: str = ""

    @property
    def codes(self) -> tuple[str, ...]:
        """All items, dimension by dimension: the columns of every array of items."""
        return tuple(code for dimension in self.dimensions for code in dimension.items)

    @property
    def weights(self) -> Vector:
        """The weights of the dimensions."""
        return np.array([dimension.weight for dimension in self.dimensions])

    def column(self, key: str) -> int:
        """Which column of an array of dimensions holds the one of that key.

        Raises:
            KeyError: there is none.
        """
        try:
            return [dimension.key for dimension in self.dimensions].index(key)
        except ValueError:
            raise KeyError(key) from None

    def as_weights(self) -> Weights:
        """The weights alone, as they are edited and kept."""
        return {d.key: DimensionWeights(weight=d.weight, items=dict(d.items)) for d in self.dimensions}

    def weighed(self, weights: Weights) -> Model:
        """The same model with other weights; what a set does not name keeps its own.

        A set entered before the library gained an item is still a set.
        """
        changed = []
        for dimension in self.dimensions:
            given = weights.get(dimension.key)
            if given is not None:
                items = {code: given.items.get(code, weight) for code, weight in dimension.items.items()}
                changed.append(replace(dimension, weight=given.weight, items=items))
            else:
                changed.append(dimension)
        return replace(self, dimensions=tuple(changed))


@cache
def shipped_model() -> Model:
    """The model of the library, with the weights it proposes."""
    return model_of(yaml.safe_load(MODEL_FILE.read_text(encoding="utf-8")))


def model_of(block: Mapping[str, Any]) -> Model:
    """The model that a block of ``eight_dimensions.yaml`` describes.

    Raises:
        KeyError: it lacks something.
    """
    warning = block["warning"]
    return Model(
        dimensions=tuple(
            Dimension(
                key=d["key"],
                name=d["name"],
                meaning=d["meaning"],
                weight=float(d["weight"]),
                items={code: float(weight) for code, weight in d["items"].items()},
            )
            for d in block["dimensions"]
        ),
        grades=tuple((grade["name"], float(grade["from"])) for grade in block["grades"]),
        limits=Limits(
            total=float(warning["total"]),
            dimensions={key: float(limit) for key, limit in warning["dimensions"].items()},
            actions=tuple((action["years"], action["advice"]) for action in warning["actions"]),
        ),
        cycle=Cycle(first_year=block["cycle"]["first_year"], years=block["cycle"]["years"]),
        plan_ref=block["plan_ref"],
    )


# -- items ------------------------------------------------------------------------------------


def item_scores(values: FloatMatrix, info: IndicatorInfo) -> FloatMatrix:
    """The score of each value, 0 to 100: 100 at the target, 60 at the warning line, 40 at the alert line.

    Between the lines it is linear; better than the target is 100; worse than the alert line it falls with the slope
    between warning and alert, down to 0. Where two lines are one, the better score counts at it, and below the alert
    line the slope is that of the lines which do lie apart; where all three are one, whatever misses them scores 0.
    An interval is judged from both ends, and the worse end counts. Without all three lines nothing can be scored.
    """
    lines = (info.target, info.warning, info.alert)
    if any(line is None for line in lines):
        return np.full(values.shape, np.nan)
    if info.direction == "target":
        low, high = (tuple(_end(line, end) for line in lines) for end in (0, 1))
        return np.minimum(_climb(values, *low), _climb(-values, *(-line for line in high)))
    sign = -1.0 if info.direction == "lower" else 1.0
    return _climb(sign * values, *(sign * _end(line, 0) for line in lines))


def _end(line: Line | None, end: int) -> float:
    """One end of a line; both ends of a single number are that number."""
    if isinstance(line, tuple):
        return float(line[end])
    return float(line or 0.0)


def _climb(values: FloatMatrix, target: float, warning: float, alert: float) -> FloatMatrix:
    """The scores where higher is better, alert ≤ warning ≤ target."""
    if warning > alert:
        slope = (AT_WARNING - AT_ALERT) / (warning - alert)
    elif target > warning:
        slope = (AT_TARGET - AT_WARNING) / (target - warning)
    else:
        return np.where(np.isnan(values), np.nan, np.where(values >= target, AT_TARGET, 0.0))
    with np.errstate(over="ignore"):  # far beyond the lines it is 0 anyway
        upper = AT_WARNING + (values - warning) * _per(AT_TARGET - AT_WARNING, target - warning)
        middle = AT_ALERT + (values - alert) * slope
    # what lies between the lines stays between their scores, whatever rounding does
    scores = np.select(
        [np.isnan(values), values >= target, values >= warning, values >= alert],
        [
            np.nan,
            AT_TARGET,
            np.clip(upper, AT_WARNING, AT_TARGET),
            np.clip(middle, AT_ALERT, AT_WARNING),
        ],
        default=np.clip(middle, 0.0, AT_ALERT),
    )
    return np.asarray(scores, dtype=np.float64)


def _per(rise: float, run: float) -> float:
    return rise / run if run > 0 else 0.0


# -- dimensions and total ---------------------------------------------------------------------


def weighted(scores: FloatMatrix, weights: Vector) -> Vector:
    """The weighted mean of each row: the weight of what is missing is spread over the rest in proportion.

    NaN where more than `LARGEST_GAP` of the weight is missing.
    """
    known = ~np.isnan(scores)
    whole = float(weights.sum())
    present = known @ weights
    enough = present >= (1.0 - LARGEST_GAP) * whole - _TINY * whole
    points = np.where(known, scores, 0.0) @ weights
    means: Vector = np.divide(points, present, out=np.full(len(scores), np.nan), where=enough & (present > 0))
    # the mean of scores lies among them, whatever rounding does
    return np.clip(means, 0.0, AT_TARGET)


def dimension_scores(model: Model, scores: FloatMatrix) -> FloatMatrix:
    """Scores of the dimensions, (majors, dimensions), from those of the items, (majors, items)."""
    columns, start = [], 0
    for dimension in model.dimensions:
        stop = start + len(dimension.items)
        columns.append(weighted(scores[:, start:stop], np.array(list(dimension.items.values()))))
        start = stop
    return np.column_stack(columns)


def totals(dimensions: FloatMatrix, weights: Vector) -> Vector:
    """The total of each major; a dimension without data is treated as a missing item is in its dimension."""
    return weighted(dimensions, weights)


def as_judged(numbers: Vector | FloatMatrix) -> NDArray[np.float64]:
    """Scores as they are printed, to one decimal: grade, rank and warning follow what the reader sees."""
    return np.rint(numbers * 10.0) / 10.0


def printed(number: float) -> float:
    """One score as `as_judged` gives it; NaN stays NaN."""
    return number if math.isnan(number) else round(number * 10.0) / 10.0


def state_of(model: Model, score: float, *, limit: float = AT_WARNING) -> State:
    """How a score stands: 达标 from the best grade on, 预警 below `limit`, 警戒 below what the alert line scores."""
    if np.isnan(score):
        return State.NO_DATA
    judged = printed(score)
    lines = ((model.grades[0][1], State.REACHED), (limit, State.WATCH), (AT_ALERT, State.WARNING))
    return next((state for line, state in lines if judged >= line), State.ALERT)


def losses(dimensions: Vector, weights: Vector) -> tuple[Vector, Vector]:
    """How many points of the total each dimension costs, and how many it could cost at most.

    The weight of dimensions without data is spread over the others, as in the total: the total and all losses make
    100. Of a dimension without data both are NaN.
    """
    known = ~np.isnan(dimensions)
    most = np.where(known, 100.0 * weights / (weights[known].sum() or 1.0), np.nan)
    return most * (AT_TARGET - dimensions) / AT_TARGET, most


def grade(model: Model, total: float) -> str:
    """The grade of a total; empty where there is none."""
    if np.isnan(total):
        return ""
    judged = printed(total)
    return next((name for name, lowest in model.grades if judged >= lowest), model.grades[-1][0])


def ranks(numbers: Vector) -> NDArray[np.int64]:
    """The rank of each total, from 1; equal printed totals share the better rank, and 0 stands for no total."""
    judged = as_judged(numbers)
    known = np.sort(judged[~np.isnan(judged)])
    better = len(known) - np.searchsorted(known, judged, side="right")
    return np.where(np.isnan(judged), 0, better + 1).astype(np.int64)


# -- early warning ----------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Miss:
    """A limit that a major misses: the total (`name` 总分) or a dimension, its score and the limit."""

    name: str
    score: float
    limit: float


def misses(model: Model, total: float, dimensions: Vector) -> tuple[Miss, ...]:
    """Which limits of the early warning a major misses; what has no data misses none."""
    asked = [("总分", total, model.limits.total)]
    for key, limit in model.limits.dimensions.items():
        column = model.column(key)
        asked.append((model.dimensions[column].name, float(dimensions[column]), limit))
    judged = [(name, printed(score), limit) for name, score, limit in asked]
    return tuple(Miss(name=name, score=score, limit=limit) for name, score, limit in judged if score < limit)


def in_a_row(is_listed: Sequence[bool]) -> int:
    """How many years in a row, up to the last of `is_listed`, a major has been listed.

    A year that could not be judged is a year not listed: what is to be advised must be proven year by year.
    """
    count = 0
    for listed in reversed(is_listed):
        if not listed:
            break
        count += 1
    return count


def advice(model: Model, years: int) -> str:
    """What is advised after so many years in a row; empty where nothing is. Whether it is done, people decide."""
    return next((text for least, text in model.limits.actions if years >= least), "")


# -- weight sensitivity -----------------------------------------------------------------------

SHIFT: Final = 0.2
"""By which share a weight is moved up and down."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Sensitivity:
    """What the totals and ranks would be if the weight of one dimension were another.

    Attributes:
        variants: (column of the dimension, factor on its weight), such as (3, 1.2).
        totals: (variants, majors).
        ranks: (variants, majors), 0 without total.
        base: the ranks with the weights as they are, (majors,).
    """

    variants: tuple[tuple[int, float], ...]
    totals: FloatMatrix
    ranks: NDArray[np.int64]
    base: NDArray[np.int64]

    @property
    def largest_moves(self) -> NDArray[np.int64]:
        """By how many ranks each major moves at most; 0 for those without total."""
        return np.abs(self.ranks - self.base).max(axis=0, initial=0)


def shifted(weights: Vector, column: int, factor: float) -> Vector:
    """`weights` with one of them multiplied, and the others scaled so that the sum stays what it was."""
    whole = float(weights.sum())
    moved = min(weights[column] * factor, whole)
    others = whole - weights[column]
    result = weights * ((whole - moved) / others if others > 0 else 0.0)
    result[column] = moved
    return result


def sensitivity(model: Model, dimensions: FloatMatrix) -> Sensitivity:
    """Totals and ranks of all majors for every dimension's weight 20 % up and 20 % down."""
    variants = tuple((column, factor) for column in range(len(model.dimensions)) for factor in (1 + SHIFT, 1 - SHIFT))
    found = np.array([totals(dimensions, shifted(model.weights, *variant)) for variant in variants])
    return Sensitivity(
        variants=variants,
        totals=found,
        ranks=np.array([ranks(row) for row in found]),
        base=ranks(totals(dimensions, model.weights)),
    )
