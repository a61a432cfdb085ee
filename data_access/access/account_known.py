"""What files of accounts are compared with: the accounts that exist, people by number, nodes by name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple

from sqlalchemy import Connection, select

from data_access.access.account_sheet import plain
from data_access.access.names import normal_username
from data_access.access.posts import NODE_OF_POST, POST_COLUMNS, post_of
from data_access.access.roles import ADMINISTRATORS, ROLES, SCHOOL_ID, Role
from data_access.access.viewer import Post
from data_access.database.access_models import Account, PostRecord
from data_access.database.models import Entity
from data_access.errors import did_you_mean

PEOPLE: Final = ("teacher", "student")
PLACES: Final = ("dept", "major", "class", "course")
_SCHOOL: Final = frozenset({"全校", "学校", "学院", "school"})
_NAMED: Final = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownAccount:
    """An account that exists, with all its posts."""

    account_id: int
    username: str
    name: str
    person_kind: str
    person_id: int | None
    source: str
    is_disabled: bool = False
    has_password: bool = False
    posts: tuple[Post, ...] = ()

    @property
    def is_administrators(self) -> bool:
        """True where it holds, held or will hold an administrator's post."""
        return any(post.role in ADMINISTRATORS for post in self.posts)


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A node of the organisation, or a person of a dimension, as a row may name it.

    Attributes:
        title: the name with what lies above it, by which it can be told from others of that name.
    """

    node_id: int
    name: str
    title: str


@dataclass(frozen=True, kw_only=True)
class Known:
    """What a file is compared with.

    Attributes:
        accounts: by username.
        people: of a dimension, by number in the form of usernames.
        places: of a level, by everything they may be called in plain form: name, other names, code, title.
    """

    accounts: Mapping[str, KnownAccount] = field(default_factory=dict)
    people: Mapping[str, Mapping[str, Sequence[Place]]] = field(default_factory=dict)
    places: Mapping[str, Mapping[str, Sequence[Place]]] = field(default_factory=dict)

    @cached_property
    def accounts_of_people(self) -> Mapping[tuple[str, int], KnownAccount]:
        """The account of a person, by kind and key; those of the demo do not count."""
        own = (account for account in self.accounts.values() if account.source != "demo")
        return {(a.person_kind, a.person_id): a for a in own if a.person_id is not None}

    @cached_property
    def accounts_by_id(self) -> Mapping[int, KnownAccount]:
        """Every account by its id."""
        return {account.account_id: account for account in self.accounts.values()}

    @cached_property
    def people_by_key(self) -> Mapping[tuple[str, int], Place]:
        """Everybody by kind and key."""
        return {(kind, p.node_id): p for kind, named in self.people.items() for found in named.values() for p in found}

    def people_with(self, number: str) -> list[tuple[str, Place]]:
        """Everybody with that number, of either dimension."""
        name = normal_username(number)
        return [(kind, person) for kind in PEOPLE for person in self.people.get(kind, {}).get(name, ())]


class Refusal(NamedTuple):
    """Why a row names no node, and what to do about it, in Chinese."""

    reason: str
    remedy: str


def find_node(known: Known, role: Role, text: str, *, suggest: bool = True) -> tuple[str, Place] | Refusal:
    """Level and place of the node that a row names for a post in a role that is not held at a person.

    Args:
        known: the places there are.
        role: the role of the post.
        text: name, other name, code, or path such as ``机电工程系/机电一体化技术/机电2501班``.
        suggest: whether to look for the nearest name where there is none; takes some milliseconds.
    """
    levels, key = ROLES[role].nodes, plain(text)
    if "school" in levels and (key in _SCHOOL or (not key and levels == ("school",))):
        return "school", Place(node_id=SCHOOL_ID, name="全校", title="全校")
    if not key:
        return Refusal(f"岗位“{ROLES[role].name_zh}”须填岗位节点", "请填写部门、专业、班级或课程的名称")
    places = [(level, known.places.get(level, {})) for level in levels]
    found = [(level, place) for level, named in places for place in named.get(key, ())]
    if len(found) > 1:
        titles = "、".join(place.title for _, place in found[:_NAMED])
        return Refusal(f"有 {len(found)} 处叫这个名称：{titles}", "请填写代码，或写成“系部/专业/名称”")
    if not found:
        names = {place.name for _, named in places for same in named.values() for place in same} if suggest else ()
        nearest = did_you_mean(text, names)
        return Refusal("没有这个节点", f"是否为“{nearest}”？" if nearest else "请核对名称；新的节点须先导入并计算指标")
    return found[0]


def read_known(connection: Connection) -> Known:
    """Everything a file may name, as the database has it now."""
    return Known(accounts=_accounts(connection), people=_people(connection), places=_places(connection))


def _accounts(connection: Connection) -> dict[str, KnownAccount]:
    posts: dict[int, list[Post]] = defaultdict(list)
    query = select(*POST_COLUMNS, PostRecord.account_id).select_from(PostRecord).outerjoin(Entity, NODE_OF_POST)
    for row in connection.execute(query).mappings():
        posts[row["account_id"]].append(post_of(row))
    columns = (
        Account.account_id, Account.username, Account.name, Account.person_kind, Account.person_id, Account.source,
        Account.disabled_at.is_not(None).label("is_disabled"), Account.password_hash.is_not(None).label("has_password"),
    )  # fmt: skip
    return {
        row["username"]: KnownAccount(**row, posts=tuple(posts.get(row["account_id"], ())))
        for row in connection.execute(select(*columns)).mappings()
    }


def _people(connection: Connection) -> dict[str, dict[str, list[Place]]]:
    found: dict[str, dict[str, list[Place]]] = {kind: defaultdict(list) for kind in PEOPLE}
    query = select(Entity.level, Entity.entity_id, Entity.code, Entity.name).where(Entity.level.in_(PEOPLE))
    for level, entity_id, code, name in connection.execute(query):
        found[level][normal_username(code)].append(Place(node_id=entity_id, name=name, title=f"{name}（{code}）"))
    return found


def _places(connection: Connection) -> dict[str, dict[str, list[Place]]]:
    rows = connection.execute(select(*Entity.__table__.c).where(Entity.level.in_(PLACES))).all()
    names = {(row.level, row.entity_id): row.name for row in rows}
    found: dict[str, dict[str, list[Place]]] = {level: defaultdict(list) for level in PLACES}
    for row in rows:
        above = [("dept", row.dept_id), ("major", row.major_id)]
        path = [names[place] for place in above if place in names and place != (row.level, row.entity_id)]
        title = "/".join([*path, row.name]) + (f"（{row.code}）" if row.code else "")
        place = Place(node_id=row.entity_id, name=row.name, title=title)
        called = {row.name, row.code, "/".join([*path, row.name]), *row.aliases.split(";")}
        for key in {plain(text) for text in called} - {""}:
            found[row.level][key].append(place)
    return found
