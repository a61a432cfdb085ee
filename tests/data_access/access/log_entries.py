"""Events, a clock and somebody who forges, for tests of the audit log."""

import datetime as dt
import sqlite3

from hypothesis import strategies as st

from data_access.access.audit import EVERY, AuditKind, Event, Result
from data_access.access.audit_chain import Entry
from data_access.access.scope import Scope

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


def entries(log, where=EVERY):
    return [item for item in log.export(scope=ALL, where=where) if isinstance(item, Entry)]


class Ticking:
    """A clock that goes on by a minute whenever it is looked at."""

    def __init__(self, start=NOON):
        self.now = start

    def __call__(self):
        self.now += dt.timedelta(minutes=1)
        return self.now


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
