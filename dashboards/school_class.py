"""班级: one administrative class against the school, and which of its students need somebody now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from dashboards import filters, ids
from dashboards.desks import ATTENDANCE, HOMEWORK, PARTICIPATION
from dashboards.overview import (
    SCHOOL,
    link_of,
    named_cell,
    term_end,
    tile,
    valued,
    weekly_line,
    weeks_of,
    worst_first,
)
from dashboards.page import Heading, NotFoundError, Page, Panel, View
from dashboards.pupils import recent_and_earlier
from data_access.access.permissions import Permission
from indicators.model import SCHOOL_ID
from indicators.results import Board, ClassInfo, Reading
from layouts import format as fmt
from layouts import states, table, tiles
from layouts.figures.trend import Series
from layouts.panel import Content
from layouts.shell import Crumb

CODES: Final = (ATTENDANCE, "CLS-ACD-02", "CLS-ACD-01", HOMEWORK, "STU-GRP-01", "CLS-PER-03")
"""到课率, 全勤率, 准时率, 作业完成率, 学业预警学生比例, 宿舍得分."""
RATES: Final = (ATTENDANCE, PARTICIPATION, HOMEWORK)


@dataclass(frozen=True, kw_only=True)
class SchoolClass:
    """The data of one view of the page; every part is fetched when first needed, and once."""

    view: View

    @cached_property
    def info(self) -> ClassInfo:
        """The class.

        Raises:
            NotFoundError: there is none with this number within the reader's scope.
        """
        number = self.view.ids["class_id"]
        found = self.view.services.values.class_info(number, scope=self.view.scope)
        if found is None:
            raise NotFoundError(f"没有编号为 {number} 的班级。")
        return found

    @cached_property
    def readings(self) -> Sequence[Reading]:
        """The indicators of the class up to the end of the term shown."""
        return self.view.services.values.readings(
            CODES, "class", self.info.class_id, until=term_end(self.view), scope=self.view.scope
        )

    @cached_property
    def students(self) -> Board | None:
        """Those who are in the class now, with their weekly rates; None where there is no term yet."""
        values, term = self.view.services.values, self.view["term"]
        if not term:
            return None
        members = values.members([self.info.class_id], scope=self.view.scope)
        return values.board(RATES, "student", term_key=term, entity_ids=members, scope=self.view.scope)


def draw_tiles(data: SchoolClass) -> Content:
    """The indicators of the class."""
    if not data.readings:
        return Content(body=states.denied("你的岗位不含这个班级的指标。"))
    return Content(body=tiles.row([tile(item) for item in data.readings]))


def draw_trend(data: SchoolClass) -> Content:
    """The weekly 到课率 of the class against the school."""
    services, term = data.view.services, data.view["term"]
    info = services.values.indicator(ATTENDANCE)
    if not data.view.scope.admits("class", info.about):
        return Content(body=states.denied("你的岗位不含班级的到课率。"))
    weekly = weeks_of(services, ATTENDANCE, "class", data.info.class_id, term_key=term, scope=data.view.scope)
    if not any(point.value is not None for point in weekly):
        reason = f"{data.info.name}在{filters.term_name(data.view)}没有考勤记录：校外实习、未排课，或考勤尚未导入。"
        return Content(body=states.empty(reason))
    of_school = weeks_of(services, ATTENDANCE, "school", SCHOOL_ID, term_key=term, scope=data.view.scope)
    return weekly_line(
        Series(name="本班", points=weekly),
        [Series(name=SCHOOL, points=of_school)],
        info,
        label=f"{data.info.name}逐周到课率，与全校比较",
        versions=services.values.versions(),
    )


def draw_students(data: SchoolClass) -> Content:
    """Everybody in the class with the rates of the term so far, the lowest 到课率 first."""
    found = data.students
    if found is None or not found.entities:
        return Content(body=states.empty("这个班级现在没有在籍学生，或学生不在你的数据范围内。"))
    if not found.standings:
        return Content(body=states.empty("学生的到课率、参与率和作业完成率还没有计算。"))
    rates = {code: standing.so_far() for code, standing in found.standings.items()}
    first = next(iter(found.standings.values()))
    recent, earlier = recent_and_earlier(first)
    order = worst_first(rates[first.info.code], first.info, [entity.name for entity in found.entities])
    link = link_of(data.view.services.viewer(), "student")
    columns = [
        table.Column(title="学号", is_heading=True),
        *(
            table.Column(title=fmt.short_name(standing.info.name_zh), is_number=True)
            for standing in found.standings.values()
        ),
        table.Column(title="近两周到课率", is_number=True),
        table.Column(title="较此前四周", is_number=True),
    ]
    rows: list[list[table.Cell]] = [
        [
            named_cell(found.entities[row].name, found.entities[row].entity_id, link),
            *(valued(float(rates[code][row]), standing.info) for code, standing in found.standings.items()),
            fmt.with_unit(float(recent[row]), "%"),
            fmt.change(float(recent[row]), float(earlier[row])),
        ]
        for row in order
    ]
    listed = table.table(columns, rows, caption="本班学生学期至今的各项比率", table_id=ids.table("class", "students"))
    absent = int(np.isnan(rates[first.info.code]).sum())
    return Content(
        body=listed,
        note=f"{len(rows)} 人在籍 · 学期至今，到课率低的在前" + (f" · {absent} 人没有考勤记录" if absent else ""),
        card=first.info,
        versions=data.view.services.values.versions(),
    )


def heading(data: SchoolClass) -> Heading:
    """Name, major, grade and who looks after the class."""
    info = data.info
    facts = [info.dept_name, info.major_name]
    facts += [f"{info.grade_year} 级"] if info.grade_year else []
    facts += [f"班主任 {info.adviser_name}"] if info.adviser_name else []
    facts += [f"辅导员 {info.counsellor_name}"] if info.counsellor_name else []
    courses = link_of(data.view.services.viewer(), "dept")
    department = Crumb(label=info.dept_name, href=courses(info.dept_id) if courses else None)
    crumbs = [Crumb(label="首页", href="/"), department, Crumb(label=info.major_name)]
    return Heading(
        title=info.name,
        facts=[fact for fact in facts if fact],
        crumbs=[*(crumb for crumb in crumbs if crumb.label), Crumb(label=info.name)],
    )


PAGE: Final = Page(
    name="class",
    path="/classes/<class_id>",
    title="班级",
    requires=Permission.CLASS_VIEW,
    parent="home",
    filters=(filters.TERM,),
    load=lambda view: SchoolClass(view=view),
    heading=heading,
    panels=(
        Panel(name="summary", title="概况", draw=draw_tiles, height=110, is_framed=False),
        Panel(name="trend", title="逐周到课率", unit="%", draw=draw_trend, height=260),
        Panel(name="students", title="学生", draw=draw_students, height=900),
    ),
)
