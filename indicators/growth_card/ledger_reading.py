"""What one question to accounts needs besides the account itself: points, terms, and what each point tells of."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from data_access.access.scope import Scope
from data_access.errors import UnknownNameError, suggestion
from data_access.readers.card_ledger import CardLedgerReader, StoredEntry, StoredTerm, Subjects, Wanted
from data_access.readers.catalogue import Catalogue
from data_access.readers.plans import subject_of
from data_access.readers.stored import ValueReader
from indicators.growth_card.entry_lines import Origins
from indicators.growth_card.points import Card, Point
from indicators.growth_card.slots import CardTerm, Span, months_between
from indicators.growth_card.statements import Change, Latest, value_words
from indicators.growth_card.term_slots import TermSlots
from indicators.model import Level

Calendar = dict[CardTerm, TermSlots]
"""Terms with their slots, which are the same for everybody."""

_LONG_AGO: Final = dt.date(1970, 1, 1)


class LedgerReading:
    """The ledger of students or of classes in one state of the database.

    Args:
        values: a reader bound to that state.
        card: points and bands.
        holder: whose accounts.
        calendar: the terms that were worked out before; those that are missing are added.
    """

    def __init__(self, values: ValueReader, card: Card, holder: Level, calendar: Calendar) -> None:
        self.reader = CardLedgerReader(values)
        self.card = card
        self.holder = holder
        self.points = tuple(point for point in card.of(holder) if not point.is_neutral)
        self._catalogue = values.catalogue()
        self._calendar = calendar
        self.about = subjects(self._catalogue, self.points)
        self.data_date = values.versions().data_date if self._catalogue.run else None
        self.terms = begun_terms(self.reader, self.data_date)
        self.origins = Origins(
            card=card,
            terms={term.term_id: self.slots(term) for term in self.terms},
            units={p.code: str(self._catalogue.definitions.get(p.code, {}).get("unit", "")) for p in self.points},
            kinds={p.code: plan.kind for p in self.points if (plan := self._catalogue.own(p.code))},
        )

    def slots(self, term: CardTerm) -> TermSlots:
        """The slots of a term; those of one that the calendar has changed since are worked out anew."""
        if term not in self._calendar:
            self._calendar[term] = TermSlots(self.card, term)
        return self._calendar[term]

    def term(self, key: str | None) -> CardTerm | None:
        """The term of that key; None where none is named."""
        if key is None:
            return None
        known = {term.key: term for term in self.terms}
        if key not in known:
            raise UnknownNameError(f"No term {key!r} has begun{suggestion(key, known)}")
        return known[key]

    def shown(self, sums: Mapping[int, object], on: dt.date | None) -> CardTerm | None:
        """The term to show where none is named: that of the day, or else the last with entries."""
        if on is not None:
            return next((term for term in reversed(self.terms) if term.start <= on), None)
        with_entries = [term for term in self.terms if term.term_id in sums]
        return next(reversed(with_entries or self.terms), None)

    def wanted(
        self, *, term_key: str | None, code: str | None, account: str | None, kind: str | None, until: dt.date | None
    ) -> Wanted:
        """Entries by what a page filters them by."""
        term = self.term(term_key)
        codes = None
        if code is not None or account is not None:
            codes = [p.code for p in self.points if code in (None, p.code) and account in (None, p.account)]
        return Wanted(term_id=term.term_id if term else None, codes=codes, kind=kind, until=until)

    def booked(
        self, holder_id: int, term: CardTerm, on: dt.date | None, scope: Scope, *, besides: dt.date | None = None
    ) -> list[StoredEntry]:
        """The entries of a term, and of all terms what is booked after the day `besides`, the last booked first."""
        wanted = Wanted(term_id=term.term_id, until=on, besides=besides)
        return self.reader.entries(self.holder.key, holder_id, about=self.about, wanted=wanted, scope=scope)

    def last_day(self, booked: Sequence[StoredEntry]) -> dt.date:
        """The day that an account stands at where none is named: the last one with facts or with an entry."""
        known = [day for day in (self.data_date, *(entry.booked_on for entry in booked[:1])) if day]
        return max(known, default=_LONG_AGO)

    def latest(self, live: Sequence[StoredEntry]) -> Mapping[str, Latest]:
        """The last slot of each point with a value."""
        found: dict[str, Latest] = {}
        for entry in live:
            if entry.raw is not None and entry.point not in found:
                label = self.origins.slot_label(entry.term_id, entry.point, entry.slot)
                found[entry.point] = Latest(slot_label=label, raw=entry.raw)
        return found

    def changes(self, recent: Sequence[StoredEntry]) -> tuple[Change, ...]:
        """What points have brought by these entries, the last booked first; what cancels out is no change.

        A point that could have brought something and brought nothing is told of as well: that is what was missed.
        """
        of_point: dict[str, list[StoredEntry]] = defaultdict(list)
        for entry in recent:
            of_point[entry.point].append(entry)
        sums = {
            code: (sum(entry.points for entry in entries), sum(entry.possible for entry in entries))
            for code, entries in of_point.items()
        }
        return tuple(
            Change(
                code=code,
                name=self.card.by_code[code].name,
                account=self.card.by_code[code].account,
                points=sums[code][0],
                possible=sums[code][1],
                reason=self._reason(entries),
                booked_on=entries[0].booked_on,
            )
            for code, entries in of_point.items()
            if any(sums[code])
        )

    def _reason(self, entries: Sequence[StoredEntry]) -> str:
        """What stands behind a change: the slots that count, with their values."""
        told = [entry for entry in entries if entry.is_live and (entry.points or entry.possible)] or entries[:1]
        words = []
        for entry in reversed(told):
            point = self.card.by_code[entry.point]
            value = value_words(point, entry.raw, self.origins.units[entry.point])
            words.append(f"{self.origins.slot_label(entry.term_id, entry.point, entry.slot)} {value}".rstrip())
        return "、".join(words)


def begun_terms(reader: CardLedgerReader, data_date: dt.date | None) -> tuple[CardTerm, ...]:
    """The terms of the ledger that have begun by the last day with facts, oldest first; all where that is not known.

    The calendar knows terms to come, in which nothing can be shown.
    """
    return tuple(card_term(row) for row in reader.terms() if data_date is None or row.start <= data_date)


def card_term(row: StoredTerm) -> CardTerm:
    """A term of the ledger with its weeks and months."""
    return CardTerm(
        term_id=row.term_id,
        key=row.key,
        acad_start=row.acad_start,
        number=row.number,
        start=row.start,
        end=row.end,
        weeks=tuple(Span(key=key, label=label, start=first, end=last) for key, label, first, last in row.weeks),
        months=months_between(row.start, row.end),
        freezes_on=row.freezes_on,
    )


def subjects(catalogue: Catalogue, points: Sequence[Point]) -> Subjects:
    """What each point tells of: what the indicator of its code tells of.

    A point whose indicator nobody has computed is taken to be sensitive in every way.
    """
    unknown = {"department": ""}
    return {point.code: subject_of(catalogue.definitions.get(point.code, unknown)) for point in points}
