"""The three plans of a student: when each is due, what makes one complete, how it is judged and what it attains.

Everything here is a pure function of declarations, dates and texts. Source: 包头 表6、表14、表15; 广东 表10-6(1).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from data_access.student_plan_values import PlanDraft
from indicators.growth_card.points import shipped_card
from indicators.growth_card.slots import CardTerm, slots_of

PLANS_FILE: Final = Path(__file__).with_name("student_plans.yaml")
FULL_MARKS: Final = 100
SOON_DAYS: Final = 14
"""A plan that is due within so many days is told as due soon."""


class Standing(StrEnum):
    """How a plan stands on a day, in the words of the pages."""

    NOT_YET = "未到期"
    DUE_SOON = "即将到期"
    OVERDUE = "逾期未交"
    DRAFT = "草稿"
    SUBMITTED = "待审核"
    RETURNED = "退回修改"
    APPROVED = "已通过"
    COLLECTED = "已由系统采集"
    """Handed in outside of the platform: another system has delivered it, and it counts on the growth card."""


@dataclass(frozen=True, kw_only=True)
class PlanKind:
    """One of the three plans.

    Attributes:
        key: stands in addresses; `name`: as facts and the store write it.
        point: code of the scoring point that it fills.
        when: until when it is due, in words; `reviewer`: who reviews it, in words.
        situation: what the student is asked about the present; `aim`: about the year.
        help: codes of own indicators that are shown beside.
    """

    key: str
    name: str
    point: str
    when: str
    reviewer: str
    situation: str
    aim: str
    help: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of the goals with its least and most number."""

    key: str
    name: str
    least: int
    most: int
    hint: str


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """One criterion of the rubric; `question` is what the reviewer asks of the plan."""

    key: str
    name: str
    most: int
    question: str


