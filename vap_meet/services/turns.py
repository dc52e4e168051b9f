"""Turns: people whose page is closed are told that they are late, and called back when their turn is near.

Whose page is open sees both there. What was told is in the outbox, so that nothing is told twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from vap_meet.domain.access import CUSTOMER
from vap_meet.domain.appointment import AppointmentState
from vap_meet.domain.messages import MessageKind
from vap_meet.domain.turns import AHEAD, BEHIND, is_near, is_newly_late, near_until
from vap_meet.services.announcing import no_one
from vap_meet.store import appointments, turns

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from vap_meet.clock import Clock
    from vap_meet.domain.appointment import Appointment
    from vap_meet.domain.queueing import Expected
    from vap_meet.services.messages import MessagePromises
    from vap_meet.store.engine import Database

_TO_COME = frozenset({AppointmentState.BOOKED, AppointmentState.WAITING})


class Expectations(Protocol):
    """Knows when people will be called in: `services.queueing`."""

    async def expected_many(
        self, tx: AsyncConnection, ids: Collection[str], *, now: datetime
    ) -> dict[str, Expected]:
        """Return what they may expect; those of whom nobody can say are left out."""


class Turns:
    """Looks at whose turn comes. `online` says who is connected to a room, None while nobody can tell."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        queueing: Expectations,
        online: Callable[[str], Awaitable[Collection[str] | None]],
        promises: MessagePromises,
        wake: Callable[[], None] = no_one,
    ) -> None:
        self._db = db
        self._clock = clock
        self._queueing = queueing
        self._online = online
        self._promises = promises
        self._wake = wake

    async def run_once(self) -> int:
        """Promise what is to be told now; return how many were told something."""
        now = self._clock()
        async with self._db.read() as tx:
            ids = await turns.to_come(tx, now - BEHIND, now + AHEAD)
            expected = await self._queueing.expected_many(tx, ids, now=now)
        due = [one for one, its in expected.items() if is_newly_late(its, None) or is_near(its, now=now)]
        away = [one for one in due if await self._is_away(one)]
        async with self._db.read() as tx:  # most have been told all there is: they cost no turn to write
            known = await appointments.of_ids(tx, away)
            untold = [
                one
                for one in away
                if one in known and await self._what(tx, known[one], expected[one], now=now)
            ]
        told = sum([await self._tell(one, expected[one], now=now) for one in untold])
        if told:
            self._wake()
        return told

    async def _is_away(self, appointment_id: str) -> bool:
        present = await self._online(appointment_id)
        return present is not None and CUSTOMER not in present

    async def _tell(self, appointment_id: str, expected: Expected, *, now: datetime) -> bool:
        async with self._db.write() as tx:
            appointment = await appointments.get(tx, appointment_id, hold=True)
            kind = await self._what(tx, appointment, expected, now=now)
            if kind is None:
                return False
            late = kind is MessageKind.RUNNING_LATE
            await self._promises.promise(
                tx,
                kind,
                appointment,
                at=now,
                time=expected.earliest if late else None,
                good_until=expected.latest if late else near_until(expected),
            )
        return True

    async def _what(
        self, tx: AsyncConnection, appointment: Appointment, expected: Expected, *, now: datetime
    ) -> MessageKind | None:
        """Return what somebody is to be told, if anything.

        That a turn is near is for who has been here, or was told to come later: others have their reminder.
        """
        if appointment.state not in _TO_COME or not self._promises.reach(appointment.customer):
            return None
        late = await self._promises.newest(tx, MessageKind.RUNNING_LATE, appointment)
        if is_newly_late(expected, None if late is None else late.time) and not is_near(expected, now=now):
            return MessageKind.RUNNING_LATE
        waits = appointment.state is AppointmentState.WAITING or late is not None
        if not waits or not is_near(expected, now=now):
            return None
        near = await self._promises.newest(tx, MessageKind.TURN_NEAR, appointment)
        return MessageKind.TURN_NEAR if near is None else None
