"""Several nodes in one process: hubs that share a Redis and the record's list of facts, and nothing else."""

from __future__ import annotations

import asyncio
import itertools
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from signaling.facts import Ended
from signaling.hub import Hub
from signaling.protocol import Hello
from signaling.redis_log import RedisLog
from signaling.redis_presence import RedisPresence
from tests.support.redis import FaultyLine, Server, server
from tests.support.signaling import FactList, FakeClock, FakeTransport, Sitter
from vap_meet.services import facts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from signaling.events import Participant, RestoredParticipant


@dataclass(frozen=True)
class Before:
    """A room as the record would open it: as the facts have left everybody, and it."""

    people: tuple[RestoredParticipant, ...]
    ended: bool
    locked: bool


def restored(stored: FactList, room: str = "room") -> Before:
    """Fold the facts as the record does."""
    known = [fact for (name, _), fact in stored.stored.items() if name == room]
    ended = any(isinstance(fact, Ended) for fact in known)
    return Before(tuple(facts.places(known).values()), ended, facts.locked(known))


class Node:
    """One process of several."""

    def __init__(self, facts: FactList, *, prefix: str, plan: str = ".", where: Server | None = None) -> None:
        self.facts = facts
        self.clock = FakeClock(int(time.time() * 1000))
        self.line = FaultyLine((where or server()).url, prefix=prefix, plan=plan)
        self.log = RedisLog(self.line)
        self.presence = RedisPresence(self.line)
        self.hub = Hub(
            log=self.log,
            facts=facts,
            ice_servers=lambda _: (),
            clock_ms=self.clock,
            presence=self.presence,
        )
        self._running: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._running = asyncio.create_task(self.line.run())

    def outlives_its_lease(self) -> None:
        """Let the time pass by which this node should have renewed its lease."""
        nodes_key = f"{self.line.prefix}:{{nodes}}:alive"
        assert server().ask("ZADD", nodes_key, "XX", "CH", 1, self.presence.node) == 1

    async def die(self) -> None:
        """Be gone from one moment to the next: nothing is told to anybody. Dying twice is fine."""
        assert self._running is not None
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)
        await self.line.close()

    async def sit(self, who: Participant, *, room: str = "room", seat: str | None = None) -> Sitter:
        """Let somebody in, as `services.joining` would."""
        before = restored(self.facts, room)
        await self.hub.open_room(room, restored=before.people, ended=before.ended, locked=before.locked)
        transport = FakeTransport()
        connection = self.hub.connect(transport, room=room, participant=who, seat=seat or f"seat of {who.id}")
        sitter = Sitter(connection, transport, self.hub)
        await sitter.send(Hello())
        return sitter

    async def beat(self) -> None:
        """Do what the line does every few seconds."""
        await self.line._do(self.line._each_beat)
        await self.hub.settle()

    def wait(self, seconds: float) -> None:
        """Let the wheel turn."""
        while seconds > 0:
            self.clock.advance(min(seconds, 1))
            seconds -= 1
            self.hub.tick()


@asynccontextmanager
async def nodes(
    count: int = 2, *, prefix: str, plans: Sequence[str] = ".", where: Server | None = None
) -> AsyncIterator[list[Node]]:
    """Run nodes until the block ends; each is told as its own plan says, the plans round and round."""
    stored = FactList()
    made = [
        Node(stored, prefix=prefix, plan=plan, where=where)
        for plan in itertools.islice(itertools.cycle(plans), count)
    ]
    for node in made:
        await node.start()
    try:
        yield made
    finally:
        for node in made:
            await node.die()


async def until(condition: Callable[[], object], within_s: float = 5.0) -> None:
    """Wait for what another node has to hear first."""
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - it is Redis that tells it, to a node of the test
            await asyncio.sleep(0.002)
