"""The audit log: one gapless chain whoever writes, nothing can be changed unseen, nothing harmful gets in."""

import datetime as dt
import hashlib
import itertools
import sqlite3
import threading
import tracemalloc
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, text
from sqlalchemy.exc import DatabaseError

from data_access.access.audit import EVERY, AuditKind, AuditLog, Event, EventFilter, Result
from data_access.access.audit_chain import EMPTY, GENESIS, Break, Entry, Fault, Head, digest
from data_access.access.scope import Grant, Scope
from data_access.clock import COLLEGE_ZONE
from data_access.database import open_database, transaction
from data_access.database.access_models import AuditEvent
from data_access.errors import InternalError, UserError
from docs.examples.copy_database import copy
from tests.conftest import DATABASES

ALL = Scope.all("test")
NOBODY = Scope(reason="nobody")
NOON = dt.datetime(2026, 11, 20, 4, 0, tzinfo=dt.UTC)

TEXTS = st.text(max_size=80)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
EVENTS = st.builds(
    Event,
    kind=st.sampled_from(AuditKind),
    actor=TEXTS,
    subject=TEXTS,
    result=st.sampled_from(Result),
    rows=st.none() | st.integers(0, 2**31 - 1),
    scope=TEXTS,
    address=TEXTS,
    detail=st.dictionaries(TEXTS, PLAIN, max_size=3),
)


def event(actor="t0102", kind=AuditKind.EXPORT, **fields):
    return Event(kind=kind, actor=actor, **fields)


def is_invisible(character):
    return ord(character) < 32 or 0x7F <= ord(character) < 0xA0 or character in "\u2028\u2029\u202e\u2066\u200b\ufeff"


def entries(log, where=EVERY):
    return [item for item in log.export(scope=ALL, where=where) if isinstance(item, Entry)]


class Ticking:
    """A clock that goes on by a minute whenever it is looked at."""

    def __init__(self, start=NOON):
        self.now = start

    def __call__(self):
        self.now += dt.timedelta(minutes=1)
        return self.now


# -- writing ----------------------------------------------------------------------------------


def test_an_event_is_kept_as_it_was_told(installation):
    log = AuditLog(installation.database, now=lambda: NOON)
    log.write(
        Event(
            kind=AuditKind.EXPORT,
            actor="T0102",
            subject="名单:1201",
            rows=37,
            scope="t0102(任课教师)",
            address="10.1.2.3",
            detail={"列": ["姓名", "学号"], "sha256": "ab" * 32, "share": 0.1, "none": None},
        )
    )
    (found,) = entries(log)
    assert found == replace(
        Entry(
            sequence=1,
            at=NOON,
            actor="t0102",
            kind="export",
            subject="名单:1201",
            result="done",
            rows=37,
            scope="t0102(任课教师)",
            address="10.1.2.3",
            detail={"列": ["姓名", "学号"], "sha256": "ab" * 32, "share": 0.1, "none": None},
            previous_hash=GENESIS,
            hash="",
        ),
        hash=found.hash,
    )
    assert found.hash == digest(found)


def test_a_hash_is_of_the_form_that_the_decision_states():
    first = Entry(
        sequence=1,
        at=NOON,
        actor="t0102",
        kind="export",
        subject="名单",
        result="done",
        rows=37,
        scope="",
        address="10.1.2.3",
        detail={"b": 1.5, "a": ["张", None, True]},
        previous_hash=GENESIS,
        hash="",
    )
    written = (
        r'{"actor":"t0102","address":"10.1.2.3","at":"2026-11-20T04:00:00.000000+00:00",'
        r'"detail":{"a":["\u5f20",null,true],"b":1.5},"kind":"export","result":"done","rows":37,"scope":"",'
        r'"sequence":1,"subject":"\u540d\u5355"}'
    )
    assert digest(first) == hashlib.sha256(f"{GENESIS}\n{written}".encode()).hexdigest()


def test_an_event_stands_exactly_if_what_it_tells_of_does(installation):
    log = AuditLog(installation.database)
    with pytest.raises(ZeroDivisionError), transaction(installation.database) as connection:
        log.write_in(connection, event())
        raise ZeroDivisionError
    assert log.head() == EMPTY
    with transaction(installation.database) as connection:
        log.write_in(connection, event("first"))
        log.write_in(connection, event("second"))
    assert [entry.actor for entry in entries(log)] == ["second", "first"]
    assert log.verify().is_sound


