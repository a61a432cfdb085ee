"""Passwords: how they are kept, which ones are refused, and the ones handed out for a first sign-in."""

from __future__ import annotations

import base64
import re
import secrets
import unicodedata
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

SHORTEST: Final = 10
LONGEST: Final = 128
REMEMBERED: Final = 5
"""A new password is none of the last so many, the present one included."""

_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
"""19 MiB and two passes take 20 to 30 ms of one core: two cores sustain more than 30 sign-ins a second (bench/sign_in.py)."""
_DUMMY: Final = (
    f"$argon2id$v=19$m={_HASHER.memory_cost},t={_HASHER.time_cost},p={_HASHER.parallelism}"
    f"${base64.b64encode(bytes(_HASHER.salt_len)).decode().rstrip('=')}"
    f"${base64.b64encode(bytes(_HASHER.hash_len)).decode().rstrip('=')}"
)
"""A hash that no password has, and that takes as long to refuse as any other."""


def hash_password(text: str) -> str:
    """The Argon2id hash under which a password is kept, with its parameters and salt."""
    return _HASHER.hash(_bytes(text))


def verify_password(hash: str | None, text: str) -> bool:  # noqa: A002 (it is one)
    """True where `text` is the password of that hash.

    Takes as long without a hash, which is False: times must not tell who has an account.
    """
    too_long = len(text) > LONGEST
    try:
        return _HASHER.verify(_DUMMY if hash is None or too_long else hash, _bytes(text[:LONGEST]))
    except InvalidHashError:
        return verify_password(None, text)
    except Argon2Error:
        return False


def needs_rehash(hash: str) -> bool:  # noqa: A002 (it is one)
    """True where the hash was made with other parameters than those in use now."""
    return _HASHER.check_needs_rehash(hash)


def _bytes(text: str) -> bytes:
    # Full-width letters of an input method are the same letters; a lone surrogate is a wrong password, not a defect.
    return unicodedata.normalize("NFKC", text).encode("utf-8", "surrogatepass")


# -- policy -----------------------------------------------------------------------------------

_WORDS: Final = (
    "password", "passwd", "passw", "mima", "welcome", "letmein", "admin", "administrator", "root", "guest", "test",
    "login", "user", "iloveyou", "woaini", "monkey", "dragon", "master", "sunshine", "princess", "football", "abc",
    "luoxuan", "helix", "xuexiao", "xueyuan", "daxue", "zhiyuan", "zhiye", "gaozhi", "college", "school", "student",
    "teacher", "xuesheng", "jiaoshi", "laoshi", "china", "zhongguo", "changeme", "default", "secret", "qwe", "asd", "zxc",
    "螺旋", "学院", "学校", "密码", "学生", "教师", "老师", "中国",
)  # fmt: skip
_ROWS: Final = (
    "abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn",
    "qazwsxedcrfvtgbyhnujm", "!@#$%^&*()", "1q2w3e4r5t6y7u8i9o0p", "147258369",
)  # fmt: skip
_RUN: Final = 4
"""So many neighbouring keys are one thought."""
_TYPED_FOR: Final = str.maketrans("@4031!5$7", "aaoeiisst")
_YEAR: Final = re.compile(r"(19|20)\d\d(0\d|1[0-2])?([0-2]\d|3[01])?")
_REPEATED: Final = re.compile(r"(.)\1{2,}", re.DOTALL)
_FEWEST_OF_ITS_OWN: Final = 6


def problems_of(text: str, *, username: str, name: str = "") -> list[str]:
    """What is wrong with a password as a new one, in Chinese, one sentence each; empty where it is fine.

    Args:
        text: the password.
        username: that of its owner.
        name: the owner's name.
    """
    found = []
    if len(text) < SHORTEST:
        found.append(f"密码至少 {SHORTEST} 个字符。")
    if len(text) > LONGEST:
        return [f"密码最多 {LONGEST} 个字符。"]
    if any(unicodedata.category(character).startswith("C") for character in text):
        found.append("密码不能含有控制字符。")
    if len({_class_of(character) for character in text}) < 3:
        found.append("密码须包含大写字母、小写字母、数字、其他字符中的至少三类。")
    lower = unicodedata.normalize("NFKC", text).casefold()
    if any(len(word) >= 2 and word.casefold() in lower for word in (username if len(username) > 2 else "", name)):
        found.append("密码不能包含用户名或姓名。")
    elif len(text) >= SHORTEST and _characters_of_its_own(lower) < _FEWEST_OF_ITS_OWN:
        found.append("密码过于常见：请不要只用常用词、键盘顺序、年份或重复字符拼成。")
    return found


def _class_of(character: str) -> str:
    if character.isdigit():
        return "digit"
    return "upper" if character.isupper() else "lower" if character.islower() else "other"


def _characters_of_its_own(lower: str) -> int:
    """How many characters remain without common words, keyboard rows, years and repetitions."""
    common = [False] * len(lower)

    def mark(start: int, end: int) -> None:
        common[start:end] = [True] * (end - start)

    for spelt in {lower, lower.translate(_TYPED_FOR)}:
        for word in _WORDS:
            for found in re.finditer(re.escape(word), spelt):
                mark(*found.span())
    for row in (*_ROWS, *(row[::-1] for row in _ROWS)):
        for start in range(len(lower) - _RUN + 1):
            if lower[start : start + _RUN] in row:
                mark(start, start + _RUN)
    for pattern in (_YEAR, _REPEATED):
        for found in pattern.finditer(lower):
            mark(*found.span())
    return common.count(False)


# -- passwords for one use --------------------------------------------------------------------

_READABLE: Final = "abcdefghjkmnpqrstuvwxyzACDEFGHJKLMNPRTUVWXY34679"
"""Nothing that looks like something else on paper: no 0, O and Q, 1, l and I, 2 and Z, 5 and S, 8 and B."""
_GROUPS: Final = (4, 4, 4)


def one_time_password() -> str:
    """A password to be told to somebody and replaced at the first sign-in, such as ``kW7d-3nQp-x9Rt``: 67 bits."""
    while True:
        text = "-".join("".join(secrets.choice(_READABLE) for _ in range(length)) for length in _GROUPS)
        if not problems_of(text, username=""):
            return text
