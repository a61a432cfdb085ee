"""Accounts: who may sign in. What they may see follows from their posts (`posts`)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Self

from sqlalchemy import Connection, Engine

from data_access.access.audit import AuditLog
from data_access.access.roles import Role
from data_access.access.scope import Scope
from data_access.access.viewer import Viewer


@dataclass(frozen=True)
class Actor:
    """Who does something to accounts and posts.

    Attributes:
        name: username, or ``console:<system user>``.
        account_id: their account; None for the console and the roster.
        address: network address of the request.
    """

    name: str
    account_id: int | None
    address: str = ""

    @classmethod
    def console(cls) -> Self:
        """Whoever runs a command on the server."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class AccountInfo:
    """One account as pages show it; no secrets.

    Attributes:
        person_kind: ``teacher``, ``student`` or ``other``; with `person_id` the key in its dimension.
        source: ``roster``, ``import``, ``manual`` or ``demo``.
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


@dataclass(frozen=True, kw_only=True)
class AccountPage:
    """One page of accounts, by username, and how many there are on all pages."""

    accounts: tuple[AccountInfo, ...]
    total: int


class Accounts:
    """The accounts of an installation.

    Args:
        database: its database.
        audit: where every change is recorded, in the transaction that makes it.
    """

    def __init__(self, database: Engine, audit: AuditLog) -> None:
        self._database = database
        self._audit = audit

    def find(
        self,
        *,
        scope: Scope,
        search: str = "",
        role: Role | None = None,
        state: str = "",
        page: int = 1,
        size: int = 50,
    ) -> AccountPage:
        """Accounts by username; none where `scope` does not admit accounts.

        Args:
            scope: that of whoever asks.
            search: part of username or name.
            role: only those who hold it today.
            state: ``enabled``, ``disabled``, ``without_post``, ``never_signed_in``, or empty for all.
            page: from 1.
            size: accounts a page.
        """
        raise NotImplementedError

    def get(self, account_id: int, *, scope: Scope) -> AccountInfo | None:
        """The account, or None where there is none or `scope` does not admit accounts."""
        raise NotImplementedError

    def own(self, viewer: Viewer) -> AccountInfo | None:
        """The viewer's own account, for which no scope is needed."""
        raise NotImplementedError

    def create(
        self,
        *,
        username: str,
        name: str,
        person_kind: str,
        source: str,
        by: Actor,
        person_id: int | None = None,
        password: str | None = None,
    ) -> int:
        """Create an account without posts; returns its id. A password given must be changed at the first sign-in.

        Raises:
            UserError: the username is malformed or taken, or the password breaks the policy.
        """
        raise NotImplementedError

    def create_in(
        self,
        connection: Connection,
        *,
        username: str,
        name: str,
        person_kind: str,
        source: str,
        by: Actor,
        person_id: int | None = None,
        password: str | None = None,
    ) -> int:
        """`create` within the caller's write transaction."""
        raise NotImplementedError

    def disable(self, account_id: int, *, because: str, by: Actor) -> None:
        """Disable an account and end its sessions.

        Raises:
            UserError: there is no such account, it is disabled already, or `by` may not do it.
        """
        raise NotImplementedError

    def enable(self, account_id: int, *, by: Actor) -> None:
        """Enable a disabled account.

        Raises:
            UserError: there is no such account, it is not disabled, or `by` may not do it.
        """
        raise NotImplementedError

    def reset_password(self, account_id: int, *, by: Actor) -> str:
        """Give an account a one-time password, end its sessions; returns the password, which is kept nowhere.

        Raises:
            UserError: there is no such account, or `by` may not do it.
        """
        raise NotImplementedError

    def change_password(self, account_id: int, *, old: str, new: str, address: str) -> None:
        """Replace one's own password and end all of one's sessions.

        Raises:
            UserError: the old password is wrong, or the new one breaks the policy; in Chinese.
        """
        raise NotImplementedError