def test_a_connection_that_did_not_begin_as_a_writer_is_refused(installation):
    log = AuditLog(installation.database)
    with installation.database.connect() as connection, pytest.raises(InternalError, match="transaction"):
        log.write_in(connection, event())


def test_what_repeats_is_recorded_once_in_a_while(installation):
    clock = Ticking()
    log = AuditLog(installation.database, now=clock)
    seen = event(kind=AuditKind.VIEW, subject="page:/admin/audit")
    within = dt.timedelta(minutes=4)
    assert log.write_unless_recent(seen, within=within)
    assert not log.write_unless_recent(seen, within=within)
    assert log.write_unless_recent(replace(seen, actor="t0103"), within=within)
    clock.now += within
    assert log.write_unless_recent(seen, within=within)
    assert log.head().sequence == 3


@pytest.mark.parametrize("writers", [6])
def test_writers_at_once_make_one_chain_without_gaps(installation, writers):
    log = AuditLog(installation.database)
    each = 15
    start = threading.Barrier(writers)
    failures = []

    def work(name):
        start.wait()
        for number in range(each):
            try:
                if number % 3:
                    log.write(event(name, rows=number))
                else:
                    with transaction(installation.database) as connection:
                        log.write_in(connection, event(name, rows=number))
            except Exception as error:  # noqa: BLE001 (counted below)
                failures.append(error)

    threads = [threading.Thread(target=work, args=(f"w{number}",)) for number in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    found = entries(log)[::-1]
    assert [entry.sequence for entry in found] == list(range(1, writers * each + 1))
    assert log.verify().count == writers * each
    assert log.verify().is_sound
    for name, own in itertools.groupby(sorted(found, key=lambda e: (e.actor, e.sequence)), key=lambda e: e.actor):
        assert [entry.rows for entry in own] == list(range(each)), name


# -- what the database refuses ----------------------------------------------------------------


def test_the_database_refuses_to_change_or_remove_events(installation):
    log = AuditLog(installation.database)
    log.write(event("t1"))
    log.write(event("t2"))
    before = entries(log)
    for statement in (
        "UPDATE audit_event SET actor = 'nobody'",
        "UPDATE audit_event SET actor = 'nobody' WHERE sequence = 1",
        "DELETE FROM audit_event",
        "DELETE FROM audit_event WHERE sequence = 2",
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction(installation.database) as connection:
            connection.execute(text(statement))
    assert entries(log) == before


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def test_the_ways_around_update_and_delete_are_refused_too(install, tmp_path, kind):
    database = install(tmp_path / "home", kind).database
    log = AuditLog(database)
    log.write(event("t1"))
    columns = "sequence, at, actor, kind, subject, result, scope, address, detail, previous_hash, hash"
    values = "1, '2026-11-20 00:00:00.000000', 'x', 'export', '', 'done', '', '', '{}', '', ''"
    statement = {
        "sqlite": f"INSERT OR REPLACE INTO audit_event ({columns}) VALUES ({values})",
        "postgresql": "TRUNCATE audit_event",
    }[kind]
    with pytest.raises(DatabaseError, match="append-only"), transaction(database) as connection:
        connection.execute(text(statement))
    assert [entry.actor for entry in entries(log)] == ["t1"]


# -- the chain --------------------------------------------------------------------------------


class Forger:
    """Somebody with full rights on the database file."""

    def __init__(self, database):
        self.path = database.url.database
        self.run("DROP TRIGGER audit_event_no_update", "DROP TRIGGER audit_event_no_delete")
        self.run("DROP TRIGGER audit_event_no_replace")

    def run(self, *statements):
        with sqlite3.connect(self.path) as connection:
            for statement in statements:
                connection.execute(*statement) if isinstance(statement, tuple) else connection.execute(statement)
        connection.close()


@pytest.fixture(scope="module")
def forged(install, tmp_path_factory):
    """A log of an installation shared by the examples of a test, emptied for each by its forger."""
    database = install(tmp_path_factory.mktemp("forged")).database
    forger = Forger(database)

    def make(events):
        forger.run("DELETE FROM audit_event")
        clock = Ticking()
        log = AuditLog(database, now=clock)
        with transaction(database) as connection:
            for item in events:
                log.write_in(connection, item)
        return log, forger

    return make


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


# -- text -------------------------------------------------------------------------------------


@pytest.fixture
def log(install, tmp_path):
    """An empty log; what becomes of text is the same on either database."""
    return AuditLog(install(tmp_path / "home").database)


@given(given_event=EVENTS)
@settings(max_examples=30, deadline=None)
def test_no_text_of_an_event_steers_a_reader_or_exceeds_its_length(forged, given_event):
    log, _ = forged([given_event])
    (found,) = entries(log)

    def texts(value):
        if isinstance(value, dict):
            return [text for pair in value.items() for item in pair for text in texts(item)]
        if isinstance(value, list):
            return [text for item in value for text in texts(item)]
        return [value] if isinstance(value, str) else []

    for written in [found.actor, found.subject, found.scope, found.address, *texts(found.detail)]:
        assert not any(is_invisible(character) for character in written)
        assert len(written) <= 500
    assert len(found.actor) <= 64
    assert len(found.address) <= 64


@pytest.mark.parametrize(
    ("harmful", "written"),
    [
        ("a\nDONE t0001 export", r"a\u000aDONE t0001 export"),
        ("\x1b[2Jx", r"\u001b[2Jx"),
        ("abc\u202egpj.exe", r"abc\u202egpj.exe"),
        ("a\u200bb\u2066c\ufeff", r"a\u200bb\u2066c\ufeff"),
        ("a\x00b\x7f\u2028", r"a\u0000b\u007f\u2028"),
        ("\U000e0041", r"\U000e0041"),
        ("x" * 1000, "x" * 299 + "…"),
        ("张三 · 𠮷", "张三 · 𠮷"),
    ],
)
def test_harmful_text_is_written_visibly(log, harmful, written):
    log.write(event(subject=harmful))
    log.write(event(subject=written))
    assert {entry.subject for entry in entries(log)} == {written}


@pytest.mark.parametrize(
    "told",
    [
        "440101200501011234",
        "身份证440101200501011234号",
        "id=44010119991231123X,",
        "４４０１０１２００５０１０１１２３４",
        "a440101200501011234b",
    ],
)
def test_an_identity_number_gets_in_nowhere(log, told):
    log.write(event(told, subject=told, scope=told, address=told, detail={told: told, "list": [{"deep": told}]}))
    (found,) = entries(log)
    core = told.strip("身份证号id=,ab")
    assert core[2:16] not in repr(found)
    assert "**************" in found.subject


def test_an_identity_number_given_as_a_number_is_masked_and_keys_are_not(log):
    log.write(event(detail={"id": 440101200501011234, "student": 9007199254740991, "batch": 17}))
    assert entries(log)[0].detail == {"id": "44**************34", "student": 9007199254740991, "batch": 17}


def test_secrets_are_withheld_whatever_their_form(log):
    log.write(
        event(detail={"Password": "hunter2", "new_password_hash": ["hunter2"], "form": {"token": "hunter2"}, "密码": 1})
    )
    (found,) = entries(log)
    assert "hunter2" not in repr(found)
    assert found.detail["密码"] == "[withheld]"


def test_a_large_or_deep_detail_is_bounded(log):
    deep = {}
    for _ in range(100):
        deep = {"in": deep}
    log.write(event(detail={"deep": deep, "long": list(range(10_000)), **{f"k{n}": n for n in range(1000)}}))
    assert len(repr(entries(log)[0].detail)) < 6000
    assert log.verify().is_sound


# -- reading ----------------------------------------------------------------------------------


def twelve(database):
    """Twelve events, an hour apart, from 20:30 on in the college's zone: the last ones are of the next day."""
    start = dt.datetime(2026, 11, 19, 20, 30, tzinfo=COLLEGE_ZONE)
    times = (start + dt.timedelta(hours=n) for n in range(12))
    made = AuditLog(database, now=lambda: next(times))
    for number in range(12):
        made.write(
            event(
                f"t{number % 3}",
                kind=AuditKind.DENIED if number % 4 == 0 else AuditKind.EXPORT,
                result=Result.DENIED if number % 4 == 0 else Result.DONE,
                subject=f"名单:{number}",
                address=f"10.0.0.{number}",
                detail={"课程": "机械制图_1"} if number == 5 else {},
            )
        )
    return AuditLog(database)


@pytest.fixture(scope="module", params=DATABASES)
def dozen(request, install, tmp_path_factory):
    """`twelve` events, for reading alone."""
    return twelve(install(tmp_path_factory.mktemp("dozen"), request.param).database)


def numbers(log, **fields):
    where = EventFilter(**fields)
    found = [entry.sequence for entry in log.find(scope=ALL, where=where).events]
    assert [entry.sequence for entry in log.export(scope=ALL, where=where)] == found
    assert log.count(scope=ALL, where=where) == len(found)
    return found


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({}, [12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]),
        ({"first_day": dt.date(2026, 11, 20)}, [12, 11, 10, 9, 8, 7, 6, 5]),
        ({"last_day": dt.date(2026, 11, 19)}, [4, 3, 2, 1]),
        ({"first_day": dt.date(2026, 11, 21)}, []),
        ({"actor": "T1"}, [11, 8, 5, 2]),
        ({"actor": "t"}, []),
        ({"kind": AuditKind.DENIED}, [9, 5, 1]),
        ({"result": Result.DONE, "actor": "t0"}, [10, 7, 4]),
        ({"text": "名单:1"}, [12, 11, 2]),
        ({"text": "机械制图_"}, [6]),
        ({"text": "机械%图"}, []),
        ({"text": "10.0.0.11"}, [12]),
        ({"up_to": 3}, [3, 2, 1]),
        ({"up_to": 3, "first_day": dt.date(2026, 11, 19), "kind": AuditKind.EXPORT}, [3, 2]),
    ],
)
def test_events_are_found_newest_first(dozen, fields, found):
    assert numbers(dozen, **fields) == found


