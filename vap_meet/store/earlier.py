"""Earlier times in SQL: freed slots, the offers made of them, and what is held meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, exists, insert, select, update
from sqlalchemy.dialects.postgresql import insert as new_row  # SQLite has the same ON CONFLICT

from vap_meet.domain.appointment import AppointmentState
from vap_meet.domain.earlier import EarlierOffer, OfferState
from vap_meet.store.schema import appointment
from vap_meet.store.schema_earlier import earlier_offer, freed_slot, slot_hold
from vap_meet.store.schema_self_booking import booking_detail

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True, kw_only=True)
class FreedSlot:
    """A start of a service that was given back; `freed_by` is the appointment that did."""

    id: int
    service_id: str
    starts_at: datetime
    freed_by: str


async def note_freed(
    tx: AsyncConnection, service_id: str, starts_at: datetime, *, by: str, at: datetime
) -> None:
    """Note that an appointment gave its start back; once, however often it is."""
    values = {"freed_at": at, "freed_by": by}
    new = new_row(freed_slot).values(service_id=service_id, starts_at=starts_at, **values)
    await tx.execute(new.on_conflict_do_update(index_elements=["service_id", "starts_at"], set_=values))


async def freed(tx: AsyncConnection) -> tuple[FreedSlot, ...]:
    """Return freed slots that are offered to nobody at the moment, the soonest first."""
    offered = exists().where(
        earlier_offer.c.service_id == freed_slot.c.service_id,
        earlier_offer.c.starts_at == freed_slot.c.starts_at,
        earlier_offer.c.state == OfferState.OPEN,
    )
    query = select(freed_slot).where(~offered).order_by(freed_slot.c.starts_at, freed_slot.c.id)
    return tuple(
        FreedSlot(id=row.id, service_id=row.service_id, starts_at=row.starts_at, freed_by=row.freed_by)
        for row in await tx.execute(query)
    )


async def forget_freed(tx: AsyncConnection, freed_id: int) -> None:
    """Forget a freed slot: it is gone, too near, or nobody is left to ask."""
    await tx.execute(delete(freed_slot).where(freed_slot.c.id == freed_id))


async def who_asked(
    tx: AsyncConnection, slot: FreedSlot, *, worth: timedelta, at_most: int
) -> tuple[str, ...]:
    """Return the appointments that would gain from a slot and were not asked about it yet.

    Of the same service, booked later by at least `worth`, and without another open offer; not the one that
    gave it back. Who booked first comes first.
    """
    asked = exists().where(
        earlier_offer.c.appointment_id == appointment.c.id,
        (earlier_offer.c.starts_at == slot.starts_at) | (earlier_offer.c.state == OfferState.OPEN),
    )
    query = (
        select(appointment.c.id)
        .join(booking_detail, booking_detail.c.appointment_id == appointment.c.id)
        .where(
            appointment.c.service_id == slot.service_id,
            appointment.c.state == AppointmentState.BOOKED,
            appointment.c.starts_at >= slot.starts_at + worth,
            appointment.c.id != slot.freed_by,
            booking_detail.c.wants_earlier.is_(True),
            ~asked,
        )
        .order_by(appointment.c.created_at, appointment.c.id)
        .limit(at_most)
    )
    return tuple((await tx.execute(query)).scalars())


async def add(tx: AsyncConnection, offer: EarlierOffer, held: Mapping[int, range]) -> bool:
    """Add an open offer and what is held for it; false if the appointment was asked about it before."""
    new = new_row(earlier_offer).values(
        id=offer.id,
        appointment_id=offer.appointment_id,
        service_id=offer.service_id,
        starts_at=offer.starts_at,
        state=offer.state,
        offered_at=offer.offered_at,
        expires_at=offer.expires_at,
    )
    if not (await tx.execute(new.on_conflict_do_nothing())).rowcount:
        return False
    rows = [
        {
            "offer_id": offer.id,
            "unit_id": unit_id,
            "appointment_id": offer.appointment_id,
            "first_tick": ticks.start,
            "ticks": len(ticks),
        }
        for unit_id, ticks in held.items()
    ]
    await tx.execute(insert(slot_hold), rows)
    return True


async def find(tx: AsyncConnection, offer_id: str) -> EarlierOffer | None:
    """Return an offer, or None."""
    if "\0" in offer_id:
        return None
    row = (await tx.execute(select(earlier_offer).where(earlier_offer.c.id == offer_id))).one_or_none()
    return None if row is None else _offer(row)


async def newest_of(tx: AsyncConnection, appointment_id: str) -> EarlierOffer | None:
    """Return the latest offer that was made to an appointment."""
    query = (
        select(earlier_offer)
        .where(earlier_offer.c.appointment_id == appointment_id)
        .order_by(earlier_offer.c.offered_at.desc(), earlier_offer.c.starts_at)
        .limit(1)
    )
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else _offer(row)


async def open_of(tx: AsyncConnection, appointment_id: str) -> tuple[EarlierOffer, ...]:
    """Return the offers that an appointment has open."""
    query = select(earlier_offer).where(
        earlier_offer.c.appointment_id == appointment_id, earlier_offer.c.state == OfferState.OPEN
    )
    return tuple(_offer(row) for row in await tx.execute(query))


async def overdue(tx: AsyncConnection, *, now: datetime) -> tuple[EarlierOffer, ...]:
    """Return open offers whose time to think is over."""
    query = select(earlier_offer).where(
        earlier_offer.c.state == OfferState.OPEN, earlier_offer.c.expires_at < now
    )
    return tuple(_offer(row) for row in await tx.execute(query.order_by(earlier_offer.c.expires_at)))


async def close(tx: AsyncConnection, offer_id: str, state: OfferState, *, at: datetime) -> None:
    """Note what became of an offer; nothing is held for it any more once its ticks are given back."""
    await tx.execute(delete(slot_hold).where(slot_hold.c.offer_id == offer_id))
    await tx.execute(
        update(earlier_offer).where(earlier_offer.c.id == offer_id).values(state=state, closed_at=at)
    )


def _offer(row: Row[Any]) -> EarlierOffer:
    return EarlierOffer(
        id=row.id,
        appointment_id=row.appointment_id,
        service_id=row.service_id,
        starts_at=row.starts_at,
        state=OfferState(row.state),
        offered_at=row.offered_at,
        expires_at=row.expires_at,
    )
