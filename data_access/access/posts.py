"""Posts: which role an account holds at which node of the organisation, from when to when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping

from sqlalchemy import Connection, Engine

from data_access.access.accounts import Actor
from data_access.access.audit import AuditLog
from data_access.access.roles import Role
from data_access.access.viewer import Post


class Posts:
    """The posts of an installation.

    Args:
        database: its database.
        audit: where every change is recorded, in the transaction that makes it.
    """

    def __init__(self, database: Engine, audit: AuditLog) -> None:
        self._database = database
        self._audit = audit

    def of(self, account_id: int) -> tuple[Post, ...]:
        """All posts of an account, past and future ones too, newest first, with the names of their nodes."""
        raise NotImplementedError

    def of_all(self, account_ids: Collection[int]) -> Mapping[int, tuple[Post, ...]]:
        """The posts of several accounts, as `of` gives them; accounts without any are left out."""
        raise NotImplementedError

    def grant(
        self,
        account_id: int,
        *,
        role: Role,
        node_level: str,
        node_id: int,
        valid_from: dt.date,
        valid_to: dt.date | None = None,
        source: str = "manual",
        by: Actor,
    ) -> int:
        """Give an account a post and end its sessions; returns the post's id.

        Raises:
            UserError: the post cannot be given; the message says why, in Chinese.
        """
        raise NotImplementedError

    def grant_in(
        self,
        connection: Connection,
        account_id: int,
        *,
        role: Role,
        node_level: str,
        node_id: int,
        valid_from: dt.date,
        valid_to: dt.date | None = None,
        source: str = "manual",
        by: Actor,
    ) -> int:
        """`grant` within the caller's write transaction."""
        raise NotImplementedError

    def end(self, post_id: int, *, on: dt.date, by: Actor) -> None:
        """Let `on` be the last day of a post, and end the sessions of its holder.

        A day before the post began takes it back altogether.

        Raises:
            UserError: there is no such post, it ends earlier already, or `by` may not do it.
        """
        raise NotImplementedError
