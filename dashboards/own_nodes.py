"""The nodes that the viewer's posts stand at: whose number is meant where an address names none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from data_access.access.roles import Role
from data_access.access.scope import Scope
from data_access.access.viewer import Viewer
from indicators.model import SCHOOL_ID

SCHOOL: Final = "全校"


@dataclass(frozen=True, kw_only=True)
class OwnNode:
    """A node and its name."""

    level: str
    node_id: int
    name: str

    @property
    def key(self) -> str:
        """As addresses write it, such as ``class:12``."""
        return f"{self.level}:{self.node_id}"


def own_nodes(viewer: Viewer, scope: Scope) -> Sequence[OwnNode]:
    """The nodes of the viewer's posts whose figures are in scope, weightiest post first, and the school at last.

    A functional department answers for indicators of the whole college, so its head begins there.
    """
    found = [
        OwnNode(
            level=post.node_level,
            node_id=post.node_id,
            name=SCHOOL if post.node_level == "school" else post.node_name or post.title_zh,
        )
        for post in viewer.posts
        if post.is_sound and scope.admits(post.node_level) and post.role is not Role.FUNCTION_HEAD
    ]
    if scope.admits("school"):
        found.append(OwnNode(level="school", node_id=SCHOOL_ID, name=SCHOOL))
    return tuple(dict.fromkeys(found))
