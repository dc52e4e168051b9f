"""SQL that only the demonstration may run: it forgets the day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from vap_meet.store.schema import appointment, lease, outbox, staff, staff_session
from vap_meet.store.schema_catalogue import service
from vap_meet.store.tables import metadata

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection


_KEPT = {staff, staff_session, lease, service}
"""What outlives a start-over: whoever is signed in stays signed in; the catalogue is started over whole."""


async def rooms(tx: AsyncConnection) -> tuple[str, ...]:
    """Return the id of every appointment, which is its room's name."""
    return tuple((await tx.execute(select(appointment.c.id))).scalars())


async def staff_id(tx: AsyncConnection, username: str) -> str | None:
    """Return the id of a seeded account, None before it is seeded."""
    return (await tx.execute(select(staff.c.id).where(staff.c.username == username))).scalar_one_or_none()


async def forget_the_day(tx: AsyncConnection) -> None:
    """Delete every row that is not an account's, children first."""
    for table in reversed(metadata.sorted_tables):
        if table not in _KEPT:
            await tx.execute(delete(table))


async def promise_from_now(tx: AsyncConnection, *, now: datetime) -> None:
    """Let what was promised as of the past be as if it were promised now: nobody was late to tell it."""
    overdue = outbox.c.done_at.is_(None), outbox.c.due_at < now
    await tx.execute(update(outbox).where(*overdue).values(created_at=now, due_at=now))
