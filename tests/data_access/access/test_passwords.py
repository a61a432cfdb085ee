import math
import statistics
import time

import pytest
from argon2 import PasswordHasher

from data_access.access import passwords
from data_access.access.passwords import (
    hash_password,
    needs_rehash,
    one_time_password,
    problems_of,
    verify_password,
)

GOOD = "Bridge-over-9-rivers"


def cpu_seconds(work, repeat=9):
    """Median processor time: other processes of the machine do not count."""
    taken = []
    for _ in range(repeat):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return statistics.median(taken)


def test_a_password_is_recognised_and_others_are_not():
    hashed = hash_password(GOOD)
    assert verify_password(hashed, GOOD)
    assert not verify_password(hashed, GOOD + " ")
    assert not verify_password(hashed, "")


def test_the_same_password_is_kept_under_another_hash_each_time():
    assert hash_password(GOOD) != hash_password(GOOD)


def test_full_width_letters_of_an_input_method_are_the_same_letters():
    assert verify_password(hash_password(GOOD), "Ｂridge－over－９－rivers")


def test_nothing_is_the_password_of_a_missing_hash():
    assert not verify_password(None, "")
    assert not verify_password(None, GOOD)


@pytest.mark.parametrize("text", ["\ud800", "a\x00b", "x" * 100_000, "卌" * 5_000])
def test_odd_texts_are_wrong_passwords_and_no_defects(text):
    assert not verify_password(hash_password(GOOD), text)


def test_what_is_longer_than_a_password_can_be_is_refused_though_its_beginning_fits():
    longest = "Aa1-" * (passwords.LONGEST // 4)
    assert verify_password(hash_password(longest), longest)
    assert not verify_password(hash_password(longest), longest + "x")


@pytest.mark.parametrize("damaged", ["", "x", "$argon2id$v=19$m=1", "$2b$12$abcdefghijklmnopqrstuv"])
def test_a_damaged_hash_lets_nobody_in(damaged):
    assert not verify_password(damaged, GOOD)


def test_a_missing_hash_costs_what_a_wrong_password_costs():
    hashed = hash_password(GOOD)
    wrong = cpu_seconds(lambda: verify_password(hashed, "Wrong-password-1"))
    missing = cpu_seconds(lambda: verify_password(None, "Wrong-password-1"))
    too_long = cpu_seconds(lambda: verify_password(hashed, "x" * 500))
    assert 0.6 < missing / wrong < 1.6
    assert 0.6 < too_long / wrong < 1.6


def test_the_hash_for_nobody_has_the_parameters_in_use():
    assert not needs_rehash(passwords._DUMMY)


def test_hashes_with_former_parameters_are_to_be_made_anew():
    assert needs_rehash(PasswordHasher(time_cost=1, memory_cost=8_192, parallelism=1).hash(GOOD))
    assert not needs_rehash(hash_password(GOOD))


@pytest.mark.parametrize(
    "text",
    [GOOD, "Nanning@Bridge7", "correct Horse battery", "三江-Chengyang-风雨桥", "x7$Kd0vQ2m", "Aa1-" * 32],
)
def test_passwords_of_ones_own_are_fine(text):
    assert problems_of(text, username="t0102", name="张三") == []


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "至少 10"),
        ("Kd0v-Q2mx", "至少 10"),
        ("x7$Kd0vQ2m" * 13, "最多 128"),
        ("nur-kleine-zeichen", "三类"),
        ("ABCDEFG1234567XZ", "三类"),
        ("风雨桥风雨桥一二三四五六", "三类"),
        ("Kd0v-Q2mx\x00-abc9", "控制字符"),
        ("T0102-Kd0v-Q2m", "用户名或姓名"),
        ("张三-Kd0v-Q2mx", "用户名或姓名"),
        ("Password123!", "过于常见"),
        ("P@ssw0rd2026", "过于常见"),
        ("Qwertyuiop1!", "过于常见"),
        ("1qaz@WSX3edc", "过于常见"),
        ("Luoxuan@2026", "过于常见"),
        ("Xueyuan-20260901", "过于常见"),
        ("Aaaaaaaaaaa1!", "过于常见"),
        ("Abcdefgh!1234", "过于常见"),
        ("Mima!87654321", "过于常见"),
    ],
)
def test_what_others_would_guess_is_refused_with_the_reason(text, word):
    problems = problems_of(text, username="t0102", name="张三")
    assert any(word in problem for problem in problems), problems


def test_a_short_username_or_none_forbids_nothing():
    assert problems_of(GOOD, username="br") == []
    assert problems_of(GOOD, username="", name="") == []


def test_passwords_for_one_use_satisfy_the_policy_and_can_be_read_out():
    made = {one_time_password() for _ in range(300)}
    assert len(made) == 300
    for text in made:
        assert problems_of(text, username="") == []
        assert not set(text) & set("0OoQ1lIi2Z5S8B")
    # Which of all equally likely texts of the pattern are refused by the policy costs less than a bit.
    assert 12 * math.log2(len(set(passwords._READABLE))) - 1 > 60
