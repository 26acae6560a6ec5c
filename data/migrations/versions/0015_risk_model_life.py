"""The life of risk models: what was done with them, and how the live one does"""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Bring the schema to this revision."""
    op.create_table(
        "risk_model_event",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("risk_model_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("actor", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("about", sa.String(length=100), server_default="", nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["risk_model_id"], ["risk_model.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "risk_model_check",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("risk_model_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["risk_model_id"], ["risk_model.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("risk_check_by_model", "risk_model_check", ["risk_model_id", "at"], unique=False)
    lease = sa.table("lease", sa.column("name"), sa.column("holder"), sa.column("until_at", sa.DateTime))
    op.bulk_insert(lease, [{"name": "look", "holder": "", "until_at": datetime(2000, 1, 1)}])
    if op.get_bind().dialect.name == "sqlite":
        for action in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER risk_model_event_no_{action.lower()} BEFORE {action} ON risk_model_event "
                "BEGIN SELECT RAISE(ABORT, 'risk_model_event is append-only'); END"
            )
    else:
        op.execute(
            "CREATE TRIGGER risk_model_event_append_only BEFORE UPDATE OR DELETE ON risk_model_event "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
