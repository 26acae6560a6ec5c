"""When the rows of each month of a register came"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Bring the schema to this revision."""
    op.add_column("filing_quality", sa.Column("receipts", sa.Text(), nullable=False, server_default="{}"))
