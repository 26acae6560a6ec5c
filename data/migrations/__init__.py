"""How the schema grew: Alembic migrations."""
