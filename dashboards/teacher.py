"""One teacher's file: the dimensions of the teacher standard, the own step of the ladder, every year, own sections.

Sources: 包头 表13, 广西 表7 (教师自测自诊), 南京 图3-12, 泰山 五(四). The plans name dimensions and steps but set no
line a step: every step is held against the same targets, and the page says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from dash import html

from dashboards import filters, ids
from dashboards.aspects import Aspect, count, draw_all, lacking, shortfall
from dashboards.desks import ATTAINMENT, ATTENDANCE, COURSE_RATES, LINKS, PARTICIPATION
from dashboards.number import of_reading
from dashboards.overview import link_of, named_cell, term_end, valued
from dashboards.page import Heading, NotFoundError, Page, Panel, View, missing
from data_access.access.permissions import Permission
from data_access.access.roles import Role
from data_access.access.viewer import Post
from data_access.readers.team import Career, Profile
from indicators import ladder
from indicators.results import Board, Reading, State
from layouts import format as fmt
from layouts import states, table, tiles
from layouts.panel import Content
from layouts.shell import Crumb

DIMENSIONS: Final = (
    Aspect(name="师德修养", codes=("TCH-ETH-01", "TCH-ETH-03", "TCH-ETH-04", "TCH-ETH-05")),
    Aspect(name="教育教学", codes=("TCH-TEA-01", "TCH-TEA-02", "TCH-TEA-03", "TCH-TEA-04", "TCH-TEA-05", "TCH-TEA-06",
                               "TCH-TEA-07", "TCH-TEA-08", "TCH-TEA-09")),
    Aspect(name="教研科研", codes=("TCH-RES-01", "TCH-RES-02", "TCH-RES-03", "TCH-RES-04")),
    Aspect(name="社会实践", codes=("TCH-SOC-01", "TCH-SOC-02", "TCH-SOC-03", "TCH-SOC-04", "TCH-SOC-05")),
    Aspect(name="职业发展", codes=("TCH-DEV-01", "TCH-DEV-03")),
)  # fmt: skip
"""The dimensions of the teacher standard with the indicators that the library keeps for single teachers."""
BY_YEAR: Final = ("TCH-ETH-01", "TCH-RES-01", "TCH-RES-03", "TCH-SOC-01", "TCH-DEV-03", "TCH-DEV-01")
"""Yearly figures in the list of years."""
SHOWN_LACKING: Final = 8
SAME_LINES: Final = "各阶梯同一目标值：方案只规定阶梯与维度，没有按阶梯分设数值"


@dataclass(frozen=True, kw_only=True)
class Teacher:
    """The data of one view of the page; every part is fetched when first needed, and once."""

    view: View

    @cached_property
    def career(self) -> Career:
        """The teacher's file up to the academic year of the term shown.

        Raises:
            NotFoundError: there is no teacher with this number within the reader's scope.
        """
        number = self.view.ids["teacher_id"]
        found = self.view.services.team.career(number, until=self.year, scope=self.view.scope)
        if found is None:
            raise NotFoundError(missing("教师", number))
        return found

    @property
    def year(self) -> int:
        """The year in which the academic year of the term shown begins; 0 where there is no term yet."""
        return int(self.view["term"][:4] or 0)

    @cached_property
    def readings(self) -> Sequence[Reading]:
        """The teacher's own indicators up to the end of the term shown."""
        codes = [code for dimension in DIMENSIONS for code in dimension.codes]
        return self.view.services.values.readings(
            codes, "teacher", self.career.teacher_id, until=term_end(self.view), scope=self.view.scope
        )

    @property
    def by_code(self) -> Mapping[str, Reading]:
        """The same by code."""
        return {item.info.code: item for item in self.readings}

    @property
    def profile(self) -> Profile | None:
        """The snapshot of the year shown, or the last one before."""
        return next((year.profile for year in reversed(self.career.years) if year.profile is not None), None)

    @property
    def is_own(self) -> bool:
        """True where teachers look at themselves."""
        return self.career.teacher_id in self.view.services.viewer().nodes(Role.TEACHER)

    @cached_property
    def sections(self) -> Board | None:
        """The sections of the term within the viewer's scope; None where there is no term yet."""
        term = self.view["term"]
        if not term:
            return None
        below = ("teacher", {self.career.teacher_id})
        return self.view.services.values.board(
            COURSE_RATES, "offering", term_key=term, below=below, scope=self.view.scope
        )


