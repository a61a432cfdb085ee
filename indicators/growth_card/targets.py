"""What accounts are to hold in a term: the rules of the points over the values of their inputs, as pure functions.

Values of a point are laid out by holder and slot: facts first, then what submitted sheets tell, then approved plans where
they bring no less, then corrections. What is due follows from the day, the grade and from what was told before its day; what a slot brings follows
from `indicators.growth_card.rules`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data_access.growth_card.settlement import Target
from data_access.growth_card.told import Told
from indicators.growth_card.inputs import Ids, Matrix, Values, name_of
from indicators.growth_card.points import RAW, Point, Rule, Schedule
from indicators.growth_card.rules import effects, has_opening, possible, settled, weighed
from indicators.growth_card.slots import OPENING, CardTerm, Slot, due_grades, slots_of

EXPULSION: Final = 5.0
"""Level of 违纪受处罚级别 that closes an account: nothing is booked after it."""
OPEN: Final = dt.date.max.toordinal()
"""Day of closing of an account that is open, as an ordinal."""

Flags = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Holders:
    """The accounts of one level in a term.

    Attributes:
        ids: their keys, ascending.
        grades: year of study of each in the term.
        groups: key of the group of peers that each lies in: a student's class, a class's grade year.
        on_roll: students on the roll of the term, classes with such students.
        closed_on: last day on which something is booked to each, as an ordinal; `OPEN` for nearly all.
    """

    ids: Ids
    grades: Ids
    groups: Ids
    on_roll: Flags
    closed_on: Ids

    def index(self, holder_id: int) -> int | None:
        """Position of an account; None where it is not among these."""
        place = int(np.searchsorted(self.ids, holder_id))
        return place if place < len(self.ids) and self.ids[place] == holder_id else None


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The inputs of one point by holder and slot.

    Attributes:
        slots: those that read something, in order of time.
        inputs: values by name of the input, shape (holders, slots), NaN where nothing is due or known.
        sheets: sheet that a value stands in, 0 for none; `corrections` likewise.
        entitled: holders from whom the point is due in the term at all.
    """

    point: Point
    slots: tuple[Slot, ...]
    inputs: Mapping[str, Matrix]
    sheets: Ids
    corrections: Ids
    entitled: Flags

    @property
    def booked(self) -> Ids:
        """Days of the slots, as ordinals."""
        return np.array([slot.booked_on.toordinal() for slot in self.slots], dtype=np.int64)

    def until(self, closed_on: Ids) -> Layout:
        """The same without what would be booked after accounts were closed."""
        after = self.booked[None, :] > closed_on[:, None]
        if not after.any():
            return self
        return replace(self, inputs={name: np.where(after, np.nan, v) for name, v in self.inputs.items()})


@dataclass(frozen=True, kw_only=True)
class Lines:
    """What accounts are to hold of one point: equally long columns, one line for every entry.

    Attributes:
        holders: positions of the accounts, ascending; `slots`: positions in `names`.
        raw: NaN for none; `sheets` and `corrections`: 0 for none.
    """

    point: str
    names: tuple[str, ...]
    days: tuple[dt.date, ...]
    holders: Ids
    slots: Ids
    raw: Matrix
    points: Ids
    possible: Ids
    sheets: Ids
    corrections: Ids

    def of(self, first: int, last: int) -> Iterator[tuple[int, Target]]:
        """The lines of the accounts at these positions, `last` not included."""
        start, end = np.searchsorted(self.holders, [first, last])
        columns = (self.holders, self.slots, self.raw, self.points, self.possible, self.sheets, self.corrections)
        for holder, slot, raw, points, most, sheet, correction in zip(
            *(column[start:end].tolist() for column in columns), strict=True
        ):
            name = self.names[slot]
            yield (
                holder,
                Target(
                    point=self.point,
                    slot=name,
                    kind=OPENING if name == OPENING else ("deduction" if points < 0 else "deposit"),
                    booked_on=self.days[slot],
                    raw=None if raw != raw else raw,  # noqa: PLR0124 (only NaN differs from itself)
                    points=points,
                    possible=most,
                    sheet_id=sheet or None,
                    correction_id=correction or None,
                ),
            )


