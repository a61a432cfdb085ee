"""The lower half of a number's card: its definition, the one row of 表5, and where it is used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from dash import dcc, html
from dash.development.base_component import Component

from dashboards import query
from dashboards.desks import DESKS
from dashboards.entitlements import LEVELS_ZH
from dashboards.indicator_view import Card
from dashboards.indicators import KINDS_ZH
from dashboards.number import Number
from dashboards.overview import WITHHELD
from dashboards.page import View
from dashboards.wording import moment
from data_access.access.permissions import Permission
from data_access.access.roles import ROLES
from indicators.shelf import Entry
from indicators.uses import uses_of
from layouts import format as fmt
from layouts.panel import Content
from layouts.sheet import Sheet

Pairs = Sequence[tuple[str, Component | str]]

DIRECTIONS_ZH: Final[Mapping[str, str]] = {"higher": "越高越好", "lower": "越低越好", "target": "落在区间内为好"}
NEUTRAL: Final = "只作了解，不评判"
CHARTS_ZH: Final[Mapping[str, str]] = {
    "line": "折线图", "bar": "柱状图", "stacked_bar": "堆叠柱状图", "gauge": "仪表图", "bullet": "子弹图",
    "radar": "雷达图", "heatmap": "热力图", "calendar_heatmap": "日历热力图", "boxplot": "箱线图", "histogram": "直方图",
    "scatter": "散点图", "funnel": "漏斗图", "treemap": "矩形树图", "waterfall": "瀑布图", "control_chart": "控制图",
    "sankey": "桑基图", "kpi_card": "数字卡", "table": "表格",
}  # fmt: skip
_SET_BY: Final[Mapping[str, str]] = {"plan": "诊改方案", "norm": "国家或行业规范", "proposed": "平台建议值，待学校校准"}
_CHECKED: Final[Mapping[str, str]] = {"verified": "已核对原文", "partly": "部分核对", "memory": "待核对原文"}
_RECORDED: Final[Mapping[str, str]] = {"plan": "方案规定", "inferred": "由方案推定", "proposed": "平台建议"}
_PAGES: Final = (
    ("学校", "学校层面", "/school", Permission.SCHOOL_VIEW),
    ("专业", "专业层面", "/majors", Permission.MAJOR_VIEW),
    ("课程", "课程层面", "/courses", Permission.COURSE_VIEW),
    ("教师", "教师层面", "/teachers", Permission.TEACHER_VIEW),
    ("学生", "学生层面", "/students", Permission.CLASS_VIEW),
)
"""Page of each layer."""
TABLE_5: Final = (
    "诊断项目", "诊断要素", "诊断点/质控指标", "主要工作", "诊断标准", "测量数据内涵", "预警值", "测量结果", "表现形式",
)  # fmt: skip
"""The nine columns of 泰山 表5."""


def draw_definition(data: Card) -> Content:
    """Definition, formula in words and in SQL, lines and who set them, who answers, where the facts come from."""
    entry, wording = data.entry, data.wording
    return Content(
        body=[
            _pairs(
                (
                    ("定义", entry.info.definition_zh),
                    ("算法", wording.formula or "公式无法解读"),
                    *([("计入", "；".join(wording.remarks))] if wording.remarks else []),
                    ("公式", html.Code(entry.info.formula)),
                )
            ),
            _pairs(_lines(entry)),
            _pairs(_owners(entry)),
            _sources(data),
        ]
    )


def _lines(entry: Entry) -> Pairs:
    """The three lines, and where each comes from."""
    info, source = entry.info, entry.block.get("value_source") or {}
    checked = _CHECKED.get(entry.text("norm_check"), "")
    norm = f"{entry.text('norm_ref')}{f'（{checked}）' if checked else ''}"
    lines = (("目标值", "target", info.target), ("预警值", "warning", info.warning), ("警戒值", "alert", info.alert))
    return (
        *(
            (name, f"{fmt.line(line, info.unit)}　{_SET_BY.get(source.get(field, ''), '')}")
            for name, field, line in lines
            if line is not None
        ),
        (
            "方向",
            NEUTRAL if info.target is None else f"{DIRECTIONS_ZH[info.direction]}，按{LEVELS_ZH[entry.level]}设定",
        ),
        *([("依据规范", norm)] if entry.text("norm_ref") else []),
        *([("方案出处", entry.text("plan_ref"))] if entry.text("plan_ref") else []),
    )


def _owners(entry: Entry) -> Pairs:
    collected = " · ".join(part for part in (entry.text("collection_point"), entry.text("collector")) if part)
    said_by = _RECORDED.get(entry.text("collection_source"), "")
    levels = "、".join(LEVELS_ZH[level] for level in entry.levels)
    topics = "、".join(sorted(entry.info.about.topics))
    privacy = entry.info.about.privacy.name_zh
    return (
        ("责任部门", entry.department),
        ("周期", " · ".join((KINDS_ZH[entry.kinds[0]], *(f"{KINDS_ZH[kind]}（至今）" for kind in entry.kinds[1:])))),
        ("可看层级", levels),
        *([("采集", f"{collected}{f'（{said_by}）' if said_by else ''}")] if collected else []),
        ("密级", f"{privacy}{f'：{topics}' if topics else ''}"),
    )


def _sources(data: Card) -> Component:
    """The source system and the tables read, with the day of their last load."""
    loads = data.view.services.library.loads(list(data.wording.tables))
    items = []
    for table, name in data.wording.tables.items():
        load = loads.get(table)
        said = f"{moment(load.committed_at)} 装载，数据版本 {load.data_version}" if load else "尚未装载"
        items.append(html.Li([html.Span(name), html.Code(table), html.Span(said, className="source-load")]))
    system = data.entry.info.source
    viewer = data.view.services.viewer()
    link = [dcc.Link("看来源是否及时 →", href="/data")] if viewer.may(Permission.DATA_VIEW) else []
    return html.Div(
        [_pairs((("源系统", system),)), html.Ul(items, className="sources"), html.P(link, className="panel-tail")]
    )


def _pairs(pairs: Pairs) -> Component:
    return html.Dl([part for name, value in pairs for part in (html.Dt(name), html.Dd(value))], className="definition")


def draw_row(data: Card) -> Content:
    """The indicator as one row of 表5, in its nine columns."""
    entry, info = data.entry, data.entry.info
    standard = (
        entry.text("standard_zh") or f"目标值 {fmt.line(info.target, info.unit)}，{DIRECTIONS_ZH[info.direction]}"
    )
    cells = (
        entry.item,
        entry.text("diag_element"),
        f"{info.name_zh}（{info.code}）",
        entry.text("main_work"),
        standard,
        f"{info.definition_zh}{f' 算法：{data.wording.formula}' if data.wording.formula else ''}",
        NEUTRAL
        if info.warning is None
        else f"预警 {fmt.line(info.warning, info.unit)}；警戒 {fmt.line(info.alert, info.unit)}",
        measured(data),
        CHARTS_ZH.get(entry.text("chart"), entry.text("chart")),
    )
    head = html.Thead(html.Tr([html.Th(name, scope="col") for name in TABLE_5]))
    body = html.Tbody(html.Tr([html.Td(text) for text in cells]))
    caption = html.Caption("内部质量保证体系诊断要素（表5）", className="visually-hidden")
    return Content(
        body=html.Div(html.Table([caption, head, body], className="table-5"), className="table-scroll"),
        note="九栏一行，打印本页即得这一行",
        sheets=[Sheet(title="诊断要素（表5）", columns=TABLE_5, rows=[cells])],
    )


def measured(data: Card) -> str:
    """测量结果: the number shown with whose and which period it is; why there is none, where there is none."""
    if data.course is None or data.place is None:
        return data.missing or fmt.NO_VALUE
    point, info = data.course.point, data.course.info
    value = WITHHELD if point.is_suppressed else fmt.with_unit(point.value, info.unit)
    is_judged = point.value is not None and info.target is not None
    state = f"，{info.judge(point.value)}" if is_judged else ""
    return f"{data.place.name} {point.period.label}：{value}{state}"


def draw_uses(data: Card) -> Content:
    """Where the indicator is used, and what else belongs to its dimension."""
    entry = data.entry
    uses = uses_of(entry.code)
    cell = query.link("/indicators", {"layer": entry.layer, "system": entry.five_system})
    pairs: list[tuple[str, Component | str]] = [
        ("五横五纵", dcc.Link(f"{entry.layer} × {entry.five_system}", href=cell)),
        ("维度", dcc.Link(entry.dimension, href=query.link("/indicators", {"layer": entry.layer, "dimension": entry.dimension}))),
    ]  # fmt: skip
    if uses.dimensions:
        pairs.append(("专业八维", "、".join(uses.dimensions)))
    if uses.accounts:
        pairs.append(("储值卡", f"{'、'.join(uses.accounts)}账户的采分点"))
    if uses.risks:
        pairs.append(("风险提示", "、".join(uses.risks)))
    pairs.append(("页面", _pages(data.view, entry)))
    pairs.append(("同维度", _related(data)))
    return Content(body=_pairs(pairs))


def _pages(view: View, entry: Entry) -> Component:
    """The homes that show the indicator by role, and the page of its layer."""
    viewer = view.services.viewer()
    shown: list[Component | str] = [
        dcc.Link(label, href=href)
        for layer, label, href, permission in _PAGES
        if layer == entry.layer and viewer.may(permission)
    ]
    roles = [ROLES[role].name_zh for role, desk in DESKS.items() if entry.code in (*desk.codes, desk.trend)]
    if roles:
        shown.append(html.Span(f"首页（{'、'.join(dict.fromkeys(roles))}）"))
    return html.Span(shown, className="used-on") if shown else html.Span("指标库")


def _related(data: Card) -> Component:
    """The other indicators of the dimension, each with its own card for the same entity."""
    entry = data.entry
    place = data.place
    others = [
        other
        for other in data.view.services.library.entries()
        if (other.layer, other.dimension) == (entry.layer, entry.dimension) and other.code != entry.code
    ]
    links = []
    for other in others:
        is_here = place is not None and place.level in other.levels
        number = (
            Number(code=other.code, level=place.level, entity_id=place.entity_id)
            if place is not None and is_here
            else Number(code=other.code)
        )
        links.append(dcc.Link(other.info.name_zh, href=number.href, className="chip"))
    return html.Div(links, className="related")
