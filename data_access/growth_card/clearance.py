"""Emptying the growth card before another demo college moves in: its tables only grow, and know of people who are gone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, Engine, Table, delete, func, select, text

from data_access.access.actors import Actor
from data_access.access.audit import AuditKind, AuditLog, Event
from data_access.database import growth_models, transaction
from data_access.database.growth_models import CardCorrection, CardEntry, CardMarkChange
from data_access.database.models import Base
from data_access.errors import UserError
from data_access.growth_card.postings import PATIENCE
from data_access.settings import Settings

LEDGERS: Final = tuple(model.__tablename__ for model in (CardEntry, CardMarkChange, CardCorrection))
"""Tables that the database itself protects from being changed."""
SUBJECT: Final = "growth-card"


def clear_card(settings: Settings, database: Engine, audit: AuditLog) -> int:
    """Empties all tables of the growth card in one transaction; returns how many rows were taken away.

    Ledgers are protected again when it ends, however it ends. Nothing is recorded where nothing was there.

    Args:
        settings: of the installation.
        database: that of the installation.
        audit: where it is recorded.

    Raises:
        UserError: the installation serves a college.
        BusyError: others have kept the database locked; nothing was taken away.
    """
    if settings.is_production:
        raise UserError("The growth card of an installation in production mode is never emptied.")
    with transaction(database, patience=PATIENCE) as connection:
        held = {table.name: _count(connection, table) for table in card_tables()}
        rows = sum(held.values())
        if not rows:
            return 0
        _empty(connection)
        audit.write_in(
            connection,
            Event(
                kind=AuditKind.MAINTENANCE,
                actor=Actor.console().name,
                subject=SUBJECT,
                rows=rows,
                detail={"change": "emptied", **{name: count for name, count in held.items() if count}},
            ),
        )
    return rows


def card_tables() -> Sequence[Table]:
    """All tables of the growth card, each after those it refers to."""
    own = {m.local_table for m in Base.registry.mappers if m.class_.__module__ == growth_models.__name__}
    return [table for table in Base.metadata.sorted_tables if table in own]


def _count(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def _empty(connection: Connection) -> None:
    """Within the caller's transaction the ledgers may be changed; who rolls it back finds the triggers where they were."""
    if connection.dialect.name == "postgresql":
        for table in LEDGERS:
            connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        # Deleting would look up who refers to each of a million entries.
        connection.exec_driver_sql(f"TRUNCATE {', '.join(table.name for table in card_tables())}")
        for table in LEDGERS:
            connection.exec_driver_sql(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        return
    schema = text("SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'trigger'")
    triggers = [row for row in connection.execute(schema) if row.tbl_name in LEDGERS]
    for trigger in triggers:
        connection.exec_driver_sql(f"DROP TRIGGER {trigger.name}")
    for table in reversed(card_tables()):
        connection.execute(delete(table))
    for trigger in triggers:
        connection.exec_driver_sql(trigger.sql)
