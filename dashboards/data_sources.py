"""What the sources delivered, on the page of data: how many were in time, source by day, and batch by batch."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from dash import dcc, html
from dash.development.base_component import Component

from dashboards import filters, ids
from dashboards.data_imports import Imports
from dashboards.page import View
from data_access.access.privacy import Privacy, Subject
from data_access.access.roles import SCHOOL_ID
from data_access.contracts import contracts
from data_access.errors import UnknownNameError
from data_access.readers.loads import Load, Loads
from indicators.deliveries import RECENT_DAYS, WORDS, Delivery, Lines, Source, sources, state_of, together
from indicators.formula_words import table_name
from indicators.results import Board, IndicatorInfo, Reading, State
from layouts import format as fmt
from layouts import states, table, tiles
from layouts.figures.arrivals import Lane, arrivals, least_width, told
from layouts.graph import graph
from layouts.panel import Content
from layouts.sheet import Sheet

TIMELINESS, COMPLETENESS, ERRORS = "SCH-OPS-15", "SCH-OPS-16", "SCH-OPS-17"
CODES: Final = (TIMELINESS, COMPLETENESS, ERRORS)
DAYS: Final = 42
"""Six weeks."""
ROWS_SHOWN: Final = 20
"""Of deliveries, on one page."""
_PUBLIC: Final = Subject(privacy=Privacy.PUBLIC, owner="网络信息中心")
"""What figures about deliveries tell of, before any has been computed."""


@dataclass(frozen=True, kw_only=True)
class DataQuality:
    """The data of one view of the page; every part is fetched when first needed, and once."""

    view: View

    @cached_property
    def imports(self) -> Imports:
        """What the product itself imported."""
        return Imports(view=self.view)

    @cached_property
    def infos(self) -> Mapping[str, IndicatorInfo]:
        """The three indicators of the collection by code, as far as they have been computed."""
        found = {}
        for code in CODES:
            try:
                found[code] = self.view.services.values.indicator(code)
            except UnknownNameError:  # not computed yet: deliveries are read all the same
                continue
        return found

    @cached_property
    def _read(self) -> Loads:
        about = self.infos[TIMELINESS].about if TIMELINESS in self.infos else _PUBLIC
        return self.view.services.loads.loads(DAYS, about=about, scope=self.view.scope)

    @property
    def last(self) -> dt.date | None:
        """The last day on which anything was delivered; None where nothing ever was."""
        return self._read.last

    @property
    def loads(self) -> Sequence[Load]:
        """The deliveries of the last six weeks, newest first."""
        return self._read.found

    @cached_property
    def sources(self) -> Sequence[Source]:
        """The sources within the scope, those most in need first."""
        if self.last is None:
            return ()
        terms = self.view.services.values.terms()
        return sources(
            self._read,
            days=DAYS,
            is_term=lambda day: any(term.start <= day <= term.end for term in terms),
            lines=_lines(self.infos),
        )

    @property
    def chosen(self) -> Source | None:
        """The source asked for; None for all."""
        return next((source for source in self.sources if source.name == self.view["source"]), None)

    @property
    def day(self) -> dt.date | None:
        """The day asked for; None for all."""
        text = self.view["day"]
        try:
            return dt.date.fromisoformat(text) if text else None
        except ValueError:  # such as the 31st of February
            return None

    @cached_property
    def readings(self) -> Sequence[Reading]:
        """The three indicators of the collection, of the whole college."""
        values = self.view.services.values
        return values.readings(CODES, "school", SCHOOL_ID, until=values.data_date(), scope=self.view.scope)

    @cached_property
    def departments(self) -> Board:
        """The same of every department within the scope, in the last two weeks."""
        values = self.view.services.values
        return values.history(CODES, "dept", until=values.data_date(), last=2, scope=self.view.scope)


def _lines(infos: Mapping[str, IndicatorInfo]) -> Lines:
    """The warning lines of the library, so that the heatmap and the indicators agree on what is bad."""
    found = {
        name: float(line)
        for name, code in (("completeness", COMPLETENESS), ("errors", ERRORS))
        if isinstance(line := infos[code].warning if code in infos else None, int | float)
    }
    return Lines(**found)


def words_of(source: Source) -> str:
    """The state of a source in words, such as ``迟 2 天``."""
    if source.state is State.NO_DATA:
        return WORDS[source.state] if source.tables else f"停 {DAYS // 7} 周以上"
    if source.state is State.REACHED:
        return WORDS[source.state]
    return f"{WORDS[source.state]} {source.days_in_state} 天"


def _words_of_day(one: Delivery) -> str:
    if one.state is State.ALERT and one.tables > 1:
        return f"缺 {one.missing}/{one.tables} 表"
    return WORDS[one.state]


def why_nothing(data: DataQuality) -> Content | None:
    """Why there is no delivery to show; None where there is one."""
    if data.last is None:
        return Content(body=states.empty("还没有采集批次的记录（fact_data_load）。导入后这里按来源和日期列出。"))
    if not data.sources:
        reason = f"你的岗位所在部门不负责任何数据来源：全校最近一次到数在 {fmt.day(data.last)}，没有一个来源属于它。"
        return Content(body=states.empty(reason))
    return None


def draw_summary(data: DataQuality) -> Content:
    """How many sources deliver, and how much."""
    nothing = why_nothing(data)
    if nothing is not None:
        return nothing
    counted = {state: [one for one in data.sources if one.state is state] for state in State}
    week = together(one for source in data.sources for one in source.recent)
    on_time = None if not week.tables else 100 * (week.tables - week.late - week.missing) / week.tables
    items = [
        tiles.Tile(
            title="来源",
            value=str(len(data.sources)),
            unit="个",
            change=f"{_tables(data.sources)} 张表 · 到数至 {data.last:%m-%d}",
        ),
        *(
            tiles.Tile(
                title=title,
                value=str(len(counted[state])),
                unit="个",
                change=_names(counted[state]),
                state=state if counted[state] else None,
                hint="、".join(source.name for source in counted[state]),
            )
            for state, title in ((State.ALERT, "缺数来源"), (State.WARNING, "迟到来源"), (State.WATCH, "有差错来源"))
        ),
        tiles.Tile(title="近 7 天按时率", value=fmt.number(on_time), unit="%", change=f"{week.tables} 个批次"),
        tiles.Tile(
            title="近 7 天完整率",
            value=fmt.number(week.completeness),
            unit="%",
            change=f"实采 {week.loaded:,} 行",
        ),
        tiles.Tile(
            title="近 7 天差错率",
            value=fmt.number(week.error_rate, digits=2),
            unit="%",
            change=f"差错 {week.errors:,} 行",
        ),
    ]
    return Content(body=tiles.row(items))


def _tables(found: Sequence[Source]) -> int:
    return sum(len(source.tables) for source in found)


def _names(found: Sequence[Source]) -> str:
    """The first of the sources, and how many more there are."""
    if not found:
        return "无"
    first = found[0].name.partition("/")[0]
    return first if [first] == [source.name for source in found] else f"{first} 等"


def draw_arrivals(data: DataQuality) -> Content:
    """Sources × days; a click leads to the deliveries of that source and day."""
    nothing = why_nothing(data)
    if nothing is not None:
        return nothing
    days = data.sources[0].days
    lanes = [
        Lane(
            name=source.name,
            href=data.view.link(source=source.name, day="", page=""),
            states=[one.state for one in source.deliveries],
            told=[
                told(source.name, day, _words_of_day(one), expected=one.expected, loaded=one.loaded, errors=one.errors)
                for day, one in zip(days, source.deliveries, strict=True)
            ],
            note=f"{states.SHAPES[source.state]} {words_of(source)}",
        )
        for source in data.sources
    ]
    drawn = graph(
        arrivals(lanes, days, suffixes=[f"&day={day}" for day in days]),
        label=f"{len(lanes)} 个来源近六周逐日到数情况",
        graph_id=ids.chart("data", "arrivals"),
        min_width=least_width(len(days)),
        is_read_from_end=True,
        sheet=Sheet(
            title="来源逐日到数情况",
            columns=("来源", "责任部门", *(day.isoformat() for day in days)),
            rows=[
                (source.name, source.department, *(_words_of_day(one) for one in source.deliveries))
                for source in data.sources
            ],
        ),
    )
    return Content(
        body=[_legend(_lines(data.infos)), drawn],
        note=f"{fmt.span(days[0], days[-1])} · 右侧是近 {RECENT_DAYS} 天的状态 · 点一格看当天批次",
        card=data.infos.get(TIMELINESS),
        versions=data.view.services.values.versions(),
    )


def _legend(lines: Lines) -> Component:
    told_of = {
        State.REACHED: "按时、完整",
        State.WATCH: f"完整率低于 {lines.completeness:g}% 或差错率高于 {lines.errors:g}%",
        State.WARNING: "未按时到达",
        State.ALERT: "应到未到",
    }
    items = [
        html.Li([states.mark(state, WORDS[state]), html.Span(words, className="legend-bounds")])
        for state, words in told_of.items()
    ]
    return html.Ul([*items, html.Li("空白：当天无须到数")], className="legend", **{"aria-label": "图例"})


def draw_sources(data: DataQuality) -> Content:
    """Every source: who answers for it, when it last came, and how well."""
    nothing = why_nothing(data)
    if nothing is not None:
        return nothing
    today = data.view.services.today()
    columns = [
        table.Column(title="来源", is_heading=True),
        table.Column(title="责任部门"),
        table.Column(title=f"近 {RECENT_DAYS} 天"),
        table.Column(title="最近到数"),
        table.Column(title="距今", is_number=True),
        table.Column(title="迟到批次", is_number=True),
        table.Column(title="缺数批次", is_number=True),
        table.Column(title="完整率", is_number=True),
        table.Column(title="差错率", is_number=True),
    ]
    rows: list[list[table.Cell]] = []
    for source in data.sources:
        total = source.total()
        age = None if source.last is None else (today - source.last).days
        rows.append(
            [
                table.Linked(
                    text=source.name,
                    href=data.view.link(source=source.name, day="", page=""),
                    is_in_place=True,
                    is_on=source is data.chosen,
                ),
                source.department or fmt.NO_VALUE,
                table.Valued(text=words_of(source), state=source.state),
                fmt.day(source.last),
                fmt.NO_VALUE if age is None else f"{age} 天",
                str(total.late),
                str(total.missing),
                fmt.with_unit(total.completeness, "%"),
                f"{fmt.number(total.error_rate, digits=2)}%" if total.error_rate is not None else fmt.NO_VALUE,
            ]
        )
    listed = table.table(columns, rows, caption="各来源近六周到数情况", table_id=ids.table("data", "sources"))
    return Content(body=listed, note="批次、完整率与差错率为近六周合计 · 最需要处理的在前")


def draw_loads(data: DataQuality) -> Content:
    """The deliveries of the chosen source and day; where none is chosen, those of the last week not in order."""
    nothing = why_nothing(data)
    if nothing is not None or data.last is None:
        return nothing or Content(body=())
    source, day = data.chosen, data.day
    if source is None and day is None:
        since = data.last - dt.timedelta(days=RECENT_DAYS - 1)
        lines = _lines(data.infos)
        shown = [one for one in data.loads if one.day >= since and state_of(one, lines) is not State.REACHED]
        title, missing = f"近 {RECENT_DAYS} 天有问题的批次", f"近 {RECENT_DAYS} 天所有批次都按时、完整到达。"
        links = {"看最近一天的全部批次": data.view.link(day=data.last.isoformat(), page="")}
    else:
        own = [one for one in data.loads if source is None or one.source == source.name]
        shown = [one for one in own if day is None or one.day == day]
        title = " · ".join([source.name if source else "全部来源", fmt.short_day(day) if day else "近六周"])
        missing = "没有批次：当天无须到数，或应到未到。"
        links = {"看这个来源近六周": data.view.link(day="", page="")} if source and day else {}
        links[f"看近 {RECENT_DAYS} 天有问题的批次"] = data.view.link(source="", day="", page="")
    ways = html.Nav([dcc.Link(words, href=href) for words, href in links.items()], className="data-back")
    title = f"采集批次：{title}"
    if not shown:
        return Content(body=[ways, states.empty(missing)], title=title)
    part = filters.slice_of(data.view, len(shown), size=ROWS_SHOWN)
    columns = [
        table.Column(title="日期", is_heading=True),
        table.Column(title="来源"),
        table.Column(title="表"),
        table.Column(title="应采", is_number=True),
        table.Column(title="实采", is_number=True),
        table.Column(title="差错", is_number=True),
        table.Column(title="完整率", is_number=True),
        table.Column(title="差错率", is_number=True),
        table.Column(title="状态"),
    ]
    rows = [_load_row(load, _lines(data.infos)) for load in shown[part.start : part.stop]]
    return Content(
        body=[
            ways,
            table.table(columns, rows, caption=title, table_id=ids.table("data", "loads")),
            table.pager(part, noun="个批次", link=lambda n: data.view.link(page=str(n)), is_in_place=True),
        ],
        title=title,
    )


def _load_row(load: Load, lines: Lines) -> list[table.Cell]:
    expected, loaded, errors = load.expected, load.loaded or 0, load.errors or 0
    state = state_of(load, lines)
    return [
        load.day.isoformat(),
        load.source,
        label_of(load.table),
        fmt.NO_VALUE if expected is None else f"{expected:,}",
        f"{loaded:,}",
        f"{errors:,}",
        fmt.with_unit(100 * loaded / expected, "%") if expected else fmt.NO_VALUE,
        f"{100 * errors / loaded:.2f}%" if loaded else fmt.NO_VALUE,
        table.Valued(text=WORDS[state], state=state),
    ]


def label_of(name: str) -> str:
    """A table of the lake as people call it; its name where the contracts do not know it."""
    known = contracts()
    return table_name(known[name].label_zh) if name in known else name
