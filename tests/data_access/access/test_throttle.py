"""Guessers are stopped, and nobody else: counted before the check, by name and address, with growing waits."""

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, insert, select

from data_access.access import throttle
from data_access.access.throttle import Throttle, WaitingRoom, network_of, wait_after
from data_access.clock import SteadyClock
from data_access.database import transaction
from data_access.database.access_models import SignInAttempt
from tests.data_access.access.people import NOON, Clock

HOME, ELSEWHERE = "10.1.2.3", "203.0.113.9"
MINUTE = 60


class Gate:
    """A throttle that tells in one word what became of an attempt."""

    def __init__(self, installation, clock=None):
        self.clock = clock or Clock()
        self.database = installation.database
        self.throttle = Throttle(installation.database, now=self.clock.now)

    def fail(self, key, address=HOME, times=1, browser=""):
        """Wrong passwords; gives the wait that met the last of them, 0 where it was looked at."""
        return [self._try(key, address, browser, succeeded=False) for _ in range(times)][-1]

    def succeed(self, key, address=HOME, browser=""):
        return self._try(key, address, browser, succeeded=True)

    def _try(self, key, address, browser, *, succeeded):
        admission = self.throttle.reserve(key, address, known_browser=browser)
        if admission.attempt_id is not None:
            with transaction(self.database) as connection:
                self.throttle.settle(connection, admission, succeeded=succeeded)
        return admission.retry_after

    def plant(self, *attempts, outcome="failed"):
        """Writes attempts as they would have been left just now, as (key, address)."""
        rows = [
            {"username_hash": key, "address": address, "at": self.clock.now(), "outcome": outcome}
            for key, address in attempts
        ]
        with transaction(self.database) as connection:
            connection.execute(insert(SignInAttempt), rows)

    def rows(self, *where):
        with self.database.connect() as connection:
            return connection.execute(select(func.count()).select_from(SignInAttempt).where(*where)).scalar_one()


@pytest.fixture
def gate(installation):
    return Gate(installation)


def test_five_failures_stop_a_name_from_an_address(gate):
    assert gate.fail("a", times=5) == 0
    assert gate.fail("a") == 15 * MINUTE
    assert gate.succeed("a") == 15 * MINUTE


def test_another_name_and_another_address_go_on(gate):
    gate.fail("a", times=6)
    assert gate.succeed("b") == 0
    assert gate.succeed("a", ELSEWHERE) == 0


def test_the_wait_ends(gate):
    gate.fail("a", times=6)
    gate.clock.pass_(minutes=14, seconds=59)
    assert gate.succeed("a") == 1
    gate.clock.pass_(seconds=1)
    assert gate.succeed("a") == 0


def test_an_attempt_that_is_refused_does_not_prolong_the_wait(gate):
    gate.fail("a", times=5)
    for _ in range(14):
        gate.clock.pass_(minutes=1)
        gate.fail("a")
    gate.clock.pass_(minutes=1)
    assert gate.succeed("a") == 0


