"""Make the tables of availability and of booking by customers themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0003_availability"
down_revision = "0002_seen"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "phone_code",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_code")),
    )
    op.create_index(
        op.f("ix_phone_code_phone_created_at"), "phone_code", ["phone", "created_at"], unique=False
    )
    op.create_table(
        "pool",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("name_ar", sa.String(length=120), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("week", sa.Text(), nullable=False),
        sa.Column("buffer_minutes", sa.Integer(), nullable=False),
        sa.Column("lead_minutes", sa.Integer(), nullable=False),
        sa.Column("horizon_days", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pool")),
    )
    op.create_table(
        "booking_detail",
        sa.Column("appointment_id", sa.String(length=64), nullable=False),
        sa.Column("need", sa.String(length=24), nullable=True),
        sa.Column("wants_earlier", sa.Boolean(), nullable=False),
        sa.Column("terms_version", sa.String(length=16), nullable=True),
        sa.Column("phone_proved_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name=op.f("fk_booking_detail_appointment_id")
        ),
        sa.PrimaryKeyConstraint("appointment_id", name=op.f("pk_booking_detail")),
    )
    op.create_table(
        "offering",
        sa.Column("service_id", sa.String(length=64), nullable=False),
        sa.Column("pool_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name=op.f("fk_offering_pool_id")),
        sa.PrimaryKeyConstraint("service_id", name=op.f("pk_offering")),
    )
    op.create_table(
        "unit",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("pool_id", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.String(length=36), nullable=True),
        sa.Column("week", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name=op.f("fk_unit_pool_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_unit_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
        sa.UniqueConstraint("staff_id", name=op.f("uq_unit_staff_id")),
    )
    op.create_index(op.f("ix_unit_pool_id_position"), "unit", ["pool_id", "position"], unique=False)
    op.create_table(
        "hours_exception",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("pool_id", sa.String(length=64), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("name_ar", sa.String(length=120), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("week", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name=op.f("fk_hours_exception_pool_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_hours_exception_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hours_exception")),
    )
    op.create_index(
        op.f("ix_hours_exception_pool_id_last_day"), "hours_exception", ["pool_id", "last_day"], unique=False
    )
    op.create_table(
        "reservation",
        sa.Column("appointment_id", sa.String(length=64), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("first_tick", sa.Integer(), nullable=False),
        sa.Column("ticks", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name=op.f("fk_reservation_appointment_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_reservation_unit_id")),
        sa.PrimaryKeyConstraint("appointment_id", "unit_id", name=op.f("pk_reservation")),
    )
    op.create_index(
        op.f("ix_reservation_unit_id_first_tick_ticks"),
        "reservation",
        ["unit_id", "first_tick", "ticks"],
        unique=False,
    )
    op.create_table(
        "reserved_tick",
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("tick", sa.Integer(), nullable=False),
        sa.Column("appointment_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name=op.f("fk_reserved_tick_appointment_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_reserved_tick_unit_id")),
        sa.PrimaryKeyConstraint("unit_id", "tick", name=op.f("pk_reserved_tick")),
    )
    op.create_index(
        op.f("ix_reserved_tick_appointment_id"), "reserved_tick", ["appointment_id"], unique=False
    )
    op.create_index(op.f("ix_appointment_customer_phone"), "appointment", ["customer_phone"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_appointment_customer_phone"), table_name="appointment")
    op.drop_index(op.f("ix_reserved_tick_appointment_id"), table_name="reserved_tick")
    op.drop_table("reserved_tick")
    op.drop_index(op.f("ix_reservation_unit_id_first_tick_ticks"), table_name="reservation")
    op.drop_table("reservation")
    op.drop_index(op.f("ix_hours_exception_pool_id_last_day"), table_name="hours_exception")
    op.drop_table("hours_exception")
    op.drop_index(op.f("ix_unit_pool_id_position"), table_name="unit")
    op.drop_table("unit")
    op.drop_table("offering")
    op.drop_table("booking_detail")
    op.drop_table("pool")
    op.drop_index(op.f("ix_phone_code_phone_created_at"), table_name="phone_code")
    op.drop_table("phone_code")
