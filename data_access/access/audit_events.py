"""What the audit log tells of: kinds of events, their results, an event to be recorded, and a search for events."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from data_access.access.audit_chain import Entry


class AuditKind(StrEnum):
    """What an event is about."""

    SIGN_IN = "sign-in"
    SIGN_OUT = "sign-out"
    PASSWORD = "password"  # noqa: S105 (a kind of event)
    ACCOUNT = "account"
    POST = "post"
    DENIED = "denied"
    VIEW = "view"
    EXPORT = "export"
    IMPORT = "import"
    TARGET = "target"
    DISPUTE = "dispute"
    ROSTER = "roster"
    GROWTH = "growth"
    MAINTENANCE = "maintenance"
    ENTRY = "entry"

    @property
    def name_zh(self) -> str:
        """The kind in the words of the audit page."""
        return _KINDS_ZH[self]


_KINDS_ZH: Final = {
    AuditKind.SIGN_IN: "登录",
    AuditKind.SIGN_OUT: "退出",
    AuditKind.PASSWORD: "密码",
    AuditKind.ACCOUNT: "账号",
    AuditKind.POST: "岗位",
    AuditKind.DENIED: "越权访问",
    AuditKind.VIEW: "查阅",
    AuditKind.EXPORT: "导出",
    AuditKind.IMPORT: "导入",
    AuditKind.TARGET: "目标",
    AuditKind.DISPUTE: "申诉",
    AuditKind.ROSTER: "名册同步",
    AuditKind.GROWTH: "学生成长",
    AuditKind.MAINTENANCE: "系统维护",
    AuditKind.ENTRY: "采分录入",
}


class Result(StrEnum):
    """How it ended."""

    DONE = "done"
    DENIED = "denied"
    FAILED = "failed"

    @property
    def name_zh(self) -> str:
        """The result in the words of the audit page."""
        return _RESULTS_ZH[self]


_RESULTS_ZH: Final = {Result.DONE: "成功", Result.DENIED: "拒绝", Result.FAILED: "失败"}


@dataclass(frozen=True, kw_only=True)
class Event:
    """What somebody did, as the one who records it says it; the log adds number, time and hashes.

    Text may come from anywhere: it is made harmless and cut to length when it is written. What
    was typed into the sign-in form as a name must not be given as `actor`: people type passwords there.

    Attributes:
        actor: username, ``console:<system user>``, or empty for somebody who has not signed in.
        subject: what it was done to: ``page:/admin/audit``, ``account:t0102``, ``import:17``.
        rows: how many rows were given out or taken in.
        scope: the reach in which rows were given out, in words; `Scope.reason`.
        address: network address of the client.
        detail: plain values that explain it; names that speak of a secret have their values withheld.
    """

    kind: AuditKind
    actor: str
    subject: str = ""
    result: Result = Result.DONE
    rows: int | None = None
    scope: str = ""
    address: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class EventFilter:
    """Which events are meant; what is left at its default does not limit.

    Attributes:
        first_day: with `last_day` the days (of the college's zone) on which they happened, both included.
        actor: the whole username, in any case.
        text: part of actor, subject, address, scope or detail, in any case.
        up_to: no event after this one: pages of one search stay the same while events are added.
    """

    first_day: dt.date | None = None
    last_day: dt.date | None = None
    actor: str = ""
    kind: AuditKind | None = None
    result: Result | None = None
    text: str = ""
    up_to: int | None = None


EVERY: Final = EventFilter()
"""All events."""


@dataclass(frozen=True, kw_only=True)
class EventPage:
    """One page of a search, newest event first.

    Attributes:
        total: events that match on all pages.
        up_to: the newest event of the log when the search began; give it to `EventFilter` for further pages.
        unreadable: numbers of the page's events that somebody has damaged so that they cannot be read.
    """

    events: tuple[Entry, ...]
    total: int
    up_to: int
    unreadable: tuple[int, ...] = ()
