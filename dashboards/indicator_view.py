"""What one look at a number's card asks for: the indicator, whose number, of which period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from dashboards.entitlements import LEVELS_ZH
from dashboards.number import Number, entity_of
from dashboards.own_nodes import own_nodes
from dashboards.page import NotFoundError, View
from data_access.access.scope import Scope
from data_access.readers.revisions import RevisedValue
from indicators.numbers import Course, Place, levels_below
from indicators.results import IndicatorInfo, ValueFrame
from indicators.shelf import Entry, Wording

ROWS_PER_PAGE: Final = 20
NOT_FOUND: Final = "没有这个{level}，或者它的这项指标不在你的数据范围内。"
"""In both cases the same words: nobody learns what there is beyond their scope."""
NO_PERIOD: Final = "这个时段没有这项指标的数值。"
NO_NODE: Final = "你的岗位没有可以查看的数值。"


@dataclass(frozen=True, kw_only=True)
class Card:
    """The data of one view of the page; every part is fetched when first needed, and once."""

    view: View

    @cached_property
    def entry(self) -> Entry:
        """The indicator.

        Raises:
            NotFoundError: the library has none of that code.
        """
        code = self.view.codes["indicator_code"]
        found = self.view.services.library.entry(code)
        if found is None:
            raise NotFoundError(f"没有编码为 {code} 的指标。")
        return found

    @property
    def scope(self) -> Scope:
        """What the viewer may read."""
        return self.view.scope

    @cached_property
    def wording(self) -> Wording:
        """How the number is made, in words."""
        return self.view.services.library.wording(self.entry)

    @cached_property
    def place(self) -> Place | None:
        """Whose number is shown: the entity of the address, else the viewer's own node that has one.

        None where there is no such entity within the scope, or nothing to show without one.
        """
        asked = entity_of(self.view["of"])
        if asked is not None:
            return self._at(*asked)
        nodes = own_nodes(self.view.services.viewer(), self.scope)
        found = (self._at(node.level, node.node_id) for node in nodes)
        return next((place for place in found if place is not None), None)

    def _at(self, level: str, entity_id: int) -> Place | None:
        about = self.entry.info.about
        if level not in self.entry.levels or not self.scope.admits(level, about):
            return None
        return self.view.services.numbers.place(level, entity_id, about=about, scope=self.scope)

    @cached_property
    def course(self) -> Course | None:
        """The number with the periods around it; None where there is no place or no such period."""
        if self.place is None:
            return None
        return self.view.services.numbers.course(
            self.entry.code,
            self.place.level,
            self.place.entity_id,
            period=self.view["period"],
            term_id=self.place.term_id,
            scope=self.scope,
        )

    @cached_property
    def revisions(self) -> Sequence[RevisedValue]:
        """What has been found wrong of the number since it was computed, oldest first."""
        if self.place is None or self.course is None:
            return ()
        at, period = self.place, self.course.point.period.key
        asked = self.view.services.revisions
        return asked.touching(self.entry.code, at.level, at.entity_id, period, scope=self.scope)

    @property
    def missing(self) -> str:
        """Why there is no number at all; empty where there is one, if only without value."""
        if self.place is None:
            asked = entity_of(self.view["of"])
            return NO_NODE if asked is None else NOT_FOUND.format(level=LEVELS_ZH[asked[0]])
        return "" if self.course is not None else NO_PERIOD

    @cached_property
    def ways_down(self) -> Sequence[str]:
        """The levels below at which the number can be followed, the next one first."""
        if self.place is None or self.course is None:
            return ()
        entry = self.entry
        return levels_below(self.place.level, entry.levels, layer=entry.layer, scope=self.scope, about=entry.info.about)

    @property
    def down(self) -> str:
        """The level listed below; empty where there is none."""
        asked = self.view["down"]
        return asked if asked in self.ways_down else next(iter(self.ways_down), "")

    @cached_property
    def below(self) -> tuple[IndicatorInfo, ValueFrame] | None:
        """The values one level down in the same period."""
        if self.place is None or self.course is None or not self.down:
            return None
        return self.view.services.numbers.below(
            self.entry.code,
            self.down,
            under=(self.place.level, self.place.entity_id),
            period=self.course.point.period,
            scope=self.scope,
        )

    def number(self, level: str, entity_id: int) -> Number:
        """The same indicator of another entity, in the period shown."""
        period = "" if self.course is None else self.course.point.period.key
        return Number(code=self.entry.code, level=level, entity_id=entity_id, period=period)
