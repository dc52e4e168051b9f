"""Sweeping: what a crash leaves open is closed, what nobody needs any more is deleted.

Each process notes in which sessions somebody is connected to it; one of them, by lease, closes those where
nobody has been for a while, at the time they were last seen: unless the room's log is still there, for then
its own deadlines say when somebody has left. Every deletion is of what was kept for some time after its use.
"""

from __future__ import annotations

import asyncio
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import structlog

from signaling.events import Position
from signaling.facts import Left
from signaling.log import LogUnavailable
from signaling.stages import KEPT_MS
from signaling.vocabulary import Stage
from vap_meet.domain.errors import Unavailable
from vap_meet.services import facts
from vap_meet.services.idempotency import KEPT_FOR
from vap_meet.services.recording import NewFact, take
from vap_meet.store import (
    appointments,
    idempotency,
    leases,
    outbox,
    sessions,
    staff,
    webhook_attempts,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from vap_meet.clock import Clock
    from vap_meet.store.engine import Database
    from vap_meet.store.sessions import OpenSession

log = structlog.get_logger(__name__)

EVERY_S = 30.0
LEASE_NAME = "sweeper"
LEASE = timedelta(minutes=2)
GONE_AFTER = timedelta(minutes=5)
"""How long nobody is seen in a call without a log before those in it count as gone: time to restart, to come
back."""

KEPT_FOR_WAITING = timedelta(milliseconds=KEPT_MS)
"""How long the place of whoever waits is kept after their page has closed, whoever hosts the room."""

PROMISES_KEPT_FOR = timedelta(days=7)
SIGN_INS_KEPT_FOR = timedelta(days=1)
EVENTS_KEPT_FOR = timedelta(days=30)
"""How long what booking systems were told can be sent again; a promise is given up after three days."""


class Sweeper:
    """Runs on every node. `online` says who is connected to a room hosted here.

    `occupied` says whether a room has a log by which somebody is in it, and has its deadlines come if so: who
    comes back to it within those is in the call as before, and the record must not say otherwise.

    Without `repairs` sessions are left as they are: the demonstration's waiting customers have no browser.
    """

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        online: Callable[[str], Collection[str]],
        occupied: Callable[[str], Awaitable[bool]],
        repairs: bool = True,
        holder: str | None = None,
        every_s: float = EVERY_S,
    ) -> None:
        self._db = db
        self._clock = clock
        self._online = online
        self._occupied = occupied
        self._repairs = repairs
        self._holder = holder or str(uuid4())
        self._every_s = every_s

    async def run(self) -> None:
        """Sweep until cancelled."""
        while True:
            try:
                await self.run_once()
            except (Unavailable, LogUnavailable):
                pass  # logged where it happened
            except Exception:
                log.exception("sweeper_failed")
            await asyncio.sleep(self._every_s)

    async def run_once(self) -> tuple[str, ...]:
        """Note what is hosted here, then sweep if it is our turn; return the rooms that were closed."""
        unhosted = await self._note_hosted() if self._repairs else {}
        now = self._clock()
        async with self._db.write() as tx:
            if not await leases.take(tx, LEASE_NAME, holder=self._holder, now=now, until=now + LEASE):
                return ()
            await outbox.forget_done(tx, now - PROMISES_KEPT_FOR)
            await idempotency.forget_before(tx, now - KEPT_FOR)
            await staff.forget_sessions(tx, now - SIGN_INS_KEPT_FOR)
            await webhook_attempts.forget_before(tx, now - EVENTS_KEPT_FOR)
        closed = []
        for room, one in unhosted.items():
            before = now - (GONE_AFTER if one.talks else KEPT_FOR_WAITING)
            gone = one.seen_at is None or one.seen_at <= before
            if gone and not await self._occupied(room) and await self._close(room, before=before):
                closed.append(room)
        return tuple(closed)

    async def _note_hosted(self) -> dict[str, OpenSession]:
        """Mark the open sessions with somebody online here as seen; return the others."""
        async with self._db.read() as tx:
            found = await sessions.open_ones(tx)
        hosted = [room for room in found if self._online(room)]
        if hosted:
            async with self._db.write() as tx:
                await sessions.mark_seen(tx, hosted, at=self._clock())
        return {room: one for room, one in found.items() if room not in hosted}

    async def _close(self, room: str, *, before: datetime) -> bool:
        """Let everybody have left a room, unless somebody has been seen in it meanwhile."""
        async with self._db.write() as tx:
            left = await self._leave(tx, room, before=before)
        if left:
            log.warning("session_swept", room=room, participants=left)
        return left > 0

    async def _leave(self, tx: AsyncConnection, room: str, *, before: datetime) -> int:
        standing = (await appointments.hold_standing(tx, [room])).get(room)
        open_one = (await sessions.open_ones(tx)).get(room)
        seen_at = None if open_one is None else open_one.seen_at
        now = self._clock()
        if standing is None or not await sessions.claim_unseen(tx, room, before=before, at=now):
            return 0
        known = await sessions.facts(tx, room, since=standing.moved_at)
        # Nobody can know when they went; they were there when last seen.
        at = max([one.at for one in known] + ([seen_at] if seen_at else []))
        present = [
            who for who, one in facts.places(map(facts.read, known)).items() if one.stage is not Stage.LEFT
        ]
        epoch = f"swept-{secrets.token_hex(6)}"
        await take(
            tx, [_left(room, who, epoch, seq, at) for seq, who in enumerate(present, start=1)], now=now
        )
        return len(present)


def _left(room: str, who: str, epoch: str, seq: int, at: datetime) -> NewFact:
    fact = Left(who, "expired")
    return NewFact(
        room=room, stored=facts.write(Position(epoch, seq), facts.milliseconds(at), fact), fact=fact
    )
