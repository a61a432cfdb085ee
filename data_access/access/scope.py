"""Which rows a read may see, as a value that compiles to bound SQL conditions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from sqlalchemy import ColumnElement, and_, false, or_, select, true
from sqlalchemy.orm import aliased

from data_access.access.privacy import PERSONS, PLAIN, Privacy, Subject, Topic
from data_access.access.rules import GROUPS, LEVELS, RESTRICTIONS
from data_access.database.access_models import Referral
from data_access.database.models import Entity

_COLUMNS: Final = {
    "dept": Entity.dept_id,
    "major": Entity.major_id,
    "class": Entity.class_id,
    "course": Entity.course_id,
    "teacher": Entity.teacher_id,
}
_ENTITIES: Final = GROUPS | PERSONS - {"roster"}
_NEVER_ALONE: Final = frozenset(item.topic for item in RESTRICTIONS if item.of_groups)
"""Matters of which groups too are told only to who reads them of persons, where a figure tells of nothing else."""


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What one post gives by one rule.

    Attributes:
        levels: kinds of rows.
        node: level of the node that the rows lie below; None for the whole college, ``student`` for one
            student, ``referral`` for those in the psychology centre's care.
        ids: the nodes. Without any, nothing is reached: it is never read as "no restriction".
        ceiling: see `data_access.access.rules.Reach`, likewise `topics`, `sensitive_groups`, `only_topics`.
        owners: names of the department whose indicators these are; None for all indicators.
    """

    levels: frozenset[str]
    reason: str
    node: str | None = None
    ids: frozenset[int] = frozenset()
    ceiling: Privacy = Privacy.PERSONAL
    topics: frozenset[Topic] = frozenset()
    sensitive_groups: bool = False
    owners: frozenset[str] | None = None
    only_topics: bool = False

    def admits(self, level: str, about: Subject) -> bool:
        """True where rows of `level` may be read for a figure about `about`."""
        if level not in self.levels:
            return False
        if about is not PLAIN:
            if self.owners is not None and about.owner not in self.owners:
                return False
            if self.only_topics and not (about.topics and about.topics <= self.topics):
                return False
        privacy = about.privacy_at(level)
        if privacy is not Privacy.SENSITIVE:
            return privacy <= self.ceiling
        if self.admits_detail(about):
            return True
        return self.sensitive_groups and level not in PERSONS and not about.topics <= _NEVER_ALONE

    def admits_detail(self, about: Subject) -> bool:
        """True where what a figure tells may be read of single persons and small groups."""
        return about.topics <= self.topics

    def condition(self, level: str) -> ColumnElement[bool]:
        """The condition on `Entity` that a row within reach meets; of a roster, on its offering."""
        if self.node is None:
            return true()
        if self.node == "referral":
            return and_(Entity.level == "student", Entity.entity_id.in_(select(Referral.student_id)))
        if not self.ids:
            return false()
        ids = sorted(self.ids)
        if self.node == "student":
            return and_(Entity.level == "student", Entity.entity_id.in_(ids))
        own: ColumnElement[bool] = _COLUMNS[self.node].in_(ids)
        if self.node == "dept" and level == "offering":
            # What others teach to the department's classes concerns it too; its roster is another matter.
            group = aliased(Entity)
            taught = select(group.entity_id).where(group.level == "class", group.dept_id.in_(ids))
            return or_(own, Entity.class_id.in_(taught))
        return own


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Everything one person may read: the union of what their posts give. No grant, no row.

    Attributes:
        reason: whose scope it is and why, in words, for the audit log.
    """

    reason: str
    grants: tuple[Grant, ...] = ()

    @classmethod
    def all(cls, reason: str) -> Self:
        """A scope without limits, sensitive matters included; the reason must say who needs it."""
        return cls(
            reason=reason,
            grants=(Grant(levels=LEVELS, ceiling=Privacy.SENSITIVE, topics=frozenset(Topic), reason=reason),),
        )

    @classmethod
    def within(cls, reason: str, **nodes: frozenset[int]) -> Self:
        """All entities and rosters below the given nodes, nothing sensitive; ``class_`` stands for the level class.

        Raises:
            KeyError: a level that has no subtree is named.
        """
        named = {level.rstrip("_"): ids for level, ids in nodes.items()}
        for level in named:
            _COLUMNS[level]
        levels = _ENTITIES | {"roster"}
        return cls(
            reason=reason,
            grants=tuple(Grant(levels=levels, node=node, ids=ids, reason=reason) for node, ids in named.items()),
        )

    def admits(self, level: str, about: Subject = PLAIN) -> bool:
        """True where some row of `level` might be read; which ones is said by `rows`."""
        return any(grant.admits(level, about) for grant in self.grants)

    def rows(self, level: str, about: Subject = PLAIN) -> ColumnElement[bool]:
        """The condition on `Entity` for rows of `level` that may be read, for a figure about `about`.

        Of ``roster`` it is the condition on offerings whose whole roster may be read.
        """
        return self._union(level, [grant for grant in self.grants if grant.admits(level, about)])

    def rows_in_detail(self, level: str, about: Subject) -> ColumnElement[bool]:
        """The same, for rows whose sensitive figures may be read however few people they tell of."""
        return self._union(level, [g for g in self.grants if g.admits(level, about) and g.admits_detail(about)])

    def is_in_detail(self, level: str, about: Subject) -> bool:
        """True where all rows of `level` within reach may be read however few people they tell of."""
        return all(grant.admits_detail(about) for grant in self.grants if grant.admits(level, about))

    def may_count(self, level: str, about: Subject, topics: frozenset[Topic]) -> bool:
        """True where all rows of `level` within reach may also be read with what else `topics` would tell."""
        return all(topics <= grant.topics for grant in self.grants if grant.admits(level, about))

    def is_unlimited(self, level: str, about: Subject = PLAIN) -> bool:
        """True where every row of `level` may be read, so that no condition is needed."""
        return any(grant.node is None and grant.admits(level, about) for grant in self.grants)

    def _union(self, level: str, grants: list[Grant]) -> ColumnElement[bool]:
        stored = "offering" if level == "roster" else level
        if not grants or stored not in _ENTITIES:
            return false()
        reached = true() if any(g.node is None for g in grants) else or_(*(g.condition(level) for g in grants))
        return and_(Entity.level == stored, reached)
