"""What has been entered and what the systems have brought, unit by unit: the rows behind due lists and timeliness.

Everything is asked for whole sets of units at once. Which units somebody may ask about is a condition on `Entity`
that the callers get from `sheet_units.reach` or from a scope; there is none without.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from data_access import clock
from data_access.access.privacy import Subject
from data_access.access.roles import Role
from data_access.access.scope import Scope
from data_access.database.access_models import Account, PostRecord
from data_access.database.growth_models import CardMark, CardSheet
from data_access.database.models import Entity, Measure
from data_access.growth_card.sheet_units import CLASS_UNIT, COLLECTOR_POSTS, SECTION_UNIT, SheetKey, Unit, units
from data_access.readers.expressions import to_sql
from data_access.readers.plans import LEVEL_NUMBERS, StoredPlan
from data_access.readers.stored import ValueReader

YEARS_ON_CARD: Final = 4
"""Years from admission in which something is collected: the follow-up comes in the one after the last of study."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HandedIn:
    """A sheet that has been begun.

    Attributes:
        submitted_on: the day on which it was handed in first; None before.
    """

    sheet_id: int
    submitted_on: dt.date | None
    due_on: dt.date | None

    @property
    def is_in_time(self) -> bool:
        """True where it was handed in by the day it was due."""
        return self.submitted_on is not None and (self.due_on is None or self.submitted_on <= self.due_on)