def lay_out(
    point: Point,
    term: CardTerm,
    holders: Holders,
    values: Values,
    told: Iterable[Told],
    *,
    as_of: dt.date,
    covered: Mapping[str, Flags],
    obtained: Flags | None = None,
) -> Layout | None:
    """The inputs of a point in a term; None where it has no slots in it.

    Args:
        point: the point.
        term: the term.
        holders: the accounts.
        values: what facts say of them.
        told: what was told of this point, the weakest first; of two that tell the same, the later counts. An
            offer counts as a whole, where it brings no less than what is weaker.
        as_of: the day of the posting. Slots booked later are due only where somebody has told of them.
        covered: by slot the accounts of which somebody has told otherwise, as lesson sheets do of a week.
        obtained: accounts that obtained the point in an earlier year; none for points that come again.
    """
    slots = tuple(slot for slot in slots_of(point, term) if slot.key != OPENING)
    if not slots:
        return None
    names = [name for name in _inputs_of(point, values) if not slots[0].inputs or name in slots[0].inputs]
    inputs = {name: np.stack([values[name_of(point, name)].of(slot.reads) for slot in slots], axis=1) for name in names}
    shape = (len(holders.ids), len(slots))
    sheets, corrections = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    due = np.zeros(shape, dtype=bool)
    places = {slot.key: number for number, slot in enumerate(slots)}
    placed = [
        (line, places[item.slot], item)
        for item in told
        if (line := holders.index(item.holder_id)) is not None and item.slot in places and item.input in inputs
    ]
    for is_offer, part in groupby(placed, key=lambda found: found[2].is_offer):
        weaker, inputs = inputs, {name: found.copy() for name, found in inputs.items()}
        for line, column, item in part:
            inputs[item.input][line, column] = np.nan if item.value is None else item.value
            due[line, column] |= item.is_early
            sheets[line, column] = item.sheet_id or sheets[line, column]
            corrections[line, column] = item.correction_id or 0
        if is_offer:
            inputs = _better(point, weaker, inputs)
    for key, flags in covered.items():
        if key in places:
            due[:, places[key]] |= flags
    due |= np.array([slot.booked_on <= as_of for slot in slots])[None, :]
    entitled = np.isin(holders.grades, due_grades(point))
    if point.schedule is not Schedule.FOLLOW_UP:
        entitled &= holders.on_roll
    if obtained is not None:
        entitled &= ~obtained
    due &= entitled[:, None]
    return Layout(
        point=point,
        slots=slots,
        inputs={name: np.where(due, found, np.nan) for name, found in inputs.items()},
        sheets=sheets,
        corrections=corrections,
        entitled=entitled,
    )


def _better(point: Point, weaker: Mapping[str, Matrix], offered: Mapping[str, Matrix]) -> dict[str, Matrix]:
    """What is offered, but for the slots of accounts to which what is weaker brings more."""
    is_worse = effects(point, weaker)[0] > effects(point, offered)[0]  # nothing known is never more
    return {name: np.where(is_worse, weaker[name], found) for name, found in offered.items()}


def closing_days(layout: Layout, closed_on: Ids) -> Ids:
    """The days on which accounts are closed by a punishment that the layout tells of, or were already."""
    if layout.point.schedule is not Schedule.SANCTION:
        return closed_on
    expelled = layout.inputs[RAW] >= EXPULSION
    days = np.where(expelled, layout.booked[None, :], OPEN).min(axis=1)
    return np.minimum(days, closed_on)


def lines_of(layout: Layout, term: CardTerm, holders: Holders, *, as_of: dt.date) -> Lines:
    """What the accounts are to hold of a point.

    Args:
        layout: its inputs, nothing left of what would be booked after an account was closed.
        term: the term.
        holders: the accounts.
        as_of: the day of the posting; nothing is booked later.
    """
    point, slots = layout.point, layout.slots
    shares = np.array([slot.share for slot in slots])
    gains, losses = effects(point, layout.inputs, share=float(shares[0]))
    # A slot without a share of the cap only takes away; where nothing happened, there is nothing to book.
    held = ~np.isnan(gains) & ((shares > 0)[None, :] | (gains > 0) | (losses > 0))
    brought = settled(point, gains, losses, opening=has_opening(point))
    most = possible(point, np.where(held, shares[None, :], 0.0))
    raw, sheets, corrections = shown(layout), layout.sheets, layout.corrections
    if has_opening(point):
        slots = (next(slot for slot in slots_of(point, term) if slot.key == OPENING), *slots)
        first = slots[0].booked_on
        opened = layout.entitled & (first <= as_of) & (first.toordinal() <= holders.closed_on)
        held = np.insert(held, 0, opened, axis=1)
        most = np.insert(np.zeros_like(most), 0, np.where(opened, possible(point, [1.0])[0], 0), axis=1)
        raw = np.insert(raw, 0, np.nan, axis=1)
        sheets, corrections = np.insert(sheets, 0, 0, axis=1), np.insert(corrections, 0, 0, axis=1)
    line, column = np.nonzero(held)
    return Lines(
        point=point.code,
        names=tuple(slot.key for slot in slots),
        days=tuple(min(slot.booked_on, as_of) for slot in slots),
        holders=line,
        slots=column,
        raw=raw[line, column],
        points=brought[line, column],
        possible=most[line, column],
        sheets=sheets[line, column],
        corrections=corrections[line, column],
    )


def accounts_of(
    lines: Sequence[Lines], holders: Holders, first: int, last: int
) -> dict[int, dict[tuple[str, str], Target]]:
    """What the accounts at these positions are to hold, by key of the account, then by point and slot."""
    found: dict[int, dict[tuple[str, str], Target]] = {int(key): {} for key in holders.ids[first:last]}
    for column in lines:
        for holder, target in column.of(first, last):
            found[int(holders.ids[holder])][target.point, target.slot] = target
    return found


def shown(layout: Layout) -> Matrix:
    """The one value that an entry shows: what was measured; of goals reached, their share in percent."""
    if RAW in layout.inputs:
        return layout.inputs[RAW]
    if layout.point.rule is Rule.PLAN:
        return 100.0 * layout.inputs["goals"]
    return weighed(layout.point, layout.inputs)


def _inputs_of(point: Point, values: Values) -> list[str]:
    stem = f"{point.code}."
    return [code.removeprefix(stem) for code in values if code.startswith(stem)]
