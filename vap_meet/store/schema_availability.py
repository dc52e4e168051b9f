"""The tables of availability: who takes appointments, when, and what of their time is taken.

`reserved_tick` is what keeps everybody from being booked twice: its key is a person and five minutes.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, Integer, String, Table, Text

from vap_meet.store.schema import metadata

pool = Table(
    "pool",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("kind", String(24), nullable=False),  # "officials", or the need that its people meet
    Column("name_ar", String(120), nullable=False),
    Column("name_en", String(120), nullable=False),
    Column("time_zone", String(64), nullable=False),
    Column("week", Text, nullable=False),  # JSON: [[weekday, opens, closes], ...] in minutes of the day
    Column("buffer_minutes", Integer, nullable=False),
    Column("lead_minutes", Integer, nullable=False),
    Column("horizon_days", Integer, nullable=False),
)

unit = Table(
    "unit",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("pool_id", String(64), ForeignKey("pool.id"), nullable=False),
    Column("position", Integer, nullable=False),  # how many steps later it starts than the first
    Column("staff_id", String(36), ForeignKey("staff.id"), unique=True),  # None: somebody of the pool
    Column("week", Text),  # None: the pool's
    Column("active", Boolean, nullable=False),
    Index(None, "pool_id", "position"),
)

hours_exception = Table(
    "hours_exception",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("pool_id", String(64), ForeignKey("pool.id"), nullable=False),
    Column("unit_id", Integer, ForeignKey("unit.id")),  # None: holds for the whole pool
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("name_ar", String(120), nullable=False),
    Column("name_en", String(120), nullable=False),
    Column("week", Text, nullable=False),  # closed if empty
    Index(None, "pool_id", "last_day"),
)

offering = Table(
    "offering",
    metadata,
    Column("service_id", String(64), primary_key=True),
    Column("pool_id", String(64), ForeignKey("pool.id"), nullable=False),
)

reservation = Table(
    "reservation",
    metadata,
    Column("appointment_id", String(64), ForeignKey("appointment.id"), primary_key=True),
    Column("unit_id", Integer, ForeignKey("unit.id"), primary_key=True),
    Column("first_tick", Integer, nullable=False),  # five minutes each, since 1970
    Column("ticks", Integer, nullable=False),
    Index(None, "unit_id", "first_tick", "ticks"),
)

reserved_tick = Table(
    "reserved_tick",
    metadata,
    Column("unit_id", Integer, ForeignKey("unit.id"), primary_key=True),
    Column("tick", Integer, primary_key=True),
    Column("appointment_id", String(64), ForeignKey("appointment.id"), nullable=False),
    Index(None, "appointment_id"),
)
