"""The students of one offering and the meetings behind their rates, read from the lake.

The few rows behind a number are the one thing a page may ask of the lake, and only for one named
offering, student or class.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Engine

from data_access.access.scope import Scope
from data_access.lake import Lake
from data_access.readers.attendance import COUNTS, NO_COUNTS, RECORDS
from data_access.readers.facts import FactReader
from data_access.readers.stored import ValueReader

_ATTENDED: Final = f"""
    SELECT student_id, {COUNTS}
    FROM {{files}} WHERE offering_id = $offering_id GROUP BY student_id
"""
_ENROLLED: Final = "SELECT DISTINCT student_id FROM {files} WHERE offering_id = $offering_id"


class RosterReader:
    """Reads rosters; safe to share between threads."""

    def __init__(self, lake: Lake, database: Engine) -> None:
        self.values = ValueReader(database)
        self.facts = FactReader(lake, self.values)

    def is_whole(self, offering_id: int, *, scope: Scope) -> bool:
        """True where everybody in the offering may be listed, not only those in scope for another reason."""
        return self.values.exists("roster", offering_id, scope=scope, about=RECORDS)

    def roster(self, offering_id: int, *, scope: Scope) -> list[Mapping[str, Any]]:
        """One mapping a student, by student number; empty where the offering is not within the scope.

        Of an offering whose roster as a whole is not in reach, the students whose attendance is within the
        scope themselves.

        Keys: those of `COUNTS`, ``student_id``, ``student_no`` and ``class_name``. Students who only have grades
        or unit scores come with counts of 0.
        """
        offering = self.values.entities("offering", scope=scope, entity_ids=[offering_id])
        if not offering:
            return []
        # Whose offering it is may see all who sit in it; others only those they answer for elsewhere.
        is_whole = self.is_whole(offering_id, scope=scope)
        whose = Scope.all("roster of an offering in scope") if is_whole else scope
        if not whose.admits("student", RECORDS):
            return []
        found: dict[int, dict[str, Any]] = {}
        for table, sql in (("fact_attendance", _ATTENDED), ("fact_grade", _ENROLLED), ("fact_unit_assess", _ENROLLED)):
            files = self.facts.files(table, term_id=offering[0]["term_id"])
            for row in self.facts.query(files, sql, {"offering_id": offering_id}):
                found.setdefault(row["student_id"], row)
        students = self.values.entities("student", scope=whose, about=RECORDS, entity_ids=list(found))
        rows = [
            {**NO_COUNTS, **found[s["entity_id"]], "student_no": s["code"], "class_name": s["class_name"] or ""}
            for s in students
        ]
        return sorted(rows, key=lambda row: str(row["student_no"]))
