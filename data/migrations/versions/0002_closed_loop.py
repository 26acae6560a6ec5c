"""Closed loop"""

import hashlib
import re
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def _dispatch_what_is_open(now: datetime) -> None:
    """Existing alerts take the states of the loop: those with a unit are given to it now, to be signed for."""
    alert = sa.table("alert", *(sa.column(name) for name in ("id", "status", "unit_code", "level", "version")),
                     sa.column("dispatched_at", sa.DateTime), sa.column("due_on", sa.Date))  # fmt: skip
    event = sa.table("alert_event", *(sa.column(name) for name in _EVENT), sa.column("at", sa.DateTime))
    given = (alert.c.status == "open") & alert.c.unit_code.is_not(None)
    stood = sa.select(
        alert.c.id, sa.literal("dispatch"), sa.literal("dispatched"), sa.literal(2), sa.literal("waiting"),
        sa.literal("dispatched"), sa.literal("启用闭环办理时按责任单位分办"), alert.c.level, alert.c.unit_code,
        sa.literal(now, sa.DateTime),
    )  # fmt: skip
    op.execute(event.insert().from_select([*_EVENT, "at"], stood.where(given)))
    # Two working days, a weekend between them.
    due_on = (now + timedelta(days=4)).date()
    op.execute(alert.update().where(given).values(status="dispatched", version=2, dispatched_at=now, due_on=due_on))
    op.execute(alert.update().where(alert.c.status == "open").values(status="waiting"))


_EVENT = ("alert_id", "actor", "kind", "version", "from_status", "to_status", "note", "level", "unit_code")


def _enter_what_came_back() -> None:
    """Money that alerts say was recovered becomes an entry each: their sum is what an alert says from now on."""
    alert = sa.table("alert", sa.column("id"), sa.column("recovered", sa.Float), sa.column("concluded_at", sa.DateTime),
                     sa.column("raised_at", sa.DateTime))  # fmt: skip
    measure = sa.table("measure", *(sa.column(name) for name in ("alert_id", "kind", "quantity", "note", "actor")),
                       sa.column("done_on", sa.Date), sa.column("at", sa.DateTime))  # fmt: skip
    moment = sa.func.coalesce(alert.c.concluded_at, alert.c.raised_at, type_=sa.DateTime())
    rows = op.get_bind().execute(sa.select(alert.c.id, alert.c.recovered, moment).where(alert.c.recovered != 0))
    entries = [
        {"alert_id": one, "kind": "recovery", "quantity": amount, "note": "启用闭环办理前已登记", "actor": "system",
         "done_on": (at + timedelta(hours=8)).date(), "at": at}
        for one, amount, at in rows
    ]  # fmt: skip
    if entries:
        op.bulk_insert(measure, entries)


