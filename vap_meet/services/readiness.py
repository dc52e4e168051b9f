"""Whether this process can serve: what an orchestrator asks before it sends people here."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from vap_meet.domain.errors import Unavailable
from vap_meet.store.migrate import is_current

if TYPE_CHECKING:
    from vap_meet.store.engine import Database


class NotReady(StrEnum):
    """Why this process can't serve yet."""

    DATABASE_UNREACHABLE = "database_unreachable"
    SCHEMA_OUTDATED = "schema_outdated"


async def reasons(db: Database) -> tuple[NotReady, ...]:
    """Return what stands in the way; empty when ready."""
    try:
        current = await is_current(db)
    except Unavailable:
        return (NotReady.DATABASE_UNREACHABLE,)
    return () if current else (NotReady.SCHEMA_OUTDATED,)
