"""The frame around every panel: title · unit · state · age of the data · change · menu."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dash import dcc, html
from dash.development.base_component import Component

from indicators.results import IndicatorInfo, State
from layouts import format as fmt
from layouts import states
from layouts.sheet import Sheet

PICTURES: Final = ("png", "svg")
"""What the browser makes of the charts it shows, without asking the server."""


@dataclass(frozen=True, kw_only=True)
class Content:
    """What a panel shows once its data is there.

    Attributes:
        body: the values drawn, or one of the messages of `layouts.states`.
        title: in place of the panel's own, where it depends on what is shown.
        note: words beside the title, such as the week shown.
        state: state of the panel as a whole, where it has one.
        change: words such as ``↓ 0.8 较上周``, where the panel as a whole has changed.
        card: the indicator behind the panel, opened from its menu.
        versions: versions of library and data, shown on the card.
        download: address of the rows shown as a file, and what the link to it says.
        number: address of the card of the very number shown; the indicator's own card where it is empty.
        sheets: the numbers of the panel as tables, where they cannot be taken from what is drawn.
        as_of: last day of the data shown, where it is not that of the page. Only for data that should reach as far
            as the page's: a panel that looks at the past on purpose is not out of date.
    """

    body: Component | Sequence[Component]
    title: str = ""
    note: str = ""
    state: State | None = None
    change: str = ""
    card: IndicatorInfo | None = None
    versions: tuple[str, str] = ("", "")
    download: tuple[str, str] | None = None
    number: str = ""
    sheets: Sequence[Sheet] = ()
    as_of: dt.date | None = None


@dataclass(frozen=True, kw_only=True)
class Menu:
    """What the menu of a panel offers besides the card of its number.

    Attributes:
        has_chart: True where a chart is drawn, which has a table view and becomes a picture in the browser.
        files: addresses of the panel as a file that the server makes, by ending; empty for who may not take any.
    """

    has_chart: bool = False
    files: Mapping[str, str] | None = None


def frame(
    panel_id: str | dict[str, Any], *, columns: int, children: Sequence[Component], framed: bool = True
) -> Component:
    """The place of a panel in the page's grid of twelve columns."""
    name = "panel" if framed else "panel panel-bare"
    return html.Section(children, id=panel_id, className=f"{name} span-{columns}")


def loading(title: str, *, height: int, framed: bool = True) -> list[Component]:
    """A panel before its data has come."""
    return [*([html.Header(html.H2(title, className="panel-title"), className="panel-head")] if framed else []),
            states.skeleton(height)]  # fmt: skip


def filled(
    title: str,
    content: Content,
    *,
    unit: str = "",
    framed: bool = True,
    menu: Menu | None = None,
    days_behind: int | None = None,
) -> list[Component]:
    """A panel with its data.

    Args:
        title: of the panel.
        content: what it shows.
        unit: of its numbers, where they share one.
        framed: False for content that brings its own frames; its menu then sits on their upper edge.
        menu: what the menu offers; without it there is none but for the card of the number.
        days_behind: for so many days no data has come, though more was due; None where nothing is late.
    """
    body = content.body if isinstance(content.body, Sequence) else [content.body]
    name = "panel-body" if days_behind is None else "panel-body is-stale"
    drawn = html.Div(list(body), className=name)
    offered = _menu(title, content, menu or Menu())
    if framed:
        return [_head(title, content, unit=unit, days_behind=days_behind, menu=offered), drawn]
    return [*([html.Div(offered, className="panel-corner")] if menu is not None and offered else []), drawn]


def _head(title: str, content: Content, *, unit: str, days_behind: int | None, menu: Component | None) -> Component:
    parts: list[Component] = [html.H2(title, className="panel-title")]
    if unit:
        parts.append(html.Span(f"单位 {unit}", className="panel-unit"))
    if content.state is not None:
        parts.append(states.mark(content.state))
    if content.note:
        parts.append(html.Span(content.note, className="panel-note"))
    if days_behind is not None:
        parts.append(states.late(days_behind))
    elif content.as_of is not None:
        parts.append(html.Span(f"数据截至 {fmt.day(content.as_of)}", className="panel-note"))
    if content.change:
        parts.append(html.Span(content.change, className="panel-change"))
    if content.download is not None:
        href, label = content.download
        # A plain link: the browser fetches the file, and the page stays where it is.
        parts.append(html.A(label, href=href, download="", className="panel-download"))
    if menu is not None:
        parts.append(menu)
    return html.Header(parts, className="panel-head")


def _menu(title: str, content: Content, menu: Menu) -> Component | None:
    """One button that opens what can be done with the panel; None where that is nothing."""
    groups = [group for group in (_actions(content, menu), *_files(menu), _card(content)) if group is not None]
    if not groups:
        return None
    return html.Details(
        [
            html.Summary("⋯", title="菜单", **{"aria-label": f"“{title}”的菜单"}),
            html.Div(groups, className="panel-choices"),
        ],
        className="panel-menu",
    )


def _actions(content: Content, menu: Menu) -> Component | None:
    href = content.number or (f"/indicators/{content.card.code}" if content.card else "")
    items: list[Component] = [dcc.Link("口径", href=href, className="panel-choice")] if href else []
    if menu.has_chart:
        words = [html.Span("表格", className="while-chart"), html.Span("图", className="while-table")]
        items.append(_button(words, "table"))
    if menu.has_chart or menu.files:
        items.append(_button("全屏", "full-screen"))
    return html.Div(items, className="panel-group") if items else None


def _files(menu: Menu) -> list[Component]:
    if not menu.files:
        return []
    made_here = [_button(form.upper(), form) for form in PICTURES] if menu.has_chart else []
    fetched = [
        html.A(form.upper(), href=href, className="panel-choice", **{"data-panel-action": "fetch"})
        for form, href in menu.files.items()
    ]
    told = (("本机生成图片", made_here), ("服务器生成文件（留有记录）", fetched))
    return [
        html.Div([html.Span(words, className="panel-group-name"), *items], className="panel-group")
        for words, items in told
        if items
    ]


def _button(words: str | list[Component], action: str) -> Component:
    """A button; ``assets/js/panel.js`` and ``snapshot.js`` do what it says."""
    return html.Button(words, type="button", className="panel-choice", **{"data-panel-action": action})


def _card(content: Content) -> Component | None:
    info, (library, data) = content.card, content.versions
    if info is None:
        return None
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
    return html.Dl(terms, className="card-of-number")
