"""Opening the stores of one installation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError

from data_access.database import migrate, open_database
from data_access.errors import ConfigurationError
from data_access.settings import Settings

if TYPE_CHECKING:
    from data_access.lake import Lake


def open_home(settings: Settings) -> Engine:
    """The database of an installation, created (for its owner's eyes only) and migrated where need be.

    Raises:
        ConfigurationError: the directory or the database cannot be opened.
    """
    try:
        settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"LUOXUAN_HOME {str(settings.home)!r} cannot be used as a directory: {error.strerror}. Name another one."
        ) from error
    database = open_database(settings.database_url)
    try:
        migrate(database)
    except DatabaseError as error:
        shown = database.url.render_as_string(hide_password=True)
        reason = str(error.orig).strip().splitlines()[0]
        raise ConfigurationError(
            f"The database {shown} cannot be opened: {reason}. Check LUOXUAN_DATABASE_URL and that the server runs; "
            "a damaged file is replaced by its backup (docs/operations.md)."
        ) from error
    return database


def open_lake(settings: Settings, database: Engine) -> Lake:
    """The lake of an installation."""
    from data_access.lake import Lake  # noqa: PLC0415 (a second to import; most commands do without)

    return Lake(settings.lake_root, database)
