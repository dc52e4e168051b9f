"""Going on at another device in the middle of a call: by a link made at the first one, or by a phone code.

    make        a link for another device, good once and for minutes; it is shown as a QR code or copied
    look        reads only: what opens links to look at them takes nothing
    take        the click there: the same person at another device, who has the seat from then on
    send_code   digits to the customer's own phone, for when the first device is dead
    prove       the digits typed at the device that stands by: it has the seat

Consent is in the act: the link exists only where the person is, the digits only on their phone.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from signaling.log import LogUnavailable
from vap_meet.domain import hand_over as domain
from vap_meet.domain.access import CUSTOMER, LinkStatus, refusal
from vap_meet.domain.errors import LinkUnknown, NotFound, Unavailable
from vap_meet.domain.hand_over import HandOver
from vap_meet.store import appointments, audit
from vap_meet.store import guests as store

if TYPE_CHECKING:
    from collections.abc import Callable

    from signaling.hub import Hub
    from vap_meet.clock import Clock
    from vap_meet.domain.appointment import Appointment
    from vap_meet.services.joining import Entry, Joining, VisitView
    from vap_meet.services.phone_codes import PhoneCodes, SentCode
    from vap_meet.store.engine import Database

KEPT = timedelta(days=1)
"""How long an expired link is still known, so that it can be said that it has expired."""


class HandOvers:
    """The use cases of another device. `chance` makes a link's secret, `sms` says if digits can be sent."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        public_url: str,
        joining: Joining,
        codes: PhoneCodes,
        hub: Hub,
        sms: bool,
        chance: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._db = db
        self._clock = clock
        self._public_url = public_url.rstrip("/")
        self._joining = joining
        self._codes = codes
        self._hub = hub
        self._sms = sms
        self._chance = chance

    async def make(self, view: VisitView) -> str:
        """Return a link that lets another device be this visitor; earlier ones of this visit are void.

        Raises `TooEarly` and the other refusals of a visit that is not open.
        """
        if view.status is not LinkStatus.OPEN:
            raise refusal(view.status)
        now, code = self._clock(), domain.code_of(self._chance(domain.CODE_BYTES))
        made = HandOver(
            id=str(uuid4()),
            appointment_id=view.appointment.id,
            participant_id=view.participant_id,
            schedule_version=view.appointment.schedule_version,
            visit_id=view.visit_id,
            created_at=now,
            expires_at=now + domain.LIFETIME,
        )
        async with self._db.write() as tx:
            await appointments.get(tx, view.appointment.id, hold=True)
            await store.forget_hand_overs(tx, visit_id=view.visit_id, before=now - KEPT)
            await store.add_hand_over(tx, made, code_sha256=domain.code_sha256(code))
            await audit.record(
                tx,
                at=now,
                action="device.link_made",
                appointment_id=view.appointment.id,
                public={"participant": view.participant_id, "visit_id": view.visit_id},
            )
        return f"{self._public_url}/h/{code}"

    async def look(self, code: str) -> Appointment:
        """Return what a link leads to; writes nothing. Raises `LinkUnknown` unless it is good now."""
        async with self._db.read() as tx:
            made = await store.find_hand_over(tx, domain.code_sha256(code))
            if made is None or not self._is_good(made):
                raise LinkUnknown("This link is not good any more.")
            return await appointments.get(tx, made.appointment_id)

    async def take(self, code: str, *, browser: str | None, notice_version: str | None) -> Entry:
        """Let this browser be the person who made the link, and have their seat when it comes to the room.

        Raises `LinkUnknown` for a link that is not good or was used, `NoticeNotAccepted`, and the refusals of
        a visit.
        """
        now = self._clock()
        await self.look(code)  # guesses must not queue for the writer
        async with self._db.write() as tx:
            made = await store.find_hand_over(tx, domain.code_sha256(code))
            if made is None:
                raise LinkUnknown("This link is not good any more.")
            appointment = await appointments.get(tx, made.appointment_id, hold=True)
            held = await store.find_hand_over(tx, domain.code_sha256(code), hold=True)
            if held is None or not self._is_good(held):
                raise LinkUnknown("This link is not good any more.")
            entry = await self._joining.enter_as(
                tx,
                appointment,
                held.participant_id,
                schedule_version=held.schedule_version,
                browser=browser,
                notice_version=notice_version,
                by={"hand_over_id": held.id},
            )
            await store.use_hand_over(tx, held, at=now)
        await self._move(held.appointment_id, held.participant_id, entry.visit_id)
        return entry

    def proves_by_phone(self, view: VisitView) -> bool:
        """Whether there is a phone, and a way to it, by which the visitor can prove to be who they are."""
        return self._sms and view.participant_id == CUSTOMER and view.appointment.customer.phone is not None

    async def send_code(self, view: VisitView, *, address: str) -> SentCode:
        """Send digits to the customer's phone, good for this visit alone.

        Raises `NotFound` if there is no phone to send them to, `RateLimited`, and as `make` does.
        """
        phone = self._phone(view)
        return await self._codes.send(
            phone, subject=_subject(view), language=view.appointment.customer.language, address=address
        )

    async def prove(self, view: VisitView, code_id: str, digits: str) -> None:
        """Give this visit the seat because the digits prove the customer's phone.

        Raises `CodeWrong`, `CodeExpired`, and as `send_code` does.
        """
        await self._codes.check(code_id, digits, phone=self._phone(view), subject=_subject(view))
        async with self._db.write() as tx:
            await appointments.get(tx, view.appointment.id, hold=True)
            await audit.record(
                tx,
                at=self._clock(),
                action="device.proven",
                appointment_id=view.appointment.id,
                public={"participant": view.participant_id, "visit_id": view.visit_id},
            )
        await self._move(view.appointment.id, view.participant_id, view.visit_id)

    def _phone(self, view: VisitView) -> str:
        """Return whose phone proves the visitor: only the customer's is on the record."""
        if view.status is not LinkStatus.OPEN:
            raise refusal(view.status)
        phone = view.appointment.customer.phone
        if not self.proves_by_phone(view) or phone is None:
            raise NotFound("There is no phone to send a code to.")
        return phone

    def _is_good(self, made: HandOver) -> bool:
        return made.used_at is None and self._clock() <= made.expires_at

    async def _move(self, room: str, participant: str, seat: str) -> None:
        try:
            await self._hub.hand_over(room, participant, seat)
        except LogUnavailable as error:
            raise Unavailable("The call can't be moved right now; please try again.") from error


def _subject(view: VisitView) -> str:
    return f"seat:{view.visit_id}"
