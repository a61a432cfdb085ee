"""Stored expressions over parts as SQL: the division of a value happens here, in the database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Double, func, literal, null

from data_access.database.models import Measure
from data_access.errors import InternalError


def to_sql(expression: Any) -> ColumnElement[Any]:
    """The SQL of a stored expression; a zero denominator gives null, never an error or 0.

    Raises:
        InternalError: the expression was not written by the compiler.
    """
    match expression:
        case None:
            return null()
        case int() | float():
            return literal(float(expression), Double)
        case str() if expression in Measure.__table__.columns:
            return Measure.__table__.columns[expression]
        case ["abs", of]:
            return func.abs(to_sql(of))
        case ["+", left, right]:
            return to_sql(left) + to_sql(right)
        case ["-", left, right]:
            return to_sql(left) - to_sql(right)
        case ["*", left, right]:
            return to_sql(left) * to_sql(right)
        case ["/", left, right]:
            return to_sql(left) / func.nullif(to_sql(right), 0.0)
    raise InternalError(f"Stored expression cannot be read: {expression!r}")
