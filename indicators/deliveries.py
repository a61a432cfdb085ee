"""Whether the sources deliver: what came when, what came late, and what should have come and did not.

Sources in the plans: 泰山 四(五)4, 包头 四(八)3(1), 广西 二(二)3 (及时、真实、准确).
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from data_access.readers.loads import Load, Loads
from indicators.results import STATES, State

RECENT_DAYS: Final = 7
"""The state of a source is that of its last week."""
WORDS: Final[Mapping[State, str]] = {
    State.REACHED: "按时", State.WATCH: "差错", State.WARNING: "迟", State.ALERT: "缺", State.NO_DATA: "无须到数",
}  # fmt: skip
"""States of deliveries, in the words of whoever answers for them."""
_HABIT: Final = 0.5
"""A table that came on so large a share of the days of a weekday is due on such a day."""
_FEWEST: Final = 2
"""Deliveries on a weekday from which on there is a habit."""
_TABLE: Final = re.compile(r"\bfact_[a-z_]+(?=\.)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Lines:
    """From where on a delivery that came counts as flawed.

    Attributes:
        completeness: least share of the expected rows, in percent.
        errors: largest share of rows with errors, in percent.
    """

    completeness: float = 98.0
    errors: float = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """What one source delivered on one day, all its tables together.

    Attributes:
        state: of the worst table; `State.NO_DATA` where nothing was due and nothing came.
        tables: how many tables were due or came; of these `late` and `missing` ones.
    """

    state: State
    expected: int = 0
    loaded: int = 0
    errors: int = 0
    tables: int = 0
    late: int = 0
    missing: int = 0

    @property
    def completeness(self) -> float | None:
        """Rows that came of those expected, in percent; None where none were."""
        return 100 * self.loaded / self.expected if self.expected else None

    @property
    def error_rate(self) -> float | None:
        """Rows with errors of those that came, in percent; None where none came."""
        return 100 * self.errors / self.loaded if self.loaded else None


NOT_DUE: Final = Delivery(state=State.NO_DATA)


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """One source system over some days.

    Attributes:
        days: the days looked at, oldest first; `deliveries` has one entry for each.
        last: last day on which anything came; None where nothing did.
    """

    name: str
    department: str
    tables: tuple[str, ...]
    days: Sequence[dt.date]
    deliveries: Sequence[Delivery] = field(repr=False)
    last: dt.date | None

    @property
    def recent(self) -> Sequence[Delivery]:
        """The deliveries of the last week."""
        return self.deliveries[-RECENT_DAYS:]

    @property
    def state(self) -> State:
        """The worst state of the last week; without anything due in it `State.NO_DATA`."""
        known = [one.state for one in self.recent if one.state is not State.NO_DATA]
        return max(known, key=STATES.index, default=State.NO_DATA)

    @property
    def days_in_state(self) -> int:
        """On how many days of the last week it was so."""
        return sum(one.state is self.state for one in self.recent)

    def total(self) -> Delivery:
        """All days together; its state is the worst there was."""
        return together(self.deliveries)


def together(deliveries: Iterable[Delivery]) -> Delivery:
    """Deliveries added up; their state is the worst of them."""
    every = [one for one in deliveries if one.state is not State.NO_DATA]
    if not every:
        return NOT_DUE
    if len(every) == 1:
        return every[0]
    return Delivery(
        state=max((one.state for one in every), key=STATES.index),
        expected=sum(one.expected for one in every),
        loaded=sum(one.loaded for one in every),
        errors=sum(one.errors for one in every),
        tables=sum(one.tables for one in every),
        late=sum(one.late for one in every),
        missing=sum(one.missing for one in every),
    )


def sources(loads: Loads, *, days: int, is_term: Callable[[dt.date], bool], lines: Lines) -> list[Source]:
    """Every source over the `days` up to `last`, those most in need first, then by name.

    A day on which a table did not come at all is missing where the table was due: in term, from its first
    delivery on, and on a weekday on which it came at least twice and every other time. So a weekend on which
    nothing ever comes is no gap, and neither are the holidays. Sources of which nothing came at all are last.

    Args:
        loads: deliveries of these days.
        days: how many.
        is_term: whether a day lies in a term.
        lines: from where on a delivery is flawed.
    """
    if loads.last is None:
        return []
    shown = [loads.last - dt.timedelta(days=back) for back in reversed(range(days))]
    in_term = [day for day in shown if is_term(day)]
    by_source: defaultdict[str, defaultdict[str, dict[dt.date, Load]]] = defaultdict(lambda: defaultdict(dict))
    for load in loads.found:
        by_source[load.source][load.table][load.day] = load
    found = []
    for name, tables in by_source.items():
        due = {table: _due(came.keys(), in_term) for table, came in tables.items()}
        deliveries = [
            together(_of_table(came.get(day), is_due=day in due[table], lines=lines) for table, came in tables.items())
            for day in shown
        ]
        came_on = [day for came in tables.values() for day, load in came.items() if load.loaded]
        department = next(load.department for came in tables.values() for load in came.values())
        found.append(
            Source(
                name=name,
                department=department,
                tables=tuple(sorted(tables)),
                days=shown,
                deliveries=deliveries,
                last=max(came_on, default=None),
            )
        )
    stopped = [
        Source(
            name=silence.source,
            department=silence.department,
            tables=(),
            days=shown,
            deliveries=[NOT_DUE] * days,
            last=silence.last,
        )
        for silence in loads.silent
    ]
    return sorted(found + stopped, key=_need)


def tables_of(formula: str) -> frozenset[str]:
    """Names of the fact tables that a formula of the library reads."""
    return frozenset(_TABLE.findall(formula))


def _need(source: Source) -> tuple[int, int, int, str]:
    total = source.total()
    weight = -1 if source.state is State.NO_DATA else STATES.index(source.state)
    return (-weight, -source.days_in_state, -total.missing - total.late, source.name)


def _due(came: Collection[dt.date], days: Sequence[dt.date]) -> set[dt.date]:
    """The days on which a table is due, of `days` in term: those of weekdays on which it comes as a rule.

    The rule is that of the days between its first and its last delivery, so that a table that has stopped stays due.
    """
    first, last = min(came), max(came)
    due: set[dt.date] = set()
    for weekday in range(7):
        same = [day for day in days if day >= first and day.weekday() == weekday]
        known = [day for day in same if day <= last]
        came_on = sum(day in came for day in known)
        if came_on >= _FEWEST and came_on >= _HABIT * len(known):
            due.update(same)
    return due


def _of_table(load: Load | None, *, is_due: bool, lines: Lines) -> Delivery:
    """What one table delivered on one day."""
    if load is None:
        return Delivery(state=State.ALERT, tables=1, missing=1) if is_due else NOT_DUE
    state = state_of(load, lines)
    return Delivery(
        state=state,
        expected=load.expected or 0,
        loaded=load.loaded or 0,
        errors=load.errors or 0,
        tables=1,
        late=int(state is State.WARNING),
        missing=int(state is State.ALERT),
    )


def state_of(load: Load, lines: Lines) -> State:
    """Whether one table came on one day, in time, whole and without errors; the worst of it."""
    expected, loaded, errors = load.expected or 0, load.loaded or 0, load.errors or 0
    if expected > 0 and loaded == 0:
        return State.ALERT
    if not load.is_on_time:
        return State.WARNING
    is_incomplete = expected > 0 and 100 * loaded / expected < lines.completeness
    is_wrong = loaded > 0 and 100 * errors / loaded > lines.errors
    return State.WATCH if is_incomplete or is_wrong else State.REACHED
