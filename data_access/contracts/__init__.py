"""The table contracts: what every table of the lake holds, in which types, under which keys.

`tables.yaml` is the one place where a table is described; this module reads it into frozen values,
checks that the description is consistent and answers how tables reach one another.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import yaml

from data_access.access.privacy import Privacy, Topic
from data_access.errors import ContractError, UnknownNameError, suggestion

TABLES_FILE: Final = Path(__file__).with_name("tables.yaml")

ARROW_TYPES: Final[Mapping[str, pa.DataType]] = {
    "int": pa.int64(),
    "float": pa.float64(),
    "str": pa.string(),
    "bool": pa.bool_(),
    "date": pa.date32(),
    "enum": pa.string(),
}
KINDS: Final = ("dimension", "fact", "reference")
PRIVACY_CLASSES: Final = tuple(privacy.name_zh for privacy in Privacy)

BATCH_COLUMN: Final = "batch_id"
ROW_COLUMN: Final = "source_row"
PARTITION_COLUMN: Final = "term"
"""Technical columns of the lake: which import a row came with, its row there, its storage partition."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """One column of a table.

    Attributes:
        name: identifier used in formulas.
        label_zh: what the column is called on screen.
        type: one of `ARROW_TYPES`.
        enum: the allowed values of an ``enum`` column, in the order of the plans.
        references: table this column points at, or None.
        rolls_up: True where values may be summed along this reference; False for a mere role
            (``role_fk``), such as the head teacher of a class.
        is_key: True for the table's primary key.
        privacy: class of its values, that of the table where it says nothing else.
        topics: sensitive matters that its values tell of, whatever they are.
        topics_by_value: sensitive matter that a row tells of where this column has the value; other
            values make a row an ordinary one.
        tells_in: columns that tell it then; none means that the row as such does.
    """

    name: str
    label_zh: str
    type: str
    enum: tuple[str, ...] = ()
    references: str | None = None
    rolls_up: bool = False
    is_key: bool = False
    privacy: Privacy = Privacy.PUBLIC
    topics: frozenset[Topic] = frozenset()
    topics_by_value: Mapping[str, Topic] = field(default_factory=dict, hash=False)
    tells_in: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """One table of the lake: its columns and what one row stands for.

    Attributes:
        time_key: column that dates a fact, None for dimensions.
        is_snapshot: True where a row repeats the state at a time, so that only the latest counts.
        topics: sensitive matters that each of its rows tells of.
    """

    name: str
    label_zh: str
    kind: str
    grain: str
    rows_per_year: int
    source_system: str
    privacy: Privacy
    columns: tuple[Column, ...]
    time_key: str | None = None
    is_snapshot: bool = False
    topics: frozenset[Topic] = frozenset()
    note: str = ""

    @property
    def key(self) -> str:
        """Name of the primary key column."""
        return next(column.name for column in self.columns if column.is_key)

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the contract's columns, without the technical ones."""
        return tuple(column.name for column in self.columns)

    @property
    def is_partitioned(self) -> bool:
        """True where the lake stores the table by term."""
        return self.time_key in {"date_id", "term_id"}

    @property
    def row_topics(self) -> frozenset[Topic]:
        """The sensitive matters that a row of the table may tell of by being there."""
        return self.topics.union(*(c.topics_by_value.values() for c in self.columns if not c.tells_in))

    @property
    def all_topics(self) -> frozenset[Topic]:
        """Every sensitive matter that some row or column of the table tells of."""
        return self.topics.union(*(c.topics | frozenset(c.topics_by_value.values()) for c in self.columns))

    def column(self, name: str) -> Column:
        """The column of that name.

        Raises:
            UnknownNameError: there is none; the message proposes the nearest.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise UnknownNameError(f"Table {self.name!r} has no column {name!r}{suggestion(name, self.column_names)}")

    def arrow_schema(self, *, technical: bool = True) -> pa.Schema:
        """Arrow schema of the table; with `technical`, followed by batch, source row and partition."""
        fields = [pa.field(c.name, ARROW_TYPES[c.type], nullable=not c.is_key) for c in self.columns]
        if technical:
            fields += [pa.field(BATCH_COLUMN, pa.int64()), pa.field(ROW_COLUMN, pa.int64())]
            if self.is_partitioned:
                fields.append(pa.field(PARTITION_COLUMN, pa.int32()))
        return pa.schema(fields)


@dataclass(frozen=True, kw_only=True, slots=True)
class Hop:
    """One step along a foreign key: `table`.`column` points at the key of `target`."""

    table: str
    column: str
    target: str


class Contracts(Mapping[str, Table]):
    """All tables by name, and the paths between them."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self._tables = dict(tables)
        self._paths: dict[str, dict[str, tuple[Hop, ...]]] = {}

    def __getitem__(self, name: str) -> Table:
        try:
            return self._tables[name]
        except KeyError:
            raise UnknownNameError(f"There is no table {name!r}{suggestion(name, self._tables)}") from None

    def __contains__(self, name: object) -> bool:
        return name in self._tables

    def __iter__(self) -> Iterator[str]:
        return iter(self._tables)

    def __len__(self) -> int:
        return len(self._tables)

    def paths(self, table: str) -> Mapping[str, tuple[Hop, ...]]:
        """Every table that `table` reaches, with the shortest chain of rolling-up foreign keys.

        Of two chains of equal length the one that leaves through the earlier column wins
        (formula rules). The table itself is reached by the empty chain.
        """
        if table not in self._paths:
            found: dict[str, tuple[Hop, ...]] = {table: ()}
            queue = deque([table])
            while queue:
                here = queue.popleft()
                for column in self[here].columns:
                    target = column.references
                    if target is not None and column.rolls_up and target not in found:
                        found[target] = (*found[here], Hop(table=here, column=column.name, target=target))
                        queue.append(target)
            self._paths[table] = found
        return self._paths[table]


