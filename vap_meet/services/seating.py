"""Places in rooms: who somebody is there and what they may do. The only way in which a room is opened.

Roles become grants here, so that signalling knows no roles.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from signaling.events import Participant
from signaling.log import LogUnavailable
from signaling.vocabulary import Grant, Stage
from vap_meet.domain import access as domain
from vap_meet.domain.access import CUSTOMER, LinkStatus, Role, StaffRole, browser_sha256
from vap_meet.domain.appointment import Language
from vap_meet.domain.errors import Forbidden, NotFound, Unavailable
from vap_meet.domain.guests import guest_id_of
from vap_meet.services.sessions import NOBODY_YET
from vap_meet.services.visiting import proven
from vap_meet.store import appointments, guests, sessions, staff

if TYPE_CHECKING:
    from signaling.hub import Hub
    from vap_meet.domain.access import StaffMember
    from vap_meet.domain.appointment import Appointment
    from vap_meet.domain.session import SessionView
    from vap_meet.services.gate import Gate
    from vap_meet.services.sessions import Sessions
    from vap_meet.store.access import Visit
    from vap_meet.store.engine import Database

_KNOWN_AT_MOST = 20_000

GRANTS: dict[Role, frozenset[Grant]] = {
    Role.CUSTOMER: frozenset({Grant.PUBLISH, Grant.CHAT, Grant.PLACE}),
    Role.AGENT: frozenset(Grant) - {Grant.PLACE},
}
"""What each role may do in a room (a test proves it total)."""

GUEST_GRANTS = frozenset({Grant.PUBLISH, Grant.CHAT})
"""What everybody may do who was invited, whatever their part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """A place in a room. `seat` names the device: the same person on another device has another one."""

    room: str
    participant: Participant
    seat: str


@dataclass(frozen=True, slots=True)
class _Known:
    """A place that was given out, with what it depends on beside the room."""

    seat: Seat
    appointment: Appointment
    schedule_version: int


