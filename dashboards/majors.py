"""专业: how the majors of the college stand by the eight-dimension model, and which are listed for early warning."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from dash import html
from dash.development.base_component import Component

from dashboards import filters, ids
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
    warning_words,
    year_of,
    year_words,
)
from dashboards.overview import link_of, named_cell
from dashboards.page import Filter, Heading, Kind, Nav, Page, Panel, View
from data_access.access.permissions import Permission
from indicators.eight_dimensions import SHIFT
from indicators.major_diagnosis import Diagnosis, YearScores
from indicators.results import State
from layouts import format as fmt
from layouts import states, table, tiles
from layouts.panel import Content
from layouts.shell import Crumb

WEIGHTS_ADDRESS: Final = "/majors/weights"
BY_RANK, BY_CHANGE, BY_NAME = "rank", "change", "name"
_NAME: Final = "majors"
_MOVES_FAR: Final = 3
"""From so many ranks on, a major is counted as one that depends on a weight."""
SORT: Final = Filter(name="sort", label="排序", kind=Kind.LINK, pattern=r"[a-z_]{1,32}|", default="")


@dataclass(frozen=True, kw_only=True)
class Majors:
    """The data of one view of the page; every part is fetched when first needed, and once."""

    view: View

    @cached_property
    def diagnosis(self) -> Diagnosis | None:
        """The diagnosis of the year asked for; None where there is no year yet."""
        year = year_of(self.view)
        return None if year is None else self.view.services.majors.diagnose(year, scope=self.view.scope)

    @property
    def year(self) -> YearScores | None:
        """The scores of the year asked for."""
        return None if self.diagnosis is None else self.diagnosis.current

    @cached_property
    def rows(self) -> Sequence[int]:
        """Majors within the scope and the department asked for."""
        if self.diagnosis is None:
            return ()
        dept_id, majors = filters.department_id(self.view), self.diagnosis.majors
        return [int(row) for row in self.diagnosis.visible if dept_id in {None, majors[row].dept_id}]

    @cached_property
    def listed(self) -> Sequence[int]:
        """Those of them that are listed for early warning, the longest listed and then the lowest first."""
        if self.diagnosis is None or self.year is None:
            return ()
        diagnosis, year = self.diagnosis, self.year
        found = [row for row in self.rows if year.misses(row)]
        return sorted(
            found, key=lambda row: (-diagnosis.listed_in_a_row(row), np.nan_to_num(year.totals[row], nan=999))
        )

    @property
    def link(self) -> Callable[[int], str] | None:
        """How a major is opened, in the year shown."""
        return link_of(self.view.services.viewer(), "major")


Draw = Callable[[Majors, Diagnosis, YearScores], Content]


def of_scores(draw: Draw) -> Callable[[Majors], Content]:
    """A panel that needs scores of some majors; where there are none it says why."""

    @functools.wraps(draw)
    def drawn(data: Majors) -> Content:
        if data.diagnosis is None or data.year is None:
            return Content(body=states.empty(NOTHING_COMPUTED))
        if not data.rows:
            reason = f"{filters.department_name(data.view)}没有专业，或专业不在你的数据范围内。"
            return Content(body=states.empty(reason))
        return draw(data, data.diagnosis, data.year)

    return drawn


@of_scores
def draw_summary(data: Majors, diagnosis: Diagnosis, year: YearScores) -> Content:
    """How many majors have each grade, and how many are listed."""
    scores = [known(float(year.totals[row])) for row in data.rows]
    present = [score for score in scores if score is not None]
    mean = fmt.number(sum(present) / len(present)) if present else fmt.NO_VALUE
    items = [
        tiles.Tile(
            title="平均总分", value=mean, unit="分", change=f"{len(present)} 个专业有总分",
            note="" if len(present) == len(data.rows) else f"{len(data.rows) - len(present)} 个因缺数据无总分",
        ),
    ]  # fmt: skip
    lower = [*(lowest for _, lowest in year.model.grades)]
    for index, (name, lowest) in enumerate(year.model.grades):
        count = sum(year.grade(row) == name for row in data.rows)
        span = f"≥ {lowest:g} 分" if lowest else f"< {lower[index - 1]:g} 分"
        items.append(tiles.Tile(title=f"{name} 级", value=str(count), unit="个", change=span))
    advised = [diagnosis.advice(row) for row in data.rows]
    state = State.ALERT if any(advised) else State.WARNING if data.listed else None
    actions = [text for _, text in reversed(year.model.limits.actions)]
    items.append(
        tiles.Tile(
            title="列入预警", value=str(len(data.listed)), unit="个", state=state,
            change=" · ".join(f"{text} {advised.count(text)}" for text in actions),
        )
    )  # fmt: skip
    return Content(body=tiles.row(items))


@of_scores
def draw_quadrant(data: Majors, diagnosis: Diagnosis, _year: YearScores) -> Content:
    """保障度 × 质量度."""
    drawn = quadrant_panel(_NAME, diagnosis, data.rows, link=data.link)
    return drawn or Content(body=states.empty("这一年没有同时具备保障度和质量度的专业。"))


@of_scores
def draw_warnings(data: Majors, diagnosis: Diagnosis, year: YearScores) -> Content:
    """Who is listed for early warning, why, for how long, and what is advised."""
    limits = year.model.limits
    names = {dimension.key: dimension.name for dimension in year.model.dimensions}
    rule = "、".join([f"总分低于 {limits.total:g}", *(f"{names[k]}低于 {v:g}" for k, v in limits.dimensions.items())])
    if not data.listed:
        return Content(body=html.P(f"没有专业列入预警。列入的条件：{rule}，三者有其一。", className="panel-text"))
    columns = [
        table.Column(title="专业", is_heading=True),
        table.Column(title="未达到"),
        table.Column(title="年数与建议"),
    ]
    rows: list[list[table.Cell]] = [
        [
            named_cell(diagnosis.majors[row].name, diagnosis.majors[row].major_id, data.link),
            table.Marked(text=missed_words(year, row), name="cell-wraps"),
            table.Valued(
                text=warning_words(diagnosis, row), state=State.ALERT if diagnosis.advice(row) else State.WARNING
            ),
        ]
        for row in data.listed
    ]
    return Content(
        body=[
            table.table(columns, rows, caption="列入预警的专业", table_id=ids.table(_NAME, "warnings")),
            html.P(f"列入条件：{rule}，有其一即列入。{DECIDED_BY_PEOPLE}。", className="panel-foot"),
        ],
        note=f"{len(rows)} 个专业",
    )


@of_scores
def draw_ranking(data: Majors, diagnosis: Diagnosis, year: YearScores) -> Content:
    """All majors with total, dimensions and change, in the order asked for."""
    dimensions = year.model.dimensions
    by = data.view["sort"] or BY_RANK
    columns = [
        _column(data, "名次", BY_RANK, by, is_number=True),
        table.Column(title="专业", is_heading=True, href=data.view.link(sort=BY_NAME)),
        table.Column(title="系部"),
        table.Column(title="总分", is_number=True),
        _column(data, "较上年", BY_CHANGE, by, is_number=True),
        *(_column(data, dimension.name, dimension.key, by, is_number=True) for dimension in dimensions),
        table.Column(title="预警"),
    ]
    rows: list[list[table.Cell]] = [
        [
            str(year.ranks[row]) if year.ranks[row] else fmt.NO_VALUE,
            named_cell(diagnosis.majors[row].name, diagnosis.majors[row].major_id, data.link),
            diagnosis.majors[row].dept_name,
            total_cell(year, row),
            change_words(diagnosis, row),
            *(score_cell(year, float(score)) for score in year.dimensions[row]),
            warning_words(diagnosis, row),
        ]
        for row in ordered(data, by)
    ]
    return Content(
        body=table.table(columns, rows, caption="专业排名", table_id=ids.table(_NAME, "ranking")),
        note=f"名次在全校 {year.ranked} 个专业中排 · 点列名排序，点专业看分项",
    )


def _column(data: Majors, title: str, key: str, by: str, *, is_number: bool) -> table.Column:
    return table.Column(
        title=title,
        is_number=is_number,
        href=data.view.link(sort="" if key == BY_RANK else key),
        order="ascending" if key == by else None,
    )


def ordered(data: Majors, by: str) -> Sequence[int]:
    """The majors in the order asked for: by rank, name, largest fall, or lowest score of a dimension first."""
    diagnosis, year = data.diagnosis, data.year
    if diagnosis is None or year is None:
        return ()
    keys = [dimension.key for dimension in year.model.dimensions]

    def place(row: int) -> float:
        value = float(year.ranks[row] or len(year.ranks) + 1)
        if by == BY_CHANGE:
            value = diagnosis.change(row)
        elif by in keys:
            value = float(year.dimensions[row, keys.index(by)])
        return float("inf") if np.isnan(value) else value

    by_name = sorted(data.rows, key=lambda row: diagnosis.majors[row].name)
    return by_name if by == BY_NAME else sorted(by_name, key=place)


@of_scores
def draw_sensitivity(data: Majors, _diagnosis: Diagnosis, year: YearScores) -> Content:
    """Whether ranks depend on the weights: every dimension's weight 20 % up and down."""
    found = year.sensitivity
    if not year.ranked:
        return Content(body=states.empty("这一年没有专业有总分。"))
    moves = np.abs(found.ranks - found.base)[:, found.base > 0]
    percent = f"{SHIFT:.0%}".replace("%", " %")
    columns = [
        table.Column(title="维度", is_heading=True),
        table.Column(title="现行权重", is_number=True),
        table.Column(title=f"+{percent} 位次最多变动", is_number=True),
        table.Column(title=f"−{percent} 位次最多变动", is_number=True),
        table.Column(title=f"变动 {_MOVES_FAR} 位及以上的专业", is_number=True),
    ]
    rows: list[list[table.Cell]] = []
    for column, dimension in enumerate(year.model.dimensions):
        mine = [index for index, (which, _) in enumerate(found.variants) if which == column]
        rows.append(
            [
                dimension.name,
                f"{dimension.weight:g}",
                *(f"{int(moves[index].max())} 位" for index in mine),
                f"{int((moves[mine].max(axis=0) >= _MOVES_FAR).sum())} 个",
            ]
        )
    body: list[Component] = [
        html.P(
            f"任一维度权重 ±{percent} 时，任何专业的位次变动不超过 {int(moves.max())} 位。", className="panel-statement"
        ),
        table.table(columns, rows, caption="权重敏感性", table_id=ids.table(_NAME, "sensitivity")),
    ]
    if data.view.services.viewer().may(Permission.MODEL_WEIGH):
        body.append(html.P(html.A("调整权重…", href=WEIGHTS_ADDRESS), className="panel-foot"))
    return Content(body=body, note=f"其余维度按比例缩放 · 按全校 {year.ranked} 个专业计算")


def heading(data: Majors) -> Heading:
    """The year and whose majors they are."""
    facts = [year_words(data.view)] if data.view["year"] else []
    return Heading(
        title="专业",
        facts=[*facts, filters.department_name(data.view), "八维度诊断模型"],
        crumbs=[Crumb(label="首页", href="/"), Crumb(label="专业")],
    )


PAGE: Final = Page(
    name=_NAME,
    path="/majors",
    title="专业",
    requires=Permission.MAJOR_VIEW,
    nav=Nav(group="五个层面", label="专业"),
    filters=(YEAR, filters.DEPARTMENT, SORT),
    load=lambda view: Majors(view=view),
    heading=heading,
    panels=(
        Panel(name="summary", title="概况", draw=draw_summary, height=100, is_framed=False),
        Panel(name="quadrant", title="保障度 × 质量度", unit="分", draw=draw_quadrant, columns=7, height=380),
        Panel(name="warnings", title="预警与动态调整", draw=draw_warnings, columns=5, height=380),
        Panel(name="ranking", title="排名", unit="分", draw=draw_ranking, height=1500, wave=2),
        Panel(name="sensitivity", title="权重敏感性", draw=draw_sensitivity, height=320, wave=2),
    ),
)
