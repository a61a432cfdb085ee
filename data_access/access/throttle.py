"""How often somebody may guess: limits on failed attempts that stop a guesser and nobody else.

An attempt is written down before the password is looked at, so that guesses made side by side all count.
Failures are counted in three ways: of one name from one address, of one name from everywhere, and from one
address. From an address where a name has signed in of late only the first count matters to it: an outsider
can lock out nobody who comes from where they always come from. Where many share an address, somebody sits at a
browser in which they have signed in before (`known_browsers`): its attempts are counted by themselves alone.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import math
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from sqlalchemy import ColumnElement, Connection, Engine, case, delete, func, insert, select, update

from data_access import clock
from data_access.access.names import one_line
from data_access.database import transaction
from data_access.database.access_models import SignInAttempt

OF_NAME_AND_ADDRESS: Final = 5
OF_NAME: Final = 20
OF_ADDRESS: Final = 100
"""Failures within `WINDOW` after which one must wait. A campus may have one address for all its students:
each name that signs in from an address makes room for one failure more."""
WINDOW: Final = dt.timedelta(minutes=15)
SHORTEST_WAIT: Final = dt.timedelta(minutes=15)
LONGEST_WAIT: Final = dt.timedelta(hours=1)
REMEMBERED: Final = dt.timedelta(hours=24)
"""Failures of the last day make the next wait longer."""
KNOWN: Final = dt.timedelta(days=30)
"""So long an address is known for a name that has signed in from there."""

_Conditions: TypeAlias = tuple[ColumnElement[bool], ...]
_REFUSED_AGAIN: Final = dt.timedelta(minutes=1)
_PRUNED_EVERY: Final = dt.timedelta(hours=1)
_LOCK: Final = 0x6C75_6F78_7468_7274
"""Key of PostgreSQL's advisory lock: one attempt at a time is weighed and written down."""
_BROWSER: Final = "browser:"
"""Before a known browser, where an attempt has it in place of the address."""
_FAILURES: Final = ("failed", "open")
"""An attempt without an outcome is being checked, or its process died: it counts as failed until it succeeds."""


@dataclass(frozen=True, kw_only=True)
class Admission:
    """Whether an attempt may be made.

    Attributes:
        attempt_id: number of the attempt; None where it is refused.
        key: the name, as its keyed hash.
        network: the address, as it is counted.
        browser: which known browser it comes from; empty where it is none.
        retry_after: seconds until it may be tried again; 0 where it is admitted.
        is_news: refused, and not for the same reason within the last minute: worth a line in the audit log.
    """

    attempt_id: int | None
    key: str
    network: str
    browser: str = ""
    retry_after: int = 0
    is_news: bool = False

    @property
    def counted_at(self) -> str:
        """The known browser or the address, as attempts are written down under it."""
        return f"{_BROWSER}{self.browser}" if self.browser else self.network


