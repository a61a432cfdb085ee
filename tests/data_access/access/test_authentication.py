"""Signing in: the same answer and the same work for whoever is not let in, and a line in the log for everybody."""

import hashlib
import os
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed

import pytest
from argon2 import PasswordHasher
from sqlalchemy import event, select, text, update

from data_access.access import authentication
from data_access.access.authentication import BUSY, NO_ACCOUNT, NO_POST, WRONG, Authentication, Outcome, waiting_room
from data_access.access.passwords import needs_rehash
from data_access.access.roles import Role
from data_access.access.throttle import WaitingRoom
from data_access.database import transaction
from data_access.database.access_models import Account, SignInAttempt
from tests.data_access.access.people import ALL, CONSOLE, PASSWORD, SECRET, TODAY, people


@pytest.fixture
def college(installation):
    return people(installation)


@pytest.fixture
def known(college):
    """A college with the enabled account t1."""
    college.make("t1", Role.LEADER, password=PASSWORD)
    return college


def told(college):
    return [
        (event.actor, event.subject, event.result, event.detail.get("because") or event.detail["method"])
        for event in college.events("sign-in")
    ]


def attempts(college):
    columns = SignInAttempt.username_hash, SignInAttempt.address, SignInAttempt.outcome
    with college.database.connect() as connection:
        return connection.execute(select(*columns)).all()


# -- by password ------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["t1", "T1", " t1 ", "ｔ１"])
def test_name_and_password_let_in(known, typed):
    outcome = known.sign_in(typed)
    assert outcome == Outcome(account_id=known.accounts.named("t1", scope=ALL).account_id)
    assert told(known) == [("t1", "account:t1", "done", "password")]


@pytest.mark.parametrize("typed", ["T1", "nobody", "", "t1\x00", "卌" * 300, "\ud800", "' OR 1=1 --"])
def test_whoever_is_not_let_in_gets_the_same_answer(known, typed):
    assert known.sign_in(typed, "Wrong-password-1") == Outcome(message=WRONG)


@pytest.mark.parametrize("typed", ["", " ", PASSWORD + " ", PASSWORD.upper(), "x" * 100_000, "\ud800", "a\x00b"])
def test_no_other_password_lets_in(known, typed):
    assert known.sign_in("t1", typed) == Outcome(message=WRONG)


def test_a_disabled_account_is_told_nothing_else_even_with_the_right_password(known):
    known.accounts.disable(1, because="", by=CONSOLE)
    assert known.sign_in("t1") == Outcome(message=WRONG)
    assert known.sign_in("t1", "Wrong-password-1") == Outcome(message=WRONG)


def test_an_account_without_a_password_cannot_sign_in_by_one(college):
    college.make("sso", Role.LEADER)
    for typed in ("", "None", PASSWORD):
        assert college.sign_in("sso", typed) == Outcome(message=WRONG)


def test_that_there_is_no_post_is_told_only_after_the_right_password(college):
    college.make("t1", password=PASSWORD)
    assert college.sign_in("t1", "Wrong-password-1") == Outcome(message=WRONG)
    assert college.sign_in("t1") == Outcome(message=NO_POST)
    assert told(college)[-1] == ("", "account:t1", "denied", "no-post")


def test_a_post_that_ended_yesterday_is_none(college):
    account_id = college.make("t1", password=PASSWORD)
    college.grant(account_id, Role.LEADER, since=TODAY.replace(day=1), until=TODAY.replace(day=19))
    assert college.sign_in("t1") == Outcome(message=NO_POST)


def test_all_who_are_not_let_in_cost_the_same_work(known):
    known.make("gone", Role.LEADER, password=PASSWORD)
    known.accounts.disable(2, because="", by=CONSOLE)
    cost = {}
    for _ in range(5):
        known.clock.pass_(hours=2)  # no limit is reached
        for name in ("nobody", "t1", "gone"):
            start = time.process_time()
            known.sign_in(name, "Wrong-password-1")
            cost.setdefault(name, []).append(time.process_time() - start)
    wrong = min(cost["t1"])
    assert 0.6 < min(cost["nobody"]) / wrong < 1.6
    assert 0.6 < min(cost["gone"]) / wrong < 1.6


def test_a_sign_in_is_two_commits_whatever_comes_of_it(known):
    commits = []
    known.sign_in("t1")  # the first one of a process also clears up
    event.listen(known.database, "commit", commits.append)
    for name, typed in (("t1", PASSWORD), ("t1", "wrong"), ("nobody", "wrong")):
        commits.clear()
        known.sign_in(name, typed)
        assert len(commits) == 2


def test_a_session_begins_in_the_commit_of_the_outcome_where_it_is_asked_for(known):
    commits = []
    known.sign_in("t1")
    event.listen(known.database, "commit", commits.append)
    outcome = known.authentication.by_password("t1", PASSWORD, address="10.1.2.3", browser="Firefox")
    assert len(commits) == 2
    assert known.resume(outcome.token).account_id == outcome.account_id
    assert [session.browser for session in known.sessions.of(1)] == ["Firefox"]
    assert outcome.token not in repr(outcome)
    refused = known.authentication.by_password("t1", "wrong", address="10.1.2.3", browser="Firefox")
    assert refused == Outcome(message=WRONG)
    assert known.sign_in("t1").token == ""
    assert len(known.sessions.of(1)) == 1


