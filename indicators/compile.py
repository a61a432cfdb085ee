"""From a library to a plan of work: which aggregates are computed once, stored where, and combined how.

Indicators that read the same tables over the same kind of period form a *family*. A family stores
one row per entity and period with the aggregates ("parts") its indicators need; equal aggregates are
stored once. A value is an expression over these parts, divided last, so that the same stored row
serves every indicator of the family (ADR 0003).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from data_access.contracts import Contracts
from data_access.database.models import SLOTS
from indicators.formula import Absolute, Aggregate, Formula, Function, Node, Number, Operation, walk
from indicators.library import Library
from indicators.model import LEVEL_TABLES, Indicator, Level, PeriodKind, Window

Expression = float | str | list[Any]
"""A number, a part such as ``p03``, or ``[operator, operand, …]`` with ``+ - * /`` and ``abs``; plain JSON."""


class PartKind(StrEnum):
    """How a part is made from rows and how parts of finer entities combine."""

    COUNT = "count"
    """Rows, or non-null values of the argument; adds up."""
    SUM = "sum"
    """Sum of the argument; adds up."""
    MAX = "max"
    """Largest argument; the largest of the largest."""
    STDDEV = "stddev"
    """Sample deviation; made last, from count, sum and sum of squares, which add up."""
    DISTINCT = "distinct"
    """Distinct arguments; does not add up, counted anew at every level."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One aggregate over one table, restricted to the grades an indicator applies to."""

    table: str
    kind: PartKind
    argument: str
    condition: str
    dimensions: tuple[str, ...]
    grades: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """One table read for one kind of period: the unit of scanning."""

    table: str
    kind: PeriodKind
    window: Window
    lag_years: int


