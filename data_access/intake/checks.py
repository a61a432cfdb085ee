"""Conditions that the cells of one row must meet together, such as an end that comes after its start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One condition on the rows of a table.

    Attributes:
        holds: SQL over the columns as parsed; a row fails only where it is false, not where a cell is empty.
        column: the column shown as the one at fault.
        reason: why a row that fails is refused, in Chinese.
    """

    holds: str
    column: str
    reason: str


def read_checks(content: Any, types: Mapping[str, str]) -> tuple[tuple[Check, ...], tuple[str, ...]]:
    """The checks of a table and what is wrong with their declaration.

    Args:
        content: the ``checks`` of the mapping, as YAML gives them; None for none.
        types: DuckDB type of each column that is filled.
    """
    checks: list[Check] = []
    problems: list[str] = []
    if content is not None and not isinstance(content, list):
        return (), ("'checks' must be a list",)
    for block in content or []:
        if not isinstance(block, dict) or set(block) != {"holds", "column", "reason"}:
            problems.append(f"a check needs exactly 'holds', 'column' and 'reason'. Got {block!r}")
            continue
        check = Check(holds=str(block["holds"]), column=str(block["column"]), reason=str(block["reason"]))
        if check.column not in types:
            problems.append(f"check on {check.column!r}, which is not filled")
        elif (fault := _fault(check, types)) is not None:
            problems.append(f"check {check.holds!r} cannot work: {fault}")
        checks.append(check)
    return tuple(checks), tuple(problems)


def _fault(check: Check, types: Mapping[str, str]) -> str | None:
    columns = ", ".join(f'CAST(NULL AS {sql_type}) AS "{name}"' for name, sql_type in types.items())
    with duckdb.connect() as con:
        try:
            described = con.execute(f"DESCRIBE SELECT ({check.holds}) AS holds FROM (SELECT {columns})").fetchall()
        except duckdb.Error as error:
            return str(error)
    return None if described[0][1] == "BOOLEAN" else f"it yields {described[0][1]}, not true or false"
