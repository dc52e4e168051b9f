"""Whether this process can serve: what an orchestrator asks before it sends people here."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from signaling.backing import Evicting
from signaling.log import LogUnavailable
from vap_meet.domain.errors import Unavailable
from vap_meet.store.migrate import is_current

if TYPE_CHECKING:
    from signaling.backing import Backing
    from vap_meet.store.engine import Database


class NotReady(StrEnum):
    """Why this process can't serve yet."""

    DATABASE_UNREACHABLE = "database_unreachable"
    SCHEMA_OUTDATED = "schema_outdated"
    REDIS_UNREACHABLE = "redis_unreachable"
    REDIS_EVICTS = "redis_evicts"


async def reasons(db: Database) -> tuple[NotReady, ...]:
    """Return what stands in the way; empty when ready."""
    try:
        current = await is_current(db)
    except Unavailable:
        return (NotReady.DATABASE_UNREACHABLE,)
    return () if current else (NotReady.SCHEMA_OUTDATED,)


async def reasons_of_rooms(rooms: Backing) -> tuple[NotReady, ...]:
    """Return why rooms can't be kept, or would not be safe; empty when they can."""
    try:
        await rooms.check()
    except LogUnavailable:
        return (NotReady.REDIS_UNREACHABLE,)
    except Evicting:
        return (NotReady.REDIS_EVICTS,)
    return ()
