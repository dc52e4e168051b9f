"""The table of device checks: the last one of each appointment. No personal data."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, String, Table, Text

from vap_meet.store.schema import UtcDateTime, metadata

device_check = Table(
    "device_check",
    metadata,
    Column("appointment_id", String(64), ForeignKey("appointment.id"), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("level", String(8), nullable=False),
    Column("reason", String(24), nullable=False),
    Column("way", String(8)),
    Column("findings", Text, nullable=False),  # as JSON: numbers and states
)