def draw_dimensions(data: Teacher) -> Content:
    """The dimensions as tiles: how many indicators reach the target, and the worst state among them."""
    shown = []
    for dimension in DIMENSIONS:
        found = [data.by_code[code] for code in dimension.codes if code in data.by_code]
        states_now = count(found)
        judged = sum(number for state, number in states_now.items() if state is not State.NO_DATA)
        worst = next((state for state in (State.ALERT, State.WARNING, State.WATCH) if states_now[state]), State.REACHED)
        told = " · ".join(
            f"{states_now[s]} {s.value}" for s in (State.ALERT, State.WARNING, State.WATCH) if states_now[s]
        )
        shown.append(
            tiles.Tile(
                title=dimension.name,
                value=f"{states_now[State.REACHED]} / {judged}" if judged else fmt.NO_VALUE,
                unit="项达标",
                change=told or ("全部达标" if judged else "本期没有数据"),
                note=f"{states_now[State.NO_DATA]} 项无数据" if states_now[State.NO_DATA] else "",
                state=worst if judged else State.NO_DATA,
            )
        )
    return Content(body=tiles.row(shown))


def draw_ladder(data: Teacher) -> Content:
    """The step stood on, the one above, and what misses its target, furthest first."""
    profile = data.profile
    if profile is None or profile.ladder not in ladder.STEPS:
        return Content(body=states.empty("人事系统还没有这位教师的年度快照，阶梯未知。"))
    above = ladder.next_step(profile.ladder)
    at = ladder.STEPS.index(profile.ladder)
    rungs = [
        html.Li(
            [html.Span(step, className="rung-name"), html.Span(_rung_words(index, at), className="rung-words")],
            className="rung" + (" is-own" if index == at else " is-next" if index == at + 1 else ""),
            **({"aria-current": "step"} if index == at else {}),
        )
        for index, step in enumerate(ladder.STEPS)
    ]
    missing = lacking(data.readings)
    known = [item for item in data.readings if shortfall(item.info, item.latest.value) is not None]
    columns = [table.Column(title="离目标最远的指标", is_heading=True), table.Column(title="现值", is_number=True),
               table.Column(title="目标", is_number=True), table.Column(title="还差", is_number=True)]  # fmt: skip
    rows: list[list[table.Cell]] = [
        [
            table.Linked(text=fmt.short_name(item.info.name_zh), href=of_reading(item).href),
            valued(item.latest.value, item.info),
            fmt.line(item.info.target, item.info.unit),
            fmt.gap(shortfall(item.info, item.latest.value) or 0.0, item.info.unit),
        ]
        for item in missing[:SHOWN_LACKING]
    ]
    drawn = (
        table.table(columns, rows, caption="没有达到目标的指标", table_id=ids.table("teacher", "lacking"))
        if rows
        else states.message(
            states.Message(kind="good", title="全部达标", detail=f"有数据的 {len(known)} 项都达到目标值。")
        )
    )
    goal = f"下一阶梯 {above}" if above else "已在最高阶梯"
    note = f"{goal} · {len(known) - len(missing)} / {len(known)} 项达标"
    return Content(
        body=[html.Ol(rungs, className="rungs"), drawn, html.P(SAME_LINES, className="panel-tail")], note=note
    )


def _rung_words(index: int, at: int) -> str:
    if index == at:
        return "本人现在"
    return "下一阶梯" if index == at + 1 else ""


def draw_indicators(data: Teacher) -> Content:
    """All own indicators, dimension by dimension."""
    because = "这位教师还没有这些指标的数值，或它们不在你的数据范围内。"
    body = draw_all(DIMENSIONS, data.readings, page="teacher", because=because)
    return Content(body=body, note=f"点指标名看口径 · {SAME_LINES}")


