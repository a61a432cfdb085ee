"""Headings of periods, the same above a heatmap and below a line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

THIN_FROM: Final = 22
"""From so many periods on, there is room for little more than a number over each of them."""


UNITS: Final = {"week": "周", "month": "月"}
"""What the number of a period within its term or year counts."""


def week_label(
    ordinal: int, token: Mapping[str, str], *, in_focus: bool, is_thin: bool, unit: str = UNITS["week"]
) -> str:
    """The heading of a week or month; where columns are thin, only the one in focus spells out what is counted."""
    if in_focus:
        size = ";font-size:11px" if is_thin else ""
        return f'<span style="color:{token["accent"]}{size}"><b>{ordinal}{unit}</b></span>'
    return str(ordinal) if is_thin else f"{ordinal}{unit}"
