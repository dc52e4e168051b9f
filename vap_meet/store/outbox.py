"""The outbox in SQL. `due_at` is also the lease: what a dead worker claimed comes due again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, delete, exists, select, update

from vap_meet.domain.outbox import OutboxMessage
from vap_meet.store.schema import outbox as table

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Update
    from sqlalchemy.ext.asyncio import AsyncConnection


async def promise(tx: AsyncConnection, *, lane: str, kind: str, payload: str, at: datetime) -> None:
    """Promise to tell someone, as soon as the transaction is committed."""
    await tx.execute(
        table.insert().values(lane=lane, kind=kind, payload=payload, created_at=at, due_at=at, attempts=0)
    )


async def any_due(tx: AsyncConnection, *, now: datetime) -> bool:
    """Whether a message is due; cheap, so that an idle worker never takes a turn to write."""
    query = select(table.c.id).where(
        table.c.done_at.is_(None), table.c.parked_at.is_(None), table.c.due_at <= now
    )
    return (await tx.execute(query.limit(1))).first() is not None


async def claim(
    tx: AsyncConnection, *, now: datetime, until: datetime, at_most: int
) -> tuple[OutboxMessage, ...]:
    """Lease what is due, at most the first open message of each lane, and count the attempt."""
    head = (
        select(table.c.id)
        .where(*_heads(), table.c.due_at <= now)
        .order_by(table.c.due_at, table.c.id)
        .limit(at_most)
        .with_for_update(skip_locked=True)
    )
    statement = (
        update(table)
        .where(table.c.id.in_(head))
        .values(due_at=until, attempts=table.c.attempts + 1)
        .returning(
            table.c.id, table.c.lane, table.c.kind, table.c.payload, table.c.created_at, table.c.attempts
        )
    )
    claimed = [OutboxMessage(**row) for row in (await tx.execute(statement)).mappings()]
    return tuple(sorted(claimed, key=lambda message: message.id))


async def done(tx: AsyncConnection, message: OutboxMessage, *, at: datetime) -> None:
    """Note that a promise was kept."""
    await tx.execute(update(table).where(table.c.id == message.id).values(done_at=at, last_error=None))


async def forget_done(tx: AsyncConnection, moment: datetime) -> int:
    """Delete promises that were kept before a moment; return how many."""
    return (await tx.execute(delete(table).where(table.c.done_at < moment))).rowcount


async def late_since(tx: AsyncConnection, moment: datetime) -> bool:
    """Whether some lane's first message has been due since before a moment: no worker is at it."""
    query = select(table.c.id).where(*_heads(), table.c.due_at < moment)
    return (await tx.execute(query.limit(1))).first() is not None


async def retry(tx: AsyncConnection, message: OutboxMessage, *, due_at: datetime, error: str) -> None:
    """Note a failed attempt, unless another worker has claimed the message since."""
    await tx.execute(_still_mine(message).values(due_at=due_at, last_error=error))


async def park(tx: AsyncConnection, message: OutboxMessage, *, at: datetime, error: str) -> None:
    """Give a promise up, unless another worker has claimed it since; its lane goes on."""
    await tx.execute(_still_mine(message).values(parked_at=at, last_error=error))


def _still_mine(message: OutboxMessage) -> Update:
    return update(table).where(table.c.id == message.id, table.c.attempts == message.attempts)


def _heads() -> tuple[ColumnElement[bool], ...]:
    """Return what makes a message the first open one of its lane."""
    ahead = table.alias("ahead")
    earlier = exists().where(
        and_(
            ahead.c.lane == table.c.lane,
            ahead.c.id < table.c.id,
            ahead.c.done_at.is_(None),
            ahead.c.parked_at.is_(None),
        )
    )
    return table.c.done_at.is_(None), table.c.parked_at.is_(None), ~earlier
