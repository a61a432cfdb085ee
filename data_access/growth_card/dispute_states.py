"""A dispute from its opening to its end: states, deadlines and refusals, without any store.

An entry may be disputed for seven natural days (包头 表15: 申诉期7个自然日); who collected it answers, somebody else
decides (采分主体不得审核自己录入的流水).
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from data_access.clock import COLLEGE_ZONE, utc
from data_access.errors import UserError

SHORTEST: Final = 5
LONGEST: Final = 500
"""Characters of a reason; shorter ones say nothing that somebody could check."""
ANSWER_DAYS: Final = 5
"""Natural days in which the collector answers; afterwards the case may be decided without an answer. Our proposal."""
DECIDE_DAYS: Final = 5
"""Natural days in which it is decided, from the answer or from the end of its deadline. Our proposal."""


class Status(StrEnum):
    """Where a dispute stands."""

    OPEN = "open"
    ANSWERED = "answered"
    UPHELD = "upheld"
    """Decided for the student; what follows from it has not been posted to the account yet."""
    SETTLED = "settled"
    """Decided for the student, and posted."""
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"

    @property
    def name_zh(self) -> str:
        """The state in the words of its page."""
        return _NAMES_ZH[self]

    @property
    def is_pending(self) -> bool:
        """True while nobody has decided."""
        return self in PENDING


_NAMES_ZH: Final = {
    Status.OPEN: "待答复",
    Status.ANSWERED: "待审核",
    Status.UPHELD: "申诉成立，待入账",
    Status.SETTLED: "申诉成立，已更正",
    Status.REJECTED: "申诉不成立",
    Status.WITHDRAWN: "已撤回",
}
PENDING: Final = frozenset({Status.OPEN, Status.ANSWERED})
FINISHED: Final = frozenset(Status) - PENDING


@dataclass(frozen=True, kw_only=True)
class Procedure:
    """What disputes need to know of the card, which is declared in a layer above this one.

    Attributes:
        dispute_days: days, the one of recording not counted, in which an entry may be disputed.
        collectors: who collects each point (采分主体), in the words of the plan; what is not named here is disputed by
            nobody.
        of_lessons: points that are made of what lesson sheets hold.
        plans: kind of the student's plan by point, where one stands behind it.
    """

    dispute_days: int
    collectors: Mapping[str, tuple[str, ...]]
    of_lessons: frozenset[str] = frozenset()
    plans: Mapping[str, str]

    def last_day(self, recorded_at: dt.datetime) -> dt.date:
        """The last day, in the college's zone, on which an entry recorded at that moment may be disputed."""
        return day_of(recorded_at) + dt.timedelta(days=self.dispute_days)


class DisputeError(UserError):
    """A step of a dispute cannot be taken; the message says why, in Chinese."""


class NoDisputeError(UserError):
    """There is no such entry or dispute, or it is none of the business of whoever asks: they are told the same."""

    def __init__(self) -> None:
        super().__init__("没有这条流水或申诉。")


class OvertakenError(DisputeError):
    """Somebody else has taken a step since the page was opened."""


def day_of(moment: dt.datetime) -> dt.date:
    """The college's day in which a moment lies."""
    return utc(moment).astimezone(COLLEGE_ZONE).date()


def answer_due(opened_at: dt.datetime) -> dt.date:
    """Last day on which the collector answers in time."""
    return day_of(opened_at) + dt.timedelta(days=ANSWER_DAYS)


def decision_due(opened_at: dt.datetime, answered_at: dt.datetime | None) -> dt.date:
    """Last day on which it is decided in time."""
    since = answer_due(opened_at) if answered_at is None else day_of(answered_at)
    return since + dt.timedelta(days=DECIDE_DAYS)


def awaits_decision(status: Status, opened_at: dt.datetime, today: dt.date) -> bool:
    """True where the next step is a decision: it was answered, or should have been by now."""
    return status is Status.ANSWERED or (status is Status.OPEN and today > answer_due(opened_at))


def checked_text(text: str, what: str) -> str:
    """A reason as it is kept.

    Raises:
        DisputeError: it is too short, too long, or holds characters that nobody sees.
    """
    kept = text.strip()
    if not SHORTEST <= len(kept) <= LONGEST:
        raise DisputeError(f"{what}须为 {SHORTEST}–{LONGEST} 个字，现为 {len(kept)} 个字。")
    if any(unicodedata.category(character)[0] == "C" and character not in "\t\r\n" for character in kept):
        raise DisputeError(f"{what}里不能有控制字符等看不见的字符。")
    return kept
