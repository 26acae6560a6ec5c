"""The random check slice: each alert's propensity and whether it was drawn; the office's seed"""

import secrets
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Bring the schema to this revision."""
    op.add_column("alert", sa.Column("check_share", sa.Float(), nullable=True))
    op.add_column("alert", sa.Column("drawn", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index("alert_drawn", "alert", ["drawn", "raised_at"])
    policy = sa.table(
        "policy",
        sa.column("name", sa.String),
        sa.column("value", sa.Integer),
        sa.column("set_by", sa.String),
        sa.column("set_at", sa.DateTime),
    )
    made = {"name": "check_seed", "value": secrets.randbelow(2**31), "set_by": "system"}
    op.bulk_insert(policy, [made | {"set_at": datetime.now(UTC).replace(tzinfo=None)}])
