"""一个专业: which of the eight dimensions holds it back, by which items, how far from target, and since when."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from dash import html

from dashboards import ids, major_items
from dashboards.major_parts import (
    DECIDED_BY_PEOPLE,
    NOTHING_COMPUTED,
    YEAR,
    change_words,
    known,
    missed_words,
    quadrant_panel,
    score_cell,
    total_cell,
    total_state,
    warning_words,
    year_of,
    year_words,
)
from dashboards.overview import link_of
from dashboards.page import Filter, Heading, Kind, NotFoundError, Page, Panel, Place, View
from data_access.access.permissions import Permission
from indicators.eight_dimensions import AT_WARNING, in_a_row, losses, state_of
from indicators.major_diagnosis import Diagnosis, MajorInfo, YearScores
from indicators.results import State
from layouts import cells, states, table, tiles
from layouts import format as fmt
from layouts.controls import Option
from layouts.figures.losses import Loss
from layouts.figures.losses import losses as losses_figure
from layouts.figures.radar import Ring, radar
from layouts.graph import graph
from layouts.panel import Content
from layouts.sheet import Sheet
from layouts.shell import Crumb

_NAME: Final = "major"
BY_LOSS, BY_MODEL = "loss", "model"
ORDER: Final = Filter(
    name="order",
    label="分项次序",
    kind=Kind.TOGGLE,
    place=Place.TOOLS,
    options=lambda _services, _scope: (
        Option(value=BY_LOSS, label="失分多的在前"),
        Option(value=BY_MODEL, label="按维度"),
    ),
)


@dataclass(frozen=True, kw_only=True)
class Major:
    """The data of one view of the page; every part is fetched when first needed, and once."""

    view: View

    @cached_property
    def info(self) -> MajorInfo:
        """What is known of the major.

        Raises:
            NotFoundError: there is no such major within the reader's scope.
        """
        number = self.view.ids["major_id"]
        found = self.view.services.majors.major(number, scope=self.view.scope)
        if found is None:
            raise NotFoundError(f"没有编号为 {number} 的专业。")
        return found

    @cached_property
    def diagnosis(self) -> Diagnosis | None:
        """The diagnosis of the year asked for; None where nothing has been computed for any major."""
        major_id, year = self.info.major_id, year_of(self.view)
        if year is None:
            return None
        found = self.view.services.majors.diagnose(year, major_id=major_id, scope=self.view.scope)
        return found if found.years and found.row_of(major_id) is not None else None


@dataclass(frozen=True, kw_only=True)
class Case:
    """What a panel of scores draws.

    Attributes:
        year: the year asked for.
        row: where the major stands in every array.
    """

    view: View
    info: MajorInfo
    diagnosis: Diagnosis
    year: YearScores
    row: int


def of_scores(draw: Callable[[Case], Content]) -> Callable[[Major], Content]:
    """A panel that needs scores; where there are none it says so."""

    @functools.wraps(draw)
    def drawn(data: Major) -> Content:
        diagnosis = data.diagnosis
        row = None if diagnosis is None else diagnosis.row_of(data.info.major_id)
        if diagnosis is None or row is None:
            return Content(body=states.empty(NOTHING_COMPUTED))
        year = diagnosis.years[-1]
        return draw(Case(view=data.view, info=data.info, diagnosis=diagnosis, year=year, row=row))

    return drawn


@of_scores
def draw_summary(case: Case) -> Content:
    """Total, rank, the dimension that costs most, and what is advised."""
    total = float(case.year.totals[case.row])
    cost, _ = losses(case.year.dimensions[case.row], case.year.model.weights)
    items = [
        tiles.Tile(
            title="总分", value=fmt.number(known(total)), unit="分", state=total_state(case.year, case.row),
            change=f"{change_words(case.diagnosis, case.row)} 较上年",
            note=f"{case.year.grade(case.row)} 级" if case.year.grade(case.row) else "缺数据的维度权重超过 30%，不计总分",
            history=[known(float(each.totals[case.row])) for each in case.diagnosis.years],
        ),
        tiles.Tile(
            title="全校位次", value=str(case.year.ranks[case.row] or fmt.NO_VALUE), unit=f"/ {case.year.ranked}",
            change=f"权重 ±20 % 时变动不超过 {int(case.year.sensitivity.largest_moves[case.row])} 位" if case.year.ranks[case.row] else "",
        ),
    ]  # fmt: skip
    if not np.isnan(cost).all():
        worst = int(np.nanargmax(cost))
        score = float(case.year.dimensions[case.row, worst])
        items.append(
            tiles.Tile(
                title="失分最多", value=case.year.model.dimensions[worst].name,
                change=f"得分 {fmt.number(known(score))}，使总分少 {fmt.number(float(cost[worst]))} 分",
                state=state_of(case.year.model, score),
            )
        )  # fmt: skip
    misses = case.year.misses(case.row)
    items.append(
        tiles.Tile(
            title="专业预警", value=case.diagnosis.advice(case.row) or ("列入预警" if misses else "未列入"),
change="未达到：" + "、".join(miss.name for miss in misses) if misses else "各条界限都达到",
            note=warning_words(case.diagnosis, case.row),
            state=State.ALERT if case.diagnosis.advice(case.row) else State.WARNING if misses else None,
        )
    )  # fmt: skip
    first, last = case.year.model.cycle.around(case.year.year)
    items.append(
        tiles.Tile(
            title="诊改周期", value=f"第 {case.year.year - first + 1} 年", change=f"三年一周期 {first}–{last}",
            note="每学期自诊，周期末复核",
        )
    )  # fmt: skip
    return Content(body=tiles.row(items))


@of_scores
def draw_radar(case: Case) -> Content:
    """The eight dimensions against the group of majors and the year before."""
    mean, members = case.diagnosis.group_mean(case.row)
    own = [known(float(score)) for score in case.year.dimensions[case.row]]
    rings = [Ring(name=f"本专业 {case.year.year} 年", scores=own)]
    sheet: list[tuple[str, Sequence[float | None]]] = [("本专业(分)", own)]
    words = ["━ 本专业"]
    if members > 1:
        group = [known(float(score)) for score in mean]
        rings.append(Ring(name=f"{case.info.group}均值", scores=group))
        sheet.append(("专业群均值(分)", group))
        words.append(f"╌ 专业群均值（{members} 个专业）")
    before = case.diagnosis.before
    earlier = None if before is None else [known(float(score)) for score in before.dimensions[case.row]]
    if before is not None and earlier is not None and any(score is not None for score in earlier):
        rings.append(Ring(name=f"本专业 {before.year} 年", scores=earlier))
        sheet.append((f"{before.year} 年(分)", earlier))
        words.append("┈ 上一年")
    names = [dimension.name for dimension in case.year.model.dimensions]
    if all(score is None for score in own):
        return Content(body=states.empty(f"{case.year.year} 年八个维度都缺数据：每个维度缺失的权重都超过 30%。"))
    return Content(
        body=graph(
            radar(
                names,
                rings,
                states=[state_of(case.year.model, float(score)) for score in case.year.dimensions[case.row]],
                warning=AT_WARNING,
                height=360,
            ),
            label=f"{case.info.name}八维度得分，与专业群均值和上一年比较",
            sheet=Sheet(
                title=f"{case.info.name}八维度得分，{case.year.year} 年",
                columns=("维度", "权重", *(title for title, _ in sheet)),
                rows=[
                    (name, dimension.weight, *(scores[index] for _, scores in sheet))
                    for index, (name, dimension) in enumerate(zip(names, case.year.model.dimensions, strict=True))
                ],
            ),
        ),
        note=" ".join([*words, f"黄虚线 {AT_WARNING:g} 为预警线"]),
    )


@of_scores
def draw_quadrant(case: Case) -> Content:
    """Where the major stands among those that the reader may see."""
    visible = [int(each) for each in case.diagnosis.visible]
    drawn = quadrant_panel(
        _NAME,
        case.diagnosis,
        visible,
        link=link_of(case.view.services.viewer(), "major"),
        subject=case.row,
        height=360,
    )
    return drawn or Content(body=states.empty("本专业这一年的质量度或保障度缺数据。"))


@of_scores
def draw_losses(case: Case) -> Content:
    """How many points to 100 each dimension costs."""
    cost, most = losses(case.year.dimensions[case.row], case.year.model.weights)
    parts = [
        Loss(
            name=dimension.name,
            points=None if np.isnan(cost[index]) else float(cost[index]),
            most=dimension.weight if np.isnan(most[index]) else float(most[index]),
            state=state_of(case.year.model, float(case.year.dimensions[case.row, index])),
        )
        for index, dimension in enumerate(case.year.model.dimensions)
    ]
    parts.sort(key=lambda part: (part.points is None, -(part.points or 0.0)))
    label = f"{case.info.name}各维度使总分少多少"
    return Content(
        body=graph(
            losses_figure(parts),
            label=label,
            sheet=Sheet(
                title=f"{label}，{case.year.year} 年",
                columns=("维度", "失分(分)", "最多可失(分)", "状态"),
                rows=[(part.name, part.points, part.most, part.state.value) for part in parts],
            ),
        ),
        note=f"失分 / 最多可失 · 合计离 100 分 {fmt.number(100.0 - float(case.year.totals[case.row]))} 分"
        if case.year.ranks[case.row]
        else "失分 / 最多可失",
    )


@of_scores
def draw_sensitivity(case: Case) -> Content:
    """Total and rank of the major with the weight of each dimension 20 % up and down."""
    if not case.year.ranks[case.row]:
        return Content(body=states.empty("本专业这一年没有总分。"))
    found = case.year.sensitivity
    columns = [
        table.Column(title="维度", is_heading=True),
        table.Column(title="权重", is_number=True),
        table.Column(title="+20 % 总分", is_number=True),
        table.Column(title="位次", is_number=True),
        table.Column(title="−20 % 总分", is_number=True),
        table.Column(title="位次", is_number=True),
    ]
    rows: list[list[table.Cell]] = []
    for column, dimension in enumerate(case.year.model.dimensions):
        cells_of: list[table.Cell] = []
        for index, (which, _) in enumerate(found.variants):
            if which == column:
                rank = int(found.ranks[index, case.row])
                moved = rank != case.year.ranks[case.row]
                cells_of += [
                    fmt.number(known(float(found.totals[index, case.row]))),
                    table.Marked(text=str(rank), name="is-moved") if moved else str(rank),
                ]
        rows.append([dimension.name, f"{dimension.weight:g}", *cells_of])
    return Content(
        body=[
            html.P(
                f"任一维度权重 ±20 % 时，位次变动不超过 {int(found.largest_moves[case.row])} 位。",
                className="panel-statement",
            ),
            table.table(columns, rows, caption="权重敏感性", table_id=ids.table(_NAME, "sensitivity")),
        ],
        note=f"现行权重：{fmt.number(known(float(case.year.totals[case.row])))} 分，第 {case.year.ranks[case.row]} / {case.year.ranked} 位",
    )


@of_scores
def draw_items(case: Case) -> Content:
    """Every item with value, lines, distance to the target, score and three years."""
    found = major_items.items_of(case.diagnosis, case.row)
    if case.view["order"] == BY_LOSS:
        found = sorted(found, key=lambda item: -item.loss)
    missing = sum(item.is_known and item.value is None for item in found)
    hidden = sum(not item.is_known for item in found)
    words = [f"{len(found)} 项 · 竖线为目标 · 点分项打开口径卡"]
    words += [f"{missing} 项无数据，权重摊给同维度其余分项"] if missing else []
    words += [f"{hidden} 项的数值不在你的数据范围内"] if hidden else []
    return Content(
        body=major_items.items_table(found, case.info, [each.year for each in case.diagnosis.years]),
        note=" · ".join(words),
    )


@of_scores
def draw_years(case: Case) -> Content:
    """Total and dimensions over three years."""
    years = case.diagnosis.years
    model = case.year.model
    columns = [
        table.Column(title="", is_heading=True),
        *(table.Column(title=f"{each.year} 年", is_number=True) for each in years),
        table.Column(title="较上年", is_number=True),
        table.Column(title="三年"),
    ]
    totals = [known(float(each.totals[case.row])) for each in years]
    rows: list[list[table.Cell]] = [
        [
            "总分",
            *(total_cell(each, case.row) for each in years),
            change_words(case.diagnosis, case.row),
            _course("总分", totals, total_state(case.year, case.row)),
        ]
    ]
    for column, dimension in enumerate(model.dimensions):
        scores = [float(each.dimensions[case.row, column]) for each in years]
        rows.append(
            [
                dimension.name,
                *(score_cell(each, score) for each, score in zip(years, scores, strict=True)),
                fmt.change(known(scores[-1]), known(scores[-2]) if len(scores) > 1 else None),
                _course(dimension.name, [known(score) for score in scores], state_of(model, scores[-1])),
            ]
        )
    return Content(
        body=table.table(columns, rows, caption="三年得分", table_id=ids.table(_NAME, "years")),
        note="每年按当年的权重计分；缺失权重超过 30% 的为无数据",
    )


def _course(name: str, scores: Sequence[float | None], state: State) -> table.Cell:
    words = "，".join(fmt.number(score) for score in scores)
    return cells.Course(text=f"{name}三年：{words}", history=scores, state=state)


@of_scores
def draw_warnings(case: Case) -> Content:
    """In which years the major was listed for early warning, why, and what followed by the rule."""
    years = case.diagnosis.years
    columns = [
        table.Column(title="年度", is_heading=True),
        table.Column(title="未达到"),
        table.Column(title="连续", is_number=True),
        table.Column(title="按规则"),
    ]
    listed = [bool(each.misses(case.row)) for each in years]
    rows: list[list[table.Cell]] = []
    for index in reversed(range(len(years))):
        each, run = years[index], in_a_row(listed[: index + 1])
        has_data = not np.isnan(each.dimensions[case.row]).all()
        advised = next((text for least, text in each.model.limits.actions if run >= least), "")
        rows.append(
            [
                f"{each.year} 年",
                missed_words(each, case.row) or ("都达到" if has_data else "无数据"),
                f"{run} 年" if run else fmt.NO_VALUE,
                advised or ("列入预警" if run else fmt.NO_VALUE),
            ]
        )
    limits = case.year.model.limits
    names = {dimension.key: dimension.name for dimension in case.year.model.dimensions}
    rule = "、".join([f"总分低于 {limits.total:g}", *(f"{names[k]}低于 {v:g}" for k, v in limits.dimensions.items())])
    return Content(
        body=[
            table.table(columns, rows, caption="历年预警", table_id=ids.table(_NAME, "warnings")),
            html.P(f"列入条件：{rule}，有其一即列入。{DECIDED_BY_PEOPLE}。", className="panel-foot"),
        ]
    )


def heading(data: Major) -> Heading:
    """Name, level, group, students and year."""
    info, majors = data.info, data.view.services.majors
    classes, students = majors.size(info.major_id, scope=data.view.scope)
    leader = majors.leader(info, scope=data.view.scope)
    facts = [info.standing, info.group, info.dept_name, f"在校 {classes} 个班 {students:,} 人" if classes else ""]
    facts += [
        f"专业带头人 {leader}" if leader else "",
        info.status if info.status != "在招" else "",
        year_words(data.view),
    ]
    return Heading(
        title=info.name,
        facts=[fact for fact in facts if fact],
        crumbs=[
            Crumb(label="首页", href="/"),
            Crumb(label="专业", href="/majors"),
            Crumb(label=info.dept_name, href=f"/majors?dept={info.dept_id}"),
            Crumb(label=info.name),
        ],
    )


PAGE: Final = Page(
    name=_NAME,
    path="/majors/<major_id>",
    title="专业",
    requires=Permission.MAJOR_VIEW,
    parent="majors",
    filters=(YEAR, ORDER),
    load=lambda view: Major(view=view),
    heading=heading,
    panels=(
        Panel(name="summary", title="概况", draw=draw_summary, height=110, is_framed=False),
        Panel(name="radar", title="八维度", unit="分", draw=draw_radar, columns=5, height=400),
        Panel(name="quadrant", title="位置：保障度 × 质量度", unit="分", draw=draw_quadrant, columns=7, height=400),
        Panel(name="losses", title="离满分", unit="分", draw=draw_losses, columns=5, height=260, wave=2),
        Panel(name="sensitivity", title="权重敏感性", draw=draw_sensitivity, columns=7, height=260, wave=2),
        Panel(name="years", title="三年", unit="分", draw=draw_years, columns=7, height=320, wave=2),
        Panel(name="warnings", title="历年预警", draw=draw_warnings, columns=5, height=320, wave=2),
        Panel(name="items", title="分项与差距", draw=draw_items, height=1700, wave=2),
    ),
)
