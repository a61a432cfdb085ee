"""Who is in a class now, and who looks after it, read from the lake."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from data_access.access.scope import Scope
from data_access.readers.facts import FactReader

_LATEST: Final = """
    SELECT student_id, MAX(term_id) AS term_id, ARG_MAX(is_on_roll, term_id) AS is_on_roll
    FROM {files} WHERE student_id IN (SELECT unnest($students)) GROUP BY student_id
"""
_TERMS: Final = "SELECT MIN(term_id) AS first, MAX(term_id) AS last FROM {files}"
_YEAR: Final = "SELECT acad_year FROM {files} WHERE term_id = $term_id"
_CARERS: Final = "SELECT head_teacher_id, counsellor_id FROM {files} WHERE class_id = $class_id"


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassPlace:
    """Where a class stands in the tree; keys are 0 and the grade None where that is not known."""

    class_id: int
    name: str
    dept_id: int
    dept_name: str
    major_id: int
    grade_year: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Rolls:
    """Students of classes, the last snapshot of each by student, and the last term in which each class was named."""

    students: Sequence[Mapping[str, Any]]
    snapshots: Mapping[int, Mapping[str, Any]]
    newest: Mapping[int, int]


class ClassRollReader:
    """Reads the rolls of classes; safe to share between threads."""

    def __init__(self, facts: FactReader) -> None:
        self.facts = facts

    def places(self, *, scope: Scope, class_ids: Collection[int] | None = None) -> list[ClassPlace]:
        """Where the classes within the scope stand, by id; only these where some are named."""
        return [
            ClassPlace(
                class_id=row["entity_id"],
                name=row["name"],
                dept_id=row["dept_id"] or 0,
                dept_name=row["dept_name"] or "",
                major_id=row["major_id"] or 0,
                grade_year=row["grade_year"],
            )
            for row in self.facts.values.entities("class", scope=scope, entity_ids=class_ids)
        ]

    def present(self, *, scope: Scope) -> frozenset[int]:
        """Keys of the students within the scope whom the last snapshot of the roll does not call gone."""
        students = [student.entity_id for student in self.facts.values.named("student", scope=scope)]
        files = self.facts.files("fact_student_term", term_id=None)
        rows = self.facts.query(files, _LATEST, {"students": students}) if students else []
        return frozenset(students) - {row["student_id"] for row in rows if not row["is_on_roll"]}

    def members(self, class_ids: Collection[int], *, scope: Scope) -> list[Mapping[str, Any]]:
        """The students within the scope who are in these classes now, as `ValueReader.entities` gives them.

        Who has left is not among them: those whom the last snapshot of the roll calls gone, those whom it
        no longer names although it names their class, and all of a class that has graduated. Who has come
        since that snapshot is.
        """
        rolls = self._rolls(class_ids, scope=scope)
        if not rolls.students:
            return []
        gone = self._graduated(class_ids, rolls.newest, scope=scope)
        return [
            student
            for student in rolls.students
            if student["class_id"] not in gone
            and _is_member(rolls.snapshots.get(student["entity_id"]), rolls.newest.get(student["class_id"]))
        ]

    def graduated(self, class_ids: Collection[int], *, scope: Scope) -> frozenset[int]:
        """Those of the classes within the scope that have left the college as a whole.

        The last snapshot of the roll names nobody of them, and they were there before: an earlier snapshot names
        them, or they began before the first one was taken. A class that begins after the last is not among them.
        """
        return self._graduated(class_ids, self._rolls(class_ids, scope=scope).newest, scope=scope)

    def _rolls(self, class_ids: Collection[int], *, scope: Scope) -> _Rolls:
        students = self.facts.values.entities("student", scope=scope, below=("class", class_ids))
        asked = {"students": [student["entity_id"] for student in students]}
        rows = self.facts.query(self.facts.files("fact_student_term", term_id=None), _LATEST, asked) if students else []
        snapshots = {row["student_id"]: row for row in rows}
        newest: dict[int, int] = {}
        for student in students:
            if snapshot := snapshots.get(student["entity_id"]):
                newest[student["class_id"]] = max(newest.get(student["class_id"], 0), snapshot["term_id"])
        return _Rolls(students=students, snapshots=snapshots, newest=newest)

    def _graduated(self, class_ids: Collection[int], newest: Mapping[int, int], *, scope: Scope) -> frozenset[int]:
        taken = self.facts.query(self.facts.files("fact_student_term", term_id=None), _TERMS, {})
        if not taken or taken[0]["last"] is None:
            return frozenset()
        before = {class_id for class_id, term_id in newest.items() if term_id < taken[0]["last"]}
        unnamed = set(class_ids) - newest.keys()
        years = self.facts.query(self.facts.files("dim_term", term_id=None), _YEAR, {"term_id": taken[0]["first"]})
        if unnamed and years:
            begins = int(str(years[0]["acad_year"])[:4])
            places = self.places(scope=scope, class_ids=unnamed)
            before |= {place.class_id for place in places if place.grade_year and place.grade_year < begins}
        return frozenset(before)

    def carers(self, class_id: int, *, scope: Scope) -> Mapping[str, str]:
        """Names of ``head_teacher`` and ``counsellor`` of a class; empty where nobody is named.

        Anybody who may open the class may know them; of any other class nobody is named.
        """
        if not self.facts.values.exists("class", class_id, scope=scope):
            return {"head_teacher": "", "counsellor": ""}
        rows = self.facts.query(self.facts.files("dim_class", term_id=None), _CARERS, {"class_id": class_id})
        ids = {role: rows[0][f"{role}_id"] if rows else None for role in ("head_teacher", "counsellor")}
        everybody = Scope.all("names of those who look after a class in scope")
        known = [number for number in ids.values() if number is not None]
        found = self.facts.values.entities("teacher", scope=everybody, entity_ids=known) if known else []
        names = {teacher["entity_id"]: str(teacher["name"]) for teacher in found}
        return {role: names.get(number, "") for role, number in ids.items()}


def _is_member(snapshot: Mapping[str, Any] | None, newest: int | None) -> bool:
    if snapshot is None:
        return True
    return bool(snapshot["is_on_roll"]) and snapshot["term_id"] == newest
