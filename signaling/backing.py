"""What rooms stand on: the memory of one process, or a Redis that several share. Chosen here alone."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from signaling.log import LogUnavailable, MemoryLog, RoomLog
from signaling.nudges import Listeners, Nudges
from signaling.presence import MemoryPresence, Presence

if TYPE_CHECKING:
    from collections.abc import Callable

    from signaling.redis_line import RedisLine
    from signaling.redis_presence import RedisPresence


class Evicting(Exception):  # noqa: N818 - says what happened
    """Redis would throw rooms away when its memory is used up: its policy has to be `noeviction`."""


class Backing(Protocol):
    """A log, a presence and nudges that belong together. `run` has to be running; `close` comes last."""

    log: RoomLog
    presence: Presence
    nudges: Nudges

    @property
    def line(self) -> RedisLine | None:
        """Return the way to Redis, for others who keep something there; None where all is in memory."""

    async def check(self) -> None:
        """Return if rooms can be kept here. Raises `LogUnavailable`, `Evicting`."""

    async def run(self) -> None:
        """Do what goes on by itself, until cancelled."""

    async def close(self) -> None:
        """Let go of everything."""


def choose(redis_url: str | None, *, clock_ms: Callable[[], int]) -> Backing:
    """Return the memory's backing, or Redis' if there is a URL; nothing is connected yet."""
    return _Memory(clock_ms) if redis_url is None else _Redis(redis_url)


class _Memory:
    def __init__(self, clock_ms: Callable[[], int]) -> None:
        self.log: RoomLog = MemoryLog(clock_ms=clock_ms)
        self.presence: Presence = MemoryPresence()
        self.nudges: Nudges = Listeners()
        self.line = None

    async def check(self) -> None:
        """Nothing can be wrong with it."""

    async def run(self) -> None:
        """There is nothing to do."""
        await asyncio.Event().wait()

    async def close(self) -> None:
        """Forget everything."""
        await self.log.close()


class _Redis:
    def __init__(self, url: str) -> None:
        # Imported here: it takes a quarter of the time in which a process without Redis is ready.
        from signaling.redis_line import RedisLine  # noqa: PLC0415
        from signaling.redis_log import RedisLog  # noqa: PLC0415
        from signaling.redis_nudges import RedisNudges  # noqa: PLC0415
        from signaling.redis_presence import RedisPresence  # noqa: PLC0415

        self.line = line = RedisLine(url)
        self._presence: RedisPresence = RedisPresence(line)
        self.log: RoomLog = RedisLog(line)
        self.presence: Presence = self._presence
        self.nudges: Nudges = RedisNudges(line, node=self._presence.node)

    async def check(self) -> None:
        """Ask Redis; its policy may be changed while it runs."""
        if await self.line.evicts():
            raise Evicting

    async def run(self) -> None:
        """Hear what other nodes do, and keep this one's lease."""
        await self.line.run()

    async def close(self) -> None:
        """Leave the other nodes, if they can still be told."""
        await self.log.close()
        with suppress(LogUnavailable):  # then the lease runs out
            await self._presence.leave()
        await self.line.close()