def test_each_further_series_waits_longer_up_to_an_hour(gate):
    waits = []
    for _ in range(5):
        assert gate.fail("a", times=5) == 0
        waits.append(gate.fail("a") // MINUTE)
        gate.clock.pass_(minutes=waits[-1], seconds=1)
    assert waits == [15, 30, 60, 60, 60]


def test_a_failure_at_a_known_address_does_not_end_the_wait_of_strangers(gate):
    gate.succeed("leader", HOME)
    for number in range(20):
        gate.fail("leader", f"203.0.113.{number}")
    gate.clock.pass_(minutes=10)
    gate.plant(*(("leader", f"198.51.100.{number}") for number in range(20)))
    gate.clock.pass_(minutes=16)
    assert gate.fail("leader", HOME) == 0
    assert gate.fail("leader", "198.51.100.99") > 0


def test_failures_far_apart_are_no_series(gate):
    for _ in range(20):
        assert gate.fail("a") == 0
        gate.clock.pass_(minutes=4)


def test_a_success_forgets_the_failures_of_this_name_from_this_address_only(gate):
    gate.fail("a", times=4)
    gate.fail("b", times=4)
    gate.fail("a", ELSEWHERE, times=4)
    gate.succeed("a")
    assert gate.fail("a", times=4) == 0
    assert gate.fail("b", times=2) > 0
    assert gate.fail("a", ELSEWHERE, times=2) > 0


def test_guesses_from_many_addresses_stop_the_name(gate):
    for number in range(10):
        gate.fail("leader", f"203.0.113.{number}", times=2)
    assert gate.fail("leader", "198.51.100.1") == 15 * MINUTE
    assert gate.fail("other", "198.51.100.1") == 0


def test_an_outsider_cannot_lock_out_who_comes_from_where_they_always_come_from(gate):
    gate.succeed("leader", HOME)
    gate.clock.pass_(days=29)
    gate.plant(*(("leader", f"203.0.113.{number}") for number in range(200)))
    assert gate.fail("leader", "198.51.100.1") > 0
    assert gate.fail("leader", HOME) == 0
    assert gate.succeed("leader", HOME) == 0


def test_an_address_is_known_for_thirty_days(gate):
    gate.succeed("leader", HOME)
    gate.clock.pass_(days=31)
    for number in range(10):
        gate.fail("leader", f"203.0.113.{number}", times=2)
    assert gate.fail("leader", HOME) > 0


def test_a_known_address_gives_no_more_guesses_than_another(gate):
    gate.succeed("leader", HOME)
    assert gate.fail("leader", HOME, times=5) == 0
    assert gate.fail("leader", HOME) > 0


def test_one_address_that_tries_many_names_is_stopped_and_who_is_known_there_is_not(gate):
    gate.succeed("regular", ELSEWHERE)
    gate.plant(*((f"name{number}", ELSEWHERE) for number in range(99)))
    assert gate.fail("last", ELSEWHERE, times=2) == 0
    assert 0 < gate.fail("next", ELSEWHERE) <= 15 * MINUTE
    assert gate.fail("next", HOME) == 0
    assert gate.succeed("regular", ELSEWHERE) == 0
    gate.clock.pass_(minutes=15, seconds=1)
    assert gate.fail("next", ELSEWHERE) == 0


def test_a_campus_behind_one_address_earns_room_by_those_who_sign_in(gate):
    for _ in range(3):
        gate.succeed("student", HOME)  # the same one again makes no more room
    gate.plant(*((f"student{number}", HOME) for number in range(59)), outcome="succeeded")
    gate.plant(*((f"mistyped{number}", HOME) for number in range(159)))
    assert gate.fail("last", HOME) == 0
    assert gate.fail("next", HOME) > 0


def test_strangers_stop_nobody_in_a_known_browser_wherever_they_are(gate):
    gate.fail("a", HOME, times=6)
    gate.plant(*(("a", f"203.0.113.{number}") for number in range(50)))
    gate.plant(*((f"name{number}", HOME) for number in range(120)))
    assert gate.fail("a", HOME) > 0
    assert gate.succeed("a", HOME, browser="b1") == 0
    assert gate.fail("a", HOME) > 0  # and who sits in it makes no room for them


def test_a_known_browser_has_five_failures_of_its_own(gate):
    assert gate.fail("a", browser="b1", times=5) == 0
    assert gate.fail("a", browser="b1") == gate.succeed("a", ELSEWHERE, browser="b1") == 15 * MINUTE
    assert gate.succeed("a", browser="b2") == gate.succeed("c", browser="b1") == 0
    gate.plant(*(("a", f"browser:{number}") for number in range(30)))
    assert gate.fail("a", times=5) == 0  # nor do they count against anybody else
    gate.clock.pass_(minutes=15)
    assert gate.succeed("a", browser="b1") == 0


def test_a_success_in_a_known_browser_makes_its_address_known(gate):
    gate.succeed("a", HOME, browser="b1")
    gate.plant(*(("a", f"203.0.113.{number}") for number in range(50)))
    assert gate.succeed("a", HOME) == 0
    assert gate.fail("a", "198.51.100.1") > 0
    gate.succeed("a", HOME, browser="b1")
    assert gate.rows(SignInAttempt.outcome == "succeeded", SignInAttempt.address == HOME) == 1


def test_an_attempt_whose_process_died_counts_as_failed(gate):
    for _ in range(5):
        assert gate.throttle.reserve("a", HOME).attempt_id is not None
    assert gate.throttle.reserve("a", HOME).attempt_id is None


def test_fifty_guesses_side_by_side_count_as_fifty(gate):
    start = threading.Barrier(50)

    def guess(_):
        start.wait()
        return gate.throttle.reserve("a", HOME).attempt_id is not None

    with ThreadPoolExecutor(50) as pool:
        admitted = list(pool.map(guess, range(50)))
    assert admitted.count(True) == 5


def test_guesses_side_by_side_from_many_addresses_count_as_well(gate):
    start = threading.Barrier(40)

    def guess(number):
        start.wait()
        return gate.throttle.reserve("a", f"203.0.113.{number}").attempt_id is not None

    with ThreadPoolExecutor(40) as pool:
        assert list(pool.map(guess, range(40))).count(True) == 20


def test_refusals_are_news_once_a_minute(gate):
    gate.fail("a", times=5)
    assert [gate.throttle.reserve("a", HOME).is_news for _ in range(3)] == [True, False, False]
    gate.clock.pass_(minutes=1, seconds=1)
    assert gate.throttle.reserve("a", HOME).is_news


def test_a_flood_of_names_from_one_address_is_news_once_a_minute(gate):
    gate.plant(*((f"name{number}", HOME) for number in range(100)))
    assert [gate.throttle.reserve(f"next{number}", HOME).is_news for number in range(5)].count(True) == 1


def test_attempts_are_forgotten_after_a_day_and_known_addresses_after_thirty(gate):
    gate.fail("a", times=6)
    gate.succeed("b")
    gate.clock.pass_(days=1, hours=2)
    gate.succeed("c")
    assert gate.rows() == 2
    gate.clock.pass_(days=30, hours=1)
    gate.succeed("d")
    assert gate.rows() == 1


@pytest.mark.parametrize("jump", [dt.timedelta(hours=1), dt.timedelta(hours=-1)])
def test_setting_the_clock_of_a_running_server_unlocks_nobody(installation, jump):
    wall, steady = [NOON.timestamp()], [5_000.0]
    clock = SteadyClock(wall=lambda: wall[0], steady=lambda: steady[0])
    gate = Gate(installation, clock)
    gate.fail("a", times=6)
    wall[0] += jump.total_seconds()
    assert gate.fail("a") == 15 * MINUTE
    steady[0] += 15 * MINUTE + 1
    assert gate.succeed("a") == 0


def test_a_server_restarted_under_a_clock_set_back_unlocks_nobody(installation):
    gate = Gate(installation)
    gate.fail("a", times=6)
    gate.plant(*((f"name{number}", ELSEWHERE) for number in range(100)))
    gate.clock.pass_(hours=-1)
    later = Gate(installation, gate.clock)
    assert later.fail("a") > 0
    assert later.fail("new", ELSEWHERE) > 0


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("10.1.2.3", "10.1.2.3"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:0db8:0001:0002:bbbb:0:0:9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:10.1.2.3", "10.1.2.3"),
        ("", ""),
        ("x" * 500, "x" * 64),
    ],
)
def test_failures_are_counted_by_line_and_not_by_the_many_addresses_it_has(address, network):
    assert network_of(address) == network


