"""What happened in lessons: the meetings of one day, and the units and visits of one section, read from the lake.

Counts and means of sections, never a row about a person; whose sections they may be is decided by the scope.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from data_access.access.privacy import Subject
from data_access.access.scope import Scope
from data_access.readers.facts import FactReader

DEGREES: Final = ("prep_score", "content_score", "method_score", "participation_score", "completeness_score")
"""The five degrees (五度) of a visit's form: 准备, 内容, 方法, 参与, 环节; 包头 表11."""
EXCELLENT_FROM: Final = 90
"""Total of a form from which a lesson counts as 优品课堂, as in CRS-CLS-08."""

_MEETINGS: Final = """
    SELECT offering_id, date_id,
           COUNT(*) FILTER (WHERE status <> '公假') AS due,
           COUNT(*) FILTER (WHERE status IN ('准时', '迟到', '早退')) AS present,
           COUNT(*) FILTER (WHERE status = '旷课') AS absent,
           COUNT(*) FILTER (WHERE status = '请假') AS leave,
           COUNT(*) FILTER (WHERE status IN ('迟到', '早退')) AS late
    FROM {files} WHERE date_id = $day GROUP BY offering_id, date_id
"""
_LAST_DAY: Final = "SELECT MAX(date_id) AS day FROM {files} WHERE date_id <= $day"
_UNITS: Final = """
    SELECT offering_id, unit_no, MAX(date_id) AS date_id,
           COUNT(*) AS assessed, COUNT(*) FILTER (WHERE is_reached) AS reached, AVG(score) AS mean,
           MIN(score) AS lowest, QUANTILE_CONT(score, 0.25) AS lower, MEDIAN(score) AS middle,
           QUANTILE_CONT(score, 0.75) AS upper, MAX(score) AS highest
    FROM {files} WHERE offering_id IN (SELECT UNNEST($offerings)) AND unit_no IS NOT NULL
    GROUP BY offering_id, unit_no
    ORDER BY offering_id, unit_no
"""
_FORMS: Final = f"""
    SELECT level, COUNT(*) AS forms, COUNT(DISTINCT observer_role) AS roles,
           COUNT(*) FILTER (WHERE total_score >= {EXCELLENT_FROM}) AS excellent,
           {", ".join(f"AVG({name}) AS {name}, STDDEV_SAMP({name}) AS {name}_spread" for name in DEGREES)}
    FROM {{files}} JOIN (SELECT UNNEST($offerings) AS offering_id, UNNEST($levels) AS level) USING (offering_id)
    GROUP BY level
"""


class LessonReader:
    """Reads lessons of sections within a scope; safe to share between threads."""

    def __init__(self, facts: FactReader) -> None:
        self.facts = facts

    def meetings(
        self, until: int, *, term_id: int, dept_id: int | None, about: Subject, scope: Scope
    ) -> Sequence[Mapping[str, Any]]:
        """One mapping for each section that met on the last day with records up to the day `until` (20261120).

        Keys: ``offering_id``, ``date_id``, ``due``, ``present``, ``absent``, ``leave``, ``late``, and the names
        ``course_name``, ``class_name``, ``teacher_name``, ``dept_name``. Only of the department, if one is named.
        """
        if not scope.admits("offering", about):
            return []
        files = self.facts.files("fact_attendance", term_id=term_id)
        found = self.facts.query(files, _MEETINGS, {"day": until})
        if not found:
            last = [row["day"] for row in self.facts.query(files, _LAST_DAY, {"day": until})]
            found = self.facts.query(files, _MEETINGS, {"day": last[0]}) if last and last[0] else []
        met = {row["offering_id"]: row for row in found}
        named = self.facts.values.named(
            "offering",
            scope=scope,
            about=about,
            entity_ids=list(met),
            below=None if dept_id is None else ("dept", [dept_id]),
        )
        return [{**met[item.entity_id], **item._asdict()} for item in named if item.entity_id in met]

    def units(self, offering_id: int, *, about: Subject, scope: Scope) -> Sequence[Mapping[str, Any]]:
        """The units assessed so far, of a section and of the others of its course and term within the scope.

        Empty where the section's figure is not within the scope. One mapping for each section and unit, by both.
        Keys: ``offering_id``, ``unit_no``, ``date_id`` of the last assessment, ``assessed`` and ``reached`` in
        persons, and of the scores ``mean``, ``lowest``, ``lower`` (quartile), ``middle``, ``upper``, ``highest``:
        None where no score is known.
        """
        own = self._section(offering_id, about=about, scope=scope)
        if own is None:
            return []
        sections = self._sections("course", own["course_id"], own=own, about=about, scope=scope)
        files = self.facts.files("fact_unit_assess", term_id=own["term_id"])
        return self.facts.query(files, _UNITS, {"offerings": sorted({offering_id, *sections})})

    def visits(self, offering_id: int, *, about: Subject, scope: Scope) -> dict[str, Mapping[str, Any]]:
        """What the forms of this term's visits say, by whose sections they are of.

        ``offering`` is the section itself; ``course`` and ``dept`` are there where these are within the scope.
        Nobody is there of whom there is no form; empty where the section's figure is not within the scope. Keys of a mapping: ``forms``, ``roles`` of observers,
        ``excellent`` forms, and for each of `DEGREES` its mean and its ``…_spread``, the standard deviation
        between the forms (None of fewer than two).
        """
        own = self._section(offering_id, about=about, scope=scope)
        if own is None:
            return {}
        groups: dict[str, Sequence[int]] = {"offering": [offering_id]}
        for level in ("course", "dept"):
            node = own[f"{level}_id"]
            if node is not None and self.facts.values.exists(level, node, scope=scope, about=about):
                groups[level] = self._sections(level, node, own=own, about=about, scope=scope)
        files = self.facts.files("fact_observation", term_id=own["term_id"])
        asked = {
            "offerings": [number for ids in groups.values() for number in ids],
            "levels": [level for level, ids in groups.items() for _ in ids],
        }
        return {row["level"]: row for row in self.facts.query(files, _FORMS, asked)}

    def _section(self, offering_id: int, *, about: Subject, scope: Scope) -> Mapping[str, Any] | None:
        found = self.facts.values.entities("offering", scope=scope, about=about, entity_ids=[offering_id])
        return found[0] if found else None

    def _sections(
        self, level: str, node: int | None, *, own: Mapping[str, Any], about: Subject, scope: Scope
    ) -> Sequence[int]:
        """Sections of a course or department in the term of `own`, as far as they are within the scope."""
        if node is None:
            return []
        named = self.facts.values.named(
            "offering", scope=scope, about=about, term_id=own["term_id"], below=(level, [node])
        )
        return [item.entity_id for item in named]