@dataclass(frozen=True, kw_only=True)
class PlanRules:
    """All that is declared about plans; `lengths` gives fewest and most characters of each field."""

    kinds: tuple[PlanKind, ...]
    parts: tuple[Part, ...]
    lengths: Mapping[str, tuple[int, int]]
    rubric: tuple[Criterion, ...]

    def kind(self, key: str) -> PlanKind | None:
        """The plan of that key or name; None where there is none."""
        return next((kind for kind in self.kinds if key in {kind.key, kind.name}), None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """What keeps a plan from being handed in; `field` is ``situation``, ``aim``, a part, or such as ``goals-3-text``.

    Attributes:
        is_excess: True for what is too long or too many, which not even a draft may be.
    """

    field: str
    message: str
    is_excess: bool = False


@cache
def shipped_plans() -> PlanRules:
    """The plans of the library, read once."""
    return plans_of(yaml.safe_load(PLANS_FILE.read_text(encoding="utf-8")))


def plans_of(block: Mapping[str, Any]) -> PlanRules:
    """What a block of ``student_plans.yaml`` declares.

    Raises:
        ValueError: the rubric does not add up, a point is unknown, or a part asks for more than it takes.
    """
    rules = PlanRules(
        kinds=tuple(PlanKind(**{**item, "help": tuple(item["help"])}) for item in block["kinds"]),
        parts=tuple(Part(**item) for item in block["parts"]),
        lengths={name: (least, most) for name, (least, most) in block["lengths"].items()},
        rubric=tuple(Criterion(**item) for item in block["rubric"]),
    )
    if sum(item.most for item in rules.rubric) != FULL_MARKS:
        raise ValueError(f"{PLANS_FILE.name}: the rubric does not add up to {FULL_MARKS}.")
    if unknown := {kind.point for kind in rules.kinds} - set(shipped_card().by_code):
        raise ValueError(f"{PLANS_FILE.name}: unknown points {', '.join(sorted(unknown))}.")
    if any(part.least > part.most for part in rules.parts):
        raise ValueError(f"{PLANS_FILE.name}: a part asks for more goals than it takes.")
    return rules


def year_name(acad_start: int) -> str:
    """An academic year in words."""
    return f"{acad_start}–{acad_start + 1}学年"


def due_on(kind: PlanKind, first_term: CardTerm) -> dt.date:
    """Last day on which a plan is in time: the end of the week that its 采分时点 names (`slots.PLAN_WEEKS`)."""
    return slots_of(shipped_card().by_code[kind.point], first_term)[0].booked_on


def first_terms(terms: Sequence[CardTerm], today: dt.date) -> list[CardTerm]:
    """The first terms of the academic years that have begun, the latest first: a year of plans each."""
    return sorted((t for t in terms if t.number == 1 and t.start <= today), key=lambda t: -t.acad_start)


def standing_of(status: str | None, *, due: dt.date, today: dt.date, is_collected: bool = False) -> Standing:
    """How a plan stands; `status` is that of the store, None where nothing was written yet.

    A draft that is overdue counts as overdue: nothing was handed in. A plan that another system has delivered is not
    asked for again.
    """
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if is_collected:
        return Standing.COLLECTED
    if today > due:
        return Standing.OVERDUE
    if status == "draft":
        return Standing.DRAFT
    return Standing.DUE_SOON if (due - today).days <= SOON_DAYS else Standing.NOT_YET


_BY_STATUS: Final[Mapping[str | None, Standing]] = {
    "submitted": Standing.SUBMITTED,
    "returned": Standing.RETURNED,
    "approved": Standing.APPROVED,
}


def problems_of(draft: PlanDraft, rules: PlanRules) -> list[Problem]:
    """What is wrong with a plan that is to be handed in; empty for a complete one. A draft may have all but excess."""
    found: list[Problem | None] = [
        _length_problem(name, text, rules.lengths[name])
        for name, text in (("situation", draft.situation), ("aim", draft.aim))
    ]
    for part in rules.parts:
        given = sum(goal.part == part.key for goal in draft.goals)
        if given < part.least:
            found.append(Problem(field=part.key, message=f"{part.name}至少写 {part.least} 项，现有 {given} 项。"))
        if given > part.most:
            message = f"{part.name}最多写 {part.most} 项，现有 {given} 项。"
            found.append(Problem(field=part.key, message=message, is_excess=True))
    for index, goal in enumerate(draft.goals):
        found += [
            _length_problem(f"goals-{index}-{name}", text, rules.lengths[name])
            for name, text in (("text", goal.text), ("measure", goal.measure))
        ]
        if goal.due_on is None:
            found.append(Problem(field=f"goals-{index}-due_on", message="请填写完成日期。"))
    return [problem for problem in found if problem is not None]


def length_message(text: str, limits: tuple[int, int]) -> str:
    """What is wrong with the length of a text; empty where nothing is."""
    problem = _length_problem("", text, limits)
    return "" if problem is None else problem.message


def _length_problem(field: str, text: str, limits: tuple[int, int]) -> Problem | None:
    least, most = limits
    if len(text) > most:
        return Problem(field=field, message=f"最多 {most} 个字，现有 {len(text)} 个。", is_excess=True)
    if len(text) < least:
        told = f"请至少写 {least} 个字，现有 {len(text)} 个。" if text else f"请填写，至少 {least} 个字。"
        return Problem(field=field, message=told)
    return None


def quality_of(marks: Mapping[str, int], rules: PlanRules) -> int:
    """The marks of the criteria together, 0 to 100.

    Raises:
        ValueError: a criterion has no mark, or one out of its range.
    """
    for item in rules.rubric:
        if not 0 <= marks.get(item.key, -1) <= item.most:
            raise ValueError(f"{item.name}须在 0 到 {item.most} 分之间。")
    return sum(marks[item.key] for item in rules.rubric)


def review_text(marks: Mapping[str, int], comment: str, rules: PlanRules) -> str:
    """The review as it is kept: the marks by criterion, then the comment."""
    told = " · ".join(f"{item.name} {marks[item.key]}/{item.most}" for item in rules.rubric)
    return f"{told}\n{comment}".strip()


def attainment(confirmed: int, goals: int) -> float | None:
    """Share of the goals whose being reached was confirmed, 0 to 1; None without goals."""
    return confirmed / goals if goals else None
