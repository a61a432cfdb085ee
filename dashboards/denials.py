"""Records who was refused what, without letting a flood of refusals fill the audit log."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from flask import request

from data_access.access.audit import AuditKind, AuditLog, Event, Result
from data_access.access.permissions import Permission
from data_access.access.viewer import Viewer
from data_access.errors import LuoxuanError

SECONDS: Final = 60
"""The same refusal of the same person is recorded once in so long a time."""
MOST_A_PERSON: Final = 30
"""And no more than so many different ones: whoever tries out addresses has shown it by then."""
_REMEMBERED: Final = 20_000
_LOG: Final = logging.getLogger("luoxuan.web")

_Key = tuple[str, str, str]


class Denials:
    """Writes refusals into the audit log, each at most once a minute.

    Args:
        audit: where they are written.
        clock: seconds that only ever grow.
    """

    def __init__(self, audit: AuditLog, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._audit = audit
        self._clock = clock
        self._lock = threading.Lock()
        self._last: OrderedDict[_Key, float] = OrderedDict()

    def note(self, viewer: Viewer, what: str, *, permission: Permission | None, address: str) -> None:
        """Record that `viewer` was refused `what`, for want of `permission` or because nobody may have it.

        A refusal stands even where the log cannot be written; then the server's own log says so.
        """
        name = permission.value if permission else ""
        if not self._is_new((viewer.username, what, name)):
            return
        try:
            self._audit.write(
                Event(
                    kind=AuditKind.DENIED,
                    actor=viewer.username,
                    subject=what,
                    result=Result.DENIED,
                    scope=viewer.scope.reason,
                    address=address,
                    detail={"permission": name},
                )
            )
        except LuoxuanError:
            _LOG.exception("A refusal could not be written into the audit log")

    def note_page(self, viewer: Viewer, path: str, permission: Permission) -> None:
        """Record that the current request asked for a page for which `viewer` lacks the permission."""
        self.note(viewer, path, permission=permission, address=request.remote_addr or "")

    def _is_new(self, key: _Key) -> bool:
        now = self._clock()
        with self._lock:
            while self._last and (len(self._last) > _REMEMBERED or next(iter(self._last.values())) <= now - SECONDS):
                self._last.popitem(last=False)
            if key in self._last or sum(person == key[0] for person, _, _ in self._last) >= MOST_A_PERSON:
                return False
            self._last[key] = now
            return True
