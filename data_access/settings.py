"""Where this installation keeps its data and how it is reached, read once from the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from data_access.errors import ConfigurationError

_MEMORY: Final = re.compile(r"\d+(\.\d+)?\s*(KB|MB|GB|TB|KiB|MiB|GiB|TiB)")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One installation. Everything it writes stays below `home`.

    Attributes:
        home: directory of lake, raw files, staging area and (by default) the database.
        database_url: SQLAlchemy URL; SQLite below `home` unless another is given.
        host: address the server binds to. Until sign-in exists only loopback is accepted.
        port: TCP port of the server.
        threads: how many threads the compute engine may use.
        memory_limit: DuckDB's memory limit, in its own notation, such as ``2GB``.
    """

    home: Path
    database_url: str
    host: str = "127.0.0.1"
    port: int = 8050
    threads: int = 2
    memory_limit: str = "2GB"

    @property
    def lake_root(self) -> Path:
        """Directory of the Delta tables."""
        return self.home / "lake"

    @property
    def raw_root(self) -> Path:
        """Directory of the source files as received, named by their SHA-256."""
        return self.home / "raw"

    @property
    def staging_root(self) -> Path:
        """Directory of staged, not yet committed imports."""
        return self.home / "staging"

    @classmethod
    def at(cls, home: Path | str, **overrides: object) -> Settings:
        """Settings for one data directory, all else default (tests, tools)."""
        path = Path(home).resolve()
        values: dict[str, object] = {"home": path, "database_url": f"sqlite:///{path / 'luoxuan.sqlite'}"}
        return cls(**{**values, **overrides})  # type: ignore[arg-type]

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Settings from ``LUOXUAN_*`` variables; every malformed one is named in the error.

        Raises:
            ConfigurationError: a variable cannot be read, or the address is not loopback.
        """
        env = os.environ if environment is None else environment
        home = Path(env.get("LUOXUAN_HOME", "var")).resolve()
        host = env.get("LUOXUAN_HOST", "127.0.0.1")
        if host not in {"127.0.0.1", "localhost", "::1"}:
            raise ConfigurationError(
                f"LUOXUAN_HOST is {host!r}, but this version has no sign-in and may only listen on this machine. "
                "Unset it, or set it to 127.0.0.1."
            )
        memory_limit = env.get("LUOXUAN_MEMORY_LIMIT", "2GB")
        if not _MEMORY.fullmatch(memory_limit):
            raise ConfigurationError(f"LUOXUAN_MEMORY_LIMIT must be a size such as 2GB or 800MB. Got {memory_limit!r}.")
        return cls(
            home=home,
            database_url=env.get("LUOXUAN_DATABASE_URL", f"sqlite:///{home / 'luoxuan.sqlite'}"),
            host=host,
            port=_integer(env, "LUOXUAN_PORT", 8050, low=1, high=65535),
            threads=_integer(env, "LUOXUAN_THREADS", os.cpu_count() or 2, low=1, high=1024),
            memory_limit=memory_limit,
        )


def _integer(env: Mapping[str, str], name: str, default: int, *, low: int, high: int) -> int:
    text = env.get(name)
    if text is None:
        return default
    if not text.isdigit() or not low <= int(text) <= high:
        raise ConfigurationError(f"{name} must be a whole number from {low} to {high}. Got {text!r}.")
    return int(text)
