"""What pages show of accounts, and which state of one somebody was asked about."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from data_access import clock
from data_access.access.roles import Role
from data_access.database.access_models import Account

STATES: Final[Mapping[str, str]] = {
    "enabled": "启用",
    "disabled": "停用",
    "without_post": "无有效岗位",
    "never_signed_in": "从未登录",
    "awaits_release": "待确认",
}
"""States that accounts can be searched by, as pages name them."""

SHOWN: Final = (
    Account.account_id,
    Account.username,
    Account.name,
    Account.person_kind,
    Account.person_id,
    Account.source,
    Account.must_change_password,
    Account.password_changed_at,
    Account.awaits_release,
    Account.disabled_at.is_not(None).label("is_disabled"),
    Account.disabled_because,
    Account.password_hash.is_not(None).label("has_password"),
    Account.created_at,
    Account.last_sign_in_at,
)
"""The columns behind `AccountInfo`."""


@dataclass(frozen=True, kw_only=True)
class AccountInfo:
    """One account as pages show it; no secrets.

    Attributes:
        person_kind: ``teacher``, ``student`` or ``other``; with `person_id` the key in its dimension.
        source: ``roster``, ``import``, ``manual`` or ``demo``.
        awaits_release: the security administrator has not yet confirmed a password that another person issued.
        roles: those held today, weightiest first.
    """

    account_id: int
    username: str
    name: str
    person_kind: str
    person_id: int | None
    source: str
    must_change_password: bool
    is_disabled: bool
    disabled_because: str
    has_password: bool
    created_at: dt.datetime
    last_sign_in_at: dt.datetime | None
    roles: tuple[Role, ...] = ()
    password_changed_at: dt.datetime | None = None
    awaits_release: bool = False

    @property
    def seen(self) -> str:
        """What a confirmation is asked about; another one when it comes means that somebody was faster."""
        return seen_of(vars(self))


@dataclass(frozen=True, kw_only=True)
class AccountPage:
    """One page of accounts, by username, and how many there are on all pages."""

    accounts: tuple[AccountInfo, ...]
    total: int


def seen_of(account: Mapping[str, Any]) -> str:
    """`AccountInfo.seen` of an account, given as a row of `SHOWN` or as its attributes."""
    state = f"disabled: {account['disabled_because']}" if account["is_disabled"] else "enabled"
    changed = account["password_changed_at"]
    password = "never" if changed is None else clock.utc(changed).isoformat()
    return f"{state}; password {password}{' awaiting release' if account['awaits_release'] else ''}"
