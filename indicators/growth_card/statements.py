"""What an account shows: its lines, bands, growth and ledger as frozen values, made from sums and entries.

Points are in hundredths throughout. Nothing here knows a database: `indicators.growth_card.accounts` asks it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from indicators.growth_card.points import Card, Point, Rule
from indicators.growth_card.rules import attainment
from indicators.growth_card.slots import CardTerm
from indicators.growth_card.term_slots import TermSlots
from indicators.model import Level

KINDS: Final[Mapping[str, str]] = {"opening": "期初存入", "deposit": "存入", "deduction": "扣减", "reversal": "冲正"}
"""Kinds of entries in the words of the plan."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PointLine:
    """One point of an account in a term.

    Attributes:
        net: sum of its entries; `possible`: the most that they could have brought so far.
        cap: the most that the term can bring; 0 where the point is not due in it.
        is_due: False where the grade or the term has no such point, which is then in no sum.
        slot_label: of the last slot that counts, such as 第11周, with its value `raw`; empty without any.
    """

    code: str
    name: str
    account: str
    net: int
    possible: int
    cap: int
    is_due: bool
    unit: str = ""
    slot_label: str = ""
    raw: float | None = None

    @property
    def attainment(self) -> float | None:
        """达成度 in %; None where nothing was due."""
        return attainment(self.net, self.possible)


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountLine:
    """One account (科目) in a term: the sums of its points. `quarter` is told of a whole account alone."""

    name: str
    net: int
    possible: int
    cap: int
    band: str
    points: tuple[PointLine, ...]
    quarter: int | None = None

    @property
    def attainment(self) -> float | None:
        """达成度 in %; None where nothing was due."""
        return attainment(self.net, self.possible)


@dataclass(frozen=True, kw_only=True, slots=True)
class TermLine:
    """An account in one of its terms; `gain` against the term with points before it."""

    term_key: str
    net: int
    possible: int
    band: str
    accounts: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Net and possible of each account by its name."""
    gain: float | None = None

    @property
    def attainment(self) -> float | None:
        """达成度 in %; None where nothing was due."""
        return attainment(self.net, self.possible)


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What a point has brought in the last seven days, of what it could have, and why, such as 第11周 96.4%."""

    code: str
    name: str
    account: str
    points: int
    possible: int
    reason: str
    booked_on: dt.date


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountView:
    """The account of a student or class on a day.

    Attributes:
        term_key: the term that accounts and points are of; empty before anything was posted.
        on: the day asked for; None for all that is booked.
        total: sum of all entries of all terms; `balance` and `pending` are its two sides: what is left, and what is
            still to be deducted (待抵扣).
        net: sum of the term, of `possible`; `cap`: the most that the whole term can bring.
        gain: change of attainment, in percentage points, against the term before.
        terms: every term with entries, oldest first.
        quarter: 1 (best) to 4, among the students of the class or the classes of the grade; None where too few to say,
            or where points are withheld: it is made from all.
        withheld: codes of the points that the viewer may not read; in no sum of this view.
        withheld_topics: the sensitive matters because of which they are withheld, such as 违纪.
        day: the last day that the sums add up; where no day was asked for, entries of today may be among them.
    """

    holder: Level
    holder_id: int
    term_key: str
    on: dt.date | None
    total: int
    net: int
    possible: int
    cap: int
    band: str
    gain: float | None
    accounts: tuple[AccountLine, ...]
    week_changes: tuple[Change, ...]
    terms: tuple[TermLine, ...]
    quarter: int | None
    withheld: tuple[str, ...]
    withheld_topics: tuple[str, ...]
    day: dt.date | None = None

    @property
    def balance(self) -> int:
        """What the account holds; never below 0."""
        return max(self.total, 0)

    @property
    def pending(self) -> int:
        """待抵扣: what was taken beyond what there was, to be made good by what comes."""
        return max(-self.total, 0)

    @property
    def attainment(self) -> float | None:
        """达成度 of the term in %; None where nothing was due yet."""
        return attainment(self.net, self.possible)

    @property
    def points(self) -> tuple[PointLine, ...]:
        """The points of all accounts, in the order of the plan."""
        return tuple(point for account in self.accounts for point in account.points)


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """Where an entry comes from.

    Attributes:
        kind: rule (an opening), facts, sheet, plan or correction.
        text: in words.
        code: with `period_key` the number behind it, for `facts` alone; the period's key is empty where the number is
            not kept by periods as long as the slot.
        dispute_id: the dispute that it follows.
    """

    kind: str
    text: str
    code: str = ""
    period_key: str = ""
    dispute_id: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class LedgerLine:
    """One line of the ledger (流水) as it is shown.

    Attributes:
        kind: opening, deposit, deduction or reversal; `kind_label` in Chinese.
        is_live: True where it counts; `reversed_by` names the reversal of one that does not.
        collector: who collects the point (采分主体).
        recorded_by: who has submitted the sheet or decided the dispute; 系统 for what follows from facts.
        disputable_until: last day on which it may be disputed; None for what cannot be.
    """

    entry_id: int
    term_key: str
    booked_on: dt.date
    point: str
    point_name: str
    account: str
    slot: str
    slot_label: str
    kind: str
    kind_label: str
    raw: float | None
    unit: str
    points: int
    possible: int
    reversal_of: int | None
    reversed_by: int | None
    is_live: bool
    collector: str
    evidence: Evidence
    recorded_at: dt.datetime
    recorded_by: str
    disputable_until: dt.date | None


