"""What waits in the record for somebody else's work: messages to deliver, entries to seal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from vap_meet.store.schema import audit_entry, outbox

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """How much waits, and since when the oldest does (None when nothing waits)."""

    waiting: int
    oldest_at: datetime | None


async def undelivered(tx: AsyncConnection) -> Backlog:
    """Return the messages of the outbox that are promised and not kept yet."""
    query = select(func.count(), func.min(outbox.c.created_at)).where(
        outbox.c.done_at.is_(None), outbox.c.parked_at.is_(None)
    )
    return Backlog(**dict(zip(("waiting", "oldest_at"), (await tx.execute(query)).one(), strict=True)))


async def parked(tx: AsyncConnection) -> int:
    """Return how many messages were given up and wait for a person."""
    query = select(func.count()).select_from(outbox).where(outbox.c.parked_at.is_not(None))
    return (await tx.execute(query)).scalar_one()


async def unsealed(tx: AsyncConnection) -> Backlog:
    """Return the audit entries without a seal."""
    query = select(func.count(), func.min(audit_entry.c.at)).where(audit_entry.c.seal_no.is_(None))
    return Backlog(**dict(zip(("waiting", "oldest_at"), (await tx.execute(query)).one(), strict=True)))
