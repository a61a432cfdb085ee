"""Disputes as pages use them: inboxes, single cases, every step, and the posting that follows from a decision."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from data_access.access.permissions import Permission
from data_access.access.roles import Role
from data_access.access.scope import Scope
from data_access.access.viewer import Viewer
from data_access.growth_card.cells import Column
from data_access.growth_card.dispute_case import Case, DisputedEntry
from data_access.growth_card.dispute_parties import person_of
from data_access.growth_card.dispute_states import (
    FINISHED,
    NoDisputeError,
    Status,
    answer_due,
    awaits_decision,
    decision_due,
)
from data_access.growth_card.disputes import DisputeStore
from data_access.growth_card.revisions import Revision
from data_access.readers.disputes import Asked, DisputeReader, Reader, SeenCase
from data_access.readers.plans import subject_of
from data_access.readers.stored import ValueReader
from indicators.growth_card.accounts import GrowthCards
from indicators.growth_card.dispute_rules import OF_CLASS, fields_of, revisions_of, slot_of, source_of, trial
from indicators.growth_card.points import Card, Point
from indicators.growth_card.slots import CardTerm, Slot, slots_of
from indicators.growth_card.statements import LedgerLine

PAGE_SIZE: Final = 20
_LOG: Final = logging.getLogger(__name__)


class Posting(Protocol):
    """What posts to accounts."""

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
    ) -> object:
        """Bring accounts into step with facts, sheets and corrections; idempotent."""


class Box(StrEnum):
    """The lists of the inbox."""

    OWN = "own"
    ANSWER = "answer"
    DECIDE = "decide"
    ALL = "all"


@dataclass(frozen=True, kw_only=True)
class CaseView:
    """A case as one viewer sees it.

    Attributes:
        point: the scoring point; `slot` is None where the term does not have it (any more).
        due_on: last day of the next step in time; None once it is over.
        is_unanswered: True where the collector's time has passed without an answer.
        line: the entry as the ledger shows it; None for those who read the entry for their section's sake alone.
        fields: the inputs that may be corrected.
        changes: by how much the posting of the correction has changed each slot of the point, in hundredths.
        in_scope: False where the viewer reaches the case through a section of theirs alone.
    """

    case: Case
    point: Point
    term: CardTerm | None
    slot: Slot | None
    due_on: dt.date | None
    is_late: bool
    is_unanswered: bool
    may_answer: bool
    may_decide: bool
    may_withdraw: bool
    may_book: bool
    in_scope: bool
    line: LedgerLine | None = None
    fields: tuple[Column, ...] = ()
    changes: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What other values would change, in hundredths of a point; `points` is None where it cannot be told beforehand.

    Attributes:
        others: by how much other slots would change, because the caps of the term hold over all of them.
    """

    points_before: int
    points: int | None
    balance_before: int | None = None
    others: tuple[tuple[str, int], ...] = ()

    @property
    def balance(self) -> int | None:
        """The balance of the account afterwards; None where it cannot be told, or may not be read."""
        if self.points is None or self.balance_before is None:
            return None
        return self.balance_before + self.points - self.points_before + sum(change for _, change in self.others)


@dataclass(frozen=True, kw_only=True)
class Inbox:
    """One page of a list.

    Attributes:
        counts: what waits in each box that the viewer has.
    """

    box: Box
    cases: Sequence[CaseView]
    total: int
    page: int
    counts: Mapping[Box, int]


