"""Periods that are numbers of contracts or enterprises are longer than a month is written"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Bring the schema to this revision."""
    with op.batch_alter_table("alert") as batch_op:
        batch_op.alter_column("period", existing_type=sa.String(length=10), type_=sa.String(length=40))
