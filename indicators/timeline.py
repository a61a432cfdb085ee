"""What the lake holds in time: the college's calendar, and which table has rows for which period."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Final

from data_access.contracts import Contracts
from data_access.engines import QueryEngine
from indicators.compile import Family, Source
from indicators.periods import Assignment, Calendar, Day, Term, TimeKey
from indicators.scans import time_column

LOAD_TABLE: Final = "fact_data_load"
_TERM_NUMBERS: Final[Mapping[str, int]] = {"第一学期": 1, "第二学期": 2}


class Timeline:
    """Calendar and time keys of one snapshot of the lake; every question is asked of it once."""

    def __init__(self, engine: QueryEngine, contracts: Contracts, *, as_of: dt.date) -> None:
        self.engine = engine
        self.contracts = contracts
        self.calendar = read_calendar(engine, as_of)
        self._keys: dict[str, frozenset[TimeKey]] = {}

    def keys(self, table: str) -> frozenset[TimeKey]:
        """The time keys that occur in a table; empty for a table that is not dated."""
        column = time_column(table, self.contracts)
        if column is None:
            return frozenset()
        if table not in self._keys:
            rows = self.engine.query(f"SELECT DISTINCT {column} AS k FROM {table} WHERE {column} IS NOT NULL")
            self._keys[table] = frozenset(rows.column("k").to_pylist())
        return self._keys[table]

    def data_date(self) -> dt.date | None:
        """The last day, not after the as-of date, with attendance; of any dated fact where there is none."""
        dated = [t.name for t in self.contracts.values() if t.kind == "fact" and t.time_key == "date_id"]
        for tables in (["fact_attendance"], dated):
            limit = int(f"{self.calendar.as_of:%Y%m%d}")
            last = max((k for table in tables for k in self.keys(table) if k <= limit), default=None)
            if last is not None:
                return dt.date(last // 10000, last // 100 % 100, last % 100)
        return None

    @cached_property
    def loads(self) -> Mapping[str, frozenset[int]]:
        """Days for which a load of a table is on record, by table: they count as loaded without rows.

        A load that brought nothing although rows were expected is a gap, not a zero.
        """
        rows = self.engine.query(
            f"SELECT DISTINCT table_name, date_id FROM {LOAD_TABLE} "
            "WHERE date_id IS NOT NULL AND (COALESCE(loaded_rows, 0) > 0 OR COALESCE(expected_rows, 0) = 0)"
        ).to_pylist()
        days: dict[str, set[int]] = defaultdict(set)
        for row in rows:
            days[row["table_name"]].add(row["date_id"])
        return {table: frozenset(dates) for table, dates in days.items()}

    def assign(self, source: Source) -> tuple[Assignment, ...]:
        """The time map of a dated source."""
        return self._assign(source, self.keys(source.table), snapshot=self.contracts[source.table].is_snapshot)

    def reach(self, source: Source, keys: Iterable[TimeKey]) -> frozenset[int]:
        """The periods whose value may change when rows with these time keys change."""
        return frozenset(line.period_id for line in self._assign(source, keys, snapshot=False))

    def recorded(self, source: Source, days: Iterable[int]) -> frozenset[int]:
        """The periods of a source that a load on one of these days speaks for.

        Only facts dated by the day: a daily load says nothing of rows that come once a term or year.
        """
        if time_column(source.table, self.contracts) != "date_id":
            return frozenset()
        lines = self.calendar.assign("date_id", days, source.kind, window=source.window, lag_years=source.lag_years)
        return frozenset(line.period_id for line in lines)

    def loaded(self, source: Source) -> frozenset[int]:
        """The periods for which the source has rows or a record of loading."""
        days = self.loads.get(source.table, frozenset())
        return self.reach(source, self.keys(source.table)) | self.recorded(source, days)

    def is_dated(self, table: str) -> bool:
        """False for a dimension that only knows the present state."""
        return time_column(table, self.contracts) is not None

    def periods(self, family: Family) -> frozenset[int]:
        """All periods a family can have rows for."""
        dated = [family.source(t) for t in family.tables if self.is_dated(t)]
        if not dated:
            current = self.calendar.current(family.kind)
            return frozenset() if current is None else frozenset({current})
        reached = frozenset[int]().union(*(self.reach(source, self.keys(source.table)) for source in dated))
        if family.has_plain:
            reached |= frozenset.intersection(*(self.loaded(source) for source in dated))
        return reached

    def undated(self, source: Source, periods: Iterable[int]) -> tuple[Assignment, ...]:
        """The time map of a source without dates: its present state stands for every period asked for."""
        return tuple(Assignment(0, p, self.calendar.acad_starts(source.kind, p)[-1]) for p in periods)

    def _assign(self, source: Source, keys: Iterable[TimeKey], *, snapshot: bool) -> tuple[Assignment, ...]:
        column = time_column(source.table, self.contracts)
        if column is None:
            return ()
        own = {"dim_term": "term_id", "dim_date": "date_id"}
        reference = self.contracts[source.table].column(column).references or ""
        return self.calendar.assign(
            own.get(reference, column),
            keys,
            source.kind,
            window=source.window,
            lag_years=source.lag_years,
            snapshot=snapshot,
        )


def read_calendar(engine: QueryEngine, as_of: dt.date) -> Calendar:
    """The calendar of the lake; nothing later than `as_of` or the last day of dim_date is valued."""
    terms = [
        Term(
            term_id=row["term_id"],
            acad_year=row["acad_year"],
            number=_TERM_NUMBERS[row["term_no"]],
            start=row["start_date"],
            end=row["end_date"],
        )
        for row in engine.query(
            "SELECT * FROM dim_term WHERE start_date IS NOT NULL AND end_date IS NOT NULL"
        ).to_pylist()
    ]
    days = [
        Day(date_id=row["date_id"], date=row["cal_date"], week=row["week_no"], term_id=row["term_id"])
        for row in engine.query("SELECT date_id, cal_date, week_no, term_id FROM dim_date").to_pylist()
    ]
    last = max((day.date for day in days), default=as_of)
    return Calendar(terms=terms, days=days, as_of=min(as_of, last))
