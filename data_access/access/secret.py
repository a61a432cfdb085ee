"""The installation's secret: where it comes from, which ones are refused, and keys for single purposes."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from data_access.errors import ConfigurationError
from data_access.settings import Settings

FILE_NAME: Final = "secret.key"
_SHORTEST: Final = 32
_FEWEST_DIFFERENT: Final = 8
_EXAMPLES: Final = (
    b"change", b"example", b"secret", b"password", b"default", b"luoxuan", b"insecure", b"replace", b"random",
    b"01234567", b"12345678", b"abcdefgh", b"deadbeef", b"qwertyui",
)  # fmt: skip
"""What stands in examples and hardly ever in random text: in fewer than one of a million secrets."""
_REMEDY: Final = "Generate one with: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"


def installation_secret(settings: Settings) -> bytes:
    """The secret that cookies and keyed hashes depend on; generated at the first start where none is configured.

    Raises:
        ConfigurationError: it is missing where it was said to be, others may read it, or it could be guessed.
    """
    if settings.secret_key:
        return _checked(settings.secret_key.encode(), "LUOXUAN_SECRET_KEY")
    if settings.secret_file is not None:
        return _checked(read_private(settings.secret_file, "LUOXUAN_SECRET_FILE"), "LUOXUAN_SECRET_FILE")
    path = settings.home / FILE_NAME
    if not path.exists():
        write_once(path, secrets.token_urlsafe(48))
    return _checked(read_private(path, "The file of the secret"), f"The secret in {str(path)!r}")


def derived_key(secret: bytes, purpose: str) -> bytes:
    """A key of 32 bytes for one purpose: who learns it learns nothing of the others."""
    return hmac.new(secret, purpose.encode(), hashlib.sha256).digest()


def write_once(path: Path, text: str) -> None:
    """Write a file for this user's eyes only, unless it is there already; of several processes one wins.

    Raises:
        ConfigurationError: the directory cannot be written to.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)  # 0600 from the start
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text + "\n")
                file.flush()
                os.fsync(file.fileno())
            # A link appears whole or not at all, and never replaces what another process has written.
            with suppress(FileExistsError):
                path.hardlink_to(temporary)
        finally:
            Path(temporary).unlink()
    except OSError as error:
        raise ConfigurationError(f"{str(path)!r} cannot be written: {error.strerror}.") from error


def read_private(path: Path, name: str) -> bytes:
    """The content of a file that nobody but its owner may read, without white space around it.

    Args:
        path: the file.
        name: the setting that names it, for the message.

    Raises:
        ConfigurationError: it cannot be read, or others can read it.
    """
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            raise ConfigurationError(
                f"{name} {str(path)!r} can be read by other users of this machine (mode {mode:04o}). "
                f"Run: chmod 600 {path}"
            )
        return path.read_bytes().strip()
    except OSError as error:
        raise ConfigurationError(f"{name} {str(path)!r} cannot be read: {error.strerror}.") from error


def _checked(secret: bytes, name: str) -> bytes:
    if len(secret) < _SHORTEST:
        raise ConfigurationError(f"{name} has {len(secret)} bytes and needs {_SHORTEST} at least. {_REMEDY}")
    if len(set(secret)) < _FEWEST_DIFFERENT or _is_repetition(secret):
        raise ConfigurationError(f"{name} repeats the same few characters. {_REMEDY}")
    if any(example in secret.lower() for example in _EXAMPLES):
        raise ConfigurationError(f"{name} looks like the value of an example. {_REMEDY}")
    return secret


def _is_repetition(secret: bytes) -> bool:
    """True where a text of at most half the length is written again and again."""
    return any(
        (secret[:length] * (len(secret) // length + 1))[: len(secret)] == secret
        for length in range(1, len(secret) // 2 + 1)
    )
