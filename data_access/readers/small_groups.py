"""The censuses behind sensitive figures, read from the stored values, and which of these a scope may read.

People are counted over the whole college, whoever asks and for whichever part of it, so that the same
groups are published to all who have no right to details.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from operator import add
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, or_, select

from data_access.access.privacy import Privacy
from data_access.access.rules import GROUPS
from data_access.access.scope import Scope
from data_access.database.models import Entity, Measure
from data_access.readers.catalogue import Catalogue
from data_access.readers.expressions import to_sql
from data_access.readers.plans import LEVEL_NUMBERS, StoredPlan
from data_access.readers.suppression import ROOT, Census, Counts, Group, readable

_People = Mapping[int, Mapping[Group, Counts]]
"""By period and group."""
_TREE: Final = ("school", "dept", "major", "class")
"""Levels of the tree of groups. What is sensitive about other groups is for those who may read the details."""


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """Which groups of one level a scope may read a sensitive figure of.

    Attributes:
        readable: ids by period.
        withheld: the other groups within the scope as (entity, period, run), whether they have a value or not:
            that there is one is not told either.
    """

    readable: Mapping[int, frozenset[int]]
    withheld: tuple[tuple[int, int, int], ...]

    def admits(self, entity_id: int, period_id: int) -> bool:
        """True where the figure of a group for a period may be read."""
        return entity_id in self.readable.get(period_id, frozenset())


def is_judged(plan: StoredPlan, level: str, scope: Scope) -> bool:
    """True where some group in reach may be read only if nobody can be told apart."""
    is_sensitive = plan.about.privacy is Privacy.SENSITIVE
    return is_sensitive and level in GROUPS and not scope.is_in_detail(level, plan.about)


def judge(
    connection: Connection,
    catalogue: Catalogue,
    plan: StoredPlan,
    level: str,
    *,
    period_ids: Sequence[int],
    scope: Scope,
    wanted: Select[int],
) -> Judgement:
    """Which groups of a level may be read, and which of the `wanted` ones may not.

    Args:
        connection: one snapshot for this and the reading of the values.
        catalogue: of the run whose values the snapshot holds.
        plan: of a sensitive indicator.
        level: a level of groups.
        period_ids: the periods asked for; those without stored values are left out.
        scope: of whoever asks.
        wanted: ids of the groups asked for, within the scope.
    """
    root = (Measure.family_id == plan.family_id, Measure.level == LEVEL_NUMBERS["school"])
    stored = select(Measure.period_id, Measure.run_id).where(*root, Measure.period_id.in_(period_ids))
    runs = {row.period_id: row.run_id for row in connection.execute(stored)}
    if level not in _judged_levels(plan) or plan.is_cumulative:
        detailed = select(Entity.entity_id).where(scope.rows_in_detail(level, plan.about))
        always = frozenset(connection.execute(detailed).scalars())
        shown = dict.fromkeys(runs, always)
    else:
        groups = _readable(connection, catalogue, plan, period_ids=list(runs), scope=scope)
        shown = {
            period_id: frozenset(entity_id for kind, entity_id in readable if kind == level)
            for period_id, readable in groups.items()
        }
    asked = connection.execute(wanted).scalars().all() if runs else []
    withheld = tuple(
        (entity_id, period_id, run_id)
        for period_id, run_id in runs.items()
        for entity_id in asked
        if entity_id not in shown[period_id]
    )
    return Judgement(readable=shown, withheld=withheld)


def _readable(
    connection: Connection, catalogue: Catalogue, plan: StoredPlan, *, period_ids: Sequence[int], scope: Scope
) -> Mapping[int, frozenset[Group]]:
    """The groups that a scope may read a figure of, by period.

    All who know nothing in detail are answered alike: what has been found for one of them holds for the others
    until the next run.
    """
    if _knows_details(plan, scope):
        censuses = _censuses(connection, catalogue, plan, period_ids=period_ids, scope=scope)
        return {period_id: readable(census) for period_id, census in censuses.items()}
    verdicts = catalogue.verdicts
    found = {period_id: verdicts.get((plan.code, plan.kind, period_id)) for period_id in period_ids}
    missing = [period_id for period_id, verdict in found.items() if verdict is None]
    if missing:
        for period_id, census in _censuses(connection, catalogue, plan, period_ids=missing, scope=_NOBODY).items():
            found[period_id] = verdict = readable(census)
            if catalogue.run is not None:
                verdicts.put((plan.code, plan.kind, period_id), verdict)
    return {period_id: verdict for period_id, verdict in found.items() if verdict is not None}


_NOBODY: Final = Scope(reason="somebody who knows nothing in detail")


def _knows_details(plan: StoredPlan, scope: Scope) -> bool:
    """True where the scope reads details of some group or person that the figure tells of."""
    return any(
        grant.admits(level, plan.about) and grant.admits_detail(plan.about)
        for level in (*_judged_levels(plan), "student")
        for grant in scope.grants
    )


def _censuses(
    connection: Connection, catalogue: Catalogue, plan: StoredPlan, *, period_ids: Sequence[int], scope: Scope
) -> Mapping[int, Census]:
    parents, detailed = _tree(connection, plan, scope)
    # One figure may be subtracted from another over the same rows.
    siblings = [other for other in catalogue.sensitive(plan.family_id) if other.code != plan.code]
    known: _People = defaultdict(dict)
    if "student" in plan.levels:
        sets = _sets(plan, siblings)
        own, known = _people(connection, plan, sets, parents, period_ids=period_ids, scope=scope)
    else:
        sets = _amounts(plan, siblings)
        own = _cases(connection, plan, sets, parents, period_ids=period_ids)
    return {
        period_id: Census(
            sets=len(sets), parents=parents, own=own[period_id], known=known[period_id], detailed=detailed
        )
        for period_id in period_ids
    }


def _judged_levels(plan: StoredPlan) -> tuple[str, ...]:
    """Levels at which figures may be published.

    Without values of students these are school and departments: the cases of a group below need not be among
    those of the group above it, such as incidents that belong to a department by themselves and to a major
    by the teacher, so that no subtraction could be judged.
    """
    return _TREE if "student" in plan.levels else _TREE[:2]


def _tree(connection: Connection, plan: StoredPlan, scope: Scope) -> tuple[dict[Group, Group], frozenset[Group]]:
    """The group above each group, and the groups that the scope reads in detail."""
    levels = _judged_levels(plan)
    in_detail = or_(*(scope.rows_in_detail(level, plan.about) for level in levels))
    columns = (Entity.level, Entity.entity_id, Entity.dept_id, Entity.major_id, case((in_detail, 1), else_=0))
    rows = [tuple(row) for row in connection.execute(select(*columns).where(Entity.level.in_(levels))).all()]
    groups = {(level, key) for level, key, *_ in rows}
    parents: dict[Group, Group] = {}
    for level, key, dept_id, major_id, _ in rows:
        above = {"major": [("dept", dept_id)], "class": [("major", major_id), ("dept", dept_id)]}.get(level, [])
        if level != ROOT[0]:
            parents[level, key] = next((group for group in above if group in groups), ROOT)
    return parents, frozenset((level, key) for level, key, _, _, is_detailed in rows if is_detailed)


def _number(part: Any) -> ColumnElement[Any]:
    return func.coalesce(to_sql(part), 0.0)


def _pairs(plan: StoredPlan, siblings: Sequence[StoredPlan]) -> list[tuple[Any, Any]]:
    """Parts that differ, of which the first or both are the plan's own."""
    others = [part for sibling in siblings for part in sibling.parts if part not in plan.parts]
    distinct = [part for position, part in enumerate(others) if part not in others[:position]]
    return [*combinations(plan.parts, 2), *((own, other) for own in plan.parts for other in distinct)]


