"""Who may read and review which plans: the text of a plan is for the student and for those who answer for it.

Source: 包头 表15: 学业计划 and 个人发展规划 are the class adviser's to review, 职业生涯规划 the teaching section's or the
student affairs office's; counsellors and heads of departments may read along.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from data_access.access.roles import Role
from data_access.access.scope import Scope
from data_access.access.viewer import Viewer, scope_of
from indicators.student_plans import PlanKind, PlanRules

_BY_ADVISER: Final = frozenset({Role.CLASS_ADVISER})
REVIEWERS: Final[Mapping[str, frozenset[Role]]] = {
    "academic": _BY_ADVISER,
    "personal": _BY_ADVISER,
    "career": frozenset({Role.MAJOR_LEADER, Role.STUDENT_AFFAIRS}),
}
"""Who reviews a plan, by its key; where there are two, the first of them decides."""
READERS: Final = frozenset({Role.COUNSELLOR, Role.DEPARTMENT_HEAD})
"""Who may read the plans of the students they look after, besides who reviews them."""


def scope_by(viewer: Viewer, roles: frozenset[Role]) -> Scope:
    """What the posts of these roles alone let somebody read; nothing without such a post."""
    return scope_of([post for post in viewer.posts if post.role in roles], who=viewer.username)


def review_scope(viewer: Viewer, kind: PlanKind) -> Scope:
    """Whose plans of a kind somebody reviews."""
    return scope_by(viewer, REVIEWERS[kind.key])


def reading_scope(viewer: Viewer, kind: PlanKind) -> Scope:
    """Whose plans of a kind somebody may read: their own, those they review, those of whom they look after."""
    return scope_by(viewer, REVIEWERS[kind.key] | READERS | {Role.STUDENT})


def review_kinds(viewer: Viewer, rules: PlanRules) -> tuple[PlanKind, ...]:
    """The kinds that somebody reviews."""
    held = {post.role for post in viewer.posts}
    return tuple(kind for kind in rules.kinds if REVIEWERS[kind.key] & held)
