"""Disputes as they are kept: every step checked and taken within one transaction that holds the row of the case.

Two people who act at once are put in order by the database: the second sees what the first did, and is told.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Engine, exists, insert, select, update

from data_access import clock
from data_access.access.audit import AuditKind, AuditLog, Event
from data_access.access.permissions import Permission
from data_access.access.roles import Role
from data_access.access.viewer import Viewer
from data_access.database import transaction
from data_access.database.growth_models import CardCorrection, CardDispute, CardEntry
from data_access.growth_card.corrections import correct
from data_access.growth_card.dispute_case import (
    CLASS,
    OPENING,
    REVERSAL,
    Case,
    DisputedEntry,
    case_of,
    cases,
    entries,
    entry_of,
    is_live,
)
from data_access.growth_card.dispute_parties import Parties, parties_of
from data_access.growth_card.dispute_states import (
    FINISHED,
    PENDING,
    DisputeError,
    NoDisputeError,
    OvertakenError,
    Procedure,
    Status,
    answer_due,
    awaits_decision,
    checked_text,
    day_of,
)
from data_access.growth_card.revisions import Revision, revise

TOO_LATE: Final = "申诉期已过：流水记入后 {days} 个自然日内可以申诉，这条到 {last} 为止。"


class DisputeStore:
    """The disputes of an installation.

    Args:
        database: that of the installation.
        audit: where every step is recorded, in the transaction that takes it.
        procedure: what the card says of disputes.
        now: the current time, aware.
    """

    def __init__(
        self,
        database: Engine,
        audit: AuditLog,
        procedure: Procedure,
        *,
        now: Callable[[], dt.datetime] = clock.now,
    ) -> None:
        self._database = database
        self._audit = audit
        self._now = now
        self.procedure = procedure

    def today(self) -> dt.date:
        """The college's day."""
        return day_of(self._now())

    def open(self, entry_id: int, *, reason: str, by: Viewer, address: str = "") -> int:
        """Dispute an entry of one's own; returns the number of the case.

        Raises:
            NoDisputeError: there is no such entry of one's own.
            DisputeError: it cannot be disputed (any more), or is disputed already; or the reason says nothing.
            BusyError: the database stayed locked.
        """
        _require(by, Permission.DISPUTE_OPEN)
        kept, now = checked_text(reason, "申诉理由"), self._now()
        with transaction(self._database) as connection:
            # The row of the entry puts two openings in order; nothing ever changes it.
            connection.execute(select(CardEntry.entry_id).where(CardEntry.entry_id == entry_id).with_for_update())
            row = connection.execute(entries().where(CardEntry.entry_id == entry_id)).mappings().first()
            if row is None or row["student_id"] not in by.nodes(Role.STUDENT):
                raise NoDisputeError
            entry = entry_of(row)
            self._require_disputable(connection, entry, now)
            if entry.class_id is None:
                raise DisputeError("学籍里没有班级，无法确定由谁审核，请联系学工办。")
            made = connection.execute(
                insert(CardDispute).values(
                    entry_id=entry_id,
                    student_id=entry.student_id,
                    class_id=entry.class_id,
                    status=Status.OPEN.value,
                    reason=kept,
                    opened_by=by.username,
                    opened_at=now,
                )
            )
            [dispute_id] = made.inserted_primary_key or (0,)
            self._record(connection, dispute_id, "opened", by, address, entry=entry)
        return int(dispute_id)

    def may_open(self, entry: DisputedEntry) -> str:
        """Why an entry cannot be disputed now, in words; empty where it can be."""
        try:
            with self._database.connect() as connection:
                self._require_disputable(connection, entry, self._now())
        except DisputeError as error:
            return str(error)
        return ""

    def withdraw(self, dispute_id: int, *, by: Viewer, address: str = "") -> None:
        """Take one's own dispute back before it is decided.

        Raises:
            NoDisputeError: there is no such dispute of one's own.
            OvertakenError: it has been decided.
            BusyError: the database stayed locked.
        """
        _require(by, Permission.DISPUTE_OPEN)
        with transaction(self._database) as connection:
            case = self._held(connection, dispute_id)
            if case.entry.student_id not in by.nodes(Role.STUDENT):
                raise NoDisputeError
            _require_pending(case)
            self._set(connection, dispute_id, status=Status.WITHDRAWN.value)
            self._record(connection, dispute_id, "withdrawn", by, address, entry=case.entry)

    def answer(
        self,
        dispute_id: int,
        *,
        text: str,
        values: Mapping[str, float] | None,
        by: Viewer,
        address: str = "",
    ) -> None:
        """Say as the collector whether the entry is right.

        Args:
            dispute_id: the case.
            text: why.
            values: values by input that are right instead; None where the entry is.
            by: who answers.
            address: network address of the request.

        Raises:
            NoDisputeError: there is no such case, or the point is not theirs to collect.
            OvertakenError: it was answered, decided or withdrawn meanwhile.
            DisputeError: the text says nothing.
            BusyError: the database stayed locked.
        """
        _require(by, Permission.DISPUTE_ANSWER)
        kept, now = checked_text(text, "答复理由"), self._now()
        with transaction(self._database) as connection:
            case = self._held(connection, dispute_id)
            if not self._parties(connection, case).may_answer(by):
                raise NoDisputeError
            _require_pending(case)
            if case.status is not Status.OPEN:
                raise OvertakenError(f"{case.answered_by} 已经答复了这件申诉，请看下面的答复。")
            self._set(
                connection,
                dispute_id,
                status=Status.ANSWERED.value,
                answer=kept,
                proposed=None if values is None else dict(values),
                answered_by=by.username,
                answered_at=now,
            )
            self._record(connection, dispute_id, "answered", by, address, entry=case.entry, agrees=values is not None)

    def decide(
        self,
        dispute_id: int,
        *,
        text: str,
        values: Mapping[str, float] | None,
        seen: Status,
        revisions: Sequence[Revision] = (),
        by: Viewer,
        address: str = "",
    ) -> None:
        """Uphold or reject a dispute. What follows for the account is posted afterwards; see `settle`.

        Args:
            dispute_id: the case.
            text: why.
            values: all inputs of the entry's slot as they should have been, which upholds it; None rejects it.
            seen: the state in which the case was shown to who decides.
            revisions: values that are wrong if it is upheld.
            by: who decides.
            address: network address of the request.

        Raises:
            NoDisputeError: there is no such case, or they may not decide it.
            OvertakenError: it was answered, decided or withdrawn since it was shown.
            DisputeError: the collector still has time to answer, or the text says nothing.
            BusyError: the database stayed locked.
        """
        _require(by, Permission.DISPUTE_DECIDE)
        kept, now = checked_text(text, "审核意见"), self._now()
        with transaction(self._database) as connection:
            case = self._held(connection, dispute_id)
            if not self._parties(connection, case).may_decide(by):
                raise NoDisputeError
            _require_pending(case)
            if case.status is not seen:
                raise OvertakenError("打开本页之后采分主体作了答复，请看过答复再审核。")
            if not awaits_decision(case.status, case.opened_at, day_of(now)):
                raise DisputeError(f"采分主体的答复期到 {answer_due(case.opened_at)}，期满未答复才能直接审核。")
            status = Status.REJECTED if values is None else Status.UPHELD
            self._set(
                connection, dispute_id, status=status.value, decision=kept, decided_by=by.username, decided_at=now
            )
            if values is not None:
                correct(connection, case.entry, values, dispute_id=dispute_id, reason=kept, by=by.username, at=now)
                revise(connection, revisions, at=now)
            self._record(connection, dispute_id, status.value, by, address, entry=case.entry)

    def settle(self, dispute_id: int, revisions: Sequence[Revision] = ()) -> bool:
        """Note that what follows from a dispute has been posted; False where it was noted before, or was not upheld.

        Args:
            dispute_id: the case.
            revisions: further values that the posting has shown to be wrong.
        """
        with transaction(self._database) as connection:
            query = update(CardDispute).where(
                CardDispute.dispute_id == dispute_id, CardDispute.status == Status.UPHELD.value
            )
            done = connection.execute(query.values(status=Status.SETTLED.value)).rowcount == 1
            if done:
                revise(connection, revisions, at=self._now())
        return done

    def class_figures(
        self, class_id: int | None, term_id: int, codes: Collection[str]
    ) -> Mapping[tuple[str, str], float | None]:
        """What counts for a class by point and slot: held against each other before and after a posting."""
        query = select(CardEntry.point, CardEntry.slot, CardEntry.raw).where(
            CardEntry.holder == CLASS,
            CardEntry.holder_id == class_id,
            CardEntry.term_id == term_id,
            CardEntry.point.in_(sorted(codes)),
            is_live(),
        )
        if class_id is None or not codes:
            return {}
        with self._database.connect() as connection:
            return {(row.point, row.slot): row.raw for row in connection.execute(query)}

    # -- parts of a step ----------------------------------------------------------------------

    def _held(self, connection: Connection, dispute_id: int) -> Case:
        """The case, kept from others until the transaction ends.

        Raises:
            NoDisputeError: there is none.
        """
        own = CardDispute.dispute_id == dispute_id
        connection.execute(select(CardDispute.dispute_id).where(own).with_for_update())
        row = connection.execute(cases().where(own)).mappings().first()
        if row is None:
            raise NoDisputeError
        return case_of(row)

    def _parties(self, connection: Connection, case: Case) -> Parties:
        found = parties_of(
            connection,
            [case.entry],
            self.procedure,
            on=self.today(),
            answered_by={case.entry.entry_id: case.answered_by},
        )
        return found[case.entry.entry_id]

    def _require_disputable(self, connection: Connection, entry: DisputedEntry, now: dt.datetime) -> None:
        if entry.kind == OPENING:
            raise DisputeError("期初存入按规则人人相同，不能申诉。")
        if entry.kind == REVERSAL:
            raise DisputeError("冲正流水只抵销原流水，不能申诉；对之后重新记入的流水可以申诉。")
        if not entry.may_be_disputed or entry.point not in self.procedure.collectors:
            raise DisputeError("只能对仍然有效的存入或扣减申诉；已冲正的流水和期初存入不能申诉。")
        last = self.procedure.last_day(entry.recorded_at)
        if day_of(now) > last:
            raise DisputeError(TOO_LATE.format(days=self.procedure.dispute_days, last=last))
        same = exists().where(
            CardDispute.entry_id == CardEntry.entry_id,
            CardDispute.status.in_([status.value for status in PENDING]),
            CardEntry.holder_id == entry.student_id,
            CardEntry.term_id == entry.term_id,
            CardEntry.point == entry.point,
            CardEntry.slot == entry.slot,
        )
        if connection.execute(select(same)).scalar():
            raise DisputeError("这个采分点的同一期已有处理中的申诉。")
        decided = exists().where(
            CardDispute.entry_id == entry.entry_id,
            CardDispute.status.in_([status.value for status in FINISHED - {Status.WITHDRAWN}]),
        )
        if connection.execute(select(decided)).scalar():
            raise DisputeError("这条流水的申诉已经审核过，不再受理。")
        follows = exists().where(
            CardCorrection.correction_id == entry.correction_id, CardCorrection.dispute_id.is_not(None)
        )
        if connection.execute(select(follows)).scalar():
            raise DisputeError("这条流水是按申诉的审核意见更正的，审核意见有效，同一期不再受理。")

    def _set(self, connection: Connection, dispute_id: int, **values: Any) -> None:
        connection.execute(update(CardDispute).where(CardDispute.dispute_id == dispute_id).values(**values))

    def _record(
        self,
        connection: Connection,
        dispute_id: int,
        change: str,
        by: Viewer,
        address: str,
        *,
        entry: DisputedEntry,
        **detail: Any,
    ) -> None:
        told = {name: value for name, value in detail.items() if value is not None}
        self._audit.write_in(
            connection,
            Event(
                kind=AuditKind.DISPUTE,
                actor=by.username,
                subject=f"dispute:{dispute_id}",
                address=address,
                # Neither point nor values: who reads the log need not learn what a student was blamed for.
                detail={"change": change, "entry": entry.entry_id, **told},
            ),
        )


def _require(by: Viewer, permission: Permission) -> None:
    if not by.may(permission):
        raise NoDisputeError


def _require_pending(case: Case) -> None:
    if case.status is Status.WITHDRAWN:
        raise OvertakenError("学生已经撤回了这件申诉。")
    if not case.status.is_pending:
        raise OvertakenError(f"{case.decided_by} 已经审核了这件申诉：{case.status.name_zh}。")
