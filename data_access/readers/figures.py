"""Stored numbers, as rows or as columns, and the same without those that are withheld."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Result

from data_access.readers.small_groups import Judgement

_PART_ROWS: Final = 500


class StoredValue(NamedTuple):
    """One stored number with what explains it; `value` is None where there is no data, or where it is withheld.

    `rows` is 0 where even their number would tell of sensitive matters.
    """

    entity_id: int
    period_id: int
    value: float | None
    numerator: float | None
    denominator: float | None
    rows: int
    run_id: int
    suppressed: bool = False


class ValueColumns(NamedTuple):
    """Many stored numbers as columns of equal length, in no particular order.

    NaN stands where there is no data, or where it is withheld.
    """

    entity_id: NDArray[np.int64]
    period_id: NDArray[np.int64]
    value: NDArray[np.float64]
    numerator: NDArray[np.float64]
    denominator: NDArray[np.float64]
    rows: NDArray[np.int64]
    suppressed: NDArray[np.bool_]


def drained(result: Result[*tuple[Any, ...]], width: int) -> tuple[list[Any], ...]:
    """The rows of a result as `width` columns.

    In parts: many rows alive at once have the garbage collector go through the whole process.
    """
    columns: tuple[list[Any], ...] = tuple([] for _ in range(width))
    for rows in result.partitions(_PART_ROWS):
        for column, part in zip(columns, zip(*rows, strict=True), strict=True):
            column.extend(part)
    return columns


def judged_rows(found: Iterable[StoredValue], judgement: Judgement) -> list[StoredValue]:
    """The rows that may be read, and a suppressed one for each group withheld, by entity and period."""
    shown = [row for row in found if judgement.admits(row.entity_id, row.period_id)]
    hidden = [
        StoredValue(entity_id, period_id, None, None, None, 0, run_id, suppressed=True)
        for entity_id, period_id, run_id in judgement.withheld
    ]
    return sorted(shown + hidden, key=lambda row: (row.entity_id, row.period_id))


def judged_columns(found: ValueColumns, judgement: Judgement) -> ValueColumns:
    """The same for columns."""
    pairs = zip(found.entity_id.tolist(), found.period_id.tolist(), strict=True)
    kept = np.array([judgement.admits(*pair) for pair in pairs], dtype=np.bool_)
    hidden = np.array(judgement.withheld, dtype=np.int64).reshape(-1, 3)
    nothing = np.full(len(hidden), np.nan)
    return ValueColumns(
        entity_id=np.concatenate((found.entity_id[kept], hidden[:, 0])),
        period_id=np.concatenate((found.period_id[kept], hidden[:, 1])),
        value=np.concatenate((found.value[kept], nothing)),
        numerator=np.concatenate((found.numerator[kept], nothing)),
        denominator=np.concatenate((found.denominator[kept], nothing)),
        rows=np.concatenate((found.rows[kept], np.zeros(len(hidden), dtype=np.int64))),
        suppressed=np.repeat((False, True), (int(kept.sum()), len(hidden))),
    )
