"""A lease for every piece of the worker's work, and what its last run failed with"""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Bring the schema to this revision."""
    op.add_column("lease", sa.Column("failure", sa.String(length=80), server_default="", nullable=False))
    op.add_column("lease", sa.Column("failed_at", sa.DateTime(), nullable=True))
    lease = sa.table("lease", sa.column("name"), sa.column("holder"), sa.column("until_at", sa.DateTime))
    free = {"holder": "", "until_at": datetime(2000, 1, 1)}
    op.bulk_insert(lease, [{"name": name} | free for name in ("back_test", "back_fill", "shadow")])
