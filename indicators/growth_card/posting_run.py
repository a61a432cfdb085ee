"""One run of posting over some accounts of a term: what they are to hold is worked out, and the difference entered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from data_access.contracts import contracts
from data_access.growth_card.facts import CardFacts
from data_access.growth_card.held import obtained, reached
from data_access.growth_card.postings import Counts, Posting, is_followed
from data_access.growth_card.settlement import Live, booked, settle
from data_access.growth_card.standings import rank
from data_access.growth_card.told import Tellings, Told, tellings
from data_access.lake import Lake
from indicators.growth_card.holders import holders_of, members, peers
from indicators.growth_card.inputs import Ids, Values, input_values
from indicators.growth_card.overlays import by_point, covered_weeks, of_lessons
from indicators.growth_card.points import Card, Point, Schedule
from indicators.growth_card.posting_frozen import as_booked, as_on_roll, corrected_points
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
from indicators.model import Level
from indicators.timeline import Timeline

ACCOUNTS_AT_ONCE: Final = 400
"""Accounts settled in one transaction: some 40,000 entries, so that others wait a second at most."""

Progress = Callable[[str, float], None]
"""Called with what is being done and the share done so far (0 … 1)."""
Files = Mapping[str, Sequence[str]]
"""Parquet files by table."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """Which accounts and points of a term are posted.

    Attributes:
        day: the day of the posting; of an open term at most the last one on which it is open.
        earlier: ids of the terms before.
        is_frozen: True where corrections alone count.
        students: keys; None for all. Likewise `classes`.
        points: those posted; `codes` names them where they are not all.
    """

    term: CardTerm
    day: dt.date
    earlier: tuple[int, ...]
    is_frozen: bool
    students: frozenset[int] | None
    classes: frozenset[int] | None
    points: tuple[Point, ...]
    codes: frozenset[str] | None

    @property
    def is_whole(self) -> bool:
        """True where every account of the term is asked for."""
        return self.students is None and self.classes is None

    @property
    def asked(self) -> Mapping[int, Sequence[int] | None]:
        """Keys of the accounts by level, as what people have told is asked for."""
        given = {Level.STUDENT: self.students, Level.CLASS: self.classes}
        return {int(level): None if keys is None else sorted(keys) for level, keys in given.items()}

    def includes(self, holder: int, holder_id: int) -> bool:
        """True where an account is asked for."""
        keys = self.students if holder == Level.STUDENT else self.classes
        return keys is None or holder_id in keys

    def of(self, accounts: Mapping[Level, set[int]]) -> Request:
        """The same for some accounts."""
        return replace(self, students=frozenset(accounts[Level.STUDENT]), classes=frozenset(accounts[Level.CLASS]))


class PostingRun:
    """One run.

    Attributes:
        counts: what it has written.
        overtaken: accounts it has left, because others had posted to them that had begun later; by level.
        touched: accounts it has written to, likewise.
        sheets: numbers of the sheets that it has taken values from.

    Args:
        lake: that of the installation, with its database.
        card: the points.
        request: what is posted.
        posting: the record of the run. What people have told is read after it has its number, so that whatever is told
            later is posted by one with a greater number.
        files: those of the lake.
        engine_settings: threads and memory limit of the engine.
    """

    def __init__(
        self,
        lake: Lake,
        card: Card,
        request: Request,
        posting: Posting,
        files: Files,
        engine_settings: Mapping[str, Any],
    ) -> None:
        self._database = lake.database
        self._card = card
        self._accounts = {point.code: point.account for point in card.points}
        self._request = request
        self._posting = posting
        self._files = files
        self._engine_settings = engine_settings
        self._said: Tellings
        self.counts = Counts()
        self.overtaken: dict[Level, set[int]] = {Level.STUDENT: set(), Level.CLASS: set()}
        self.touched: dict[Level, set[int]] = {Level.STUDENT: set(), Level.CLASS: set()}
        self.sheets: set[int] = set()

    def run(self, tell: Progress) -> None:
        """Posts to all accounts of the request.

        Raises:
            BusyError: others have kept the database locked; accounts settled before stay so.
        """
        request = self._request
        self._said = tellings(
            self._database,
            request.term.term_id,
            request.term.acad_start,
            request.asked,
            student=int(Level.STUDENT),
        )
        if request.is_frozen:
            request = self._request = self._of_corrections(request)
            if not request.points:
                return
        else:
            self.sheets = {item.sheet_id for item in self._said.sheets if item.sheet_id}
        tell("读取事实", 0.05)
        with self._engine() as everybody:
            holders, values = self._measured(everybody)
            for level, start, end in ((Level.STUDENT, 0.35, 0.9), (Level.CLASS, 0.9, 1.0)):
                points = [point for point in request.points if point.holder is level]
                if points and len(holders[level].ids):
                    lines = self._lines(points, holders[level], values)
                    groups = self._settle(level, holders[level], lines, within(tell, start, end))
                    if groups:
                        rank(self._database, request.term.term_id, int(level), peers(everybody, level, groups))

    def unsure(self) -> dict[Level, set[int]]:
        """Accounts to be posted once more: others that began later may have read more of them.

        They have written to some, which this run has left. They may as well have found some as they were to be, before
        this run wrote to them by what it had read earlier.
        """
        if not is_followed(self._database, self._posting):
            return self.overtaken
        return {level: self.overtaken[level] | self.touched[level] for level in self.overtaken}

    def booked_corrections(self) -> list[Told]:
        """The corrections that the accounts of the request now hold."""
        codes = {point.code for point in self._request.points}
        left = {(int(level), key) for level, keys in self.overtaken.items() for key in keys}
        return [
            item
            for item in self._said.corrections
            if item.point in codes
            and self._request.includes(item.holder, item.holder_id)
            and (item.holder, item.holder_id) not in left
        ]

    def _of_corrections(self, request: Request) -> Request:
        """The accounts and points of a closed term that corrections tell of."""
        told = [item for item in self._said.corrections if request.includes(item.holder, item.holder_id)]
        codes = {item.point for item in told}
        of_accounts = request.of({level: set(corrected_points(told, level)) for level in self.overtaken})
        return replace(of_accounts, points=tuple(point for point in request.points if point.code in codes))

    def _engine(self, students: Ids | None = None) -> CardFacts:
        said = self._said
        return CardFacts(
            self._files, lessons=said.lessons, self_tests=said.self_tests, students=students, **self._engine_settings
        )

    def _measured(self, everybody: CardFacts) -> tuple[Mapping[Level, Holders], Values]:
        """Whose accounts they are, and what facts say of them; of few, by reading the rows of few."""
        request = self._request
        with ExitStack() as stack:
            engine = everybody
            if not request.is_whole:
                named = (request.students or frozenset()) | members(everybody, request.classes or frozenset())
                engine = stack.enter_context(self._engine(np.array(sorted(named), dtype=np.int64)))
            holders = holders_of(engine, request.term, students=request.students, classes=request.classes)
            values = input_values(
                request.term,
                request.points,
                {level: of_level.ids for level, of_level in holders.items()},
                engine=engine,
                timeline=Timeline(everybody, contracts(), as_of=request.day),
                as_of=request.day,
                threads=self._engine_settings["threads"],
            )
        return holders, values

    def _lines(self, points: Sequence[Point], holders: Holders, values: Values) -> list[Lines]:
        """What the accounts of one level are to hold of every point."""
        term, day = self._request.term, self._request.day
        told = by_point(self._said, self._card)
        held = self._booked(holders, points)
        if self._request.is_frozen:
            holders = as_on_roll(holders, [entry for entries in held.values() for entry in entries])
        before = self._obtained_before(points, holders)
        closed_on = self._closed_before(points, holders)
        layouts: list[Layout] = []
        for point in points:
            layout = lay_out(
                point,
                term,
                holders,
                values,
                told.get(point.code, ()),
                as_of=day,
                covered=covered_weeks(self._said.lessons, term, holders, point),
                obtained=before.get(point.code),
            )
            if layout is not None:
                layout = of_lessons(layout, self._said.lesson_sheets, term, holders)
                if self._request.is_frozen:
                    layout = as_booked(layout, holders, held)
                layouts.append(layout)
                closed_on = closing_days(layout, closed_on)
        closed = replace(holders, closed_on=closed_on)
        return [lines_of(layout.until(closed_on), term, closed, as_of=day) for layout in layouts]

    def _booked(self, holders: Holders, points: Sequence[Point]) -> Mapping[str, Sequence[Live]]:
        """What counts in a closed term, by point; of an open one it makes no difference."""
        if not self._request.is_frozen:
            return {}
        codes = {point.code for point in points}
        level = int(points[0].holder)
        return booked(self._database, self._request.term.term_id, level, holders.ids.tolist(), codes)

    def _obtained_before(self, points: Sequence[Point], holders: Holders) -> Mapping[str, np.ndarray]:
        """By point that comes once only, the accounts that obtained it in an earlier term."""
        once = [point.code for point in points if point.schedule is Schedule.YEAR_END]
        if not once or not self._request.earlier:
            return {}
        found = obtained(self._database, int(points[0].holder), once, self._request.earlier)
        return {code: np.isin(holders.ids, [key for key, of in found if of == code]) for code in once}

    def _closed_before(self, points: Sequence[Point], holders: Holders) -> Ids:
        """Days on which accounts were closed by what is booked; this term counts where it is not posted anew."""
        closed_on = holders.closed_on.copy()
        for point in self._card.points:
            if point.schedule is Schedule.SANCTION and point.holder is points[0].holder:
                own = () if point in points else (self._request.term.term_id,)
                terms = (*self._request.earlier, *own)
                for holder_id, day in reached(self._database, int(point.holder), point.code, EXPULSION, terms).items():
                    place = holders.index(holder_id)
                    if place is not None:
                        closed_on[place] = min(int(closed_on[place]), day.toordinal())
        return closed_on

    def _settle(self, level: Level, holders: Holders, lines: Sequence[Lines], tell: Progress) -> set[int]:
        """Enters the difference, some hundred accounts at a time; gives the groups in which places may have changed."""
        request = self._request
        only = corrected_points(self._said.corrections, level) if request.is_frozen else None
        groups: set[int] = set()
        for first in range(0, len(holders.ids), ACCOUNTS_AT_ONCE):
            last = min(first + ACCOUNTS_AT_ONCE, len(holders.ids))
            targets = accounts_of(lines, holders, first, last)
            if only is not None:
                targets = {
                    key: {slot: target for slot, target in wanted.items() if target.point in only[key]}
                    for key, wanted in targets.items()
                }
            done = settle(
                self._database,
                self._posting,
                holder=int(level),
                targets=targets,
                codes=request.codes,
                only=only,
                accounts=self._accounts,
            )
            self.counts.add(done.counts)
            self.touched[level] |= done.touched
            self.overtaken[level] |= done.overtaken
            if done.touched:
                groups |= set(holders.groups[first:last].tolist())
            tell("记账", last / len(holders.ids))
        return groups


def within(tell: Progress, first: float, last: float) -> Progress:
    """Tells of a part of the work as a part of the whole."""
    return lambda what, share: tell(what, first + (last - first) * share)


def silent(what: str, share: float) -> None:
    """Tells nobody."""
    del what, share
