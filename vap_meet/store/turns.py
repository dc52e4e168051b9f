"""Whose turn comes, in SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from vap_meet.domain.appointment import AppointmentState
from vap_meet.store.schema import appointment

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection


async def to_come(tx: AsyncConnection, since: datetime, until: datetime) -> tuple[str, ...]:
    """Return appointments that start between these and whose customer has not been called in, by start."""
    query = (
        select(appointment.c.id)
        .where(
            appointment.c.state.in_((AppointmentState.BOOKED, AppointmentState.WAITING)),
            appointment.c.starts_at.between(since, until),
        )
        .order_by(appointment.c.starts_at, appointment.c.id)
    )
    return tuple((await tx.execute(query)).scalars())
