"""SQL that reads facts: one SELECT per table, period kind and finest key, for all parts at once.

Only these statements touch the facts, so only they have to run on the engine of the lake; they are
written in DuckDB's words and translated by sqlglot for any other engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import sqlglot

from data_access.contracts import Contracts
from data_access.engines import quoted
from indicators.compile import Part, PartKind, Source, needed_hops, reached_levels
from indicators.formula import DIALECT
from indicators.model import LEVEL_TABLES, Level
from indicators.periods import Assignment

TIME_MAP = "period_of"


@dataclass(frozen=True, kw_only=True, slots=True)
class AdditiveScan:
    """Parts that add up, per value of one foreign key and period.

    Columns: ``entity_id`` (null for rows without the key), ``period_id``, ``n`` (rows) and the
    columns of `part_columns` for each part. All are doubles: counts stay exact up to 2^53, and sums of
    whole numbers would be kept in 128 bits.
    """

    source: Source
    key: str | None
    parts: tuple[Part, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class DistinctScan:
    """Distinct counts per entity of one level and period: ``entity_id``, ``period_id``, one column a part."""

    source: Source
    level: Level
    parts: tuple[Part, ...]


def graded_key(table: str, contracts: Contracts) -> tuple[str, Level] | None:
    """The key column of a table that settles a row's grade year, and whose it is: a student's or a class's."""
    hops = contracts.paths(table).get("dim_class", ())
    if not hops:
        return None
    owner = {"dim_student": Level.STUDENT, "dim_class": Level.CLASS}.get(hops[0].target)
    return None if owner is None else (hops[0].column, owner)


def ungraded(part: Part) -> Part:
    """The same part over the rows of all grades."""
    return replace(part, grades=())


def part_columns(part: Part, position: int) -> tuple[str, ...]:
    """Columns a part occupies in a scan; a deviation needs three that add up."""
    name = f"a{position}"
    return (f"{name}n", f"{name}s", f"{name}q") if part.kind is PartKind.STDDEV else (name,)


def scan_keys(table: str, contracts: Contracts) -> tuple[str | None, ...]:
    """Columns to group a table by so that every level can be rolled up from one of the scans."""
    paths = contracts.paths(table)
    if table in LEVEL_TABLES.values():
        return (contracts[table].key,)
    firsts = dict.fromkeys(
        paths[LEVEL_TABLES[v]][0].column for v in reached_levels(table, contracts) if v is not Level.SCHOOL
    )
    return tuple(firsts) or (None,)


def additive_sql(scan: AdditiveScan, times: Sequence[Assignment], contracts: Contracts, dialect: str) -> str:
    """The statement of a scan of parts that add up."""
    columns = [
        f"{sql} AS {name}"
        for position, part in enumerate(scan.parts)
        for sql, name in zip(_aggregates(part), part_columns(part, position), strict=True)
    ]
    key = "NULL" if scan.key is None else f"{scan.source.table}.{scan.key}"
    return _statement(
        scan.source,
        [f"CAST({key} AS BIGINT) AS entity_id", f"{TIME_MAP}.period_id", "CAST(COUNT(*) AS DOUBLE) AS n", *columns],
        scan.parts,
        times,
        contracts,
        dialect,
    )


def distinct_sql(scan: DistinctScan, times: Sequence[Assignment], contracts: Contracts, dialect: str) -> str:
    """The statement of a scan of distinct counts at one level."""
    table = scan.source.table
    if scan.level is Level.SCHOOL:
        key, through = "1", None
    else:
        hops = contracts.paths(table)[LEVEL_TABLES[scan.level]]
        key = f"{hops[-1].table}.{hops[-1].column}" if hops else f"{table}.{contracts[table].key}"
        through = hops[-1].table if hops else None
    columns = [
        f"COUNT(DISTINCT {part.argument}){_filter(part)} AS a{position}" for position, part in enumerate(scan.parts)
    ]
    return _statement(
        scan.source,
        [f"CAST({key} AS BIGINT) AS entity_id", f"{TIME_MAP}.period_id", *columns],
        scan.parts,
        times,
        contracts,
        dialect,
        through=through,
    )


def _statement(
    source: Source,
    select: Sequence[str],
    parts: Sequence[Part],
    times: Sequence[Assignment],
    contracts: Contracts,
    dialect: str,
    through: str | None = None,
) -> str:
    table = source.table
    targets = dict.fromkeys(name for part in parts for name in part.dimensions)
    if any(part.grades for part in parts):
        targets["dim_class"] = None
    if through is not None and through != table:
        targets[through] = None
    joins = [
        f"LEFT JOIN {target} ON {owner}.{column} = {target}.{contracts[target].key}"
        for owner, column, target in needed_hops(table, tuple(targets), contracts)
    ]
    time_key = time_column(table, contracts)
    lines = [f"SELECT {', '.join(select)}", f"FROM {table}"]
    values = ", ".join(f"({_literal(t.time_key)}, {t.period_id}, {t.acad_start})" for t in times) or "(NULL, 0, 0)"
    relation = f"(VALUES {values}) AS {TIME_MAP}(time_key, period_id, acad_start)"
    if time_key is None:
        lines.append(f"CROSS JOIN {relation}")
    else:
        lines.append(f"JOIN {relation} ON {table}.{time_key} = {TIME_MAP}.time_key")
    lines += joins
    if time_key is not None and times:
        # The bounds let the engine skip row groups and files by their statistics.
        first, last = min(t.time_key for t in times), max(t.time_key for t in times)
        lines.append(f"WHERE {table}.{time_key} BETWEEN {_literal(first)} AND {_literal(last)}")
    lines.append("GROUP BY 1, 2")
    sql = "\n".join(lines)
    return sql if dialect == DIALECT else sqlglot.transpile(sql, read=DIALECT, write=dialect)[0]


def time_column(table: str, contracts: Contracts) -> str | None:
    """The column that dates a table's rows; a dimension is dated by a foreign key to term or day."""
    contract = contracts[table]
    if contract.time_key is not None:
        return contract.time_key
    for column in contract.columns:
        if column.references in {"dim_term", "dim_date"} and column.rolls_up and not column.is_key:
            return column.name
    return None


def _literal(key: int | str) -> str:
    return quoted(key) if isinstance(key, str) else str(key)


def _filter(part: Part) -> str:
    conditions = [part.condition] if part.condition else []
    if part.grades:
        listed = ", ".join(str(grade) for grade in part.grades)
        conditions.append(f"({TIME_MAP}.acad_start - dim_class.grade_year + 1) IN ({listed})")
    return f" FILTER (WHERE {' AND '.join(f'({c})' for c in conditions)})" if conditions else ""


def _aggregates(part: Part) -> tuple[str, ...]:
    where = _filter(part)
    number = f"CAST({part.argument} AS DOUBLE)"
    match part.kind:
        case PartKind.COUNT:
            return (f"CAST(COUNT({part.argument or '*'}){where} AS DOUBLE)",)
        case PartKind.SUM:
            return (f"SUM({number}){where}",)
        case PartKind.MAX:
            return (f"MAX({number}){where}",)
        case PartKind.STDDEV:
            return (
                f"CAST(COUNT({part.argument}){where} AS DOUBLE)",
                f"SUM({number}){where}",
                f"SUM({number} * {number}){where}",
            )
        case PartKind.DISTINCT:
            raise AssertionError("distinct counts have scans of their own")
