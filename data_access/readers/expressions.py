"""Stored expressions over parts, worked out in SQL or over arrays; the division of a value happens here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
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


def slots_of(expression: Any) -> Iterator[str]:
    """Names of the parts that a stored expression is made of, as often as they occur."""
    if isinstance(expression, str):
        yield expression
    elif isinstance(expression, list | tuple):
        for operand in expression[1:]:
            yield from slots_of(operand)


def to_array(expression: Any, parts: Mapping[str, NDArray[np.float64]], length: int) -> NDArray[np.float64]:
    """The values of a stored expression over `length` rows, the same numbers as those of `to_sql`.

    NaN stands for null; a zero denominator gives it, never an error or 0.

    Raises:
        InternalError: the expression was not written by the compiler.
    """
    match expression:
        case None:
            return np.full(length, np.nan)
        case int() | float():
            return np.full(length, float(expression))
        case str() if expression in parts:
            return parts[expression]
        case ["abs", of]:
            return np.abs(to_array(of, parts, length))
        case ["+", left, right]:
            return to_array(left, parts, length) + to_array(right, parts, length)
        case ["-", left, right]:
            return to_array(left, parts, length) - to_array(right, parts, length)
        case ["*", left, right]:
            return to_array(left, parts, length) * to_array(right, parts, length)
        case ["/", left, right]:
            below = to_array(right, parts, length)
            nothing = np.full(length, np.nan)
            return np.divide(to_array(left, parts, length), below, out=nothing, where=below != 0.0)
    raise InternalError(f"Stored expression cannot be read: {expression!r}")
