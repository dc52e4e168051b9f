"""Queueing in SQL: everybody whose appointment is near, who serves them, and how long calls took."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, or_, select

from vap_meet.domain.appointment import OPEN_STATES, AppointmentState
from vap_meet.domain.pools import OFFICIALS
from vap_meet.store.schema import appointment, session
from vap_meet.store.schema_availability import pool, reservation, unit

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """An appointment as the queue sees it; `unit_id` is whose time was booked, None if nobody's.

    `over`: its call has ended, or it was closed otherwise; then `talked_ms` says how long it took.
    """

    id: str
    service_id: str
    starts_at: datetime
    ends_at: datetime
    state: AppointmentState
    over: bool
    unit_id: int | None
    agent_id: str | None
    first_joined_at: datetime | None
    waiting_since: datetime | None
    admitted_at: datetime | None
    talked_ms: int


async def near(tx: AsyncConnection, first: datetime, last: datetime) -> tuple[Queued, ...]:
    """Return appointments that start in [first, last] and are open, or were talked about."""
    official = (
        select(reservation.c.appointment_id, reservation.c.unit_id)
        .join(unit, unit.c.id == reservation.c.unit_id)
        .join(pool, and_(pool.c.id == unit.c.pool_id, pool.c.kind == OFFICIALS))
        .subquery()
    )
    query = (
        select(
            appointment.c.id,
            appointment.c.service_id,
            appointment.c.starts_at,
            appointment.c.ends_at,
            appointment.c.state,
            official.c.unit_id,
            session.c.agent_id,
            session.c.first_joined_at,
            session.c.waiting_since,
            session.c.admitted_at,
            session.c.talked_ms,
            session.c.ended_at,
        )
        .outerjoin(session, session.c.appointment_id == appointment.c.id)
        .outerjoin(official, official.c.appointment_id == appointment.c.id)
        .where(
            appointment.c.starts_at.between(first, last),
            or_(appointment.c.state.in_(OPEN_STATES), session.c.talked_ms > 0),
        )
    )
    return tuple(
        Queued(
            id=row.id,
            service_id=row.service_id,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            state=AppointmentState(row.state),
            over=row.ended_at is not None or row.state not in OPEN_STATES,
            unit_id=row.unit_id,
            agent_id=row.agent_id,
            first_joined_at=row.first_joined_at,
            waiting_since=row.waiting_since,
            admitted_at=row.admitted_at,
            talked_ms=row.talked_ms or 0,
        )
        for row in await tx.execute(query)
    )


async def desks(tx: AsyncConnection) -> dict[int, tuple[str, str | None]]:
    """Return of everybody who takes appointments the pool and the account, None without one."""
    query = select(unit.c.id, unit.c.pool_id, unit.c.staff_id)
    return {row.id: (row.pool_id, row.staff_id) for row in await tx.execute(query)}
