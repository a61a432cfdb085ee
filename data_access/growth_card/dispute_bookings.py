"""Disputes that were upheld but not booked at once: the regular posting books them, and says so."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, Engine, select, update

from data_access.database import transaction
from data_access.database.growth_models import CardCorrection, CardDispute
from data_access.growth_card.dispute_states import Status
from data_access.growth_card.postings import PATIENCE
from data_access.growth_card.told import Told


def note_booked(database: Engine, term_id: int, booked: Iterable[Told]) -> int:
    """Notes upheld disputes of a term as settled whose corrections a posting has booked; returns how many.

    Of two corrections of a slot the later one counts, and stands for the earlier as well: both disputes are settled.

    Args:
        database: that of the installation.
        term_id: the term.
        booked: the corrections that the posting has read and brought to their accounts.
    """
    latest = {(item.holder, item.holder_id, item.point, item.slot): item.correction_id or 0 for item in booked}
    if not latest:
        return 0
    with database.connect() as connection:
        found = _awaiting(connection, term_id, latest)
    if not found:
        return 0
    with transaction(database, patience=PATIENCE) as connection:
        query = update(CardDispute).where(
            CardDispute.dispute_id.in_(sorted(found)), CardDispute.status == Status.UPHELD.value
        )
        return connection.execute(query.values(status=Status.SETTLED.value)).rowcount


def _awaiting(connection: Connection, term_id: int, latest: dict[tuple[int, int, str, str], int]) -> Collection[int]:
    """The upheld disputes of a term whose corrections are not later than those booked."""
    query = (
        select(
            CardDispute.dispute_id,
            CardCorrection.correction_id,
            CardCorrection.holder,
            CardCorrection.holder_id,
            CardCorrection.point,
            CardCorrection.slot,
        )
        .join(CardCorrection, CardCorrection.dispute_id == CardDispute.dispute_id)
        .where(CardDispute.status == Status.UPHELD.value, CardCorrection.term_id == term_id)
    )
    return {
        row.dispute_id
        for row in connection.execute(query)
        if row.correction_id <= latest.get((row.holder, row.holder_id, row.point, row.slot), 0)
    }
