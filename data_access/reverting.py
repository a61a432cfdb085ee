"""Taking one commit back: former rows return, unless a later commit has changed them again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Self

import duckdb
import pyarrow as pa

from data_access.contracts import BATCH_COLUMN, PARTITION_COLUMN, Table
from data_access.delta_store import DataFile, term_of
from data_access.merging import Rewrite, scan

BLOCKED_SHOWN: Final = 1000
"""At most so many keys are named when an undo is refused."""


class Reversal:
    """What one commit did to a table, and whether it can be taken back.

    `before` and `after` are the files around that commit, `now` those that count at present. Only files
    that differ are read: a file both versions share holds the same rows.
    """

    def __init__(
        self, table: Table, before: Sequence[DataFile], after: Sequence[DataFile], now: Sequence[DataFile]
    ) -> None:
        self.table = table
        self._now = now
        kept = {file.path for file in before} & {file.path for file in after}
        self._con = duckdb.connect()
        for name, files in (("former", before), ("later", after)):
            changed = [file for file in files if file.path not in kept]
            self._con.execute(f"CREATE TEMP VIEW {name} AS SELECT * FROM {scan(changed, table)}")
        self._con.execute(f"CREATE TEMP VIEW present AS SELECT * FROM {scan(now, table)}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._con.close()

    def decide(self, *, only_batch: int | None = None) -> list[tuple[Any, ...]]:
        """Keys of rows that cannot be taken back, because a later commit changed them again."""
        key = f'"{self.table.key}"'
        differs = self._differs("l", "f")
        mine = "" if only_batch is None else f"AND l.{BATCH_COLUMN} = {int(only_batch)}"
        gone = "" if only_batch is None else "AND false"
        self._con.execute(
            f"""CREATE TEMP TABLE touched AS
            SELECT coalesce(l.{key}, f.{key}) AS {key}, l.{key} IS NOT NULL AS was_written,
                   f.{key} IS NOT NULL AS had_former
            FROM later l FULL JOIN former f ON l.{key} = f.{key}
            WHERE (l.{key} IS NOT NULL AND (f.{key} IS NULL OR {differs}) {mine})
               OR (l.{key} IS NULL {gone})"""
        )
        # A row the commit wrote must still be there as written; one it removed must still be absent.
        again = self._differs("p", "l")
        return self._con.execute(
            f"""SELECT t.{key} FROM touched t LEFT JOIN present p ON p.{key} = t.{key}
                LEFT JOIN later l ON l.{key} = t.{key}
            WHERE CASE WHEN t.was_written THEN p.{key} IS NULL OR {again} ELSE p.{key} IS NOT NULL END
            ORDER BY 1 LIMIT {BLOCKED_SHOWN}"""
        ).fetchall()

    def rewrite(self) -> Rewrite | None:
        """What has to be written; None where the commit touched no row of this table."""
        key = f'"{self.table.key}"'
        if not self._con.execute("SELECT count(*) FROM touched").fetchall()[0][0]:
            return None
        time = self.table.time_key
        time_keys = None
        if time is not None:
            found = self._con.execute(
                f"""SELECT DISTINCT "{time}" FROM
                (SELECT "{time}" FROM present SEMI JOIN touched USING ({key})
                 UNION ALL SELECT "{time}" FROM former SEMI JOIN touched USING ({key})) ORDER BY 1"""
            ).fetchall()
            time_keys = tuple(value for (value,) in found if value is not None)
        terms, files = None, list(self._now)
        if self.table.is_partitioned:
            terms = tuple(sorted(set(term_of(self.table, pa.array(time_keys, pa.int64())).to_pylist())))
            files = [file for file in files if file.term in terms]
        rows = self._con.sql(
            f"""SELECT * FROM {scan(files, self.table)} ANTI JOIN touched USING ({key})
            UNION ALL BY NAME SELECT * FROM former SEMI JOIN touched USING ({key})"""
        ).to_arrow_table()
        return Rewrite(terms=terms, replaced=rows, time_keys=time_keys)

    def _differs(self, left: str, right: str) -> str:
        names = [name for name in self.table.arrow_schema().names if name != PARTITION_COLUMN]
        return "(" + " OR ".join(f'{left}."{name}" IS DISTINCT FROM {right}."{name}"' for name in names) + ")"
