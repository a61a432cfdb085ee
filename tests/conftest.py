"""What tests of every part share: an installation in a directory of its own."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine

from data_access.database import migrate, open_database
from data_access.lake import Lake
from data_access.settings import Settings


@dataclasses.dataclass(frozen=True)
class Installation:
    """An empty, migrated installation."""

    settings: Settings
    database: Engine
    lake: Lake


@pytest.fixture(scope="session")
def install() -> Callable[..., Installation]:
    """Makes an installation below a directory, on SQLite unless another database is named."""

    def make(home: Path, database_url: str | None = None) -> Installation:
        settings = Settings.at(home)
        if database_url is not None:
            settings = dataclasses.replace(settings, database_url=database_url)
        database = open_database(settings.database_url)
        migrate(database)
        return Installation(settings, database, Lake(settings.lake_root, database))

    return make


@pytest.fixture
def installation(install: Callable[..., Installation], tmp_path: Path) -> Installation:
    """An empty installation of the test's own."""
    return install(tmp_path / "home")
