"""One process's line to Redis: calls with a deadline, and one connection on which it is told things."""

from __future__ import annotations

import asyncio
import hashlib
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import structlog
from redis.exceptions import NoScriptError

from signaling.log import LogUnavailable
from signaling.redis_calls import FAILURES, Command, RedisCalls
from signaling.redis_way import RedisWay

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Sequence

    from redis.asyncio.connection import AbstractConnection

log = structlog.get_logger("signaling")

_CHANNELS_AT_ONCE: Final = 500
_FIRST_PAUSE_S: Final = 0.05
_LONGEST_PAUSE_S: Final = 2.0
_ALL_HEARD: Final = b"all-heard"


class Script:
    """A Lua script and the name that Redis gives it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.sha = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisServer:
    """What a server is, since when it runs, and whether it would throw rooms away when it is full."""

    version: str
    up_s: int
    evicts: bool


class RedisLine:
    """Put together once a process and shared by what keeps something in Redis; `run` has to be running.

    No call is made twice by itself: one that was cut off may have been done, and an append must not be done
    again unasked.
    """

    def __init__(
        self, url: str, *, prefix: str = "vap", deadline_s: float = 2.0, beat_s: float = 5.0
    ) -> None:
        self.prefix = prefix
        self._deadline_s = deadline_s
        self._beat_s = beat_s
        self._way = RedisWay(url, deadline_s=deadline_s)
        self._calls = RedisCalls(self._way.connection, self.spawn, deadline_s=deadline_s)
        self._listening: dict[bytes, Callable[[bytes], None]] = {}
        self._unheard: dict[bytes, asyncio.Future[None]] = {}
        self._leaving: set[bytes] = set()
        self._ear: AbstractConnection | None = None
        self._each_beat: list[Callable[[], Awaitable[None]]] = []
        self._each_return: list[Callable[[], Awaitable[None]]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    # --- calls --------------------------------------------------------------------------------------

    async def call(self, script: Script, keys: Sequence[str], arguments: Sequence[str | bytes | int]) -> Any:
        """Run a script. Raises `LogUnavailable` when Redis refuses it, is gone, or takes too long."""
        command = ("EVALSHA", script.sha, len(keys), *keys, *arguments)
        try:
            try:
                [answer] = await self._calls.ask([command])
            except NoScriptError:  # Redis is new
                _, answer = await self._calls.ask([("SCRIPT", "LOAD", script.text), command])
        except FAILURES as error:
            raise LogUnavailable(f"{type(error).__name__}: {error}") from error
        return answer

    async def call_all(self, commands: Sequence[Command]) -> list[Any]:
        """Run many commands in one go, not as a transaction. Raises `LogUnavailable`, as `call` does."""
        try:
            return await self._calls.ask(commands)
        except FAILURES as error:
            raise LogUnavailable(f"{type(error).__name__}: {error}") from error

    async def about(self) -> RedisServer:
        """Return what the server says of itself. Raises `LogUnavailable`."""
        # INFO, for CONFIG is closed where Redis is rented.
        told = b"\n".join(await self.call_all([("INFO", "server"), ("INFO", "memory")])).decode()
        facts = dict(line.strip().split(":", 1) for line in told.splitlines() if ":" in line)
        return RedisServer(
            version=facts.get("redis_version", ""),
            up_s=int(facts.get("uptime_in_seconds", 0)),
            evicts=facts.get("maxmemory_policy") != "noeviction",
        )

    async def evicts(self) -> bool:
        """Whether this Redis would throw rooms away when it is full. Raises `LogUnavailable`."""
        return (await self.about()).evicts

    # --- being told ---------------------------------------------------------------------------------

    async def listen(self, channel: str, on_message: Callable[[bytes], None]) -> None:
        """Have `on_message` called with everything published from now on; it must not raise or block.

        Returns when Redis has confirmed it. Raises `LogUnavailable`.
        """
        name = channel.encode()
        self._listening[name] = on_message
        self._leaving.discard(name)
        heard = self._unheard.get(name)
        if heard is None:
            heard = self._unheard[name] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(self._deadline_s):
                if self._ear is not None:
                    await self._ear.send_command("SUBSCRIBE", name)
                await asyncio.shield(heard)
        except FAILURES as error:
            raise LogUnavailable(f"{type(error).__name__}: {error}") from error

    def listen_always(self, channel: str, on_message: Callable[[bytes], None]) -> None:
        """Have `on_message` called from the next connection on, for good; it must not raise or block."""
        self._listening[channel.encode()] = on_message

    def unlisten(self, channel: str) -> None:
        """Call nobody for this channel any more; Redis hears of it at the next beat."""
        name = channel.encode()
        if self._listening.pop(name, None) is not None:
            self._leaving.add(name)

    def each_beat(self, work: Callable[[], Awaitable[None]]) -> None:
        """Have `work` done at every beat; it may raise `LogUnavailable`."""
        self._each_beat.append(work)

    def each_return(self, work: Callable[[], Awaitable[None]]) -> None:
        """Have `work` done when something published may have been missed; it may raise `LogUnavailable`."""
        self._each_return.append(work)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Have work done beside; it ends with the line at the latest, and may raise `LogUnavailable`."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    # --- running ------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Hear what is published and beat, until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._hear())
                tasks.create_task(self._beat())
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def close(self) -> None:
        """Close every connection."""
        await self._calls.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._way.close()

    async def _hear(self) -> None:
        pause_s = _FIRST_PAUSE_S
        while True:
            ear = self._way.connection()
            try:
                await ear.connect()  # type: ignore[no-untyped-call]
                self._ear = ear
                await self._subscribe_all(ear)
                while (told := await self._next(ear)) is not None:
                    if told == _ALL_HEARD:
                        pause_s = _FIRST_PAUSE_S
                        self.spawn(self._do(self._each_return))
            except FAILURES as error:
                log.warning("redis_line_cut", error=type(error).__name__)
            except Exception:
                log.exception("redis_line_failed")  # whoever was told; what follows is repaired
            finally:
                self._ear = None
                await ear.disconnect(nowait=True)
            await asyncio.sleep(pause_s * random.uniform(0.5, 1))  # noqa: S311 - a pause, not a secret
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)

    async def _subscribe_all(self, ear: AbstractConnection) -> None:
        names = [*self._listening]
        for first in range(0, len(names), _CHANNELS_AT_ONCE):
            await ear.send_command("SUBSCRIBE", *names[first : first + _CHANNELS_AT_ONCE])
        await ear.send_command("PING", _ALL_HEARD)

    async def _next(self, ear: AbstractConnection) -> bytes | None:
        """Take one thing told; return a ping's text, empty for all else, None when Redis has gone silent."""
        told = await ear.read_response(disable_decoding=True, timeout=3 * self._beat_s)
        if not isinstance(told, list):  # to a ping without subscriptions; None after the time
            return told if told is None else bytes(told)
        kind, name, *data = told
        if kind == b"message":
            self._tell(name, data[0])
        elif kind == b"subscribe":
            heard = self._unheard.pop(name, None)
            if heard is not None and not heard.done():
                heard.set_result(None)
        elif kind == b"pong":
            return bytes(name)
        return b""

    def _tell(self, channel: bytes, data: bytes) -> None:
        on_message = self._listening.get(channel)
        if on_message is not None:
            on_message(data)

    async def _beat(self) -> None:
        while True:
            await self._do(self._each_beat)
            await self._keep_hearing()
            await asyncio.sleep(self._beat_s)

    async def _keep_hearing(self) -> None:
        """Make Redis say something, and leave the channels that nobody listens to any more."""
        ear = self._ear
        leaving, self._leaving = self._leaving, set()
        try:
            if ear is not None:
                if leaving:
                    await ear.send_command("UNSUBSCRIBE", *leaving)
                await ear.send_command("PING", b"beat")
        except FAILURES:
            return  # `_hear` finds out as well

    async def _do(self, works: Sequence[Callable[[], Awaitable[None]]]) -> None:
        for work in works:
            try:
                await work()
            except LogUnavailable as error:
                log.warning("redis_unavailable", error=str(error))
            except Exception:
                log.exception("redis_task_failed")

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, LogUnavailable):
            log.warning("redis_unavailable", error=str(error))
        elif error is not None:
            log.error("redis_task_failed", exc_info=error)
