"""How people come in: links and tokens are given out, exchanged for visits, and visits for seats.

    issue_link, mint_token       an appointment's invitation, for one participant at one schedule version
    look_up_link                 reads only: scanners of messages open links
    enter_by_link, _by_token     a click, with the notice accepted, makes a Visit for this browser
    visit                        the address picks the visit, the cookie proves it
    seat_for_visit, _for_staff   a place in the room; the only way a room is opened

The first two are `services.invitations`', the last two `services.seating`'s; doors use this module alone.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from vap_meet.domain import access as domain
from vap_meet.domain.access import CUSTOMER, LinkStatus, OpeningHours, Role, StaffMember
from vap_meet.domain.errors import (
    LinkUnknown,
    NotFound,
    NoticeNotAccepted,
    TokenInvalid,
)
from vap_meet.domain.guests import guest_id_of
from vap_meet.domain.links import code_sha256, read_code
from vap_meet.services.invitations import Invitations, IssuedLink
from vap_meet.services.seating import Seat, Seating
from vap_meet.store import access, appointments, audit, guests, sessions
from vap_meet.store.access import Link, Visit

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from signaling.hub import Hub
    from vap_meet.clock import Clock
    from vap_meet.domain.appointment import Appointment
    from vap_meet.domain.guests import Guest
    from vap_meet.domain.session import SessionView
    from vap_meet.services.keys import Keys
    from vap_meet.services.sessions import Sessions
    from vap_meet.settings import Settings
    from vap_meet.store.engine import Database

__all__ = ["Entry", "IssuedLink", "Joining", "LinkView", "Seat", "VisitView"]

_COOKIE = re.compile(r"[A-Za-z0-9_-]{43}")


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
class Entry:
    """A visit, and the cookie that proves it; `set_cookie` is false if the browser has it already."""

    visit_id: str
    browser: str
    set_cookie: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitView:
    """What a visit's page shows; `guest` is who visits, unless it is the customer or an agent.

    `session` is None before anybody has come.
    """

    visit_id: str
    appointment: Appointment
    session: SessionView | None
    participant_id: str
    status: LinkStatus
    opens_at: datetime
    guest: Guest | None = None

    @property
    def role(self) -> Role:
        """Return what the visitor is in the appointment."""
        return Role.CUSTOMER if self.participant_id == CUSTOMER else Role.AGENT


class Joining:
    """The use cases of coming in. Every refusal is a `DomainError` of `vap_meet.domain.errors`."""

    def __init__(
        self, *, db: Database, clock: Clock, keys: Keys, settings: Settings, hub: Hub, sessions: Sessions
    ) -> None:
        self._db = db
        self._clock = clock
        self._hours = OpeningHours(
            opens_before=timedelta(minutes=settings.opens_before_minutes),
            closes_after=timedelta(minutes=settings.closes_after_minutes),
        )
        self._keys = keys
        self.invitations = Invitations(
            db=db, clock=clock, keys=keys, public_url=settings.public_url, hours=self._hours
        )
        self._seating = Seating(db=db, clock=clock, hub=hub, sessions=sessions, hours=self._hours)

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """Return the public keys of join tokens as a JSON Web Key Set."""
        return self._keys.jwks()

    async def issue_link(self, appointment_id: str, participant_id: str = CUSTOMER, *, by: str) -> IssuedLink:
        """Return the participant's link, as `Invitations.issue_link` does."""
        return await self.invitations.issue_link(appointment_id, participant_id, by=by)

    async def mint_token(
        self, appointment_id: str, *, role: Role | str, by: str, staff_id: str | None = None
    ) -> str:
        """Return a join token, as `Invitations.mint_token` does."""
        return await self.invitations.mint_token(appointment_id, role=role, by=by, staff_id=staff_id)

    # --- coming in ----------------------------------------------------------------------------------

    async def look_up_link(self, code: str, *, as_guest: bool = False) -> LinkView:
        """Return what the link is for and what it is worth now; writes nothing. Raises `LinkUnknown`.

        A guest's link is unknown to every door that does not ask for it `as_guest`: it changes nothing of the
        appointment, and shows less of it.
        """
        async with self._db.read() as tx:
            link, guest = await _by_code(tx, code)
            appointment = await appointments.get(tx, link.appointment_id)
            session = await sessions.get(tx, link.appointment_id)
        if guest is not None and not as_guest:
            raise LinkUnknown("This link is not known.")
        status = self._status(appointment, link.schedule_version)
        return LinkView(
            appointment=appointment,
            session=session,
            participant_id=link.participant_id,
            status=status,
            opens_at=self._hours.opens_at(appointment),
            may_enter=self._may_enter(appointment, status, link.participant_id),
            guest=guest,
        )

    async def enter_by_link(self, code: str, *, browser: str | None, notice_version: str | None) -> Entry:
        """Exchange a click on a link for this browser's visit; again, for the same visit.

        Raises `LinkUnknown`, `NoticeNotAccepted`, `LinkMoved`, `LinkCancelled`, `LinkOver`.
        """
        now = self._clock()
        async with self._db.read() as tx:
            await _by_code(tx, code)  # guesses must not queue for the writer
        async with self._db.write() as tx:
            link, _ = await _by_code(tx, code)
            appointment = await appointments.get(tx, link.appointment_id, hold=True)
            status = self._status(appointment, link.schedule_version)
            if not self._may_enter(appointment, status, link.participant_id):
                raise domain.refusal(status)
            return await self._enter(
                tx,
                appointment,
                link.participant_id,
                browser=browser,
                notice_version=notice_version,
                by={"link_id": link.id},
                now=now,
            )

    async def enter_by_token(self, token: str, *, browser: str | None, notice_version: str | None) -> Entry:
        """Exchange a join token for this browser's visit; again, for the same visit.

        Raises `TokenInvalid`, `TokenEarly`, `TokenExpired`, `NoticeNotAccepted`, and as a link does.
        """
        now = self._clock()
        join = self.invitations.read_token(token, now=now)
        async with self._db.write() as tx:
            appointment = await appointments.find(tx, join.appointment_id, hold=True)
            if appointment is None or (join.subject == CUSTOMER) is not (join.role is Role.CUSTOMER):
                raise TokenInvalid("The token's appointment or role does not exist.")
            status = self._status(appointment, join.schedule_version)
            if not self._may_enter(appointment, status, join.subject):
                raise domain.refusal(status)
            return await self._enter(
                tx,
                appointment,
                join.subject,
                browser=browser,
                notice_version=notice_version,
                by={"token_id": join.token_id},
                now=now,
            )

    async def enter_as(
        self,
        tx: AsyncConnection,
        appointment: Appointment,
        participant_id: str,
        *,
        schedule_version: int,
        browser: str | None,
        notice_version: str | None,
        by: dict[str, str],
    ) -> Entry:
        """Make a visit for somebody whose right to it the caller has proven, of an appointment that is held.

        Raises `NoticeNotAccepted`, `TooEarly`, `LinkMoved`, `LinkCancelled`, `LinkOver`.
        """
        status = self._status(appointment, schedule_version)
        if status is not LinkStatus.OPEN:
            raise domain.refusal(status)
        now = self._clock()
        return await self._enter(
            tx, appointment, participant_id, browser=browser, notice_version=notice_version, by=by, now=now
        )

    async def visit(self, visit_id: str, *, browser: str | None, as_guest: bool = False) -> VisitView:
        """Return a visit of this browser. Raises `NotFound` unless the cookie proves it.

        A guest's visit is not found by a door that does not ask for it `as_guest`, nor by any door once the
        invitation was withdrawn.
        """
        async with self._db.read() as tx:
            visit, appointment = await _proven(tx, visit_id, browser)
            session = await sessions.get(tx, appointment.id)
            guest_id = guest_id_of(visit.participant_id)
            guest = None if guest_id is None else await guests.find(tx, guest_id)
        if guest_id is not None and (not as_guest or guest is None or guest.withdrawn_at is not None):
            raise NotFound("There is no such visit for this browser.")
        return VisitView(
            visit_id=visit.id,
            appointment=appointment,
            session=session,
            participant_id=visit.participant_id,
            status=self._status(appointment, visit.schedule_version),
            opens_at=self._hours.opens_at(appointment),
            guest=guest,
        )

    # --- seats --------------------------------------------------------------------------------------

    async def seat_for_visit(self, visit_id: str, browser: str | None) -> Seat:
        """Return the visitor's place, with its room open.

        Raises `NotFound` unless the cookie proves the visit, `TooEarly`, `LinkMoved`, `LinkCancelled`,
        `LinkOver`, `Unavailable`.
        """
        known = self._seating.of_known_visit(visit_id, _sha256(browser)) if browser else None
        if known is not None:
            return known
        async with self._db.read() as tx:
            visit, appointment = await _proven(tx, visit_id, browser)
        return await self._seating.of_visit(visit, appointment)

    async def seat_for_staff(self, member: StaffMember, appointment_id: str) -> Seat:
        """Return an agent's place, with its room open, as `Seating.of_staff` does."""
        return await self._seating.of_staff(member, appointment_id)

    # --- what they have in common -------------------------------------------------------------------

    async def _enter(
        self,
        tx: AsyncConnection,
        appointment: Appointment,
        participant_id: str,
        *,
        browser: str | None,
        notice_version: str | None,
        by: dict[str, str],
        now: datetime,
    ) -> Entry:
        if notice_version != domain.NOTICE_VERSION:
            raise NoticeNotAccepted("The notice has to be accepted to enter.")
        cookie = browser if browser and _COOKIE.fullmatch(browser) else secrets.token_urlsafe(32)
        is_new = cookie != browser
        visit = (
            None
            if is_new
            else await access.find_visit(
                tx,
                browser_sha256=_sha256(cookie),
                appointment_id=appointment.id,
                participant_id=participant_id,
                schedule_version=appointment.schedule_version,
            )
        )
        entry = Entry(visit_id=visit.id if visit else str(uuid4()), browser=cookie, set_cookie=is_new)
        if visit is not None and visit.notice_version == notice_version:
            return entry
        if visit is not None:
            await access.accept_notice(tx, visit.id, notice_version)
        else:
            await access.add_visit(
                tx,
                Visit(
                    id=entry.visit_id,
                    browser_sha256=_sha256(cookie),
                    appointment_id=appointment.id,
                    participant_id=participant_id,
                    schedule_version=appointment.schedule_version,
                    notice_version=notice_version,
                    created_at=now,
                ),
            )
        await audit.record(
            tx,
            at=now,
            action="visit.entered",
            appointment_id=appointment.id,
            public={
                "visit_id": entry.visit_id,
                "participant": participant_id,
                "notice_version": notice_version,
                **by,
            },
        )
        return entry

    def _may_enter(self, appointment: Appointment, status: LinkStatus, participant_id: str) -> bool:
        """Whether a link lets somebody in; the answer that is read afterwards is no guest's to read."""
        if guest_id_of(participant_id) is not None and status is LinkStatus.OVER:
            return False
        return domain.may_enter(appointment, status, now=self._clock(), hours=self._hours)

    def _status(self, appointment: Appointment, schedule_version: int) -> LinkStatus:
        return domain.link_status(
            appointment, schedule_version=schedule_version, now=self._clock(), hours=self._hours
        )


async def _by_code(tx: AsyncConnection, text: str) -> tuple[Link, Guest | None]:
    """Return a link, and whose it is unless it is the customer's or an agent's. Raises `LinkUnknown`."""
    code = read_code(text)
    link = None if code is None else await access.link_by_code(tx, code_sha256(code))
    if link is None or link.revoked_at is not None:
        raise LinkUnknown("This link is not known.")
    guest_id = guest_id_of(link.participant_id)
    guest = None if guest_id is None else await guests.find(tx, guest_id)
    if guest_id is not None and guest is None:
        raise LinkUnknown("This link is not known.")
    return link, guest


async def _proven(tx: AsyncConnection, visit_id: str, browser: str | None) -> tuple[Visit, Appointment]:
    visit = await access.get_visit(tx, visit_id, browser_sha256=_sha256(browser)) if browser else None
    if visit is None:
        raise NotFound("There is no such visit for this browser.")
    return visit, await appointments.get(tx, visit.appointment_id)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
