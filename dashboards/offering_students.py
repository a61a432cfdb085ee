"""The students of a section: the roster with everybody's rates, and the meetings behind a rate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from dash import html
from dash.development.base_component import Component

from dashboards import ids
from dashboards.offering_data import MISSED, SORTS, Offering, absences
from data_access.access.permissions import Permission
from indicators.results import Absence, RosterRow
from layouts import format as fmt
from layouts import states, table
from layouts.panel import Content

ABSENCES_SHOWN: Final = 60
ROSTER_FILE: Final = "/offerings/<offering_id>/roster.csv"
"""Address of the roster as a file; `dashboards.roster_export` answers it."""
ONLY_OWN: Final = "只列出你负责的学生"
STATUS_CLASSES: Final = {"旷课": "status-missed", "请假": "status-excused"}
"""How a status is coloured; all others are lateness of some kind."""


def draw_roster(data: Offering) -> Content:
    """Every student's rates, the lowest first unless asked otherwise; a name's link lists their absences."""
    if data.because_denied:
        return Content(body=states.denied(data.because_denied))
    if not data.roster:
        return Content(body=states.empty("这个教学班还没有学生名单：没有考勤、成绩或单元考核的记录。"))
    columns = [
        _sortable(data, "no", is_heading=True),
        table.Column(title="行政班"),
        _sortable(data, "rate"),
        table.Column(title="实到 / 应到", is_number=True),
        _sortable(data, "absent"),
        table.Column(title="请假", is_number=True),
        _sortable(data, "late"),
        _sortable(data, "participation"),
        _sortable(data, "homework"),
    ]
    rows: list[list[table.Cell]] = [
        [
            _student_link(data, row),
            row.class_name,
            table.Valued(text=fmt.with_unit(row.attendance_rate, "%"), state=data.info.judge(row.attendance_rate)),
            f"{row.present} / {row.due}" if row.due else fmt.NO_VALUE,
            _count(row.absent),
            _count(row.leave),
            _count(row.late),
            fmt.with_unit(row.participation_rate, "%"),
            fmt.with_unit(row.homework_rate, "%"),
        ]
        for row in data.roster[data.part.start : data.part.stop]
    ]
    listed = table.table(
        columns, rows, caption="教学班名册与各项比率，学期至今", table_id=ids.table("offering", "roster")
    )
    pager = table.pager(
        data.part, noun="名学生", link=lambda number: data.view.link(page=str(number)), is_in_place=True
    )
    return Content(
        body=[listed, pager] if data.part.pages > 1 else listed,
        note=f"{data.part.total:,} 人 · 学期至今 · 点学号看缺勤" + ("" if data.offering.is_whole else f" · {ONLY_OWN}"),
        download=_download(data),
    )


def _download(data: Offering) -> tuple[str, str] | None:
    """The roster as a file, for those who may take it away."""
    if not data.view.services.viewer().may(Permission.ROSTER_EXPORT):
        return None
    return ROSTER_FILE.replace("<offering_id>", str(data.offering.offering_id)), "导出名单"


def _sortable(data: Offering, key: str, *, is_heading: bool = False) -> table.Column:
    title, _, direction = SORTS[key]
    return table.Column(
        title=title,
        is_number=not is_heading,
        is_heading=is_heading,
        href=data.view.link(sort=key, page=""),
        order=direction if data.view["sort"] == key else None,
    )


def _student_link(data: Offering, row: RosterRow) -> table.Linked:
    is_picked = data.student is not None and data.student.student_id == row.student_id
    return table.Linked(
        text=row.student_no,
        href=data.view.link(student="" if is_picked else str(row.student_id)),
        is_in_place=True,
        is_on=is_picked,
    )


def _count(number: int) -> str:
    return str(number) if number else fmt.NO_VALUE


def draw_absences(data: Offering) -> Content:
    """The meetings behind the rates: who missed which day, and how."""
    if data.because_denied:
        return Content(body=states.denied(data.because_denied))
    if data.because_missing:
        return Content(body=states.empty(data.because_missing))
    found = absences(data.roster, week=data.week, student=data.student)
    narrowed: list[Component] = []
    if data.student is not None:
        narrowed.append(_chip(f"学号 {data.student.student_no}", data.view.link(student="")))
    if data.week is not None:
        narrowed.append(_chip(data.week.label, data.view.link(week="")))
    lines = [html.Div(narrowed, className="chips")] if narrowed else []
    if not found:
        who = "该生" if data.student else "本教学班"
        when = data.week.label if data.week else "本学期"
        # without a meeting on record nobody can have been present either
        is_recorded = (data.student is None or data.student.due > 0) and (
            data.week is None or (data.focus is not None and data.focus.value is not None)
        )
        if not is_recorded:
            return Content(body=[*lines, states.empty(f"{who}{when}没有考勤记录：未排课，或考勤尚未导入。")])
        good = states.Message(kind="good", title="没有缺勤", detail=f"{who}{when}没有缺勤记录。")
        return Content(body=[*lines, states.message(good)])
    columns = [
        table.Column(title="日期", is_heading=True),
        *([] if data.student else [table.Column(title="学号")]),
        table.Column(title="状态"),
    ]
    rows: list[list[table.Cell]] = [
        [fmt.short_day(item.day), *([] if data.student else [_student_link(data, row)]), _status(item.status)]
        for row, item in found[:ABSENCES_SHOWN]
    ]
    listed = table.table(columns, rows, caption="缺勤记录，最近的在前", table_id=ids.table("offering", "absences"))
    lines.append(html.P(_reckoning(data, found), className="panel-lead"))
    more = len(found) - len(rows)
    tail = (
        [html.P(f"另有 {more:,} 条更早的记录；选择周次或学号可缩小范围。", className="panel-tail")] if more > 0 else []
    )
    return Content(
        body=[*lines, listed, *tail],
        note=f"{len(found):,} 条",
    )


def _reckoning(data: Offering, found: Sequence[tuple[RosterRow, Absence]]) -> str:
    """How the list adds up to the rate: who was due and not present is on it, and besides who came late or left early.

    Of a week, who was due is known of the section as a whole only.
    """
    statuses = Counter(absence.status for _, absence in found)
    missed = sum(count for status, count in statuses.items() if status in MISSED)
    partly = len(found) - missed
    due, present = _counts(data)
    words = f"缺勤 {missed:,} 人次：旷课 {statuses['旷课']:,}、请假 {statuses['请假']:,}"
    if due is not None and present is not None:
        words = f"应到 {due:,} − 实到 {present:,} = {words}"
    return words + (f"；另有迟到早退 {partly:,}（算实到）" if partly else "")


def _counts(data: Offering) -> tuple[int | None, int | None]:
    """Persons and meetings due and present behind the list; None where they are not known for what it is narrowed to."""
    if data.week is None:
        rows = data.roster if data.student is None else [data.student]
        return sum(row.due for row in rows), sum(row.present for row in rows)
    point = data.focus
    if data.student is None and data.offering.is_whole and point is not None and point.denominator is not None:
        return int(point.denominator), int(point.numerator or 0)
    return None, None


def _status(status: str) -> table.Marked:
    return table.Marked(text=status, name=STATUS_CLASSES.get(status, "status-partly"))


def _chip(text: str, href: str) -> Component:
    return html.A(
        [text, html.Span(" ×", **{"aria-hidden": "true"})], href=href, className="chip in-place", title=f"取消 {text}"
    )
