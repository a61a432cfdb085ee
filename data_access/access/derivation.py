"""Accounts and posts kept in step with the roster of the lake: who came, who left, who holds what now.

What the lake says is read by `duties`, what has to change is found by `roster_changes`; this module reads and
writes the database around them.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import Connection, Engine, bindparam, delete, func, insert, or_, select, update

from data_access import ledger
from data_access.access.audit import AuditKind, AuditLog, Event, Result
from data_access.access.changes import changing, end_sessions
from data_access.access.duties import Duty, Person, PersonKey, Roster, read_roster
from data_access.access.roles import ROLES, Role
from data_access.access.roster_changes import (
    LONGEST_NAME,
    Changes,
    Held,
    HeldAccount,
    HeldPost,
    PostOf,
    plan,
    username_of,
)
from data_access.clock import now
from data_access.database.access_models import Account, PostRecord, Referral
from data_access.engines import DuckDBEngine
from data_access.errors import RosterError
from data_access.lake import Lake

LEFT: Final = "名册同步:名册中已无此人"
"""Reason of an account that the roster disabled; it enables only such ones again."""
LARGEST_LOSS: Final = 0.3
SMALLEST_CHECKED: Final = 20
"""A sync that would end a larger share of the posts in a role that has so many is refused: an incomplete file must
not lock out the college."""
LEAST_VACATED: Final = 3
"""In a smaller role the share counts from so many posts on, and a post that somebody else takes over is no loss: of
six heads two may well change on one day."""
NAMED: Final = 50
"""So many holders of posts that began or ended are named for each role in the audit log."""


@dataclass(frozen=True, kw_only=True)
class RosterReport:
    """What a sync did.

    Attributes:
        on: the day from which new posts hold.
        accounts: accounts of people who are on the roster now.
        posts: posts that the roster gives now.
        started: new posts by role.
        ended: ended posts by role.
        referred: students newly in the care of the psychology centre; `released` no longer are.
        problems: people who got no account or no posts, and why.
    """

    on: dt.date
    accounts: int
    posts: int
    created: int
    disabled: int
    enabled: int
    renamed: int
    started: Mapping[str, int]
    ended: Mapping[str, int]
    referred: int
    released: int
    problems: tuple[str, ...] = ()

    @property
    def is_noop(self) -> bool:
        """True where everything was in step already."""
        counts = (self.created, self.disabled, self.enabled, self.renamed, self.referred, self.released)
        return not (any(counts) or self.started or self.ended)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**asdict(self), "on": self.on.isoformat(), "problems": list(self.problems)}

    def lines(self) -> Iterable[str]:
        """The report as text."""
        yield f"Roster of {self.on}: {self.accounts:,} accounts hold {self.posts:,} posts by the dimensions."
        yield (
            f"  accounts: {self.created:,} created, {self.renamed:,} renamed, {self.disabled:,} disabled, "
            f"{self.enabled:,} enabled again"
        )
        yield f"  posts begun: {_listed(self.started)}"
        yield f"  posts ended: {_listed(self.ended)}"
        yield f"  psychology centre: {self.referred:,} students referred, {self.released:,} released"
        yield from (f"  note: {problem}" for problem in self.problems[:NAMED])
        if len(self.problems) > NAMED:
            yield f"  … and {len(self.problems) - NAMED:,} more notes"


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {role}" for role, count in counts.items()) or "none"


def sync_roster(
    lake: Lake, database: Engine, audit: AuditLog, *, on: dt.date, by: str = "roster", force: bool = False
) -> RosterReport:
    """Bring accounts, roster posts and referrals into step with the lake, in one transaction.

    A relation that is gone ends its post on the day before `on`, and every change of somebody's posts ends their
    sessions. Who is gone altogether loses all roster posts; without any other post the account is disabled, and
    enabled again when they are back. A sync that finds nothing to change writes nothing.

    Args:
        lake: where the dimensions are.
        database: where the accounts are.
        audit: gets one event for a sync that changes something, or is refused.
        on: today.
        by: who causes it, for the audit log.
        force: do it even where too many posts end, or `on` lies before the last change.

    Raises:
        RosterError: too many posts would end, or the roster is ahead of `on`. Nothing was changed.
        BusyError: the database stayed locked by another writer.
    """
    try:
        with changing(database) as connection:
            held = _read_held(connection, on)
            changes = plan(_roster_of(lake, connection, on), held, on=on)
            if not force and not changes.is_empty:
                _refuse_earlier_days(connection, on)
                refuse_large_losses(changes, held)
            report = _report(changes, on)
            if not changes.is_empty:
                _write(connection, changes, on)
                detail = {
                    **report.to_dict(),
                    "holders_started": _names(changes.begin),
                    "holders_ended": _names(changes.end.values()),
                }
                audit.write_in(connection, Event(kind=AuditKind.ROSTER, actor=by, subject="roster", detail=detail))
    except RosterError as refusal:
        detail = {"on": on.isoformat(), "reason": str(refusal)}
        audit.write(
            Event(kind=AuditKind.ROSTER, actor=by, subject="roster", result=Result.FAILED, detail=detail),
        )
        raise
    return report


def _roster_of(lake: Lake, connection: Connection, on: dt.date) -> Roster:
    # Which files count is read in the transaction that writes, so that no sync overtakes a later one.
    files = {
        name: [file.path for file in lake.files_at(name, pointer.delta_version)]
        for name, pointer in ledger.pointers(connection).items()
    }
    with DuckDBEngine(files, schema=lake.contracts) as engine:
        return read_roster(engine, on=on)


def _refuse_earlier_days(connection: Connection, on: dt.date) -> None:
    """Refuse a day before the last change: whoever left since would have access again.

    Raises:
        RosterError: it lies before it.
    """
    first, last = connection.execute(
        select(func.max(PostRecord.valid_from), func.max(PostRecord.valid_to)).where(PostRecord.source == "roster")
    ).one()
    days = [*([first] if first else []), *([last + dt.timedelta(days=1)] if last else [])]
    if days and on < max(days):
        raise RosterError(
            f"Accounts follow the roster of {max(days)} already, and {on} lies before it. Check the clock of this "
            "machine. If that later day was wrong: luoxuan roster --force"
        )


def refuse_large_losses(changes: Changes, held: Held) -> None:
    """Refuse a sync that takes too many posts away.

    Raises:
        RosterError: it does.
    """
    lost = Counter(post.duty.role for post in changes.end.values())
    vacated = _vacated(changes)
    holders = held.holders_by_role()
    found = []
    for role, count in sorted(held.by_role().items()):
        is_large = count >= SMALLEST_CHECKED and lost[role] > LARGEST_LOSS * count
        is_share = vacated[role] >= LEAST_VACATED and vacated[role] > LARGEST_LOSS * count
        is_all = vacated[role] == count and holders[role] > 1
        if is_large or is_share or is_all:
            found.append(f"{lost[role]:,} of {count:,} {role}")
    if found:
        raise RosterError(
            f"The roster would end so many posts that a file is probably incomplete: {', '.join(found)}. No account "
            "and no post was changed. Undo the import that is wrong; where the college has really changed so much, "
            "as when a year graduates: luoxuan roster --force"
        )


def _vacated(changes: Changes) -> Counter[Role]:
    """How many posts of each role end without another of that role beginning at the same node."""
    left = Counter(post.duty for post in changes.end.values())
    left.subtract(post.duty for post in changes.begin)
    vacated: Counter[Role] = Counter()
    for duty, count in left.items():
        vacated[duty.role] += max(0, count)
    return vacated


# -- the database -----------------------------------------------------------------------------


def _read_held(connection: Connection, on: dt.date) -> Held:
    others: dict[int, set[Role]] = defaultdict(set)
    posts: dict[int, list[HeldPost]] = defaultdict(list)
    lasting = or_(PostRecord.valid_to.is_(None), PostRecord.valid_to >= on)
    for row in connection.execute(select(*PostRecord.__table__.c).where(lasting).order_by(PostRecord.post_id)):
        if row.source == "roster":
            duty = Duty(Role(row.role), row.node_level, row.node_id)
            post = HeldPost(post_id=row.post_id, duty=duty, valid_from=row.valid_from, valid_to=row.valid_to)
            posts[row.account_id].append(post)
        else:
            others[row.account_id].add(Role(row.role))
    accounts: dict[PersonKey, list[HeldAccount]] = defaultdict(list)
    numbered: dict[tuple[str, str], HeldAccount] = {}
    usernames = set()
    columns = (
        Account.account_id, Account.username, Account.name, Account.person_kind, Account.person_id, Account.source,
        Account.disabled_at, Account.disabled_because,
    )  # fmt: skip
    for row in connection.execute(select(*columns).order_by(Account.account_id)):
        usernames.add(row.username)
        if row.person_id is None or row.source == "demo":
            continue
        account = HeldAccount(
            account_id=row.account_id,
            username=row.username,
            name=row.name,
            source=row.source,
            is_disabled=row.disabled_at is not None,
            has_left=row.disabled_at is not None and row.disabled_because == LEFT,
            has_other_posts=row.account_id in others,
            is_exclusive=any(ROLES[role].is_exclusive for role in others.get(row.account_id, ())),
        )
        accounts[PersonKey(row.person_kind, row.person_id)].append(account)
        if row.source == "roster":
            numbered[row.person_kind, row.username] = account
    return Held(
        accounts=accounts,
        numbered=numbered,
        usernames=frozenset(usernames),
        posts=posts,
        referred=frozenset(connection.execute(select(Referral.student_id)).scalars()),
    )


def _write(connection: Connection, changes: Changes, on: dt.date) -> None:
    moment = now()
    if changes.create:
        connection.execute(insert(Account), [_account_row(person, moment) for person in changes.create])
    if changes.begin:
        found = connection.execute(select(Account.username, Account.account_id))
        ids = {row.username: row.account_id for row in found}
        connection.execute(insert(PostRecord), [_post_row(post, ids, on, moment) for post in changes.begin])
    _update(connection, PostRecord, changes.end, valid_to=on - dt.timedelta(days=1))
    _update(connection, Account, changes.disable, disabled_at=moment, disabled_because=LEFT)
    _update(connection, Account, changes.enable, disabled_at=None, disabled_because="")
    for account_id, name in changes.rename.items():
        _update(connection, Account, [account_id], name=name)
    for account_id, person_id in changes.relink.items():
        _update(connection, Account, [account_id], person_id=person_id)
    for account_id in sorted(changes.disturbed):
        end_sessions(connection, account_id, because="roster", at=moment)
    if changes.refer:
        connection.execute(insert(Referral), [{"student_id": key, "since": on} for key in sorted(changes.refer)])
    if changes.release:
        released = delete(Referral).where(Referral.student_id == bindparam("released"))
        connection.execute(released, [{"released": key} for key in sorted(changes.release)])


def _account_row(person: Person, moment: dt.datetime) -> dict[str, Any]:
    return {
        "username": username_of(person.number),
        "name": person.name[:LONGEST_NAME],
        "person_kind": person.kind,
        "person_id": person.person_id,
        "password_history": [],
        "must_change_password": False,
        "session_version": 1,
        "disabled_because": "",
        "source": "roster",
        "created_at": moment,
    }


def _post_row(post: PostOf, ids: Mapping[str, int], on: dt.date, moment: dt.datetime) -> dict[str, Any]:
    return {
        "account_id": ids[post.username],
        "role": post.duty.role.value,
        "node_level": post.duty.node_level,
        "node_id": post.duty.node_id,
        "valid_from": on,
        "source": "roster",
        "granted_at": moment,
    }


def _update(connection: Connection, model: type[Account | PostRecord], keys: Iterable[int], **values: Any) -> None:
    key = next(iter(model.__table__.primary_key))
    rows = [{"changed": changed} for changed in sorted(keys)]
    if rows:
        connection.execute(update(model).where(key == bindparam("changed")).values(**values), rows)


# -- the report -------------------------------------------------------------------------------


def _report(changes: Changes, on: dt.date) -> RosterReport:
    return RosterReport(
        on=on,
        accounts=changes.people,
        posts=changes.posts,
        created=len(changes.create),
        disabled=len(changes.disable),
        enabled=len(changes.enable),
        renamed=len(changes.rename),
        started=_by_role(changes.begin),
        ended=_by_role(changes.end.values()),
        referred=len(changes.refer),
        released=len(changes.release),
        problems=tuple(changes.problems),
    )


def _by_role(posts: Iterable[PostOf]) -> dict[str, int]:
    counts = Counter(post.duty.role for post in posts)
    return {role.value: counts[role] for role in Role if counts[role]}


def _names(posts: Iterable[PostOf]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for post in posts:
        names = found[post.duty.role.value]
        if len(names) < NAMED:
            names.append(f"{post.username} {post.duty.node_level}:{post.duty.node_id}")
    return dict(found)
