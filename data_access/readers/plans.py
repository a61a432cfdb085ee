"""How an indicator's stored parts are read, and what its figures are about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from data_access.access.privacy import Privacy, Subject, Topic

LEVEL_NUMBERS: Final[Mapping[str, int]] = {
    "school": 1, "dept": 2, "major": 3, "class": 4, "student": 5, "course": 6, "offering": 7, "teacher": 8,
}  # fmt: skip
"""Numbers of `Measure.level`, the same as `indicators.model.Level`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredPlan:
    """How one indicator is read for one kind of period.

    Attributes:
        about: what its figures tell, for the question who may read them.
        row_topics: sensitive matters that the number of rows behind a value tells of, before any filter.
        is_cumulative: True where rows count for several periods of the kind, so that the difference of two
            periods is the figure of a few days.
    """

    code: str
    unit: str
    kind: str
    so_far: bool
    family_id: int
    levels: tuple[str, ...]
    value: Any
    numerator: Any
    denominator: Any
    about: Subject
    row_topics: frozenset[Topic] = frozenset()
    is_cumulative: bool = False

    @property
    def parts(self) -> tuple[Any, ...]:
        """Expressions of numerator and denominator, as far as there are any."""
        return tuple(part for part in (self.numerator, self.denominator) if part is not None)


def stored_plan(row: Mapping[str, Any], definition: Mapping[str, Any]) -> StoredPlan:
    """The plan in a row of `indicator_plan`, with the definition stored beside it."""
    return StoredPlan(
        **{**row, "levels": tuple(row["levels"])},
        unit=str(definition["unit"]),
        about=subject_of(definition),
        row_topics=frozenset(Topic(name) for name in definition.get("row_topics", ())),
        is_cumulative=bool(row["so_far"] or definition.get("window") or definition.get("lag_years")),
    )


def subject_of(definition: Mapping[str, Any]) -> Subject:
    """What an indicator is about, as it was classified when its values were computed.

    Values from before indicators were classified are taken to be sensitive in every way.
    """
    is_classified = "topics" in definition
    privacy = Privacy.named(definition["privacy"]) if is_classified else Privacy.SENSITIVE
    topics = frozenset(Topic(name) for name in definition["topics"]) if is_classified else frozenset(Topic)
    return Subject(privacy=privacy, topics=topics, owner=definition["department"])