def draw_years(data: Teacher) -> Content:
    """Every academic year since the teacher was hired, the newest first; a year without a snapshot says so."""
    years = data.career.years
    if not years:
        return Content(body=states.empty("人事系统没有这位教师的入校日期和年度快照。"))
    shown = [data.by_code[code] for code in BY_YEAR if code in data.by_code]
    by_year = [{point.period.key: point.value for point in item.points} for item in shown]
    columns = [
        table.Column(title="学年", is_heading=True),
        table.Column(title="阶梯"),
        table.Column(title="职称"),
        table.Column(title="学位"),
        table.Column(title="双师"),
        table.Column(title="师德考核"),
        *(table.Column(title=fmt.short_name(item.info.name_zh), is_number=True) for item in shown),
    ]
    rows: list[list[table.Cell]] = []
    for year in reversed(years):
        profile = year.profile
        figures: list[table.Cell] = [
            valued(values[str(year.year)], item.info) if values.get(str(year.year)) is not None else fmt.NO_VALUE
            for item, values in zip(shown, by_year, strict=True)
        ]
        if profile is None:
            told: list[table.Cell] = [table.Marked(text="没有快照", name="is-withheld"), *[fmt.NO_VALUE] * 4]
        else:
            told = [
                f"{profile.ladder or fmt.NO_VALUE}{' ↑' if year.is_promoted else ''}",
                profile.title or fmt.NO_VALUE,
                profile.degree or fmt.NO_VALUE,
                "是" if profile.is_dual else "否",
                year.ethics or fmt.NO_VALUE,
            ]
        rows.append([f"{year.year}–{year.year + 1}", *told, *figures])
    drawn = table.table(columns, rows, caption="入校以来的每一学年", table_id=ids.table("teacher", "years"))
    hired = data.career.hired
    without = sum(year.profile is None for year in years)
    note = f"入校 {fmt.day(hired)} · {len(years)} 个学年"
    return Content(body=drawn, note=f"{note}，其中 {without} 个学年平台没有数据" if without else note)


def draw_sections(data: Teacher) -> Content:
    """The own sections of the term with 到课率, 参与率 and 达标率."""
    board = data.sections
    if board is None or not board.entities:
        return Content(
            body=states.empty(f"{filters.term_name(data.view)}没有这位教师的教学班，或教学班不在你的数据范围内。")
        )
    link = link_of(data.view.services.viewer(), "offering")
    rates = [board.standings[code] for code in (ATTENDANCE, PARTICIPATION, ATTAINMENT) if code in board.standings]
    so_far = [standing.so_far() for standing in rates]
    columns = [
        table.Column(title="课程", is_heading=True),
        table.Column(title="教学班"),
        *(table.Column(title=fmt.short_name(standing.info.name_zh), is_number=True) for standing in rates),
    ]
    rows: list[list[table.Cell]] = [
        [
            named_cell(entity.course_name or entity.name, entity.entity_id, link),
            entity.class_name,
            *(valued(float(values[row]), standing.info) for standing, values in zip(rates, so_far, strict=True)),
        ]
        for row, entity in enumerate(board.entities)
    ]
    drawn = table.table(columns, rows, caption="本学期的教学班", table_id=ids.table("teacher", "sections"))
    return Content(body=drawn, note=f"{len(rows)} 个 · 学期至今")


def entry(post: Post | None) -> Sequence[tiles.Tile]:
    """The way from the home of a teaching post to the own file; none from other posts."""
    if post is None or post.role is not Role.TEACHER or post.node_level != "teacher":
        return ()
    href = LINKS["teacher"].address.format(post.node_id)
    return (tiles.Tile(title="我的档案", value="查看", change="各维度对照标准与发展阶梯", href=href),)


def heading(data: Teacher) -> Heading:
    """Name, department, title and step."""
    career, profile = data.career, data.profile
    facts = [career.dept_name, career.staff_type]
    facts += [profile.title, profile.degree, profile.ladder] if profile else []
    facts += ["双师素质"] if profile and profile.is_dual else []
    return Heading(
        title="我的档案" if data.is_own else career.name,
        facts=[career.name, *filter(None, facts)] if data.is_own else [fact for fact in facts if fact],
        crumbs=[Crumb(label="首页", href="/"), Crumb(label="教师", href="/teachers"), Crumb(label=career.name)],
    )


PAGE: Final = Page(
    name="teacher",
    path="/teachers/<teacher_id>",
    title="教师档案",
    requires=Permission.TEACHER_VIEW,
    parent="teachers",
    filters=(filters.TERM,),
    load=lambda view: Teacher(view=view),
    heading=heading,
    panels=(
        Panel(name="summary", title="维度", draw=draw_dimensions, height=110, is_framed=False),
        Panel(name="ladder", title="发展阶梯", draw=draw_ladder, columns=5, height=420),
        Panel(name="sections", title="本学期教学班", draw=draw_sections, columns=7, height=420),
        Panel(name="indicators", title="各维度对照标准", draw=draw_indicators, height=600),
        Panel(name="years", title="入校以来", draw=draw_years, height=400),
    ),
)
