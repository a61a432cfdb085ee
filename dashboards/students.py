"""学生: all classes within reach side by side, how they spread over the bands, and the groups that need care.

Sources: 包头 表14 and 五(五)2, 广西 表8, 南京 图3-13, 泰山 图7.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from dash import html
from numpy.typing import NDArray

from dashboards import filters, ids, weekly
from dashboards.aspects import COLUMNS
from dashboards.aspects import row as aspect_row
from dashboards.desks import ATTENDANCE, CLASS_RATES, NOUNS
from dashboards.number import Number
from dashboards.overview import ROWS_SHOWN, SCHOOL, link_of, listed, named_cell, term_end, tile, weeks_of, with_values
from dashboards.page import Filter, Heading, Kind, Nav, Page, Panel, View
from dashboards.services import Services
from data_access.access.permissions import Permission
from data_access.access.scope import Scope
from data_access.readers.class_roll import ClassPlace
from indicators import student_factors
from indicators.growth_card.statements import Band
from indicators.model import SCHOOL_ID, Level
from indicators.results import STATES, Board, EntityInfo, Reading, State
from layouts import format as fmt
from layouts import growth_card, states, table, tiles
from layouts.controls import Option
from layouts.figures.shares import state_shares
from layouts.figures.trend import Series
from layouts.graph import graph
from layouts.panel import Content
from layouts.sheet import Sheet
from layouts.shell import Crumb

TILES: Final = (*CLASS_RATES, "STU-GRP-01", "STU-GRP-02")
"""到课率, 全勤率, 准时率, 作业完成率, 学业预警学生比例, 学籍流失率."""
OF_CLASSES: Final = (*CLASS_RATES, "STU-GRP-01", "CLS-PER-03")
GROUPS: Final = tuple(f"STU-GRP-{number:02d}" for number in range(3, 19))
"""What is kept of groups of students; those of special groups are sensitive, small groups withheld."""
EVERY_GRADE: Final = "all"
_GRADES_SHOWN: Final = 6
"""The newest grades; an older class has left the college."""
_MIDDLE: Final = ("dept", "major", "class")


def _departments(services: Services, scope: Scope) -> Sequence[Option]:
    names = {item.dept_id: item.name for item in services.values.departments(scope=scope)}
    if not names:  # who looks after classes and no courses
        names = {place.dept_id: place.dept_name for place in services.rolls.places(scope=scope) if place.dept_id}
    everything = SCHOOL if scope.is_unlimited("class") else "我的数据范围"
    return [
        Option(value=filters.ALL_DEPARTMENTS, label=everything),
        *(Option(value=str(key), label=names[key]) for key in sorted(names)),
    ]


def _grades(services: Services, _scope: Scope) -> Sequence[Option]:
    newest = max((int(term.key[:4]) for term in services.values.terms()), default=0)
    years = range(newest, newest - _GRADES_SHOWN, -1) if newest else ()
    return [
        Option(value=EVERY_GRADE, label="全部年级"),
        *(Option(value=str(year), label=f"{year}级") for year in years),
    ]


@dataclass(frozen=True, kw_only=True)
class Students:
    """The data of one view of the page; every part is fetched when first needed, and once."""

    view: View

    @cached_property
    def places(self) -> Mapping[int, ClassPlace]:
        """The classes that the filters leave, by key."""
        dept_id, grade = filters.department_id(self.view), self.view["grade"]
        return {
            place.class_id: place
            for place in self.view.services.rolls.places(scope=self.view.scope)
            if (dept_id is None or place.dept_id == dept_id) and grade in {EVERY_GRADE, str(place.grade_year)}
        }

    @cached_property
    def node(self) -> tuple[str, int, str]:
        """Level, key and name of the node that stands for what is shown: department, school or own post's node."""
        dept_id = filters.department_id(self.view)
        if dept_id is not None:
            return "dept", dept_id, filters.department_name(self.view)
        if not self.view.scope.is_unlimited("class"):
            for level in _MIDDLE:
                for post in self.view.services.viewer().posts:
                    if post.node_level == level and self.view.scope.admits(level):
                        return level, post.node_id, post.node_name
        return "school", SCHOOL_ID, SCHOOL

    @cached_property
    def readings(self) -> Sequence[Reading]:
        """The indicators of students at that node."""
        level, node_id, _ = self.node
        return self.view.services.values.readings(
            (*TILES, *GROUPS), level, node_id, until=term_end(self.view), scope=self.view.scope
        )

    @cached_property
    def board(self) -> Board | None:
        """The classes with their values in the term shown; None where there is no term yet."""
        term = self.view["term"]
        if not term:
            return None
        is_whole = filters.department_id(self.view) is None and self.view["grade"] == EVERY_GRADE
        # without filters the scope says it all: hundreds of keys cost more than the values that they stand for
        asked = None if is_whole else list(self.places)
        return self.view.services.values.board(
            OF_CLASSES, "class", term_key=term, entity_ids=asked, scope=self.view.scope
        )

    @cached_property
    def cards(self) -> Mapping[int, Band]:
        """The bands of the growth cards of the classes of the board in the term shown; empty before it is posted."""
        begun = {term.key for term in self.view.services.cards.terms()}
        if self.board is None or self.view["term"] not in begun:
            return {}
        ids = [entity.entity_id for entity in self.board.entities]
        return self.view.services.cards.bands(Level.CLASS, ids, term_key=self.view["term"], scope=self.view.scope)

    @property
    def is_running(self) -> NDArray[np.bool_]:
        """Of every class of the board, whether there is anything on record in the term: others have graduated."""
        return np.zeros(0, dtype=np.bool_) if self.board is None else with_values(self.board)


