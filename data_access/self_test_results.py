"""What is known of filled-in self-tests, as plain values: of one student, of the grade around them, of groups."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np

from data_access.access.privacy import SMALLEST_GROUP, Privacy, Subject
from data_access.contracts import contracts

TABLE: Final = "fact_self_test"
OWNER: Final = "学生工作处"
"""The department that answers for self-tests."""


@dataclass(frozen=True, kw_only=True)
class Filled:
    """One questionnaire as a student has filled it in; `answers` are from 1 to 5 by key of the item."""

    student_id: int
    scale: str
    scale_version: str
    term_key: str
    answers: Mapping[str, int]
    score: float
    level: str
    parts: Mapping[str, float]

    def __repr__(self) -> str:
        """Without answers and results: a traceback may be logged."""
        return f"Filled({self.scale!r}, {self.term_key!r})"


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a student's self-test of one scale and term came to.

    Attributes:
        score, level: those of the lake where it has them, and so those of every page; else those of the response.
        parts: standard score by dimension; empty where it was filled in elsewhere, or the lake has another score.
        submitted_at: aware; None where it was filled in elsewhere.
    """

    scale: str
    term_key: str
    score: float
    level: str
    parts: Mapping[str, float]
    scale_version: str = ""
    submitted_at: dt.datetime | None = None

    def __repr__(self) -> str:
        """Without what it came to: a traceback may be logged."""
        return f"Result({self.scale!r}, {self.term_key!r})"


@dataclass(frozen=True, kw_only=True)
class Norm:
    """How the students of one grade scored in a term: mean, and the middle half from `lower` to `upper`."""

    people: int
    mean: float
    lower: float
    upper: float

    def place(self, score: float) -> str:
        """Where a score lies: below, within or above the middle half of the grade."""
        if score < self.lower:
            return "below"
        return "above" if score > self.upper else "within"


@dataclass(frozen=True, kw_only=True)
class GroupResult:
    """How a school, department, major or class has filled in a scale in a term; None for what is withheld.

    Attributes:
        on_roll, done: students on the roll, and those of them who have filled it in.
        mean: mean standard score of the latter.
        levels: how many of the latter by level; those that occur.
        is_told: True where scores may be told of at all; False where nothing but completion is for this reader.
    """

    level: str
    entity_id: int
    name: str
    dept_id: int
    major_id: int
    on_roll: int | None
    done: int | None
    mean: float | None
    levels: Mapping[str, int] | None
    is_told: bool

    @property
    def completion(self) -> float | None:
        """Share of the roll that has filled it in, in percent; None where withheld or nobody is on the roll."""
        return None if not self.on_roll or self.done is None else 100 * self.done / self.on_roll


@dataclass(frozen=True, kw_only=True)
class PersonResult:
    """The result of a student, named to those who look after them."""

    student_no: str
    class_name: str
    score: float
    level: str

    def __repr__(self) -> str:
        """Without name and result: a traceback may be logged."""
        return "PersonResult()"


@dataclass(frozen=True, kw_only=True, slots=True)
class ScoreRow:
    """The standard score of one student on one scale, in one term."""

    student_id: int
    scale: str
    score: float


@cache
def subject_of(scale: str) -> Subject:
    """What scores of a scale are about: a sensitive matter where the contract of the table says so."""
    topic = contracts()[TABLE].column("scale").topics_by_value.get(scale)
    if topic is None:
        return Subject(privacy=Privacy.INTERNAL, owner=OWNER)
    return Subject(privacy=Privacy.SENSITIVE, topics=frozenset({topic}), owner=OWNER)


def norm_of(scores: Collection[float]) -> Norm | None:
    """Mean and middle half of scores; None of fewer than `SMALLEST_GROUP`."""
    if len(scores) < SMALLEST_GROUP:
        return None
    values = np.fromiter(scores, dtype=np.float64)
    lower, upper = np.percentile(values, [25, 75])
    return Norm(people=len(values), mean=float(values.mean()), lower=float(lower), upper=float(upper))


def result_of(
    scale: str,
    term_key: str,
    fact: Mapping[str, Any] | None,
    response: Mapping[str, Any] | None,
    when: dt.datetime | None,
) -> Result | None:
    """What counts of a row of the lake and a response to the same scale and term; None where neither is finished.

    The lake goes first, so that one student has one score on every page; dimensions are those of the response, and
    are shown only together with the score that they add up to.
    """
    is_counted = fact is not None and fact["is_done"] and fact["score"] is not None
    if response is None:
        if not is_counted or fact is None:
            return None
        return Result(scale=scale, term_key=term_key, score=fact["score"], level=fact["result_level"] or "", parts={})
    own = Result(
        scale=scale,
        term_key=term_key,
        score=response["score"],
        level=response["level"],
        parts=dict(response["parts"]),
        scale_version=response["scale_version"],
        submitted_at=when,
    )
    if not is_counted or fact is None or abs(fact["score"] - own.score) < _SAME:
        return own
    return Result(
        scale=scale,
        term_key=term_key,
        score=fact["score"],
        level=fact["result_level"] or "",
        parts={},
        submitted_at=when,
    )


_SAME: Final = 0.05
"""Scores are kept to one decimal."""
