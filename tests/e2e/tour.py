"""The way through all pages that one person may open: what the navigation offers, and one entity of every kind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from playwright.sync_api import Page as Window

from dashboards import PAGES

_PATTERNS = {page.name: re.compile(re.sub(r"<\w+>", "[A-Z0-9-]+", page.path)) for page in PAGES}
_DRAWN_BY_SERVER = (
    ("lessons", re.compile(r"/entry/teacher-N-N-WN")),
    ("sheet", re.compile(r"/entry/[a-z]+-N-N-[A-Za-zN-]+")),
)
"""Pages of the server that have many addresses which differ in more than an id: one of a kind is enough."""
_FILES = ("csv", "xlsx", "png", "svg", "pdf")
DRAWN = """() => document.querySelector('main') !== null
    && document.querySelectorAll('main .skeleton').length === 0
    && [...document.querySelectorAll('main .chart')].every((chart) => !chart.offsetParent || chart.querySelector('.main-svg'))
    && (document.querySelector('.panel-body, .page-title, h1') !== null)"""
"""True once nothing is loading any more and every chart has been drawn."""


@dataclass(frozen=True, kw_only=True)
class Stop:
    """One page of a tour: its address, and which page of the product it is."""

    address: str
    kind: str


def tour(window: Window, origin: str, start: str = "/") -> Iterator[Stop]:
    """Opens one page after the other, each kind once, in the order in which links lead to them.

    Args:
        window: where somebody has signed in.
        origin: scheme, host and port of the server.
        start: address to begin with.
    """
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        address = waiting.pop(0)
        kind = kind_of(address)
        if kind in seen:
            continue
        seen.add(kind)
        window.goto(origin + address)
        window.wait_for_function(DRAWN)
        yield Stop(address=address, kind=kind)
        links = window.eval_on_selector_all("a[href]", "found => found.map((link) => link.getAttribute('href'))")
        waiting += [link for link in links if is_page(link)]


def kind_of(address: str) -> str:
    """Name of the page that an address is of, such as ``offering``; where the server draws it, its path without ids."""
    path = urlsplit(address).path
    by_dash = next((name for name, pattern in _PATTERNS.items() if pattern.fullmatch(path)), "")
    if by_dash:
        return by_dash
    plain = re.sub(r"\d+", "N", path)
    return next((name for name, pattern in _DRAWN_BY_SERVER if pattern.fullmatch(plain)), plain)


def is_page(link: str) -> bool:
    """True for links that show a page, and neither do something nor give a file."""
    path = urlsplit(link).path
    return (
        link.startswith("/")
        and not path.startswith(("/sign-", "/panels/", "/_dash"))
        and path.rpartition(".")[2] not in _FILES
    )