class Disputes:
    """The disputes of an installation.

    Args:
        store: where they are kept.
        reader: how they are read.
        cards: the accounts that they are about.
        values: knows what each point tells of.
        poster: what posts a decision.
        today: the college's day.
    """

    def __init__(
        self,
        store: DisputeStore,
        reader: DisputeReader,
        cards: GrowthCards,
        values: ValueReader,
        poster: Posting,
        *,
        today: Callable[[], dt.date],
    ) -> None:
        self._store = store
        self._reader = reader
        self._cards = cards
        self._values = values
        self._poster = poster
        self._today = today

    @property
    def card(self) -> Card:
        """The points that disputes are about."""
        return self._cards.card

    # -- reading ------------------------------------------------------------------------------

    def boxes(self, viewer: Viewer) -> tuple[Box, ...]:
        """The lists that a viewer has."""
        found = [Box.OWN] if viewer.may(Permission.DISPUTE_OPEN) else []
        found += [Box.ANSWER] if viewer.may(Permission.DISPUTE_ANSWER) else []
        found += [Box.DECIDE] if viewer.may(Permission.DISPUTE_DECIDE) else []
        if len(found) > (Box.OWN in found):
            found.append(Box.ALL)
        return tuple(found)

    def inbox(
        self,
        viewer: Viewer,
        box: Box,
        *,
        status: Status | None = None,
        number: str = "",
        page: int = 1,
    ) -> Inbox:
        """One page of a list, with the counts of all lists that wait for the viewer."""
        terms = self._terms()
        pending = [self._view(seen, viewer, terms) for seen in self._pending(viewer)]
        waiting = {
            Box.ANSWER: [view for view in pending if view.may_answer],
            Box.DECIDE: [view for view in pending if view.may_decide],
            Box.OWN: [view for view in pending if view.may_withdraw],
        }
        counts = {name: len(waiting[name]) for name in self.boxes(viewer) if name in waiting}
        if box in {Box.ANSWER, Box.DECIDE}:
            found = [view for view in waiting[box] if number in view.case.entry.student_no]
            shown = found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
            return Inbox(box=box, cases=shown, total=len(found), page=page, counts=counts)
        asked = Asked(
            students=viewer.nodes(Role.STUDENT) if box is Box.OWN else None,
            statuses=None if status is None else frozenset({status}),
            number=number,
        )
        reader, scope = self._as_reader(viewer)
        seen, total = self._reader.page(reader, asked=asked, page=page, size=PAGE_SIZE, on=self._today(), scope=scope)
        return Inbox(
            box=box, cases=[self._view(item, viewer, terms) for item in seen], total=total, page=page, counts=counts
        )

    def waiting(self, viewer: Viewer) -> int:
        """How many cases wait for an answer or a decision of the viewer."""
        pending = [self._view(seen, viewer, {}) for seen in self._pending(viewer)]
        return sum(view.may_answer or view.may_decide for view in pending)

    def case(self, dispute_id: int, viewer: Viewer) -> CaseView | None:
        """One case; None where there is none, or the viewer may not read it."""
        reader, scope = self._as_reader(viewer)
        seen = self._reader.get(dispute_id, reader, on=self._today(), scope=scope)
        if seen is None:
            return None
        found = self._cards.entry(seen.case.entry.entry_id, scope=scope)
        return self._view(seen, viewer, self._terms(), line=None if found is None else found[1])

    def draft(self, entry_id: int, viewer: Viewer) -> tuple[DisputedEntry, LedgerLine, str] | None:
        """An entry of the viewer's own to be disputed, and why it cannot be; None where there is none."""
        reader, scope = self._as_reader(viewer)
        entry = self._reader.entry(entry_id, scope=scope, about=reader.about)
        found = self._cards.entry(entry_id, scope=scope)
        if entry is None or found is None or entry.student_id not in viewer.nodes(Role.STUDENT):
            return None
        return entry, found[1], self._store.may_open(entry)

    def effect(self, view: CaseView, values: Mapping[str, float], viewer: Viewer) -> Effect:
        """What a correction would bring (试算): the ledger itself is exact, and decides."""
        entry, (reader, scope) = view.case.entry, self._as_reader(viewer)
        account = self._cards.student(entry.student_id, term_key=entry.term_key, scope=scope)
        siblings = self._reader.siblings(entry, scope=scope, about=reader.about)
        after = None
        if view.term is not None and view.in_scope:
            after = trial(view.point, view.term, entry, values, siblings)
        if after is None:
            return Effect(points_before=entry.points, points=None)
        others = {key: points - siblings[key][1] for key, points in after.items() if key in siblings}
        return Effect(
            points_before=entry.points,
            points=after[entry.slot],
            balance_before=None if account is None else account.total,
            others=_labelled(view.point, view.term, others),
        )

    # -- steps --------------------------------------------------------------------------------

    def open(self, entry_id: int, *, reason: str, by: Viewer, address: str = "") -> int:
        """Dispute an entry; see `DisputeStore.open`."""
        return self._store.open(entry_id, reason=reason, by=by, address=address)

    def withdraw(self, dispute_id: int, *, by: Viewer, address: str = "") -> None:
        """Take a dispute back; see `DisputeStore.withdraw`."""
        self._store.withdraw(dispute_id, by=by, address=address)

    def answer(
        self, dispute_id: int, *, text: str, values: Mapping[str, float] | None, by: Viewer, address: str = ""
    ) -> None:
        """Answer a dispute; see `DisputeStore.answer`."""
        self._store.answer(dispute_id, text=text, values=values, by=by, address=address)

    def decide(
        self,
        dispute_id: int,
        *,
        text: str,
        values: Mapping[str, float] | None,
        seen: Status,
        by: Viewer,
        address: str = "",
    ) -> bool:
        """Decide a dispute and post what follows; True where nothing is left to be posted.

        Raises:
            NoDisputeError: there is no such case, or the viewer may not decide it.
            DisputeError: the step cannot be taken; see `DisputeStore.decide`.
        """
        view = self.case(dispute_id, by)
        if view is None:
            raise NoDisputeError
        revisions = () if values is None else revisions_of(view.case.entry, view.slot, values, dispute_id=dispute_id)
        self._store.decide(dispute_id, text=text, values=values, seen=seen, revisions=revisions, by=by, address=address)
        return values is None or self._book(view.case, by.username)

    def book(self, dispute_id: int, *, by: Viewer) -> bool:
        """Post what follows from an upheld dispute once more, where that failed; True where it is posted now.

        Raises:
            NoDisputeError: there is no such case that the viewer could see to.
        """
        view = self.case(dispute_id, by)
        if view is None or not view.may_book:
            raise NoDisputeError
        return self._book(view.case, by.username)

    def _book(self, case: Case, posted_by: str) -> bool:
        entry, classes = case.entry, OF_CLASS.get(case.entry.point, ())
        before = self._store.class_figures(entry.class_id, entry.term_id, classes)
        try:
            self._poster.post(
                entry.term_id,
                students=frozenset({entry.student_id}),
                classes=frozenset([entry.class_id] if classes and entry.class_id is not None else []),
                codes=frozenset({entry.point, *classes}),
                cause="dispute",
                posted_by=posted_by,
                as_of=self._today(),
            )
        except Exception:  # noqa: BLE001 (whatever goes wrong: logged here, and shown as still to be posted)
            # The decision stands whatever becomes of the posting, which is idempotent and can be repeated.
            _LOG.exception("Dispute %s is decided but not posted yet", case.dispute_id)
            return False
        after = self._store.class_figures(entry.class_id, entry.term_id, classes)
        self._store.settle(case.dispute_id, self._of_class(case, before, after))
        return True

    def _of_class(
        self, case: Case, before: Mapping[tuple[str, str], float | None], after: Mapping[tuple[str, str], float | None]
    ) -> list[Revision]:
        """The figures of the class that the posting has changed."""
        term = self._terms().get(case.entry.term_id)
        found = []
        for code, key in before.keys() & after.keys():
            slot = slot_of(self.card.by_code[code], term, key)
            if before[code, key] == after[code, key] or slot is None or case.entry.class_id is None:
                continue
            found += [
                Revision(
                    code=code,
                    level="class",
                    entity_id=case.entry.class_id,
                    period_key=period,
                    before=before[code, key],
                    after=after[code, key],
                    source=source_of(case.dispute_id),
                )
                for period in slot.reads
            ]
        return found

    # -- parts --------------------------------------------------------------------------------

    def _pending(self, viewer: Viewer) -> Sequence[SeenCase]:
        reader, scope = self._as_reader(viewer)
        return self._reader.pending(reader, on=self._today(), scope=scope)

    def _as_reader(self, viewer: Viewer) -> tuple[Reader, Scope]:
        """Who asks, and what the posts that have a part in disputes let them read.

        What somebody reads as a leader is not what they decide as an adviser.
        """
        acting = viewer.acting_by(Permission.DISPUTE_VIEW)
        definitions = self._values.catalogue().definitions
        unknown = {"department": ""}
        reader = Reader(
            about={code: subject_of(definitions.get(code, unknown)) for code in self._store.procedure.collectors},
            person=person_of(viewer),
            teachers=acting.nodes(Role.TEACHER),
            username=viewer.username,
        )
        return reader, acting.scope

    def _terms(self) -> Mapping[int, CardTerm]:
        return {term.term_id: term for term in self._cards.terms()}

    def _view(
        self, seen: SeenCase, viewer: Viewer, terms: Mapping[int, CardTerm], *, line: LedgerLine | None = None
    ) -> CaseView:
        case, today = seen.case, self._today()
        point = self.card.by_code[case.entry.point]
        term = terms.get(case.entry.term_id)
        slot = slot_of(point, term, case.entry.slot)
        is_for_decision = awaits_decision(case.status, case.opened_at, today)
        due_on = None
        if case.status.is_pending:
            due_on = decision_due(case.opened_at, case.answered_at) if is_for_decision else answer_due(case.opened_at)
        is_own = case.entry.student_id in viewer.nodes(Role.STUDENT)
        may_decide = viewer.may(Permission.DISPUTE_DECIDE) and seen.parties.may_decide(viewer)
        return CaseView(
            case=case,
            point=point,
            term=term,
            slot=slot,
            due_on=due_on,
            is_late=due_on is not None and today > due_on,
            is_unanswered=is_for_decision and case.status is Status.OPEN,
            may_answer=case.status is Status.OPEN
            and viewer.may(Permission.DISPUTE_ANSWER)
            and seen.parties.may_answer(viewer),
            may_decide=is_for_decision and may_decide,
            may_withdraw=case.status not in FINISHED and is_own and viewer.may(Permission.DISPUTE_OPEN),
            may_book=case.status is Status.UPHELD and viewer.may(Permission.DISPUTE_DECIDE) and not is_own,
            in_scope=seen.in_scope,
            line=line,
            fields=() if slot is None else fields_of(point, slot),
            changes=_labelled(point, term, self._reader.booked(case)) if case.status is Status.SETTLED and line else (),
        )


def _labelled(point: Point, term: CardTerm | None, changes: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """Changes by slot in the order of the term, with the slots in Chinese; those that come to nothing are left out."""
    known = {} if term is None else {slot.key: slot.label for slot in slots_of(point, term)}
    order = [*known, *sorted(changes.keys() - known.keys())]
    return tuple((known.get(key, key), changes[key]) for key in order if changes.get(key))
