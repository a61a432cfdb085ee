"""教师: how many teachers a node has, how they are composed, where they stand on the ladder, and who they are.

Sources: 包头 表12 (数量、结构、水平), 广西 表7, 泰山 图6 and 五(四), 南京 图3-5.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from dash import html

from dashboards import filters, ids, number
from dashboards.aspects import Aspect, draw_all
from dashboards.desks import NOUNS
from dashboards.overview import SCHOOL, link_of, listed, named_cell, tile, valued
from dashboards.page import Filter, Heading, Kind, Nav, Page, Panel, Place, View
from dashboards.services import Services
from data_access.access.permissions import Permission
from data_access.access.scope import Scope
from data_access.readers.team import ASPECTS, COMPOSITION, ENGAGEMENT, LADDER, STAY, Move, Structure
from indicators import ladder
from indicators.model import SCHOOL_ID
from indicators.results import Board, EntityInfo, Reading
from layouts import format as fmt
from layouts import states, table, tiles
from layouts.controls import Option
from layouts.figures.shares import Whole, shares
from layouts.figures.steps import steps
from layouts.graph import graph
from layouts.panel import Content
from layouts.sheet import Sheet
from layouts.shell import Crumb

TILES: Final[Mapping[str, str]] = {
    "SCH-SCA-05": "在岗专任教师", "SCH-LVL-01": "生师比", "SCH-LVL-10": "双师素质", "TCH-TEAM-03": "高级职称",
    "TCH-TEAM-04": "研究生学位", "TCH-TEAM-01": "企业兼职", "TCH-TEAM-02": "中青年", "TCH-TEAM-07": "流失率",
}  # fmt: skip
"""The numbers of a team with the few words that fit a tile; the full name is shown where the pointer rests."""
DUAL_OF_SCHOOL, DUAL_OF_ONE = "SCH-LVL-10", "TCH-SOC-04"
DUAL_BASIS: Final[Mapping[str, str]] = {
    DUAL_OF_SCHOOL: "专任专业课教师", "structure": "全体专任", DUAL_OF_ONE: "个人达成率（全体教师）",
}  # fmt: skip
"""Of whom the shares of 双师素质 on this page are, by the definitions of the library: three numbers of one name."""
TEAM: Final = (
    Aspect(name="整体队伍", codes=("TCH-TEAM-05", "TCH-TEAM-06", "TCH-TEAM-08", "TCH-TEAM-09", "TCH-SOC-04")),
    Aspect(name="师德与发展", codes=("TCH-ETH-02", "TCH-DEV-02", "TCH-DEV-04", "TCH-DEV-05")),
)
SIDE_BY_SIDE: Final = ("TCH-TEAM-03", "TCH-TEAM-04", "TCH-TEAM-02", "TCH-TEAM-06", "TCH-TEAM-07",
                       "TCH-DEV-02", "TCH-DEV-04")  # fmt: skip
OF_ONE: Final = ("TCH-ETH-01", "TCH-TEA-02", "TCH-TEA-03", "TCH-RES-03", "TCH-SOC-01", "TCH-DEV-01")
"""师德考核, 学生评教, 听课评价, 教科研成果, 企业实践, 发展计划: one or two of each dimension."""
ROWS_SHOWN: Final = 30
_NODES: Final = ("school", "dept", "major")
_TWO_YEARS: Final = 2


def _key(level: str, entity_id: int) -> str:
    return f"{level}:{entity_id}"


def _nodes(services: Services, scope: Scope) -> Sequence[Option]:
    """The nodes whose team the viewer may look at: those of their posts first."""
    found = {
        _key(post.node_level, post.node_id): SCHOOL if post.node_level == "school" else post.node_name
        for post in services.viewer().posts
        if post.node_level in _NODES
    }
    if scope.is_unlimited("dept", COMPOSITION):
        departments = services.values.departments(scope=scope)
        found.update({_key("dept", item.dept_id): item.name for item in departments})
    if scope.admits("school", COMPOSITION):
        found.setdefault(_key("school", SCHOOL_ID), SCHOOL)
    return [Option(value=value, label=label) for value, label in found.items()] or [Option(value="", label="没有")]


def years(services: Services, _scope: Scope) -> Sequence[Option]:
    """The academic years that have begun, the newest first, under the year in which they begin."""
    begun = sorted({int(term.key[:4]) for term in services.values.terms()}, reverse=True)
    return [Option(value=str(year), label=f"{year}–{year + 1}学年") for year in begun] or [
        Option(value="", label="尚无学年")
    ]


@dataclass(frozen=True, kw_only=True)
class Teachers:
    """The data of one view of the page; every part is fetched when first needed, and once."""

    view: View

    @cached_property
    def node(self) -> tuple[str, int]:
        """Level and key of the node looked at."""
        return number.entity_of(self.view["of"]) or ("", 0)

    @property
    def node_name(self) -> str:
        """Its name."""
        choice = self.view.choices["of"]
        return next((option.label for option in choice.options if option.value == choice.value), "")

    @property
    def year(self) -> int:
        """The year in which the academic year shown begins; 0 where there is none yet."""
        return int(self.view["year"] or 0)

    @property
    def until(self) -> dt.date | None:
        """The last day whose yearly figures belong to that year."""
        return dt.date(self.year, 12, 31) if self.year else None

    @cached_property
    def readings(self) -> Sequence[Reading]:
        """All indicators of the team."""
        codes = (*TILES, *(code for aspect in TEAM for code in aspect.codes))
        level, node_id = self.node
        if not level:
            return ()
        return self.view.services.values.readings(codes, level, node_id, until=self.until, scope=self.view.scope)

    @cached_property
    def structure(self) -> Structure | None:
        """How the team is composed; None where that is not within the scope."""
        level, node_id = self.node
        team = self.view.services.team
        return team.structure(level, node_id, year=self.year, scope=self.view.scope) if level else None

    @cached_property
    def earlier(self) -> Structure | None:
        """The same a year before."""
        level, node_id = self.node
        team = self.view.services.team
        return team.structure(level, node_id, year=self.year - 1, scope=self.view.scope) if level else None

    @cached_property
    def moves(self) -> Sequence[Move]:
        """Where its full-time teachers stood a year before and where they stand."""
        level, node_id = self.node
        return self.view.services.team.moves(level, node_id, year=self.year, scope=self.view.scope) if level else ()

    @cached_property
    def departments(self) -> Board:
        """The departments within the scope side by side."""
        values, scope = self.view.services.values, self.view.scope
        teaching = [item.dept_id for item in values.departments(scope=scope)]
        return values.history(SIDE_BY_SIDE, "dept", until=self.until, last=_TWO_YEARS, entity_ids=teaching, scope=scope)

    @cached_property
    def people(self) -> Sequence[EntityInfo]:
        """The teachers of the node whose names the viewer may see and who fit the search.

        By department and name, the teaching departments first.
        """
        level, node_id = self.node
        if not self.year or not level:
            return ()
        below = None if level == "school" else (level, [node_id])
        values, scope = self.view.services.values, self.view.scope
        found = values.board(
            (), "teacher", term_key=self.view.services.values.terms()[-1].key, below=below, scope=scope
        )
        wanted = self.view["q"].strip()
        kept = [item for item in found.entities if wanted in item.name or wanted in item.dept_name]
        order = {item.name: row for row, item in enumerate(values.departments(scope=scope))}
        return sorted(
            kept, key=lambda item: (order.get(item.dept_name, len(order)), item.dept_name, item.name, item.entity_id)
        )


def draw_tiles(data: Teachers) -> Content:
    """The numbers of the team."""
    found = [item for item in data.readings if item.info.code in TILES]
    if not found:
        return Content(body=states.denied("你的岗位不含这个部门的师资指标。"))
    shown = [_titled(tile(item), item.info.code) for item in found]
    return Content(body=html.Div(tiles.row(shown), className="tiles-by-four"))


def _titled(drawn: tiles.Tile, code: str) -> tiles.Tile:
    """A tile by the few words of `TILES`, with those it is of where the name alone does not tell."""
    basis = DUAL_BASIS.get(code)
    note = " · ".join(part for part in (drawn.note, basis) if part)
    return replace(drawn, title=TILES[code], note=note)


def draw_structure(data: Teachers) -> Content:
    """Age, titles, degrees, 双师 and 专兼 as bars whose parts add up to all who are counted."""
    found = data.structure
    if found is None:
        return Content(body=states.denied("你的岗位不含这个部门的师资结构。"))
    if not found.headcount:
        return Content(body=states.empty(f"{data.year}–{data.year + 1}学年还没有教师年度快照。"))
    shown = [aspect for aspect in ASPECTS if aspect not in {LADDER, STAY}]
    wholes = [Whole(name=aspect, parts=found.groups[aspect]) for aspect in shown]
    before = data.earlier
    sheet = Sheet(
        title=f"{data.node_name}师资结构，{data.year}–{data.year + 1}学年",
        columns=("方面", "分组", "人数(人)", "占比(%)", "上学年(人)"),
        rows=[
            (whole.name, name, people, whole.shares.get(name), before.groups[whole.name].get(name) if before else None)
            for whole in wholes
            for name, people in whole.parts.items()
        ],
    )
    label = f"{data.node_name}师资结构：{'、'.join(shown)}各占多少"
    return Content(
        body=graph(shares(wholes), label=label, sheet=sheet),
        note=_counted(found),
    )


def _counted(found: Structure) -> str:
    """Who is counted, and why the bars and the tiles differ: tiles leave out who has left, and 双师 of other courses."""
    left = found.groups[STAY]["本年离校"]
    gone = f"（在岗 {found.groups[STAY]['在岗']:,}，本年离校 {left}）" if left else ""
    return f"{ENGAGEMENT}按全体 {found.headcount:,} 人，其余按专任教师 {found.fulltime:,} 人{gone} · 双师素质按{DUAL_BASIS['structure']}（含公共课教师）"


def draw_ladder(data: Teachers) -> Content:
    """How many full-time teachers stand on each step, this year and the year before."""
    found = data.structure
    if found is None:
        return Content(body=states.denied("你的岗位不含这个部门的师资结构。"))
    if not found.fulltime:
        return Content(body=states.empty(f"{data.year}–{data.year + 1}学年还没有专任教师的年度快照。"))
    now = [found.groups[LADDER].get(step, 0) for step in ladder.STEPS]
    earlier = data.earlier if data.earlier is not None and data.earlier.fulltime else None
    before = None if earlier is None else [earlier.groups[LADDER].get(step, 0) for step in ladder.STEPS]
    backbone = 100.0 * sum(now[ladder.BACKBONE_FROM :]) / found.fulltime
    sheet = Sheet(
        title=f"{data.node_name}专任教师发展阶梯",
        columns=("阶梯", f"{data.year}年(人)", f"{data.year - 1}年(人)"),
        rows=[(step, now[index], None if before is None else before[index]) for index, step in enumerate(ladder.STEPS)],
    )
    drawn = steps(ladder.STEPS, now, before, labels=(str(data.year), str(data.year - 1)))
    return Content(
        body=graph(drawn, label=f"{data.node_name}专任教师在六级发展阶梯上的人数", sheet=sheet),
        note=f"专任教师 {found.fulltime:,} 人，教学新星及以上 {fmt.with_unit(backbone, '%')}",
    )


def draw_moves(data: Teachers) -> Content:
    """Who moved on the ladder within the year."""
    stayed = sum(move.people for move in data.moves if move.before == move.now)
    moved = [move for move in data.moves if move.before != move.now]
    up = sum(move.people for move in moved if ladder.climb(move.before, move.now) > 0)
    rows: list[list[table.Cell]] = [
        [move.before, f"→ {move.now}", str(move.people)] for move in sorted(moved, key=lambda move: -move.people)
    ]
    columns = [table.Column(title=f"{data.year - 1}年"), table.Column(title=f"{data.year}年"),
               table.Column(title="人数", is_number=True)]  # fmt: skip
    drawn = table.table(columns, rows, caption="一年里在发展阶梯上变动的教师", table_id=ids.table("teachers", "moves"))
    if not data.moves:
        flow = states.empty("没有连续两个学年的教师快照可以比较。")
    elif moved:
        flow = drawn
    else:
        flow = states.message(states.Message(kind="good", title="没有变动", detail="一年里没有教师改变阶梯。"))
    note = f"上升 {up} 人 · 未变 {stayed} 人" if data.moves else ""
    return Content(body=flow, note=note)


def draw_plans(_data: Teachers) -> Content:
    """The ladders of the four plans on the canonical one."""
    drawn = table.table(
        [table.Column(title="平台阶梯", is_heading=True), *(table.Column(title=plan) for plan in ladder.PLANS)],
        [[step, *(_own_name(plan, step) for plan in ladder.PLANS)] for step in reversed(ladder.STEPS)],
        caption="四份方案的教师阶梯与平台阶梯的对应",
        table_id=ids.table("teachers", "plans"),
    )
    return Content(body=drawn, note="四份方案各有自己的名称，平台按下表对应")


def _own_name(plan: str, step: str) -> str:
    return next((own for own, canonical in ladder.PLANS[plan].items() if canonical == step), fmt.NO_VALUE)


def draw_team(data: Teachers) -> Content:
    """The other indicators of the team, with their distance to the target."""
    because = "这个部门还没有这些指标的数值，或它们不在你的数据范围内。"
    has_dual = any(reading.info.code == DUAL_OF_ONE for reading in data.readings)
    note = f"双师素质：{DUAL_BASIS[DUAL_OF_ONE]}" if has_dual else ""
    return Content(body=draw_all(TEAM, data.readings, page="teachers", because=because), note=note)


def draw_departments(data: Teachers) -> Content:
    """The departments side by side, the one with the fewest senior titles first."""
    link = data.view.link
    drawn, part = listed(
        data.departments,
        [
            (
                table.Column(title="系部", is_heading=True),
                lambda entity: table.Linked(text=entity.name, href=link(of=_key("dept", entity.entity_id), page="")),
            )
        ],
        caption="各系部师资指标",
        table_id=ids.table("teachers", "departments"),
    )
    if not part.total:
        return Content(body=states.empty("各系部的师资指标还没有计算，或不在你的数据范围内。"))
    return Content(body=drawn, note=f"{part.total} {NOUNS['dept']}，{data.year}–{data.year + 1}学年，高级职称少的在前")


def draw_people(data: Teachers) -> Content:
    """The teachers by name, with some figures of each dimension."""
    if not data.people:
        reason = "没有符合搜索条件的教师。" if data.view["q"] else "教师个人的数据不在你的数据范围内。"
        return Content(body=states.empty(reason) if data.view["q"] else states.denied(reason))
    part = filters.slice_of(data.view, len(data.people), size=ROWS_SHOWN)
    shown = data.people[part.start : part.stop]
    services, scope = data.view.services, data.view.scope
    keys = [item.entity_id for item in shown]
    found = services.values.history(OF_ONE, "teacher", until=data.until, last=1, entity_ids=keys, scope=scope)
    profiles = services.team.profiles(keys, year=data.year, scope=scope)
    link = link_of(services.viewer(), "teacher")
    place = {entity.entity_id: row for row, entity in enumerate(found.entities)}
    columns = [
        table.Column(title="教师", is_heading=True),
        table.Column(title="部门"),
        table.Column(title="阶梯"),
        table.Column(title="职称"),
        *(
            table.Column(title=fmt.short_name(standing.info.name_zh), is_number=True)
            for standing in found.standings.values()
        ),
    ]
    rows: list[list[table.Cell]] = []
    for item in shown:
        profile = profiles.get(item.entity_id)
        rows.append(
            [
                named_cell(item.name, item.entity_id, link),
                item.dept_name or fmt.NO_VALUE,
                (profile and profile.ladder) or fmt.NO_VALUE,
                (profile and profile.title) or fmt.NO_VALUE,
                *(
                    valued(float(standing.now()[place[item.entity_id]]), standing.info)
                    for standing in found.standings.values()
                ),
            ]
        )
    drawn = table.table(columns, rows, caption="教师与各维度的主要指标", table_id=ids.table("teachers", "people"))
    pager = table.pager(part, noun="名教师", link=lambda page: data.view.link(page=str(page)), is_in_place=True)
    return Content(body=[drawn, pager], note=f"{part.total:,} 名，按部门与姓名")


def heading(data: Teachers) -> Heading:
    """The node whose team is shown."""
    return Heading(
        title="教师",
        facts=[data.node_name] if data.node_name else [],
        crumbs=[Crumb(label="首页", href="/"), Crumb(label="教师")],
    )


def _names_people(data: Teachers) -> bool:
    """Whether there is more than the viewer's own name to be listed."""
    return data.view.services.viewer().may(Permission.TEACHER_VIEW) and data.view.scope.admits("teacher")


