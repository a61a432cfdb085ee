"""A demo college that is built anew finds the growth card empty, and its ledgers protected as before."""

import dataclasses
import datetime as dt

import pytest
from sqlalchemy import delete, func, inspect, select, text, update
from sqlalchemy.exc import DatabaseError

from data_access.access.audit import AuditLog
from data_access.database.access_models import AuditEvent
from data_access.database.growth_models import (
    CardCorrection,
    CardEntry,
    CardMarkChange,
    CardPosting,
    StudentPlan,
    StudentPlanGoal,
)
from data_access.errors import UserError
from data_access.growth_card.clearance import LEDGERS, SUBJECT, card_tables, clear_card
from data_access.settings import Mode
from tests.data_access.growth_card.courtroom import RECORDED, furnish


@pytest.fixture
def room(installation):
    """A case that was decided, with a sheet, a reversal and a plan beside it."""
    made = furnish(installation.database)
    case = made.dispute(answered="teacher")
    made.store.decide(
        case, text="已向任课教师核实", values={"raw": 100.0}, seen=made.status(case), by=made.viewer("adviser")
    )
    made.entry(slot="W10", kind="reversal", points=-94, possible=-211, reversal_of=made.entry(slot="W10"))
    made.sheet("班主任", ("class", 41), "W11", "STU-ACD-02", by="adviser")
    plan = made.insert(
        StudentPlan, student_id=501, kind="学业计划", acad_start=2026, saved_at=RECORDED, due_on=dt.date(2026, 9, 30),
        status="draft",
    )  # fmt: skip
    made.insert(StudentPlanGoal, plan_id=plan, part="A", position=1, text="英语四级")
    return made


def counts(database):
    with database.connect() as connection:
        return {t.name: connection.execute(select(func.count()).select_from(t)).scalar_one() for t in card_tables()}


def clear(installation, **changes):
    settings = dataclasses.replace(installation.settings, **changes)
    return clear_card(settings, installation.database, AuditLog(installation.database))


def test_every_table_of_the_card_is_emptied_and_no_other(installation, room):
    before = counts(installation.database)
    assert all(before[name] for name in LEDGERS)
    events = len(room.rows(AuditEvent))
    assert clear(installation) == sum(before.values())
    assert not any(counts(installation.database).values())
    assert len(room.rows(AuditEvent)) == events + 1
    event = room.rows(AuditEvent)[-1]
    assert (event.kind, event.subject, event.rows) == ("maintenance", SUBJECT, sum(before.values()))
    assert event.detail["change"] == "emptied"
    assert event.detail["card_entry"] == before["card_entry"]


def test_tables_of_the_card_are_all_that_the_card_has_in_the_database(installation):
    names = set(inspect(installation.database).get_table_names())
    told = {table.name for table in card_tables()}
    assert told <= names
    assert {name for name in names if name.startswith(("card_", "self_test", "student_plan", "revised_"))} == told


def test_ledgers_refuse_changes_again_afterwards(installation, room):
    clear(installation)
    room.insert(
        CardPosting, posting_id=1, cause="facts", term_id=20261, started_at=RECORDED, as_of=RECORDED.date(),
        data_version=1, rules_version="1", posted_by="system",
    )  # fmt: skip
    room.entry()
    room.sheet("班主任", ("class", 41), "W11", "STU-ACD-02", by="adviser")
    room.insert(
        CardCorrection, holder=5, holder_id=501, term_id=20261, point="STU-ACD-02", slot="W11", inputs={}, reason="",
        decided_by="adviser", decided_at=RECORDED,
    )  # fmt: skip
    for model in (CardEntry, CardMarkChange, CardCorrection):
        for change in (delete(model), update(model).values(holder=4)):
            with pytest.raises(DatabaseError, match="only grows"), installation.database.begin() as connection:
                connection.execute(change)
        assert len(room.rows(model)) == 1


def test_a_clearance_that_fails_leaves_everything_with_its_protection(installation, room, monkeypatch):
    before = counts(installation.database)
    log = AuditLog(installation.database)
    monkeypatch.setattr(log, "write_in", lambda *_: (_ for _ in ()).throw(RuntimeError("full")))
    with pytest.raises(RuntimeError):
        clear_card(installation.settings, installation.database, log)
    assert counts(installation.database) == before
    with pytest.raises(DatabaseError, match="only grows"), installation.database.begin() as connection:
        connection.execute(text("DELETE FROM card_entry"))


def test_an_empty_card_is_left_alone_without_a_word(installation):
    assert clear(installation) == 0
    assert AuditLog(installation.database).verify().count == 0


def test_the_card_of_a_college_is_never_emptied(installation, room):
    before = counts(installation.database)
    with pytest.raises(UserError, match="production"):
        clear(installation, mode=Mode.PRODUCTION)
    assert counts(installation.database) == before
