"""The lake as accounts read it: of few people only where few are asked for, and lessons as their sheets tell them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from data_access import ledger
from data_access.contracts import Table
from data_access.engines import DuckDBEngine, quoted
from data_access.growth_card import self_test_rows
from data_access.lake import Lake
from data_access.self_test_results import TABLE as SELF_TESTS

ATTENDANCE: Final = "fact_attendance"
STATUSES: Final = ("准时", "迟到", "早退", "请假", "公假", "旷课")
"""Words of the lake for the marks 0 to 5 of a lesson sheet."""
_SHEETS: Final = "lesson_sheet"


@dataclass(frozen=True, kw_only=True)
class LessonRow:
    """What submitted sheets say of a student in the lessons of a teaching section on a day.

    Attributes:
        date_id: such as 20261118.
        status: position in `STATUSES`; None where it was not marked.
        preview: whether it was done; None where none was set; likewise `homework`.
    """

    student_id: int
    offering_id: int
    date_id: int
    status: int | None
    preview: bool | None
    homework: bool | None


def files_between(
    lake: Lake, storage_terms: tuple[int, int], *, whole: Collection[str]
) -> tuple[dict[str, list[str]], int]:
    """The files in which rows stored under these terms lie, and the data version they belong to.

    Nothing later is given even of tables with a history: how many are on the roll after a term is no matter of that term.

    Args:
        lake: that of the installation.
        storage_terms: the first and the last, as `data_access.delta_store.term_of_date` gives them.
        whole: tables of which earlier terms are needed too.
    """
    first, last = storage_terms
    with lake.database.connect() as connection:
        version = ledger.latest_data_version(connection)
        known = ledger.pointers(connection)
    return {
        name: [
            file.path
            for file in lake.files_at(name, at.delta_version)
            if file.term is None or (file.term <= last and (name in whole or file.term >= first))
        ]
        for name, at in known.items()
    }, version


class CardFacts(DuckDBEngine):
    """An engine over files of the lake, for some students or for all.

    Args:
        files: Parquet files by table.
        lessons: rows that stand instead of those of the lake for the same student, section and day.
        self_tests: rows that stand beside those of the lake, where it has none for the same student, term and scale.
        students: only facts about these students; None for all.
        threads: of the engine.
        memory_limit: likewise.
    """

    def __init__(
        self,
        files: Mapping[str, Sequence[str]],
        *,
        lessons: Sequence[LessonRow] = (),
        self_tests: Sequence[self_test_rows.SelfTestRow] = (),
        students: NDArray[np.int64] | None = None,
        threads: int = 2,
        memory_limit: str = "2GB",
    ) -> None:
        super().__init__(files, threads=threads, memory_limit=memory_limit)
        self._students = students
        self._has_lessons = bool(lessons)
        if lessons:
            self._create(_SHEETS, _arrow(lessons))
        self._has_self_tests = bool(self_tests)
        if self_tests:
            self._create(self_test_rows.ROWS, self_test_rows.as_table(self_tests))

    def _create(self, name: str, rows: pa.Table) -> None:
        self.connection.register("arrived", rows)
        self.connection.execute(f"CREATE TABLE {name} AS SELECT * FROM arrived")
        self.connection.unregister("arrived")

    def _introduce(self, table: Table) -> None:
        self._introduce_stored(table)
        if self._has_self_tests and table.name == SELF_TESTS:
            self_test_rows.put_over(self.connection, table, self._condition())

    def _introduce_stored(self, table: Table) -> None:
        is_asked = self._students is not None and table.kind == "fact" and "student_id" in table.column_names
        has_sheets = self._has_lessons and table.name == ATTENDANCE
        files = self._files.get(table.name, ())
        if not files or not (is_asked or has_sheets):
            super()._introduce(table)
            if has_sheets:
                self.connection.execute(f"ALTER TABLE {table.name} RENAME TO {table.name}_stored")
                self.connection.execute(f"CREATE VIEW {table.name} AS {_with_sheets(f'{table.name}_stored', table)}")
            return
        listed = ", ".join(quoted(path) for path in files)
        stored = (
            f"SELECT {', '.join(table.column_names)} FROM read_parquet([{listed}], hive_partitioning = false)"
            f"{self._condition()}"
        )
        if has_sheets:
            stored = _with_sheets(f"({stored})", table, self._condition())
        # Few people's rows are read once and kept; everybody's stay where they are.
        self.connection.execute(f"CREATE {'TABLE' if is_asked else 'VIEW'} {table.name} AS {stored}")

    def _condition(self) -> str:
        """The rows of those asked for; empty for everybody's."""
        if self._students is None:
            return ""
        listed = ", ".join(str(student) for student in self._students.tolist())
        return f" WHERE student_id IN ({listed or 'NULL'})"


def _arrow(lessons: Sequence[LessonRow]) -> pa.Table:
    return pa.table(
        {
            "student_id": pa.array([row.student_id for row in lessons], pa.int64()),
            "offering_id": pa.array([row.offering_id for row in lessons], pa.int64()),
            "date_id": pa.array([row.date_id for row in lessons], pa.int64()),
            "status": pa.array([None if row.status is None else STATUSES[row.status] for row in lessons], pa.string()),
            "preview": pa.array([row.preview for row in lessons], pa.bool_()),
            "homework": pa.array([row.homework for row in lessons], pa.bool_()),
        }
    )


def _with_sheets(stored: str, table: Table, condition: str = "") -> str:
    """The rows of the lake, those of lessons with a sheet replaced by what it says.

    A status that a sheet leaves open is the one that the lake knows. Of several lessons of a section on one day one row
    remains: a sheet is kept for the day.
    """
    key = "student_id, offering_id, date_id"
    told = {
        "attendance_id": "-1",
        "student_id": "s.student_id",
        "offering_id": "s.offering_id",
        "date_id": "s.date_id",
        "status": "COALESCE(s.status, o.status)",
        "preview_due": "s.preview IS NOT NULL",
        "preview_done": "COALESCE(s.preview, FALSE)",
        "homework_due": "s.homework IS NOT NULL",
        "homework_done": "COALESCE(s.homework, FALSE)",
    }
    columns = ", ".join(f"{told.get(name, 'NULL')} AS {name}" for name in table.column_names)
    return (
        f"SELECT {', '.join(table.column_names)} FROM {stored} AS o ANTI JOIN {_SHEETS} AS s USING ({key}) "
        f"UNION ALL SELECT {columns} FROM (SELECT * FROM {_SHEETS}{condition}) AS s "
        f"LEFT JOIN (SELECT {key}, MAX(status) AS status FROM {stored} AS d SEMI JOIN {_SHEETS} AS w USING ({key}) "
        f"GROUP BY ALL) AS o USING ({key})"
    )
