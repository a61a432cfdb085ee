"""From single self-tests to groups of people, with nothing told that few people could be told apart by.

The groups form the tree of ADR 0011, and the rule is that of the stored values: `suppression.readable`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from data_access.readers.suppression import ROOT, Census, Counts, Group, readable
from data_access.self_test_results import GroupResult

LEVELS: Final = ("school", "dept", "major", "class")

GroupRow = tuple[str, int, str, int | None, int | None]
"""Level, id, name, and the keys of department and major."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """What one finished self-test came to."""

    score: float
    level: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Pupil:
    """Somebody on the roll; `is_known` where the reader may read their result anyway."""

    class_id: int | None
    is_known: bool
    answered: Answered | None


@dataclass
class _Tally:
    """People and scores of a group."""

    on_roll: int = 0
    done: int = 0
    total: float = 0.0

    def __post_init__(self) -> None:
        self.levels: Counter[str] = Counter()

    def add(self, pupil: Pupil) -> None:
        self.on_roll += 1
        if pupil.answered is not None:
            self.done += 1
            self.total += pupil.answered.score
            self.levels[pupil.answered.level] += 1


def group_results(
    groups: Sequence[GroupRow],
    pupils: Iterable[Pupil],
    *,
    shown: Collection[Group],
    told: Collection[Group],
    is_sensitive: bool,
) -> tuple[GroupResult, ...]:
    """The groups of `shown` with what may be told of them, in the order of the tree.

    Args:
        groups: all groups of the college.
        pupils: everybody on the roll of the college, whoever asks: the same groups are published to all.
        shown: groups whose completion the reader may ask for.
        told: groups whose scores they may ask for.
        is_sensitive: True where that somebody has not filled it in must not be told of few people either.
    """
    parents = _parents(groups)
    tallies = {(level, key): _Tally() for level, key, *_ in groups}
    own, known = _count(pupils, parents, tallies)
    # How large a class is, everybody knows; who of it has been screened is for those who are entitled to the results.
    open_rolls = readable(_census(parents, own, {}, (0,)))
    open_counts = readable(_census(parents, own, {}, (0, 1, 2))) if is_sensitive and not told else open_rolls
    open_scores = readable(_census(parents, own, known, (1,)))
    found = []
    for level, key, name, dept_id, major_id in sorted(groups, key=_place):
        group = (level, key)
        if group not in shown or not tallies[group].on_roll:
            continue
        tally = tallies[group]
        is_told = group in told
        has_scores = is_told and group in open_scores and tally.done > 0
        found.append(
            GroupResult(
                level=level,
                entity_id=key,
                name=name,
                dept_id=dept_id or 0,
                major_id=major_id or 0,
                on_roll=tally.on_roll if group in open_rolls else None,
                done=tally.done if group in open_counts else None,
                mean=tally.total / tally.done if has_scores else None,
                levels=dict(tally.levels) if has_scores else None,
                is_told=is_told,
            )
        )
    return tuple(found)


def _parents(groups: Sequence[GroupRow]) -> dict[Group, Group]:
    there = {(level, key) for level, key, *_ in groups}
    found: dict[Group, Group] = {}
    for level, key, _, dept_id, major_id in groups:
        above = {"major": [("dept", dept_id)], "class": [("major", major_id), ("dept", dept_id)]}.get(level, [])
        if (level, key) != ROOT:
            found[level, key] = next(
                ((kind, number) for kind, number in above if number is not None and (kind, number) in there), ROOT
            )
    return found


def _count(
    pupils: Iterable[Pupil], parents: Mapping[Group, Group], tallies: Mapping[Group, _Tally]
) -> tuple[dict[Group, Counts], dict[Group, Counts]]:
    """People on the roll, with and without a result, by class; all of them, and those the reader knows."""
    own: dict[Group, Counts] = {}
    known: dict[Group, Counts] = {}
    for pupil in pupils:
        group: Group = ("class", pupil.class_id or 0)
        group = group if group in parents else ROOT
        is_done = pupil.answered is not None
        one = (1.0, float(is_done), float(not is_done))
        own[group] = _plus(own.get(group), one)
        if pupil.is_known:
            known[group] = _plus(known.get(group), one)
        while True:
            if group in tallies:
                tallies[group].add(pupil)
            if group not in parents:
                break
            group = parents[group]
    return own, known


def _plus(counts: Counts | None, one: Counts) -> Counts:
    return one if counts is None else tuple(a + b for a, b in zip(counts, one, strict=True))


def _census(
    parents: Mapping[Group, Group], own: Mapping[Group, Counts], known: Mapping[Group, Counts], sets: Sequence[int]
) -> Census:
    def only(counts: Mapping[Group, Counts]) -> dict[Group, Counts]:
        return {group: tuple(numbers[index] for index in sets) for group, numbers in counts.items()}

    return Census(sets=len(sets), parents=parents, own=only(own), known=only(known))


def _place(row: GroupRow) -> tuple[int, ...]:
    """Sorts the school first, and every other group below the one it belongs to, by keys."""
    level, key, _, dept_id, major_id = row
    above = {"school": (), "dept": (1,), "major": (1, dept_id), "class": (1, dept_id, major_id)}[level]
    return (*(part or 0 for part in above), key if above else 0)
