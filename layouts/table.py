"""Tables that a screen reader can read, and the pager below them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

Cell = Any
"""Text or a component; dash's classes carry no types of their own."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column.

    Attributes:
        is_number: aligned to the right, in figures of equal width.
        href: address that sorts by this column, without moving the page; None where it does not sort.
        order: ``ascending`` or ``descending`` where the rows are sorted by it.
        is_heading: True for the column that names its row.
    """

    title: str
    is_number: bool = False
    href: str | None = None
    order: str | None = None
    is_heading: bool = False


def table(columns: Sequence[Column], rows: Sequence[Sequence[Cell]], *, caption: str) -> Component:
    """A table; `caption` says what it shows and is read aloud, not shown."""
    return html.Div(
        html.Table(
            [
                html.Caption(caption, className="visually-hidden"),
                html.Thead(html.Tr([_head(column) for column in columns])),
                html.Tbody([html.Tr([_cell(*pair) for pair in zip(columns, row, strict=True)]) for row in rows]),
            ],
            className="data-table",
        ),
        className="table-scroll",
        tabIndex="0",
        role="region",
        **{"aria-label": caption},
    )


def _head(column: Column) -> Component:
    label: Cell = column.title
    if column.href is not None:
        arrow = {"ascending": " ↑", "descending": " ↓"}.get(column.order or "", "")
        label = html.A(f"{column.title}{arrow}", href=column.href, className="sort-link in-place")
    sorted_by = {"aria-sort": column.order} if column.order else {}
    return html.Th(label, className="is-number" if column.is_number else None, scope="col", **sorted_by)


def _cell(column: Column, cell: Cell) -> Component:
    if column.is_heading:
        return html.Th(cell, scope="row")
    return html.Td(cell, className="is-number" if column.is_number else None)


@dataclass(frozen=True, kw_only=True)
class Slice:
    """Which part of `total` rows one page shows; `page` counts from 1 and is brought into range."""

    total: int
    page: int
    size: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // self.size))

    @property
    def number(self) -> int:
        """The page shown, from 1 to `pages`."""
        return min(max(self.page, 1), self.pages)

    @property
    def start(self) -> int:
        """Index of the first row shown."""
        return (self.number - 1) * self.size

    @property
    def stop(self) -> int:
        """One past the index of the last row shown."""
        return min(self.start + self.size, self.total)


def pager(part: Slice, *, noun: str, link: Callable[[int], str]) -> Component:
    """Which rows are shown, and links to the pages around them.

    Args:
        part: what is shown of how many.
        noun: what a row is, such as 个教学班.
        link: address of a page by its number.
    """
    text = f"第 {part.start + 1}–{part.stop} {noun}，共 {part.total:,}" if part.total else f"0 {noun}"
    if part.pages == 1:
        return html.Div(html.Span(text), className="pager")
    shown = sorted({1, part.pages, *range(max(1, part.number - 2), min(part.pages, part.number + 2) + 1)})
    links: list[Component] = []
    previous = 0
    for number in shown:
        if number > previous + 1:
            links.append(html.Span("…", className="pager-gap"))
        links.append(_page_link(number, part.number, link))
        previous = number
    return html.Div(
        [
            html.Span(text),
            html.Nav(
                [_step("上一页", part.number - 1, part, link), *links, _step("下一页", part.number + 1, part, link)],
                className="pager-links",
                **{"aria-label": "翻页"},
            ),
        ],
        className="pager",
    )


def _page_link(number: int, current: int, link: Callable[[int], str]) -> Component:
    if number == current:
        return html.Span(str(number), className="pager-current", **{"aria-current": "page"})
    return dcc.Link(str(number), href=link(number))


def _step(text: str, number: int, part: Slice, link: Callable[[int], str]) -> Component:
    if not 1 <= number <= part.pages:
        return html.Span(text, className="pager-off")
    return dcc.Link(text, href=link(number))
