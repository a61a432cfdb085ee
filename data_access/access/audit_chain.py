"""The chain of hashes that makes a changed audit log visible, as pure functions (ADR 0012)."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Self

from data_access.errors import UserError

GENESIS: Final = "0" * 64
"""What the first event follows."""
_CANONICAL: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One event as it stands in the log.

    Attributes:
        sequence: 1, 2, 3 … without gaps.
        at: aware, UTC.
        kind: value of an `AuditKind`; text, for a later version may have written kinds this one does not know.
        result: value of a `Result`, likewise.
    """

    sequence: int
    at: dt.datetime
    actor: str
    kind: str
    subject: str
    result: str
    rows: int | None
    scope: str
    address: str
    detail: dict[str, Any]
    previous_hash: str
    hash: str


@dataclass(frozen=True, kw_only=True)
class Head:
    """The end of the chain at some time: noted elsewhere, it shows later that nothing up to it was cut off or rewritten."""

    sequence: int
    hash: str

    def __str__(self) -> str:
        return f"{self.hash}@{self.sequence}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The head written as ``HASH@SEQUENCE``.

        Raises:
            UserError: it is not written so.
        """
        digest, _, sequence = text.strip().partition("@")
        if len(digest) != len(GENESIS) or set(digest) - set("0123456789abcdef") or not sequence.isdecimal():
            raise UserError(
                f"A head is written HASH@SEQUENCE, as `luoxuan audit verify` prints it. Got {text[:100]!r}."
            )
        return cls(sequence=int(sequence), hash=digest)


EMPTY: Final = Head(sequence=0, hash=GENESIS)


class Fault(StrEnum):
    """What can be wrong with a chain."""

    CHANGED = "changed"
    GAP = "gap"
    ORDER = "order"
    UNREADABLE = "unreadable"
    CUT_OFF = "cut-off"
    REWRITTEN = "rewritten"

    @property
    def text(self) -> str:
        """What it means, for the console."""
        return _TEXTS[self][0]

    @property
    def text_zh(self) -> str:
        """What it means, for the page."""
        return _TEXTS[self][1]


_TEXTS: Final = {
    Fault.CHANGED: ("its fields do not match its hash: it was changed", "内容与哈希不符，该条被改动"),
    Fault.GAP: ("events before it are missing", "之前有记录缺失"),
    Fault.ORDER: ("it does not follow from the event before it: one of the two was replaced", "与前一条不衔接，两条之一被替换"),
    Fault.UNREADABLE: ("it cannot be read", "无法读取"),
    Fault.CUT_OFF: ("the log ends before the expected head: later events were removed", "日志短于记下的链尾，末尾记录被删除"),
    Fault.REWRITTEN: ("it is not the event that was the head: the log was rewritten", "与记下的链尾不符，日志被重写"),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Break:
    """The first place where the chain does not hold."""

    sequence: int
    fault: Fault

    def __str__(self) -> str:
        return f"event {self.sequence}: {self.fault.text}"


@dataclass(frozen=True, kw_only=True)
class Verification:
    """What a walk along the chain found.

    Attributes:
        count: events found sound, from the first on.
        head: the last sound one.
        broken: the first fault; None where there is none.
    """

    count: int
    head: Head
    broken: Break | None = None

    @property
    def is_sound(self) -> bool:
        """True where no fault was found."""
        return self.broken is None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as the log and reports hold them."""
        broken = self.broken and {"sequence": self.broken.sequence, "fault": self.broken.fault.value}
        return {"count": self.count, "head": str(self.head), "broken": broken}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """What `to_dict` gave.

        Raises:
            ValueError, KeyError, TypeError, UserError: the values are none of ours.
        """
        broken = values["broken"]
        return cls(
            count=int(values["count"]),
            head=Head.parse(str(values["head"])),
            broken=broken and Break(sequence=int(broken["sequence"]), fault=Fault(broken["fault"])),
        )


def digest(entry: Entry) -> str:
    """The hash an entry must carry: SHA-256 over the previous hash and all its fields, in one canonical form."""
    fields = {
        "sequence": entry.sequence,
        "at": entry.at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
        "actor": entry.actor,
        "kind": entry.kind,
        "subject": entry.subject,
        "result": entry.result,
        "rows": entry.rows,
        "scope": entry.scope,
        "address": entry.address,
        "detail": entry.detail,
    }
    return hashlib.sha256(f"{entry.previous_hash}\n{_CANONICAL.encode(fields)}".encode()).hexdigest()


def verified(entries: Iterable[Entry | Break], expected: Head | None = None) -> Verification:
    """Whether these entries, in order of their sequence, are a whole chain from the first event on.

    Args:
        entries: all of the log, lazily; a `Break` stands for one that could not be read.
        expected: a head noted before, which the chain must contain.
    """
    head = EMPTY
    for sound in _sound(entries, expected):
        if isinstance(sound, Break):
            return Verification(count=head.sequence, head=head, broken=sound)
        head = sound
    if expected is not None and expected.sequence > head.sequence:
        cut = Break(sequence=head.sequence + 1, fault=Fault.CUT_OFF)
        return Verification(count=head.sequence, head=head, broken=cut)
    return Verification(count=head.sequence, head=head)


def _sound(entries: Iterable[Entry | Break], expected: Head | None) -> Iterator[Head | Break]:
    last = EMPTY
    for entry in entries:
        if isinstance(entry, Break):
            yield entry
            return
        fault = _fault(entry, last, expected)
        if fault is not None:
            yield Break(sequence=entry.sequence, fault=fault)
            return
        last = Head(sequence=entry.sequence, hash=entry.hash)
        yield last


def _fault(entry: Entry, last: Head, expected: Head | None) -> Fault | None:
    if digest(entry) != entry.hash:
        return Fault.CHANGED
    if entry.sequence != last.sequence + 1:
        return Fault.GAP
    if entry.previous_hash != last.hash:
        return Fault.ORDER
    if expected is not None and entry.sequence == expected.sequence and entry.hash != expected.hash:
        return Fault.REWRITTEN
    return None
