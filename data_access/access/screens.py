"""Wall screens: which ones may open themselves with a token, and what such a token is worth (ADR 0020)."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Engine, RowMapping, insert, select, update

from data_access import clock
from data_access.access.actors import Actor
from data_access.access.audit import AuditKind, AuditLog, Event, Result
from data_access.access.names import one_line
from data_access.access.roles import SCHOOL_ID, Role
from data_access.access.scope import Scope
from data_access.access.viewer import Post, Viewer, viewer_of
from data_access.database import transaction
from data_access.database.monitoring_models import ScreenToken
from data_access.errors import BusyError, UserError

LONGEST_DAYS: Final = 400
"""Browsers keep no cookie longer than that."""
LONGEST_NAME: Final = 64
ONLINE: Final = dt.timedelta(minutes=5)
"""A screen that was not heard of for so long is offline; it asks every minute."""

_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}")
"""256 random bits as `secrets.token_urlsafe` writes them; anything else need not be looked up."""
_NOTED_EVERY: Final = dt.timedelta(minutes=1)
_REFUSED_AGAIN: Final = dt.timedelta(minutes=1)
"""Whoever tries out tokens writes one line a minute into the audit log, from wherever they come."""
_ENDED_AGAIN: Final = dt.timedelta(days=1)
"""A screen goes on asking for weeks after its token has ended; that is told once a day."""
_PATIENCE: Final = 0.05


@dataclass(frozen=True, kw_only=True)
class ScreenInfo:
    """One wall screen as those who look after it know it.

    Attributes:
        name: where it hangs.
        expires_on: last day on which its token opens it.
        last_seen_at: when it last asked, to the minute; None before the first time.
    """

    screen_id: int
    name: str
    issued_by: str
    issued_at: dt.datetime
    expires_on: dt.date
    revoked_at: dt.datetime | None
    revoked_by: str
    last_seen_at: dt.datetime | None

    def is_valid(self, today: dt.date) -> bool:
        """True where its token opens it on that day."""
        return self.revoked_at is None and today <= self.expires_on

    def is_online(self, now: dt.datetime) -> bool:
        """True where it has asked of late."""
        return self.last_seen_at is not None and now - self.last_seen_at <= ONLINE


class Screens:
    """The wall screens of an installation.

    Args:
        database: its database.
        audit: where issuing, revoking and refused tokens are recorded.
        now: the current time, aware.
        today: the day on which tokens must be valid.
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
        self._told: dict[str, dt.datetime] = {}

    # -- those who look after them ----------------------------------------------------------

    def issue(self, name: str, expires_on: dt.date, *, by: Actor) -> str:
        """A token for a screen, which is kept nowhere: it must be taken to the screen now.

        Raises:
            UserError: the name is empty or too long, or the day lies in the past or too far ahead.
        """
        name = _checked(name)
        today = self._today()
        if not today <= expires_on <= today + dt.timedelta(days=LONGEST_DAYS):
            raise UserError(f"有效期须从今天起，最长 {LONGEST_DAYS} 天。")
        token = secrets.token_urlsafe(32)
        with transaction(self._database) as connection:
            made = connection.execute(
                insert(ScreenToken)
                .values(
                    name=name,
                    token_hash=_hash(token),
                    issued_by=by.name,
                    issued_at=self._now(),
                    expires_on=expires_on,
                )
                .returning(ScreenToken.screen_id)
            ).scalar_one()
            self._audit.write_in(connection, _event(by, made, change="issued", name=name, to=expires_on.isoformat()))
        return token

    def rename(self, screen_id: int, name: str, *, by: Actor) -> None:
        """Call a screen by another name.

        Raises:
            UserError: there is no such screen, or the name is empty or too long.
        """
        name = _checked(name)
        self._change(screen_id, {"name": name}, _event(by, screen_id, change="renamed", name=name))

    def revoke(self, screen_id: int, *, by: Actor) -> None:
        """End a token for good; the screen closes when it asks the next time.

        Raises:
            UserError: there is no such screen, or its token was revoked before.
        """
        values = {"revoked_at": self._now(), "revoked_by": by.name}
        self._change(screen_id, values, _event(by, screen_id, change="revoked"))

    def all(self, *, scope: Scope) -> list[ScreenInfo]:
        """Every screen, those in use first, then by name; none for whom accounts are no business."""
        if not scope.admits("account"):
            return []
        query = select(*_COLUMNS).order_by(ScreenToken.revoked_at.is_not(None), ScreenToken.name, ScreenToken.screen_id)
        with self._database.connect() as connection:
            return [_info(row) for row in connection.execute(query).mappings()]

    def get(self, screen_id: int, *, scope: Scope) -> ScreenInfo | None:
        """One screen; None where there is none, or accounts are no business of whoever asks."""
        return next((screen for screen in self.all(scope=scope) if screen.screen_id == screen_id), None)

    def _change(self, screen_id: int, values: dict[str, Any], event: Event) -> None:
        with transaction(self._database) as connection:
            changed = connection.execute(
                update(ScreenToken)
                .where(ScreenToken.screen_id == screen_id, ScreenToken.revoked_at.is_(None))
                .values(**values)
                .returning(ScreenToken.screen_id)
            ).first()
            if changed is None:
                raise UserError("没有这块大屏，或它的令牌已经撤销。")
            self._audit.write_in(connection, event)

    # -- the screens themselves -------------------------------------------------------------

    def resume(self, token: str, *, address: str = "") -> Viewer | None:
        """The screen behind a token, with the one post of a wall screen; None where the token opens nothing (any more).

        Guesses are not counted: there are 2²⁵⁶ tokens, and a limit would shut out screens behind the guesser's
        address.

        Args:
            token: as `issue` returned it.
            address: network address of the request, for the audit log.
        """
        if _TOKEN.fullmatch(token) is None:
            self._refused("screen:unknown", address, "unknown", within=_REFUSED_AGAIN)
            return None
        query = select(*_COLUMNS).where(ScreenToken.token_hash == _hash(token))
        with self._database.connect() as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            self._refused("screen:unknown", address, "unknown", within=_REFUSED_AGAIN)
            return None
        screen, now, today = _info(row), self._now(), self._today()
        if not screen.is_valid(today):
            because = "revoked" if screen.revoked_at is not None else "expired"
            self._refused(f"screen:{screen.screen_id}", address, because, within=_ENDED_AGAIN)
            return None
        if screen.last_seen_at is None or not dt.timedelta() <= now - screen.last_seen_at < _NOTED_EVERY:
            self._note_seen(screen.screen_id, now)
        return wall_screen(screen.screen_id, screen.name, on=today)

    def expires_on(self, token: str) -> dt.date | None:
        """Last day of a token that counts today; None for any other. Whoever has the token may know."""
        query = select(ScreenToken.expires_on).where(
            ScreenToken.token_hash == _hash(token),
            ScreenToken.revoked_at.is_(None),
            ScreenToken.expires_on >= self._today(),
        )
        with self._database.connect() as connection:
            return connection.execute(query).scalar()

    def _note_seen(self, screen_id: int, now: dt.datetime) -> None:
        seen = update(ScreenToken).where(ScreenToken.screen_id == screen_id).values(last_seen_at=now)
        # A compute may be storing values: the screen must not wait for it, and its next request notes it as well.
        with suppress(BusyError), transaction(self._database, patience=_PATIENCE) as connection:
            connection.execute(seen)

    def _refused(self, subject: str, address: str, because: str, *, within: dt.timedelta) -> None:
        now = self._now()
        if dt.timedelta() <= now - self._told.get(subject, dt.datetime.min.replace(tzinfo=dt.UTC)) < within:
            return
        event = Event(
            kind=AuditKind.DENIED,
            actor="",
            subject=subject,
            result=Result.DENIED,
            address=address,
            detail={"because": because},
        )
        # It is refused either way; while somebody writes for long, guesses must not hold up the server.
        with suppress(BusyError), transaction(self._database, patience=_PATIENCE) as connection:
            self._audit.write_in(connection, event)
            self._told[subject] = now


