"""学生: one student's own figures, sensitive matters where they may be seen, courses and absences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from dashboards import filters, growth_card, growth_ledger, growth_panels, ids, plans_panel, second_classroom
from dashboards.aspects import draw_all
from dashboards.desks import ATTAINMENT, ATTENDANCE, HOMEWORK, PARTICIPATION
from dashboards.overview import SCHOOL, link_of, named_cell, term_end, tile, valued, weekly_line, weeks_of
from dashboards.page import Heading, NotFoundError, Page, Panel, View, missing
from dashboards.student_aspects import OF_STUDENT
from data_access.access.permissions import Permission
from data_access.access.roles import Role
from data_access.access.scope import Scope
from indicators.model import SCHOOL_ID, Level
from indicators.results import CourseAttendance, IndicatorInfo, Reading, StudentInfo
from layouts import format as fmt
from layouts import states, table, tiles
from layouts.figures.trend import Series
from layouts.panel import Content
from layouts.shell import Crumb

CODES: Final = (ATTENDANCE, PARTICIPATION, HOMEWORK, ATTAINMENT, "STU-ACD-09", "STU-PER-09")
"""到课率, 参与率, 作业完成率, 达标率, 学期学分绩, 宿舍得分."""
SENSITIVE_CODES: Final = ("STU-PER-13", "STU-PER-14", "STU-PER-10", "STU-PER-12", "STU-GRP-11", "STU-GRP-12")
"""违纪频次, 违纪受处罚级别, 同学间纠纷频次, 心理辅导频次, 特殊群体联系达成率, 资助到位率."""
ABSENCES_SHOWN: Final = 60
STATUS_CLASSES: Final = {"旷课": "status-missed", "请假": "status-excused"}


@dataclass(frozen=True, kw_only=True)
class Student:
    """The data of one student for one view; every part is fetched when first needed, and once.

    Attributes:
        view: what is looked at; its filter ``term`` decides the term.
        scope: in which the student is read.
        number: the key of the student, as the address or a post names it.
    """

    view: View
    scope: Scope
    number: int

    @cached_property
    def info(self) -> StudentInfo:
        """The student.

        Raises:
            NotFoundError: there is none with this number within the scope.
        """
        found = self.view.services.values.student(self.number, scope=self.scope)
        if found is None:
            raise NotFoundError(missing("学生", self.number))
        return found

    def readings(self, codes: Sequence[str]) -> Sequence[Reading]:
        """The student's own indicators up to the end of the term shown."""
        return self.view.services.values.readings(
            codes, "student", self.info.student_id, until=term_end(self.view), scope=self.scope
        )

    @cached_property
    def sensitive(self) -> Sequence[Reading]:
        """Sensitive indicators that the scope admits for this student and that have a value."""
        found = self.readings(SENSITIVE_CODES)
        return [item for item in found if item.info.about.topics and item.latest.value is not None]

    @cached_property
    def growth(self) -> growth_card.Growth:
        """The student's growth card."""
        return growth_card.Growth(
            view=self.view, scope=self.scope, holder=Level.STUDENT, holder_id=self.number, is_own=self.is_own,
            link="" if self.view.ids else growth_card.own_page(self.number),
        )  # fmt: skip

    @property
    def is_own(self) -> bool:
        """True where students look at themselves."""
        return self.number in self.view.services.viewer().nodes(Role.STUDENT)

    @cached_property
    def attendance(self) -> IndicatorInfo:
        """The indicator by which attendance is judged."""
        return self.view.services.values.indicator(ATTENDANCE)

    @property
    def may_see_attendance(self) -> bool:
        """True where the scope admits the attendance of students at all; of this one, the readers decide."""
        return self.scope.admits("student", self.attendance.about)

    @cached_property
    def courses(self) -> Sequence[CourseAttendance]:
        """The student's courses in the term shown, the lowest 到课率 first."""
        term = self.view["term"]
        if not term:
            return ()
        values = self.view.services.values
        found = values.attendance_of(self.info.student_id, term_key=term, scope=self.scope)
        return sorted(found, key=lambda row: (row.attendance_rate is None, row.attendance_rate or 0.0, row.course_name))


