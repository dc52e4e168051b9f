"""The bench's relays, each a process of its own: `python -m tests.load.relay_server bare|whole|shared CORE`.

`whole` is the real door behind the application's middlewares: validated, ordered, in the memory log; only who
sits where is made up. `shared` is the same with the log on a Redis, whose URL is the last argument. `bare`
hands every frame to its peer, as the shortest aiohttp relay would. Each prints its port, and runs in the loop
that the application is served in.
"""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING

import structlog
from aiohttp import web

from signaling.backing import choose
from signaling.events import Participant, Position
from signaling.hub import Hub
from signaling.vocabulary import SUBPROTOCOL, Grant
from tests.load.relay_load import allow_many_files
from vap_meet.clock import milliseconds, utc_now
from vap_meet.serving import in_event_loop
from vap_meet.settings import Settings
from vap_meet.web import signal
from vap_meet.web.appkeys import HUB, JOINING, SETTINGS, STAFFING
from vap_meet.web.middleware import middlewares

if TYPE_CHECKING:
    from signaling.facts import Fact


@dataclass(frozen=True)
class Seat:
    room: str
    participant: Participant
    seat: str


class Forgetful:
    """A `FactSink` that costs nothing: the database is not what is measured."""

    async def commit(self, room: str, position: Position, at: int, fact: Fact) -> None:
        pass


class AnyoneMay:
    """Joining and staffing in one: the number in the URL says who sits where."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def who(self, cookie: str | None) -> SimpleNamespace:
        return SimpleNamespace(id="1")

    async def seat_for_visit(self, visit_id: str, browser: str | None) -> Seat:
        room = f"room-{visit_id}"
        await self._hub.open_room(room)
        customer = Participant("customer", f"متعامل {visit_id}", frozenset({Grant.PUBLISH, Grant.CHAT}))
        return Seat(room, customer, f"browser-{visit_id}")

    async def seat_for_staff(self, staff: SimpleNamespace, appointment_id: str) -> Seat:
        room = f"room-{appointment_id}"
        await self._hub.open_room(room)
        return Seat(room, Participant("staff.1", "Agent 1", frozenset(Grant)), f"session-{appointment_id}")


def whole(redis_url: str | None = None) -> web.Application:
    """Return the application's own path for frames."""
    settings = Settings()
    clock_ms = milliseconds(utc_now)
    app = web.Application(middlewares=middlewares(settings))
    rooms = choose(redis_url, clock_ms=clock_ms)
    hub = Hub(
        log=rooms.log,
        presence=rooms.presence,
        facts=Forgetful(),
        ice_servers=lambda _: (),
        clock_ms=clock_ms,
    )
    app[SETTINGS], app[HUB] = settings, hub
    app[JOINING] = app[STAFFING] = AnyoneMay(hub)  # type: ignore[misc]
    app.add_routes(signal.routes)

    async def run(app: web.Application):
        tasks = [asyncio.create_task(hub.run()), asyncio.create_task(rooms.run())]
        yield
        for task in tasks:
            task.cancel()

    app.cleanup_ctx.append(run)
    return app


def bare() -> web.Application:
    """Return the twin: two sockets of one number, every frame to the other."""
    peers: dict[tuple[str, bool], web.WebSocketResponse] = {}

    async def relay(request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse(compress=False, protocols=(SUBPROTOCOL,))
        await ws.prepare(request)
        visit = request.query.get("visit")
        name = visit or request.query["appointment"]
        peers[name, visit is not None] = ws
        other = (name, visit is None)
        async for message in ws:
            await peers[other].send_str(message.data)
        return ws

    app = web.Application()
    app.router.add_get("/signal", relay)
    return app


async def serve(app: web.Application) -> None:
    """Serve on a free port until cancelled."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=4096)
    await site.start()
    sys.stdout.write(f"{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


def main() -> None:
    """Pin the process to its core and serve."""
    kind, core, *redis_url = sys.argv[1], int(sys.argv[2]), *sys.argv[3:]
    os.sched_setaffinity(0, {core})
    allow_many_files()
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    in_event_loop(serve({"bare": bare, "whole": whole, "shared": whole}[kind](*redis_url)))


if __name__ == "__main__":
    main()
