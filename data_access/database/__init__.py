"""The database: engines for SQLite and PostgreSQL, migrations, and short transactions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import OperationalError

from data_access.errors import BusyError, ConfigurationError

MIGRATIONS: Final = Path(__file__).with_name("migrations")
HEAD: Final = "0004"
"""The newest migration; known here so that an up-to-date start need not load Alembic."""

_PRAGMAS: Final = (
    "busy_timeout=5000",  # first: setting the journal mode already needs the lock it waits for
    "journal_mode=DELETE",
    "synchronous=FULL",
    "foreign_keys=ON",
    "cache_spill=OFF",  # a spilling cache takes the exclusive lock, and so stops readers, long before the commit
)


_LOCK_TIMEOUT: Final = "55P03"
"""PostgreSQL's code for a lock that was not given in time."""


def open_database(url: str) -> Engine:
    """An engine for `url`, with the settings that keep data safe on either database.

    SQLite runs with a rollback journal: the release most systems carry (before 3.51.3) can lose
    data in WAL mode when several processes checkpoint. Transactions begin as writers only through
    `transaction`, so two writers queue instead of failing half-way.

    Raises:
        ConfigurationError: the URL is malformed or names another kind of database.
    """
    try:
        parsed = make_url(url)
    except Exception as error:
        raise ConfigurationError(
            "LUOXUAN_DATABASE_URL is not a database URL. Expected sqlite:///<file> or postgresql+psycopg://…"
        ) from error
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        return create_engine(parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
    if backend != "sqlite":
        raise ConfigurationError(f"The database may be SQLite or PostgreSQL. Got {backend!r}.")
    if parsed.database and parsed.database != ":memory:":
        _create_private(Path(parsed.database))
    engine = create_engine(parsed, connect_args={"timeout": 5})

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions are begun explicitly, by the listener below
        cursor = connection.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get("luoxuan_writer", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine


def _create_private(path: Path) -> None:
    """Creates the file of a new database for its owner's eyes only; SQLite gives its journal the same mode."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(OSError):  # where it cannot be created, opening it says so
        path.touch(mode=0o600)


@contextmanager
def transaction(engine: Engine, *, patience: float | None = None) -> Iterator[Connection]:
    """A write transaction: all of it commits, or none.

    Args:
        engine: the database.
        patience: seconds to wait for other writers; None for five on SQLite, and without end on PostgreSQL,
            where they lock single rows.

    Raises:
        BusyError: another writer held what this one needs for longer than that.
    """
    try:
        with (
            engine.connect().execution_options(luoxuan_writer=True) as connection,
            _waiting(connection, patience),
            connection.begin(),
        ):
            if patience is not None and engine.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = {round(1000 * patience)}")
            yield connection
    except OperationalError as error:
        if "database is locked" in str(error.orig) or getattr(error.orig, "sqlstate", "") == _LOCK_TIMEOUT:
            raise BusyError(
                "Another process is writing to the database. Nothing was changed; try again in a moment."
            ) from error
        raise


@contextmanager
def _waiting(connection: Connection, patience: float | None) -> Iterator[None]:
    """Lets a connection to SQLite wait so long for locks, and for as long as ever afterwards."""
    raw = connection.connection.dbapi_connection
    if patience is None or connection.dialect.name != "sqlite" or raw is None:
        yield
        return
    raw.cursor().execute(f"PRAGMA busy_timeout={round(1000 * patience)}").close()
    try:
        yield
    finally:
        raw.cursor().execute(f"PRAGMA {_PRAGMAS[0]}").close()


def migrate(engine: Engine) -> None:
    """Bring the schema of the database to this version."""
    with engine.connect() as connection:
        current = text("SELECT version_num FROM alembic_version")
        if inspect(connection).has_table("alembic_version") and connection.execute(current).scalar() == HEAD:
            return
        connection.rollback()
        from alembic import command  # noqa: PLC0415
        from alembic.config import Config  # noqa: PLC0415

        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
