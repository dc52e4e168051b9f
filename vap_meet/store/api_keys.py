"""SQL of API keys. Of a secret only the SHA-256 is ever here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from vap_meet.domain.api_scopes import read_scopes, scopes_text
from vap_meet.store.schema import api_key

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import RowMapping
    from sqlalchemy.ext.asyncio import AsyncConnection

    from vap_meet.domain.api_scopes import Scope

_COLUMNS = (
    api_key.c.id,
    api_key.c.name,
    api_key.c.scopes,
    api_key.c.created_at,
    api_key.c.last_used_at,
    api_key.c.revoked_at,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownKey:
    """What may be shown of a key."""

    id: str
    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


async def add(
    tx: AsyncConnection, *, id_: str, name: str, secret_sha256: str, scopes: frozenset[Scope], at: datetime
) -> None:
    """Insert a key."""
    await tx.execute(
        insert(api_key).values(
            id=id_, name=name, secret_sha256=secret_sha256, scopes=scopes_text(scopes), created_at=at
        )
    )


async def by_secret(tx: AsyncConnection, secret_sha256: str) -> KnownKey | None:
    """Return the key whose secret has this hash, None if there is none or it was revoked."""
    query = select(*_COLUMNS).where(api_key.c.secret_sha256 == secret_sha256, api_key.c.revoked_at.is_(None))
    row = (await tx.execute(query)).mappings().one_or_none()
    return None if row is None else _read(row)


async def used(tx: AsyncConnection, key_id: str, *, at: datetime) -> None:
    """Note when a key was used."""
    await tx.execute(update(api_key).where(api_key.c.id == key_id).values(last_used_at=at))


async def all_keys(tx: AsyncConnection) -> tuple[KnownKey, ...]:
    """Return every key, the oldest first."""
    rows = await tx.execute(select(*_COLUMNS).order_by(api_key.c.created_at, api_key.c.id))
    return tuple(map(_read, rows.mappings()))


async def revoke(tx: AsyncConnection, key_id: str, *, at: datetime) -> bool:
    """Revoke a key; whether there was one to revoke."""
    done = await tx.execute(
        update(api_key).where(api_key.c.id == key_id, api_key.c.revoked_at.is_(None)).values(revoked_at=at)
    )
    return done.rowcount > 0


def _read(row: RowMapping) -> KnownKey:
    return KnownKey(**{**row, "scopes": read_scopes(row["scopes"])})
