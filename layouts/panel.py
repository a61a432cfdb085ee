"""The frame around every panel: title · unit · state · date of the data · menu."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dash import html
from dash.development.base_component import Component

from indicators.results import IndicatorInfo, State
from layouts import format as fmt
from layouts import states
from layouts.sheet import Sheet


@dataclass(frozen=True, kw_only=True)
class Content:
    """What a panel shows once its data is there.

    Attributes:
        body: the values drawn, or one of the messages of `layouts.states`.
        title: in place of the panel's own, where it depends on what is shown.
        note: words beside the title, such as the week shown.
        state: state of the panel as a whole, where it has one.
        card: the indicator behind the panel, opened from its menu.
        versions: versions of library and data, shown on the card.
        download: address of the rows shown as a file, and what the link to it says.
        number: address of the card of the very number shown; the indicator's own card where it is empty.
        sheets: the numbers of the panel as tables, where they cannot be taken from what is drawn.
    """

    body: Component | Sequence[Component]
    title: str = ""
    note: str = ""
    state: State | None = None
    card: IndicatorInfo | None = None
    versions: tuple[str, str] = ("", "")
    download: tuple[str, str] | None = None
    number: str = ""
    sheets: Sequence[Sheet] = ()


def frame(
    panel_id: str | dict[str, Any], *, columns: int, children: Sequence[Component], framed: bool = True
) -> Component:
    """The place of a panel in the page's grid of twelve columns."""
    name = "panel" if framed else "panel panel-bare"
    return html.Section(children, id=panel_id, className=f"{name} span-{columns}")


def loading(title: str, *, height: int, framed: bool = True) -> list[Component]:
    """A panel before its data has come."""
    return [*([_head(title)] if framed else []), states.skeleton(height)]


def filled(title: str, content: Content, *, unit: str = "", framed: bool = True) -> list[Component]:
    """A panel with its data."""
    body = content.body if isinstance(content.body, Sequence) else [content.body]
    head = [_head(title, unit=unit, content=content)] if framed else []
    return [*head, html.Div(list(body), className="panel-body")]


def _head(title: str, *, unit: str = "", content: Content | None = None) -> Component:
    parts: list[Component] = [html.H2(title, className="panel-title")]
    if unit:
        parts.append(html.Span(f"单位 {unit}", className="panel-unit"))
    if content is not None and content.note:
        parts.append(html.Span(content.note, className="panel-note"))
    if content is not None and content.state is not None:
        parts.append(states.mark(content.state))
    if content is not None and content.download is not None:
        href, label = content.download
        # A plain link: the browser fetches the file, and the page stays where it is.
        parts.append(html.A(label, href=href, download="", className="panel-download"))
    if content is not None and content.card is not None:
        parts.append(_menu(content.card, content.versions))
    return html.Header(parts, className="panel-head")


def _menu(info: IndicatorInfo, versions: tuple[str, str]) -> Component:
    library, data = versions
    rows = [
        ("指标", f"{info.name_zh}（{info.code}）"),
        ("定义", info.definition_zh),
        ("目标值", fmt.line(info.target, info.unit)),
        ("预警值", fmt.line(info.warning, info.unit)),
        ("警戒值", fmt.line(info.alert, info.unit)),
        ("数据来源", info.source or fmt.NO_VALUE),
        ("公式", html.Code(info.formula) if info.formula else fmt.NO_VALUE),
        ("版本", f"指标库 {library} · 数据版本 {data}"),
    ]
    terms = [part for name, value in rows for part in (html.Dt(name), html.Dd(value))]
    return html.Details(
        [
            html.Summary("口径", title="这个数字怎么算出来的"),
            html.Div(html.Dl(terms), className="card-of-number"),
        ],
        className="panel-menu",
    )
