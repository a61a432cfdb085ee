"""The weights of the eight-dimension model: which set counts for a year, who entered it, and why."""

from __future__ import annotations

import datetime as dt
import math
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Engine, RowMapping, func, insert, select

from data_access import clock
from data_access.access.actors import Actor
from data_access.access.audit import AuditKind, AuditLog, Event
from data_access.database import transaction
from data_access.database.monitoring_models import ModelWeightSet
from data_access.errors import UserError

WHOLE: Final = 100.0
"""What the weights of the dimensions add up to, and those of the items within each."""
TOLERANCE: Final = 0.01
"""By how much a sum may miss `WHOLE`: three times 33.33 is a whole."""
EARLIEST_YEAR: Final = 2000
LONGEST_REASON: Final = 300
SUBJECT: Final = "model:eight-dimensions"
"""What the audit log calls the model."""
OVERTAKEN: Final = "打开本页之后有人保存了新的权重，见下面的历史。请核对后重新预览。"
_LOCK: Final = 0x6C75_6F78_7765_6967
"""Key of PostgreSQL's advisory lock: one writer at a time reads the last set and adds the next."""


@dataclass(frozen=True, kw_only=True)
class DimensionWeights:
    """The weight of a dimension in the total, and of its items in the dimension, by code."""

    weight: float
    items: Mapping[str, float]


Weights = Mapping[str, DimensionWeights]
"""By key of the dimension."""


@dataclass(frozen=True, kw_only=True)
class WeightProblem:
    """What is wrong with a set, and where.

    Attributes:
        dimension: key of the dimension; empty where it is about all of them.
        item: code of the item, ``*`` for all items of the dimension, or ``year`` or ``reason``.
    """

    message: str
    dimension: str = ""
    item: str = ""


class WeightsError(UserError):
    """A set of weights cannot be taken; `problems` says why and where."""

    def __init__(self, problems: tuple[WeightProblem, ...]) -> None:
        super().__init__(" ".join(problem.message for problem in problems))
        self.problems = problems


class OvertakenError(UserError):
    """Somebody has entered another set since the one that was to be replaced was read."""

    def __init__(self) -> None:
        super().__init__(OVERTAKEN)


@dataclass(frozen=True, kw_only=True)
class WeightSet:
    """A set of weights as it was entered.

    Attributes:
        valid_from_year: first year that is scored by it.
        set_by: username.
        set_at: aware, UTC.
    """

    set_id: int
    valid_from_year: int
    weights: Weights
    reason: str
    set_by: str
    set_at: dt.datetime


class ModelWeights:
    """The weights of the model in an installation.

    Rows are added and never changed. For a year the last set entered for it counts, or for the nearest year before;
    before any set, the library's proposal.

    Args:
        database: that of the installation.
        audit: where every change is recorded, in the transaction that makes it.
        proposal: the library's weights; a set must name the same dimensions and items.
        now: the current time, aware.
    """

    def __init__(
        self, database: Engine, audit: AuditLog, proposal: Weights, *, now: Callable[[], dt.datetime] = clock.now
    ) -> None:
        self._database = database
        self._audit = audit
        self._now = now
        self.proposal = proposal

    def history(self) -> tuple[WeightSet, ...]:
        """All sets, the one entered last first."""
        query = select(ModelWeightSet.__table__).order_by(ModelWeightSet.set_id.desc())
        with self._database.connect() as connection:
            return tuple(_set_of(row) for row in connection.execute(query).mappings())

    def current(self, year: int) -> Weights:
        """The weights by which a year is scored."""
        return in_force(self.history(), year, self.proposal)

    def check(self, weights: Weights, *, valid_from_year: int, reason: str) -> tuple[WeightProblem, ...]:
        """Everything for which `set` would refuse a set of weights."""
        this_year = self._now().astimezone(clock.COLLEGE_ZONE).year
        return (
            *problems(weights, self.proposal),
            *_year_problems(valid_from_year, this_year),
            *_reason_problems(reason),
        )

    def set(self, weights: Weights, *, valid_from_year: int, reason: str, by: Actor, seen: int | None = None) -> int:
        """Enter a set for a year and those after it; returns its number.

        It cannot reach back behind the year now in progress: results of earlier years stay what they were.

        Args:
            weights: the new set.
            valid_from_year: first year that is scored by it.
            reason: why, for the history.
            by: who enters it.
            seen: number of the last set that they know of, 0 for none; None where that does not matter.

        Raises:
            OvertakenError: another set has been entered since `seen`.
            WeightsError: the set cannot be taken; its problems say where and why, in Chinese.
            BusyError: the database stayed locked.
        """
        found = self.check(weights, valid_from_year=valid_from_year, reason=reason)
        if found:
            raise WeightsError(found)
        with transaction(self._database) as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
            # read within the transaction that writes: the differences told are those that happened
            rows = connection.execute(select(ModelWeightSet.__table__).order_by(ModelWeightSet.set_id.desc()))
            sets = [_set_of(row) for row in rows.mappings()]
            if seen is not None and seen != (sets[0].set_id if sets else 0):
                raise OvertakenError
            before = in_force(sets, valid_from_year, self.proposal)
            result = connection.execute(
                insert(ModelWeightSet).values(
                    valid_from_year=valid_from_year,
                    weights=_plain(weights),
                    reason=reason.strip(),
                    set_by=by.name,
                    set_at=self._now(),
                )
            )
            [set_id] = result.inserted_primary_key or (0,)
            self._audit.write_in(
                connection,
                Event(
                    kind=AuditKind.TARGET,
                    actor=by.name,
                    subject=SUBJECT,
                    address=by.address,
                    detail={
                        "set": set_id,
                        "valid_from_year": valid_from_year,
                        "reason": reason.strip(),
                        "changes": {name: list(pair) for name, pair in differences(before, weights).items()},
                    },
                ),
            )
        return set_id


