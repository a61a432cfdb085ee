"""班级: one administrative class against those around it, and which of its students need somebody now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from dashboards import (
    filters,
    growth_card,
    growth_class,
    growth_ledger,
    growth_panels,
    ids,
    second_classroom,
    weekly,
)
from dashboards.aspects import draw_all
from dashboards.desks import ATTENDANCE, COURSE_RATES, HOMEWORK, PARTICIPATION
from dashboards.number import Number
from dashboards.overview import SCHOOL, link_of, named_cell, term_end, tile, valued, weeks_of, worst_first
from dashboards.page import Heading, NotFoundError, Page, Panel, View, missing
from dashboards.pupils import draw_bands, draw_slipping, recent_and_earlier
from dashboards.student_aspects import OF_CLASS, OF_STUDENT
from data_access.access.permissions import Permission
from indicators.model import SCHOOL_ID, Level
from indicators.results import Board, ClassInfo, Reading
from layouts import format as fmt
from layouts import states, table, tiles
from layouts.figures.trend import Series
from layouts.panel import Content
from layouts.shell import Crumb

CODES: Final = (ATTENDANCE, "CLS-ACD-02", "CLS-ACD-01", HOMEWORK, "STU-GRP-01", "CLS-PER-03")
"""到课率, 全勤率, 准时率, 作业完成率, 学业预警学生比例, 宿舍得分."""
RATES: Final = (ATTENDANCE, PARTICIPATION, HOMEWORK)

GONE: Final = "这个班级已毕业，没有在籍学生。"


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
            raise NotFoundError(missing("班级", number))
        return found

    @cached_property
    def growth(self) -> growth_card.Growth:
        """The growth card of the class."""
        class_id = self.view.ids["class_id"]
        return growth_card.Growth(view=self.view, scope=self.view.scope, holder=Level.CLASS, holder_id=class_id)

    @cached_property
    def growth_members(self) -> growth_class.Members:
        """The growth cards of its students."""
        return growth_class.Members(growth=self.growth)

    @cached_property
    def readings(self) -> Sequence[Reading]:
        """All indicators of the class up to the end of the term shown."""
        of_aspects = [code for aspect in (*OF_CLASS, *OF_STUDENT) for code in aspect.codes]
        codes = tuple(dict.fromkeys((*CODES, *of_aspects)))
        return self.view.services.values.readings(
            codes, "class", self.info.class_id, until=term_end(self.view), scope=self.view.scope
        )

    @cached_property
    def main(self) -> Sequence[Reading]:
        """Those of the tiles alone, which need not wait for the others."""
        return self.view.services.values.readings(
            CODES, "class", self.info.class_id, until=term_end(self.view), scope=self.view.scope
        )

    @cached_property
    def above(self) -> Sequence[tuple[str, str, int]]:
        """Name, level and key of what the class belongs to, from the major up to the school."""
        place = next(iter(self.view.services.rolls.places(scope=self.view.scope, class_ids=[self.info.class_id])), None)
        major_id = 0 if place is None else place.major_id
        found = [("本专业", "major", major_id), (self.info.dept_name, "dept", self.info.dept_id)]
        return [*(item for item in found if item[2]), (SCHOOL, "school", SCHOOL_ID)]

    @cached_property
    def courses(self) -> Board | None:
        """The sections of the class in the term, within the scope; None where there is no term yet."""
        term = self.view["term"]
        if not term:
            return None
        below = ("class", {self.info.class_id})
        return self.view.services.values.board(
            COURSE_RATES, "offering", term_key=term, below=below, scope=self.view.scope
        )

    @cached_property
    def students(self) -> Board | None:
        """Those who are in the class now, with their weekly rates; None where there is no term yet."""
        values, term = self.view.services.values, self.view["term"]
        if not term:
            return None
        members = values.members([self.info.class_id], scope=self.view.scope)
        return values.board(RATES, "student", term_key=term, entity_ids=members, scope=self.view.scope)

    @cached_property
    def has_graduated(self) -> bool:
        """True where the class has left the college: nobody of it is on the roll."""
        class_id = self.info.class_id
        return class_id in self.view.services.rolls.graduated([class_id], scope=self.view.scope)

    @property
    def gone(self) -> Content | None:
        """What stands in place of students of a class that has graduated; None of any other."""
        return Content(body=states.empty(GONE)) if self.has_graduated else None


def draw_tiles(data: SchoolClass) -> Content:
    """The indicators of the class."""
    if not data.main:
        return Content(body=states.denied("你的岗位不含这个班级的指标。"))
    return Content(body=tiles.row([tile(item) for item in data.main]))


def draw_trend(data: SchoolClass) -> Content:
    """The weekly 到课率 of the class against its major, department and school, where these may be seen."""
    services, term = data.view.services, data.view["term"]
    info = services.values.indicator(ATTENDANCE)
    if not data.view.scope.admits("class", info.about):
        return Content(body=states.denied("你的岗位不含班级的到课率。"))
    weekly_points = weeks_of(services, ATTENDANCE, "class", data.info.class_id, term_key=term, scope=data.view.scope)
    if not any(point.value is not None for point in weekly_points):
        reason = f"{data.info.name}在{filters.term_name(data.view)}没有考勤记录：校外实习、未排课，或考勤尚未导入。"
        return Content(body=states.empty(reason))
    others = [
        Series(name=name, points=weeks_of(services, ATTENDANCE, level, key, term_key=term, scope=data.view.scope))
        for name, level, key in data.above
    ]
    return weekly.draw(
        Series(name="本班", points=weekly_points),
        others,
        info,
        label=f"{data.info.name}逐周到课率，与专业、系部和全校比较",
        versions=services.values.versions(),
        number=Number(code=ATTENDANCE, level="class", entity_id=data.info.class_id).href,
        height=380,
    )


def draw_talks(data: SchoolClass) -> Content:
    """Who needs a talk: the students whose 到课率 has slipped most."""
    if data.gone is not None:
        return data.gone
    link = link_of(data.view.services.viewer(), "student")
    return draw_slipping(data.students, link=link, table_id=ids.table("class", "slipping"))


def draw_class_indicators(data: SchoolClass) -> Content:
    """What is kept of the class, aspect by aspect; of few people a sensitive figure is withheld."""
    because = "这个班级的集体指标还没有数值，或不在你的数据范围内。"
    body = draw_all(OF_CLASS, data.readings, page="class", because=because)
    return Content(body=body, note="点指标名看口径 · 敏感事项人数过少时不显示")


def draw_student_indicators(data: SchoolClass) -> Content:
    """What is kept of every student, over the whole class."""
    because = "本班学生的个体指标还没有数值，或不在你的数据范围内。"
    body = draw_all(OF_STUDENT, data.readings, page="class", because=because)
    return Content(body=body, note="比率与得分为全班平均，频次为全班合计（不对照个人目标）")


def draw_courses(data: SchoolClass) -> Content:
    """The sections of the class in the term with their rates, the lowest 到课率 first."""
    board = data.courses
    if board is None or not board.entities:
        return Content(
            body=states.empty(f"{filters.term_name(data.view)}没有本班的教学班，或教学班不在你的数据范围内。")
        )
    link = link_of(data.view.services.viewer(), "offering")
    rates = {code: standing.so_far() for code, standing in board.standings.items()}
    columns = [
        table.Column(title="课程", is_heading=True),
        table.Column(title="任课教师"),
        *(
            table.Column(title=fmt.short_name(standing.info.name_zh), is_number=True)
            for standing in board.standings.values()
        ),
    ]
    first = board.standings.get(ATTENDANCE)
    names = [entity.name for entity in board.entities]
    order = range(len(names)) if first is None else worst_first(rates[ATTENDANCE], first.info, names)
    rows: list[list[table.Cell]] = [
        [
            named_cell(board.entities[row].course_name or names[row], board.entities[row].entity_id, link),
            board.entities[row].teacher_name or fmt.NO_VALUE,
            *(valued(float(rates[code][row]), standing.info) for code, standing in board.standings.items()),
        ]
        for row in order
    ]
    listed = table.table(columns, rows, caption="本班课程学期至今的比率", table_id=ids.table("class", "courses"))
    return Content(body=listed, note=f"{len(rows)} 门 · 学期至今")


def draw_class_bands(data: SchoolClass) -> Content:
    """How many students stand in each band by their rates."""
    return data.gone or draw_bands(data.students, RATES)


def draw_students(data: SchoolClass) -> Content:
    """Everybody in the class with the rates of the term so far, the lowest 到课率 first."""
    if data.gone is not None:
        return data.gone
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


def draw_second_classroom(data: SchoolClass) -> Content:
    """Credits of the second classroom, those who lack most first."""
    services, class_id = data.view.services, data.info.class_id
    found = services.second_classroom.of_class(class_id, term_key=data.view["term"], scope=data.view.scope)
    return second_classroom.draw_class(
        found,
        class_id=class_id,
        term_name=filters.term_name(data.view),
        info=services.values.indicator(second_classroom.ATTAINMENT),
        link=link_of(services.viewer(), "student"),
    )


def heading(data: SchoolClass) -> Heading:
    """Name, major, grade and who looks after the class."""
    info = data.info
    facts = [info.dept_name, info.major_name]
    facts += [f"{info.grade_year} 级"] if info.grade_year else []
    facts += ["已毕业"] if data.has_graduated else []
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
    parent="students",
    filters=(filters.TERM, growth_card.ON, growth_class.BAND, *growth_ledger.FILTERS),
    load=lambda view: SchoolClass(view=view),
    heading=heading,
    panels=(
        *growth_panels.CLASS_FACE,
        Panel(name="summary", title="概况", draw=draw_tiles, height=110, is_framed=False, wave=2),
        Panel(name="trend", title="逐周到课率", unit="%", draw=draw_trend, columns=7, height=300, wave=2),
        Panel(name="slipping", title="需要谈话的学生", draw=draw_talks, columns=5, height=300, wave=2),
        Panel(
            name="bands",
            title="学生所处状态",
            draw=draw_class_bands,
            columns=5,
            height=180,
            wave=2,
        ),
        Panel(name="courses", title="本班课程", draw=draw_courses, columns=7, height=300, wave=3),
        *growth_panels.CLASS_ACCOUNT,
        Panel(name="students", title="学生", draw=draw_students, height=900, wave=3),
        Panel(name="indicators", title="班级指标", draw=draw_class_indicators, height=600, wave=5),
        Panel(name="individual", title="学生指标", draw=draw_student_indicators, height=600, wave=5),
        Panel(
            name="second-classroom",
            title="第二课堂积分",
            draw=draw_second_classroom,
            height=600,
            belongs=lambda data: bool(data.view["term"]) and second_classroom.may_see(data.view.scope),
            wave=5,
        ),
    ),
)