PAGE: Final = Page(
    name="teachers",
    path="/teachers",
    title="教师",
    requires=Permission.TEACHER_VIEW,
    nav=Nav(group="五个层面", label="教师"),
    filters=(
        Filter(name="year", label="学年", kind=Kind.SELECT, options=years),
        Filter(name="of", label="部门", kind=Kind.SELECT, options=_nodes, is_hidden_alone=True),
        Filter(name="q", label="搜索姓名或部门", kind=Kind.SEARCH, place=Place.TOOLS),
        filters.PAGE_NUMBER,
    ),
    load=lambda view: Teachers(view=view),
    heading=heading,
    panels=(
        Panel(name="summary", title="数量与水平", draw=draw_tiles, height=200, is_framed=False),
        Panel(name="structure", title="结构", draw=draw_structure, columns=7, height=250),
        Panel(name="ladder", title="发展阶梯", draw=draw_ladder, columns=5, height=290),
        Panel(name="team", title="队伍指标", draw=draw_team, height=260, wave=2),
        Panel(name="moves", title="一年里的阶梯变动", draw=draw_moves, columns=5, height=240, wave=2),
        Panel(name="plans", title="阶梯对应", draw=draw_plans, columns=7, height=240, wave=2),
        Panel(
            name="departments",
            title="系部对比",
            draw=draw_departments,
            height=400,
            belongs=lambda data: data.view.scope.is_unlimited("dept", COMPOSITION),
            wave=2,
        ),
        Panel(name="people", title="教师名单", draw=draw_people, height=900, belongs=_names_people, wave=2),
    ),
)
