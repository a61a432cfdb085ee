"""Which accounts are meant by a search, and which roles they hold on a day, as conditions and queries."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping

from sqlalchemy import ColumnElement, Connection, exists, or_, select

from data_access.access.roles import ADMINISTRATORS, WEIGHTY, Role
from data_access.database.access_models import Account, PostRecord
from data_access.errors import UserError


def held_on(day: dt.date, *whose: ColumnElement[bool]) -> tuple[ColumnElement[bool], ...]:
    """Conditions on posts that are held on a day, besides those that say whose."""
    return (
        *whose,
        PostRecord.valid_from <= day,
        or_(PostRecord.valid_to.is_(None), PostRecord.valid_to >= day),
    )


def holds_post_on(day: dt.date, *which: ColumnElement[bool]) -> ColumnElement[bool]:
    """The condition on accounts that hold some post (or one of those meant) on a day."""
    return exists().where(*held_on(day, PostRecord.account_id == Account.account_id, *which))


def matching(*, search: str, role: Role | None, state: str, source: str, day: dt.date) -> list[ColumnElement[bool]]:
    """Conditions on accounts; see `accounts.Accounts.find`.

    Raises:
        UserError: there is no such state.
    """
    found: list[ColumnElement[bool]] = []
    if search:
        found.append(
            or_(Account.username.contains(search, autoescape=True), Account.name.icontains(search, autoescape=True))
        )
    if role is not None:
        found.append(holds_post_on(day, PostRecord.role == role.value))
    if source:
        found.append(Account.source == source)
    match state:
        case "":
            pass
        case "enabled":
            found.append(Account.disabled_at.is_(None))
        case "disabled":
            found.append(Account.disabled_at.is_not(None))
        case "without_post":
            found.append(~holds_post_on(day))
        case "never_signed_in":
            found.append(Account.last_sign_in_at.is_(None))
        case "awaits_release":
            found.append(Account.awaits_release.is_(True))
        case _:
            raise UserError(f"没有“{state}”这种账号状态。")
    return found


def roles_of(connection: Connection, account_ids: Collection[int], day: dt.date) -> Mapping[int, tuple[Role, ...]]:
    """The roles that accounts hold on a day, weightiest first; accounts without any are left out."""
    held = held_on(day, PostRecord.account_id.in_(account_ids))
    found: dict[int, set[Role]] = {}
    for account_id, role in connection.execute(select(PostRecord.account_id, PostRecord.role).where(*held)):
        found.setdefault(account_id, set()).add(Role(role))
    return {account_id: tuple(role for role in Role if role in roles) for account_id, roles in found.items()}


def holds_administrator_post(connection: Connection, account_id: int, day: dt.date) -> bool:
    """True where the account is an administrator's on that day, or will be."""
    return bool(_holders(connection, [account_id], ADMINISTRATORS, day))


def holds_weighty_post(connection: Connection, account_id: int, day: dt.date) -> bool:
    """True where the account holds a weighty post (`roles.RoleInfo`) on that day, or will."""
    return bool(_holders(connection, [account_id], WEIGHTY, day))


def weighty_among(connection: Connection, account_ids: Collection[int], day: dt.date) -> frozenset[int]:
    """The accounts for which `holds_weighty_post` is true."""
    return _holders(connection, account_ids, WEIGHTY, day)


def _holders(
    connection: Connection, account_ids: Collection[int], roles: Collection[Role], day: dt.date
) -> frozenset[int]:
    """Those of the accounts that hold one of the roles on the day or later."""
    query = select(PostRecord.account_id).where(
        PostRecord.account_id.in_(account_ids),
        PostRecord.role.in_([role.value for role in roles]),
        or_(PostRecord.valid_to.is_(None), PostRecord.valid_to >= day),
    )
    return frozenset(connection.execute(query.distinct()).scalars())
