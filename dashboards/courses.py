"""课程监测: the three rates of every section, period by period, and which sections need somebody now."""

from __future__ import annotations

from typing import Final

import numpy as np
from dash import dcc, html
from dash.development.base_component import Component

from dashboards import courses_overview, courses_rates, filters, ids
from dashboards.courses_data import BELOW_LINE, NO_DATA, STATE_KEYS, Courses, weeks_below
from dashboards.number import Number
from dashboards.page import Filter, Heading, Kind, Nav, Page, Panel, Place
from data_access.access.permissions import Permission
from indicators.lessons import ATTENDANCE
from indicators.results import STATES, State
from layouts import format as fmt
from layouts import states, table, tiles
from layouts.controls import Option
from layouts.figures.heatmap import Reading, heatmap, least_width
from layouts.graph import graph
from layouts.panel import Content
from layouts.sheet import Sheet
from layouts.shell import Crumb

_SORTS: Final = (
    Option(value="worst", label="本期最低在前"),
    Option(value="fall", label="下降最多在前"),
    Option(value="name", label="按课程名称"),
)


def _empty(data: Courses, reason: str) -> list[Component]:
    """The empty state, with the way to the term that has values where this one has none."""
    choice = data.view.choices["term"]
    if choice.value == choice.default or (data.states != NO_DATA).any():
        return [states.empty(reason)]
    latest = next(option.label for option in choice.options if option.value == choice.default)
    link = dcc.Link(f"看最近有考勤的{latest}", href=data.view.link(term="", week="", page=""))
    return [states.empty(reason), html.P(link, className="panel-tail")]


def heading(data: Courses) -> Heading:
    """The title and the way here."""
    by = "，按月统计（单元结束才有考核）" if data.rate.kind == "month" else ""
    return Heading(
        title="课程监测",
        facts=(f"各教学班逐{data.rate.period_word}{data.rate.name}{by}",),
        crumbs=(Crumb(label="首页", href="/"), Crumb(label="课程")),
    )


def draw_tiles(data: Courses) -> Content:
    """The rate of the whole, and how many sections are in which state this period; a click shows only those."""
    if not data.is_admitted:
        return Content(body=states.denied(courses_overview.not_admitted(data)))
    reason = courses_overview.empty_because(data)
    if reason is not None:
        return Content(body=states.empty(reason))
    focus = data.focus or 0
    since = fmt.SINCE[data.rate.kind]
    now, before = data.overall[focus].value, data.overall[focus - 1].value if focus else None
    number = Number(
        code=data.rate.code, level=data.whole_level, entity_id=data.whole_id, period=data.overall[focus].period.key
    )
    items = [
        tiles.Tile(
            title=f"{data.overall_name}{data.rate.name}",
            value=fmt.number(now),
            unit=data.info.unit,
            change=f"{fmt.change(now, before)} {since} · 目标 {fmt.line(data.info.target)}",
            state=data.info.judge(now),
            history=[point.value for point in data.overall[: focus + 1]],
            reference=data.info.target if isinstance(data.info.target, int | float) else None,
            card=None if data.is_reach else number.href,
            note=_made_of(data),
        )
    ]
    for key, state in STATE_KEYS.items():
        counts = (data.states == STATES.index(state)).sum(axis=0).tolist()
        is_on = data.view["state"] == key
        bounds = "" if state is State.NO_DATA else states.bounds(data.info, state)
        items.append(
            tiles.Tile(
                title=f"教学班 {bounds}".strip(),
                value=f"{counts[focus]:,}",
                unit="个",
                change=f"{fmt.change(counts[focus], counts[focus - 1] if focus else None, digits=0)} {since}",
                state=state,
                history=counts[: focus + 1],
                href=data.view.link(state="" if is_on else key, page=""),
                is_on=is_on,
            )
        )
    return Content(body=tiles.row(items))


def _made_of(data: Courses) -> str:
    """Which sections a reach is made of; empty where it is a department or the school."""
    if not data.is_reach:
        return ""
    count = len(data.frame.entities)
    if not data.elsewhere or data.whole is None:
        return f"{count:,} 个教学班"
    return f"{data.whole.name} {count - data.elsewhere:,} 个，外系开课 {data.elsewhere:,} 个"


def draw_sections(data: Courses) -> Content:
    """Sections × periods, as a heatmap or as a table."""
    versions = data.view.services.values.versions()
    title = f"{data.rate.name}：教学班 × {data.rate.period_word}"
    if not data.is_admitted:
        body: Component | list[Component] = states.denied(courses_overview.not_admitted(data))
        return Content(body=body, title=title, card=data.info, versions=versions)
    reason = courses_overview.empty_because(data)
    if reason is not None:
        return Content(body=_empty(data, reason), title=title, card=data.info, versions=versions)
    if not data.part.total:
        return Content(body=_no_match(data), title=title, card=data.info, versions=versions)
    focus = data.focus or 0
    period = data.frame.periods[focus]
    is_table = data.view["view"] == "table"
    return Content(
        body=[
            states.legend(data.info, with_line=not is_table),
            _as_table(data, focus) if is_table else _as_chart(data, focus),
            table.pager(data.part, noun="个教学班", link=lambda number: data.view.link(page=str(number))),
        ],
        title=title,
        note=f"{period.label}（{fmt.span(period.start, period.end)}）"
        + (f" · 只看{_state_name(data)}" if _state_name(data) else ""),
        card=data.info,
        versions=versions,
    )


def _state_name(data: Courses) -> str:
    wanted = data.view["state"]
    return "低于预警线的" if wanted == BELOW_LINE else STATE_KEYS[wanted].value if wanted else ""


