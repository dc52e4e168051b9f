"""Availability in SQL: pools with their hours and people, and what of their time is taken."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import String, cast, func, or_, select

from vap_meet.domain.availability import Need, Offer, Pool, Runs, Unit
from vap_meet.domain.opening import Opening, Period, Timetable, Week
from vap_meet.store.schema import staff
from vap_meet.store.schema_availability import hours_exception, offering, pool, reservation, unit
from vap_meet.store.schema_earlier import slot_hold

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

DEFAULT_POOL = "general"
"""The pool that takes whatever has no pool of its own."""

MAX_RUN = 48
"""As many ticks as one reservation can have: two hours and the longest buffer."""


def week_text(week: Week) -> str:
    """Return a week as it is stored."""
    return msgspec.json.encode([(o.weekday, o.opens, o.closes) for o in week]).decode()


@lru_cache(maxsize=512)
def read_week(text: str) -> Week:
    """Return what `week_text` wrote."""
    return tuple(Opening(*row) for row in msgspec.json.decode(text, type=list[tuple[int, int, int]]))


async def pool_id_of(tx: AsyncConnection, service_id: str) -> str:
    """Return which pool takes a service's appointments."""
    query = select(offering.c.pool_id).where(offering.c.service_id == service_id)
    return (await tx.execute(query)).scalar_one_or_none() or DEFAULT_POOL


async def offer(
    tx: AsyncConnection, service_id: str, *, minutes: int, need: Need | None, since: date
) -> Offer | None:
    """Return how a service is given, with exceptions that end on `since` or later; None if by nobody."""
    found = await find_pool(tx, await pool_id_of(tx, service_id), since=since)
    if found is None:
        return None
    interpreters = None
    if need is not None:
        interpreters = await pool_for(tx, need, since=since) or _nobody(found)
    return Offer(service_id=service_id, pool=found, duration_minutes=minutes, interpreters=interpreters)


async def find_pool(tx: AsyncConnection, pool_id: str, *, since: date) -> Pool | None:
    """Return a pool with its people and exceptions, or None."""
    row = (await tx.execute(select(pool).where(pool.c.id == pool_id))).one_or_none()
    return None if row is None else await _filled(tx, row, since=since)


async def pool_for(tx: AsyncConnection, need: Need, *, since: date) -> Pool | None:
    """Return who meets a need, or None."""
    query = select(pool).where(pool.c.kind == need).order_by(pool.c.id).limit(1)
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else await _filled(tx, row, since=since)


async def taken(
    tx: AsyncConnection, pool_ids: tuple[str, ...], *, first: int, stop: int
) -> dict[int, list[Runs]]:
    """Return by unit what is reserved in these ticks and right before them, and whatever is held.

    One row a unit and length, not one a reservation: a month of a large pool holds tens of thousands.
    """
    firsts = func.aggregate_strings(cast(reservation.c.first_tick, String), ",")
    query = (
        select(reservation.c.unit_id, reservation.c.ticks, firsts)
        .where(
            reservation.c.unit_id.in_(select(unit.c.id).where(unit.c.pool_id.in_(pool_ids))),
            reservation.c.first_tick > first - MAX_RUN,
            reservation.c.first_tick < stop,
        )
        .group_by(reservation.c.unit_id, reservation.c.ticks)
    )
    found: dict[int, list[Runs]] = {}
    for unit_id, length, ticks in await tx.execute(query):
        found.setdefault(unit_id, []).append(Runs(tuple(map(int, ticks.split(","))), length))
    for row in await tx.execute(select(slot_hold)):  # a few at most: each is held for minutes
        found.setdefault(row.unit_id, []).append(Runs((row.first_tick,), row.ticks))
    return found


async def _filled(tx: AsyncConnection, row: Row[Any], *, since: date) -> Pool:
    """Return the pool of a row. Somebody whose account is closed is in it no more."""
    people = await tx.execute(
        select(unit.c.id, unit.c.position, unit.c.week)
        .outerjoin(staff, staff.c.id == unit.c.staff_id)
        .where(
            unit.c.pool_id == row.id,
            unit.c.active.is_(True),
            or_(unit.c.staff_id.is_(None), staff.c.active.is_(True)),
        )
        .order_by(unit.c.position, unit.c.id)
    )
    exceptions = await tx.execute(
        select(hours_exception).where(
            hours_exception.c.pool_id == row.id, hours_exception.c.last_day >= since
        )
    )
    periods: dict[int | None, list[Period]] = {}
    for each in exceptions:
        periods.setdefault(each.unit_id, []).append(
            Period(each.first_day, each.last_day, read_week(each.week))
        )
    week = read_week(row.week)
    return Pool(
        id=row.id,
        name_ar=row.name_ar,
        name_en=row.name_en,
        zone=ZoneInfo(row.time_zone),
        timetable=Timetable(week, tuple(periods.get(None, ()))),
        buffer_minutes=row.buffer_minutes,
        lead_minutes=row.lead_minutes,
        horizon_days=row.horizon_days,
        units=tuple(
            Unit(person.id, person.position, _own(person.week, week, periods.get(person.id)))
            for person in people
        ),
    )


def _own(text: str | None, week: Week, periods: list[Period] | None) -> Timetable | None:
    if text is None and not periods:
        return None
    return Timetable(week if text is None else read_week(text), tuple(periods or ()))


def _nobody(like: Pool) -> Pool:
    return Pool(
        id="", name_ar="", name_en="", zone=like.zone, timetable=Timetable(()), buffer_minutes=0, units=()
    )
