"""Plans of students as plain values: what is written into one, and what is kept of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from data_access import clock
from data_access.access.privacy import Privacy, Subject

PLAN_SLOT: Final = "plan"
"""The slot of the growth card to which a plan itself is posted; its goals follow at the end of the year."""
DRAFT: Final = "draft"
SUBMITTED: Final = "submitted"
RETURNED: Final = "returned"
APPROVED: Final = "approved"
STATUSES: Final = (DRAFT, SUBMITTED, RETURNED, APPROVED)
WRITABLE: Final = (DRAFT, RETURNED)
"""States in which the student may change the text."""
PLANS: Final = Subject(privacy=Privacy.PERSONAL, owner="学生工作处")
"""What a plan is about, for the question who may read it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DraftGoal:
    """One goal as it is written; `part` is A, B or C."""

    part: str
    text: str
    measure: str = ""
    due_on: dt.date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanDraft:
    """The text of a plan as it is written; the goals in their order."""

    situation: str = ""
    aim: str = ""
    goals: tuple[DraftGoal, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Goal:
    """One goal as it is kept.

    Attributes:
        is_done: the student says that it is reached; `result` tells how.
        confirmed_by: who has confirmed it; it counts from then on.
    """

    goal_id: int
    part: str
    text: str
    measure: str
    due_on: dt.date | None
    is_done: bool
    result: str
    confirmed_by: str

    @property
    def is_confirmed(self) -> bool:
        """True where it counts as reached."""
        return self.is_done and bool(self.confirmed_by)


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanLine:
    """A plan in a list: everything but its text.

    Attributes:
        acad_start: calendar year in which its academic year begins.
        submitted_at: first time that it was handed in.
        quality: 0 to 100, once approved.
        goals: how many; `done`: of them said to be reached, `confirmed`: counted as such.
    """

    plan_id: int
    student_id: int
    student_no: str
    class_name: str
    kind: str
    acad_start: int
    status: str
    version: int
    due_on: dt.date
    submitted_at: dt.datetime | None
    quality: float | None
    reviewed_by: str
    reviewed_at: dt.datetime | None
    goals: int
    done: int
    confirmed: int

    @property
    def is_late(self) -> bool:
        """True where it was first handed in after the day on which it was due, on the college's calendar."""
        return self.submitted_at is not None and college_day(self.submitted_at) > self.due_on


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """A plan with its text and the review."""

    line: PlanLine
    situation: str
    aim: str
    goals: tuple[Goal, ...]
    review: str

    def draft(self) -> PlanDraft:
        """Its text as it may be written on."""
        return PlanDraft(
            situation=self.situation,
            aim=self.aim,
            goals=tuple(DraftGoal(part=g.part, text=g.text, measure=g.measure, due_on=g.due_on) for g in self.goals),
        )


def first_late_moment(due_on: dt.date) -> dt.datetime:
    """From when on a plan is late: midnight after the day on which it was due, at the college."""
    return dt.datetime.combine(due_on + dt.timedelta(days=1), dt.time(), clock.COLLEGE_ZONE).astimezone(dt.UTC)


def college_day(moment: dt.datetime) -> dt.date:
    """The day of a moment on the college's calendar."""
    return clock.utc(moment).astimezone(clock.COLLEGE_ZONE).date()
