"""Which groups' sensitive figures may be published so that no few people can be told apart, also by subtraction.

Groups form a tree: the school, its departments, their majors, their classes. A figure is published from the
root downwards, the children of a node all together or not at all. So everything that can be worked out
from published figures by adding and subtracting them is a figure of a union of *leaves*: of published groups
below which nothing is published. Each of these is empty or has at least `SMALLEST_GROUP` people, and so has
every union of them (ADR 0011 has the proof).
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Final

from data_access.access.privacy import SMALLEST_GROUP
from data_access.access.roles import SCHOOL_ID

Group = tuple[str, int]
"""Level and id."""
ROOT: Final[Group] = ("school", SCHOOL_ID)

Counts = tuple[float, ...]
"""How many people of a group are in each of the sets that a figure tells of, such as: numerator, denominator, both."""

_KEPT_FIGURES: Final = 200
"""Each up to 100 kB, in a large college; a home shows 20."""


@dataclass(frozen=True, kw_only=True)
class Census:
    """The people of one figure in one period, by the group they belong to directly.

    Attributes:
        sets: how many sets are counted.
        parents: the group above each group; every chain ends at `ROOT`, which has no entry.
        own: people who belong to a group and to none of its children; absent means nobody.
        known: those of them whom the viewer knows one by one anyway.
        detailed: groups that the viewer reads whatever their size.
    """

    sets: int
    parents: Mapping[Group, Group]
    own: Mapping[Group, Counts]
    known: Mapping[Group, Counts] = field(default_factory=dict)
    detailed: Collection[Group] = frozenset()


class Verdicts:
    """Which groups of which figures may be read by all who know nothing in detail; keeps a bounded number.

    Safe to share between threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[Hashable, frozenset[Group]] = {}

    def get(self, figure: Hashable) -> frozenset[Group] | None:
        """What was found for a figure; None where that is not known any more."""
        with self._lock:
            return self._kept.get(figure)

    def put(self, figure: Hashable, groups: frozenset[Group]) -> None:
        """Keep what was found, in place of the oldest."""
        with self._lock:
            self._kept[figure] = groups
            if len(self._kept) > _KEPT_FIGURES:
                del self._kept[next(iter(self._kept))]


def readable(census: Census) -> frozenset[Group]:
    """The groups whose figure the viewer may read: those read in detail, and the published ones.

    The root is published if it is large enough. The children of a readable group are published if each of
    them is large enough, and so are the people of the group who belong to no child. *Large enough* means:
    of each set, nobody or at least `SMALLEST_GROUP`; and the same of those whom the viewer does not know
    in detail, for they are what is left when the viewer subtracts what they know. Nothing else about the
    viewer matters: all who know nothing in detail are answered alike.
    """
    children: dict[Group, list[Group]] = defaultdict(list)
    for child, parent in census.parents.items():
        children[parent].append(child)
    nobody: Counts = (0.0,) * census.sets
    totals: dict[Group, Counts] = {}
    strangers: dict[Group, Counts] = {}

    def count(group: Group) -> None:
        below = children.get(group, ())
        for child in below:
            count(child)
        own = census.own.get(group, nobody)
        unknown = own if group not in census.known else _minus(own, census.known[group])
        totals[group] = _plus(own, *(totals[child] for child in below)) if below else own
        if group in detailed:
            strangers[group] = nobody
        else:
            strangers[group] = _plus(unknown, *(strangers[child] for child in below)) if below else unknown

    def is_large(group: Group) -> bool:
        return _is_large(totals[group]) and _is_large(strangers[group])

    def publishes_children(group: Group) -> bool:
        own = census.own.get(group, nobody)
        return (
            _is_large(own)
            and _is_large(_minus(own, census.known.get(group, nobody)))
            and all(map(is_large, children[group]))
        )

    detailed = frozenset(census.detailed)
    count(ROOT)
    found = set(detailed)
    if is_large(ROOT):
        found.add(ROOT)
    waiting = list(found)
    while waiting:
        group = waiting.pop()
        below = children.get(group, [])
        if below and publishes_children(group):
            waiting += [child for child in below if child not in found]
            found.update(below)
    return frozenset(found)


def _is_large(counts: Counts) -> bool:
    return all(count == 0 or count >= SMALLEST_GROUP for count in counts)


def _plus(first: Counts, *others: Counts) -> Counts:
    return tuple(map(sum, zip(first, *others, strict=True)))


def _minus(first: Counts, second: Counts) -> Counts:
    return tuple(a - b for a, b in zip(first, second, strict=True))
