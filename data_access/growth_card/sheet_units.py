"""Classes and teaching sections whose sheets somebody fills in: which ones are theirs, and how a sheet is named."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, and_, false, or_, select, true
from sqlalchemy.orm import aliased

from data_access.access.roles import Role
from data_access.access.viewer import Post, Viewer
from data_access.database.models import Entity

CLASS_UNIT, SECTION_UNIT = "class", "offering"


@dataclass(frozen=True, kw_only=True)
class CollectorPost:
    """The post by which somebody is a collector (采分主体).

    Attributes:
        slug: name in addresses.
        unit_level: whose sheets these are.
        column: of the unit in `Entity`, the node of the post.
    """

    slug: str
    role: Role
    unit_level: str
    column: str


COLLECTOR_POSTS: Final[Mapping[str, CollectorPost]] = {
    "班主任": CollectorPost(slug="adviser", role=Role.CLASS_ADVISER, unit_level=CLASS_UNIT, column="class_id"),
    "任课教师": CollectorPost(slug="teacher", role=Role.TEACHER, unit_level=SECTION_UNIT, column="teacher_id"),
    "体育老师": CollectorPost(slug="physical", role=Role.TEACHER, unit_level=SECTION_UNIT, column="teacher_id"),
    "辅导员": CollectorPost(slug="counsellor", role=Role.COUNSELLOR, unit_level=CLASS_UNIT, column="class_id"),
    "学工办": CollectorPost(slug="affairs", role=Role.STUDENT_AFFAIRS, unit_level=CLASS_UNIT, column="dept_id"),
    "教研室": CollectorPost(slug="section", role=Role.MAJOR_LEADER, unit_level=CLASS_UNIT, column="major_id"),
}
"""Who is which collector. 教研室 is whoever leads the major, 体育老师 the teacher of a section of physical education."""

_SLUG: Final = re.compile(r"([a-z]+)-(\d{1,18})-(\d{5})-([A-Za-z0-9-]{1,24})")
_OF_SLUG: Final = {post.slug: (name, post) for name, post in COLLECTOR_POSTS.items()}


@dataclass(frozen=True, kw_only=True, slots=True)
class SheetKey:
    """One sheet: what one collector enters for one unit at one time point.

    Attributes:
        collector: 班主任, 任课教师 …
        unit_id: of a class or a section, as the collector has it.
        task: key of a slot such as ``W11`` or ``term``, or the day of a lesson such as ``20261118``.
    """

    collector: str
    unit_id: int
    term_id: int
    task: str

    @property
    def unit_level(self) -> str:
        """``class`` or ``offering``."""
        return COLLECTOR_POSTS[self.collector].unit_level

    @property
    def slug(self) -> str:
        """The key in an address: ``adviser-612-20261-W11``."""
        return f"{COLLECTOR_POSTS[self.collector].slug}-{self.unit_id}-{self.term_id}-{self.task}"

    @classmethod
    def of(cls, slug: str) -> Self | None:
        """The key in an address; None for what is none."""
        match = _SLUG.fullmatch(slug)
        if match is None or match[1] not in _OF_SLUG:
            return None
        return cls(collector=_OF_SLUG[match[1]][0], unit_id=int(match[2]), term_id=int(match[3]), task=match[4])

    def to_dict(self) -> dict[str, Any]:
        """Columns of `CardSheet` that identify it."""
        return {
            "collector": self.collector,
            "unit_level": self.unit_level,
            "unit_id": self.unit_id,
            "term_id": self.term_id,
            "task": self.task,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Unit:
    """A class or a section, with its place in the tree.

    Attributes:
        course_name: empty for a class; `class_name` that of the class itself, or of the class taught.
    """

    level: str
    unit_id: int
    name: str
    dept_id: int | None = None
    major_id: int | None = None
    class_id: int | None = None
    course_id: int | None = None
    teacher_id: int | None = None
    grade_year: int | None = None
    course_name: str = ""
    class_name: str = ""
    size: int | None = None


def collectors_of(viewer: Viewer) -> tuple[str, ...]:
    """The collectors that somebody is by the posts held today."""
    held = {post.role for post in viewer.posts if post.is_sound}
    return tuple(name for name, post in COLLECTOR_POSTS.items() if post.role in held)


def reach(viewer: Viewer, collector: str) -> ColumnElement[bool]:
    """The condition on `Entity` of the units whose sheets the viewer fills in as that collector; none without a post."""
    asked = COLLECTOR_POSTS[collector]
    posts = [post for post in viewer.posts if post.role is asked.role and post.is_sound]
    conditions = [_below(post, asked) for post in posts]
    return and_(Entity.level == asked.unit_level, or_(false(), *conditions))


def reach_of_nodes(collector: str, nodes: Collection[int]) -> ColumnElement[bool]:
    """The condition on `Entity` of the units below some nodes of a collector's posts."""
    asked = COLLECTOR_POSTS[collector]
    column: ColumnElement[Any] = Entity.__table__.columns[asked.column]
    return and_(Entity.level == asked.unit_level, column.in_(sorted(nodes)))


def unit_of(connection: Connection, key: SheetKey, viewer: Viewer) -> Unit | None:
    """The unit of a sheet; None where there is none, or it is not the viewer's to fill in."""
    if key.collector not in COLLECTOR_POSTS:
        return None
    condition = and_(reach(viewer, key.collector), Entity.entity_id == key.unit_id)
    if key.unit_level == SECTION_UNIT:
        condition = and_(condition, Entity.term_id == key.term_id)
    found = units(connection, condition)
    return found[0] if found else None


def _selected() -> Select[*tuple[Any, ...]]:
    course, group = aliased(Entity), aliased(Entity)
    return (
        select(
            Entity.level,
            Entity.entity_id.label("unit_id"),
            Entity.name,
            Entity.dept_id,
            Entity.major_id,
            Entity.class_id,
            Entity.course_id,
            Entity.teacher_id,
            Entity.grade_year,
            Entity.size,
            course.name.label("course_name"),
            group.name.label("class_name"),
        )
        .outerjoin(course, and_(course.level == "course", course.entity_id == Entity.course_id))
        .outerjoin(group, and_(group.level == "class", group.entity_id == Entity.class_id))
    )


_UNITS: Final = _selected()
"""Built once: to write these joins takes longer than to answer them."""


def units(connection: Connection, condition: ColumnElement[bool]) -> list[Unit]:
    """The classes or sections that meet a condition on `Entity`, by id."""
    query = _UNITS.where(condition).order_by(Entity.entity_id)
    return [_unit(row) for row in connection.execute(query).mappings()]


def _unit(row: RowMapping) -> Unit:
    return Unit(**{**row, "course_name": row["course_name"] or "", "class_name": row["class_name"] or ""})


def _below(post: Post, asked: CollectorPost) -> ColumnElement[bool]:
    if post.node_level == "school":
        return true()
    column: ColumnElement[Any] = Entity.__table__.columns[asked.column]
    return column == post.node_id
