"""The outbox in SQL. `due_at` is also the lease: what a dead worker claimed comes due again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, delete, exists, func, or_, select, update

from vap_meet.domain.outbox import OutboxMessage
from vap_meet.store.schema import outbox as table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Update
    from sqlalchemy.ext.asyncio import AsyncConnection

# Built once: every process asks it after every commit that may have promised something.
_PARTIES = (
    select(table.c.party)
    .where(table.c.done_at.is_(None), table.c.parked_at.is_(None), table.c.due_at <= bindparam("now"))
    .distinct()
)


async def promise(
    tx: AsyncConnection,
    *,
    lane: str,
    kind: str,
    payload: str,
    at: datetime,
    party: str | None = None,
    due_at: datetime | None = None,
) -> int:
    """Promise to tell someone, once the transaction is committed or later, at `due_at`; return its id.

    `party` is who is told, and how many at a time are told is bounded for each; none means the whole kind.
    A promise for later is as old as if it were made then: only from then on can it grow too old to be tried.
    """
    at = at if due_at is None else max(at, due_at)
    values = {"lane": lane, "kind": kind, "payload": payload, "party": kind if party is None else party}
    statement = table.insert().values(**values, created_at=at, due_at=at, attempts=0)
    made = (await tx.execute(statement.returning(table.c.id))).scalar_one()
    return int(made)


async def is_promised(tx: AsyncConnection, lane: str) -> bool:
    """Whether something was ever promised in a lane, kept or not."""
    return (await tx.execute(select(table.c.id).where(table.c.lane == lane).limit(1))).first() is not None


async def is_open(tx: AsyncConnection, lane: str) -> bool:
    """Whether something promised in a lane is still to be kept."""
    query = select(table.c.id).where(
        table.c.lane == lane, table.c.done_at.is_(None), table.c.parked_at.is_(None)
    )
    return (await tx.execute(query.limit(1))).first() is not None


async def newest(tx: AsyncConnection, lane: str) -> str | None:
    """Return the payload of what was promised last in a lane, kept or not."""
    query = select(table.c.payload).where(table.c.lane == lane).order_by(table.c.id.desc()).limit(1)
    return (await tx.execute(query)).scalar_one_or_none()


async def parties_due(tx: AsyncConnection, *, now: datetime) -> tuple[str, ...]:
    """Return who can be told something now; cheap, so that an idle worker never takes a turn to write."""
    parties = (await tx.execute(_PARTIES, {"now": now})).scalars().all()
    found = []
    for party in parties:
        query = select(table.c.id).where(table.c.party == party, *_heads(now), table.c.due_at <= now)
        if (await tx.execute(query.limit(1))).first() is not None:
            found.append(party)
    return tuple(found)


async def claim(
    tx: AsyncConnection, party: str, *, now: datetime, until: datetime, at_most: int, worker: str
) -> tuple[OutboxMessage, ...]:
    """Lease what is due to a party, at most one message that can go of each lane, and count the attempt."""
    head = (
        select(table.c.id)
        .where(table.c.party == party, *_heads(now), table.c.due_at <= now)
        .order_by(table.c.due_at, table.c.id)
        .limit(at_most)
        .with_for_update(skip_locked=True)
    )
    statement = (
        update(table)
        .where(table.c.id.in_(head))
        .values(due_at=until, attempts=table.c.attempts + 1, claimed_by=worker)
        .returning(
            table.c.id,
            table.c.party,
            table.c.lane,
            table.c.kind,
            table.c.payload,
            table.c.created_at,
            table.c.attempts,
        )
    )
    claimed = [OutboxMessage(**row) for row in (await tx.execute(statement)).mappings()]
    return tuple(sorted(claimed, key=lambda message: message.id))


async def release_all(tx: AsyncConnection, *, now: datetime) -> int:
    """Let what dead workers were at come due now; only where no other worker lives. Return how many."""
    statement = (
        update(table)
        .where(table.c.done_at.is_(None), table.c.parked_at.is_(None), table.c.claimed_by.is_not(None))
        .values(due_at=now, claimed_by=None)
    )
    return (await tx.execute(statement)).rowcount


async def done(tx: AsyncConnection, ids: Sequence[int], *, at: datetime) -> None:
    """Note that promises were kept."""
    await tx.execute(
        update(table).where(table.c.id.in_(ids)).values(done_at=at, last_error=None, claimed_by=None)
    )


async def forget_done(tx: AsyncConnection, moment: datetime) -> int:
    """Delete promises that were kept before a moment; return how many."""
    return (await tx.execute(delete(table).where(table.c.done_at < moment))).rowcount


async def late_since(tx: AsyncConnection, moment: datetime) -> bool:
    """Whether some lane's first message has been due since before a moment, and no worker is at its party.

    A party that is slow to answer keeps its own messages waiting, which is no fault of the workers.
    """
    other = table.alias("other")
    being_told = exists().where(
        other.c.party == table.c.party,
        other.c.done_at.is_(None),
        other.c.parked_at.is_(None),
        other.c.claimed_by.is_not(None),
    )
    query = select(table.c.id).where(*_heads(moment), table.c.due_at < moment, ~being_told)
    return (await tx.execute(query.limit(1))).first() is not None


async def retry(
    tx: AsyncConnection, message: OutboxMessage, *, due_at: datetime, blocks_until: datetime, error: str
) -> None:
    """Note a failed attempt, unless another worker has claimed the message since.

    The first failure says until when the message holds back its lane.
    """
    values = {"due_at": due_at, "last_error": error, "claimed_by": None}
    first = func.coalesce(table.c.blocks_until, blocks_until)
    await tx.execute(_still_mine(message).values(**values, blocks_until=first))


async def park(tx: AsyncConnection, message: OutboxMessage, *, at: datetime, error: str) -> None:
    """Give a promise up, unless another worker has claimed it since; its lane goes on."""
    await tx.execute(_still_mine(message).values(parked_at=at, last_error=error, claimed_by=None))


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedPromise:
    """A promise that was given up, and why."""

    id: int
    payload: str
    promised_at: datetime
    parked_at: datetime
    attempts: int
    error: str


async def parked(tx: AsyncConnection, kind: str, *, at_most: int) -> tuple[ParkedPromise, ...]:
    """Return promises of a kind that were given up, the oldest first."""
    query = select(table).where(table.c.parked_at.is_not(None), table.c.kind == kind)
    return tuple(
        ParkedPromise(
            id=row.id,
            payload=row.payload,
            promised_at=row.created_at,
            parked_at=row.parked_at,
            attempts=row.attempts,
            error=row.last_error or "",
        )
        for row in await tx.execute(query.order_by(table.c.parked_at, table.c.id).limit(at_most))
    )


async def promise_again(tx: AsyncConnection, promise_id: int, *, at: datetime) -> None:
    """Let a promise that was given up be tried from the beginning, as if it were made now."""
    values: dict[str, Any] = {"created_at": at, "due_at": at, "attempts": 0}
    values |= dict.fromkeys(("parked_at", "blocks_until", "claimed_by"))
    await tx.execute(
        update(table).where(table.c.id == promise_id, table.c.parked_at.is_not(None)).values(**values)
    )


def _still_mine(message: OutboxMessage) -> Update:
    return update(table).where(table.c.id == message.id, table.c.attempts == message.attempts)


def _heads(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return what makes a message one that waits for no other of its lane."""
    ahead = table.alias("ahead")
    held_back = exists().where(
        and_(
            ahead.c.lane == table.c.lane,
            ahead.c.id < table.c.id,
            ahead.c.done_at.is_(None),
            ahead.c.parked_at.is_(None),
            or_(ahead.c.blocks_until.is_(None), ahead.c.blocks_until > now),
        )
    )
    return table.c.done_at.is_(None), table.c.parked_at.is_(None), ~held_back
