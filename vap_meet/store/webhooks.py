"""Webhooks in SQL: endpoints with their secrets' numbers, events, deliveries and attempts."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select, update

from vap_meet.domain.errors import NotFound
from vap_meet.domain.webhooks import Endpoint, SecretNumber
from vap_meet.store import webhook_attempts
from vap_meet.store.schema_webhooks import webhook_delivery as deliveries
from vap_meet.store.schema_webhooks import webhook_endpoint as endpoints
from vap_meet.store.schema_webhooks import webhook_event as events
from vap_meet.store.schema_webhooks import webhook_secret as secrets

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

# Built once, since every change of an appointment asks.
_LISTENERS = (
    select(endpoints.c.id, endpoints.c.events)
    .where(endpoints.c.verified_at.is_not(None), endpoints.c.disabled_at.is_(None))
    .order_by(endpoints.c.created_at, endpoints.c.id)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened, as the text that tells of it."""

    id: str
    type: str
    appointment_id: str
    at: datetime
    body: str


async def add_endpoint(tx: AsyncConnection, endpoint: Endpoint) -> None:
    """Write a new endpoint with its first secret's number."""
    await tx.execute(
        insert(endpoints).values(id=endpoint.id, created_at=endpoint.created_at, **_of(endpoint))
    )
    for number in endpoint.secrets:
        await add_secret(tx, endpoint.id, number, at=endpoint.created_at)


async def update_endpoint(tx: AsyncConnection, endpoint: Endpoint) -> None:
    """Write an endpoint over the one with its id, its secrets apart."""
    await tx.execute(update(endpoints).where(endpoints.c.id == endpoint.id).values(**_of(endpoint)))


async def disable(tx: AsyncConnection, endpoint_id: str, *, at: datetime, why: str) -> None:
    """Let an endpoint be told nothing any more, unless that is so already."""
    await tx.execute(
        update(endpoints)
        .where(endpoints.c.id == endpoint_id, endpoints.c.disabled_at.is_(None))
        .values(disabled_at=at, disabled_why=why, version=endpoints.c.version + 1)
    )


async def delete_endpoint(tx: AsyncConnection, endpoint_id: str) -> None:
    """Delete an endpoint with all it was told; what is promised to it finds nobody."""
    await webhook_attempts.delete_of(tx, endpoint_id)
    await tx.execute(delete(secrets).where(secrets.c.endpoint_id == endpoint_id))
    await tx.execute(delete(endpoints).where(endpoints.c.id == endpoint_id))


async def get_endpoint(tx: AsyncConnection, endpoint_id: str, *, hold: bool = False) -> Endpoint:
    """Return an endpoint; with `hold`, nobody else changes it before this one ends. Raises `NotFound`."""
    query = select(endpoints).where(endpoints.c.id == endpoint_id)
    if hold:
        query = query.with_for_update(key_share=True)
    row = None if "\0" in endpoint_id else (await tx.execute(query)).one_or_none()
    if row is None:
        raise NotFound("There is no such webhook endpoint.")
    return _endpoint(row, await _secrets(tx, [row.id]))


async def list_endpoints(tx: AsyncConnection) -> tuple[Endpoint, ...]:
    """Return every endpoint, the oldest first."""
    rows = (await tx.execute(select(endpoints).order_by(endpoints.c.created_at, endpoints.c.id))).all()
    numbers = await _secrets(tx, [row.id for row in rows])
    return tuple(_endpoint(row, numbers) for row in rows)


async def listeners(tx: AsyncConnection, event: str) -> tuple[str, ...]:
    """Return the ids of the endpoints that are to be told of an event now."""
    return tuple(row.id for row in await tx.execute(_LISTENERS) if event in row.events.split())


async def add_secret(tx: AsyncConnection, endpoint_id: str, number: SecretNumber, *, at: datetime) -> None:
    """Write one more secret's number."""
    values = {"generation": number.generation, "key_id": number.key_id, "expires_at": number.expires_at}
    await tx.execute(insert(secrets).values(endpoint_id=endpoint_id, created_at=at, **values))


async def expire_secrets(tx: AsyncConnection, endpoint_id: str, *, now: datetime, at: datetime) -> None:
    """Let the secrets that are valid end at `at`, and delete those that have ended."""
    await tx.execute(delete(secrets).where(secrets.c.endpoint_id == endpoint_id, secrets.c.expires_at <= now))
    await tx.execute(
        update(secrets)
        .where(secrets.c.endpoint_id == endpoint_id, secrets.c.expires_at.is_(None))
        .values(expires_at=at)
    )


async def add_event(tx: AsyncConnection, event: Event) -> None:
    """Write what happened, once for all who are told."""
    await tx.execute(
        insert(events).values(
            id=event.id, type=event.type, appointment_id=event.appointment_id, at=event.at, body=event.body
        )
    )


async def add_delivery(
    tx: AsyncConnection,
    *,
    delivery_id: str,
    endpoint_id: str,
    event_id: str,
    promise_id: int,
    at: datetime,
) -> None:
    """Write that an endpoint is to be told of an event."""
    await tx.execute(
        insert(deliveries).values(
            id=delivery_id, endpoint_id=endpoint_id, event_id=event_id, promise_id=promise_id, created_at=at
        )
    )


async def for_sending(
    tx: AsyncConnection, delivery_ids: Collection[str]
) -> dict[str, tuple[Endpoint, Event]]:
    """Return whom to tell and what, by the message's id, without those that have been deleted."""
    query = (
        select(deliveries.c.id.label("delivery_id"), deliveries.c.endpoint_id, *events.c)
        .join(events, events.c.id == deliveries.c.event_id)
        .where(deliveries.c.id.in_(delivery_ids))
    )
    rows = (await tx.execute(query)).all()
    wanted = {row.endpoint_id for row in rows}
    numbers = await _secrets(tx, wanted)
    found = await tx.execute(select(endpoints).where(endpoints.c.id.in_(wanted)))
    told = {row.id: _endpoint(row, numbers) for row in found}
    return {row.delivery_id: (told[row.endpoint_id], _event(row)) for row in rows}


async def count_endpoints(tx: AsyncConnection) -> int:
    """Return how many endpoints there are."""
    return int((await tx.execute(select(func.count()).select_from(endpoints))).scalar_one())


async def _secrets(tx: AsyncConnection, ids: Collection[str]) -> dict[str, list[SecretNumber]]:
    found: dict[str, list[SecretNumber]] = defaultdict(list)
    query = select(secrets).where(secrets.c.endpoint_id.in_(ids)).order_by(secrets.c.generation.desc())
    for row in await tx.execute(query):
        number = SecretNumber(generation=row.generation, key_id=row.key_id, expires_at=row.expires_at)
        found[row.endpoint_id].append(number)
    return found


def _event(row: Row[Any]) -> Event:
    return Event(id=row.id, type=row.type, appointment_id=row.appointment_id, at=row.at, body=row.body)


def _of(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "url": endpoint.url,
        "description": endpoint.description,
        "events": " ".join(endpoint.events),
        "version": endpoint.version,
        "verified_at": endpoint.verified_at,
        "disabled_at": endpoint.disabled_at,
        "disabled_why": endpoint.disabled_why,
    }


def _endpoint(row: Row[Any], numbers: dict[str, list[SecretNumber]]) -> Endpoint:
    return Endpoint(
        id=row.id,
        url=row.url,
        description=row.description,
        events=tuple(row.events.split()),
        version=row.version,
        secrets=tuple(numbers[row.id]),
        created_at=row.created_at,
        verified_at=row.verified_at,
        disabled_at=row.disabled_at,
        disabled_why=row.disabled_why,
    )
