"""口径卡: the page behind every number: what it is, how it came about, how it moved, and what lies below it."""

from __future__ import annotations

from typing import Final

from dashboards import filters, query
from dashboards.indicator_definition import draw_definition, draw_row, draw_uses
from dashboards.indicator_number import draw_below, draw_history, draw_number
from dashboards.indicator_view import Card
from dashboards.number import PAGE as ADDRESS
from dashboards.page import Filter, Heading, Kind, Page, Panel
from data_access.access.permissions import Permission
from layouts.shell import Crumb

_LEVEL: Final = "school|dept|major|class|course|offering|teacher|student"
_LEVELS_BELOW: Final = "dept|major|class|course|offering|teacher|student"


def heading(data: Card) -> Heading:
    """The name of the indicator and where it belongs; whose number is shown stands in the panel, which follows links.

    Raises:
        NotFoundError: there is no such indicator.
    """
    entry = data.entry
    return Heading(
        title=entry.info.name_zh,
        facts=(entry.code, f"{entry.layer} · {entry.dimension}", entry.five_system),
        crumbs=(
            Crumb(label="指标库", href="/indicators"),
            Crumb(label=entry.layer, href=query.link("/indicators", {"layer": entry.layer})),
            Crumb(label=entry.info.name_zh),
        ),
    )


PAGE: Final = Page(
    name="indicator",
    path=ADDRESS,
    title="口径卡",
    requires=Permission.INDICATOR_VIEW,
    parent="indicators",
    filters=(
        Filter(name="of", label="对象", kind=Kind.LINK, pattern=rf"(({_LEVEL}):[1-9][0-9]{{0,17}})?"),
        Filter(name="period", label="时段", kind=Kind.LINK, pattern=r"[0-9]{4}[0-9W-]{0,16}|"),
        Filter(name="down", label="下一级", kind=Kind.LINK, pattern=rf"({_LEVELS_BELOW})?"),
        filters.PAGE_NUMBER,
    ),
    load=lambda view: Card(view=view),
    heading=heading,
    panels=(
        Panel(name="number", title="数值", draw=draw_number, columns=4, height=320),
        Panel(
            name="history",
            title="变化",
            draw=draw_history,
            columns=8,
            height=300,
            belongs=lambda data: data.course is not None,
        ),
        Panel(
            name="below",
            title="往下一级",
            draw=draw_below,
            columns=6,
            height=560,
            belongs=lambda data: bool(data.ways_down),
        ),
        Panel(name="definition", title="定义与算法", draw=draw_definition, columns=6, height=420),
        Panel(name="uses", title="用在哪里", draw=draw_uses, columns=6, height=200),
        Panel(name="row", title="表5", draw=draw_row, height=140),
    ),
)
