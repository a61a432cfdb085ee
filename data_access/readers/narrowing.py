"""Statements over stored values and entities, narrowed to a scope and to what was asked for."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, select
from sqlalchemy.orm import aliased

from data_access.access.privacy import Subject
from data_access.access.scope import Scope
from data_access.database.models import Entity, Measure
from data_access.errors import UserError
from data_access.readers.plans import StoredPlan

Query = Select[*tuple[Any, ...]]
"""A select of any columns."""
Below = tuple[str, Collection[int]]
"""Nodes of the organisation below which entities lie, such as ``("class", {12})``."""


def _with_ancestors(query: Query) -> Query:
    """Entities by id, with the names of their ancestors as columns."""
    query = query.order_by(Entity.entity_id)
    for name in ("dept", "course", "class", "teacher"):
        parent = aliased(Entity)
        own = getattr(Entity, f"{name}_id")
        query = query.outerjoin(parent, and_(parent.level == name, parent.entity_id == own))
        query = query.add_columns(parent.name.label(f"{name}_name"))
    return query


ENTITIES: Final = _with_ancestors(select(*Entity.__table__.columns))
NAMED: Final = _with_ancestors(select(Entity.entity_id, Entity.name))
"""Built once: to write these joins takes longer than to answer them."""


def require_level(plan: StoredPlan, level: str) -> None:
    """Refuses a level at which an indicator has no values.

    Raises:
        UserError: the indicator has no values at that level.
    """
    if level not in plan.levels:
        raise UserError(f"{plan.code} has no values for {level!r}. It has them for {', '.join(plan.levels)}.")


def values_within(query: Query, level: str, *, about: Subject, scope: Scope, below: Below | None) -> Query:
    """Stored values of a level; the entities are joined only where the scope or the nodes asked for narrow the rows."""
    if scope.is_unlimited(level, about) and below is None:
        return query
    query = query.join(Entity, and_(Entity.level == level, Entity.entity_id == Measure.entity_id))
    query = query.where(scope.rows(level, about))
    return query if below is None else query.where(_lies_below(below))


def groups_within(
    level: str, *, about: Subject, scope: Scope, below: Below | None, entity_ids: Collection[int] | None
) -> Select[int]:
    """Ids of the groups within the scope, narrowed as the values asked for are."""
    query = select(Entity.entity_id).where(scope.rows(level, about))
    if entity_ids is not None:
        query = query.where(Entity.entity_id.in_(entity_ids))
    return query if below is None else query.where(_lies_below(below))


def entities_within(
    query: Query,
    level: str,
    *,
    about: Subject,
    scope: Scope,
    term_id: int | None,
    below: Below | None,
    entity_ids: Collection[int] | None,
) -> Query:
    """Entities of a level within the scope, narrowed as asked."""
    query = query.where(scope.rows(level, about))
    if term_id is not None:
        query = query.where(Entity.term_id == term_id)
    if entity_ids is not None:
        query = query.where(Entity.entity_id.in_(entity_ids))
    return query if below is None else query.where(_lies_below(below))


def _lies_below(below: Below) -> ColumnElement[bool]:
    level, ids = below
    column: ColumnElement[Any] = Entity.__table__.columns[f"{level}_id"]
    return column.in_(ids)
