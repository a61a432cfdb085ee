"""What stands out in the whole college: changes, alarms and the five by five, found once for each run and reader.

These look at thousands of values to show a dozen. Stored values change with a run alone, so what was found for a
scope holds until the next one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import numpy as np

from data_access.access.privacy import Privacy
from data_access.access.scope import Scope
from indicators.five_by_five import judged
from indicators.movers import Move, largest, moves
from indicators.results import Board, EntityInfo, IndicatorInfo, PeriodInfo, Reading, State
from indicators.settled import is_settled, last_settled
from indicators.shelf import Entry, Shelf
from indicators.values import StoredValues

LAYERS: Final[Mapping[str, tuple[str, ...]]] = {
    "dept": ("学校",),
    "major": ("专业", "学生"),
    "class": ("学生",),
    "course": ("课程",),
}
"""Layers of the indicators whose changes are told of a level: a class is told of by its own figures, not by those of
courses, which are the same meetings once more."""
_SHORT: Final = frozenset({"week", "month"})
_BELOW_SCHOOL: Final = frozenset({"dept", "major", "class", "course", "offering"})
"""Levels whose lines a department may be held against: not those set for the school, or for single persons."""
_COMPARED: Final = 3
"""The last settled period and the two before it."""
_DRAWN: Final = 12
"""Periods of the line behind a change."""
_KEPT: Final = 128
"""Answers kept at once; a college has fewer people who see more than one department."""

Answer = TypeVar("Answer")


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """A rise or fall, and the values that led to it, oldest first, None for gaps."""

    move: Move
    history: tuple[float | None, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Changes:
    """The largest falls and rises, largest first; `is_known` False where no two settled periods could be compared."""

    falls: tuple[Change, ...] = ()
    rises: tuple[Change, ...] = ()
    is_known: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Alarm:
    """A value in 警戒.

    Attributes:
        before: the value of the period before; None where there is none.
        beyond: how far beyond the alert line, in widths from target to that line; None without such a width.
        owner: department that answers for the indicator.
    """

    level: str
    entity: EntityInfo
    info: IndicatorInfo
    period: PeriodInfo
    value: float
    before: float | None
    beyond: float | None
    owner: str


class Digest:
    """Finds what stands out, and keeps what it found until the next run; safe to share between threads.

    What is kept belongs to a scope: whoever has the same grants reads the same rows.
    """

    def __init__(self, values: StoredValues, library: Shelf) -> None:
        self._values = values
        self._library = library
        self._kept: dict[Any, Any] = {}

    def _once(self, key: tuple[Any, ...], find: Callable[[], Answer]) -> Answer:
        whole = (self._values.versions(), *key)
        if whole not in self._kept:
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            self._kept[whole] = find()
        found: Answer = self._kept[whole]
        return found

    def readings(self, level: str, entity_id: int, *, until: dt.date, scope: Scope) -> Sequence[Reading]:
        """All indicators of one node, each up to its last settled period."""
        return self._once(
            ("readings", level, entity_id, until, scope.grants), lambda: self._readings(level, entity_id, until, scope)
        )

    def _readings(self, level: str, entity_id: int, until: dt.date, scope: Scope) -> Sequence[Reading]:
        codes = [entry.code for entry in self._library.entries() if level in entry.levels]
        return tuple(self._values.readings(codes, level, entity_id, until=until, scope=scope))

    def changes(
        self, *, until: dt.date, below: tuple[str, Collection[int]] | None = None, count: int, scope: Scope
    ) -> Changes:
        """What fell and rose most below a node, of the whole college without one.

        Args:
            until: last day of the data looked at.
            below: such as ``("dept", {3})``.
            count: how many of each.
            scope: what may be read.
        """
        node = None if below is None else (below[0], tuple(sorted(below[1])))
        return self._once(
            ("changes", until, node, count, scope.grants), lambda: self._changes(until, node, count, scope)
        )

    def _changes(self, until: dt.date, below: tuple[str, Collection[int]] | None, count: int, scope: Scope) -> Changes:
        found: list[Move] = []
        for level in LAYERS:
            if below is not None and level == below[0]:
                continue
            for kind in sorted(_SHORT):
                end = self._last_settled_day(kind, until)
                codes = [
                    entry.code
                    for entry in self._library.entries()
                    if entry.info.period == kind and entry.layer in LAYERS[level] and level in entry.levels
                ]
                if end is not None and codes:
                    board = self._values.history(codes, level, until=end, last=_COMPARED, below=below, scope=scope)
                    found += moves(board, level, data_date=until, count=count)
        falls, rises = (largest(found, rising=rising, count=count) for rising in (False, True))
        lines = self._lines([*falls, *rises], until, scope)
        return Changes(
            falls=tuple(Change(move=move, history=lines[_key(move)]) for move in falls),
            rises=tuple(Change(move=move, history=lines[_key(move)]) for move in rises),
            is_known=bool(found),
        )

    def _last_settled_day(self, kind: str, until: dt.date) -> dt.date | None:
        """The first day of the last settled period, up to which periods are read."""
        return max((p.start for p in self._values.periods(kind) if is_settled(p, until)), default=None)

    def _lines(
        self, shown: Sequence[Move], until: dt.date, scope: Scope
    ) -> Mapping[tuple[str, str, int], tuple[float | None, ...]]:
        """Values over time behind each of some changes."""
        found: dict[tuple[str, str, int], tuple[float | None, ...]] = {}
        for level in dict.fromkeys(move.level for move in shown):
            own = [move for move in shown if move.level == level]
            board = self._values.history(
                list(dict.fromkeys(move.info.code for move in own)),
                level,
                until=until,
                last=_DRAWN,
                entity_ids=sorted({move.entity.entity_id for move in own}),
                scope=scope,
            )
            rows = {entity.entity_id: row for row, entity in enumerate(board.entities)}
            for move in own:
                frame, row = board.standings[move.info.code].frame, rows[move.entity.entity_id]
                found[_key(move)] = tuple(
                    None if np.isnan(value) else float(value)
                    for value, period in zip(frame.value[row], frame.periods, strict=True)
                    if is_settled(period, until)
                )
        return found

    def alarms(self, *, until: dt.date, scope: Scope) -> Sequence[Alarm]:
        """What is in 警戒 at the school and its departments, the school first, then by how far beyond the line.

        Sensitive figures of departments are left out: there the school's stand for all.
        """
        return self._once(("alarms", until, scope.grants), lambda: tuple(self._alarms(until, scope)))

    def _alarms(self, until: dt.date, scope: Scope) -> list[Alarm]:
        entries = {entry.code: entry for entry in self._library.entries()}
        school = EntityInfo(entity_id=1, name="全校")
        found = [
            Alarm(
                level="school",
                entity=school,
                info=reading.info,
                period=reading.latest.period,
                value=float(reading.latest.value),
                before=reading.before,
                beyond=_beyond(reading.info, float(reading.latest.value)),
                owner=entries[reading.info.code].department,
            )
            for reading in self.readings("school", 1, until=until, scope=scope)
            if judged(reading) is State.ALERT and reading.latest.value is not None
        ]
        if scope.admits("dept"):
            codes = [
                entry.code for entry in entries.values() if entry.level in _BELOW_SCHOOL and "dept" in entry.levels
            ]
            board = self._values.history(codes, "dept", until=until, last=_COMPARED, scope=scope)
            found += _of_board(board, "dept", entries, until)
        return sorted(found, key=lambda a: (a.level != "school", -(a.beyond or 0.0), a.info.code, a.entity.entity_id))


def _key(move: Move) -> tuple[str, str, int]:
    return (move.info.code, move.level, move.entity.entity_id)


def _of_board(board: Board, level: str, entries: Mapping[str, Entry], until: dt.date) -> list[Alarm]:
    found = []
    for code, standing in board.standings.items():
        info, frame, column = standing.info, standing.frame, last_settled(standing.frame, until)
        if column is None or info.alert is None or info.about.privacy is Privacy.SENSITIVE:
            continue
        for row, value in enumerate(frame.value[:, column].tolist()):
            if info.judge(value) is State.ALERT:
                before = float(frame.value[row, column - 1]) if column and not standing.is_running else float("nan")
                found.append(
                    Alarm(
                        level=level,
                        entity=frame.entities[row],
                        info=info,
                        period=frame.periods[column],
                        value=value,
                        before=None if np.isnan(before) else before,
                        beyond=_beyond(info, value),
                        owner=entries[code].department,
                    )
                )
    return found


def _beyond(info: IndicatorInfo, value: float) -> float | None:
    if not isinstance(info.alert, int | float) or not isinstance(info.target, int | float):
        return None
    width = abs(info.target - info.alert)
    return abs(value - info.alert) / width if width else None
