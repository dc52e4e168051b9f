"""How many facts a second the record takes, each acknowledged after its commit, on both databases.

    python -m tests.load.record_bench     prints one JSON object

``write_tx_per_s_*``: acknowledged facts of 64 rooms at once; those that wait together share a commit.
``fact_ms_cpu_*`` and ``fact_ms_*``: CPU and time of one fact while nothing else happens. Both databases keep
on disk what they acknowledge.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import uvloop

from signaling.events import Position
from signaling.facts import Admitted, Ended, Held, Joined, Left, Prepared
from signaling.vocabulary import Grant, Stage
from tests.support import postgres
from tests.support.record import a_booking, fresh_file, open_database
from vap_meet.clock import utc_now
from vap_meet.services.booking import Booking
from vap_meet.services.sessions import Sessions

if TYPE_CHECKING:
    from sqlalchemy import URL

    from vap_meet.store.engine import Database

ROOMS_AT_ONCE = 64
ROOMS_AFTER_ANOTHER = 10
ROUNDS = 4
AGENT = "staff.s1"
MEETING = (
    Joined("customer", (Grant.CHAT, Grant.PUBLISH), Stage.WAITING),
    Joined(AGENT, tuple(sorted(Grant)), Stage.ADMITTED),
    Prepared("customer", AGENT),
    Admitted("customer", AGENT),
    Held("customer", AGENT),
    Admitted("customer", AGENT),
    Left("customer", "left"),
    Left(AGENT, "left"),
    Ended(),
)


async def meet(sessions: Sessions, room: str) -> None:
    """Tell the facts of one meeting, each after the one before is acknowledged, as a room does."""
    for seq, fact in enumerate(MEETING, start=1):
        await sessions.commit(room, Position("epoch", seq), round(time.time() * 1000), fact)


async def booked(db: Database, prefix: str, count: int) -> list[str]:
    """Book appointments to meet in."""
    rooms = [f"{prefix}-{n}" for n in range(count)]
    booking = Booking(db=db, clock=utc_now)
    for room in rooms:
        await booking.put(
            room, a_booking(starts_at=utc_now() + timedelta(minutes=15)), by="bench", if_match=None
        )
    return rooms


async def measure(where: Path | URL, name: str) -> dict[str, float]:
    """Measure one database."""
    async with open_database(where) as db:
        sessions = Sessions(db=db, clock=utc_now)
        warm, *alone = await booked(db, "alone", 1 + ROOMS_AFTER_ANOTHER)
        await meet(sessions, warm)
        cpu, begun = time.process_time(), time.perf_counter()
        for room in alone:
            await meet(sessions, room)
        facts = len(alone) * len(MEETING)
        numbers = {
            f"fact_ms_cpu_{name}": round((time.process_time() - cpu) / facts * 1000, 2),
            f"fact_ms_{name}": round((time.perf_counter() - begun) / facts * 1000, 2),
        }
        together = [await booked(db, f"at-once-{n}", ROOMS_AT_ONCE) for n in range(ROUNDS)]
        cpu, begun = time.process_time(), time.perf_counter()
        for rooms in together:
            await asyncio.gather(*(meet(sessions, room) for room in rooms))
        facts = ROUNDS * ROOMS_AT_ONCE * len(MEETING)
        took = time.perf_counter() - begun
        return numbers | {
            f"write_tx_per_s_{name}": round(facts / took),
            f"fact_ms_cpu_at_once_{name}": round((time.process_time() - cpu) / facts * 1000, 2),
        }


async def main() -> dict[str, float]:
    """Measure both."""
    with tempfile.TemporaryDirectory(prefix="vap-bench-") as folder:
        numbers = await measure(fresh_file(Path(folder)), "sqlite")
    server = postgres.new_server(durable=True)
    try:
        await postgres.prepare(server)
        return numbers | await measure(server.url(postgres.TEMPLATE), "postgresql")
    finally:
        postgres.remove(server)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(runner.run(main())))  # noqa: T201