class Seating:
    """Reads the record, opens the room as the facts left it, and gives out the place."""

    def __init__(self, *, db: Database, gate: Gate, hub: Hub, sessions: Sessions) -> None:
        self._db = db
        self._gate = gate
        self._hub = hub
        self._sessions = sessions
        self._known: dict[tuple[str, str], _Known] = {}

    def _of_known(self, visit_id: str, browser: str) -> Seat | None:
        """Return the place of a visit that holds it right now, None if the record has to be read.

        Whoever lost the network comes back to a room that goes on: what takes their access is told to that
        room (`Hub.revoke`), so nothing is known of them here that the room does not know. When thousands
        come back at once, that is what makes it quick.
        """
        which = visit_id, browser_sha256(browser)
        known = self._known.get(which)
        if known is None:
            return None
        seat = known.seat
        held = self._hub.holds(seat.room, seat.participant.id, seat.seat)
        if held and self._gate.status(known.appointment, known.schedule_version) is LinkStatus.OPEN:
            return seat
        del self._known[which]
        return None

    def _remember(self, visit: Visit, appointment: Appointment, seat: Seat) -> None:
        if len(self._known) >= _KNOWN_AT_MOST:
            del self._known[next(iter(self._known))]
        self._known[visit.id, visit.browser_sha256] = _Known(seat, appointment, visit.schedule_version)

    async def for_visit(self, visit_id: str, browser: str | None) -> Seat:
        """Return the visitor's place, with its room open.

        Raises `NotFound` unless the cookie proves the visit, and for an agent whose account was closed after
        entering; `TooEarly`, `LinkMoved`, `LinkCancelled`, `LinkOver`, `Unavailable`.
        """
        known = self._of_known(visit_id, browser) if browser else None
        if known is not None:
            return known
        async with self._db.glance() as tx:
            found = await proven(tx, visit_id, browser)
        visit, appointment = found.visit, found.appointment
        participant = await self._participant(visit.participant_id, appointment)
        await self._open_room(appointment, visit.schedule_version, found.session)
        seat = Seat(room=appointment.id, participant=participant, seat=visit.id)
        if visit.participant_id == CUSTOMER:  # staff are asked for their account each time
            self._remember(visit, appointment, seat)
        return seat

    async def for_staff(self, member: StaffMember, appointment_id: str) -> Seat:
        """Return the place of an agent who is signed in.

        Raises `Forbidden` for whoever is no agent, `NotFound`, `TooEarly`, `LinkCancelled`, `LinkOver`,
        `Unavailable`.
        """
        if member.role is not StaffRole.AGENT:
            raise Forbidden("Only agents have a place in an appointment.")
        async with self._db.glance() as tx:
            appointment = await appointments.get(tx, appointment_id)
            session = await sessions.get(tx, appointment_id)
        await self._open_room(appointment, appointment.schedule_version, session)
        return Seat(
            room=appointment_id,
            participant=await self._agent(member, appointment),
            seat=member.session_id or member.id,
        )

    async def _participant(self, participant_id: str, appointment: Appointment) -> Participant:
        if participant_id == CUSTOMER:
            return Participant(CUSTOMER, appointment.customer.name, GRANTS[Role.CUSTOMER])
        guest_id = guest_id_of(participant_id)
        if guest_id is not None:
            return await self._guest(guest_id)
        staff_id = domain.staff_id_of(participant_id)
        async with self._db.glance() as tx:
            member = None if staff_id is None else await staff.active_member(tx, staff_id)
        if member is None:
            raise NotFound("There is no such visit for this browser.")
        return await self._agent(member, appointment)

    async def _guest(self, guest_id: str) -> Participant:
        async with self._db.glance() as tx:
            guest = await guests.find(tx, guest_id)
        if guest is None or guest.withdrawn_at is not None:
            raise NotFound("There is no such visit for this browser.")
        return Participant(guest.participant_id, guest.name, GUEST_GRANTS, guest.part.value)

    async def _agent(self, member: StaffMember, appointment: Appointment) -> Participant:
        """Return an agent as the others are shown them."""
        async with self._db.glance() as tx:
            asked = await guests.asks_of(tx, appointment.id)
        part = next((one.part.value for one in asked if one.staff_id == member.id), "")
        names = {Language.AR.value: member.name_ar, Language.EN.value: member.name_en}
        return Participant(domain.staff_participant(member.id), names, GRANTS[Role.AGENT], part)

    async def _open_room(
        self, appointment: Appointment, schedule_version: int, session: SessionView | None
    ) -> None:
        """Open the room if the record allows it. Without a session it has no facts to be opened from.

        The record is read once more afterwards: a cancellation, or a guest's withdrawal, that was committed
        in between or while the log was lost found no room to revoke, and one that comes later finds this one.
        """
        status = self._gate.status(appointment, schedule_version)
        if status is not LinkStatus.OPEN:
            raise domain.refusal(status)
        room = appointment.id
        before = NOBODY_YET if session is None else await self._sessions.restored(room)
        try:
            await self._hub.open_room(room, restored=before.people, ended=before.ended, locked=before.locked)
        except LogUnavailable as error:
            raise Unavailable("The room can't be opened right now; please try again.") from error
        here = {one.participant.id for one in before.people if one.stage is not Stage.LEFT}
        known = {one for one in here if guest_id_of(one) is not None}
        async with self._db.glance() as tx:
            status = self._gate.status(await appointments.get(tx, room), schedule_version)
            invited = await guests.of_appointment(tx, room) if known else ()
        if status is LinkStatus.OPEN:
            for guest in invited:
                if guest.withdrawn_at is not None and guest.participant_id in known:
                    await self._hub.revoke(room, guest.participant_id)
            return
        if status is LinkStatus.OVER:
            await self._hub.end_room(room)
        else:
            await self._hub.revoke(room, None)
        raise domain.refusal(status)
