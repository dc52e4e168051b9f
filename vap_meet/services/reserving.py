"""Reserving: an appointment takes somebody's time and gives it back, inside booking's transactions."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from vap_meet.domain.appointment import AppointmentState
from vap_meet.domain.availability import candidates, check_start
from vap_meet.domain.booking_invitations import InvitationState, over
from vap_meet.domain.earlier import OfferState, expires_at
from vap_meet.domain.errors import ErrorCode, NotFound, WrongState
from vap_meet.domain.opening import day_ticks, moment_of, tick_of
from vap_meet.domain.pools import OFFICIALS
from vap_meet.domain.slot_errors import InterpreterTaken, NotBookable, SlotTaken
from vap_meet.store import (
    appointments,
    assigning,
    audit,
    availability,
    booking_details,
    booking_invitations,
    earlier,
    reservations,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from vap_meet.domain.appointment import Appointment
    from vap_meet.domain.availability import Need, Offer, Pool, Unit
    from vap_meet.domain.errors import DomainError

    Take = Callable[[AsyncConnection, str, int, range], Awaitable[bool]]
    """Takes somebody's ticks for an appointment; false if some are another's."""

_ANY_DAY = 36_500
_TIME_REFUSALS = frozenset(
    {
        ErrorCode.SLOT_TAKEN,
        ErrorCode.INTERPRETER_TAKEN,
        ErrorCode.SLOT_PAST,
        ErrorCode.SLOT_TOO_SOON,
        ErrorCode.SLOT_TOO_FAR,
        ErrorCode.SLOT_CLOSED,
        ErrorCode.OUTSIDE_HOURS,
        ErrorCode.OFF_GRID,
        ErrorCode.NOT_BOOKABLE,
    }
)


@dataclass(frozen=True, slots=True)
class Heard:
    """Consent that was given on the telephone: who read the notice out, and which version of it."""

    by: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a customer's booking asks for beside the appointment itself.

    `terms_version` is what the customer accepted on our pages, `heard` what they said yes to by telephone.
    The invitation is used up by the booking.
    """

    need: Need | None = None
    wants_earlier: bool = False
    terms_version: str | None = None
    phone_proved: bool = False
    heard: Heard | None = None
    invitation_id: str | None = None


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
    invitation = wish.invitation_id
    if invitation and not await booking_invitations.use(tx, invitation, appointment.id, at=now):
        raise over(InvitationState.USED)
    if wish.heard is not None:
        await audit.record(
            tx,
            at=now,
            action="consent.heard",
            appointment_id=appointment.id,
            public={"by": wish.heard.by, "version": wish.heard.version},
        )
    offer = await _offer(tx, appointment, wish.need, now=now)
    if invitation and await booking_invitations.is_at_once(tx, invitation):
        offer = at_once(offer)
    check_start(offer, appointment.starts_at, now=now)
    await _reserve(tx, offer, appointment, reservations.reserve)


async def follow(tx: AsyncConnection, moved: Appointment, *, now: datetime) -> None:
    """Reserve anew for an appointment that has moved, if it had a reservation; give back what it had.

    Raises why its time can't be had; lead time and horizon bind customers, not whoever moves it for them.
    The new time is taken before the old one is given back, so that two who trade places don't deadlock.
    """
    had = await reservations.of_appointment(tx, moved.id)
    if not had:
        return
    offer = await _unbound_offer(tx, moved, now=now)
    check_start(offer, moved.starts_at, now=now)
    kept = await _reserve(tx, offer, moved, reservations.reserve)
    await _settle(tx, moved.id, moved.starts_at, now=now)
    await reservations.keep_only(tx, moved.id, kept)
    await _note_freed(tx, moved, had, now=now)


def is_about_the_time(error: DomainError) -> bool:
    """Whether an error says why a time can't be had."""
    return error.code in _TIME_REFUSALS


async def release(tx: AsyncConnection, cancelled: Appointment, *, now: datetime) -> None:
    """Give back whatever an appointment has."""
    had = await reservations.of_appointment(tx, cancelled.id)
    await _settle(tx, cancelled.id, None, now=now)
    await reservations.keep_only(tx, cancelled.id, {})
    await _note_freed(tx, cancelled, had, now=now)


async def hold(
    tx: AsyncConnection, appointment: Appointment, starts_at: datetime, *, now: datetime
) -> dict[int, range]:
    """Hold somebody for another time of an appointment, which keeps its own; return whose ticks.

    Raises why the time can't be had; lead time and horizon don't bind.
    """
    length = appointment.ends_at - appointment.starts_at
    elsewhere = replace(appointment, starts_at=starts_at, ends_at=starts_at + length)
    offer = await _unbound_offer(tx, elsewhere, now=now)
    check_start(offer, starts_at, now=now)
    return await _reserve(tx, offer, elsewhere, reservations.hold)


async def let_go(tx: AsyncConnection, appointment_id: str, offer_id: str, *, now: datetime) -> None:
    """End an offer that nobody took: what was held for it is free again."""
    await earlier.close(tx, offer_id, OfferState.LAPSED, at=now)
    await reservations.keep_only(tx, appointment_id, await reservations.of_appointment(tx, appointment_id))