def _no_match(data: Courses) -> Component:
    asked = [text for text in (f"“{data.view['q']}”" if data.view["q"] else "", _state_name(data)) if text]
    return html.Div(
        [
            states.message(
                states.Message(
                    kind="empty",
                    title="没有符合条件的教学班",
                    detail=f"条件：{'、'.join(asked)}。共有 {len(data.frame.entities):,} 个教学班可选。",
                )
            ),
            html.P(dcc.Link("清除这些条件", href=data.view.link(q="", state="", page="")), className="panel-tail"),
        ]
    )


def _as_chart(data: Courses, focus: int) -> Component:
    rate, suffix = data.rate, "" if data.rate.code == ATTENDANCE else f"&rate={data.rate.key}"
    # months have no place among the weeks that a section is shown by
    columns = [f"?week={p.ordinal}{suffix}" if p.kind == "week" else f"?{suffix[1:]}" for p in data.shown.periods]
    reading = Reading(
        focus=focus,
        row_links=[f"/offerings/{entity.entity_id}" for entity in data.shown.entities],
        column_suffixes=columns,
        counted=rate.counted,
        because_missing=f"这一{rate.period_word}没有{rate.records}记录：{rate.because}",
    )
    label = f"各教学班逐{rate.period_word}{rate.name}"
    return graph(
        heatmap(data.shown, data.info, reading),
        min_width=least_width(data.shown),
        label=f"{label}热力图，可切换为表格查看同样的数据",
        graph_id=ids.chart("courses", "sections"),
        sheet=_sheet(data, label),
    )


def _sheet(data: Courses, title: str) -> Sheet:
    values = [[None if np.isnan(v) else v for v in row] for row in data.shown.value.tolist()]
    return Sheet(
        title=title,
        columns=["课程", "教学班", "教师", *(f"{period.label}({data.info.unit})" for period in data.shown.periods)],
        rows=[
            [entity.course_name or entity.name, entity.class_name, entity.teacher_name, *row]
            for entity, row in zip(data.shown.entities, values, strict=True)
        ],
    )


def _as_table(data: Courses, focus: int) -> Component:
    """The rows shown, latest period first, so that a narrow screen shows the ones that matter."""
    word = data.rate.period_word
    columns = [
        table.Column(title="课程", is_heading=True),
        table.Column(title="教学班"),
        table.Column(title="教师"),
        table.Column(title="连续低于线", is_number=True),
        table.Column(title=fmt.SINCE[data.rate.kind], is_number=True),
        *(table.Column(title=f"{period.ordinal}{word}", is_number=True) for period in reversed(data.shown.periods)),
    ]
    judged = data.info.judge_all(data.shown.value)
    rows: list[list[table.Cell]] = []
    for index, entity in enumerate(data.shown.entities):
        values = data.shown.value[index].tolist()
        rows.append(
            [
                table.Linked(text=entity.course_name or entity.name, href=data.offering_link(entity.entity_id)),
                entity.class_name,
                entity.teacher_name,
                courses_overview.run_of(weeks_below(judged[index], focus), word),
                fmt.change(values[focus], values[focus - 1] if focus else None),
                *(
                    table.Valued(text=fmt.number(value), state=STATES[state])
                    for value, state in zip(reversed(values), reversed(judged[index].tolist()), strict=True)
                ),
            ]
        )
    caption = f"各教学班逐{word}{data.rate.name}"
    return table.table(columns, rows, caption=caption, table_id=ids.table("courses", "sections"))


PAGE: Final = Page(
    name="courses",
    path="/courses",
    title="课程监测",
    requires=Permission.COURSE_VIEW,
    nav=Nav(group="五个层面", label="课程"),
    filters=(
        filters.term(ATTENDANCE, "offering", kind="week"),
        filters.DEPARTMENT,
        filters.WEEK,
        courses_rates.FILTER,
        Filter(name="q", label="搜索课程、班级或教师", kind=Kind.SEARCH, place=Place.TOOLS),
        Filter(
            name="sort", label="排序", kind=Kind.SELECT, place=Place.TOOLS, options=lambda _services, _scope: _SORTS
        ),
        Filter(
            name="view",
            label="显示方式",
            kind=Kind.TOGGLE,
            place=Place.TOOLS,
            options=lambda _services, _scope: (Option(value="chart", label="图"), Option(value="table", label="表")),
        ),
        Filter(name="state", label="状态", kind=Kind.LINK, pattern="|".join(("", BELOW_LINE, *STATE_KEYS))),
        filters.PAGE_NUMBER,
        Filter(name="today", label="今日课堂的页码", kind=Kind.LINK, pattern=r"[1-9][0-9]{0,4}|", is_page=True),
    ),
    load=lambda view: Courses(view=view),
    heading=heading,
    panels=(
        Panel(name="summary", title="概况", draw=draw_tiles, height=96, is_framed=False),
        Panel(
            name="departments",
            title="系部 × 周",
            unit="%",
            draw=courses_overview.draw_departments,
            columns=7,
            height=260,
            belongs=lambda data: data.has_departments,
        ),
        Panel(name="red", title="红色清单", draw=courses_overview.draw_red_list, columns=5, height=260),
        Panel(name="sections", title="教学班 × 周", unit="%", draw=draw_sections, height=720),
        Panel(
            name="today",
            title="今日课堂",
            draw=courses_overview.draw_today,
            columns=7,
            height=360,
            belongs=lambda data: data.is_current,
            wave=2,
        ),
        Panel(
            name="terms",
            title="与上学期、去年同期比较",
            unit="%",
            draw=courses_overview.draw_terms,
            columns=5,
            height=280,
            wave=3,
        ),
    ),
)
