"""How entities stand: one of them by many indicators, or many of them side by side."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from data_access.access.privacy import PERSONS, PLAIN
from data_access.access.scope import Scope
from data_access.readers.batches import BatchReader
from data_access.readers.catalogue import Catalogue, StoredPeriod
from data_access.readers.narrowing import Below
from data_access.readers.plans import StoredPlan
from indicators.conversion import entity_info, framed, indicator_info, period_info, value_points
from indicators.results import Board, IndicatorInfo, PeriodInfo, Reading, Standing

LOOK_BACK_JUDGED: Final = 2
"""The same for sensitive figures of groups: every period of theirs is judged person by person."""
LOOK_BACK: Final[Mapping[str, int]] = {"week": 30, "month": 12, "term": 6, "year": 5}
"""How many periods a reading goes back; weeks are those of one term, of which none has more."""


def readings(
    reader: BatchReader, codes: Sequence[str], level: str, entity_id: int, *, until: dt.date | None, scope: Scope
) -> list[Reading]:
    """The indicators of one entity, in the order of `codes`.

    Left out are codes that nobody has computed or that have no values at this level, and those whose figure
    of this entity is not within the scope: a reading without value means that there is no data.

    Args:
        reader: the stored values.
        codes: which indicators.
        level: level of the entity.
        entity_id: its key.
        until: only periods that begin by that day; None for all that have begun.
        scope: what may be read.
    """
    with reader.moment() as moment:
        catalogue = moment.values.catalogue()
        plans = _plans_at(catalogue, codes, level)
        abouts = {plan.about for plan in plans.values()}
        within = moment.existing(level, entity_id, abouts, scope=scope)
        plans = {code: plan for code, plan in plans.items() if within[plan.about]}
        shown: dict[str, Sequence[StoredPeriod]] = {}
        for code, plan in plans.items():
            is_judged = plan.about.topics and level not in PERSONS
            found = _reading_periods(catalogue.periods(plan.kind), plan.kind, until)
            shown[code] = found[-LOOK_BACK_JUDGED:] if is_judged else found
        stored = moment.columns(
            list(plans.values()), level, period_ids=_ids(shown), scope=scope, entity_ids=[entity_id]
        )
    infos = _infos(catalogue, shown.values())
    read = []
    for code in codes:
        if not shown.get(code):
            continue
        points = value_points(stored[code], _described(shown[code], infos))
        last = max(
            (i for i, point in enumerate(points) if point.value is not None or point.is_suppressed),
            default=len(points) - 1,
        )
        read.append(
            Reading(
                info=_info_at(level, catalogue.definitions[code], plans[code]),
                points=tuple(points[: last + 1]),
                level=level,
                entity_id=entity_id,
            )
        )
    return read


def board(
    reader: BatchReader,
    codes: Sequence[str],
    level: str,
    *,
    term: StoredPeriod,
    below: Below | None = None,
    entity_ids: Collection[int] | None = None,
    scope: Scope,
) -> Board:
    """Entities of a level side by side by several indicators, over the periods of a term.

    Codes without values at this level are left out. Whose name may be seen is on the board; a value that the
    scope does not admit is not, like one that does not exist.

    Args:
        reader: the stored values.
        codes: which indicators.
        level: which entities; of offerings, those of the term.
        term: the term; of longer periods, those that overlap it.
        below: only entities below these nodes.
        entity_ids: only these entities.
        scope: what may be read.
    """
    of_term = term.period_id if level == "offering" else None
    return _board(
        reader,
        codes,
        level,
        lambda periods: _within(periods, term),
        term_id=of_term,
        below=below,
        entity_ids=entity_ids,
        scope=scope,
    )


def history(
    reader: BatchReader,
    codes: Sequence[str],
    level: str,
    *,
    until: dt.date | None,
    last: int,
    below: Below | None = None,
    entity_ids: Collection[int] | None = None,
    scope: Scope,
) -> Board:
    """Entities of a level side by side by several indicators, each over the last periods of its own kind.

    As `board` in everything else; offerings are those of all terms.

    Args:
        reader: the stored values.
        codes: which indicators.
        level: which entities.
        until: the last period of each indicator is the last that has begun by that day; None for all that have.
        last: how many periods; fewer where fewer have begun.
        below: only entities below these nodes.
        entity_ids: only these entities.
        scope: what may be read.
    """
    return _board(
        reader,
        codes,
        level,
        lambda periods: _begun(periods, until)[-last:] if last > 0 else [],
        term_id=None,
        below=below,
        entity_ids=entity_ids,
        scope=scope,
    )


def _board(
    reader: BatchReader,
    codes: Sequence[str],
    level: str,
    choose: Callable[[Sequence[StoredPeriod]], Sequence[StoredPeriod]],
    *,
    term_id: int | None,
    below: Below | None,
    entity_ids: Collection[int] | None,
    scope: Scope,
) -> Board:
    """A board over those periods of every kind that `choose` takes."""
    with reader.moment() as moment:
        catalogue = moment.values.catalogue()
        named = moment.values.named(
            level, scope=scope, about=PLAIN, term_id=term_id, below=below, entity_ids=entity_ids
        )
        plans = _plans_at(catalogue, codes, level)
        chosen = {kind: choose(catalogue.periods(kind)) for kind in {plan.kind for plan in plans.values()}}
        shown = {code: chosen[plan.kind] for code, plan in plans.items()}
        stored = moment.columns(
            list(plans.values()), level, period_ids=_ids(shown), scope=scope, below=below, entity_ids=entity_ids
        )
    entities = tuple(map(entity_info, named))
    infos = _infos(catalogue, chosen.values())
    standings = {
        code: Standing(
            info=_info_at(level, catalogue.definitions[code], plan),
            frame=framed(stored[code], entities, _described(shown[code], infos)),
        )
        for code, plan in plans.items()
    }
    return Board(entities=entities, standings=standings)


_Infos = Mapping[tuple[str, int], PeriodInfo]
"""By kind and id."""


def _plans_at(catalogue: Catalogue, codes: Sequence[str], level: str) -> dict[str, StoredPlan]:
    """Plans by the indicators' own kinds of period, in the order of `codes`, of those with values at a level."""
    own = ((code, catalogue.own(code)) for code in codes)
    return {code: plan for code, plan in own if plan is not None and level in plan.levels}


