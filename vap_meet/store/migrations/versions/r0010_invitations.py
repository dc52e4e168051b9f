"""Make the table of invitations to book."""

import sqlalchemy as sa
from alembic import op

revision = "0010_invitations"
down_revision = "0009_call_backs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "booking_invitation",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("code_sha256", sa.String(length=64), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("service_id", sa.String(length=64), nullable=False),
        sa.Column("service_name_ar", sa.String(length=200), nullable=False),
        sa.Column("service_name_en", sa.String(length=200), nullable=False),
        sa.Column("customer_name", sa.String(length=120), nullable=False),
        sa.Column("customer_phone", sa.String(length=20), nullable=True),
        sa.Column("customer_email", sa.String(length=254), nullable=True),
        sa.Column("customer_language", sa.String(length=2), nullable=False),
        sa.Column("request_number", sa.String(length=64), nullable=True),
        sa.Column("reason_ar", sa.Text(), nullable=True),
        sa.Column("reason_en", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("appointment_id", sa.String(length=64), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("at_once", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name=op.f("fk_booking_invitation_appointment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_invitation")),
        sa.UniqueConstraint("appointment_id", name=op.f("uq_booking_invitation_appointment_id")),
        sa.UniqueConstraint("code_sha256", name=op.f("uq_booking_invitation_code_sha256")),
    )
    op.create_index(op.f("ix_booking_invitation_created_at_id"), "booking_invitation", ["created_at", "id"])
    op.create_index(op.f("ix_booking_invitation_expires_at"), "booking_invitation", ["expires_at"])


def downgrade() -> None:
    op.drop_table("booking_invitation")
