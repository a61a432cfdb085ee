"""What is known of the majors besides their figures, read from the lake."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from data_access.access.scope import Scope
from data_access.readers.facts import FactReader

YEARS_OF_STUDY: Final = 3
"""Classes of so many grades, the newest first, are at the college."""

_PROFILES: Final = "SELECT major_id, major_group, level AS standing, status, first_year, leader_id FROM {files}"


class MajorReader:
    """Reads the majors; safe to share between threads."""

    def __init__(self, facts: FactReader) -> None:
        self.facts = facts

    def profiles(self, *, scope: Scope) -> list[Mapping[str, Any]]:
        """The majors within the scope by id, as `ValueReader.entities` gives them, and what the college says of them.

        Further keys: ``major_group``, ``standing``, ``status`` (empty where nothing is said) and ``first_year``, ``leader_id``
        (None likewise).
        """
        majors = self.facts.values.entities("major", scope=scope)
        rows = self.facts.query(self.facts.files("dim_major", term_id=None), _PROFILES, {}) if majors else []
        known = {row["major_id"]: row for row in rows}
        return [{**major, **_profile(known.get(major["entity_id"], {}))} for major in majors]

    def ids(self, *, scope: Scope) -> frozenset[int]:
        """Keys of the majors within the scope."""
        return frozenset(major.entity_id for major in self.facts.values.named("major", scope=scope))

    def size(self, major_id: int, *, scope: Scope) -> tuple[int, int]:
        """How many classes and students of a major are at the college, by the sizes of its classes.

        Nothing of a major outside of the scope.
        """
        if not self.facts.values.exists("major", major_id, scope=scope):
            return (0, 0)
        inside = Scope.all("sizes of the classes of a major in scope")
        classes = self.facts.values.entities("class", scope=inside, below=("major", [major_id]))
        newest = max((row["grade_year"] or 0 for row in classes), default=0)
        present = [row["size"] or 0 for row in classes if (row["grade_year"] or 0) > newest - YEARS_OF_STUDY]
        return len(present), sum(present)

    def leader(self, teacher_id: int | None, *, scope: Scope) -> str:
        """The name of who leads a major; empty where nobody is named.

        Anybody who may see majors may know it.
        """
        if teacher_id is None or not scope.admits("major"):
            return ""
        named = Scope.all("name of the leader of a major in scope")
        found = self.facts.values.named("teacher", scope=named, entity_ids=[teacher_id])
        return found[0].name if found else ""


def _profile(row: Mapping[str, Any]) -> dict[str, Any]:
    texts = {name: row.get(name) or "" for name in ("major_group", "standing", "status")}
    return {**texts, "first_year": row.get("first_year"), "leader_id": row.get("leader_id")}
