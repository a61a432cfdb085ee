"""The data of the page of a section: its rates against its course and department, its students, its lessons."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from dashboards import filters
from dashboards.courses_data import is_of_term, points
from dashboards.courses_rates import RATES
from dashboards.page import NotFoundError, View, missing
from indicators.lessons import ATTENDANCE, DEGREE_CODES, Unit, Visits
from indicators.model import SCHOOL_ID
from indicators.results import Absence, IndicatorInfo, OfferingInfo, PeriodInfo, Reading, RosterRow, ValuePoint
from layouts import table
from layouts.figures.trend import Series

NOUN: Final = "教学班"
COMPARED: Final = 2
"""Lines beside the section's own: those nearest to it of course, department and school."""
ROSTER_PER_PAGE: Final = 60
"""More than a class has; a lecture of hundreds is paged, since a browser takes seconds over so many rows."""
PHASES: Final = {"课前预习": "CRS-CLS-06", "课中参与": "CRS-PAR-01", "课后作业": "CRS-CLS-07"}
"""The three completion lines (课前·课中·课后; 南京 三(六)1): each counts only meetings to which the item belonged."""
ROUNDS: Final = ("CRS-EVA-01", "CRS-EVA-02", "CRS-EVA-04", "CRS-EVA-03", "CRS-EVA-05", "CRS-EVA-08", "CRS-EVA-07")
"""Evaluation of a course: by students, by supervisors, by peers, by itself; satisfaction; visits."""
MISSED: Final = frozenset({"旷课", "请假"})
"""Statuses that count as absent in 到课率; late and early leavers are present."""

_WEEKLY: Final = tuple(dict.fromkeys((*(rate.code for rate in RATES.values()), *PHASES.values())))
_WORST = float("inf")


def _low_first(rate: float | None) -> float:
    return _WORST if rate is None else rate


SORTS: Final[dict[str, tuple[str, Callable[[RosterRow], float | str], str]]] = {
    "rate": ("到课率", lambda row: _low_first(row.attendance_rate), "ascending"),
    "no": ("学号", lambda row: row.student_no, "ascending"),
    "participation": ("参与率", lambda row: _low_first(row.participation_rate), "ascending"),
    "homework": ("作业完成率", lambda row: _low_first(row.homework_rate), "ascending"),
    "absent": ("旷课", lambda row: -row.absent, "descending"),
    "late": ("迟到早退", lambda row: -row.late, "descending"),
}
"""How the roster can be sorted: column, key, direction. The row most in need comes first."""


