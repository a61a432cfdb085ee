"""Inputs of a term that is closed: what was booked then, where no correction tells otherwise.

The slots of a term share its caps, so that a corrected slot may change what others bring. They are worked out together,
but from what was booked of the others: whatever facts and sheets have come since, a closed term does not know of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from data_access.growth_card.settlement import Live
from data_access.growth_card.told import Told
from indicators.growth_card.inputs import Matrix
from indicators.growth_card.points import RAW, Point, Rule
from indicators.growth_card.rules import HUNDREDTHS, Whole, effects
from indicators.growth_card.slots import OPENING
from indicators.growth_card.targets import Holders, Layout, shown
from indicators.model import Level

_EVENTS: Final = "events"
_ROUNDING: Final = 0.02
"""Points by which losses worked back from hundredths may miss a whole number of times."""


def corrected_points(corrections: Iterable[Told], level: Level) -> dict[int, set[str]]:
    """By account of a level the points that corrections tell of: no other changes in a closed term."""
    found: dict[int, set[str]] = {}
    for item in corrections:
        if item.holder == int(level):
            found.setdefault(item.holder_id, set()).add(item.point)
    return found


def as_on_roll(holders: Holders, booked: Collection[Live]) -> Holders:
    """The accounts, with all on the roll to which something was booked: a later roll closes no account of a closed term."""
    posted = np.isin(holders.ids, sorted({entry.holder_id for entry in booked}))
    return replace(holders, on_roll=holders.on_roll | posted)


def as_booked(layout: Layout, holders: Holders, booked: Mapping[str, Collection[Live]]) -> Layout:
    """The layout with the inputs that were booked, but for the slots that corrections tell of.

    Where facts still say what was booked, they say it in full. Where they have changed, the value shown by the entry
    counts, and how often something was taken off for (the rule `linear_deduct`) is worked back from what was booked.

    Args:
        layout: what facts, sheets and corrections say today.
        holders: its accounts.
        booked: the entries that count, by point.
    """
    if len(layout.slots) == 1:  # nothing stands beside what is corrected
        return layout
    places = {slot.key: number for number, slot in enumerate(layout.slots)}
    shape = layout.sheets.shape
    raw, sheets = np.full(shape, np.nan), np.zeros(shape, dtype=np.int64)
    points, opened = np.zeros(shape, dtype=np.int64), np.zeros(len(holders.ids), dtype=bool)
    for entry in booked.get(layout.point.code, ()):
        line, column = holders.index(entry.holder_id), places.get(entry.slot)
        if line is None:
            continue
        if entry.slot == OPENING:
            opened[line] = True
        elif column is not None:
            raw[line, column] = np.nan if entry.raw is None else entry.raw
            points[line, column] = entry.points
            sheets[line, column] = entry.sheet_id or 0
    said, is_corrected = shown(layout), layout.corrections > 0
    stands = is_corrected | np.isclose(said, raw, rtol=1e-9, atol=1e-6)
    inputs = {RAW: np.where(stands, said, raw)}
    if layout.point.rule is Rule.LINEAR_DEDUCT:
        inputs[_EVENTS] = np.where(
            stands, layout.inputs[_EVENTS], taken_for(layout.point, layout.slots[0].share, raw, points)
        )
    return replace(layout, inputs=inputs, sheets=np.where(is_corrected, layout.sheets, sheets), entitled=opened)


def taken_for(point: Point, share: float, raw: Matrix, points: Whole) -> Matrix:
    """How often something was taken off for in every slot, from its value and what it brought.

    What was more than the most that is deducted cannot be seen in the ledger and is left out.
    """
    gains, _ = effects(point, {RAW: raw}, share=share)
    given = np.minimum(point.max_deposit, np.cumsum(np.nan_to_num(gains), axis=1))
    lost = given - np.cumsum(points, axis=1) / HUNDREDTHS
    per = float(point.params["deduct_per"])
    times: Matrix = np.maximum(np.diff(lost, axis=1, prepend=0.0), 0.0) / per
    whole = np.rint(times)
    return np.where(np.abs(times - whole) * per < _ROUNDING, whole, times)
