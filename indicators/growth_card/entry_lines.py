"""One line of the ledger in words: which slot it is of, where it comes from, and until when it may be disputed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from data_access.clock import COLLEGE_ZONE
from data_access.readers.card_ledger import OPENING, StoredEntry
from indicators.growth_card.points import Card
from indicators.growth_card.slots import CardTerm, Slot
from indicators.growth_card.statements import KINDS, Evidence, LedgerLine
from indicators.growth_card.term_slots import TermSlots
from indicators.model import PeriodKind

SYSTEM: Final = "系统"
"""Who records what follows from facts."""


@dataclass(frozen=True, kw_only=True)
class Origins:
    """What lines are explained by.

    Attributes:
        card: the points.
        terms: by their ids.
        units: of the values, by point.
        kinds: kind of the periods that the point's indicator is kept by, by point.
    """

    card: Card
    terms: Mapping[int, TermSlots]
    units: Mapping[str, str]
    kinds: Mapping[str, str]

    def slot(self, term_id: int, code: str, key: str) -> Slot | None:
        """The slot of that key; None where the calendar has none any more."""
        return self.terms[term_id].of(code).get(key)

    def slot_label(self, term_id: int, code: str, key: str) -> str:
        """The slot in Chinese, such as 第11周; its key where the calendar has none any more."""
        slot = self.slot(term_id, code, key)
        return key if slot is None else slot.label


def ledger_line(entry: StoredEntry, origins: Origins) -> LedgerLine:
    """A stored entry as it is shown."""
    point = origins.card.by_code[entry.point]
    return LedgerLine(
        entry_id=entry.entry_id,
        term_key=origins.terms[entry.term_id].term.key,
        booked_on=entry.booked_on,
        point=entry.point,
        point_name=point.name,
        account=point.account,
        slot=entry.slot,
        slot_label=origins.slot_label(entry.term_id, entry.point, entry.slot),
        kind=entry.kind,
        kind_label=KINDS[entry.kind],
        raw=entry.raw,
        unit=origins.units[entry.point],
        points=entry.points,
        possible=entry.possible,
        reversal_of=entry.reversal_of,
        reversed_by=entry.reversed_by,
        is_live=entry.is_live,
        collector=entry.collector or "、".join(point.collectors),
        evidence=evidence(entry, origins),
        recorded_at=entry.recorded_at,
        recorded_by=entry.decided_by or entry.submitted_by or SYSTEM,
        disputable_until=disputable_until(entry, origins.card),
    )


def disputable_until(entry: StoredEntry, card: Card) -> dt.date | None:
    """Last day on which an entry may be disputed, in the college's days; None for what does not count, is given or was decided.

    Source: 申诉期7个自然日 (包头 表15 规则); the day of recording is not counted.
    """
    if not entry.is_live or entry.kind == OPENING or entry.dispute_id is not None:
        return None
    return entry.recorded_at.astimezone(COLLEGE_ZONE).date() + dt.timedelta(days=card.dispute_days)


def evidence(entry: StoredEntry, origins: Origins) -> Evidence:
    """Where an entry comes from, in words and as data for a link."""
    label = origins.slot_label(entry.term_id, entry.point, entry.slot)
    if entry.reversal_of is not None:
        return Evidence(kind="reversal", text=f"冲正流水 {entry.reversal_of}", dispute_id=entry.dispute_id)
    if entry.correction_id is not None:
        number = f"申诉 {entry.dispute_id} " if entry.dispute_id else ""
        return Evidence(
            kind="correction",
            text=f"{number}更正（{entry.decided_by}）：{entry.reason}",
            dispute_id=entry.dispute_id,
        )
    if entry.kind == OPENING:
        return Evidence(kind="rule", text="按规则期初存入")
    if entry.sheet_id is not None:
        when = "" if entry.submitted_at is None else f"{entry.submitted_at.astimezone(COLLEGE_ZONE):%Y-%m-%d %H:%M} "
        return Evidence(kind="sheet", text=f"{entry.collector}采分表·{label}，{entry.submitted_by} {when}提交".strip())
    if entry.cause == "plan":
        return Evidence(kind="plan", text=f"学生规划（{label}）")
    slot = origins.slot(entry.term_id, entry.point, entry.slot)
    return Evidence(
        kind="facts",
        text=f"业务数据·{label}",
        code=entry.point,
        period_key=_period_key(slot, origins.kinds.get(entry.point, ""), origins.terms[entry.term_id].term),
    )


def _period_key(slot: Slot | None, kind: str, term: CardTerm) -> str:
    """Key of the period of the indicator's own kind that a slot lies in; empty where there is none as long."""
    if slot is None or slot.kind is None:
        return ""
    if slot.kind == kind:
        return slot.reads[-1]
    match kind:
        case PeriodKind.TERM:
            return term.key
        case PeriodKind.YEAR:
            return str(slot.booked_on.year)
        case _:
            return ""
