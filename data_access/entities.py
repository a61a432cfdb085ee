"""The entities of the college as pages and scopes know them: name, code and place in the tree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import Connection, delete, insert

from data_access.database.models import Entity
from data_access.engines import QueryEngine

_ANCESTORS: Final = ("dept_id", "major_id", "class_id", "course_id", "teacher_id", "term_id", "grade_year", "size")

_QUERIES: Final[Mapping[str, str]] = {
    "dept": """
        SELECT dept_id AS entity_id, '' AS code, dept_name AS name, alias_names AS aliases, dept_id
        FROM dim_department""",
    "major": "SELECT major_id AS entity_id, major_code AS code, major_name AS name, dept_id, major_id FROM dim_major",
    "class": """
        SELECT class_id AS entity_id, '' AS code, class_name AS name, m.dept_id, c.major_id, class_id, c.grade_year,
               headcount AS size
        FROM dim_class c LEFT JOIN dim_major m USING (major_id)""",
    "student": """
        SELECT student_id AS entity_id, student_no AS code, student_no AS name, m.dept_id, c.major_id, s.class_id,
               c.grade_year
        FROM dim_student s LEFT JOIN dim_class c USING (class_id) LEFT JOIN dim_major m USING (major_id)""",
    "course": """
        SELECT course_id AS entity_id, course_code AS code, course_name AS name, dept_id, major_id, course_id
        FROM dim_course""",
    "offering": """
        SELECT o.offering_id AS entity_id, CAST(o.offering_id AS VARCHAR) AS code,
               c.course_name || coalesce(' · ' || k.class_name, '') AS name, c.dept_id, k.major_id, o.class_id,
               o.course_id, o.teacher_id, o.term_id, k.grade_year, o.enrolled_cnt AS size
        FROM dim_offering o LEFT JOIN dim_course c USING (course_id) LEFT JOIN dim_class k USING (class_id)""",
    "teacher": """
        SELECT teacher_id AS entity_id, staff_no AS code, teacher_name AS name, dept_id, major_id, teacher_id
        FROM dim_teacher""",
}
"""One SELECT a level over the dimensions; an offering belongs to the department that teaches its course."""


def write_entities(connection: Connection, engine: QueryEngine, *, school_name: str = "全校") -> int:
    """Replaces all entities by those of the lake's dimensions; returns how many there are."""
    connection.execute(delete(Entity))
    rows: list[dict[str, Any]] = [_row("school", {"entity_id": 1, "code": "", "name": school_name})]
    for level, sql in _QUERIES.items():
        rows += [_row(level, found) for found in engine.query(sql).to_pylist()]
    _insert(connection, rows)
    return len(rows)


def _row(level: str, found: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "level": level,
        "entity_id": found["entity_id"],
        "code": found["code"] or "",
        "name": found["name"] or found["code"] or str(found["entity_id"]),
        "aliases": found.get("aliases") or "",
        **{name: found.get(name) for name in _ANCESTORS},
    }


def _insert(connection: Connection, rows: Iterable[dict[str, Any]]) -> None:
    connection.execute(insert(Entity), list(rows))