@dataclass(frozen=True, kw_only=True)
class Family:
    """Indicators whose parts are stored in one row per entity and period.

    Attributes:
        family_id: number under which rows are stored; follows from the library alone.
        parts: the stored parts; the position is the slot.
        levels: entity levels that all tables of the family reach.
        has_plain: True where some indicator is a plain count or sum, so that entities without rows get 0.
    """

    family_id: int
    kind: PeriodKind
    window: Window
    lag_years: int
    tables: tuple[str, ...]
    parts: tuple[Part, ...]
    levels: tuple[Level, ...]
    has_plain: bool

    def source(self, table: str) -> Source:
        """What the family reads of one of its tables."""
        return Source(table=table, kind=self.kind, window=self.window, lag_years=self.lag_years)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How one indicator's value is made for one kind of period.

    Attributes:
        so_far: True for the weekly running values of a term indicator, which are shown but never graded.
    """

    code: str
    kind: PeriodKind
    so_far: bool
    family_id: int
    levels: tuple[Level, ...]
    value: Expression
    numerator: Expression | None
    denominator: Expression | None


@dataclass(frozen=True, kw_only=True)
class Compiled:
    """Everything the engine needs of a library."""

    library: Library
    families: tuple[Family, ...]
    plans: tuple[Plan, ...]

    @property
    def parts_by_source(self) -> Mapping[Source, tuple[Part, ...]]:
        """The distinct parts wanted of every source, over all families."""
        wanted: dict[Source, dict[Part, None]] = defaultdict(dict)
        for family in self.families:
            for part in family.parts:
                wanted[family.source(part.table)][part] = None
        return {source: tuple(parts) for source, parts in wanted.items()}


_FUNCTION_PARTS: Final[Mapping[Function, tuple[PartKind, ...]]] = {
    Function.COUNT: (PartKind.COUNT,),
    Function.COUNT_DISTINCT: (PartKind.DISTINCT,),
    Function.SUM: (PartKind.SUM,),
    Function.AVG: (PartKind.SUM, PartKind.COUNT),
    Function.MAX: (PartKind.MAX,),
    Function.STDDEV: (PartKind.STDDEV,),
}


def reached_levels(table: str, contracts: Contracts) -> tuple[Level, ...]:
    """Levels whose entities the rows of `table` belong to, the school always among them."""
    paths = contracts.paths(table)
    return (Level.SCHOOL, *(level for level, dimension in LEVEL_TABLES.items() if dimension in paths))


@dataclass
class _Group:
    """A family in the making."""

    parts: dict[Part, int] = field(default_factory=dict)
    members: list[tuple[Indicator, Formula]] = field(default_factory=list)

    def fits(self, parts: Iterable[Part]) -> bool:
        return len({*self.parts, *parts}) <= SLOTS

    def add(self, indicator: Indicator, formula: Formula, parts: Iterable[Part]) -> None:
        for part in parts:
            self.parts.setdefault(part, len(self.parts))
        self.members.append((indicator, formula))


_Key = tuple[PeriodKind, Window, int, tuple[str, ...]]


def compile_library(library: Library, contracts: Contracts) -> Compiled:
    """The plan of work of a library; the same library always gives the same plan."""
    groups: dict[_Key, list[_Group]] = defaultdict(list)
    for indicator in library:
        formula = library.formulas[indicator.code]
        keys: list[_Key] = [(indicator.period, indicator.window, indicator.lag_years, formula.tables)]
        if _has_so_far(indicator, formula, contracts):
            keys.append((PeriodKind.WEEK, Window.TERM_TO_DATE, 0, formula.tables))
        parts = tuple(dict.fromkeys(p for a in formula.aggregates for p in _parts(a, indicator, contracts)))
        for key in keys:
            group = next((g for g in groups[key] if g.fits(parts)), None)
            if group is None:
                group = _Group()
                groups[key].append(group)
            group.add(indicator, formula, parts)
    families: list[Family] = []
    plans: list[Plan] = []
    for key in sorted(groups):
        for group in groups[key]:
            family = _family(len(families) + 1, key, group, contracts)
            families.append(family)
            plans += [_plan(indicator, formula, family, group.parts, contracts) for indicator, formula in group.members]
    return Compiled(library=library, families=tuple(families), plans=tuple(sorted(plans, key=lambda p: p.code)))


def _has_so_far(indicator: Indicator, formula: Formula, contracts: Contracts) -> bool:
    return (
        indicator.period is PeriodKind.TERM
        and indicator.window is Window.NONE
        and all(contracts[t].time_key == "date_id" and not contracts[t].is_snapshot for t in formula.tables)
    )


def _family(number: int, key: _Key, group: _Group, contracts: Contracts) -> Family:
    kind, window, lag_years, tables = key
    levels = set(Level)
    for table in tables:
        levels &= set(reached_levels(table, contracts))
    if window is Window.TERM_TO_DATE:
        levels -= {Level.STUDENT}  # the running term's value of a student already is the value so far
    return Family(
        family_id=number,
        kind=kind,
        window=window,
        lag_years=lag_years,
        tables=tables,
        parts=tuple(group.parts),
        levels=tuple(sorted(levels)),
        has_plain=any(formula.is_plain for _, formula in group.members),
    )


def _plan(
    indicator: Indicator, formula: Formula, family: Family, slots: Mapping[Part, int], contracts: Contracts
) -> Plan:
    def expression(node: Node) -> Expression:
        match node:
            case Number():
                return node.value
            case Absolute():
                return ["abs", expression(node.of)]
            case Operation():
                return [node.operator, expression(node.left), expression(node.right)]
            case Aggregate():
                names = [f"p{slots[part]:02d}" for part in _parts(node, indicator, contracts)]
                return ["/", *names] if node.function is Function.AVG else names[0]

    numerator, denominator = _fraction(formula, expression)
    return Plan(
        code=indicator.code,
        kind=family.kind,
        so_far=family.window is Window.TERM_TO_DATE,
        family_id=family.family_id,
        levels=family.levels,
        value=expression(formula.root),
        numerator=numerator,
        denominator=denominator,
    )


def _fraction(formula: Formula, expression: Any) -> tuple[Expression | None, Expression | None]:
    """Numerator and denominator where the formula has exactly one fraction; constant factors left out."""
    divisions = [n for n in walk(formula.root) if isinstance(n, Operation) and n.operator == "/"]
    averages = [a for a in walk(formula.root) if isinstance(a, Aggregate) and a.function is Function.AVG]
    if len(divisions) == 1:
        return expression(_without_factors(divisions[0].left)), expression(divisions[0].right)
    if not divisions and len(averages) == 1:
        _, total, count = expression(averages[0])
        return total, count
    if formula.is_plain:
        return expression(formula.root), None
    return None, None


def _without_factors(node: Node) -> Node:
    if isinstance(node, Operation) and node.operator == "*":
        if isinstance(node.left, Number):
            return _without_factors(node.right)
        if isinstance(node.right, Number):
            return _without_factors(node.left)
    return node


def _parts(aggregate: Aggregate, indicator: Indicator, contracts: Contracts) -> tuple[Part, ...]:
    graded = "dim_class" in contracts.paths(aggregate.table)
    return tuple(
        Part(
            table=aggregate.table,
            kind=kind,
            argument=aggregate.argument,
            condition=aggregate.condition,
            dimensions=aggregate.dimensions,
            grades=indicator.applies_grades if graded else (),
        )
        for kind in _FUNCTION_PARTS[aggregate.function]
    )


def needed_hops(table: str, targets: Sequence[str], contracts: Contracts) -> tuple[tuple[str, str, str], ...]:
    """Joins ``(table, column, target)`` that bring `targets` to the rows of `table`, each once, in order."""
    hops = {(h.table, h.column, h.target): None for target in targets for h in contracts.paths(table)[target]}
    return tuple(hops)
