"""What is wrong with a row or a file, said so that the person who exported it can put it right."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One reason why a row, or a whole file, cannot be taken.

    Attributes:
        file: name of the source file as received.
        row: row as a spreadsheet numbers it (the header is row 1); None for the file as a whole.
        column: header of the source column, empty where the row or file is meant.
        value: what stands there.
        reason: why it is refused, in Chinese.
        remedy: what would put it right, in Chinese.
        blocks_file: True where no row of the file can be trusted.
    """

    file: str
    reason: str
    row: int | None = None
    column: str = ""
    value: str = ""
    remedy: str = ""
    blocks_file: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    def __str__(self) -> str:
        where = self.file if self.row is None else f"{self.file} 第 {self.row} 行"
        cell = f"“{self.column}”" if self.column else ""
        value = f"＝“{self.value}”" if self.value else ""
        remedy = f"（{self.remedy}）" if self.remedy else ""
        return f"{where} {cell}{value}：{self.reason}{remedy}"


@dataclass(frozen=True, kw_only=True, slots=True)
class WaitingRow:
    """A sound row that names a parent not yet known; it is kept and taken in when the parent arrives.

    Attributes:
        key: hash of table and natural key, by which a later row of the same subject replaces it.
        values: the row's columns in the form of the file's codes.
    """

    table: str
    file: str
    row: int
    missing_table: str
    missing_label: str
    missing_value: str
    key: str
    values: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, without the row's contents."""
        return {
            "table": self.table,
            "file": self.file,
            "row": self.row,
            "missing_table": self.missing_table,
            "missing_value": self.missing_value,
            "reason": self.reason,
        }

    @property
    def reason(self) -> str:
        """Why the row waits, in Chinese."""
        return f"{self.missing_label}中尚无“{self.missing_value}”，该行暂存待补，补齐后自动入库"

    def __str__(self) -> str:
        return f"{self.file} 第 {self.row} 行：{self.reason}"


class RefusedFileError(Exception):
    """The file as a whole cannot be read; carries the problem."""

    def __init__(self, reason: str, remedy: str = "", *, row: int | None = None) -> None:
        super().__init__(reason)
        self.reason, self.remedy, self.row = reason, remedy, row
