"""What may stand in the audit log: text made harmless, cut to length, without secrets and identity numbers."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Final

WITHHELD: Final = "[withheld]"
_CUT: Final = "…"
_LONGEST_VALUE: Final = 500
_MOST_ITEMS: Final = 200
"""Of one list or mapping; whoever has more to tell writes more events."""
_DEEPEST: Final = 4
_SECRET: Final = re.compile(r"passw|secret|token|cookie|credential|密码|口令", re.IGNORECASE)

_IDENTITY: Final = re.compile(
    r"(?<!\d)([1-9１-９]\d)\d{4}"  # region
    r"[1１2２][0８-９8-9０]\d\d"  # 18.., 19.., 20..
    r"[01０１]\d[0-3０-３]\d"  # month, day
    r"\d{2}(\d[\dXxＸｘ])(?!\d)"
)
"""A number of 18 places whose middle is a date of birth. The check digit is left aside: a mistyped one tells as much."""
_ESCAPED: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories that a reader cannot see or a terminal would obey: line ends, ANSI, changes of direction."""


def neutral(text: str, *, longest: int) -> str:
    r"""The text as one visible line of at most `longest` characters; what it must not hold is masked.

    Characters that steer a terminal, a log file or the direction of reading are written as ``\u202e``.
    Applied twice it changes nothing more.
    """
    # Far more than is kept need not be looked at; the margin keeps a number on the edge whole.
    masked = _IDENTITY.sub(r"\1**************\2", text[: longest + 64])
    seen = "".join(_escape(c) if unicodedata.category(c) in _ESCAPED else c for c in masked)
    return seen if len(seen) <= longest else seen[: longest - 1] + _CUT


def neutral_detail(detail: Mapping[str, Any]) -> dict[str, Any]:
    """The same for a mapping of plain values: bounded in depth and number, every value fit for JSON.

    Values under a name such as ``password`` or ``token`` are withheld whatever they are.
    """
    return _mapping(detail, depth=1)


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _mapping(value: Mapping[Any, Any], *, depth: int) -> dict[str, Any]:
    kept = dict(list(value.items())[:_MOST_ITEMS])
    found = {neutral(str(name), longest=64): _named(str(name), item, depth) for name, item in kept.items()}
    if len(value) > _MOST_ITEMS:
        found[_CUT] = len(value) - _MOST_ITEMS
    return found


def _named(name: str, value: Any, depth: int) -> Any:
    return WITHHELD if _SECRET.search(name) else _value(value, depth=depth)


def _value(value: Any, *, depth: int) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return neutral(str(value), longest=_LONGEST_VALUE) if _IDENTITY.fullmatch(str(value)) else int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(value)
    if depth < _DEEPEST and isinstance(value, Mapping):
        return _mapping(value, depth=depth + 1)
    if depth < _DEEPEST and isinstance(value, list | tuple | set | frozenset):
        items = sorted(value, key=str) if isinstance(value, set | frozenset) else list(value)
        found = [_value(item, depth=depth + 1) for item in items[:_MOST_ITEMS]]
        return [*found, f"{_CUT}{len(items) - _MOST_ITEMS}"] if len(items) > _MOST_ITEMS else found
    return neutral(str(value), longest=_LONGEST_VALUE)
