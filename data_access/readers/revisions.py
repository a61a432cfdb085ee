"""Values that have been found wrong since they were shown: pages mark them, warnings and risks ask before they act."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import Select, and_, false, or_, select

from data_access.access.privacy import Subject
from data_access.access.scope import Scope
from data_access.clock import utc
from data_access.database.growth_models import RevisedFigure
from data_access.database.models import Entity
from data_access.readers.plans import subject_of
from data_access.readers.stored import ValueReader

WEEK_MARK: Final = "-W"
"""Between the key of a term and the number of its week: ``2026-2027-1-W11``."""


class Figure(NamedTuple):
    """Whose value by which indicator in which period."""

    entity_id: int
    code: str
    period_key: str

    def lies_in(self, period_key: str) -> bool:
        """True where the value is that of a period, or of a week of it."""
        return self.period_key == period_key or self.period_key.startswith(f"{period_key}{WEEK_MARK}")


@dataclass(frozen=True, kw_only=True, slots=True)
class RevisedValue:
    """What was found of a value.

    Attributes:
        before: what was shown; None where that is not known.
        after: what is right; None where there is no value any more.
        source: such as ``dispute:12``.
        revised_at: when it was found, aware.
    """

    figure: Figure
    level: str
    before: float | None
    after: float | None
    source: str
    revised_at: dt.datetime


class RevisionReader:
    """Reads of revised values; a value that may not be read has no revision that may.

    Args:
        values: the reader of stored values, which knows what indicators are about.
    """

    def __init__(self, values: ValueReader) -> None:
        self._values = values

    def of(
        self, level: str, ids: Collection[int], codes: Collection[str], *, scope: Scope
    ) -> Mapping[Figure, RevisedValue]:
        """The last revision of each value of these entities by these indicators, over all periods."""
        if not ids or not codes:
            return {}
        query = self._query(level, codes, scope).where(RevisedFigure.entity_id.in_(sorted(ids)))
        return {item.figure: item for item in self._read(query)}

    def touching(
        self, code: str, level: str, entity_id: int, period_key: str, *, scope: Scope
    ) -> Sequence[RevisedValue]:
        """Every revision of one value, oldest first; empty for a value that stands.

        The value of a term is touched by that of each of its weeks. Warnings and risks that were made from the value ask this before they are shown or acted upon.
        """
        query = self._query(level, [code], scope).where(
            RevisedFigure.entity_id == entity_id,
            or_(
                RevisedFigure.period_key == period_key,
                RevisedFigure.period_key.startswith(f"{period_key}{WEEK_MARK}", autoescape=True),
            ),
        )
        return self._read(query)

    def _query(self, level: str, codes: Collection[str], scope: Scope) -> Select[*tuple[Any, ...]]:
        definitions = self._values.catalogue().definitions
        points: dict[Subject, list[str]] = {}
        for code in codes:
            # What nobody has computed is taken to be sensitive in every way.
            points.setdefault(subject_of(definitions.get(code, {"department": ""})), []).append(code)
        reached = [
            and_(RevisedFigure.code.in_(sorted(of_subject)), scope.rows(level, subject))
            for subject, of_subject in points.items()
        ]
        return (
            select(*RevisedFigure.__table__.columns)
            .join(Entity, and_(Entity.level == RevisedFigure.level, Entity.entity_id == RevisedFigure.entity_id))
            .where(RevisedFigure.level == level, or_(false(), *reached))
            .order_by(RevisedFigure.revision_id)
        )

    def _read(self, query: Select[*tuple[Any, ...]]) -> list[RevisedValue]:
        with self._values.snapshot() as connection:
            return [
                RevisedValue(
                    figure=Figure(row.entity_id, row.code, row.period_key),
                    level=row.level,
                    before=row.before,
                    after=row.after,
                    source=row.source,
                    revised_at=utc(row.revised_at),
                )
                for row in connection.execute(query)
            ]
