"""Values that were shown or judged and have since been found wrong: written here, asked for through the readers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert

from data_access.database.growth_models import RevisedFigure


@dataclass(frozen=True, kw_only=True, slots=True)
class Revision:
    """One value of one period that turned out wrong.

    Attributes:
        code: of the indicator; level and key say whose value it was.
        period_key: such as ``2026-2027-1-W11``.
        before: what was shown; None where that is not known any more.
        after: what is right; None where there is no value any more.
        source: what found it wrong, such as ``dispute:12``.
    """

    code: str
    level: str
    entity_id: int
    period_key: str
    before: float | None
    after: float | None
    source: str


def revise(connection: Connection, revisions: Sequence[Revision], *, at: dt.datetime) -> None:
    """Note values as found wrong, within the transaction that finds them so."""
    rows = [
        {
            "code": item.code,
            "level": item.level,
            "entity_id": item.entity_id,
            "period_key": item.period_key,
            "before": item.before,
            "after": item.after,
            "source": item.source,
            "revised_at": at,
        }
        for item in revisions
    ]
    if rows:
        connection.execute(insert(RevisedFigure), rows)
