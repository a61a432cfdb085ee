"""``docs/access.md`` from the rules: which role may do what, and reads which rows about what, with the reasons."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from data_access.access.permissions import Permission
from data_access.access.privacy import SMALLEST_GROUP, Privacy, Topic
from data_access.access.roles import ROLES, Role
from data_access.access.rules import ALLOWANCES, LEVELS, RESTRICTIONS, Reach, permissions_of, reaches_of
from docs.markdown import cell, code, table
from indicators.library import Library

_OPENING: Final = f"""\
# Who may see what

<!-- Written by `make docs` from data_access/access/rules.py and the indicator library. Do not edit. -->

What no rule gives, nobody has. A person holds **posts**: a role at a node of the organisation, from a day to a day. What
the posts held today give unites; what is restricted below stays restricted. Rules are data with their reasons in
`data_access/access/rules.py`; pages, exports and the command line ask through readers that take a scope
([ADR 0010](adr/0010-rules-scopes-and-posts.md)).

- A **permission** lets a role open a page or do something; it gives no row.
- A **reach** gives rows of some levels: those at and below the node of the post, those of the whole college, or the
  students in the psychology centre's care. `roster` is one student in one offering; `account` and `audit` are the
  platform's own records.
- The **most confidential class** holds for figures that are not sensitive: of one person every figure is at least
  {Privacy.PERSONAL.name_zh}.
- **Sensitive matters** ({", ".join(Topic)}) are read of named persons and of small groups only where the reach names them.
  *Groups* means that figures of groups may tell of any of them, while small groups are withheld: fewer than
  {SMALLEST_GROUP} people must not be told apart, also not by subtraction
  ([ADR 0011](adr/0011-privacy-classes-and-small-groups.md)). What tells of nothing but a matter that is restricted
  *of groups too* is left out.
"""


def render(library: Library) -> str:
    """The whole page as Markdown."""
    lines = [_OPENING, *_permissions(), *_rows(), *_restrictions(), *_sensitive(library)]
    return "\n".join(lines)


def _permissions() -> Iterator[str]:
    yield "## Permissions"
    yield ""
    yield from table(
        ("permission", "中文", "roles", "reason"),
        (
            (code(item.permission), item.permission.name_zh, _roles(item.roles), cell(item.reason))
            for item in ALLOWANCES
        ),
    )
    yield "## Roles and permissions"
    yield ""
    yield from table(
        ("role", "中文", "held at", *(code(permission) for permission in Permission)),
        (
            (
                code(role),
                info.name_zh,
                ", ".join(info.nodes) + ("; alone" if info.is_exclusive else ""),
                *("✓" if permission in permissions_of([role]) else "" for permission in Permission),
            )
            for role, info in ROLES.items()
        ),
    )


def _rows() -> Iterator[str]:
    yield "## Roles and rows"
    yield ""
    header = ("role", "levels", "rows", "most confidential", "sensitive matters", "limits", "reason")
    yield from table(header, (_reach(reach) for role in Role for reach in reaches_of(role)))
    without = [role for role in Role if not reaches_of(role)]
    yield f"Without any row: {_roles(without)}."
    yield ""


def _reach(reach: Reach) -> tuple[str, ...]:
    order = ("school", "dept", "major", "class", "course", "offering", "roster", "teacher", "student")
    limits = ["own duties"] if reach.own_duties else []
    limits += ["these matters only"] if reach.only_topics else []
    matters = [topic.value for topic in Topic if topic in reach.topics]
    matters += ["groups"] if reach.sensitive_groups else []
    return (
        ROLES[reach.role].name_zh,
        ", ".join(level for level in (*order, *sorted(LEVELS - {*order})) if level in reach.levels),
        reach.rows.value,
        reach.ceiling.name_zh,
        "、".join(matters),
        ", ".join(limits),
        cell(reach.reason),
    )


def _restrictions() -> Iterator[str]:
    yield "## Restrictions"
    yield ""
    yield "Sensitive matters that nobody else ever reads of a named person, whatever the rules above say. Where it holds"
    yield "*of groups too*, nobody else reads of a group what tells of this matter alone."
    yield ""
    yield from table(
        ("matter", "roles", "of groups too", "reason"),
        ((item.topic, _roles(item.roles), "yes" if item.of_groups else "", cell(item.reason)) for item in RESTRICTIONS),
    )


def _sensitive(library: Library) -> Iterator[str]:
    found = [indicator for indicator in library if indicator.topics]
    yield "## Sensitive indicators"
    yield ""
    yield f"{len(found)} of {len(library)} indicators, as follows from what their formulas read."
    yield ""
    yield from table(
        ("code", "name", "sensitive matters", "department that answers for it"),
        ((code(i.code), cell(i.name_zh), "、".join(sorted(i.topics)), cell(i.definition["department"])) for i in found),
    )


def _roles(roles: Iterable[Role]) -> str:
    held = frozenset(roles)
    return "、".join(info.name_zh for role, info in ROLES.items() if role in held)
