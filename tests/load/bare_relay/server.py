"""The bare twin of our application: two pages and a websocket that hands each frame to the other side.

`python -m tests.load.bare_relay.server PORT` serves until SIGTERM and prints one line when it is ready.
"""

from __future__ import annotations

import sys
from pathlib import Path

import uvloop
from aiohttp import WSMsgType, web

HERE = Path(__file__).resolve().parent


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
    """Return the relay and its page."""
    app = web.Application()
    app[PAIRS] = {}
    page, script = (HERE / "index.html").read_bytes(), (HERE / "page.js").read_bytes()

    async def index(_: web.Request) -> web.Response:
        return web.Response(body=page, content_type="text/html")

    async def code(_: web.Request) -> web.Response:
        return web.Response(body=script, content_type="text/javascript")

    app.router.add_get("/", index)
    app.router.add_get("/page.js", code)
    app.router.add_get("/relay", relay)
    return app


if __name__ == "__main__":
    web.run_app(
        build(),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        access_log=None,
        loop=uvloop.new_event_loop(),
        print=lambda *_: print("Ready", flush=True),  # noqa: T201
    )
