"""A process that writes to the record as fast as it can and says what was acknowledged, until it is killed.

Forked for every run from a server that has everything imported, which takes milliseconds.
"""

from __future__ import annotations

import asyncio
import json
import time
from datetime import timedelta
from typing import TYPE_CHECKING

from signaling.events import Position
from signaling.facts import Admitted, Joined
from signaling.vocabulary import Grant, Stage
from tests.support.record import a_booking, open_database
from vap_meet.clock import utc_now
from vap_meet.domain.outcome import OutcomeCode, OutcomeContent
from vap_meet.services.booking import Booking
from vap_meet.services.outcomes import Outcomes
from vap_meet.services.sealing import Sealer
from vap_meet.services.sessions import Sessions

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from pathlib import Path

    from sqlalchemy import URL

    from vap_meet.store.engine import Database

AT_ONCE = 4
LEASE_IS_OVER = timedelta(minutes=1)
"""When nobody who was killed holds a lease any more."""
AGENT = "staff.s1"
FACTS = (
    Joined("customer", (Grant.CHAT, Grant.PUBLISH), Stage.WAITING),
    Joined(AGENT, tuple(sorted(Grant)), Stage.ADMITTED),
    Admitted("customer", AGENT),
)
FIRST = OutcomeContent(code=OutcomeCode.RESOLVED, answer="نعم")
AMENDED = OutcomeContent(code=OutcomeCode.RESOLVED, answer="نعم، بشرط")


def work(where: Path | URL, run: str, acks: Connection) -> None:
    """Book, meet, put the outcome, amend it, again and again, several at once."""
    asyncio.run(_work(where, run, acks))


async def _work(where: Path | URL, run: str, acks: Connection) -> None:
    async def room_over(_room: str) -> None:
        return

    async with open_database(where) as db, asyncio.TaskGroup() as tasks:
        outcomes = Outcomes(db=db, clock=utc_now, room_over=room_over)
        tasks.create_task(Sealer(db=db, clock=utc_now, every_s=0.02).run())
        for n in range(AT_ONCE):
            tasks.create_task(_consultations(db, outcomes, f"{run}-{n}", acks))


async def _consultations(db: Database, outcomes: Outcomes, name: str, acks: Connection) -> None:
    booking, sessions = Booking(db=db, clock=utc_now), Sessions(db=db, clock=utc_now)
    count = 0
    while True:
        room = f"{name}-{count}"
        count += 1
        soon = a_booking(starts_at=utc_now() + timedelta(minutes=15))
        await booking.put(room, soon, by="api:1", if_match=None)
        _say(acks, "booked", room)
        for seq, fact in enumerate(FACTS, start=1):
            await sessions.commit(room, Position("epoch", seq), round(time.time() * 1000), fact)
            _say(acks, "fact", room, seq)
        await outcomes.put(room, FIRST, author="staff:s1", if_version=None)
        _say(acks, "outcome", room, 1)
        await outcomes.put(room, AMENDED, author="staff:s1", reason="سهو", if_version=1)
        _say(acks, "outcome", room, 2)


def _say(acks: Connection, what: str, room: str, number: int = 0) -> None:
    """Tell an acknowledgement in one system call: a kill leaves whole ones behind."""
    acks.send_bytes(json.dumps([what, room, number]).encode())
