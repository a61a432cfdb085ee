"""What accounts hold: the entries that count, asked by those who post."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import TypeVarTuple

from sqlalchemy import Engine, Select, func, select
from sqlalchemy.orm import aliased

from data_access.database.growth_models import CardEntry

Columns = TypeVarTuple("Columns")


def counting(query: Select[*Columns]) -> Select[*Columns]:
    """The query, for entries alone that are no reversals and that none reverses."""
    reversal = aliased(CardEntry)
    return query.outerjoin(reversal, reversal.reversal_of == CardEntry.entry_id).where(
        CardEntry.reversal_of.is_(None), reversal.entry_id.is_(None)
    )


def obtained(database: Engine, codes: Collection[str], *, before: int) -> set[tuple[int, str]]:
    """Students and points that terms before have brought: (student, point), by entries above zero."""
    query = select(CardEntry.holder_id, CardEntry.point).where(
        CardEntry.term_id < before, CardEntry.point.in_(sorted(codes)), CardEntry.points > 0
    )
    with database.connect() as connection:
        return {(holder_id, point) for holder_id, point in connection.execute(counting(query))}


def reached(database: Engine, point: str, level: float, *, until: int) -> dict[int, tuple[int, dt.date]]:
    """Students with an entry of `point` at or above a level in terms up to `until`: the first such term, and the day."""
    query = (
        select(CardEntry.holder_id, CardEntry.term_id, func.min(CardEntry.booked_on))
        .where(CardEntry.point == point, CardEntry.raw >= level, CardEntry.term_id <= until)
        .group_by(CardEntry.holder_id, CardEntry.term_id)
        .order_by(CardEntry.term_id.desc())
    )
    with database.connect() as connection:
        return {holder_id: (term_id, day) for holder_id, term_id, day in connection.execute(counting(query))}