def _sets(plan: StoredPlan, siblings: Sequence[StoredPlan]) -> list[ColumnElement[bool]]:
    """The sets of students that a figure tells of: who has a part of it, and who has more of one than of another.

    A value that is no fraction tells who has a value, and who has one other than 0.
    """
    if plan.numerator is None:
        return [to_sql(plan.value).is_not(None), _number(plan.value) != 0]
    return [
        *(_number(part) != 0 for part in plan.parts),
        *(_number(first) != _number(second) for first, second in _pairs(plan, siblings)),
    ]


def _amounts(plan: StoredPlan, siblings: Sequence[StoredPlan]) -> list[ColumnElement[Any]]:
    """What stands for these sets where nobody is counted one by one: the parts themselves and their differences."""
    if plan.numerator is None:
        return [func.abs(_number(plan.value))]
    return [
        *(func.abs(_number(part)) for part in plan.parts),
        *(func.abs(_number(first) - _number(second)) for first, second in _pairs(plan, siblings)),
    ]


def _people(
    connection: Connection,
    plan: StoredPlan,
    sets: Sequence[ColumnElement[bool]],
    parents: Mapping[Group, Group],
    *,
    period_ids: Sequence[int],
    scope: Scope,
) -> tuple[_People, _People]:
    """Students in each set by the class they belong to, the school for those without one; and those known in detail."""
    columns = [func.sum(case((one, 1), else_=0)) for one in sets]
    if _knows_details(plan, scope):
        in_detail = scope.rows_in_detail("student", plan.about)
        columns += [func.sum(case((and_(one, in_detail), 1), else_=0)) for one in sets]
    query = (
        select(Measure.period_id, Entity.class_id, *columns)
        .outerjoin(Entity, and_(Entity.level == "student", Entity.entity_id == Measure.entity_id))
        .where(
            Measure.family_id == plan.family_id,
            Measure.level == LEVEL_NUMBERS["student"],
            Measure.period_id.in_(period_ids),
            or_(*sets),
        )
        .group_by(Measure.period_id, Entity.class_id)
    )
    own, known = _Tally(), _Tally()
    for period_id, class_id, *numbers in connection.execute(query).all():
        group = ("class", class_id) if ("class", class_id) in parents else ROOT
        own.add(period_id, group, numbers[: len(sets)])
        if any(numbers[len(sets) :]):
            known.add(period_id, group, numbers[len(sets) :])
    return own.counts, known.counts


