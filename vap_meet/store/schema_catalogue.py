"""The tables of the catalogue: services, who asked to be told of one, and searches that found nothing."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, Text, UniqueConstraint

from vap_meet.store.schema import PERSONAL_COLUMNS, UtcDateTime, metadata

service = Table(
    "service",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("name_ar", String(200), nullable=False),
    Column("name_en", String(200), nullable=False),
    Column("area_id", String(64), nullable=False),
    Column("area_ar", String(120), nullable=False),
    Column("area_en", String(120), nullable=False),
    Column("phase", String(8), nullable=False),
    Column("virtual", Boolean, nullable=False),
    # Lists stand in texts, an entry a line.
    Column("aliases_ar", Text, nullable=False),
    Column("aliases_en", Text, nullable=False),
    Column("audience_ar", Text, nullable=False),
    Column("audience_en", Text, nullable=False),
    Column("minutes", Integer),
    Column("documents_ar", Text, nullable=False),
    Column("documents_en", Text, nullable=False),
    Column("steps_ar", Text, nullable=False),
    Column("steps_en", Text, nullable=False),
    Column("apply_label_ar", String(120), nullable=False),
    Column("apply_label_en", String(120), nullable=False),
    Column("apply_url", String(500), nullable=False),
    Column("channel_ar", String(500), nullable=False),
    Column("channel_en", String(500), nullable=False),
    Column("example", Boolean, nullable=False),
    Column("arabic_name", String(16)),
    Column("note", String(1000), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

service_interest = Table(
    "service_interest",
    metadata,
    Column("id", String(36), primary_key=True),
    # No foreign key: who asked is still owed an answer when a service leaves the catalogue.
    Column("service_id", String(64), nullable=False),
    Column("contact", String(254)),  # a phone or an e-mail address; taken away once its owner was told
    Column("language", String(2), nullable=False),
    Column("consent_version", String(16), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("service_id", "contact"),
)

missed_search = Table(
    "missed_search",
    metadata,
    Column("text", String(100), primary_key=True),  # folded as searches compare it; nobody stands behind it
    Column("times", Integer, nullable=False),
    Column("first_at", UtcDateTime, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
    Index(None, "times"),
)

PERSONAL_COLUMNS["service_interest"] = frozenset({"contact"})
