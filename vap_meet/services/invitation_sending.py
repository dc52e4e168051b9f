"""Invitation sending: the handler that tells people that they are invited to choose a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import msgspec

from vap_meet.domain.booking_invitations import InvitationState
from vap_meet.domain.messages import MessageKind, OutgoingMessage, address_of
from vap_meet.services.booking_invitations import PromisedInvitation, link_to
from vap_meet.services.delivery import NotKept
from vap_meet.store import booking_invitations as store

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vap_meet.clock import Clock
    from vap_meet.domain.booking_invitations import BookingInvitation
    from vap_meet.domain.messages import Channel, Letter
    from vap_meet.services.keys import Keys
    from vap_meet.services.message_sending import Sender
    from vap_meet.store.engine import Database


class InvitationWriter(Protocol):
    """Writes invitations in the customer's language."""

    def invitation(self, invitation: BookingInvitation, *, link: str) -> Letter:
        """Return what tells somebody that they are invited, and why."""


class InvitationSending:
    """Keeps the promises of invitations."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        keys: Keys,
        senders: Mapping[Channel, Sender],
        writer: InvitationWriter,
        public_url: str,
    ) -> None:
        self._db = db
        self._clock = clock
        self._keys = keys
        self._senders = senders
        self._writer = writer
        self._public_url = public_url

    async def send(self, payload: str) -> None:
        """Send an invitation that is still open. Raises `NotKept`."""
        promised = msgspec.json.decode(payload, type=PromisedInvitation)
        async with self._db.read() as tx:
            invitation = await store.find(tx, promised.invitation_id)
        if invitation is None or invitation.state(self._clock()) is not InvitationState.OPEN:
            return
        to = address_of(invitation.customer, promised.channel)
        if not to:
            return  # erased since
        sender = self._senders.get(promised.channel)
        if sender is None:
            raise NotKept(f"{promised.channel} is not set up")
        link = link_to(invitation, self._keys, self._public_url)
        await sender.send(
            OutgoingMessage(
                id=promised.id,
                kind=MessageKind.INVITATION,
                channel=promised.channel,
                to=to,
                language=invitation.customer.language,
                letter=self._writer.invitation(invitation, link=link),
            )
        )
