"""What a page is told about indicators: plain values that readers produce and pages draw.

Arrays are (entities, periods); a missing value is NaN, never 0.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from data_access.access.privacy import PLAIN, Subject

Line = float | tuple[float, float]
"""A threshold: one number, or the interval that counts as good where the direction is ``target``."""

FloatMatrix = NDArray[np.float64]


class State(StrEnum):
    """How a value stands against its lines, best first."""

    REACHED = "达标"
    WATCH = "关注"
    WARNING = "预警"
    ALERT = "警戒"
    NO_DATA = "无数据"


STATES: tuple[State, ...] = tuple(State)
"""Index of a state in this tuple is its number in arrays of states."""


@dataclass(frozen=True, kw_only=True, slots=True)
class IndicatorInfo:
    """One indicator as a page names and judges it.

    Attributes:
        code: identifier such as ``CRS-ATT-01``.
        direction: ``higher``, ``lower`` or ``target`` (inside an interval is good).
        target: line a value should reach; None where nobody has set one. Likewise `warning`, `alert`.
        period: ``week``, ``month``, ``term`` or ``year``.
        formula: the formula as the library writes it, for the card behind a number.
        source: the system the facts come from.
        about: what its figures tell of, for the question who may read them.
    """

    code: str
    name_zh: str
    unit: str
    direction: str
    target: Line | None
    warning: Line | None
    alert: Line | None
    definition_zh: str
    period: str
    formula: str = ""
    source: str = ""
    about: Subject = PLAIN

    @property
    def lines(self) -> tuple[float, ...]:
        """Every number that a value is held against; an interval counts twice."""
        known = (line for line in (self.target, self.warning, self.alert) if line is not None)
        return tuple(end for line in known for end in (line if isinstance(line, tuple) else (line,)))

    def judge(self, value: float | None) -> State:
        """The state of one value; None and NaN have no data."""
        number = np.nan if value is None else value
        return STATES[int(self.judge_all(np.array([number], dtype=np.float64))[0])]

    def judge_all(self, values: FloatMatrix) -> NDArray[np.int8]:
        """The numbers of the states (`STATES`) of `values`, in an array of the same shape.

        A line nobody has set is passed by every value.
        """
        result = np.full(values.shape, STATES.index(State.NO_DATA), dtype=np.int8)
        known = ~np.isnan(values)
        open_ = known.copy()
        for number, line in enumerate((self.target, self.warning, self.alert)):
            passed = open_ & self._passes(values, line)
            result[passed] = number
            open_ &= ~passed
        result[open_] = STATES.index(State.ALERT)
        return result

    def _passes(self, values: FloatMatrix, line: Line | None) -> NDArray[np.bool_]:
        if line is None:
            return np.full(values.shape, fill_value=True)
        if isinstance(line, tuple):
            return (values >= line[0]) & (values <= line[1])
        return values <= line if self.direction == "lower" else values >= line


@dataclass(frozen=True, kw_only=True, slots=True)
class TermInfo:
    """A term: `key` such as ``2026-2027-1``, `label` such as 2026–2027学年第一学期."""

    key: str
    label: str
    start: dt.date
    end: dt.date


@dataclass(frozen=True, kw_only=True, slots=True)
class PeriodInfo:
    """A week, month, term or year; `ordinal` numbers it within its term or year (week 11 → 11)."""

    kind: str
    key: str
    label: str
    start: dt.date
    end: dt.date
    ordinal: int
    term_key: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class DepartmentInfo:
    """A teaching department."""

    dept_id: int
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class EntityInfo:
    """One row of a matrix: an entity and the names of what it belongs to, empty where it has none."""

    entity_id: int
    name: str
    dept_name: str = ""
    course_name: str = ""
    class_name: str = ""
    teacher_name: str = ""


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class ValueFrame:
    """Values of one indicator for N entities × P periods, all arrays of shape (N, P).

    Attributes:
        numerator: as stored, NaN where the indicator is no ratio; likewise `denominator`.
        rows: number of facts behind each value; 0 where the number itself would tell too much.
        is_suppressed: True where a value is withheld because few people could be told apart by it.
    """

    entities: tuple[EntityInfo, ...]
    periods: tuple[PeriodInfo, ...]
    value: FloatMatrix
    numerator: FloatMatrix
    denominator: FloatMatrix
    rows: NDArray[np.int64]
    is_suppressed: NDArray[np.bool_] = field(default_factory=lambda: np.zeros((0, 0), dtype=np.bool_))

    def __post_init__(self) -> None:
        """Refuse arrays that do not fit the entities and periods; nothing is suppressed unless it is said."""
        shape = (len(self.entities), len(self.periods))
        if not self.is_suppressed.size:
            object.__setattr__(self, "is_suppressed", np.zeros(shape, dtype=np.bool_))
        for name in ("value", "numerator", "denominator", "rows", "is_suppressed"):
            got = getattr(self, name).shape
            if got != shape:
                raise ValueError(f"ValueFrame.{name} must have shape {shape}. Got {got}.")


@dataclass(frozen=True, kw_only=True, slots=True)
class ValuePoint:
    """One value of a series; None where there is no data, or where it is withheld (`is_suppressed`)."""

    period: PeriodInfo
    value: float | None
    numerator: float | None = None
    denominator: float | None = None
    rows: int = 0
    is_suppressed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class OfferingInfo:
    """An offering (教学班) and where it stands in the tree.

    Attributes:
        is_whole: True where the reader may see everybody in it; else only students they answer for elsewhere.
    """

    offering_id: int
    course_id: int
    course_name: str
    class_name: str
    teacher_name: str
    dept_id: int
    dept_name: str
    term_key: str
    term_label: str
    enrolled: int
    is_whole: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Absence:
    """One meeting a student missed wholly or in part; `status` is the attendance status as recorded."""

    day: dt.date
    status: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Attendance:
    """One student in one offering, term to date; rates in percent, None where nothing was due.

    Attributes:
        due: meetings the student had to attend (without 公假).
        present: attended, late and early leavers included.
        absences: meetings not attended in full (旷课, 请假, 迟到, 早退), oldest first.
    """

    due: int
    present: int
    absent: int
    late: int
    leave: int
    attendance_rate: float | None
    participation_rate: float | None
    homework_rate: float | None
    absences: tuple[Absence, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class RosterRow(Attendance):
    """One student of an offering."""

    student_id: int
    student_no: str
    class_name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CourseAttendance(Attendance):
    """One offering of a student; `is_in_reach` where the reader may see the offering itself."""

    offering_id: int
    course_name: str
    teacher_name: str
    is_in_reach: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassInfo:
    """An administrative class (行政班), where it stands in the tree, and who looks after it."""

    class_id: int
    name: str
    dept_id: int
    dept_name: str
    major_name: str
    grade_year: int | None
    adviser_name: str
    counsellor_name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class StudentInfo:
    """A student and where they stand in the tree; empty names where the place is not known."""

    student_id: int
    student_no: str
    class_id: int | None
    class_name: str
    major_name: str
    dept_name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """One indicator of one entity over its last periods.

    Attributes:
        points: oldest first, up to the last period with a value; a single one without value where there is none.
        level: level of the entity, with `entity_id` its key; empty where nobody has said.
        is_running: True where the period of the latest value is not over; see `indicators.settled`.
    """

    info: IndicatorInfo
    points: tuple[ValuePoint, ...]
    level: str = ""
    entity_id: int = 0
    is_running: bool = False

    @property
    def latest(self) -> ValuePoint:
        """The last value there is."""
        return self.points[-1]

    @property
    def before(self) -> float | None:
        """The value to compare the latest with: that of the period before.

        None where it has none, and where the latest period still runs: a part is not compared with a whole.
        """
        return self.points[-2].value if len(self.points) > 1 and not self.is_running else None

    @property
    def state(self) -> State:
        """How the latest value stands against its lines."""
        return self.info.judge(self.latest.value)


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class Standing:
    """One indicator of many entities: its values by period, rows in the order of the board it belongs to.

    Attributes:
        settled: how many columns, from the first, are of settled periods; None for all. Later ones are only drawn.
        is_running: True where the period in focus is not over; see `indicators.settled`.
    """

    info: IndicatorInfo
    frame: ValueFrame
    settled: int | None = None
    is_running: bool = False

    @property
    def focus(self) -> int | None:
        """Column of the last settled period in which anybody has a value; None without any."""
        known = np.flatnonzero((~np.isnan(self.frame.value[:, : self.settled])).any(axis=0))
        return int(known[-1]) if known.size else None

    def now(self) -> NDArray[np.float64]:
        """The value of every entity in the period in focus."""
        return self._column(self.focus)

    def change(self) -> NDArray[np.float64]:
        """How much the values in focus differ from those of the period before; NaN while that in focus runs."""
        if self.is_running:
            return self._column(None)
        focus = self.focus
        return self._column(focus) - self._column(focus - 1 if focus else None)

    def so_far(self, columns: slice = slice(None)) -> NDArray[np.float64]:
        """Rates over several periods in percent, from the counts and not from the rates; NaN without any."""
        top, bottom = (np.nansum(part[:, columns], axis=1) for part in (self.frame.numerator, self.frame.denominator))
        return np.divide(100.0 * top, bottom, out=np.full(top.shape, np.nan), where=bottom > 0)

    def _column(self, column: int | None) -> NDArray[np.float64]:
        values = self.frame.value
        return np.full(len(values), np.nan) if column is None else values[:, column]


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class Board:
    """Entities of one level side by side; `standings` by code, all with the rows of `entities`."""

    entities: tuple[EntityInfo, ...]
    standings: Mapping[str, Standing]
