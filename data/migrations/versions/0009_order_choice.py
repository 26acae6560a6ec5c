"""Which named order of the queue is in force, for the office and for units"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Bring the schema to this revision."""
    op.create_table(
        "order_choice",
        sa.Column("unit_code", sa.String(length=30), nullable=False),
        sa.Column("order_code", sa.String(length=20), nullable=False),
        sa.Column("worth", sa.Float(), nullable=True),
        sa.Column("chosen_by", sa.String(length=40), nullable=False),
        sa.Column("chosen_at", sa.DateTime(), nullable=False),
        sa.Column("applied", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("unit_code"),
    )
