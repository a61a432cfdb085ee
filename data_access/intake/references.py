"""Codes in the rows (a student number, a course code) turned into keys of the rows they name.

Rows of one import, and rows that waited from earlier ones, may name each other in any order and even in a
circle (a department its head, the head the department). So all of them count as known at first; those
naming something unknown are taken out, and then those that named them, until nothing changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import duckdb
import pyarrow as pa

from data_access.contracts import BATCH_COLUMN, ROW_COLUMN, Table, contracts
from data_access.delta_store import DataFile
from data_access.intake.mapping import Reference
from data_access.intake.problems import Problem, WaitingRow
from data_access.intake.reading import ROW
from data_access.merging import key_expression, scan

FAULTY_LISTED: Final = 100_000
FilesOf = Callable[[str], Sequence[DataFile]]
"""The files that count of a table, as the reading transaction sees them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidates:
    """Sound rows on their way into one table.

    Attributes:
        relation: temporary table with ``__id``, ``__file``, ``__row``, the columns, and ``__batch`` where the
            rows wait, or else ``__text_`` columns with the references as they stand in the file.
        faulty: a like table of rows that are refused anyway, so that their references are checked too.
        columns: contract columns they carry, references still as codes.
        headers: source header of each column, for messages.
        is_waiting: True for rows kept back by an earlier import.
    """

    table: Table
    relation: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    references: dict[str, Reference]
    headers: dict[str, str]
    faulty: str | None = None
    is_waiting: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Resolved:
    """What became of one set of candidates.

    Attributes:
        rows: rows ready to merge, references resolved, with batch (of waiting rows) and source row.
        taken: ``__id`` of these rows.
        waiting: rows that name an unknown parent and will be kept back.
        problems: rows that name an unknown parent and are refused.
        moved: of rows kept back earlier, ``__id`` and the parent they wait for from now on, where it is
            no longer the same one.
    """

    candidates: Candidates
    rows: pa.Table
    taken: tuple[int, ...]
    waiting: tuple[WaitingRow, ...]
    problems: tuple[Problem, ...]
    moved: tuple[tuple[int, str, str], ...] = ()


