"""How good filed registers are, and tickets to their suppliers"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Bring the schema to this revision."""
    op.create_table(
        "filing_quality",
        sa.Column("filing_id", sa.Integer(), nullable=False),
        sa.Column("n_checked", sa.Integer(), nullable=False),
        sa.Column("n_failed", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Text(), nullable=False),
        sa.Column("lag_days", sa.Float(), nullable=True),
        sa.Column("event_from", sa.Date(), nullable=True),
        sa.Column("event_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["filing_id"], ["dataset_filing.id"]),
        sa.PrimaryKeyConstraint("filing_id"),
    )
    op.create_table(
        "correction_ticket",
        sa.Column("id", sa.Integer(), sa.Identity(), nullable=False),
        sa.Column("register", sa.String(length=30), nullable=False),
        sa.Column("filing_id", sa.Integer(), nullable=True),
        sa.Column("alert_id", sa.Integer(), nullable=True),
        sa.Column("unit_code", sa.String(length=30), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("n_rows", sa.Integer(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.String(length=60), nullable=False),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.String(length=60), nullable=True),
        sa.Column("answered_at", sa.DateTime(), nullable=True),
        sa.Column("closing", sa.Text(), nullable=False),
        sa.Column("closed_by", sa.String(length=60), nullable=True),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.Column("closing_filing_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"]),
        sa.ForeignKeyConstraint(["closing_filing_id"], ["dataset_filing.id"]),
        sa.ForeignKeyConstraint(["filing_id"], ["dataset_filing.id"]),
        sa.ForeignKeyConstraint(["unit_code"], ["unit.code"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_correction_ticket_register", "correction_ticket", ["register"])
    op.create_index("ix_correction_ticket_unit_code", "correction_ticket", ["unit_code"])
