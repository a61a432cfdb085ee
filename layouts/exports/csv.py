"""Tables as CSV that a spreadsheet opens as text and numbers, never as formulas."""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from numbers import Real
from typing import Final

from layouts.sheet import Sheet

MEDIA_TYPE: Final = "text/csv; charset=utf-8"

_CHUNK: Final = 64 * 1024
_BYTE_ORDER_MARK: Final = "\ufeff"
"""Without it Excel takes UTF-8 for the encoding of the system."""

_FORMULA: Final = r"[\s\u200b-\u200f\u2060\ufeff]*(?:[\t\r\n]|[=+\-@＝＋－＠﹦﹢﹣﹫])"
"""What makes a spreadsheet calculate a cell; some drop the invisible characters before it, some read wide forms."""
_UNSAFE: Final = re.compile(rf"'*(?:{_FORMULA})")
"""Apostrophes in front count as well, so that each text has one guarded form of its own."""


def text_of(header: Sequence[str], rows: Iterable[Sequence[object]], *, line_end: str = "\r\n") -> Iterator[str]:
    """The table as CSV, in pieces, while `rows` are fetched; no byte order mark.

    Numbers stay numbers. Text that a spreadsheet would take for a formula gets an apostrophe before it, which
    `restored` takes away again. No value (None, NaN) is an empty cell; times are written as given, to the second.

    Args:
        header: names of the columns.
        rows: as many values each.
        line_end: what spreadsheets expect, or what other programs on the server do.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator=line_end)
    writer.writerow([guarded(name) for name in header])
    for row in rows:
        writer.writerow([_cell(value) for value in row])
        if out.tell() >= _CHUNK:
            yield out.getvalue()
            out.seek(0)
            out.truncate()
    yield out.getvalue()


def bytes_of(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """The same as a file for spreadsheets: UTF-8 with a byte order mark."""
    yield _BYTE_ORDER_MARK.encode()
    for piece in text_of(header, rows):
        yield piece.encode()


def bytes_of_sheets(sheets: Sequence[Sheet], facts: Sequence[tuple[str, str]]) -> bytes:
    """Several tables and what is to be said of them, as one file for spreadsheets.

    The first table begins in the first line, so that programs find its headings; further ones follow after an empty
    line and their title, what is said of them comes last.
    """
    pieces = [_BYTE_ORDER_MARK]
    for number, sheet in enumerate(sheets):
        if number:
            pieces += ["\r\n", *text_of([sheet.title], [])]
        pieces += text_of(sheet.columns, sheet.rows)
    pieces += ["\r\n", *text_of(["说明", ""], facts)]
    return "".join(pieces).encode()


def guarded(text: str) -> str:
    """The text with an apostrophe before it where a spreadsheet would calculate it; `restored` undoes it."""
    return f"'{text}" if _UNSAFE.match(text) else text


def restored(text: str) -> str:
    """The text that `guarded` was given."""
    return text[1:] if text.startswith("'") and _UNSAFE.match(text[1:]) else text


def _cell(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Real | Decimal):
        return value if math.isfinite(value) else ""
    if isinstance(value, dt.datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return guarded(str(value))