class Resolver:
    """Resolves the references among several sets of candidates and the lake."""

    def __init__(self, con: duckdb.DuckDBPyConnection, candidates: Sequence[Candidates], files_of: FilesOf) -> None:
        self._con = con
        self._sets = tuple(candidates)
        self._files_of = files_of
        self._wanted = sorted({(r.table, r.by) for c in self._sets for r in c.references.values()})

    def resolve(self) -> tuple[Resolved, ...]:
        """What becomes of every set of candidates, in their order."""
        for number, candidates in enumerate(self._sets):
            self._con.execute(f"CREATE TEMP TABLE out_{number} (__id BIGINT)")
            self._assign_keys(number, candidates)
        for table, by in self._wanted:
            key = contracts()[table].key
            self._con.execute(
                f'CREATE TEMP TABLE lake_{table}_{by} AS SELECT DISTINCT "{by}" AS code, "{key}" AS id '
                f'FROM {scan(self._files_of(table), contracts()[table])} WHERE "{by}" IS NOT NULL'
            )
        while True:
            self._list_known()
            if not sum(self._take_out(number, candidates) for number, candidates in enumerate(self._sets)):
                break
        return tuple(self._outcome(number, candidates) for number, candidates in enumerate(self._sets))

    def _assign_keys(self, number: int, candidates: Candidates) -> None:
        table = candidates.table
        if table.name not in {name for name, _ in self._wanted}:
            return
        if table.key in candidates.columns:
            sql = f'SELECT __id, "{table.key}" AS id FROM {candidates.relation}'
        else:
            same = " AND ".join(f'c."{name}" = e."{name}"' for name in candidates.key)
            hashed = key_expression(table, [f'c."{name}"' for name in candidates.key])
            sql = (
                f'SELECT c.__id, coalesce(e."{table.key}", {hashed}) AS id FROM {candidates.relation} c '
                f"LEFT JOIN {scan(self._files_of(table.name), table)} e ON {same}"
            )
        self._con.execute(f"CREATE TEMP TABLE keys_{number} AS {sql}")

    def _list_known(self) -> None:
        for table, by in self._wanted:
            parts = [f"SELECT code, id FROM lake_{table}_{by}"]
            for number, candidates in enumerate(self._sets):
                if candidates.table.name != table:
                    continue
                if by == candidates.table.key:
                    parts.append(f"SELECT id, id FROM keys_{number} ANTI JOIN out_{number} USING (__id)")
                elif by in candidates.columns:
                    parts.append(
                        f'SELECT c."{by}", k.id FROM {candidates.relation} c JOIN keys_{number} k USING (__id) '
                        f'ANTI JOIN out_{number} USING (__id) WHERE c."{by}" IS NOT NULL'
                    )
            self._con.execute(
                f"CREATE OR REPLACE TEMP TABLE known_{table}_{by} AS SELECT code, min(id) AS id, "
                f"count(DISTINCT id) AS meanings FROM ({' UNION ALL '.join(parts)}) GROUP BY code"
            )

    def _take_out(self, number: int, candidates: Candidates) -> int:
        """Take out rows that name something unknown or ambiguous; returns how many."""
        found = 0
        for column, reference in candidates.references.items():
            result = self._con.execute(
                f"""INSERT INTO out_{number} SELECT c.__id FROM {candidates.relation} c
                LEFT JOIN known_{reference.table}_{reference.by} k ON k.code = c."{column}"
                WHERE c."{column}" IS NOT NULL AND (k.code IS NULL OR k.meanings > 1)
                  AND c.__id NOT IN (SELECT __id FROM out_{number}) RETURNING 1"""
            ).fetchall()
            found += len(result)
        return found

    def _outcome(self, number: int, candidates: Candidates) -> Resolved:
        joins, values = [], []
        for column in candidates.columns:
            reference = candidates.references.get(column)
            if reference is None:
                values.append(f'c."{column}"')
            else:
                joins.append(
                    f'LEFT JOIN known_{reference.table}_{reference.by} "k_{column}" ON "k_{column}".code = c."{column}"'
                )
                values.append(f'"k_{column}".id AS "{column}"')
        batch = [f"c.__batch AS {BATCH_COLUMN}"] if candidates.is_waiting else []
        rows = self._con.sql(
            f"SELECT c.__id, {', '.join([*values, *batch, f'c.{ROW} AS {ROW_COLUMN}'])} FROM {candidates.relation} c "
            f"{' '.join(joins)} WHERE c.__id NOT IN (SELECT __id FROM out_{number})"
        ).to_arrow_table()
        waiting, problems = ((), ()) if candidates.is_waiting else self._unresolved(number, candidates)
        problems += tuple(self._also_unknown(candidates))
        return Resolved(
            candidates=candidates,
            rows=rows.drop_columns(["__id"]),
            taken=tuple(rows["__id"].to_pylist()) if candidates.is_waiting else (),
            waiting=waiting,
            problems=problems,
            moved=self._moved(number, candidates) if candidates.is_waiting else (),
        )

    def _also_unknown(self, candidates: Candidates) -> Iterator[Problem]:
        """What rows that are refused for another reason name in vain; what they might wait for is no fault."""
        if candidates.faulty is None:
            return
        for column, reference in candidates.references.items():
            fault = "k.meanings > 1" if reference.on_unknown == "quarantine" else "(k.code IS NULL OR k.meanings > 1)"
            rows = self._con.execute(
                f"""SELECT c.__file, c.{ROW}, c."__text_{column}", coalesce(k.meanings, 0) > 1 FROM {candidates.faulty} c
                LEFT JOIN known_{reference.table}_{reference.by} k ON k.code = c."{column}"
                WHERE c."{column}" IS NOT NULL AND {fault} ORDER BY 1, 2 LIMIT {FAULTY_LISTED}"""
            ).fetchall()
            for file, row, text, is_ambiguous in rows:
                yield _unknown(candidates, file, row, column, reference, text, is_ambiguous)

    def _moved(self, number: int, candidates: Candidates) -> tuple[tuple[int, str, str], ...]:
        """Rows kept back whose parent has come while another is still unknown."""
        awaited = dict(self._con.execute(f"SELECT __id, __missing FROM {candidates.relation}").fetchall())
        first = {row_id: reasons[0] for row_id, reasons in self._missing(number, candidates).items()}
        return tuple(
            (row_id, reference.table, code)
            for row_id, (_, reference, code, _) in first.items()
            if awaited[row_id] != reference.table
        )

    def _missing(self, number: int, candidates: Candidates) -> dict[int, list[tuple[str, Reference, str, bool]]]:
        """Why each row was taken out: column, reference, its text, and whether it is ambiguous."""
        missing: dict[int, list[tuple[str, Reference, str, bool]]] = {}
        for column, reference in candidates.references.items():
            # People look for what stands in their file, not for the key that was made of it.
            shown = f'CAST(c."{column}" AS VARCHAR)' if candidates.is_waiting else f'c."__text_{column}"'
            rows = self._con.execute(
                f"""SELECT c.__id, {shown}, coalesce(k.meanings, 0) > 1
                FROM {candidates.relation} c SEMI JOIN out_{number} o USING (__id)
                LEFT JOIN known_{reference.table}_{reference.by} k ON k.code = c."{column}"
                WHERE c."{column}" IS NOT NULL AND (k.code IS NULL OR k.meanings > 1) ORDER BY 1"""
            ).fetchall()
            for row_id, code, is_ambiguous in rows:
                missing.setdefault(row_id, []).append((column, reference, code, is_ambiguous))
        return missing

    def _unresolved(self, number: int, candidates: Candidates) -> tuple[tuple[WaitingRow, ...], tuple[Problem, ...]]:
        missing = self._missing(number, candidates)
        waiting: list[WaitingRow] = []
        problems: list[Problem] = []
        if not missing:
            return (), ()
        for row in self._rows(number, candidates):
            reasons = missing[row.pop("__id")]
            file, line, key = row.pop("__file"), row.pop(ROW), row.pop("__key")
            refused = [r for r in reasons if r[3] or r[1].on_unknown == "refuse"]
            problems += [_unknown(candidates, file, line, *reason) for reason in refused]
            if not refused:
                _, reference, code, _ = reasons[0]
                parent = contracts()[reference.table]
                waiting.append(
                    WaitingRow(
                        table=candidates.table.name, file=file, row=line, missing_table=parent.name,
                        missing_label=_parent_label(parent, reference), missing_value=code, key=key, values=row,
                    )
                )  # fmt: skip
        return tuple(waiting), tuple(problems)

    def _rows(self, number: int, candidates: Candidates) -> list[dict[str, Any]]:
        columns = ", ".join(f'c."{name}"' for name in candidates.columns)
        return (
            self._con.sql(
                f"SELECT c.__id, c.__file, c.{ROW}, {row_key(candidates)} AS __key, {columns} "
                f"FROM {candidates.relation} c SEMI JOIN out_{number} USING (__id) ORDER BY c.__id"
            )
            .to_arrow_table()
            .to_pylist()
        )


def row_key(candidates: Candidates) -> str:
    """SQL for the hash of table and natural key, in the form of the file's codes."""
    parts = [f"'{candidates.table.name}'", *(f'CAST(c."{name}" AS VARCHAR)' for name in candidates.key)]
    return f"md5({' || chr(31) || '.join(parts)})"


def _parent_label(parent: Table, reference: Reference) -> str:
    return f"{parent.label_zh.removesuffix('维')}（{parent.column(reference.by).label_zh}）"


def _unknown(
    candidates: Candidates,
    file: str,
    row: int,
    column: str,
    reference: Reference,
    code: str,
    is_ambiguous: bool,  # noqa: FBT001
) -> Problem:
    parent = contracts()[reference.table]
    label = _parent_label(parent, reference)
    return Problem(
        file=file,
        row=row,
        column=candidates.headers.get(column, column),
        value=code,
        reason=f"{label}中有多行使用该值，无法判断所指" if is_ambiguous else f"{label}中没有该值",
        remedy="请改用唯一的编号" if is_ambiguous else f"请核对，或先导入{parent.label_zh.removesuffix('维')}",
    )
