"""The deliveries of the source systems, day by day, read from the lake for a bounded number of days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from data_access.access.privacy import Subject
from data_access.access.scope import Scope
from data_access.readers.facts import FactReader

TABLE: Final = "fact_data_load"
UNNAMED: Final = "未写明来源"
MOST_DAYS: Final = 60
"""How far back may be asked; a page shows six weeks."""
_LAST: Final = """
    SELECT source_system, ANY_VALUE(dept_id) AS dept_id, MAX(date_id) AS date_id FROM {files} GROUP BY source_system
"""
_LOADS: Final = """
    SELECT date_id, source_system, table_name, dept_id, expected_rows, loaded_rows, error_rows, is_on_time
    FROM {files} WHERE date_id BETWEEN $first AND $last ORDER BY date_id DESC, source_system, table_name
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """One source table on one day.

    Attributes:
        department: who answers for the delivery; empty where the department is not known.
        expected: rows that should have come; None where nobody has said. Likewise `loaded`, `errors`.
    """

    day: dt.date
    source: str
    table: str
    department: str
    expected: int | None
    loaded: int | None
    errors: int | None
    is_on_time: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Silence:
    """A source of which nothing has come in the days asked for; `last` is when something did."""

    source: str
    department: str
    last: dt.date


@dataclass(frozen=True, kw_only=True, slots=True)
class Loads:
    """What was delivered in some days.

    Attributes:
        last: last day on which anything was delivered in the whole college; None where nothing ever was.
        found: deliveries, newest first.
        silent: sources without any.
    """

    last: dt.date | None
    found: Sequence[Load] = ()
    silent: Sequence[Silence] = ()


class LoadReader:
    """Reads deliveries; safe to share between threads."""

    def __init__(self, facts: FactReader) -> None:
        self.facts = facts

    def loads(self, days: int, *, about: Subject, scope: Scope) -> Loads:
        """The deliveries of the `days` up to the last day on which anything was delivered.

        Whoever may read figures about deliveries of a department reads its deliveries, and so does who looks after
        the collection as such. The last day is that of the whole college, so that a source that has
        stopped is seen to have.

        Args:
            days: how many, at most `MOST_DAYS`.
            about: what the figures about deliveries tell of.
            scope: what may be read.

        Raises:
            ValueError: more days than that.
        """
        if days > MOST_DAYS:
            raise ValueError(f"Deliveries are read for at most {MOST_DAYS} days. Got {days}.")
        files = self.facts.files(TABLE, term_id=None)
        ends = [row for row in self.facts.query(files, _LAST, {}) if row["date_id"] is not None]
        if not ends:
            return Loads(last=None)
        is_whole = scope.is_unlimited("load")
        whose = Scope.all("names of the departments that answer for deliveries in scope") if is_whole else scope
        names = self._departments(about=about, scope=whose)
        last = _day(max(row["date_id"] for row in ends))
        first = last - dt.timedelta(days=days - 1)
        rows = self.facts.query(files, _LOADS, {"first": _key(first), "last": _key(last)}) if names or is_whole else []
        return Loads(
            last=last,
            found=[_load(row, names.get(row["dept_id"], "")) for row in rows if is_whole or row["dept_id"] in names],
            silent=[
                Silence(
                    source=row["source_system"] or UNNAMED,
                    department=names.get(row["dept_id"], ""),
                    last=_day(row["date_id"]),
                )
                for row in ends
                if row["date_id"] < _key(first) and (is_whole or row["dept_id"] in names)
            ],
        )

    def _departments(self, *, about: Subject, scope: Scope) -> dict[int, str]:
        return {row.entity_id: row.name for row in self.facts.values.named("dept", about=about, scope=scope)}


def _load(row: dict[str, Any], department: str) -> Load:
    return Load(
        day=_day(row["date_id"]),
        source=row["source_system"] or UNNAMED,
        table=row["table_name"] or "",
        department=department,
        expected=row["expected_rows"],
        loaded=row["loaded_rows"],
        errors=row["error_rows"],
        is_on_time=bool(row["is_on_time"]),
    )


def _key(day: dt.date) -> int:
    return int(f"{day:%Y%m%d}")


def _day(key: int) -> dt.date:
    return dt.date(key // 10000, key // 100 % 100, key % 100)
