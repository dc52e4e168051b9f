"""Who an appointment is given to, and who could have it instead, in SQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, or_, select

from vap_meet.store.schema import staff
from vap_meet.store.schema_availability import pool, reservation, unit

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True, kw_only=True)
class Official:
    """Somebody of a pool; without an account they are known by their number, which counts from 1."""

    unit_id: int
    pool_id: str
    number: int
    staff_id: str | None
    name_ar: str | None
    name_en: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserved:
    """Whose time an appointment has: `kind` is that of their pool, `ticks` are the time."""

    official: Official
    kind: str
    ticks: range


async def of_appointment(tx: AsyncConnection, appointment_id: str) -> tuple[Reserved, ...]:
    """Return whose time an appointment has."""
    query = (
        select(reservation.c.first_tick, reservation.c.ticks, pool.c.kind, *_COLUMNS)
        .join(unit, unit.c.id == reservation.c.unit_id)
        .join(pool, pool.c.id == unit.c.pool_id)
        .outerjoin(staff, staff.c.id == unit.c.staff_id)
        .where(reservation.c.appointment_id == appointment_id)
    )
    return tuple(
        Reserved(
            official=_official(row), kind=row.kind, ticks=range(row.first_tick, row.first_tick + row.ticks)
        )
        for row in await tx.execute(query)
    )


async def of_pool(tx: AsyncConnection, pool_id: str) -> tuple[Official, ...]:
    """Return who works in a pool now, in their order. Somebody whose account is closed does not."""
    query = (
        select(*_COLUMNS)
        .outerjoin(staff, staff.c.id == unit.c.staff_id)
        .where(
            unit.c.pool_id == pool_id,
            unit.c.active.is_(True),
            or_(unit.c.staff_id.is_(None), staff.c.active.is_(True)),
        )
        .order_by(unit.c.position, unit.c.id)
    )
    return tuple(_official(row) for row in await tx.execute(query))


async def officials(tx: AsyncConnection, unit_ids: Collection[int]) -> dict[int, Official]:
    """Return who some people of pools are, whether they still work there or not."""
    if not unit_ids:
        return {}
    query = (
        select(*_COLUMNS).outerjoin(staff, staff.c.id == unit.c.staff_id).where(unit.c.id.in_(list(unit_ids)))
    )
    return {row.id: _official(row) for row in await tx.execute(query)}


_COLUMNS: tuple[ColumnElement[Any], ...] = (
    unit.c.id,
    unit.c.pool_id,
    unit.c.position,
    unit.c.staff_id,
    staff.c.display_name_ar,
    staff.c.display_name_en,
)


def _official(row: Row[Any]) -> Official:
    return Official(
        unit_id=row.id,
        pool_id=row.pool_id,
        number=row.position + 1,
        staff_id=row.staff_id,
        name_ar=row.display_name_ar,
        name_en=row.display_name_en,
    )
