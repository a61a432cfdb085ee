"""The shell around every page: navigation at the left, where one is and what is shown on top."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from dash import dcc, html
from dash.development.base_component import Component

from layouts import format as fmt

URL: Final = "url"
TITLE: Final = "document-title"
NAVIGATION: Final = "navigation"
BREADCRUMB: Final = "breadcrumb"
CONTEXT: Final = "context"
MAIN: Final = "main"
FRESHNESS: Final = "freshness"
FOOT: Final = "foot"

STALE_AFTER_DAYS: Final = 7
"""Attendance comes daily; a week without any means that a source has stopped."""

INDEX: Final = """<!DOCTYPE html>
<html lang="zh-CN" data-bs-theme="light">
  <head>
    {%metas%}
    <title>{%title%}</title>
    {%favicon%}
    {%css%}
  </head>
  <body>
    {%app_entry%}
    <noscript>本平台需要浏览器启用 JavaScript。</noscript>
    <footer>
      {%config%}
      {%scripts%}
      {%renderer%}
    </footer>
  </body>
</html>
"""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of the navigation."""

    group: str
    label: str
    href: str
    is_current: bool = False
    is_server_drawn: bool = False
    """True where the address is no page of this application in the browser, so that it must be loaded whole."""


@dataclass(frozen=True, kw_only=True)
class Crumb:
    """One step of the way from the school down to what is shown; the last has no address."""

    label: str
    href: str | None = None


@dataclass(frozen=True, kw_only=True)
class User:
    """Who is signed in, as the menu at the top right says it.

    Attributes:
        posts: role and node of each, in words.
        has_account_page: False for a screen that nobody sits at.
        form_token: goes back with the form that signs out, as proof that it comes from this page.
    """

    name: str
    posts: Sequence[str]
    has_account_page: bool
    form_token: str


def shell(user: User | None) -> Component:
    """The frame of the application, with empty places that the router fills, and the menu of whoever is signed in."""
    return html.Div(
        [
            dcc.Location(id=URL, refresh=False),
            dcc.Store(id=TITLE),
            html.A("跳到正文", href=f"#{MAIN}", className="skip-link"),
            html.Aside(
                [
                    dcc.Link(
                        [html.Span("螺旋", className="brand-name"), html.Span("质量保证平台", className="brand-note")],
                        href="/",
                        className="brand",
                    ),
                    html.Nav(id=NAVIGATION, **{"aria-label": "主导航"}),
                ],
                className="sidebar",
            ),
            html.Div(
                [
                    html.Header(
                        [
                            html.Nav(id=BREADCRUMB, className="breadcrumb-line", **{"aria-label": "所在位置"}),
                            html.Div(id=CONTEXT, className="context"),
                            html.Div(id=FRESHNESS, className="freshness"),
                            *([user_menu(user)] if user else []),
                        ],
                        className="topbar",
                    ),
                    html.Main(id=MAIN, tabIndex="-1"),
                    html.Footer(id=FOOT, className="foot"),
                ],
                className="content",
            ),
        ],
        className="shell",
    )


def grouped(entries: Sequence[Entry]) -> dict[str, list[Entry]]:
    """Entries by group, groups in the order of their first entries."""
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(entry.group, []).append(entry)
    return groups


def navigation(entries: Sequence[Entry]) -> list[Component]:
    """The navigation by group, in the order given. ``base.html`` draws the same."""
    return [
        html.Div([html.H2(group, className="nav-group"), html.Ul([_nav_item(entry) for entry in members])])
        for group, members in grouped(entries).items()
    ]


def _nav_item(entry: Entry) -> Component:
    item = link(entry, name="nav-item is-on" if entry.is_current else "nav-item")
    return html.Li(item, **({"aria-current": "page"} if entry.is_current else {}))


def link(entry: Entry, *, name: str = "") -> Component:
    """The way to a page: without a reload, unless the server draws it."""
    kind = html.A if entry.is_server_drawn else dcc.Link
    return kind(entry.label, href=entry.href, className=name)


def user_menu(user: User) -> Component:
    """Who is signed in, their posts, the way to their account and out. ``base.html`` draws the same."""
    links = [html.A("我的账号", href="/account", className="menu-item")] if user.has_account_page else []
    sign_out = html.Form(
        html.Button("退出", type="submit", name="csrf_token", value=user.form_token, className="menu-item"),
        action="/sign-out",
        method="POST",
    )
    return html.Details(
        [
            html.Summary(user.name, **{"aria-label": f"{user.name}的菜单"}),
            html.Div(
                [html.Ul([html.Li(post) for post in user.posts], className="user-posts"), *links, sign_out],
                className="menu",
            ),
        ],
        className="user-menu",
    )


def breadcrumb(crumbs: Sequence[Crumb]) -> Component:
    """The way down the tree; every step but the last leads back up."""
    steps = [
        html.Li(dcc.Link(crumb.label, href=crumb.href) if crumb.href else html.Span(crumb.label)) for crumb in crumbs
    ]
    return html.Ol(steps)


def freshness(data_date: dt.date | None, today: dt.date) -> Component:
    """The date of the data, and its age once it is stale."""
    if data_date is None:
        return html.Span("尚无指标数据", className="is-stale")
    age = fmt.age(data_date, today)
    if (today - data_date).days > STALE_AFTER_DAYS:
        return html.Span(f"数据截至 {fmt.day(data_date)} · 已过时（{age}）", className="is-stale")
    return html.Span(f"数据截至 {fmt.day(data_date)}", title=age)


def foot(versions: tuple[str, str]) -> Component:
    """Which library and which data the numbers of the page come from."""
    library, data = versions
    return html.Span(f"指标库 {library} · 数据版本 {data}")


def heading(title: str, *, facts: Sequence[str] = (), tools: Sequence[Component] = ()) -> Component:
    """The title of a page, what is known of it, and the controls at its right."""
    parts: list[Component] = [html.H1(title, className="page-title")]
    if facts:
        parts.append(html.P(" · ".join(facts), className="page-facts"))
    if tools:
        parts.append(html.Div(list(tools), className="page-tools"))
    return html.Div(parts, className="page-head")


def notice(text: str) -> Component:
    """A line above the panels that something asked for was not understood."""
    return html.P(text, className="notice", role="status")
