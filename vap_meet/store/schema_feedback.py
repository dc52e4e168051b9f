"""The tables of feedback: a customer's opinion of an appointment, and the case an unhappy one opens."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, String, Table, Text

from vap_meet.store.schema import PERSONAL_COLUMNS, UtcDateTime, metadata

feedback = Table(
    "feedback",
    metadata,
    Column("appointment_id", String(64), ForeignKey("appointment.id"), primary_key=True),
    Column("face", String(8), nullable=False),
    Column("topics", String(120), nullable=False),  # names with a space between
    Column("comment", Text, nullable=False),
    Column("would_have_come", Boolean),
    Column("must_still_come", Boolean),
    Column("given_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Index(None, "given_at"),
)

feedback_case = Table(
    "feedback_case",
    metadata,
    Column("appointment_id", String(64), ForeignKey("feedback.appointment_id"), primary_key=True),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("owner_id", String(36)),  # a staff member; None until it is taken
    Column("taken_at", UtcDateTime),
    Column("closed_at", UtcDateTime),
    Column("done", Text, nullable=False),
    Index(None, "closed_at", "due_at"),
)

PERSONAL_COLUMNS["feedback"] = frozenset({"comment"})
PERSONAL_COLUMNS["feedback_case"] = frozenset({"done"})
