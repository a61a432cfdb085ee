"""What accounts hold: the entries that count, asked by those who post."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Final, TypeVarTuple

from sqlalchemy import ColumnElement, Engine, Select, and_, select
from sqlalchemy.orm import aliased

from data_access.database.growth_models import CardEntry

REVERSAL: Final = "reversal"
"""Kind of the entries that take others back."""

Columns = TypeVarTuple("Columns")


def counting(query: Select[*Columns]) -> Select[*Columns]:
    """The query, for entries alone that are no reversals and that none reverses."""
    reversal = aliased(CardEntry)
    # Asked by its kind: SQLite would look for "reverses nothing" along the index of what is reversed, and find all.
    return query.outerjoin(reversal, reversal.reversal_of == CardEntry.entry_id).where(
        CardEntry.kind != REVERSAL, reversal.entry_id.is_(None)
    )


def obtained(database: Engine, holder: int, codes: Collection[str], terms: Collection[int]) -> set[tuple[int, str]]:
    """Accounts and points that these terms have brought: (account, point), by entries above zero."""
    query = select(CardEntry.holder_id, CardEntry.point).where(_lie_in(terms, holder, codes), CardEntry.points > 0)
    with database.connect() as connection:
        return {(holder_id, point) for holder_id, point in connection.execute(counting(query))}


def reached(database: Engine, holder: int, point: str, level: float, terms: Collection[int]) -> dict[int, dt.date]:
    """Accounts with an entry of `point` at or above a level in these terms, and the day of the first."""
    # The last comes first, so that the first remains. Grouped by account, SQLite would read all of everybody's entries.
    query = (
        select(CardEntry.holder_id, CardEntry.booked_on)
        .where(_lie_in(terms, holder, [point]), CardEntry.raw >= level)
        .order_by(CardEntry.booked_on.desc())
    )
    with database.connect() as connection:
        return {row.holder_id: row.booked_on for row in connection.execute(counting(query))}


def _lie_in(terms: Collection[int], holder: int, codes: Collection[str]) -> ColumnElement[bool]:
    return and_(CardEntry.term_id.in_(sorted(terms)), CardEntry.holder == holder, CardEntry.point.in_(sorted(codes)))