@dataclass(frozen=True, kw_only=True, slots=True)
class MemberStanding:
    """A student of a class by the band of the term's attainment; never a rank."""

    student_id: int
    student_no: str
    name: str
    net: int
    possible: int
    band: str
    quarter: int | None

    @property
    def attainment(self) -> float | None:
        """达成度 in %; None where nothing was due yet."""
        return attainment(self.net, self.possible)


@dataclass(frozen=True, kw_only=True, slots=True)
class Band:
    """Where a card stands in a term: 达成度 in % (None where nothing was due yet) and the name of its band."""

    attainment: float | None
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Sums:
    """Net and possible points of some entries."""

    net: int = 0
    possible: int = 0

    def __add__(self, other: Sums) -> Sums:
        """Both together."""
        return Sums(net=self.net + other.net, possible=self.possible + other.possible)


NOTHING: Final = Sums()


@dataclass(frozen=True, kw_only=True, slots=True)
class Latest:
    """The last slot of a point that counts, and its value."""

    slot_label: str
    raw: float | None


def account_lines(
    card: Card,
    points: Sequence[Point],
    sums: Mapping[str, Sums],
    *,
    term: TermSlots | None,
    grade: int | None,
    latest: Mapping[str, Latest],
    units: Mapping[str, str],
    quarters: Mapping[str, int | None],
) -> tuple[AccountLine, ...]:
    """The accounts of a term as sums over their points.

    Args:
        card: with the bands.
        points: those that may be read, in the order of the plan.
        sums: of the term, by point.
        term: None before anything was posted.
        grade: year of study in the term.
        latest: by point, likewise `units`.
        units: of the values.
        quarters: by account.
    """
    lines: dict[str, list[PointLine]] = {}
    for point in points:
        found = sums.get(point.code)
        last = latest.get(point.code)
        line = PointLine(
            code=point.code,
            name=point.name,
            account=point.account,
            net=found.net if found else 0,
            possible=found.possible if found else 0,
            cap=term.cap(point, grade) if term else 0,
            is_due=found is not None or (term is not None and term.is_due(point, grade)),
            unit=units.get(point.code, ""),
            slot_label=last.slot_label if last else "",
            raw=last.raw if last else None,
        )
        lines.setdefault(point.account, []).append(line)
    return tuple(
        AccountLine(
            name=name,
            net=(net := sum(line.net for line in of_account)),
            possible=(most := sum(line.possible for line in of_account)),
            cap=sum(line.cap for line in of_account),
            band=card.band(attainment(net, most)),
            points=tuple(of_account),
            quarter=quarters.get(name),
        )
        for name, of_account in lines.items()
    )


def term_lines(card: Card, terms: Sequence[CardTerm], sums: Mapping[int, Mapping[str, Sums]]) -> tuple[TermLine, ...]:
    """The account in each term with entries, oldest first, each with its gain over the one before.

    A term in which nothing was due has no attainment: the next one is held against the last that has.
    """
    found: list[TermLine] = []
    before: float | None = None
    for term in terms:
        if term.term_id not in sums:
            continue
        of_account: dict[str, Sums] = {}
        for code, amount in sums[term.term_id].items():
            name = card.by_code[code].account
            of_account[name] = of_account.get(name, NOTHING) + amount
        whole = sum(of_account.values(), start=NOTHING)
        reached = attainment(whole.net, whole.possible)
        line = TermLine(
            term_key=term.key,
            net=whole.net,
            possible=whole.possible,
            band=card.band(reached),
            accounts={name: (amount.net, amount.possible) for name, amount in of_account.items()},
            gain=None if reached is None or before is None else reached - before,
        )
        before = before if reached is None else reached
        found.append(line)
    return tuple(found)


def value_words(point: Point, raw: float | None, unit: str) -> str:
    """The value of a slot in words, such as 96.4%, 2 次 or 已完成; empty without one."""
    if raw is None:
        return ""
    if point.rule is Rule.PARTICIPATE:
        return "已完成" if raw >= 1 else "未完成"
    number = f"{raw:.1f}".rstrip("0").rstrip(".").replace("-", "−")
    return f"{number}%" if unit == "%" else f"{number} {unit}".rstrip()
