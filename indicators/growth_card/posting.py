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
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final

import numpy as np
import pyarrow as pa

from data_access import clock
from data_access.contracts import contracts
from data_access.delta_store import term_of_date
from data_access.errors import UnknownNameError, suggestion
from data_access.growth_card.facts import CardFacts, files_between
from data_access.growth_card.held import obtained, reached
from data_access.growth_card.postings import Counts, Posting, begin, finish, is_posted, keep_terms
from data_access.growth_card.settlement import settle
from data_access.growth_card.standings import rank
from data_access.growth_card.told import Tellings, Told, tellings
from data_access.lake import Lake
from indicators.growth_card.calendar import read_terms, running
from indicators.growth_card.holders import holders_of, members, peers
from indicators.growth_card.inputs import Values, input_values, tables_with_history
from indicators.growth_card.overlays import by_point, covered_weeks
from indicators.growth_card.points import POINTS_FILE, Card, Point, Schedule, shipped_card
from indicators.growth_card.slots import CardTerm
from indicators.growth_card.targets import (
    EXPULSION,
    Holders,
    Layout,
    Lines,
    accounts_of,
    closing_days,
    lay_out,
    lines_of,
)
from indicators.library import shipped_library
from indicators.model import Level
from indicators.timeline import Timeline

FACTS: Final = "facts"
"""Cause of a posting of a whole term, after which its end can close it."""
ACCOUNTS_AT_ONCE: Final = 400
"""Accounts settled in one transaction: some 30,000 entries, so that others wait half a second at most."""
_ROUNDS: Final = 3
"""How often accounts are posted again to which others have posted meanwhile."""

Progress = Callable[[str, float], None]
"""Called with what is being done and the share done so far (0 … 1)."""


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


