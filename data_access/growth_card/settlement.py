"""Writing to accounts: what they hold is compared with what they are to hold, and the difference is entered.

Accounts are settled in short transactions of some hundred, each holding the lock of the term: what an account holds is
read and changed under one lock, so that two postings at once never book the same twice, and a killed one leaves whole
accounts only. What it has not come to, the next one does. Nothing is ever changed: what no longer holds is reversed.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Engine, select, text

from data_access.database import transaction
from data_access.database.growth_models import CardEntry
from data_access.growth_card.held import REVERSAL, counting
from data_access.growth_card.postings import PATIENCE, Counts, Posting
from data_access.growth_card.standings import among, sum_up

_LOCK: Final = 0x6361_7264
"""First key of PostgreSQL's advisory lock; the second is the term."""
COLUMNS: Final = (
    "holder", "holder_id", "term_id", "point", "slot", "kind", "booked_on", "raw", "points", "possible", "reversal_of",
    "posting_id", "sheet_id", "correction_id", "recorded_at",
)  # fmt: skip


class Target(NamedTuple):
    """What an account is to hold for a point and slot; `points` and `possible` in hundredths."""

    point: str
    slot: str
    kind: str
    booked_on: dt.date
    raw: float | None
    points: int
    possible: int
    sheet_id: int | None
    correction_id: int | None


class Live(NamedTuple):
    """An entry that counts."""

    entry_id: int
    holder_id: int
    point: str
    slot: str
    booked_on: dt.date
    raw: float | None
    points: int
    possible: int
    sheet_id: int | None
    correction_id: int | None

    def holds(self, target: Target) -> bool:
        """True where the entry already says what is to be held."""
        if (self.points, self.possible) != (target.points, target.possible):
            return False
        if self.raw is None or target.raw is None:
            return self.raw is target.raw
        # Sums of reals depend in their last digits on the order in which they were added up.
        return math.isclose(self.raw, target.raw, rel_tol=1e-9, abs_tol=1e-6)


@dataclass(frozen=True, kw_only=True)
class Settled:
    """What settling some accounts has done.

    Attributes:
        touched: accounts that were written to.
        overtaken: accounts that are left as they are, because a posting that has begun later has written to them: it has
            read more.
    """

    counts: Counts
    touched: frozenset[int]
    overtaken: frozenset[int]


@contextmanager
def _writing(database: Engine, posting: Posting) -> Iterator[Connection]:
    """A write transaction in which nobody else posts to the term."""
    with transaction(database, patience=PATIENCE) as connection:
        if connection.dialect.name == "postgresql":  # SQLite has one writer at a time anyway
            connection.execute(
                text("SELECT pg_advisory_xact_lock(:key, :term)"), {"key": _LOCK, "term": posting.term_id}
            )
        yield connection


def settle(
    database: Engine,
    posting: Posting,
    *,
    holder: int,
    targets: Mapping[int, Mapping[tuple[str, str], Target]],
    codes: Collection[str] | None,
    only: Mapping[int, Collection[str]] | None,
    accounts: Mapping[str, str],
) -> Settled:
    """Brings some accounts to what they are to hold, in one transaction.

    Args:
        database: that of the installation.
        posting: the posting.
        holder: level of the accounts.
        targets: by account, then by point and slot; an account without targets is to hold nothing.
        codes: the points that are posted; entries of others stay. None for all.
        only: by account the points that may change; None for all.
        accounts: name of the account by point.

    """
    counts = Counts()
    rows: list[tuple[Any, ...]] = []
    with _writing(database, posting) as connection:
        overtaken = _overtaken(connection, posting, holder, targets)
        held: dict[int, dict[tuple[str, str], Live]] = {}
        for entry in live_entries(connection, posting.term_id, holder, targets, codes):
            if only is None or entry.point in only.get(entry.holder_id, ()):
                held.setdefault(entry.holder_id, {})[entry.point, entry.slot] = entry
        touched = []
        for holder_id, wanted in targets.items():
            if holder_id in overtaken:
                continue
            before = len(rows)
            rows += _changes(posting, holder, holder_id, held.get(holder_id, {}), wanted, counts)
            if len(rows) > before:
                touched.append(holder_id)
        if rows:
            _write(connection, rows)
            sum_up(connection, posting.term_id, holder, touched, accounts)
    return Settled(counts=counts, touched=frozenset(touched), overtaken=frozenset(overtaken))