def _ids(periods: Mapping[str, Sequence[StoredPeriod]]) -> dict[str, list[int]]:
    return {code: [period.period_id for period in shown] for code, shown in periods.items()}


def _infos(catalogue: Catalogue, shown: Iterable[Sequence[StoredPeriod]]) -> _Infos:
    """Every period as pages are told of it, once for all indicators that show it."""
    terms = {period.period_id: period.key for period in catalogue.periods("term")}
    every = {(period.kind, period.period_id): period for periods in shown for period in periods}
    return {key: period_info(period, terms) for key, period in every.items()}


def _described(periods: Sequence[StoredPeriod], infos: _Infos) -> dict[int, PeriodInfo]:
    return {period.period_id: infos[period.kind, period.period_id] for period in periods}


def _info_at(level: str, definition: Mapping[str, Any], plan: StoredPlan) -> IndicatorInfo:
    """The indicator as entities of a level are judged by it.

    Lines are set for the level that the indicator belongs to. A rate may be held against them anywhere; a
    count or a sum may not: what is much for a student is nothing for a school.
    """
    info = indicator_info(definition, plan.about)
    if level == definition["entity"] or plan.denominator is not None:
        return info
    return replace(info, target=None, warning=None, alert=None)


def _begun(periods: Sequence[StoredPeriod], until: dt.date | None) -> Sequence[StoredPeriod]:
    return [period for period in periods if until is None or period.start_date <= until]


def _reading_periods(periods: Sequence[StoredPeriod], kind: str, until: dt.date | None) -> Sequence[StoredPeriod]:
    """The periods that a reading covers, oldest first; weeks of the term of the last one only."""
    begun = _begun(periods, until)
    if kind == "week" and begun:
        begun = [period for period in begun if period.term_id == begun[-1].term_id]
    return begun[-LOOK_BACK[kind] :]


def _within(periods: Sequence[StoredPeriod], term: StoredPeriod) -> Sequence[StoredPeriod]:
    """The periods that overlap the term; a week at its border may belong to another term and does not count."""
    return [
        p
        for p in periods
        if p.start_date <= term.end_date and p.end_date >= term.start_date and p.term_id in {None, term.period_id}
    ]
