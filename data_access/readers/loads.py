"""The deliveries of the source systems, day by day, read from the lake for a bounded number of days."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

from data_access.access.privacy import Subject
from data_access.access.scope import Scope
from data_access.readers.facts import FactReader

TABLE: Final = "fact_data_load"
MOST_DAYS: Final = 60
"""How far back may be asked; a page shows six weeks."""
_LAST: Final = "SELECT MAX(date_id) AS date_id FROM {files}"
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


class LoadReader:
    """Reads deliveries; safe to share between threads."""

    def __init__(self, facts: FactReader) -> None:
        self.facts = facts

    def loads(self, days: int, *, about: Subject, scope: Scope) -> tuple[dt.date | None, list[Load]]:
        """The last day on which anything was delivered, and the deliveries of the `days` up to it, newest first.

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
        last = _day(next(iter(self.facts.query(files, _LAST, {})), {"date_id": None})["date_id"])
        own = self._departments(about=about, scope=scope)
        if last is None or not (own or scope.is_unlimited("load")):
            return last, []
        names = dict(own)
        if scope.is_unlimited("load"):
            every = Scope.all("names of the departments that answer for deliveries in scope")
            names = self._departments(about=about, scope=every)
        asked = {"first": _key(last - dt.timedelta(days=days - 1)), "last": _key(last)}
        found = [
            _load(row, names.get(row["dept_id"], ""))
            for row in self.facts.query(files, _LOADS, asked)
            if row["dept_id"] in names or scope.is_unlimited("load")
        ]
        return last, found

    def _departments(self, *, about: Subject, scope: Scope) -> dict[int, str]:
        return {row.entity_id: row.name for row in self.facts.values.named("dept", about=about, scope=scope)}


def _load(row: dict[str, Any], department: str) -> Load:
    return Load(
        day=_day(row["date_id"]) or dt.date.min,
        source=row["source_system"] or "未写明来源",
        table=row["table_name"] or "",
        department=department,
        expected=row["expected_rows"],
        loaded=row["loaded_rows"],
        errors=row["error_rows"],
        is_on_time=bool(row["is_on_time"]),
    )


def _key(day: dt.date) -> int:
    return int(f"{day:%Y%m%d}")


def _day(key: int | None) -> dt.date | None:
    return None if key is None else dt.date(key // 10000, key // 100 % 100, key % 100)
