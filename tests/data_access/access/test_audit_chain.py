"""The chain of the audit log shows every change, gap and forgery."""

import tracemalloc
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, text

from data_access.access.audit import AuditLog
from data_access.access.audit_chain import EMPTY, GENESIS, Break, Entry, Fault, Head, digest
from data_access.database import transaction
from data_access.database.access_models import AuditEvent
from data_access.errors import UserError
from tests.data_access.access.log_entries import ALL, EVENTS, NOBODY, NOON, entries, event

CHANGES = {
    "at": "2020-01-01 00:00:00.000000",
    "actor": "somebody-else",
    "kind": "post",
    "subject": "something else",
    "result": "forged",
    "rows": -7,
    "scope": "elsewhere",
    "address": "0.0.0.0",
    "detail": '{"forged": 1}',
    "previous_hash": "f" * 64,
    "hash": "e" * 64,
}
SEVERAL = st.lists(EVENTS, min_size=3, max_size=6)


@given(events=SEVERAL)
@settings(max_examples=30, deadline=None)
def test_an_untouched_chain_is_sound_whatever_its_events_say(forged, events):
    log, _ = forged(events)
    found = log.verify()
    assert found.is_sound
    assert found.count == len(events)
    assert found.head == log.head()


@given(events=SEVERAL, column=st.sampled_from(sorted(CHANGES)), data=st.data())
@settings(max_examples=44, deadline=None)
def test_a_changed_field_is_found_where_it_is(forged, events, column, data):
    log, forger = forged(events)
    victim = data.draw(st.integers(1, len(events)))
    forger.run((f"UPDATE audit_event SET {column} = ? WHERE sequence = ?", (CHANGES[column], victim)))
    assert log.verify().broken == Break(sequence=victim, fault=Fault.CHANGED)
    assert log.verify().count == victim - 1


@given(events=SEVERAL, data=st.data())
@settings(max_examples=15, deadline=None)
def test_a_change_with_a_hash_made_to_fit_breaks_the_next_link(forged, events, data):
    log, forger = forged(events)
    noted = log.head()
    victim = data.draw(st.integers(1, len(events)))
    changed = next(entry for entry in entries(log) if entry.sequence == victim)
    changed = replace(changed, actor="somebody-else")
    forger.run(
        ("UPDATE audit_event SET actor = ?, hash = ? WHERE sequence = ?", (changed.actor, digest(changed), victim))
    )
    if victim < len(events):
        assert log.verify().broken == Break(sequence=victim + 1, fault=Fault.ORDER)
    else:
        assert log.verify(expected=noted).broken == Break(sequence=victim, fault=Fault.REWRITTEN)


@given(events=SEVERAL, data=st.data())
@settings(max_examples=15, deadline=None)
def test_a_removed_event_leaves_a_gap(forged, events, data):
    log, forger = forged(events)
    noted = log.head()
    victim = data.draw(st.integers(1, len(events)))
    forger.run(f"DELETE FROM audit_event WHERE sequence = {victim}")
    if victim < len(events):
        assert log.verify().broken == Break(sequence=victim + 1, fault=Fault.GAP)
    else:
        assert log.verify().is_sound  # nothing within the log can show it, the head noted elsewhere does
        assert log.verify(expected=noted).broken == Break(sequence=victim, fault=Fault.CUT_OFF)


@given(events=SEVERAL, data=st.data())
@settings(max_examples=15, deadline=None)
def test_an_event_removed_and_the_rest_moved_up_is_found(forged, events, data):
    log, forger = forged(events)
    victim = data.draw(st.integers(1, len(events) - 1))
    forger.run(
        f"DELETE FROM audit_event WHERE sequence = {victim}",
        f"UPDATE audit_event SET sequence = sequence - 1 WHERE sequence > {victim}",
    )
    assert log.verify().broken == Break(sequence=victim, fault=Fault.CHANGED)


@given(events=SEVERAL, data=st.data())
@settings(max_examples=15, deadline=None)
def test_an_event_put_in_between_is_found(forged, events, data):
    log, forger = forged(events)
    place = data.draw(st.integers(1, len(events)))
    before = next((entry.hash for entry in entries(log) if entry.sequence == place - 1), GENESIS)
    inserted = Entry(
        sequence=place,
        at=NOON,
        actor="x",
        kind="export",
        subject="",
        result="done",
        rows=None,
        scope="",
        address="",
        detail={},
        previous_hash=before,
        hash="",
    )
    forger.run(
        f"UPDATE audit_event SET sequence = -sequence - 1 WHERE sequence >= {place}",
        "UPDATE audit_event SET sequence = -sequence WHERE sequence < 0",
    )
    with transaction(log._database) as connection:
        connection.execute(insert(AuditEvent).values(vars(replace(inserted, hash=digest(inserted)))))
    assert log.verify().broken == Break(sequence=place + 1, fault=Fault.CHANGED)


