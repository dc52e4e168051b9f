"""SQL of answers that are kept for clients that repeat a request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from vap_meet.store.schema import idempotency

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    """An answer and the request it was given to. `headers` is JSON; `body` may hold personal data."""

    request_sha256: str
    status: int
    headers: str
    body: bytes


async def find(tx: AsyncConnection, api_key_id: str, key: str, *, since: datetime) -> KeptAnswer | None:
    """Return what was kept under this key at or after `since`, None if nothing was."""
    row = (
        await tx.execute(
            select(
                idempotency.c.request_sha256,
                idempotency.c.status,
                idempotency.c.headers,
                idempotency.c.body,
            ).where(
                idempotency.c.api_key_id == api_key_id,
                idempotency.c.key == key,
                idempotency.c.created_at >= since,
            )
        )
    ).one_or_none()
    return None if row is None else KeptAnswer(**row._mapping)  # noqa: SLF001 - public in SQLAlchemy


async def keep(tx: AsyncConnection, api_key_id: str, key: str, kept: KeptAnswer, *, at: datetime) -> None:
    """Insert an answer."""
    await tx.execute(
        insert(idempotency).values(
            api_key_id=api_key_id,
            key=key,
            request_sha256=kept.request_sha256,
            status=kept.status,
            headers=kept.headers,
            body=kept.body,
            created_at=at,
        )
    )


async def forget_before(tx: AsyncConnection, moment: datetime) -> None:
    """Delete what was kept before a moment."""
    await tx.execute(delete(idempotency).where(idempotency.c.created_at < moment))
