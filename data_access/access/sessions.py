"""Sessions: what a sign-in is worth on each later request, and what ends it."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Engine, RowMapping, and_, bindparam, delete, insert, or_, select, update

from data_access import clock
from data_access.access.audit import AuditKind, AuditLog, Event
from data_access.access.changes import changing, end_sessions
from data_access.access.names import one_line
from data_access.access.posts import NODE_OF_POST, POST_COLUMNS, post_of
from data_access.access.roles import ADMINISTRATORS, ROLES, Role
from data_access.access.viewer import Viewer, viewer_of
from data_access.database import transaction
from data_access.database.access_models import Account, PostRecord, SignIn
from data_access.database.models import Entity
from data_access.errors import BusyError, UserError

LONGEST: Final = dt.timedelta(hours=12)
"""A session ends so long after the sign-in, whatever its owner does."""

_NOTED_EVERY: Final = dt.timedelta(minutes=1)
"""Activity is written down at most so often: idle limits are counted in minutes."""
_BORNE: Final = dt.timedelta(minutes=5)
"""A session that began later than this from now began under a clock that has been set back since."""
_KEPT: Final = dt.timedelta(days=30)
"""Ended sessions are forgotten after that; the audit log tells of them longer."""
_PRUNED_EVERY: Final = dt.timedelta(hours=1)
_PATIENCE: Final = 0.05
"""Seconds that a request waits for other writers to note an activity or an end."""

_VALID_TODAY: Final = and_(
    PostRecord.account_id == Account.account_id,
    PostRecord.valid_from <= bindparam("today"),
    or_(PostRecord.valid_to.is_(None), PostRecord.valid_to >= bindparam("today")),
)
_RESUMED: Final = (
    select(
        SignIn.sign_in_id,
        SignIn.started_at,
        SignIn.active_at,
        (SignIn.session_version == Account.session_version).label("is_current"),
        Account.account_id,
        Account.username,
        Account.name,
        Account.person_kind,
        Account.person_id,
        Account.must_change_password,
        Account.disabled_at,
        *POST_COLUMNS,
    )
    .select_from(SignIn)
    .join(Account, Account.account_id == SignIn.account_id)
    .outerjoin(PostRecord, _VALID_TODAY)
    .outerjoin(Entity, NODE_OF_POST)
    .where(SignIn.token_hash == bindparam("token_hash"), SignIn.ended_at.is_(None))
)
"""One row for each post held today (or one without any): all that a request needs to know of its sender."""


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
        self._pruned_at: dt.datetime | None = None

    def open(self, account_id: int, *, method: str, address: str, browser: str) -> str:
        """Begin a session of somebody who has just proved who they are; returns its token, which is kept nowhere.

        An administrator has one session: a new one ends those before it.

        Raises:
            UserError: the account is disabled or holds no post today.
        """
        with transaction(self._database) as connection:
            return self.open_in(connection, account_id, method=method, address=address, browser=browser)

    def open_in(self, connection: Connection, account_id: int, *, method: str, address: str, browser: str) -> str:
        """`open` within the caller's write transaction."""
        token, now = secrets.token_urlsafe(32), self._now()
        account = select(Account.session_version, Account.disabled_at).where(Account.account_id == account_id)
        found = connection.execute(account).first()
        posts = select(PostRecord.role).select_from(Account).join(PostRecord, _VALID_TODAY)
        held = posts.where(Account.account_id == account_id)
        roles = {Role(role) for role in connection.execute(held, {"today": self._today()}).scalars()}
        if found is None or found.disabled_at is not None or not roles:
            raise UserError("该账号已停用，或目前没有有效岗位。")
        self._prune(connection, now)
        if roles & ADMINISTRATORS:
            connection.execute(
                update(SignIn)
                .where(SignIn.account_id == account_id, SignIn.ended_at.is_(None))
                .values(ended_at=now, ended_because="replaced")
            )
        connection.execute(
            insert(SignIn).values(
                token_hash=_hash(token),
                account_id=account_id,
                session_version=found.session_version,
                method=method,
                started_at=now,
                active_at=now,
                address=one_line(address, 64),
                browser=one_line(browser, 160),
            )
        )
        connection.execute(update(Account).where(Account.account_id == account_id).values(last_sign_in_at=now))
        return token

    def resume(self, token: str, *, is_activity: bool) -> Viewer | None:
        """The person of an open session; None where it is unknown, ended, or ends now.

        One query, for this is on the way of every request.

        Args:
            token: as `open` returned it.
            is_activity: the person did something; what a page asks for by itself does not count.
        """
        now, today = self._now(), self._today()
        with self._database.connect() as connection:
            rows = connection.execute(_RESUMED, {"token_hash": _hash(token), "today": today}).mappings().all()
        if not rows:
            return None
        row = rows[0]
        posts = tuple(post_of(post) for post in rows if post["post_id"] is not None)
        if because := _end_of(row, [post.role for post in posts], now):
            self._expire(row, because)
            return None
        if is_activity and now - clock.utc(row["active_at"]) >= _NOTED_EVERY:
            self._note_activity(row["sign_in_id"], now)
        return viewer_of(
            posts,
            on=today,
            account_id=row["account_id"],
            username=row["username"],
            name=row["name"],
            person_kind=row["person_kind"],
            person_id=row["person_id"],
            must_change_password=row["must_change_password"],
            sign_in_id=row["sign_in_id"],
        )

    def end(self, sign_in_id: int, *, because: str, account_id: int, address: str = "") -> None:
        """End one session of that account; nothing happens where it is not theirs or has ended."""
        self._end_one(sign_in_id, account_id, because, address)

    def end_all(self, account_id: int, *, because: str, address: str = "") -> None:
        """End every session of an account at its owner's wish.

        Signing out does this, so that a copied cookie is dead too.

        Args:
            account_id: whose sessions.
            because: why, in a word, for the audit log.
            address: where the wish came from.
        """
        with changing(self._database) as connection:
            ended = end_sessions(connection, account_id, because=because, at=self._now())
            query = select(Account.username).where(Account.account_id == account_id)
            username = connection.execute(query).scalar()
            if username is not None:
                event = Event(
                    kind=AuditKind.SIGN_OUT,
                    actor=username,
                    subject=f"account:{username}",
                    rows=ended,
                    address=address,
                    detail={"because": because},
                )
                self._audit.write_in(connection, event)

    def of(self, account_id: int) -> list[SessionInfo]:
        """The open sessions of an account, newest activity first."""
        now, today = self._now(), self._today()
        query = (
            select(
                SignIn.sign_in_id,
                SignIn.method,
                SignIn.started_at,
                SignIn.active_at,
                SignIn.address,
                SignIn.browser,
                Account.disabled_at,
                (SignIn.session_version == Account.session_version).label("is_current"),
            )
            .join(Account, Account.account_id == SignIn.account_id)
            .where(SignIn.account_id == account_id, SignIn.ended_at.is_(None))
            .order_by(SignIn.active_at.desc(), SignIn.sign_in_id.desc())
        )
        held = select(PostRecord.role).select_from(Account).join(PostRecord, _VALID_TODAY)
        with self._database.connect() as connection:
            rows = connection.execute(query).mappings().all()
            found = connection.execute(held.where(Account.account_id == account_id), {"today": today})
            roles = [Role(role) for role in found.scalars()]
        return [
            SessionInfo(
                sign_in_id=row["sign_in_id"],
                method=row["method"],
                started_at=clock.utc(row["started_at"]),
                active_at=clock.utc(row["active_at"]),
                address=row["address"],
                browser=row["browser"],
            )
            for row in rows
            if not _end_of(row, roles, now)
        ]

    def _expire(self, row: RowMapping, because: str) -> None:
        with suppress(BusyError):  # it is refused either way, and recorded when it is tried the next time
            self._end_one(row["sign_in_id"], row["account_id"], because, "", patience=_PATIENCE)

    def _end_one(
        self, sign_in_id: int, account_id: int, because: str, address: str, *, patience: float | None = None
    ) -> None:
        with changing(self._database, patience=patience) as connection:
            ended = connection.execute(
                update(SignIn)
                .where(SignIn.sign_in_id == sign_in_id, SignIn.account_id == account_id, SignIn.ended_at.is_(None))
                .values(ended_at=self._now(), ended_because=because)
                .returning(SignIn.sign_in_id)
            ).first()
            if ended is None:
                return
            username = connection.execute(select(Account.username).where(Account.account_id == account_id)).scalar_one()
            event = Event(
                kind=AuditKind.SIGN_OUT,
                actor=username,
                subject=f"account:{username}",
                rows=1,
                address=address,
                detail={"because": because},
            )
            self._audit.write_in(connection, event)

    def _note_activity(self, sign_in_id: int, now: dt.datetime) -> None:
        noted = update(SignIn).where(SignIn.sign_in_id == sign_in_id, SignIn.ended_at.is_(None)).values(active_at=now)
        # A compute may be storing values: the page must not wait for it, and the next request notes it as well.
        with suppress(BusyError), transaction(self._database, patience=_PATIENCE) as connection:
            connection.execute(noted)

    def _prune(self, connection: Connection, now: dt.datetime) -> None:
        if self._pruned_at is None or now - self._pruned_at >= _PRUNED_EVERY:
            self._pruned_at = now
            connection.execute(delete(SignIn).where(SignIn.started_at < now - _KEPT))


def _hash(token: str) -> str:
    # The token is random, so a plain hash cannot be reversed; who reads the database cannot take over a session.
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _end_of(row: RowMapping, roles: Sequence[Role], now: dt.datetime) -> str:
    """Why a session is over, in a word for the records; empty where it is not."""
    if not row["is_current"]:
        return "version"
    if row["disabled_at"] is not None:
        return "disabled"
    if not roles:
        return "no-post"
    started_at, active_at = clock.utc(row["started_at"]), clock.utc(row["active_at"])
    if started_at - now > _BORNE:
        return "clock"
    if now - started_at >= LONGEST:
        return "absolute"
    idle = dt.timedelta(minutes=min(ROLES[role].idle_minutes for role in roles))
    return "idle" if now - active_at >= idle else ""
