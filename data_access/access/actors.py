"""Who does something to accounts and posts, and the record of what they had no right to do."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

from sqlalchemy import Connection, RowMapping, select

from data_access.access.audit import AuditKind, AuditLog, Event, Result
from data_access.database.access_models import Account
from data_access.errors import UserError


@dataclass(frozen=True)
class Actor:
    """Who does something to accounts and posts.

    Attributes:
        name: username, or ``console:<system user>``.
        account_id: their account; None for the console and for the roster, whom the rules between people do not bind.
        address: network address of the request.
    """

    name: str
    account_id: int | None
    address: str = ""

    @classmethod
    def console(cls) -> Self:
        """Whoever runs a command on the server."""
        try:
            user = getpass.getuser()
        except (KeyError, OSError):  # a container may run under a number without a name
            user = str(os.getuid())
        return cls(f"console:{user}"[:64], None)


class NotEntitledError(UserError):
    """Somebody wanted to do to an account what they have no right to, whatever they would have filled in.

    Attributes:
        username: of the account.
        because: which rule stood against it, as the audit log names it.
    """

    def __init__(self, message: str, *, username: str, because: str) -> None:
        super().__init__(message)
        self.username = username
        self.because = because


@contextmanager
def refusals_recorded(audit: AuditLog, by: Actor, change: str) -> Iterator[None]:
    """Records a `NotEntitledError` that leaves the block, and lets it pass.

    To be opened around the transaction of the change: within, the record would be rolled back with it.

    Args:
        audit: where it is recorded.
        by: who wanted the change.
        change: what it was, as the audit log names it where it is made.
    """
    try:
        yield
    except NotEntitledError as error:
        audit.write(refusal(by, error.username, change=change, because=error.because))
        raise


def refusal(by: Actor, username: str, *, change: str, because: str) -> Event:
    """The event that tells of a change which somebody had no right to make."""
    return Event(
        kind=AuditKind.DENIED,
        actor=by.name,
        subject=f"account:{username}",
        result=Result.DENIED,
        address=by.address,
        detail={"change": change, "because": because},
    )


def is_same_person(connection: Connection, account: RowMapping, by: Actor) -> bool:
    """True where an account is the actor's own, or another one of the same person."""
    if by.account_id is None:
        return False
    if by.account_id == account["account_id"]:
        return True
    if account["person_id"] is None:
        return False
    own = select(Account.account_id).where(
        Account.account_id == by.account_id,
        Account.person_kind == account["person_kind"],
        Account.person_id == account["person_id"],
    )
    return connection.execute(own).first() is not None
