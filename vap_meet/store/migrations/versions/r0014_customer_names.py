"""Let appointments be found by request number and by the customer's name; those that are there too."""

import sqlalchemy as sa
from alembic import op

from vap_meet.domain.naming import name_keys

revision = "0014_customer_names"
down_revision = "0013_guests"
branch_labels = None
depends_on = None

BATCH = 1000
KEY = sa.String(length=64).with_variant(sa.String(length=64, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_index(op.f("ix_appointment_request_number"), "appointment", ["request_number"])
    table = op.create_table(
        "customer_name_key",
        sa.Column("name_key", KEY, nullable=False),
        sa.Column("appointment_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name=op.f("fk_customer_name_key_appointment_id")
        ),
        sa.PrimaryKeyConstraint("name_key", "appointment_id", name=op.f("pk_customer_name_key")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_customer_name_key_appointment_id"), "customer_name_key", ["appointment_id"])
    appointment = sa.table("appointment", sa.column("id"), sa.column("customer_name"))
    query = sa.select(appointment).order_by(appointment.c.id).limit(BATCH)
    last = ""
    while rows := op.get_bind().execute(query.where(appointment.c.id > last)).all():
        last = rows[-1].id
        found_by = [
            {"name_key": key, "appointment_id": row.id}
            for row in rows
            for key in name_keys(row.customer_name)
        ]
        op.bulk_insert(table, found_by)


def downgrade() -> None:
    op.drop_table("customer_name_key")
    op.drop_index(op.f("ix_appointment_request_number"), "appointment")
