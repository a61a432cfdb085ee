"""What a value would bring (试算): a point's rule tried out on given numbers, without posting anything."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from data_access.errors import UnknownNameError, UserError, suggestion
from indicators.growth_card.points import RAW, Card, Point, Rule, Schedule
from indicators.growth_card.rule_words import rule_words
from indicators.growth_card.rules import HUNDREDTHS, Inputs, Vector, effects, has_opening, settled
from indicators.library import shipped_library

MOST_SLOTS: Final = 60
"""A term has no more weeks than that, however long it is."""
LARGEST: Final = 1_000_000.0
"""No rate, score or number of times of a student or class is greater."""
AWARDS: Final = "awards"
EVENTS: Final = "events"
_ADDED_UP: Final = frozenset({Rule.COUNT_UP, Rule.COUNT_DOWN, Rule.LEVEL, Rule.LINEAR, Rule.LINEAR_DEDUCT})
"""Rules that add up the slots of a term, so that several values may be given."""
_MARKED: Final = frozenset({Rule.PLAN, Rule.LINEAR, Rule.LINEAR_DEDUCT, Rule.PARTICIPATE, Rule.DELTA})
"""Rules over rates and scores, which go up to 100, or over their change."""
_COUNTED: Final = frozenset({"次", "个"})
"""Units of what is counted."""
_SHARED: Final = frozenset({Schedule.WEEKLY, Schedule.MONTHLY})


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """The outcome of a trial, in points: what a term with these values would bring to the account.

    Attributes:
        gain: before caps; `loss` likewise.
        opening: what the term begins with.
    """

    point: Point
    points: float
    gain: float
    loss: float
    opening: float
    explanation: str

    def as_json(self) -> dict[str, Any]:
        """The outcome as the command prints it."""
        point = self.point
        return {
            "code": point.code,
            "name": point.name,
            "account": point.account,
            "rule": str(point.rule),
            "points": self.points,
            "cap": point.max_deposit,
            "max_deduct": point.max_deduct,
            "opening": self.opening,
            "gain": self.gain,
            "loss": self.loss,
            "explanation": self.explanation,
        }


def point_of(card: Card, code: str) -> Point:
    """The point of that code.

    Raises:
        UnknownNameError: there is none.
    """
    if code not in card.by_code:
        raise UnknownNameError(f"There is no scoring point {code!r}{suggestion(code, card.by_code)}")
    return card.by_code[code]


def trial(point: Point, raw: object, extra: Mapping[str, object]) -> Trial:
    """What a term with these values would bring.

    Args:
        point: the scoring point.
        raw: a number, or several for the weeks or months of a term; null where `extra` says all.
        extra: other inputs by name: ``events`` (of 全勤率, 学分绩), ``on_time`` and ``goals`` (shares of a plan, 0 to
            1), ``awards`` (points of competitions by award, instead of `raw`).

    Raises:
        UserError: a value is missing, not a finite number, out of range, or means nothing to the rule.
    """
    inputs = _inputs(point, raw, extra)
    slots = len(next(iter(inputs.values())))
    is_shared = point.schedule in _SHARED and point.rule in {Rule.LINEAR, Rule.LINEAR_DEDUCT}
    gains, losses = effects(point, inputs, share=1 / slots if is_shared else 1.0)
    brought = settled(point, gains[None, :], losses[None, :], opening=has_opening(point))
    outcome = {
        "points": float(brought.sum()) / HUNDREDTHS,
        "gain": round(float(np.nansum(gains)), 4),
        "loss": round(float(np.nansum(losses)), 4),
        "opening": point.opening if has_opening(point) else 0.0,
    }
    return Trial(point=point, explanation=_explained(point, **outcome), **outcome)


def _explained(point: Point, *, points: float, gain: float, loss: float, opening: float) -> str:
    """How the points came about, and the rule in words."""
    parts = [f"期初存入 {opening:g}"] if opening else []
    parts += [f"得 {gain:g}"] if gain else []
    parts += [f"扣 {loss:g}"] if loss else []
    capped = [f"存入封顶 {point.max_deposit:g}"] if gain > point.max_deposit > 0 else []
    capped += [f"扣减封顶 {point.max_deduct:g}"] if loss > point.max_deduct else []
    reckoned = f"（{'，'.join([*parts, *capped])}）" if parts or capped else ""
    return f"{point.name}：{points:g} 分{reckoned}。规则：{rule_words(point)}。"


# -- what is given --------------------------------------------------------------------------------


def _inputs(point: Point, raw: object, extra: Mapping[str, object]) -> Inputs:
    known = _extras(point)
    for name in extra:
        if name not in known:
            told = f"It takes {', '.join(known)}." if known else "It takes none."
            raise UserError(f"{point.code} ({point.rule}) has no extra input {name!r}. {told}")
    if AWARDS in extra:
        if raw is not None:
            raise UserError("With awards, raw must be null: it would count the same competitions twice.")
        return _awards(point, extra[AWARDS])
    if raw is None:
        raise UserError(f"{point.code} needs a raw value.")
    values = _values(point, raw)
    if point.rule is Rule.PLAN:
        return {RAW: values, **_shares(point, extra)}
    if EVENTS in extra:
        return {RAW: values, EVENTS: _events(extra[EVENTS], len(values))}
    return {RAW: values}


def _extras(point: Point) -> tuple[str, ...]:
    match point.rule:
        case Rule.LINEAR_DEDUCT:
            return (EVENTS,)
        case Rule.PLAN:
            return ("on_time", "goals")
        case Rule.COUNT_UP if "award_multiplier" in point.params:
            return (AWARDS,)
        case _:
            return ()


def _values(point: Point, raw: object) -> Vector:
    several = isinstance(raw, list)
    values = raw if isinstance(raw, list) else [raw]
    if several and point.rule not in _ADDED_UP:
        raise UserError(f"{point.code} ({point.rule}) takes one raw value, not a list.")
    if not 0 < len(values) <= MOST_SLOTS:
        raise UserError(f"raw must hold 1 to {MOST_SLOTS} values, one for every week or month of a term.")
    is_count = shipped_library()[point.code].definition["unit"] in _COUNTED
    highest = 100.0 if point.rule in _MARKED else LARGEST
    lowest = -highest if point.rule is Rule.DELTA else 0.0
    found = np.array([_number(value, "raw", lowest=lowest, highest=highest, is_count=is_count) for value in values])
    if point.rule is Rule.LEVEL and not is_count:
        levels = sorted(float(level) for level in point.params["table"])
        if not np.isin(found, levels).all():
            raise UserError(f"raw must be one of {', '.join(f'{level:g}' for level in levels)}.")
    return found


def _shares(point: Point, extra: Mapping[str, object]) -> Inputs:
    """The parts of a plan: all are needed, for what is not told would silently count as missed."""
    missing = [name for name in _extras(point) if name not in extra]
    if missing:
        raise UserError(f"{point.code} (plan) needs {' and '.join(missing)} in extra, each from 0 to 1.")
    return {name: np.array([_number(extra[name], name, lowest=0, highest=1)]) for name in _extras(point)}


def _events(events: object, slots: int) -> Vector:
    """How often something happened, in which slot makes no difference."""
    values: Sequence[object] = events if isinstance(events, list) else [events, *[0] * (slots - 1)]
    if len(values) != slots:
        raise UserError(f"events must be one number, or as many as there are raw values ({slots}).")
    return np.array([_number(value, EVENTS, lowest=0, is_count=True) for value in values])


def _awards(point: Point, awards: object) -> Inputs:
    multipliers: Mapping[str, float] = point.params["award_multiplier"]
    if not isinstance(awards, dict) or not awards:
        raise UserError(f'awards must be an object such as {{"{next(iter(multipliers))}": 2}}.')
    unknown = [name for name in awards if name not in multipliers]
    if unknown:
        raise UserError(f"There is no award {unknown[0]!r}. There are {', '.join(multipliers)}.")
    return {
        f"{RAW}.{name}": np.array([_number(value, name, lowest=0, is_count=True)]) for name, value in awards.items()
    }


def _number(value: object, name: str, *, lowest: float, highest: float = LARGEST, is_count: bool = False) -> float:
    if isinstance(value, bool) and name == "on_time":
        return float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UserError(f"{name} must be a number, not {type(value).__name__}.")
    if abs(value) > LARGEST or not math.isfinite(value) or not lowest <= value <= highest:
        raise UserError(f"{name} must lie between {lowest:,.10g} and {highest:,.10g}.")
    if is_count and value != int(value):
        raise UserError(f"{name} must be a whole number: it counts how often.")
    return float(value)
