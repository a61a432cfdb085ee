"""A panel as it was at one moment, with all that a reader far from the page needs to know of it."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from data_access.errors import UserError
from layouts import format as fmt
from layouts.exports.shown import Chart, Part
from layouts.sheet import Sheet


class UnavailableError(UserError):
    """The server lacks something that it needs for a kind of file; the message says what an administrator installs."""


class RenderingError(UserError):
    """A file could not be drawn as it should be; the message says what is in the way."""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where the numbers come from, in words.

    Attributes:
        title: of the panel, with its unit.
        page: heading of the page, with what is known of its subject.
        note: what is said beside the title, such as the week shown.
        filters: as they stand on the page.
        scope: whose reach the numbers are of.
        data_date: last day with data.
        library: version of the indicator library, with `data_version` that of the data.
        made_at: with `made_by` no part of the content: the same numbers taken twice are the same content.
    """

    title: str
    page: str
    note: str
    filters: str
    scope: str
    data_date: dt.date | None
    library: str
    data_version: str
    made_at: dt.datetime
    made_by: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Snapshot:
    """One panel: its origin, and its charts and tables from top to bottom."""

    origin: Origin
    parts: tuple[Part, ...]

    @property
    def charts(self) -> tuple[Chart, ...]:
        """All charts."""
        return tuple(part for part in self.parts if isinstance(part, Chart))

    @property
    def sheets(self) -> tuple[Sheet, ...]:
        """All numbers, those behind the charts included."""
        found = (part.sheet if isinstance(part, Chart) else part for part in self.parts)
        return tuple(sheet for sheet in found if sheet.columns)

    @property
    def rows(self) -> int:
        """How many rows of numbers leave with the file."""
        return sum(len(sheet.rows) for sheet in self.sheets)

    @cached_property
    def sha256(self) -> str:
        """Hash of the numbers and of where they come from; of who took them when it knows nothing.

        It is printed in every file: two files with the same hash hold the same numbers, whatever their form.
        """
        origin = self.origin
        said = [
            origin.title, origin.page, origin.note, origin.filters, origin.scope, fmt.day(origin.data_date),
            origin.library, origin.data_version,
        ]  # fmt: skip
        sheets = [[sheet.title, list(sheet.columns), [list(row) for row in sheet.rows]] for sheet in self.sheets]
        content = json.dumps([said, sheets], ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(content.encode()).hexdigest()

    @property
    def facts(self) -> list[tuple[str, str]]:
        """What every file says of itself, as names and words; what is empty is left out."""
        origin = self.origin
        told = [
            ("标题", origin.title),
            ("页面", origin.page),
            ("说明", origin.note),
            ("筛选条件", origin.filters),
            ("数据范围", origin.scope),
            ("数据截至", fmt.day(origin.data_date)),
            ("指标库版本", origin.library),
            ("数据版本", origin.data_version),
            ("生成时间", f"{origin.made_at:%Y-%m-%d %H:%M:%S}"),
            ("生成人", origin.made_by),
            ("内容校验 SHA-256", self.sha256),
        ]
        return [(name, words) for name, words in told if words]

    def above(self) -> list[str]:
        """The lines between the title and the numbers of a picture."""
        origin = self.origin
        return [line for line in (origin.page, " · ".join(filter(None, (origin.note, origin.filters)))) if line]

    def below(self) -> list[str]:
        """The lines at the foot of a picture."""
        origin = self.origin
        versions = f"指标库 {origin.library} · 数据版本 {origin.data_version}"
        return [
            f"数据范围 {origin.scope} · 数据截至 {fmt.day(origin.data_date)} · {versions}",
            f"{origin.made_by} 生成于 {origin.made_at:%Y-%m-%d %H:%M} · 内容校验 SHA-256 {self.sha256}",
        ]

    def texts(self) -> Iterator[tuple[str, str]]:
        """Every text that is drawn, and where it stands."""
        for name, words in self.facts:
            yield name, f"{name} {words}"
        for sheet in self.sheets:
            yield f"表格“{sheet.title}”", "".join([sheet.title, *sheet.columns])
            for number, row in enumerate(sheet.rows, 1):
                yield f"表格“{sheet.title}”第 {number} 行", "".join(str(value) for value in row if value is not None)
        for chart in self.charts:
            yield "图", "".join(_strings(chart.figure))


def _strings(tree: Any) -> Iterator[str]:
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, dict):
        for value in tree.values():
            yield from _strings(value)
    elif isinstance(tree, list | tuple):
        for value in tree:
            yield from _strings(value)