def draw_tiles(data: Students) -> Content:
    """The rates of the node."""
    found = [item for item in data.readings if item.info.code in TILES]
    if not found:
        return Content(body=states.denied("你的岗位不含这些学生的汇总指标。"))
    return Content(body=tiles.row([tile(item) for item in found]))


def draw_trend(data: Students) -> Content:
    """The weekly 到课率 of the node against the same weeks of the term before."""
    services, scope = data.view.services, data.view.scope
    level, node_id, name = data.node
    points = weeks_of(services, ATTENDANCE, level, node_id, term_key=data.view["term"], scope=scope)
    if not any(point.value is not None for point in points):
        return Content(body=states.empty(f"{filters.term_name(data.view)}没有考勤记录：未排课，或考勤尚未导入。"))
    others = []
    before = _term_before(data.view)
    if before:
        earlier = services.values.series(ATTENDANCE, level, node_id, kind="week", term_key=before, scope=scope)
        aligned = weekly.same_weeks(earlier, [point.period for point in points])
        others.append(Series(name="上学期同周", points=aligned))
    if level != "school":
        of_school = weeks_of(services, ATTENDANCE, "school", SCHOOL_ID, term_key=data.view["term"], scope=scope)
        others.append(Series(name=SCHOOL, points=of_school))
    return weekly.draw(
        Series(name=name or SCHOOL, points=points),
        others,
        services.values.indicator(ATTENDANCE),
        label=f"{name or SCHOOL}逐周到课率，与上学期同周比较",
        versions=services.values.versions(),
        number=Number(code=ATTENDANCE, level=level, entity_id=node_id).href,
        height=330,
    )


def _term_before(view: View) -> str:
    """Key of the term before the one shown; empty where there is none."""
    keys = [term.key for term in view.services.values.terms()]
    at = keys.index(view["term"]) if view["term"] in keys else 0
    return keys[at - 1] if at else ""


