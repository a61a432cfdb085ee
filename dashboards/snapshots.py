"""What a panel's menu offers, and what a file of a panel says of where it comes from."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from dashboards import query
from dashboards.page import Choice, Heading, Kind, Page, Panel, Place, View
from data_access.access.permissions import Permission
from data_access.access.privacy import PERSONS
from data_access.access.viewer import Viewer
from layouts import format as fmt
from layouts import states
from layouts.exports import shown
from layouts.exports.snapshot import Origin
from layouts.panel import Content, Menu

ADDRESS: Final = "/panels/<page_name>/<panel_name>.<form>"
DRAWN: Final = ("png", "svg", "pdf")
TABLES: Final = ("xlsx", "csv")
WHOLE_SCHOOL: Final = "全校"
MOST_ROWS: Final[Mapping[str, int]] = {"xlsx": 20_000, "csv": 20_000, "pdf": 1_000, "png": 200, "svg": 200}
"""How many rows of a long list a kind of file holds: what a spreadsheet, a printout and a picture are good for."""

_UNFIT: Final = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]+')
_NODES_NAMED: Final = 3
"""A counsellor may have ten classes; the first ones are named."""
_LONGEST_PART: Final = 60
"""Of a file's name, in characters: three bytes each leave room for what file systems take."""


def menu_of(page: Page, item: Panel, content: Content, viewer: Viewer, address: Mapping[str, Any]) -> Menu:
    """What may be done with a panel: nothing that holds its numbers leaves without the permission to export."""
    if not viewer.acting_by(page.requires, Permission.PANEL_EXPORT).may(Permission.PANEL_EXPORT):
        return Menu(has_chart=shown.has_chart(content))
    has_chart, has_numbers = shown.has_chart(content), shown.has_numbers(content)
    forms = [*(DRAWN if has_chart or has_numbers else ()), *(TABLES if has_numbers else ())]
    return Menu(has_chart=has_chart, files={form: href(page.name, item.name, form, address) for form in forms})


def href(page_name: str, panel_name: str, form: str, address: Mapping[str, Any]) -> str:
    """The address of a panel as a file, for the view that `address` (path and search) shows."""
    given = {name: str(address.get(name) or "") for name in ("path", "search")}
    return query.link(f"/panels/{quote(page_name)}/{quote(panel_name)}.{form}", given)


def days_behind(content: Content, view: View) -> int | None:
    """For how many days no data has come for a panel, though more was due; None where nothing is late."""
    if content.as_of is None:
        return None
    services = view.services
    kind = content.card.period if content.card else "week"
    return states.days_behind(kind, content.as_of, due=services.values.data_date(), today=services.today())


def origin_of(
    item: Panel, content: Content, heading: Heading, view: View, viewer: Viewer, *, made_at: dt.datetime
) -> Origin:
    """Where the numbers of a panel come from.

    Args:
        item: the panel.
        content: what it shows.
        heading: of its page.
        view: the look at the page, made with the scope of the export.
        viewer: who takes it.
        made_at: when, in the college's zone.
    """
    values = view.services.values
    library, data_version = values.versions()
    unit = f"（单位 {item.unit}）" if item.unit else ""
    is_long = view.most_rows is not None  # all pages are in it, so that none is to be named
    state = content.state.value if content.state else ""
    return Origin(
        title=f"{content.title or item.title}{unit}",
        page=" · ".join([heading.name or heading.title, *heading.facts]),
        note=" · ".join(filter(None, [state, content.note, content.change, *shown.notes_of(content)])),
        filters=" · ".join(
            filter(None, (in_words(c) for c in view.choices.values() if not (is_long and c.filter.is_page)))
        ),
        scope=reach_in_words(view.services.viewer()),
        data_date=content.as_of or values.data_date(),
        library=library,
        data_version=data_version,
        made_at=made_at,
        made_by=viewer.name or viewer.username,
    )


def reach_in_words(viewer: Viewer) -> str:
    """Whose numbers the posts of a viewer reach, such as ``全校`` or ``机电2401、机电2402``; it names no person."""
    if any(post.node_level == "school" for post in viewer.posts):
        return WHOLE_SCHOOL
    names = ["本人" if post.node_level in PERSONS else post.node_name for post in viewer.posts]
    found = list(dict.fromkeys(filter(None, names)))
    more = f" 等 {len(found)} 处" if len(found) > _NODES_NAMED else ""
    return "、".join(found[:_NODES_NAMED]) + more or viewer.scope.reason


def in_words(choice: Choice) -> str:
    """A filter and its value, such as ``系部 机电工程系``; empty where it does not narrow what is shown."""
    item, value = choice.filter, choice.value
    label = next((option.label for option in choice.options if option.value == value), value)
    always_told = item.kind is Kind.SELECT and item.place is Place.CONTEXT
    return f"{item.label} {label}" if label and (always_told or value != choice.default) else ""


def file_name(title: str, heading: Heading, view: View, form: str) -> str:
    """Name of a file, such as ``到课率_全校_2026-11-20.png``: what, of whom, up to when."""
    departments = view.choices.get("dept")
    whose = heading.name or heading.title
    if departments is not None and not view.ids:
        whose = next((o.label for o in departments.options if o.value == departments.value), whose)
    parts = [title, whose, fmt.day(view.services.values.data_date())]
    return "_".join(_UNFIT.sub(" ", part).strip(" .")[:_LONGEST_PART] for part in parts) + f".{form}"