def test_pages_of_a_search_stay_the_same_while_events_are_added(installation):
    log = twelve(installation.database)
    first = log.find(scope=ALL, size=5)
    log.write(event("t9"))
    pages = [log.find(scope=ALL, where=EventFilter(up_to=first.up_to), page=n, size=5) for n in (1, 2, 3)]
    assert [entry.sequence for page in pages for entry in page.events] == list(range(12, 0, -1))
    assert {page.total for page in pages} == {12}
    assert log.find(scope=ALL, where=EventFilter(up_to=first.up_to), page=99, size=5).events == pages[-1].events
    assert log.find(scope=ALL).total == 13


def test_an_end_beyond_the_log_is_its_end(dozen):
    assert dozen.find(scope=ALL, where=EventFilter(up_to=10**9)).total == 12


@pytest.mark.parametrize(
    "scope",
    [
        NOBODY,
        Scope.within("a class", class_=frozenset({1})),
        Scope(reason="no node", grants=(Grant(levels=frozenset({"audit"}), node="dept", reason="no node"),)),
    ],
)
def test_nothing_is_given_out_of_scope(dozen, scope):
    page = dozen.find(scope=scope)
    assert (page.events, page.total, page.up_to) == ((), 0, 0)
    assert dozen.count(scope=scope) == 0
    assert list(dozen.export(scope=scope)) == []


