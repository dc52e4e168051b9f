"""Make the tables of device checks and of quality samples."""

import sqlalchemy as sa
from alembic import op

revision = "0005_device_check_and_quality"
down_revision = "0004_catalogue"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "device_check",
        sa.Column("appointment_id", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("level", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.String(length=24), nullable=False),
        sa.Column("way", sa.String(length=8), nullable=True),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name=op.f("fk_device_check_appointment_id")
        ),
        sa.PrimaryKeyConstraint("appointment_id", name=op.f("pk_device_check")),
    )
    op.create_table(
        "quality_sample",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("appointment_id", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reporter", sa.String(length=64), nullable=False),
        sa.Column("device", sa.String(length=8), nullable=False),
        sa.Column("path", sa.String(length=8), nullable=False),
        sa.Column("codec", sa.String(length=16), nullable=True),
        sa.Column("rtt_ms", sa.Float(), nullable=True),
        sa.Column("jitter_ms", sa.Float(), nullable=True),
        sa.Column("loss_percent", sa.Float(), nullable=True),
        sa.Column("in_kbps", sa.Float(), nullable=True),
        sa.Column("out_kbps", sa.Float(), nullable=True),
        sa.Column("frames_per_second", sa.Float(), nullable=True),
        sa.Column("freezes", sa.Integer(), nullable=True),
        sa.Column("level", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.String(length=24), nullable=False),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name=op.f("fk_quality_sample_appointment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quality_sample")),
    )
    op.create_index(
        op.f("ix_quality_sample_appointment_id_at"), "quality_sample", ["appointment_id", "at"], unique=False
    )


def downgrade() -> None:
    op.drop_table("quality_sample")
    op.drop_table("device_check")
