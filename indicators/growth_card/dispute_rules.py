"""What the card knows of a disputed entry: what may stand there instead, what that would bring, which figures it touches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from data_access.growth_card.cells import Column
from data_access.growth_card.dispute_case import DisputedEntry
from data_access.growth_card.dispute_states import Procedure
from data_access.growth_card.revisions import Revision
from indicators.growth_card.collection import Demand, input_of
from indicators.growth_card.points import RAW, Card, Point, Rule
from indicators.growth_card.posting_frozen import taken_for
from indicators.growth_card.rules import HUNDREDTHS, Vector, Whole, effects, settled
from indicators.growth_card.sheet_layout import columns_of
from indicators.growth_card.slots import OPENING, CardTerm, Slot, slots_of
from indicators.model import Level

OF_LESSONS: Final = frozenset({"STU-ACD-02", "STU-ACD-03", "STU-ACD-04", "STU-ACD-05", "STU-ACD-06"})
"""Points that are made of attendance, preview and homework of lessons."""
OF_CLASS: Final[Mapping[str, tuple[str, ...]]] = {
    "STU-ACD-02": ("CLS-ACD-01",),
    "STU-ACD-03": ("CLS-ACD-02",),
    "STU-ACD-04": ("CLS-ACD-03",),
    "STU-ACD-09": ("CLS-ACD-05",),
    "STU-PER-04": ("CLS-PER-04",),
    "STU-PER-07": ("CLS-PER-05",),
    "STU-PER-09": ("CLS-PER-03",),
    "STU-PER-13": ("CLS-PER-06", "CLS-PER-07"),
    "STU-PER-14": ("CLS-PER-06", "CLS-PER-07"),
    "STU-CAR-09": ("CLS-CAR-02",),
    "STU-CAR-10": ("CLS-CAR-03",),
    "STU-CAR-13": ("CLS-CAR-05",),
}
"""Points of the class that are made of the same facts as one of its students'."""
_EVENTS: Final = "events"


def procedure_of(card: Card) -> Procedure:
    """What disputes need to know of a card. A neutral point has no entry, so nobody disputes one."""
    points = [point for point in card.of(Level.STUDENT) if not point.is_neutral]
    return Procedure(
        dispute_days=card.dispute_days,
        collectors={point.code: tuple(word.value for word in point.collectors) for point in points},
        of_lessons=OF_LESSONS,
        plans={point.code: point.name for point in points if point.rule is Rule.PLAN},
    )


def slot_of(point: Point, term: CardTerm | None, key: str) -> Slot | None:
    """The slot of that key; None where the term has none (any more)."""
    if term is None:
        return None
    return next((slot for slot in slots_of(point, term) if slot.key == key), None)


def fields_of(point: Point, slot: Slot) -> tuple[Column, ...]:
    """The inputs of a slot as columns with range, unit and words, each once even where the point has two collectors."""
    found: dict[str, Column] = {}
    for collector in point.collectors:
        demand = Demand(
            collector=collector,
            task=slot.key,
            label=slot.label,
            time_point=point.collection_point,
            begins_on=slot.booked_on,
            opens_on=slot.booked_on,
            due_on=slot.booked_on,
            points=(point,),
        )
        found |= {column.key: column for column in columns_of(demand)}
    return tuple(found.values())


@dataclass(frozen=True, kw_only=True)
class TypedValues:
    """What was typed as the right values.

    Attributes:
        values: by input, as stored; inputs that were left empty are not named and stay as they are.
        problems: what is wrong, by key of the column; under the empty key what is wrong with all together.
    """

    values: Mapping[str, float]
    problems: Mapping[str, str]


def read_values(columns: Sequence[Column], typed: Mapping[str, str], *, before: float | None) -> TypedValues:
    """The values that somebody typed for a slot.

    Args:
        columns: those of `fields_of`.
        typed: text by key of the column.
        before: the leading value of the entry in dispute; the same again corrects nothing.
    """
    values, problems = {}, {}
    for column in columns:
        try:
            value = column.read(typed.get(column.key, ""))
        except ValueError as error:
            problems[column.key] = f"{error}。"
            continue
        if value is not None:
            values[input_of(column.key)[1]] = value
    if not problems and not values:
        problems[""] = "请至少填写一项正确的数值。"
    if not problems and values == {RAW: before}:
        problems[""] = "填写的数值与原记录相同，没有可更正的内容。"
    return TypedValues(values=values, problems=problems)


