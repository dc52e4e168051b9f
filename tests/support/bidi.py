"""A client of WebDriver BiDi (W3C), the protocol by which browsers let themselves be driven over a websocket.

Firefox speaks it by itself and aiohttp is here anyway: a driver from elsewhere would be dozens of packages.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from itertools import count
from typing import TYPE_CHECKING, Any

import aiohttp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

ANSWERED_WITHIN_S = 60.0


class RefusedError(Exception):
    """The browser did not do what it was told; `code` is the protocol's word for why."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(f"{code}: {sentence}")
        self.code = code


class BiDi:
    """One session. Commands may overlap; events go to `on_event` as (method, params)."""

    def __init__(
        self, socket: aiohttp.ClientWebSocketResponse, on_event: Callable[[str, dict[str, Any]], None]
    ) -> None:
        self._socket = socket
        self._on_event = on_event
        self._numbers = count(1)
        self._open: dict[int, asyncio.Future[dict[str, Any]]] = {}

    async def command(self, method: str, **params: Any) -> dict[str, Any]:
        """Give a command and return its result.

        Raises:
            RefusedError: The browser answered with an error, or has gone.
            TimeoutError: It did not answer at all.
        """
        number = next(self._numbers)
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._open[number] = answer
        try:
            await self._socket.send_json({"id": number, "method": method, "params": params})
            async with asyncio.timeout(ANSWERED_WITHIN_S):
                return await answer
        finally:
            del self._open[number]

    async def listen(self) -> None:
        """Hand out what the browser says, until it hangs up."""
        async for message in self._socket:
            said = json.loads(message.data)
            if said["type"] == "event":
                self._on_event(said["method"], said["params"])
            elif (answer := self._open.get(said["id"])) and not answer.done():
                if said["type"] == "success":
                    answer.set_result(said["result"])
                else:
                    answer.set_exception(RefusedError(said["error"], said["message"]))
        for answer in self._open.values():
            if not answer.done():
                answer.set_exception(RefusedError("gone", "the browser hung up"))


@asynccontextmanager
async def session(url: str, on_event: Callable[[str, dict[str, Any]], None]) -> AsyncIterator[BiDi]:
    """Begin a session at a browser's address; ending it closes its pages, not the browser."""
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(f"{url}/session", max_msg_size=0, origin=None) as socket,
    ):
        bidi = BiDi(socket, on_event)
        listening = asyncio.create_task(bidi.listen())
        try:
            await bidi.command("session.new", capabilities={})
            await bidi.command("session.subscribe", events=["log.entryAdded"])
            yield bidi
            await bidi.command("session.end")
        finally:
            listening.cancel()
