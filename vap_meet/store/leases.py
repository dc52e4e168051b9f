"""Leases in SQL: which process does what only one may do at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import or_
from sqlalchemy.dialects.postgresql import insert  # SQLite has the same ON CONFLICT

from vap_meet.store.schema import lease as table

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection


async def take(tx: AsyncConnection, name: str, *, holder: str, now: datetime, until: datetime) -> bool:
    """Take or prolong a lease; whether it is the holder's now.

    Its row stays held until the transaction ends, so what is done in the same transaction is done by one
    process alone even if the lease runs out meanwhile.
    """
    taken = await tx.execute(
        table.update()
        .where(table.c.name == name, or_(table.c.holder == holder, table.c.until <= now))
        .values(holder=holder, until=until)
    )
    if taken.rowcount:
        return True
    new = insert(table).values(name=name, holder=holder, until=until).on_conflict_do_nothing()
    return (await tx.execute(new)).rowcount == 1


async def give_back(tx: AsyncConnection, name: str, *, holder: str) -> None:
    """End a lease early, so that the next process need not wait for it."""
    await tx.execute(table.delete().where(table.c.name == name, table.c.holder == holder))