def value_words(column: Column, value: float | None) -> str:
    """A stored value in the words of its column; empty for none."""
    if value is None:
        return ""
    word = next((word for choice, word in column.choices if choice == value), None)
    if word is not None:
        return word
    return f"{column.shown(value):g}{column.unit if column.unit == '%' else f' {column.unit}'}".strip()


def trial(
    point: Point,
    term: CardTerm,
    entry: DisputedEntry,
    values: Mapping[str, float],
    siblings: Mapping[str, tuple[float | None, int]],
) -> Mapping[str, int] | None:
    """What slots would bring if one had other values, by key and in hundredths: the entry's own, and others that change.

    Caps hold over the term, so that what one slot no longer takes another may take. None where it cannot be told from
    what is booked: where the most is deducted, the ledger does not say what else would have been.

    Args:
        point: the scoring point.
        term: the entry's.
        entry: the one in dispute.
        values: by input; those that are not named stay as they are.
        siblings: value and points, in hundredths, of the other entries of the point in the term, by slot.
    """
    slots = [slot for slot in slots_of(point, term) if slot.key != OPENING]
    own = next((number for number, slot in enumerate(slots) if slot.key == entry.slot), None)
    if own is None or "award_multiplier" in point.params:  # the entry does not say which awards there were
        return None
    if point.rule is Rule.PLAN:
        return _trial_of_plan(point, slots[own], entry, values)
    booked = {**siblings, entry.slot: (entry.raw, entry.points)}
    found = [booked.get(slot.key, (None, 0)) for slot in slots]
    inputs = {RAW: np.array([[np.nan if raw is None else raw for raw, _ in found]])}
    if point.rule is Rule.LINEAR_DEDUCT:
        points = np.array([[brought for _, brought in found]], dtype=np.int64)
        inputs[_EVENTS] = taken_for(point, slots[0].share, inputs[RAW], points)
        if inputs[_EVENTS].sum() * point.params["deduct_per"] >= point.max_deduct - 1 / HUNDREDTHS:
            return None
    put_right = {name: column.copy() for name, column in inputs.items()}
    for name, value in values.items():
        put_right[name][0, own] = value
    if np.isnan(put_right[RAW][0, own]):
        return None
    before, after = (_settled(point, slots[0], each, opening=OPENING in siblings) for each in (inputs, put_right))
    changed = {
        slot.key: found[number][1] + int(after[number] - before[number])
        for number, slot in enumerate(slots)
        if after[number] != before[number]
    }
    return {**changed, entry.slot: int(after[own])}


def _settled(point: Point, slot: Slot, inputs: Mapping[str, Vector], *, opening: bool) -> Whole:
    """What every slot brings to one account, the opening left out."""
    gains, losses = effects(point, inputs, share=slot.share)
    return settled(point, gains, losses, opening=opening)[0, int(opening) :]


def _trial_of_plan(
    point: Point, slot: Slot, entry: DisputedEntry, values: Mapping[str, float]
) -> Mapping[str, int] | None:
    """Likewise of a plan, whose parts do not share a cap; None where the entry does not say all that is needed."""
    needed = {RAW, "on_time"} if slot.key == "plan" else {"goals"}
    known = {RAW: entry.raw, **values} if entry.raw is not None and RAW in needed else dict(values)
    if not needed <= known.keys():
        return None
    gains, _ = effects(point, {name: np.array([value]) for name, value in known.items()}, share=slot.share)
    return {entry.slot: round(float(np.nan_to_num(gains)[0]) * HUNDREDTHS)}


def revisions_of(
    entry: DisputedEntry, slot: Slot | None, values: Mapping[str, float], *, dispute_id: int
) -> tuple[Revision, ...]:
    """The figures that were wrong if these values are right: those of the periods that the slot reads."""
    if slot is None or RAW not in values:
        return ()
    return tuple(
        Revision(
            code=entry.point,
            level="student",
            entity_id=entry.student_id,
            period_key=key,
            before=entry.raw,
            after=values[RAW],
            source=source_of(dispute_id),
        )
        for key in slot.reads
    )


def source_of(dispute_id: int) -> str:
    """How a revised figure names the dispute that it follows from."""
    return f"dispute:{dispute_id}"
