"""The database: engines for SQLite and PostgreSQL, migrations, and short transactions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import OperationalError

from data_access.errors import BusyError, ConfigurationError

MIGRATIONS: Final = Path(__file__).with_name("migrations")
HEAD: Final = "0002"
"""The newest migration; known here so that an up-to-date start need not load Alembic."""

_PRAGMAS: Final = (
    "busy_timeout=5000",  # first: setting the journal mode already needs the lock it waits for
    "journal_mode=DELETE",
    "synchronous=FULL",
    "foreign_keys=ON",
    "cache_spill=OFF",  # a spilling cache takes the exclusive lock, and so stops readers, long before the commit
)


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
    if parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
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


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """A write transaction: all of it commits, or none.

    Raises:
        BusyError: SQLite stayed locked by another writer for five seconds.
    """
    try:
        with engine.connect().execution_options(luoxuan_writer=True) as connection, connection.begin():
            yield connection
    except OperationalError as error:
        if "database is locked" in str(error.orig):
            raise BusyError(
                "Another process is writing to the database. Nothing was changed; try again in a moment."
            ) from error
        raise


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
