"""The nodes of the organisation at which posts can be held, for those who grant them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Engine, Select, and_, func, or_, select
from sqlalchemy.orm import aliased

from data_access.access.privacy import PERSONS
from data_access.access.scope import Scope
from data_access.database.models import Entity

PLACES: Final = ("school", "dept", "major", "class", "course")
"""Levels of nodes that are no persons. A post at a person's own node needs no search."""


@dataclass(frozen=True, kw_only=True)
class Node:
    """A place in the organisation; its name and where it belongs, nothing of what happens there.

    Attributes:
        code: as the college numbers it; empty where it does not.
        above: names of department and major, from the top.
    """

    level: str
    node_id: int
    name: str
    code: str = ""
    above: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class NodePage:
    """Some of the nodes found, and how many there are in all."""

    nodes: tuple[Node, ...]
    total: int


class Nodes:
    """The organisation of an installation as those see it who manage accounts."""

    def __init__(self, database: Engine) -> None:
        self._database = database

    def find(self, level: str, *, scope: Scope, search: str = "", page: int = 1, size: int = 20) -> NodePage:
        """Nodes of a level by name; none where `scope` does not admit accounts.

        Args:
            level: one of `PLACES`; others have no nodes here.
            scope: that of whoever asks.
            search: part of name, code, or the name of the department or major above.
            page: from 1.
            size: nodes a page.
        """
        if level not in PLACES or not scope.admits("account"):
            return NodePage(nodes=(), total=0)
        query, above = _nodes(level)
        if search:
            columns = (Entity.name, Entity.code, *(parent.name for parent in above))
            query = query.where(or_(*(column.icontains(search, autoescape=True) for column in columns)))
        shown = query.order_by(Entity.name, Entity.entity_id).limit(size).offset((page - 1) * size)
        with self._database.connect() as connection:
            total = connection.execute(select(func.count()).select_from(query.subquery())).scalar_one()
            rows = connection.execute(shown).all()
        return NodePage(nodes=tuple(_node(level, row) for row in rows), total=total)

    def get(self, level: str, node_id: int, *, scope: Scope) -> Node | None:
        """The node; None where there is none of that level in `PLACES`, or `scope` does not admit accounts."""
        if level not in PLACES or not scope.admits("account"):
            return None
        query, _ = _nodes(level)
        with self._database.connect() as connection:
            row = connection.execute(query.where(Entity.entity_id == node_id)).first()
        return None if row is None else _node(level, row)

    def person_id(self, kind: str, number: str, *, scope: Scope) -> int | None:
        """Key of the teacher or student with that staff or student number; None where the roster has none.

        Args:
            kind: ``teacher`` or ``student``; others are on no roster.
            number: compared without regard to case.
            scope: that of whoever asks.
        """
        if kind not in PERSONS or not scope.admits("account"):
            return None
        query = select(Entity.entity_id).where(Entity.level == kind, func.lower(Entity.code) == number.lower())
        with self._database.connect() as connection:
            found: int | None = connection.execute(query.limit(1)).scalar()
        return found


def _nodes(level: str) -> tuple[Select[*tuple[Any, ...]], tuple[type[Entity], ...]]:
    """All nodes of a level with the names above them, and the tables these names come from."""
    above = []
    query: Select[*tuple[Any, ...]] = select(Entity.entity_id, Entity.name, Entity.code).where(Entity.level == level)
    for name in ("dept", "major"):
        if name == level:
            break
        parent = aliased(Entity)
        query = query.outerjoin(parent, and_(parent.level == name, parent.entity_id == getattr(Entity, f"{name}_id")))
        query = query.add_columns(parent.name.label(f"{name}_name"))
        above.append(parent)
    return query, tuple(above)


def _node(level: str, row: Any) -> Node:
    return Node(
        level=level,
        node_id=row.entity_id,
        name=row.name,
        code=row.code,
        above=tuple(name for name in row[3:] if name),
    )
