"""Whose accounts are posted to in a term: students and classes, with their grades and peers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

import numpy as np
import pyarrow as pa

from data_access.engines import QueryEngine
from indicators.growth_card.slots import CardTerm
from indicators.growth_card.targets import OPEN, Holders
from indicators.model import Level

_ROLL: Final = """
    SELECT s.student_id, s.class_id, c.grade_year, r.is_on_roll
    FROM dim_student AS s JOIN dim_class AS c USING (class_id)
    LEFT JOIN (
        SELECT student_id, BOOL_OR(is_on_roll) AS is_on_roll FROM fact_student_term
        WHERE term_id = {term_id} GROUP BY student_id
    ) AS r USING (student_id)
    WHERE {acad_start} - c.grade_year + 1 BETWEEN 1 AND {last} ORDER BY s.student_id"""
LAST_GRADE: Final = 4
"""Year after the last of study, in which graduates are still asked (毕业生跟踪调查)."""


def holders_of(
    engine: QueryEngine,
    term: CardTerm,
    *,
    students: Collection[int] | None,
    classes: Collection[int] | None,
) -> Mapping[Level, Holders]:
    """The accounts of a term.

    On the roll is who the roll of the term (fact_student_term) says so of; before it has come, everybody of the
    college. A class is on it with one of its students. Nobody is asked for who left or comes years later.

    Args:
        engine: has the roll of at least these students, and of those of these classes.
        term: the term.
        students: only these; None for all. Likewise `classes`.
    """
    roll = engine.query(_ROLL.format(term_id=term.term_id, acad_start=term.acad_start, last=LAST_GRADE))
    student, group, year = (
        roll.column(name).to_numpy().astype(np.int64) for name in ("student_id", "class_id", "grade_year")
    )
    on_roll = np.array(roll.column("is_on_roll").to_pylist(), dtype=object)
    if all(flag is None for flag in on_roll):
        on_roll = np.ones(len(student), dtype=object)
    present = on_roll.astype(bool)
    asked = _asked(student, students)
    first = np.unique(group, return_index=True)
    of_class = np.isin(first[0], group[present])
    asked_class = _asked(first[0], classes)
    return {
        Level.STUDENT: _holders(student[asked], term.acad_start - year[asked] + 1, group[asked], present[asked]),
        Level.CLASS: _holders(
            first[0][asked_class],
            (term.acad_start - year[first[1]] + 1)[asked_class],
            year[first[1]][asked_class],
            of_class[asked_class],
        ),
    }


def members(engine: QueryEngine, classes: Collection[int]) -> frozenset[int]:
    """The students of some classes."""
    rows: pa.Table = engine.query("SELECT student_id, class_id FROM dim_student WHERE class_id IS NOT NULL")
    student, group = rows.column("student_id").to_numpy(), rows.column("class_id").to_numpy()
    return frozenset(student[np.isin(group, sorted(classes))].tolist())


def peers(engine: QueryEngine, level: Level, groups: Collection[int]) -> list[list[int]]:
    """The accounts that are compared with each other, by group: students of a class, classes of a grade year."""
    key, group, table = {
        Level.STUDENT: ("student_id", "class_id", "dim_student"),
        Level.CLASS: ("class_id", "grade_year", "dim_class"),
    }[level]
    listed = ", ".join(str(each) for each in sorted(groups))
    rows = engine.query(
        f"SELECT LIST({key} ORDER BY {key}) AS members FROM {table} WHERE {group} IN ({listed or 'NULL'}) "
        f"GROUP BY {group} ORDER BY {group}"
    )
    found: list[list[int]] = rows.column("members").to_pylist()
    return found


def _asked(keys: np.ndarray, asked: Collection[int] | None) -> np.ndarray:
    return np.ones(len(keys), dtype=bool) if asked is None else np.isin(keys, sorted(asked))


def _holders(ids: np.ndarray, grades: np.ndarray, groups: np.ndarray, on_roll: np.ndarray) -> Holders:
    return Holders(
        ids=ids, grades=grades, groups=groups, on_roll=on_roll, closed_on=np.full(len(ids), OPEN, dtype=np.int64)
    )
