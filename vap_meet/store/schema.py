"""The tables. Alembic's migrations are the way to them; a test holds both to the same shape.

Times are aware UTC by one column type; personal data stands in columns listed in `PERSONAL_COLUMNS`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeDecorator

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC datetime on every database; a naive one is a mistake and raises `ValueError`."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Refuse naive values; store UTC (SQLite drops the zone, so it must be UTC before)."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime has no place in the database")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return what was stored as an aware UTC value."""
        if value is None:
            return None
        aware: datetime = value if value.tzinfo else value.replace(tzinfo=UTC)
        return aware.astimezone(UTC)


appointment = Table(
    "appointment",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("reference", String(16), nullable=False, unique=True),
    Column("service_id", String(64), nullable=False),
    Column("service_name_ar", String(200), nullable=False),
    Column("service_name_en", String(200), nullable=False),
    Column("customer_name", String(120), nullable=False),
    Column("customer_phone", String(20)),
    Column("customer_email", String(254)),
    Column("language", String(2), nullable=False),
    Column("mode", String(8), nullable=False),
    Column("question", Text),
    Column("request_number", String(64)),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("moved_at", UtcDateTime),  # facts before it belong to an earlier time
    Column("state", String(24), nullable=False),
    Column("cancel_reason", String(500)),
    Column("schedule_version", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("request_hash", String(64), nullable=False),  # the booking as first asked: a repeat is no conflict
    Index(None, "starts_at"),
    Index(None, "state", "starts_at"),
    Index(None, "customer_phone"),  # "my appointments"
    Index(None, "request_number"),
)

session = Table(
    "session",
    metadata,
    Column("appointment_id", String(64), ForeignKey("appointment.id"), primary_key=True),
    Column("identity_assurance", String(16), nullable=False),
    Column("agent_id", String(36)),  # the staff member who admitted last
    Column("first_joined_at", UtcDateTime),
    Column("waiting_since", UtcDateTime),  # None while not waiting
    Column("first_admitted_at", UtcDateTime),
    Column("admitted_at", UtcDateTime),  # None while not in the call
    Column("talked_ms", Integer, nullable=False, default=0),  # of closed stretches
    Column("agent_joined_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("seen_at", UtcDateTime),  # when a process last hosted the room with somebody in it
    Index(None, "waiting_since"),
)

session_event = Table(
    "session_event",
    metadata,
    Column("room", String(64), ForeignKey("appointment.id"), nullable=False),
    Column("epoch", String(32), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("type", String(32), nullable=False),
    Column("event", Text, nullable=False),  # the fact as JSON, no personal data
    UniqueConstraint("room", "epoch", "seq"),
    Index(None, "room", "at"),
)

outcome = Table(
    "outcome",
    metadata,
    Column("appointment_id", String(64), ForeignKey("appointment.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("code", String(32), nullable=False),
    Column("answer", Text, nullable=False),
    Column("next_steps", Text, nullable=False),
    Column("internal_notes", Text, nullable=False),
    Column("follow_up_on", Date),
    Column("answer_pending", Boolean, nullable=False),
    Column("reason", String(500)),
    Column("evidence", Text, nullable=False),
    Column("author", String(64), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

outcome_draft = Table(
    "outcome_draft",
    metadata,
    Column("appointment_id", String(64), ForeignKey("appointment.id"), primary_key=True),
    Column("code", String(32)),
    Column("answer", Text, nullable=False),
    Column("next_steps", Text, nullable=False),
    Column("internal_notes", Text, nullable=False),
    Column("follow_up_on", Date),
    Column("author", String(64), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

link = Table(
    "link",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("appointment_id", String(64), ForeignKey("appointment.id"), nullable=False),
    Column("participant_id", String(64), nullable=False),
    Column("schedule_version", Integer, nullable=False),
    Column("key_id", String(16), nullable=False),
    Column("code_sha256", String(64), nullable=False, unique=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
    UniqueConstraint("appointment_id", "participant_id", "schedule_version", "key_id"),
)

visit = Table(
    "visit",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("browser_sha256", String(64), nullable=False),
    Column("appointment_id", String(64), ForeignKey("appointment.id"), nullable=False),
    Column("participant_id", String(64), nullable=False),
    Column("schedule_version", Integer, nullable=False),
    Column("notice_version", String(16), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("browser_sha256", "appointment_id", "participant_id", "schedule_version"),
)

staff = Table(
    "staff",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("username", String(64), nullable=False, unique=True),
    Column("display_name_ar", String(120), nullable=False),
    Column("display_name_en", String(120), nullable=False),
    Column("password_hash", String(200), nullable=False),
    Column("role", String(16), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

staff_session = Table(
    "staff_session",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("cookie_sha256", String(64), nullable=False, unique=True),
    Column("staff_id", String(36), ForeignKey("staff.id"), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
)

api_key = Table(
    "api_key",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("name", String(120), nullable=False),
    Column("secret_sha256", String(64), nullable=False, unique=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
    Column("scopes", Text, nullable=False),  # names with a space between
    Column("last_used_at", UtcDateTime),  # to within a few minutes
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("api_key_id", String(36), primary_key=True),
    Column("key", String(128), primary_key=True),
    Column("request_sha256", String(64), nullable=False),  # of method, path and body
    Column("status", Integer, nullable=False),
    Column("headers", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index(None, "created_at"),
)

audit_entry = Table(
    "audit_entry",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", UtcDateTime, nullable=False),
    Column("action", String(48), nullable=False),
    Column("appointment_id", String(64)),
    Column("public", LargeBinary, nullable=False),  # the exact bytes that are hashed
    Column("personal", LargeBinary),  # erasable
    Column("salt", LargeBinary),  # erased with it
    Column("commitment", LargeBinary, nullable=False),  # SHA-256(salt, personal)
    Column("seal_no", Integer, unique=True),
    Column("hash", LargeBinary),
    Index(None, "appointment_id"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("party", String(80), nullable=False),  # who is told; as many at a time as one can take
    Column("lane", String(160), nullable=False),
    Column("kind", String(48), nullable=False),
    Column("payload", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),  # also the lease: a dead worker's message comes due again
    Column("attempts", Integer, nullable=False, default=0),
    Column("done_at", UtcDateTime),
    Column("parked_at", UtcDateTime),
    Column("last_error", String(500)),
    Column("blocks_until", UtcDateTime),  # since it failed: how long it holds its lane back
    Column("claimed_by", String(36)),  # the dispatcher that is at it
    Index(None, "done_at", "due_at"),
    Index(None, "lane", "id"),
)
_is_open = outbox.c.done_at.is_(None) & outbox.c.parked_at.is_(None)
Index("ix_outbox_open", outbox.c.party, outbox.c.due_at, sqlite_where=_is_open, postgresql_where=_is_open)

lease = Table(
    "lease",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("until", UtcDateTime, nullable=False),
)

PERSONAL_COLUMNS: dict[str, frozenset[str]] = {
    "appointment": frozenset({"customer_name", "customer_phone", "customer_email", "question"}),
    "outcome": frozenset({"answer", "next_steps", "internal_notes"}),
    "outcome_draft": frozenset({"answer", "next_steps", "internal_notes"}),
    "audit_entry": frozenset({"personal"}),
    "idempotency": frozenset({"body"}),
}
"""Columns that hold what belongs to a person: masked, redacted and erased by this list."""
