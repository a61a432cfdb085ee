"""The upper half of a number's card: the number itself, its course, and the numbers one level down."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from dash import dcc, html
from dash.development.base_component import Component

from dashboards import filters, ids
from dashboards.aspects import REVISED
from dashboards.entitlements import LEVELS_ZH
from dashboards.indicator_view import ROWS_PER_PAGE, Card
from dashboards.overview import WITHHELD, link_of, valued, worst_first
from dashboards.wording import moment
from data_access.readers.revisions import WEEK_MARK, RevisedValue
from indicators.numbers import Place
from indicators.results import IndicatorInfo, Line, PeriodInfo, State, ValuePoint
from layouts import format as fmt
from layouts import states, table
from layouts.figures import history as course_over_time
from layouts.graph import graph
from layouts.panel import Content
from layouts.sheet import Sheet

_LINES: Final = (("目标", "target"), ("预警", "warning"), ("警戒", "alert"))
_SHAPE_OF: Final = {"target": State.REACHED, "warning": State.WARNING, "alert": State.ALERT}
_VISIBLE: Final = 0.05
"""Smaller gaps would be rounded to 0.0."""
STILL_RUNNING: Final = "进行中，不与完整的时段比较"
SO_FAR: Final = "学期至今，供参考，不作评判"
NOT_JUDGED: Final = "此层级没有目标线，不作评判"
_WITH_WEEK: Final = frozenset({"dept", "offering"})
"""Levels whose pages can be opened at a week."""
_TAUGHT: Final = "课程"
"""The page of a department shows its courses, which explains no number of another layer."""
_WHAT_IS_BEHIND: Final = {
    "offering": "看背后的名单与缺勤记录", "student": "看这名学生的记录", "class": "看班级与学生", "dept": "看系部的教学班",
    "major": "看专业的诊断", "teacher": "看教师的档案",
}  # fmt: skip


def draw_number(data: Card) -> Content:
    """The number with its state, its distance to the lines, what it is made of and which run computed it."""
    if data.missing or data.course is None or data.place is None:
        nothing = states.message(states.Message(kind="empty", title="没有数值", detail=data.missing))
        return Content(body=[nothing, html.P(_origin(data), className="number-said")])
    course, point, info = data.course, data.course.point, data.course.info
    digits = fmt.digits_of(info.unit)
    figure: list[Component] = [html.Span(fmt.number(point.value, digits=digits), className="number-value")]
    if point.value is not None:
        figure.append(html.Span(info.unit, className="number-unit"))
        if info.target is not None:
            figure.append(states.mark(info.judge(point.value)))
    return Content(
        body=[
            _path(data, data.place),
            html.Div(figure, className="number-figure"),
            html.P(_said(data), className="number-said"),
            *(html.P(revised_words(item, info), className="number-revised") for item in data.revisions),
            *([_distances(info, point.value)] if info.target is not None and point.value is not None else []),
            _facts(data),
            *_behind(data, course.point.period),
        ],
        title=f"{data.place.name} · {point.period.label}",
        sheets=[_sheet(data.place.name, info, point)],
    )


def _origin(data: Card) -> str:
    """Of which library and data it is said that there is no number."""
    values = data.view.services.values
    library, version = values.versions()
    return f"指标库 {library} · 数据版本 {version} · 数据截至 {fmt.day(values.data_date())}"


def _path(data: Card, place: Place) -> Component:
    """The way down the tree to the entity, each node above with its own number for the same period."""
    steps: list[Component] = []
    for level, node_id, name in place.above:
        if name:
            is_open = node_id and level in data.entry.levels
            steps.append(html.Li(dcc.Link(name, href=data.number(level, node_id).href) if is_open else name))
    steps.append(html.Li(place.name, **{"aria-current": "page"}))
    return html.Nav(html.Ol(steps), className="drill-path", **{"aria-label": "下钻路径"})


def _sheet(name: str, info: IndicatorInfo, point: ValuePoint) -> Sheet:
    """The number as a table of one row, for files."""
    is_judged = point.value is not None and info.target is not None
    return Sheet(
        title=f"{name}的{info.name_zh}",
        columns=("时段", f"{info.name_zh}({info.unit})", "状态", "分子", "分母", "记录数"),
        rows=[
            (
                point.period.label,
                point.value,
                info.judge(point.value).value if is_judged else None,
                point.numerator,
                point.denominator,
                point.rows,
            )
        ],
    )


def revised_words(item: RevisedValue, info: IndicatorInfo) -> str:
    """What is said beside a number that was found wrong: it stays as its sources delivered it."""
    right = "" if item.after is None else f"，正确值为 {fmt.with_unit(item.after, info.unit)}"
    week = item.figure.period_key.rpartition(WEEK_MARK)[2]
    when = f"第{int(week)}周的数值" if week.isdigit() else "这个数值"
    return f"{REVISED}：{when}{right}（{moment(item.revised_at)}）；储值卡已按更正入账，来源系统更正后这里随之改变。"


def _said(data: Card) -> str:
    """The change since the period before, or why there is nothing to say of one."""
    course = data.course
    if course is None:
        return ""
    point, info = course.point, course.info
    if point.is_suppressed:
        return f"{WITHHELD}：敏感指标只在人数足够时显示。"
    if point.value is None:
        return f"{point.period.label}没有数据：没有记录，或分母为零。"
    change = fmt.change(point.value, course.before, digits=fmt.digits_of(info.unit))
    words = [STILL_RUNNING if course.is_running else f"{change} {fmt.SINCE[point.period.kind]}"]
    if course.is_so_far:
        words.append(SO_FAR)
    elif info.target is None and not (course.is_running and data.entry.info.target is not None):
        words.append(NOT_JUDGED)
    return " · ".join(words)


def distance(value: float, line: Line, direction: str) -> tuple[bool, str]:
    """Whether a value passes a line, and by how much it does or does not, in words."""
    if isinstance(line, tuple):
        low, high = line
        if low <= value <= high:
            return True, "在区间内"
        return False, f"低于下限 {_gap(low - value)}" if value < low else f"高于上限 {_gap(value - high)}"
    ahead = line - value if direction == "lower" else value - line
    return ahead >= 0, f"优于 {_gap(ahead)}" if ahead > 0 else f"还差 {_gap(-ahead)}" if ahead < 0 else "正好"


def _gap(value: float) -> str:
    """How far apart two numbers are, with as many decimals as it takes not to read as nothing."""
    return f"{value:,.1f}" if value >= _VISIBLE else f"{value:.2g}"


def _distances(info: IndicatorInfo, value: float) -> Component:
    rows = []
    for name, field in _LINES:
        line = getattr(info, field)
        if line is None:
            continue
        is_passed, words = distance(value, line, info.direction)
        rows += [
            html.Dt(states.mark(_SHAPE_OF[field], f"{name} {fmt.line(line, info.unit)}")),
            html.Dd(words, className="" if is_passed else "is-short"),
        ]
    return html.Dl(rows, className="number-lines")


def _facts(data: Card) -> Component:
    course = data.course
    if course is None:
        return html.Div()
    point = course.point
    run = data.view.services.library.run(course.run_id)
    is_ratio = point.numerator is not None and point.denominator is not None
    pairs = [
        ("时段", f"{point.period.label}（{fmt.day(point.period.start)} 至 {fmt.day(point.period.end)}）"),
        *([("分子 ÷ 分母", f"{amount(point.numerator)} ÷ {amount(point.denominator)}")] if is_ratio else []),
        ("记录数", f"{point.rows:,} 条" if point.rows else fmt.NO_VALUE),
    ]
    if run is not None:
        pairs += [
            ("数据截至", fmt.day(run.data_date)),
            ("计算于", moment(run.finished_at)),
            ("版本", f"指标库 {run.library_version} · 数据版本 {run.data_version}"),
        ]
    return html.Dl(
        [part for name, value in pairs for part in (html.Dt(name), html.Dd(value))], className="number-facts"
    )


def amount(value: float | None) -> str:
    """A numerator or denominator: counts as whole numbers, sums with two decimals."""
    if value is None or np.isnan(value):
        return fmt.NO_VALUE
    return fmt.number(value, digits=0 if float(value).is_integer() else 2)


def _behind(data: Card, period: PeriodInfo) -> Sequence[Component]:
    """The way to the page of the entity, where the rows behind the number stand."""
    place = data.place
    href = None if place is None else page_of(data, place.level, place.entity_id, period)
    if place is None or href is None:
        return ()
    return (html.P(dcc.Link(f"{_WHAT_IS_BEHIND.get(place.level, '打开页面')} →", href=href), className="panel-tail"),)


def page_of(data: Card, level: str, entity_id: int, period: PeriodInfo) -> str | None:
    """The address of an entity's own page at the period shown; None where it has none that the viewer may open."""
    link = link_of(data.view.services.viewer(), level)
    if link is None or (level == "dept" and data.entry.layer != _TAUGHT):
        return None
    href = link(entity_id)
    if period.kind == "week" and level in _WITH_WEEK:
        href += f"{'&' if '?' in href else '?'}week={period.ordinal}"
    return href


