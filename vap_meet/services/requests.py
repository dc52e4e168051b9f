"""Requests beside appointments: where the request that an appointment is about stands, for who may know."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from vap_meet.domain.errors import NotFound
from vap_meet.domain.request_status import NOT_FOUND
from vap_meet.store import appointments, audit, booking_details

if TYPE_CHECKING:
    from vap_meet.clock import Clock
    from vap_meet.domain.appointment import Appointment
    from vap_meet.domain.request_status import Finding
    from vap_meet.services.keys import Keys
    from vap_meet.services.request_lookup import CarefulLookup
    from vap_meet.store.engine import Database

TICKET_FOR = timedelta(minutes=15)


class Requests:
    """Looks requests up. Without a back office (`is_on` false) no page asks.

    Staff see what the back office says; that they looked is audited. A customer sees it only if the phone of
    their appointment is known to be theirs and the back office says that the request belongs to it.
    """

    def __init__(self, *, db: Database, clock: Clock, keys: Keys, lookup: CarefulLookup | None) -> None:
        self._db = db
        self._clock = clock
        self._keys = keys
        self._lookup = lookup

    @property
    def is_on(self) -> bool:
        """Whether there is a back office to ask."""
        return self._lookup is not None

    async def for_staff(self, appointment_id: str, *, by: str, fresh: bool = False) -> Finding:
        """Return where the appointment's request stands; who looked is in the audit log before it is shown.

        Raises `NotFound` for no such appointment, and `Unavailable` if the log can't be written.
        """
        async with self._db.read() as tx:
            appointment = await appointments.get(tx, appointment_id)
        finding = await self._ask(appointment, fresh=fresh)
        async with self._db.write() as tx:
            await audit.record(
                tx,
                at=self._clock(),
                action="request.viewed",
                appointment_id=appointment_id,
                public={"by": by, "found": finding.found.value},
            )
        return finding

    async def for_customer(self, appointment: Appointment) -> Finding:
        """Return what the customer of an appointment may read of its request."""
        async with self._db.read() as tx:
            proved = await booking_details.is_phone_vouched_for(tx, appointment.id)
        return (await self._ask(appointment)).told_to_customer(phone_proved=proved)

    async def for_ticket(self, ticket: str) -> Finding:
        """Return what who has proved the appointment's phone may read. Raises `NotFound` for a bad ticket."""
        appointment_id, expires, _ = [*ticket.rsplit(".", 2), "", ""][:3]
        good = expires.isascii() and expires.isdigit() and len(expires) < 12  # noqa: PLR2004 - seconds
        if not good or not hmac.compare_digest(ticket.encode(), self._sign(appointment_id, expires).encode()):
            raise NotFound("There is no such request.")
        if self._clock() > datetime.fromtimestamp(int(expires), UTC):
            raise NotFound("This page is too old; open it again.")
        async with self._db.read() as tx:
            appointment = await appointments.get(tx, appointment_id)
        return (await self._ask(appointment)).told_to_customer(phone_proved=True)

    def ticket(self, appointment_id: str) -> str:
        """Return what lets who has proved an appointment's phone ask for its request for a while."""
        return self._sign(appointment_id, str(int((self._clock() + TICKET_FOR).timestamp())))

    def _sign(self, appointment_id: str, expires: str) -> str:
        said = f"{appointment_id}.{expires}"
        secret = self._keys.link_key().secret
        return f"{said}.{hmac.new(secret, f'request:{said}'.encode(), hashlib.sha256).hexdigest()}"

    async def _ask(self, appointment: Appointment, *, fresh: bool = False) -> Finding:
        number = appointment.request_number
        if self._lookup is None or not number:
            return NOT_FOUND
        return await self._lookup.look_up(number, phone=appointment.customer.phone, fresh=fresh)
