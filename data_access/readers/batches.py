"""Stored numbers of whole lists of indicators, in a few statements for all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from data_access.access.privacy import Subject
from data_access.access.scope import Scope
from data_access.database.models import Measure
from data_access.readers.expressions import slots_of, to_array
from data_access.readers.figures import ValueColumns, drained
from data_access.readers.narrowing import Below, Query, require_level, values_within
from data_access.readers.plans import LEVEL_NUMBERS, StoredPlan
from data_access.readers.small_groups import is_judged
from data_access.readers.stored import ValueReader

_FEW_ENTITIES: Final = 3
"""Of so few entities all families are read by one statement; of more, the parts of other families would weigh."""
_KEYS: Final = 4
"""How many columns of a statement are no parts."""

_Reach = tuple[bool, ...]
"""Which grants of a scope let figures be read: those that agree in it are about the same rows."""
_Rows = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], Mapping[str, NDArray[np.float64]]]
"""Entity, period, number of facts, and parts by slot."""


class BatchReader:
    """Answers what `ValueReader.columns` answers, for many indicators at once.

    Indicators of one family share their rows, and those within the same reach and of the same kind of period
    their statement. The parts are fetched once and divided here. Sensitive figures of groups are judged one by
    one, by the reader itself.
    """

    def __init__(self, values: ValueReader) -> None:
        self.values = values

    @contextmanager
    def moment(self) -> Iterator[Self]:
        """The same for several questions that are to be answered from one state of the database."""
        with self.values.moment() as values:
            yield type(self)(values)

    def existing(
        self, level: str, entity_id: int, abouts: Iterable[Subject], *, scope: Scope
    ) -> Mapping[Subject, bool]:
        """Whether figures of one entity may be read, by what they are about."""
        found: dict[_Reach, bool] = {}
        within: dict[Subject, bool] = {}
        for about in set(abouts):
            reach = _reach(scope, level, about)
            if reach not in found:
                found[reach] = self.values.exists(level, entity_id, scope=scope, about=about)
            within[about] = found[reach]
        return within

    def columns(
        self,
        plans: Sequence[StoredPlan],
        level: str,
        *,
        period_ids: Mapping[str, Sequence[int]],
        scope: Scope,
        below: Below | None = None,
        entity_ids: Collection[int] | None = None,
    ) -> Mapping[str, ValueColumns]:
        """Stored values of a level by code.

        Args:
            plans: of different indicators, all with values at the level.
            level: which entities.
            period_ids: by code of an indicator.
            scope: what may be read.
            below: only entities below these nodes.
            entity_ids: only these entities.

        Raises:
            UserError: one of the indicators has no values at that level.
        """
        is_narrow = level == "school" or (entity_ids is not None and len(entity_ids) <= _FEW_ENTITIES)
        found: dict[str, ValueColumns] = {}
        shared: defaultdict[Any, list[StoredPlan]] = defaultdict(list)
        for plan in plans:
            require_level(plan, level)
            asked = tuple(period_ids[plan.code])
            if is_judged(plan, level, scope):
                found[plan.code] = self.values.columns(
                    plan, level, period_ids=asked, scope=scope, below=below, entity_ids=entity_ids
                )
            else:
                family = None if is_narrow else plan.family_id
                shared[_reach(scope, level, plan.about), asked, family].append(plan)
        for (_, asked, _), group in shared.items():
            families = self._families(group, level, period_ids=asked, scope=scope, below=below, entity_ids=entity_ids)
            for plan in group:
                found[plan.code] = _columns(plan, families[plan.family_id], level, scope)
        return found

    def _families(
        self,
        plans: Sequence[StoredPlan],
        level: str,
        *,
        period_ids: Sequence[int],
        scope: Scope,
        below: Below | None,
        entity_ids: Collection[int] | None,
    ) -> Mapping[int, _Rows]:
        """The rows behind indicators of the same reach, by family."""
        about = plans[0].about
        families = sorted({plan.family_id for plan in plans})
        slots = sorted({slot for plan in plans for part in (plan.value, *plan.parts) for slot in slots_of(part)})
        names = ("family_id", "entity_id", "period_id", "rows", *slots)
        stored = Measure.__table__.columns
        columns: Sequence[Sequence[Any]] = ((),) * len(names)
        if scope.admits(level, about) and period_ids:
            query: Query = select(*(stored[name] for name in names)).where(
                Measure.family_id.in_(families),
                Measure.level == LEVEL_NUMBERS[level],
                Measure.period_id.in_(period_ids),
            )
            if entity_ids is not None:
                query = query.where(Measure.entity_id.in_(entity_ids))
            query = values_within(query, level, about=about, scope=scope, below=below)
            with self.values.snapshot() as connection:
                columns = drained(connection.execute(query), len(names))
        keys = [np.array(column, dtype=np.int64) for column in columns[:_KEYS]]
        parts = [np.array(column, dtype=np.float64) for column in columns[_KEYS:]]  # None becomes NaN
        found = {}
        for family in families:
            own = keys[0] == family
            entity_id, period_id, counts = (key[own] for key in keys[1:])
            found[family] = (entity_id, period_id, counts, {n: p[own] for n, p in zip(slots, parts, strict=True)})
        return found


def _reach(scope: Scope, level: str, about: Subject) -> _Reach:
    return tuple(grant.admits(level, about) for grant in scope.grants)


def _columns(plan: StoredPlan, rows: _Rows, level: str, scope: Scope) -> ValueColumns:
    entity_id, period_id, counts, parts = rows
    length = len(entity_id)
    return ValueColumns(
        entity_id=entity_id,
        period_id=period_id,
        value=to_array(plan.value, parts, length),
        numerator=to_array(plan.numerator, parts, length),
        denominator=to_array(plan.denominator, parts, length),
        rows=counts if scope.may_count(level, plan.about, plan.row_topics) else np.zeros(length, dtype=np.int64),
        suppressed=np.zeros(length, dtype=np.bool_),
    )
