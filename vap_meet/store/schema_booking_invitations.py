"""The table of invitations to book, made by back offices for people who have not asked."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, String, Table, Text

from vap_meet.store.schema import PERSONAL_COLUMNS, UtcDateTime, metadata

booking_invitation = Table(
    "booking_invitation",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("code_sha256", String(64), nullable=False, unique=True),
    Column("key_id", String(16), nullable=False),
    Column("service_id", String(64), nullable=False),
    Column("service_name_ar", String(200), nullable=False),
    Column("service_name_en", String(200), nullable=False),
    Column("customer_name", String(120), nullable=False),
    Column("customer_phone", String(20)),
    Column("customer_email", String(254)),
    Column("customer_language", String(2), nullable=False),
    Column("request_number", String(64)),
    Column("reason_ar", Text),
    Column("reason_en", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
    Column("appointment_id", String(64), ForeignKey("appointment.id"), unique=True),
    Column("cancelled_at", UtcDateTime),
    Column("at_once", Boolean, nullable=False),
    Index(None, "created_at", "id"),
    Index(None, "expires_at"),
)

PERSONAL_COLUMNS["booking_invitation"] = frozenset(
    {"customer_name", "customer_phone", "customer_email", "reason_ar", "reason_en", "request_number"}
)
