"""Calls to Redis over one connection: what is called in one turn of the loop is sent together.

A pool would take a connection for every call that is under way, and several times the processor's time.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from redis.exceptions import ConnectionError as Cut
from redis.exceptions import RedisError, ResponseError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from redis.asyncio.connection import AbstractConnection

Command = tuple[str | bytes | int, ...]
FAILURES: Final = (RedisError, OSError, TimeoutError)


class RedisCalls:
    """Connects when first asked and, after a failure, at the next call. Calls nothing twice."""

    def __init__(
        self,
        make: Callable[[], AbstractConnection],
        spawn: Callable[[Coroutine[Any, Any, None]], None],
        *,
        deadline_s: float,
    ) -> None:
        self._make = make
        self._spawn = spawn
        self._deadline_s = deadline_s
        self._connection: AbstractConnection | None = None
        self._asked: list[tuple[Command, asyncio.Future[Any]]] = []
        self._answers: deque[asyncio.Future[Any]] = deque()
        self._sending = False

    async def ask(self, commands: Sequence[Command]) -> list[Any]:
        """Return the answers, in order. Raises the first failure (`FAILURES`), also after the deadline."""
        loop = asyncio.get_running_loop()
        futures: list[asyncio.Future[Any]] = [loop.create_future() for _ in commands]
        self._asked += zip(commands, futures, strict=True)
        if not self._sending:
            self._sending = True
            self._spawn(self._send())
        try:
            async with asyncio.timeout(self._deadline_s):
                answers = await asyncio.gather(*futures, return_exceptions=True)
        except TimeoutError:
            self._fail("no answer in time")  # nothing behind it on this connection would be any faster
            raise
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer
        return answers

    async def close(self) -> None:
        """Close the connection; what is under way fails."""
        connection = self._connection
        self._fail("closed")
        if connection is not None:
            await connection.disconnect(nowait=True)

    async def _send(self) -> None:
        try:
            while self._asked:
                connection = self._connection or await self._connect()
                asked, self._asked = self._asked, []
                packed: list[bytes] = []
                for command, future in asked:
                    if not future.done():  # else its caller has given up
                        packed += connection.pack_command(*command)
                        self._answers.append(future)
                await connection.send_packed_command(packed, check_health=False)
        except FAILURES as error:
            self._fail(str(error))
        finally:
            self._sending = False

    async def _connect(self) -> AbstractConnection:
        connection = self._make()
        async with asyncio.timeout(self._deadline_s):
            await connection.connect()  # type: ignore[no-untyped-call]
        self._connection = connection
        self._spawn(self._read(connection))
        return connection

    async def _read(self, connection: AbstractConnection) -> None:
        try:
            while connection is self._connection:
                try:
                    answer = await connection.read_response(disable_decoding=True, timeout=math.inf)
                except ResponseError as error:
                    answer = error
                self._answer(answer)
        except FAILURES as error:
            if connection is self._connection:
                self._fail(str(error))
        finally:
            if connection is self._connection:  # the line has stopped running
                self._fail("closed")
            await connection.disconnect(nowait=True)

    def _answer(self, answer: Any) -> None:
        if not self._answers:
            return
        future = self._answers.popleft()
        if future.done():
            return
        if isinstance(answer, ResponseError):
            future.set_exception(answer)
        else:
            future.set_result(answer)

    def _fail(self, why: str) -> None:
        """Let everything that is under way fail; the next call connects anew."""
        waiting = [*self._answers, *(future for _, future in self._asked)]
        self._answers, self._asked, self._connection = deque(), [], None
        for future in waiting:
            if not future.done():
                future.set_exception(Cut(why))
