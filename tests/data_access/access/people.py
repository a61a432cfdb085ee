"""Accounts, posts and sign-in of an empty installation, with a clock that tests can set."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Engine, insert

from data_access.access.accounts import Accounts, Actor
from data_access.access.audit import AuditLog
from data_access.access.audit_chain import Entry
from data_access.access.authentication import Authentication
from data_access.access.posts import Posts
from data_access.access.roles import Role
from data_access.access.scope import Scope
from data_access.access.sessions import Sessions
from data_access.access.throttle import WaitingRoom
from data_access.clock import COLLEGE_ZONE
from data_access.database import transaction
from data_access.database.models import Entity

ALL = Scope.all("test")
CONSOLE = Actor("console:tests", None)
SECRET = b"0f3a9c51d7e2b846a1c05d9e7f24b3806d58"
PASSWORD = "Bridge-over-9-rivers"
NOON = dt.datetime(2026, 11, 20, 4, 0, tzinfo=dt.UTC)
TODAY = dt.date(2026, 11, 20)


class Clock:
    """Stands still until it is moved."""

    def __init__(self, moment=NOON):
        self.moment = moment

    def now(self):
        return self.moment

    def today(self):
        return self.moment.astimezone(COLLEGE_ZONE).date()

    def pass_(self, **duration):
        self.moment += dt.timedelta(**duration)


@dataclass(frozen=True)
class People:
    """The parts of an installation that know people."""

    database: Engine
    clock: Clock
    audit: AuditLog
    accounts: Accounts
    posts: Posts
    sessions: Sessions
    authentication: Authentication

    def make(self, username, *roles, password=None, since=TODAY, **fields):
        """An account with posts of the whole school."""
        given = {"name": f"人员{username}", "person_kind": "other", "source": "manual", "by": CONSOLE, **fields}
        account_id = self.accounts.create(username=username, password=password, **given)
        for role in roles:
            self.grant(account_id, role, since=since)
        return account_id

    def grant(self, account_id, role, *, level="school", node_id=1, since=TODAY, until=None, by=CONSOLE):
        return self.posts.grant(
            account_id, role=role, node_level=level, node_id=node_id, valid_from=since, valid_to=until, by=by
        )

    def open(self, account_id, **fields):
        return self.sessions.open(
            account_id, **{"method": "password", "address": "10.1.2.3", "browser": "Firefox", **fields}
        )

    def resume(self, token, *, is_activity=True):
        return self.sessions.resume(token, is_activity=is_activity)

    def sign_in(self, username, password=PASSWORD, address="10.1.2.3"):
        return self.authentication.by_password(username, password, address=address)

    def entities(self, *rows):
        """Adds (level, id, name) to the organisation."""
        with transaction(self.database) as connection:
            for level, entity_id, name, *aliases in rows:
                values = {"level": level, "entity_id": entity_id, "name": name, "aliases": ";".join(aliases)}
                connection.execute(insert(Entity).values(**values))

    def events(self, kind=None):
        """The audit log, oldest first."""
        found = [entry for entry in self.audit.export(scope=ALL) if isinstance(entry, Entry)]
        return [entry for entry in reversed(found) if kind is None or entry.kind == kind]


def people(installation, clock=None, **parts):
    """The parts over an installation, all with the same clock."""
    clock = clock or Clock()
    database = installation.database
    audit = AuditLog(database, now=clock.now)
    room = parts.get("room") or WaitingRoom(places=2, seats=100)
    return People(
        database=database,
        clock=clock,
        audit=audit,
        accounts=Accounts(database, audit, now=clock.now, today=clock.today),
        posts=Posts(database, audit, now=clock.now),
        sessions=Sessions(database, audit, now=clock.now, today=clock.today),
        authentication=Authentication(database, audit, SECRET, room=room, now=clock.now, today=clock.today),
    )


def admin(made, username="sec", role=Role.SECURITY_ADMINISTRATOR):
    """An administrator who acts for themselves, as pages do."""
    return Actor(username, made.make(username, role), "10.9.9.9")
