"""The table of attachments: files that an agent kept with an appointment, content and all."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from vap_meet.store.schema import PERSONAL_COLUMNS, UtcDateTime, metadata

attachment = Table(
    "attachment",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("appointment_id", String(64), ForeignKey("appointment.id"), nullable=False),
    Column("name", String(100), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("sent_by", String(64), nullable=False),  # a participant id
    Column("attached_by", String(64), nullable=False),
    Column("attached_at", UtcDateTime, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("withdrawn_by", String(64), nullable=True),  # then its personal columns are empty
    Column("withdrawn_at", UtcDateTime, nullable=True),
    Index(None, "appointment_id", "attached_at"),
)

PERSONAL_COLUMNS["attachment"] = frozenset({"name", "sha256", "content"})
