"""Invitations to book: a back office invites, the customer chooses a time, and the invitation is used up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

import msgspec

from vap_meet.domain.appointment import ServiceName
from vap_meet.domain.booking_invitations import (
    USUAL_LIFE,
    BookingInvitation,
    InvitationExists,
    InvitationState,
    again_id,
    check_invitation,
    invitation_code,
    over,
)
from vap_meet.domain.errors import LinkUnknown, NotFound
from vap_meet.domain.links import code_sha256, read_code
from vap_meet.domain.messages import Channel, channels_to
from vap_meet.domain.outbox import Kind
from vap_meet.domain.slot_errors import NotBookable
from vap_meet.services.announcing import no_one
from vap_meet.store import audit, outbox
from vap_meet.store import booking_invitations as store

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from vap_meet.clock import Clock
    from vap_meet.domain.appointment import Appointment
    from vap_meet.domain.booking_invitations import InvitationRequest
    from vap_meet.services.availability import Services
    from vap_meet.services.keys import Keys
    from vap_meet.store.engine import Database


class PromisedInvitation(msgspec.Struct, frozen=True):
    """The payload of a `Kind.INVITATION` message; the rest is read when it is sent."""

    id: str
    channel: Channel
    invitation_id: str


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation and its link, which is derived and stored nowhere."""

    invitation: BookingInvitation
    url: str


