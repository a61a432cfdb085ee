"""Entry sheets as files: a workbook to be filled in, and what was filled in, read row by row.

Workbooks are opened by a child process under limits, as every file that comes from outside. What a cell may hold is
said by the sheet's columns; what becomes of the values, by `indicators.growth_card.uploads`.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from data_access.growth_card.cells import CellKey, Column, SheetForm
from data_access.intake.problems import Problem
from data_access.intake.reading import ROW
from data_access.intake.uploads import UploadKind, read_upload

NUMBER: Final = "学号"
"""Heading of the column that says whose row it is; the class itself stands there as 本班."""
NOTE: Final = "填写说明"
"""How the row begins that explains the columns; it is passed over."""
MOST_ROWS: Final = 2000

_WIDTH: Final = 16


@dataclass(frozen=True, kw_only=True, slots=True)
class FileRow:
    """One row of a file: whose it is, and what stands under the sheet's headings.

    Attributes:
        row: as a spreadsheet numbers it.
        number: student number as written.
        cells: text by heading; empty cells are left out.
    """

    row: int
    number: str
    cells: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class FilledIn:
    """A file as read.

    Attributes:
        problems: what is wrong with the file as such.
        notes: what was passed over, such as columns that mean nothing here.
    """

    name: str
    rows: tuple[FileRow, ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()


def template(form: SheetForm, values: Mapping[CellKey, float | None], *, title: str) -> bytes:
    """A workbook of a sheet: headings, one row that explains them, and a row for each student with what was entered."""
    book = Workbook()
    page = book.active
    if page is None:  # a new workbook has a page
        raise RuntimeError("A workbook without a page.")
    page.title = "采分表"
    page.append([NUMBER, *(column.label for column in form.columns)])
    page.append([f"{NOTE}：{title}；空白不改", *(column.allowed for column in form.columns)])
    for row in form.rows:
        own = [_written(column, values.get(CellKey(row.holder, row.holder_id, column.key))) for column in form.columns]
        page.append([row.label, *own])
    for cell in page[1]:
        cell.font = Font(bold=True)
    for cell in page[2]:
        cell.font, cell.alignment = Font(italic=True), Alignment(wrap_text=True, vertical="top")
    for cell in page["A"]:
        cell.number_format = "@"  # a student number is a text, whatever it looks like
    for number in range(1, len(form.columns) + 2):
        page.column_dimensions[get_column_letter(number)].width = _WIDTH
    page.freeze_panes = "B3"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _written(column: Column, value: float | None) -> float | str | None:
    """A value as people write it: the word of a choice rather than its number."""
    return next((word for choice, word in column.choices if choice == value), value)


def read_filled(content: bytes, name: str, headings: Sequence[str]) -> FilledIn:
    """The rows of a CSV (UTF-8, GB18030) or XLSX file.

    Args:
        content: the file.
        name: its name as received; its ending tells what it is.
        headings: of the sheet's columns.
    """
    found = read_upload(
        content,
        name,
        UploadKind(
            source="sheet",
            expected=(NUMBER,),
            known=(NUMBER, *headings),
            identities=(NUMBER,),
            codes=(NUMBER,),
            most_rows=MOST_ROWS,
            most_columns=60,
            too_large="请使用本表的模板填写",
        ),
    )
    if found.lines is None:
        return FilledIn(name=found.name, problems=found.problems)
    rows = tuple(_row(line, headings) for line in found.lines)
    return FilledIn(
        name=found.name,
        rows=tuple(row for row in rows if not row.number.startswith(NOTE)),
        problems=found.problems,
        notes=found.notes,
    )


def _row(line: Mapping[str, object], headings: Sequence[str]) -> FileRow:
    texts = {heading: str(line.get(heading) or "").strip() for heading in headings}
    return FileRow(
        row=int(str(line[ROW])),
        number=str(line.get(NUMBER) or "").strip(),
        cells={heading: text for heading, text in texts.items() if text},
    )
