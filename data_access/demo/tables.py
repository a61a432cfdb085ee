"""Columns of numbers into Arrow tables that conform to their contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from data_access.contracts import ARROW_TYPES, Column, contracts
from data_access.errors import InternalError

Ints = npt.NDArray[np.integer[Any]]
Floats = npt.NDArray[np.floating[Any]]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Coded:
    """A column of few distinct texts: per row the position in `labels`."""

    codes: Ints
    labels: Sequence[str]

    def where(self, rows: npt.NDArray[Any]) -> Coded:
        """The same column for some rows only, given as mask or positions."""
        return Coded(codes=self.codes[rows], labels=self.labels)

    def equals(self, label: str) -> Bools:
        """Per row, whether it holds `label`."""
        return self.codes == list(self.labels).index(label)


@dataclass(frozen=True, kw_only=True)
class Blank:
    """A column with gaps: `missing` marks the rows that have no value."""

    values: Any
    missing: Bools


def draw(rng: np.random.Generator, count: int, shares: Mapping[str, float]) -> Coded:
    """`count` labels drawn with the given shares (any positive weights)."""
    weights = np.fromiter(shares.values(), float, len(shares))
    edges = np.cumsum(weights / weights.sum())[:-1]
    return Coded(codes=np.searchsorted(edges, rng.random(count)).astype(np.int8), labels=tuple(shares))


def build(name: str, count: int, columns: Mapping[str, Any], *, first_key: int = 1) -> pa.Table:
    """The table `name` of `count` rows, its columns in the order and types of the contract.

    A column is an array, a `Coded` or `Blank` column, one value for all rows, or None for no value at all;
    a primary key that is not given is numbered from `first_key`.

    Raises:
        InternalError: a column is missing, unknown, or holds a text that its enum does not allow.
    """
    table = contracts()[name]
    given = dict(columns)
    given.setdefault(table.key, np.arange(first_key, first_key + count, dtype=np.int64))
    if set(given) != set(table.column_names):
        raise InternalError(
            f"Demo table {name}: columns differ from the contract in {set(given) ^ set(table.column_names)}"
        )
    arrays = [_array(f"{name}.{c.name}", c, given[c.name], count) for c in table.columns]
    return pa.Table.from_arrays(arrays, schema=table.arrow_schema(technical=False))


def empty(name: str) -> pa.Table:
    """The table `name` without rows."""
    return contracts()[name].arrow_schema(technical=False).empty_table()


def _array(where: str, column: Column, values: Any, count: int) -> pa.Array:
    kind = ARROW_TYPES[column.type]
    if values is None:
        return pa.nulls(count, kind)
    if isinstance(values, Blank):
        if isinstance(values.values, Coded):
            coded = values.values
            return _texts(where, column, pa.array(coded.codes, mask=values.missing), coded.labels)
        return pa.array(np.asarray(values.values), mask=values.missing).cast(kind)
    if isinstance(values, Coded):
        return _texts(where, column, pa.array(values.codes), values.labels)
    if isinstance(values, str | bool | int | float):
        if column.enum and values not in column.enum:
            raise InternalError(f"Demo column {where}: {values!r} is not one of {', '.join(column.enum)}")
        return pa.repeat(pa.scalar(values, kind), count)
    return pa.array(values, kind) if isinstance(values, list) else pa.array(values).cast(kind)


def _texts(where: str, column: Column, codes: pa.Array, labels: Sequence[str]) -> pa.Array:
    strange = set(labels) - set(column.enum) if column.enum else set()
    if strange:
        raise InternalError(f"Demo column {where}: not in its enum: {', '.join(sorted(strange))}")
    return pa.DictionaryArray.from_arrays(codes, pa.array(list(labels), pa.string())).cast(pa.string())


def keys_of(days: npt.NDArray[np.datetime64]) -> npt.NDArray[np.int64]:
    """Dates as the integer keys of dim_date, yyyymmdd."""
    months = days.astype("datetime64[M]")
    years = months.astype("datetime64[Y]").astype(np.int64) + 1970
    month = months.astype(np.int64) % 12 + 1
    day = (days.astype("datetime64[D]") - months.astype("datetime64[D]")).astype(np.int64) + 1
    return years * 10_000 + month * 100 + day
