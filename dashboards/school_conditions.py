"""What the school's figures are held against: the lines of the state for basic conditions (S72), and peers (S10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dash import html

from dashboards import ids
from dashboards.number import of_reading
from dashboards.page import Filter, Kind, Place
from dashboards.school_data import School
from dashboards.services import Services
from data_access.access.scope import Scope
from indicators.benchmarks import Benchmark
from indicators.results import Line, Reading, State
from indicators.shelf import Entry
from layouts import format as fmt
from layouts import states
from layouts.controls import Option
from layouts.figures.gauges import Gauge, Mark, Scale, gauges
from layouts.graph import graph
from layouts.panel import Content
from layouts.sheet import Sheet

CONDITIONS: Final = "层次"
"""Dimension of the indicators of basic conditions."""
SHARE: Final = "SCH-QLT-12"
"""核心指标达到同类中位数比例."""
_PEERS: Final = ("同类院校", "本省高职", "全国高职", "国家示范")
_PASS: Final = 100.0
"""Where the pass line stands on the scale of conditions, on which values are percents of it."""


def _peers(_services: Services, _scope: Scope) -> Sequence[Option]:
    return [Option(value=name, label=name) for name in _PEERS]


PEERS: Final = Filter(name="peers", label="参照组", kind=Kind.SELECT, place=Place.TOOLS, options=_peers)


@dataclass(frozen=True, kw_only=True)
class Condition:
    """A basic condition: what the state wants of it, where the library names the state as the source of a line.

    Attributes:
        passed: the line to pass (合格).
        restricted: the line beyond which enrolment is restricted (限制招生); None where the state has set none.
    """

    entry: Entry
    reading: Reading
    passed: float
    restricted: float | None

    def place(self, value: float | None) -> float | None:
        """A value in percent of the pass line, turned round where lower is better."""
        if not value:
            return None
        return _PASS * (self.passed / value if self.entry.info.direction == "lower" else value / self.passed)


def conditions_of(data: School) -> Sequence[Condition]:
    """The basic conditions that the state has set a line for, by code."""
    found = []
    for code, reading in data.readings.items():
        entry = data.entries[code]
        if entry.dimension != CONDITIONS or reading.latest.value is None:
            continue
        sources: Mapping[str, Any] = entry.block.get("value_source") or {}
        norms = [
            number
            for field, line in (("warning", entry.info.warning), ("alert", entry.info.alert))
            if sources.get(field) == "norm" and (number := _number(line))
        ]
        if norms:
            found.append(
                Condition(entry=entry, reading=reading, passed=norms[0], restricted=norms[1] if norms[1:] else None)
            )
    return found


def draw_conditions(data: School) -> Content:
    """Each condition as a bar against the line to pass, the line that restricts enrolment, and the own target."""
    shown = conditions_of(data)
    if not shown:
        return Content(body=states.empty("基本办学条件的指标还没有计算，或不在你的数据范围内。"))
    scale = Scale(low=0, high=200, lines=((_PASS, "合格线"),), has_bars=True)
    sheet = Sheet(
        title="基本办学条件",
        columns=("指标", "单位", "本校", "合格线", "限制招生线", "本校目标", "依据"),
        rows=[
            (
                one.entry.info.name_zh,
                one.entry.info.unit,
                one.reading.latest.value,
                one.passed,
                one.restricted,
                _number(one.entry.info.target),
                one.entry.text("norm_ref"),
            )
            for one in shown
        ],
    )
    chart = graph(
        gauges([_gauge(one) for one in shown], scale, left=206, right=176),
        label="基本办学条件与国家合格线、限制招生线",
        graph_id=ids.chart("school", "conditions"),
        sheet=sheet,
    )
    key = html.P("┃ 限制招生线　◇ 本校目标　条形按合格线折算，过虚线即合格，越长越好", className="chart-key")
    return Content(body=[chart, key, _sources(shown)], note="国家合格线与限制招生线")


def _gauge(one: Condition) -> Gauge:
    info = one.entry.info
    marks = []
    if (place := one.place(one.restricted)) is not None:
        words = f"限制招生线 {fmt.line(one.restricted, info.unit)}"
        marks.append(Mark(place=place, symbol="line-ns-open", text=words))
    if (place := one.place(_number(info.target))) is not None:
        words = f"本校目标 {fmt.line(info.target, info.unit)}"
        marks.append(Mark(place=place, symbol="diamond-tall", text=words, is_strong=False))
    return Gauge(
        label=info.name_zh,
        place=one.place(one.reading.latest.value),
        text=f"<b>{fmt.with_unit(one.reading.latest.value, info.unit)}</b>  合格 {fmt.line(one.passed)}",
        state=one.reading.state,
        marks=marks,
        href=of_reading(one.reading).href,
    )


def _number(line: Line | None) -> float | None:
    return float(line) if isinstance(line, int | float) else None


def _sources(shown: Sequence[Condition]) -> html.Details:
    items = [html.Li([html.Strong(one.entry.info.name_zh), html.Span(one.entry.text("norm_ref"))]) for one in shown]
    return html.Details([html.Summary("各条线的依据"), html.Ul(items)], className="norm-sources", open=True)


def draw_peers(data: School) -> Content:
    """The core indicators of the school within the middle half of the chosen peers, and how many reach their median."""
    shown = [
        (benchmark, data.readings[code], value)
        for code, benchmark in data.benchmarks.items()
        if benchmark.is_core and code in data.readings and (value := data.readings[code].latest.value) is not None
    ]
    if not shown:
        return Content(body=states.empty(f"{data.view['peers']}的标杆数据还没有导入，或本校没有可以比较的数值。"))
    reached = sum(benchmark.is_reached(value, reading.info) for benchmark, reading, value in shown)
    rows = [_peer(benchmark, reading, value) for benchmark, reading, value in shown]
    scale = Scale(low=-1, high=2, lines=((0, "较差四分位"), (1, "较好四分位")), band=(0, 1))
    sheet = Sheet(
        title=f"与{data.view['peers']}比较",
        columns=("指标", "单位", "本校", "25分位", "中位数", "75分位", "与中位数之差"),
        rows=[
            (r.info.name_zh, r.info.unit, value, b.low, b.median, b.high, round(value - b.median, 4))
            for b, r, value in shown
        ],
    )
    chart = graph(
        gauges(rows, scale, left=206, right=206),
        label=f"核心指标在{data.view['peers']}中的位置",
        graph_id=ids.chart("school", "peers"),
        sheet=sheet,
    )
    year = shown[0][0].year
    stored = data.readings.get(SHARE)
    tail = "竖线为同类中位数，底色为中间一半院校；箭头表示超出图幅。"
    if stored is not None and stored.latest.value is not None:
        tail += f"指标库“{stored.info.name_zh}” {fmt.with_unit(stored.latest.value, stored.info.unit)}（{stored.latest.period.label}）。"
    return Content(
        body=[chart, html.P(tail, className="panel-tail")],
        note=f"{data.view['peers']} {year}年 · {reached}/{len(shown)} 项核心指标达到中位数（{100 * reached / len(shown):.0f}%）",
    )


def _peer(benchmark: Benchmark, reading: Reading, value: float) -> Gauge:
    info = reading.info
    median = benchmark.place(benchmark.median, info)
    text = f"中位数 {fmt.with_unit(benchmark.median, info.unit)}"
    marks = [] if median is None else [Mark(place=median, symbol="line-ns-open", text=text)]
    is_reached = benchmark.is_reached(value, info)
    return Gauge(
        label=fmt.short_name(info.name_zh),
        place=benchmark.place(value, info),
        text=f"<b>{fmt.with_unit(value, info.unit)}</b>  中位 {fmt.number(benchmark.median)}",
        state=State.REACHED if is_reached else State.WATCH,
        marks=marks,
        href=of_reading(reading).href,
    )
