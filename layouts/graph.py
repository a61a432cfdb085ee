"""The one way to put a figure on a page."""

from __future__ import annotations

import hashlib
import math
from typing import Any, Final

from dash import dcc, html
from dash.development.base_component import Component

from layouts import format as fmt
from layouts import table
from layouts.figures.drawing import Drawing
from layouts.sheet import Datum, Sheet

CONFIG: Final = {
    "displaylogo": False,
    "displayModeBar": False,
    "showSendToCloud": False,
    "plotlyServerURL": "",
    "locale": "zh-CN",
    "responsive": True,
    "scrollZoom": False,
    "doubleClick": False,
}
"""No button may send a chart elsewhere: the college's figures stay in the college."""
CHART_VIEW: Final = "chart-view"
"""Class of what holds a chart and, after it, its numbers as a table."""


def graph(
    figure: Drawing,
    *,
    label: str,
    graph_id: str | dict[str, Any] | None = None,
    min_width: int = 0,
    is_read_from_end: bool = False,
    sheet: Sheet,
) -> Component:
    """A figure as high as its layout says.

    Args:
        figure: its height must be set, in px; the width follows the panel.
        label: what the chart shows, in words, for readers who cannot see it.
        graph_id: id, where a click on the chart leads somewhere.
        min_width: in px; a narrower panel scrolls sideways. 0 where the figure fits any width.
        sheet: the numbers of the chart, for its table view and its files.
        is_read_from_end: True where a panel that scrolls shows the right end first, such as the latest week.

    Raises:
        ValueError: the figure has no height, and would collapse or jump.
    """
    height = figure.height
    if height is None:
        raise ValueError(f"The figure {label!r} needs layout.height.")
    chart = dcc.Graph(
        figure=figure,
        config=CONFIG,
        clear_on_unhover=True,
        style={"height": f"{height}px", **({"minWidth": f"{min_width}px"} if min_width else {})},
        **({} if graph_id is None else {"id": graph_id}),
    )
    # The place is kept while the browser still fetches what draws the chart: nothing below it jumps.
    place = {"minHeight": f"{height}px", **({"overflowX": "auto"} if min_width else {})}
    name = "chart chart-from-end" if is_read_from_end else "chart"
    drawn = html.Div(chart, role="group", className=name, style=place, **{"aria-label": label})
    return html.Div([drawn, _table_view(sheet)], className=CHART_VIEW)


def _table_view(sheet: Sheet) -> Component:
    """The numbers of the chart as a table, which the menu of the panel puts in the place of the chart."""
    written = [[_written(value) for value in row] for row in sheet.rows]
    names = [table.Column(title=name, is_number=index > 0) for index, name in enumerate(sheet.columns)]
    place = {"role": "table", "page": "chart", "name": hashlib.sha256(sheet.title.encode()).hexdigest()[:12]}
    return html.Div(table.table(names, written, caption=sheet.title, table_id=place), className="chart-table")


def _written(value: Datum) -> table.Cell:
    if value is None or isinstance(value, str):
        return fmt.NO_VALUE if value is None else value
    text = fmt.number(value) if isinstance(value, float) else str(value)
    return table.Exact(text=text, value=None if math.isnan(value) else value)
