"""The audit log: one gapless chain whoever writes, nothing can be changed unseen."""

import datetime as dt
import hashlib
import itertools
import threading
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from data_access.access.audit import AuditKind, AuditLog, Event, EventFilter, Result
from data_access.access.audit_chain import EMPTY, GENESIS, Entry, digest
from data_access.access.scope import Grant, Scope
from data_access.clock import COLLEGE_ZONE
from data_access.database import open_database, transaction
from data_access.errors import InternalError
from docs.examples.copy_database import copy
from tests.conftest import DATABASES
from tests.data_access.access.log_entries import ALL, NOBODY, NOON, Ticking, entries, event

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
