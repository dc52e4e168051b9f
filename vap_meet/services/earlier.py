"""Earlier times: slots that were given back go to those booked later who asked, one after the other.

Whoever gives a slot back only notes it; a round of `EarlierTimes`, run by one process at a time, offers it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import structlog

from vap_meet.domain.appointment import AppointmentState
from vap_meet.domain.earlier import WORTH_IT, EarlierOffer, OfferState, expires_at, people_may_be_asked
from vap_meet.domain.errors import DomainError, InvalidRequest, Unavailable, WrongState
from vap_meet.domain.messages import MessageKind
from vap_meet.services import reserving
from vap_meet.services.announcing import no_one
from vap_meet.store import appointments, audit
from vap_meet.store import earlier as store

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

    from vap_meet.clock import Clock
    from vap_meet.domain.appointment import Appointment
    from vap_meet.services.booking import Booking
    from vap_meet.services.messages import MessagePromises
    from vap_meet.store.earlier import FreedSlot
    from vap_meet.store.engine import Database

log = structlog.get_logger(__name__)

ASKED_AT_MOST = 20
"""As many people are looked at in one round for a slot that fits none of them."""


class EarlierTimes:
    """Offers, sweeps and gives earlier times. `zone` says what hour it is for the people who are asked."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        booking: Booking,
        promises: MessagePromises,
        zone: ZoneInfo,
        wake: Callable[[], None] = no_one,
    ) -> None:
        self._db = db
        self._clock = clock
        self._booking = booking
        self._promises = promises
        self._zone = zone
        self._wake = wake

    async def run_once(self) -> int:
        """Let offers lapse whose time is over, offer what is free; return how many offers were made."""
        async with self._db.read() as tx:
            overdue = await store.overdue(tx, now=self._clock())
        for offer in overdue:
            await self._lapse(offer)
        async with self._db.read() as tx:
            slots = await store.freed(tx)
        made = 0
        for slot in slots:
            made += await self._offer(slot)
        if made:
            self._wake()
        return made

    async def newest(self, appointment_id: str) -> EarlierOffer | None:
        """Return the latest offer made to an appointment."""
        async with self._db.read() as tx:
            return await store.newest_of(tx, appointment_id)

    async def take(self, appointment: Appointment, offer_id: str, *, by: str) -> Appointment | None:
        """Move an appointment to the time it was offered; None, with nothing changed, if that is too late.

        Raises `VersionConflict` if the appointment has changed since it was read.
        """
        async with self._db.read() as tx:
            offer = await store.find(tx, offer_id)
        if offer is None or offer.appointment_id != appointment.id or not offer.is_open(self._clock()):
            return None
        try:
            return await self._booking.move(
                appointment.id,
                starts_at=offer.starts_at,
                duration_minutes=None,
                by=by,
                if_match=appointment.revision,
            )
        except DomainError as error:
            if not reserving.is_about_the_time(error) and not isinstance(error, (WrongState, InvalidRequest)):
                raise
            return None

    async def _lapse(self, offer: EarlierOffer) -> None:
        async with self._db.write() as tx:
            await appointments.get(tx, offer.appointment_id, hold=True)
            now = self._clock()
            current = await store.find(tx, offer.id)
            if current is None or current.state is not OfferState.OPEN:
                return  # taken at the last moment
            await reserving.let_go(tx, offer.appointment_id, offer.id, now=now)
            await audit.record(
                tx,
                at=now,
                action="earlier_offer.lapsed",
                appointment_id=offer.appointment_id,
                public={"starts_at": offer.starts_at.isoformat()},
            )

    async def _offer(self, slot: FreedSlot) -> bool:
        """Offer a slot to the first who can use it; one that nobody can use is forgotten."""
        now = self._clock()
        soon = expires_at(slot.starts_at, now=now) is None
        if not soon and not people_may_be_asked(now.astimezone(self._zone)):
            return False
        async with self._db.read() as tx:
            asked = await store.who_asked(tx, slot, worth=WORTH_IT, at_most=ASKED_AT_MOST)
        for appointment_id in () if soon else asked:
            try:
                if await self._offer_to(slot, appointment_id):
                    return True
            except Unavailable:
                raise
            except DomainError as refusal:
                log.info("earlier_time_not_offered", appointment=appointment_id, code=refusal.code.value)
        async with self._db.write() as tx:
            await store.forget_freed(tx, slot.id)
        return False

    async def _offer_to(self, slot: FreedSlot, appointment_id: str) -> bool:
        """Hold a slot for an appointment and tell its customer; false if it needs none, or can't be told.

        Raises why the time can't be had.
        """
        async with self._db.write() as tx:
            appointment = await appointments.get(tx, appointment_id, hold=True)
            now = self._clock()
            until = expires_at(slot.starts_at, now=now)
            gains = appointment.starts_at >= slot.starts_at + WORTH_IT
            booked = appointment.state is AppointmentState.BOOKED
            if not (gains and booked and self._promises.reach(appointment.customer)) or until is None:
                return False
            held = await reserving.hold(tx, appointment, slot.starts_at, now=now)
            offer = EarlierOffer(
                id=str(uuid4()),
                appointment_id=appointment_id,
                service_id=slot.service_id,
                starts_at=slot.starts_at,
                state=OfferState.OPEN,
                offered_at=now,
                expires_at=until,
            )
            if not await store.add(tx, offer, held):
                raise WrongState("They were asked about this time already.")
            await audit.record(
                tx,
                at=now,
                action="earlier_offer.made",
                appointment_id=appointment_id,
                public={"starts_at": slot.starts_at.isoformat(), "until": until.isoformat()},
            )
            await self._promises.promise(
                tx, MessageKind.EARLIER, appointment, at=now, time=slot.starts_at, good_until=until
            )
        return True