def draw_history(data: Card) -> Content:
    """The course of the number over the periods around the one shown, with its lines."""
    if data.course is None or data.place is None:
        return Content(body=states.empty("没有可以画的数值。"))
    points, info, name = data.course.points, data.course.info, data.place.name
    known = sum(point.value is not None for point in points)
    if not known:
        return Content(body=states.empty(f"{name}在这些时段都没有数据：没有记录，或分母为零。"))
    figure = course_over_time.history(name, points, info, focus=data.course.point.period.key)
    return Content(
        body=graph(
            figure,
            label=f"{name}{info.name_zh}的变化，{points[0].period.label}至{points[-1].period.label}",
            min_width=course_over_time.least_width(points),
            is_read_from_end=True,
            sheet=course_over_time.sheet(name, points, info),
        ),
        note=f"{known} 个时段有数值" + (f" · {SO_FAR}" if data.course.is_so_far else ""),
    )


def draw_below(data: Card) -> Content:
    """The same number of the entities one level down, the one most in need first."""
    if data.below is None or data.course is None:
        return Content(body=states.empty("没有更下一级的数值。"))
    info, frame = data.below
    noun, period = LEVELS_ZH[data.down], data.course.point.period
    head = [_ways(data)] if len(data.ways_down) > 1 else []
    if not frame.entities:
        reason = f"{period.label}没有{noun}有这项指标的数值。"
        return Content(body=[*head, states.empty(reason)], title=f"往下一级：{noun}")
    values = frame.value[:, 0]
    known = np.flatnonzero(~np.isnan(values))
    withheld = int(frame.is_suppressed.sum())
    if not known.size:
        return Content(body=[*head, states.empty(f"{withheld} 个{noun}的{WITHHELD}。")], title=f"往下一级：{noun}")
    order = known[worst_first(values[known], info, [frame.entities[row].name for row in known])]
    part = filters.slice_of(data.view, len(order), size=ROWS_PER_PAGE)
    has_parts = bool((~np.isnan(frame.denominator)).any())
    pages = {row: page_of(data, data.down, frame.entities[row].entity_id, period) for row in order}
    has_pages = any(pages.values())
    columns = [
        table.Column(title=noun, is_heading=True),
        table.Column(title=fmt.short_name(info.name_zh), is_number=True),
        *([table.Column(title="距目标", is_number=True)] if info.target is not None else []),
        *(
            [table.Column(title="分子", is_number=True), table.Column(title="分母", is_number=True)]
            if has_parts
            else []
        ),
        *([table.Column(title="去处")] if has_pages else []),
    ]
    rows: list[list[table.Cell]] = []
    for row in order[part.start : part.stop]:
        entity = frame.entities[row]
        value = float(values[row])
        cells: list[table.Cell] = [
            table.Linked(text=entity.name, href=data.number(data.down, entity.entity_id).href),
            valued(value, info),
        ]
        if info.target is not None:
            cells.append(distance(value, info.target, info.direction)[1])
        if has_parts:
            cells += [amount(float(frame.numerator[row, 0])), amount(float(frame.denominator[row, 0]))]
        if has_pages:
            href = pages[row]
            cells.append(table.Linked(text="打开", href=href) if href else fmt.NO_VALUE)
        rows.append(cells)
    listed = table.table(
        columns, rows, caption=f"{noun}的{info.name_zh}，{period.label}", table_id=ids.table("indicator", "below")
    )
    pager = table.pager(part, noun=f"个{noun}", link=lambda number: data.view.link(page=str(number)), is_in_place=True)
    return Content(
        body=[*head, listed, pager],
        title=f"往下一级：{noun}",
        note=f"{period.label} · 点名称看它的口径卡" + (f" · {withheld} 个{noun}{WITHHELD}" if withheld else ""),
    )


def _ways(data: Card) -> Component:
    """Which level to go down to, where there are several."""
    links = [
        html.A(
            LEVELS_ZH[level],
            href=data.view.link(down=level, page=""),
            className="in-place way" + (" is-on" if level == data.down else ""),
        )
        for level in data.ways_down
    ]
    return html.Nav(links, className="ways", **{"aria-label": "往下看到哪一级"})
