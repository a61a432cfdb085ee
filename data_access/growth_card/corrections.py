"""Corrections: values that count for a student, point and slot instead of what facts and sheets say. Rows are added only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from sqlalchemy import Connection, insert

from data_access.database.growth_models import CardCorrection
from data_access.growth_card.dispute_case import STUDENT, DisputedEntry


def correct(
    connection: Connection,
    entry: DisputedEntry,
    inputs: Mapping[str, float],
    *,
    dispute_id: int,
    reason: str,
    by: str,
    at: dt.datetime,
) -> int:
    """Add a correction of an entry's slot within a transaction; returns its number.

    Args:
        connection: that of the transaction which decides.
        entry: the disputed one; its student, term, point and slot are corrected.
        inputs: all inputs of the slot, by name.
        dispute_id: what led to it.
        reason: that of the decision.
        by: username of who decided.
        at: when, aware.
    """
    made = connection.execute(
        insert(CardCorrection).values(
            holder=STUDENT,
            holder_id=entry.student_id,
            term_id=entry.term_id,
            point=entry.point,
            slot=entry.slot,
            inputs={name: float(value) for name, value in inputs.items()},
            dispute_id=dispute_id,
            reason=reason,
            decided_by=by,
            decided_at=at,
        )
    )
    [number] = made.inserted_primary_key or (0,)
    return int(number)
