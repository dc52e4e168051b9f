"""The tables of webhooks: endpoints, what they were promised, and every attempt to tell them."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from vap_meet.store.schema import PERSONAL_COLUMNS, UtcDateTime, metadata

webhook_endpoint = Table(
    "webhook_endpoint",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("url", String(2000), nullable=False),
    Column("description", String(200), nullable=False),
    Column("events", Text, nullable=False),  # separated by spaces
    Column("version", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("verified_at", UtcDateTime),
    Column("disabled_at", UtcDateTime),
    Column("disabled_why", String(16)),
)

webhook_secret = Table(
    "webhook_secret",  # the secrets themselves are derived from the link keys
    metadata,
    Column("endpoint_id", String(36), ForeignKey("webhook_endpoint.id"), primary_key=True),
    Column("generation", Integer, primary_key=True),
    Column("key_id", String(16), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),
)

webhook_event = Table(
    "webhook_event",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("type", String(48), nullable=False),
    Column("appointment_id", String(64), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("body", Text, nullable=False),  # the exact text that is sent and signed
    Index(None, "appointment_id"),
    Index(None, "at"),
)

webhook_delivery = Table(
    "webhook_delivery",
    metadata,
    Column("id", String(40), primary_key=True),  # the `webhook-id`
    Column("endpoint_id", String(36), ForeignKey("webhook_endpoint.id"), nullable=False),
    Column("event_id", String(36), ForeignKey("webhook_event.id"), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("promise_id", Integer, nullable=False),  # in the outbox; the latest, if it is sent again
    Column("delivered_at", UtcDateTime),
    Column("parked_at", UtcDateTime),
    UniqueConstraint("endpoint_id", "event_id"),
    Index(None, "endpoint_id", "created_at"),
    Index(None, "event_id"),
)

webhook_attempt = Table(
    "webhook_attempt",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("delivery_id", String(40), ForeignKey("webhook_delivery.id"), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("status", Integer),
    Column("ms", Integer, nullable=False),
    Column("error", String(48)),
    Column("excerpt", String(500), nullable=False),  # of what the endpoint answered
    Index(None, "delivery_id"),
)

PERSONAL_COLUMNS["webhook_event"] = frozenset({"body"})
