"""Attendance of single students from the lake: what it is about, how it is counted, one student's courses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from data_access.access.privacy import Privacy, Subject
from data_access.access.scope import Scope
from data_access.readers.facts import FactReader

RECORDS: Final = Subject(privacy=Privacy.PERSONAL)
"""What the records of one person's attendance are about, for the question who may read them."""

COUNTS: Final = """
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
"""
"""Columns of a SELECT over `fact_attendance`, the same for a section's students as for a student's sections."""
NO_COUNTS: Final[Mapping[str, Any]] = {
    **dict.fromkeys(("due", "present", "absent", "late", "leave", "participated", "homework_due", "homework_done"), 0),
    "absences": None,
}
"""The same columns for whom there is no meeting on record."""

_ATTENDED: Final = f"""
    SELECT offering_id, {COUNTS}
    FROM {{files}} WHERE student_id = $student_id GROUP BY offering_id
"""
_ENROLLED: Final = "SELECT DISTINCT offering_id FROM {files} WHERE student_id = $student_id"


class AttendanceReader:
    """Reads the records of single students; safe to share between threads."""

    def __init__(self, facts: FactReader) -> None:
        self.facts = facts

    def attendance_of(self, student_id: int, *, term_id: int, scope: Scope) -> list[Mapping[str, Any]]:
        """One mapping for each offering of a term that the student is in, by course and offering.

        Empty where attendance of the student is not within the scope.

        Keys: those of `COUNTS`, ``offering_id``, ``course_name``, ``teacher_name`` and ``is_in_reach``: whether
        the offering itself is within the scope. Offerings with nothing but grades or unit scores count 0.
        """
        values = self.facts.values
        if not values.exists("student", student_id, scope=scope, about=RECORDS):
            return []
        found: dict[int, dict[str, Any]] = {}
        for table, sql in (("fact_attendance", _ATTENDED), ("fact_grade", _ENROLLED), ("fact_unit_assess", _ENROLLED)):
            files = self.facts.files(table, term_id=term_id)
            for row in self.facts.query(files, sql, {"student_id": student_id}):
                found.setdefault(row["offering_id"], row)
        everything = Scope.all("names of the courses of a student in scope")
        offerings = values.entities("offering", scope=everything, term_id=term_id, entity_ids=list(found))
        within = {item["entity_id"] for item in values.entities("offering", scope=scope, entity_ids=list(found))}
        rows = [
            {
                **NO_COUNTS,
                **found[item["entity_id"]],
                "course_name": item["course_name"] or item["name"],
                "teacher_name": item["teacher_name"] or "",
                "is_in_reach": item["entity_id"] in within,
            }
            for item in offerings
        ]
        return sorted(rows, key=lambda row: (row["course_name"], row["offering_id"]))
