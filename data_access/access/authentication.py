"""Who somebody is who wants to sign in: by password, or by the campus's single sign-on."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, Engine, RowMapping, select, update

from data_access import clock
from data_access.access.account_search import holds_post_on
from data_access.access.audit import AuditKind, AuditLog, Event, Result
from data_access.access.changes import changing
from data_access.access.known_browsers import KnownBrowsers
from data_access.access.names import normal_username, one_line
from data_access.access.passwords import hash_password, needs_rehash, verify_password
from data_access.access.secret import derived_key
from data_access.access.sessions import Sessions
from data_access.access.throttle import Admission, Throttle, WaitingRoom
from data_access.database import transaction
from data_access.database.access_models import Account
from data_access.errors import BusyError

WRONG: Final = "用户名或密码不正确。"
NO_POST: Final = "您的账号目前没有有效岗位，不能进入平台。请联系系统管理员。"
NOT_RELEASED: Final = "密码已重置，需由安全管理员确认后才能登录。"
NO_ACCOUNT: Final = "统一身份认证已通过，但您在本平台没有可用的账号。请联系系统管理员。"
BUSY: Final = "当前登录人数较多，请稍后再试。"
_BUSY_SECONDS: Final = 5
_SHOWN_OF_UNKNOWN: Final = 2
"""What is typed as a name and is none may be a password: only its first characters go into the audit log."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of an attempt to sign in.

    Attributes:
        account_id: who it is; None where it failed.
        token: of the session that began with it, where one was asked for.
        mark: by which the browser is known from now on (`known_browsers`), where one was asked for.
        message: why not, for the person, in Chinese; the same for unknown user and wrong password.
        retry_after: seconds to wait before the next attempt makes sense; 0 where none are needed.
    """

    account_id: int | None = None
    token: str = field(default="", repr=False)
    mark: str = field(default="", repr=False)
    message: str = ""
    retry_after: int = 0


def waiting_room() -> WaitingRoom:
    """Room for as many passwords at once as there are processors, and twice as many waiting."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return WaitingRoom(places=cores, seats=2 * cores)


