"""What a page is: data and pure functions. `dashboards.wiring` turns it into a layout and a callback."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from dashboards import query
from dashboards.services import Services
from data_access.access.permissions import Permission
from data_access.access.scope import Scope
from data_access.errors import UserError
from layouts.controls import Option
from layouts.panel import Content
from layouts.shell import Crumb


class NotFoundError(UserError):
    """What the address names does not exist, or not for this reader; the message is shown to them."""


def missing(noun: str, number: int) -> str:
    """What is said of an entity that does not exist, and of one out of scope, word for word the same."""
    return f"没有编号为 {number} 的{noun}。"


class Kind(StrEnum):
    """How a filter is set."""

    SELECT = "select"
    SEARCH = "search"
    TOGGLE = "toggle"
    DATE = "date"
    LINK = "link"
    """Only by links on the page, such as the page number."""


class Place(StrEnum):
    """Where the control of a filter stands."""

    CONTEXT = "context"
    """In the bar on top, beside the date of the data."""
    TOOLS = "tools"
    """Beside the page's title."""


def no_options(_services: Services, _scope: Scope) -> Sequence[Option]:
    """The choices of a filter that has none."""
    return ()


@dataclass(frozen=True, kw_only=True)
class Filter:
    """One filter of a page; its value lives in the address under `name`.

    Attributes:
        options: the allowed values of a select or toggle, the first of them the default.
        pattern: regular expression that the value of a search or link must match in full.
        default: value that counts while the address has none; for options, the first option.
        is_page: True where it numbers the pages of a long list.
        is_hidden_alone: True where the control is left out while there is only one choice.
    """

    name: str
    label: str
    kind: Kind
    place: Place = Place.CONTEXT
    options: Callable[[Services, Scope], Sequence[Option]] = no_options
    pattern: str = r"[^\x00-\x1f]{0,40}"
    default: str = ""
    is_hidden_alone: bool = False
    is_page: bool = False


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A filter as it stands in one view: its value, its default and the choices there are."""

    filter: Filter
    value: str
    default: str
    options: Sequence[Option]


@dataclass(frozen=True, kw_only=True)
class View:
    """One look at a page: who asks (as a scope), for what (ids), filtered how.

    Attributes:
        path: the address without its query.
        ids: numbers taken from the path. They come from the client: readers check them against `scope`.
        most_rows: how many rows of a long list a file takes; None for a browser, which is shown a page at a time.
        codes: codes of indicators taken from the path, in the form of the library; there may be none of that code.
        choices: all filters of the page by name.
        rejected: filters of the address that make no sense and were left out, for a notice.
    """

    services: Services
    scope: Scope
    path: str
    ids: Mapping[str, int]
    choices: Mapping[str, Choice]
    rejected: Sequence[str] = ()
    codes: Mapping[str, str] = field(default_factory=dict)
    most_rows: int | None = None

    def __getitem__(self, name: str) -> str:
        """The value of a filter."""
        return self.choices[name].value

    def link(self, **changes: str) -> str:
        """The address of this view with some filters changed; an empty value clears one."""
        values = {name: "" if choice.value == choice.default else choice.value for name, choice in self.choices.items()}
        return query.link(self.path, {**values, **changes})


@dataclass(frozen=True, kw_only=True)
class Heading:
    """The title of a page and what is known of its subject, with the way down to it.

    Attributes:
        name: what files call the page where its title says something to the one who looks, such as a greeting.
    """

    title: str
    facts: Sequence[str] = ()
    crumbs: Sequence[Crumb] = ()
    name: str = ""


def always(_data: Any) -> bool:
    """Belongs to every view."""
    return True


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One panel: `draw` turns the page's data into its content.

    Attributes:
        columns: width, of twelve.
        height: of the skeleton, in px, about that of the content.
        is_framed: False for content that brings its own frames, such as tiles.
        belongs: whether the panel has a place in a view of that data; where not, nothing of it is shown.
        wave: panels of one wave are filled by one request, and the browser asks for all waves at once. What is
            seen first stands in the first wave; what needs reads of its own comes in a later one.
    """

    name: str
    title: str
    draw: Callable[[Any], Content]
    unit: str = ""
    columns: int = 12
    height: int = 200
    is_framed: bool = True
    belongs: Callable[[Any], bool] = always
    wave: int = 1


@dataclass(frozen=True, kw_only=True)
class Nav:
    """Where a page stands in the navigation; within a group, pages keep the order of the catalogue."""

    group: str
    label: str


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page.

    Attributes:
        name: identifier, part of every id on the page.
        path: address, with ids as ``<offering_id>``.
        requires: permission without which neither layout nor data is given.
        load: makes the page's data for a view; it should fetch lazily and each thing once, so that a
            broken source spoils only the panels that need it.
        heading: what stands above the panels. May raise `NotFoundError`.
        nav: None for pages reached only by drilling down.
        parent: name of the page it is reached from, whose entry of the navigation is lit.
        shows_values: False for a page that is of use before any indicator has been computed.
    """

    name: str
    path: str
    title: str
    requires: Permission
    load: Callable[[View], Any]
    heading: Callable[[Any], Heading]
    panels: Sequence[Panel]
    filters: Sequence[Filter] = ()
    nav: Nav | None = None
    parent: str = ""
    shows_values: bool = True

    def __post_init__(self) -> None:
        """Refuse a page whose parts share a name."""
        for what, names in (("filter", [f.name for f in self.filters]), ("panel", [p.name for p in self.panels])):
            repeated = sorted({name for name in names if names.count(name) > 1})
            if repeated:
                raise ValueError(f"Page {self.name!r} has more than one {what} named {', '.join(repeated)}.")

    @property
    def waves(self) -> tuple[int, ...]:
        """The waves in which the panels are filled, the first one first; a page without panels has that alone."""
        return tuple(sorted({1, *(panel.wave for panel in self.panels)}))

    def in_wave(self, wave: int) -> tuple[Panel, ...]:
        """The panels of a wave, in the order of the page."""
        return tuple(panel for panel in self.panels if panel.wave == wave)

    def view(self, services: Services, *, path: str, search: str | None) -> View:
        """What an address asks of this page; filters it cannot take are named in `View.rejected`.

        Raises:
            NotFoundError: the path is not one of this page.
        """
        found = query.match(self.path, path)
        if found is None:
            raise NotFoundError("没有这个页面。")
        scope = services.viewer().scope_for(self.requires)
        given = query.parse(search)
        choices: dict[str, Choice] = {}
        rejected: list[str] = []
        for item in self.filters:
            options = item.options(services, scope)
            default = options[0].value if options and not item.default else item.default
            value = given.get(item.name, default)
            is_to_come = item.kind is Kind.DATE and value > services.today().isoformat()
            if (is_to_come or not _allowed(item, options, value)) and value != default:
                rejected.append(f"{item.label}“{value[:40]}”")
                value = default
            choices[item.name] = Choice(filter=item, value=value, default=default, options=options)
        return View(
            services=services,
            scope=scope,
            path=path,
            ids=query.numbers(found),
            codes=query.codes(found),
            choices=choices,
            rejected=tuple(rejected),
        )


def _allowed(item: Filter, options: Sequence[Option], value: str) -> bool:
    if item.kind in {Kind.SELECT, Kind.TOGGLE}:
        return any(option.value == value for option in options)
    return re.fullmatch(item.pattern, value) is not None
