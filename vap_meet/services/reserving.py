"""Reserving: an appointment takes somebody's time and gives it back, inside booking's transactions."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from vap_meet.domain.appointment import AppointmentState
from vap_meet.domain.availability import candidates, check_start
from vap_meet.domain.errors import NotFound, WrongState
from vap_meet.domain.opening import day_ticks, tick_of
from vap_meet.domain.slot_errors import InterpreterTaken, NotBookable, SlotTaken
from vap_meet.store import appointments, audit, availability, booking_details, reservations

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from vap_meet.domain.appointment import Appointment
    from vap_meet.domain.availability import Need, Offer, Pool, Unit

_ANY_DAY = 36_500


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a customer's booking asks for beside the appointment itself."""

    need: Need | None = None
    wants_earlier: bool = False
    terms_version: str | None = None
    phone_proved: bool = False


async def take(tx: AsyncConnection, appointment: Appointment, wish: Wish, *, now: datetime) -> None:
    """Reserve somebody for a new appointment. Raises why its time can't be had (`domain.slot_errors`)."""
    await booking_details.add(
        tx,
        appointment.id,
        need=wish.need,
        wants_earlier=wish.wants_earlier,
        terms_version=wish.terms_version,
        phone_proved_at=now if wish.phone_proved else None,
    )
    offer = await _offer(tx, appointment, wish.need, now=now)
    check_start(offer, appointment.starts_at, now=now)
    await _reserve(tx, offer, appointment)


async def follow(tx: AsyncConnection, moved: Appointment, *, now: datetime) -> None:
    """Reserve anew for an appointment that has moved, if it had a reservation; give back what it had.

    Raises why its time can't be had; lead time and horizon bind customers, not whoever moves it for them.
    The new time is taken before the old one is given back, so that two who trade places don't deadlock.
    """
    if not await reservations.of_appointment(tx, moved.id):
        return
    offer = await _offer(tx, moved, await booking_details.need_of(tx, moved.id), now=now)
    unbound = replace(offer.pool, lead_minutes=0, horizon_days=_ANY_DAY)
    offer = replace(offer, pool=unbound)
    check_start(offer, moved.starts_at, now=now)
    await reservations.keep_only(tx, moved.id, await _reserve(tx, offer, moved))


async def release(tx: AsyncConnection, appointment_id: str) -> None:
    """Give back whatever an appointment has."""
    await reservations.keep_only(tx, appointment_id, {})


async def reassign(tx: AsyncConnection, appointment_id: str, unit_id: int, *, by: str, now: datetime) -> None:
    """Give an appointment to another official of its pool, whatever their hours.

    Raises `NotFound` without such a person or reservation, `WrongState` once the customer was called in,
    `SlotTaken` if the person has something else then.
    """
    appointment = await appointments.get(tx, appointment_id, hold=True)
    if appointment.state not in {AppointmentState.BOOKED, AppointmentState.WAITING}:
        raise WrongState("The customer has been called in already.")
    pool_id = await availability.pool_of_unit(tx, unit_id)
    had = await reservations.of_appointment(tx, appointment_id)
    official = [each for each in had if await availability.pool_of_unit(tx, each) == pool_id]
    if pool_id is None or not official:
        raise NotFound("There is nobody like that to take it.")
    ticks = had.pop(official[0])
    if not await reservations.reserve(tx, appointment_id, unit_id, ticks):
        raise SlotTaken("They have another appointment then.")
    await reservations.keep_only(tx, appointment_id, {**had, unit_id: ticks})
    await audit.record(
        tx,
        at=now,
        action="appointment.reassigned",
        appointment_id=appointment_id,
        public={"by": by, "from": official[0], "to": unit_id},
    )


async def _offer(tx: AsyncConnection, appointment: Appointment, need: Need | None, *, now: datetime) -> Offer:
    offer = await availability.offer(
        tx,
        appointment.service.id,
        minutes=int((appointment.ends_at - appointment.starts_at) / timedelta(minutes=1)),
        need=need,
        since=min(now, appointment.starts_at).date() - timedelta(days=1),
    )
    if offer is None:
        raise NotBookable("Nobody takes appointments for this service.")
    return offer


async def _reserve(tx: AsyncConnection, offer: Offer, appointment: Appointment) -> dict[int, range]:
    """Take an official and, if need be, an interpreter; always in this order."""
    kept = await _reserve_one(
        tx, offer, offer.pool, appointment, SlotTaken("This time has just been taken; choose another.")
    )
    if offer.interpreters is not None:
        refusal = InterpreterTaken("No interpreter is free at this time; choose another.")
        kept |= await _reserve_one(tx, offer, offer.interpreters, appointment, refusal)
    return kept


async def _reserve_one(
    tx: AsyncConnection,
    offer: Offer,
    pool: Pool,
    appointment: Appointment,
    refusal: SlotTaken | InterpreterTaken,
) -> dict[int, range]:
    start = appointment.starts_at
    ticks = range(tick_of(start), tick_of(start) + offer.run)
    units = candidates(offer, pool, start)
    ids = [unit.id for unit in units]
    busy = await reservations.busy(tx, ids, ticks, besides=appointment.id)
    had = await reservations.of_appointment(tx, appointment.id)
    loads = await reservations.load(tx, ids, day_ticks(start.astimezone(pool.zone).date(), pool.zone))
    for unit in _in_order([unit for unit in units if unit.id not in busy], had, loads):
        if await reservations.reserve(tx, appointment.id, unit.id, ticks):
            return {unit.id: ticks}
    raise refusal


def _in_order(units: Sequence[Unit], had: dict[int, range], loads: dict[int, int]) -> list[Unit]:
    """Return whom to try first: who has it already, then who has least that day, then by chance."""
    chance = random.Random()  # noqa: S311 - spreads people, hides nothing
    return sorted(units, key=lambda unit: (unit.id not in had, loads.get(unit.id, 0), chance.random()))
