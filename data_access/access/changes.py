"""What every change of accounts, posts and sessions has in common: one at a time, and sessions end with it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection, Engine, func, select, update

from data_access.database import transaction
from data_access.database.access_models import Account, SignIn

_LOCK: Final = 0x6C75_6F78_6163_6374
"""Key of PostgreSQL's advisory lock; on SQLite there is one writer anyway."""


@contextmanager
def changing(database: Engine, *, patience: float | None = None) -> Iterator[Connection]:
    """A write transaction in which nobody else changes accounts, posts or ends of sessions.

    What is read in it stays true until it commits: that no post overlaps, that a name is free.

    Args:
        database: that of the installation.
        patience: seconds to wait for other writers; see `transaction`.

    Raises:
        BusyError: the database stayed locked by another writer.
    """
    with transaction(database, patience=patience) as connection:
        hold(connection)
        yield connection


def hold(connection: Connection) -> None:
    """Make the caller's write transaction one of `changing`; to be called before any audit event is written in it.

    All take this lock first and the audit log's afterwards, so that two of them never wait for each other.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def end_sessions(connection: Connection, account_id: int, *, because: str, at: dt.datetime) -> int:
    """Ends every session of an account within the caller's transaction; returns how many were open.

    Raising the version also ends a session that is being opened at this moment.
    """
    connection.execute(
        update(Account).where(Account.account_id == account_id).values(session_version=Account.session_version + 1)
    )
    ended = connection.execute(
        update(SignIn)
        .where(SignIn.account_id == account_id, SignIn.ended_at.is_(None))
        .values(ended_at=at, ended_because=because)
    )
    return ended.rowcount
