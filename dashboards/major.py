"""一个专业: which of the eight dimensions holds it back, by which items, how far from target, and since when."""

from __future__ import annotations

from collections.abc import Sequence
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
    def diagnosis(self) -> Diagnosis:
        """The diagnosis of the year asked for.

        Raises:
            NotFoundError: there is no such major within the reader's scope.
        """
        number, year = self.view.ids["major_id"], year_of(self.view)
        found = None
        if year is not None:
            found = self.view.services.majors.diagnose(year, major_id=number, scope=self.view.scope)
        if found is None or found.row_of(number) is None:
            raise NotFoundError(f"没有编号为 {number} 的专业。")
        return found

    @property
    def row(self) -> int:
        """The row of the major."""
        found = self.diagnosis.row_of(self.view.ids["major_id"])
        return -1 if found is None else found

    @property
    def info(self) -> MajorInfo:
        """What is known of the major."""
        return self.diagnosis.majors[self.row]

    @property
    def year(self) -> YearScores | None:
        """The scores of the year asked for; None where nothing has been computed."""
        return self.diagnosis.current


def _no_scores() -> Content:
    return Content(body=states.empty(NOTHING_COMPUTED))


def draw_summary(data: Major) -> Content:
    """Total, rank, the dimension that costs most, and what is advised."""
    year, row = data.year, data.row
    if year is None:
        return _no_scores()
    total = float(year.totals[row])
    cost, _ = losses(year.dimensions[row], year.model.weights)
    items = [
        tiles.Tile(
            title="总分", value=fmt.number(known(total)), unit="分", state=total_state(year, row),
            change=f"{change_words(data.diagnosis, row)} 较上年",
            note=f"{year.grade(row)} 级" if year.grade(row) else "缺数据的维度权重超过 30%，不计总分",
            history=[known(float(each.totals[row])) for each in data.diagnosis.years],
        ),
        tiles.Tile(
            title="全校位次", value=str(year.ranks[row] or fmt.NO_VALUE), unit=f"/ {year.ranked}",
            change=f"权重 ±20 % 时变动不超过 {int(year.sensitivity.largest_moves[row])} 位" if year.ranks[row] else "",
        ),
    ]  # fmt: skip
    if not np.isnan(cost).all():
        worst = int(np.nanargmax(cost))
        score = float(year.dimensions[row, worst])
        items.append(
            tiles.Tile(
                title="失分最多", value=year.model.dimensions[worst].name,
                change=f"得分 {fmt.number(known(score))}，使总分少 {fmt.number(float(cost[worst]))} 分",
                state=state_of(year.model, score),
            )
        )  # fmt: skip
    misses = year.misses(row)
    items.append(
        tiles.Tile(
            title="专业预警", value=data.diagnosis.advice(row) or ("列入预警" if misses else "未列入"),
            change=missed_words(year, row) or f"总分不低于 {year.model.limits.total:g}，两项必保维度达线",
            note=warning_words(data.diagnosis, row),
            state=State.ALERT if data.diagnosis.advice(row) else State.WARNING if misses else None,
        )
    )  # fmt: skip
    first, last = year.model.cycle.around(year.year)
    items.append(
        tiles.Tile(
            title="诊改周期", value=f"第 {year.year - first + 1} 年", change=f"三年一周期 {first}–{last}",
            note="每学期自诊，周期末复核",
        )
    )  # fmt: skip
    return Content(body=tiles.row(items))


