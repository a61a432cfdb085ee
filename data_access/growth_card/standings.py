"""Where accounts stand in a term: sums of their entries, and the quarter among peers in which they lie."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    RowMapping,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal,
    select,
    update,
)

from data_access.database import transaction
from data_access.database.growth_models import CardEntry, CardStanding
from data_access.growth_card.postings import PATIENCE

FEWEST_PEERS: Final = 5
"""Accounts of a group below which no quarter is told: among four, a quarter would name its one."""
_PAGE: Final = 500


def sum_up(
    connection: Connection, term_id: int, holder: int, holders: Collection[int], accounts: Mapping[str, str]
) -> None:
    """Writes where some accounts stand: the sums of their entries, by name of the account and in total."""
    delete_own = delete(CardStanding).where(
        CardStanding.holder == holder, CardStanding.term_id == term_id, among(CardStanding.holder_id, holders)
    )
    connection.execute(delete_own)
    entries = (
        select(
            CardEntry.holder_id,
            case(accounts, value=CardEntry.point, else_="").label("account"),
            CardEntry.points,
            CardEntry.possible,
        )
        .where(CardEntry.holder == holder, CardEntry.term_id == term_id, among(CardEntry.holder_id, holders))
        .subquery()
    )
    head = (literal(holder), literal(term_id), entries.c.holder_id)
    sums = (func.sum(entries.c.points), func.sum(entries.c.possible))
    parts = select(*head, entries.c.account, *sums).group_by(entries.c.holder_id, entries.c.account)
    totals = select(*head, literal(""), *sums).group_by(entries.c.holder_id)
    for rows in (parts, totals):
        columns = ["holder", "term_id", "holder_id", "account", "net", "possible"]
        connection.execute(insert(CardStanding).from_select(columns, rows))


def rank(database: Engine, term_id: int, holder: int, groups: Iterable[Sequence[int]]) -> None:
    """Writes in which quarter of its group each account lies, by attainment; the best is 1.

    Args:
        database: that of the installation.
        term_id: the term.
        holder: level of the accounts.
        groups: keys of the accounts that are compared with each other, such as those of the students of a class.
    """
    table = CardStanding.__table__
    page: list[Sequence[int]] = []
    for group in [*groups, None]:
        if group is not None:
            page.append(group)
        if page and (group is None or sum(map(len, page)) >= _PAGE):
            with transaction(database, patience=PATIENCE) as connection:
                members = [member for each in page for member in each]
                query = select(table).where(table.c.holder == holder, table.c.term_id == term_id)
                rows = connection.execute(query.where(among(table.c.holder_id, members))).mappings().all()
                changes = _changed(rows, page)
                if changes:
                    connection.execute(_RANKED, [{"of_holder": holder, "of_term": term_id, **c} for c in changes])
            page = []


_RANKED: Final = (
    update(CardStanding)
    .where(
        CardStanding.holder == bindparam("of_holder"),
        CardStanding.term_id == bindparam("of_term"),
        CardStanding.holder_id == bindparam("of_id"),
        CardStanding.account == bindparam("of_account"),
    )
    .values(quarter=bindparam("its_quarter"))
)


def _changed(rows: Sequence[RowMapping], groups: Iterable[Sequence[int]]) -> list[dict[str, Any]]:
    """The quarters that are not yet written."""
    by_member: dict[int, list[RowMapping]] = defaultdict(list)
    for row in rows:
        by_member[row["holder_id"]].append(row)
    changes = []
    for group in groups:
        accounts: dict[str, list[RowMapping]] = defaultdict(list)
        for member in group:
            for row in by_member.get(member, ()):
                accounts[row["account"]].append(row)
        for members in accounts.values():
            told = quarters([(row["net"], row["possible"]) for row in members])
            changes += [
                {"of_id": row["holder_id"], "of_account": row["account"], "its_quarter": quarter}
                for row, quarter in zip(members, told, strict=True)
                if row["quarter"] != quarter
            ]
    return changes


def quarters(standings: Sequence[tuple[int, int]]) -> list[int | None]:
    """The quarter of every account among these, by what was brought of what was due; equal ones lie in the same.

    None where nothing was due, and for all where too few are compared.
    """
    rates = [net / possible if possible > 0 else None for net, possible in standings]
    known = sorted((rate for rate in rates if rate is not None), reverse=True)
    if len(known) < FEWEST_PEERS:
        return [None] * len(rates)
    before: dict[float, int] = {}
    for place, rate in enumerate(known):
        before.setdefault(rate, place)
    return [None if rate is None else 4 * before[rate] // len(known) + 1 for rate in rates]


def among(column: Any, holders: Collection[int]) -> ColumnElement[bool]:
    """The condition that an account is one of these, which are some hundred at most."""
    condition: ColumnElement[bool] = column.in_(sorted(holders))
    return condition