TIMES = st.lists(st.integers(0, 24 * 60), max_size=40).map(sorted)


@given(TIMES, st.integers(1, 8), st.integers(0, 60))
def test_a_further_failure_never_shortens_a_wait(minutes, most, later):
    def failures(values):
        return [NOON + dt.timedelta(minutes=value) for value in reversed(values)]

    now = NOON + dt.timedelta(minutes=(minutes[-1] if minutes else 0) + later)
    before = wait_after(failures(minutes), most, now)
    after = wait_after(failures([*minutes, (now - NOON).total_seconds() / 60]), most, now)
    assert after >= before or before <= dt.timedelta() >= after


@given(TIMES, st.integers(1, 8))
def test_the_wait_is_never_longer_than_an_hour(minutes, most):
    failures = [NOON + dt.timedelta(minutes=value) for value in reversed(minutes)]
    now = failures[0] if failures else NOON
    assert wait_after(failures, most, now) <= throttle.LONGEST_WAIT
    if len(failures) < most:
        assert wait_after(failures, most, now) <= dt.timedelta()


def test_a_full_waiting_room_turns_away_at_once_and_lets_in_again():
    room = WaitingRoom(places=1, seats=1)
    working, leave = threading.Semaphore(0), threading.Event()

    def work():
        with room.place() as has_place:
            if has_place:
                working.release()
                leave.wait(10)
            return has_place

    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(work)
        working.acquire()
        others = [pool.submit(work), pool.submit(work)]  # one sits down, and the other finds no seat
        turned_away = next(as_completed(others, timeout=10)).result()
        leave.set()
        assert turned_away is False
        assert first.result() is True
        assert sorted(other.result() for other in others) == [False, True]
    with room.place() as again:
        assert again


def test_work_that_fails_leaves_its_place_free():
    room = WaitingRoom(places=1, seats=0)
    for _ in range(3):
        with pytest.raises(RuntimeError, match="broken"), room.place():
            raise RuntimeError("broken")
    with room.place() as has_place:
        assert has_place
