"""Several nodes in one process: hubs that share a Redis and the record's list of facts, and nothing else."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from signaling.events import (
    Admitted,
    Ended,
    Held,
    Joined,
    Left,
    Prepared,
    RestoredParticipant,
    SentToLobby,
)
from signaling.hub import Hub
from signaling.protocol import Hello
from signaling.redis_log import RedisLog
from signaling.redis_presence import RedisPresence
from signaling.vocabulary import Stage
from tests.support.redis import FaultyLine, Server, server
from tests.support.rooms import AGENT, CUSTOMER
from tests.support.signaling import FactList, FakeClock, FakeTransport, Sitter

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from signaling.events import Participant

_PEOPLE = {one.id: one for one in (CUSTOMER, AGENT)}
_STAGES = {
    Prepared: Stage.PREPARING,
    Admitted: Stage.ADMITTED,
    Held: Stage.HELD,
    SentToLobby: Stage.WAITING,
}


def restored(facts: FactList, room: str = "room") -> tuple[tuple[RestoredParticipant, ...], bool]:
    """Return what the record would open a room with: as the facts have left everybody."""
    found: dict[str, RestoredParticipant] = {}
    ended = False
    for (name, _), fact in facts.stored.items():
        if name != room:
            continue
        if isinstance(fact, Ended):
            ended = True
        elif isinstance(fact, Joined):
            found[fact.participant] = RestoredParticipant(_PEOPLE[fact.participant], fact.stage)
        elif isinstance(fact, Left):
            found[fact.participant] = RestoredParticipant(_PEOPLE[fact.participant], Stage.LEFT, fact.how)
        elif type(fact) in _STAGES:
            found[fact.participant] = RestoredParticipant(_PEOPLE[fact.participant], _STAGES[type(fact)])
    return tuple(found.values()), ended


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
        people, ended = restored(self.facts, room)
        await self.hub.open_room(room, restored=people, ended=ended)
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
    count: int = 2, *, prefix: str, plan: str = ".", where: Server | None = None
) -> AsyncIterator[list[Node]]:
    """Run nodes until the block ends."""
    facts = FactList()
    made = [Node(facts, prefix=prefix, plan=plan, where=where) for _ in range(count)]
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
