"""Results of self-tests, from the lake and from what students have filled in here; who may read them follows from the scale.

Of a scale whose results are a sensitive matter, others than those entitled to it learn how many have filled it in, as
they do from the indicator of completion, and nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Engine, select

from data_access import clock
from data_access.access.scope import Scope
from data_access.database.growth_models import SelfTestResponse
from data_access.database.models import Entity
from data_access.errors import UserError
from data_access.readers.facts import FactReader
from data_access.readers.self_test_groups import LEVELS, Answered, Pupil, group_results
from data_access.self_test_results import (
    TABLE,
    GroupResult,
    Norm,
    PersonResult,
    Result,
    ScoreRow,
    norm_of,
    result_of,
    subject_of,
)

_OWN: Final = """
    SELECT term_id, scale, is_done, score, result_level FROM {files} WHERE student_id = $student_id
"""
_OF_TERM: Final = """
    SELECT student_id, score, result_level FROM {files} WHERE term_id = $term_id AND scale = $scale AND is_done
"""
_ROLL: Final = """
    SELECT student_id FROM {files}
    WHERE is_on_roll AND term_id = (SELECT MAX(term_id) FROM {files} WHERE term_id <= $term_id)
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Term:
    term_id: int
    key: str


class SelfTestReader:
    """Reads results of self-tests; safe to share between threads."""

    def __init__(self, facts: FactReader, database: Engine) -> None:
        self.facts = facts
        self._database = database

    def results(self, student_id: int, *, scope: Scope) -> tuple[Result, ...]:
        """All finished self-tests of a student, newest term first; those of scales within the scope."""
        terms = {term.term_id: term.key for term in self._terms()}
        rows = self.facts.query(self.facts.files(TABLE, term_id=None), _OWN, {"student_id": student_id})
        facts = {(row["scale"], row["term_id"]): row for row in rows}
        query = select(SelfTestResponse.__table__).where(SelfTestResponse.student_id == student_id)
        with self._database.connect() as connection:
            responses = {(row["scale"], row["term_id"]): dict(row) for row in connection.execute(query).mappings()}
        scales = {scale for scale, _ in {**facts, **responses}}
        admitted = {scale for scale in scales if self._admits(student_id, scale, scope=scope)}
        found = []
        for scale, term_id in sorted({*facts, *responses}, key=lambda key: (-key[1], key[0])):
            if scale in admitted and term_id in terms:
                response = responses.get((scale, term_id))
                when = clock.utc(response["submitted_at"]) if response else None
                found.append(result_of(scale, terms[term_id], facts.get((scale, term_id)), response, when))
        return tuple(result for result in found if result is not None)

    def norm(self, student_id: int, scale: str, term_key: str, *, scope: Scope) -> Norm | None:
        """How the student's own grade scored in a term; None where too few have, or the student is out of scope.

        Of a sensitive scale there is none: nobody is to be measured against others by it.
        """
        if subject_of(scale).topics or not self._admits(student_id, scale, scope=scope):
            return None
        term = self._term(term_key)
        own = select(Entity.grade_year).where(Entity.level == "student", Entity.entity_id == student_id)
        grade = select(Entity.entity_id).where(Entity.level == "student", Entity.grade_year == own.scalar_subquery())
        with self._database.connect() as connection:
            peers = set(connection.execute(grade).scalars())
        scores = self._scores(term, scale)
        return norm_of([answered.score for key, answered in scores.items() if key in peers])

    def overview(self, scale: str, term_key: str, *, scope: Scope) -> tuple[GroupResult, ...]:
        """How the groups within the scope have filled in a scale in a term: school, departments, majors, classes.

        Nothing is told of fewer than `SMALLEST_GROUP` people, nor of what would let them be worked out from the
        other groups (ADR 0011).
        """
        about = subject_of(scale)
        levels = [level for level in LEVELS if scope.admits(level, about)]
        if not levels:
            return ()
        term = self._term(term_key)
        everyone = select(Entity.level, Entity.entity_id, Entity.name, Entity.dept_id, Entity.major_id)
        pupils = select(Entity.entity_id, Entity.class_id).where(Entity.level == "student")
        known = select(Entity.entity_id).where(scope.rows_in_detail("student", about))
        with self._database.connect() as connection:
            groups: list[Any] = [tuple(row) for row in connection.execute(everyone.where(Entity.level.in_(LEVELS)))]
            shown: set[tuple[str, int]] = set()
            told: set[tuple[str, int]] = set()
            for level in levels:
                keys = select(Entity.entity_id)
                shown |= {(level, key) for key in connection.execute(keys.where(scope.rows(level, about))).scalars()}
                rows = scope.rows_in_detail(level, about)
                told |= {(level, key) for key in connection.execute(keys.where(rows)).scalars()}
            acquainted = frozenset(connection.execute(known).scalars())
            classes = {row.entity_id: row.class_id for row in connection.execute(pupils)}
        answered = self._scores(term, scale)
        roll = self._roll(term) or frozenset(classes)
        return group_results(
            groups,
            [
                Pupil(class_id=classes.get(key), is_known=key in acquainted, answered=answered.get(key))
                for key in sorted(roll & classes.keys())
            ],
            shown=shown,
            told=told,
            is_sensitive=bool(about.topics),
        )

    def in_care(self, scale: str, term_key: str, *, scope: Scope) -> tuple[PersonResult, ...]:
        """The results of a sensitive scale of students within the scope, by name, the lowest first.

        Of other scales nobody is listed: whoever may read them finds them with the student.
        """
        about = subject_of(scale)
        if not about.topics:
            return ()
        pupils = self.facts.values.entities("student", scope=scope, about=about)
        answered = self._scores(self._term(term_key), scale) if pupils else {}
        found = [
            PersonResult(
                student_no=str(pupil["code"]),
                class_name=str(pupil["class_name"] or ""),
                score=answered[pupil["entity_id"]].score,
                level=answered[pupil["entity_id"]].level,
            )
            for pupil in pupils
            if pupil["entity_id"] in answered
        ]
        return tuple(sorted(found, key=lambda person: (person.score, person.student_no)))

    def scores(
        self, term_id: int, *, scales: Collection[str], students: Collection[int] | None = None, scope: Scope
    ) -> list[ScoreRow]:
        """What students have scored by filling in these scales here, in a term; of the students within the scope.

        For postings, where the lake has no score yet. Completion (STU-GRP-06) stays a figure of the lake.

        Raises:
            UserError: a scale is a sensitive matter: its scores are posted nowhere.
        """
        if any(subject_of(scale).topics for scale in scales):
            raise UserError("Scores of a sensitive scale are posted nowhere.")
        found = []
        for scale in sorted(scales):
            within = select(Entity.entity_id).where(scope.rows("student", subject_of(scale)))
            query = select(SelfTestResponse.student_id, SelfTestResponse.scale, SelfTestResponse.score).where(
                SelfTestResponse.term_id == term_id,
                SelfTestResponse.scale == scale,
                SelfTestResponse.student_id.in_(within),
            )
            with self._database.connect() as connection:
                rows = connection.execute(query.order_by(SelfTestResponse.student_id)).mappings()
                found += [ScoreRow(**row) for row in rows]
        wanted = None if students is None else frozenset(students)
        return [row for row in found if wanted is None or row.student_id in wanted]

    def _admits(self, student_id: int, scale: str, *, scope: Scope) -> bool:
        return self.facts.values.exists("student", student_id, scope=scope, about=subject_of(scale))

    def _scores(self, term: _Term, scale: str) -> Mapping[int, Answered]:
        """Who has finished a scale in a term, by student; the lake's score goes before that of a response."""
        query = select(SelfTestResponse.student_id, SelfTestResponse.score, SelfTestResponse.level).where(
            SelfTestResponse.term_id == term.term_id, SelfTestResponse.scale == scale
        )
        with self._database.connect() as connection:
            found = {key: Answered(score=score, level=level) for key, score, level in connection.execute(query)}
        asked = {"term_id": term.term_id, "scale": scale}
        for row in self.facts.query(self.facts.files(TABLE, term_id=term.term_id), _OF_TERM, asked):
            if row["score"] is not None:
                found[row["student_id"]] = Answered(score=row["score"], level=row["result_level"] or "")
        return found

    def _roll(self, term: _Term) -> frozenset[int]:
        """Students on the roll in a term, by its snapshot or the last one before it; nobody without any."""
        files = self.facts.files("fact_student_term", term_id=None)
        rows = self.facts.query(files, _ROLL, {"term_id": term.term_id})
        return frozenset(row["student_id"] for row in rows)

    def _terms(self) -> Sequence[_Term]:
        return [_Term(term_id=term.period_id, key=term.key) for term in self.facts.values.periods("term")]

    def _term(self, key: str) -> _Term:
        known: Mapping[str, Any] = {term.key: term for term in self._terms()}
        if key not in known:
            raise UserError(f"没有学期 {key}。")
        return known[key]
