"""What the product itself imported: batches, the rows refused and why, and the rows that wait."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine, func, select

from data_access.access.scope import Scope
from data_access.database.models import ImportBatch, ImportProblem, QuarantinedRow

COUNTS: Final = ("new", "changed", "unchanged", "conflicting", "quarantined", "refused")


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """One attempt to import files.

    Attributes:
        files: names of the files as received.
        status: of those of `ImportBatch.status`.
        counts: rows of all tables, by `COUNTS`.
        problems: how many problems are on record.
    """

    batch_id: int
    files: tuple[str, ...]
    mapping: str
    status: str
    started_at: dt.datetime
    data_version: int | None
    counts: Mapping[str, int]
    problems: int


@dataclass(frozen=True, kw_only=True, slots=True)
class RefusedCell:
    """What is wrong with a row of a file; `row` is None for the file as a whole."""

    file: str
    row: int | None
    column: str
    value: str
    reason: str
    remedy: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """How many rows of a table wait for rows of another."""

    table: str
    missing_table: str
    rows: int


class ImportReader:
    """Reads the record of imports; a refused cell may hold anything that stood in a source file."""

    def __init__(self, database: Engine) -> None:
        self._database = database

    def batches(self, *, size: int, page: int, scope: Scope) -> tuple[int, Sequence[Batch]]:
        """How many imports there are, and a page of them (from 1), newest first; none outside the scope."""
        if not scope.is_unlimited("import"):
            return 0, ()
        count = select(func.count(ImportProblem.id)).where(ImportProblem.batch_id == ImportBatch.batch_id)
        query = select(ImportBatch, count.scalar_subquery().label("problems")).order_by(ImportBatch.batch_id.desc())
        with self._database.connect() as connection:
            total = connection.execute(select(func.count(ImportBatch.batch_id))).scalar_one()
            found = connection.execute(query.limit(size).offset((page - 1) * size)).mappings().all()
        return total, [
            Batch(
                batch_id=row["batch_id"],
                files=tuple(str(file["name"]) for file in row["files"]),
                mapping=row["mapping"],
                status=row["status"],
                started_at=row["started_at"],
                data_version=row["data_version"],
                counts={name: sum(int(c.get(name, 0)) for c in row["counts"].values()) for name in COUNTS},
                problems=row["problems"],
            )
            for row in found
        ]

    def problems(self, batch_id: int, *, size: int, page: int, scope: Scope) -> tuple[int, Sequence[RefusedCell]]:
        """How many problems an import had, and a page of them (from 1) in the order of the files."""
        if not scope.is_unlimited("import"):
            return 0, ()
        own = ImportProblem.batch_id == batch_id
        query = select(ImportProblem).where(own).order_by(ImportProblem.id)
        with self._database.connect() as connection:
            total = connection.execute(select(func.count(ImportProblem.id)).where(own)).scalar_one()
            rows = connection.execute(query.limit(size).offset((page - 1) * size)).mappings().all()
        return total, [
            RefusedCell(
                file=row["file"],
                row=row["source_row"],
                column=row["column"],
                value=row["value"],
                reason=row["reason"],
                remedy=row["remedy"],
            )
            for row in rows
        ]

    def waiting(self, *, scope: Scope) -> Sequence[Waiting]:
        """How many sound rows wait for rows that have not come, most first."""
        if not scope.is_unlimited("import"):
            return ()
        number = func.count(QuarantinedRow.id)
        query = (
            select(QuarantinedRow.table_name, QuarantinedRow.missing_table, number)
            .where(QuarantinedRow.outcome == "waiting")
            .group_by(QuarantinedRow.table_name, QuarantinedRow.missing_table)
            .order_by(number.desc(), QuarantinedRow.table_name)
        )
        with self._database.connect() as connection:
            return [Waiting(table=t, missing_table=m, rows=n) for t, m, n in connection.execute(query).all()]
