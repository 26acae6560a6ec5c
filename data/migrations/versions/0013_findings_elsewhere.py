"""How many findings of a run lie outside the model's region or have no place"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Bring the schema to this revision."""
    op.add_column("collision_run", sa.Column("n_elsewhere", sa.Integer(), server_default="0", nullable=False))
    op.add_column("collision_run", sa.Column("n_unplaced", sa.Integer(), server_default="0", nullable=False))
