"""The tables of who else joins: guests with links of their own, colleagues who are asked, other devices."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint

from vap_meet.store.schema import PERSONAL_COLUMNS, UtcDateTime, metadata

guest = Table(
    "guest",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("appointment_id", String(64), ForeignKey("appointment.id"), nullable=False),
    Column("part", String(16), nullable=False),
    Column("name", String(60), nullable=False),
    Column("phone", String(20)),
    Column("email", String(254)),
    Column("language", String(2), nullable=False),
    Column("invited_by", String(64), nullable=False),  # a participant id
    Column("schedule_version", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("withdrawn_at", UtcDateTime),
    Index(None, "appointment_id"),
)

staff_ask = Table(
    "staff_ask",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("appointment_id", String(64), ForeignKey("appointment.id"), nullable=False),
    Column("staff_id", String(36), ForeignKey("staff.id"), nullable=False),
    Column("part", String(16), nullable=False),
    Column("asked_by", String(64), nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),
    UniqueConstraint("appointment_id", "staff_id"),
    Index(None, "staff_id", "closed_at"),
)

hand_over = Table(
    "hand_over",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("appointment_id", String(64), ForeignKey("appointment.id"), nullable=False),
    Column("participant_id", String(64), nullable=False),
    Column("schedule_version", Integer, nullable=False),
    Column("visit_id", String(36), nullable=False),  # where it was made
    Column("code_sha256", String(64), nullable=False, unique=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
    Index(None, "expires_at"),
    Index(None, "appointment_id"),
)

PERSONAL_COLUMNS["guest"] = frozenset({"name", "phone", "email"})
