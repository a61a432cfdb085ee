"""Accounts: who may sign in. What they may see follows from their posts (`posts`)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Engine, RowMapping, func, insert, select, update

from data_access import clock
from data_access.access.account_info import SHOWN, STATES, AccountInfo, AccountPage, seen_of
from data_access.access.account_search import holds_administrator_post, holds_weighty_post, matching, roles_of
from data_access.access.actors import Actor, NotEntitledError, is_same_person, refusals_recorded
from data_access.access.audit import AuditKind, AuditLog, Event, Result
from data_access.access.changes import changing, end_sessions, hold
from data_access.access.names import USERNAME, normal_username, one_line
from data_access.access.passwords import REMEMBERED, hash_password, one_time_password, problems_of, verify_password
from data_access.access.roles import Role
from data_access.access.scope import Scope
from data_access.access.throttle import Throttle
from data_access.access.viewer import Viewer
from data_access.database import transaction
from data_access.database.access_models import Account
from data_access.errors import UserError

__all__ = ["CHANGED", "STATES", "AccountInfo", "AccountPage", "Accounts", "Actor"]

CHANGED: Final = "在你打开页面之后情况已有变化，因此没有办理。请核对现在的情况。"
"""Said to whoever confirms what was asked about another state of things."""

_NAME_LENGTH: Final = 64
_REASON_LENGTH: Final = 120
_KINDS: Final = frozenset({"teacher", "student", "other"})
_SOURCES: Final = frozenset({"roster", "import", "manual", "demo"})
_LARGEST_PAGE: Final = 500


class Accounts:
    """The accounts of an installation.

    Args:
        database: its database.
        audit: where every change is recorded, in the transaction that makes it.
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
        self._throttle = Throttle(database, now=now)

    # -- reading --------------------------------------------------------------------------

    def find(
        self,
        *,
        scope: Scope,
        search: str = "",
        role: Role | None = None,
        state: str = "",
        source: str = "",
        page: int = 1,
        size: int = 50,
    ) -> AccountPage:
        """Accounts by username; none where `scope` does not admit accounts.

        Args:
            scope: that of whoever asks.
            search: part of username or name.
            role: only those who hold it today.
            state: one of `STATES`, or empty for all.
            source: where they come from, as `AccountInfo.source` names it, or empty for all.
            page: from 1.
            size: accounts a page.

        Raises:
            UserError: there is no such state.
        """
        if not scope.admits("account"):
            return AccountPage(accounts=(), total=0)
        conditions = matching(search=normal_username(search), role=role, state=state, source=source, day=self._today())
        size = min(max(size, 1), _LARGEST_PAGE)
        with self._database.connect() as connection:
            total = connection.execute(select(func.count()).select_from(Account).where(*conditions)).scalar_one()
            query = select(*SHOWN).where(*conditions).order_by(Account.username)
            rows = connection.execute(query.limit(size).offset((max(page, 1) - 1) * size)).mappings().all()
            return AccountPage(accounts=self._infos(connection, rows), total=total)

    def get(self, account_id: int, *, scope: Scope) -> AccountInfo | None:
        """The account, or None where there is none or `scope` does not admit accounts."""
        return self._one(Account.account_id == account_id) if scope.admits("account") else None

    def named(self, username: str, *, scope: Scope) -> AccountInfo | None:
        """The account of that username, as `get` gives it."""
        return self._one(Account.username == normal_username(username)) if scope.admits("account") else None

    def own(self, viewer: Viewer) -> AccountInfo | None:
        """The viewer's own account, for which no scope is needed."""
        return self._one(Account.account_id == viewer.account_id)

    def _one(self, condition: ColumnElement[bool]) -> AccountInfo | None:
        with self._database.connect() as connection:
            rows = connection.execute(select(*SHOWN).where(condition)).mappings().all()
            return next(iter(self._infos(connection, rows)), None)

    def _infos(self, connection: Connection, rows: Sequence[RowMapping]) -> tuple[AccountInfo, ...]:
        roles = roles_of(connection, [row["account_id"] for row in rows], self._today())
        return tuple(
            AccountInfo(
                **{
                    **row,
                    "created_at": clock.utc(row["created_at"]),
                    "password_changed_at": row["password_changed_at"] and clock.utc(row["password_changed_at"]),
                    "last_sign_in_at": row["last_sign_in_at"] and clock.utc(row["last_sign_in_at"]),
                    "roles": roles.get(row["account_id"], ()),
                }
            )
            for row in rows
        )

    # -- changing -------------------------------------------------------------------------

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
        with changing(self._database) as connection:
            return self.create_in(
                connection,
                username=username,
                name=name,
                person_kind=person_kind,
                source=source,
                by=by,
                person_id=person_id,
                password=password,
            )

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
        hold(connection)
        username, name = normal_username(username), one_line(name, _NAME_LENGTH)
        if not USERNAME.fullmatch(username):
            raise UserError("用户名须为 2 至 64 个字符，只能用字母、数字和 . _ - @。")
        if not name:
            raise UserError("姓名不能为空。")
        if person_kind not in _KINDS or source not in _SOURCES or (person_kind == "other" and person_id is not None):
            raise UserError("账号的人员类别或来源不正确。")
        if password is not None and (problems := problems_of(password, username=username, name=name)):
            raise UserError("\n".join(problems))
        if connection.execute(select(Account.account_id).where(Account.username == username)).first() is not None:
            raise UserError(f"用户名“{username}”已被使用。")
        now = self._now()
        account_id = connection.execute(
            insert(Account)
            .values(
                username=username,
                name=name,
                person_kind=person_kind,
                person_id=person_id,
                password_hash=None if password is None else hash_password(password),
                password_history=[],
                password_changed_at=None if password is None else now,
                must_change_password=password is not None,
                session_version=1,
                disabled_because="",
                source=source,
                created_at=now,
            )
            .returning(Account.account_id)
        ).scalar_one()
        self._record(connection, username, by, {"change": "created", "kind": person_kind, "source": source})
        return account_id

    def disable(self, account_id: int, *, because: str, by: Actor) -> None:
        """Disable an account and end its sessions.

        Raises:
            UserError: there is no such account, it is disabled already, or `by` may not do it.
        """
        with refusals_recorded(self._audit, by, "disabled"), changing(self._database) as connection:
            found = self._changeable(connection, account_id, by)
            if found["disabled_at"] is not None:
                raise UserError("该账号已经停用。")
            now, reason = self._now(), one_line(because, _REASON_LENGTH)
            self._set(connection, account_id, disabled_at=now, disabled_because=reason)
            end_sessions(connection, account_id, because="disabled", at=now)
            self._record(connection, found["username"], by, {"change": "disabled", "because": reason})

    def enable(self, account_id: int, *, by: Actor, seen: str | None = None) -> None:
        """Enable a disabled account, unless it is another one by now than `seen` (`AccountInfo.seen`).

        Raises:
            UserError: there is no such account, it is not disabled, or `by` may not do it.
        """
        with refusals_recorded(self._audit, by, "enabled"), changing(self._database) as connection:
            found = self._changeable(connection, account_id, by, seen)
            if found["disabled_at"] is None:
                raise UserError("该账号没有停用。")
            self._set(connection, account_id, disabled_at=None, disabled_because="")
            self._record(connection, found["username"], by, {"change": "enabled"})

    def reset_password(self, account_id: int, *, by: Actor, seen: str | None = None) -> str:
        """Give an account a one-time password, end its sessions; returns the password, which is kept nowhere.

        What a person issues for a weighty post (`roles.RoleInfo`) lets nobody in before it is released.

        Args:
            account_id: whose.
            by: who does it.
            seen: `AccountInfo.seen` of the account when it was asked for; None where nobody was asked.

        Raises:
            UserError: there is no such account, it is another one by now than `seen`, or `by` may not do it.
        """
        text = one_time_password()
        hashed = hash_password(text)
        with refusals_recorded(self._audit, by, "reset"), changing(self._database) as connection:
            found = self._changeable(connection, account_id, by, seen)
            awaits = by.account_id is not None and holds_weighty_post(connection, account_id, self._today())
            self._set_hash(connection, found, hashed, must_change=True, awaits_release=awaits)
            end_sessions(connection, account_id, because="password", at=self._now())
            self._record(connection, found["username"], by, {"change": "reset"}, kind=AuditKind.PASSWORD)
        return text

    def release_password(self, account_id: int, *, by: Actor, seen: str | None = None) -> None:
        """Let an account sign in with the password that another person issued for it; arguments as `reset_password`.

        Raises:
            UserError: there is no such account, nothing to release, `seen` is out of date, or `by` may not do it.
        """
        with refusals_recorded(self._audit, by, "released"), changing(self._database) as connection:
            found = self._changeable(connection, account_id, by, seen)
            if is_same_person(connection, found, by):
                raise NotEntitledError(
                    "不能确认本人账号的密码重置。", username=found["username"], because="own-account"
                )
            if not found["awaits_release"]:
                raise UserError("该账号没有待确认的密码重置。")
            self._set(connection, account_id, awaits_release=False)
            self._record(connection, found["username"], by, {"change": "released"}, kind=AuditKind.PASSWORD)

    def change_password(self, account_id: int, *, old: str, new: str, address: str) -> None:
        """Replace one's own password and end all of one's sessions.

        Wrong old passwords are limited as failed sign-ins are: an unattended screen is no place to guess.

        Raises:
            UserError: the old password is wrong, or the new one breaks the policy; in Chinese.
        """
        admission = self._throttle.reserve(f"account:{account_id}", address)
        if admission.attempt_id is None:
            raise UserError(f"原密码错误次数过多，请在 {-(-admission.retry_after // 60)} 分钟后再试。")
        with self._database.connect() as connection:
            found = connection.execute(select(*Account.__table__.columns).where(Account.account_id == account_id))
            account = found.mappings().first()
        is_right = verify_password(account["password_hash"] if account else None, old)
        with transaction(self._database) as connection:
            self._throttle.settle(connection, admission, succeeded=is_right)
            if account is not None and not is_right:
                by = Actor(account["username"], account_id, address)
                self._record(connection, by.name, by, {"change": "own"}, kind=AuditKind.PASSWORD, result=Result.FAILED)
        if account is None or not is_right:
            raise UserError("原密码不正确。")
        self._replace(account, new, address)

    def set_first_password(self, account_id: int, *, new: str, address: str) -> None:
        """Replace the password that somebody else knows by one's own, right after signing in with it.

        Raises:
            UserError: the present password is one's own already, or the new one breaks the policy; in Chinese.
        """
        with self._database.connect() as connection:
            account = self._existing(connection, account_id)
        if not account["must_change_password"]:
            raise UserError("请输入原密码。")
        self._replace(account, new, address)

    def _replace(self, account: RowMapping, new: str, address: str) -> None:
        """Sets a password that the owner has chosen, unless the present one has been changed since it was read."""
        account_id, username = account["account_id"], account["username"]
        if problems := problems_of(new, username=username, name=account["name"]):
            raise UserError("\n".join(problems))
        if any(verify_password(former, new) for former in _hashes(account)[:REMEMBERED]):
            raise UserError(f"新密码不能与最近 {REMEMBERED} 次用过的密码相同。")
        hashed = hash_password(new)
        with changing(self._database) as connection:
            present = self._existing(connection, account_id)
            if present["password_hash"] != account["password_hash"] or present["disabled_at"] is not None:
                raise UserError("密码刚刚被更改过，请重新登录。")
            self._set_hash(connection, present, hashed, must_change=False)
            end_sessions(connection, account_id, because="password", at=self._now())
            by = Actor(username, account_id, address)
            self._record(connection, username, by, {"change": "own"}, kind=AuditKind.PASSWORD)

    def _existing(self, connection: Connection, account_id: int) -> RowMapping:
        query = select(*Account.__table__.columns).where(Account.account_id == account_id)
        found = connection.execute(query).mappings().first()
        if found is None:
            raise UserError("没有这个账号。")
        return found

    def _changeable(self, connection: Connection, account_id: int, by: Actor, seen: str | None = None) -> RowMapping:
        """The account, where `by` may change it: nobody their own, no administrator another's."""
        found = self._existing(connection, account_id)
        if by.account_id == account_id:
            raise NotEntitledError(
                "不能对本人账号执行此操作。修改本人密码请到“我的账号”。",
                username=found["username"],
                because="own-account",
            )
        if by.account_id is not None and holds_administrator_post(connection, account_id, self._today()):
            raise NotEntitledError(
                "三员分立：管理员账号只能由服务器控制台办理（luoxuan account）。",
                username=found["username"],
                because="administrator",
            )
        if seen not in {None, seen_of({**found, "is_disabled": found["disabled_at"] is not None})}:
            raise UserError(CHANGED)
        return found

    def _set(self, connection: Connection, account_id: int, **values: Any) -> None:
        connection.execute(update(Account).where(Account.account_id == account_id).values(**values))

    def _set_hash(
        self,
        connection: Connection,
        found: RowMapping,
        hashed: str,
        *,
        must_change: bool,
        awaits_release: bool = False,
    ) -> None:
        self._set(
            connection,
            found["account_id"],
            password_hash=hashed,
            password_history=_hashes(found)[: REMEMBERED - 1],
            password_changed_at=self._now(),
            must_change_password=must_change,
            awaits_release=awaits_release,
        )

    def _record(
        self,
        connection: Connection,
        username: str,
        by: Actor,
        detail: Mapping[str, Any],
        *,
        kind: AuditKind = AuditKind.ACCOUNT,
        result: Result = Result.DONE,
    ) -> None:
        self._audit.write_in(
            connection,
            Event(
                kind=kind,
                actor=by.name,
                subject=f"account:{username}",
                result=result,
                address=by.address,
                detail=detail,
            ),
        )


def _hashes(account: RowMapping) -> list[str]:
    """Hashes of the present password and of former ones, newest first."""
    return [*([account["password_hash"]] if account["password_hash"] else []), *account["password_history"]]
