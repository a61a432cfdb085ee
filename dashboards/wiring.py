"""The only door to `app.callback`: pages as data become layouts and callbacks here."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from flask import Flask, Response, make_response, redirect

from dashboards import ids, navigation, query, snapshots
from dashboards.page import Choice, Filter, Heading, Kind, NotFoundError, Page, Panel, Place, View
from dashboards.questions import Check
from dashboards.refusals import record
from dashboards.services import Services
from dashboards.surface import denial
from data_access.access.permissions import Permission
from data_access.access.viewer import Viewer
from layouts import controls, panel, shell, states

NoteDenial = Callable[[Viewer, str, Permission], None]

LONGEST_ADDRESS: Final = 2_000
"""Characters of path and search together; a longer address is none that a page has made."""


def _no_note(_viewer: Viewer, _what: str, _permission: Permission) -> None:
    """Records nothing, where nobody is there to read it."""


class _Application(Dash):  # type: ignore[misc]  # dash has no types
    """Dash, which keeps the versions of what it is made of to itself."""

    def _config(self) -> dict[str, Any]:
        told: dict[str, Any] = super()._config()
        return {name: "" if "_version" in name and isinstance(text, str) else text for name, text in told.items()}


def build(
    pages: Sequence[Page],
    services: Services,
    *,
    assets_folder: str,
    server: Flask | None = None,
    form_token: Callable[[], str] = str,
    note_denial: NoteDenial = _no_note,
) -> Dash:
    """A Dash application that serves `pages`; the first that a viewer may open is also their page at ``/``.

    Nothing is loaded from other hosts, and no page's layout is part of the first HTML. Who may ask for what is
    the business of `dashboards.guard`, which the server has installed before.

    Args:
        pages: all pages, in the order of the navigation.
        services: what they may use.
        assets_folder: style sheets and scripts.
        server: the server to register on; one of its own by default.
        form_token: proof that a form comes from a page of this session.
        note_denial: records that a viewer asked for a page for which they lack the permission.
    """
    app = _Application(
        "luoxuan",
        server=server or Flask("luoxuan", static_folder=None),
        title="螺旋 · 质量保证平台",
        update_title=None,
        assets_folder=assets_folder,
        # imported by 00-tokens.css into a layer below our own rules; the wall screen is no part of the application
        assets_ignore=r"bootstrap-.*\.css|^(80-)?screen|^(77-)?entry",
        serve_locally=True,
        suppress_callback_exceptions=True,  # else every layout would be embedded in every page
        include_pages_meta=False,
        use_pages=False,
        index_string=shell.INDEX,
        enable_mcp=False,
        add_log_handler=False,
    )
    register(app, pages, services, note_denial=note_denial)
    # Dash would do this within the first request, whoever asks, and with the layout of that person.
    app._setup_server()  # noqa: SLF001 (there is no public way to do it before)
    app.layout = lambda: shell.shell(navigation.user(services.viewer(), form_token=form_token()))
    return app


def register(
    app: Dash,
    pages: Sequence[Page],
    services: Services,
    *,
    note_denial: NoteDenial = _no_note,
) -> None:
    """Give `app` the shell, the router and, for every page, one data callback for each wave of its panels.

    Raises:
        ValueError: two pages share a name or an address.
    """
    for what in ("name", "path"):
        values = [getattr(page, what) for page in pages]
        repeated = sorted({value for value in values if values.count(value) > 1})
        if repeated:
            raise ValueError(f"Pages need a {what} of their own. Got {', '.join(repeated)} more than once.")
    app.layout = shell.shell(None)
    _serve_documents(app, pages, services, note_denial)
    _connect_browser(app)
    app.callback(
        Output(shell.MAIN, "children"),
        Output(shell.BREADCRUMB, "children"),
        Output(shell.CONTEXT, "children"),
        Output(shell.NAVIGATION, "children"),
        Output(shell.FRESHNESS, "children"),
        Output(shell.FOOT, "children"),
        Output(shell.TITLE, "data"),
        Input(shell.URL, "pathname"),
        State(shell.URL, "search"),
    )(
        secured(
            functools.partial(route, pages, services, note_denial=note_denial),
            permission=Permission.APPLICATION_OPEN,
            takes=(_is_text, _is_text),
        )
    )
    for page in pages:
        for wave in page.waves:
            app.callback(
                [
                    *([Output(ids.notice(page.name), "children")] if wave == 1 else []),
                    *(Output(ids.panel(page.name, item.name), "children") for item in page.in_wave(wave)),
                ],
                Input(ids.address(page.name), "data"),
            )(
                secured(
                    functools.partial(fill, page, services, wave=wave), permission=page.requires, takes=(_is_address,)
                )
            )


def secured(function: Callable[..., Any], *, permission: Permission, takes: Sequence[Check]) -> Callable[..., Any]:
    """`function` with the permission it needs and what its arguments must be, for the guard of the server.

    Both are attributes of the result, `takes` with one check for every argument.
    """

    @functools.wraps(function, assigned=())
    def callback(*arguments: Any) -> Any:
        return function(*arguments)

    callback.__name__ = getattr(function, "func", function).__name__
    callback.permission = permission  # type: ignore[attr-defined]
    callback.takes = takes  # type: ignore[attr-defined]
    return callback


def _is_text(value: Any) -> bool:
    """Whether `value` is a part of an address, or none: of bounded length, and text that can be written down."""
    if value is None:
        return True
    if not isinstance(value, str) or len(value) > LONGEST_ADDRESS:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    return True


def _is_address(value: Any) -> bool:
    """Whether `value` is what `page_layout` puts into the store of a page's address."""
    if not isinstance(value, dict) or value.keys() - {"path", "search", "defaults"}:
        return False
    defaults = value.get("defaults", {})
    path, search = value.get("path"), value.get("search")
    texts = [path, search, *(defaults.values() if isinstance(defaults, dict) else [0])]
    return all(map(_is_text, texts)) and len(path or "") + len(search or "") <= LONGEST_ADDRESS


