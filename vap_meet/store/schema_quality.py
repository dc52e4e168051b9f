"""The table of quality samples: what each side of a call measured, every ten seconds. No personal data."""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, String, Table

from vap_meet.store.schema import UtcDateTime, metadata

quality_sample = Table(
    "quality_sample",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("appointment_id", String(64), ForeignKey("appointment.id"), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("reporter", String(64), nullable=False),  # a participant id
    Column("device", String(8), nullable=False),
    Column("path", String(8), nullable=False),
    Column("codec", String(16)),
    Column("rtt_ms", Float),
    Column("jitter_ms", Float),
    Column("loss_percent", Float),
    Column("in_kbps", Float),
    Column("out_kbps", Float),
    Column("frames_per_second", Float),
    Column("freezes", Integer),
    Column("level", String(8), nullable=False),
    Column("reason", String(24), nullable=False),
    Index(None, "appointment_id", "at"),
)
