"""A sheet filled in as a file: what it would change, every mistake in it at once, and then all of it or nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from data_access.access.actors import Actor
from data_access.access.viewer import Viewer
from data_access.errors import UserError
from data_access.growth_card.cells import EMPTY, Cell, CellEdit, CellKey, Column, Row
from data_access.growth_card.sheet_files import NUMBER, FileRow, FilledIn, read_filled, template
from data_access.growth_card.sheet_units import SheetKey
from data_access.intake.problems import Problem
from indicators.growth_card.sheet_frames import Sheet
from indicators.growth_card.sheets import SaveResult, Sheets

OVERTAKEN: Final = "预览之后有人改动了本表。请重新上传并核对，未作任何更改。"


@dataclass(frozen=True, kw_only=True)
class Upload:
    """What a file would do to a sheet.

    Attributes:
        edits: cells that would change; empty where there are problems.
        new: cells that hold nothing now; `changed`: that hold something else; `unchanged`: that hold the same.
        problems: everything that cannot be taken, row by row; with any, nothing is.
        notes: what was passed over.
        seen: what the sheet held when this was found; `SheetUploads.apply` refuses where that is past.
    """

    sheet: Sheet
    name: str
    edits: tuple[CellEdit, ...]
    new: int
    changed: int
    unchanged: int
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]
    seen: str


class SheetUploads:
    """Files of sheets; safe to share between threads.

    Args:
        sheets: the sheets that they fill in.
    """

    def __init__(self, sheets: Sheets) -> None:
        self._sheets = sheets

    def template(self, key: SheetKey, *, viewer: Viewer) -> tuple[Sheet, bytes]:
        """A sheet as a workbook to be filled in, with what was entered into it.

        Raises:
            NoSheetError: there is none, or it is not the viewer's.
        """
        sheet = self._sheets.open(key, viewer=viewer)
        # What the systems know is left out: a file that brings it back would stand against what they say later.
        values = {cell: held.value for cell, held in sheet.cells.items()}
        return sheet, template(sheet.form, values, title=sheet.title)

    def read(self, key: SheetKey, content: bytes, name: str, *, viewer: Viewer) -> Upload:
        """What a file would do; nothing is changed.

        Raises:
            NoSheetError: there is no such sheet, or it is not the viewer's.
        """
        sheet = self._sheets.open(key, viewer=viewer)
        filled = read_filled(content, name, [column.label for column in sheet.form.columns])
        return _planned(sheet, filled)

    def apply(self, key: SheetKey, content: bytes, name: str, *, seen: str, viewer: Viewer, by: Actor) -> SaveResult:
        """Write what a file says, all of it or nothing; the sheet is not handed in by that.

        Args:
            key: the sheet.
            content: the file; name: as received.
            seen: of the `Upload` that was confirmed.
            viewer: the collector.
            by: the same person, for the log.

        Raises:
            NoSheetError: there is no such sheet, or it is not the viewer's.
            UserError: the file has problems, the term is frozen, or somebody has changed the sheet meanwhile.
                Nothing was changed.
        """
        upload = self.read(key, content, name, viewer=viewer)
        if upload.problems:
            raise UserError(f"文件有 {len(upload.problems)} 处问题，未作任何更改。第一处：{upload.problems[0]}")
        if upload.seen != seen:
            raise UserError(OVERTAKEN)
        return self._sheets.save(key, upload.edits, viewer=viewer, by=by, is_whole=True)


def _planned(sheet: Sheet, filled: FilledIn) -> Upload:
    problems = list(filled.problems)
    counts = {"new": 0, "changed": 0, "unchanged": 0}
    edits: list[CellEdit] = []
    rows = {row.label: row for row in sheet.form.rows}
    taken: dict[str, int] = {}
    for line in filled.rows:
        row = rows.get(line.number)
        if row is None or line.number in taken:
            problems.append(_stranger(filled.name, line, taken))
            continue
        taken[line.number] = line.row
        for column in sheet.form.columns:
            if (typed := line.cells.get(column.label)) is None:
                continue
            edit, what = _edit(sheet, row, column, typed, _Place(filled.name, line.row), problems)
            if what:
                counts[what] += 1
            if edit is not None:
                edits.append(edit)
    if not filled.rows and not problems:
        problems.append(Problem(file=filled.name, reason="文件没有数据行", remedy="请使用本表的模板填写"))
    return Upload(
        sheet=sheet,
        name=filled.name,
        edits=() if problems else tuple(edits),
        problems=tuple(problems),
        notes=filled.notes,
        seen=_state(sheet.cells),
        **counts,
    )


@dataclass(frozen=True)
class _Place:
    file: str
    row: int


def _edit(
    sheet: Sheet, row: Row, column: Column, typed: str, place: _Place, problems: list[Problem]
) -> tuple[CellEdit | None, str]:
    """The change of one cell and of which kind it is; a mistake goes to `problems`."""

    def wrong(reason: str, remedy: str) -> tuple[None, str]:
        problems.append(
            Problem(file=place.file, row=place.row, column=column.label, value=typed[:40], reason=reason, remedy=remedy)
        )
        return None, ""

    if column.holder != row.holder:
        return wrong("这一列不属于这一行", "班级的采分点只填在“本班”一行，学生的只填在学生各行")
    try:
        stored = column.read(typed)
    except ValueError as error:
        return wrong("不能填写这个值", str(error))
    if stored is None:
        return None, ""
    key = CellKey(row.holder, row.holder_id, column.key)
    held = sheet.cells.get(key, EMPTY)
    if held.value == column.shown(stored):
        return None, "unchanged"
    edit = CellEdit(holder_id=row.holder_id, column=column.key, value=column.shown(stored), base_version=held.version)
    return edit, "new" if held.value is None else "changed"


def _stranger(file: str, line: FileRow, taken: Mapping[str, int]) -> Problem:
    if line.number in taken:
        reason, remedy = f"与第 {taken[line.number]} 行是同一学号", "每名学生只留一行"
    elif line.number:
        reason, remedy = "本表没有这个学号", "请核对学号；只能填写本班（教学班）的学生"
    else:
        reason, remedy = "没有填学号", "请填写学号，或删除这一行"
    return Problem(file=file, row=line.row, column=NUMBER, value=line.number[:40], reason=reason, remedy=remedy)


def _state(cells: Mapping[CellKey, Cell]) -> str:
    """A short name for what a sheet holds: it changes with every cell's version."""
    versions: Sequence[tuple[CellKey, int]] = sorted((key, cell.version) for key, cell in cells.items() if cell.version)
    return hashlib.sha256(repr([(*key, version) for key, version in versions]).encode()).hexdigest()[:24]
