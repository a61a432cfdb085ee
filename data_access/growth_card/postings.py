"""The record of postings: which runs posted to accounts, when, by whom and with what result; and the terms they post to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Engine, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from data_access.database import transaction
from data_access.database.growth_models import CardPosting, CardSheet, CardTermRow

PATIENCE: Final = 30.0
"""Seconds that a posting waits for other writers before it gives up."""


@dataclass(frozen=True, kw_only=True)
class Posting:
    """A posting that has begun.

    Attributes:
        posting_id: grows with every posting; one with a greater number has read what this one may not have.
        frozen_on: the day on which changes are booked where the term is closed; None while it is open.
    """

    posting_id: int
    term_id: int
    moment: dt.datetime
    frozen_on: dt.date | None = None


@dataclass(kw_only=True)
class Counts:
    """What was written."""

    entries: int = 0
    reversals: int = 0
    unchanged: int = 0

    def add(self, other: Counts) -> None:
        """Takes what another part of the posting wrote."""
        self.entries += other.entries
        self.reversals += other.reversals
        self.unchanged += other.unchanged


def keep_terms(database: Engine, terms: Sequence[Mapping[str, Any]]) -> None:
    """Stores the terms of the calendar; one that has changed is written anew."""
    table = CardTermRow.__table__
    with database.connect() as connection:
        known = {row["term_id"]: dict(row) for row in connection.execute(select(table)).mappings()}
    changed = [dict(term) for term in terms if known.get(term["term_id"]) != dict(term)]
    if changed:
        with transaction(database, patience=PATIENCE) as connection:
            connection.execute(
                delete(CardTermRow).where(CardTermRow.term_id.in_([term["term_id"] for term in changed]))
            )
            kind = postgresql if connection.dialect.name == "postgresql" else sqlite
            # Another posting that begins at the same moment writes the same terms.
            connection.execute(kind.insert(CardTermRow).on_conflict_do_nothing(), changed)


def is_posted(database: Engine, term_id: int, cause: str) -> bool:
    """True where a posting of that cause has once been finished for the term."""
    query = select(CardPosting.posting_id).where(
        CardPosting.term_id == term_id, CardPosting.cause == cause, CardPosting.finished_at.is_not(None)
    )
    with database.connect() as connection:
        return connection.execute(query.limit(1)).first() is not None


def begin(database: Engine, *, term_id: int, moment: dt.datetime, frozen_on: dt.date | None, **record: Any) -> Posting:
    """Enters a posting into the record; its number tells later ones from earlier ones."""
    with transaction(database, patience=PATIENCE) as connection:
        made = (
            insert(CardPosting).values(term_id=term_id, started_at=moment, **record).returning(CardPosting.posting_id)
        )
        number = connection.execute(made).scalar_one()
    return Posting(posting_id=number, term_id=term_id, moment=moment, frozen_on=frozen_on)


def is_followed(database: Engine, posting: Posting) -> bool:
    """True where a posting to the same term has begun since: it may have left accounts as it found them."""
    query = select(CardPosting.posting_id).where(
        CardPosting.term_id == posting.term_id, CardPosting.posting_id > posting.posting_id
    )
    with database.connect() as connection:
        return connection.execute(query.limit(1)).first() is not None


def finish(database: Engine, posting: Posting, counts: Counts, *, at: dt.datetime, sheets: Collection[int]) -> None:
    """Enters into the record what a posting wrote, and that these sheets have been posted."""
    with transaction(database, patience=PATIENCE) as connection:
        connection.execute(
            update(CardPosting)
            .where(CardPosting.posting_id == posting.posting_id)
            .values(finished_at=at, entries=counts.entries, reversals=counts.reversals)
        )
        numbers = sorted(sheets)
        for start in range(0, len(numbers), 1000):
            some = numbers[start : start + 1000]
            connection.execute(update(CardSheet).where(CardSheet.sheet_id.in_(some)).values(posted_at=posting.moment))
