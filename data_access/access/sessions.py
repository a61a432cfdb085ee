"""Sessions: what a sign-in is worth on each later request, and what ends it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine

from data_access import clock
from data_access.access.audit import AuditLog
from data_access.access.viewer import Viewer


@dataclass(frozen=True, kw_only=True)
class SessionInfo:
    """One open session, for its owner to recognise.

    Attributes:
        method: ``password``, ``oidc`` or ``cas``.
        active_at: when the person last did something, to the minute.
    """

    sign_in_id: int
    method: str
    started_at: dt.datetime
    active_at: dt.datetime
    address: str
    browser: str


class Sessions:
    """The sessions of an installation.

    Args:
        database: its database.
        audit: where ends of sessions are recorded.
        now: the current time, aware.
        today: the day on which posts must be valid.
    """

    def __init__(
        self,
        database: Engine,
        audit: AuditLog,
        *,
        now: Callable[[], dt.datetime] = clock.now,
        today: Callable[[], dt.date] = clock.today,
    ) -> None:
        self._database = database
        self._audit = audit
        self._now = now
        self._today = today

    def open(self, account_id: int, *, method: str, address: str, browser: str) -> str:
        """Begin a session of somebody who has just proved who they are; returns its token, which is kept nowhere.

        Raises:
            UserError: the account is disabled or holds no post today.
        """
        raise NotImplementedError

    def resume(self, token: str, *, is_activity: bool) -> Viewer | None:
        """The person of an open session; None where it is unknown, ended, or ends now.

        Args:
            token: as `open` returned it.
            is_activity: the person did something; what a page asks for by itself does not count.
        """
        raise NotImplementedError

    def end(self, sign_in_id: int, *, because: str, account_id: int) -> None:
        """End one session of that account; nothing happens where it is not theirs or has ended."""
        raise NotImplementedError

    def end_all(self, account_id: int, *, because: str) -> None:
        """End every session of an account: signing out does this, so that a copied cookie is dead too."""
        raise NotImplementedError

    def of(self, account_id: int) -> list[SessionInfo]:
        """The open sessions of an account, newest activity first."""
        raise NotImplementedError
