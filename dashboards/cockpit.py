"""驾驶舱: the home of who answers for the whole college (S73): state at a glance, the five by five, what moved, what burns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from dash import dcc, html
from dash.development.base_component import Component

from dashboards import changes, ids, query
from dashboards.number import Number
from dashboards.overview import period_name, reading_period, tile, valued
from dashboards.services import Services
from data_access.access.permissions import Permission
from data_access.access.scope import Scope
from data_access.access.viewer import Viewer
from indicators import digest
from indicators.five_by_five import LAYERS, SYSTEMS, Cell, matrix
from indicators.model import SCHOOL_ID
from indicators.results import PeriodInfo, Reading, State
from indicators.settled import is_settled
from layouts import format as fmt
from layouts import states, table, tiles
from layouts.cells import Door
from layouts.panel import Content
from layouts.sheet import Sheet


@dataclass(frozen=True, kw_only=True)
class Headline:
    """A tile of the cockpit: an indicator of the school, and the page one level down where its parts are seen.

    Attributes:
        label: in place of the indicator's name, where that is too long for a tile.
        leads: address of that page; empty where the number's card, with the level below, is the way down.
        requires: the permission it takes to go there.
    """

    code: str
    label: str = ""
    leads: str = ""
    requires: Permission = Permission.INDICATOR_VIEW


HEADLINES: Final = (
    Headline(code="CRS-ATT-01", leads="/courses", requires=Permission.COURSE_VIEW),
    Headline(code="CRS-PAR-01", leads="/courses?rate=par", requires=Permission.COURSE_VIEW),
    Headline(code="CRS-PAS-01", leads="/courses?rate=pas", requires=Permission.COURSE_VIEW),
    Headline(code="CRS-EFF-01"),
    Headline(code="STU-GRP-01", label="学业预警学生", leads="/students", requires=Permission.CLASS_VIEW),
    Headline(code="MAJ-QUA-07", leads="/majors", requires=Permission.MAJOR_VIEW),
    Headline(code="SCH-QLT-02", leads="/school", requires=Permission.SCHOOL_VIEW),
    Headline(code="SCH-LVL-10", label="双师素质教师", leads="/teachers", requires=Permission.TEACHER_VIEW),
    Headline(code="SCH-TSK-01"),
    Headline(code="SCH-TSK-11"),
    Headline(code="SCH-OPS-05"),
    Headline(code="SCH-OPS-15", leads="/data", requires=Permission.DATA_VIEW),
)
"""Teaching (到课, 参与, 达标, 及格), students, majors, outcome, staff, tasks, improvement, warnings, data: what the plans
name for leaders (泰山 四(五)1, 南京 三(六)2, 包头 四(八)1). Two rows of six: one glance, not a list."""
LAYER_PAGES: Final[Mapping[str, tuple[str, Permission]]] = {
    "学校": ("/school", Permission.SCHOOL_VIEW),
    "专业": ("/majors", Permission.MAJOR_VIEW),
    "课程": ("/courses", Permission.COURSE_VIEW),
    "教师": ("/teachers", Permission.TEACHER_VIEW),
    "学生": ("/students", Permission.CLASS_VIEW),
}
SOURCES: Final = ("SCH-OPS-15", "SCH-OPS-16", "SCH-OPS-17")
"""按时, 完整 and 差错 of what the sources deliver."""
ALARMS_SHOWN: Final = 10
_NAMED: Final = 3
"""Departments named in a row of alarms; how many more there are is told."""


@dataclass(frozen=True, kw_only=True)
class Cockpit:
    """The data of the cockpit; every part is fetched when first needed, and once.

    Attributes:
        until: last day of the data looked at.
    """

    services: Services
    viewer: Viewer
    scope: Scope
    until: dt.date

    @cached_property
    def readings(self) -> Mapping[str, Reading]:
        """All indicators of the school by code, each up to its last settled period."""
        found = self.services.digest.readings("school", SCHOOL_ID, until=self.until, scope=self.scope)
        return {reading.info.code: reading for reading in found}

    @cached_property
    def headlines(self) -> Sequence[tuple[Headline, Reading]]:
        """The tiles that have a value; read by themselves, so that they do not wait for all the others."""
        codes = [item.code for item in HEADLINES]
        found = self.services.values.readings(codes, "school", SCHOOL_ID, until=self.until, scope=self.scope)
        by_code = {reading.info.code: reading for reading in found}
        return [(item, by_code[item.code]) for item in HEADLINES if item.code in by_code]

    @cached_property
    def week(self) -> PeriodInfo | None:
        """The last settled week; None before the first."""
        weeks = [week for week in self.services.values.periods("week") if is_settled(week, self.until)]
        return weeks[-1] if weeks else None

    @cached_property
    def cells(self) -> Mapping[tuple[str, str], Cell]:
        """The five by five of the school."""
        places = [(entry.code, entry.layer, entry.five_system) for entry in self.services.library.entries()]
        return matrix(places, list(self.readings.values()))

    @cached_property
    def changes(self) -> digest.Changes:
        """What fell and rose most in the college."""
        return self.services.digest.changes(until=self.until, count=changes.SHOWN, scope=self.scope)

    @cached_property
    def alarms(self) -> Sequence[digest.Alarm]:
        """What is in 警戒 at the school and its departments."""
        return self.services.digest.alarms(until=self.until, scope=self.scope)


def draw_tiles(data: Cockpit) -> Content:
    """The headlines: each leads one level down, and to its card."""
    if not data.headlines:
        return Content(body=states.empty("全校的指标还没有计算，或当前指标库不含这些指标。"))
    return Content(body=html.Div(tiles.row([_tile(data, *one) for one in data.headlines]), className="headlines"))


def _tile(data: Cockpit, item: Headline, reading: Reading) -> tiles.Tile:
    drawn = tile(reading, due=data.until)
    leads = item.leads if item.leads and data.viewer.may(item.requires) else ""
    return replace(drawn, title=item.label or drawn.title, href=leads or drawn.card)


def draw_matrix(data: Cockpit) -> Content:
    """The five by five: shape and colour of the worst, share at target, how many; a cell opens its indicators."""
    columns = [table.Column(title="", is_heading=True), *(table.Column(title=system) for system in SYSTEMS)]
    rows: list[list[table.Cell]] = [
        [_layer(data, layer), *(_door(data.cells[layer, system]) for system in SYSTEMS)] for layer in LAYERS
    ]
    drawn = table.table(
        columns, rows, caption="五横×五纵：达到目标的指标占比", table_id=ids.table("home", "five_by_five")
    )
    return Content(
        body=html.Div(drawn, className="five-by-five"),
        note="达标占比，颜色为最差状态",
        sheets=[_sheet(data)],
    )


def _layer(data: Cockpit, layer: str) -> table.Cell:
    address, requires = LAYER_PAGES[layer]
    return table.Linked(text=layer, href=address) if data.viewer.may(requires) else layer


def _door(cell: Cell) -> Door:
    warned, alarmed = cell.count(State.WARNING), cell.count(State.ALERT)
    share = fmt.NO_VALUE if cell.share is None else f"{cell.share:.0f}%"
    marks = "".join(f"{states.SHAPES[s]}{n}" for s, n in ((State.ALERT, alarmed), (State.WARNING, warned)) if n)
    spoken = (
        f"{cell.layer}层面{cell.system}系统：{len(cell.codes)} 项指标，{len(cell.states)} 项可判定，"
        f"达标 {share}，预警 {warned} 项，警戒 {alarmed} 项，最差为{cell.worst.value}"
    )
    return Door(
        text=f"{share}\n{len(cell.codes)}项 {marks}".rstrip(),
        href=query.link("/indicators", {"layer": cell.layer, "system": cell.system}),
        spoken=spoken,
        state=cell.worst,
    )


def _sheet(data: Cockpit) -> Sheet:
    return Sheet(
        title="五横×五纵",
        columns=("层面", "系统", "指标(项)", "可判定(项)", "达标占比(%)", "预警(项)", "警戒(项)", "最差状态"),
        rows=[
            (
                cell.layer,
                cell.system,
                len(cell.codes),
                len(cell.states),
                cell.share,
                cell.count(State.WARNING),
                cell.count(State.ALERT),
                cell.worst.value,
            )
            for cell in data.cells.values()
        ],
    )


def draw_alarms(data: Cockpit) -> Content:
    """What is in 警戒 now by indicator, those of the school first: where it stands, who answers for it."""
    if not data.alarms:
        return Content(
            body=states.message(
                states.Message(kind="empty", title="没有警戒", detail="全校与各部门没有指标落在警戒线以外。")
            )
        )
    groups: dict[str, list[digest.Alarm]] = {}
    for alarm in data.alarms:
        groups.setdefault(alarm.info.code, []).append(alarm)
    columns = [
        table.Column(title="指标", is_heading=True),
        table.Column(title="全校", is_number=True),
        table.Column(title="警戒线", is_number=True),
        table.Column(title="警戒中的部门"),
        table.Column(title="期间"),
        table.Column(title="责任部门"),
    ]
    drawn = table.table(
        columns,
        [_alarm(data, alarms) for alarms in list(groups.values())[:ALARMS_SHOWN]],
        caption="警戒中的指标，全校的在前，越线最远的在前",
        table_id=ids.table("home", "alarms"),
    )
    school = sum(alarm.level == "school" for alarm in data.alarms)
    note = f"全校 {school} 项 · 部门 {len(data.alarms) - school} 处，涉及 {len(groups)} 项指标，越线最远的在前"
    rest = len(groups) - ALARMS_SHOWN
    tail = [html.P(f"还有 {rest} 项指标有部门在警戒线以外。", className="panel-tail")] if rest > 0 else []
    return Content(body=[html.Div(drawn, className="alarms"), *tail], note=note)


def _alarm(data: Cockpit, alarms: Sequence[digest.Alarm]) -> list[table.Cell]:
    first, info = alarms[0], alarms[0].info
    departments = [alarm for alarm in alarms if alarm.level == "dept"]
    named = "、".join(
        f"{a.entity.name} {fmt.with_unit(a.value, info.unit, lines=info.lines)}" for a in departments[:_NAMED]
    )
    more = f" 等 {len(departments)} 个" if len(departments) > _NAMED else ""
    school = data.readings.get(info.code)
    number = Number(code=info.code, level="school", entity_id=SCHOOL_ID, period=first.period.key)
    return [
        table.Linked(text=info.name_zh, href=number.href),
        fmt.NO_VALUE if school is None else valued(school.latest.value, school.info),
        fmt.line(info.alert, info.unit),
        f"{named}{more}" or fmt.NO_VALUE,
        period_name(first.period),
        first.owner,
    ]


def draw_sources(data: Cockpit) -> Content:
    """How fresh the data is, how well its sources deliver, and the versions behind every number."""
    library, version = data.services.values.versions()
    items: list[Component] = [
        html.Li([html.Strong("数据来源"), f" 截至 {fmt.day(data.until)}"]),
        *(_source(data.readings[code]) for code in SOURCES if code in data.readings),
    ]
    if data.viewer.may(Permission.DATA_VIEW):
        items.append(html.Li(dcc.Link("各来源到了没有", href="/data")))
    items.append(html.Li(f"指标库 {library} · 数据版本 {version}", className="strip-end"))
    return Content(body=html.Ul(items, className="strip"))


def _source(reading: Reading) -> Component:
    value = fmt.with_unit(reading.latest.value, reading.info.unit, lines=reading.info.lines)
    words = f"{fmt.short_name(reading.info.name_zh)} {value}（{reading_period(reading)}）"
    return html.Li(words if reading.info.target is None else states.mark(reading.state, words))
