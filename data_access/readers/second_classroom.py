"""What students did in the second classroom (第二课堂), read from the lake for those within the scope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from data_access.access.privacy import Privacy, Subject
from data_access.access.scope import Scope
from data_access.readers.facts import FactReader

ACTIVITIES: Final = Subject(privacy=Privacy.PERSONAL, owner="团委")
"""What the transcript of one student is about."""

_DONE: Final = """
    SELECT strptime(CAST(date_id AS VARCHAR), '%Y%m%d')::DATE AS day, activity_name AS name, module, COALESCE(credit, 0) AS credit, status
    FROM {files} WHERE student_id = $student_id AND date_id <= $until
"""
_RECORDED: Final = """
    SELECT student_id, is_on_roll, second_class_credit AS credit, second_class_required AS required
    FROM {files} WHERE term_id = $term_id AND student_id IN (SELECT unnest($students))
"""
_PENDING: Final = """
    SELECT student_id, SUM(COALESCE(credit, 0)) AS pending
    FROM {files} WHERE status = '申请' AND date_id <= $until AND student_id IN (SELECT unnest($students))
    GROUP BY student_id
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedCredit:
    """What the roll of a term says of one student; credits are None where it says nothing."""

    student_id: int
    student_no: str
    is_on_roll: bool
    credit: float | None
    required: float | None
    pending: float


class SecondClassReader:
    """Reads activities and credits; safe to share between threads."""

    def __init__(self, facts: FactReader) -> None:
        self.facts = facts

    def activities(self, student_id: int, *, term_key: str, scope: Scope) -> Sequence[Mapping[str, Any]]:
        """All activities of a student up to the end of a term: day, name, module, credit, status.

        None of a student outside the scope.
        """
        if not self.facts.values.exists("student", student_id, scope=scope, about=ACTIVITIES):
            return []
        files = self.facts.files("fact_second_class", term_id=None)
        return self.facts.query(files, _DONE, {"student_id": student_id, "until": self._until(term_key)})

    def credits(
        self, term_key: str, *, scope: Scope, class_id: int | None = None, student_id: int | None = None
    ) -> list[RecordedCredit]:
        """What the roll of a term says of the students of a class, or of one student, by student number.

        Only of those within the scope, and whom that roll names at all.
        """
        students = {
            row["entity_id"]: str(row["code"] or "")
            for row in self.facts.values.entities(
                "student",
                scope=scope,
                about=ACTIVITIES,
                below=None if class_id is None else ("class", {class_id}),
                entity_ids=None if student_id is None else [student_id],
            )
        }
        if not students:
            return []
        term_id = self.facts.values.period(term_key).period_id
        asked = {"students": list(students)}
        roll = self.facts.files("fact_student_term", term_id=term_id)
        rows = self.facts.query(roll, _RECORDED, {**asked, "term_id": term_id})
        applied = self.facts.query(
            self.facts.files("fact_second_class", term_id=term_id), _PENDING, {**asked, "until": self._until(term_key)}
        )
        pending = {row["student_id"]: float(row["pending"] or 0.0) for row in applied}
        found = [
            RecordedCredit(
                student_id=row["student_id"],
                student_no=students[row["student_id"]],
                is_on_roll=bool(row["is_on_roll"]),
                credit=row["credit"],
                required=row["required"],
                pending=pending.get(row["student_id"], 0.0),
            )
            for row in rows
        ]
        return sorted(found, key=lambda item: item.student_no)

    def _until(self, term_key: str) -> int:
        return int(f"{self.facts.values.period(term_key).end_date:%Y%m%d}")