def parse_contracts(blocks: list[Mapping[str, Any]]) -> Contracts:
    """Contracts from parsed YAML, or one error that lists every inconsistency.

    Raises:
        ContractError: unknown type, missing key, dangling reference and the like, all at once.
    """
    problems: list[str] = []
    tables: dict[str, Table] = {}
    for block in blocks:
        name = str(block.get("name", "?"))
        missing = [f for f in ("zh", "kind", "grain", "privacy", "source_system", "columns") if not block.get(f)]
        if missing:
            problems.append(f"{name}: missing {', '.join(missing)}")
            continue
        if name in tables:
            problems.append(f"{name}: described twice")
        tables[name] = _table(name, block, problems)
    for table in tables.values():
        problems += _dangling(table, tables)
    if problems:
        raise ContractError("Table contracts are inconsistent:\n" + "\n".join(f"  {p}" for p in problems))
    return Contracts(tables)


def _table(name: str, block: Mapping[str, Any], problems: list[str]) -> Table:
    privacy = _privacy(name, block["privacy"], problems)
    columns = tuple(_column(name, item, privacy, problems) for item in block["columns"])
    names = [column.name for column in columns]
    problems += [f"{name}.{n}: column described twice" for n in sorted({n for n in names if names.count(n) > 1})]
    if sum(column.is_key for column in columns) != 1:
        problems.append(f"{name}: needs exactly one column with key pk")
    if block["kind"] not in KINDS:
        problems.append(f"{name}: kind must be one of {', '.join(KINDS)}. Got {block['kind']!r}")
    time_key = block.get("time_key")
    if time_key is not None and time_key not in names:
        problems.append(f"{name}: time_key {time_key!r} is not one of its columns{suggestion(time_key, names)}")
    if block["kind"] == "fact" and time_key is None:
        problems.append(f"{name}: a fact needs a time_key")
    table = Table(
        name=name,
        label_zh=block["zh"],
        kind=block["kind"],
        grain=block["grain"],
        rows_per_year=int(block.get("rows_per_year", 0)),
        source_system=block["source_system"],
        privacy=privacy,
        columns=columns,
        time_key=time_key,
        is_snapshot=bool(block.get("snapshot", False)),
        topics=_topics(name, block.get("topics", ()), problems),
        note=block.get("note", ""),
    )
    problems += _untold(table)
    return table


