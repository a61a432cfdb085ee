"""Readings and boards worked out indicator by indicator, each by statements of its own: the oracle of `standing`.

It knows nothing of catalogues, families and batches: definitions, plans and periods are asked anew for each
indicator, and its values are divided by the database.
"""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import replace

from sqlalchemy import select

from data_access.access.privacy import PERSONS, PLAIN
from data_access.access.scope import Scope
from data_access.database.models import IndicatorEntry, IndicatorPlan, Period
from data_access.readers.catalogue import StoredPeriod
from data_access.readers.plans import StoredPlan, stored_plan
from data_access.readers.stored import ValueReader
from indicators.conversion import entity_info, indicator_info, period_info, value_frame, value_point
from indicators.results import Board, Reading, Standing
from indicators.standing import LOOK_BACK, LOOK_BACK_JUDGED


def own_plan(reader: ValueReader, code: str) -> tuple[dict, StoredPlan] | None:
    """Definition and plan by the indicator's own kind of period; None where nobody has computed it."""
    with reader.database.connect() as connection:
        block = connection.execute(select(IndicatorEntry.definition).where(IndicatorEntry.code == code)).scalar()
        plans = select(IndicatorPlan.__table__).where(IndicatorPlan.code == code, IndicatorPlan.so_far.is_(False))
        row = connection.execute(plans).mappings().first()
    return None if row is None else (block, stored_plan(dict(row), block))


def all_periods(reader: ValueReader, kind: str) -> list[StoredPeriod]:
    """All periods of a kind, oldest first."""
    with reader.database.connect() as connection:
        query = select(Period.__table__).where(Period.kind == kind).order_by(Period.start_date)
        return [StoredPeriod(**row) for row in connection.execute(query).mappings()]


def info_at(level: str, definition: dict, plan: StoredPlan):
    """The indicator with its lines only where they may be held against the level."""
    info = indicator_info(definition, plan.about)
    if level == definition["entity"] or plan.denominator is not None:
        return info
    return replace(info, target=None, warning=None, alert=None)


def readings(
    reader: ValueReader, codes: Sequence[str], level: str, entity_id: int, *, until: dt.date | None, scope: Scope
) -> list[Reading]:
    """See `indicators.standing.readings`."""
    terms = {period.period_id: period.key for period in all_periods(reader, "term")}
    found = []
    for code in codes:
        both = own_plan(reader, code)
        if both is None or level not in both[1].levels:
            continue
        definition, plan = both
        if not reader.exists(level, entity_id, scope=scope, about=plan.about):
            continue
        shown = [p for p in all_periods(reader, plan.kind) if until is None or p.start_date <= until]
        if plan.kind == "week" and shown:
            shown = [p for p in shown if p.term_id == shown[-1].term_id]
        shown = shown[-LOOK_BACK[plan.kind] :]
        if plan.about.topics and level not in PERSONS:
            shown = shown[-LOOK_BACK_JUDGED:]
        rows = reader.values(plan, level, period_ids=[p.period_id for p in shown], scope=scope, entity_ids=[entity_id])
        stored = {row.period_id: row for row in rows}
        points = [value_point(period_info(p, terms), stored.get(p.period_id)) for p in shown]
        while len(points) > 1 and points[-1].value is None and not points[-1].is_suppressed:
            if all(point.value is None and not point.is_suppressed for point in points):
                break
            points.pop()
        if points:
            info = info_at(level, definition, plan)
            found.append(Reading(info=info, points=tuple(points), level=level, entity_id=entity_id))
    return found


def board(
    reader: ValueReader,
    codes: Sequence[str],
    level: str,
    *,
    term: StoredPeriod | None = None,
    until: dt.date | None = None,
    last: int = 0,
    below: tuple[str, Collection[int]] | None = None,
    entity_ids: Collection[int] | None = None,
    scope: Scope,
) -> Board:
    """See `indicators.standing.board`, and without a term `history`."""
    of_term = term.period_id if term is not None and level == "offering" else None
    named = reader.named(level, scope=scope, about=PLAIN, term_id=of_term, below=below, entity_ids=entity_ids)
    entities = tuple(map(entity_info, named))
    terms = {period.period_id: period.key for period in all_periods(reader, "term")}
    standings = {}
    for code in codes:
        both = own_plan(reader, code)
        if both is None or level not in both[1].levels:
            continue
        definition, plan = both
        shown = all_periods(reader, plan.kind)
        if term is None:
            shown = [p for p in shown if until is None or p.start_date <= until]
            shown = shown[len(shown) - min(last, len(shown)) :]
        else:
            shown = [p for p in shown if p.start_date <= term.end_date and p.end_date >= term.start_date]
            shown = [p for p in shown if p.term_id in {None, term.period_id}]
        found = reader.columns(
            plan, level, period_ids=[p.period_id for p in shown], scope=scope, below=below, entity_ids=entity_ids
        )
        frame = value_frame(found, entities, shown, terms)
        standings[code] = Standing(info=info_at(level, definition, plan), frame=frame)
    return Board(entities=entities, standings=standings)
