"""One number and what lies around it: its course over time, whose it is, and the numbers one level down."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from data_access.access.privacy import PERSONS, Subject
from data_access.access.scope import Scope
from data_access.readers.catalogue import Catalogue, StoredPeriod
from data_access.readers.plans import StoredPlan
from data_access.readers.stored import ValueReader
from indicators.conversion import entity_info, indicator_info, period_info, value_frame, value_point
from indicators.results import IndicatorInfo, PeriodInfo, Reading, ValueFrame, ValuePoint
from indicators.settled import is_covered, is_running, settled, without_lines
from indicators.standing import LOOK_BACK_JUDGED

SHOWN: Final[Mapping[str, int]] = {"week": 30, "month": 13, "term": 8, "year": 8}
"""Periods of a history by kind: months back to the same one a year before; weeks are those of one term."""
ABOVE: Final[Mapping[str, tuple[str, ...]]] = {
    "school": (), "dept": ("school",), "major": ("school", "dept"), "class": ("school", "dept", "major"),
    "student": ("school", "dept", "major", "class"), "course": ("school", "dept"),
    "offering": ("school", "dept", "course"), "teacher": ("school", "dept"),
}  # fmt: skip
"""The way down the tree to an entity of each level (南京 三(六)2)."""
_BELOW: Final[Mapping[str, tuple[str, ...]]] = {
    "school": ("dept", "major", "course", "class", "offering"),
    "dept": ("major", "course", "class", "teacher", "offering"),
    "major": ("class", "course", "offering"),
    "class": ("student", "offering"),
    "course": ("offering",),
    "teacher": ("offering",),
}
"""Levels below, the next one first; persons are listed below the node that looks after them only."""
_FIRST_OF_LAYER: Final[Mapping[str, tuple[str, ...]]] = {"课程": ("course", "offering"), "教师": ("teacher",)}
"""Which way down comes first where a layer has one of its own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """An entity, and the nodes above it as (level, id, name) from the top; the id is 0 where it cannot be opened."""

    level: str
    entity_id: int
    name: str
    above: tuple[tuple[str, int, str], ...] = ()
    term_id: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Course:
    """A number in its course over time.

    Attributes:
        info: the indicator as entities of this level are judged by it.
        points: oldest first.
        focus: index of the point that was asked for.
        run_id: the run that computed it; None where there is no value.
        is_so_far: True for running values of a longer period, which are not judged.
        is_running: True where the period asked for is not over, so that its value is not compared with a whole one.
    """

    info: IndicatorInfo
    points: tuple[ValuePoint, ...]
    focus: int
    run_id: int | None
    is_so_far: bool = False
    is_running: bool = False

    @property
    def point(self) -> ValuePoint:
        """The number itself."""
        return self.points[self.focus]

    @property
    def before(self) -> float | None:
        """The value of the period before; None without any, and while the period asked for runs."""
        return self.points[self.focus - 1].value if self.focus and not self.is_running else None


