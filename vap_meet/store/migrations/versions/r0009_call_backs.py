"""Make the table of customers to be called because a call could not be held."""

import sqlalchemy as sa
from alembic import op

revision = "0009_call_backs"
down_revision = "0008_earlier"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "call_back",
        sa.Column("appointment_id", sa.String(length=64), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("asked_by", sa.String(length=8), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("owner_id", sa.String(length=36), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("last_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result", sa.String(length=16), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name=op.f("fk_call_back_appointment_id")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["staff.id"], name=op.f("fk_call_back_owner_id")),
        sa.PrimaryKeyConstraint("appointment_id", name=op.f("pk_call_back")),
    )
    op.create_index(op.f("ix_call_back_closed_at_due_at"), "call_back", ["closed_at", "due_at"])


def downgrade() -> None:
    op.drop_table("call_back")