def network_of(address: str) -> str:
    """The address as failures are counted by: an IPv6 network of /64 belongs to one line, so it counts as one."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return one_line(address, 64)
    if found.version == 6:
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def wait_after(failures: Sequence[dt.datetime], most: int, now: dt.datetime) -> dt.timedelta:
    """How long to wait from `now` on; zero or less where nothing has to be waited for.

    Any `most` failures within `WINDOW` begin a wait; each further such series doubles it. Failures
    that lie in the future, because the clock was set back, count as well.

    Args:
        failures: times of failures since the last success, newest first.
        most: how many are borne within the window.
        now: the current time.
    """
    ends = [
        last + min(SHORTEST_WAIT * 2 ** ((len(failures) - index) // most - 1), LONGEST_WAIT)
        for index, (last, first) in enumerate(zip(failures, failures[most - 1 :], strict=False))
        if last - first <= WINDOW
    ]
    # A later failure, made where one need not wait, ends no wait that has begun.
    return max(ends, default=now) - now


class Throttle:
    """Counts attempts to sign in to an installation.

    Args:
        database: its database.
        now: the current time, aware.
    """

    def __init__(self, database: Engine, *, now: Callable[[], dt.datetime] = clock.now) -> None:
        self._database = database
        self._now = now
        self._pruned_at: dt.datetime | None = None

    def reserve(self, key: str, address: str, *, known_browser: str = "") -> Admission:
        """Write down an attempt, or refuse it.

        Args:
            key: whose password is guessed at: a keyed hash of the name typed, at most 64 characters.
            address: network address of the client.
            known_browser: which browser it is, where this name has signed in in it before, at most 56 characters;
                failures elsewhere do not stop it, and its own stop it alone.

        Raises:
            BusyError: the database stayed locked.
        """
        asked = Admission(attempt_id=None, key=key, network=network_of(address), browser=known_browser)
        network, now = asked.counted_at, self._now()
        with transaction(self._database) as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
            self._prune(connection, now)
            pair: _Conditions = (SignInAttempt.username_hash == key, SignInAttempt.address == network)
            wait, because_of = _wait_of_name(connection, pair, now), pair
            if wait <= dt.timedelta() and not known_browser and not _is_known(connection, pair, now):
                of_name = pair[0], SignInAttempt.address.not_like(f"{_BROWSER}%")
                wait = wait_after(_failures(connection, of_name, 4 * OF_NAME, now), OF_NAME, now)
                if wait <= dt.timedelta():
                    wait, because_of = _wait_of_address(connection, network, now), pair[1:]
            if wait <= dt.timedelta():
                return replace(asked, attempt_id=_write(connection, key, network, now, "open"))
            recent = select(SignInAttempt.attempt_id).where(
                *because_of, SignInAttempt.outcome == "refused", SignInAttempt.at > now - _REFUSED_AGAIN
            )
            is_news = connection.execute(recent.limit(1)).first() is None
            if is_news:
                _write(connection, key, network, now, "refused")
        return replace(asked, retry_after=math.ceil(wait.total_seconds()), is_news=is_news)

    def settle(self, connection: Connection, admission: Admission, *, succeeded: bool) -> None:
        """Record how an admitted attempt ended, within the caller's write transaction.

        A success forgets the failures of this name from this address or known browser, and no others. One in a
        known browser makes its address known as well; failures of strangers there stay.
        """
        if succeeded:
            _forget(connection, admission.key, admission.counted_at, ("failed", "succeeded"))
            if admission.browser:
                _forget(connection, admission.key, admission.network, ("succeeded",))
                _write(connection, admission.key, admission.network, self._now(), "succeeded")
        connection.execute(
            update(SignInAttempt)
            .where(SignInAttempt.attempt_id == admission.attempt_id)
            .values(outcome="succeeded" if succeeded else "failed")
        )

    def _prune(self, connection: Connection, now: dt.datetime) -> None:
        if self._pruned_at is not None and now - self._pruned_at < _PRUNED_EVERY:
            return
        self._pruned_at = now
        forgotten = SignInAttempt.at < now - REMEMBERED, SignInAttempt.outcome != "succeeded"
        connection.execute(delete(SignInAttempt).where(*forgotten))
        connection.execute(delete(SignInAttempt).where(SignInAttempt.at < now - KNOWN))


def _forget(connection: Connection, key: str, counted_at: str, outcomes: Sequence[str]) -> None:
    connection.execute(
        delete(SignInAttempt).where(
            SignInAttempt.username_hash == key,
            SignInAttempt.address == counted_at,
            SignInAttempt.outcome.in_(outcomes),
        )
    )


def _write(connection: Connection, key: str, network: str, now: dt.datetime, outcome: str) -> int:
    written = connection.execute(
        insert(SignInAttempt)
        .values(username_hash=key, address=network, at=now, outcome=outcome)
        .returning(SignInAttempt.attempt_id)
    )
    return written.scalar_one()


def _failures(connection: Connection, whose: _Conditions, most: int, now: dt.datetime) -> list[dt.datetime]:
    query = (
        select(SignInAttempt.at)
        .where(*whose, SignInAttempt.outcome.in_(_FAILURES), SignInAttempt.at > now - REMEMBERED)
        .order_by(SignInAttempt.at.desc())
        .limit(most)
    )
    return [clock.utc(at) for at in connection.execute(query).scalars()]


def _wait_of_name(connection: Connection, pair: _Conditions, now: dt.datetime) -> dt.timedelta:
    return wait_after(_failures(connection, pair, 4 * OF_NAME_AND_ADDRESS, now), OF_NAME_AND_ADDRESS, now)


def _is_known(connection: Connection, pair: _Conditions, now: dt.datetime) -> bool:
    query = select(SignInAttempt.attempt_id).where(
        *pair, SignInAttempt.outcome == "succeeded", SignInAttempt.at > now - KNOWN
    )
    return connection.execute(query.limit(1)).first() is not None


def _wait_of_address(connection: Connection, network: str, now: dt.datetime) -> dt.timedelta:
    """Until fewer failures than are borne lie within the window; there is no longer wait for an address."""
    recent = SignInAttempt.address == network, SignInAttempt.at > now - WINDOW
    failed = SignInAttempt.outcome.in_(_FAILURES)
    counts = connection.execute(
        select(
            func.coalesce(func.sum(case((failed, 1), else_=0)), 0).label("failed"),
            func.coalesce(func.sum(case((SignInAttempt.outcome == "succeeded", 1), else_=0)), 0).label("succeeded"),
        ).where(*recent)
    ).one()
    most = OF_ADDRESS + counts.succeeded
    if counts.failed < most:
        return dt.timedelta()
    first = (
        select(SignInAttempt.at).where(*recent, failed).order_by(SignInAttempt.at).offset(counts.failed - most).limit(1)
    )
    return clock.utc(connection.execute(first).scalar_one()) + WINDOW - now


# -- how much is done at once -----------------------------------------------------------------


class WaitingRoom:
    """Lets a few do costly work at once and some more wait for it; all others are turned away at once.

    Args:
        places: how many work at the same time.
        seats: how many may wait.
    """

    def __init__(self, *, places: int, seats: int) -> None:
        self._places = threading.BoundedSemaphore(places)
        self._admitted = threading.BoundedSemaphore(places + seats)

    @contextmanager
    def place(self) -> Iterator[bool]:
        """Waits for a place and gives True, or gives False where the room is full."""
        if not self._admitted.acquire(blocking=False):
            yield False
            return
        try:
            with self._places:
                yield True
        finally:
            self._admitted.release()
