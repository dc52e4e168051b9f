"""Sessions: facts of rooms go into the record, and what they amount to comes out of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from msgspec.structs import replace

from signaling.facts import Ended, Fact, FactNotStored, FactSink
from vap_meet.domain.access import CUSTOMER, staff_participant
from vap_meet.domain.appointment import IdentityAssurance, Language
from vap_meet.domain.errors import Unavailable, WrongState
from vap_meet.domain.session import SessionView, evidence_of
from vap_meet.services import facts
from vap_meet.services.announcing import no_one
from vap_meet.services.recording import NewFact, Recorder
from vap_meet.store import appointments, audit, guests, sessions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from signaling.events import Position, RestoredParticipant
    from vap_meet.clock import Clock
    from vap_meet.services.recording import HostCame
    from vap_meet.store.engine import Database

__all__ = ["RoomBefore", "SessionView", "Sessions", "TimelineItem"]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineItem:
    """One fact. `detail` is the stage somebody joined into, or how somebody left."""

    seq: int
    epoch: str
    at: datetime
    type: str
    participant: str | None
    by: str | None
    detail: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomBefore:
    """A room as the facts left it, for a log that has to be opened anew."""

    people: tuple[RestoredParticipant, ...]
    ended: bool
    locked: bool


NOBODY_YET = RoomBefore(people=(), ended=False, locked=False)
"""A room as most are opened: without a fact of the appointment's present time, so without a session too."""


class Sessions(FactSink):
    """Where rooms put their facts, and where timelines, restored rooms and session views are read.

    `recorded` is called after each commit, `wake` after one that may have promised something.
    """

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        recorded: Callable[[], None] = no_one,
        wake: Callable[[], None] = no_one,
        host_came: HostCame | None = None,
        summoned: HostCame | None = None,
    ) -> None:
        self._db = db
        self._clock = clock
        self._recorded = recorded
        self._recorder = Recorder(db=db, clock=clock, wake=wake, host_came=host_came, summoned=summoned)

    async def commit(self, room: str, position: Position, at: int, fact: Fact) -> None:
        """Store one fact with all it changes, in one transaction, exactly once by its position.

        Raises `FactNotStored` when the database can't take it now.
        """
        new = NewFact(room=room, stored=facts.write(position, at, fact), fact=fact)
        try:
            await self._recorder.record(new)
        except Unavailable as error:
            raise FactNotStored(error.sentence) from error
        self._recorded()

    async def timeline(self, appointment_id: str) -> tuple[TimelineItem, ...]:
        """Return every fact of an appointment in its order, those of earlier times too. Raises `NotFound`."""
        async with self._db.read() as tx:
            await appointments.get(tx, appointment_id)
            return tuple(_item(stored) for stored in await sessions.facts(tx, appointment_id))

    async def restored(self, appointment_id: str) -> RoomBefore:
        """Return where the facts left everybody, and how they left the room.

        A session that somebody comes back to is first kept from being swept.
        """
        async with self._db.read() as tx:
            stored = await sessions.present_facts(tx, appointment_id)
            if not stored:
                return NOBODY_YET
            if not await sessions.is_open(tx, appointment_id):
                return await _room_before(tx, appointment_id, stored)
        async with self._db.write() as tx:
            await sessions.mark_seen(tx, [appointment_id], at=self._clock())
        async with self._db.read() as tx:
            return await _room_before(tx, appointment_id, await sessions.present_facts(tx, appointment_id))

    async def session(self, appointment_id: str) -> SessionView | None:
        """Return the session as projected; None before anybody has come. Raises `NotFound`."""
        async with self._db.read() as tx:
            await appointments.get(tx, appointment_id)
            return await sessions.get(tx, appointment_id)

    async def waited_s(self, appointment_id: str) -> int | None:
        """Return how long the customer waited to be called in, or has so far; None before they came."""
        async with self._db.read() as tx:
            since = await appointments.moved_at(tx, appointment_id)
            meeting = await facts.meeting(tx, appointment_id, since=since)
        return evidence_of(meeting, now=self._clock(), assurance=None).customer_waited_s

    async def confirm_identity(self, appointment_id: str, *, by: str) -> SessionView:
        """Note that the agent has checked who the customer is; again changes nothing.

        Raises `NotFound`, and `WrongState` once the appointment is over.
        """
        async with self._db.write() as tx:
            appointment = await appointments.get(tx, appointment_id, hold=True)
            if not appointment.is_open:
                raise WrongState("The appointment is over: nobody's identity can be checked any more.")
            before = await sessions.get(tx, appointment_id)
            if before is not None and before.identity_assurance is IdentityAssurance.AGENT_CHECKED:
                return before
            await sessions.assure(tx, appointment_id, IdentityAssurance.AGENT_CHECKED)
            await audit.record(
                tx,
                at=self._clock(),
                action="session.identity_confirmed",
                appointment_id=appointment_id,
                public={"by": by},
            )
            after = await sessions.get(tx, appointment_id)
            assert after is not None
            return after


async def _room_before(
    tx: AsyncConnection, appointment_id: str, stored: Iterable[sessions.StoredFact]
) -> RoomBefore:
    known = [facts.read(one) for one in stored]
    people = facts.places(known)
    appointment = await appointments.get(tx, appointment_id)
    names = await sessions.staff_names(tx, people.keys())
    invited = await guests.of_appointment(tx, appointment_id)
    asked = await guests.asks_of(tx, appointment_id)
    told: dict[str, str | dict[str, str]] = {CUSTOMER: appointment.customer.name}
    told |= {who: {Language.AR.value: ar, Language.EN.value: en} for who, (ar, en) in names.items()}
    told |= {one.participant_id: one.name for one in invited}
    parts = {one.participant_id: one.part.value for one in invited}
    parts |= {staff_participant(one.staff_id): one.part.value for one in asked}
    named = tuple(_named(one, told.get(who, who), parts.get(who, "")) for who, one in people.items())
    ended = any(isinstance(fact, Ended) for fact in known)
    return RoomBefore(people=named, ended=ended, locked=facts.locked(known))


def _item(stored: sessions.StoredFact) -> TimelineItem:
    fact = facts.read(stored)
    return TimelineItem(
        seq=stored.seq,
        epoch=stored.epoch,
        at=stored.at,
        type=stored.type,
        participant=getattr(fact, "participant", None),
        by=getattr(fact, "by", None),
        detail=facts.detail(fact),
    )


def _named(one: RestoredParticipant, name: str | dict[str, str], part: str) -> RestoredParticipant:
    return replace(one, participant=replace(one.participant, name=name, part=part))