@given(events=SEVERAL, data=st.data())
@settings(max_examples=15, deadline=None)
def test_two_events_that_changed_places_are_found(forged, events, data):
    log, forger = forged(events)
    one, other = sorted(data.draw(st.lists(st.integers(1, len(events)), min_size=2, max_size=2, unique=True)))
    forger.run(
        f"UPDATE audit_event SET sequence = -1 WHERE sequence = {one}",
        f"UPDATE audit_event SET sequence = {one} WHERE sequence = {other}",
        f"UPDATE audit_event SET sequence = {other} WHERE sequence = -1",
    )
    assert log.verify().broken == Break(sequence=one, fault=Fault.CHANGED)


@pytest.mark.parametrize(("column", "value"), [("at", "yesterday"), ("detail", "{"), ("detail", "[]"), ("at", "")])
def test_a_damaged_event_is_named_and_does_not_hide_the_others(forged, column, value):
    log, forger = forged([event(f"t{number}") for number in range(1, 6)])
    forger.run((f"UPDATE audit_event SET {column} = ? WHERE sequence = 3", (value,)))
    assert log.verify().broken == Break(sequence=3, fault=Fault.UNREADABLE)
    page = log.find(scope=ALL)
    assert page.unreadable == (3,)
    assert {entry.sequence for entry in page.events} == {1, 2, 4, 5}
    exported = list(log.export(scope=ALL))
    assert Break(sequence=3, fault=Fault.UNREADABLE) in exported
    assert len(exported) == 5


@pytest.mark.slow
def test_a_change_by_the_owner_of_a_postgresql_database_is_found(install, tmp_path):
    database = install(tmp_path, "postgresql").database
    log = AuditLog(database)
    for number in range(4):
        log.write(event(f"t{number}", detail={"share": 0.1, "text": "张"}))
    assert log.verify().is_sound
    with transaction(database) as connection:
        connection.execute(text("ALTER TABLE audit_event DISABLE TRIGGER ALL"))
        connection.execute(text("UPDATE audit_event SET rows = 1 WHERE sequence = 3"))
    assert log.verify().broken == Break(sequence=3, fault=Fault.CHANGED)


def test_a_head_noted_long_ago_still_fits(installation):
    log = AuditLog(installation.database)
    log.write(event())
    noted = Head.parse(str(log.head()))
    for _ in range(5):
        log.write(event())
    assert log.verify(expected=noted).is_sound
    assert log.verify(expected=replace(noted, hash="0" * 64)).broken == Break(sequence=1, fault=Fault.REWRITTEN)
    assert log.verify(expected=replace(noted, sequence=9)).broken == Break(sequence=7, fault=Fault.CUT_OFF)


@pytest.mark.parametrize("written", ["", "12", "@12", "ab@12", f"{'g' * 64}@1", f"{'a' * 64}@", f"{'a' * 64}@-1"])
def test_a_head_written_otherwise_is_refused(written):
    with pytest.raises(UserError, match="HASH@SEQUENCE"):
        Head.parse(written)


def test_an_empty_log_is_sound(installation):
    found = AuditLog(installation.database).verify()
    assert (found.is_sound, found.count, found.head) == (True, 0, EMPTY)


def test_the_chain_is_walked_in_constant_memory(install, tmp_path):
    database = install(tmp_path).database
    rows, last = [], EMPTY
    for number in range(1, 8001):
        entry = Entry(
            sequence=number,
            at=NOON,
            actor="t1",
            kind="export",
            subject="",
            result="done",
            rows=number,
            scope="",
            address="",
            detail={"text": "x" * 400},
            previous_hash=last.hash,
            hash="",
        )
        last = Head(sequence=number, hash=digest(entry))
        rows.append(vars(replace(entry, hash=last.hash)))
    with transaction(database) as connection:
        connection.execute(insert(AuditEvent), rows)
    log = AuditLog(database)
    assert log.verify().head == last  # what the first query keeps for later ones is not counted
    tracemalloc.start()
    log.verify()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4_000_000  # all events take three times as much


def test_a_check_is_an_event_and_the_newest_one_is_told(installation):
    log = AuditLog(installation.database, now=lambda: NOON)
    assert log.last_check(scope=ALL) is None
    log.write(event())
    found = log.check(by="auditor", address="10.0.0.9")
    told = log.last_check(scope=ALL)
    assert (told.sequence, told.at, told.actor, told.found) == (2, NOON, "auditor", found)
    assert log.last_check(scope=NOBODY) is None
    assert log.verify().is_sound


def test_a_check_that_fails_is_recorded_as_failed(forged):
    log, forger = forged([event("t1"), event("t2")])
    forger.run("UPDATE audit_event SET actor = 'x' WHERE sequence = 1")
    log.check(by="auditor")
    assert entries(log)[0].result == "failed"
    assert log.last_check(scope=ALL).found.broken == Break(sequence=1, fault=Fault.CHANGED)


@pytest.mark.parametrize(
    "detail", ["{}", '{"count": 1, "head": "x", "broken": null}', '{"count": "a"}', '{"broken": 1}']
)
def test_a_forged_check_tells_of_nothing(forged, detail):
    log, forger = forged([event("t1")])
    log.check(by="auditor")
    forger.run(("UPDATE audit_event SET detail = ? WHERE sequence = 2", (detail,)))
    assert log.last_check(scope=ALL) is None
