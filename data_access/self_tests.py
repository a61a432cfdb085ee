"""Takes filled-in self-tests: each student fills in each scale once a term, and a double click changes nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Final

from sqlalchemy import Connection, Engine, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from data_access import clock
from data_access.access.actors import Actor
from data_access.access.audit import AuditKind, AuditLog, Event
from data_access.access.scope import Scope
from data_access.database import transaction
from data_access.database.growth_models import SelfTestResponse
from data_access.database.models import Entity, Period
from data_access.errors import BusyError, InternalError, UserError
from data_access.self_test_results import Filled, subject_of

ALREADY: Final = "本学期已经做过这份自测，每学期只做一次；下面是当时的结果。"


class AlreadyDoneError(UserError):
    """The student has filled in this scale in this term before, and otherwise."""

    def __init__(self) -> None:
        super().__init__(ALREADY)


class SelfTests:
    """The self-tests of an installation; they are read through `data_access.readers.self_tests`.

    Args:
        database: that of the installation.
        audit: where it is recorded that a test was filled in: by whom and which, and nothing of what was answered.
        now: the current time, aware.
    """

    def __init__(self, database: Engine, audit: AuditLog, *, now: Callable[[], dt.datetime] = clock.now) -> None:
        self._database = database
        self._audit = audit
        self._now = now

    def submit(self, filled: Filled, *, by: Actor, scope: Scope) -> bool:
        """Keep a filled-in questionnaire; True where it is new, False where just these answers are kept already.

        Raises:
            AlreadyDoneError: other answers to the scale are kept for the term.
            UserError: there is no such student within the scope, or no such term.
            BusyError: the database stayed locked.
            InternalError: it could not be kept. The message holds no answer, unlike that of the database.
        """
        try:
            with transaction(self._database) as connection:
                return self._submit_in(connection, filled, by=by, scope=scope)
        except BusyError as error:
            raise BusyError(str(error)) from None
        except SQLAlchemyError as error:
            # What the database says quotes the row, and the log quotes what it says: so it must not be the cause.
            raise InternalError(f"A self-test could not be kept: {type(error).__name__}.") from None

    def _submit_in(self, connection: Connection, filled: Filled, *, by: Actor, scope: Scope) -> bool:
        term_id = _term_id(connection, filled.term_key)
        about = subject_of(filled.scale)
        known = select(Entity.entity_id).where(Entity.entity_id == filled.student_id, scope.rows("student", about))
        if connection.execute(known).first() is None:
            raise UserError("没有这个学生，或不在你的范围内。")
        values = {
            "student_id": filled.student_id,
            "scale": filled.scale,
            "scale_version": filled.scale_version,
            "term_id": term_id,
            "answers": dict(filled.answers),
            "score": filled.score,
            "level": filled.level,
            "parts": dict(filled.parts),
            "submitted_at": self._now(),
        }
        if not _insert(connection, values):
            query = select(SelfTestResponse.answers).where(
                SelfTestResponse.student_id == filled.student_id,
                SelfTestResponse.scale == filled.scale,
                SelfTestResponse.term_id == term_id,
            )
            if connection.execute(query).scalar_one() != values["answers"]:
                raise AlreadyDoneError
            return False
        self._audit.write_in(
            connection,
            Event(
                kind=AuditKind.GROWTH,
                actor=by.name,
                subject=f"self-test:{filled.scale}",
                address=by.address,
                detail={"change": "submitted", "term": filled.term_key},
            ),
        )
        return True


def _insert(connection: Connection, values: dict[str, object]) -> bool:
    """True where the row was added; a row of the same student, scale and term stays what it is."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    added = insert(SelfTestResponse).values(values).on_conflict_do_nothing().returning(SelfTestResponse.response_id)
    return connection.execute(added).first() is not None


def _term_id(connection: Connection, key: str) -> int:
    found = connection.execute(select(Period.period_id).where(Period.kind == "term", Period.key == key)).scalar()
    if found is None:
        raise UserError(f"没有学期 {key}。")
    return int(found)
