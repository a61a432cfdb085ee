"""数据与采集: whether the sources deliver, how good it is what they deliver, and which numbers suffer where they do not.

Sources in the plans: 泰山 三(二)、四(五)4, 包头 四(八)3(1), 广西 二(二)3.
"""

from __future__ import annotations

from typing import Final

from dash.development.base_component import Component

from dashboards import data_imports, filters, ids, overview
from dashboards.data_sources import (
    DataQuality,
    draw_arrivals,
    draw_loads,
    draw_sources,
    draw_summary,
    label_of,
    why_nothing,
    words_of,
)
from dashboards.number import Number
from dashboards.page import Filter, Heading, Kind, Nav, Page, Panel
from data_access.access.permissions import Permission
from indicators.deliveries import RECENT_DAYS, tables_of
from indicators.results import State
from layouts import states, table, tiles
from layouts.panel import Content
from layouts.shell import Crumb

AFFECTED_SHOWN: Final = 30
WORST_SHOWN: Final = 8
_BAD: Final = (State.WARNING, State.ALERT)


def shows_quality(data: DataQuality) -> bool:
    """True for who may read the indicators of the collection; who looks after it reads its batches alone."""
    return shows_deliveries(data) and any(data.view.scope.admits("dept", info.about) for info in data.infos.values())


def draw_quality(data: DataQuality) -> Content:
    """按时率, 完整率 and 差错率 of the whole college by their indicators."""
    if not data.readings:
        return Content(body=_no_readings(data))
    return Content(body=tiles.row([overview.tile(reading) for reading in data.readings]))


def _no_readings(data: DataQuality) -> Component:
    """Why the college has no figures of its collection: out of reach, or not there yet and what helps."""
    if not any(data.view.scope.admits("school", info.about) for info in data.infos.values()):
        return states.denied("你的岗位不含全校的采集质量指标；部门的见“部门采集质量”。")
    if data.view.services.values.data_date() is None:
        return states.message(states.UNCOMPUTED)
    return states.empty("全校的采集质量指标还没有数值：导入采集批次后运行 luoxuan compute。")


def draw_departments(data: DataQuality) -> Content:
    """The departments whose deliveries were least on time, last week."""
    board = data.departments
    known = overview.with_values(board)
    if not known.any():
        if data.view.services.values.data_date() is None:
            return Content(body=states.message(states.UNCOMPUTED))
        return Content(body=states.empty("你的数据范围内没有部门的采集质量指标。"))
    body, part = overview.listed(
        board,
        [(table.Column(title="部门", is_heading=True), lambda entity: entity.name)],
        caption="各部门数据采集质量",
        table_id=ids.table("data", "departments"),
        size=WORST_SHOWN,
    )
    first = next(iter(board.standings.values()))
    focus = first.focus
    week = first.frame.periods[focus].label if focus is not None else ""
    return Content(
        body=body,
        note=f"{week} · 按时率低的在前，{min(WORST_SHOWN, part.total)}/{part.total} 个部门",
        card=first.info,
        versions=data.view.services.values.versions(),
    )


def draw_affected(data: DataQuality) -> Content:
    """The indicators that read what came late or not at all."""
    nothing = why_nothing(data)
    if nothing is not None:
        return nothing
    chosen = data.chosen
    looked_at = [chosen] if chosen else [source for source in data.sources if source.state in _BAD]
    by_table = {name: source for source in looked_at for name in source.tables}
    rows: list[list[table.Cell]] = []
    for entry in data.view.services.library.entries():
        read = sorted(tables_of(entry.info.formula) & by_table.keys())
        if not read:
            continue
        source = by_table[read[0]]
        rows.append(
            [
                table.Linked(text=entry.info.name_zh, href=Number(code=entry.info.code).href),
                entry.info.code,
                "、".join(label_of(name) for name in read),
                table.Valued(text=f"{source.name} {words_of(source)}", state=source.state),
            ]
        )
    title = f"读取“{chosen.name}”的指标" if chosen else "受影响的指标"
    if not rows:
        reason = "没有指标读取这个来源的表。" if chosen else f"近 {RECENT_DAYS} 天没有来源迟到或缺数，指标都按时更新。"
        return Content(body=states.empty(reason), title=title)
    rows.sort(key=lambda row: str(row[1]))
    columns = [table.Column(title=name, is_heading=name == "指标") for name in ("指标", "编号", "读取的表", "来源")]
    shown = table.table(
        columns, rows[:AFFECTED_SHOWN], caption=title, table_id=ids.table("data", "affected")
    )  # fmt: skip
    more = f"，列出前 {AFFECTED_SHOWN} 个" if len(rows) > AFFECTED_SHOWN else ""
    return Content(body=shown, title=title, note=f"{len(rows)} 个指标{more} · 点开看口径")


def heading(_data: DataQuality) -> Heading:
    """What the page is about."""
    return Heading(title="数据与采集", crumbs=[Crumb(label="首页", href="/"), Crumb(label="数据与采集")])


def shows_deliveries(data: DataQuality) -> bool:
    """False for who answers for no source, and is told so once; where that cannot be found out each panel says why."""
    try:
        return bool(data.sources) or data.last is None
    except Exception:  # noqa: BLE001 (the panels report what broke)
        return True


def shows_imports(data: DataQuality) -> bool:
    """True for who looks after the imports."""
    return data.imports.may_see


def shows_problems(data: DataQuality) -> bool:
    """True where an import is chosen."""
    return data.imports.may_see and data.imports.chosen is not None


PAGE: Final = Page(
    name="data",
    path="/data",
    title="数据与采集",
    requires=Permission.DATA_VIEW,
    nav=Nav(group="依据与产出", label="数据"),
    filters=(
        Filter(name="source", label="来源", kind=Kind.LINK),
        Filter(name="day", label="日期", kind=Kind.LINK, pattern=r"20[0-9]{2}-[01][0-9]-[0-3][0-9]|"),
        filters.PAGE_NUMBER,
        *data_imports.FILTERS,
    ),
    load=lambda view: DataQuality(view=view),
    heading=heading,
    panels=(
        Panel(name="summary", title="概况", draw=draw_summary, height=100, is_framed=False),
        Panel(name="arrivals", title="来源逐日到数", draw=draw_arrivals, height=860, belongs=shows_deliveries),
        Panel(name="loads", title="采集批次", draw=draw_loads, height=400, belongs=shows_deliveries, wave=2),
        Panel(
            name="affected", title="受影响的指标", draw=draw_affected, columns=6, height=300, belongs=shows_deliveries
        ),
        Panel(
            name="departments",
            title="部门采集质量",
            draw=draw_departments,
            columns=6,
            height=300,
            belongs=shows_quality,
            wave=2,
        ),
        Panel(
            name="quality",
            title="采集质量指标",
            draw=draw_quality,
            height=100,
            is_framed=False,
            belongs=shows_quality,
        ),
        Panel(name="sources", title="来源", draw=draw_sources, height=1100, belongs=shows_deliveries, wave=2),
        Panel(
            name="imports",
            title="平台导入",
            draw=lambda data: data_imports.draw_batches(data.imports),
            belongs=shows_imports,
            wave=2,
        ),
        Panel(
            name="problems",
            title="未通过的单元格",
            draw=lambda data: data_imports.draw_problems(data.imports),
            belongs=shows_problems,
            wave=2,
        ),
        Panel(
            name="waiting",
            title="等待补齐的行",
            draw=lambda data: data_imports.draw_waiting(data.imports),
            belongs=shows_imports,
            wave=2,
        ),
    ),
    shows_values=False,
)
