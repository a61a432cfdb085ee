"""教学班: one section's rates, how it is taught, its students, and the meetings they missed."""

from __future__ import annotations

from typing import Final

from dashboards import filters, offering_rates, offering_students, offering_teaching, query
from dashboards.offering_data import SORTS, Offering
from dashboards.page import Filter, Heading, Kind, Page, Panel
from data_access.access.permissions import Permission
from layouts.shell import Crumb


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


PAGE: Final = Page(
    name="offering",
    path="/offerings/<offering_id>",
    title="教学班",
    requires=Permission.COURSE_VIEW,
    parent="courses",
    filters=(
        filters.WEEK,
        offering_rates.FILTER,
        Filter(name="sort", label="排序", kind=Kind.LINK, pattern="|".join(SORTS), default="rate"),
        Filter(name="student", label="学生", kind=Kind.LINK, pattern=r"[1-9][0-9]{0,18}|"),
        filters.PAGE_NUMBER,
    ),
    load=lambda view: Offering(view=view),
    heading=heading,
    panels=(
        Panel(name="summary", title="概况", draw=offering_rates.draw_tiles, height=96, is_framed=False),
        Panel(name="trend", title="三率", unit="%", draw=offering_rates.draw_rates, height=230),
        Panel(name="roster", title="名册", draw=offering_students.draw_roster, columns=8, height=600),
        Panel(name="absences", title="缺勤记录", draw=offering_students.draw_absences, columns=4, height=600),
        Panel(name="units", title="单元达标", draw=offering_teaching.draw_units, columns=6, height=330, wave=2),
        Panel(
            name="phases",
            title="课前课中课后",
            unit="%",
            draw=offering_rates.draw_phases,
            columns=6,
            height=330,
            wave=2,
        ),
        Panel(
            name="degrees",
            title="课堂教学五度",
            unit="分",
            draw=offering_teaching.draw_degrees,
            columns=6,
            height=260,
            wave=2,
        ),
        Panel(name="rounds", title="评教", draw=offering_teaching.draw_rounds, columns=6, height=260, wave=2),
    ),
)
