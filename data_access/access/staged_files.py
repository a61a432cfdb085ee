"""Uploaded files that wait for the one who uploaded them to confirm: private, bound to person and content, short-lived.

Each lies in a directory of its own, named by the hash of a random token that only the uploader's browser has.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from data_access import clock
from data_access.errors import UserError

KEPT_FOR: Final = dt.timedelta(minutes=30)
MOST_A_PERSON: Final = 5
"""Whoever uploads more loses the oldest ones."""
EXPIRED: Final = "这个文件已过期或已被清理，请重新上传。"

_FACTS, _CONTENT, _CLAIM, _OUTCOME, _ATTACHED = "facts.json", "content", "claim", "outcome.json", "attached"


@dataclass(frozen=True, kw_only=True)
class StagedFile:
    """A file that waits.

    Attributes:
        name: as received.
        digest: SHA-256 of the content, in hexadecimal.
        account_id: who uploaded it; for everybody else it does not exist.
        until: when it goes, aware.
        content: empty once the file was applied; never in `repr`, for it may hold passwords.
    """

    token: str = field(repr=False)
    name: str
    digest: str
    account_id: int
    until: dt.datetime
    content: bytes = field(repr=False)


class StagedFiles:
    """The files that wait below one directory; safe to share between threads and processes.

    Args:
        root: made when it is first needed, readable by nobody else.
        now: the current time, aware.
    """

    def __init__(self, root: Path, *, now: Callable[[], dt.datetime] = clock.now) -> None:
        self._root = root
        self._now = now

    def keep(self, content: bytes, *, name: str, account_id: int) -> StagedFile:
        """Keep a file until it is dropped or expires; the token of the result is kept nowhere else."""
        self.sweep()
        token = secrets.token_urlsafe(24)
        staged = StagedFile(
            token=token,
            name=name,
            digest=hashlib.sha256(content).hexdigest(),
            account_id=account_id,
            until=self._now() + KEPT_FOR,
            content=content,
        )
        place = self._place(token)
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        place.mkdir(mode=0o700)
        _write(place / _CONTENT, content)
        facts = {"name": name, "digest": staged.digest, "account_id": account_id, "until": staged.until.isoformat()}
        _write(place / _FACTS, json.dumps(facts).encode())
        self._drop_oldest(account_id)
        return staged

    def get(self, token: str, *, account_id: int) -> StagedFile | None:
        """The file of that token; None where there is none, it has expired or changed, or is somebody else's."""
        place = self._place(token)
        facts = self._facts(place)
        if facts is None or facts["account_id"] != account_id:
            return None
        try:
            content = (place / _CONTENT).read_bytes()
        except FileNotFoundError:
            return StagedFile(**facts, token=token, content=b"") if (place / _OUTCOME).exists() else None
        is_sound = hashlib.sha256(content).hexdigest() == facts["digest"]
        return StagedFile(**facts, token=token, content=content) if is_sound else None

    def claim(self, staged: StagedFile) -> bool:
        """True for the first who asks: a file is applied once, however often it is confirmed.

        Raises:
            UserError: it has gone meanwhile.
        """
        try:
            _write(self._place(staged.token) / _CLAIM, b"")
        except FileExistsError:
            return False
        except FileNotFoundError as error:
            raise UserError(EXPIRED) from error
        return True

    def release(self, staged: StagedFile) -> None:
        """Let the file be claimed again: what it was claimed for has not been done."""
        (self._place(staged.token) / _CLAIM).unlink(missing_ok=True)

    def claimed_at(self, staged: StagedFile) -> dt.datetime | None:
        """When the file was claimed; None where it was not."""
        try:
            return dt.datetime.fromtimestamp((self._place(staged.token) / _CLAIM).stat().st_mtime, dt.UTC)
        except OSError:
            return None

    def finish(self, staged: StagedFile, outcome: Mapping[str, Any], *, attached: bytes = b"") -> None:
        """Keep what came of a claimed file until it expires, and remove its content, which is needed no more.

        Args:
            staged: the file.
            outcome: plain values.
            attached: something that may be taken once; empty for nothing.
        """
        place = self._place(staged.token)
        if not place.is_dir():
            return  # it has expired meanwhile
        if attached:
            _write(place / _ATTACHED, attached)
        _write(place / _OUTCOME, json.dumps(outcome, ensure_ascii=False).encode())
        (place / _CONTENT).unlink(missing_ok=True)

    def has_attached(self, staged: StagedFile) -> bool:
        """True while what was attached to the outcome has not been taken."""
        return (self._place(staged.token) / _ATTACHED).exists()

    def take(self, staged: StagedFile) -> bytes | None:
        """What was attached to the outcome, for the first who asks; None for everybody later."""
        place = self._place(staged.token)
        taken = place / secrets.token_hex(8)
        try:
            (place / _ATTACHED).rename(taken)
            content = taken.read_bytes()
        except FileNotFoundError:
            return None
        taken.unlink(missing_ok=True)
        return content

    def outcome(self, staged: StagedFile) -> dict[str, Any] | None:
        """What came of the file; None where it has not been applied, or is being applied now."""
        try:
            found: dict[str, Any] = json.loads((self._place(staged.token) / _OUTCOME).read_bytes())
        except OSError:
            return None
        return found

    def sweep(self) -> None:
        """Remove what has expired or was left behind half-written."""
        for place in self._places():
            if self._facts(place) is None and self._is_old(place):
                shutil.rmtree(place, ignore_errors=True)

    def _place(self, token: str) -> Path:
        return self._root / hashlib.sha256(token.encode()).hexdigest()

    def _places(self) -> list[Path]:
        return [entry for entry in self._root.iterdir() if entry.is_dir()] if self._root.is_dir() else []

    def _facts(self, place: Path) -> dict[str, Any] | None:
        """What is known of a file that still counts."""
        try:
            facts: dict[str, Any] = json.loads((place / _FACTS).read_bytes())
        except (OSError, ValueError):
            return None
        facts["until"] = dt.datetime.fromisoformat(facts["until"])
        return facts if facts["until"] > self._now() else None

    def _is_old(self, place: Path) -> bool:
        """False for a directory that another thread is just about to fill."""
        if (place / _FACTS).exists():
            return True
        try:
            return place.stat().st_mtime < (self._now() - KEPT_FOR).timestamp()
        except OSError:
            return False

    def _drop_oldest(self, account_id: int) -> None:
        known = [(place, self._facts(place)) for place in self._places()]
        held = [(facts["until"], place) for place, facts in known if facts and facts["account_id"] == account_id]
        for _, place in sorted(held, reverse=True)[MOST_A_PERSON:]:
            shutil.rmtree(place, ignore_errors=True)


def _write(path: Path, content: bytes) -> None:
    """Write a new file that only this user may read.

    Raises:
        FileExistsError: it is there already.
    """
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