def _changes(
    posting: Posting,
    holder: int,
    holder_id: int,
    held: Mapping[tuple[str, str], Live],
    wanted: Mapping[tuple[str, str], Target],
    counts: Counts,
) -> Iterator[tuple[Any, ...]]:
    """The reversals and entries that bring one account from what it holds to what it is to hold."""
    stays = set()
    for key, entry in held.items():
        target = wanted.get(key)
        if target is not None and entry.holds(target):
            stays.add(key)
            continue
        counts.reversals += 1
        yield (
            holder, holder_id, posting.term_id, entry.point, entry.slot, REVERSAL, posting.frozen_on or entry.booked_on,
            entry.raw, -entry.points, -entry.possible, entry.entry_id, posting.posting_id, entry.sheet_id,
            entry.correction_id, posting.moment,
        )  # fmt: skip
    counts.unchanged += len(stays)
    for key, target in wanted.items():
        if key not in stays:
            counts.entries += 1
            yield (
                holder, holder_id, posting.term_id, target.point, target.slot, target.kind,
                posting.frozen_on or target.booked_on, target.raw, target.points, target.possible, None,
                posting.posting_id, target.sheet_id, target.correction_id, posting.moment,
            )  # fmt: skip


def _overtaken(connection: Connection, posting: Posting, holder: int, holders: Collection[int]) -> set[int]:
    """The accounts to which postings have written that began after this one."""
    query = (
        select(CardEntry.holder_id)
        .distinct()
        .where(
            CardEntry.holder == holder,
            among(CardEntry.holder_id, holders),
            CardEntry.term_id == posting.term_id,
            CardEntry.posting_id > posting.posting_id,
        )
    )
    return set(connection.execute(query).scalars())


def live_entries(
    connection: Connection, term_id: int, holder: int, holders: Collection[int], codes: Collection[str] | None
) -> Iterator[Live]:
    """The entries of these accounts that count."""
    condition = [CardEntry.term_id == term_id, CardEntry.holder == holder, among(CardEntry.holder_id, holders)]
    query = counting(select(*(CardEntry.__table__.columns[name] for name in Live._fields))).where(*condition)
    # Fetched at once: one by one, a term's half million rows cost more than all the rules together.
    for entry in map(Live._make, connection.execute(query).all()):
        # Told apart here: given the points, SQLite would read all entries of a term along the index of the points.
        if codes is None or entry.point in codes:
            yield entry


def booked(
    database: Engine, term_id: int, holder: int, holders: Collection[int], codes: Collection[str]
) -> dict[str, list[Live]]:
    """The entries of these accounts that count, by point."""
    found: dict[str, list[Live]] = {}
    with database.connect() as connection:
        for entry in live_entries(connection, term_id, holder, holders, codes):
            found.setdefault(entry.point, []).append(entry)
    return found


def _write(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Adds entries through the driver itself, as stored values are (`data_access.measures`)."""
    driver = connection.connection.driver_connection
    if driver is None:
        raise RuntimeError("the database connection is closed")
    if connection.dialect.name == "postgresql":
        with driver.cursor() as cursor, cursor.copy(f"COPY card_entry ({', '.join(COLUMNS)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return
    marks = ", ".join("?" for _ in COLUMNS)
    days: dict[dt.date, str] = {}
    moment = f"{rows[0][-1]:%Y-%m-%d %H:%M:%S.%f}"
    cursor = driver.cursor()
    try:
        cursor.executemany(
            f"INSERT INTO card_entry ({', '.join(COLUMNS)}) VALUES ({marks})",
            [(*row[:6], days.setdefault(row[6], row[6].isoformat()), *row[7:-1], moment) for row in rows],
        )
    finally:
        cursor.close()