def draw_tiles(data: Student) -> Content:
    """The student's own indicators, nothing sensitive among them."""
    found = [item for item in data.readings(CODES) if not item.info.about.topics]
    if not found:
        return Content(body=states.denied("你的岗位不含这名学生的学业与成长指标。"))
    return Content(body=tiles.row([tile(item) for item in found]))


def draw_aspects(data: Student) -> Content:
    """学业, 个人 and 职业发展: every indicator of the student that is no sensitive matter."""
    codes = [code for aspect in OF_STUDENT for code in aspect.codes]
    found = [item for item in data.readings(codes) if not item.info.about.topics]
    revised = data.view.services.revisions.of("student", [data.number], codes, scope=data.scope)
    because = "这些指标还没有该生的数值，或不在你的数据范围内。"
    body = draw_all(OF_STUDENT, found, page="student", because=because, revised=revised)
    return Content(body=body, note="点指标名看口径")


def draw_sensitive(data: Student) -> Content:
    """Sensitive indicators, each of which the scope admits for this student."""
    topics = "、".join(sorted({topic for item in data.sensitive for topic in item.info.about.topics}))
    warning = "只有你本人和对你负责的人看得到" if data.is_own else "仅限工作需要，请勿外传"
    return Content(body=tiles.row([tile(item) for item in data.sensitive]), note=f"{topics} · {warning}")


def draw_trend(data: Student) -> Content:
    """The student's weekly 到课率 against the class and the school, where these may be seen."""
    services, term, info = data.view.services, data.view["term"], data.info
    weekly = weeks_of(services, ATTENDANCE, "student", info.student_id, term_key=term, scope=data.scope)
    if not any(point.value is not None for point in weekly):
        return Content(
            body=states.empty(f"{filters.term_name(data.view)}没有该生的考勤记录：校外实习、未排课，或考勤尚未导入。")
        )
    others = []
    if info.class_id is not None:
        of_class = weeks_of(services, ATTENDANCE, "class", info.class_id, term_key=term, scope=data.scope)
        others.append(Series(name="本班", points=of_class))
    of_school = weeks_of(services, ATTENDANCE, "school", SCHOOL_ID, term_key=term, scope=data.scope)
    others.append(Series(name=SCHOOL, points=of_school))
    return weekly_line(
        Series(name="本人", points=weekly),
        others,
        data.attendance,
        label=f"学号 {info.student_no} 逐周到课率",
        versions=services.values.versions(),
    )


def draw_courses(data: Student) -> Content:
    """The student's courses with own rates, the lowest first."""
    if not data.courses:
        return Content(body=states.empty(f"{filters.term_name(data.view)}没有该生的考勤、成绩或单元考核记录。"))
    link = link_of(data.view.services.viewer(), "offering")
    columns = [
        table.Column(title="课程", is_heading=True),
        table.Column(title="到课率", is_number=True),
        table.Column(title="实到 / 应到", is_number=True),
        table.Column(title="旷课", is_number=True),
        table.Column(title="请假", is_number=True),
        table.Column(title="迟到早退", is_number=True),
        table.Column(title="参与率", is_number=True),
        table.Column(title="作业完成率", is_number=True),
        table.Column(title="任课教师"),
    ]
    rows: list[list[table.Cell]] = [
        [
            named_cell(row.course_name, row.offering_id, link if row.is_in_reach else None),
            valued(row.attendance_rate, data.attendance),
            f"{row.present} / {row.due}" if row.due else fmt.NO_VALUE,
            _count(row.absent),
            _count(row.leave),
            _count(row.late),
            fmt.with_unit(row.participation_rate, "%"),
            fmt.with_unit(row.homework_rate, "%"),
            row.teacher_name,
        ]
        for row in data.courses
    ]
    listed = table.table(columns, rows, caption="各课程到课率与作业完成率，学期至今", table_id=_id(data, "courses"))
    return Content(body=listed, note=f"{len(rows)} 门 · 学期至今")


def _count(number: int) -> str:
    return str(number) if number else fmt.NO_VALUE


def _id(data: Student, name: str) -> ids.Id:
    """The id of a table; the same panel stands on the student's own home."""
    return ids.table("student" if "student_id" in data.view.ids else "home", name)


