"""The database: migrations equal models, writers queue, readers are not stopped."""

import sqlite3

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from data_access.database import HEAD, MIGRATIONS, migrate, open_database, transaction
from data_access.database.access_models import Account
from data_access.database.growth_models import CardEntry
from data_access.database.monitoring_models import ScreenToken
from data_access.errors import BusyError, ConfigurationError


def test_the_head_known_to_the_code_is_the_newest_migration():
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def test_migrations_build_what_the_models_say(installation):
    with installation.database.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Account.metadata) == []
    assert ScreenToken.metadata is CardEntry.metadata is Account.metadata


def test_migrating_twice_changes_nothing(installation):
    migrate(installation.database)
    with installation.database.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == HEAD


def test_a_failed_transaction_leaves_nothing(installation):
    with pytest.raises(ZeroDivisionError), transaction(installation.database) as connection:
        connection.execute(
            text("INSERT INTO period VALUES ('year', 2026, '2026', '2026年', '2026-01-01', '2026-12-31', NULL)")
        )
        raise ZeroDivisionError
    with installation.database.connect() as connection:
        assert connection.execute(text("SELECT COUNT(*) FROM period")).scalar_one() == 0


def test_a_large_transaction_does_not_stop_readers(install, tmp_path):
    database = install(tmp_path).database
    with transaction(database) as writer:
        cursor = writer.connection.driver_connection.cursor()
        rows = ((1, 5, 2024, n, 1, 1, float(n)) for n in range(60_000))  # several times the page cache
        cursor.executemany(
            "INSERT INTO measure (family_id, level, period_id, entity_id, run_id, rows, p00) VALUES (?, ?, ?, ?, ?, ?, ?)",
            rows,
        )
        impatient = sqlite3.connect(database.url.database, timeout=0)
        assert impatient.execute("SELECT COUNT(*) FROM measure").fetchone() == (0,)
        impatient.close()
    with database.connect() as connection:
        assert connection.execute(text("SELECT COUNT(*) FROM measure")).scalar_one() == 60_000


def test_a_second_writer_is_told_to_try_again(install, tmp_path, monkeypatch):
    database = install(tmp_path).database
    holder = sqlite3.connect(database.url.database, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with database.connect() as connection:
        connection.execute(text("PRAGMA busy_timeout = 50"))
    with pytest.raises(BusyError, match="try again"), transaction(database):
        pass
    holder.close()


@pytest.mark.parametrize(
    ("url", "message"),
    [("mysql://x/y", "SQLite or PostgreSQL"), ("not a url", "not a database URL"), ("", "not a database URL")],
)
def test_another_kind_of_database_is_refused(url, message):
    with pytest.raises(ConfigurationError, match=message):
        open_database(url)
