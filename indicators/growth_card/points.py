"""The scoring points (采分点) of the growth card as frozen values, read from ``points.yaml``.

Source: 包头 五(五)2(3)、表15: 41 points of a student and 19 of a class.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final

import yaml

from indicators.model import Level

POINTS_FILE: Final = Path(__file__).with_name("points.yaml")
RAW: Final = "raw"
"""Name of the input that most rules read: a rate, a score, a number of times."""


class Rule(StrEnum):
    """How a value becomes points; `indicators.growth_card.rules` says it exactly."""

    LINEAR = "linear"
    LINEAR_DEDUCT = "linear_deduct"
    PLAN = "plan"
    COUNT_UP = "count_up"
    COUNT_DOWN = "count_down"
    LEVEL = "level"
    PARTICIPATE = "participate"
    NEUTRAL = "neutral"
    DELTA = "delta"
    BAND_HOURS = "band_hours"


class Schedule(StrEnum):
    """Into which slots a point's term falls, each of which is posted by itself."""

    WEEKLY = "weekly"
    """Every teaching week; the cap is shared out among them."""
    MONTHLY = "monthly"
    """Every month of the term; the cap is shared out among them."""
    TERM = "term"
    """Once, when the term ends."""
    OCCURRENCE = "occurrence"
    """The opening in the first week, and every week's deductions from it."""
    SANCTION = "sanction"
    """Every week, ten days later: what may still be appealed against is not booked."""
    PLAN = "plan"
    """At the start of the academic year for the plan, at its end for the goals reached."""
    YEAR_END = "year_end"
    """Once an academic year, at its end, over both terms; what was once obtained is not due again."""
    GRADUATION = "graduation"
    """Once, at the end of the last term."""
    FOLLOW_UP = "follow_up"
    """In the first term after graduation."""


class Collector(StrEnum):
    """Who enters a point (采分主体), in the words of the plan."""

    CLASS_ADVISER = "班主任"
    TEACHER = "任课教师"
    PE_TEACHER = "体育老师"
    STUDENT_AFFAIRS = "学工办"
    COUNSELLOR = "辅导员"
    TEACHING_SECTION = "教研室"


_OTHER_WORDS: Final[Mapping[str, str]] = {"任课老师": "任课教师"}
"""The plan writes both."""


@dataclass(frozen=True, kw_only=True)
class Point:
    """One scoring point.

    Attributes:
        code: that of the indicator of the same name.
        name: as the plan writes it.
        account: key of `Card.accounts`.
        collection_point: 采分时点 in the words of the plan.
        collectors: who enters it; of 职业生涯规划 there are two.
        params: what the rule needs.
        max_deposit: most that a term brings, in points (the plan's 储值分); `max_deduct`: most that it takes.
        opening: deposited in the first week of a term, to be lost by occurrences.
        grades: years of study in which it is due.
        inputs: formulas by name of the input; empty for the formula of the indicator alone.
    """

    code: str
    name: str
    account: str
    collection_point: str
    collectors: tuple[Collector, ...]
    schedule: Schedule
    rule: Rule
    params: Mapping[str, Any]
    max_deposit: float
    max_deduct: float
    opening: float
    grades: tuple[int, ...]
    note: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)

    @property
    def holder(self) -> Level:
        """Whose account it is booked to: a student's or a class's."""
        return Level.STUDENT if self.code.startswith("STU-") else Level.CLASS

    @property
    def is_neutral(self) -> bool:
        """True for a point that never moves a balance: asking for help is neither rewarded nor punished."""
        return self.rule is Rule.NEUTRAL


@dataclass(frozen=True, kw_only=True)
class Band:
    """A range of attainment with a name, from `lowest` (in %) up to the next better band."""

    name: str
    lowest: float


