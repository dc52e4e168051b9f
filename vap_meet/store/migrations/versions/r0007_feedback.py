"""Make the tables of feedback and of its cases."""

import sqlalchemy as sa
from alembic import op

revision = "0007_feedback"
down_revision = "0006_webhooks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "feedback",
        sa.Column("appointment_id", sa.String(length=64), nullable=False),
        sa.Column("face", sa.String(length=8), nullable=False),
        sa.Column("topics", sa.String(length=120), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("would_have_come", sa.Boolean(), nullable=True),
        sa.Column("must_still_come", sa.Boolean(), nullable=True),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name=op.f("fk_feedback_appointment_id")
        ),
        sa.PrimaryKeyConstraint("appointment_id", name=op.f("pk_feedback")),
    )
    op.create_index(op.f("ix_feedback_given_at"), "feedback", ["given_at"])
    op.create_table(
        "feedback_case",
        sa.Column("appointment_id", sa.String(length=64), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("owner_id", sa.String(length=36), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["feedback.appointment_id"], name=op.f("fk_feedback_case_appointment_id")
        ),
        sa.PrimaryKeyConstraint("appointment_id", name=op.f("pk_feedback_case")),
    )
    op.create_index(op.f("ix_feedback_case_closed_at_due_at"), "feedback_case", ["closed_at", "due_at"])


def downgrade() -> None:
    op.drop_table("feedback_case")
    op.drop_table("feedback")
