"""The accounts of students and classes as pages ask for them: `GrowthCards`.

Every number shown is a sum over entries of the ledger, kept to what the viewer may read.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from data_access.access.scope import Scope
from data_access.readers.card_ledger import PointSum, Wanted
from data_access.readers.stored import ValueReader
from indicators.growth_card.entry_lines import ledger_line
from indicators.growth_card.ledger_reading import Calendar, LedgerReading
from indicators.growth_card.points import Card, Schedule, shipped_card
from indicators.growth_card.rules import attainment
from indicators.growth_card.slots import CardTerm
from indicators.growth_card.statements import (
    NOTHING,
    AccountView,
    Band,
    LedgerLine,
    MemberStanding,
    Sums,
    account_lines,
    term_lines,
)
from indicators.growth_card.suggestions import Advice, Suggestion, shipped_advice, suggestions
from indicators.model import Level

WEEK: Final = dt.timedelta(days=7)
PAGE_SIZE: Final = 50


class GrowthCards:
    """Answers what stands in accounts, within a scope; safe to share between threads.

    Args:
        values: the reader of stored values, which knows entities and what indicators are about.
        card: points, bands and limits.
        advice: what to do about each point.
    """

    def __init__(
        self, values: ValueReader, card: Card | None = None, advice: Mapping[str, Advice] | None = None
    ) -> None:
        self._values = values
        self.card = card or shipped_card()
        self._advice = advice or shipped_advice()
        self._calendar: Calendar = {}

    def terms(self) -> tuple[CardTerm, ...]:
        """Every term that has begun, oldest first."""
        with self._values.moment() as values:
            return self._reading(values, Level.STUDENT).terms

    def student(
        self, student_id: int, *, term_key: str | None = None, on: dt.date | None = None, scope: Scope
    ) -> AccountView | None:
        """The account of a student; None where there is none within the scope.

        Args:
            student_id: the student.
            term_key: the term to show; None for the one of the day `on`, or the last with entries.
            on: the day; None for all that is booked.
            scope: what may be read.

        Raises:
            UnknownNameError: no such term has begun.
        """
        return self._view(Level.STUDENT, student_id, term_key=term_key, on=on, scope=scope)

    def school_class(
        self, class_id: int, *, term_key: str | None = None, on: dt.date | None = None, scope: Scope
    ) -> AccountView | None:
        """The account of a class, as `student` gives that of a student; its quarter is that among its grade.

        Raises:
            UnknownNameError: no such term has begun.
        """
        return self._view(Level.CLASS, class_id, term_key=term_key, on=on, scope=scope)

    def entries(
        self,
        holder: Level,
        holder_id: int,
        *,
        term_key: str | None = None,
        code: str | None = None,
        account: str | None = None,
        kind: str | None = None,
        until: dt.date | None = None,
        page: int = 1,
        page_size: int = PAGE_SIZE,
        scope: Scope,
    ) -> list[LedgerLine]:
        """One page of a ledger, the last booked first; None stands for all terms, points, accounts and kinds.

        Raises:
            UnknownNameError: no such term has begun.
        """
        with self._values.moment() as values:
            asked = self._reading(values, holder)
            found = asked.reader.entries(
                holder.key,
                holder_id,
                about=asked.about,
                wanted=asked.wanted(term_key=term_key, code=code, account=account, kind=kind, until=until),
                limit=page_size,
                offset=(max(page, 1) - 1) * page_size,
                scope=scope,
            )
            return [ledger_line(entry, asked.origins) for entry in found]

    def count(
        self,
        holder: Level,
        holder_id: int,
        *,
        term_key: str | None = None,
        code: str | None = None,
        account: str | None = None,
        kind: str | None = None,
        until: dt.date | None = None,
        scope: Scope,
    ) -> int:
        """How many `entries` there are on all pages.

        Raises:
            UnknownNameError: no such term has begun.
        """
        with self._values.moment() as values:
            asked = self._reading(values, holder)
            wanted = asked.wanted(term_key=term_key, code=code, account=account, kind=kind, until=until)
            return asked.reader.count(holder.key, holder_id, about=asked.about, wanted=wanted, scope=scope)

    def entry(self, entry_id: int, *, scope: Scope) -> tuple[int, LedgerLine] | None:
        """One entry of a student with the student's key; None where it does not exist or may not be read."""
        with self._values.moment() as values:
            asked = self._reading(values, Level.STUDENT)
            found = asked.reader.entry("student", entry_id, about=asked.about, scope=scope)
            return None if found is None else (found[0], ledger_line(found[1], asked.origins))

    def members(self, class_id: int, *, term_key: str | None = None, scope: Scope) -> list[MemberStanding]:
        """The students of a class within the scope who have entries in a term, by student number.

        Args:
            class_id: the class.
            term_key: None for the last term that has begun.
            scope: what may be read; a band counts what it admits, a quarter is told where it admits everything.

        Raises:
            UnknownNameError: no such term has begun.
        """
        with self._values.moment() as values:
            asked = self._reading(values, Level.STUDENT)
            term = asked.term(term_key) or (asked.terms[-1] if asked.terms else None)
            students = values.entities("student", scope=scope, below=("class", [class_id])) if term else []
            if term is None or not students:
                return []
            ids = [student["entity_id"] for student in students]
            kept = asked.reader.standings("student", ids, about=asked.about, term_id=term.term_id, scope=scope)
            whole = {row.holder_id: row for row in kept if not row.account}
            # A standing adds up every point; whoever may not read all of them gets what they may read added up.
            partly = [number for number in ids if number not in whole]
            sums = asked.reader.sums("student", partly, about=asked.about, term_id=term.term_id, scope=scope)
        totals = defaultdict(Sums, {key: Sums(net=row.net, possible=row.possible) for key, row in whole.items()})
        for row in sums:
            totals[row.holder_id] += Sums(net=row.net, possible=row.possible)
        lines = [
            MemberStanding(
                student_id=student["entity_id"],
                student_no=str(student["code"]),
                name=str(student["name"]),
                net=(total := totals[student["entity_id"]]).net,
                possible=total.possible,
                band=self.card.band(attainment(total.net, total.possible)),
                quarter=whole[student["entity_id"]].quarter if student["entity_id"] in whole else None,
            )
            for student in students
            if student["entity_id"] in totals
        ]
        return sorted(lines, key=lambda line: line.student_no)

    def bands(
        self, holder: Level, holder_ids: Collection[int], *, term_key: str | None = None, scope: Scope
    ) -> Mapping[int, Band]:
        """In which band each of many holders stands in a term, by key: a column of a list.

        Those without entries are left out, and those of whom not every point may be read.

        Raises:
            UnknownNameError: no such term has begun.
        """
        with self._values.moment() as values:
            asked = self._reading(values, holder)
            term = asked.term(term_key) or (asked.terms[-1] if asked.terms else None)
            if term is None:
                return {}
            kept = asked.reader.standings(holder.key, holder_ids, about=asked.about, term_id=term.term_id, scope=scope)
        found = {row.holder_id: attainment(row.net, row.possible) for row in kept if not row.account}
        return {key: Band(attainment=share, name=self.card.band(share)) for key, share in found.items()}

    def next_gains(
        self,
        holder_id: int,
        *,
        holder: Level = Level.STUDENT,
        term_key: str | None = None,
        on: dt.date | None = None,
        scope: Scope,
    ) -> list[Suggestion]:
        """What can be done next to gain in the term of `on`, what is worth most first.

        Nothing of a term that is over, and nothing where the student or class is not within the scope.

        Raises:
            UnknownNameError: no such term has begun.
        """
        with self._values.moment() as values:
            asked = self._reading(values, holder)
            reach = asked.reader.readable(holder.key, holder_id, about=asked.about, scope=scope)
            if reach is None or not reach.codes:
                return []
            rows = asked.reader.sums(holder.key, [holder_id], about=asked.about, until=on, scope=scope)
            by_term = _by_term(rows)
            term = asked.term(term_key) or asked.shown(by_term, on)
            if term is None:
                return []
            booked = asked.booked(holder_id, term, on, scope)
            day = on or asked.last_day(booked)
        posted: dict[str, set[str]] = defaultdict(set)
        for entry in booked:
            if entry.counted_on(on):
                posted[entry.point].add(entry.slot)
        return suggestions(
            [point for point in asked.points if point.code in reach.codes],
            asked.slots(term),
            grade=asked.slots(term).grade_of(reach.grade_year),
            on=day,
            posted=posted,
            sums=by_term.get(term.term_id, {}),
            obtained={
                row.point for row in rows if row.net > 0 and self.card.by_code[row.point].schedule is Schedule.YEAR_END
            },
            advice=self._advice,
        )

    def history(
        self, holder: Level, holder_id: int, codes: Collection[str], *, on: dt.date | None = None, scope: Scope
    ) -> list[LedgerLine]:
        """The entries of some points that count, of all terms, oldest first: what a chart over terms is made from."""
        with self._values.moment() as values:
            asked = self._reading(values, holder)
            wanted = Wanted(codes=codes, until=on)
            found = asked.reader.entries(holder.key, holder_id, about=asked.about, wanted=wanted, scope=scope)
            return [ledger_line(entry, asked.origins) for entry in reversed(found) if entry.counted_on(on)]

    def _reading(self, values: ValueReader, holder: Level) -> LedgerReading:
        return LedgerReading(values, self.card, holder, self._calendar)

    def _view(
        self, holder: Level, holder_id: int, *, term_key: str | None, on: dt.date | None, scope: Scope
    ) -> AccountView | None:
        with self._values.moment() as values:
            asked = self._reading(values, holder)
            reach = asked.reader.readable(holder.key, holder_id, about=asked.about, scope=scope)
            if reach is None or not reach.codes:
                return None
            rows = asked.reader.sums(holder.key, [holder_id], about=asked.about, until=on, scope=scope)
            by_term = _by_term(rows)
            term = asked.term(term_key) or asked.shown(by_term, on)
            since = (on or asked.data_date or dt.date.max) - WEEK
            booked = asked.booked(holder_id, term, on, scope, besides=since) if term else []
            standings = (
                asked.reader.standings(holder.key, [holder_id], about=asked.about, term_id=term.term_id, scope=scope)
                if term and on is None
                else []
            )
        day = on or asked.last_day(booked)
        live = [entry for entry in booked if term and entry.term_id == term.term_id and entry.counted_on(on)]
        plan = asked.slots(term) if term else None
        quarters = {row.account: row.quarter for row in standings}
        sums = by_term.get(term.term_id, {}) if term else {}
        lines = account_lines(
            self.card,
            [point for point in asked.points if point.code in reach.codes],
            sums,
            term=plan,
            grade=plan.grade_of(reach.grade_year) if plan else None,
            latest=asked.latest(live),
            units=asked.origins.units,
            quarters=quarters,
        )
        terms = term_lines(self.card, asked.terms, by_term)
        shown = next((line for line in terms if term and line.term_key == term.key), None)
        withheld = [point.code for point in asked.points if point.code not in reach.codes]
        return AccountView(
            holder=holder,
            holder_id=holder_id,
            term_key=term.key if term else "",
            on=on,
            total=sum(row.net for row in rows),
            net=sum(line.net for line in lines),
            possible=sum(line.possible for line in lines),
            cap=sum(line.cap for line in lines),
            band=shown.band if shown else "",
            gain=shown.gain if shown else None,
            accounts=lines,
            week_changes=asked.changes([entry for entry in booked if day - WEEK < entry.booked_on <= day]),
            terms=terms,
            quarter=quarters.get(""),
            withheld=tuple(withheld),
            withheld_topics=tuple(sorted({topic for code in withheld for topic in asked.about[code].topics})),
            day=day,
        )


def _by_term(rows: Sequence[PointSum]) -> Mapping[int, Mapping[str, Sums]]:
    found: dict[int, dict[str, Sums]] = defaultdict(dict)
    for row in rows:
        of_term = found[row.term_id]
        of_term[row.point] = of_term.get(row.point, NOTHING) + Sums(net=row.net, possible=row.possible)
    return found
