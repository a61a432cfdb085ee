"""Opening the stores of one installation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Engine

from data_access.database import migrate, open_database
from data_access.settings import Settings

if TYPE_CHECKING:
    from data_access.lake import Lake


def open_home(settings: Settings) -> Engine:
    """The database of an installation, created and migrated where need be."""
    settings.home.mkdir(parents=True, exist_ok=True)
    database = open_database(settings.database_url)
    migrate(database)
    return database


def open_lake(settings: Settings, database: Engine) -> Lake:
    """The lake of an installation."""
    from data_access.lake import Lake  # noqa: PLC0415 (a second to import; most commands do without)

    return Lake(settings.lake_root, database)