class Authentication:
    """Sign-in to an installation.

    Args:
        database: its database.
        audit: where every outcome is recorded.
        secret: the installation's secret (`secret.installation_secret`).
        room: how many passwords are checked at once.
        now: the current time, aware.
        today: the day on which posts must be valid.
    """

    def __init__(
        self,
        database: Engine,
        audit: AuditLog,
        secret: bytes,
        *,
        room: WaitingRoom | None = None,
        now: Callable[[], dt.datetime] = clock.now,
        today: Callable[[], dt.date] = clock.today,
    ) -> None:
        self._database = database
        self._audit = audit
        self._key = derived_key(secret, "sign-in attempts")
        self._browsers = KnownBrowsers(secret, now=now)
        self._room = room or waiting_room()
        self._throttle = Throttle(database, now=now)
        self._sessions = Sessions(database, audit, now=now, today=today)
        self._today = today

    def by_password(
        self, username: str, password: str, *, address: str, browser: str | None = None, mark: str | None = None
    ) -> Outcome:
        """Who has this name and password.

        Two commits: the attempt before the password is looked at, the outcome afterwards. Unknown names,
        wrong passwords and disabled accounts take the same steps and get the same answer.

        Args:
            username: as it was typed.
            password: as it was typed.
            address: network address of the request.
            browser: what the browser calls itself; with it a session begins in the commit of the outcome, which
                spares the third commit of `Sessions.open`.
            mark: what the browser carries from former sign-ins, unchecked; None where it shall carry none.
        """
        username = normal_username(username)
        try:
            with self._room.place() as has_place:
                if not has_place:
                    return Outcome(message=BUSY, retry_after=_BUSY_SECONDS)
                return self._by_password(username, password, address, browser, mark)
        except BusyError:
            return Outcome(message=BUSY, retry_after=_BUSY_SECONDS)

    def _by_password(
        self, username: str, password: str, address: str, browser: str | None, mark: str | None
    ) -> Outcome:
        known_browser = self._browsers.known_as(mark or "", self._keyed(username))
        admission = self._throttle.reserve(self._keyed(username), address, known_browser=known_browser)
        if admission.attempt_id is None:
            return self._turned_away(username, admission, address)
        with self._database.connect() as connection:
            account = _account(connection, username, self._today())
        is_right = verify_password(account["password_hash"] if account else None, password)
        renewed = hash_password(password) if is_right and account and needs_rehash(account["password_hash"]) else None
        with changing(self._database) as connection:
            self._throttle.settle(connection, admission, succeeded=is_right)
            # What was read before the password was checked may have been changed meanwhile.
            present = _account(connection, username, self._today())
            if account is None or present is None or not is_right:
                return self._told(connection, username, account, address, Outcome(message=WRONG), "wrong")
            if present["disabled_at"] is not None or present["password_hash"] != account["password_hash"]:
                return self._told(connection, username, account, address, Outcome(message=WRONG), "disabled")
            if not present["has_post"]:
                return self._told(connection, username, account, address, Outcome(message=NO_POST), "no-post")
            if present["awaits_release"]:
                return self._told(
                    connection, username, account, address, Outcome(message=NOT_RELEASED), "awaits-release"
                )
            account_id, token = present["account_id"], ""
            if renewed is not None:
                changed = update(Account).where(Account.account_id == account_id)
                connection.execute(changed.values(password_hash=renewed))
            if browser is not None:
                token = self._sessions.open_in(
                    connection, account_id, method="password", address=address, browser=browser
                )
            outcome = Outcome(account_id=account_id, token=token, mark=self._marked(username, mark))
            return self._told(connection, username, account, address, outcome, "password")

    def by_single_sign_on(self, username: str, *, method: str, address: str, mark: str | None = None) -> Outcome:
        """The account of somebody whom the campus's single sign-on has named; never creates one.

        Args:
            username: as the identity provider gives it.
            method: ``oidc`` or ``cas``.
            address: network address of the request.
            mark: what the browser carries from former sign-ins, unchecked; None where it shall carry none.
        """
        username = normal_username(username)
        try:
            with transaction(self._database) as connection:
                account = _account(connection, username, self._today())
                if account is None or account["disabled_at"] is not None:
                    because = "unknown" if account is None else "disabled"
                    outcome = Outcome(message=NO_ACCOUNT)
                elif not account["has_post"]:
                    because, outcome = "no-post", Outcome(message=NO_POST)
                else:
                    because = method
                    outcome = Outcome(account_id=account["account_id"], mark=self._marked(username, mark))
                return self._told(connection, username, account, address, outcome, because)
        except BusyError:
            return Outcome(message=BUSY, retry_after=_BUSY_SECONDS)

    def _keyed(self, username: str) -> str:
        return hmac.new(self._key, username.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

    def _marked(self, username: str, mark: str | None) -> str:
        return "" if mark is None else self._browsers.with_name(mark, self._keyed(username))

    def _turned_away(self, username: str, admission: Admission, address: str) -> Outcome:
        minutes = -(-admission.retry_after // 60)
        outcome = Outcome(message=f"尝试次数过多，请在 {minutes} 分钟后再试。", retry_after=admission.retry_after)
        if not admission.is_news:
            return outcome
        with transaction(self._database) as connection:
            account = _account(connection, username, self._today())
            return self._told(connection, username, account, address, outcome, "too-many")

    def _told(
        self,
        connection: Connection,
        username: str,
        account: RowMapping | Mapping[str, Any] | None,
        address: str,
        outcome: Outcome,
        because: str,
    ) -> Outcome:
        """The outcome, once it is in the audit log."""
        is_in = outcome.account_id is not None
        shown = username if account is not None else f"{username[:_SHOWN_OF_UNKNOWN]}…"
        event = Event(
            kind=AuditKind.SIGN_IN,
            actor=username if is_in else "",
            subject=f"account:{one_line(shown, 64)}",
            result=Result.DONE if is_in else Result.FAILED if because in {"wrong", "unknown"} else Result.DENIED,
            address=one_line(address, 64),
            detail={"method" if is_in else "because": because},
        )
        self._audit.write_in(connection, event)
        return outcome


def _account(connection: Connection, username: str, today: dt.date) -> RowMapping | None:
    query = select(
        Account.account_id,
        Account.username,
        Account.password_hash,
        Account.disabled_at,
        Account.awaits_release,
        holds_post_on(today).label("has_post"),
    ).where(Account.username == username)
    return connection.execute(query).mappings().first()
