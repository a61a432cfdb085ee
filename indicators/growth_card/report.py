"""诊改报告: what a term's account says, what is strong, what is weak, and one action for every weak point.

Pure functions of two views of an account. Source: 包头 五(五)2(3) (采分录入 → 科目小计 → 总分汇总 → 诊改报告).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from indicators.growth_card.points import Card
from indicators.growth_card.slots import CardTerm
from indicators.growth_card.statements import AccountLine, AccountView, LedgerLine, PointLine, value_words
from indicators.growth_card.suggestions import Advice

MOST_STRENGTHS: Final = 6
STRONG_FROM: Final = "优"
"""The band from which a point is a strength."""
WARNED: Final = ("预警", "警戒")
"""The bands for each point of which the report names an action."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One point as the report tells of it.

    Attributes:
        value: the last value in words, such as 第11周 96.4%.
        change: of attainment against the term before, in percentage points; None where one of both has none.
        action: what to do about it, and `owner` who does it; empty for a strength.
    """

    line: PointLine
    band: str
    value: str
    change: float | None
    owner: str = ""
    action: str = ""

    @property
    def lost(self) -> int:
        """What was due and not brought, in hundredths."""
        return self.line.possible - self.line.net


@dataclass(frozen=True, kw_only=True)
class AccountFinding:
    """One account beside the term before; `change` in percentage points."""

    line: AccountLine
    before: float | None
    change: float | None


@dataclass(frozen=True, kw_only=True)
class TermReport:
    """The report of one account on one term.

    Attributes:
        view: the account as reported on: as it stood when the term was frozen, or as it stands.
        is_final: True once the term is frozen.
        warnings: points in a band that warns, or that took more than they gave; each with an action.
        strengths: points of the best band, what brought most first.
        missed: points below the best bands that do not warn yet, what was lost most first.
        later: entries booked after the term was frozen: corrections, which the figures above do not hold.
    """

    view: AccountView
    term: CardTerm
    is_final: bool
    accounts: Sequence[AccountFinding]
    warnings: Sequence[Finding]
    missed: Sequence[Finding]
    strengths: Sequence[Finding]
    later: Sequence[LedgerLine]


def report_day(term: CardTerm, today: dt.date) -> dt.date | None:
    """The day as of which a term is reported on: that of freezing where it is past, else None for now."""
    return term.freezes_on if term.is_frozen(today) else None


def term_report(
    view: AccountView,
    before: AccountView | None,
    *,
    term: CardTerm,
    card: Card,
    advice: Mapping[str, Advice],
    later: Sequence[LedgerLine] = (),
) -> TermReport:
    """The report of `view`, held against the account in the term before."""
    earlier_points = {line.code: line.attainment for line in before.points} if before else {}
    earlier_accounts = {line.name: line.attainment for line in before.accounts} if before else {}
    told = [line for line in view.points if line.possible > 0 or line.net != 0]
    warned = [line for line in told if line.net < 0 or card.band(line.attainment) in WARNED]
    strong = [line for line in told if line not in warned and card.band(line.attainment) == STRONG_FROM]
    rest = [line for line in told if line not in warned and line not in strong]

    def found(line: PointLine, *, acts: bool) -> Finding:
        tip = advice.get(line.code) if acts else None
        value = value_words(card.by_code[line.code], line.raw, line.unit)
        return Finding(
            line=line,
            band=card.band(line.attainment),
            value=f"{line.slot_label} {value}".strip() if value else "",
            change=_change(line.attainment, earlier_points.get(line.code)),
            owner=tip.owner if tip else "",
            action=tip.text if tip else "",
        )

    return TermReport(
        view=view,
        term=term,
        is_final=view.on is not None,
        accounts=[
            AccountFinding(
                line=line,
                before=earlier_accounts.get(line.name),
                change=_change(line.attainment, earlier_accounts.get(line.name)),
            )
            for line in view.accounts
        ],
        warnings=sorted((found(line, acts=True) for line in warned), key=lambda item: -item.lost),
        missed=sorted((found(line, acts=True) for line in rest), key=lambda item: -item.lost),
        strengths=sorted((found(line, acts=False) for line in strong), key=lambda item: -item.line.net)[
            :MOST_STRENGTHS
        ],
        later=later,
    )


def _change(now: float | None, before: float | None) -> float | None:
    return None if now is None or before is None else now - before
