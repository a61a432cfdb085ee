"""Tables that a screen reader can read, and the pager below them.

dash-renderer keeps a subscription for every component and wakes all of them when one is added, so a
table of Dash components costs the square of its cells: 1,700 components took eight seconds. A table
is therefore sent as data and built in the browser by ``assets/js/table.js``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from indicators.results import State
from layouts.states import css_class

ROW_HEIGHT = 30
"""A little less than a row takes, in px."""
ROWS_ROLE = "rows"
"""Role of the store beside a table; its other id parts are those of the table."""


@dataclass(frozen=True, kw_only=True)
class Valued:
    """A cell that shows a value with the shape and colour of its state.

    Attributes:
        grade: what the value amounts to, shown behind it; in files it stands in a column of its own.
    """

    text: str
    state: State
    grade: str = ""

    def to_json(self) -> dict[str, str]:
        """The cell as the browser builds it; the state's name is spoken."""
        graded = {"value_text": self.text, "grade": self.grade} if self.grade else {}
        return {
            "text": f"{self.text} {self.grade}".rstrip(),
            "name": f"state with-shape {css_class(self.state)}",
            "spoken": self.state.value,
            **graded,
        }


@dataclass(frozen=True, kw_only=True)
class Linked:
    """A cell that leads somewhere.

    Attributes:
        is_in_place: True where the link changes what is shown here, so that the page must not jump.
        is_on: True where the link stands for what is picked now.
        is_form: True where the server draws the page that it leads to, so that the browser has to fetch it.
    """

    text: str
    href: str
    is_in_place: bool = False
    is_on: bool = False
    is_form: bool = False

    def to_json(self) -> dict[str, str]:
        """The cell as the browser builds it."""
        told = (("in-place", self.is_in_place), ("is-on", self.is_on), ("to-form", self.is_form))
        names = [name for name, holds in told if holds]
        return {"text": self.text, "href": self.href, "name": " ".join(names)}


@dataclass(frozen=True, kw_only=True)
class Marked:
    """A cell with a class of its own."""

    text: str
    name: str

    def to_json(self) -> dict[str, str]:
        """The cell as the browser builds it."""
        return {"text": self.text, "name": self.name}


@dataclass(frozen=True, kw_only=True)
class Exact:
    """A number as it is written, and the number itself for files; None where there is none."""

    text: str
    value: float | None

    def to_json(self) -> dict[str, Any]:
        """The cell as the browser builds it, which shows the text alone."""
        return {"text": self.text, "name": "", "value": self.value}


Cell = str | Valued | Linked | Marked | Exact


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

    def to_json(self) -> dict[str, Any]:
        """The column as the browser builds it."""
        arrow = {"ascending": " ↑", "descending": " ↓"}.get(self.order or "", "")
        return {
            "title": self.title + arrow,
            "number": self.is_number,
            "heading": self.is_heading,
            "href": self.href,
            "order": self.order,
        }


def table(
    columns: Sequence[Column], rows: Sequence[Sequence[Cell]], *, caption: str, table_id: dict[str, Any]
) -> Component:
    """A table; `caption` says what it shows and is read aloud, not shown.

    Raises:
        ValueError: a row has more or fewer cells than there are columns.
    """
    if any(len(row) != len(columns) for row in rows):
        raise ValueError(f"Every row of {caption!r} needs {len(columns)} cells.")
    data = {
        "caption": caption,
        "columns": [column.to_json() for column in columns],
        "rows": [[cell if isinstance(cell, str) else cell.to_json() for cell in row] for row in rows],
    }
    return html.Div(
        [
            dcc.Store(id={**table_id, "role": ROWS_ROLE}, data=data),
            # no other component of a panel is a section, so React never takes this node for another
            html.Section(
                id=table_id,
                className="table-scroll",
                tabIndex="0",
                # room for the rows before the browser has built them: a page that collapses loses its place
                style={"minHeight": f"{(len(rows) + 1) * ROW_HEIGHT}px"},
                **{"aria-label": caption},
            ),
        ]
    )


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


def pager(part: Slice, *, noun: str, link: Callable[[int], str], is_in_place: bool = False) -> Component:
    """Which rows are shown, and links to the pages around them.

    Args:
        part: what is shown of how many.
        noun: what a row is, such as 个教学班.
        link: address of a page by its number.
        is_in_place: True where the list stands low on its page, which must not jump to the top.
    """

    def link_to(text: str, number: int) -> Component:
        if is_in_place:
            return html.A(text, href=link(number), className="in-place")
        return dcc.Link(text, href=link(number))

    def step(text: str, number: int) -> Component:
        return link_to(text, number) if 1 <= number <= part.pages else html.Span(text, className="pager-off")

    text = f"第 {part.start + 1}–{part.stop} {noun}，共 {part.total:,}" if part.total else f"0 {noun}"
    if part.pages == 1:
        return html.Div(html.Span(text), className="pager")
    shown = sorted({1, part.pages, *range(max(1, part.number - 2), min(part.pages, part.number + 2) + 1)})
    links: list[Component] = []
    previous = 0
    for number in shown:
        if number > previous + 1:
            links.append(html.Span("…", className="pager-gap"))
        if number == part.number:
            links.append(html.Span(str(number), className="pager-current", **{"aria-current": "page"}))
        else:
            links.append(link_to(str(number), number))
        previous = number
    return html.Div(
        [
            html.Span(text),
            html.Nav(
                [step("上一页", part.number - 1), *links, step("下一页", part.number + 1)],
                className="pager-links",
                **{"aria-label": "翻页"},
            ),
        ],
        className="pager",
    )
