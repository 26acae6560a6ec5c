"""Person queries about several people, enterprises, tenders or projects, and their reports; models that help"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Bring the schema to this revision."""
    op.create_table(
        "query_subject",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("query_id", sa.Integer(), nullable=False),
        sa.Column("side", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("subject_key", sa.String(length=64), nullable=False),
        sa.Column("display", sa.String(length=100), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["query_id"], ["person_query.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_query_subject_query_id"), "query_subject", ["query_id"], unique=False)
    op.execute(
        "INSERT INTO query_subject (query_id, side, kind, subject_key, display, sealed) "
        "SELECT id, 'subject', 'person', subject_key, subject_display, sealed FROM person_query"
    )
    with op.batch_alter_table("person_query") as batch_op:
        for name in ("subject_key", "subject_display", "sealed"):
            batch_op.drop_column(name)
    op.create_table(
        "clearance_report",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("query_id", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=40), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.ForeignKeyConstraint(["query_id"], ["person_query.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_clearance_report_query_id"), "clearance_report", ["query_id"], unique=False)
    op.add_column(
        "supervision_model", sa.Column("counts", sa.String(length=10), nullable=False, server_default="misconduct")
    )
    op.execute("UPDATE supervision_model SET counts = 'help' WHERE code = 'M34'")
