"""Files of accounts and posts, applied: first looked at, then in one transaction, or not at all.

For the people whose posts follow from no dimension: quality office, student affairs, psychology centre, people
from outside; and for first passwords. The same file twice changes nothing.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, Engine, insert, select, update

from data_access import clock
from data_access.access.account_known import read_known
from data_access.access.account_plan import plan
from data_access.access.account_search import weighty_among
from data_access.access.account_sheet import read_sheet
from data_access.access.account_steps import AccountStep, PostStep, Staged, State
from data_access.access.actors import Actor
from data_access.access.audit import AuditKind, AuditLog, Event, Result
from data_access.access.changes import changing, end_sessions
from data_access.access.passwords import hash_password, one_time_password
from data_access.access.permissions import Permission
from data_access.database.access_models import Account, PostRecord
from data_access.errors import UserError
from data_access.intake.problems import Problem

EVERYTHING: Final = frozenset({Permission.ACCOUNT_MANAGE, Permission.POST_GRANT})
"""What the console may do with a file."""
_HASHED_AT_ONCE: Final = 2
_TRESPASS_FOR: Final = dt.timedelta(hours=1)
"""A file that asks for what nobody here may do is recorded once in so long a time, however often it is looked at."""
_TOLD_AT_ONCE: Final = 50
"""The audit log keeps so many items of a list."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FirstPassword:
    """A one-time password that was made for somebody; it is kept nowhere else."""

    username: str
    name: str
    password: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Applied:
    """What applying a file did.

    Attributes:
        counts: as `Staged.counts`.
        deferred: what another administrator has to do, by applying the same file.
        passwords: the one-time passwords that were asked for.
    """

    counts: Mapping[str, Mapping[str, int]]
    deferred: tuple[Problem, ...]
    passwords: tuple[FirstPassword, ...]


class AccountFile:
    """Files of accounts and posts for one installation.

    Args:
        database: its database.
        audit: where every change is recorded, in the transaction that makes it.
        today: the day on which posts begin where a file names none.
    """

    def __init__(self, database: Engine, audit: AuditLog, *, today: Callable[[], dt.date] = clock.today) -> None:
        self._database = database
        self._audit = audit
        self._today = today

    def read(self, content: bytes, name: str, *, by: Actor, may: Collection[Permission]) -> Staged:
        """What applying a file would do, and everything that stands in its way; nothing is changed.

        A file that would act on one's own account or on an administrator's is recorded as refused.

        Args:
            content: a CSV (UTF-8, GB18030) or XLSX file with the columns of `account_sheet.COLUMNS`.
            name: its name as received.
            by: who would apply it.
            may: what they are allowed to; posts are left to others without POST_GRANT, accounts without ACCOUNT_MANAGE.
        """
        sheet = read_sheet(content, name)
        with self._database.connect() as connection:
            staged = plan(sheet, read_known(connection), may=may, by=by, on=self._today())
        if staged.trespasses:
            event = _trespass(staged, hashlib.sha256(content).hexdigest()[:16], by)
            self._audit.write_unless_recent(event, within=_TRESPASS_FOR)
        return staged

    def apply(self, staged: Staged, *, by: Actor, may: Collection[Permission], make_passwords: bool = False) -> Applied:
        """Do what a file says, all of it or nothing, as things are now.

        Passwords must be changed at the first sign-in, and are given only to accounts that never had one.

        Args:
            staged: as `read` returned it; what it would do is found out again.
            by: who applies it.
            may: what they are allowed to.
            make_passwords: make a one-time password for every account of the file that has none.

        Raises:
            UserError: the file has problems, or there are some by now. Nothing was changed.
            BusyError: the database stayed locked by another writer.
        """
        made = {s.username: one_time_password() for s in staged.accounts if make_passwords and s.lacks_password}
        # A hash takes a while, which no other writer of the database should have to wait for.
        hashes = _hashes({**{s.username: s.password for s in staged.accounts if s.password}, **made})
        with changing(self._database) as connection:
            now = plan(staged.sheet, read_known(connection), may=may, by=by, on=self._today())
            first: list[AccountStep] = []
            if now.problems:
                raise UserError(f"文件有 {len(now.problems)} 处问题，未作任何更改。第一处：{now.problems[0]}")
            if made or not now.is_noop:
                first = _write(connection, now, hashes, by, self._today())
                for event in _events(now, first, by):
                    self._audit.write_in(connection, event)
        return Applied(
            counts=now.counts,
            deferred=now.deferred,
            passwords=tuple(
                FirstPassword(username=step.username, name=step.name, password=made[step.username])
                for step in first
                if step.username in made
            ),
        )