def test_a_hash_with_former_parameters_is_made_anew_at_the_next_sign_in(known):
    weak = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
    with transaction(known.database) as connection:
        connection.execute(update(Account).values(password_hash=weak))
    assert known.sign_in("t1", "Wrong-password-1").account_id is None
    assert stored_hash(known) == weak
    assert known.sign_in("t1").account_id == 1
    assert not needs_rehash(stored_hash(known))
    assert known.sign_in("t1").account_id == 1


def stored_hash(college):
    with college.database.connect() as connection:
        return connection.execute(select(Account.password_hash)).scalar_one()


def test_a_password_changed_while_the_old_one_was_checked_lets_nobody_in(known, monkeypatch):
    def slow(hashed, typed):
        known.accounts.reset_password(1, by=CONSOLE)
        return verify(hashed, typed)

    verify = authentication.verify_password
    monkeypatch.setattr(authentication, "verify_password", slow)
    assert known.sign_in("t1") == Outcome(message=WRONG)


# -- limits -----------------------------------------------------------------------------------


def test_five_wrong_passwords_make_even_the_right_one_wait(known):
    for _ in range(5):
        assert known.sign_in("t1", "wrong").message == WRONG
    outcome = known.sign_in("t1")
    assert outcome == Outcome(message="尝试次数过多，请在 15 分钟后再试。", retry_after=900)
    assert known.sign_in("t1", address="10.7.7.7").account_id == 1
    known.clock.pass_(minutes=15)
    assert known.sign_in("t1").account_id == 1


def test_a_name_that_does_not_exist_is_made_to_wait_just_the_same(known):
    answers = {}
    for name in ("t1", "nobody"):
        answers[name] = [known.sign_in(name, "wrong") for _ in range(7)]
    assert answers["t1"] == answers["nobody"]


@pytest.mark.parametrize("spelling", ["T1", " t1", "ｔ1"])
def test_another_spelling_of_a_name_gives_no_more_guesses(known, spelling):
    for _ in range(5):
        known.sign_in("t1", "wrong")
    assert known.sign_in(spelling, "wrong").retry_after > 0


def test_fifty_guesses_side_by_side_are_five_guesses(known):
    start = threading.Barrier(50)

    def guess(number):
        start.wait()
        return known.sign_in("t1", f"guess {number}")

    with ThreadPoolExecutor(50) as pool:
        outcomes = list(pool.map(guess, range(50)))
    assert [outcome.message for outcome in outcomes].count(WRONG) == 5
    assert [outcome.retry_after > 0 for outcome in outcomes].count(True) == 45
    assert known.sign_in("t1").retry_after > 0


def test_when_too_many_come_at_once_the_others_are_asked_to_come_later(installation):
    college = people(installation, room=WaitingRoom(places=1, seats=1))
    for number in range(12):
        college.make(f"t{number}", Role.LEADER, password=PASSWORD)
    start = threading.Barrier(12)

    def sign_in(number):
        start.wait()
        return college.sign_in(f"t{number}")

    with ThreadPoolExecutor(12) as pool:
        outcomes = list(pool.map(sign_in, range(12)))
    busy = [outcome for outcome in outcomes if outcome == Outcome(message=BUSY, retry_after=5)]
    assert len(busy) + len([outcome for outcome in outcomes if outcome.account_id]) == 12
    assert busy
    assert len(attempts(college)) == 12 - len(busy)
    assert college.sign_in("t0").account_id == 1


def test_there_is_room_for_each_processor_and_twice_as_many_to_wait():
    room, cores = waiting_room(), len(os.sched_getaffinity(0))
    leave = threading.Event()

    def enter(_):
        with room.place() as has_place:
            if has_place:
                leave.wait(10)
            return has_place

    with ThreadPoolExecutor(3 * cores + 1) as pool:
        came = [pool.submit(enter, number) for number in range(3 * cores + 1)]
        assert next(as_completed(came, timeout=10)).result() is False
        leave.set()
        assert [future.result() for future in came].count(False) == 1


