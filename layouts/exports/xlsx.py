"""Panels as workbooks: numbers stay numbers, and no text is ever calculated."""

from __future__ import annotations

import datetime as dt
import io
import math
import re
from collections.abc import Collection, Sequence
from typing import Any, Final

import xlsxwriter

from layouts.exports.snapshot import Snapshot
from layouts.sheet import Datum, Sheet

MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ABOUT: Final = "说明"
"""Name of the sheet that says where the numbers come from."""

_LONGEST_NAME: Final = 31
_LONGEST_TEXT: Final = 32_767
"""Limits of the format."""
_UNFIT: Final = re.compile(r"[\[\]:*?/\\'\x00-\x1f]")
_NARROWEST, _WIDEST = 8, 48
_OPTIONS: Final = {
    "in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False,
}  # fmt: skip


def content_of(snapshot: Snapshot) -> bytes:
    """The workbook: one sheet for each of the panel's, and one that says where they come from.

    Texts are written as texts, so that none is a formula or a link whatever it begins with. No value is an empty cell.
    """
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, _OPTIONS)
    origin = snapshot.origin
    book.set_properties(
        {"title": origin.title, "author": origin.made_by, "comments": snapshot.sha256,
         "created": origin.made_at.astimezone(dt.UTC).replace(tzinfo=None)}
    )  # fmt: skip
    head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    numbers = {is_whole: book.add_format({"num_format": "0" if is_whole else "0.0##"}) for is_whole in (True, False)}
    names = {ABOUT}
    for sheet in snapshot.sheets:
        name = sheet_name(sheet.title, taken=names)
        names.add(name)
        page = book.add_worksheet(name)
        _write_row(page, 0, sheet.columns, {}, head)
        for number, row in enumerate(sheet.rows, 1):
            _write_row(page, number, row, numbers, None)
        page.freeze_panes(1, 0)
        for column, width in enumerate(widths(sheet)):
            page.set_column(column, column, width)
    about = book.add_worksheet(ABOUT)
    for number, (label, words) in enumerate(snapshot.facts):
        _write_row(about, number, (label, words), {}, None)
    about.set_column(0, 0, 20)
    about.set_column(1, 1, 72)
    book.close()
    return out.getvalue()


def sheet_name(title: str, *, taken: Collection[str]) -> str:
    """A name that spreadsheets take: short, without the characters they refuse, and not in use, in any case of letters."""
    stem = _UNFIT.sub(" ", title).strip() or "数据"
    used = {name.casefold() for name in taken}
    name, number = stem[:_LONGEST_NAME].strip(), 1
    while name.casefold() in used:
        number += 1
        tail = f" {number}"
        name = stem[: _LONGEST_NAME - len(tail)].strip() + tail
    return name


def widths(sheet: Sheet) -> list[int]:
    """Width of every column, in characters: room for its longest text, within reason."""
    found = []
    for index, title in enumerate(sheet.columns):
        texts = [title, *(f"{row[index]:.1f}" if isinstance(row[index], float) else str(row[index] or "")
                          for row in sheet.rows)]  # fmt: skip
        longest = max(sum(2 if ord(character) > 0x2E7F else 1 for character in text) for text in texts)
        found.append(min(max(longest + 2, _NARROWEST), _WIDEST))
    return found


def _write_row(page: Any, number: int, row: Sequence[Datum], formats: dict[bool, Any], other: Any) -> None:
    for column, value in enumerate(row):
        if isinstance(value, str):
            page.write_string(number, column, value[:_LONGEST_TEXT], other)
        elif value is not None and math.isfinite(value):
            page.write_number(number, column, value, formats.get(isinstance(value, int), other))
