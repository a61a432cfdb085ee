"""Which rows a read may see, as a value that compiles to a bound SQL condition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from sqlalchemy import ColumnElement, false, or_, true

from data_access.database.models import Entity

_COLUMNS = {
    "dept": Entity.dept_id,
    "major": Entity.major_id,
    "class": Entity.class_id,
    "course": Entity.course_id,
    "teacher": Entity.teacher_id,
}


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Entities within reach: everything, or what lies below the named nodes of the tree.

    Attributes:
        reason: why this much may be seen; kept for the audit.
        everything: True where nothing is hidden.
        nodes: ids by level, such as ``{"dept": {3}}``. An empty set of nodes reaches nothing: it is
            never read as "no restriction".
    """

    reason: str
    everything: bool = False
    nodes: Mapping[str, frozenset[int]] = field(default_factory=dict)

    @classmethod
    def all(cls, reason: str) -> Self:
        """A scope without limits; the reason must say who needs it."""
        return cls(reason=reason, everything=True)

    @classmethod
    def within(cls, reason: str, **nodes: frozenset[int]) -> Self:
        """A scope of everything below the given nodes.

        Raises:
            KeyError: a level that has no subtree is named.
        """
        for level in nodes:
            _COLUMNS[level if level != "class_" else "class"]
        return cls(reason=reason, nodes={level.rstrip("_"): ids for level, ids in nodes.items()})

    def condition(self) -> ColumnElement[bool]:
        """The condition on `Entity` that a row within the scope meets."""
        if self.everything:
            return true()
        clauses = [_COLUMNS[level].in_(sorted(ids)) for level, ids in self.nodes.items() if ids]
        return or_(*clauses) if clauses else false()
