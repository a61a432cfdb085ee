"""What the departments add to the school's figures: contribution to a rate (S34), enrolment, employment, service (S74)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from dash.development.base_component import Component

from dashboards import ids
from dashboards.number import Number
from dashboards.overview import link_of, named_cell, valued
from dashboards.page import Filter, Kind, Place
from dashboards.school_data import OUTCOMES, ROLLED, School
from dashboards.services import Services
from data_access.access.scope import Scope
from indicators.contributions import Contribution, contributions
from indicators.results import IndicatorInfo, Standing
from layouts import format as fmt
from layouts import states, table
from layouts.controls import Option
from layouts.figures.gauges import Gauge, Scale, gauges
from layouts.graph import graph
from layouts.panel import Content
from layouts.sheet import Sheet

_Count = tuple[str, str]
"""Code of a rate, and which of its two counts."""
NOT_SHOWN: Final = "你的岗位只看全校汇总；各系部的数字由校领导、质量办和本系部的岗位查看。"

FUNNEL: Final[Sequence[tuple[str, _Count, _Count | None]]] = (
    ("招生计划", ("MAJ-ADA-03", "denominator"), None),
    ("录取", ("MAJ-ADA-04", "denominator"), ("MAJ-ADA-03", "denominator")),
    ("报到", ("MAJ-ADA-04", "numerator"), ("MAJ-ADA-04", "denominator")),
    ("毕业生", ("MAJ-QUA-04", "denominator"), None),
    ("落实去向", ("MAJ-QUA-04", "numerator"), ("MAJ-QUA-04", "denominator")),
    ("就业", ("MAJ-QUA-05", "denominator"), ("MAJ-QUA-04", "numerator")),
    ("专业对口", ("MAJ-QUA-05", "numerator"), ("MAJ-QUA-05", "denominator")),
)
"""Steps by the counts behind rates, and the step before each: two funnels, one of those who come, one of those who go."""


def _items(services: Services, _scope: Scope) -> Sequence[Option]:
    names = {entry.code: entry.info.name_zh for entry in services.library.entries()}
    return [Option(value=code, label=fmt.short_name(names[code])) for code in ROLLED if code in names] or [
        Option(value="", label="没有可分解的指标")
    ]


ITEM: Final = Filter(
    name="item", label="分解的指标", kind=Kind.SELECT, place=Place.TOOLS, options=_items, is_hidden_alone=True
)


def draw_parts(data: School) -> Content:
    """By how many points each department moves the chosen rate of the school up or down."""
    if not data.sees_departments:
        return Content(body=states.denied(NOT_SHOWN))
    standing = data.parts.standings.get(data.view["item"])
    focus = None if standing is None else standing.focus
    if standing is None or focus is None:
        return Content(body=states.empty("这个指标没有分系部的数值。"))
    rate, parts = contributions(standing, focus)
    if not parts:
        return Content(body=states.empty("这个指标不是比率，不能分解到系部。"))
    info, period = standing.info, standing.frame.periods[focus]
    ordered = sorted(parts, key=lambda part: (part.points, part.entity.entity_id))
    reach = max([1e-6, *(abs(part.points) for part in parts)]) * 1.15
    figure = gauges(
        [_part(info, part, period.key) for part in ordered],
        Scale(low=-reach, high=reach, lines=((0.0, f"全校 {fmt.with_unit(rate, info.unit)}"),), has_bars=True),
        left=150,
        right=186,
    )
    sheet = Sheet(
        title=f"{info.name_zh}各系部贡献",
        columns=("系部", f"{info.name_zh}({info.unit})", "占比(%)", "对全校的贡献(个百分点)"),
        rows=[(part.entity.name, part.value, 100 * part.weight, part.points) for part in ordered],
    )
    chart = graph(figure, label=f"各系部对全校{info.name_zh}的贡献", graph_id=ids.chart("school", "parts"), sheet=sheet)
    number = Number(code=info.code, level="school", entity_id=1, period=period.key)
    return Content(
        body=chart,
        note=f"{info.name_zh} · {period.label} · 拉低最多的在上",
        number=number.href,
    )


def _part(info: IndicatorInfo, part: Contribution, period: str) -> Gauge:
    number = Number(code=info.code, level="dept", entity_id=part.entity.entity_id, period=period)
    sign = "+" if part.points > 0 else "−" if part.points < 0 else ""
    return Gauge(
        label=part.entity.name,
        place=part.points,
        text=f"<b>{fmt.with_unit(part.value, info.unit)}</b>  {sign}{abs(part.points):.2f} 点 · 占 {100 * part.weight:.0f}%",
        state=None if info.target is None else info.judge(part.value),
        href=number.href,
    )


def draw_funnels(data: School) -> Content:
    """From the plan of enrolment to registration, and from graduates to work in their field, for the whole school."""
    found = data.view.services.values.readings(OUTCOMES[:4], "school", 1, until=data.until, scope=data.view.scope)
    points = {reading.info.code: reading.latest for reading in found}
    counts = {
        (code, part): getattr(point, part) for code, point in points.items() for part in ("numerator", "denominator")
    }
    known = [
        (name, count, None if above is None else counts.get(above))
        for name, own, above in FUNNEL
        if (count := counts.get(own))
    ]
    if not known:
        return Content(body=states.empty("招生与毕业生的数据还没有导入，或不在你的数据范围内。"))
    period = next(point.period.label for point in points.values())
    rows = [
        Gauge(
            label=name,
            place=count,
            text=f"<b>{fmt.number(count, digits=0)} 人</b>" + (f"  占上一步 {100 * count / base:.1f}%" if base else ""),
        )
        for name, count, base in known
    ]
    largest = max(count for _, count, _ in known)
    figure = gauges(rows, Scale(low=0, high=largest * 1.06, has_bars=True), left=84, right=196)
    sheet = Sheet(
        title="招生与就业",
        columns=("环节", "人数(人)", "占上一步(%)"),
        rows=[(name, count, 100 * count / base if base else None) for name, count, base in known],
    )
    return Content(body=graph(figure, label="招生与就业各环节人数", sheet=sheet), note=f"全校 · {period}")


def draw_outcomes(data: School) -> Content:
    """Enrolment, employment, research and service of each department side by side."""
    if not data.sees_departments:
        return Content(body=states.denied(NOT_SHOWN))
    board = data.outcomes
    columns = [(code, board.standings[code]) for code in OUTCOMES if code in board.standings]
    rates = [standing for _, standing in columns if standing.info.unit == "%"]  # of sums, no rows are nought
    rows = [row for row in range(len(board.entities)) if any(_value(rate, row) is not None for rate in rates)]
    if not rows:
        return Content(body=states.empty("各系部的招生、就业、科研与服务数据还没有导入，或不在你的数据范围内。"))
    link = link_of(data.viewer, "dept")
    heads = [
        table.Column(title="系部", is_heading=True),
        *(table.Column(title=fmt.short_name(standing.info.name_zh), is_number=True) for _, standing in columns),
    ]
    drawn: Component = table.table(
        heads,
        [
            [
                named_cell(board.entities[row].name, board.entities[row].entity_id, link),
                *(valued(_value(standing, row), standing.info) for _, standing in columns),
            ]
            for row in rows
        ],
        caption="各系部招生、就业、科研与社会服务",
        table_id=ids.table("school", "outcomes"),
    )
    label = next((s.frame.periods[s.focus].label for _, s in columns if s.focus is not None), "")
    return Content(body=drawn, note=f"{len(rows)} 个部门 · {label}")


def _value(standing: Standing, row: int) -> float | None:
    if standing.focus is None:
        return None
    value = float(standing.frame.value[row, standing.focus])
    return None if math.isnan(value) else value
