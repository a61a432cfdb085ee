"""三类规划 on the page of a student: how each plan that was handed in stands, and the way to their texts."""

from __future__ import annotations

from typing import Final

from dash import html
from dash.development.base_component import Component

from dashboards import ids
from dashboards.page import View
from dashboards.plans_reach import reading_scope
from dashboards.wording import moment
from data_access.access.roles import Role
from data_access.student_plan_values import DRAFT, PLANS, PlanLine
from indicators.student_plans import shipped_plans, standing_of, year_name
from layouts import format as fmt
from layouts import states, table
from layouts.panel import Content

TITLE: Final = "三类规划"
ADDRESS: Final = "/plans/of/{}"
OWN: Final = "/plans"


def may_see(view: View) -> bool:
    """True where the viewer may read plans of some students; of whom, the reader decides."""
    viewer = view.services.viewer()
    return any(reading_scope(viewer, kind).admits("student", PLANS) for kind in shipped_plans().kinds)


def lines_of(view: View, student_id: int) -> list[PlanLine]:
    """The plans of a student that were handed in and that the viewer may read, the latest year first."""
    viewer, reader = view.services.viewer(), view.services.plan_reader
    found = [
        plan.line
        for kind in shipped_plans().kinds
        for plan in reader.of_student(student_id, scope=reading_scope(viewer, kind), kinds={kind.name})
        if plan.line.status != DRAFT
    ]
    return sorted(found, key=lambda line: -line.acad_start)


def _way_to_write() -> list[Component]:
    """What students find who have handed in nothing on the platform: the way to where plans are written and stand."""
    detail = "学工系统已有的规划照常计入储值卡；截止日与状态见“我的规划”。"
    told = states.message(states.Message(kind="empty", title="你还没有在平台提交规划", detail=detail))
    return [told, html.Div(html.A("我的规划", href=OWN), className="growth-filter growth-more")]


def draw(view: View, student_id: int) -> Content:
    """The plans with their states; each leads to the texts."""
    lines = lines_of(view, student_id)
    if not lines:
        if student_id in view.services.viewer().nodes(Role.STUDENT):
            return Content(body=_way_to_write())
        return Content(body=states.empty("该生还没有在平台提交你可以查看的规划。"))
    columns = [
        table.Column(title="规划", is_heading=True),
        table.Column(title="状态"),
        table.Column(title="提交"),
        table.Column(title="质量", is_number=True),
        table.Column(title="目标达成", is_number=True),
    ]
    today = view.services.today()
    rows: list[list[table.Cell]] = [
        [
            table.Linked(
                text=f"{year_name(line.acad_start)} {line.kind}", href=ADDRESS.format(student_id), is_form=True
            ),
            standing_of(line.status, due=line.due_on, today=today).value,
            moment(line.submitted_at) + ("，逾期" if line.is_late else ""),
            fmt.number(line.quality, digits=0),
            f"{line.confirmed} / {line.goals}",
        ]
        for line in lines
    ]
    listed = table.table(columns, rows, caption="提交过的规划，最近的学年在前", table_id=ids.table("student", "plans"))
    return Content(body=listed, note="点规划名看全文；目标以审核人确认的为准")
