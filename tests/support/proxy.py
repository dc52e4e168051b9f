"""A TCP line between browsers and the server that can be cut, as a lost network cuts it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_CHUNK = 64 * 1024


class Line:
    """Passes bytes both ways from its own port to another one; knows nothing of what they mean."""

    def __init__(self, to_port: int) -> None:
        self._to_port = to_port
        self._ends: set[asyncio.StreamWriter] = set()
        self._whole = True

    def cut(self) -> None:
        """Cut every connection, without a word to either end, and take no new one."""
        self._whole = False
        for end in self._ends:
            end.transport.abort()

    def mend(self) -> None:
        """Take connections again."""
        self._whole = True

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection to its end."""
        if not self._whole:
            writer.transport.abort()
            return
        try:
            upstream, downstream = await asyncio.open_connection("127.0.0.1", self._to_port)
        except OSError:
            writer.transport.abort()
            return
        ends = {writer, downstream}
        self._ends |= ends
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(_pass(reader, downstream))
                both.create_task(_pass(upstream, writer))
        finally:
            self._ends -= ends
            for end in ends:
                end.close()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()
        writer.close()
    except ConnectionError:
        writer.close()


@asynccontextmanager
async def line(*, port: int, to_port: int) -> AsyncIterator[Line]:
    """Stand on `port` before `to_port` until the block ends."""
    made = Line(to_port)
    server = await asyncio.start_server(made.take, "127.0.0.1", port)
    try:
        yield made
    finally:
        server.close()
        made.cut()
