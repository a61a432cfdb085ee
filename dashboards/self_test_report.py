"""What the pages of self-tests say: what is open for a student, what a result means, and what to do next. Pure functions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from data_access.self_test_results import Norm, Result
from indicators.results import TermInfo
from indicators.second_classroom import Module, shipped_modules
from indicators.self_tests.scales import ALERT, NORMAL, WATCH, Dimension, Scale, number_of
from indicators.self_tests.scoring import NOTABLE, STRONG_FROM, weakest
from layouts import format as fmt

_MARKS: Final[Mapping[str, tuple[str, str]]] = {
    NORMAL: ("reached", "正常"),
    WATCH: ("watch", "关注：还有提升空间"),
    ALERT: ("warning", "预警：建议找人帮一把"),
}
_GENTLE: Final[Mapping[str, tuple[str, str]]] = {
    NORMAL: ("reached", "状态不错"),
    WATCH: ("watch", "有些起伏"),
    ALERT: ("watch", "近来可能不太轻松"),
}
"""For a restricted scale: it makes no diagnosis, and nobody is to be frightened by a word."""
_UNKNOWN_MARK: Final = ("no-data", "已完成")
_MOST_STEPS: Final = 2
"""Whoever is told to do five things does none."""


class Stage(StrEnum):
    """Where a scale stands for a student today."""

    OPEN = "open"
    DONE = "done"
    SOON = "soon"
    OVER = "over"
    REST = "rest"
    """Not open in this term at all"""


@dataclass(frozen=True, kw_only=True)
class Offer:
    """One scale as the list offers it; `result` is that of the current term."""

    scale: Scale
    stage: Stage
    when: str
    result: Result | None = None


@dataclass(frozen=True, kw_only=True)
class Part:
    """One dimension of a result; `advice` says what to do next."""

    name: str
    meaning: str
    score: float
    advice: str
    is_strong: bool

    @property
    def shown(self) -> str:
        """The score as it is written."""
        return fmt.number(self.score)


@dataclass(frozen=True, kw_only=True)
class Report:
    """A result as its page tells it.

    Attributes:
        mark: class of the state and word for the level.
        change: against the own last time; empty without one.
        standing: against the middle half of the grade; empty where there is no norm.
        steps: dimensions to work on first, and modules of the second classroom that help.
        needs_care: True where the page opens with whom to turn to.
    """

    scale: Scale
    result: Result
    term_label: str
    mark: tuple[str, str]
    parts: Sequence[Part]
    change: str
    standing: str
    norm: Norm | None
    steps: Sequence[tuple[Dimension, Sequence[Module]]]
    needs_care: bool

    @property
    def shown(self) -> str:
        """The score as it is written."""
        return fmt.number(self.result.score)


def offers(scales: Sequence[Scale], term: TermInfo | None, day: dt.date, results: Sequence[Result]) -> list[Offer]:
    """Every scale with what a student can do about it today, the open ones first."""
    done = {result.scale: result for result in results if term is not None and result.term_key == term.key}
    found = [_offer(scale, term, day, done.get(scale.name)) for scale in scales]
    return sorted(found, key=lambda offer: list(Stage).index(offer.stage))


def _offer(scale: Scale, term: TermInfo | None, day: dt.date, result: Result | None) -> Offer:
    window = None if term is None else scale.opening(term)
    if result is not None:
        when = "" if result.submitted_at is None else f"{fmt.day(result.submitted_at.date())} 完成"
        return Offer(scale=scale, stage=Stage.DONE, when=when or "已在学校组织的测评中完成", result=result)
    if window is None:
        when = "第一学期开放" if any(each.term == 1 for each in scale.openings) else "第二学期开放"
        return Offer(scale=scale, stage=Stage.REST, when=when)
    first, last = window
    if day < first:
        return Offer(scale=scale, stage=Stage.SOON, when=f"{fmt.day(first)} 起开放")
    if day > last:
        return Offer(scale=scale, stage=Stage.OVER, when=f"{fmt.day(last)} 已截止，下次开放时再做")
    return Offer(scale=scale, stage=Stage.OPEN, when=f"截止 {fmt.day(last)}")


def mark(scale: Scale, level: str) -> tuple[str, str]:
    """Class of the state and word for a level of a scale."""
    return (_GENTLE if scale.is_restricted else _MARKS).get(level, _UNKNOWN_MARK)


def report(
    scale: Scale, result: Result, *, earlier: Result | None, norm: Norm | None, terms: Sequence[TermInfo]
) -> Report:
    """A result with all that is said of it.

    Args:
        scale: the questionnaire.
        result: what it came to.
        earlier: the student's own result of the term before in which they did it.
        norm: of the grade in the same term.
        terms: for the words of terms.
    """
    labels = {term.key: term.label for term in terms}
    weak = weakest(scale, result.parts)[:_MOST_STEPS]
    modules = {module.key: module for module in shipped_modules().modules}
    return Report(
        scale=scale,
        result=result,
        term_label=labels.get(result.term_key, result.term_key),
        mark=mark(scale, result.level),
        parts=[
            Part(
                name=dimension.name,
                meaning=dimension.meaning,
                score=result.parts[dimension.key],
                advice=dimension.strong if result.parts[dimension.key] >= STRONG_FROM else dimension.weak,
                is_strong=result.parts[dimension.key] >= STRONG_FROM,
            )
            for dimension in scale.dimensions
            if dimension.key in result.parts
        ],
        change="" if earlier is None else _change(result, earlier, labels.get(earlier.term_key, earlier.term_key)),
        standing="" if norm is None else _standing(result.score, norm),
        norm=norm,
        steps=[(dimension, [modules[key] for key in dimension.modules]) for dimension in weak],
        needs_care=scale.is_restricted and result.level != NORMAL,
    )


def before(results: Sequence[Result], result: Result) -> Result | None:
    """The own result of the same scale that came last before this one."""
    earlier = [each for each in results if each.scale == result.scale and each.term_key < result.term_key]
    return max(earlier, key=lambda each: each.term_key, default=None)


def _change(result: Result, earlier: Result, label: str) -> str:
    difference = round(result.score - earlier.score, 1)
    past = f"上次（{label}）{fmt.number(earlier.score)} 分"
    if abs(difference) < NOTABLE:
        return f"{past}，这次和上次差不多"
    return f"{past}，这次{'高' if difference > 0 else '低'}了 {fmt.number(abs(difference))} 分"


def _standing(score: float, norm: Norm) -> str:
    where = {"below": "你在这个范围以下", "within": "你也在其中", "above": "你在这个范围以上"}[norm.place(score)]
    return f"同年级有一半同学在 {fmt.number(norm.lower)}–{fmt.number(norm.upper)} 分之间，{where}"


def term_now(terms: Sequence[TermInfo], day: dt.date) -> TermInfo | None:
    """The term that runs on a day; None in vacation."""
    return next((term for term in terms if term.start <= day <= term.end), None)


def term_word(term: TermInfo | None) -> str:
    """Which term runs, in words, for what is said of an empty list."""
    return "假期" if term is None else f"第{'一' if number_of(term) == 1 else '二'}学期"
