"""What the database remembers of imports: batches, their problems, and rows that wait for a parent."""

from __future__ import annotations

import datetime as dt
import os
import socket
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
from sqlalchemy import Connection, Engine, insert, or_, select, update

from data_access.contracts import ARROW_TYPES, contracts
from data_access.database import transaction
from data_access.database.models import ImportBatch, ImportProblem, LakeCommit, QuarantinedRow
from data_access.intake.mapping import Entry, Reference
from data_access.intake.problems import Problem, WaitingRow
from data_access.intake.reports import TableCounts
from data_access.intake.staging import RawFile

_CHUNK: Final = 5000


def process_identity(pid: int | None = None) -> str:
    """Host, process id and start time: a number that comes around again is then another process."""
    number = os.getpid() if pid is None else pid
    try:
        fields = Path(f"/proc/{number}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return ""
    if fields[0] == "Z":
        return ""  # ended, and only waiting for its parent to notice
    return f"{socket.gethostname()[:32]}:{number}:{fields[19]}"


def open_batch(database: Engine, *, mapping: str, fingerprint: str, files: Sequence[RawFile]) -> int:
    """Enter a batch as staged by this process and return its number."""
    with transaction(database) as connection:
        result = connection.execute(
            insert(ImportBatch)
            .values(
                mapping=mapping,
                fingerprint=fingerprint,
                files=[{"name": file.name, "sha256": file.sha256, "bytes": file.bytes} for file in files],
                status="staged",
                owner=process_identity(),
                started_at=dt.datetime.now(dt.UTC),
                counts={},
            )
            .returning(ImportBatch.batch_id)
        )
        return int(result.scalar_one())


def close_batch(
    connection: Connection,
    batch_id: int,
    status: str,
    *,
    tables: dict[str, TableCounts] | None = None,
    data_version: int | None = None,
) -> None:
    """Enter how a batch ended."""
    values: dict[str, Any] = {"status": status, "finished_at": dt.datetime.now(dt.UTC)}
    if tables is not None:
        values["counts"] = {name: asdict(counts) for name, counts in tables.items()}
    if data_version is not None:
        values["data_version"] = data_version
    connection.execute(update(ImportBatch).where(ImportBatch.batch_id == batch_id).values(**values))


def store_problems(connection: Connection, batch_id: int, problems: Sequence[Problem]) -> None:
    """Keep the problems of a batch, so that they can be listed and exported later."""
    for start in range(0, len(problems), _CHUNK):
        connection.execute(
            insert(ImportProblem),
            [
                {
                    "batch_id": batch_id,
                    "file": problem.file,
                    "source_row": problem.row,
                    "column": problem.column,
                    "value": problem.value,
                    "reason": problem.reason,
                    "remedy": problem.remedy,
                }
                for problem in problems[start : start + _CHUNK]
            ],
        )


def sweep(database: Engine) -> list[int]:
    """Mark batches whose process is gone as interrupted; returns their numbers."""
    host = f"{socket.gethostname()[:32]}:"
    with transaction(database) as connection:
        staged = connection.execute(
            select(ImportBatch.batch_id, ImportBatch.owner).where(ImportBatch.status == "staged")
        ).all()
        dead = [
            batch_id
            for batch_id, owner in staged
            if owner.startswith(host) and process_identity(int(owner.split(":")[1])) != owner
        ]
        for batch_id in dead:
            close_batch(connection, batch_id, "interrupted")
    return dead


def latest_commit_of(connection: Connection, fingerprint: str) -> int | None:
    """Data version up to which an earlier import of the same files is known to hold, None without one."""
    row = connection.execute(
        select(ImportBatch.data_version)
        .where(ImportBatch.fingerprint == fingerprint, ImportBatch.status == "committed")
        .order_by(ImportBatch.batch_id.desc())
        .limit(1)
    ).first()
    return None if row is None else row[0]


def other_sources(connection: Connection, mapping: str, batches: Iterable[int | None]) -> set[int]:
    """Which of these batches came under another mapping (rows loaded in bulk belong to none)."""
    numbers = [number for number in batches if number is not None]
    rows = connection.execute(
        select(ImportBatch.batch_id).where(ImportBatch.batch_id.in_(numbers), ImportBatch.mapping != mapping)
    )
    return set(rows.scalars())


# -- rows that wait ---------------------------------------------------------------------------


def keep_waiting(connection: Connection, batch_id: int, entries: Iterable[Entry], rows: Sequence[WaitingRow]) -> None:
    """Keep rows back until their parent arrives, with all that is needed to take them in then."""
    recipes = {(e.table.name, frozenset(t.column.name for t in e.targets)): _recipe(e) for e in entries}
    values = [
        {
            "batch_id": batch_id,
            "table_name": row.table,
            "file": row.file,
            "source_row": row.row,
            "missing_table": row.missing_table,
            "missing_value": row.missing_value[:255],
            "row_key": row.key,
            "outcome": "waiting",
            "row": {
                **recipes[row.table, frozenset(row.values)],
                "values": {k: _plain(v) for k, v in row.values.items()},
            },
        }
        for row in rows
    ]
    for start in range(0, len(values), _CHUNK):
        connection.execute(insert(QuarantinedRow), values[start : start + _CHUNK])


def _recipe(entry: Entry) -> dict[str, Any]:
    references = {t.column.name: asdict(t.reference) for t in entry.targets if t.reference is not None}
    return {"key": list(entry.key), "references": references}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


def settle_waiting(connection: Connection, ids: Sequence[int], outcome: str, batch_id: int) -> None:
    """Enter that waiting rows were released or replaced by the commit of a batch."""
    for start in range(0, len(ids), _CHUNK):
        connection.execute(
            update(QuarantinedRow)
            .where(QuarantinedRow.id.in_(ids[start : start + _CHUNK]))
            .values(outcome=outcome, released_at=dt.datetime.now(dt.UTC), resolved_by=batch_id)
        )


def move_waiting(connection: Connection, moved: Sequence[tuple[int, str, str]]) -> None:
    """Enter which parent kept rows wait for now that the one they waited for has come."""
    for row_id, table, value in moved:
        connection.execute(
            update(QuarantinedRow)
            .where(QuarantinedRow.id == row_id)
            .values(missing_table=table, missing_value=value[:255])
        )


def reopen_waiting(connection: Connection, batch_id: int) -> None:
    """Undo of a batch: rows it released or replaced wait again, its own waiting rows are withdrawn."""
    connection.execute(
        update(QuarantinedRow)
        .where(QuarantinedRow.resolved_by == batch_id, QuarantinedRow.outcome.in_(("released", "replaced")))
        .values(outcome="waiting", released_at=None, resolved_by=None)
    )
    connection.execute(update(QuarantinedRow).where(QuarantinedRow.batch_id == batch_id).values(outcome="withdrawn"))


def releases_of(connection: Connection, batch_id: int) -> list[int]:
    """Data versions of later commits that took in rows of this batch, newest first."""
    rows = connection.execute(
        select(LakeCommit.data_version)
        .join(QuarantinedRow, QuarantinedRow.resolved_by == LakeCommit.batch_id)
        .where(QuarantinedRow.batch_id == batch_id, QuarantinedRow.outcome == "released", LakeCommit.kind == "import")
        .distinct()
    )
    return sorted(rows.scalars(), reverse=True)


def waiting_rows(connection: Connection, arriving: Iterable[str]) -> list[tuple[dict[str, Any], pa.Table]]:
    """Rows kept back, grouped by how they are taken in, oldest first.

    None unless some belong to the tables that are arriving, or name a row of one.

    Each group is its recipe (table, key, references) and its rows: ``__id``, ``__file``, ``__row``,
    ``__batch``, ``__key``, ``__missing`` and the columns.
    """
    waits = QuarantinedRow.outcome == "waiting"
    names = list(arriving)
    concerned = (
        select(QuarantinedRow.id)
        .where(waits, or_(QuarantinedRow.missing_table.in_(names), QuarantinedRow.table_name.in_(names)))
        .limit(1)
    )
    if connection.execute(concerned).first() is None:
        return []
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    recipes: dict[tuple[Any, ...], dict[str, Any]] = {}
    found = connection.execute(
        select(
            QuarantinedRow.id,
            QuarantinedRow.table_name,
            QuarantinedRow.file,
            QuarantinedRow.source_row,
            QuarantinedRow.batch_id,
            QuarantinedRow.row_key,
            QuarantinedRow.missing_table,
            QuarantinedRow.row,
        )
        .where(waits)
        .order_by(QuarantinedRow.batch_id, QuarantinedRow.id)
    )
    for row_id, table, file, line, batch, key, missing, row in found:
        group = (table, tuple(row["key"]), str(row["references"]), tuple(sorted(row["values"])))
        recipes[group] = {"table": table, "key": row["key"], "references": row["references"]}
        technical = {
            "__id": row_id,
            "__file": file,
            "__row": line,
            "__batch": batch,
            "__key": key,
            "__missing": missing,
        }
        groups.setdefault(group, []).append({**row["values"], **technical})
    return [(recipe, _as_table(recipe, groups[group])) for group, recipe in recipes.items()]


def _as_table(recipe: dict[str, Any], rows: list[dict[str, Any]]) -> pa.Table:
    table = contracts()[recipe["table"]]
    fields = []
    for name in rows[0]:
        if name in {"__id", "__row", "__batch"}:
            fields.append(pa.field(name, pa.int64()))
        elif name in {"__file", "__key", "__missing"}:
            fields.append(pa.field(name, pa.string()))
        else:
            reference = recipe["references"].get(name)
            column = (
                table.column(name) if reference is None else contracts()[reference["table"]].column(reference["by"])
            )
            fields.append(pa.field(name, ARROW_TYPES[column.type]))
    dates = [field.name for field in fields if field.type == pa.date32()]
    parsed = [{**row, **{name: _date(row[name]) for name in dates}} for row in rows]
    return pa.Table.from_pylist(parsed, schema=pa.schema(fields))


def _date(text: str | None) -> dt.date | None:
    return None if text is None else dt.date.fromisoformat(text)


def references_of(recipe: dict[str, Any]) -> dict[str, Reference]:
    """The references of a kept recipe, by column."""
    return {name: Reference(**reference) for name, reference in recipe["references"].items()}
