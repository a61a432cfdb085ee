"""指标库: every indicator with its place, its lines and its value at the viewer's own node; each leads to its card."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from dash import dcc, html
from dash.development.base_component import Component

from dashboards import filters, ids
from dashboards.number import Number, entity_of, of_reading
from dashboards.overview import WITHHELD, reading_period
from dashboards.own_nodes import own_nodes
from dashboards.page import Filter, Heading, Kind, Nav, Page, Panel, Place, View
from dashboards.services import Services
from data_access.access.permissions import Permission
from data_access.access.scope import Scope
from indicators.model import FIVE_SYSTEMS
from indicators.results import Reading, State
from indicators.shelf import LAYERS, Entry, cells
from layouts import format as fmt
from layouts import states, table
from layouts.controls import Option
from layouts.panel import Content
from layouts.shell import Crumb

ROWS_PER_PAGE: Final = 40
KINDS_ZH: Final[Mapping[str, str]] = {"week": "每周", "month": "每月", "term": "每学期", "year": "每年"}
NOT_JUDGED: Final = "neutral"
_STATES: Final[Mapping[str, State]] = {
    "reached": State.REACHED, "watch": State.WATCH, "warning": State.WARNING, "alert": State.ALERT,
    "none": State.NO_DATA,
}  # fmt: skip
ANY: Final = "all"
_KEYS: Final = {state: key for key, state in _STATES.items()}
_ANY: Final = Option(value=ANY, label="全部")


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """The data of one view of the page; every part is fetched when first needed, and once."""

    view: View

    @cached_property
    def whole(self) -> Sequence[Entry]:
        """All indicators of the library."""
        return self.view.services.library.entries()

    @cached_property
    def node(self) -> tuple[str, int] | None:
        """Level and key of the node whose values are shown; None where the viewer has no figures of any."""
        return entity_of(self.view["of"])

    @property
    def node_name(self) -> str:
        """The name of that node."""
        options = self.view.choices["of"].options
        return next((option.label for option in options if option.value == self.view["of"]), "")

    @cached_property
    def passing(self) -> Sequence[Entry]:
        """The indicators that pass the filters by definition."""
        return self.narrowed()

    def narrowed(self, *left_out: str) -> Sequence[Entry]:
        """The same, with the filters in `left_out` not applied."""
        wanted = {name: self.view[name] for name in _FIELDS if self.view[name] != ANY and name not in left_out}
        words = self.view["q"].lower().split()
        return [
            entry
            for entry in self.whole
            if all(_FIELDS[name](entry) == value for name, value in wanted.items())
            and (not words or entry.matches(words))
        ]

    @cached_property
    def chosen(self) -> Sequence[Entry]:
        """The indicators listed, in the order of the library."""
        wanted = self.view["state"]
        if wanted == ANY:
            return self.passing
        return [entry for entry in self.passing if self.states[entry.code] == wanted]

    @cached_property
    def part(self) -> table.Slice:
        """Which of them are on the page."""
        return filters.slice_of(self.view, len(self.chosen), size=ROWS_PER_PAGE)

    @cached_property
    def shown(self) -> Sequence[Entry]:
        """The indicators on the page."""
        return self.chosen[self.part.start : self.part.stop]

    @cached_property
    def readings(self) -> Mapping[str, Reading]:
        """The values at the node by code; those that it has none of, or that are out of scope, are left out."""
        if self.node is None:
            return {}
        level, node_id = self.node
        codes = [entry.code for entry in self.passing if level in entry.levels]
        values = self.view.services.values
        found = values.readings(codes, level, node_id, until=values.data_date(), scope=self.view.scope)
        return {reading.info.code: reading for reading in found}

    @cached_property
    def states(self) -> Mapping[str, str]:
        """The state at the node of every indicator that passes, as addresses write it, by code."""
        return {entry.code: state_key(self.readings.get(entry.code)) for entry in self.passing}


def state_key(reading: Reading | None) -> str:
    """The state of a reading as addresses write it; ``neutral`` for a number without lines."""
    if reading is None or reading.latest.value is None:
        return "none"
    if reading.info.target is None:
        return NOT_JUDGED
    return _KEYS[reading.state]


def _of_options(services: Services, scope: Scope) -> Sequence[Option]:
    nodes = own_nodes(services.viewer(), scope)
    return [Option(value=node.key, label=node.name) for node in nodes] or [Option(value="", label="没有数值")]


_FIELDS: Final[Mapping[str, Callable[[Entry], str]]] = {
    "layer": lambda entry: entry.layer,
    "system": lambda entry: entry.five_system,
    "dimension": lambda entry: entry.dimension,
    "kind": lambda entry: entry.info.period,
    "owner": lambda entry: entry.department,
}
"""Filters by what an indicator is, and the field that each compares."""


def _named(values: Sequence[str]) -> Callable[[Services, Scope], Sequence[Option]]:
    return lambda _services, _scope: [_ANY, *(Option(value=value, label=value) for value in values)]


def _found(field: str) -> Callable[[Services, Scope], Sequence[Option]]:
    """The values that a field takes in the library, in its order."""

    def options(services: Services, _scope: Scope) -> Sequence[Option]:
        values = dict.fromkeys(_FIELDS[field](entry) for entry in services.library.entries())
        return [_ANY, *(Option(value=value, label=value) for value in values)]

    return options


def _kinds(_services: Services, _scope: Scope) -> Sequence[Option]:
    return [_ANY, *(Option(value=kind, label=name) for kind, name in KINDS_ZH.items())]


def _state_options(_services: Services, _scope: Scope) -> Sequence[Option]:
    judged = [Option(value=key, label=f"{states.SHAPES[state]} {state.value}") for key, state in _STATES.items()]
    return [_ANY, *judged, Option(value=NOT_JUDGED, label="不评判")]


def heading(data: Catalogue) -> Heading:
    """How many indicators there are, and that there are no values where the viewer sees none."""
    facts = [f"{len(data.whole)} 个指标"]
    facts += [] if data.node is not None else ["你的岗位只看定义，没有数值"]
    return Heading(title="指标库", facts=facts, crumbs=(Crumb(label="指标库"),))


def draw_cells(data: Catalogue) -> Content:
    """五横×五纵: how many indicators stand where; a click lists those of the cell."""
    passing = data.narrowed("layer", "system")
    counted = cells(passing)
    layer, system = data.view["layer"], data.view["system"]

    def cell(row: str, column: str, count: int) -> table.Cell:
        is_on = bool(row or column) and (layer, system) == (row or ANY, column or ANY)
        changes = {"layer": "", "system": ""} if is_on else {"layer": row, "system": column}
        if not count:
            return table.Marked(text="0", name="is-nothing")
        return table.Linked(text=str(count), href=data.view.link(page="", **changes), is_in_place=True, is_on=is_on)

    heads = [
        table.Column(title="层面", is_heading=True),
        *(table.Column(title=name, is_number=True) for name in (*FIVE_SYSTEMS, "合计")),
    ]
    rows: list[list[table.Cell]] = [
        [
            name,
            *(cell(name, column, counted[name, column]) for column in FIVE_SYSTEMS),
            cell(name, "", sum(counted[name, column] for column in FIVE_SYSTEMS)),
        ]
        for name in LAYERS
    ]
    totals = [cell("", column, sum(counted[name, column] for name in LAYERS)) for column in FIVE_SYSTEMS]
    rows.append(["合计", *totals, cell("", "", len(passing))])
    caption = "五个层面与五个系统下的指标个数"
    return Content(body=table.table(heads, rows, caption=caption, table_id=ids.table("indicators", "cells")))


def draw_states(data: Catalogue) -> Content:
    """How many of the indicators listed are in which state at the node; a click lists those alone."""
    if data.node is None:
        return Content(body=states.denied("你的岗位只看指标的定义，没有数值。"))
    counted = Counter(data.states.values())
    wanted = data.view["state"]
    items = []
    for key, label in (*((key, states.mark(state)) for key, state in _STATES.items()), (NOT_JUDGED, "不评判")):
        is_on = key == wanted
        items.append(
            html.Li(
                html.A(
                    [html.Span(label), html.Span(str(counted[key]), className="state-count")],
                    href=data.view.link(state="" if is_on else key, page=""),
                    className="in-place state-row" + (" is-on" if is_on else ""),
                )
            )
        )
    return Content(body=html.Ul(items, className="state-rows"), note=data.node_name)


def draw_list(data: Catalogue) -> Content:
    """The indicators with their values at the node, in the order of the library."""
    if not data.whole:
        return Content(body=states.message(states.UNCOMPUTED))
    if not data.part.total:
        return Content(body=_no_match(data))
    columns = [
        table.Column(title="编码", is_heading=True),
        table.Column(title="指标"),
        table.Column(title="层面 · 维度"),
        table.Column(title="系统"),
        table.Column(title=data.node_name or "数值", is_number=True),
        table.Column(title="时段"),
        table.Column(title="目标", is_number=True),
        table.Column(title="预警", is_number=True),
        table.Column(title="周期"),
        table.Column(title="责任部门"),
    ]
    rows = [_row(entry, data.readings.get(entry.code)) for entry in data.shown]
    library, version = data.view.services.values.versions()
    pager = table.pager(
        data.part, noun="个指标", link=lambda number: data.view.link(page=str(number)), is_in_place=True
    )
    listed = table.table(columns, rows, caption="指标一览", table_id=ids.table("indicators", "list"))
    until = fmt.day(data.view.services.values.data_date())
    return Content(body=[listed, pager], note=f"数据截至 {until} · 指标库 {library} · 数据版本 {version}")


def _row(entry: Entry, reading: Reading | None) -> list[table.Cell]:
    number = Number(code=entry.code) if reading is None else of_reading(reading)
    info = entry.info
    return [
        table.Linked(text=entry.code, href=number.href),
        table.Linked(text=info.name_zh, href=number.href),
        f"{entry.layer} · {entry.dimension}",
        entry.five_system,
        _value(reading),
        reading_period(reading) if reading is not None and reading.latest.value is not None else fmt.NO_VALUE,
        fmt.line(info.target, info.unit),
        fmt.line(info.warning, info.unit),
        KINDS_ZH[info.period],
        entry.department,
    ]


def _value(reading: Reading | None) -> table.Cell:
    if reading is None:
        return fmt.NO_VALUE
    if reading.latest.is_suppressed:
        return table.Marked(text=WITHHELD, name="is-withheld")
    text = fmt.with_unit(reading.latest.value, reading.info.unit, lines=reading.info.lines)
    return text if reading.info.target is None else table.Valued(text=text, state=reading.state)


def _no_match(data: Catalogue) -> Component:
    asked = [
        next((option.label for option in choice.options if option.value == choice.value), choice.value)
        for name, choice in data.view.choices.items()
        if name not in {"of", "page"} and choice.value != choice.default
    ]
    cleared = dict.fromkeys((*_FIELDS, "q", "state", "page"), "")
    message = states.Message(
        kind="empty",
        title="没有符合条件的指标",
        detail=f"条件：{'、'.join(asked)}。指标库共有 {len(data.whole)} 个指标。",
    )
    return html.Div(
        [
            states.message(message),
            html.P(dcc.Link("清除这些条件", href=data.view.link(**cleared)), className="panel-tail"),
        ]
    )


PAGE: Final = Page(
    name="indicators",
    path="/indicators",
    title="指标库",
    requires=Permission.INDICATOR_VIEW,
    nav=Nav(group="依据与产出", label="指标库"),
    filters=(
        Filter(name="of", label="数值", kind=Kind.SELECT, options=_of_options, is_hidden_alone=True),
        Filter(name="q", label="搜索编码、名称或定义", kind=Kind.SEARCH, place=Place.TOOLS),
        Filter(name="layer", label="层面", kind=Kind.SELECT, place=Place.TOOLS, options=_named(LAYERS)),
        Filter(name="system", label="系统", kind=Kind.SELECT, place=Place.TOOLS, options=_named(FIVE_SYSTEMS)),
        Filter(name="dimension", label="维度", kind=Kind.SELECT, place=Place.TOOLS, options=_found("dimension")),
        Filter(name="kind", label="周期", kind=Kind.SELECT, place=Place.TOOLS, options=_kinds),
        Filter(name="owner", label="责任部门", kind=Kind.SELECT, place=Place.TOOLS, options=_found("owner")),
        Filter(name="state", label="状态", kind=Kind.SELECT, place=Place.TOOLS, options=_state_options),
        filters.PAGE_NUMBER,
    ),
    load=lambda view: Catalogue(view=view),
    heading=heading,
    panels=(
        Panel(name="cells", title="五横五纵", draw=draw_cells, columns=8, height=200),
        Panel(name="states", title="状态", draw=draw_states, columns=4, height=200),
        Panel(name="list", title="指标", draw=draw_list, height=1200),
    ),
)
