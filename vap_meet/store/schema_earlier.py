"""The tables of earlier times: slots that were given back, offers of them, and what is held for whom.

What is held is in `reserved_tick` too, whose key keeps it from being given to two.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint

from vap_meet.store.schema import UtcDateTime, metadata

freed_slot = Table(
    "freed_slot",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("service_id", String(64), nullable=False),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("freed_at", UtcDateTime, nullable=False),
    Column("freed_by", String(64), ForeignKey("appointment.id"), nullable=False),
    UniqueConstraint("service_id", "starts_at"),
)

earlier_offer = Table(
    "earlier_offer",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("appointment_id", String(64), ForeignKey("appointment.id"), nullable=False),
    Column("service_id", String(64), nullable=False),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("state", String(16), nullable=False),
    Column("offered_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),
    UniqueConstraint("appointment_id", "starts_at"),  # nobody is asked twice about one time
    Index(None, "state", "expires_at"),
)

slot_hold = Table(
    "slot_hold",
    metadata,
    Column("offer_id", String(36), ForeignKey("earlier_offer.id"), primary_key=True),
    Column("unit_id", Integer, ForeignKey("unit.id"), primary_key=True),
    Column("appointment_id", String(64), ForeignKey("appointment.id"), nullable=False),
    Column("first_tick", Integer, nullable=False),
    Column("ticks", Integer, nullable=False),
    Index(None, "appointment_id"),
)
