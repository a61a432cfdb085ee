"""Alembic's entry point; the connection is handed over by `data_access.database.migrate`."""

from alembic import context

from data_access.database.access_models import Account

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Account.metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
