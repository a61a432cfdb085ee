"""What happened in lessons, as pages are told of it: meetings of a day, units assessed, forms of visits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from data_access.access.privacy import Subject
from data_access.access.scope import Scope
from data_access.readers.lessons import DEGREES, LessonReader

ATTENDANCE: Final = "CRS-ATT-01"
ATTAINMENT: Final = "CRS-PAS-01"
DEGREE_CODES: Final = ("CRS-CLS-01", "CRS-CLS-02", "CRS-CLS-03", "CRS-CLS-04", "CRS-CLS-05")
"""The indicators of the five degrees, in the order of `DEGREES`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Meeting:
    """One section on one day; counts in persons and meetings (人次).

    Attributes:
        due: without 公假.
        present: late and early leavers included, as in 到课率.
    """

    offering_id: int
    day: dt.date
    course_name: str
    class_name: str
    teacher_name: str
    dept_name: str
    due: int
    present: int
    absent: int
    leave: int
    late: int

    @property
    def rate(self) -> float | None:
        """到课率 of the day in percent; None where nobody was due."""
        return 100 * self.present / self.due if self.due else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Unit:
    """One unit (项目) of a section as assessed; scores in points.

    Attributes:
        reached: persons who reached the unit's standard, of those `assessed`.
        mean: of the scores; None where none is known.
        scores: lowest, lower quartile, median, upper quartile, highest; None where none is known.
    """

    offering_id: int
    number: int
    day: dt.date
    assessed: int
    reached: int
    mean: float | None
    scores: tuple[float, float, float, float, float] | None

    @property
    def share(self) -> float:
        """达标率 of the unit in percent."""
        return 100 * self.reached / self.assessed


@dataclass(frozen=True, kw_only=True, slots=True)
class Visits:
    """The forms of visits (听课表) to some sections in a term so far.

    Attributes:
        forms: how many were submitted, by observers of so many `roles`.
        excellent: forms of 90 points or more in total.
        means: of the five degrees in the order of `DEGREE_CODES`, in points.
        spreads: standard deviations between the forms; None of fewer than two.
    """

    forms: int
    roles: int
    excellent: int
    means: tuple[float | None, ...]
    spreads: tuple[float | None, ...]


class Lessons:
    """Answers questions about lessons within a scope."""

    def __init__(self, reader: LessonReader) -> None:
        self.reader = reader

    def meetings(self, until: dt.date, *, term_key: str, dept_id: int | None, scope: Scope) -> Sequence[Meeting]:
        """The sections that met on the last day with records in the term up to `until`, by department and course."""
        values = self.reader.facts.values
        rows = self.reader.meetings(
            int(f"{until:%Y%m%d}"),
            term_id=values.period(term_key).period_id,
            dept_id=dept_id,
            about=self._about(ATTENDANCE),
            scope=scope,
        )
        found = [_meeting(row) for row in rows]
        return sorted(found, key=lambda item: (item.dept_name, item.course_name, item.offering_id))

    def units(self, offering_id: int, *, scope: Scope) -> Sequence[Unit]:
        """The units of a section, and of the others of its course and term within the scope, by section and number."""
        return [_unit(row) for row in self.reader.units(offering_id, about=self._about(ATTAINMENT), scope=scope)]

    def visits(self, offering_id: int, *, scope: Scope) -> Mapping[str, Visits]:
        """Visits to a section (``offering``), and to those of its ``course`` and ``dept`` where within the scope."""
        rows = self.reader.visits(offering_id, about=self._about(DEGREE_CODES[0]), scope=scope)
        return {level: _visits(row) for level, row in rows.items()}

    def _about(self, code: str) -> Subject:
        """What figures of an indicator are about: who may read its value may read what it is counted from."""
        return next(iter(self.reader.facts.values.plans(code).values())).about


def _meeting(row: Mapping[str, Any]) -> Meeting:
    return Meeting(
        offering_id=row["offering_id"],
        day=_day(row["date_id"]),
        course_name=row["course_name"] or "",
        class_name=row["class_name"] or "",
        teacher_name=row["teacher_name"] or "",
        dept_name=row["dept_name"] or "",
        **{name: row[name] for name in ("due", "present", "absent", "leave", "late")},
    )


def _unit(row: Mapping[str, Any]) -> Unit:
    return Unit(
        offering_id=row["offering_id"],
        number=row["unit_no"],
        day=_day(row["date_id"]),
        assessed=row["assessed"],
        reached=row["reached"],
        mean=row["mean"],
        scores=None
        if row["mean"] is None
        else (row["lowest"], row["lower"], row["middle"], row["upper"], row["highest"]),
    )


def _visits(row: Mapping[str, Any]) -> Visits:
    return Visits(
        forms=row["forms"],
        roles=row["roles"],
        excellent=row["excellent"],
        means=tuple(row[name] for name in DEGREES),
        spreads=tuple(row[f"{name}_spread"] for name in DEGREES),
    )


def _day(date_id: int) -> dt.date:
    return dt.date(date_id // 10000, date_id // 100 % 100, date_id % 100)
