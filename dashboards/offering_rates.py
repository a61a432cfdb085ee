"""The rates of a section: its tiles, the three rates beside course and department, and before · in · after class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from dash.development.base_component import Component

from dashboards.courses_rates import RATES, Rate
from dashboards.number import Number
from dashboards.offering_data import PHASES, Offering
from dashboards.page import Filter, Kind, Place
from indicators.lessons import ATTENDANCE
from indicators.results import IndicatorInfo, State, ValuePoint
from layouts import format as fmt
from layouts import states, tiles
from layouts.controls import Option
from layouts.figures.multiples import LEAST_WIDTH, Facet, multiples
from layouts.figures.phases import drop_offs, phases
from layouts.figures.trend import Series, trend
from layouts.graph import graph
from layouts.panel import Content
from layouts.sheet import Sheet

ALL_RATES: Final = "all"
_PHASE_ROOM: Final = 480
"""Least width in px of the lines of the phases."""
_SHORT: Final = {"同课程": "同课程", "全校": "全校"}
"""Names short enough for a small chart; the department is 本系."""

FILTER: Final = Filter(
    name="rate",
    label="比率",
    kind=Kind.TOGGLE,
    place=Place.TOOLS,
    options=lambda _services, _scope: [
        Option(value=ALL_RATES, label="三率"),
        *(Option(value=rate.key, label=rate.name) for rate in RATES.values()),
    ],
)


def draw_tiles(data: Offering) -> Content:
    """The week's rate, the term so far, and how many students are beyond the warning line."""
    if data.because_denied:
        return Content(body=_denied_or_tile(data))
    if data.because_missing:
        return Content(body=states.empty(data.because_missing))
    roster = data.roster
    due, present = sum(row.due for row in roster), sum(row.present for row in roster)
    so_far = 100 * present / due if due else None
    recorded = [row for row in roster if row.due]
    low = [row for row in recorded if data.info.judge(row.attendance_rate) in {State.WARNING, State.ALERT}]
    statuses = Counter(absence.status for row in roster for absence in row.absences)
    items = [
        tiles.Tile(
            title="学期至今到课率",
            value=fmt.number(so_far),
            unit=data.info.unit,
            change=f"实到 {present:,} / 应到 {due:,} 人次",
            note=data.whose,
            state=data.info.judge(so_far),
        ),
        tiles.Tile(
            title="低于预警线的学生",
            value=f"{len(low):,}",
            unit="人",
            change=f"占 {fmt.with_unit(100 * len(low) / len(recorded), '%')} · 预警线 {fmt.line(data.info.warning, '%')}",
            note=data.whose,
            state=State.WARNING if low else State.REACHED,
        ),
        tiles.Tile(
            title="旷课",
            value=f"{sum(row.absent for row in roster):,}",
            unit="人次",
            change=f"请假 {statuses['请假']:,} · 迟到 {statuses['迟到']:,} · 早退 {statuses['早退']:,}",
            note=data.whose,
        ),
    ]
    return Content(body=tiles.row([*_week_tile(data), *items]))


def _denied_or_tile(data: Offering) -> Component:
    """Without students, what remains is the section's own week, where that may be seen."""
    found = _week_tile(data)
    return (
        tiles.row(found) if found and found[0].state is not State.NO_DATA else states.denied(data.because_denied or "")
    )


def _week_tile(data: Offering) -> list[tiles.Tile]:
    if data.focus is None:
        return []
    position = list(data.weekly).index(data.focus)
    before = data.weekly[position - 1].value if position else None
    counts = (
        f"实到 {fmt.number(data.focus.numerator, digits=0)} / 应到 {fmt.number(data.focus.denominator, digits=0)} 人次"
        if data.focus.denominator
        else ""
    )
    return [
        tiles.Tile(
            title=f"{data.focus.period.label}到课率",
            value=fmt.number(data.focus.value),
            unit=data.info.unit,
            change=f"{fmt.change(data.focus.value, before)} 较上周 · 目标 {fmt.line(data.info.target)}",
            note=counts,
            state=data.info.judge(data.focus.value),
            history=[point.value for point in data.weekly[: position + 1]],
            reference=data.info.target if isinstance(data.info.target, int | float) else None,
            card=_number(data, ATTENDANCE, data.focus),
        )
    ]


def _number(data: Offering, code: str, point: ValuePoint) -> str:
    return Number(code=code, level="offering", entity_id=data.offering.offering_id, period=point.period.key).href


def focus_of(data: Offering, points: Sequence[ValuePoint]) -> ValuePoint | None:
    """The point of the week in focus: that week, the month that holds its end, else the last with a value."""
    if data.week is not None:
        end = data.week.end
        return next((p for p in points if p.period.start <= end <= p.period.end), None)
    return next((point for point in reversed(points) if point.value is not None), None)


