"""Callers: what staff do for somebody on the telephone: find their appointment, move it, call it off.

Whoever looks is noted before anything is shown; contacts stay masked until they are revealed for a reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vap_meet.domain.appointment import AppointmentState
from vap_meet.domain.contact import read_phone
from vap_meet.domain.reference import read_reference
from vap_meet.domain.slot_errors import ChangeTooLate
from vap_meet.store import appointments, audit, reservations

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from vap_meet.clock import Clock
    from vap_meet.domain.appointment import Appointment
    from vap_meet.services.booking import Booking
    from vap_meet.services.messages import MessagePromises
    from vap_meet.store.engine import Database

SHOWN = 20
"""As many of a phone's appointments as are shown, the latest first."""

MAX_QUERY_CHARS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class CallersAppointment:
    """A found appointment, and what may be done with it: what was booked elsewhere moves only there."""

    appointment: Appointment
    may_move: bool
    may_cancel: bool


class Callers:
    """Finds and changes appointments for callers. The customers' cut-off doesn't bind staff."""

    def __init__(self, *, db: Database, clock: Clock, booking: Booking, promises: MessagePromises) -> None:
        self._db = db
        self._clock = clock
        self._booking = booking
        self._promises = promises

    async def find(self, text: str, *, by: str) -> tuple[CallersAppointment, ...]:
        """Return the appointments of a reference or a phone, in any habit of writing.

        What is neither finds nothing. That one was found is audited with it; the number is kept nowhere.
        """
        typed = text.replace("\0", "").strip()[:MAX_QUERY_CHARS]
        reference = read_reference(typed)
        phone = None if reference else read_phone(typed)
        async with self._db.write() as tx:
            if reference is not None:
                one = await appointments.of_reference(tx, reference)
                found: tuple[Appointment, ...] = () if one is None else (one,)
            else:
                found = await appointments.of_phone(tx, phone, at_most=SHOWN) if phone else ()
            way = "reference" if reference else "phone"
            ids: tuple[str | None, ...] = tuple(each.id for each in found) or (None,)
            for appointment_id in ids:
                await audit.record(
                    tx,
                    at=self._clock(),
                    action="caller.looked_up",
                    appointment_id=appointment_id,
                    public={"by": by, "way": way, "found": len(found)},
                )
            return tuple([await self._view(tx, each) for each in found])

    async def get(self, appointment_id: str) -> CallersAppointment:
        """Return one of them. Raises `NotFound`."""
        async with self._db.read() as tx:
            return await self._view(tx, await appointments.get(tx, appointment_id))

    def is_told(self, appointment: Appointment) -> bool:
        """Whether some channel reaches the customer, so that link and changes are sent."""
        return self._promises.reach(appointment.customer)

    async def move(self, found: CallersAppointment, starts_at: datetime, *, by: str) -> Appointment:
        """Move it. Raises `ChangeTooLate`, why the time can't be had, and as `Booking.move` does."""
        if not found.may_move:
            raise ChangeTooLate("This appointment can't be moved here any more.")
        return await self._booking.move(
            found.appointment.id,
            starts_at=starts_at,
            duration_minutes=None,
            by=by,
            if_match=found.appointment.revision,
        )

    async def cancel(self, found: CallersAppointment, *, reason: str, by: str) -> Appointment:
        """Call it off. Raises `ChangeTooLate`, and as `Booking.cancel` does."""
        if not found.may_cancel:
            raise ChangeTooLate("This appointment can't be cancelled any more.")
        return await self._booking.cancel(
            found.appointment.id, reason=reason, by=by, if_match=found.appointment.revision
        )

    async def _view(self, tx: AsyncConnection, appointment: Appointment) -> CallersAppointment:
        ahead = appointment.state in {AppointmentState.BOOKED, AppointmentState.WAITING}
        ahead = ahead and self._clock() < appointment.ends_at
        reserved = bool(ahead and await reservations.of_appointment(tx, appointment.id))
        return CallersAppointment(appointment=appointment, may_move=reserved, may_cancel=ahead)
