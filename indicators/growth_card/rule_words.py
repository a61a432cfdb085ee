"""A point's rule in the words of those who live by it: what brings points, how many, and when."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from indicators.growth_card.points import Point, Rule, Schedule

_SHARED: Final[Mapping[Schedule, str]] = {Schedule.WEEKLY: "个教学周", Schedule.MONTHLY: "个月"}
_SHARING: Final = frozenset({Rule.LINEAR, Rule.LINEAR_DEDUCT})
_PLAN_PARTS: Final = (("on_time", "按时提交"), ("quality", "质量"), ("goals", "目标达成"))
_FORMULA: Final = "×"
_TOLD: Final = re.compile(rf"均分|封顶|另扣|超过|zero|{_FORMULA}")
"""What of the plan's notes the words of the rule say already."""


def rule_words(point: Point, *, unit: str = "", slots: int = 0) -> str:
    """A point's rule, such as ``≥98% 满分，≤80% 得 0 分，其间按比例；按 19 个教学周均分``.

    Args:
        point: the scoring point.
        unit: of the value that its rule reads, such as %.
        slots: how many weeks or months of the term share its cap; 0 where that is not known.
    """
    is_shared = slots > 0 and point.schedule in _SHARED and point.rule in _SHARING
    shared = [f"按 {slots} {_SHARED[point.schedule]}均分"] if is_shared else []
    notes = [clause for clause in point.note.split("；") if clause and not _TOLD.search(clause)]
    return "；".join([_words(point, unit), *shared, *notes])


def _words(point: Point, unit: str) -> str:
    params = point.params
    match point.rule:
        case Rule.LINEAR:
            return _linear(point, unit)
        case Rule.LINEAR_DEDUCT:
            return f"{_linear(point, unit)}；{_event(point)}，{_at_most(point)}"
        case Rule.PLAN:
            return "、".join(f"{words} {_worth(point.max_deposit * params[name])}" for name, words in _PLAN_PARTS)
        case Rule.COUNT_UP:
            term = f"每学期最多 {_worth(point.max_deposit)}"
            month = f"每月最多 {_worth(params['period_cap'])}，" if point.schedule is Schedule.MONTHLY else ""
            return f"{_each(point)}，{month}{term}"
        case Rule.COUNT_DOWN:
            return f"期初存入 {_worth(point.opening)}，每次扣 {_worth(params['per'])}，{_at_most(point)}"
        case Rule.LEVEL:
            return _levels(point)
        case Rule.PARTICIPATE:
            return f"完成存入 {_worth(point.max_deposit)}，未完成不存不扣"
        case Rule.DELTA:
            gain = f"每提高 1 分存入 {_worth(params['k'])}，最多 {_worth(point.max_deposit)}"
            return f"{gain}；下降同样扣减，{_at_most(point)}"
        case Rule.BAND_HOURS:
            gain = f"每 {params['hours_per_point']:g} 小时存入 1 分，最多 {_worth(point.max_deposit)}"
            return f"{gain}；超过 {params['over']:g} 小时扣 {_worth(params['over_deduct'])}"
        case Rule.NEUTRAL:
            return "不存不扣"


def _linear(point: Point, unit: str) -> str:
    full, zero = point.params["full"], point.params["zero"]
    best, none = ("≥", "≤") if full > zero else ("≤", "≥")
    return f"{best}{full:g}{unit} 满分，{none}{zero:g}{unit} 得 0 分，其间按比例"


def _event(point: Point) -> str:
    """What every occurrence costs besides, such as ``每次旷课另扣 5 分``."""
    event = str(point.params["deduct_event"])
    counted = next(words for words in ("次数", "门数") if event.endswith(words))
    return f"每{counted[0]}{event.removesuffix(counted)}另扣 {_worth(point.params['deduct_per'])}"


def _each(point: Point) -> str:
    """What every time brings; where times weigh differently, the formula that the plan's note gives."""
    formula = next((clause for clause in point.note.split("；") if _FORMULA in clause), "")
    return formula or f"每次存入 {_worth(point.params['per'])}"


def _levels(point: Point) -> str:
    worths = [float(worth) for worth in point.params["table"].values()]
    if max(worths) > 0:
        return f"达到存入 {_worth(max(worths))}，未达到不存不扣"
    steps = "、".join(f"{-worth:g}" for worth in dict.fromkeys(worths) if worth)
    return f"按处分级别扣 {steps} 分，{_at_most(point)}"


def _at_most(point: Point) -> str:
    return f"最多扣 {_worth(point.max_deduct)}"


def _worth(points: float) -> str:
    return f"{points:g} 分"
