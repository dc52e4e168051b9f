"""SQL of answers that are kept for clients that repeat a request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert  # SQLite has the same ON CONFLICT

from vap_meet.store.schema import idempotency

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncConnection


RESERVED = 0
"""The status of a request that is under way: its answer is still to come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    """An answer and the request it was given to. `headers` is JSON; `body` may hold personal data."""

    request_sha256: str
    status: int
    headers: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """A request that is under way since `at`, or whose process has died."""

    request_sha256: str
    at: datetime


async def reserve(
    tx: AsyncConnection, api_key_id: str, key: str, request_sha256: str, *, at: datetime
) -> bool:
    """Reserve a key for a request; false if there is a request or an answer under it."""
    row = insert(idempotency).values(
        api_key_id=api_key_id,
        key=key,
        request_sha256=request_sha256,
        status=RESERVED,
        headers="",
        body=b"",
        created_at=at,
    )
    return (await tx.execute(row.on_conflict_do_nothing())).rowcount == 1


async def find(tx: AsyncConnection, api_key_id: str, key: str) -> KeptAnswer | Reservation | None:
    """Hold and return what is under this key, None if nothing is."""
    query = select(
        idempotency.c.request_sha256,
        idempotency.c.status,
        idempotency.c.headers,
        idempotency.c.body,
        idempotency.c.created_at,
    ).where(*_of(api_key_id, key))
    row = (await tx.execute(query.with_for_update())).one_or_none()
    if row is None:
        return None
    if row.status == RESERVED:
        return Reservation(request_sha256=row.request_sha256, at=row.created_at)
    return KeptAnswer(
        request_sha256=row.request_sha256, status=row.status, headers=row.headers, body=row.body
    )


async def renew(tx: AsyncConnection, api_key_id: str, key: str, *, at: datetime) -> None:
    """Take a reservation over, which one has to hold."""
    await tx.execute(update(idempotency).where(*_of(api_key_id, key)).values(created_at=at))


async def keep(tx: AsyncConnection, api_key_id: str, key: str, kept: KeptAnswer, *, at: datetime) -> None:
    """Write the answer of a reserved request; the first answer stays."""
    await tx.execute(
        update(idempotency)
        .where(*_of(api_key_id, key), idempotency.c.status == RESERVED)
        .values(status=kept.status, headers=kept.headers, body=kept.body, created_at=at)
    )


async def release(tx: AsyncConnection, api_key_id: str, key: str) -> None:
    """Give a reservation back: the request was refused, and may be sent again."""
    await tx.execute(delete(idempotency).where(*_of(api_key_id, key), idempotency.c.status == RESERVED))


async def forget_before(tx: AsyncConnection, moment: datetime) -> None:
    """Delete what was kept before a moment."""
    await tx.execute(delete(idempotency).where(idempotency.c.created_at < moment))


def _of(api_key_id: str, key: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return idempotency.c.api_key_id == api_key_id, idempotency.c.key == key