def _cases(
    connection: Connection,
    plan: StoredPlan,
    amounts: Sequence[ColumnElement[Any]],
    parents: Mapping[Group, Group],
    *,
    period_ids: Sequence[int],
) -> _People:
    """Cases of each department, and of the school those that belong to none."""
    query = select(Measure.period_id, Measure.level, Measure.entity_id, *amounts).where(
        Measure.family_id == plan.family_id,
        Measure.level.in_([LEVEL_NUMBERS[level] for level in _TREE[:2]]),
        Measure.period_id.in_(period_ids),
    )
    own = _Tally()
    for period_id, level, entity_id, *numbers in connection.execute(query).all():
        group = ROOT if level == LEVEL_NUMBERS[ROOT[0]] else ("dept", entity_id)
        own.add(period_id, group, numbers)
        if group in parents:
            own.add(period_id, ROOT, [-number for number in numbers])
    return own.counts


class _Tally:
    """Adds up counts by period and group."""

    def __init__(self) -> None:
        self.counts: defaultdict[int, dict[Group, Counts]] = defaultdict(dict)

    def add(self, period_id: int, group: Group, numbers: Sequence[float]) -> None:
        """Adds to what is counted already."""
        counts = self.counts[period_id]
        added = map(float, numbers)
        counts[group] = tuple(map(add, counts[group], added)) if group in counts else tuple(added)
