"""Browsers in which somebody has signed in before, by a signed mark that lets nobody in.

Behind one address sit many people: a stranger among them must not be able to lock out everybody else. So failures
in a browser that carries the mark of a name are counted for themselves. A mark lasts beyond signing out, which is
what it is for.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from itsdangerous import BadData, URLSafeSerializer

from data_access import clock
from data_access.access.secret import derived_key

LIFETIME: Final = dt.timedelta(days=180)
"""So long after its last sign-in a browser is known."""
MOST_NAMES: Final = 5
"""A browser is known for the names that signed in last; one that many use is known for none of them for long."""


@dataclass(frozen=True, kw_only=True)
class _Mark:
    browser_id: str
    names: tuple[str, ...]


class KnownBrowsers:
    """Writes and reads the marks of an installation.

    Args:
        secret: the installation's secret; marks of another one are ignored.
        now: the current time, aware.
    """

    def __init__(self, secret: bytes, *, now: Callable[[], dt.datetime] = clock.now) -> None:
        signing = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
        self._signed = URLSafeSerializer(derived_key(secret, "browser marks"), signer_kwargs=signing)
        self._now = now

    def known_as(self, mark: str, key: str) -> str:
        """Which browser it is that carries `mark`, where the name signed in there before; else empty.

        Args:
            mark: as the browser sends it; whatever is forged, foreign or too old counts as none.
            key: the name, as its keyed hash.
        """
        found = self._read(mark)
        return found.browser_id if found is not None and key in found.names else ""

    def with_name(self, mark: str, key: str) -> str:
        """The mark of a browser in which the name has just signed in, in place of the former one."""
        former = self._read(mark) or _Mark(browser_id=secrets.token_hex(16), names=())
        names = [key, *(name for name in former.names if name != key)][:MOST_NAMES]
        written = self._signed.dumps([former.browser_id, names, int(self._now().timestamp())])
        return written if isinstance(written, str) else written.decode("ascii")

    def _read(self, mark: str) -> _Mark | None:
        try:
            browser_id, names, since = self._signed.loads(mark)
        except (BadData, UnicodeEncodeError):
            return None
        if self._now().timestamp() - since > LIFETIME.total_seconds():
            return None
        return _Mark(browser_id=browser_id, names=tuple(names))
