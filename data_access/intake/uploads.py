"""One file that somebody uploads on a page: its rows as text, read under limits, or why it is refused as a whole."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq

from data_access.access.names import one_line
from data_access.intake.problems import Problem
from data_access.intake.reading import FileJob, Limits, stage_file
from data_access.intake.staging import stage_jobs

LARGEST_FILE: Final = 2 * 2**20
_LONGEST_NAME: Final = 120


@dataclass(frozen=True, kw_only=True)
class UploadKind:
    """What files of one kind look like.

    Attributes:
        source: what it is called in problems of reading.
        expected: headings that must be there; `known`: all that mean something.
        identities: headings whose cells say whom a row is about, likewise `codes`: cells that are text though they look
            like numbers.
        most_rows: more are refused.
        most_columns: of a workbook, those that mean nothing counted in.
        too_large: what to do about a file with too many bytes or rows.
    """

    source: str
    expected: tuple[str, ...]
    known: tuple[str, ...]
    identities: tuple[str, ...]
    codes: tuple[str, ...]
    most_rows: int
    most_columns: int
    too_large: str

    @property
    def limits(self) -> Limits:
        """What reading a file may cost."""
        return Limits(
            file_bytes=LARGEST_FILE,
            inflated_bytes=40 * 2**20,
            cells=self.most_columns * self.most_rows,
            columns=self.most_columns,
            memory_bytes=4 * 2**30,
            cpu_seconds=20,
            wall_seconds=40,
        )


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A file as read.

    Attributes:
        name: as it may be shown.
        lines: cells by heading, one line a row; None where the file is refused.
        problems: what could not be read; of a refused file, why.
        notes: what was passed over, such as columns that mean nothing here.
    """

    name: str
    lines: Sequence[Mapping[str, Any]] | None
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()


def read_upload(content: bytes, name: str, kind: UploadKind) -> Upload:
    """The rows of a CSV (UTF-8, GB18030) or XLSX file; workbooks are opened by a child process, under limits.

    Args:
        content: the file.
        name: its name as received; its ending tells what it is.
        kind: what such a file looks like.
    """
    name = one_line(Path(name.replace("\\", "/")).name, _LONGEST_NAME) or "file.csv"
    is_workbook = name.lower().endswith(".xlsx")
    if len(content) > LARGEST_FILE:
        return refused(name, f"文件超过 {LARGEST_FILE // 2**20} MB 上限", kind.too_large)
    with tempfile.TemporaryDirectory(prefix="luoxuan-upload-") as directory:
        received, staged = Path(directory) / "received", Path(directory) / "staged.parquet"
        received.write_bytes(content)
        job = FileJob(
            path=str(received),
            name=name,
            source=kind.source,
            format="xlsx" if is_workbook else "csv",
            out=str(staged),
            expected=kind.expected,
            known=kind.known,
            identities=kind.identities,
            codes=kind.codes,
        )
        # A workbook of a few kilobytes can cost minutes of processor time; two megabytes of text cannot.
        (file,) = stage_jobs(Path(directory), [job], kind.limits) if is_workbook else [stage_file(job, kind.limits)]
        if file.out is None or file.blocked:
            return Upload(name=name, lines=None, problems=file.problems)
        lines = pq.read_table(file.out).to_pylist()
    if len(lines) > kind.most_rows:
        return refused(name, f"文件有 {len(lines)} 行，超过 {kind.most_rows} 行上限", kind.too_large)
    return Upload(name=name, lines=lines, problems=file.problems, notes=file.notes)


def refused(name: str, reason: str, remedy: str) -> Upload:
    """A file that is refused as a whole."""
    return Upload(name=name, lines=None, problems=(Problem(file=name, reason=reason, remedy=remedy, blocks_file=True),))
