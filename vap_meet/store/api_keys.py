"""SQL of API keys. Of a secret only the SHA-256 is ever here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from vap_meet.store.schema import api_key

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownKey:
    """What may be shown of a key."""

    id: str
    name: str
    created_at: datetime
    revoked_at: datetime | None


async def add(tx: AsyncConnection, *, id_: str, name: str, secret_sha256: str, at: datetime) -> None:
    """Insert a key."""
    await tx.execute(insert(api_key).values(id=id_, name=name, secret_sha256=secret_sha256, created_at=at))


async def id_of(tx: AsyncConnection, secret_sha256: str) -> str | None:
    """Return the id of the key whose secret has this hash, None if there is none or it was revoked."""
    return (
        await tx.execute(
            select(api_key.c.id).where(
                api_key.c.secret_sha256 == secret_sha256, api_key.c.revoked_at.is_(None)
            )
        )
    ).scalar_one_or_none()


async def all_keys(tx: AsyncConnection) -> tuple[KnownKey, ...]:
    """Return every key, the oldest first."""
    columns = (api_key.c.id, api_key.c.name, api_key.c.created_at, api_key.c.revoked_at)
    rows = await tx.execute(select(*columns).order_by(api_key.c.created_at, api_key.c.id))
    return tuple(KnownKey(**row) for row in rows.mappings())


async def revoke(tx: AsyncConnection, key_id: str, *, at: datetime) -> bool:
    """Revoke a key; whether there was one to revoke."""
    done = await tx.execute(
        update(api_key).where(api_key.c.id == key_id, api_key.c.revoked_at.is_(None)).values(revoked_at=at)
    )
    return done.rowcount > 0