class EntryStates:
    """Reads the state of entry; safe to share between threads."""

    def __init__(self, values: ValueReader) -> None:
        self._values = values

    def units(self, collector: str, condition: ColumnElement[bool], *, term_id: int, acad_start: int) -> list[Unit]:
        """The classes or sections of a term that a collector has sheets of, among those that meet the condition."""
        if COLLECTOR_POSTS[collector].unit_level == CLASS_UNIT:
            grades = Entity.grade_year.between(acad_start - YEARS_ON_CARD + 1, acad_start)
            narrowed = and_(Entity.level == CLASS_UNIT, grades, condition)
        else:
            narrowed = and_(Entity.level == SECTION_UNIT, Entity.term_id == term_id, condition)
        with self._values.snapshot() as connection:
            return units(connection, narrowed)

    def sheets(
        self, collector: str, condition: ColumnElement[bool], *, term_id: int
    ) -> Mapping[int, Mapping[str, HandedIn]]:
        """The sheets begun in a term by unit and task, of the units that meet the condition."""
        level = COLLECTOR_POSTS[collector].unit_level
        query = (
            select(CardSheet.unit_id, CardSheet.task, CardSheet.sheet_id, CardSheet.submitted_at, CardSheet.due_on)
            .join(Entity, and_(Entity.level == CardSheet.unit_level, Entity.entity_id == CardSheet.unit_id))
            .where(CardSheet.collector == collector, CardSheet.unit_level == level, CardSheet.term_id == term_id)
            .where(condition)
        )
        found: dict[int, dict[str, HandedIn]] = defaultdict(dict)
        with self._values.snapshot() as connection:
            for row in connection.execute(query):
                moment = row.submitted_at
                day = None if moment is None else clock.utc(moment).astimezone(clock.COLLEGE_ZONE).date()
                found[row.unit_id][row.task] = HandedIn(sheet_id=row.sheet_id, submitted_on=day, due_on=row.due_on)
        return found

    def filled(self, keys: Collection[SheetKey]) -> Mapping[SheetKey, int]:
        """How many cells of these sheets hold a value; sheets not begun are left out."""
        wanted = frozenset(keys)
        columns = (CardSheet.collector, CardSheet.unit_id, CardSheet.term_id, CardSheet.task)
        query = (
            select(*columns, func.count(CardMark.value))
            .join(CardMark, CardMark.sheet_id == CardSheet.sheet_id)
            .where(
                CardSheet.unit_id.in_({key.unit_id for key in keys}), CardSheet.term_id.in_({k.term_id for k in keys})
            )
            .group_by(*columns)
        )
        if not keys:
            return {}
        with self._values.snapshot() as connection:
            rows = connection.execute(query).all()
        found = (
            (SheetKey(collector=collector, unit_id=unit_id, term_id=term_id, task=task), count)
            for collector, unit_id, term_id, task, count in rows
        )
        return {key: count for key, count in found if key in wanted}

    def present(
        self,
        wanted: Mapping[tuple[str, str], Collection[str]],
        level: str,
        entity_ids: Collection[int],
    ) -> frozenset[tuple[str, str, int]]:
        """For which (code, period key, entity) the systems have brought values.

        Args:
            wanted: keys of periods by code and kind of the period.
            level: of the entities; codes without values at that level bring nothing.
            entity_ids: the entities.
        """
        if not entity_ids:
            return frozenset()
        catalogue = self._values.catalogue()
        families: dict[tuple[int, str], list[StoredPlan]] = defaultdict(list)
        for code, kind in wanted:
            plan = catalogue.plans.get(code, {}).get(kind)
            if plan is not None and level in plan.levels:
                families[plan.family_id, kind].append(plan)
        found: set[tuple[str, str, int]] = set()
        with self._values.snapshot() as connection:
            for (family_id, kind), plans in families.items():
                keys = {key for plan in plans for key in wanted[plan.code, kind]}
                periods = {p.period_id: p.key for p in catalogue.periods(kind) if p.key in keys}
                query = select(
                    Measure.entity_id, Measure.period_id, *(to_sql(plan.value).is_not(None) for plan in plans)
                ).where(
                    Measure.family_id == family_id,
                    Measure.level == LEVEL_NUMBERS[level],
                    Measure.period_id.in_(periods),
                    _among(Measure.entity_id, entity_ids),
                )
                rows = connection.execute(query).all()
                for place, plan in enumerate(plans, 2):
                    found.update((plan.code, periods[row[1]], row[0]) for row in rows if row[place])
        return frozenset(found)

    def kinds(self, codes: Collection[str]) -> Mapping[str, str]:
        """Kind of the periods that each indicator is kept by; codes that nobody has computed are left out."""
        catalogue = self._values.catalogue()
        return {code: plan.kind for code in codes if (plan := catalogue.own(code)) is not None}

    def holders(self, role: Role, node_ids: Collection[int], *, on: dt.date) -> Mapping[int, tuple[int, str]]:
        """Account and name of who holds a role at each of some nodes on a day; the first, where several do."""
        query = (
            select(PostRecord.node_id, Account.account_id, Account.name)
            .join(Account, Account.account_id == PostRecord.account_id)
            .where(PostRecord.role == role.value, PostRecord.node_id.in_(sorted(node_ids)))
            .where(PostRecord.valid_from <= on, or_(PostRecord.valid_to.is_(None), PostRecord.valid_to >= on))
            .order_by(PostRecord.post_id.desc())
        )
        with self._values.snapshot() as connection:
            return {node: (account, name) for node, account, name in connection.execute(query)}

    def nodes_of(self, person_id: int, role: Role, *, on: dt.date) -> frozenset[int]:
        """The nodes at which a member of staff holds a role on a day, by key in the staff list."""
        query = (
            select(PostRecord.node_id)
            .join(Account, Account.account_id == PostRecord.account_id)
            .where(Account.person_kind == "teacher", Account.person_id == person_id, PostRecord.role == role.value)
            .where(PostRecord.valid_from <= on, or_(PostRecord.valid_to.is_(None), PostRecord.valid_to >= on))
        )
        with self._values.snapshot() as connection:
            return frozenset(connection.execute(query).scalars())

    def is_within(self, level: str, entity_id: int, *, scope: Scope, about: Subject) -> bool:
        """True where an entity lies within a scope."""
        return self._values.exists(level, entity_id, scope=scope, about=about)

    def names(self, level: str, ids: Collection[int]) -> Mapping[int, str]:
        """Names of departments, majors or teachers whose units somebody oversees."""
        query = select(Entity.entity_id, Entity.name).where(Entity.level == level, Entity.entity_id.in_(sorted(ids)))
        with self._values.snapshot() as connection:
            return {row.entity_id: row.name for row in connection.execute(query)}


_NAMED_AT_MOST: Final = 900
"""More entities than that are read without naming them: SQLite takes only so many parameters quickly."""


def _among(column: InstrumentedAttribute[int], ids: Collection[int]) -> ColumnElement[bool]:
    if len(ids) > _NAMED_AT_MOST:
        return column.between(min(ids), max(ids))
    return column.in_(sorted(ids))
