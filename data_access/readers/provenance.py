"""Where stored values come from: the run that computed them and the loads of the tables it read. No row of anybody."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Engine, select

from data_access.database.models import ComputeRun, LakeCommit, LakePointer


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredRun:
    """A finished run of the engine: when it ended, and from which library and data it computed."""

    run_id: int
    finished_at: dt.datetime
    library_version: str
    data_version: int
    data_date: dt.date | None


@dataclass(frozen=True, kw_only=True, slots=True)
class TableLoad:
    """When a table of the lake last changed, and the data version since then."""

    committed_at: dt.datetime
    data_version: int


class ProvenanceReader:
    """Reads of runs and loads; one connection per call, nothing kept between calls."""

    def __init__(self, database: Engine) -> None:
        self.database = database

    def run(self, run_id: int | None) -> StoredRun | None:
        """A finished run, the last one where none is named; None where there is none."""
        query = select(
            ComputeRun.run_id,
            ComputeRun.finished_at,
            ComputeRun.library_version,
            ComputeRun.data_version,
            ComputeRun.data_date,
        ).where(ComputeRun.finished_at.is_not(None))
        if run_id is not None:
            query = query.where(ComputeRun.run_id == run_id)
        with self.database.connect() as connection:
            row = connection.execute(query.order_by(ComputeRun.run_id.desc()).limit(1)).mappings().first()
        return None if row is None else StoredRun(**row)

    def loads(self, tables: Collection[str]) -> dict[str, TableLoad]:
        """The last change of each of these tables; those that were never loaded are left out."""
        query = (
            select(LakePointer.table_name, LakeCommit.committed_at, LakePointer.data_version)
            .join(LakeCommit, LakeCommit.data_version == LakePointer.data_version)
            .where(LakePointer.table_name.in_(tables))
        )
        with self.database.connect() as connection:
            return {
                name: TableLoad(committed_at=at, data_version=version)
                for name, at, version in connection.execute(query).all()
            }