def upgrade() -> None:
    """Bring the schema to this revision."""
    op.create_table(
        "audit_entry",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("actor", sa.String(length=60), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("object_kind", sa.String(length=20), nullable=False),
        sa.Column("object_id", sa.String(length=80), nullable=False),
        sa.Column("result", sa.String(length=10), nullable=False),
        sa.Column("address", sa.String(length=60), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.create_index("audit_by_object", ["object_kind", "object_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entry_action"), ["action"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entry_actor"), ["actor"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entry_at"), ["at"], unique=False)

    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "policy",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("set_by", sa.String(length=40), nullable=False),
        sa.Column("set_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "sealed_identity",
        sa.Column("subject_key", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("subject_key"),
    )
    op.create_table(
        "access_token",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.String(length=200), nullable=False),
        sa.Column("region_code", sa.String(length=12), nullable=True),
        sa.Column("created_by", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(), nullable=True),
        sa.Column("used_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["region_code"],
            ["region.code"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_table(
        "webhook",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("url", sa.String(length=300), nullable=False),
        sa.Column("secret", sa.String(length=200), nullable=False),
        sa.Column("kinds", sa.String(length=300), nullable=False),
        sa.Column("region_code", sa.String(length=12), nullable=True),
        sa.Column("created_by", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("last_event", sa.Integer(), nullable=False),
        sa.Column("stopped_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["region_code"],
            ["region.code"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "account",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("unit_code", sa.String(length=30), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("password_set_at", sa.DateTime(), nullable=True),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("n_failed", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(), nullable=True),
        sa.Column("totp_secret", sa.String(length=200), nullable=True),
        sa.Column("totp_since", sa.DateTime(), nullable=True),
        sa.Column("totp_last", sa.Integer(), nullable=True),
        sa.Column("oidc_subject", sa.String(length=200), nullable=True),
        sa.Column("subject_key", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["unit_code"],
            ["unit.code"],
        ),
        sa.PrimaryKeyConstraint("code"),
        sa.UniqueConstraint("oidc_subject"),
    )
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_account_subject_key"), ["subject_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_account_unit_code"), ["unit_code"], unique=False)

    op.create_table(
        "unit_duty",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("unit_code", sa.String(length=30), nullable=False),
        sa.Column("region_code", sa.String(length=12), nullable=False),
        sa.Column("domain_code", sa.String(length=30), nullable=True),
        sa.Column("level", sa.String(length=10), nullable=True),
        sa.ForeignKeyConstraint(
            ["domain_code"],
            ["domain.code"],
        ),
        sa.ForeignKeyConstraint(
            ["region_code"],
            ["region.code"],
        ),
        sa.ForeignKeyConstraint(
            ["unit_code"],
            ["unit.code"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("unit_duty", schema=None) as batch_op:
        batch_op.create_index("unit_duty_by_region", ["region_code"], unique=False)

    op.create_table(
        "elimination",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("alert_id", sa.Integer(), nullable=False),
        sa.Column("cause", sa.String(length=4), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", sa.String(length=200), nullable=False),
        sa.Column("prefilled", sa.Boolean(), nullable=False),
        sa.Column("requested_by", sa.String(length=60), nullable=False),
        sa.Column("requested_at", sa.DateTime(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("decided_by", sa.String(length=60), nullable=True),
        sa.Column("decided_at", sa.DateTime(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("suppress_until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["alert_id"],
            ["alert.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("elimination", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_elimination_alert_id"), ["alert_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_elimination_state"), ["state"], unique=False)

    op.create_table(
        "handling_order",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("alert_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=30), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("demand", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("ordered_by", sa.String(length=60), nullable=False),
        sa.Column("ordered_at", sa.DateTime(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.String(length=60), nullable=True),
        sa.Column("answered_at", sa.DateTime(), nullable=True),
        sa.Column("lifted_by", sa.String(length=60), nullable=True),
        sa.Column("lifted_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["alert_id"],
            ["alert.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
    )
    with op.batch_alter_table("handling_order", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_handling_order_alert_id"), ["alert_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_handling_order_lifted_at"), ["lifted_at"], unique=False)

    op.create_table(
        "inquiry",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("alert_id", sa.Integer(), nullable=False),
        sa.Column("unit_code", sa.String(length=30), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.String(length=60), nullable=False),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.String(length=60), nullable=True),
        sa.Column("answered_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["alert_id"],
            ["alert.id"],
        ),
        sa.ForeignKeyConstraint(
            ["unit_code"],
            ["unit.code"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("inquiry", schema=None) as batch_op:
        batch_op.create_index("inquiry_by_unit", ["unit_code", "answered_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_inquiry_alert_id"), ["alert_id"], unique=False)

    op.create_table(
        "look_back",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("alert_id", sa.Integer(), nullable=False),
        sa.Column("drawn_for", sa.String(length=20), nullable=False),
        sa.Column("drawn_by", sa.String(length=60), nullable=False),
        sa.Column("drawn_at", sa.DateTime(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.String(length=2), nullable=False),
        sa.Column("unit_code", sa.String(length=30), nullable=True),
        sa.Column("finding", sa.String(length=10), nullable=True),
        sa.Column("outcome_found", sa.String(length=2), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("reviewed_by", sa.String(length=60), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["alert_id"],
            ["alert.id"],
        ),
        sa.ForeignKeyConstraint(
            ["unit_code"],
            ["unit.code"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("look_back", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_look_back_alert_id"), ["alert_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_look_back_reviewed_at"), ["reviewed_at"], unique=False)

    op.create_table(
        "password_used",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("set_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account"],
            ["account.code"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("password_used", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_password_used_account"), ["account"], unique=False)

    op.create_table(
        "person_query",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("asked_by", sa.String(length=40), nullable=False),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        sa.Column("unit_code", sa.String(length=30), nullable=False),
        sa.Column("subject_key", sa.String(length=64), nullable=False),
        sa.Column("subject_display", sa.String(length=60), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("reference", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("decided_by", sa.String(length=40), nullable=True),
        sa.Column("decided_at", sa.DateTime(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=True),
        sa.Column("region_code", sa.String(length=12), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["asked_by"],
            ["account.code"],
        ),
        sa.ForeignKeyConstraint(
            ["region_code"],
            ["region.code"],
        ),
        sa.ForeignKeyConstraint(
            ["unit_code"],
            ["unit.code"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("person_query", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_query_asked_by"), ["asked_by"], unique=False)
        batch_op.create_index(batch_op.f("ix_person_query_state"), ["state"], unique=False)

    op.create_table(
        "post",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("unit_code", sa.String(length=30), nullable=False),
        sa.Column("region_code", sa.String(length=12), nullable=True),
        sa.Column("domain_code", sa.String(length=30), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("granted_by", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["account"],
            ["account.code"],
        ),
        sa.ForeignKeyConstraint(
            ["domain_code"],
            ["domain.code"],
        ),
        sa.ForeignKeyConstraint(
            ["region_code"],
            ["region.code"],
        ),
        sa.ForeignKeyConstraint(
            ["unit_code"],
            ["unit.code"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("post", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_post_account"), ["account"], unique=False)
        batch_op.create_index(batch_op.f("ix_post_unit_code"), ["unit_code"], unique=False)

    op.create_table(
        "recusal_tie",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject_key", sa.String(length=64), nullable=True),
        sa.Column("unit_name", sa.String(length=80), nullable=True),
        sa.Column("noted_at", sa.DateTime(), nullable=False),
        sa.Column("noted_by", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["account"],
            ["account.code"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("recusal_tie", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_recusal_tie_account"), ["account"], unique=False)
        batch_op.create_index(batch_op.f("ix_recusal_tie_subject_key"), ["subject_key"], unique=False)

    op.create_table(
        "responsible",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("alert_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=12), nullable=False),
        sa.Column("subject_key", sa.String(length=64), nullable=False),
        sa.Column("display", sa.String(length=60), nullable=False),
        sa.Column("post", sa.String(length=80), nullable=False),
        sa.Column("unit_name", sa.String(length=80), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=True),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("finding", sa.String(length=12), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"],
            ["alert.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("responsible", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_responsible_alert_id"), ["alert_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_responsible_subject_key"), ["subject_key"], unique=False)

    op.create_table(
        "sign_in",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("step", sa.String(length=15), nullable=False),
        sa.Column("address", sa.String(length=60), nullable=False),
        sa.Column("way", sa.String(length=10), server_default="password", nullable=False),
        sa.ForeignKeyConstraint(
            ["account"],
            ["account.code"],
        ),
        sa.PrimaryKeyConstraint("token_hash"),
    )
    with op.batch_alter_table("sign_in", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_account"), ["account"], unique=False)

    op.create_table(
        "suppression",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("rule", sa.String(length=60), nullable=True),
        sa.Column("subject_key", sa.String(length=64), nullable=False),
        sa.Column("subject_display", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("alert_id", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=60), nullable=False),
        sa.Column("approved_by", sa.String(length=60), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("reviewed_at", sa.DateTime(), nullable=True),
        sa.Column("lifted_by", sa.String(length=60), nullable=True),
        sa.Column("lifted_at", sa.DateTime(), nullable=True),
        sa.Column("n_withheld", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"],
            ["alert.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("suppression", schema=None) as batch_op:
        batch_op.create_index("suppression_by_subject", ["source", "subject_key"], unique=False)

    op.create_table(
        "attachment",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("alert_id", sa.Integer(), nullable=False),
        sa.Column("inquiry_id", sa.Integer(), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=150), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("added_by", sa.String(length=60), nullable=False),
        sa.Column("added_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"],
            ["alert.id"],
        ),
        sa.ForeignKeyConstraint(
            ["inquiry_id"],
            ["inquiry.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_attachment_alert_id"), ["alert_id"], unique=False)

    op.create_table(
        "delivery",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("webhook_id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("n_tries", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(), nullable=False),
        sa.Column("last_at", sa.DateTime(), nullable=True),
        sa.Column("last_answer", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["alert_event.id"],
        ),
        sa.ForeignKeyConstraint(
            ["webhook_id"],
            ["webhook.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.create_index("delivery_to_do", ["state", "next_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_delivery_webhook_id"), ["webhook_id"], unique=False)

    op.create_table(
        "measure",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("alert_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("quantity", sa.Float(), nullable=False),
        sa.Column("responsible_id", sa.Integer(), nullable=True),
        sa.Column("takes_back", sa.Integer(), nullable=True),
        sa.Column("done_on", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(length=60), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"],
            ["alert.id"],
        ),
        sa.ForeignKeyConstraint(
            ["responsible_id"],
            ["responsible.id"],
        ),
        sa.ForeignKeyConstraint(
            ["takes_back"],
            ["measure.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("measure", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_measure_alert_id"), ["alert_id"], unique=False)

    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))
        batch_op.add_column(sa.Column("assignee", sa.String(length=60), nullable=True))
        batch_op.add_column(sa.Column("dispatched_at", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("signed_in_at", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("reminded_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("supervised_at", sa.DateTime(), nullable=True))
        batch_op.create_index("alert_by_unit", ["unit_code", "status", "due_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_alert_assignee"), ["assignee"], unique=False)

    with op.batch_alter_table("collision_run", schema=None) as batch_op:
        batch_op.add_column(sa.Column("n_withheld", sa.Integer(), server_default="0", nullable=False))

    with op.batch_alter_table("alert_event", schema=None) as batch_op:
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))
        batch_op.add_column(sa.Column("level", sa.String(length=10), nullable=True))
        batch_op.add_column(sa.Column("unit_code", sa.String(length=30), nullable=True))
        batch_op.add_column(sa.Column("signed_in_at", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("due_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("assignee", sa.String(length=60), nullable=True))

    _dispatch_what_is_open(datetime.now(UTC).replace(tzinfo=None))
    _enter_what_came_back()

    # The cards in the warehouse name who answers by role.
    cards = sa.table("supervision_model", *(sa.column(name) for name in ("code", "version", "card", "card_hash")))
    for code, version, card in op.get_bind().execute(sa.select(cards.c.code, cards.c.version, cards.c.card)).all():
        text = re.sub(r'(?m)^responsible *= *("[^"\n]*")', r"responsible = { handler = \1 }", card)
        of_card = (cards.c.code == code) & (cards.c.version == version)
        digest = hashlib.sha256(text.encode()).hexdigest()
        op.execute(cards.update().where(of_card).values(card=text, card_hash=digest))

    head = sa.table("audit_head", sa.column("id"), *(sa.column(name) for name in ("number", "seal", "mark")))
    op.bulk_insert(head, [{"id": 1, "number": 0, "seal": "0" * 64, "mark": ""}])
    lease = sa.table("lease", sa.column("name"), sa.column("holder"), sa.column("until_at", sa.DateTime))
    free = {"holder": "", "until_at": datetime(2000, 1, 1)}
    names = ("remind", "deliver", "clear", "note_end", "order_number")
    op.bulk_insert(lease, [{"name": name} | free for name in names])

    # The audit is append-only: the database itself refuses to change or remove an entry.
    if op.get_bind().dialect.name == "sqlite":
        for action in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_entry_no_{action.lower()} BEFORE {action} ON audit_entry "
                "BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only'); END"
            )
    else:
        op.execute(
            "CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE ON audit_entry "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        for table in ("audit_entry", "alert_event"):
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            )
