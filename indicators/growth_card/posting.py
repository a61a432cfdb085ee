"""Posting: what facts, sheets, plans and corrections have brought is entered into the accounts of a term.

A posting works out what every account is to hold and enters the difference to what it holds. So it can be repeated: what
has not changed is left alone, what has is reversed and entered anew, and whether weeks are posted as they come or all at
once makes no difference. Decisions: docs/adr/0021-the-growth-card-ledger.md.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import pyarrow as pa

from data_access import clock
from data_access.contracts import contracts
from data_access.delta_store import term_of_date
from data_access.errors import UnknownNameError, suggestion
from data_access.growth_card.dispute_bookings import note_booked
from data_access.growth_card.facts import ATTENDANCE, CardFacts, files_between
from data_access.growth_card.postings import begin, finish, is_posted, keep_terms
from data_access.lake import Lake
from indicators.growth_card.calendar import read_terms, running
from indicators.growth_card.inputs import tables_with_history
from indicators.growth_card.points import POINTS_FILE, Card, shipped_card
from indicators.growth_card.posting_run import PostingRun, Progress, Request, silent, within
from indicators.growth_card.slots import CardTerm
from indicators.library import shipped_library
from indicators.timeline import Timeline

FACTS: Final = "facts"
"""Cause of a posting of a whole term, after which its end can close it."""
_ROUNDS: Final = 3
"""How often accounts are posted again to which others have posted meanwhile."""


@dataclass(frozen=True, kw_only=True)
class PostingReport:
    """What one posting did.

    Attributes:
        is_frozen: True where the term was closed, so that corrections alone counted.
        unchanged: entries that already said what was to be held.
        seconds: wall time.
    """

    posting_id: int
    term_id: int
    term_key: str
    cause: str
    as_of: dt.date
    data_version: int
    is_frozen: bool
    entries: int
    reversals: int
    unchanged: int
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """The report as the command line prints it with ``--json``."""
        fields = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {**fields, "as_of": self.as_of.isoformat(), "seconds": round(self.seconds, 3)}


class Poster:
    """Posts to the accounts of an installation; safe to share between threads and processes.

    Args:
        lake: that of the installation, with its database.
        card: the points.
        threads: of the engine.
        memory_limit: likewise.
        now: the current time, aware.
    """

    def __init__(
        self,
        lake: Lake,
        *,
        card: Card | None = None,
        threads: int = 2,
        memory_limit: str = "2GB",
        now: Callable[[], dt.datetime] = clock.now,
    ) -> None:
        self.lake = lake
        self.card = card or shipped_card()
        self._engine_settings: Mapping[str, Any] = {"threads": threads, "memory_limit": memory_limit}
        self._now = now
        self._terms: tuple[int, tuple[CardTerm, ...]] = (-1, ())

    def terms(self) -> tuple[CardTerm, ...]:
        """The terms of the calendar, oldest first, those to come as well."""
        version = self.lake.data_version()
        if self._terms[0] != version:
            with CardFacts(self.lake.all_files(), **self._engine_settings) as engine:
                self._terms = (version, read_terms(engine, freeze_days=self.card.freeze_days))
        return self._terms[1]

    def post(
        self,
        term_id: int | None = None,
        *,
        students: frozenset[int] | None = None,
        classes: frozenset[int] | None = None,
        codes: frozenset[str] | None = None,
        cause: str,
        posted_by: str,
        as_of: dt.date,
        progress: Progress | None = None,
    ) -> PostingReport:
        """Brings accounts of a term to what they are to hold on a day.

        Args:
            term_id: the term; None for the one that runs on that day.
            students: keys of the students to whose accounts is posted; classes: likewise. Where neither is given, all
                are; where one is given, none of the other.
            codes: only these points; None for all.
            cause: facts, sheet, dispute or plan.
            posted_by: who caused it.
            as_of: the day; what is booked later is posted only where somebody has told of it. Once a term that was
                posted as a whole is frozen, only corrections change it, booked on this day.
            progress: told what is being done.

        Raises:
            UnknownNameError: there is no such term.
            BusyError: others have kept the database locked; what was posted until then stays.
        """
        started = time.perf_counter()
        tell = progress or silent
        if (students is None) != (classes is None):
            students, classes = students or frozenset(), classes or frozenset()
        term = self._term(term_id, as_of)
        keep_terms(self.lake.database, [_row_of(each) for each in self.terms()])
        frozen = term.is_frozen(as_of) and (
            cause != FACTS
            or students is not None
            or codes is not None
            or is_posted(self.lake.database, term.term_id, FACTS)
        )
        request = Request(
            term=term,
            day=as_of if frozen else min(as_of, term.freezes_on),
            earlier=tuple(each.term_id for each in self.terms() if each.start < term.start),
            is_frozen=frozen,
            students=students,
            classes=classes,
            points=tuple(p for p in self.card.points if not p.is_neutral and (codes is None or p.code in codes)),
            codes=codes,
        )
        record = {"cause": cause, "posted_by": posted_by, "as_of": as_of}
        run, number, version = self._run(request, record, tell)
        counts, unsure = run.counts, run.unsure()
        for _ in range(_ROUNDS):
            if not any(unsure.values()):
                break
            again, _, _ = self._run(request.of(unsure), record, silent)
            counts.add(again.counts)
            unsure = again.unsure()
        tell("完成", 1.0)
        return PostingReport(
            posting_id=number,
            term_id=term.term_id,
            term_key=term.key,
            cause=cause,
            as_of=as_of,
            data_version=version,
            is_frozen=frozen,
            entries=counts.entries,
            reversals=counts.reversals,
            unchanged=counts.unchanged,
            seconds=time.perf_counter() - started,
        )

    def post_terms(
        self, keys: Sequence[str | None] | None, *, posted_by: str, as_of: dt.date, progress: Progress | None = None
    ) -> list[PostingReport]:
        """Posts whole terms, one after the other.

        Args:
            keys: their keys, None among them for the running one; None for every term that was taught.
            posted_by: who caused it.
            as_of: the day.
            progress: told what is being done.

        Raises:
            UnknownNameError: there is no term of that key.
            BusyError: others have kept the database locked.
        """
        tell = progress or silent
        known = {term.key: term.term_id for term in self.terms()}
        for key in keys or ():
            if key is not None and key not in known:
                raise UnknownNameError(f"There is no term {key!r}{suggestion(key, known)}")
        chosen = [None if key is None else known[key] for key in (self.taught(as_of) if keys is None else keys)]
        return [
            self.post(
                term_id,
                cause=FACTS,
                posted_by=posted_by,
                as_of=as_of,
                progress=within(tell, number / len(chosen), (number + 1) / len(chosen)),
            )
            for number, term_id in enumerate(chosen)
        ]

    def taught(self, as_of: dt.date) -> list[str]:
        """Keys of the terms that have begun and of which there are lessons, the earliest first."""
        with CardFacts(self.lake.all_files(), **self._engine_settings) as engine:
            days = Timeline(engine, contracts(), as_of=as_of).keys(ATTENDANCE)
        spans = ((term.key, int(f"{term.start:%Y%m%d}"), int(f"{term.end:%Y%m%d}")) for term in self.terms())
        return [key for key, first, last in spans if any(first <= day <= last for day in days)]

    def _term(self, term_id: int | None, as_of: dt.date) -> CardTerm:
        known = self.terms()
        found = running(known, as_of) if term_id is None else next((t for t in known if t.term_id == term_id), None)
        if found is None and term_id is None:
            raise UnknownNameError(f"No term has begun by {as_of}. Import the calendar (dim_term, dim_date) first.")
        if found is None:
            raise UnknownNameError(f"There is no term {term_id}.")
        return found

    def _run(self, request: Request, record: Mapping[str, Any], tell: Progress) -> tuple[PostingRun, int, int]:
        """One run, entered into the record; with its number and the data version it has read."""
        database, term = self.lake.database, request.term
        files, version = files_between(self.lake, self._stored_under(term), whole=tables_with_history())
        posting = begin(
            database,
            term_id=term.term_id,
            moment=self._now(),
            frozen_on=request.day if request.is_frozen else None,
            data_version=version,
            rules_version=rules_version(),
            **record,
        )
        run = PostingRun(self.lake, self.card, request, posting, files, self._engine_settings)
        run.run(tell)
        if record["cause"] == FACTS:  # who posts what follows from a dispute notes it with the figures it has revised
            note_booked(database, term.term_id, run.booked_corrections())
        finish(database, posting, run.counts, at=self._now(), sheets=run.sheets if request.is_whole else ())
        return run, posting.posting_id, version

    def _stored_under(self, term: CardTerm) -> tuple[int, int]:
        """The first and last storage term of rows that count in a term: those of its academic year until its end."""
        first = min((t for t in self.terms() if t.acad_start == term.acad_start), key=lambda t: t.start)
        days = [int(f"{day:%Y%m%d}") for day in (first.start, term.end)]
        terms = [first.term_id, term.term_id, *term_of_date(pa.array(days, pa.int64())).to_pylist()]
        return min(terms), max(terms)


def _row_of(term: CardTerm) -> dict[str, Any]:
    """The row that pages read of a term."""
    return {
        "term_id": term.term_id,
        "key": term.key,
        "acad_start": term.acad_start,
        "number": term.number,
        "start_date": term.start,
        "end_date": term.end,
        "weeks": [[w.key, w.label, w.start.isoformat(), w.end.isoformat()] for w in term.weeks],
        "freezes_on": term.freezes_on,
    }


@cache
def rules_version() -> str:
    """Changes with the points and with the library whose formulas they use."""
    points = hashlib.sha256(POINTS_FILE.read_bytes()).hexdigest()[:12]
    return f"{points}-{shipped_library().version}"
