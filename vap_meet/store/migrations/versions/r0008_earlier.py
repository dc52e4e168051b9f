"""Make the tables of earlier times."""

import sqlalchemy as sa
from alembic import op

revision = "0008_earlier"
down_revision = "0007_feedback"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "freed_slot",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("service_id", sa.String(length=64), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("freed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("freed_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["freed_by"], ["appointment.id"], name=op.f("fk_freed_slot_freed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_freed_slot")),
        sa.UniqueConstraint("service_id", "starts_at", name=op.f("uq_freed_slot_service_id_starts_at")),
    )
    op.create_table(
        "earlier_offer",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("appointment_id", sa.String(length=64), nullable=False),
        sa.Column("service_id", sa.String(length=64), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name=op.f("fk_earlier_offer_appointment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_earlier_offer")),
        sa.UniqueConstraint(
            "appointment_id", "starts_at", name=op.f("uq_earlier_offer_appointment_id_starts_at")
        ),
    )
    op.create_index(op.f("ix_earlier_offer_state_expires_at"), "earlier_offer", ["state", "expires_at"])
    op.create_table(
        "slot_hold",
        sa.Column("offer_id", sa.String(length=36), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("appointment_id", sa.String(length=64), nullable=False),
        sa.Column("first_tick", sa.Integer(), nullable=False),
        sa.Column("ticks", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["offer_id"], ["earlier_offer.id"], name=op.f("fk_slot_hold_offer_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_slot_hold_unit_id")),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name=op.f("fk_slot_hold_appointment_id")
        ),
        sa.PrimaryKeyConstraint("offer_id", "unit_id", name=op.f("pk_slot_hold")),
    )
    op.create_index(op.f("ix_slot_hold_appointment_id"), "slot_hold", ["appointment_id"])


def downgrade() -> None:
    op.drop_table("slot_hold")
    op.drop_table("earlier_offer")
    op.drop_table("freed_slot")
