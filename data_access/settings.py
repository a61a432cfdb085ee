"""Where this installation keeps its data and how it is reached, read once from the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from data_access.errors import ConfigurationError

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_MEMORY: Final = re.compile(r"\d+(\.\d+)?\s*(KB|MB|GB|TB|KiB|MiB|GiB|TiB)")


class Mode(StrEnum):
    """What an installation is for."""

    DEMO = "demo"
    """Reached from this machine only, over http; whoever opens it may sign in as one of the demo accounts."""
    PRODUCTION = "production"
    """Reached over https only; without demo accounts."""


@dataclass(frozen=True, kw_only=True)
class OpenIdConnect:
    """The campus's OpenID Connect provider.

    Attributes:
        issuer: its https address, below which it publishes its configuration.
        client_id: the name under which it knows this installation.
        client_secret_file: file that holds the secret it gave this installation, for this user's eyes only.
        username_claim: which of its statements about a person is the username here.
    """

    issuer: str
    client_id: str
    client_secret_file: Path
    username_claim: str = "preferred_username"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One installation. Everything it writes stays below `home`.

    Attributes:
        home: directory of lake, raw files, staging area and (by default) the database.
        database_url: SQLAlchemy URL; SQLite below `home` unless another is given.
        host: address the server binds to; anything but loopback in production only.
        port: TCP port of the server.
        threads: how many threads the compute engine may use.
        memory_limit: DuckDB's memory limit, in its own notation, such as ``2GB``.
        mode: demo or production.
        public_url: where browsers find the installation, without a slash at its end; empty in demo mode.
        secret_file: file of the installation's secret; None for ``secret.key`` below `home`, made where there is none.
        secret_key: the secret itself, for those who must pass it as a variable; empty as a rule.
        trusted_proxies: how many proxies stand before the server and add to ``X-Forwarded-For``; 1 at least in
            production.
        oidc: single sign-on by OpenID Connect; None without.
        cas_url: address of the campus's CAS server; empty without.
    """

    home: Path
    database_url: str
    host: str = "127.0.0.1"
    port: int = 8050
    threads: int = 2
    memory_limit: str = "2GB"
    mode: Mode = Mode.DEMO
    public_url: str = ""
    secret_file: Path | None = None
    secret_key: str = field(default="", repr=False)
    trusted_proxies: int = 0
    oidc: OpenIdConnect | None = None
    cas_url: str = ""

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

    @property
    def is_production(self) -> bool:
        """True where the installation serves a college, and not a look around."""
        return self.mode is Mode.PRODUCTION

    @classmethod
    def at(cls, home: Path | str, **overrides: object) -> Settings:
        """Settings for one data directory, all else default (tests, tools)."""
        path = Path(home).resolve()
        values: dict[str, object] = {"home": path, "database_url": f"sqlite:///{path / 'luoxuan.sqlite'}"}
        return cls(**{**values, **overrides})  # type: ignore[arg-type]

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Settings from ``LUOXUAN_*`` variables.

        Raises:
            ConfigurationError: variables cannot be read or do not go together; each is named, a sentence a line.
        """
        reader = _Reader(os.environ if environment is None else environment)
        home = Path(reader.text("LUOXUAN_HOME", "var")).resolve()
        mode = reader.mode("LUOXUAN_MODE")
        settings = cls(
            home=home,
            database_url=reader.text("LUOXUAN_DATABASE_URL", f"sqlite:///{home / 'luoxuan.sqlite'}"),
            host=reader.host("LUOXUAN_HOST", mode),
            port=reader.integer("LUOXUAN_PORT", 8050, low=1, high=65535),
            threads=reader.integer("LUOXUAN_THREADS", os.cpu_count() or 2, low=1, high=1024),
            memory_limit=reader.memory("LUOXUAN_MEMORY_LIMIT", "2GB"),
            mode=mode,
            public_url=reader.public_url("LUOXUAN_PUBLIC_URL", mode),
            secret_file=reader.path("LUOXUAN_SECRET_FILE"),
            secret_key=reader.text("LUOXUAN_SECRET_KEY"),
            trusted_proxies=reader.integer("LUOXUAN_TRUSTED_PROXIES", 0, low=0, high=5),
            oidc=reader.oidc(),
            cas_url=reader.web_address("LUOXUAN_CAS_URL"),
        )
        if settings.secret_file is not None and settings.secret_key:
            reader.problems.append("LUOXUAN_SECRET_FILE and LUOXUAN_SECRET_KEY are both set. Unset one of them.")
        if settings.oidc is not None and settings.cas_url:
            reader.problems.append("LUOXUAN_OIDC_ISSUER and LUOXUAN_CAS_URL are both set. Unset one of them.")
        if settings.is_production:
            issuer = settings.oidc.issuer if settings.oidc else ""
            reader.problems += [
                f"{name} must begin with https:// in production mode. Got {url!r}."
                for name, url in {"LUOXUAN_OIDC_ISSUER": issuer, "LUOXUAN_CAS_URL": settings.cas_url}.items()
                if url.startswith("http://")
            ]
        if reader.problems:
            raise ConfigurationError("\n".join(reader.problems))
        return settings


class _Reader:
    """Reads variables, and keeps what is wrong with them until all have been read."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.problems: list[str] = []

    def text(self, name: str, default: str = "") -> str:
        # Set to nothing is unset: that is how service files and shells leave a variable out.
        return self._environment.get(name, "").strip() or default

    def path(self, name: str) -> Path | None:
        text = self.text(name)
        return Path(text).resolve() if text else None

    def integer(self, name: str, default: int, *, low: int, high: int) -> int:
        text = self.text(name, str(default))
        if not text.isascii() or not text.isdecimal() or not low <= int(text) <= high:
            self.problems.append(f"{name} must be a whole number from {low} to {high}. Got {text!r}.")
            return default
        return int(text)

    def memory(self, name: str, default: str) -> str:
        text = self.text(name, default)
        if not _MEMORY.fullmatch(text):
            self.problems.append(f"{name} must be a size such as 2GB or 800MB. Got {text!r}.")
        return text

    def mode(self, name: str) -> Mode:
        text = self.text(name, Mode.DEMO)
        try:
            return Mode(text)
        except ValueError:
            self.problems.append(f"{name} must be demo or production. Got {text!r}.")
            return Mode.DEMO

    def host(self, name: str, mode: Mode) -> str:
        text = self.text(name, "127.0.0.1")
        if mode is Mode.DEMO and text not in LOOPBACK:
            self.problems.append(
                f"{name} is {text!r}, but demo mode may only listen on this machine. "
                "Unset it, or set LUOXUAN_MODE to production."
            )
        return text

    def web_address(self, name: str) -> str:
        """An https address without query and fragment; http only on this machine."""
        text = self.text(name)
        if text and not _is_web_address(text):
            self.problems.append(f"{name} must be an address such as https://host.example.edu.cn. Got {text!r}.")
        return text.rstrip("/")

    def public_url(self, name: str, mode: Mode) -> str:
        text = self.web_address(name)
        if mode is Mode.PRODUCTION and not text:
            self.problems.append(
                f"{name} is not set, but production mode needs it. "
                "Set it to the https address under which browsers find this installation."
            )
        elif mode is Mode.PRODUCTION and not text.startswith("https://"):
            self.problems.append(f"{name} must begin with https:// in production mode. Got {text!r}.")
        elif text.count("/") > 2:
            self.problems.append(f"{name} must be an address without a path. Got {text!r}.")
        return text

    def oidc(self) -> OpenIdConnect | None:
        issuer = self.web_address("LUOXUAN_OIDC_ISSUER")
        client_id = self.text("LUOXUAN_OIDC_CLIENT_ID")
        secret_file = self.path("LUOXUAN_OIDC_CLIENT_SECRET_FILE")
        claim = self.text("LUOXUAN_OIDC_USERNAME_CLAIM", "preferred_username")
        given = {"LUOXUAN_OIDC_ISSUER": issuer, "LUOXUAN_OIDC_CLIENT_ID": client_id,
                 "LUOXUAN_OIDC_CLIENT_SECRET_FILE": secret_file}  # fmt: skip
        missing = [name for name, value in given.items() if not value]
        if len(missing) == len(given):
            return None
        self.problems += [f"{name} is not set, but single sign-on by OpenID Connect needs it." for name in missing]
        if missing or secret_file is None:
            return None
        return OpenIdConnect(issuer=issuer, client_id=client_id, client_secret_file=secret_file, username_claim=claim)


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or parts.username is not None or parts.query or parts.fragment or any(c.isspace() for c in text):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK)
