"""Corrections: values that count for a student, point and slot instead of what facts and sheets say. Rows are added only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from sqlalchemy import Connection, insert, select

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
        inputs: right values by name; inputs that are not named stay as they were.
        dispute_id: what led to it.
        reason: that of the decision.
        by: username of who decided.
        at: when, aware.
    """
    slot: dict[str, int | str] = {"holder": STUDENT, "holder_id": entry.student_id, "term_id": entry.term_id}
    slot |= {"point": entry.point, "slot": entry.slot}
    earlier = select(CardCorrection.inputs).filter_by(**slot).order_by(CardCorrection.correction_id.desc()).limit(1)
    # Of a slot the last correction alone counts: what an earlier one said of other inputs goes on being right.
    known = connection.execute(earlier).scalar() or {}
    made = connection.execute(
        insert(CardCorrection).values(
            **slot,
            inputs={**known, **{name: float(value) for name, value in inputs.items()}},
            dispute_id=dispute_id,
            reason=reason,
            decided_by=by,
            decided_at=at,
        )
    )
    [number] = made.inserted_primary_key or (0,)
    return int(number)
