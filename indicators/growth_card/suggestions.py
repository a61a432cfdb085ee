"""What to do next to gain points: for every point an action, and how many points it can still bring this term."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from indicators.growth_card.points import Card, Point, PointsError, Rule, Schedule, shipped_card
from indicators.growth_card.rules import HUNDREDTHS, possible
from indicators.growth_card.slots import Slot
from indicators.growth_card.statements import NOTHING, Sums
from indicators.growth_card.term_slots import TermSlots

ADVICE_FILE: Final = Path(__file__).with_name("suggestions.yaml")


@dataclass(frozen=True, kw_only=True, slots=True)
class Advice:
    """What can be done about a point, and by whom, such as 学生."""

    owner: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Suggestion:
    """One way to gain points in the rest of a term.

    Attributes:
        point: its code.
        points_left: what the slots to come can bring at most, in hundredths.
        weight: `points_left` times what of the point was missed so far: what is worth doing first.
    """

    point: str
    point_name: str
    account: str
    owner: str
    text: str
    points_left: int
    weight: float


@cache
def shipped_advice() -> Mapping[str, Advice]:
    """The advice of the library by code of the point, read once."""
    return advice_of(yaml.safe_load(ADVICE_FILE.read_text(encoding="utf-8")), shipped_card())


def advice_of(block: Mapping[str, Any], card: Card) -> Mapping[str, Advice]:
    """The advice that a block of ``suggestions.yaml`` gives.

    Raises:
        PointsError: a point has none, an unknown one has some, or a neutral one has: nobody is told to ask for help,
            or not to.
    """
    wanted = {point.code for point in card.points if not point.is_neutral}
    if wanted != set(block):
        raise PointsError(f"{ADVICE_FILE.name}: {', '.join(sorted(wanted ^ set(block)))}: lacking, unknown or neutral")
    return {code: Advice(owner=item["owner"], text=item["text"]) for code, item in block.items()}


def suggestions(
    points: Sequence[Point],
    term: TermSlots,
    *,
    grade: int | None,
    on: dt.date,
    posted: Mapping[str, Collection[str]],
    sums: Mapping[str, Sums],
    obtained: Collection[str],
    advice: Mapping[str, Advice],
) -> list[Suggestion]:
    """What can still be gained in a term, what is worth most first.

    Args:
        points: those that may be read.
        term: the term.
        grade: year of study in it.
        on: the day from which on something can be done.
        posted: slots that count already, by point.
        sums: of the term, by point.
        obtained: points that are given once and for all and have been.
        advice: by point.
    """
    found = []
    for point in points:
        if point.is_neutral or point.code in obtained or not term.is_due(point, grade):
            continue
        so_far = sums.get(point.code, NOTHING)
        left = points_left(
            point, tuple(term.of(point.code).values()), on=on, posted=posted.get(point.code, ()), so_far=so_far
        )
        if left <= 0:
            continue
        missed = 1 - min(max(so_far.net / so_far.possible, 0), 1) if so_far.possible else _UNKNOWN
        found.append(
            Suggestion(
                point=point.code,
                point_name=point.name,
                account=point.account,
                owner=advice[point.code].owner,
                text=advice[point.code].text,
                points_left=left,
                weight=left * missed,
            )
        )
    return sorted(found, key=lambda item: -item.weight)


_UNKNOWN: Final = 0.5
"""How much of a point is missed by somebody of whom nothing is known yet."""


def points_left(point: Point, slots: Sequence[Slot], *, on: dt.date, posted: Collection[str], so_far: Sums) -> int:
    """What the slots to come can bring at most, in hundredths; nothing of what is deposited at the start of a term."""
    most = possible(point, [slot.share for slot in slots])
    to_come = [
        (slot, int(worth))
        for slot, worth in zip(slots, most, strict=True)
        if slot.booked_on > on and slot.key not in posted and slot.kind is not None
    ]
    if point.rule is Rule.COUNT_UP and point.schedule is Schedule.MONTHLY:
        room = round(point.max_deposit * HUNDREDTHS) - so_far.net
        return min(room, len(to_come) * round(point.params["period_cap"] * HUNDREDTHS))
    return sum(worth for _, worth in to_come)
