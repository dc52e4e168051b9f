"""Who else joins: guests are invited by a link of their own. Colleagues are `services.colleagues`'.

    invite, withdraw    the customer's companion; an official's companion or interpreter
    of_appointment      who is invited, each with the link to give them
    link_of             the same for the message that carries it

Everybody waits in the lobby until an official lets them in. A guest's access ends when it is withdrawn, and
with the appointment's time: a move or a cancellation takes it as it takes the customer's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

import msgspec

from vap_meet.domain.access import CUSTOMER
from vap_meet.domain.audit import canonical
from vap_meet.domain.contact import read_contact
from vap_meet.domain.errors import DomainError, InvalidRequest, NotFound, RoomFull
from vap_meet.domain.guests import MAX_INVITED, Guest, GuestPart, read_name
from vap_meet.domain.messages import Channel
from vap_meet.domain.outbox import Kind, room_command, room_lane
from vap_meet.services.announcing import no_one
from vap_meet.store import appointments, audit, outbox
from vap_meet.store import guests as store

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from sqlalchemy.ext.asyncio import AsyncConnection

    from vap_meet.clock import Clock
    from vap_meet.domain.appointment import Appointment, Language
    from vap_meet.services.invitations import Invitations
    from vap_meet.store.engine import Database


class GuestMessage(msgspec.Struct, frozen=True):
    """The payload of a `Kind.GUEST` message: who it goes to and the link are read when it is sent."""

    guest_id: str
    channel: Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """A guest, and the link to give them; None once it leads nowhere."""

    guest: Guest
    url: str | None


class Guests:
    """The use cases of the third and fourth person. `wake` is called after something was promised."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        invitations: Invitations,
        channels: Collection[Channel] = (),
        wake: Callable[[], None] = no_one,
    ) -> None:
        """`channels` are the ways by which a link can be sent."""
        self._db = db
        self._clock = clock
        self._invitations = invitations
        self._channels = channels
        self._wake = wake

    # --- guests -------------------------------------------------------------------------------------

    async def invite(
        self,
        appointment_id: str,
        *,
        part: GuestPart,
        name: str,
        by: str,
        language: Language,
        contact: str = "",
    ) -> Invited:
        """Invite somebody, and send them their link if there is a `contact` to send it to.

        Raises `NotFound`, `InvalidRequest`, `RoomFull` for too many, and the refusals of a cancelled or past
        appointment.
        """
        known_as = read_name(name)
        if not known_as:
            raise InvalidRequest("Nobody can be invited.", fields={"name": "A name of at most 60 letters."})
        if by == CUSTOMER and part is not GuestPart.COMPANION:
            raise InvalidRequest("Nobody can be invited.", fields={"part": "Only: companion."})
        phone, email = _read_contact(contact)
        now = self._clock()
        async with self._db.write() as tx:
            appointment = await self._invitations.open_appointment(tx, appointment_id)
            await _refuse_too_many(tx, appointment)
            guest = Guest(
                id=str(uuid4()),
                appointment_id=appointment_id,
                part=part,
                name=known_as,
                language=language,
                invited_by=by,
                schedule_version=appointment.schedule_version,
                created_at=now,
                phone=phone,
                email=email,
            )
            await store.add(tx, guest)
            link = await self._invitations.issue_in(tx, appointment, guest.participant_id, by=by)
            await audit.record(
                tx,
                at=now,
                action="guest.invited",
                appointment_id=appointment_id,
                public={"participant": guest.participant_id, "part": part.value, "by": by},
                personal={"name": known_as, "phone": phone, "email": email},
            )
            await self._promise(tx, guest)
        self._wake()
        return Invited(guest=guest, url=link.url)

    async def withdraw(self, appointment_id: str, guest_id: str, *, by: str) -> None:
        """Take an invitation back; who is in the room by it is out at once. Again changes nothing.

        Raises `NotFound`; also for the customer, when it was not they who invited.
        """
        now = self._clock()
        async with self._db.write() as tx:
            await appointments.get(tx, appointment_id, hold=True)
            guest = await store.find(tx, guest_id, hold=True)
            foreign = guest is None or guest.appointment_id != appointment_id
            if guest is None or foreign or (by == CUSTOMER and guest.invited_by != CUSTOMER):
                raise NotFound("There is no such guest.")
            if guest.withdrawn_at is not None:
                return
            await store.withdraw(tx, guest, at=now)
            await audit.record(
                tx,
                at=now,
                action="guest.withdrawn",
                appointment_id=appointment_id,
                public={"participant": guest.participant_id, "by": by},
            )
            await outbox.promise(
                tx,
                lane=room_lane(appointment_id),
                kind=Kind.ROOM_REVOKE,
                payload=room_command(appointment_id, guest.participant_id),
                at=now,
            )
        self._wake()

    async def of_appointment(self, appointment_id: str, *, by: str) -> tuple[Invited, ...]:
        """Return whose invitations stand, each with its link. The customer sees only their own."""
        async with self._db.write() as tx:
            appointment = await appointments.get(tx, appointment_id, hold=True)
            standing = await _standing(tx, appointment)
            return tuple(
                [
                    Invited(guest=guest, url=await self._url(tx, guest, by=by))
                    for guest in standing
                    if by != CUSTOMER or guest.invited_by == CUSTOMER
                ]
            )

    async def link_of(self, guest_id: str) -> tuple[Guest, Appointment, str] | None:
        """Return a guest with the link for a message; None if it leads nowhere any more."""
        async with self._db.write() as tx:
            guest = await store.find(tx, guest_id)
            appointment = (
                None if guest is None else await appointments.find(tx, guest.appointment_id, hold=True)
            )
            if guest is None or appointment is None or guest not in await _standing(tx, appointment):
                return None
            url = await self._url(tx, guest, by="message")
        return None if url is None else (guest, appointment, url)

    async def _url(self, tx: AsyncConnection, guest: Guest, *, by: str) -> str | None:
        try:
            appointment = await self._invitations.open_appointment(tx, guest.appointment_id)
        except DomainError:
            return None
        return (await self._invitations.issue_in(tx, appointment, guest.participant_id, by=by)).url

    async def _promise(self, tx: AsyncConnection, guest: Guest) -> None:
        reach = {Channel.SMS: guest.phone, Channel.EMAIL: guest.email}
        for channel in self._channels:
            if reach[channel]:
                payload = {"guest_id": guest.id, "channel": channel.value}
                await outbox.promise(
                    tx,
                    lane=f"guest:{guest.id}",
                    kind=Kind.GUEST,
                    payload=canonical(payload).decode(),
                    at=guest.created_at,
                )


def read_guest_message(payload: str) -> GuestMessage:
    """Return what `Guests.invite` promised."""
    return msgspec.json.decode(payload, type=GuestMessage)


async def _standing(tx: AsyncConnection, appointment: Appointment) -> tuple[Guest, ...]:
    """Return the guests of an appointment's present time whose invitations were not withdrawn."""
    return tuple(
        guest
        for guest in await store.of_appointment(tx, appointment.id)
        if guest.withdrawn_at is None and guest.schedule_version == appointment.schedule_version
    )


async def _refuse_too_many(tx: AsyncConnection, appointment: Appointment) -> None:
    if len(await _standing(tx, appointment)) >= MAX_INVITED:
        raise RoomFull("As many are invited as may be; withdraw an invitation to invite somebody else.")


def _read_contact(text: str) -> tuple[str | None, str | None]:
    """Return the phone number and the email address of what was typed. Raises `InvalidRequest`."""
    if not text.strip():
        return None, None
    contact = read_contact(text)
    if contact is None:
        raise InvalidRequest(
            "Nobody can be invited.", fields={"contact": "A phone number or an email address."}
        )
    return (None, contact) if "@" in contact else (contact, None)