def draw_radar(data: Major) -> Content:
    """The eight dimensions against the group of majors and the year before."""
    year, row = data.year, data.row
    if year is None:
        return _no_scores()
    mean, members = data.diagnosis.group_mean(row)
    own = [known(float(score)) for score in year.dimensions[row]]
    rings = [Ring(name=f"本专业 {year.year} 年", scores=own)]
    sheet: list[tuple[str, Sequence[float | None]]] = [("本专业(分)", own)]
    words = ["━ 本专业"]
    if members > 1:
        group = [known(float(score)) for score in mean]
        rings.append(Ring(name=f"{data.info.group}均值", scores=group))
        sheet.append(("专业群均值(分)", group))
        words.append(f"╌ 专业群均值（{members} 个专业）")
    before = data.diagnosis.before
    earlier = None if before is None else [known(float(score)) for score in before.dimensions[row]]
    if before is not None and earlier is not None and any(score is not None for score in earlier):
        rings.append(Ring(name=f"本专业 {before.year} 年", scores=earlier))
        sheet.append((f"{before.year} 年(分)", earlier))
        words.append("┈ 上一年")
    names = [dimension.name for dimension in year.model.dimensions]
    if all(score is None for score in own):
        return Content(body=states.empty(f"{year.year} 年八个维度都缺数据：每个维度缺失的权重都超过 30%。"))
    return Content(
        body=graph(
            radar(
                names,
                rings,
                states=[state_of(year.model, float(score)) for score in year.dimensions[row]],
                warning=AT_WARNING,
                height=360,
            ),
            label=f"{data.info.name}八维度得分，与专业群均值和上一年比较",
            sheet=Sheet(
                title=f"{data.info.name}八维度得分，{year.year} 年",
                columns=("维度", "权重", *(title for title, _ in sheet)),
                rows=[
                    (name, dimension.weight, *(scores[index] for _, scores in sheet))
                    for index, (name, dimension) in enumerate(zip(names, year.model.dimensions, strict=True))
                ],
            ),
        ),
        note=" ".join([*words, f"黄虚线 {AT_WARNING:g} 为预警线"]),
    )


def draw_quadrant(data: Major) -> Content:
    """Where the major stands among those that the reader may see."""
    visible = [int(row) for row in data.diagnosis.visible]
    drawn = quadrant_panel(
        _NAME,
        data.diagnosis,
        visible,
        link=link_of(data.view.services.viewer(), "major"),
        subject=data.row,
        height=360,
    )
    return drawn or Content(body=states.empty("本专业这一年的质量度或保障度缺数据。"))


def draw_losses(data: Major) -> Content:
    """How many points to 100 each dimension costs."""
    year, row = data.year, data.row
    if year is None:
        return _no_scores()
    cost, most = losses(year.dimensions[row], year.model.weights)
    parts = [
        Loss(
            name=dimension.name,
            points=None if np.isnan(cost[index]) else float(cost[index]),
            most=dimension.weight if np.isnan(most[index]) else float(most[index]),
            state=state_of(year.model, float(year.dimensions[row, index])),
        )
        for index, dimension in enumerate(year.model.dimensions)
    ]
    parts.sort(key=lambda part: (part.points is None, -(part.points or 0.0)))
    label = f"{data.info.name}各维度使总分少多少"
    return Content(
        body=graph(
            losses_figure(parts),
            label=label,
            sheet=Sheet(
                title=f"{label}，{year.year} 年",
                columns=("维度", "失分(分)", "最多可失(分)", "状态"),
                rows=[(part.name, part.points, part.most, part.state.value) for part in parts],
            ),
        ),
        note=f"失分 / 最多可失 · 合计离 100 分 {fmt.number(100.0 - float(year.totals[row]))} 分"
        if year.ranks[row]
        else "失分 / 最多可失",
    )


def draw_sensitivity(data: Major) -> Content:
    """Total and rank of the major with the weight of each dimension 20 % up and down."""
    year, row = data.year, data.row
    if year is None or not year.ranks[row]:
        return Content(body=states.empty("本专业这一年没有总分。"))
    found = year.sensitivity
    columns = [
        table.Column(title="维度", is_heading=True),
        table.Column(title="权重", is_number=True),
        table.Column(title="+20 % 总分", is_number=True),
        table.Column(title="位次", is_number=True),
        table.Column(title="−20 % 总分", is_number=True),
        table.Column(title="位次", is_number=True),
    ]
    rows: list[list[table.Cell]] = []
    for column, dimension in enumerate(year.model.dimensions):
        cells_of: list[table.Cell] = []
        for index, (which, _) in enumerate(found.variants):
            if which == column:
                rank = int(found.ranks[index, row])
                moved = rank != year.ranks[row]
                cells_of += [
                    fmt.number(known(float(found.totals[index, row]))),
                    table.Marked(text=str(rank), name="is-moved") if moved else str(rank),
                ]
        rows.append([dimension.name, f"{dimension.weight:g}", *cells_of])
    return Content(
        body=[
            html.P(
                f"任一维度权重 ±20 % 时，位次变动不超过 {int(found.largest_moves[row])} 位。",
                className="panel-statement",
            ),
            table.table(columns, rows, caption="权重敏感性", table_id=ids.table(_NAME, "sensitivity")),
        ],
        note=f"现行权重：{fmt.number(known(float(year.totals[row])))} 分，第 {year.ranks[row]} / {year.ranked} 位",
    )