async def reassign(tx: AsyncConnection, appointment_id: str, unit_id: int, *, by: str, now: datetime) -> None:
    """Give an appointment to another official of its pool, whatever their hours; its interpreter stays.

    Raises `NotFound` without such a person or reservation, `WrongState` once the customer was called in,
    `SlotTaken` if the person has something else then.
    """
    appointment = await appointments.get(tx, appointment_id, hold=True)
    if appointment.state not in {AppointmentState.BOOKED, AppointmentState.WAITING}:
        raise WrongState("The customer has been called in already.")
    reserved = await assigning.of_appointment(tx, appointment_id)
    officials = [each for each in reserved if each.kind == OFFICIALS]
    if not officials:
        raise NotFound("Nobody's time is reserved for it.")
    has = officials[0].official
    if unit_id not in {one.unit_id for one in await assigning.of_pool(tx, has.pool_id)}:
        raise NotFound("There is nobody like that to take it.")
    had = await reservations.of_appointment(tx, appointment_id)
    ticks = had.pop(has.unit_id)
    if not await reservations.reserve(tx, appointment_id, unit_id, ticks):
        raise SlotTaken("They have another appointment then.")
    await reservations.keep_only(tx, appointment_id, {**had, unit_id: ticks})
    await audit.record(
        tx,
        at=now,
        action="appointment.reassigned",
        appointment_id=appointment_id,
        public={"by": by, "from": has.unit_id, "to": unit_id},
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


def at_once(offer: Offer) -> Offer:
    """Return the offer to whoever could not be met: no lead time stands before their next one."""
    return replace(offer, pool=replace(offer.pool, lead_minutes=0))


async def _unbound_offer(tx: AsyncConnection, appointment: Appointment, *, now: datetime) -> Offer:
    """Return how an appointment's service is given, whatever its lead time and horizon."""
    offer = await _offer(tx, appointment, await booking_details.need_of(tx, appointment.id), now=now)
    return replace(offer, pool=replace(offer.pool, lead_minutes=0, horizon_days=_ANY_DAY))


async def _settle(
    tx: AsyncConnection, appointment_id: str, starts_at: datetime | None, *, now: datetime
) -> None:
    """Close an appointment's open offers: the one for this very time was taken, others are withdrawn."""
    for offer in await earlier.open_of(tx, appointment_id):
        state = OfferState.TAKEN if offer.starts_at == starts_at else OfferState.WITHDRAWN
        await earlier.close(tx, offer.id, state, at=now)
        await audit.record(
            tx,
            at=now,
            action=f"earlier_offer.{state}",
            appointment_id=appointment_id,
            public={"starts_at": offer.starts_at.isoformat()},
        )


async def _note_freed(
    tx: AsyncConnection, changed: Appointment, had: dict[int, range], *, now: datetime
) -> None:
    """Note the start that an appointment gave back, if there is time left to offer it to somebody."""
    for start in {moment_of(ticks.start) for ticks in had.values()}:
        given_back = start != changed.starts_at or not changed.is_open
        if given_back and expires_at(start, now=now) is not None:
            await earlier.note_freed(tx, changed.service.id, start, by=changed.id, at=now)


async def _reserve(
    tx: AsyncConnection, offer: Offer, appointment: Appointment, take: Take
) -> dict[int, range]:
    """Take an official and, if need be, an interpreter; always in this order."""
    kept = await _reserve_one(tx, offer, offer.pool, appointment, take)
    if kept is None:
        raise SlotTaken("This time has just been taken; choose another.")
    if offer.interpreters is not None:
        interpreter = await _reserve_one(tx, offer, offer.interpreters, appointment, take)
        if interpreter is None:
            raise InterpreterTaken("No interpreter is free at this time; choose another.")
        kept |= interpreter
    return kept


async def _reserve_one(
    tx: AsyncConnection, offer: Offer, pool: Pool, appointment: Appointment, take: Take
) -> dict[int, range] | None:
    """Take somebody of a pool; None if everybody is busy."""
    start = appointment.starts_at
    ticks = range(tick_of(start), tick_of(start) + offer.run)
    units = candidates(offer, pool, start)
    ids = [unit.id for unit in units]
    busy = await reservations.busy(tx, ids, ticks, besides=appointment.id)
    had = await reservations.of_appointment(tx, appointment.id)
    loads = await reservations.load(tx, ids, day_ticks(start.astimezone(pool.zone).date(), pool.zone))
    for unit in _in_order([unit for unit in units if unit.id not in busy], had, loads):
        if await take(tx, appointment.id, unit.id, ticks):
            return {unit.id: ticks}
    return None


def _in_order(units: Sequence[Unit], had: dict[int, range], loads: dict[int, int]) -> list[Unit]:
    """Return whom to try first: who has it already, then who has least that day, then by chance."""
    chance = random.Random()  # noqa: S311 - spreads people, hides nothing
    return sorted(units, key=lambda unit: (unit.id not in had, loads.get(unit.id, 0), chance.random()))