def test_an_export_of_many_events_leaves_none_out_and_repeats_none(install, tmp_path):
    database = install(tmp_path).database
    times = itertools.cycle([NOON, NOON, NOON - dt.timedelta(days=1)])  # equal times, and a clock that was set back
    log = AuditLog(database, now=lambda: next(times))
    with transaction(database) as connection:
        for number in range(2500):
            log.write_in(connection, event(f"t{number % 2}"))
    exporting = log.export(scope=ALL)
    first = next(exporting)
    log.write(event("added meanwhile"))
    found = [first, *exporting]
    assert sorted(entry.sequence for entry in found) == list(range(1, 2501))
    assert found == sorted(found, key=lambda e: (e.at, e.sequence), reverse=True)
    assert len(entries(log, EventFilter(actor="t1"))) == 1250


@pytest.mark.slow
def test_a_chain_holds_when_it_moves_to_another_database(install, postgresql, tmp_path):
    old = install(tmp_path / "home")
    log = AuditLog(old.database)
    for number in range(3):
        log.write(event(f"t{number}", detail={"share": 0.1, "名": ["张三", None]}, rows=number))
    target = postgresql()
    copy(old.settings.database_url, target)
    new = open_database(target)
    moved = AuditLog(new)
    assert moved.verify(expected=log.head()).is_sound
    moved.write(event("t3"))
    assert moved.verify().count == 4
    new.dispose()
