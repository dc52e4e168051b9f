"""Invitations: links and join tokens, each for one participant at one schedule version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from vap_meet.domain import access as domain
from vap_meet.domain import tokens
from vap_meet.domain.access import CUSTOMER, LinkStatus, Role, StaffRole
from vap_meet.domain.errors import InvalidRequest
from vap_meet.domain.links import code_sha256, derive_code
from vap_meet.store import access, appointments, audit, staff
from vap_meet.store.access import Link

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from vap_meet.clock import Clock
    from vap_meet.domain.appointment import Appointment
    from vap_meet.services.gate import Gate
    from vap_meet.services.keys import Keys
    from vap_meet.store.engine import Database

_AUDIENCE_PATH = "/join"


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedLink:
    """A link as it goes into a message. `url` is the only place the code is in the clear."""

    id: str
    url: str
    participant_id: str
    schedule_version: int
    opens_at: datetime
    expires_at: datetime


class Invitations:
    """Gives links and tokens out, and reads tokens that come back."""

    def __init__(self, *, db: Database, clock: Clock, keys: Keys, public_url: str, gate: Gate) -> None:
        self._db = db
        self._clock = clock
        self._keys = keys
        self._public_url = public_url.rstrip("/")
        self._gate = gate

    async def issue_link(self, appointment_id: str, participant_id: str = CUSTOMER, *, by: str) -> IssuedLink:
        """Return the participant's link: the same one until the appointment moves or the key rotates.

        Raises `NotFound`, and the refusals of a cancelled or past appointment.
        """
        if participant_id != CUSTOMER:
            raise InvalidRequest("No link can be made.", fields={"participant": "Only: customer."})
        async with self._db.write() as tx:
            appointment = await self.open_appointment(tx, appointment_id)
            return await self.issue_in(tx, appointment, participant_id, by=by)

    async def issue_in(
        self, tx: AsyncConnection, appointment: Appointment, participant_id: str, *, by: str
    ) -> IssuedLink:
        """Return anybody's link to an appointment that is held and open, made now or earlier."""
        now, key = self._clock(), self._keys.link_key()
        code = derive_code(
            key.secret,
            key_id=key.id,
            appointment_id=appointment.id,
            participant_id=participant_id,
            schedule_version=appointment.schedule_version,
        )
        link = await access.find_link(
            tx,
            appointment_id=appointment.id,
            participant_id=participant_id,
            schedule_version=appointment.schedule_version,
            key_id=key.id,
        )
        if link is None:
            link = Link(
                id=str(uuid4()),
                appointment_id=appointment.id,
                participant_id=participant_id,
                schedule_version=appointment.schedule_version,
                key_id=key.id,
                created_at=now,
            )
            await access.add_link(tx, link, code_sha256=code_sha256(code))
            await audit.record(
                tx,
                at=now,
                action="link.issued",
                appointment_id=appointment.id,
                public={
                    "link_id": link.id,
                    "participant": participant_id,
                    "schedule_version": link.schedule_version,
                    "by": by,
                },
            )
        return IssuedLink(
            id=link.id,
            url=f"{self._public_url}/j/{code}",
            participant_id=participant_id,
            schedule_version=link.schedule_version,
            opens_at=self._gate.opens_at(appointment),
            expires_at=self._gate.closes_at(appointment),
        )

    async def mint_token(
        self, appointment_id: str, *, role: Role | str, by: str, staff_id: str | None = None
    ) -> str:
        """Return a join token for embedding: the customer's, or that of the agent `staff_id`.

        Raises `NotFound`, `InvalidRequest`, and the refusals of a cancelled or past appointment.
        """
        if role not in set(Role):
            raise InvalidRequest("No token can be made.", fields={"role": "One of: customer, agent."})
        now = self._clock()
        async with self._db.write() as tx:
            appointment = await self.open_appointment(tx, appointment_id)
            claims = tokens.JoinToken(
                issuer=self._public_url,
                audience=self._public_url + _AUDIENCE_PATH,
                subject=await self._subject(tx, Role(role), staff_id),
                appointment_id=appointment_id,
                role=Role(role),
                schedule_version=appointment.schedule_version,
                not_before=now,
                expires_at=self._gate.closes_at(appointment),
                token_id=str(uuid4()),
            )
            await audit.record(
                tx,
                at=now,
                action="token.minted",
                appointment_id=appointment_id,
                public={
                    "token_id": claims.token_id,
                    "participant": claims.subject,
                    "role": claims.role.value,
                    "schedule_version": claims.schedule_version,
                    "by": by,
                },
            )
        return tokens.mint(claims, self._keys.signing_key(), now=now)

    def read_token(self, token: str, *, now: datetime) -> tokens.JoinToken:
        """Verify a join token of ours. Raises `TokenInvalid`, `TokenEarly`, `TokenExpired`."""
        return tokens.read(
            token,
            self._keys.verifying_key(tokens.key_id(token)),
            now=now,
            audience=self._public_url + _AUDIENCE_PATH,
            issuer=self._public_url,
        )

    async def open_appointment(self, tx: AsyncConnection, appointment_id: str) -> Appointment:
        """Return an appointment that somebody can still be invited to, and hold it.

        Raises `NotFound`, and the refusals of a cancelled or past appointment.
        """
        appointment = await appointments.get(tx, appointment_id, hold=True)
        status = self._gate.status(appointment, appointment.schedule_version)
        if status not in {LinkStatus.OPEN, LinkStatus.EARLY}:
            raise domain.refusal(status)
        return appointment

    async def _subject(self, tx: AsyncConnection, role: Role, staff_id: str | None) -> str:
        """Return the participant id that a token for this role is about."""
        if role is Role.CUSTOMER:
            if staff_id is not None:
                raise InvalidRequest("No token can be made.", fields={"staff_id": "Only for an agent."})
            return CUSTOMER
        member = None if staff_id is None else await staff.active_member(tx, staff_id)
        if member is None or member.role is not StaffRole.AGENT:
            raise InvalidRequest("No token can be made.", fields={"staff_id": "The id of an active agent."})
        return domain.staff_participant(member.id)
