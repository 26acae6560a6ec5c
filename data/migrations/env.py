"""Alembic's entry: runs the migrations against the address it was given, or against the settings' database."""

from alembic import context

from data import (  # noqa: F401  (their tables belong to the metadata)
    factory_tables,
    loop_tables,
    model_tables,
    people_tables,
    plan_tables,
    record_tables,
    risk_tables,
)
from data.database import open_engine
from data.settings import settings
from data.tables import Table

url = context.config.attributes.get("url") or settings().database_url
engine = open_engine(url).execution_options(writes=True)
with engine.connect() as connection:
    if connection.dialect.name == "sqlite":
        # SQLite changes a column by making its table anew and dropping the old one, to which other rows refer. It heeds
        # this before a transaction only, so the driver is told.
        connection.connection.cursor().execute("PRAGMA foreign_keys = OFF")
    context.configure(connection=connection, target_metadata=Table.metadata, render_as_batch=True, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
