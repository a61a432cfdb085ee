"""What values bring: the ten rule types of the growth card as pure functions over arrays.

Points are counted in hundredths, as whole numbers, so that every subtotal is exactly the sum of its entries. A term falls
into slots (weeks, months, the term as a whole). Each slot has a *gain* and a *loss*; caps hold over the term as a whole:
after k slots an account has been given

    F(k) = min(max_deposit, gain_1 + … + gain_k) − min(max_deduct, loss_1 + … + loss_k)

and slot k brings F(k) − F(k−1). So the slots of a term add up to what the rule gives for the whole term, and no more, in
whatever order they arrive. Rules and caps: ``points.yaml``; why so: docs/adr/0021-the-growth-card-ledger.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from indicators.growth_card.points import RAW, Point, Rule, Schedule

HUNDREDTHS: Final = 100
"""Units of the ledger in one point (储值分)."""

Vector = NDArray[np.float64]
Whole = NDArray[np.int64]
Inputs = Mapping[str, Vector]
"""Values by name of the input, one for every holder; NaN where there is none."""


def effects(point: Point, inputs: Inputs, *, share: float = 1.0) -> tuple[Vector, Vector]:
    """Gain and loss, in points and before caps, that one slot brings to each holder.

    Args:
        point: the scoring point.
        inputs: what was measured in the slot. Holders without a `raw` value get NaN: nothing is due from them. Only a
            plan may lack it: what was not handed in brings nothing, but it was due.
        share: the slot's share of the cap, for rules that share it out (the first of 19 weeks has 1/19).
    """
    raw = inputs[RAW] if RAW in inputs else weighed(point, inputs)
    none = np.zeros_like(raw)
    match point.rule:
        case Rule.LINEAR:
            return _linear(point, raw) * share, _where_known(raw, none)
        case Rule.LINEAR_DEDUCT:
            return _linear(point, raw) * share, _where_known(
                raw, point.params["deduct_per"] * _zero(inputs, "events", raw)
            )
        case Rule.PLAN:
            return _plan(point, inputs), none
        case Rule.COUNT_UP:
            return np.minimum(point.params["period_cap"], point.params["per"] * raw), _where_known(raw, none)
        case Rule.COUNT_DOWN:
            return _where_known(raw, none), point.params["per"] * raw
        case Rule.LEVEL:
            worth = _looked_up(point, raw)
            return np.maximum(worth, 0.0), np.maximum(-worth, 0.0)
        case Rule.PARTICIPATE:
            done = _where_known(raw, (raw >= 1).astype(float))
            return point.max_deposit * done, _where_known(raw, none)
        case Rule.DELTA:
            worth = point.params["k"] * raw
            return np.maximum(worth, 0.0), np.maximum(-worth, 0.0)
        case Rule.BAND_HOURS:
            is_over = raw > point.params["over"]
            gain = np.where(is_over, 0.0, raw / point.params["hours_per_point"])
            return _where_known(raw, gain), _where_known(raw, np.where(is_over, point.params["over_deduct"], 0.0))
        case Rule.NEUTRAL:
            return np.full_like(raw, np.nan), np.full_like(raw, np.nan)


def settled(point: Point, gains: Vector, losses: Vector, *, opening: bool = False) -> Whole:
    """What every slot of a term brings, in hundredths, within the caps of the term.

    Args:
        point: the scoring point.
        gains: shape (holders, slots), in the order of time; NaN where nothing is due, which counts as nothing.
        losses: likewise.
        opening: True to begin with the deposit of the term's first week, which then stands in a first column.
    """
    if opening:
        column = np.full((len(gains), 1), point.opening)
        gains, losses = np.hstack([column, gains]), np.hstack([np.zeros_like(column), losses])
    deposited = np.minimum(point.max_deposit, np.cumsum(np.nan_to_num(gains), axis=1))
    deducted = np.minimum(point.max_deduct, np.cumsum(np.nan_to_num(losses), axis=1))
    total = np.rint(np.round((deposited - deducted) * HUNDREDTHS, 6)).astype(np.int64)
    return np.diff(total, axis=1, prepend=0).astype(np.int64)


def possible(point: Point, shares: Sequence[float] | Vector) -> Whole:
    """The most that each slot can bring, in hundredths; they add up to the cap where the shares add up to 1.

    `shares` are of shape (slots,) or (holders, slots); a slot in which nothing is due has none.
    """
    reached = np.minimum(point.max_deposit, np.cumsum(np.asarray(shares, dtype=float), axis=-1) * point.max_deposit)
    return np.diff(np.rint(np.round(reached * HUNDREDTHS, 6)).astype(np.int64), prepend=0).astype(np.int64)


def term_points(point: Point, inputs: Inputs) -> float:
    """What a whole term brings, in points: the rule on one holder's values, one for every slot of the term.

    `inputs` are of shape (slots,). Rates and scores of a whole term are one slot; counts may be several (months).
    """
    gains, losses = effects(point, inputs)
    brought = settled(point, gains[None, :], losses[None, :], opening=point.opening > 0)
    return float(brought.sum()) / HUNDREDTHS


def has_opening(point: Point) -> bool:
    """True where a term begins with a deposit that occurrences take away."""
    return point.schedule is Schedule.OCCURRENCE and point.opening > 0


def attainment(net: int, most: int) -> float | None:
    """达成度 in %: what was brought of what was due so far; None where nothing was due."""
    return 100.0 * net / most if most > 0 else None


def _linear(point: Point, raw: Vector) -> Vector:
    zero, full = float(point.params["zero"]), float(point.params["full"])
    fraction: Vector = np.clip((raw - zero) / (full - zero), 0.0, 1.0)
    return point.max_deposit * fraction


def _plan(point: Point, inputs: Inputs) -> Vector:
    """The parts of a plan that are told: handed in on time and how good, or the goals reached."""
    weights, cap = point.params, point.max_deposit
    parts = [
        cap * weights["on_time"] * inputs["on_time"] if "on_time" in inputs else None,
        cap * weights["quality"] * np.nan_to_num(inputs[RAW]) / 100 if "on_time" in inputs else None,
        cap * weights["goals"] * inputs["goals"] if "goals" in inputs else None,
    ]
    total: Vector = sum((part for part in parts if part is not None), start=np.zeros_like(next(iter(inputs.values()))))
    return total


def weighed(point: Point, inputs: Inputs) -> Vector:
    """A count whose kinds weigh differently (``raw.一等奖``); a kind that is not told counts as none."""
    multipliers: Mapping[str, float] = point.params.get("award_multiplier", {})
    told = {name.removeprefix(f"{RAW}."): values for name, values in inputs.items() if name.startswith(f"{RAW}.")}
    if not told:
        return np.full_like(next(iter(inputs.values())), np.nan)
    stacked = np.stack([multipliers[name] * values for name, values in told.items()])
    is_known = ~np.isnan(stacked).all(axis=0)
    return np.where(is_known, np.nansum(stacked, axis=0), np.nan)


def _looked_up(point: Point, raw: Vector) -> Vector:
    """The worth of the highest step of the table that a value reaches."""
    steps = sorted((float(step), float(worth)) for step, worth in point.params["table"].items())
    known = np.nan_to_num(raw, nan=steps[0][0])
    place = np.searchsorted([step for step, _ in steps], known, side="right") - 1
    worth = np.array([worth for _, worth in steps])[np.maximum(place, 0)]
    return _where_known(raw, worth)


def _zero(inputs: Inputs, name: str, like: Vector) -> Vector:
    return np.nan_to_num(inputs[name]) if name in inputs else np.zeros_like(like)


def _where_known(raw: Vector, values: Vector) -> Vector:
    return np.where(np.isnan(raw), np.nan, values)
