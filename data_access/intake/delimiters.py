"""The first line of a CSV file: which delimiter splits it, and the headings it then has."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Final

from data_access.intake.problems import RefusedFileError

DELIMITERS: Final = (",", "\t", ";")
LONGEST_HEADING: Final = 1000
"""Characters; what is longer is no heading but a file that was not split, and no message should repeat it."""

_REMEDY: Final = "请检查首行：列之间应以逗号、制表符或分号分隔，引号应成对，行末应换行；也可另存为 .xlsx 后导入"


def split_header(text: str, known: Sequence[str]) -> tuple[str, list[str]]:
    """The delimiter that finds most of the `known` headings, then most columns; and the headings, as written.

    Args:
        text: the whole file, for a quoted heading may go over several lines.
        known: headings that mean something.

    Raises:
        RefusedFileError: a heading has more than `LONGEST_HEADING` characters, or is longer than can be read.
    """
    lines = io.StringIO(text, newline="")
    found = {delimiter: header for delimiter in DELIMITERS if (header := _headings(lines, delimiter)) is not None}
    # One column is what any delimiter leaves that does not occur: no answer where another one could not be tried.
    if len(found) < len(DELIMITERS) and max(map(len, found.values()), default=0) <= 1:
        reason = f"首行有一格特别长（超过 {csv.field_size_limit():,} 个字符），不是表头"
        raise RefusedFileError(reason, _REMEDY, row=1)

    def score(delimiter: str) -> tuple[int, int]:
        header = found[delimiter]
        return sum(name.strip() in known for name in header), len(header)

    delimiter = max(found, key=score)
    for number, name in enumerate(found[delimiter], start=1):
        if len(name) > LONGEST_HEADING:
            reason = f"首行第 {number} 格有 {len(name):,} 个字符，不是表头（至多 {LONGEST_HEADING:,} 个）"
            raise RefusedFileError(reason, _REMEDY, row=1)
    return delimiter, found[delimiter]


def _headings(lines: io.StringIO, delimiter: str) -> list[str] | None:
    """The first row under a delimiter; None where a cell of it is longer than the csv module reads."""
    lines.seek(0)
    try:
        return next(csv.reader(lines, delimiter=delimiter), [])
    except csv.Error:  # a line of many columns is one long cell under every delimiter but its own
        return None