def _write(
    connection: Connection, staged: Staged, hashes: Mapping[str, str], by: Actor, today: dt.date
) -> list[AccountStep]:
    """Accounts, posts and passwords, many rows at a time; returns the accounts that got their first password."""
    moment = clock.now()
    new = [step for step in staged.accounts if step.state is State.NEW]
    if new:
        connection.execute(insert(Account), [_account_row(step, hashes.get(step.username), moment) for step in new])
    for step in staged.accounts:
        if step.is_renamed:
            connection.execute(update(Account).where(Account.account_id == step.account_id).values(name=step.name))
    first = [s for s in staged.accounts if s.username in hashes and (s.password or s.lacks_password)]
    for step in first:
        if step.account_id is not None:
            changed = update(Account).where(Account.account_id == step.account_id)
            connection.execute(changed.values(**_first_password(hashes[step.username], moment)))
    granted = [step for step in staged.posts if step.state is State.NEW]
    if granted:
        found = connection.execute(select(Account.username, Account.account_id))
        ids = {row.username: row.account_id for row in found}
        connection.execute(insert(PostRecord), [_post_row(step, ids[step.username], by, moment) for step in granted])
    if by.account_id is not None:
        issued = [step.account_id for step in first if step.account_id is not None]
        awaiting = weighty_among(connection, issued, today)
        changed = update(Account).where(Account.account_id.in_(awaiting))
        connection.execute(changed.values(awaits_release=True))
    disturbed = {s.account_id: "post" for s in granted} | {s.account_id: "password" for s in first}
    for account_id, because in disturbed.items():
        if account_id is not None:
            end_sessions(connection, account_id, because=because, at=moment)
    return first


def _account_row(step: AccountStep, hashed: str | None, moment: dt.datetime) -> dict[str, Any]:
    return {
        "username": step.username,
        "name": step.name,
        "person_kind": step.person_kind,
        "person_id": step.person_id,
        "password_history": [],
        "session_version": 1,
        "disabled_because": "",
        "source": "import",
        "created_at": moment,
        **_first_password(hashed, moment),
    }


def _first_password(hashed: str | None, moment: dt.datetime) -> dict[str, Any]:
    return {
        "password_hash": hashed,
        "password_changed_at": moment if hashed else None,
        "must_change_password": hashed is not None,
    }


def _post_row(step: PostStep, account_id: int, by: Actor, moment: dt.datetime) -> dict[str, Any]:
    return {
        "account_id": account_id,
        "role": step.post.role.value,
        "node_level": step.post.node_level,
        "node_id": step.post.node_id,
        "valid_from": step.post.valid_from,
        "valid_to": step.post.valid_to,
        "source": "import",
        "granted_by": by.account_id,
        "granted_at": moment,
    }


def _events(staged: Staged, first: Sequence[AccountStep], by: Actor) -> Iterator[Event]:
    """What was done, every account and post named; so many in one event that a large file takes no long time."""
    told: dict[tuple[AuditKind, str], list[str]] = {
        (AuditKind.ACCOUNT, "created"): [s.username for s in staged.accounts if s.state is State.NEW],
        (AuditKind.ACCOUNT, "renamed"): [f"{s.username} {s.name}" for s in staged.accounts if s.is_renamed],
        (AuditKind.PASSWORD, "first"): [s.username for s in first],
        (AuditKind.POST, "granted"): [_told(s) for s in staged.posts if s.state is State.NEW],
    }
    summary = {"file": staged.sheet.name, **staged.counts}
    yield Event(kind=AuditKind.IMPORT, actor=by.name, subject="accounts", address=by.address, detail=summary)
    for (kind, change), names in told.items():
        for start in range(0, len(names), _TOLD_AT_ONCE):
            detail = {"change": change, "source": "import", "accounts": names[start : start + _TOLD_AT_ONCE]}
            yield Event(kind=kind, actor=by.name, subject="accounts", address=by.address, detail=detail)


def _trespass(staged: Staged, digest: str, by: Actor) -> Event:
    told = {"file": staged.sheet.name, "because": list(staged.trespasses[:_TOLD_AT_ONCE])}
    return Event(
        kind=AuditKind.DENIED,
        actor=by.name,
        subject=f"accounts:{digest}",
        result=Result.DENIED,
        address=by.address,
        detail=told,
    )


def _told(step: PostStep) -> str:
    post = step.post
    until = f"..{post.valid_to}" if post.valid_to else ".."
    return f"{step.username} {post.role.value} {post.node_level}:{post.node_id} {post.valid_from}{until}"


def _hashes(passwords: Mapping[str, str]) -> dict[str, str]:
    with ThreadPoolExecutor(_HASHED_AT_ONCE) as pool:
        return dict(zip(passwords, pool.map(hash_password, passwords.values()), strict=True))
