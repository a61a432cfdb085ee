"""How confidential a figure is: four classes, and the sensitive matters that need a reason of their own."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final

PERSONS: Final = frozenset({"student", "teacher", "roster"})
"""Kinds of rows that are about one person each."""
SMALLEST_GROUP: Final = 5
"""Sensitive figures about fewer people are not shown to those who may only see groups (domain S13)."""


_NAMES_ZH: Final = ("公开", "内部", "个人", "敏感")


class Privacy(IntEnum):
    """Privacy classes of tables, columns and figures, the most open first."""

    PUBLIC = 0
    INTERNAL = 1
    PERSONAL = 2
    SENSITIVE = 3

    @property
    def name_zh(self) -> str:
        """The class as contracts and pages write it."""
        return _NAMES_ZH[self]

    @classmethod
    def named(cls, name_zh: str) -> Privacy:
        """The class of that Chinese name.

        Raises:
            ValueError: there is no such class.
        """
        return cls(_NAMES_ZH.index(name_zh))


class Topic(StrEnum):
    """Sensitive matters. Who may read one of a named person is a rule for each topic."""

    COUNSELLING = "心理辅导"
    SCREENING = "心理筛查"
    AID = "资助"
    DISCIPLINE = "违纪"
    HARDSHIP = "特殊群体"
    BEHAVIOUR = "行为轨迹"
    INCIDENT = "质量事故"
    RISK = "风险"


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What a figure is about, as far as permission is concerned.

    Attributes:
        privacy: class of the figure for a group of people; of one person it is at least `Privacy.PERSONAL`.
        topics: sensitive matters it tells of; empty unless `privacy` is `Privacy.SENSITIVE`.
        owner: the department that answers for the indicator, as the library writes it.
    """

    privacy: Privacy = Privacy.INTERNAL
    topics: frozenset[Topic] = frozenset()
    owner: str = ""

    def __post_init__(self) -> None:
        """Refuse a sensitive figure without a topic, and a topic without sensitivity."""
        if (self.privacy is Privacy.SENSITIVE) != bool(self.topics):
            raise ValueError("A figure is sensitive if and only if it has topics.")

    def privacy_at(self, level: str) -> Privacy:
        """The class of the figure for rows of `level`."""
        return max(self.privacy, Privacy.PERSONAL) if level in PERSONS else self.privacy


PLAIN: Final = Subject()
"""Names and places in the organisation, with no figure attached."""
