"""The slots of all points in one term, worked out once: what is due in it, and the most that it can bring."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from indicators.growth_card.points import Card, Point
from indicators.growth_card.rules import possible
from indicators.growth_card.slots import CardTerm, Slot, due_grades, slots_of


class TermSlots:
    """A term as accounts show it. Safe to share between threads: what is found twice is the same.

    Attributes:
        term: the term.
    """

    def __init__(self, card: Card, term: CardTerm) -> None:
        self.term: Final = term
        self._card = card
        self._slots: dict[str, Mapping[str, Slot]] = {}
        self._caps: dict[str, int] = {}

    def of(self, code: str) -> Mapping[str, Slot]:
        """The slots of a point by their keys, in order of time; none where the term has none of it."""
        if code not in self._slots:
            self._slots[code] = {slot.key: slot for slot in slots_of(self._card.by_code[code], self.term)}
        return self._slots[code]

    def grade_of(self, grade_year: int | None) -> int | None:
        """Year of study in the term of those who began in `grade_year`."""
        return None if grade_year is None else self.term.acad_start - grade_year + 1

    def is_due(self, point: Point, grade: int | None) -> bool:
        """True where the term has slots of the point for those of a grade; for all where that is not known."""
        return (grade is None or grade in due_grades(point)) and bool(self.of(point.code))

    def cap(self, point: Point, grade: int | None) -> int:
        """The most that the term brings by a point to those of a grade, in hundredths; 0 where it is not due."""
        if not self.is_due(point, grade):
            return 0
        if point.code not in self._caps:
            shares = [slot.share for slot in self.of(point.code).values()]
            self._caps[point.code] = int(possible(point, shares).sum())
        return self._caps[point.code]
