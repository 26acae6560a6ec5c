"""The life of a supervision model: states, back-tests, schedules"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Bring the schema to this revision."""
    op.create_table(
        "model_schedule",
        sa.Column("code", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("set_by", sa.String(length=60), nullable=False),
        sa.Column("set_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("code"),
    )
    op.create_table(
        "scope_request",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.String(length=10), nullable=False),
        sa.Column("region_code", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.String(length=60), nullable=False),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("decided_by", sa.String(length=60), nullable=True),
        sa.Column("decided_at", sa.DateTime(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_scope_request_code"), "scope_request", ["code"], unique=False)

    op.create_table(
        "back_fill",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.String(length=10), nullable=False),
        sa.Column("as_of", sa.DateTime(), nullable=False),
        sa.Column("asked_by", sa.String(length=60), nullable=False),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["collision_run.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code", "as_of"),
    )
    op.create_index(op.f("ix_back_fill_state"), "back_fill", ["state"], unique=False)

    op.create_table(
        "back_test",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.String(length=10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("card_hash", sa.String(length=64), nullable=False),
        sa.Column("region_code", sa.String(length=12), nullable=False),
        sa.Column("asked_by", sa.String(length=60), nullable=False),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("n_done", sa.Integer(), nullable=False),
        sa.Column("n_total", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=True),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("filings", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("sample", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["code", "version"],
            ["supervision_model.code", "supervision_model.version"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("back_test_by_model", "back_test", ["code", "version"], unique=False)
    op.create_index(op.f("ix_back_test_state"), "back_test", ["state"], unique=False)

    op.create_table(
        "model_event",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.String(length=10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("actor", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("from_status", sa.String(length=15), nullable=True),
        sa.Column("to_status", sa.String(length=15), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["code", "version"],
            ["supervision_model.code", "supervision_model.version"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("model_event_by_model", "model_event", ["code", "version"], unique=False)

    op.create_table(
        "shadow_run",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.String(length=10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("live_version", sa.Integer(), nullable=False),
        sa.Column("as_of", sa.DateTime(), nullable=False),
        sa.Column("n_both", sa.Integer(), nullable=False),
        sa.Column("n_only_new", sa.Integer(), nullable=False),
        sa.Column("n_only_live", sa.Integer(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["code", "version"],
            ["supervision_model.code", "supervision_model.version"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("shadow_run_by_model", "shadow_run", ["code", "version"], unique=False)

    op.create_table(
        "sample_verdict",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("back_test_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(length=10), nullable=False),
        sa.Column("judged_by", sa.String(length=60), nullable=False),
        sa.Column("judged_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["back_test_id"],
            ["back_test.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("back_test_id", "number"),
    )
    op.add_column("collision_run", sa.Column("made_up_at", sa.DateTime(), nullable=True))

    op.add_column(
        "supervision_model", sa.Column("author", sa.String(length=60), server_default="system", nullable=False)
    )
    op.add_column("supervision_model", sa.Column("unit_code", sa.String(length=30), nullable=True))
    op.add_column(
        "supervision_model", sa.Column("region_code", sa.String(length=12), server_default="", nullable=False)
    )
    op.add_column("supervision_model", sa.Column("based_on", sa.String(length=20), nullable=True))
    op.add_column("supervision_model", sa.Column("note", sa.Text(), server_default="", nullable=False))
    op.add_column("supervision_model", sa.Column("created_at", sa.DateTime(), nullable=True))
    op.add_column("supervision_model", sa.Column("submitted_at", sa.DateTime(), nullable=True))
    op.add_column("supervision_model", sa.Column("submitted_by", sa.String(length=60), nullable=True))
    op.add_column("supervision_model", sa.Column("approved_by", sa.String(length=60), nullable=True))
    op.add_column("supervision_model", sa.Column("activated_at", sa.DateTime(), nullable=True))
    op.add_column("supervision_model", sa.Column("paused_at", sa.DateTime(), nullable=True))
    op.add_column("supervision_model", sa.Column("retired_at", sa.DateTime(), nullable=True))
    op.add_column("supervision_model", sa.Column("shadow_since", sa.DateTime(), nullable=True))
    if op.get_bind().dialect.name == "sqlite":
        for action in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER model_event_no_{action.lower()} BEFORE {action} ON model_event "
                "BEGIN SELECT RAISE(ABORT, 'model_event is append-only'); END"
            )
    else:
        op.execute(
            "CREATE TRIGGER model_event_append_only BEFORE UPDATE OR DELETE ON model_event "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
