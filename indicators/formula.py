"""From the text of a formula to a checked value: arithmetic over aggregates, each over one table.

A formula is written in SQL's words, for example
``100 * COUNT(t.*) FILTER (WHERE t.status = '准时') / COUNT(t.*)``. `parse_formula` accepts numbers,
``+ - * /``, ``ABS`` and the aggregates ``COUNT``, ``COUNT(DISTINCT …)``, ``SUM``, ``AVG``, ``MAX`` and
``STDDEV_SAMP``; a filter may name columns of the aggregate's table and of tables it reaches over
rolling-up foreign keys. Everything wrong with a formula is reported at once.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlglot import errors, exp, parse_one

from data_access.contracts import Contracts
from data_access.errors import did_you_mean
from indicators.operands import NUMBER, OperandChecker

DIALECT: Final = "duckdb"


class Function(StrEnum):
    """The aggregates a formula may use."""

    COUNT = "COUNT"
    COUNT_DISTINCT = "COUNT(DISTINCT)"
    SUM = "SUM"
    AVG = "AVG"
    MAX = "MAX"
    STDDEV = "STDDEV_SAMP"


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One aggregate over one table.

    Attributes:
        table: the table it reads.
        function: which aggregate.
        argument: SQL of what is aggregated, with full column names; empty for ``COUNT(table.*)``.
        condition: SQL of the FILTER clause, empty where there is none.
        dimensions: other tables whose columns argument or condition name.
    """

    table: str
    function: Function
    argument: str = ""
    condition: str = ""
    dimensions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Number:
    """A literal."""

    value: float


@dataclass(frozen=True, slots=True)
class Absolute:
    """``ABS(of)``."""

    of: Node


@dataclass(frozen=True, slots=True)
class Operation:
    """``left operator right`` with one of ``+ - * /``."""

    operator: str
    left: Node
    right: Node


Node = Number | Aggregate | Absolute | Operation