class BookingInvitations:
    """The use cases. `ways` are the channels that are set up; `wake` is called after a promise."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        keys: Keys,
        services: Services,
        public_url: str,
        ways: Collection[Channel],
        wake: Callable[[], None] = no_one,
    ) -> None:
        self._db = db
        self._clock = clock
        self._keys = keys
        self._services = services
        self._public_url = public_url.rstrip("/")
        self._ways = frozenset(ways)
        self._wake = wake

    async def invite(
        self, invitation_id: str, request: InvitationRequest, *, by: str
    ) -> tuple[Invited, bool]:
        """Invite somebody and promise to tell them; whether it is new. The same again changes nothing.

        Raises `InvalidRequest`, `NotBookable` for a service that takes no appointments, and
        `InvitationExists` if the id is another invitation's.
        """
        async with self._db.read() as tx:
            known = await store.find(tx, invitation_id) if "\0" not in invitation_id else None
        if known is not None and known.asks_for(request):
            return self._with_link(known), False
        now, key = self._clock(), self._keys.link_key()
        check_invitation(invitation_id, request, now=now)
        service = await self._service(request.service_id)
        invitation = BookingInvitation(
            id=invitation_id,
            service=service,
            customer=request.customer,
            request_number=request.request_number,
            reason_ar=request.reason_ar,
            reason_en=request.reason_en,
            key_id=key.id,
            created_at=now,
            expires_at=request.expires_at or (now + USUAL_LIFE).replace(second=0, microsecond=0),
        )
        code = invitation_code(key.secret, key_id=key.id, invitation_id=invitation_id)
        async with self._db.write() as tx:
            if not await store.insert(tx, invitation, code_sha256=code_sha256(code)):
                known = await store.find(tx, invitation_id)
                if known is None or not known.asks_for(request):
                    raise InvitationExists("This id is an invitation's already, with other content.")
                return self._with_link(known), False
            await audit.record(
                tx,
                at=now,
                action="invitation.made",
                appointment_id=None,
                public={"by": by, "invitation_id": invitation_id, "service_id": service.id},
            )
            await self._promise(tx, invitation, at=now)
        self._wake()
        return self._with_link(invitation), True

    async def again(self, tx: AsyncConnection, appointment: Appointment, *, tell: bool) -> Invited:
        """Invite somebody who was not met to another time, before everybody else; once an appointment.

        Takes the transaction of who decides so; wake the dispatcher after its commit. `tell`: they are not
        in front of our page, so a message is promised. Raises `NotBookable`.
        """
        invitation_id = again_id(appointment.id)
        known = await store.find(tx, invitation_id)
        if known is not None:
            return self._with_link(known)
        now, key = self._clock(), self._keys.link_key()
        invitation = BookingInvitation(
            id=invitation_id,
            service=await self._service(appointment.service.id),
            customer=appointment.customer,
            request_number=appointment.request_number,
            reason_ar=None,
            reason_en=None,
            key_id=key.id,
            created_at=now,
            expires_at=(now + USUAL_LIFE).replace(second=0, microsecond=0),
            at_once=True,
        )
        code = invitation_code(key.secret, key_id=key.id, invitation_id=invitation_id)
        await store.insert(tx, invitation, code_sha256=code_sha256(code))
        await audit.record(
            tx,
            at=now,
            action="invitation.made",
            appointment_id=appointment.id,
            public={"by": "record", "invitation_id": invitation_id, "service_id": invitation.service.id},
        )
        if tell:
            await self._promise(tx, invitation, at=now)
        return self._with_link(invitation)

    async def get(self, invitation_id: str) -> Invited:
        """Return an invitation with its link. Raises `NotFound`."""
        async with self._db.read() as tx:
            found = await store.find(tx, invitation_id) if "\0" not in invitation_id else None
        if found is None:
            raise NotFound("There is no such invitation.")
        return self._with_link(found)

    async def by_code(self, code: str) -> BookingInvitation:
        """Return the open invitation of a link. Raises `LinkUnknown`, `InvitationOver`."""
        read = read_code(code)
        async with self._db.read() as tx:
            found = None if read is None else await store.by_code(tx, code_sha256(read))
        if found is None:
            raise LinkUnknown("This link is not known.")
        state = found.state(self._clock())
        if state is not InvitationState.OPEN:
            raise over(state)
        return found

    async def cancel(self, invitation_id: str, *, by: str) -> Invited:
        """Call an invitation off; again changes nothing. Raises `NotFound`, `InvitationOver` once used."""
        now = self._clock()
        async with self._db.write() as tx:
            cancelled = "\0" not in invitation_id and await store.cancel(tx, invitation_id, at=now)
            if cancelled:
                await audit.record(
                    tx,
                    at=now,
                    action="invitation.cancelled",
                    appointment_id=None,
                    public={"by": by, "invitation_id": invitation_id},
                )
        found = await self.get(invitation_id)
        if found.invitation.used_at is not None:
            raise over(InvitationState.USED)
        return found

    async def listing(
        self,
        *,
        state: InvitationState | None,
        service_id: str | None,
        request_number: str | None,
        after: str | None,
        at_most: int,
    ) -> tuple[Invited, ...]:
        """Return invitations from behind one on, the newest first. Raises `NotFound` if that one is gone."""
        async with self._db.read() as tx:
            last = None
            if after is not None:
                last = await store.find(tx, after) if "\0" not in after else None
                if last is None:
                    raise NotFound("There is no such invitation.")
            found = await store.page(
                tx,
                state=state,
                service_id=service_id,
                request_number=request_number,
                after=last,
                at_most=at_most,
                now=self._clock(),
            )
        return tuple(map(self._with_link, found))

    async def _service(self, service_id: str) -> ServiceName:
        try:
            service = await self._services.get(service_id)
        except NotFound as error:
            raise NotBookable("There is no such service.") from error
        if not service.is_open:
            raise NotBookable("Appointments about this service are not offered yet.")
        return ServiceName(id=service.id, name_ar=service.name_ar, name_en=service.name_en)

    async def _promise(self, tx: AsyncConnection, invitation: BookingInvitation, *, at: datetime) -> None:
        for channel in channels_to(invitation.customer, self._ways):
            message = PromisedInvitation(uuid4().hex, channel, invitation.id)
            await outbox.promise(
                tx,
                party=f"{Kind.MESSAGE}.{channel}",
                lane=f"invitation:{channel}:{invitation.id}",
                kind=Kind.INVITATION,
                payload=msgspec.json.encode(message).decode(),
                at=at,
            )

    def _with_link(self, invitation: BookingInvitation) -> Invited:
        return Invited(invitation, link_to(invitation, self._keys, self._public_url))


def link_to(invitation: BookingInvitation, keys: Keys, public_url: str) -> str:
    """Return the address of an invitation's page, derived anew. Raises `KeyError` for a lost key."""
    key = keys.link_key(invitation.key_id)
    code = invitation_code(key.secret, key_id=key.id, invitation_id=invitation.id)
    return f"{public_url.rstrip('/')}/i/{code}"
