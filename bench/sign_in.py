"""How many people can sign in each second, and what it costs each of their requests to know them."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, insert

from bench.college import Bench
from data_access import clock
from data_access.access.audit import AuditLog
from data_access.access.authentication import Authentication
from data_access.access.passwords import hash_password
from data_access.access.roles import Role
from data_access.access.secret import installation_secret
from data_access.access.sessions import Sessions
from data_access.database import transaction
from data_access.database.access_models import Account, PostRecord
from data_access.database.models import Entity
from data_access.installation import open_home
from data_access.settings import Settings

PASSWORD = "Bridge-over-9-rivers"
ACCOUNTS = 15_000
SIGN_INS = 400
RESUMED = 2_000
AT_ONCE = 2


def sign_ins(_: Bench) -> Iterator[str]:
    """Whole sign-ins (attempt, password, audit, session) and resumed sessions, on SQLite with 15,000 accounts."""
    with tempfile.TemporaryDirectory(prefix="luoxuan-sign-in-") as scratch:
        settings = Settings.at(Path(scratch) / "home")
        database = open_home(settings)
        _fill(database)
        yield f"sign-ins, {ACCOUNTS:,} accounts and posts, SQLite, {AT_ONCE} at once on {os.cpu_count()} processors:"
        numbers = range(1, SIGN_INS + 1)
        with ThreadPoolExecutor(AT_ONCE) as threads:
            yield _told("threads of one process", *_measured(threads, settings, numbers))
        numbers = range(SIGN_INS + 1, 2 * SIGN_INS + 1)
        with ProcessPoolExecutor(AT_ONCE, mp_context=multiprocessing.get_context("spawn")) as processes:
            yield _told("processes", *_measured(processes, settings, numbers))
        yield _resumed(database)
        database.dispose()


def _fill(database: Engine) -> None:
    """Accounts of one password, each with a post, and the organisation they hold it in."""
    now, today, hashed = clock.now(), clock.today(), hash_password(PASSWORD)
    numbers = range(1, ACCOUNTS + 1)
    with transaction(database) as connection:
        connection.execute(
            insert(Entity),
            [{"level": "student", "entity_id": n, "name": f"{n}", "code": f"{n}", "aliases": ""} for n in numbers],
        )
        connection.execute(
            insert(Account),
            [
                {
                    "account_id": n, "username": f"s{n}", "name": f"{n}", "person_kind": "student", "person_id": n,
                    "password_hash": hashed, "password_history": [], "source": "roster", "created_at": now,
                }
                for n in numbers
            ],
        )  # fmt: skip
        connection.execute(
            insert(PostRecord),
            [
                {
                    "account_id": n, "role": Role.STUDENT.value, "node_level": "student", "node_id": n,
                    "valid_from": today - dt.timedelta(days=80), "source": "roster", "granted_at": now,
                }
                for n in numbers
            ],
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Taken:
    """Seconds that one sign-in took, by the clock and of a processor."""

    wall: float
    processor: float


def _sign_in(settings: Settings, numbers: Sequence[int]) -> list[Taken]:
    """Signs in the accounts with these numbers, one after the other."""
    database = open_home(settings)
    audit = AuditLog(database)
    authentication = Authentication(database, audit, installation_secret(settings))
    taken: list[Taken] = []
    for number in numbers:
        start, used = time.perf_counter(), time.thread_time()
        address = f"10.0.{number // 250}.{number % 250}"
        outcome = authentication.by_password(f"s{number}", PASSWORD, address=address, browser="benchmark")
        if not outcome.token:
            raise RuntimeError(outcome.message)
        taken.append(Taken(wall=time.perf_counter() - start, processor=time.thread_time() - used))
    database.dispose()
    return taken


def _measured(pool: Executor, settings: Settings, numbers: Sequence[int]) -> tuple[float, list[Taken]]:
    """Sign-ins a second and the seconds of each."""
    list(pool.map(_sign_in, [settings] * AT_ONCE, [[ACCOUNTS - number] for number in range(AT_ONCE)]))  # imports
    start = time.perf_counter()
    taken = pool.map(_sign_in, [settings] * AT_ONCE, [numbers[part::AT_ONCE] for part in range(AT_ONCE)])
    each = [one for part in taken for one in part]
    return len(each) / (time.perf_counter() - start), each


def _told(name: str, rate: float, taken: list[Taken]) -> str:
    wall, processor = [each.wall for each in taken], statistics.median(each.processor for each in taken)
    slow = statistics.quantiles(wall, n=20)[-1]
    return (
        f"  {name:36} {rate:6.1f} /s, median {1000 * statistics.median(wall):.0f} ms, p95 {1000 * slow:.0f} ms, "
        f"of which {1000 * processor:.0f} ms of a processor"
    )


def _resumed(database: Engine) -> str:
    sessions = Sessions(database, AuditLog(database))
    tokens = [sessions.open(n, method="password", address="", browser="") for n in range(1, 101)]
    taken = []
    for number in range(RESUMED):
        start = time.perf_counter()
        sessions.resume(tokens[number % len(tokens)], is_activity=True)
        taken.append(time.perf_counter() - start)
    slow = statistics.quantiles(taken, n=20)[-1]
    return f"  {'a session resumed (every request)':36} median {1000 * statistics.median(taken):.2f} ms, p95 {1000 * slow:.2f} ms"
