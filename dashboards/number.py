"""The address of a number's card (口径卡): which indicator, of whom, for which period."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from dashboards import query
from indicators.results import Reading

PAGE: Final = "/indicators/<indicator_code>"
_OF: Final = re.compile(r"(?P<level>school|dept|major|class|course|offering|teacher|student):(?P<id>[1-9][0-9]{0,17})")


@dataclass(frozen=True, kw_only=True)
class Number:
    """One number: an indicator of an entity, for a period or the latest one where `period` is empty."""

    code: str
    level: str = ""
    entity_id: int = 0
    period: str = ""

    @property
    def href(self) -> str:
        """The address of its card; without an entity that of the indicator."""
        of = f"{self.level}:{self.entity_id}" if self.level else ""
        return query.link(PAGE.replace("<indicator_code>", self.code), {"of": of, "period": self.period})


def of_reading(reading: Reading) -> Number:
    """The number that a reading shows: its latest value."""
    return Number(
        code=reading.info.code,
        level=reading.level,
        entity_id=reading.entity_id,
        period=reading.latest.period.key if reading.level else "",
    )


def entity_of(text: str) -> tuple[str, int] | None:
    """Level and key in an address's ``of``, such as ``offering:1201``; None where it is not of that form."""
    found = _OF.fullmatch(text)
    return None if found is None else (found["level"], int(found["id"]))
