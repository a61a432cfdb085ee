"""What makes a start unsafe: settings, files and rules with which no page is served, in whatever mode."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from sqlalchemy import Engine, func, select

from data_access.access import rules
from data_access.access.secret import installation_secret, read_private
from data_access.database.access_models import Account
from data_access.errors import ConfigurationError
from data_access.settings import LOOPBACK, Settings

_SWITCHES: Final = (
    "FLASK_DEBUG",
    "DASH_DEBUG",
    "DASH_UI",
    "DASH_HOT_RELOAD",
    "DASH_SERVE_DEV_BUNDLES",
    "DASH_MCP_ENABLED",
    "AUTHLIB_INSECURE_TRANSPORT",
)
"""Variables by which libraries show code and errors, open further doors, or speak to a provider over http."""
_OFF: Final = frozenset({"", "0", "false", "no", "off"})
_BY_OTHERS: Final = stat.S_IRWXO
_NETWORKED: Final = frozenset(
    {"nfs", "nfs3", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "afs", "ncpfs", "ceph", "glusterfs", "lustre",
     "gpfs", "beegfs", "davfs", "fuse.sshfs", "fuse.glusterfs", "fuse.ceph", "fuse.rclone", "fuse.s3fs"}
)  # fmt: skip
"""File systems on which SQLite's locks do not hold between machines, or not at all."""


def check_safe_start(
    settings: Settings,
    database: Engine,
    *,
    environment: Mapping[str, str] | None = None,
    mounts: Path = Path("/proc/mounts"),
) -> None:
    """Refuses to go on where serving pages would be unsafe.

    Args:
        settings: those of the installation.
        database: its database, migrated.
        environment: variables that libraries obey.
        mounts: table of mounted file systems; a system without one is not asked.

    Raises:
        ConfigurationError: a sentence with its remedy for everything that is unsafe, one a line.
    """
    found = [
        *_of_switches(os.environ if environment is None else environment),
        *_of_addresses(settings),
        *_of_secrets(settings),
        *_of_files(settings, database, mounts),
        *_of_accounts(settings, database),
        *(
            f"The access rules are unsound: {problem}. Correct data_access/access/rules.py."
            for problem in rules.problems()
        ),
    ]
    if found:
        raise ConfigurationError("Refusing to serve pages.\n" + "\n".join(found))


def _of_switches(environment: Mapping[str, str]) -> Iterator[str]:
    for name in _SWITCHES:
        if environment.get(name, "").strip().lower() not in _OFF:
            yield f"{name} is set, which is for development only. Unset it."


def _of_addresses(settings: Settings) -> Iterator[str]:
    if settings.is_production and not settings.public_url.startswith("https://"):
        yield (
            "In production mode LUOXUAN_PUBLIC_URL must begin with https://, or cookies could be read on the way. "
            f"Got {settings.public_url!r}."
        )
    if settings.is_production and not settings.trusted_proxies:
        yield (
            "In production mode LUOXUAN_TRUSTED_PROXIES must be 1 to 5, or everybody seems to come from the proxy and a "
            "stranger's wrong passwords lock out all. Set it to the number of proxies before the server, as a rule 1."
        )
    if not settings.is_production and settings.host not in LOOPBACK:
        yield (
            f"LUOXUAN_HOST is {settings.host!r}, but demo mode may only listen on this machine. "
            "Unset it, or set LUOXUAN_MODE to production."
        )


def _of_secrets(settings: Settings) -> Iterator[str]:
    try:
        installation_secret(settings)
    except ConfigurationError as error:
        yield str(error)
    if settings.oidc is not None:
        try:
            if not read_private(settings.oidc.client_secret_file, "LUOXUAN_OIDC_CLIENT_SECRET_FILE"):
                yield f"LUOXUAN_OIDC_CLIENT_SECRET_FILE {str(settings.oidc.client_secret_file)!r} is empty."
        except ConfigurationError as error:
            yield str(error)


def _of_files(settings: Settings, database: Engine, mounts: Path) -> Iterator[str]:
    yield from _if_open(settings.home, "LUOXUAN_HOME", "700")
    name = database.url.database
    if database.url.get_backend_name() != "sqlite" or not name:
        return
    path = Path(name).resolve()
    yield from _if_open(path, "The database", "600")
    kind = file_system_of(path, mounts)
    if kind in _NETWORKED:
        yield (
            f"The database {str(path)!r} lies on a network file system ({kind}), where SQLite's locks do not hold. "
            "Move LUOXUAN_HOME to a local disk, or use PostgreSQL."
        )


def _if_open(path: Path, name: str, mode: str) -> Iterator[str]:
    if path.exists() and stat.S_IMODE(path.stat().st_mode) & _BY_OTHERS:
        yield f"{name} {str(path)!r} is open to all users of this machine. Run: chmod {mode} {path}"


def file_system_of(path: Path, mounts: Path) -> str:
    """Kind of the file system that holds a path, as the system names it; empty where it cannot be told."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    kind, depth = "", -1
    for line in lines:
        fields = line.split()
        if len(fields) < 3:
            continue
        point = Path(fields[1].replace(r"\040", " "))  # how the table writes a space
        # Of mounts one over the other the last one counts.
        if path.is_relative_to(point) and len(point.parts) >= depth:
            kind, depth = fields[2], len(point.parts)
    return kind


def _of_accounts(settings: Settings, database: Engine) -> Iterator[str]:
    if not settings.is_production:
        return
    enabled = Account.source == "demo", Account.disabled_at.is_(None)
    with database.connect() as connection:
        number = connection.execute(select(func.count()).select_from(Account).where(*enabled)).scalar_one()
    if number:
        yield (
            f"{number} demo accounts are enabled, whose password the sign-in page shows in demo mode. "
            "Disable them with 'luoxuan account disable', or use a LUOXUAN_HOME without demo data."
        )
