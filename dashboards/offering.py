"""教学班: one section's weekly line, its students, and the meetings they missed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from dash import html
from dash.development.base_component import Component

from dashboards import filters, ids, query
from dashboards.courses import ATTENDANCE, COUNTED
from dashboards.page import Filter, Heading, Kind, NotFoundError, Page, Panel, View
from data_access.access.permissions import Permission
from indicators.model import SCHOOL_ID
from indicators.results import Absence, IndicatorInfo, OfferingInfo, PeriodInfo, RosterRow, State, ValuePoint
from layouts import format as fmt
from layouts import states, table, tiles
from layouts.figures.trend import Series, trend
from layouts.graph import graph
from layouts.panel import Content
from layouts.shell import Crumb

ABSENCES_SHOWN: Final = 60
COMPARED: Final = 2
"""Lines beside the section's own: those nearest to it of course, department and school."""
ROSTER_PER_PAGE: Final = 60
"""More than a class has; a lecture of hundreds is paged, since a browser takes seconds over so many rows."""
ROSTER_FILE: Final = "/offerings/<offering_id>/roster.csv"
"""Address of the roster as a file; `dashboards.roster_export` answers it."""
ONLY_OWN: Final = "只列出你负责的学生"
STATUS_CLASSES: Final = {"旷课": "status-missed", "请假": "status-excused"}
"""How a status is coloured; all others are lateness of some kind."""

_WORST = float("inf")


def _low_first(rate: float | None) -> float:
    return _WORST if rate is None else rate


SORTS: Final[dict[str, tuple[str, Callable[[RosterRow], float | str], str]]] = {
    "rate": ("到课率", lambda row: _low_first(row.attendance_rate), "ascending"),
    "no": ("学号", lambda row: row.student_no, "ascending"),
    "participation": ("参与率", lambda row: _low_first(row.participation_rate), "ascending"),
    "homework": ("作业完成率", lambda row: _low_first(row.homework_rate), "ascending"),
    "absent": ("旷课", lambda row: -row.absent, "descending"),
    "late": ("迟到早退", lambda row: -row.late, "descending"),
}
"""How the roster can be sorted: column, key, direction. The row most in need comes first."""


@dataclass(frozen=True, kw_only=True)
class Offering:
    """The data of one view of the page; every part is fetched when first needed, and once."""

    view: View

    @cached_property
    def offering(self) -> OfferingInfo:
        """The section.

        Raises:
            NotFoundError: there is none with this number within the reader's scope.
        """
        number = self.view.ids["offering_id"]
        found = self.view.services.values.offering(number, scope=self.view.scope)
        if found is None:
            raise NotFoundError(missing(number))
        return found

    @property
    def whose(self) -> str:
        """Of whom figures made from the roster tell, where it is not of everybody; else empty."""
        return "" if self.offering.is_whole else "你负责的学生"

    @cached_property
    def because_denied(self) -> str | None:
        """Why the viewer sees nothing of the students; None where they see some, or there are none to see."""
        if self.offering.is_whole or self.roster:
            return None
        return "你的岗位不含这个教学班的名单，班里也没有你负责的学生。"

    @cached_property
    def info(self) -> IndicatorInfo:
        """The indicator of the page."""
        return self.view.services.values.indicator(ATTENDANCE)

    def series(self, level: str, entity_id: int) -> Sequence[ValuePoint]:
        """Weekly values of an entity in the section's term, up to the date of the data."""
        values = self.view.services.values
        until = values.data_date()
        points = values.series(
            ATTENDANCE, level, entity_id, kind="week", term_key=self.offering.term_key, scope=self.view.scope
        )
        return [point for point in points if until is not None and point.period.start <= until]

    @cached_property
    def weekly(self) -> Sequence[ValuePoint]:
        """The section's own weekly values."""
        return self.series("offering", self.offering.offering_id)

    @cached_property
    def focus(self) -> ValuePoint | None:
        """The week asked for, else the last with a value; None without any."""
        asked = filters.week_number(self.view)
        if asked is not None:
            return next((point for point in self.weekly if point.period.ordinal == asked), None)
        return next((point for point in reversed(self.weekly) if point.value is not None), None)

    @cached_property
    def week(self) -> PeriodInfo | None:
        """The week that the list of absences is narrowed to; None for the whole term."""
        return None if filters.week_number(self.view) is None or self.focus is None else self.focus.period

    @cached_property
    def roster(self) -> Sequence[RosterRow]:
        """The students, in the order asked for."""
        _, key, _ = SORTS[self.view["sort"]]
        rows = self.view.services.values.roster(self.offering.offering_id, scope=self.view.scope)
        return sorted(rows, key=lambda row: (key(row), row.student_no))

    @cached_property
    def part(self) -> table.Slice:
        """Which of the students are on the page."""
        return table.Slice(total=len(self.roster), page=filters.page_number(self.view), size=ROSTER_PER_PAGE)

    @cached_property
    def because_missing(self) -> str | None:
        """Why there is no attendance to show; None where there is some."""
        if any(row.due for row in self.roster):
            return None
        return f"这个教学班在{self.offering.term_label}没有考勤记录：未排课，或考勤尚未导入。"

    @cached_property
    def student(self) -> RosterRow | None:
        """The student picked from the roster."""
        picked = self.view["student"]
        return next((row for row in self.roster if str(row.student_id) == picked), None) if picked else None


