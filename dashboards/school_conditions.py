"""What the school's figures are held against: the lines of the state for basic conditions (S72), and peers (S10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


def draw_conditions(data: School) -> Content:
    """Each condition as a bar against the line to pass, the line below which enrolment is restricted, and the target."""
    found = [
        (data.entries[code], reading)
        for code, reading in data.readings.items()
        if data.entries[code].dimension == CONDITIONS and data.entries[code].text("norm_ref")
    ]
    shown = [(entry, reading) for entry, reading in found if reading.latest.value is not None]
    if not shown:
        return Content(body=states.empty("基本办学条件的指标还没有计算，或不在你的数据范围内。"))
    rows = [_condition(entry, reading) for entry, reading in shown]
    scale = Scale(low=0, high=200, lines=((_PASS, "合格线"),), has_bars=True)
    figure = gauges(rows, scale, left=206, right=176)
    sheet = Sheet(
        title="基本办学条件",
        columns=("指标", "单位", "本校", "合格线", "限制线", "目标", "依据"),
        rows=[
            (
                entry.info.name_zh,
                entry.info.unit,
                reading.latest.value,
                _number(entry.info.warning),
                _number(entry.info.alert),
                _number(entry.info.target),
                entry.text("norm_ref"),
            )
            for entry, reading in shown
        ],
    )
    chart = graph(figure, label="基本办学条件与合格线、限制线", graph_id=ids.chart("school", "conditions"), sheet=sheet)
    return Content(
        body=[chart, _key(), _sources([entry for entry, _ in shown])],
        note="按合格线折算，越长越好",
    )


def _condition(entry: Entry, reading: Reading) -> Gauge:
    info = entry.info
    named: tuple[tuple[str, str, Line | None, str], ...] = (
        ("限制线", "alert", info.alert, "line-ns-open"),
        ("合格线", "warning", info.warning, "line-ns-open"),
        ("目标", "target", info.target, "diamond-tall"),
    )
    marks = []
    for name, field, line, symbol in named:
        place = _place(entry, _number(line))
        if place is not None:
            is_norm = _sources_of_lines(entry).get(field) == "norm"
            words = f"{name} {fmt.line(line, info.unit)}（{'国家规定' if is_norm else '学校自定'}）"
            marks.append(Mark(place=place, symbol=symbol, text=words, is_strong=is_norm))
    return Gauge(
        label=info.name_zh,
        place=_place(entry, reading.latest.value),
        text=f"<b>{fmt.with_unit(reading.latest.value, info.unit)}</b>  合格 {fmt.line(info.warning)}",
        state=reading.state,
        marks=marks,
        href=of_reading(reading).href,
    )


def _sources_of_lines(entry: Entry) -> Mapping[str, Any]:
    found: Mapping[str, Any] = entry.block.get("value_source") or {}
    return found


def _place(entry: Entry, value: float | None) -> float | None:
    """A value in percent of the pass line, turned round where lower is better."""
    line = _number(entry.info.warning)
    if not line or not value:
        return None
    return _PASS * (line / value if entry.info.direction == "lower" else value / line)


def _number(line: Line | None) -> float | None:
    return float(line) if isinstance(line, int | float) else None


def _key() -> html.Ul:
    items = ("┃ 线：低于合格线为黄牌，低于限制线限制招生", "◆ 目标；空心为学校自定，实心为国家规定")
    return html.Ul([html.Li(text) for text in items], className="chart-key")


def _sources(entries: Sequence[Entry]) -> html.Details:
    items = [html.Li([html.Strong(entry.info.name_zh), html.Span(entry.text("norm_ref"))]) for entry in entries]
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
