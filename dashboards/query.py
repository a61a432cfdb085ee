"""Addresses: matching paths to pages and writing links that carry the filters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, urlencode

_LARGEST_ID: Final = 2**63 - 1
_PARAMETER: Final = re.compile(r"<([a-z_]+)>")
_NUMBER: Final = "[1-9][0-9]{0,18}"
_FORMS: Final = {"indicator_code": "[A-Z]{3}-[A-Z0-9]{2,4}-[0-9]{2}"}
"""What stands in an address for a parameter that is no number."""


def match(pattern: str, path: str) -> dict[str, str] | None:
    """The parameters in `path` where it fits a pattern such as ``/offerings/<offering_id>``, else None.

    Ids are positive whole numbers that a database can hold, codes have the form of the library; anything else does
    not fit.
    """
    expression = _PARAMETER.sub(lambda found: f"(?P<{found[1]}>{_FORMS.get(found[1], _NUMBER)})", pattern)
    found = re.fullmatch(expression, path.rstrip("/") or "/", flags=re.ASCII)
    if found is None:
        return None
    given = found.groupdict()
    is_too_large = any(name not in _FORMS and int(text) > _LARGEST_ID for name, text in given.items())
    return None if is_too_large else given


def numbers(given: Mapping[str, str]) -> dict[str, int]:
    """Those parameters of an address that are ids."""
    return {name: int(text) for name, text in given.items() if name not in _FORMS}


def codes(given: Mapping[str, str]) -> dict[str, str]:
    """Those parameters of an address that are codes of indicators."""
    return {name: text for name, text in given.items() if name in _FORMS}


def parse(search: str | None) -> dict[str, str]:
    """The parameters of an address's query; of one given twice the last counts."""
    return dict(parse_qsl((search or "").removeprefix("?"), keep_blank_values=False))


def link(path: str, query: Mapping[str, str]) -> str:
    """An address; empty parameters are left out, so that equal views have equal addresses."""
    kept = [(name, value) for name, value in query.items() if value]
    return f"{path}?{urlencode(kept)}" if kept else path
