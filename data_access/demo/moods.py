"""What changes within a term: students who drift away, epidemics, rain, weekdays and hours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data_access.demo.calendar import TEACHING_WEEKS, Term
from data_access.demo.people import NEVER
from data_access.demo.stories import (
    COLLAPSE_MAJOR,
    FLU_WEEKS,
    LOST_STUDENT_SEAT,
    LOST_STUDENT_WEEK,
    RAIN_WEEKS,
)
from data_access.demo.tables import Floats, Ints
from data_access.demo.timetable import Teaching, story_class

WEEKDAY_EFFECT = np.array([-0.28, 0.08, 0.18, 0.08, -0.34])
"""Willingness to attend by weekday, in logits: Mondays and Fridays are weak."""
PERIOD_EFFECT = np.array([-0.25, 0.15, 0.12, 0.02, -0.2])


@dataclass(frozen=True, kw_only=True)
class Drift:
    """Students who slip away in a term, in the order of `Teaching.students`.

    Attributes:
        start: week in which it begins, `NEVER` for most.
        depth: how far they slip in the end, in logits.
    """

    start: Ints
    depth: Floats

    def in_week(self, week: int) -> Floats:
        """How far every student has slipped in that week (1 is the first), in logits."""
        reached = np.clip((week - self.start + 1) / 4, 0, 1.3)
        return (reached * self.depth).astype(np.float32)

    @property
    def harm(self) -> Floats:
        """Points that every student loses in a final mark."""
        weeks = np.clip(TEACHING_WEEKS - self.start, 0, 10)
        return 1.0 * weeks * self.depth


def build_drift(teaching: Teaching) -> Drift:
    """Who drifts away in that term: the weak are far more likely to."""
    college, term = teaching.college, teaching.term
    rng = college.spec.stream("drift", term.term_id)
    people = teaching.students
    count = len(people)
    weakness = -(0.8 * college.students.diligence[people] + 0.4 * college.students.ability[people])
    chance = 1 / (1 + np.exp(-(1.5 * weakness - 3.9)))
    start = np.where(rng.random(count) < chance, rng.integers(5, 14, count), NEVER)
    depth = rng.uniform(1.2, 2.8, count)
    lost = story_student(teaching)
    if lost >= 0:
        start[lost], depth[lost] = LOST_STUDENT_WEEK, 3.2
    return Drift(start=start, depth=depth)


def story_student(teaching: Teaching) -> int:
    """Position in `Teaching.students` of the good student who gets lost; -1 where there is none."""
    college = teaching.college
    class_ = story_class(college, COLLAPSE_MAJOR, teaching.term, 2)
    seats = np.flatnonzero(college.students.class_[teaching.students] == class_)
    return int(seats[LOST_STUDENT_SEAT - 1]) if len(seats) >= LOST_STUDENT_SEAT else -1


def sickness(term: Term, week: int) -> float:
    """How many times more students than usual are on leave."""
    winter = 1.25 if term.number == 1 and week >= 14 else 1.0
    return 3.0 if term.number == 1 and week in FLU_WEEKS else winter


def lateness(term: Term, week: int) -> float:
    """How many times more students than usual are late."""
    return 2.2 if term.number == 2 and week in RAIN_WEEKS else 1.0


def zeal(week: int) -> float:
    """Willingness over the term, in logits: fresh at the start, tired before the holidays, awake before the exams."""
    return 0.25 - 0.03 * week + (0.2 if week >= TEACHING_WEEKS - 1 else 0.0)
