"""The import pipeline: stage, preview, commit whole or not at all, undo."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, select

from data_access.database import transaction
from data_access.database.models import ImportBatch
from data_access.errors import IntakeError, UnknownNameError, suggestion
from data_access.intake import records, undo
from data_access.intake.mapping import Mapping, mappings
from data_access.intake.planning import Plan, count_tables, make_plan
from data_access.intake.reading import Limits
from data_access.intake.reports import ImportReport, Preview, TableCounts
from data_access.intake.staging import collect, fingerprint, keep_raw, passed_over, stage_files, staged_result
from data_access.lake import Lake, LakeTransaction
from data_access.ledger import latest_data_version, pointers
from data_access.merging import MergeCounts
from data_access.settings import Settings

Progress = Callable[[str], None]


class Intake:
    """Imports into one lake."""

    def __init__(
        self,
        settings: Settings,
        lake: Lake,
        database: Engine,
        *,
        known: dict[str, Mapping] | None = None,
        limits: Limits | None = None,
    ) -> None:
        """Open the intake; `known` are the mappings on offer, by default those that ship."""
        self._settings = settings
        self._lake = lake
        self._database = database
        self._known = dict(mappings()) if known is None else known
        self._limits = limits or Limits()

    def mapping(self, name: str) -> Mapping:
        """The mapping of that name.

        Raises:
            UnknownNameError: there is none.
        """
        if name not in self._known:
            raise UnknownNameError(
                f"There is no mapping {name!r}{suggestion(name, self._known)}. Known: {', '.join(sorted(self._known))}."
            )
        return self._known[name]

    def sweep(self) -> list[int]:
        """Mark batches of processes that died as interrupted and drop their staged files; their numbers."""
        dead = records.sweep(self._database)
        for batch_id in dead:
            shutil.rmtree(self._staging(batch_id), ignore_errors=True)
        return dead

    def run(
        self,
        path: Path | str,
        mapping_name: str,
        *,
        dry_run: bool = False,
        accept_good: bool = False,
        progress: Progress | None = None,
    ) -> ImportReport:
        """Import a file or a directory: all of it, or (with `accept_good`) its sound rows, or nothing.

        Raises:
            IntakeError: there is nothing to import, or a file is not known to the mapping.
            UnknownNameError: there is no such mapping.
            BusyError: another import is being committed.
        """
        say = progress or (lambda _: None)
        say("读取并校验")
        preview = self.stage(path, mapping_name)
        if dry_run:
            return self.discard(preview)
        say("写入数据湖")
        return self.commit(preview, accept_good=accept_good)

    def stage(self, path: Path | str, mapping_name: str) -> Preview:
        """Keep, read and check the files and say what committing them would do; the lake stays as it is.

        Raises:
            IntakeError: there is nothing to import, or a file is not known to the mapping.
            UnknownNameError: there is no such mapping.
        """
        mapping = self.mapping(mapping_name)
        files = keep_raw(self._settings.raw_root, collect(Path(path), mapping), self._limits)
        mark = fingerprint(mapping, files)
        notes = passed_over(Path(path))
        batch_id = records.open_batch(self._database, mapping=mapping.name, fingerprint=mark, files=files)
        staging = self._staging(batch_id)
        base: dict[str, Any] = {
            "batch_id": batch_id,
            "mapping": mapping.name,
            "files": tuple(file.name for file in files),
            "staging": staging,
            "fingerprint": mark,
        }
        with self._database.connect() as connection:
            if self._still_holds(connection, mapping, mark):
                return Preview(**base, status="unchanged", notes=notes)
        try:
            staged = stage_files(staging, mapping, files, self._limits)
            with self._database.connect() as connection:
                plan = make_plan(mapping, staged, connection, self._lake.data_files)
                merges = [self._compare(outcome.candidates, outcome.rows) for outcome in plan.resolved]
                tables = self._counts(connection, mapping, plan, merges)
            with transaction(self._database) as connection:
                records.store_problems(connection, batch_id, plan.problems)
        except Exception:
            with transaction(self._database) as connection:
                records.close_batch(connection, batch_id, "refused")
            shutil.rmtree(staging, ignore_errors=True)
            raise
        return Preview(
            **base,
            status="staged",
            tables=tables,
            released=len(plan.released_ids),
            problems=plan.problems,
            waiting=plan.waiting,
            notes=(*notes, *plan.notes),
        )

    def discard(self, preview: Preview) -> ImportReport:
        """Drop a staged batch without importing it."""
        return self._close(preview, "discarded")

    def commit(self, preview: Preview, *, accept_good: bool = False) -> ImportReport:
        """Take a staged batch in: rows, waiting rows, released rows and status count at one instant.

        Raises:
            IntakeError: the batch is not staged any more.
            BusyError: another import is being committed.
        """
        with self._database.connect() as connection:
            self._require_staged(connection, preview.batch_id)
        if preview.status == "unchanged":
            return self._close(preview, "unchanged")
        if preview.problems and not accept_good:
            return self._close(preview, "refused")
        return self._merge(preview, accept_good=accept_good)

    def undo(self, batch_id: int) -> ImportReport:
        """Take a committed batch back, unless later batches changed or refer to its rows.

        Raises:
            IntakeError: there is no such batch, or it is not committed.
            BusyError: another import is being committed.
        """
        with self._database.connect() as connection:
            undo.require_undoable(batch_id, self._status(connection, batch_id))
            row = connection.execute(
                select(ImportBatch.mapping, ImportBatch.files, ImportBatch.data_version).where(
                    ImportBatch.batch_id == batch_id
                )
            ).one()
            taken = undo.steps(connection, batch_id, row.data_version)
        base: dict[str, Any] = {
            "batch_id": batch_id,
            "mapping": row.mapping,
            "files": tuple(file["name"] for file in row.files),
        }

        def settle(connection: Connection, _version: int) -> None:
            records.reopen_waiting(connection, batch_id)
            records.close_batch(connection, batch_id, "undone")

        try:
            with self._lake.transaction(kind="undo", batch_id=batch_id, note=f"undo of batch {batch_id}") as changes:
                undo.take_back(changes, taken)
                changes.on_commit(settle)
        except undo.UndoBlockedError as refusal:
            return ImportReport(**base, status="committed", blocked=refusal.reasons)
        return ImportReport(**base, status="undone", data_version=changes.data_version)

    # -- inside -------------------------------------------------------------------------------

    def _staging(self, batch_id: int) -> Path:
        return self._settings.staging_root / str(batch_id)

    @staticmethod
    def _status(connection: Connection, batch_id: int) -> str | None:
        return connection.execute(select(ImportBatch.status).where(ImportBatch.batch_id == batch_id)).scalar()

    def _require_staged(self, connection: Connection, batch_id: int) -> None:
        status = self._status(connection, batch_id)
        if status != "staged":
            raise IntakeError(f"批次 {batch_id} 的状态是 {status}，不能再次提交。")

    @staticmethod
    def _still_holds(connection: Connection, mapping: Mapping, mark: str) -> bool:
        """True where the same files came before and none of their tables has changed since."""
        version = records.latest_commit_of(connection, mark)
        if version is None:
            return False
        known = pointers(connection)
        tables = {entry.table.name for entry in mapping.entries}
        return all(known[name].data_version <= version for name in tables if name in known)

    def _compare(self, candidates: Any, rows: Any) -> MergeCounts:
        return self._lake.compare(candidates.table.name, rows, candidates.key) if rows.num_rows else MergeCounts()

    @staticmethod
    def _counts(
        connection: Connection, mapping: Mapping, plan: Plan, merges: Sequence[MergeCounts]
    ) -> dict[str, TableCounts]:
        batches = {batch for merge in merges for batch in merge.changed_batches}
        return count_tables(plan, merges, records.other_sources(connection, mapping.name, batches))

    def _close(self, preview: Preview, status: str) -> ImportReport:
        with transaction(self._database) as connection:
            records.close_batch(connection, preview.batch_id, status, tables=preview.tables)
        shutil.rmtree(preview.staging, ignore_errors=True)
        return _report(preview, status=status)

    def _merge(self, preview: Preview, *, accept_good: bool) -> ImportReport:
        mapping = self.mapping(preview.mapping)
        staged = staged_result(preview.staging)
        with self._lake.transaction(kind="import", batch_id=preview.batch_id, note=mapping.label) as changes:
            # Between preview and commit the lake may have moved on: what counts is decided under the lock.
            with self._database.connect() as connection:
                self._require_staged(connection, preview.batch_id)
                plan = make_plan(mapping, staged, connection, changes.files)
            if plan.problems and not accept_good:
                return self._close(preview, "refused")
            merges = _apply(changes, plan)
            with self._database.connect() as connection:
                tables = self._counts(connection, mapping, plan, merges)
                before = latest_data_version(connection)
            entries = [checked.entry for checked in plan.checked]
            outcome: dict[str, Any] = {}

            def settle(connection: Connection, version: int) -> None:
                committed = version if version > before else None
                outcome["version"] = committed
                records.keep_waiting(connection, preview.batch_id, entries, plan.waiting)
                records.settle_waiting(connection, plan.released_ids, "released", preview.batch_id)
                records.settle_waiting(connection, plan.replaced, "replaced", preview.batch_id)
                records.move_waiting(connection, plan.moved)
                is_noop = committed is None and not plan.waiting and not plan.released_ids
                outcome["status"] = "unchanged" if is_noop else "committed"
                records.close_batch(
                    connection, preview.batch_id, outcome["status"], tables=tables, data_version=committed
                )

            changes.on_commit(settle)
        shutil.rmtree(preview.staging, ignore_errors=True)
        return _report(
            preview,
            status=outcome["status"],
            tables=tables,
            released=len(plan.released_ids),
            problems=plan.problems,
            waiting=plan.waiting,
            data_version=outcome["version"],
        )


def _apply(changes: LakeTransaction, plan: Plan) -> list[MergeCounts]:
    """Merge released rows, then the batch's own, which know better; counts of the latter."""
    for outcome in plan.released:
        if outcome.rows.num_rows:
            changes.merge(outcome.candidates.table.name, outcome.rows, outcome.candidates.key)
    return [
        changes.merge(outcome.candidates.table.name, outcome.rows, outcome.candidates.key)
        if outcome.rows.num_rows
        else MergeCounts()
        for outcome in plan.resolved
    ]


def _report(preview: Preview, **changed: Any) -> ImportReport:
    values: dict[str, Any] = {
        name: getattr(preview, name)
        for name in ("batch_id", "mapping", "files", "tables", "released", "problems", "waiting", "notes")
    }
    return ImportReport(**{**values, **changed})