@dataclass(frozen=True, kw_only=True)
class _Request:
    """Which accounts and points of a term are posted, and on which day."""

    term: CardTerm
    day: dt.date
    is_frozen: bool
    students: frozenset[int] | None
    classes: frozenset[int] | None
    codes: frozenset[str] | None
    record: Mapping[str, Any]

    @property
    def is_whole(self) -> bool:
        return self.students is None and self.classes is None

    @property
    def asked(self) -> Mapping[int, Sequence[int] | None]:
        """Keys of the accounts by level, as the readers take them."""
        given = {Level.STUDENT: self.students, Level.CLASS: self.classes}
        return {int(level): None if keys is None else sorted(keys) for level, keys in given.items()}

    def of(self, overtaken: Mapping[Level, set[int]]) -> _Request:
        """The same for some accounts."""
        return replace(self, students=frozenset(overtaken[Level.STUDENT]), classes=frozenset(overtaken[Level.CLASS]))


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
        self._accounts = {point.code: point.account for point in self.card.points}
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
        tell = progress or _silent
        if (students is None) != (classes is None):
            students, classes = students or frozenset(), classes or frozenset()
        term = self._term(term_id, as_of)
        is_whole_term = students is None and codes is None and cause == FACTS
        frozen = term.is_frozen(as_of) and not (
            is_whole_term and not is_posted(self.lake.database, term.term_id, FACTS)
        )
        request = _Request(
            term=term,
            day=as_of if frozen else min(as_of, term.freezes_on),
            is_frozen=frozen,
            students=students,
            classes=classes,
            codes=codes,
            record={"cause": cause, "posted_by": posted_by, "as_of": as_of},
        )
        keep_terms(self.lake.database, [_row_of(each) for each in self.terms()])
        posting, version, counts, overtaken = self._post(request, tell)
        for _ in range(_ROUNDS):
            if not any(overtaken.values()):
                break
            _, _, more, overtaken = self._post(request.of(overtaken), _silent)
            counts.add(more)
        tell("完成", 1.0)
        return PostingReport(
            posting_id=posting.posting_id,
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
            keys: their keys, None among them for the running one; None for every term that has daily facts.
            posted_by: who caused it.
            as_of: the day.
            progress: told what is being done.

        Raises:
            UnknownNameError: there is no term of that key.
            BusyError: others have kept the database locked.
        """
        tell = progress or _silent
        known = {term.key: term.term_id for term in self.terms()}
        if keys is None:
            chosen: list[int | None] = [term.term_id for term in self._taught(as_of)]
        else:
            for key in keys:
                if key is not None and key not in known:
                    raise UnknownNameError(f"There is no term {key!r}{suggestion(key, known)}")
            chosen = [None if key is None else known[key] for key in keys]
        return [
            self.post(
                term_id,
                cause=FACTS,
                posted_by=posted_by,
                as_of=as_of,
                progress=_within(tell, number / len(chosen), (number + 1) / len(chosen)),
            )
            for number, term_id in enumerate(chosen)
        ]

    def _taught(self, as_of: dt.date) -> list[CardTerm]:
        """The terms that have begun and of which there are lessons."""
        with CardFacts(self.lake.all_files(), **self._engine_settings) as engine:
            keys = Timeline(engine, contracts(), as_of=as_of).keys("fact_attendance")
        days = np.array(sorted(keys), dtype=np.int64)
        return [
            term
            for term in self.terms()
            if term.start <= as_of
            and ((days >= int(f"{term.start:%Y%m%d}")) & (days <= int(f"{term.end:%Y%m%d}"))).any()
        ]

    def _term(self, term_id: int | None, as_of: dt.date) -> CardTerm:
        known = self.terms()
        if term_id is None:
            found = running(known, as_of)
            if found is None:
                raise UnknownNameError(f"No term has begun by {as_of}. Import the calendar (dim_term, dim_date) first.")
            return found
        for term in known:
            if term.term_id == term_id:
                return term
        raise UnknownNameError(f"There is no term {term_id}.")

    def _post(self, request: _Request, tell: Progress) -> tuple[Posting, int, Counts, dict[Level, set[int]]]:
        """One run over the accounts of a request; tells which were left because others had posted to them."""
        database, term = self.lake.database, request.term
        files, version = files_between(self.lake, self._stored_under(term), whole=tables_with_history())
        posting = begin(
            database,
            term_id=term.term_id,
            moment=self._now(),
            frozen_on=request.day if request.is_frozen else None,
            data_version=version,
            rules_version=rules_version(),
            **request.record,
        )
        # Read after the posting has its number: whatever is told later is posted by one with a greater number.
        said = tellings(database, term.term_id, term.acad_start, request.asked, student=int(Level.STUDENT))
        tell("读取事实", 0.05)
        points = [
            p for p in self.card.points if not p.is_neutral and (request.codes is None or p.code in request.codes)
        ]
        with CardFacts(files, lessons=said.lessons, **self._engine_settings) as everybody:
            holders, values = self._measure(request, points, files, everybody, said)
            tell("核算", 0.35)
            counts = Counts()
            overtaken: dict[Level, set[int]] = {Level.STUDENT: set(), Level.CLASS: set()}
            for level, start, end in ((Level.STUDENT, 0.4, 0.9), (Level.CLASS, 0.95, 0.98)):
                own = [point for point in points if point.holder is level]
                if own and len(holders[level].ids):
                    lines = self._lines(request, own, holders[level], values, said)
                    touched, overtaken[level] = self._settle(
                        request, posting, level, holders[level], lines, said, counts,
                        _within(tell, start, end),
                    )  # fmt: skip
                    if touched:
                        rank(database, term.term_id, int(level), peers(everybody, level, touched))
        sheets = {item.sheet_id for item in said.sheets if item.sheet_id} if request.is_whole else set()
        finish(database, posting, counts, at=self._now(), sheets=sheets)
        return posting, version, counts, overtaken

    def _stored_under(self, term: CardTerm) -> tuple[int, int]:
        """The first and last storage term of rows that count in a term: those of its academic year until its end."""
        first = min((t for t in self.terms() if t.acad_start == term.acad_start), key=lambda t: t.start)
        days = [int(f"{day:%Y%m%d}") for day in (first.start, term.end)]
        terms = [first.term_id, term.term_id, *term_of_date(pa.array(days, pa.int64())).to_pylist()]
        return min(terms), max(terms)

    def _measure(
        self, request: _Request, points: Sequence[Point], files: Mapping[str, Sequence[str]], everybody: CardFacts,
        said: Tellings,
    ) -> tuple[Mapping[Level, Holders], Values]:  # fmt: skip
        """Whose accounts they are, and what facts say of them."""
        rows: np.ndarray | None = None
        if not request.is_whole:
            named = (request.students or frozenset()) | members(everybody, request.classes or frozenset())
            rows = np.array(sorted(named), dtype=np.int64)
        with CardFacts(files, lessons=said.lessons, students=rows, **self._engine_settings) as engine:
            holders = holders_of(engine, request.term, students=request.students, classes=request.classes)
            values = input_values(
                request.term,
                points,
                {level: of_level.ids for level, of_level in holders.items()},
                engine=engine,
                timeline=Timeline(everybody, contracts(), as_of=request.day),
                as_of=request.day,
                threads=self._engine_settings["threads"],
            )
        return holders, values

    def _lines(
        self, request: _Request, points: Sequence[Point], holders: Holders, values: Values, said: Tellings
    ) -> list[Lines]:
        """What the accounts of one level are to hold of every point."""
        term, database = request.term, self.lake.database
        once = [point.code for point in points if point.schedule is Schedule.YEAR_END]
        earlier = obtained(database, once, before=term.term_id) if once else set()
        told = by_point(said, self.card)
        layouts: list[Layout] = []
        closed_on = self._closed_before(request, points, holders)
        for point in points:
            flags = np.array([(int(key), point.code) in earlier for key in holders.ids]) if point.code in once else None
            layout = lay_out(
                point, term, holders, values, told.get(point.code, ()),
                as_of=request.day, covered=covered_weeks(said.lessons, term, holders, point), obtained=flags,
            )  # fmt: skip
            if layout is not None:
                layouts.append(layout)
                closed_on = closing_days(layout, closed_on)
        holders = replace(holders, closed_on=closed_on)
        return [lines_of(layout.until(closed_on), term, holders, as_of=request.day) for layout in layouts]

    def _closed_before(self, request: _Request, points: Sequence[Point], holders: Holders) -> np.ndarray:
        """Days on which accounts were closed by what is already booked; of this term where that is not posted anew."""
        closed_on = holders.closed_on.copy()
        sanctions = [point for point in self.card.points if point.schedule is Schedule.SANCTION]
        for point in sanctions:
            if point.holder is not (points[0].holder if points else None):
                continue
            for holder_id, (term_id, day) in reached(
                self.lake.database, point.code, EXPULSION, until=request.term.term_id
            ).items():
                place = holders.index(holder_id)
                if place is not None and not (term_id == request.term.term_id and point in points):
                    closed_on[place] = min(int(closed_on[place]), day.toordinal())
        return closed_on

    def _settle(
        self, request: _Request, posting: Posting, level: Level, holders: Holders, lines: Sequence[Lines],
        said: Tellings, counts: Counts, tell: Progress,
    ) -> tuple[set[int], set[int]]:  # fmt: skip
        """Enters the difference, some hundred accounts at a time; tells whose peers may have moved, and who was left."""
        only = _corrected(said.corrections, level) if request.is_frozen else None
        groups: set[int] = set()
        left: set[int] = set()
        for first in range(0, len(holders.ids), ACCOUNTS_AT_ONCE):
            last = min(first + ACCOUNTS_AT_ONCE, len(holders.ids))
            targets = accounts_of(lines, holders, first, last)
            if only is not None:
                targets = {
                    key: {slot: target for slot, target in wanted.items() if slot in only[key]}
                    for key, wanted in targets.items()
                    if key in only
                }
                if not targets:
                    continue
            written, overtaken = settle(
                self.lake.database, posting, holder=int(level), targets=targets, codes=request.codes, only=only,
                accounts=self._accounts,
            )  # fmt: skip
            counts.add(written)
            left |= overtaken
            if written.entries or written.reversals:
                groups |= set(holders.groups[first:last].tolist())
            tell("记账", last / len(holders.ids))
        return groups, left


def _corrected(corrections: Sequence[Told], level: Level) -> dict[int, set[tuple[str, str]]]:
    """By account the points and slots that corrections tell of."""
    found: dict[int, set[tuple[str, str]]] = {}
    for item in corrections:
        if item.holder == int(level):
            found.setdefault(item.holder_id, set()).add((item.point, item.slot))
    return found


def _row_of(term: CardTerm) -> dict[str, Any]:
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


def _within(tell: Progress, first: float, last: float) -> Progress:
    """Tells of a part of the work as a part of the whole."""
    return lambda what, share: tell(what, first + (last - first) * share)


def _silent(what: str, share: float) -> None:
    """Tell nobody."""
    del what, share
