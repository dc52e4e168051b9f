"""The table of customers to be called because a call could not be held."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from vap_meet.store.schema import PERSONAL_COLUMNS, UtcDateTime, metadata

call_back = Table(
    "call_back",
    metadata,
    Column("appointment_id", String(64), ForeignKey("appointment.id"), primary_key=True),
    Column("phone", String(20), nullable=False),
    Column("asked_by", String(8), nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("owner_id", String(36), ForeignKey("staff.id")),
    Column("tries", Integer, nullable=False),
    Column("last_try_at", UtcDateTime),
    Column("closed_at", UtcDateTime),
    Column("result", String(16)),
    Column("note", Text, nullable=False),
    Index(None, "closed_at", "due_at"),
)

PERSONAL_COLUMNS["call_back"] = frozenset({"phone", "note"})
