"""What stands around the sections on the page of courses: departments, the red list, the last day, earlier terms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from dash import dcc, html

from dashboards import filters, ids
from dashboards.courses_data import BELOW_LINE, BEYOND, NO_DATA, Courses, weeks_below
from dashboards.number import Number
from indicators.lessons import ATTENDANCE
from indicators.results import STATES, TermInfo, ValuePoint
from layouts import format as fmt
from layouts import states, table
from layouts.figures.multiples import LEAST_WIDTH, Facet, multiples
from layouts.figures.trend import Series
from layouts.graph import graph
from layouts.panel import Content
from layouts.sheet import Sheet

RED_SHOWN: Final = 9
PERIODS_SHOWN: Final = 8
"""Of the departments: as many as stand beside the red list; the sections below show all of them."""
MEETINGS_SHOWN: Final = 12
_TERMS_HEIGHT: Final = 380


def not_admitted(data: Courses) -> str:
    """Why the viewer sees nothing of the rate."""
    return f"你的岗位不含教学班的{data.rate.name}。"


def empty_because(data: Courses) -> str | None:
    """Why there is nothing to draw; None where there is something."""
    where, term, rate = filters.department_name(data.view), filters.term_name(data.view), data.rate
    if not data.frame.entities:
        return f"{where}在{term}没有教学班。"
    if not (data.states != NO_DATA).any():
        return f"{where}在{term}的 {len(data.frame.entities):,} 个教学班都没有{rate.records}记录：{rate.because}。"
    if data.focus is None:
        return f"{where}在第{filters.week_number(data.view)}周还没有{rate.records}记录。"
    return None


def run_of(count: int, word: str) -> str:
    """How many periods in a row, in words; a dash for none."""
    return f"{count} {word}" if count else fmt.NO_VALUE


def _nothing(data: Courses, title: str) -> Content | None:
    """What stands in place of values that may not be seen or are not there."""
    if not data.is_admitted:
        return Content(body=states.denied(not_admitted(data)), title=title)
    reason = empty_because(data)
    return None if reason is None else Content(body=states.empty(reason), title=title)


def draw_departments(data: Courses) -> Content:
    """Departments × periods, the lowest first: a name leads to the sections of the department."""
    title = f"{data.rate.name}：系部 × {data.rate.period_word}"
    standing = data.departments
    if not standing.frame.entities:
        reason = "你的岗位不含系部的汇总，或本学期还没有记录。"
        return Content(body=states.empty(reason), title=title)
    values = standing.frame.value
    judged = data.info.judge_all(values)
    focus = data.focus if data.focus is not None else values.shape[1] - 1
    shown = range(max(0, focus + 1 - PERIODS_SHOWN), focus + 1)
    order = np.argsort(values[:, focus], kind="stable")  # NaN sorts last
    columns = [
        table.Column(title="系部", is_heading=True),
        table.Column(title=fmt.SINCE[data.rate.kind], is_number=True),
        *(
            table.Column(title=f"{period.ordinal}{data.rate.period_word}", is_number=True)
            for period in standing.frame.periods[shown.start : shown.stop]
        ),
    ]
    rows: list[list[table.Cell]] = [
        [
            table.Linked(
                text=standing.frame.entities[row].name,
                href=data.view.link(dept=str(standing.frame.entities[row].entity_id), state="", page=""),
            ),
            fmt.change(values[row, focus], values[row, focus - 1] if focus else None),
            *(
                table.Valued(text=fmt.number(value), state=STATES[state])
                for value, state in zip(values[row, shown].tolist(), judged[row, shown].tolist(), strict=True)
            ),
        ]
        for row in order
    ]
    listed = table.table(
        columns, rows, caption=f"各系部逐{data.rate.period_word}{data.rate.name}", table_id=ids.table("courses", "dept")
    )
    return Content(
        body=html.Div(listed, className="heat-table"),
        title=title,
        note=f"{_span(data, shown)} · 点系部看其教学班",
        card=data.info,
        versions=data.view.services.values.versions(),
    )


def _span(data: Courses, shown: range) -> str:
    if len(shown) < 2:
        return ""
    first, last = (data.departments.frame.periods[at].ordinal for at in (shown.start, shown.stop - 1))
    return f"{first}–{last}{data.rate.period_word}"


def draw_red_list(data: Courses) -> Content:
    """The sections beyond the warning line in the period in focus, the worst first."""
    period = data.frame.periods[data.focus] if data.focus is not None else None
    title = f"{period.label}{data.rate.name}红色清单" if period else f"{data.rate.name}红色清单"
    instead = _nothing(data, title)
    if instead is not None:
        return instead
    focus, line = data.focus or 0, fmt.line(data.info.warning, data.info.unit)
    if not data.red.size:
        good = states.Message(kind="good", title="没有低于预警线的教学班", detail=f"预警线 {line}。")
        return Content(body=states.message(good), title=title)
    columns = [
        table.Column(title="课程", is_heading=True),
        table.Column(title="教学班"),
        table.Column(title=data.rate.name, is_number=True),
        table.Column(title=fmt.SINCE[data.rate.kind], is_number=True),
        table.Column(title="连续", is_number=True),
    ]
    rows: list[list[table.Cell]] = []
    for row in data.red[:RED_SHOWN]:
        entity, values = data.frame.entities[row], data.frame.value[row].tolist()
        week = {"week": str(period.ordinal)} if period and period.kind == "week" else {}
        rows.append(
            [
                table.Linked(text=entity.course_name or entity.name, href=data.offering_link(entity.entity_id, **week)),
                entity.class_name,
                table.Valued(text=fmt.with_unit(values[focus], "%"), state=STATES[data.states[row, focus]]),
                fmt.change(values[focus], values[focus - 1] if focus else None),
                run_of(weeks_below(data.states[row], focus), data.rate.period_word),
            ]
        )
    listed = table.table(columns, rows, caption=title, table_id=ids.table("courses", "red"))
    more = len(data.red) - len(rows)
    every = data.view.link(state=BELOW_LINE, q="", sort="", page="")
    link = dcc.Link(f"全部 {len(data.red):,} 个", href=every)
    tail = [html.P(["下方列出", link, "，最低在前"], className="panel-tail")] if more > 0 else []
    return Content(
        body=[html.Div(listed, className="wrapped-names"), *tail],
        title=title,
        note=f"{len(data.red):,} 个低于预警线 {line}",
        sheets=[_red_sheet(data, title, focus)],
    )


def _red_sheet(data: Courses, title: str, focus: int) -> Sheet:
    """All of them, not only those shown."""
    entities = [data.frame.entities[row] for row in data.red]
    values = data.frame.value[data.red, focus].tolist()
    return Sheet(
        title=title,
        columns=[
            "系部",
            "课程",
            "教学班",
            "教师",
            f"{data.rate.name}({data.info.unit})",
            f"连续{data.rate.period_word}数",
        ],
        rows=[
            [e.dept_name, e.course_name or e.name, e.class_name, e.teacher_name, value, weeks_below(state, focus)]
            for e, value, state in zip(entities, values, data.states[data.red], strict=True)
        ],
    )


def draw_today(data: Courses) -> Content:
    """今日课堂: the sections that met on the last day with records, the lowest rate first."""
    if not data.view.scope.admits("offering", data.info.about):
        return Content(body=states.denied(not_admitted(data)))
    found = data.meetings
    if not found:
        return Content(body=states.empty("本学期到目前为止没有考勤记录：未开课，或考勤尚未导入。"))
    day, today = found[0].day, data.view.services.today()
    due, present = sum(item.due for item in found), sum(item.present for item in found)
    rate = 100 * present / due if due else None
    lines = data.view.services.values.indicator(ATTENDANCE)
    rates = np.array([item.rate for item in found], dtype=np.float64)  # None becomes NaN
    judged = lines.judge_all(rates)
    low = int(((judged >= BEYOND) & (judged != NO_DATA)).sum())
    part = filters.slice_of(data.view, len(found), size=MEETINGS_SHOWN, name="today")
    columns = [
        table.Column(title="课程", is_heading=True),
        table.Column(title="教学班"),
        table.Column(title="教师"),
        table.Column(title="到课率", is_number=True),
        table.Column(title="实到 / 应到", is_number=True),
        table.Column(title="旷课", is_number=True),
        table.Column(title="迟到早退", is_number=True),
    ]
    rows: list[list[table.Cell]] = [
        [
            table.Linked(text=item.course_name or item.class_name, href=data.offering_link(item.offering_id)),
            item.class_name,
            item.teacher_name,
            table.Valued(text=fmt.with_unit(item.rate, "%"), state=lines.judge(item.rate)),
            f"{item.present} / {item.due}" if item.due else fmt.NO_VALUE,
            str(item.absent) if item.absent else fmt.NO_VALUE,
            str(item.late) if item.late else fmt.NO_VALUE,
        ]
        for item in found[part.start : part.stop]
    ]
    caption = f"{fmt.day(day)} 上课的教学班，到课率最低的在前"
    return Content(
        body=[
            html.P(
                [
                    f"{len(found):,} 个教学班上课 · 实到 {present:,} / 应到 {due:,} 人次 · 到课率 ",
                    states.mark(lines.judge(rate), fmt.with_unit(rate, "%")),
                    f" · 低于预警线 {low:,} 个",
                ],
                className="panel-lead",
            ),
            table.table(columns, rows, caption=caption, table_id=ids.table("courses", "today")),
            table.pager(
                part, noun="个教学班", link=lambda number: data.view.link(today=str(number)), is_in_place=True
            ),
        ],
        title=f"今日课堂 {fmt.short_day(day)}" if day == today else f"最近一天课堂 {fmt.day(day)} {fmt.short_day(day)[-2:]}",
        note=fmt.age(day, today),
        sheets=[
            Sheet(
                title=caption,
                columns=["系部", "课程", "教学班", "教师", "应到", "实到", "到课率(%)", "旷课", "请假", "迟到早退"],
                rows=[
                    [
                        item.dept_name, item.course_name, item.class_name, item.teacher_name, item.due, item.present,
                        item.rate, item.absent, item.leave, item.late,
                    ]
                    for item in found
                ],
            )
        ],
    )  # fmt: skip


def earlier_terms(terms: Sequence[TermInfo], key: str) -> list[tuple[str, TermInfo]]:
    """The term before and the same one a year before, as far as there are any, with what they are called."""
    by_start = sorted(terms, key=lambda term: term.start)
    place = next((index for index, term in enumerate(by_start) if term.key == key), 0)
    found = [("上学期", by_start[place - 1])] if place else []
    return [
        *found,
        *([("去年同期", by_start[place - 2])] if place >= 2 and _same_half(by_start[place - 2], key) else []),
    ]


def _same_half(term: TermInfo, key: str) -> bool:
    """Whether both are the first, or both the second term of their year."""
    return term.key.rpartition("-")[2] == key.rpartition("-")[2]


def draw_terms(data: Courses) -> Content:
    """The rate of the whole beside that of the term before and of the year before, week by week of the term."""
    instead = _nothing(data, "")
    if instead is not None:
        return instead
    title, label = "与以前学期比较", f"{data.overall_name}{data.rate.name}：本学期、上学期与去年同期"
    if not any(point.value is not None for point in data.overall):
        return Content(body=states.denied(f"你的岗位不含{data.overall_name}的{data.rate.name}。"), title=title)
    focus = data.focus or 0
    own = Series(name="本学期", points=data.overall)
    terms = earlier_terms(data.view.services.values.terms(), data.view["term"])
    others = [Series(name=name, points=data.overall_of(term.key)) for name, term in terms]
    known = [line for line in others if any(point.value is not None for point in line.points)]
    period = data.frame.periods[focus]
    words = [
        f"较{line.name}{_difference(data.overall[focus], line.points[focus])}"
        for line in known
        if line.points[focus].value is not None
    ]
    facet = Facet(
        title=f"{data.overall_name}{data.rate.name}",
        info=data.info,
        series=[own, *known],
        counted=data.rate.counted,
        focus=period.key,
    )
    return Content(
        body=graph(
            multiples([facet], height=_TERMS_HEIGHT),
            label=label,
            min_width=LEAST_WIDTH,
            sheet=_terms_sheet(label, [own, *known], data.info.unit),
        ),
        title=title,
        note=("同周：" if data.rate.kind == "week" else "同期：") + "、".join(words) if words else "以前的学期没有记录",
        card=data.info,
        number=""
        if data.is_reach
        else Number(code=data.rate.code, level=data.whole_level, entity_id=data.whole_id, period=period.key).href,
        versions=data.view.services.values.versions(),
    )


def _difference(now: ValuePoint, then: ValuePoint) -> str:
    return f" {fmt.change(now.value, then.value)}"


def _terms_sheet(title: str, lines: Sequence[Series], unit: str) -> Sheet:
    return Sheet(
        title=title,
        columns=["周期", *(f"{line.name}({unit})" for line in lines)],
        rows=[
            [point.period.label, *(line.points[index].value for line in lines)]
            for index, point in enumerate(lines[0].points)
        ],
    )
