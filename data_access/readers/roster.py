"""The students of one offering and the meetings behind their rates, read from the lake.

The few rows behind a number are the one thing a page may ask of the lake, and only for one named
offering; DuckDB skips the files and row groups of other terms.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb
import pyarrow as pa
from sqlalchemy import Engine

from data_access.access.scope import Scope
from data_access.delta_store import term_of_date
from data_access.engines import quoted
from data_access.lake import Lake
from data_access.readers.stored import ValueReader

_ROSTER = """
    SELECT student_id,
           COUNT(*) FILTER (WHERE status <> '公假') AS due,
           COUNT(*) FILTER (WHERE status IN ('准时', '迟到', '早退')) AS present,
           COUNT(*) FILTER (WHERE status = '旷课') AS absent,
           COUNT(*) FILTER (WHERE status IN ('迟到', '早退')) AS late,
           COUNT(*) FILTER (WHERE status = '请假') AS leave,
           COUNT(*) FILTER (WHERE status IN ('准时', '迟到', '早退') AND is_participated) AS participated,
           COUNT(*) FILTER (WHERE homework_due) AS homework_due,
           COUNT(*) FILTER (WHERE homework_due AND homework_done) AS homework_done,
           LIST({'date_id': date_id, 'status': status} ORDER BY date_id)
               FILTER (WHERE status IN ('旷课', '请假', '迟到', '早退')) AS absences
    FROM {files} WHERE offering_id = $offering_id GROUP BY student_id
"""
_ENROLLED = "SELECT DISTINCT student_id FROM {files} WHERE offering_id = $offering_id"


class RosterReader:
    """Reads rosters; safe to share between threads."""

    def __init__(self, lake: Lake, database: Engine) -> None:
        self.lake = lake
        self.values = ValueReader(database)
        self._connection = duckdb.connect(":memory:", config={"threads": 2})

    def roster(self, offering_id: int, *, scope: Scope) -> list[Mapping[str, Any]]:
        """One mapping a student, by student number; empty where the offering is not within the scope.

        Of an offering whose roster as a whole is not in reach, the students who are within the scope themselves.

        Keys: those of the query above, ``student_no`` and ``class_name``. Students who only have grades
        or unit scores come with counts of 0.
        """
        offering = self.values.entities("offering", scope=scope, entity_ids=[offering_id])
        if not offering:
            return []
        found: dict[int, dict[str, Any]] = {}
        first, last = self._stored_under(offering[0]["term_id"])
        for table, sql in (("fact_attendance", _ROSTER), ("fact_grade", _ENROLLED), ("fact_unit_assess", _ENROLLED)):
            files = [f.path for f in self.lake.data_files(table) if f.term is None or first <= f.term <= last]
            for row in self._query(files, sql, offering_id):
                found.setdefault(row["student_id"], row)
        # Whose offering it is may see all who sit in it; others only those they answer for elsewhere.
        is_whole = self.values.exists("roster", offering_id, scope=scope)
        students = self.values.entities(
            "student", scope=Scope.all("roster of an offering in scope") if is_whole else scope, entity_ids=list(found)
        )
        rows = [
            {**_EMPTY, **found[s["entity_id"]], "student_no": s["code"], "class_name": s["class_name"] or ""}
            for s in students
        ]
        return sorted(rows, key=lambda row: str(row["student_no"]))

    def _stored_under(self, term_id: int | None) -> tuple[int, int]:
        """The first and the last storage term under which rows of a term may lie.

        Storage follows the date alone (`term_of_date`), so a term that runs into August or February has
        rows under two storage terms.
        """
        if term_id is None:
            return (0, 99_999)
        days = [
            int(f"{day:%Y%m%d}")
            for period in self.values.periods("term")
            if period.period_id == term_id
            for day in (period.start_date, period.end_date)
        ]
        terms = [term_id, *term_of_date(pa.array(days, pa.int64())).to_pylist()]
        return (min(terms), max(terms))

    def _query(self, files: list[str], sql: str, offering_id: int) -> list[dict[str, Any]]:
        if not files:
            return []
        listed = ", ".join(quoted(path) for path in files)
        statement = sql.replace("{files}", f"read_parquet([{listed}], hive_partitioning = false)")
        cursor = self._connection.cursor()
        try:
            rows = cursor.execute(statement, {"offering_id": offering_id})
            names = [column[0] for column in rows.description or ()]
            return [dict(zip(names, row, strict=True)) for row in rows.fetchall()]
        finally:
            cursor.close()


_EMPTY: Mapping[str, Any] = {
    **dict.fromkeys(("due", "present", "absent", "late", "leave", "participated", "homework_due", "homework_done"), 0),
    "absences": None,
}
