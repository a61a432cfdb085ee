"""How entities stand: one of them by many indicators, or many of them side by side."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from data_access.access.privacy import PERSONS, PLAIN, Subject
from data_access.access.scope import Scope
from data_access.readers.stored import Below, StoredPeriod, ValueReader
from indicators.conversion import entity_info, indicator_info, period_info, value_frame, value_point
from indicators.results import Board, IndicatorInfo, Reading, Standing

LOOK_BACK_JUDGED: Final = 2
"""The same for sensitive figures of groups: every period of theirs is judged person by person."""
LOOK_BACK: Final[Mapping[str, int]] = {"week": 30, "month": 12, "term": 6, "year": 5}
"""How many periods a reading goes back; weeks are those of one term, of which none has more."""


def readings(
    reader: ValueReader, codes: Sequence[str], level: str, entity_id: int, *, until: dt.date | None, scope: Scope
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
    plans = {code: both for code, both in reader.own_plans(codes).items() if level in both[1].levels}
    within: dict[Subject, bool] = {}
    for _, plan in plans.values():
        if plan.about not in within:
            within[plan.about] = reader.exists(level, entity_id, scope=scope, about=plan.about)
    calendar = reader.calendar({"term"} | {plan.kind for _, plan in plans.values()})
    terms = {period.period_id: period.key for period in calendar["term"]}
    periods = {kind: _last(found, kind, until) for kind, found in calendar.items()}
    found = []
    for code in codes:
        if code not in plans or not within[plans[code][1].about]:
            continue
        definition, plan = plans[code]
        shown = periods[plan.kind]
        if plan.about.topics and level not in PERSONS:
            shown = shown[-LOOK_BACK_JUDGED:]
        rows = reader.values(plan, level, period_ids=[p.period_id for p in shown], scope=scope, entity_ids=[entity_id])
        stored = {row.period_id: row for row in rows}
        points = [value_point(period_info(p, terms), stored.get(p.period_id)) for p in shown]
        last = max(
            (i for i, point in enumerate(points) if point.value is not None or point.is_suppressed),
            default=len(points) - 1,
        )
        if points:
            found.append(
                Reading(
                    info=_info_at(level, definition, plan.about, is_ratio=plan.denominator is not None),
                    points=tuple(points[: last + 1]),
                    level=level,
                    entity_id=entity_id,
                )
            )
    return found


def _info_at(level: str, definition: Mapping[str, Any], about: Subject, *, is_ratio: bool) -> IndicatorInfo:
    """The indicator as entities of a level are judged by it.

    Lines are set for the level that the indicator belongs to. A rate may be held against them anywhere; a
    count or a sum may not: what is much for a student is nothing for a school.
    """
    info = indicator_info(definition, about)
    if level == definition["entity"] or is_ratio:
        return info
    return replace(info, target=None, warning=None, alert=None)


def _last(periods: Sequence[StoredPeriod], kind: str, until: dt.date | None) -> Sequence[StoredPeriod]:
    """The periods that a reading covers, oldest first; weeks of the term of the last one only."""
    begun = [period for period in periods if until is None or period.start_date <= until]
    if kind == "week" and begun:
        begun = [period for period in begun if period.term_id == begun[-1].term_id]
    return begun[-LOOK_BACK[kind] :]


def board(
    reader: ValueReader,
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
    named = reader.named(level, scope=scope, about=PLAIN, term_id=of_term, below=below, entity_ids=entity_ids)
    entities = tuple(map(entity_info, named))
    plans = {code: both for code, both in reader.own_plans(codes).items() if level in both[1].levels}
    calendar = reader.calendar({"term"} | {plan.kind for _, plan in plans.values()})
    terms = {period.period_id: period.key for period in calendar["term"]}
    periods = {kind: _within(found, term) for kind, found in calendar.items()}
    standings = {}
    for code in [code for code in codes if code in plans]:
        definition, plan = plans[code]
        found = reader.columns(
            plan,
            level,
            period_ids=[p.period_id for p in periods[plan.kind]],
            scope=scope,
            below=below,
            entity_ids=entity_ids,
        )
        frame = value_frame(found, entities, periods[plan.kind], terms)
        standings[code] = Standing(
            info=_info_at(level, definition, plan.about, is_ratio=plan.denominator is not None), frame=frame
        )
    return Board(entities=entities, standings=standings)


def _within(periods: Sequence[StoredPeriod], term: StoredPeriod) -> Sequence[StoredPeriod]:
    """The periods that overlap the term; a week at its border may belong to another term and does not count."""
    return [
        p
        for p in periods
        if p.start_date <= term.end_date and p.end_date >= term.start_date and p.term_id in {None, term.period_id}
    ]
