"""GET /agent/board/news: server-sent events without content; after each one the board is to be read again.

A browser comes back by itself when the stream ends: after a while, so that a sign-out shows, and when this
process stops. Whoever gets no stream polls.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from aiohttp import web

from vap_meet.web.appkeys import BOARD_NEWS
from vap_meet.web.guards import staff_required

if TYPE_CHECKING:
    from vap_meet.services.board_news import Watcher

routes = web.RouteTableDef()

EVERY_S: Final = 1.0
"""A board is read again at most this often, whatever happens meanwhile."""

_ALIVE_EVERY_S: Final = 15.0  # less than proxies wait; also how a browser that has gone is found out
_LONGEST_S: Final = 600.0
_COMES_BACK_AFTER_MS: Final = (1_000, 4_000)  # not all at once after a restart


@routes.get("/agent/board/news")
@staff_required("agent")
async def board_news(request: web.Request) -> web.StreamResponse:
    """Tell when the board has changed."""
    with request.app[BOARD_NEWS].watching() as watcher:
        response = web.StreamResponse(
            headers={
                "Content-Type": "text/event-stream",
                "Cache-Control": "no-store",
                "X-Accel-Buffering": "no",  # a proxy that collects answers would hold every one of these back
            }
        )
        with suppress(ConnectionResetError):  # the page was closed
            await response.prepare(request)
            retry_ms = random.randint(*_COMES_BACK_AFTER_MS)  # noqa: S311 - a pause, not a secret
            await response.write(f"retry: {retry_ms}\n\n".encode())
            await _tell(response, watcher)
        return response


async def _tell(response: web.StreamResponse, watcher: Watcher) -> None:
    until = asyncio.get_running_loop().time() + _LONGEST_S
    while not watcher.over and asyncio.get_running_loop().time() < until:
        if await watcher.changed(within_s=_ALIVE_EVERY_S):
            await response.write(b"data: changed\n\n")
            await asyncio.sleep(EVERY_S)
        else:
            await response.write(b":\n\n")