@dataclass(frozen=True, slots=True)
class Formula:
    """A checked formula."""

    root: Node

    @property
    def aggregates(self) -> tuple[Aggregate, ...]:
        """All distinct aggregates, in the order of first appearance."""
        return tuple(dict.fromkeys(n for n in walk(self.root) if isinstance(n, Aggregate)))

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables aggregated over, sorted."""
        return tuple(sorted({a.table for a in self.aggregates}))

    @property
    def is_plain(self) -> bool:
        """True for sums of counts and sums: no rows then means 0, where the period has been loaded."""
        return all(not isinstance(n, Operation) or n.operator != "/" for n in walk(self.root)) and all(
            a.function in {Function.COUNT, Function.COUNT_DISTINCT, Function.SUM} for a in self.aggregates
        )


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a formula: the offending token, what is wrong, what to write instead."""

    token: str
    message: str
    suggestion: str


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it, parents first."""
    yield node
    match node:
        case Operation():
            yield from walk(node.left)
            yield from walk(node.right)
        case Absolute():
            yield from walk(node.of)


_AGGREGATES: Final[dict[type[exp.Expr], Function]] = {
    exp.Count: Function.COUNT,
    exp.Sum: Function.SUM,
    exp.Avg: Function.AVG,
    exp.Max: Function.MAX,
    exp.StddevSamp: Function.STDDEV,
}
_OPERATORS: Final[dict[type[exp.Expr], str]] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/"}
_CONDITION_NODES: Final = (
    exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.In, exp.Between, exp.Is,
    exp.Null, exp.Boolean, exp.Paren, exp.Literal, exp.Column, exp.Identifier, exp.Add, exp.Sub, exp.Mul, exp.Div,
    exp.Neg, exp.Star, exp.Abs,
)  # fmt: skip
_FUNCTION_NAMES: Final = ("COUNT", "SUM", "AVG", "MAX", "STDDEV_SAMP", "ABS")
_NUMERIC: Final = frozenset({Function.SUM, Function.AVG, Function.MAX, Function.STDDEV})
LONGEST: Final = 4_000
"""Characters of a formula: more is no indicator that a person could read."""
_ALLOWED_TEXT: Final = "COUNT, COUNT(DISTINCT …), SUM, AVG, MAX, STDDEV_SAMP, ABS"


def parse_formula(text: str, contracts: Contracts) -> tuple[Formula | None, tuple[Fault, ...]]:
    """The checked formula, or None and everything that is wrong with it."""
    if len(text) > LONGEST:
        return None, (
            Fault(
                text[:40], f"The formula has {len(text)} characters.", f"Use at most {LONGEST}; split the indicator."
            ),
        )
    try:
        return _parse(text, contracts)
    except RecursionError:
        return None, (Fault(text[:40], "The formula is nested too deeply.", "Remove brackets; split the indicator."),)


def _parse(text: str, contracts: Contracts) -> tuple[Formula | None, tuple[Fault, ...]]:
    try:
        tree = parse_one(text, dialect=DIALECT)
    except errors.ParseError as error:
        detail = error.errors[0] if error.errors else {}
        token = str(detail.get("highlight") or text[-12:])
        before = str(detail.get("start_context") or "")[-24:].strip()
        return None, (
            Fault(
                token,
                f"The formula is not valid SQL: {str(detail.get('description') or 'cannot be read').rstrip('.')}.",
                f"Check brackets, quotes and operators around '{before} {token}'.".replace("' ", "'"),
            ),
        )
    except errors.SqlglotError as error:
        return None, (
            Fault(
                text[-16:], f"The formula is not valid SQL: {error}.", "Check quotes and brackets; text stands in '…'."
            ),
        )
    checker = _Checker(contracts)
    root = checker.scalar(tree)
    if not checker.faults and root is not None and not any(isinstance(n, Aggregate) for n in walk(root)):
        checker.fault(
            text, "The formula names no table, so it measures nothing.", "Use an aggregate such as COUNT(fact_x.*)."
        )
    faults = tuple(dict.fromkeys(checker.faults))
    return (None, faults) if faults or root is None else (Formula(root), ())


class _Checker:
    """Walks a parsed formula once, collecting faults and building the checked tree."""

    def __init__(self, contracts: Contracts) -> None:
        self.contracts = contracts
        self.faults: list[Fault] = []
        self.operands = OperandChecker(contracts, DIALECT, self.fault)

    def fault(self, token: str, message: str, suggestion: str) -> None:
        self.faults.append(Fault(token, message, suggestion))

    def scalar(self, node: exp.Expr) -> Node | None:
        """The checked node for a place outside any aggregate."""
        if isinstance(node, exp.Paren):
            return self.scalar(node.this)
        if isinstance(node, exp.Literal) and not node.is_string:
            if not math.isfinite(float(node.this)):
                self.fault(node.this, f"The number {node.this} is too large.", "Write a smaller number.")
                return None
            return Number(float(node.this))
        if isinstance(node, exp.Neg):
            of = self.scalar(node.this)
            return None if of is None else Operation("*", Number(-1.0), of)
        if isinstance(node, exp.Abs):
            of = self.scalar(node.this)
            return None if of is None else Absolute(of)
        if type(node) in _OPERATORS:
            left, right = self.scalar(node.this), self.scalar(node.expression)
            if isinstance(node, exp.Div) and right == Number(0.0):
                self.fault("/ 0", "A division by 0 never has a value.", "Divide by an aggregate or another number.")
            return None if left is None or right is None else Operation(_OPERATORS[type(node)], left, right)
        if isinstance(node, exp.Filter) or type(node) in _AGGREGATES:
            return self.aggregate(node)
        if isinstance(node, exp.Column):
            name = node.sql(dialect=DIALECT)
            self.fault(
                name,
                f"Column {name} stands outside an aggregate, so it has no single value.",
                f"Put it into one, for example SUM({name}) or AVG({name}).",
            )
            if node.table:
                self.check_column(node)
            return None
        self.not_allowed(node)
        return None

    def not_allowed(self, node: exp.Expr) -> None:
        if isinstance(node, exp.Func) and not isinstance(node, exp.Connector):
            name = node.name if isinstance(node, exp.Anonymous) else node.sql_name()
            nearest = did_you_mean(name.upper(), _FUNCTION_NAMES)
            self.fault(
                name,
                f"Function {name} is not allowed in a formula.",
                f"Did you mean {nearest}? Allowed: {_ALLOWED_TEXT}." if nearest else f"Allowed: {_ALLOWED_TEXT}.",
            )
            return
        text = node.sql(dialect=DIALECT)
        self.fault(text[:40], f"{text[:40]!r} is not allowed in a formula.", f"Use numbers, + - * /, {_ALLOWED_TEXT}.")

    def aggregate(self, node: exp.Expr) -> Aggregate | None:
        before = len(self.faults)
        split = self.split(node)
        if split is None:
            return None
        function, argument, condition = split
        parts = [argument] if condition is None else [argument, condition]
        table = self.base_table(argument)
        for part in parts:
            self.inside(part)
        if len(self.faults) == before and table is None:
            token = node.sql(dialect=DIALECT)
            self.fault(
                token, f"{token} names no column, so it measures nothing.", f"Write {function}(fact_x.<column>)."
            )
        if len(self.faults) > before or table is None:
            return None
        is_star = isinstance(argument, exp.Column) and isinstance(argument.this, exp.Star)
        if is_star and function is not Function.COUNT:
            self.fault(f"{function}({table}.*)", f"{function} needs a column.", f"Write {function}({table}.<column>).")
        elif function in _NUMERIC:
            self.operands.require(argument, NUMBER, "Use a column that holds numbers, or COUNT with a FILTER.")
        elif not is_star:
            self.operands.type_of(argument)
        if condition is not None:
            self.operands.predicate(condition)
        self.check_reach(table, parts)
        if len(self.faults) > before:
            return None
        named = {column.table for part in parts for column in part.find_all(exp.Column)}
        return Aggregate(
            table=table,
            function=function,
            argument="" if is_star else argument.sql(dialect=DIALECT),
            condition="" if condition is None else condition.sql(dialect=DIALECT),
            dimensions=tuple(sorted(named - {table})),
        )

    def split(self, node: exp.Expr) -> tuple[Function, exp.Expr, exp.Expr | None] | None:
        """Function, argument and condition of an aggregate call; None where it is not formed as one."""
        call, condition = node, None
        if isinstance(node, exp.Filter):
            if not isinstance(node.expression, exp.Where):
                token = node.expression.sql(dialect=DIALECT)
                self.fault(token, "A filter begins with WHERE.", f"Write FILTER (WHERE {token}).")
                return None
            call, condition = node.this, node.expression.this
        if type(call) not in _AGGREGATES:
            self.not_allowed(call)
            return None
        function, argument = _AGGREGATES[type(call)], call.this
        if any(value for name, value in call.args.items() if name not in {"this", "big_int"}):
            self.fault(call.sql(dialect=DIALECT), f"{function} takes one argument.", f"Write one {function} for each.")
            return None
        if isinstance(argument, exp.Distinct):
            if function is not Function.COUNT or len(argument.expressions) != 1:
                allowed = "DISTINCT is allowed for COUNT over one column only."
                self.fault("DISTINCT", allowed, "Write COUNT(DISTINCT table.column).")
                return None
            function, argument = Function.COUNT_DISTINCT, argument.expressions[0]
        if argument is None or isinstance(argument, exp.Star):
            self.fault(f"{function}(*)", "The aggregate does not say which table it counts.", "Write COUNT(fact_x.*).")
            return None
        return function, argument, condition

    def base_table(self, argument: exp.Expr) -> str | None:
        tables = {c.table for c in argument.find_all(exp.Column) if c.table}
        if len(tables) > 1:
            self.fault(
                argument.sql(dialect=DIALECT),
                f"One aggregate reads one table, this one names {', '.join(sorted(tables))}.",
                "Split it into one aggregate per table.",
            )
            return None
        return next(iter(tables), None)

    def inside(self, node: exp.Expr) -> None:
        """Checks every node within an aggregate's argument or filter."""
        for found in node.walk():
            if type(found) in _AGGREGATES or isinstance(found, exp.Filter | exp.AggFunc):
                token = found.sql(dialect=DIALECT)
                self.fault(
                    token,
                    "An aggregate stands inside another aggregate.",
                    "Aggregate once; combine results with arithmetic.",
                )
                return
            if isinstance(found, exp.Column):
                self.check_column(found)
            elif not isinstance(found, _CONDITION_NODES):
                self.not_allowed(found)
                return

    def check_column(self, column: exp.Column) -> None:
        table, name = column.table, column.name
        if column.args.get("db"):
            token = column.sql(dialect=DIALECT)
            self.fault(token, f"{token} names a schema.", f"Write {table}.{name}.")
        elif not table:
            owners = [t for t, contract in self.contracts.items() if name in contract.column_names]
            self.fault(
                name,
                f"Column {name!r} does not say which table it belongs to.",
                f"Write {(owners[0] if owners else 'fact_x')}.{name}.",
            )
        elif table not in self.contracts:
            nearest = did_you_mean(table, self.contracts)
            self.fault(
                table,
                f"There is no table {table!r}.",
                f"Did you mean {nearest!r}?" if nearest else _known("Tables", self.contracts),
            )
        elif not isinstance(column.this, exp.Star) and name not in self.contracts[table].column_names:
            known = self.contracts[table].column_names
            nearest = did_you_mean(name, known)
            self.fault(
                name,
                f"Table {table!r} has no column {name!r}.",
                f"Did you mean {nearest!r}?" if nearest else _known("Columns", known),
            )

    def check_reach(self, table: str, expressions: Iterable[exp.Expr]) -> None:
        reached = self.contracts.paths(table)
        for expression in expressions:
            for column in expression.find_all(exp.Column):
                if column.table not in reached:
                    self.fault(
                        column.table,
                        f"{table} does not reach {column.table} over its foreign keys.",
                        _known("It reaches", [name for name in reached if name != table]),
                    )


def _known(what: str, names: Iterable[str]) -> str:
    listed = list(names)
    return f"{what}: {', '.join(listed[:12])}{' …' if len(listed) > 12 else ''}."
