"""Whether the operands of a formula's conditions and arguments fit their operators.

A column compared with the wrong kind of value would either stop the engine or, worse, silently never
match; both are told when the library is read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sqlglot import exp

from data_access.contracts import Column, Contracts
from data_access.errors import did_you_mean

Report = Callable[[str, str, str], None]
"""Takes the offending token, what is wrong and what to write instead."""

NUMBER, TEXT, BOOL, DATE = "a number", "text", "yes/no", "a date"
_COLUMN_TYPES: Final = {"int": NUMBER, "float": NUMBER, "str": TEXT, "enum": TEXT, "bool": BOOL, "date": DATE}
_COMPARISONS: Final = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)
_ARITHMETIC: Final = (exp.Add, exp.Sub, exp.Mul, exp.Div)


class OperandChecker:
    """Finds the type of an expression, reporting operands that do not fit on the way."""

    def __init__(self, contracts: Contracts, dialect: str, report: Report) -> None:
        self.contracts = contracts
        self.dialect = dialect
        self.report = report

    def require(self, node: exp.Expr, wanted: str, suggestion: str) -> None:
        """Reports the node unless it is of the wanted type, or of none that is known."""
        found = self.type_of(node)
        if found is not None and found != wanted:
            token = node.sql(dialect=self.dialect)
            self.report(token, f"{token} is {found}, where {wanted} is needed.", suggestion)

    def predicate(self, node: exp.Expr) -> None:
        """Reports a condition, or a part of one, that is not yes or no."""
        if isinstance(node, exp.Paren | exp.Not):
            self.predicate(node.this)
        elif isinstance(node, exp.And | exp.Or):
            self.predicate(node.this)
            self.predicate(node.expression)
        else:
            token = node.sql(dialect=self.dialect)
            self.require(node, BOOL, f"Compare it, for example {token} > 0 or {token} = '…'.")

    def type_of(self, node: exp.Expr) -> str | None:
        """The type of an expression; None where it has none or where it is wrong in itself."""
        if isinstance(node, exp.Column):
            column = self._column(node)
            return None if column is None else _COLUMN_TYPES[column.type]
        if isinstance(node, exp.Literal):
            return TEXT if node.is_string else NUMBER
        if isinstance(node, exp.Boolean):
            return BOOL
        if isinstance(node, exp.Paren):
            return self.type_of(node.this)
        if isinstance(node, exp.Neg | exp.Abs):
            self.require(node.this, NUMBER, "Use a column that holds numbers.")
            return NUMBER
        if isinstance(node, _ARITHMETIC):
            for side in (node.this, node.expression):
                self.require(side, NUMBER, "Use columns that hold numbers.")
            return NUMBER
        if isinstance(node, exp.And | exp.Or | exp.Not):
            self.predicate(node)
            return BOOL
        if isinstance(node, _COMPARISONS):
            self._alike(node.this, [node.expression])
            return BOOL
        if isinstance(node, exp.In):
            self._alike(node.this, node.expressions)
            return BOOL
        if isinstance(node, exp.Between):
            self._alike(node.this, [node.args["low"], node.args["high"]])
            return BOOL
        return BOOL if isinstance(node, exp.Is) else None

    def _alike(self, left: exp.Expr, others: list[exp.Expr]) -> None:
        found = self.type_of(left)
        for other in others:
            kind = self.type_of(other)
            if found is not None and kind is not None and found != kind:
                name, token = left.sql(dialect=self.dialect), other.sql(dialect=self.dialect)
                advice = f"Write {name}, or NOT {name}." if found == BOOL else f"Compare {name} with {found}."
                self.report(token, f"{name} is {found} and can not be compared with {token}, which is {kind}.", advice)
            else:
                self._enum(left, other)
                self._enum(other, left)

    def _enum(self, column_node: exp.Expr, literal: exp.Expr) -> None:
        if not isinstance(column_node, exp.Column) or not isinstance(literal, exp.Literal):
            return
        column = self._column(column_node)
        if column is None or not column.enum or literal.this in column.enum:
            return
        nearest = did_you_mean(str(literal.this), column.enum)
        self.report(
            str(literal.this),
            f"{column_node.table}.{column.name} never has the value {literal.this!r}.",
            f"Did you mean {nearest!r}?" if nearest else f"Values: {', '.join(column.enum)}.",
        )

    def _column(self, node: exp.Column) -> Column | None:
        if node.table not in self.contracts:
            return None
        return next((c for c in self.contracts[node.table].columns if c.name == node.name), None)
