"""The table by which customers are found by name; `vap_meet.domain.naming` says what its keys are."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, String, Table

from vap_meet.domain.naming import MAX_KEY_CHARS
from vap_meet.store.schema import PERSONAL_COLUMNS, metadata

# What begins alike has to stand together: PostgreSQL's usual order follows a language.
_BYTEWISE = String(MAX_KEY_CHARS).with_variant(String(MAX_KEY_CHARS, collation="C"), "postgresql")

customer_name_key = Table(
    "customer_name_key",
    metadata,
    Column("name_key", _BYTEWISE, primary_key=True),
    Column("appointment_id", String(64), ForeignKey("appointment.id"), primary_key=True),
    Index(None, "appointment_id"),
    sqlite_with_rowid=False,
)

PERSONAL_COLUMNS["customer_name_key"] = frozenset({"name_key"})
