"""Whether the stored ledger keeps its own laws, asked by the operator; every law is one statement over all entries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Engine, and_, case, func, literal, or_, select, true, union_all
from sqlalchemy.orm import aliased

from data_access.database.growth_models import CardEntry, CardStanding, CardTermRow
from data_access.errors import UnknownNameError, suggestion
from data_access.growth_card.held import counting
from data_access.readers.narrowing import Query

_EXAMPLES: Final = 5
_HUNDREDTHS: Final = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """A law that is broken: how often, and by whom, such as ``holder 5:1201, 2026-2027-1, STU-ACD-02 W11``."""

    law: str
    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class LawReport:
    """What a check has found; sound where there is no problem."""

    entries: int
    problems: tuple[Problem, ...]


class LedgerLaws:
    """The laws of a ledger.

    Args:
        database: that of the installation.
        accounts: name of the account by point that may be entered, by level of the holder.
        caps: the most that a term brings and takes by each point, in points.
    """

    def __init__(
        self,
        database: Engine,
        *,
        accounts: Mapping[int, Mapping[str, str]],
        caps: Mapping[str, tuple[float, float]],
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._caps = caps

    def check(self, term_key: str | None = None) -> LawReport:
        """The laws that are broken in a term, or in the whole ledger.

        Raises:
            UnknownNameError: there is no such term.
        """
        with self._database.connect() as connection:
            terms = {row.key: row.term_id for row in connection.execute(select(CardTermRow.key, CardTermRow.term_id))}
            if term_key is not None and term_key not in terms:
                raise UnknownNameError(f"Nothing was posted to a term {term_key!r}{suggestion(term_key, terms)}")
            term_id = None if term_key is None else terms[term_key]
            keys = {number: key for key, number in terms.items()}
            of_term = _of(CardEntry.term_id, term_id)
            entries = connection.execute(select(func.count(CardEntry.entry_id)).where(of_term)).scalar_one()
            problems = tuple(
                Problem(law=law, count=count, examples=examples)
                for law, query in self._laws(term_id)
                for count, examples in [_broken(connection, query, keys)]
                if count
            )
        return LawReport(entries=entries, problems=problems)

    def _laws(self, term_id: int | None) -> Iterator[tuple[str, Query]]:
        """Every law with the query for what breaks it: holder, holder_id, term_id, point, slot."""
        of_term = _of(CardEntry.term_id, term_id)
        key = (CardEntry.holder, CardEntry.holder_id, CardEntry.term_id, CardEntry.point, CardEntry.slot)
        yield "an entry is of no point of its holder", select(*key).where(of_term, ~self._is_known(CardEntry))
        yield (
            "more than one entry counts",
            counting(select(*key)).where(of_term).group_by(*key).having(func.count(CardEntry.entry_id) > 1),
        )
        yield "a reversal does not negate what it names", _wrong_reversals(key).where(of_term)
        deposit = _by_point({code: deposit for code, (deposit, _) in self._caps.items()})
        deduct = _by_point({code: deduct for code, (_, deduct) in self._caps.items()})
        holding = (*key[:4], func.min(CardEntry.slot))
        net, possible = func.sum(CardEntry.points), func.sum(CardEntry.possible)
        yield (
            "a term brings or takes more than its cap",
            select(*holding)
            .where(of_term)
            .group_by(*key[:4])
            .having(or_(net > deposit, net < -deduct, possible > deposit, possible < 0)),
        )
        yield "a standing is not the sum of its entries", self._wrong_standings(term_id)

    def _is_known(self, entry: Any) -> ColumnElement[bool]:
        return or_(
            *(and_(entry.holder == holder, entry.point.in_(list(points))) for holder, points in self._accounts.items())
        )

    def _wrong_standings(self, term_id: int | None) -> Query:
        """Accounts whose standing and sums do not cancel out, or that have only one of them."""
        name = case({c: a for points in self._accounts.values() for c, a in points.items()}, value=CardEntry.point)
        head = (CardEntry.holder, CardEntry.holder_id, CardEntry.term_id)
        sums = (func.sum(CardEntry.points).label("net"), func.sum(CardEntry.possible).label("possible"))
        by_account: Query = (
            select(*head, name.label("account"), *sums, literal(1).label("sides"))
            .where(_of(CardEntry.term_id, term_id))
            .group_by(*head, name)
        )
        added = by_account.subquery()
        totals = select(
            added.c.holder, added.c.holder_id, added.c.term_id, literal(""), func.sum(added.c.net),
            func.sum(added.c.possible), literal(1),
        ).group_by(added.c.holder, added.c.holder_id, added.c.term_id)  # fmt: skip
        standings = select(
            CardStanding.holder, CardStanding.holder_id, CardStanding.term_id, CardStanding.account,
            -CardStanding.net, -CardStanding.possible, literal(2),
        ).where(_of(CardStanding.term_id, term_id))  # fmt: skip
        sides = union_all(select(added), totals, standings).subquery()
        key = (sides.c.holder, sides.c.holder_id, sides.c.term_id, sides.c.account)
        both = func.sum(sides.c.sides) == _BOTH_SIDES
        cancel = and_(func.sum(sides.c.net) == 0, func.sum(sides.c.possible) == 0, both)
        return select(*key, literal("").label("slot")).group_by(*key).having(~cancel)


_BOTH_SIDES: Final = 3
"""One side of sums counts 1, one standing 2: together that is 3, and nothing else is."""


def _of(column: Any, term_id: int | None) -> ColumnElement[bool]:
    return true() if term_id is None else column == term_id


def _by_point(worths: Mapping[str, float]) -> ColumnElement[int]:
    """A worth in hundredths by the entry's point; nothing for one that is not known."""
    return case({code: round(worth * _HUNDREDTHS) for code, worth in worths.items()}, value=CardEntry.point, else_=0)


def _wrong_reversals(key: tuple[Any, ...]) -> Query:
    named = aliased(CardEntry)
    negates = and_(
        named.entry_id.is_not(None),
        named.reversal_of.is_(None),
        named.points == -CardEntry.points,
        named.possible == -CardEntry.possible,
        named.booked_on <= CardEntry.booked_on,
        *(getattr(named, column.key) == column for column in key),
    )
    is_reversal = CardEntry.kind == "reversal"
    return (
        select(*key)
        .outerjoin(named, named.entry_id == CardEntry.reversal_of)
        .where(
            or_(
                and_(is_reversal, or_(CardEntry.reversal_of.is_(None), ~func.coalesce(negates, False))),
                and_(~is_reversal, CardEntry.reversal_of.is_not(None)),
            )
        )
    )


def _broken(connection: Connection, query: Query, keys: Mapping[int, str]) -> tuple[int, tuple[str, ...]]:
    count = connection.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    if not count:
        return 0, ()
    rows = connection.execute(query.limit(_EXAMPLES)).all()
    return count, tuple(
        f"holder {holder}:{holder_id}, {keys.get(term_id, term_id)}, {point} {slot}".strip()
        for holder, holder_id, term_id, point, slot in rows
    )
