"""How confidential an indicator is, as follows from the columns, tables and filters that its formula reads.

A figure about a group is 公开 where everything it is made of is, else 内部: adding people up takes the names
away. It is 敏感 where the rows or columns it reads tell of a sensitive matter (`Topic`); which rows those
are may be told by a column, such as the type of an event, and then a filter on that column leaves the
other matters out. The library may say that an indicator is more confidential than that, never less.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlglot import exp, parse_one

from data_access.access.privacy import Privacy, Topic
from data_access.contracts import PRIVACY_CLASSES, Column, Contracts, Table
from data_access.errors import suggestion
from indicators.formula import DIALECT, Aggregate, Fault, Formula

Expression = exp.Expr | None


@dataclass(frozen=True, kw_only=True)
class Classification:
    """What an indicator tells, and why.

    Attributes:
        privacy: class of the figure for a group of people.
        topics: the sensitive matters, each with what in the formula tells it.
        row_topics: matters that the number of all rows it reads tells of, before any filter.
    """

    privacy: Privacy
    topics: Mapping[Topic, str]
    row_topics: frozenset[Topic] = frozenset()


def classify(formula: Formula, contracts: Contracts) -> Classification:
    """The class and topics that follow from a checked formula."""
    topics: dict[Topic, str] = {}
    row_topics: frozenset[Topic] = frozenset()
    is_public = True
    for aggregate in formula.aggregates:
        tables = [contracts[name] for name in (aggregate.table, *aggregate.dimensions)]
        row_topics = row_topics.union(*(table.row_topics for table in tables))
        if not any(table.all_topics for table in tables):
            is_public &= _is_public(aggregate, tables)
            continue
        is_public = False
        argument, condition = _parsed(aggregate.argument), _parsed(aggregate.condition)
        for table in tables:
            read = _columns(table, argument, condition)
            for topic, why in _told(table, read, condition):
                topics.setdefault(topic, why)
    if topics:
        return Classification(privacy=Privacy.SENSITIVE, topics=topics, row_topics=row_topics)
    return Classification(
        privacy=Privacy.PUBLIC if is_public else Privacy.INTERNAL, topics=topics, row_topics=row_topics
    )


def with_declaration(
    derived: Classification, privacy: str | None, topics: Iterable[str] | None
) -> tuple[Privacy, frozenset[Topic], tuple[Fault, ...]]:
    """Class and topics of an indicator whose block declares some itself, and what is wrong with the declaration.

    Args:
        privacy: the field ``privacy`` of the block, a class by its Chinese name; None where it is absent.
        topics: likewise the field ``topics``.
    """
    own = frozenset(derived.topics)
    listed = None if topics is None else list(topics)
    faults = [_unknown_topic(name) for name in listed or () if name not in set(Topic)]
    if privacy is not None and privacy not in PRIVACY_CLASSES:
        faults.append(Fault(privacy, f"privacy must be one of {', '.join(PRIVACY_CLASSES)}.", "Use one of these."))
    if faults:
        return derived.privacy, own, tuple(faults)
    declared = frozenset(Topic(name) for name in listed or ())
    wanted = None if privacy is None else Privacy.named(privacy)
    needed = Privacy.SENSITIVE if declared else derived.privacy
    if wanted is not None and wanted < needed:
        reason = "; ".join(f"{topic}: {why}" for topic, why in derived.topics.items()) or "its topics or its formula"
        faults.append(
            Fault(
                wanted.name_zh,
                f"privacy {wanted.name_zh} is less than what the indicator tells ({reason}).",
                f"Write 'privacy: {needed.name_zh}', or leave the field out.",
            )
        )
    if listed is not None and own - declared:
        left_out = "; ".join(f"{topic}: {derived.topics[topic]}" for topic in sorted(own - declared))
        faults.append(
            Fault(
                ", ".join(map(str, listed)) or "topics",
                f"topics leave out what the formula tells ({left_out}).",
                f"Write 'topics: [{', '.join(sorted(own | declared))}]', or leave the field out.",
            )
        )
    if wanted is Privacy.SENSITIVE and not own | declared:
        faults.append(
            Fault("敏感", "The indicator is called 敏感, but not of what.", f"Add 'topics: […]': {', '.join(Topic)}.")
        )
    return max(needed, wanted or needed), own | declared, tuple(faults)


def _unknown_topic(name: object) -> Fault:
    nearest = suggestion(str(name), [topic.value for topic in Topic])
    return Fault(str(name), f"There is no topic {name!r}{nearest}", f"Use some of {', '.join(Topic)}.")


def _is_public(aggregate: Aggregate, tables: list[Table]) -> bool:
    """True where the rows counted are public, and so is every column looked at."""
    if tables[0].privacy is not Privacy.PUBLIC:
        return False
    if all(column.privacy is Privacy.PUBLIC for table in tables for column in table.columns):
        return True
    parts = (_parsed(aggregate.argument), _parsed(aggregate.condition))
    return all(table.column(name).privacy is Privacy.PUBLIC for table in tables for name in _columns(table, *parts))


def _parsed(sql: str) -> Expression:
    return parse_one(sql, dialect=DIALECT) if sql else None


def _columns(table: Table, *parts: Expression) -> frozenset[str]:
    """Names of the columns of a table that an aggregate looks at."""
    return frozenset(
        column.name
        for part in parts
        if part is not None
        for column in part.find_all(exp.Column)
        if column.table == table.name
    )


def _told(table: Table, read: frozenset[str], condition: Expression) -> Iterable[tuple[Topic, str]]:
    """The sensitive matters told by the rows and columns of one table, each with the reason."""
    for topic in sorted(table.topics):
        yield topic, f"every row of {table.name}"
    for column in table.columns:
        if column.name in read:
            for topic in sorted(column.topics):
                yield topic, f"column {table.name}.{column.name}"
        if column.topics_by_value and (not column.tells_in or read & frozenset(column.tells_in)):
            possible = _Teller(table.name, column).possible(condition)
            for value, topic in column.topics_by_value.items():
                if value in possible:
                    yield topic, f"rows where {table.name}.{column.name} may be {value}"


@dataclass(frozen=True)
class _Teller:
    """Which values a telling column may have in rows that meet a condition."""

    table: str
    column: Column

    def possible(self, condition: Expression) -> frozenset[str]:
        """The values; all of them where the condition does not settle it."""
        everything = frozenset(self.column.enum)
        match condition:
            case exp.Paren():
                return self.possible(condition.this)
            case exp.And():
                return self.possible(condition.left) & self.possible(condition.right)
            case exp.Or():
                return self.possible(condition.left) | self.possible(condition.right)
            case exp.Not():
                return everything - (self.named(condition.this) or frozenset())
            case exp.NEQ():
                return everything - (self.compared(condition.this, condition.expression) or frozenset())
        named = self.named(condition)
        return everything if named is None else named

    def named(self, node: Expression) -> frozenset[str] | None:
        """The values for which a comparison of the column with text holds; None for any other expression."""
        match node:
            case exp.Paren():
                return self.named(node.this)
            case exp.EQ():
                return self.compared(node.this, node.expression)
            case exp.In() if self.is_own(node.this) and node.expressions and all(map(_is_text, node.expressions)):
                return frozenset(item.name for item in node.expressions)
        return None

    def compared(self, left: exp.Expr, right: exp.Expr) -> frozenset[str] | None:
        """The one value that makes both sides equal, if one side is the column and the other is text."""
        if self.is_own(right):
            left, right = right, left
        return frozenset({right.name}) if self.is_own(left) and _is_text(right) else None

    def is_own(self, node: exp.Expr) -> bool:
        """True for the telling column itself."""
        return isinstance(node, exp.Column) and (node.table, node.name) == (self.table, self.column.name)


def _is_text(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) and bool(node.is_string)
