"""Whether this process can serve: what an orchestrator asks before it sends people here."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from signaling.backing import Evicting
from signaling.log import LogUnavailable
from vap_meet.domain.errors import Unavailable
from vap_meet.store import audit, outbox
from vap_meet.store.migrate import is_current

if TYPE_CHECKING:
    from signaling.backing import Backing
    from vap_meet.clock import Clock
    from vap_meet.store.engine import Database


class NotReady(StrEnum):
    """Why this process can't serve yet."""

    DATABASE_UNREACHABLE = "database_unreachable"
    SCHEMA_OUTDATED = "schema_outdated"
    REDIS_UNREACHABLE = "redis_unreachable"
    REDIS_EVICTS = "redis_evicts"
    SEALER_LAGS = "sealer_lags"
    OUTBOX_LAGS = "outbox_lags"


SEALER_LAGS_AFTER = timedelta(minutes=1)
OUTBOX_LAGS_AFTER = timedelta(minutes=5)
"""Far beyond what a busy hour or a restart takes: no process does this work, and somebody has to look."""


async def reasons(db: Database) -> tuple[NotReady, ...]:
    """Return what stands in the way; empty when ready."""
    try:
        current = await is_current(db)
    except Unavailable:
        return (NotReady.DATABASE_UNREACHABLE,)
    return () if current else (NotReady.SCHEMA_OUTDATED,)


async def reasons_of_backlogs(db: Database, clock: Clock) -> tuple[NotReady, ...]:
    """Return which work no process seems to do; empty when all of it is done, or the record can't be read.

    A promise whose receiver refuses it waits for its next try and lags nothing.
    """
    now = clock()
    try:
        async with db.read() as tx:
            found = {
                NotReady.SEALER_LAGS: await audit.unsealed_since(tx, now - SEALER_LAGS_AFTER),
                NotReady.OUTBOX_LAGS: await outbox.late_since(tx, now - OUTBOX_LAGS_AFTER),
            }
    except Unavailable:
        return ()  # `reasons` says so
    return tuple(reason for reason, lags in found.items() if lags)


async def reasons_of_rooms(rooms: Backing) -> tuple[NotReady, ...]:
    """Return why rooms can't be kept, or would not be safe; empty when they can."""
    try:
        await rooms.check()
    except LogUnavailable:
        return (NotReady.REDIS_UNREACHABLE,)
    except Evicting:
        return (NotReady.REDIS_EVICTS,)
    return ()
