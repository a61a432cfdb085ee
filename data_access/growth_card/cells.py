"""Columns and cells of an entry sheet: what may stand in them, and how what somebody types is read.

Pure: which columns a sheet has follows from the points of the card (`indicators.growth_card.sheet_layout`).
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple

from data_access.readers.plans import LEVEL_NUMBERS

STUDENT: Final = LEVEL_NUMBERS["student"]
"""Holder of a cell: a student."""
CLASS: Final = LEVEL_NUMBERS["class"]
"""Holder of a cell: a class."""

_BLANK: Final = frozenset({"", "-", "—", "–", "/"})
"""Written for nothing by those who fill in spreadsheets."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a sheet.

    Attributes:
        key: code of a point, ``STU-ACD-09.events`` for a further input of it, or a mark of a lesson (``status``).
        holder: `STUDENT` or `CLASS`.
        label: heading; unique within a sheet.
        unit: of the values, such as ``%``.
        lowest: least value; `highest`: greatest.
        choices: the only values there are, with their words; empty where any number within the range may stand.
        is_whole: True for what is counted.
        is_required: True where an empty cell has to be explained when the sheet is handed in.
        scale: what stands in the cell is so many times what is stored: a share is shown in percent.
        assumed: what counts for whoever has no other value when the sheet is handed in; None for nothing.
    """

    key: str
    holder: int
    label: str
    unit: str = ""
    lowest: float = 0.0
    highest: float = 100.0
    choices: tuple[tuple[float, str], ...] = ()
    is_whole: bool = False
    is_required: bool = True
    scale: float = 1.0
    assumed: float | None = None

    @property
    def point(self) -> str:
        """Code of the point; empty for a mark of a lesson."""
        code = self.key.partition(".")[0]
        return code if "-" in code else ""

    def read(self, typed: float | str | None) -> float | None:
        """The value that is stored for what stands in a cell; None for an empty one.

        Raises:
            ValueError: nothing of the kind may stand there; the message says what may, in Chinese.
        """
        if typed is None:
            return None
        if isinstance(typed, str):
            text = unicodedata.normalize("NFKC", typed).strip()
            if text in _BLANK:
                return None
            chosen = next((value for value, word in self.choices if text == word), None)
            number = chosen if chosen is not None else _number(text.removesuffix(self.unit or "%"))
        else:
            number = float(typed)
        if number is None or not math.isfinite(number) or not self._admits(number):
            raise ValueError(self.allowed)
        return number / self.scale

    def shown(self, stored: float | None) -> float | None:
        """What stands in a cell for a stored value."""
        return None if stored is None else round(stored * self.scale, 6)

    @property
    def allowed(self) -> str:
        """What may stand in the column, in Chinese."""
        if self.choices:
            return "只能填：" + "、".join(f"{word}({value:g})" for value, word in self.choices)
        what = "整数" if self.is_whole else "数"
        return f"须是 {self.lowest:g}–{self.highest:g} 之间的{what}"

    def _admits(self, number: float) -> bool:
        if self.choices:
            return any(number == value for value, _ in self.choices)
        return self.lowest <= number <= self.highest and (not self.is_whole or number == int(number))


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """Whose cells stand in one row: a student by number, or the class itself."""

    holder: int
    holder_id: int
    label: str
    class_name: str = ""


class CellKey(NamedTuple):
    """A cell within its sheet."""

    holder: int
    holder_id: int
    column: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """What a cell of a sheet holds.

    Attributes:
        value: as shown; None where nothing has been entered.
        version: 0 before the first entry; grows with every change.
        known: what the systems say, which counts as long as nobody enters anything else; None for nothing.
        known_from: where that comes from, in Chinese.
        by: name of the last editor.
    """

    value: float | None = None
    version: int = 0
    known: float | None = None
    known_from: str = ""
    by: str = ""


EMPTY: Final = Cell()
"""A cell that nobody has filled in."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CellEdit:
    """What somebody wants to stand in a cell, and the version that they saw there."""

    holder_id: int
    column: str
    value: float | str | None
    base_version: int


@dataclass(frozen=True, kw_only=True, slots=True)
class SavedCell:
    """A cell as it stands after a save."""

    holder_id: int
    column: str
    value: float | None
    version: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Conflict:
    """A cell that somebody else has changed meanwhile; it was left as they wrote it."""

    holder_id: int
    column: str
    mine: float | None
    theirs: float | None
    version: int
    by: str
    at: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CellProblem:
    """A value that cannot stand in its cell; `message` names student and column and says what may."""

    holder_id: int
    column: str
    value: str
    message: str


@dataclass(frozen=True, kw_only=True)
class SheetForm:
    """The frame of a sheet: its columns, and who is in it."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...] = field(repr=False)

    @cached_property
    def by_key(self) -> Mapping[str, Column]:
        """The columns by their keys."""
        return {column.key: column for column in self.columns}

    @cached_property
    def by_holder(self) -> Mapping[tuple[int, int], Row]:
        """The rows by holder and id."""
        return {(row.holder, row.holder_id): row for row in self.rows}

    def cells(self) -> Iterable[tuple[Row, Column, CellKey]]:
        """Every cell there is: students have none in columns of the class, nor the class in theirs."""
        for row in self.rows:
            for column in self.columns:
                if column.holder == row.holder:
                    yield row, column, CellKey(row.holder, row.holder_id, column.key)

    def read(self, edits: Iterable[CellEdit]) -> tuple[list[tuple[CellKey, float | None, int]], list[CellProblem]]:
        """The edits as (cell, value to store, version seen), and what is wrong with the others."""
        sound: dict[CellKey, tuple[CellKey, float | None, int]] = {}
        problems = []
        for edit in edits:
            column = self.by_key.get(edit.column)
            row = self.by_holder.get((column.holder, edit.holder_id)) if column else None
            if column is None or row is None:
                message = f"本表没有这一格（{edit.column}）：学生已不在本班，或采分点不在本表。"
                problems.append(_problem(edit, message))
                continue
            try:
                value = column.read(edit.value)
            except ValueError as error:
                problems.append(_problem(edit, f"{row.label} 的“{column.label}”：{error}。"))
                continue
            key = CellKey(row.holder, row.holder_id, column.key)
            sound[key] = (key, value, edit.base_version)
        return list(sound.values()), problems


def _problem(edit: CellEdit, message: str) -> CellProblem:
    shown = "" if edit.value is None else str(edit.value)[:40]
    return CellProblem(holder_id=edit.holder_id, column=edit.column, value=shown, message=message)


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", "").removesuffix("%"))
    except ValueError:
        return None
