"""Addresses: matching paths to pages and writing links that carry the filters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, urlencode

_LARGEST_ID: Final = 2**63 - 1
_PARAMETER: Final = re.compile(r"<([a-z_]+)>")


def match(pattern: str, path: str) -> dict[str, int] | None:
    """The ids in `path` where it fits a pattern such as ``/offerings/<offering_id>``, else None.

    Ids are positive whole numbers that a database can hold; anything else does not fit.
    """
    expression = _PARAMETER.sub(r"(?P<\1>[1-9][0-9]{0,18})", pattern)
    found = re.fullmatch(expression, path.rstrip("/") or "/", flags=re.ASCII)
    if found is None:
        return None
    ids = {name: int(text) for name, text in found.groupdict().items()}
    return None if any(number > _LARGEST_ID for number in ids.values()) else ids


def parse(search: str | None) -> dict[str, str]:
    """The parameters of an address's query; of one given twice the last counts."""
    return dict(parse_qsl((search or "").removeprefix("?"), keep_blank_values=False))


def link(path: str, query: Mapping[str, str]) -> str:
    """An address; empty parameters are left out, so that equal views have equal addresses."""
    kept = [(name, value) for name, value in query.items() if value]
    return f"{path}?{urlencode(kept)}" if kept else path