def draw_rates(data: Offering) -> Content:
    """到课率, 参与率 and 达标率 together, or one of them large, against course, department and the lines."""
    if not data.view.scope.admits("offering", data.info.about):
        return Content(body=states.denied("你的岗位不含教学班的到课率。"), card=data.info)
    asked = data.view["rate"]
    shown = [rate for rate in RATES.values() if asked in {ALL_RATES, rate.key}]
    found = [
        (rate, info)
        for rate in shown
        if (info := data.info_of(rate.code)) and any(p.value is not None for p in data.line(rate.code))
    ]
    versions = data.view.services.values.versions()
    if not found:
        rate = shown[0]
        reason = (data.because_missing if rate.code == ATTENDANCE else None) or (
            f"这个教学班在数据截止日之前没有{rate.records}记录：{rate.because}。"
        )
        return Content(body=states.empty(reason), card=data.info_of(rate.code) or data.info, versions=versions)
    if asked != ALL_RATES:
        return _one_rate(data, *found[0])
    item = data.offering
    label = f"{item.course_name} {item.class_name}的到课率、参与率、达标率"
    beside = sorted({line.name for rate, _ in found for line in data.compared(rate.code)})
    left_out = [rate.name for rate in shown if rate not in [one for one, _ in found]]
    return Content(
        body=graph(
            multiples([_facet(data, rate, info) for rate, info in found]),
            label=label,
            min_width=LEAST_WIDTH * len(found),
            sheet=_sheet(data, label, found),
        ),
        title="三率",
        note="；".join(
            [
                *([f"虚线为{'、'.join(beside)}"] if beside else []),
                "达标率按月",
                *([f"{'、'.join(left_out)}还没有记录"] if left_out else []),
            ]
        ),
        card=data.info,
        versions=versions,
    )


def _facet(data: Offering, rate: Rate, info: IndicatorInfo) -> Facet:
    points = data.line(rate.code)
    focus = focus_of(data, points)
    return Facet(
        title=rate.name,
        info=info,
        series=[
            Series(name="本班", points=points),
            *(Series(name=_SHORT.get(line.name, "本系"), points=line.points) for line in data.compared(rate.code)),
        ],
        counted=rate.counted,
        focus=None if focus is None else focus.period.key,
    )


def _sheet(data: Offering, title: str, found: Sequence[tuple[Rate, IndicatorInfo]]) -> Sheet:
    """Every value drawn: one line for each rate and period."""
    names = ("本教学班", "同课程", data.offering.dept_name, "全校")
    lines = {
        rate.code: dict(zip(names, (data.line(rate.code, level) for level in data.lines), strict=True))
        for rate, _ in found
    }
    return Sheet(
        title=title,
        columns=["比率", "周期", *(f"{name}(%)" for name in names)],
        rows=[
            [
                rate.name,
                point.period.label,
                *(lines[rate.code][name][index].value if lines[rate.code][name] else None for name in names),
            ]
            for rate, _ in found
            for index, point in enumerate(data.line(rate.code))
        ],
    )


def _one_rate(data: Offering, rate: Rate, info: IndicatorInfo) -> Content:
    item, points = data.offering, data.line(rate.code)
    compared = data.compared(rate.code)
    beside = "、".join(line.name for line in compared)
    focus = focus_of(data, points)
    label = f"{item.course_name} {item.class_name}逐{rate.period_word}{rate.name}" + (
        f"，与{beside}比较" if beside else ""
    )
    return Content(
        body=graph(
            trend(
                [Series(name="本教学班", points=points), *compared],
                info,
                focus=focus.period.key if focus else None,
                counted=rate.counted,
            ),
            label=label,
            sheet=_sheet(data, label, [(rate, info)]),
        ),
        title=f"逐{rate.period_word}{rate.name}",
        note=f"与{beside}比较" if beside else "",
        card=info,
        number=_number(data, rate.code, focus) if focus else "",
        versions=data.view.services.values.versions(),
    )


def draw_phases(data: Offering) -> Content:
    """课前·课中·课后: how many did what was set, week by week, and how much is lost on the way."""
    if not data.view.scope.admits("offering", data.info.about):
        return Content(body=states.denied("你的岗位不含教学班的课前课后完成率。"))
    lines = {name: data.line(code) for name, code in PHASES.items()}
    if not all(lines.values()) or not any(point.value is not None for line in lines.values() for point in line):
        return Content(body=states.empty("本学期还没有布置预习、课堂活动或作业的记录。"))
    first, _, last = lines.values()
    lost = drop_offs(first, last)
    now = next(
        ((p.period.label, value) for p, value in reversed(list(zip(first, lost, strict=True))) if value is not None),
        None,
    )
    item = data.offering
    label = f"{item.course_name} {item.class_name}课前、课中、课后完成率"
    return Content(
        body=graph(
            phases(lines),
            label=label,
            min_width=_PHASE_ROOM,
            is_read_from_end=True,
            sheet=Sheet(
                title=label,
                columns=["周次", *(f"{name}(%)" for name in lines), "落差(百分点)"],
                rows=[
                    [point.period.label, *(line[index].value for line in lines.values()), lost[index]]
                    for index, point in enumerate(first)
                ],
            ),
        ),
        note=f"只计布置了该项的课次；{now[0]}落差 {fmt.number(now[1])}" if now else "只计布置了该项的课次",
        card=data.info_of(PHASES["课后作业"]),
        versions=data.view.services.values.versions(),
    )