def draw_items(data: Major) -> Content:
    """Every item with value, lines, distance to the target, score and three years."""
    if data.year is None:
        return _no_scores()
    found = major_items.items_of(data.diagnosis, data.row)
    if data.view["order"] == BY_LOSS:
        found = sorted(found, key=lambda item: -item.loss)
    missing = sum(item.is_known and item.value is None for item in found)
    hidden = sum(not item.is_known for item in found)
    words = [f"{len(found)} 项 · 竖线为目标 · 点分项打开口径卡"]
    words += [f"{missing} 项无数据，权重摊给同维度其余分项"] if missing else []
    words += [f"{hidden} 项的数值不在你的数据范围内"] if hidden else []
    return Content(
        body=major_items.items_table(found, data.info, [each.year for each in data.diagnosis.years]),
        note=" · ".join(words),
    )


def draw_years(data: Major) -> Content:
    """Total and dimensions over three years."""
    row, years = data.row, data.diagnosis.years
    if data.year is None:
        return _no_scores()
    model = data.year.model
    columns = [
        table.Column(title="", is_heading=True),
        *(table.Column(title=f"{each.year} 年", is_number=True) for each in years),
        table.Column(title="较上年", is_number=True),
        table.Column(title="三年"),
    ]
    totals = [known(float(each.totals[row])) for each in years]
    rows: list[list[table.Cell]] = [
        [
            "总分",
            *(total_cell(each, row) for each in years),
            change_words(data.diagnosis, row),
            _course("总分", totals, total_state(data.year, row)),
        ]
    ]
    for column, dimension in enumerate(model.dimensions):
        scores = [float(each.dimensions[row, column]) for each in years]
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


def draw_warnings(data: Major) -> Content:
    """In which years the major was listed for early warning, why, and what followed by the rule."""
    row, years = data.row, data.diagnosis.years
    if data.year is None:
        return _no_scores()
    columns = [
        table.Column(title="年度", is_heading=True),
        table.Column(title="未达到"),
        table.Column(title="连续", is_number=True),
        table.Column(title="按规则"),
    ]
    listed = [bool(each.misses(row)) for each in years]
    rows: list[list[table.Cell]] = []
    for index in reversed(range(len(years))):
        each, run = years[index], in_a_row(listed[: index + 1])
        has_data = not np.isnan(each.dimensions[row]).all()
        advised = next((text for least, text in each.model.limits.actions if run >= least), "")
        rows.append(
            [
                f"{each.year} 年",
                missed_words(each, row) or ("都达到" if has_data else "无数据"),
                f"{run} 年" if run else fmt.NO_VALUE,
                advised or ("列入预警" if run else fmt.NO_VALUE),
            ]
        )
    limits = data.year.model.limits
    names = {dimension.key: dimension.name for dimension in data.year.model.dimensions}
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
        Panel(name="losses", title="离满分", unit="分", draw=draw_losses, columns=5, height=260),
        Panel(name="sensitivity", title="权重敏感性", draw=draw_sensitivity, columns=7, height=260),
        Panel(name="years", title="三年", unit="分", draw=draw_years, columns=7, height=320),
        Panel(name="warnings", title="历年预警", draw=draw_warnings, columns=5, height=320),
        Panel(name="items", title="分项与差距", draw=draw_items, height=1700),
    ),
)
