"""States drawn: the shape beside a value, and what a panel shows where it has none to show."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from dash import html
from dash.development.base_component import Component

from indicators.results import IndicatorInfo, State
from layouts import format as fmt
from layouts.theme import STATE_TOKENS

SHAPES: Final[Mapping[State, str]] = {
    State.REACHED: "●",
    State.WATCH: "◆",
    State.WARNING: "▲",
    State.ALERT: "■",
    State.NO_DATA: "○",
}
"""A shape besides the colour, so that a state is told in grey and to the colour-blind."""


def css_class(state: State) -> str:
    """The class that colours an element by `state`, such as ``state-alert``."""
    return f"state-{STATE_TOKENS[state]}"


def mark(state: State, text: str | None = None) -> Component:
    """Shape and words of a state: ``▲ 预警``, or `text` in place of the name."""
    return html.Span(
        [html.Span(SHAPES[state], className="state-shape", **{"aria-hidden": "true"}), text or state.value],
        className=f"state {css_class(state)}",
    )


def bounds(info: IndicatorInfo, state: State) -> str:
    """Which values are in `state`, in words such as ``85–90``; empty where a line is missing."""
    lines = (info.target, info.warning, info.alert)
    if state is State.NO_DATA or any(line is None or isinstance(line, tuple) for line in lines):
        return ""
    target, warning, alert = (fmt.line(line) for line in lines)
    better, worse = ("≤", ">") if info.direction == "lower" else ("≥", "<")
    return {
        State.REACHED: f"{better} {target}",
        State.WATCH: f"{warning}–{target}" if worse == "<" else f"{target}–{warning}",
        State.WARNING: f"{alert}–{warning}" if worse == "<" else f"{warning}–{alert}",
        State.ALERT: f"{worse} {alert}",
    }[state]


def legend(info: IndicatorInfo, *, with_line: bool = False) -> Component:
    """The five states with their shapes and bounds, as a key to a chart; `with_line` adds the warning line."""
    items = [html.Li([mark(state), html.Span(bounds(info, state), className="legend-bounds")]) for state in State]
    if with_line and info.warning is not None:
        items.append(html.Li([html.Span(className="legend-line"), f"预警线 {fmt.line(info.warning, info.unit)}"]))
    return html.Ul(items, className="legend", **{"aria-label": "图例"})


@dataclass(frozen=True, kw_only=True)
class Message:
    """Why a panel shows no values, and what helps."""

    kind: str
    title: str
    detail: str


UNCOMPUTED: Final = Message(
    kind="empty",
    title="还没有数据",
    detail="还没有计算过指标：运行 luoxuan demo，或导入数据后运行 luoxuan compute。",
)
"""What every panel of values shows in a new installation."""


def message(content: Message) -> Component:
    """A calm box in place of a panel's values."""
    return html.Div(
        [
            html.P(content.title, className="message-title"),
            html.P(content.detail, className="message-detail"),
        ],
        className=f"message message-{content.kind}",
        role="alert" if content.kind == "failed" else "status",
    )


ALLOWED_DAYS: Final[Mapping[str, int]] = {"week": 14, "month": 45, "term": 200, "year": 400}
"""How far the data of an indicator may lie behind, in days, by the kind of its periods: a period, and time to load it."""


def days_behind(kind: str, last: dt.date | None, *, due: dt.date | None, today: dt.date) -> int | None:
    """For how many days no data has come, where more should have by now; None where nothing is late.

    A college whose data end on a day is told so once, at the top of every page. Late is what lags behind the rest.

    Args:
        kind: of the periods of the data, of `ALLOWED_DAYS`.
        last: last day with data.
        due: the day up to which data could be there: as a rule that of the latest fact of all.
        today: from which the age is counted.
    """
    if last is None or due is None or (due - last).days <= ALLOWED_DAYS[kind]:
        return None
    return (today - last).days


def late(days: int) -> Component:
    """For how long no data has come, as words with a shape of their own."""
    return html.Span(
        [html.Span("◌", className="state-shape", **{"aria-hidden": "true"}), late_words(days)], className="late"
    )


def late_words(days: int) -> str:
    """For how long no data has come, such as ``数据已 12 天未更新``."""
    return f"数据已 {days} 天未更新"


def skeleton(height: int) -> Component:
    """Grey bars while a panel loads, as high (in px) as what will follow, so that nothing jumps."""
    return html.Div(
        [html.Span("正在载入", className="visually-hidden"), *(html.Div(className="skeleton-bar") for _ in range(4))],
        className="skeleton",
        style={"minHeight": f"{height}px"},
        role="status",
    )


def empty(because: str) -> Component:
    """No data this period, and why."""
    return message(Message(kind="empty", title="本期无数据", detail=f"因为{because}"))


def denied(reason: str) -> Component:
    """The reader may not see this, and why."""
    return message(Message(kind="denied", title="无权查看", detail=reason))


def failed(error_id: str) -> Component:
    """This panel broke; the id leads an administrator to the log."""
    return message(
        Message(
            kind="failed",
            title="这一块没有算出来",
            detail=f"页面其余部分不受影响。请把错误编号 {error_id} 告诉系统管理员。",
        )
    )
