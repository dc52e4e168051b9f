"""Hours and people of pools in SQL, as an administrator changes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as new_row  # SQLite has the same ON CONFLICT

from vap_meet.domain.access import StaffMember, StaffRole
from vap_meet.domain.pools import HoursException, Person, PoolSettings
from vap_meet.store.availability import read_week, week_text
from vap_meet.store.schema import staff
from vap_meet.store.schema_availability import hours_exception, offering, pool, unit

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.ext.asyncio import AsyncConnection

    from vap_meet.domain.opening import Week


async def pools(tx: AsyncConnection) -> tuple[PoolSettings, ...]:
    """Return every pool."""
    rows = (await tx.execute(select(pool).order_by(pool.c.kind, pool.c.id))).mappings()
    return tuple(PoolSettings(**{**row, "week": read_week(row["week"])}) for row in rows)


async def save_pool(tx: AsyncConnection, settings: PoolSettings) -> None:
    """Write a pool, new or not."""
    values = {
        "kind": settings.kind,
        "name_ar": settings.name_ar,
        "name_en": settings.name_en,
        "time_zone": settings.time_zone,
        "week": week_text(settings.week),
        "buffer_minutes": settings.buffer_minutes,
        "lead_minutes": settings.lead_minutes,
        "horizon_days": settings.horizon_days,
    }
    await tx.execute(
        new_row(pool)
        .values(id=settings.id, **values)
        .on_conflict_do_update(index_elements=["id"], set_=values)
    )


async def people(tx: AsyncConnection, pool_id: str) -> tuple[Person, ...]:
    """Return everybody who is or was in a pool."""
    query = (
        select(unit, staff.c.display_name_ar, staff.c.display_name_en)
        .outerjoin(staff, staff.c.id == unit.c.staff_id)
        .where(unit.c.pool_id == pool_id)
        .order_by(unit.c.position, unit.c.id)
    )
    return tuple(
        Person(
            id=row.id,
            position=row.position,
            staff_id=row.staff_id,
            name_ar=row.display_name_ar,
            name_en=row.display_name_en,
            week=None if row.week is None else read_week(row.week),
            active=row.active,
        )
        for row in await tx.execute(query)
    )


async def add_person(tx: AsyncConnection, pool_id: str, *, staff_id: str | None) -> int | None:
    """Add somebody as the last of a pool; None if the account is in a pool already."""
    last = select(func.coalesce(func.max(unit.c.position) + 1, 0)).where(unit.c.pool_id == pool_id)
    added: int | None = (
        await tx.execute(
            new_row(unit)
            .values(pool_id=pool_id, position=last.scalar_subquery(), staff_id=staff_id, active=True)
            .on_conflict_do_nothing()
            .returning(unit.c.id)
        )
    ).scalar_one_or_none()
    return added


async def set_person(tx: AsyncConnection, unit_id: int, *, week: Week | None, active: bool) -> bool:
    """Change somebody's own hours, or whether they take appointments; false if there is no such person."""
    text = None if week is None else week_text(week)
    changed = await tx.execute(update(unit).where(unit.c.id == unit_id).values(week=text, active=active))
    return changed.rowcount == 1


async def exceptions(tx: AsyncConnection, pool_id: str, *, since: date) -> tuple[HoursException, ...]:
    """Return a pool's exceptions that end on `since` or later, its people's among them."""
    query = (
        select(hours_exception)
        .where(hours_exception.c.pool_id == pool_id, hours_exception.c.last_day >= since)
        .order_by(hours_exception.c.first_day, hours_exception.c.id)
    )
    return tuple(
        HoursException(
            id=row.id,
            unit_id=row.unit_id,
            first_day=row.first_day,
            last_day=row.last_day,
            name_ar=row.name_ar,
            name_en=row.name_en,
            week=read_week(row.week),
        )
        for row in await tx.execute(query)
    )


async def add_exception(
    tx: AsyncConnection,
    pool_id: str,
    *,
    unit_id: int | None,
    first_day: date,
    last_day: date,
    name_ar: str,
    name_en: str,
    week: Week,
) -> None:
    """Add an exception."""
    await tx.execute(
        insert(hours_exception).values(
            pool_id=pool_id,
            unit_id=unit_id,
            first_day=first_day,
            last_day=last_day,
            name_ar=name_ar,
            name_en=name_en,
            week=week_text(week),
        )
    )


async def remove_exception(tx: AsyncConnection, pool_id: str, exception_id: int) -> bool:
    """Take an exception of a pool away; false if there is none."""
    gone = await tx.execute(
        delete(hours_exception).where(
            hours_exception.c.id == exception_id, hours_exception.c.pool_id == pool_id
        )
    )
    return gone.rowcount == 1


async def offer_by(tx: AsyncConnection, service_id: str, pool_id: str) -> None:
    """Let a pool take a service's appointments."""
    await tx.execute(
        new_row(offering)
        .values(service_id=service_id, pool_id=pool_id)
        .on_conflict_do_update(index_elements=["service_id"], set_={"pool_id": pool_id})
    )


async def offered(tx: AsyncConnection) -> dict[str, str]:
    """Return by service which pool takes its appointments."""
    return {row.service_id: row.pool_id for row in await tx.execute(select(offering))}


async def free_agents(tx: AsyncConnection) -> tuple[StaffMember, ...]:
    """Return the agents whose accounts are in no pool."""
    query = (
        select(staff)
        .outerjoin(unit, unit.c.staff_id == staff.c.id)
        .where(unit.c.id.is_(None), staff.c.active.is_(True), staff.c.role == StaffRole.AGENT.value)
        .order_by(staff.c.username)
    )
    return tuple(
        StaffMember(
            id=row.id,
            username=row.username,
            role=StaffRole.AGENT,
            name_ar=row.display_name_ar,
            name_en=row.display_name_en,
        )
        for row in await tx.execute(query)
    )
