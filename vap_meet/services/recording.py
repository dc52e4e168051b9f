"""Recording: facts of many rooms, each with all it changes, in as few transactions as possible.

A commit to a disk costs the same for one fact as for a hundred, so facts that come while one transaction is
being committed wait and share the next one; nobody is told before theirs is committed. A batch takes no
more statements than one fact, unless endpoints listen.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import structlog

from signaling.facts import Admitted, Ended, Fact, Joined, Left, Summoned
from signaling.vocabulary import Grant
from vap_meet.domain.announcing import AppointmentEvent
from vap_meet.domain.appointment import TRANSITIONS, AppointmentState
from vap_meet.domain.audit import NewEntry
from vap_meet.domain.errors import Unavailable
from vap_meet.domain.session import meeting_of
from vap_meet.services import facts
from vap_meet.services.announcing import no_one
from vap_meet.services.webhook_events import promise_webhooks_of_many
from vap_meet.store import appointments, audit, sessions

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from vap_meet.clock import Clock
    from vap_meet.domain.session import Meeting
    from vap_meet.store.appointments import Standing
    from vap_meet.store.engine import Database
    from vap_meet.store.sessions import StoredFact

log = structlog.get_logger(__name__)


class HostCame(Protocol):
    """Hears of staff who opened an appointment's page, or of a customer whom they summoned."""

    async def __call__(self, tx: AsyncConnection, appointment_id: str, *, at: datetime) -> None:
        """Write what follows; called when the fact has been written."""


AT_MOST = 256
"""How many facts share a transaction."""

_TOLD_AS: dict[AppointmentState, AppointmentEvent] = {
    AppointmentState.WAITING: AppointmentEvent.WAITING,
    AppointmentState.IN_SESSION: AppointmentEvent.IN_SESSION,
}
_AUDITED: dict[type[Fact], str] = {
    Admitted: "session.admitted",
    Left: "session.left",
    Ended: "session.ended",
}


@dataclass(slots=True, eq=False)
class NewFact:
    """A fact on its way into the record; `error` is why it did not get there."""

    room: str
    stored: StoredFact
    fact: Fact
    done: bool = False
    error: Exception | None = None