class Numbers:
    """Reads numbers for their cards, within a scope."""

    def __init__(self, reader: ValueReader) -> None:
        self._reader = reader

    def place(self, level: str, entity_id: int, *, about: Subject, scope: Scope) -> Place | None:
        """The entity; None where there is none of which a figure about `about` is within the scope."""
        found = self._reader.entities(level, scope=scope, about=about, entity_ids=[entity_id])
        if not found:
            return None
        row = found[0]
        return Place(
            level=level,
            entity_id=entity_id,
            name=row["name"],
            above=tuple(self._above(node, row, about, scope) for node in ABOVE[level]),
            term_id=row["term_id"] if level == "offering" else None,
        )

    def _above(self, node: str, row: Mapping[str, Any], about: Subject, scope: Scope) -> tuple[str, int, str]:
        """A node above; one whose figure is out of scope keeps its name, where names go along with the row."""
        node_id = 1 if node == "school" else row[f"{node}_id"] or 0
        found = self._reader.named(node, scope=scope, about=about, entity_ids=[node_id]) if node_id else []
        if found:
            return node, node_id, found[0].name
        return node, 0, "全校" if node == "school" else row.get(f"{node}_name") or ""

    def course(
        self, code: str, level: str, entity_id: int, *, period: str = "", term_id: int | None = None, scope: Scope
    ) -> Course | None:
        """The number of a period, or of the last settled one, with the periods around it.

        None where there is no such period, or no value of the indicator by it at that level.

        Args:
            code: the indicator.
            level: level of the entity.
            entity_id: its key; that it is within the scope is up to `place`.
            period: key such as ``2026-2027-1-W11``; empty for the last settled one with a value.
            term_id: the term that the entity belongs to, where it belongs to one.
            scope: what may be read.
        """
        catalogue = self._reader.catalogue()
        plan, asked = _asked(catalogue, code, level, period)
        if plan is None:
            return None
        until = self._reader.versions().data_date
        shown = _around(catalogue.periods(plan.kind), plan.kind, asked, term_id, until)
        if not shown:
            return None
        if plan.about.topics and level not in PERSONS:
            shown = _until(shown, asked)[-LOOK_BACK_JUDGED:]
        rows = self._reader.values(
            plan, level, period_ids=[p.period_id for p in shown], scope=scope, entity_ids=[entity_id]
        )
        stored = {row.period_id: row for row in rows}
        terms = {item.period_id: item.key for item in catalogue.periods("term")}
        points = tuple(value_point(period_info(p, terms), stored.get(p.period_id)) for p in shown)
        info = _judged_at(level, catalogue.definitions[code], plan)
        focus = next((i for i, p in enumerate(shown) if asked is not None and p.key == asked.key), None)
        if focus is None:
            known = [i for i, point in enumerate(points) if point.value is not None or point.is_suppressed]
            points = points[: known[-1] + 1] if known else points
            if until is not None:
                points = settled(Reading(info=info, points=points), until).points
            focus = len(points) - 1
        row = stored.get(shown[focus].period_id)
        period_shown = points[focus].period
        return Course(
            info=_held_against(info, period_shown, until),
            points=points,
            focus=focus,
            run_id=None if row is None else row.run_id,
            is_so_far=plan.so_far,
            is_running=until is not None and is_running(period_shown, until),
        )

    def below(
        self, code: str, level: str, *, under: tuple[str, int], period: PeriodInfo, scope: Scope
    ) -> tuple[IndicatorInfo, ValueFrame] | None:
        """The values of the entities of `level` below a node for one period, as a frame of one column.

        Entities without any value are left out. None where there is no value by that period or at that level.
        """
        catalogue = self._reader.catalogue()
        plan, asked = _asked(catalogue, code, level, period.key)
        if plan is None or asked is None:
            return None
        node, node_id = under
        below = None if node == "school" else (node, [node_id])
        found = self._reader.columns(plan, level, period_ids=[asked.period_id], scope=scope, below=below)
        known = sorted(set(found.entity_id[(~_is_nan(found.value)) | found.suppressed].tolist()))
        of_term = asked.term_id if level == "offering" else None
        named = self._reader.named(level, scope=scope, about=plan.about, below=below, term_id=of_term)
        wanted = set(known)
        entities = [entity_info(entity) for entity in named if entity.entity_id in wanted]
        until = self._reader.versions().data_date
        info = _held_against(_judged_at(level, catalogue.definitions[code], plan), period, until)
        terms = {} if asked.term_id is None or period.term_key is None else {asked.term_id: period.term_key}
        return info, value_frame(found, entities, [asked], terms)


def _asked(catalogue: Catalogue, code: str, level: str, period: str) -> tuple[StoredPlan | None, StoredPeriod | None]:
    """Plan and period of a question; no plan where there can be no answer."""
    own, plans = catalogue.own(code), catalogue.plans.get(code, {})
    if own is None or level not in own.levels:
        return None, None
    if not period:
        return own, None
    asked = next((p for kind in plans for p in catalogue.periods(kind) if p.key == period), None)
    return (None, None) if asked is None else (plans[asked.kind], asked)


def levels_below(level: str, has: Sequence[str], *, layer: str, scope: Scope, about: Subject) -> tuple[str, ...]:
    """The levels to which a number can be followed down, the next one first.

    Args:
        level: of the entity whose number it is.
        has: levels at which the indicator has values.
        layer: layer of the indicator; courses and teachers have a way down of their own.
        scope: what may be read.
        about: what the figure tells of.
    """
    found = [below for below in _BELOW.get(level, ()) if below in has and scope.admits(below, about)]
    first = _FIRST_OF_LAYER.get(layer, ()) if level != "school" else ()
    return tuple(sorted(found, key=lambda below: (below not in first, found.index(below))))


def _is_nan(values: Any) -> Any:
    return values != values  # noqa: PLR0124 (only NaN differs from itself)


def _around(
    periods: Sequence[StoredPeriod], kind: str, asked: StoredPeriod | None, term_id: int | None, until: Any
) -> Sequence[StoredPeriod]:
    """The periods of a history: around the one asked for, else the last that have begun by `until`."""
    begun = [p for p in periods if until is None or p.start_date <= until]
    if kind == "week":
        wanted = asked.term_id if asked is not None else term_id
        if wanted is None and begun:
            wanted = begun[-1].term_id
        return [p for p in begun if p.term_id == wanted]
    last = begun[-SHOWN[kind] :]
    if asked is None or asked.key in {p.key for p in last}:
        return last
    return _until(periods, asked)[-SHOWN[kind] :]


def _until(periods: Sequence[StoredPeriod], asked: StoredPeriod | None) -> Sequence[StoredPeriod]:
    return periods if asked is None else [p for p in periods if p.start_date <= asked.start_date]


def _judged_at(level: str, definition: Mapping[str, Any], plan: StoredPlan) -> IndicatorInfo:
    """The indicator as a level is judged by it: rates everywhere, counts where their lines are set, so far never."""
    info = indicator_info(definition, plan.about)
    if not plan.so_far and (level == definition["entity"] or plan.denominator is not None):
        return info
    return without_lines(info)


def _held_against(info: IndicatorInfo, period: PeriodInfo, data_date: dt.date | None) -> IndicatorInfo:
    """The indicator as its value of the period is judged: not at all while a week or month runs."""
    return info if data_date is None or is_covered(info, period, data_date) else without_lines(info)
