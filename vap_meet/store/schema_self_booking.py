"""The tables of booking by customers themselves: what they asked for, and codes that prove a phone."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table

from vap_meet.store.schema import PERSONAL_COLUMNS, UtcDateTime, metadata

booking_detail = Table(
    "booking_detail",
    metadata,
    Column("appointment_id", String(64), ForeignKey("appointment.id"), primary_key=True),
    Column("need", String(24)),
    Column("wants_earlier", Boolean, nullable=False),
    Column("terms_version", String(16)),  # None: booked by a system or an official
    Column("phone_proved_at", UtcDateTime),
)

phone_code = Table(
    "phone_code",
    metadata,
    Column("id", String(36), primary_key=True),  # the code is derived from it, and stored nowhere
    Column("phone", String(20), nullable=False),
    Column("subject", String(64), nullable=False),  # what it is good for: a booking's id, or "mine"
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("used_at", UtcDateTime),
    Index(None, "phone", "created_at"),
)

PERSONAL_COLUMNS["phone_code"] = frozenset({"phone"})
PERSONAL_COLUMNS["booking_detail"] = frozenset({"need"})
