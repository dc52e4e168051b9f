"""Guests with links of their own, colleagues who are asked to join, and links to another device."""

import sqlalchemy as sa
from alembic import op

revision = "0013_guests"
down_revision = "0012_key_scopes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "guest",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("appointment_id", sa.String(length=64), nullable=False),
        sa.Column("part", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("invited_by", sa.String(length=64), nullable=False),
        sa.Column("schedule_version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"], name=op.f("fk_guest_appointment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guest")),
    )
    op.create_index(op.f("ix_guest_appointment_id"), "guest", ["appointment_id"])
    op.create_table(
        "staff_ask",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("appointment_id", sa.String(length=64), nullable=False),
        sa.Column("staff_id", sa.String(length=36), nullable=False),
        sa.Column("part", sa.String(length=16), nullable=False),
        sa.Column("asked_by", sa.String(length=64), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name=op.f("fk_staff_ask_appointment_id")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_ask_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_ask")),
        sa.UniqueConstraint("appointment_id", "staff_id", name=op.f("uq_staff_ask_appointment_id_staff_id")),
    )
    op.create_index(op.f("ix_staff_ask_staff_id_closed_at"), "staff_ask", ["staff_id", "closed_at"])
    op.create_table(
        "hand_over",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("appointment_id", sa.String(length=64), nullable=False),
        sa.Column("participant_id", sa.String(length=64), nullable=False),
        sa.Column("schedule_version", sa.Integer(), nullable=False),
        sa.Column("visit_id", sa.String(length=36), nullable=False),
        sa.Column("code_sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name=op.f("fk_hand_over_appointment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_over")),
        sa.UniqueConstraint("code_sha256", name=op.f("uq_hand_over_code_sha256")),
    )
    op.create_index(op.f("ix_hand_over_appointment_id"), "hand_over", ["appointment_id"])
    op.create_index(op.f("ix_hand_over_expires_at"), "hand_over", ["expires_at"])


def downgrade() -> None:
    op.drop_table("hand_over")
    op.drop_table("staff_ask")
    op.drop_table("guest")
