"""The college's day, which is that of China whatever zone the machine is set to, and a clock that cannot be set."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from typing import Final
from zoneinfo import ZoneInfo

COLLEGE_ZONE: Final = ZoneInfo("Asia/Shanghai")


def today() -> dt.date:
    """The current date in the college's zone."""
    return dt.datetime.now(COLLEGE_ZONE).date()


class SteadyClock:
    """The time in UTC, in spite of a wall clock that is set forward or back while the process runs.

    Limits on sign-ins and sessions must neither end nor grow because somebody sets the clock. The wall clock is
    read once; from then on time passes as the machine counts it since it was started, sleep included.

    Args:
        wall: seconds since 1970 by the wall clock.
        steady: seconds since some moment, never set.
    """

    def __init__(self, wall: Callable[[], float] = time.time, steady: Callable[[], float] | None = None) -> None:
        self._steady = steady or _since_start
        self._epoch = wall() - self._steady()

    def now(self) -> dt.datetime:
        """The current time, aware."""
        return dt.datetime.fromtimestamp(self._epoch + self._steady(), dt.UTC)


def _since_start() -> float:
    # The monotonic clock of Linux stands still while the machine sleeps; sessions must not.
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


_CLOCK: Final = SteadyClock()


def now() -> dt.datetime:
    """The current time in UTC, aware; see `SteadyClock`."""
    return _CLOCK.now()


def utc(stored: dt.datetime) -> dt.datetime:
    """A time as the database gives it back, aware: SQLite forgets the zone, which is always UTC."""
    return stored.replace(tzinfo=dt.UTC) if stored.tzinfo is None else stored.astimezone(dt.UTC)