def _serve_documents(app: Dash, pages: Sequence[Page], services: Services, note_denial: NoteDenial) -> None:
    """Let every address answer with the status it deserves; the document itself is the same empty shell."""

    def document(path: str = "") -> Response:
        viewer = services.viewer()
        found = _page_at(pages, f"/{path}", viewer)
        if found is None and not path and (entries := navigation.entries(pages, viewer)):
            return make_response(redirect(entries[0].href))  # nothing but pages that the server draws
        status = HTTPStatus.OK
        if found is None:
            status = HTTPStatus.NOT_FOUND
        elif not viewer.may(found.requires):
            note_denial(viewer, f"/{path}", found.requires)
            status = HTTPStatus.FORBIDDEN
        return make_response(app.index(), status)

    app.server.view_functions.update({"/": document, "/<path:path>": document})


def _connect_browser(app: Dash) -> None:
    """The parts that need no server: filters ↔ address, clicks on charts, tables, the window's title."""
    app.clientside_callback(
        ClientsideFunction("address", "restore"),
        Output(ids.ANY_CONTROL, "value"),
        Output(ids.ANY_ADDRESS, "data"),
        Input(shell.URL, "search"),
        State(shell.URL, "pathname"),
        State(ids.ANY_CONTROL, "id"),
        State(ids.ANY_CONTROL, "value"),
        State(ids.ANY_ADDRESS, "data"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("address", "follow"),
        Input(ids.ANY_CONTROL, "value"),
        State(ids.ANY_CONTROL, "id"),
        State(ids.ANY_ADDRESS, "data"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("chart", "drill"),
        Input(ids.ANY_CHART, "clickData"),
        State(ids.ANY_CHART, "figure"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("table", "draw"),
        Output(ids.EACH_TABLE, "data-rows"),
        Input(ids.EACH_ROWS, "data"),
        State(ids.EACH_ROWS, "id"),
    )
    app.clientside_callback(ClientsideFunction("address", "title"), Input(shell.TITLE, "data"))


@dataclass(frozen=True, kw_only=True)
class _Shown:
    """What one address puts into the shell."""

    title: str
    main: Any
    crumbs: Sequence[shell.Crumb]
    context: Sequence[Component] = ()


def route(
    pages: Sequence[Page],
    services: Services,
    pathname: str | None,
    search: str | None,
    *,
    note_denial: NoteDenial = _no_note,
) -> tuple[Any, ...]:
    """What the shell shows for an address: page, breadcrumb, filters, navigation, dates, title."""
    if pathname is None:
        raise PreventUpdate
    viewer = services.viewer()
    page = _page_at(pages, pathname, viewer)
    entries = navigation.entries(pages, viewer, lit="" if page is None else (page.name if page.nav else page.parent))
    if page is None:
        shown = _missing(f"地址 {pathname[:80]} 下没有页面。", entries)
    elif not viewer.may(page.requires):
        note_denial(viewer, pathname, page.requires)
        shown = _denied(page, entries)
    else:
        try:
            shown = _opened(page, services, pathname=pathname, search=search or "")
        except NotFoundError as error:
            shown = _missing(str(error), entries)
        except Exception as error:  # noqa: BLE001 (the shell must stay usable, whatever a page does)
            body = states.failed(record(error, f"page {page.name}"))
            shown = _Shown(title="出错了", main=body, crumbs=[shell.Crumb(label="出错了")])
    return (
        shown.main,
        shell.breadcrumb(shown.crumbs),
        list(shown.context),
        shell.navigation(entries),
        shell.freshness(services.values.data_date(), services.today()),
        shell.foot(services.values.versions()),
        shown.title,
    )


def _page_at(pages: Sequence[Page], pathname: str, viewer: Viewer) -> Page | None:
    found = next((page for page in pages if query.match(page.path, pathname) is not None), None)
    if found is None and pathname == "/":
        return next((page for page in pages if page.nav is not None and viewer.may(page.requires)), None)
    return found


def view_of(page: Page, services: Services, *, pathname: str, search: str) -> View:
    """What an address asks of `page`, which may also stand at the root; raises what `Page.view` does."""
    return page.view(services, path=page.path if pathname == "/" else pathname, search=search)


def _opened(page: Page, services: Services, *, pathname: str, search: str) -> _Shown:
    view = view_of(page, services, pathname=pathname, search=search)
    data = page.load(view)
    heading = page.heading(data)
    return _Shown(
        title=heading.title,
        main=page_layout(page, view, heading, data, pathname=pathname, search=search),
        crumbs=heading.crumbs,
        context=[control(page, choice) for choice in view.choices.values() if _stands(choice, Place.CONTEXT)],
    )


def page_layout(page: Page, view: View, heading: Heading, data: Any, *, pathname: str, search: str) -> list[Component]:
    """A page with skeletons in place of the panels that `data` needs; the data callback fills them."""
    tools = [control(page, choice) for choice in view.choices.values() if _stands(choice, Place.TOOLS)]
    address = {
        "path": pathname,
        "search": search,
        "defaults": {name: choice.default for name, choice in view.choices.items()},
    }
    return [
        dcc.Store(id=ids.address(page.name), data=address),
        shell.heading(heading.title, facts=heading.facts, tools=tools),
        html.Div(id=ids.notice(page.name)),
        html.Div(
            [
                panel.frame(
                    ids.panel(page.name, item.name),
                    columns=item.columns,
                    framed=item.is_framed,
                    children=panel.loading(item.title, height=item.height, framed=item.is_framed)
                    if item.belongs(data)
                    else [],
                )
                for item in page.panels
            ],
            className="panels",
            # panels are replaced one after the other; the browser would follow the last one up to the top
            style={"overflowAnchor": "none"},
        ),
    ]


def fill(page: Page, services: Services, address: dict[str, Any], *, wave: int = 1) -> list[list[Component]]:
    """The panels of one wave of a page for one address, in the order of the page; with the first wave the notice.

    A panel that fails shows an id and leaves the others alone. Before anything was computed, all panels of
    a page that shows values say what to do.
    """
    panels = page.in_wave(wave)
    first: list[list[Component]] = [[]] if wave == 1 else []
    if page.shows_values and services.values.data_date() is None:
        body = states.message(states.UNCOMPUTED)
        return [
            *first,
            *(panel.filled(item.title, panel.Content(body=body), framed=item.is_framed) for item in panels),
        ]
    try:
        view = view_of(page, services, pathname=str(address.get("path")), search=str(address.get("search") or ""))
        data = page.load(view)
    except NotFoundError as error:
        return [*first, *(_gone(item, error) for item in panels)]
    if first and view.rejected:
        first = [[shell.notice(f"没有采用看不懂的筛选条件：{'、'.join(view.rejected)}。")]]
    return [*first, *(_drawn(page, item, data, view, address) for item in panels)]


def _drawn(page: Page, item: Panel, data: Any, view: View, address: dict[str, Any]) -> list[Component]:
    try:
        if not item.belongs(data):
            return []
        content = item.draw(data)
        menu = snapshots.menu_of(page, item, content, view.services.viewer(), address)
        late = snapshots.days_behind(content, view)
    except NotFoundError as error:
        return _gone(item, error)
    except Exception as error:  # noqa: BLE001 (one broken panel must not take the page with it)
        broken = states.failed(record(error, f"panel {page.name}.{item.name}"))
        return panel.filled(item.title, panel.Content(body=broken))
    title = content.title or item.title
    return panel.filled(title, content, unit=item.unit, framed=item.is_framed, menu=menu, days_behind=late)


def _gone(item: Panel, error: NotFoundError) -> list[Component]:
    body = states.message(states.Message(kind="empty", title="没有找到", detail=str(error)))
    return panel.filled(item.title, panel.Content(body=body))


def control(page: Page, choice: Choice) -> Component:
    """The control of a filter, set to its value in the view."""
    item: Filter = choice.filter
    control_id = ids.control(page.name, item.name)
    if item.kind is Kind.SEARCH:
        return controls.search(item.label, control_id=control_id, value=choice.value)
    if item.kind is Kind.DATE:
        return controls.date(item.label, control_id=control_id, value=choice.value)
    draw = controls.select if item.kind is Kind.SELECT else controls.toggle
    return draw(item.label, control_id=control_id, options=choice.options, value=choice.value)


def _stands(choice: Choice, place: Place) -> bool:
    if choice.filter.kind is Kind.LINK or choice.filter.place is not place:
        return False
    return len(choice.options) > 1 or not choice.filter.is_hidden_alone


def _missing(reason: str, entries: Sequence[shell.Entry]) -> _Shown:
    detail = "可能是地址有误，或者该对象不在你的数据范围内。"
    return _instead("没有找到", [reason, detail], entries)


def _denied(page: Page, entries: Sequence[shell.Entry]) -> _Shown:
    detail = f"“{page.title}”需要这项权限。权限由岗位决定，如有出入请联系安全管理员。"
    return _instead("没有权限", [denial(page.requires), detail], entries)


def _instead(title: str, reasons: Sequence[str], entries: Sequence[shell.Entry]) -> _Shown:
    """A page in place of the one asked for: why, and where to go on."""
    body: list[Component] = [html.H1(title, className="page-title"), *map(html.P, reasons)]
    if entries:
        body += [html.P("可以从这里继续："), html.Ul([html.Li(shell.link(entry)) for entry in entries])]
    return _Shown(title=title, main=html.Div(body, className="not-found"), crumbs=[shell.Crumb(label=title)])
