"""What endpoints were told, attempt by attempt, in SQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, delete, insert, or_, select, update

from vap_meet.domain.errors import NotFound
from vap_meet.store.schema import outbox
from vap_meet.store.schema_webhooks import webhook_attempt as attempts
from vap_meet.store.schema_webhooks import webhook_delivery as deliveries
from vap_meet.store.schema_webhooks import webhook_event as events

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Row, Select
    from sqlalchemy.ext.asyncio import AsyncConnection

EXCERPT_CHARS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt: its answer's status, or the error that kept it from one, and how long it took."""

    at: datetime
    status: int | None
    ms: int
    error: str | None
    excerpt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What an endpoint is told of one event, and how that stands. `due_at` is when it is tried next."""

    id: str
    endpoint_id: str
    event_id: str
    type: str
    appointment_id: str
    created_at: datetime
    delivered_at: datetime | None
    parked_at: datetime | None
    due_at: datetime | None
    attempts: tuple[Attempt, ...]


async def known(tx: AsyncConnection, ids: Sequence[str]) -> frozenset[str]:
    """Return which of these messages are still in the record: an endpoint may have been deleted."""
    return frozenset((await tx.execute(select(deliveries.c.id).where(deliveries.c.id.in_(ids)))).scalars())


async def record(tx: AsyncConnection, made: Sequence[tuple[str, Attempt]]) -> None:
    """Write attempts, each with the id of its delivery."""
    await tx.execute(
        insert(attempts),
        [
            {
                "delivery_id": delivery_id,
                "at": one.at,
                "status": one.status,
                "ms": one.ms,
                "error": one.error,
                "excerpt": one.excerpt,
            }
            for delivery_id, one in made
        ],
    )


async def mark_delivered(tx: AsyncConnection, ids: Sequence[str], *, at: datetime) -> None:
    """Note that messages have arrived."""
    await tx.execute(
        update(deliveries).where(deliveries.c.id.in_(ids)).values(delivered_at=at, parked_at=None)
    )


async def mark_parked(tx: AsyncConnection, ids: Sequence[str], *, at: datetime) -> None:
    """Note that messages were given up."""
    await tx.execute(update(deliveries).where(deliveries.c.id.in_(ids)).values(parked_at=at))


async def send_again(tx: AsyncConnection, promised: Sequence[tuple[str, int]]) -> None:
    """Note by which new promises messages are sent again."""
    statement = update(deliveries).where(deliveries.c.id == bindparam("of_id"))
    await tx.execute(
        statement.values(promise_id=bindparam("by_promise"), parked_at=None),
        [{"of_id": delivery_id, "by_promise": promise_id} for delivery_id, promise_id in promised],
    )


async def get(tx: AsyncConnection, delivery_id: str) -> Delivery:
    """Return one delivery with its attempts. Raises `NotFound`."""
    if "\0" not in delivery_id:
        rows = (await tx.execute(_query().where(deliveries.c.id == delivery_id))).all()
        if rows:
            return (await _with_attempts(tx, rows))[0]
    raise NotFound("There is no such webhook message.")


async def of_endpoint(
    tx: AsyncConnection, endpoint_id: str, *, unfinished: bool, before: str | None, at_most: int
) -> tuple[Delivery, ...]:
    """Return what an endpoint was told, the newest first, from after the delivery `before` on.

    `unfinished`: only what has not arrived.
    """
    query = _query().where(deliveries.c.endpoint_id == endpoint_id)
    if unfinished:
        query = query.where(deliveries.c.delivered_at.is_(None))
    if before is not None:
        last = await get(tx, before)
        query = query.where(
            or_(
                deliveries.c.created_at < last.created_at,
                and_(deliveries.c.created_at == last.created_at, deliveries.c.id < last.id),
            )
        )
    query = query.order_by(deliveries.c.created_at.desc(), deliveries.c.id.desc()).limit(at_most)
    return await _with_attempts(tx, (await tx.execute(query)).all())


async def parked(tx: AsyncConnection, endpoint_id: str, *, at_most: int) -> tuple[Delivery, ...]:
    """Return what was given up, the oldest first, without attempts."""
    query = _query().where(deliveries.c.endpoint_id == endpoint_id, deliveries.c.parked_at.is_not(None))
    rows = await tx.execute(query.order_by(deliveries.c.created_at, deliveries.c.promise_id).limit(at_most))
    return tuple(_delivery(row, ()) for row in rows)


async def delete_of(tx: AsyncConnection, endpoint_id: str) -> None:
    """Delete everything an endpoint was told."""
    ids = select(deliveries.c.id).where(deliveries.c.endpoint_id == endpoint_id)
    await tx.execute(delete(attempts).where(attempts.c.delivery_id.in_(ids)))
    await tx.execute(delete(deliveries).where(deliveries.c.endpoint_id == endpoint_id))


async def forget_before(tx: AsyncConnection, moment: datetime) -> int:
    """Delete events from before a moment with all that was told of them; return how many events."""
    old = select(events.c.id).where(events.c.at < moment)
    ids = select(deliveries.c.id).where(deliveries.c.event_id.in_(old))
    await tx.execute(delete(attempts).where(attempts.c.delivery_id.in_(ids)))
    await tx.execute(delete(deliveries).where(deliveries.c.event_id.in_(old)))
    return (await tx.execute(delete(events).where(events.c.at < moment))).rowcount


def _query() -> Select[Any]:
    return (
        select(
            *(deliveries.c[name] for name in ("id", "endpoint_id", "event_id", "created_at")),
            *(deliveries.c[name] for name in ("delivered_at", "parked_at")),
            events.c.type,
            events.c.appointment_id,
            outbox.c.due_at,
            outbox.c.done_at,
            outbox.c.parked_at.label("promise_parked_at"),
        )
        .join(events, events.c.id == deliveries.c.event_id)
        .outerjoin(outbox, outbox.c.id == deliveries.c.promise_id)
    )


async def _with_attempts(tx: AsyncConnection, rows: Sequence[Row[Any]]) -> tuple[Delivery, ...]:
    made: dict[str, list[Attempt]] = {row.id: [] for row in rows}
    query = select(attempts).where(attempts.c.delivery_id.in_(made)).order_by(attempts.c.id)
    for row in await tx.execute(query):
        made[row.delivery_id].append(
            Attempt(at=row.at, status=row.status, ms=row.ms, error=row.error, excerpt=row.excerpt)
        )
    return tuple(_delivery(row, tuple(made[row.id])) for row in rows)


def _delivery(row: Row[Any], made: tuple[Attempt, ...]) -> Delivery:
    is_open = row.done_at is None and row.promise_parked_at is None
    return Delivery(
        id=row.id,
        endpoint_id=row.endpoint_id,
        event_id=row.event_id,
        type=row.type,
        appointment_id=row.appointment_id,
        created_at=row.created_at,
        delivered_at=row.delivered_at,
        parked_at=row.parked_at,
        due_at=row.due_at if is_open else None,
        attempts=made,
    )