def draw_bands(data: Students) -> Content:
    """How many classes stand in each band by 到课率 of the latest week, by department or by grade."""
    standing = None if data.board is None else data.board.standings.get(ATTENDANCE)
    if data.board is None or standing is None or standing.focus is None:
        return Content(body=states.empty(f"{filters.term_name(data.view)}还没有班级的到课率。"))
    by_department = len({place.dept_id for place in data.places.values()}) > 1
    counts: dict[str, dict[State, int]] = {}
    keys: dict[str, int] = {}
    judged = zip(data.board.entities, standing.info.judge_all(standing.now()), data.is_running, strict=True)
    for entity, number in ((entity, number) for entity, number, is_running in judged if is_running):
        place = data.places[entity.entity_id]
        group = place.dept_name if by_department else f"{place.grade_year or '未知'}级"
        bands = counts.setdefault(group, dict.fromkeys(State, 0))
        bands[STATES[int(number)]] += 1
        keys[group] = place.dept_id if by_department else place.grade_year or 0
    order = sorted(counts, key=lambda group: (-_share_beyond(counts[group]), group))
    name = "dept" if by_department else "grade"
    links = [data.view.link(**{name: str(keys[group]) if keys[group] else "", "page": ""}) for group in order]
    noun = "个班"
    sheet = Sheet(
        title=f"班级到课率分布，{standing.frame.periods[standing.focus].label}",
        columns=("系部" if by_department else "年级", *(f"{state}(个)" for state in State)),
        rows=[(group, *(counts[group][state] for state in State)) for group in order],
    )
    drawn = graph(
        state_shares([(group, counts[group]) for group in order], noun=noun, links=links),
        label="各系部班级按到课率所处的状态" if by_department else "各年级班级按到课率所处的状态",
        graph_id=ids.chart("students", "bands"),
        sheet=sheet,
    )
    return Content(
        body=[states.legend(standing.info), drawn],
        note=f"{standing.frame.periods[standing.focus].label} · 按{'系部' if by_department else '年级'}，点一行看其班级",
        card=standing.info,
    )


def _share_beyond(counts: Mapping[State, int]) -> float:
    """Part of the classes with a value that are beyond the warning line."""
    known = sum(counts.values()) - counts[State.NO_DATA]
    return (counts[State.WARNING] + counts[State.ALERT]) / known if known else 0.0


def draw_groups(data: Students) -> Content:
    """What is kept of groups of students, the sensitive ones without small numbers."""
    found = [
        item
        for item in data.readings
        if item.info.code in GROUPS and any(point.value is not None or point.is_suppressed for point in item.points)
    ]
    if not found:
        return Content(body=states.empty("这些群体指标还没有数值，或不在你的数据范围内。"))
    rows = [aspect_row(item) for item in found]
    drawn = table.table(COLUMNS, rows, caption="学生群体的指标", table_id=ids.table("students", "groups"))
    return Content(body=drawn, note=f"{data.node[2] or SCHOOL} · 涉及敏感事项的小群体不显示人数与比例")


def _card(data: Students, entity: EntityInfo) -> table.Cell:
    """The band of the card of a class; a dash where there is none, or where its points may not all be seen."""
    found = data.cards.get(entity.entity_id)
    if found is None or not found.name:
        return fmt.NO_VALUE
    return table.Valued(
        text=fmt.with_unit(found.attainment, "%"), state=growth_card.BAND_STATES[found.name], grade=found.name
    )


