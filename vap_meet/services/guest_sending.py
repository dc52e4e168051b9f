"""Guest sending: the handler that keeps the promise of a guest's link by SMS or email."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from vap_meet.domain.messages import Channel, MessageKind, OutgoingMessage
from vap_meet.services.delivery import NotKept
from vap_meet.services.guests import read_guest_message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vap_meet.domain.appointment import Appointment
    from vap_meet.domain.guests import Guest
    from vap_meet.domain.messages import Letter
    from vap_meet.services.guests import Guests
    from vap_meet.services.message_sending import Sender


class GuestWriter(Protocol):
    """Writes the message in the guest's language."""

    def guest(self, guest: Guest, appointment: Appointment, *, link: str) -> Letter:
        """Return what asks somebody to join a call."""


class GuestSending:
    """Sends a guest their link, read and derived when it is sent."""

    def __init__(self, *, guests: Guests, senders: Mapping[Channel, Sender], writer: GuestWriter) -> None:
        self._guests = guests
        self._senders = senders
        self._writer = writer

    async def send(self, payload: str) -> None:
        """Send it, unless the invitation leads nowhere any more. Raises `NotKept`."""
        promised = read_guest_message(payload)
        found = await self._guests.link_of(promised.guest_id)
        if found is None:
            return
        guest, appointment, link = found
        to = guest.phone if promised.channel is Channel.SMS else guest.email
        if not to:
            return  # erased since
        sender = self._senders.get(promised.channel)
        if sender is None:
            raise NotKept(f"{promised.channel} is not set up")
        await sender.send(
            OutgoingMessage(
                id=f"{guest.id}-{promised.channel.value}",
                kind=MessageKind.GUEST,
                channel=promised.channel,
                to=to,
                language=guest.language,
                letter=self._writer.guest(guest, appointment, link=link),
            )
        )