def _column(table: str, item: Mapping[str, Any], inherited: Privacy, problems: list[str]) -> Column:
    where = f"{table}.{item.get('name', '?')}"
    kind = item.get("type", "")
    if kind not in ARROW_TYPES:
        problems.append(f"{where}: type must be one of {', '.join(ARROW_TYPES)}. Got {kind!r}")
    if (kind == "enum") != bool(item.get("enum")):
        problems.append(f"{where}: an enum column, and only such, lists its values")
    key = str(item.get("key", ""))
    role, _, target = key.partition(":")
    if key and key != "pk" and role not in {"fk", "role_fk"}:
        problems.append(f"{where}: key must be pk, fk:<table> or role_fk:<table>. Got {key!r}")
    topics = item.get("topics", ())
    told = topics if isinstance(topics, Mapping) else {}
    strange = [value for value in told if value not in item.get("enum", ())]
    if strange:
        problems.append(f"{where}: topics are told by values of its enum. Got {', '.join(map(repr, strange))}")
    if item.get("topics_in") and not told:
        problems.append(f"{where}: topics_in belongs to topics that are told by values")
    return Column(
        name=str(item.get("name", "?")),
        label_zh=str(item.get("zh", "")),
        type=kind,
        enum=tuple(item.get("enum", ())),
        references=target or None,
        rolls_up=role == "fk",
        is_key=key == "pk",
        privacy=_privacy(where, item["privacy"], problems) if "privacy" in item else inherited,
        topics=_topics(where, () if told else topics, problems),
        topics_by_value={value: topic for value, name in told.items() for topic in _topics(where, [name], problems)},
        tells_in=tuple(item.get("topics_in", ())),
    )


def _privacy(where: str, name: str, problems: list[str]) -> Privacy:
    if name in PRIVACY_CLASSES:
        return Privacy.named(name)
    problems.append(f"{where}: privacy must be one of {', '.join(PRIVACY_CLASSES)}. Got {name!r}")
    return Privacy.SENSITIVE


def _topics(where: str, names: Iterable[str], problems: list[str]) -> frozenset[Topic]:
    known = [topic.value for topic in Topic]
    problems += [f"{where}: there is no topic {n!r}{suggestion(n, known)}" for n in names if n not in known]
    return frozenset(Topic(name) for name in names if name in known)


def _untold(table: Table) -> list[str]:
    """What is called sensitive without saying of what, or tells of a matter without being called sensitive."""
    tellers = [column for column in table.columns if column.topics_by_value]
    problems = [
        f"{table.name}.{teller.name}: topics_in names {name!r}, which is no column{suggestion(name, table.column_names)}"
        for teller in tellers
        for name in teller.tells_in
        if name not in table.column_names
    ]
    if bool(table.all_topics) != (table.privacy is Privacy.SENSITIVE):
        problems.append(f"{table.name}: a table is 敏感 if and only if it, or a column of it, has topics")
    by_row = bool(table.topics) or any(not teller.tells_in for teller in tellers)
    named = {name for teller in tellers for name in teller.tells_in}
    for column in table.columns:
        is_told = by_row or bool(column.topics) or column.name in named
        if is_told != (column.privacy is Privacy.SENSITIVE):
            problems.append(f"{table.name}.{column.name}: a column is 敏感 if and only if topics are told by it")
    return problems


def _dangling(table: Table, tables: Mapping[str, Table]) -> list[str]:
    return [
        f"{table.name}.{column.name}: refers to unknown table {column.references!r}{suggestion(column.references, tables)}"
        for column in table.columns
        if column.references is not None and column.references not in tables
    ]


@cache
def contracts() -> Contracts:
    """The contracts of this product, read once."""
    return parse_contracts(yaml.safe_load(TABLES_FILE.read_text(encoding="utf-8")))
