"""学校层面: scale, quality, standing, tasks and operation of the whole college (S34), each item with value, change and target."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from dash import html

from dashboards import filters, ids, school_conditions, school_parts
from dashboards.number import of_reading
from dashboards.overview import RUNNING, period_name, valued
from dashboards.page import Heading, Nav, Page, Panel
from dashboards.school_data import School
from data_access.access.permissions import Permission
from indicators.five_by_five import judged
from indicators.results import STATES, Reading, State
from layouts import format as fmt
from layouts import states, table, tiles
from layouts.cells import Course
from layouts.panel import Content
from layouts.shell import Crumb

DRAWN: Final = 5
"""Periods of the small line: five years of what has a value a year."""


@dataclass(frozen=True, kw_only=True)
class Section:
    """One part of the diagnosis of the school, and the dimensions of the library that belong to it."""

    name: str
    title: str
    dimensions: tuple[str, ...]


SECTIONS: Final = (
    Section(name="scale", title="规模", dimensions=("规模",)),
    Section(name="quality", title="水平", dimensions=("水平",)),
    Section(name="standing", title="层次", dimensions=("层次",)),
    Section(name="tasks", title="任务", dimensions=("任务完成",)),
    Section(name="operation", title="运行", dimensions=("诊改运行", "信息支撑", "资源保障", "安全与事故", "服务保障")),
)
"""规模、水平、层次、任务 are those of 包头 五(一)1; 运行 is what keeps the rest going."""


def draw_tiles(data: School) -> Content:
    """For each section how many of its items are at target, and the worst state among them."""
    return Content(body=tiles.row([_tile(section, data.section(section.dimensions)) for section in SECTIONS]))


def _tile(section: Section, readings: Sequence[Reading]) -> tiles.Tile:
    known = [state for reading in readings if (state := judged(reading)) is not None]
    reached = sum(state is State.REACHED for state in known)
    counts = [(state, known.count(state)) for state in (State.WATCH, State.WARNING, State.ALERT)]
    rest = " ".join(f"{states.SHAPES[state]} {state.value} {count}" for state, count in counts if count)
    return tiles.Tile(
        title=section.title,
        value=f"{reached}/{len(known)}" if known else fmt.NO_VALUE,
        unit="项达标",
        change=rest or ("全部达标" if known else "没有可以判定的数值"),
        note=f"{len(section.dimensions)} 个方面" if len(section.dimensions) > 1 else "",
        state=max(known, key=STATES.index, default=State.NO_DATA),
    )


def _drawing(section: Section) -> Callable[[School], Content]:
    def draw(data: School) -> Content:
        return draw_section(data, section)

    return draw


def draw_section(data: School, section: Section) -> Content:
    """The items of a section: value with state, change, target and the way there; a name opens its card."""
    readings = data.section(section.dimensions)
    if not readings:
        return Content(body=states.empty("这一部分的指标还没有计算，或不在你的数据范围内。"))
    is_mixed = len(section.dimensions) > 1
    columns = [
        table.Column(title="指标", is_heading=True),
        *([table.Column(title="方面")] if is_mixed else []),
        table.Column(title="本期", is_number=True),
        table.Column(title="变化", is_number=True),
        table.Column(title="目标", is_number=True),
        table.Column(title="走势"),
    ]
    rows = [_row(data, reading, is_mixed=is_mixed) for reading in readings]
    drawn = table.table(columns, rows, caption=f"学校{section.title}指标", table_id=ids.table("school", section.name))
    return Content(body=html.Div(drawn, className="diagnosis"), note=f"{len(rows)} 项")


def _row(data: School, reading: Reading, *, is_mixed: bool) -> list[table.Cell]:
    info, latest = reading.info, reading.latest
    history = [point.value for point in reading.points][-DRAWN:]
    words = "、".join(fmt.number(value, digits=fmt.digits_of(info.unit)) for value in history)
    return [
        table.Linked(text=info.name_zh, href=of_reading(reading).href),
        *([data.entries[info.code].dimension] if is_mixed else []),
        valued(latest.value, info, is_withheld=latest.is_suppressed),
        _change(reading),
        fmt.line(info.target),
        Course(
            text=f"到{latest.period.label}的 {len(history)} 期：{words}",
            history=history,
            state=None if info.target is None else reading.state,
        ),
    ]


def _change(reading: Reading) -> str:
    """The change and since when, which tells the kind of period as well; of a running one, that it runs."""
    if reading.is_running and reading.latest.value is not None:
        return f"{period_name(reading.latest.period)}{RUNNING}"
    digits, since = fmt.digits_of(reading.info.unit), fmt.SINCE[reading.latest.period.kind]
    words = fmt.change(reading.latest.value, reading.before, digits=digits)
    return words if words == fmt.NO_VALUE else f"{words} {since}"


def heading(data: School) -> Heading:
    """The title, how far the data reaches, and the way here."""
    facts = [] if data.until is None else [f"{filters.term_name(data.view)} · 数据截至 {fmt.day(data.until)}"]
    return Heading(title="学校层面", facts=facts, crumbs=(Crumb(label="首页", href="/"), Crumb(label="学校")))


_WIDTHS: Final = {"operation": 12}

PAGE: Final = Page(
    name="school",
    path="/school",
    title="学校层面",
    requires=Permission.SCHOOL_VIEW,
    nav=Nav(group="五个层面", label="学校"),
    filters=(filters.TERM, school_conditions.PEERS, school_parts.ITEM),
    load=lambda view: School(view=view),
    heading=heading,
    panels=(
        Panel(name="sections", title="概况", draw=draw_tiles, height=100, is_framed=False),
        *(
            Panel(
                name=section.name,
                title=section.title,
                draw=_drawing(section),
                columns=_WIDTHS.get(section.name, 6),
                height=380,
            )
            for section in SECTIONS[:-1]
        ),
        Panel(
            name="conditions",
            title="基本办学条件",
            draw=school_conditions.draw_conditions,
            height=460,
        ),
        Panel(name="peers", title="标杆比较", draw=school_conditions.draw_peers, height=660, wave=2),
        Panel(name="parts", title="各系部贡献", draw=school_parts.draw_parts, columns=6, height=400, wave=2),
        Panel(name="funnels", title="招生与就业", draw=school_parts.draw_funnels, columns=6, height=400, wave=2),
        Panel(name="outcomes", title="招生就业与科研服务", draw=school_parts.draw_outcomes, height=400, wave=2),
        Panel(name=SECTIONS[-1].name, title=SECTIONS[-1].title, draw=_drawing(SECTIONS[-1]), height=700, wave=2),
    ),
)