def wall_screen(screen_id: int, name: str, *, on: dt.date) -> Viewer:
    """The viewer that a wall screen is: the post of one at the college, no account, no person."""
    post = Post(role=Role.WALL_SCREEN, node_level="school", node_id=SCHOOL_ID, valid_from=on)
    return viewer_of((post,), on=on, account_id=0, username=f"screen:{screen_id}", name=name)


_COLUMNS: Final = tuple(column for column in ScreenToken.__table__.columns if column.name != "token_hash")


def _info(row: RowMapping) -> ScreenInfo:
    def utc(stored: dt.datetime | None) -> dt.datetime | None:
        return None if stored is None else clock.utc(stored)

    return ScreenInfo(
        screen_id=row["screen_id"],
        name=row["name"],
        issued_by=row["issued_by"],
        issued_at=clock.utc(row["issued_at"]),
        expires_on=row["expires_on"],
        revoked_at=utc(row["revoked_at"]),
        revoked_by=row["revoked_by"],
        last_seen_at=utc(row["last_seen_at"]),
    )


def _checked(name: str) -> str:
    kept = one_line(name, LONGEST_NAME + 1)
    if not kept or len(kept) > LONGEST_NAME:
        raise UserError(f"请写明大屏挂在哪里，最长 {LONGEST_NAME} 个字。")
    return kept


def _event(by: Actor, screen_id: int, **detail: str) -> Event:
    return Event(
        kind=AuditKind.ACCOUNT, actor=by.name, subject=f"screen:{screen_id}", address=by.address, detail=detail
    )


def _hash(token: str) -> str:
    # The token is random, so a plain hash cannot be reversed; who reads the database cannot put up a screen.
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
