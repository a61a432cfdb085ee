"""课程监测: attendance of every section, week by week, and which sections need somebody now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
from dash import dcc, html
from dash.development.base_component import Component
from numpy.typing import NDArray

from dashboards import filters, ids
from dashboards.page import Filter, Heading, Kind, Nav, Page, Panel, Place, View
from data_access.access.permissions import Permission
from indicators.model import SCHOOL_ID
from indicators.results import STATES, EntityInfo, IndicatorInfo, State, ValueFrame, ValuePoint
from layouts import format as fmt
from layouts import states, table, tiles
from layouts.controls import Option
from layouts.figures.heatmap import Reading, heatmap, least_width
from layouts.graph import graph
from layouts.panel import Content
from layouts.shell import Crumb

ATTENDANCE: Final = "CRS-ATT-01"
COUNTED: Final = ("实到", "应到")
NOT_ADMITTED: Final = "你的岗位不含教学班的到课率。"
ROWS_PER_PAGE: Final = 30
BECAUSE_MISSING: Final = "这一周没有考勤记录：未排课，或考勤尚未导入"

_NO_DATA: Final = STATES.index(State.NO_DATA)
_BEYOND: Final = STATES.index(State.WARNING)
_STATE_KEYS: Final = {"reached": State.REACHED, "watch": State.WATCH, "warning": State.WARNING,
                      "alert": State.ALERT, "none": State.NO_DATA}  # fmt: skip
_SORTS: Final = (
    Option(value="worst", label="本周最低在前"),
    Option(value="fall", label="下降最多在前"),
    Option(value="name", label="按课程名称"),
)


@dataclass(frozen=True, kw_only=True)
class Courses:
    """The data of one view of the page; every part is fetched when first needed, and once."""

    view: View

    @cached_property
    def info(self) -> IndicatorInfo:
        """The indicator of the page."""
        return self.view.services.values.indicator(ATTENDANCE)

    @property
    def is_admitted(self) -> bool:
        """True where the viewer may see the rate of some section."""
        return self.view.scope.admits("offering", self.info.about)

    @cached_property
    def frame(self) -> ValueFrame:
        """All sections of the chosen term and department × the weeks up to the date of the data."""
        values = self.view.services.values
        whole = values.matrix(
            ATTENDANCE,
            "offering",
            kind="week",
            term_key=self.view["term"],
            dept_id=filters.department_id(self.view),
            scope=self.view.scope,
        )
        until = values.data_date()
        return take(whole, columns=[i for i, p in enumerate(whole.periods) if until is not None and p.start <= until])

    @cached_property
    def states(self) -> NDArray[np.int8]:
        """The state of every value of `frame`."""
        return self.info.judge_all(self.frame.value)

    @cached_property
    def focus(self) -> int | None:
        """Column of the week in focus: the one asked for, else the last with values; None without any."""
        asked = filters.week_number(self.view)
        if asked is not None:
            return next((i for i, period in enumerate(self.frame.periods) if period.ordinal == asked), None)
        with_values = np.flatnonzero((self.states != _NO_DATA).any(axis=0))
        return int(with_values[-1]) if with_values.size else None

    @cached_property
    def chosen(self) -> NDArray[np.intp]:
        """Rows of `frame` that pass the filters by text and state, in the order asked for."""
        rows = np.arange(len(self.frame.entities))
        if words := self.view["q"].lower().split():
            rows = np.array([row for row in rows if _matches(self.frame.entities[row], words)], dtype=np.intp)
        if (wanted := self.view["state"]) and self.focus is not None:
            rows = rows[self.states[rows, self.focus] == STATES.index(_STATE_KEYS[wanted])]
        return rows[order(take(self.frame, rows=rows), focus=self.focus or 0, by=self.view["sort"], info=self.info)]

    @cached_property
    def part(self) -> table.Slice:
        """Which of the chosen rows are on the page."""
        return table.Slice(total=len(self.chosen), page=filters.page_number(self.view), size=ROWS_PER_PAGE)

    @cached_property
    def shown(self) -> ValueFrame:
        """The rows on the page."""
        return take(self.frame, rows=self.chosen[self.part.start : self.part.stop])

    @cached_property
    def overall(self) -> Sequence[ValuePoint]:
        """The rate of the whole department or school, computed from its own counts, for the weeks of `frame`."""
        dept_id = filters.department_id(self.view)
        level, entity_id = ("school", SCHOOL_ID) if dept_id is None else ("dept", dept_id)
        points = self.view.services.values.series(
            ATTENDANCE, level, entity_id, kind="week", term_key=self.view["term"], scope=self.view.scope
        )
        by_key = {point.period.key: point for point in points}
        return [by_key.get(period.key, ValuePoint(period=period, value=None)) for period in self.frame.periods]

    @property
    def overall_name(self) -> str:
        """Whose rate `overall` is."""
        return "全校" if filters.department_id(self.view) is None else filters.department_name(self.view)

    def offering_link(self, entity: EntityInfo) -> str:
        """The address of a section."""
        return f"/offerings/{entity.entity_id}"


def take(
    frame: ValueFrame, *, rows: NDArray[np.intp] | None = None, columns: Sequence[int] | None = None
) -> ValueFrame:
    """The given rows and columns of a frame, in the given order."""
    at_rows = np.arange(len(frame.entities)) if rows is None else rows
    at_columns = np.arange(len(frame.periods)) if columns is None else np.array(columns, dtype=np.intp)
    at = np.ix_(at_rows, at_columns)
    return replace(
        frame,
        entities=tuple(frame.entities[row] for row in at_rows),
        periods=tuple(frame.periods[column] for column in at_columns),
        value=frame.value[at],
        numerator=frame.numerator[at],
        denominator=frame.denominator[at],
        rows=frame.rows[at],
        is_suppressed=frame.is_suppressed[at],
    )


def order(frame: ValueFrame, *, focus: int, by: str, info: IndicatorInfo) -> NDArray[np.intp]:
    """Row numbers of `frame` sorted ``worst`` first, largest ``fall`` first, or by ``name``.

    Rows without the value asked for come last; equal rows are in order of course and class.
    """
    names = [(entity.course_name, entity.class_name, entity.entity_id) for entity in frame.entities]
    by_name = np.array(sorted(range(len(names)), key=names.__getitem__), dtype=np.intp)
    if by == "name" or not frame.periods:
        return by_name
    sign = -1.0 if info.direction == "lower" else 1.0
    now = frame.value[:, focus]
    before = frame.value[:, focus - 1] if focus else np.full_like(now, np.nan)
    key = sign * (now - before if by == "fall" else now)
    return by_name[np.argsort(key[by_name], kind="stable")]  # NaN sorts last


def weeks_below(states_of_row: NDArray[np.int8], focus: int) -> int:
    """How many weeks in a row, up to the one in focus, a section has been beyond the warning line.

    A week without value neither counts nor ends the run.
    """
    count = 0
    for state in states_of_row[focus::-1]:
        if state == _NO_DATA:
            continue
        if state < _BEYOND:
            break
        count += 1
    return count


def _matches(entity: EntityInfo, words: Sequence[str]) -> bool:
    text = f"{entity.course_name} {entity.class_name} {entity.teacher_name} {entity.name}".lower()
    return all(word in text for word in words)


def _empty_because(data: Courses) -> str | None:
    """Why there is nothing to draw; None where there is something."""
    where, term = filters.department_name(data.view), filters.term_name(data.view)
    if not data.frame.entities:
        return f"{where}在{term}没有教学班。"
    if not (data.states != _NO_DATA).any():
        return f"{where}在{term}的 {len(data.frame.entities):,} 个教学班都没有考勤记录：未排课，或考勤尚未导入。"
    if data.focus is None:
        return f"{where}在第{filters.week_number(data.view)}周还没有考勤记录。"
    return None


def _empty(data: Courses, reason: str) -> list[Component]:
    """The empty state, with the way to the term that has values where this one has none."""
    choice = data.view.choices["term"]
    if choice.value == choice.default or (data.states != _NO_DATA).any():
        return [states.empty(reason)]
    latest = next(option.label for option in choice.options if option.value == choice.default)
    link = dcc.Link(f"看最近有考勤的{latest}", href=data.view.link(term="", week="", page=""))
    return [states.empty(reason), html.P(link, className="panel-tail")]


def heading(_data: Courses) -> Heading:
    """The title and the way here."""
    return Heading(
        title="课程监测",
        facts=("各教学班逐周到课率",),
        crumbs=(Crumb(label="学校"), Crumb(label="课程监测")),
    )


def draw_tiles(data: Courses) -> Content:
    """The rate of the whole, and how many sections are in which state this week; a click shows only those."""
    if not data.is_admitted:
        return Content(body=states.denied(NOT_ADMITTED))
    reason = _empty_because(data)
    if reason is not None:
        return Content(body=states.empty(reason))
    focus = data.focus or 0
    now, before = data.overall[focus].value, data.overall[focus - 1].value if focus else None
    items = [
        tiles.Tile(
            title=f"{data.overall_name}到课率",
            value=fmt.number(now),
            unit=data.info.unit,
            change=f"{fmt.change(now, before)} 较上周 · 目标 {fmt.line(data.info.target)}",
            state=data.info.judge(now),
            history=[point.value for point in data.overall[: focus + 1]],
            reference=data.info.target if isinstance(data.info.target, int | float) else None,
        )
    ]
    for key, state in _STATE_KEYS.items():
        counts = (data.states == STATES.index(state)).sum(axis=0).tolist()
        is_on = data.view["state"] == key
        bounds = states.bounds(data.info, state)
        items.append(
            tiles.Tile(
                title=f"教学班{'' if state is State.NO_DATA else f' {bounds}'}".strip(),
                value=f"{counts[focus]:,}",
                unit="个",
                change=f"{fmt.change(counts[focus], counts[focus - 1] if focus else None, digits=0)} 较上周",
                state=state,
                history=counts[: focus + 1],
                href=data.view.link(state="" if is_on else key, page=""),
                is_on=is_on,
            )
        )
    return Content(body=tiles.row(items))


def draw_sections(data: Courses) -> Content:
    """Sections × weeks, as a heatmap or as a table."""
    versions = data.view.services.values.versions()
    if not data.is_admitted:
        return Content(body=states.denied(NOT_ADMITTED), card=data.info, versions=versions)
    reason = _empty_because(data)
    if reason is not None:
        return Content(body=_empty(data, reason), card=data.info, versions=versions)
    if not data.part.total:
        return Content(body=_no_match(data), card=data.info, versions=versions)
    focus = data.focus or 0
    week = data.frame.periods[focus]
    is_table = data.view["view"] == "table"
    return Content(
        body=[
            states.legend(data.info, with_line=not is_table),
            _as_table(data, focus) if is_table else _as_chart(data, focus),
            table.pager(data.part, noun="个教学班", link=lambda number: data.view.link(page=str(number))),
        ],
        note=f"{week.label}（{fmt.span(week.start, week.end)}）"
        + (f" · 只看{_state_name(data)}" if _state_name(data) else ""),
        card=data.info,
        versions=versions,
    )


def _state_name(data: Courses) -> str:
    return _STATE_KEYS[data.view["state"]].value if data.view["state"] else ""


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
    reading = Reading(
        focus=focus,
        row_links=[data.offering_link(entity) for entity in data.shown.entities],
        column_suffixes=[f"?week={period.ordinal}" for period in data.shown.periods],
        counted=COUNTED,
        because_missing=BECAUSE_MISSING,
    )
    return graph(
        heatmap(data.shown, data.info, reading),
        min_width=least_width(data.shown),
        label="各教学班逐周到课率热力图，可切换为表格查看同样的数据",
        graph_id=ids.chart("courses", "sections"),
    )


def _as_table(data: Courses, focus: int) -> Component:
    """The rows shown, latest week first, so that a narrow screen shows the weeks that matter."""
    columns = [
        table.Column(title="课程", is_heading=True),
        table.Column(title="教学班"),
        table.Column(title="教师"),
        table.Column(title="连续低于线", is_number=True),
        table.Column(title="较上周", is_number=True),
        *(table.Column(title=f"{period.ordinal}周", is_number=True) for period in reversed(data.shown.periods)),
    ]
    judged = data.info.judge_all(data.shown.value)
    rows: list[list[table.Cell]] = []
    for index, entity in enumerate(data.shown.entities):
        values = data.shown.value[index].tolist()
        below = weeks_below(judged[index], focus)
        rows.append(
            [
                table.Linked(text=entity.course_name or entity.name, href=data.offering_link(entity)),
                entity.class_name,
                entity.teacher_name,
                f"{below} 周" if below else fmt.NO_VALUE,
                fmt.change(values[focus], values[focus - 1] if focus else None),
                *(
                    table.Valued(text=fmt.number(value), state=STATES[state])
                    for value, state in zip(reversed(values), reversed(judged[index].tolist()), strict=True)
                ),
            ]
        )
    return table.table(columns, rows, caption="各教学班逐周到课率", table_id=ids.table("courses", "sections"))


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
        Filter(name="state", label="状态", kind=Kind.LINK, pattern="|".join(("", *_STATE_KEYS))),
        filters.PAGE_NUMBER,
    ),
    load=lambda view: Courses(view=view),
    heading=heading,
    panels=(
        Panel(name="summary", title="概况", draw=draw_tiles, height=96, is_framed=False),
        Panel(name="sections", title="到课率：教学班 × 周", unit="%", draw=draw_sections, height=720),
    ),
)
