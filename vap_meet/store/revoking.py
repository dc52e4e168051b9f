"""SQL of access that was taken away: accounts that were closed, sign-ins that ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from vap_meet.store.schema import staff, staff_session

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection


async def close_account(tx: AsyncConnection, username: str, *, at: datetime) -> str | None:
    """Close an account and end its sign-ins; return its id, None if no open account has this name."""
    closed: str | None = (
        await tx.execute(
            update(staff)
            .where(staff.c.username == username, staff.c.active.is_(True))
            .values(active=False)
            .returning(staff.c.id)
        )
    ).scalar_one_or_none()
    if closed is not None:
        await tx.execute(
            update(staff_session)
            .where(staff_session.c.staff_id == closed, staff_session.c.ended_at.is_(None))
            .values(ended_at=at)
        )
    return closed


async def open_accounts(tx: AsyncConnection, staff_ids: Collection[str]) -> frozenset[str]:
    """Return those of these accounts that are open."""
    found = await tx.scalars(select(staff.c.id).where(staff.c.id.in_(staff_ids), staff.c.active.is_(True)))
    return frozenset(found)


async def ended_sign_ins(tx: AsyncConnection, session_ids: Collection[str]) -> frozenset[str]:
    """Return those of these sign-ins that somebody ended; one that only expired is none of them."""
    found = await tx.scalars(
        select(staff_session.c.id).where(
            staff_session.c.id.in_(session_ids), staff_session.c.ended_at.is_not(None)
        )
    )
    return frozenset(found)
