"""What fell and what rose most between the last two settled periods, whatever its unit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from data_access.access.privacy import Privacy
from indicators.results import Board, EntityInfo, FloatMatrix, IndicatorInfo, PeriodInfo, Standing
from indicators.settled import last_settled

FEWEST_BEHIND: Final = 20
"""People or records behind each of the two values; of fewer, a change says little."""
PER_INDICATOR: Final = 2
"""Places that one indicator may take in a list, so that one bad week of one rate does not fill it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """One indicator of one entity that changed.

    Attributes:
        period: the last settled one; `now` is its value, `before` that of the period before.
        gain: the change in the good direction, in widths from target to alert line: −0.5 is half way down.
        behind: people or records behind the smaller of the two values.
        is_lasting: True where the change before that went the same way.
    """

    level: str
    entity: EntityInfo
    info: IndicatorInfo
    period: PeriodInfo
    now: float
    before: float
    gain: float
    behind: int
    is_lasting: bool


def moves(board: Board, level: str, *, data_date: dt.date, count: int) -> list[Move]:
    """The changes on a board that a list of `count` rises or falls may need, in no particular order.

    Left out are sensitive indicators, those whose good direction or lines are not single numbers, values that
    fewer than `FEWEST_BEHIND` people or records stand behind, and what did not change.
    """
    found: list[Move] = []
    for standing in board.standings.values():
        found += _of_standing(standing, level, data_date, count)
    return found


def _of_standing(standing: Standing, level: str, data_date: dt.date, count: int) -> list[Move]:
    info, frame = standing.info, standing.frame
    width = _width(info)
    column = last_settled(frame, data_date)
    if width is None or not column or info.about.privacy_at(level) is Privacy.SENSITIVE:
        return []
    sign = -1.0 if info.direction == "lower" else 1.0
    gain = sign * (frame.value[:, column] - frame.value[:, column - 1]) / width
    behind = _behind(standing)[:, column - 1 : column + 1].min(axis=1)
    earlier = (
        sign * (frame.value[:, column - 1] - frame.value[:, column - 2])
        if column > 1
        else np.full(len(frame.entities), np.nan)
    )
    told = np.flatnonzero(~np.isnan(gain) & (gain != 0) & (behind >= FEWEST_BEHIND))
    # A list passes over at most count − 1 entities that it names already, and takes `PER_INDICATOR` of the rest.
    ids = np.array([frame.entities[row].entity_id for row in told], dtype=np.int64)
    order = told[np.lexsort((ids, gain[told]))]
    back = told[np.lexsort((ids, -gain[told]))]
    most = count - 1 + PER_INDICATOR
    kept = [*(row for row in order[:most] if gain[row] < 0), *(row for row in back[:most] if gain[row] > 0)]
    return [
        Move(
            level=level,
            entity=frame.entities[row],
            info=info,
            period=frame.periods[column],
            now=float(frame.value[row, column]),
            before=float(frame.value[row, column - 1]),
            gain=float(gain[row]),
            behind=int(behind[row]),
            is_lasting=bool(gain[row] * earlier[row] > 0),
        )
        for row in kept
    ]


def _width(info: IndicatorInfo) -> float | None:
    """From target to alert line, by which changes of different units compare; None where that is no distance."""
    if not isinstance(info.target, int | float) or not isinstance(info.alert, int | float):
        return None
    return abs(info.target - info.alert) or None


def _behind(standing: Standing) -> FloatMatrix:
    """People or records behind each value: of a rate what it is of, and never more than its rows."""
    rows = standing.frame.rows.astype(np.float64)
    return np.fmin(rows, standing.frame.denominator)


def largest(found: Iterable[Move], *, rising: bool, count: int) -> Sequence[Move]:
    """The `count` largest rises or falls, largest first, one for each entity.

    One indicator takes at most `PER_INDICATOR` places. Equal changes come by code, level and key, so that the same
    data always gives the same list.
    """
    sign = -1.0 if rising else 1.0
    ordered = sorted(
        (move for move in found if (move.gain > 0) is rising),
        key=lambda move: (sign * move.gain, move.info.code, move.level, move.entity.entity_id),
    )
    chosen: list[Move] = []
    seen: set[tuple[str, int]] = set()
    taken: dict[str, int] = {}
    for move in ordered:
        entity, code = (move.level, move.entity.entity_id), move.info.code
        if entity in seen or taken.get(code, 0) >= PER_INDICATOR:
            continue
        seen.add(entity)
        taken[code] = taken.get(code, 0) + 1
        chosen.append(move)
        if len(chosen) == count:
            break
    return chosen