def draw_classes(data: Students) -> Content:
    """All classes within reach, the one most in need of attention first."""
    if data.board is None:
        return Content(body=states.message(states.UNCOMPUTED))
    link = link_of(data.view.services.viewer(), "class")
    size, page = filters.stretch(data.view, size=ROWS_SHOWN)
    drawn, part = listed(
        data.board,
        [
            (
                table.Column(title="班级", is_heading=True),
                lambda entity: named_cell(entity.name, entity.entity_id, link),
            ),
            (table.Column(title="系部"), lambda entity: entity.dept_name),
            (table.Column(title="年级"), lambda entity: _grade(data, entity)),
            *(
                [(table.Column(title="储值卡达成度", is_number=True), lambda entity: _card(data, entity))]
                if data.cards
                else []
            ),
        ],
        caption="班级与主要比率，最需要关注的在前",
        table_id=ids.table("students", "classes"),
        size=size,
        page=page,
    )
    if not part.total:
        return Content(body=states.empty("没有符合条件的班级，或班级不在你的数据范围内。"))
    pager = table.pager(
        part, noun=NOUNS["class"], link=lambda number: data.view.link(page=str(number)), is_in_place=True
    )
    return Content(
        body=[drawn, pager] if part.pages > 1 else drawn,
        note=f"{part.total:,} {NOUNS['class']}本学期有记录，到课率低的在前",
    )


def _grade(data: Students, entity: EntityInfo) -> str:
    return f"{data.places[entity.entity_id].grade_year or '未知'}级"


def draw_factors(data: Students) -> Content:
    """Every factor of 包头 表14 with what answers it in the system."""
    may_open = data.view.services.viewer().may(Permission.INDICATOR_VIEW)
    columns = [
        table.Column(title="重点关注要素", is_heading=True),
        table.Column(title="由什么回答"),
        table.Column(title="编号或名称"),
    ]
    drawn = [
        html.Div(
            [
                html.H3(aspect, className="aspect-name"),
                table.table(
                    columns,
                    [_factor(factor, may_open=may_open) for factor in student_factors.of_aspect(aspect)],
                    caption=f"{aspect}的质量控制要素与系统中的对应",
                    table_id=ids.table("students", f"factors-{number}"),
                ),
            ],
            className="aspect",
        )
        for number, aspect in enumerate(student_factors.ASPECTS)
    ]
    kinds = [factor.answer for factor in student_factors.FACTORS]
    told = " · ".join(f"{kinds.count(answer)} 项{answer}" for answer in student_factors.Answer)
    body = html.Div(drawn, className="factors")
    return Content(body=body, note=f"包头 表14，{len(kinds)} 项要素全部有对应：{told}")


def _factor(factor: student_factors.Factor, *, may_open: bool) -> list[table.Cell]:
    codes = "、".join(factor.codes)
    if factor.answer is student_factors.Answer.REPORT:
        return [factor.name, factor.answer.value, factor.report]
    where = table.Linked(text=codes, href=Number(code=factor.codes[0]).href) if may_open else codes
    return [factor.name, factor.answer.value, where]


def heading(data: Students) -> Heading:
    """Whose students are shown."""
    return Heading(
        title="学生",
        facts=[data.node[2] or SCHOOL],
        crumbs=[Crumb(label="首页", href="/"), Crumb(label="学生")],
    )


PAGE: Final = Page(
    name="students",
    path="/students",
    title="学生",
    requires=Permission.CLASS_VIEW,
    nav=Nav(group="五个层面", label="学生"),
    filters=(
        filters.TERM,
        Filter(name="dept", label="系部", kind=Kind.SELECT, options=_departments, is_hidden_alone=True),
        Filter(name="grade", label="年级", kind=Kind.SELECT, options=_grades, is_hidden_alone=True),
        filters.PAGE_NUMBER,
    ),
    load=lambda view: Students(view=view),
    heading=heading,
    panels=(
        Panel(name="summary", title="概况", draw=draw_tiles, height=110, is_framed=False),
        Panel(name="trend", title="逐周到课率", unit="%", draw=draw_trend, columns=7, height=300),
        Panel(name="bands", title="班级到课率分布", draw=draw_bands, columns=5, height=420),
        Panel(name="classes", title="班级", draw=draw_classes, height=900, wave=2),
        Panel(name="groups", title="学生群体", draw=draw_groups, height=420, wave=3),
        Panel(name="factors", title="学生发展要素覆盖", draw=draw_factors, height=420, wave=3),
    ),
)
