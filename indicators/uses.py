"""What an indicator is used for besides being shown: the growth card, the risk targets, the diagnosis of majors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from indicators.eight_dimensions import shipped_model

USES_FILE: Final = Path(__file__).with_name("uses.yaml")


@dataclass(frozen=True, kw_only=True, slots=True)
class Uses:
    """Where one indicator is used.

    Attributes:
        dimensions: of the eight-dimension diagnosis, those that count it.
        accounts: of the growth card (学生发展储值卡), those with a scoring point of this code.
        risks: names of the risk targets that forecast it.
    """

    dimensions: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    risks: tuple[str, ...] = ()


def uses_of(code: str) -> Uses:
    """Where the indicator of that code is used; nowhere for an unknown one."""
    declared = declared_uses()
    return Uses(
        dimensions=tuple(item.name for item in shipped_model().dimensions if code in item.items),
        accounts=_naming(code, declared["growth_card"]),
        risks=_naming(code, declared["risk_targets"]),
    )


def _naming(code: str, lists: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(name for name, codes in lists.items() if code in codes)


@cache
def declared_uses() -> Mapping[str, Mapping[str, Any]]:
    """The lists of codes in ``uses.yaml`` by kind of use and name, read once."""
    found: Mapping[str, Mapping[str, Any]] = yaml.safe_load(USES_FILE.read_text(encoding="utf-8"))
    return found
