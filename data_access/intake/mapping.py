"""Mappings: which file of a source becomes which table, column by column. Pure values, read from YAML."""

from __future__ import annotations

import fnmatch
import hashlib
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

import sqlglot
import yaml

from data_access.contracts import Column, Contracts, Table, contracts
from data_access.errors import MappingError, UnknownNameError, suggestion
from data_access.intake.checks import Check, read_checks
from data_access.intake.parsers import PARSERS, Parser

MAPPINGS_DIRECTORY: Final = Path(__file__).with_name("mappings")
FORMATS: Final = ("csv", "xlsx", "parquet", "auto")
"""``auto`` goes by the file's ending."""
DEFAULT_PARSERS: Final = {"int": "int", "float": "float", "str": "text", "bool": "bool", "date": "date", "enum": "text"}
WAITS_FOR: Final = frozenset({"dim_student", "dim_offering", "dim_course", "dim_class"})
"""Parents that often arrive later than what names them; rows naming an unknown one wait by default."""

OnUnknown = Literal["quarantine", "refuse"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """One kind of file.

    Attributes:
        pattern: file name with ``*`` and ``?``; several files may match.
        sheet: worksheet of an XLSX file, None for the first.
        required: True where an import without such a file makes no sense.
        ignored_columns: headers that are known and deliberately not taken.
        columns: headers an SQL step needs; direct tables name theirs themselves.
    """

    name: str
    pattern: str
    format: str
    label: str = ""
    sheet: str | None = None
    required: bool = False
    ignored_columns: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()

    def matches(self, file_name: str) -> bool:
        """True where a file of that name is of this kind."""
        return fnmatch.fnmatchcase(file_name, self.pattern)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reference:
    """A cell that names a row of another table by one of its columns."""

    table: str
    by: str
    on_unknown: OnUnknown


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """How one column of a table is filled.

    Attributes:
        source: header in the file (or column of the SQL step); None for a constant.
        codes: cell text to contract value, applied before parsing.
        default: text taken where the cell is empty.
        limits: lowest and highest value allowed, either may be None.
        required: True where an empty cell is an error.
        optional: True where the file may lack the column.
    """

    column: Column
    source: str | None
    parser: Parser
    codes: Dictionary[str, str] = field(default_factory=dict)
    default: str | None = None
    constant: str | None = None
    limits: tuple[float | None, float | None] = (None, None)
    reference: Reference | None = None
    required: bool = False
    optional: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One table filled from one source, or from an SQL step over several.

    Attributes:
        key: columns of the natural key by which rows meet rows that exist.
        sources: what it is read from.
        sql: DuckDB SELECT over the sources by name; None where the one source is read as it stands.
    """

    table: Table
    sources: tuple[str, ...]
    sql: str | None
    key: tuple[str, ...]
    targets: tuple[Target, ...]
    note: str = ""
    checks: tuple[Check, ...] = ()

    def target(self, name: str) -> Target:
        """How the column of that name is filled."""
        return next(target for target in self.targets if target.column.name == name)

    def is_code(self, target: Target) -> bool:
        """True where the cell names or identifies a row, so that one way of writing it must be like another."""
        return target.reference is not None or target.column.name in self.key or target.parser.name == "code_id"


@dataclass(frozen=True, kw_only=True, slots=True)
class Mapping:
    """All files of one source system, and the tables they fill.

    Attributes:
        ignore: patterns of files that may lie beside and mean nothing.
        fingerprint: SHA-256 of the mapping's text.
    """

    name: str
    label: str
    description: str
    sources: tuple[Source, ...]
    entries: tuple[Entry, ...]
    ignore: tuple[str, ...] = ()
    fingerprint: str = ""

    def source(self, name: str) -> Source:
        """The source of that name."""
        return next(source for source in self.sources if source.name == name)

    def source_of(self, file_name: str) -> Source | None:
        """Which source a file belongs to, None for an unknown one."""
        return next((source for source in self.sources if source.matches(file_name)), None)

    def ignores(self, file_name: str) -> bool:
        """True for a file that is known to be no data."""
        return any(fnmatch.fnmatchcase(file_name, pattern) for pattern in self.ignore)


class _Block:
    """A YAML block being read: knows where it stands and collects what is wrong."""

    def __init__(self, where: str, content: Any, problems: list[str]) -> None:
        self.where = where
        self.problems = problems
        self.content: dict[str, Any] = content if isinstance(content, dict) else {}
        if not isinstance(content, dict):
            self.report("expected a block of names and values")

    def report(self, what: str) -> None:
        self.problems.append(f"{self.where}: {what}")

    def only(self, *known: str) -> None:
        for key in self.content:
            if key not in known:
                self.report(f"unknown entry {key!r}{suggestion(str(key), known)}")

    def text(self, key: str, default: str | None = None) -> str:
        value = self.content.get(key, default)
        if value is None:
            self.report(f"{key!r} is missing")
        return "" if value is None else str(value)

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.content.get(key) or []
        if not isinstance(value, list):
            self.report(f"{key!r} must be a list")
            return ()
        return tuple(str(item) for item in value)

    def blocks(self, key: str) -> dict[str, Any]:
        value = self.content.get(key)
        if not isinstance(value, dict) or not value:
            self.report(f"{key!r} must be a block of names")
            return {}
        return value


def parse_mapping(
    text: str, *, origin: str = "mapping", base: str | None = None, tables: Contracts | None = None
) -> Mapping:
    """A mapping from YAML, or one error that lists everything wrong with it.

    Args:
        text: the mapping.
        origin: what to call it in messages.
        base: text of the mapping it extends, whose sources and tables come first.
        tables: the contracts, by default those of the product.

    Raises:
        MappingError: unknown entries, tables, columns, parsers; keys that cannot work; and the like.
    """
    known = tables or contracts()
    problems: list[str] = []
    top = _Block(origin, _load(text, origin), problems)
    top.only("name", "label", "description", "extends", "ignore", "sources", "tables")
    beneath = {} if base is None else _load(base, origin)
    named = {**beneath.get("sources", {}), **top.blocks("sources")}
    sources = tuple(_source(name, block, problems) for name, block in named.items())
    listed = top.content.get("tables")
    if not isinstance(listed, list) or not listed:
        top.report("'tables' must list at least one table")
        listed = []
    listed = [*beneath.get("tables", []), *listed]
    entries = tuple(
        entry
        for number, block in enumerate(listed, start=1)
        if (entry := _entry(f"table {number}", block, {s.name: s for s in sources}, known, problems)) is not None
    )
    problems += _unusable_references(entries)
    mapping = Mapping(
        name=top.text("name"),
        label=top.text("label"),
        description=top.text("description", ""),
        sources=sources,
        entries=entries,
        ignore=top.texts("ignore"),
        fingerprint=hashlib.sha256(f"{base or ''}{text}".encode()).hexdigest(),
    )
    if problems:
        raise MappingError(f"{origin} has problems:\n" + "\n".join(f"  {problem}" for problem in problems))
    return mapping


def _load(text: str, origin: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise MappingError(f"{origin} is not valid YAML: {error}") from error


def _source(name: str, content: Any, problems: list[str]) -> Source:
    block = _Block(f"source {name}", content, problems)
    block.only("pattern", "format", "label", "sheet", "required", "ignored_columns", "columns")
    kind = block.text("format")
    if kind not in FORMATS:
        block.report(f"format must be one of {', '.join(FORMATS)}. Got {kind!r}")
    return Source(
        name=name,
        pattern=block.text("pattern"),
        format=kind,
        label=block.text("label", ""),
        sheet=block.content.get("sheet"),
        required=bool(block.content.get("required", False)),
        ignored_columns=block.texts("ignored_columns"),
        columns=block.texts("columns"),
    )


def _entry(
    where: str, content: Any, sources: Dictionary[str, Source], tables: Contracts, problems: list[str]
) -> Entry | None:
    block = _Block(where, content, problems)
    block.only("table", "from", "sql", "key", "columns", "note", "checks")
    name = block.text("table")
    if name not in tables:
        block.report(f"there is no table {name!r}{suggestion(name, tables)}")
        return None
    table = tables[name]
    block.where = name
    source, sql = block.content.get("from"), block.content.get("sql")
    if (source is None) == (sql is None):
        block.report("needs either 'from' (a source) or 'sql' (a SELECT over sources)")
    read = _tables_in(str(sql), block) if sql is not None else (str(source),)
    for unknown in sorted(set(read) - set(sources)):
        block.report(f"there is no source {unknown!r}{suggestion(unknown, sources)}")
    targets = tuple(
        target
        for column, item in block.blocks("columns").items()
        if (target := _target(table, str(column), item, tables, problems)) is not None
    )
    key = block.texts("key")
    filled = [target.column.name for target in targets]
    if not key:
        block.report("'key' must list the columns of the natural key")
    for column in key:
        if column not in filled:
            block.report(f"key column {column!r} is not filled{suggestion(column, filled)}")
    if table.key in filled and key != (table.key,):
        block.report(f"fills its primary key {table.key!r}, so that alone must be the key")
    if table.is_partitioned and table.time_key not in filled:
        block.report(f"must fill its time key {table.time_key!r}")
    # A key cell may never be empty, whether or not the mapping says so.
    targets = tuple(_require(target) if target.column.name in {*key, table.time_key} else target for target in targets)
    checks, faults = read_checks(block.content.get("checks"), {t.column.name: t.parser.sql_type for t in targets})
    for fault in faults:
        block.report(fault)
    note = block.text("note", "")
    return Entry(table=table, sources=read, sql=sql, key=key, targets=targets, note=note, checks=checks)


def _require(target: Target) -> Target:
    return replace(target, required=True)


def _tables_in(sql: str, block: _Block) -> tuple[str, ...]:
    try:
        tree = sqlglot.parse_one(sql, dialect="duckdb")
    except sqlglot.errors.ParseError as error:
        block.report(f"sql cannot be read: {error}")
        return ()
    local = {cte.alias for cte in tree.find_all(sqlglot.exp.CTE)}
    return tuple(sorted({table.name for table in tree.find_all(sqlglot.exp.Table) if table.name} - local))


def _target(table: Table, name: str, content: Any, tables: Contracts, problems: list[str]) -> Target | None:
    where = f"{table.name}.{name}"
    block = _Block(where, {"from": content} if isinstance(content, str) else content, problems)
    block.only("from", "parser", "codes", "default", "constant", "range", "ref", "required", "optional")
    try:
        column = table.column(name)
    except UnknownNameError as error:
        problems.append(str(error))
        return None
    source, constant = block.content.get("from"), block.content.get("constant")
    if (source is None) == (constant is None):
        block.report("needs either 'from' (a header) or 'constant'")
    reference = _reference(block, tables)
    parser = _parser(block, column, reference, tables)
    codes = {str(key): _plain(value) for key, value in (block.content.get("codes") or {}).items()}
    if column.type == "enum":
        for value in codes.values():
            if value not in column.enum:
                block.report(f"code leads to {value!r}, which is none of {'、'.join(column.enum)}")
    limits = block.content.get("range") or [None, None]
    if not isinstance(limits, list) or len(limits) != 2:
        block.report("range must be [lowest, highest]")
        limits = [None, None]
    default = block.content.get("default")
    return Target(
        column=column,
        source=None if source is None else str(source),
        parser=parser,
        codes=codes,
        default=None if default is None else _plain(default),
        constant=None if constant is None else _plain(constant),
        limits=(limits[0], limits[1]),
        reference=reference,
        required=bool(block.content.get("required", False)),
        optional=bool(block.content.get("optional", False)),
    )


def _plain(value: Any) -> str:
    # YAML reads 是 as text but true and 1 as values; cells are always text.
    return {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _reference(block: _Block, tables: Contracts) -> Reference | None:
    content = block.content.get("ref")
    if content is None:
        return None
    inner = _Block(f"{block.where} ref", content, block.problems)
    inner.only("table", "by", "on_unknown")
    table, by = inner.text("table"), inner.text("by")
    if table not in tables:
        inner.report(f"there is no table {table!r}{suggestion(table, tables)}")
        return None
    if by not in tables[table].column_names:
        inner.report(f"table {table!r} has no column {by!r}{suggestion(by, tables[table].column_names)}")
        return None
    on_unknown = inner.text("on_unknown", "quarantine" if table in WAITS_FOR else "refuse")
    if on_unknown not in {"quarantine", "refuse"}:
        inner.report(f"on_unknown must be quarantine or refuse. Got {on_unknown!r}")
    return Reference(table=table, by=by, on_unknown="quarantine" if on_unknown == "quarantine" else "refuse")


def _parser(block: _Block, column: Column, reference: Reference | None, tables: Contracts) -> Parser:
    named = tables[reference.table].column(reference.by) if reference is not None else column
    name = block.text("parser", DEFAULT_PARSERS[named.type])
    if name not in PARSERS:
        block.report(f"there is no parser {name!r}{suggestion(name, PARSERS)}")
        name = "text"
    elif named.type not in PARSERS[name].types:
        block.report(f"parser {name!r} cannot fill a column of type {named.type!r}")
    return PARSERS[name]


def _unusable_references(entries: tuple[Entry, ...]) -> list[str]:
    referenced = {target.reference.table for e in entries for target in e.targets if target.reference is not None}
    return [
        f"{entry.table.name}: is referred to by others, so its key column {name!r} must not itself be a reference"
        for entry in entries
        if entry.table.name in referenced
        for name in entry.key
        if name in {target.column.name for target in entry.targets} and entry.target(name).reference is not None
    ]


def read_mappings(directory: Path) -> dict[str, Mapping]:
    """All mappings of a directory by name.

    Raises:
        MappingError: any of them has problems, or is not named like its file.
    """
    texts = {path.stem: path.read_text(encoding="utf-8") for path in sorted(directory.glob("*.yaml"))}
    found: dict[str, Mapping] = {}
    for stem, text in texts.items():
        content = _load(text, f"{stem}.yaml")
        extends = content.get("extends") if isinstance(content, dict) else None
        if extends is not None and extends not in texts:
            raise MappingError(f"{stem}.yaml extends {extends!r}, which is not there{suggestion(str(extends), texts)}")
        mapping = parse_mapping(text, origin=f"{stem}.yaml", base=texts.get(str(extends)))
        if mapping.name != stem:
            raise MappingError(f"{stem}.yaml: its name must be {stem!r}. Got {mapping.name!r}")
        found[mapping.name] = mapping
    return found


@cache
def mappings() -> Dictionary[str, Mapping]:
    """The mappings that ship with the product, by name."""
    return read_mappings(MAPPINGS_DIRECTORY)
