"""Colleagues and supervisors who are asked to join a call: by their account, told on their own board.

    colleagues            who can be asked
    ask, unask            ask one, or no more; whoever is asked may also say that they can't
    asked_of, asked_for   whom an appointment asks; what somebody is asked to join

Being asked gives no access: every agent has that already. It says why, and as what the others see them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from vap_meet.domain.access import StaffRole, staff_participant
from vap_meet.domain.errors import InvalidRequest
from vap_meet.domain.guests import StaffAsk, StaffPart
from vap_meet.services.announcing import no_one
from vap_meet.store import appointments, audit, staff
from vap_meet.store import guests as store

if TYPE_CHECKING:
    from collections.abc import Callable

    from vap_meet.clock import Clock
    from vap_meet.domain.access import StaffMember
    from vap_meet.domain.appointment import Appointment
    from vap_meet.services.invitations import Invitations
    from vap_meet.store.engine import Database

ASKED_FOR = timedelta(hours=12)
"""How long somebody is shown that they are asked: a day's work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedFor:
    """What somebody is asked to join."""

    ask: StaffAsk
    appointment: Appointment


class Colleagues:
    """The use cases of being asked. `board_changed` is called when somebody's board shows something else."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        invitations: Invitations,
        board_changed: Callable[[], None] = no_one,
    ) -> None:
        self._db = db
        self._clock = clock
        self._invitations = invitations
        self._board_changed = board_changed

    async def colleagues(self, member: StaffMember) -> tuple[StaffMember, ...]:
        """Return the agents who can be asked to join, all but the one who asks."""
        async with self._db.read() as tx:
            return tuple(one for one in await staff.agents(tx) if one.id != member.id)

    async def ask(self, appointment_id: str, staff_id: str, *, part: StaffPart, by: StaffMember) -> StaffAsk:
        """Ask an agent to join. Raises `NotFound`, `InvalidRequest`, and as `invite` does."""
        now = self._clock()
        async with self._db.write() as tx:
            await self._invitations.open_appointment(tx, appointment_id)
            member = await staff.active_member(tx, staff_id)
            if member is None or member.role is not StaffRole.AGENT or member.id == by.id:
                raise InvalidRequest("Nobody can be asked.", fields={"staff_id": "The id of another agent."})
            asked = StaffAsk(
                id=str(uuid4()),
                appointment_id=appointment_id,
                staff_id=staff_id,
                part=part,
                asked_by=staff_participant(by.id),
                asked_at=now,
            )
            await store.ask(tx, asked)
            await audit.record(
                tx,
                at=now,
                action="colleague.asked",
                appointment_id=appointment_id,
                public={
                    "participant": staff_participant(staff_id),
                    "part": part.value,
                    "by": asked.asked_by,
                },
            )
        self._board_changed()
        return asked

    async def unask(self, appointment_id: str, staff_id: str, *, by: StaffMember) -> None:
        """Ask an agent no more, or let them say that they can't; again changes nothing. Raises `NotFound`."""
        now = self._clock()
        async with self._db.write() as tx:
            await appointments.get(tx, appointment_id, hold=True)
            if not await store.close_ask(tx, appointment_id, staff_id, at=now):
                return
            await audit.record(
                tx,
                at=now,
                action="colleague.unasked",
                appointment_id=appointment_id,
                public={"participant": staff_participant(staff_id), "by": staff_participant(by.id)},
            )
        self._board_changed()

    async def asked_of(self, appointment_id: str) -> tuple[StaffAsk, ...]:
        """Return whom an appointment asks."""
        async with self._db.read() as tx:
            return await store.asks_of(tx, appointment_id)

    async def asked_for(self, staff_id: str) -> tuple[AskedFor, ...]:
        """Return what somebody is asked to join while it can be joined, the last one first."""
        async with self._db.read() as tx:
            asks = await store.asks_for(tx, staff_id, since=self._clock() - ASKED_FOR)
            about = await appointments.of_ids(tx, {one.appointment_id for one in asks})
        found = (AskedFor(ask=one, appointment=about[one.appointment_id]) for one in asks)
        return tuple(one for one in found if one.appointment.is_open)