def test_while_the_database_is_locked_people_are_asked_to_come_later(install, tmp_path):
    college = people(install(tmp_path / "home"))
    college.make("t1", Role.LEADER, password=PASSWORD)
    holder = sqlite3.connect(college.database.url.database, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with college.database.connect() as connection:
        connection.execute(text("PRAGMA busy_timeout = 50"))
    assert college.sign_in("t1") == Outcome(message=BUSY, retry_after=5)
    sso = college.authentication.by_single_sign_on("t1", method="cas", address="")
    assert sso == Outcome(message=BUSY, retry_after=5)
    holder.close()
    assert college.sign_in("t1").account_id == 1


def test_a_stranger_at_the_same_address_does_not_lock_out_a_browser_that_is_known(known):
    def sign_in(password, mark):
        return known.authentication.by_password("t1", password, address="10.1.2.3", mark=mark)

    mark = sign_in(PASSWORD, "").mark
    for _ in range(50):
        sign_in("wrong", "")
    other = Authentication(known.database, known.audit, SECRET[::-1], now=known.clock.now)
    known.make("t2", Role.LEADER, password=PASSWORD)
    of_t2 = known.authentication.by_password("t2", PASSWORD, address="10.1.2.3", mark="").mark
    foreign = other.by_password("t2", PASSWORD, address="10.1.2.4", mark="").mark
    for not_known in ("", "forged", mark[:-2], of_t2, foreign):
        assert sign_in(PASSWORD, not_known).retry_after == 900
    assert sign_in("wrong", mark).message == WRONG
    assert sign_in(PASSWORD, mark).account_id == 1
    assert sign_in(PASSWORD, "").retry_after == 900


def test_only_a_success_gives_a_mark_and_only_where_it_is_asked_for(known):
    assert known.authentication.by_password("t1", "wrong", address="10.1.2.3", mark="").mark == ""
    assert known.sign_in("t1").mark == ""
    sso = known.authentication.by_single_sign_on("t1", method="cas", address="10.1.2.3", mark="")
    assert known.authentication.by_single_sign_on("nobody", method="cas", address="10.1.2.3", mark="").mark == ""
    for _ in range(6):
        known.sign_in("t1", "wrong")
    outcome = known.authentication.by_password("t1", PASSWORD, address="10.1.2.3", mark=sso.mark)
    assert outcome.account_id == 1
    assert outcome.mark not in repr(outcome)


# -- the record -------------------------------------------------------------------------------


def test_every_outcome_is_recorded(known):
    known.sign_in("t1", "wrong", address="10.1.1.1")
    known.sign_in("somebody", "wrong")
    for _ in range(5):
        known.sign_in("t1", "wrong", address="10.1.1.2")
    for _ in range(3):
        known.sign_in("t1", address="10.1.1.2")
    known.sign_in("t1")
    known.accounts.disable(1, because="", by=CONSOLE)
    known.sign_in("t1")
    assert told(known) == [
        ("", "account:t1", "failed", "wrong"),
        ("", "account:so…", "failed", "wrong"),
        *[("", "account:t1", "failed", "wrong")] * 5,
        ("", "account:t1", "denied", "too-many"),  # once a minute, lest a guesser fill the log
        ("t1", "account:t1", "done", "password"),
        ("", "account:t1", "denied", "disabled"),
    ]
    assert known.events("sign-in")[0].address == "10.1.1.1"


def test_a_password_typed_as_a_name_is_nowhere_to_be_read(known):
    known.sign_in("My-Secret-Pass-7", "t1")
    written = str([known.events(), attempts(known)]).lower()
    assert "my-secret" not in written
    assert "secret-pass" not in written


def test_names_in_the_list_of_attempts_cannot_be_guessed_without_the_secret(known):
    known.sign_in("t1", "wrong")
    other = Authentication(known.database, known.audit, SECRET[::-1])
    other.by_password("t1", "wrong", address="10.1.2.3")
    first, second = (attempt.username_hash for attempt in attempts(known))
    assert first != second
    assert hashlib.sha256(b"t1").hexdigest() not in {first, second}


def test_what_is_typed_cannot_write_lines_of_its_own_into_the_log(known):
    known.sign_in("t1\n2026-11-20 admin signed in \x1b[2J", "wrong", address="10.1.1.1\nforged")
    known.sign_in("\r\n\x1b", "wrong", address="\x1b[31m" * 50)
    for entry in known.events("sign-in"):
        for field in (entry.actor, entry.subject, entry.address):
            assert field.isprintable()
            assert len(field) <= 80


# -- by single sign-on ------------------------------------------------------------------------


def test_single_sign_on_finds_an_account_and_never_creates_one(known):
    def come(name):
        return known.authentication.by_single_sign_on(name, method="oidc", address="10.1.2.3")

    assert come("T1") == Outcome(account_id=1)
    assert come("stranger") == Outcome(message=NO_ACCOUNT)
    assert come("") == Outcome(message=NO_ACCOUNT)
    assert known.accounts.find(scope=ALL).total == 1
    assert told(known) == [
        ("t1", "account:t1", "done", "oidc"),
        ("", "account:st…", "failed", "unknown"),
        ("", "account:…", "failed", "unknown"),
    ]


def test_single_sign_on_lets_in_nobody_who_is_disabled_or_without_a_post(college):
    college.make("gone", Role.LEADER)
    college.make("idle")
    college.accounts.disable(1, because="", by=CONSOLE)

    def come(name):
        return college.authentication.by_single_sign_on(name, method="cas", address="10.1.2.3")

    assert come("gone") == Outcome(message=NO_ACCOUNT)
    assert come("idle") == Outcome(message=NO_POST)
    assert [entry[2:] for entry in told(college)] == [("denied", "disabled"), ("denied", "no-post")]


def test_wrong_passwords_of_others_do_not_stop_single_sign_on(known):
    for _ in range(6):
        known.sign_in("t1", "wrong")
    assert known.authentication.by_single_sign_on("t1", method="oidc", address="10.1.2.3").account_id == 1