def missing(number: int) -> str:
    """What is said of an offering that does not exist, and of one out of scope, word for word the same."""
    return f"没有编号为 {number} 的教学班。"


def absences(
    roster: Sequence[RosterRow], *, week: PeriodInfo | None, student: RosterRow | None
) -> list[tuple[RosterRow, Absence]]:
    """Meetings missed by the section or one student, in a week or the whole term, latest first."""
    found = [
        (row, absence)
        for row in roster
        if student is None or row.student_id == student.student_id
        for absence in row.absences
        if week is None or week.start <= absence.day <= week.end
    ]
    return sorted(found, key=lambda pair: (-pair[1].day.toordinal(), pair[0].student_no))


def heading(data: Offering) -> Heading:
    """Course, section, teacher, and the way down from the school."""
    item = data.offering
    courses = "/courses"
    services, scope = data.view.services, data.view.scope
    in_reach = {department.dept_id for department in services.values.departments(scope=scope)}
    of_department = query.link(courses, {"term": item.term_key, "dept": str(item.dept_id)})
    return Heading(
        title=item.course_name,
        facts=(
            item.class_name,
            f"任课教师 {item.teacher_name}",
            item.dept_name,
            item.term_label,
            f"选课 {item.enrolled:,} 人",
        ),
        crumbs=(
            Crumb(label="学校", href=query.link(courses, {"term": item.term_key})),
            Crumb(label=item.dept_name, href=of_department if item.dept_id in in_reach else None),
            Crumb(label=item.course_name, href=query.link(courses, {"term": item.term_key, "q": item.course_name})),
            Crumb(label=item.class_name),
        ),
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
    return [
        tiles.Tile(
            title=f"{data.focus.period.label}到课率",
            value=fmt.number(data.focus.value),
            unit=data.info.unit,
            change=f"{fmt.change(data.focus.value, before)} 较上周 · 目标 {fmt.line(data.info.target)}",
            state=data.info.judge(data.focus.value),
            history=[point.value for point in data.weekly[: position + 1]],
            reference=data.info.target if isinstance(data.info.target, int | float) else None,
        )
    ]


def draw_trend(data: Offering) -> Content:
    """The section's line against its course, its department and the three lines."""
    versions = data.view.services.values.versions()
    if not data.view.scope.admits("offering", data.info.about):
        return Content(body=states.denied("你的岗位不含教学班的到课率。"), card=data.info, versions=versions)
    if not any(point.value is not None for point in data.weekly):
        reason = data.because_missing or "这个教学班在数据截止日之前没有考勤记录。"
        return Content(body=states.empty(reason), card=data.info, versions=versions)
    item = data.offering
    own = [point.value for point in data.weekly]
    compared = [
        Series(name="同课程", points=data.series("course", item.course_id)),
        Series(name=item.dept_name, points=data.series("dept", item.dept_id)),
        Series(name="全校", points=data.series("school", SCHOOL_ID)),
    ]
    # A line out of scope has no values; a course with this one section has the same line, which would only hide it.
    drawn = [
        line
        for line in compared
        if any(point.value is not None for point in line.points) and [point.value for point in line.points] != own
    ][:COMPARED]
    lines = [Series(name="本教学班", points=data.weekly), *drawn]
    beside = "、".join(line.name for line in drawn)
    focus = data.focus.period.key if data.focus else None
    return Content(
        body=graph(
            trend(lines, data.info, focus=focus, counted=COUNTED),
            label=f"{item.course_name} {item.class_name}逐周到课率" + (f"，与{beside}比较" if beside else ""),
        ),
        note=f"与{beside}比较" if beside else "",
        card=data.info,
        versions=versions,
    )


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
    more = len(found) - len(rows)
    tail = (
        [html.P(f"另有 {more:,} 条更早的记录；选择周次或学号可缩小范围。", className="panel-tail")] if more > 0 else []
    )
    return Content(
        body=[*lines, listed, *tail],
        note=f"{len(found):,} 条",
    )


def _status(status: str) -> table.Marked:
    return table.Marked(text=status, name=STATUS_CLASSES.get(status, "status-partly"))


def _chip(text: str, href: str) -> Component:
    return html.A(
        [text, html.Span(" ×", **{"aria-hidden": "true"})], href=href, className="chip in-place", title=f"取消 {text}"
    )


PAGE: Final = Page(
    name="offering",
    path="/offerings/<offering_id>",
    title="教学班",
    requires=Permission.COURSE_VIEW,
    parent="courses",
    filters=(
        filters.WEEK,
        Filter(name="sort", label="排序", kind=Kind.LINK, pattern="|".join(SORTS), default="rate"),
        Filter(name="student", label="学生", kind=Kind.LINK, pattern=r"[1-9][0-9]{0,18}|"),
        filters.PAGE_NUMBER,
    ),
    load=lambda view: Offering(view=view),
    heading=heading,
    panels=(
        Panel(name="summary", title="概况", draw=draw_tiles, height=96, is_framed=False),
        Panel(name="trend", title="逐周到课率", unit="%", draw=draw_trend, height=280),
        Panel(name="roster", title="名册", draw=draw_roster, columns=8, height=600),
        Panel(name="absences", title="缺勤记录", draw=draw_absences, columns=4, height=600),
    ),
)