class Recorder:
    """Takes facts one by one and writes those that wait together."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        wake: Callable[[], None] = no_one,
        host_came: HostCame | None = None,
        summoned: HostCame | None = None,
    ) -> None:
        """Take the parts: `wake` follows a commit that may have promised something.

        The last two are told, in the transaction, of what they are named after.
        """
        self._db = db
        self._clock = clock
        self._wake = wake
        self._host_came = host_came
        self._summoned = summoned
        self._waiting: deque[NewFact] = deque()
        self._turn = asyncio.Lock()

    async def record(self, new: NewFact) -> None:
        """Return once the fact is committed. Raises `Unavailable`, and whatever else refused it.

        Whoever has the turn writes for all who wait. If they are cancelled meanwhile, the others' facts go
        back in front: one that was committed after all is there already, which changes nothing.
        """
        self._waiting.append(new)
        async with self._turn:
            if not new.done:
                await self._write_waiting()
        if new.error is not None:
            raise new.error

    async def _write_waiting(self) -> None:
        batch = [self._waiting.popleft() for _ in range(min(AT_MOST, len(self._waiting)))]
        try:
            await self._write(batch)
        except asyncio.CancelledError:
            self._waiting.extendleft(one for one in reversed(batch) if not one.done)
            raise

    async def _write(self, batch: list[NewFact]) -> None:
        try:
            async with self._db.write() as tx:
                heard = {"host_came": self._host_came, "summoned": self._summoned}
                promised = await take(tx, batch, now=self._clock(), **heard)
        except Exception as error:  # noqa: BLE001 - each caller gets it, from `record`
            if len(batch) > 1 and not isinstance(error, Unavailable):
                for one in batch:  # one of them is at fault, which the others must not suffer for
                    await self._write([one])
                return
            for one in batch:
                one.error = error
        else:
            if promised:
                self._wake()
        for one in batch:
            one.done = True


async def take(
    tx: AsyncConnection,
    batch: list[NewFact],
    *,
    now: datetime,
    host_came: HostCame | None = None,
    summoned: HostCame | None = None,
) -> bool:
    """Store facts with what they change; return whether anybody may have been promised something by it.

    Sessions, states and audit go with them; facts that are there change nothing. A fact that the
    appointment's state table refuses is stored all the same: it happened. A room whose record is gone, which
    only the demonstration's "start over" can bring about, has nowhere to keep facts.
    """
    by_room: dict[str, list[NewFact]] = {}
    for one in batch:
        by_room.setdefault(one.room, []).append(one)
    standing = await appointments.hold_standing(tx, by_room)
    for room in by_room.keys() - standing.keys():
        log.warning("fact_without_record", room=room)
    known = await sessions.facts_of(tx, standing)
    changes = _Changes(now)
    for room, where in standing.items():
        changes.add(room, where, known.get(room, []), by_room[room])
    promised = await changes.write(tx)
    if host_came is not None:
        for room in changes.hosted:
            await host_came(tx, room, at=now)
    if summoned is not None:
        for room in changes.summoned:
            await summoned(tx, room, at=now)
    return promised or bool(changes.hosted or changes.summoned)


class _Changes:
    """What some facts amount to, gathered over rooms to be written in one statement a table."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._facts: list[tuple[str, StoredFact]] = []
        self._meetings: dict[str, Meeting] = {}
        self._states: dict[str, AppointmentState] = {}
        self._audited: list[NewEntry] = []
        self._told: list[tuple[AppointmentEvent, str]] = []
        self.hosted: dict[str, None] = {}
        self.summoned: dict[str, None] = {}

    def add(self, room: str, where: Standing, known: list[StoredFact], told: list[NewFact]) -> None:
        """Add what one room's facts change."""
        positions = {(one.epoch, one.seq) for one in known}
        state, present = where.state, False
        for one in told:
            position = (one.stored.epoch, one.stored.seq)
            if position in positions:
                continue
            positions.add(position)
            known.append(one.stored)
            self._facts.append((room, one.stored))
            if where.is_present(one.stored.at):
                present = True
                if isinstance(one.fact, Joined) and Grant.ADMIT in one.fact.grants:
                    self.hosted[room] = None
                if isinstance(one.fact, Summoned):
                    self.summoned[room] = None
                wanted = facts.step_of(one.fact)
                before, state = state, TRANSITIONS.get((state, wanted), state) if wanted else state
                if state is not before:
                    self._told.append((_TOLD_AS[state], room))
            action = _AUDITED.get(type(one.fact))
            if action is not None:
                self._audited.append(_entry(action, room, one.fact, self._now))
        if state is not where.state:
            self._states[room] = state
        if present:
            known.sort(key=lambda fact: (fact.at, fact.seq))
            told_so_far = (
                facts.happening(facts.read(one), one.at) for one in known if where.is_present(one.at)
            )
            self._meetings[room] = meeting_of(what for what in told_so_far if what is not None)

    async def write(self, tx: AsyncConnection) -> bool:
        """Write it all; return whether endpoints are to be told of it."""
        if self._facts:
            await sessions.insert_facts(tx, self._facts, recorded_at=self._now)
        if self._meetings:
            await sessions.project(tx, self._meetings, seen_at=self._now)
        if self._states:
            await appointments.set_states(tx, self._states, at=self._now)
        if self._audited:
            await audit.record_all(tx, self._audited)
        return bool(self._told) and await promise_webhooks_of_many(tx, self._told, at=self._now)


def _entry(action: str, room: str, fact: Fact, now: datetime) -> NewEntry:
    public = {
        "participant": getattr(fact, "participant", None),
        "by": getattr(fact, "by", None),
        "detail": facts.detail(fact),
    }
    return NewEntry(at=now, action=action, appointment_id=room, public=public)
