"""What units can verify in a week, and their confirmed plans"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Bring the schema to this revision."""
    op.create_table(
        "capacity",
        sa.Column("unit_code", sa.String(length=30), nullable=False),
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("per_week", sa.Integer(), nullable=False),
        sa.Column("set_by", sa.String(length=40), nullable=False),
        sa.Column("set_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["unit_code"], ["unit.code"]),
        sa.PrimaryKeyConstraint("unit_code", "account"),
    )
    op.create_table(
        "week_plan",
        sa.Column("unit_code", sa.String(length=30), nullable=False),
        sa.Column("week_on", sa.Date(), nullable=False),
        sa.Column("order_code", sa.String(length=20), nullable=False),
        sa.Column("room", sa.Integer(), nullable=False),
        sa.Column("confirmed_by", sa.String(length=40), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["unit_code"], ["unit.code"]),
        sa.PrimaryKeyConstraint("unit_code", "week_on"),
    )
    op.create_table(
        "week_plan_item",
        sa.Column("unit_code", sa.String(length=30), nullable=False),
        sa.Column("week_on", sa.Date(), nullable=False),
        sa.Column("alert_id", sa.Integer(), nullable=False),
        sa.Column("why", sa.String(length=10), nullable=False),
        sa.Column("account", sa.String(length=60), nullable=True),
        sa.Column("p_confirmed", sa.Float(), nullable=True),
        sa.Column("p_low", sa.Float(), nullable=True),
        sa.Column("p_high", sa.Float(), nullable=True),
        sa.Column("recoverable", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"]),
        sa.PrimaryKeyConstraint("unit_code", "week_on", "alert_id"),
    )