def draw_absences(data: Student) -> Content:
    """The meetings missed, the latest first."""
    found = sorted(
        ((absence.day, row.course_name, absence.status) for row in data.courses for absence in row.absences),
        key=lambda item: (-item[0].toordinal(), item[1]),
    )
    if not any(row.due for row in data.courses):
        return Content(body=states.empty(f"{filters.term_name(data.view)}没有该生的考勤记录。"))
    if not found:
        return Content(
            body=states.message(states.Message(kind="good", title="没有缺勤", detail="本学期没有缺勤记录。"))
        )
    columns = [table.Column(title="日期", is_heading=True), table.Column(title="状态"), table.Column(title="课程")]
    rows: list[list[table.Cell]] = [
        [fmt.short_day(day), table.Marked(text=status, name=STATUS_CLASSES.get(status, "status-partly")), course]
        for day, course, status in found[:ABSENCES_SHOWN]
    ]
    listed = table.table(columns, rows, caption="缺勤记录，最近的在前", table_id=_id(data, "absences"))
    return Content(body=listed, note=f"{len(found):,} 条")


def draw_second_classroom(data: Student) -> Content:
    """The transcript of the second classroom up to the end of the term shown."""
    found = data.view.services.second_classroom.transcript(
        data.info.student_id, term_key=data.view["term"], scope=data.scope
    )
    return second_classroom.draw_transcript(found, page="student", term_name=filters.term_name(data.view))


def heading(data: Student) -> Heading:
    """Number, class, major, and the way down from the class where the viewer may open it."""
    info = data.info
    class_link = link_of(data.view.services.viewer(), "class")
    to_class = class_link(info.class_id) if class_link and info.class_id else None
    places = [Crumb(label=info.dept_name), Crumb(label=info.class_name, href=to_class), Crumb(label=info.student_no)]
    return Heading(
        title=f"学号 {info.student_no}",
        facts=[fact for fact in (info.class_name, info.major_name, info.dept_name) if fact],
        crumbs=[Crumb(label="首页", href="/"), *(place for place in places if place.label)],
    )


def load(view: View) -> Student:
    """The student whom the address names, in the viewer's scope."""
    return Student(view=view, scope=view.scope, number=view.ids["student_id"])


PAGE: Final = Page(
    name="student",
    path="/students/<student_id>",
    title="学生",
    requires=Permission.STUDENT_VIEW,
    parent="students",
    filters=(filters.TERM, growth_card.ON, *growth_ledger.FILTERS),
    load=load,
    heading=heading,
    panels=(
        *growth_panels.FACE,
        *growth_panels.ACCOUNT,
        Panel(name="summary", title="概况", draw=draw_tiles, height=110, is_framed=False, wave=3),
        Panel(
            name="sensitive",
            title="敏感事项",
            draw=draw_sensitive,
            height=110,
            belongs=lambda data: bool(data.sensitive),
            wave=3,
        ),
        Panel(
            name="trend",
            title="逐周到课率",
            unit="%",
            draw=draw_trend,
            height=260,
            belongs=lambda data: data.may_see_attendance,
            wave=3,
        ),
        Panel(
            name="courses",
            title="本学期课程",
            draw=draw_courses,
            columns=8,
            height=400,
            belongs=lambda data: data.may_see_attendance,
            wave=3,
        ),
        Panel(
            name="absences",
            title="缺勤记录",
            draw=draw_absences,
            columns=4,
            height=400,
            belongs=lambda data: data.may_see_attendance,
            wave=3,
        ),
        Panel(
            name="aspects",
            title="学业 · 个人 · 职业",
            draw=draw_aspects,
            height=600,
            belongs=lambda data: data.may_see_attendance,
            wave=4,
        ),
        Panel(
            name="plans",
            title=plans_panel.TITLE,
            draw=lambda data: plans_panel.draw(data.view, data.info.student_id),
            height=140,
            belongs=lambda data: plans_panel.may_see(data.view),
            wave=4,
        ),
        Panel(
            name="second-classroom",
            title=second_classroom.TITLE,
            draw=draw_second_classroom,
            height=420,
            belongs=lambda data: bool(data.view["term"]) and second_classroom.may_see(data.scope),
            wave=4,
        ),
    ),
)
