"""What a panel shows, as charts and plain tables: taken from what is drawn, so that a file holds what the page held."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dash.development.base_component import Component

from indicators.results import STATES
from layouts import format as fmt
from layouts.graph import CHART_VIEW
from layouts.panel import Content
from layouts.sheet import Datum, Sheet
from layouts.states import css_class
from layouts.table import ROWS_ROLE

_NUMBER: Final = re.compile(
    r"(?P<arrow>[↑↓] )?(?P<minus>−|-)?(?P<digits>(?:0|[1-9]\d*|[1-9]\d{0,2}(?:,\d{3})+)(?:\.\d+)?)(?: ?(?P<unit>[^\d\s,.]{1,4}))?"  # what stands there is a unit only if it is known as one
)
"""A number as `layouts.format` writes it. Leading zeros make an identifier, which is none."""
_UNITS: Final = frozenset(
    ("%", "个百分点", "分", "人", "名", "位", "人次", "次", "项", "门", "个", "起", "家", "台", "册", "级", "倍", "元", "万元", "天",
     "周", "节", "学时", "小时", "人日", "Mbps", "次/人", "个/人", "个/生", "元/生", "册/生", "生/人", "生/师", "分/师", "项/千生",
     "项/百生", "起/千生", "台/百生", "平方米/生")
)  # fmt: skip
"""Units of the indicator library, and of what tables count; anything else behind a number is no unit."""
_LEVEL: Final = "持平"
_TILE_COLUMNS: Final = {
    "tile-title": "指标", "tile-value": "数值", "tile-unit": "单位", "state": "状态", "tile-change": "变化",
    "tile-note": "说明",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True, eq=False)
class Chart:
    """One chart as it is drawn.

    Attributes:
        figure: as plotly's own tree of plain values.
        height: in px, with `least_width` the room that it needs; 0 where any width will do.
        sheet: its numbers.
    """

    figure: Mapping[str, Any]
    height: int
    least_width: int
    sheet: Sheet


Part = Chart | Sheet


def parts_of(title: str, content: Content) -> tuple[Part, ...]:
    """The charts, tables and tiles of a panel, from top to bottom.

    Tables that the content brings for its files stand for those that are drawn; charts keep theirs.
    """
    found = tuple(_parts(title, content.body))
    if not content.sheets:
        return found
    return (*(part for part in found if isinstance(part, Chart)), *content.sheets)


def has_chart(content: Content) -> bool:
    """True where a chart is drawn."""
    return any(_kind(item) == "Graph" for item in _walk(content.body))


def has_numbers(content: Content) -> bool:
    """True where there is anything that a table could hold; a message is nothing."""
    return bool(content.sheets) or any(_is_rows(item) or _has_class(item, "tiles") for item in _walk(content.body))


def notes_of(content: Content) -> list[str]:
    """Which part of a longer list is shown, in the words of its pager."""
    pagers = [item for item in _walk(content.body) if _has_class(item, "pager")]
    return [_text(next(iter(_children(item)), "")) for item in pagers]


def sheet_of(rows: Mapping[str, Any]) -> Sheet:
    """The table whose rows stand in the store of `layouts.table`, numbers as numbers.

    Columns of grades and of states follow each column whose cells carry them; a unit that all numbers of a column share
    moves into its heading.
    """
    heads: list[str] = []
    columns: list[list[Datum]] = []
    for index, column in enumerate(rows["columns"]):
        cells = [row[index] for row in rows["rows"]]
        title = column["title"].removesuffix(" ↑").removesuffix(" ↓")
        states, grades = list(map(_state, cells)), list(map(_grade, cells))
        is_number = column["number"] or any(states)
        values, unit = _values(cells) if is_number else ([_written(cell) for cell in cells], "")
        heads.append(f"{title}({unit})" if unit and f"({unit})" not in title else title)
        columns.append(values)
        for name, beside in (("等级", grades), ("状态", states)):
            if any(beside):
                heads.append(f"{title}·{name}")
                columns.append(beside)
    return Sheet(title=rows["caption"], columns=heads, rows=list(zip(*columns, strict=True)) if columns else [])


def number_of(text: str) -> tuple[float, str] | None:
    """The number and unit that a text such as ``92.6%``, ``1,234 人`` or ``↓ 0.8`` stands for; None for other text."""
    found = _NUMBER.fullmatch(text)
    if found is None or (found["unit"] or "%") not in _UNITS:
        return None
    digits = found["digits"].replace(",", "")
    size = float(digits) if "." in digits else int(digits)
    is_negative = (found["arrow"] or "").startswith("↓") != bool(found["minus"])
    return (-size if is_negative else size), found["unit"] or ""


def _values(cells: Sequence[Any]) -> tuple[list[Datum], str]:
    """The numbers of a column and their unit; its texts where they are not all numbers of one unit."""
    texts = [_written(cell) for cell in cells]
    if any(isinstance(cell, dict) and "value" in cell for cell in cells):
        return [cell["value"] if isinstance(cell, dict) and "value" in cell else text
                for cell, text in zip(cells, texts, strict=True)], ""  # fmt: skip
    read = [(0, "") if text == _LEVEL else number_of(text) for text in texts if isinstance(text, str)]
    units = {found[1] for found in read if found is not None and found != (0, "")}
    if not read or None in read or len(units) > 1:
        return list(texts), ""
    numbers = iter(found[0] for found in read if found is not None)
    return [None if text is None else next(numbers) for text in texts], next(iter(units), "")


def _state(cell: Any) -> Datum:
    """The name of the state whose shape and colour a cell has; what is spoken of it may say more, for screen readers."""
    names = str(cell.get("name", "")).split() if isinstance(cell, dict) else []
    return next((state.value for state in STATES if css_class(state) in names), None) if "state" in names else None


def _grade(cell: Any) -> Datum:
    return str(cell["grade"]) if isinstance(cell, dict) and cell.get("grade") else None


def _written(cell: Any) -> Datum:
    text = cell if isinstance(cell, str) else str(cell.get("value_text", cell["text"]))
    return None if text in {fmt.NO_VALUE, ""} else text


def _parts(title: str, tree: Any) -> Iterator[Part]:
    if _has_class(tree, CHART_VIEW):
        yield from _charts(tree, next(sheet_of(item.data) for item in _walk(tree) if _is_rows(item)))
    elif _is_rows(tree):
        yield sheet_of(tree.data)
    elif _has_class(tree, "tiles"):
        yield _sheet_of_tiles(title, tree)
    else:
        for child in _children(tree):
            yield from _parts(title, child)


def _charts(tree: Any, sheet: Sheet) -> Iterator[Chart]:
    for item in _walk(tree):
        if _kind(item) == "Graph":
            figure = item.figure.to_plotly_json() if hasattr(item.figure, "to_plotly_json") else item.figure
            style = getattr(item, "style", {})
            least = str(style.get("minWidth", "0")).removesuffix("px")
            yield Chart(
                figure=figure, height=int(figure["layout"]["height"]), least_width=round(float(least)), sheet=sheet
            )


def _sheet_of_tiles(title: str, tree: Any) -> Sheet:
    found = []
    for tile in _walk(tree):
        if _has_class(tile, "tile"):
            texts = {
                column: _text(item)
                for item in _walk(tile)
                for name, column in _TILE_COLUMNS.items()
                if _has_class(item, name)
            }
            found.append(texts)
    shown = [column for column in _TILE_COLUMNS.values() if any(texts.get(column) for texts in found)]
    return Sheet(title=title, columns=shown, rows=[[_datum(column, texts) for column in shown] for texts in found])


def _datum(column: str, texts: Mapping[str, str]) -> Datum:
    text = texts.get(column, "")
    if not text or text == fmt.NO_VALUE:
        return None
    read = number_of(text) if column == "数值" else None
    return read[0] if read is not None and not read[1] else text


def _walk(tree: Any) -> Iterator[Any]:
    yield tree
    for child in _children(tree):
        yield from _walk(child)


def _children(tree: Any) -> Sequence[Any]:
    if isinstance(tree, list | tuple):
        return tree
    inside = getattr(tree, "children", None) if isinstance(tree, Component) else None
    if inside is None:
        return ()
    return inside if isinstance(inside, list | tuple) else (inside,)


def _text(tree: Any) -> str:
    """The words of a tree as they are read aloud."""
    if getattr(tree, "aria-hidden", None) == "true":
        return ""
    own = str(tree) if isinstance(tree, str | int | float) else ""
    return own + "".join(map(_text, _children(tree)))


def _kind(item: Any) -> str:
    return str(getattr(item, "_type", ""))


def _has_class(item: Any, name: str) -> bool:
    return isinstance(item, Component) and name in str(getattr(item, "className", "")).split()


def _is_rows(item: Any) -> bool:
    item_id = getattr(item, "id", None) if _kind(item) == "Store" else None
    return isinstance(item_id, dict) and item_id.get("role") == ROWS_ROLE
