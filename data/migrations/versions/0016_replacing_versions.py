"""Whether a version of a register stands in place of all before it"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Bring the schema to this revision."""
    op.add_column("dataset_filing", sa.Column("replaces", sa.Boolean(), nullable=False, server_default=sa.false()))