def in_force(sets: tuple[WeightSet, ...] | list[WeightSet], year: int, proposal: Weights) -> Weights:
    """The weights of a year.

    Args:
        sets: as `ModelWeights.history` gives them, the last entered first.
        year: of the results.
        proposal: what counts before any set.
    """
    reaching = [item for item in sets if item.valid_from_year <= year]
    if not reaching:
        return proposal
    return max(reaching, key=lambda item: (item.valid_from_year, item.set_id)).weights


def problems(weights: Weights, proposal: Weights) -> tuple[WeightProblem, ...]:
    """What is wrong with a set, all of it: unknown and missing parts, weights that are none, sums that miss 100."""
    found = [WeightProblem(message=f"模型没有维度“{key}”。", dimension=key) for key in weights.keys() - proposal.keys()]
    found += [WeightProblem(message="缺少这个维度的权重。", dimension=key) for key in proposal.keys() - weights.keys()]
    known = [key for key in proposal if key in weights]
    for key in known:
        given = weights[key]
        if not _is_weight(given.weight):
            found.append(WeightProblem(message="权重须是大于 0、不超过 100 的数。", dimension=key))
        found += _item_problems(key, given.items, proposal[key].items)
    if len(known) == len(proposal) and all(_is_weight(weights[key].weight) for key in known):
        found += _sum_problems("八个维度", [weights[key].weight for key in known])
    return tuple(found)


def _item_problems(key: str, given: Mapping[str, float], known: Mapping[str, float]) -> list[WeightProblem]:
    found = [
        WeightProblem(message=f"这个维度没有分项 {code}。", dimension=key, item=code)
        for code in sorted(given.keys() - known.keys())
    ]
    found += [
        WeightProblem(message="缺少这个分项的权重。", dimension=key, item=code)
        for code in sorted(known.keys() - given.keys())
    ]
    wrong = [code for code, weight in given.items() if code in known and not _is_weight(weight)]
    found += [WeightProblem(message="权重须是大于 0、不超过 100 的数。", dimension=key, item=code) for code in wrong]
    return found or _sum_problems("本维度的分项", list(given.values()), dimension=key)


def _is_weight(value: object) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return is_number and 0 < value <= WHOLE  # type: ignore[operator]  # a number by now


def _sum_problems(what: str, weights: list[float], *, dimension: str = "") -> list[WeightProblem]:
    whole = math.fsum(weights)
    if abs(whole - WHOLE) <= TOLERANCE:
        return []
    message = f"{what}权重合计应为 100，现为 {whole:g}，{'多' if whole > WHOLE else '少'} {abs(whole - WHOLE):.4g}。"
    return [WeightProblem(message=message, dimension=dimension, item="*" if dimension else "")]


def _year_problems(year: int, this_year: int) -> list[WeightProblem]:
    if this_year <= year <= this_year + 1:
        return []
    message = f"生效年度只能是 {this_year} 或 {this_year + 1}：以前年度的结果不能改变。"
    return [WeightProblem(message=message, dimension="", item="year")]


def _reason_problems(reason: str) -> list[WeightProblem]:
    text = reason.strip()
    if not text:
        return [WeightProblem(message="请写明调整的理由，它会留在历史里。", item="reason")]
    if len(text) > LONGEST_REASON:
        return [WeightProblem(message=f"理由最长 {LONGEST_REASON} 个字。", item="reason")]
    if any(unicodedata.category(character)[0] == "C" and character not in "\t\r\n" for character in text):
        return [WeightProblem(message="理由里不能有控制字符等看不见的字符。", item="reason")]
    return []


def differences(before: Weights, after: Weights) -> dict[str, tuple[float | None, float | None]]:
    """Weights that differ, by key of the dimension or code of the item: (before, after), None where there is none."""
    old, new = _flat(before), _flat(after)
    return {name: (old.get(name), new.get(name)) for name in {**old, **new} if old.get(name) != new.get(name)}


def _flat(weights: Weights) -> dict[str, float]:
    found: dict[str, float] = {}
    for key, dimension in weights.items():
        found[key] = float(dimension.weight)
        found.update({code: float(weight) for code, weight in dimension.items.items()})
    return found


def _plain(weights: Weights) -> dict[str, Any]:
    return {
        key: {"weight": float(d.weight), "items": {c: float(w) for c, w in d.items.items()}}
        for key, d in weights.items()
    }


def _set_of(row: RowMapping) -> WeightSet:
    return WeightSet(
        set_id=row["set_id"],
        valid_from_year=row["valid_from_year"],
        weights={
            key: DimensionWeights(weight=block["weight"], items=dict(block["items"]))
            for key, block in row["weights"].items()
        },
        reason=row["reason"],
        set_by=row["set_by"],
        set_at=clock.utc(row["set_at"]),
    )
