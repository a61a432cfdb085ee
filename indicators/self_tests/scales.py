"""The scales of the self-tests (问表式自测) as frozen values, read from the YAML files beside this module.

Source: 南京 三(七)5 and 图3-13: 自学能力、职业适应能力、职业成熟度、综合自测; 包头 五(六)3: 心理健康普查. All items are the
library's own. A scale is named as the contract of ``fact_self_test`` names it, which also says what of it is sensitive.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from data_access.contracts import contracts
from indicators.results import TermInfo
from indicators.second_classroom import shipped_modules

HERE: Final = Path(__file__).parent
ANSWERS: Final = 5
"""Every item is answered from 1 to that."""
FEWEST_ITEMS: Final = 20
MOST_ITEMS: Final = 30
FEWEST_OF_A_DIMENSION: Final = 3
"""With fewer items a dimension says more about one sentence than about the student."""
NORMAL, WATCH, ALERT = "正常", "关注", "预警"
LEVELS: Final = (NORMAL, WATCH, ALERT)
"""As ``fact_self_test.result_level`` names them, best first."""
_ORDER: Final = ("self-learning", "career-adaptability", "career-maturity", "overall", "wellbeing")


@dataclass(frozen=True, kw_only=True)
class Dimension:
    """One side of what a scale asks about.

    Attributes:
        strong: what to do next for who scores high in it; `weak`: for who does not.
        modules: keys of the modules of the second classroom that help.
    """

    key: str
    name: str
    meaning: str
    strong: str
    weak: str
    modules: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Item:
    """One sentence to agree with; where `is_reversed`, agreeing speaks against what is asked about."""

    key: str
    dimension: str
    text: str
    is_reversed: bool = False


@dataclass(frozen=True, kw_only=True)
class Opening:
    """In which teaching weeks of a first (1) or second (2) term a scale is open, both ends included."""

    term: int
    first_week: int
    last_week: int


@dataclass(frozen=True, kw_only=True)
class Care:
    """What is said to whom a restricted scale shows to have a hard time: never a diagnosis, always an address."""

    title: str
    text: str
    contact: str
    urgent: str


@dataclass(frozen=True, kw_only=True)
class Scale:
    """One questionnaire.

    Attributes:
        key: as its address names it; `name`: as ``fact_self_test.scale`` does.
        version: changes with every change of an item or of the scoring.
        purpose: what it is good for; `frame`: how to answer, and who gets to see it.
        minutes: how long it takes.
        answers: words for 1 to 5.
        watch, alert: standard scores below which the level is 关注 or 预警.
        care: None but for a restricted scale.
    """

    key: str
    name: str
    version: str
    purpose: str
    frame: str
    minutes: int
    openings: tuple[Opening, ...]
    answers: tuple[str, ...]
    watch: float
    alert: float
    dimensions: tuple[Dimension, ...]
    items: tuple[Item, ...]
    care: Care | None = None

    @property
    def is_restricted(self) -> bool:
        """True where answers, score and level are for the student and the psychology centre alone."""
        return self.name in restricted_scales()

    def items_of(self, dimension: str) -> tuple[Item, ...]:
        """The items of a dimension, in the order of the questionnaire."""
        return tuple(item for item in self.items if item.dimension == dimension)

    def opening(self, term: TermInfo) -> tuple[dt.date, dt.date] | None:
        """First and last day on which it is open in a term; None where it is not open in it at all."""
        for opening in self.openings:
            if opening.term == number_of(term):
                first = term.start + dt.timedelta(weeks=opening.first_week - 1)
                last = term.start + dt.timedelta(weeks=opening.last_week, days=-1)
                return (first, min(last, term.end)) if first <= term.end else None
        return None

    def is_open(self, term: TermInfo | None, day: dt.date) -> bool:
        """True where it can be filled in on that day."""
        window = None if term is None else self.opening(term)
        return window is not None and window[0] <= day <= window[1]


class ScaleError(ValueError):
    """Declarations of scales contradict themselves; the message names scale and item, all problems at once."""


def number_of(term: TermInfo) -> int:
    """1 for the first term of an academic year, 2 for the second."""
    return int(term.key.rsplit("-", 1)[-1])


@cache
def restricted_scales() -> frozenset[str]:
    """Names of the scales whose results the contract calls a sensitive matter."""
    return frozenset(contracts()["fact_self_test"].column("scale").topics_by_value)


@cache
def shipped_scales() -> tuple[Scale, ...]:
    """The scales of the library, read once, in the order in which they are offered."""
    found = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(HERE.glob("*.yaml"))}
    scales = scales_of(list(found.values()))
    return tuple(sorted(scales, key=lambda scale: _ORDER.index(scale.key)))


def scales_of(blocks: Sequence[Mapping[str, Any]]) -> tuple[Scale, ...]:
    """The scales that blocks of YAML describe.

    Raises:
        ScaleError: something is missing, or contradicts something else.
    """
    scales = tuple(_scale(block) for block in blocks)
    problems = [f"{scale.key}: {problem}" for scale in scales for problem in _problems(scale)]
    problems += [f"the key {key!r} is used twice" for key, n in Counter(s.key for s in scales).items() if n > 1]
    problems += [f"the name {name!r} is used twice" for name, n in Counter(s.name for s in scales).items() if n > 1]
    if problems:
        raise ScaleError("; ".join(problems))
    return scales


def _scale(block: Mapping[str, Any]) -> Scale:
    try:
        return Scale(
            **{name: block[name] for name in ("key", "name", "version", "purpose", "frame", "minutes")},
            openings=tuple(
                Opening(term=each["term"], first_week=each["weeks"][0], last_week=each["weeks"][1])
                for each in block["open"]
            ),
            answers=tuple(block["answers"]),
            watch=float(block["levels"]["watch"]),
            alert=float(block["levels"]["alert"]),
            dimensions=tuple(Dimension(**{**each, "modules": tuple(each["modules"])}) for each in block["dimensions"]),
            items=tuple(
                Item(
                    key=each["key"],
                    dimension=each["dimension"],
                    text=each["text"],
                    is_reversed=each.get("reversed", False),
                )
                for each in block["items"]
            ),
            care=Care(**block["care"]) if "care" in block else None,
        )
    except (KeyError, TypeError) as error:
        raise ScaleError(f"{block.get('key')}: something is missing or unknown: {error}") from None


def _problems(scale: Scale) -> list[str]:
    found = []
    if scale.name not in contracts()["fact_self_test"].column("scale").enum:
        found.append(f"fact_self_test knows no scale {scale.name!r}")
    if len(scale.answers) != ANSWERS:
        found.append(f"it needs {ANSWERS} answers, and has {len(scale.answers)}")
    if not FEWEST_ITEMS <= len(scale.items) <= MOST_ITEMS:
        found.append(f"it needs {FEWEST_ITEMS} to {MOST_ITEMS} items, and has {len(scale.items)}")
    if not 0 < scale.alert < scale.watch < 100:
        found.append("its levels must lie as 0 < alert < watch < 100")
    if any(not 1 <= each.first_week <= each.last_week or each.term not in {1, 2} for each in scale.openings):
        found.append("it opens in weeks from 1, of term 1 or 2, the first not after the last")
    if scale.is_restricted != (scale.care is not None):
        found.append("a restricted scale says whom to turn to, and no other does")
    return found + _problems_of_items(scale)


def _problems_of_items(scale: Scale) -> list[str]:
    known = {dimension.key for dimension in scale.dimensions}
    modules = {module.key for module in shipped_modules().modules}
    found = [
        f"two dimensions are called {key!r}" for key, n in Counter(d.key for d in scale.dimensions).items() if n > 1
    ]
    found += [f"two items are called {key!r}" for key, n in Counter(i.key for i in scale.items).items() if n > 1]
    found += [f"two items say {text!r}" for text, n in Counter(i.text for i in scale.items).items() if n > 1]
    found += [f"{i.key}: there is no dimension {i.dimension!r}" for i in scale.items if i.dimension not in known]
    for dimension in scale.dimensions:
        items = scale.items_of(dimension.key)
        if len(items) < FEWEST_OF_A_DIMENSION:
            found.append(f"{dimension.key}: it needs {FEWEST_OF_A_DIMENSION} items, and has {len(items)}")
        # Whoever ticks the same answer everywhere must not score high or low in anything.
        if not any(item.is_reversed for item in items) or all(item.is_reversed for item in items):
            found.append(f"{dimension.key}: some of its items must be reversed, and not all")
        unknown = set(dimension.modules) - modules
        found += [f"{dimension.key}: there is no module {key!r}" for key in sorted(unknown)]
    return found
