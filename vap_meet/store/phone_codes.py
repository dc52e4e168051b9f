"""One-time codes in SQL: which were sent when, how often they were tried, whether they were used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, func, insert, select, update

from vap_meet.domain.phone_codes import PhoneCode
from vap_meet.store.schema_self_booking import phone_code as table

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection


async def add(tx: AsyncConnection, code: PhoneCode, *, at: datetime) -> None:
    """Note that a code was sent."""
    await tx.execute(
        insert(table).values(
            id=code.id,
            phone=code.phone,
            subject=code.subject,
            created_at=at,
            expires_at=code.expires_at,
            tries=0,
        )
    )


async def sent_since(tx: AsyncConnection, phone: str, since: datetime) -> int:
    """Return how many codes a phone was sent since then."""
    query = select(func.count()).select_from(table).where(table.c.phone == phone, table.c.created_at > since)
    return int((await tx.execute(query)).scalar_one())


async def forget(tx: AsyncConnection, *, before: datetime) -> None:
    """Delete what no bound counts any more; a number is kept no longer than that."""
    await tx.execute(delete(table).where(table.c.created_at < before))


async def find(tx: AsyncConnection, code_id: str) -> PhoneCode | None:
    """Return a code, and hold it; None if there is none."""
    row = (await tx.execute(select(table).where(table.c.id == code_id).with_for_update())).one_or_none()
    if row is None:
        return None
    return PhoneCode(
        id=row.id,
        phone=row.phone,
        subject=row.subject,
        expires_at=row.expires_at,
        tries=row.tries,
        used_at=row.used_at,
    )


async def tried(tx: AsyncConnection, code_id: str) -> None:
    """Count a wrong try."""
    await tx.execute(update(table).where(table.c.id == code_id).values(tries=table.c.tries + 1))


async def used(tx: AsyncConnection, code_id: str, *, at: datetime) -> None:
    """Note that a code did its work."""
    await tx.execute(update(table).where(table.c.id == code_id).values(used_at=at))