@dataclass(frozen=True, kw_only=True)
class Offering:
    """The data of one view of the page; every part is fetched when first needed, and once."""

    view: View

    @cached_property
    def offering(self) -> OfferingInfo:
        """The section.

        Raises:
            NotFoundError: there is none with this number within the reader's scope.
        """
        number = self.view.ids["offering_id"]
        found = self.view.services.values.offering(number, scope=self.view.scope)
        if found is None:
            raise NotFoundError(missing(NOUN, number))
        return found

    @property
    def whose(self) -> str:
        """Of whom figures made from the roster tell, where it is not of everybody; else empty."""
        return "" if self.offering.is_whole else "你负责的学生"

    @cached_property
    def because_denied(self) -> str | None:
        """Why the viewer sees nothing of the students; None where they see some, or there are none to see."""
        if self.offering.is_whole or self.roster:
            return None
        return "你的岗位不含这个教学班的名单，班里也没有你负责的学生。"

    @cached_property
    def info(self) -> IndicatorInfo:
        """到课率, by which students are judged."""
        return self.view.services.values.indicator(ATTENDANCE)

    @cached_property
    def lines(self) -> Mapping[str, Mapping[str, tuple[IndicatorInfo, Sequence[ValuePoint]]]]:
        """Indicators and their values up to the date of the data, by whose they are and by code; one question for each.

        Whose: ``offering``, ``course``, ``dept``, ``school``; empty where that is out of scope.
        """
        item, values = self.offering, self.view.services.values
        until = values.data_date()
        start = next((term.start for term in values.terms() if term.key == item.term_key), None)
        whose = {"offering": item.offering_id, "course": item.course_id, "dept": item.dept_id, "school": SCHOOL_ID}
        found: dict[str, Mapping[str, tuple[IndicatorInfo, Sequence[ValuePoint]]]] = {}
        if not item.term_key:  # the term has not begun
            return {level: {} for level in whose}
        for level, number in whose.items():
            board = values.board(_WEEKLY, level, term_key=item.term_key, entity_ids=[number], scope=self.view.scope)
            found[level] = {
                code: (
                    standing.info,
                    [p for p in points(standing.frame) if is_of_term(p.period, start=start, until=until)],
                )
                for code, standing in board.standings.items()
                if board.entities
            }
        return found

    def info_of(self, code: str) -> IndicatorInfo | None:
        """The indicator of one of the section's lines; None where it has not been computed."""
        found = self.lines["offering"].get(code)
        return None if found is None else found[0]

    def line(self, code: str, level: str = "offering") -> Sequence[ValuePoint]:
        """One of `lines`; empty where there is none."""
        return self.lines[level][code][1] if code in self.lines[level] else ()

    def compared(self, code: str) -> list[Series]:
        """The lines beside the section's own.

        A line out of scope has no values; that of a course with this one section is the same, which would hide it.
        """
        own = [point.value for point in self.line(code)]
        names = {"course": "同课程", "dept": self.offering.dept_name, "school": "全校"}
        found = [Series(name=name, points=self.line(code, level)) for level, name in names.items()]
        return [
            line
            for line in found
            if any(point.value is not None for point in line.points) and [p.value for p in line.points] != own
        ][:COMPARED]

    @cached_property
    def weekly(self) -> Sequence[ValuePoint]:
        """The section's own weekly 到课率."""
        return self.line(ATTENDANCE)

    @cached_property
    def focus(self) -> ValuePoint | None:
        """The week asked for, else the last with a value; None without any."""
        asked = filters.week_number(self.view)
        if asked is not None:
            return next((point for point in self.weekly if point.period.ordinal == asked), None)
        return next((point for point in reversed(self.weekly) if point.value is not None), None)

    @cached_property
    def week(self) -> PeriodInfo | None:
        """The week that the list of absences is narrowed to; None for the whole term."""
        return None if filters.week_number(self.view) is None or self.focus is None else self.focus.period

    @cached_property
    def roster(self) -> Sequence[RosterRow]:
        """The students, in the order asked for."""
        _, key, _ = SORTS[self.view["sort"]]
        rows = self.view.services.values.roster(self.offering.offering_id, scope=self.view.scope)
        return sorted(rows, key=lambda row: (key(row), row.student_no))

    @cached_property
    def part(self) -> table.Slice:
        """Which of the students are on the page."""
        return filters.slice_of(self.view, len(self.roster), size=ROSTER_PER_PAGE)

    @cached_property
    def because_missing(self) -> str | None:
        """Why there is no attendance to show; None where there is some."""
        if any(row.due for row in self.roster):
            return None
        return f"这个教学班在{self.offering.term_label}没有考勤记录：未排课，或考勤尚未导入。"

    @cached_property
    def student(self) -> RosterRow | None:
        """The student picked from the roster."""
        picked = self.view["student"]
        return next((row for row in self.roster if str(row.student_id) == picked), None) if picked else None

    @cached_property
    def units(self) -> Sequence[Unit]:
        """The units of the section and of the others of its course within the scope."""
        return self.view.services.lessons.units(self.offering.offering_id, scope=self.view.scope)

    @cached_property
    def visits(self) -> Mapping[str, Visits]:
        """What the forms of visits say, by whose sections they are of."""
        return self.view.services.lessons.visits(self.offering.offering_id, scope=self.view.scope)

    @cached_property
    def degrees(self) -> Sequence[IndicatorInfo]:
        """The five degrees as named and judged."""
        return [self.view.services.values.indicator(code) for code in DEGREE_CODES]

    @cached_property
    def rounds(self) -> Sequence[Reading]:
        """The rounds of evaluation of the course; of the section itself where the course is out of scope."""
        values, item = self.view.services.values, self.offering
        until = values.data_date()
        found = values.readings(ROUNDS, "course", item.course_id, until=until, scope=self.view.scope)
        return found or values.readings(ROUNDS, "offering", item.offering_id, until=until, scope=self.view.scope)


def absences(
    roster: Sequence[RosterRow], *, week: PeriodInfo | None, student: RosterRow | None
) -> list[tuple[RosterRow, Absence]]:
    """Meetings missed wholly or in part by the section or one student, in a week or the whole term, latest first."""
    found = [
        (row, absence)
        for row in roster
        if student is None or row.student_id == student.student_id
        for absence in row.absences
        if week is None or week.start <= absence.day <= week.end
    ]
    return sorted(found, key=lambda pair: (-pair[1].day.toordinal(), pair[0].student_no))
