"""What single sign-on has in common whatever the protocol: who is asked, how patiently, and how it is refused."""

from __future__ import annotations

import threading
import time
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, Protocol

import requests

from data_access.access.throttle import WaitingRoom
from data_access.errors import LuoxuanError

NOT_ANSWERING: Final = "统一身份认证暂时没有响应，请稍后再试，或使用平台密码登录。"
NOT_FINISHED: Final = "没有完成统一身份认证，请重试，或使用平台密码登录。"
NOT_PROVEN: Final = "统一身份认证返回的结果没有通过核验，登录未完成。请重试；仍不行时请联系系统管理员。"
TOO_LATE: Final = "本次登录已失效，请重新登录。"
TOO_MANY: Final = "当前登录人数较多，请稍后再试。"

CAUTIOUS: Final[Mapping[str, Any]] = {"timeout": (3.05, 5.0), "allow_redirects": False}
"""How every request to a provider is made.

Seconds to connect and for each part of the answer; and secrets go to no address but those that were agreed on.
"""
REST: Final = 20.0
"""For so many seconds a provider that did not answer is left alone."""
ASKING: Final = 2
WAITING: Final = 1
"""How many requests may ask a provider and wait for their turn: of the server's four threads one is left for pages."""
LONGEST_USERNAME: Final = 64


class RefusedError(LuoxuanError):
    """Nobody is signed in.

    Attributes:
        reason: for operators and the audit log, in English; nothing in it was written by provider or browser.
        message: for the person, in Chinese.
    """

    def __init__(self, reason: str, message: str = NOT_PROVEN) -> None:
        super().__init__(reason)
        self.reason = reason
        self.message = message


class Provider(Protocol):
    """One way to let the campus say who somebody is."""

    method: str
    """As sessions record it, and the last part of the address: ``oidc`` or ``cas``."""

    def begin(self) -> tuple[str, dict[str, str]]:
        """Where the browser is to go, and what must be known when it comes back: ``state`` at least.

        Raises:
            RefusedError: the provider cannot be asked.
        """

    def finish(self, answer: Mapping[str, str], kept: Mapping[str, str]) -> str:
        """The username of the person who came back.

        Args:
            answer: the query with which the browser came back; its ``state`` has been compared already.
            kept: what `begin` gave for this browser.

        Raises:
            RefusedError: the provider does not vouch for anybody.
        """


def username_in(value: object) -> str:
    """The username that a provider gave.

    Raises:
        RefusedError: it is none. A number is none either: leading zeros would be lost, and it would be somebody else's.
    """
    name = value.strip() if isinstance(value, str) else ""
    if not 0 < len(name) <= LONGEST_USERNAME:
        raise RefusedError("the provider gives no username")
    if unicodedata.normalize("NFKC", name) != name:  # at the provider it is not the plain name that it would match
        raise RefusedError("the provider gives a username in letters that only look like others")
    return name


class Line:
    """The connection to a provider, which must not take the pages down with it.

    Whoever asks a slow provider waits for seconds, and holds one of the few threads that serve all pages. So few
    may ask at a time, and one that does not answer is left alone for a while. Then one request tries again; the
    others are refused at once until it knows.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._room = WaitingRoom(places=ASKING, seats=WAITING)
        self._lock = threading.Lock()
        self._is_dead = False
        self._rests_until = 0.0

    @contextmanager
    def open(self) -> Iterator[None]:
        """Within this context the provider is asked.

        Raises:
            RefusedError: it does not answer, or not as a provider does; or too many are asking it already.
        """
        with self._room.place() as has_place:
            if not has_place:
                raise RefusedError("too many ask the provider at the same time", TOO_MANY)
            self.check()
            with self._lock:
                if self._is_dead:  # this one tries, the others wait for what comes of it
                    self._rests_until = self._clock() + REST
            with self._watched():
                yield

    def check(self) -> None:
        """Whether there is any sense in asking now.

        Raises:
            RefusedError: the provider did not answer a moment ago.
        """
        with self._lock:
            if self._clock() < self._rests_until:
                raise RefusedError("the provider did not answer a moment ago", NOT_ANSWERING)

    @property
    def is_dead(self) -> bool:
        """Whether the provider did not answer when it was last asked."""
        return self._is_dead

    @contextmanager
    def _watched(self) -> Iterator[None]:
        is_dead = False
        try:
            yield
        except (requests.ConnectionError, requests.Timeout) as error:
            is_dead = True
            raise RefusedError(f"the provider does not answer: {type(error).__name__}", NOT_ANSWERING) from error
        except requests.RequestException as error:
            raise RefusedError(f"the provider's answer is none: {type(error).__name__}", NOT_ANSWERING) from error
        finally:
            with self._lock:
                self._is_dead = is_dead
                self._rests_until = self._clock() + REST if is_dead else 0.0
