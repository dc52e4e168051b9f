"""Looking in: what a link or a visit leads to, for the pages that show it. Nothing is written here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vap_meet.domain.access import CUSTOMER, LinkStatus, Role, browser_sha256
from vap_meet.domain.errors import GuestLinkClosed, GuestVisitClosed, LinkUnknown, NotFound
from vap_meet.domain.guests import guest_id_of
from vap_meet.domain.links import code_sha256, read_code
from vap_meet.services import facts
from vap_meet.store import arrivals, guests, sessions

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from vap_meet.domain.appointment import Appointment
    from vap_meet.domain.catalogue import Service
    from vap_meet.domain.guests import Guest
    from vap_meet.domain.session import SessionView
    from vap_meet.services.gate import Gate
    from vap_meet.store.access import Link
    from vap_meet.store.arrivals import Visited
    from vap_meet.store.engine import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkView:
    """What a link's page shows. `may_enter` is true when a click makes a visit; `guest` is whose link it is,
    unless it is the customer's; `session` is None before anybody has come.
    """

    appointment: Appointment
    session: SessionView | None
    participant_id: str
    status: LinkStatus
    opens_at: datetime
    may_enter: bool
    guest: Guest | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitView:
    """What a visit's page shows; `guest` is who visits, unless it is the customer or an agent.

    `session` is None before anybody has come, `service` if the appointment's is a booking system's own.
    """

    visit_id: str
    appointment: Appointment
    session: SessionView | None
    service: Service | None
    participant_id: str
    status: LinkStatus
    opens_at: datetime
    guest: Guest | None = None

    @property
    def role(self) -> Role:
        """Return what the visitor is in the appointment."""
        return Role.CUSTOMER if self.participant_id == CUSTOMER else Role.AGENT


class Visiting:
    """Reads for pages what links and visits lead to."""

    def __init__(self, *, db: Database, gate: Gate) -> None:
        self._db = db
        self._gate = gate

    async def look_up_link(self, code: str, *, as_guest: bool = False) -> LinkView:
        """Return what the link is for and what it is worth now.

        Raises `LinkUnknown`, and `GuestLinkClosed` for a guest who can't come back. A guest's link is unknown
        to every door that does not ask for it `as_guest`: it changes nothing of the appointment, and shows
        less of it.
        """
        async with self._db.glance() as tx:
            found = await arrivals.by_link(tx, hash_of(code))
            link, guest = await whose(tx, None if found is None else found.link)
            if found is None or (guest is not None and not as_guest):
                raise LinkUnknown("This link is not known.")
            if guest is not None and await _was_removed(tx, guest):
                raise GuestLinkClosed("This guest's place is closed.")
        appointment = found.appointment
        status = self._gate.status(appointment, link.schedule_version)
        return LinkView(
            appointment=appointment,
            session=found.session,
            participant_id=link.participant_id,
            status=status,
            opens_at=self._gate.opens_at(appointment),
            may_enter=self._gate.may_enter(appointment, status, link.participant_id),
            guest=guest,
        )

    async def visit(self, visit_id: str, *, browser: str | None, as_guest: bool = False) -> VisitView:
        """Return a visit of this browser. Raises `NotFound` unless the cookie proves it.

        A guest's visit is not found by a door that does not ask for it `as_guest`, nor by any door once they
        can't come back: that is `GuestVisitClosed`.
        """
        async with self._db.glance() as tx:
            found = await proven(tx, visit_id, browser)
            guest_id = guest_id_of(found.visit.participant_id)
            guest = None if guest_id is None else await guests.find(tx, guest_id)
            if guest_id is not None and (not as_guest or guest is None):
                raise NotFound("There is no such visit for this browser.")
            if guest is not None and (guest.withdrawn_at is not None or await _was_removed(tx, guest)):
                raise GuestVisitClosed("This guest's place is closed.")
        return VisitView(
            visit_id=found.visit.id,
            appointment=found.appointment,
            session=found.session,
            service=found.service,
            participant_id=found.visit.participant_id,
            status=self._gate.status(found.appointment, found.visit.schedule_version),
            opens_at=self._gate.opens_at(found.appointment),
            guest=guest,
        )


def hash_of(text: str) -> str:
    """Return the hash of the code that somebody came with. Raises `LinkUnknown` for what is no code."""
    code = read_code(text)
    if code is None:
        raise LinkUnknown("This link is not known.")
    return code_sha256(code)


async def whose(tx: AsyncConnection, link: Link | None) -> tuple[Link, Guest | None]:
    """Return a link that is good, and the guest whose it is, if it is a guest's.

    Raises `LinkUnknown`, and `GuestLinkClosed` where the invitation was withdrawn.
    """
    if link is None:
        raise LinkUnknown("This link is not known.")
    guest_id = guest_id_of(link.participant_id)
    if link.revoked_at is not None:
        raise (LinkUnknown if guest_id is None else GuestLinkClosed)("This link is not good any more.")
    guest = None if guest_id is None else await guests.find(tx, guest_id)
    if guest_id is not None and guest is None:
        raise LinkUnknown("This link is not known.")
    return link, guest


async def _was_removed(tx: AsyncConnection, guest: Guest) -> bool:
    """Whether an official has removed a guest from the room, which lets nobody come back."""
    known = map(facts.read, await sessions.present_facts(tx, guest.appointment_id))
    place = facts.places(known).get(guest.participant_id)
    return place is not None and place.how == "removed"


async def proven(tx: AsyncConnection, visit_id: str, browser: str | None) -> Visited:
    """Return what a visit leads to. Raises `NotFound` unless the cookie proves it."""
    hashed = browser_sha256(browser) if browser else None
    found = await arrivals.by_visit(tx, visit_id, browser_sha256=hashed) if hashed else None
    if found is None:
        raise NotFound("There is no such visit for this browser.")
    return found
