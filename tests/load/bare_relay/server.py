"""The bare twin of our application: a page and a websocket that hands each frame to the other side.

`python -m tests.load.bare_relay.server PORT` serves until SIGTERM and prints one line when it is ready.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import uvloop
from aiohttp import WSMsgType, web

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Handler = Callable[[web.Request], Awaitable[web.Response]]

HERE = Path(__file__).resolve().parent
KINDS = {".html": "text/html", ".js": "text/javascript"}


async def relay(request: web.Request) -> web.WebSocketResponse:
    """Hand each frame of this socket to every other socket of the same pair."""
    socket = web.WebSocketResponse(compress=False)
    await socket.prepare(request)
    pair = request.app[PAIRS].setdefault(request.query["pair"], set())
    pair.add(socket)
    try:
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                for other in pair - {socket}:
                    await other.send_str(message.data)
    finally:
        pair.discard(socket)
    return socket


PAIRS: web.AppKey[dict[str, set[web.WebSocketResponse]]] = web.AppKey("pairs")


def build() -> web.Application:
    """Return the relay, its page, and the page that needs no relay."""
    app = web.Application()
    app[PAIRS] = {}
    app.router.add_get("/relay", relay)
    for path, name in (("/", "index.html"), ("/page.js",) * 2, ("/floor", "floor.html"), ("/floor.js",) * 2):
        app.router.add_get(path, served(HERE / name.lstrip("/")))
    return app


def served(path: Path) -> Handler:
    """Return a handler that answers with a file, read now."""
    body, kind = path.read_bytes(), KINDS[path.suffix]

    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type=kind)

    return answer


if __name__ == "__main__":
    web.run_app(
        build(),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        access_log=None,
        loop=uvloop.new_event_loop(),
        print=lambda *_: print("Ready", flush=True),  # noqa: T201
    )
