"""The ids of components that callbacks know; every one carries the name of its page."""

from __future__ import annotations

from typing import Any

from dash import ALL, MATCH

from layouts.table import ROWS_ROLE

Id = dict[str, Any]


def control(page: str, name: str) -> Id:
    """The control of a filter."""
    return {"role": "control", "page": page, "name": name}


def panel(page: str, name: str) -> Id:
    """The place of a panel."""
    return {"role": "panel", "page": page, "name": name}


def chart(page: str, name: str) -> Id:
    """A chart whose clicks lead somewhere."""
    return {"role": "chart", "page": page, "name": name}


def table(page: str, name: str) -> Id:
    """A table; its rows are in a store of the same page and name."""
    return {"role": "table", "page": page, "name": name}


def address(page: str) -> Id:
    """The store that tells a page which address it shows; it holds nothing that the address does not."""
    return {"role": "address", "page": page}


def notice(page: str) -> Id:
    """The line that says which filters were not understood."""
    return {"role": "notice", "page": page}


ANY_CONTROL: Id = {"role": "control", "page": ALL, "name": ALL}
ANY_CHART: Id = {"role": "chart", "page": ALL, "name": ALL}
EACH_TABLE: Id = {"role": "table", "page": MATCH, "name": MATCH}
EACH_ROWS: Id = {"role": ROWS_ROLE, "page": MATCH, "name": MATCH}
ANY_ADDRESS: Id = {"role": "address", "page": ALL}
