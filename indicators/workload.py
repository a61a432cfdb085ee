"""What a run has to compute: every family and period, or only those a change can have touched."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from data_access.contracts import Contracts
from data_access.errors import LuoxuanError
from indicators.compile import Compiled, Family
from indicators.model import PeriodKind
from indicators.periods import Calendar
from indicators.timeline import LOAD_TABLE, Timeline

Workload = Mapping[int, frozenset[int]]
"""Family id → the periods to compute."""


@dataclass(frozen=True, kw_only=True)
class LastRun:
    """The run that wrote what is stored now."""

    data_version: int
    library_version: str
    as_of: dt.date


@dataclass(frozen=True, kw_only=True)
class Touched:
    """Rows of one table changed for these time keys; None where it is not known which."""

    table: str
    time_keys: frozenset[Any] | None


class NeedsFullRunError(LuoxuanError):
    """A change reaches further than single periods; the message says why."""


def full_workload(compiled: Compiled, timeline: Timeline) -> Workload:
    """Every family with all its periods."""
    return {family.family_id: timeline.periods(family) for family in compiled.families}


def partial_workload(
    compiled: Compiled, timeline: Timeline, changes: Sequence[Touched], last: LastRun, contracts: Contracts
) -> Workload:
    """The families and periods that the changes since the last run can have touched.

    Raises:
        NeedsFullRunError: library, dimensions or the running term have changed.
    """
    if last.library_version != compiled.library.version:
        raise NeedsFullRunError("the indicator library has changed")
    keys: dict[str, set[Any]] = defaultdict(set)
    for change in changes:
        if contracts[change.table].kind == "dimension":
            raise NeedsFullRunError(f"dimension {change.table} has changed")
        if change.time_keys is None:
            raise NeedsFullRunError(f"table {change.table} has been replaced")
        keys[change.table] |= change.time_keys
    calendar = timeline.calendar
    before = Calendar(terms=calendar.terms.values(), days=calendar.days.values(), as_of=min(last.as_of, calendar.as_of))
    if before.current(PeriodKind.TERM) != calendar.current(PeriodKind.TERM):
        raise NeedsFullRunError("a new term has begun")
    joined = {
        hop.table
        for family in compiled.families
        for t in family.tables
        for path in contracts.paths(t).values()
        for hop in path[1:]
    }
    for table in keys:
        if table in joined:
            raise NeedsFullRunError(f"other tables are rolled up through {table}, which has changed")
    fresh = {kind: frozenset(calendar.periods(kind)) - frozenset(before.periods(kind)) for kind in PeriodKind}
    return {
        family.family_id: frozenset(_touched(family, timeline, keys, fresh[family.kind]))
        for family in compiled.families
    }


def _touched(family: Family, timeline: Timeline, keys: Mapping[str, set[Any]], fresh: frozenset[int]) -> set[int]:
    touched: set[int] = set()
    for table in family.tables:
        source = family.source(table)
        if table in keys:
            touched |= timeline.reach(source, keys[table])
        if family.has_plain and LOAD_TABLE in keys and table in timeline.loads:
            touched |= _newly_loaded(family, table, timeline, keys)
    if fresh:
        touched |= timeline.periods(family) & fresh
    return touched


def _newly_loaded(family: Family, table: str, timeline: Timeline, keys: Mapping[str, set[Any]]) -> frozenset[int]:
    """Periods that only the touched load records speak for: their counts turn from missing to 0, or back."""
    source = family.source(table)
    elsewhere = timeline.reach(source, timeline.keys(table) - keys.get(table, set()))
    elsewhere |= timeline.recorded(source, timeline.loads[table] - keys[LOAD_TABLE])
    return timeline.recorded(source, keys[LOAD_TABLE]) - elsewhere