@dataclass(frozen=True, kw_only=True)
class Card:
    """All points with what holds for every account.

    Attributes:
        accounts: most that a term can bring to each account, by its name; three of a student, three of a class.
        bands: best first.
        dispute_days: days, the one of recording not counted, in which an entry may be disputed.
        freeze_days: days after the end of a term until its accounts are frozen.
        timeliness_floor: 采分及时率 below which a collector is reminded, in %.
    """

    points: tuple[Point, ...]
    accounts: Mapping[str, float]
    bands: tuple[Band, ...]
    dispute_days: int
    freeze_days: int
    timeliness_floor: float

    @cached_property
    def by_code(self) -> Mapping[str, Point]:
        """The points by their codes."""
        return {point.code: point for point in self.points}

    def of(self, holder: Level) -> tuple[Point, ...]:
        """The points of a student's or of a class's card, in the order of the plan."""
        return tuple(point for point in self.points if point.holder is holder)

    def accounts_of(self, holder: Level) -> tuple[str, ...]:
        """The accounts of a student's or of a class's card."""
        return tuple(dict.fromkeys(point.account for point in self.of(holder)))

    def band(self, attainment: float | None) -> str:
        """Name of the band in which an attainment (in %) lies; empty for none."""
        if attainment is None:
            return ""
        return next((band.name for band in self.bands if attainment >= band.lowest), self.bands[-1].name)


class PointsError(ValueError):
    """``points.yaml`` contradicts itself; the message names point and field."""


@cache
def shipped_card() -> Card:
    """The card of the library, read once."""
    return card_of(yaml.safe_load(POINTS_FILE.read_text(encoding="utf-8")))


def card_of(block: Mapping[str, Any]) -> Card:
    """The card that a block of ``points.yaml`` describes.

    Raises:
        PointsError: something is missing or contradicts something else.
    """
    try:
        points = tuple(_point(item) for item in block["points"])
        card = Card(
            points=points,
            accounts={name: float(most) for name, most in block["accounts"].items()},
            bands=tuple(Band(name=item["name"], lowest=float(item["from"])) for item in block["bands"]),
            dispute_days=int(block["dispute_days"]),
            freeze_days=int(block["freeze_days"]),
            timeliness_floor=float(block["timeliness_floor"]),
        )
    except KeyError as error:
        raise PointsError(f"{POINTS_FILE.name} lacks {error}.") from None
    problems = _problems(card)
    if problems:
        raise PointsError("; ".join(problems))
    return card


def _point(item: Mapping[str, Any]) -> Point:
    try:
        return Point(
            code=item["code"],
            name=item["name"],
            account=item["account"],
            collection_point=item["collection_point"],
            collectors=tuple(Collector(_OTHER_WORDS.get(word, word)) for word in item["collectors"]),
            schedule=Schedule(item["schedule"]),
            rule=Rule(item["rule"]),
            params=item.get("params", {}),
            max_deposit=float(item["max_deposit"]),
            max_deduct=float(item.get("max_deduct", 0)),
            opening=float(item.get("opening", 0)),
            grades=tuple(item["grades"]),
            note=item.get("note", ""),
            inputs=dict(item.get("inputs", {})),
        )
    except ValueError as error:
        raise PointsError(f"{item.get('code')}: {error}") from None


def _problems(card: Card) -> list[str]:
    found = [f"{p.code}: account {p.account!r} is unknown" for p in card.points if p.account not in card.accounts]
    if len(card.by_code) < len(card.points):
        found.append("a code is used twice")
    found += [f"{p.code}: nobody collects it" for p in card.points if not p.collectors]
    for name, most in card.accounts.items():
        total = sum(p.max_deposit for p in card.points if p.account == name)
        if abs(total - most) > 0.001:
            found.append(f"{name}: its points add up to {total:g}, not {most:g}")
    if [band.lowest for band in card.bands] != sorted((band.lowest for band in card.bands), reverse=True):
        found.append("bands: best first")
    return found


def codes(points: Sequence[Point]) -> tuple[str, ...]:
    """The codes of points, in their order."""
    return tuple(point.code for point in points)
