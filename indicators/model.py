"""What an indicator is: the frozen values that library, compiler, engine and pages share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final

from data_access.access.privacy import Privacy, Topic


class Layer(StrEnum):
    """The five layers (五横) of the quality-assurance system."""

    SCHOOL = "学校"
    MAJOR = "专业"
    COURSE = "课程"
    TEACHER = "教师"
    STUDENT = "学生"


class Level(IntEnum):
    """Entity types that values are stored for. The number is the one stored; never renumber."""

    SCHOOL = 1
    DEPT = 2
    MAJOR = 3
    CLASS = 4
    STUDENT = 5
    COURSE = 6
    OFFERING = 7
    TEACHER = 8

    @property
    def key(self) -> str:
        """The name used on the command line and in the library, such as ``offering``."""
        return self.name.lower()

    @classmethod
    def of(cls, key: str) -> Level:
        """The level with that name; `KeyError` where there is none."""
        return cls[key.upper()]


LEVEL_TABLES: Final[Mapping[Level, str]] = {
    Level.DEPT: "dim_department",
    Level.MAJOR: "dim_major",
    Level.CLASS: "dim_class",
    Level.STUDENT: "dim_student",
    Level.COURSE: "dim_course",
    Level.OFFERING: "dim_offering",
    Level.TEACHER: "dim_teacher",
}
"""The dimension table whose key identifies an entity of the level; a school is the whole lake."""

SCHOOL_ID: Final = 1
"""Entity id of the one school of an installation."""


class PeriodKind(StrEnum):
    """How long one value covers."""

    WEEK = "week"
    MONTH = "month"
    TERM = "term"
    YEAR = "year"


PERIOD_WORDS: Final[Mapping[str, PeriodKind]] = {
    "weekly": PeriodKind.WEEK,
    "monthly": PeriodKind.MONTH,
    "term": PeriodKind.TERM,
    "year": PeriodKind.YEAR,
}
"""Words of the library for the period kinds."""


class Window(StrEnum):
    """Which rows before a period count for it as well."""

    NONE = ""
    THREE_YEARS = "滚动3年"
    SINCE_ENROLMENT = "在校累计"
    TERM_TO_DATE = "学期至今"
    """Set by the compiler for the weekly so-far values of term indicators; not allowed in the library."""


class Direction(StrEnum):
    """Which way is better."""

    HIGHER = "higher"
    LOWER = "lower"
    TARGET = "target"


FIVE_SYSTEMS: Final = ("决策指挥", "质量生成", "资源建设", "支持服务", "监督控制")
CHARTS: Final = (
    "line", "bar", "stacked_bar", "gauge", "bullet", "radar", "heatmap", "calendar_heatmap", "boxplot", "histogram",
    "scatter", "funnel", "treemap", "waterfall", "control_chart", "sankey", "kpi_card", "table",
)  # fmt: skip

Threshold = float | tuple[float, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Indicator:
    """One indicator of the library (表5 row).

    Attributes:
        code: identifier such as ``CRS-ATT-01``; never reused.
        entity: level the indicator belongs to; targets are set there.
        period: how long one value covers.
        target: threshold, or an interval where `direction` is ``target``; likewise `warning`, `alert`.
        formula: arithmetic over SQL aggregates, see `indicators.formula`.
        applies_grades: grades (1 = first year) whose rows count; empty means all.
        window: which earlier rows count as well.
        lag_years: the value of year Y describes rows of year Y − lag (graduates three years on).
        privacy: class of its figures for groups of people, see `indicators.privacy`.
        topics: sensitive matters that it tells of; `row_topics`: that the number of its rows tells of.
        definition: the whole block as written, for display.
    """

    code: str
    name_zh: str
    layer: Layer
    entity: Level
    period: PeriodKind
    unit: str
    direction: Direction
    target: Threshold
    warning: Threshold
    alert: Threshold
    formula: str
    definition_zh: str
    five_system: str
    dimension: str
    applies_grades: tuple[int, ...] = ()
    window: Window = Window.NONE
    lag_years: int = 0
    is_core: bool = False
    privacy: Privacy
    topics: frozenset[Topic]
    row_topics: frozenset[Topic]
    definition: Mapping[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One mistake in the library, told so that its author can mend it.

    Attributes:
        file: library file, relative to the library's directory.
        code: code of the indicator, or ``#3`` for the third block where it has none.
        token: the word of the file that is wrong.
        message: what is wrong with it.
        suggestion: what to write instead.
    """

    file: str
    code: str
    token: str
    message: str
    suggestion: str

    def to_dict(self) -> dict[str, str]:
        """The problem as the command line prints it with ``--json``."""
        return {
            "file": self.file,
            "code": self.code,
            "token": self.token,
            "message": self.message,
            "suggestion": self.suggestion,
        }
