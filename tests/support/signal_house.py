"""The websocket door over real sockets, with joining and staffing played by fakes."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import web

from signaling.hub import Hub
from signaling.limits import Limits
from signaling.log import MemoryLog
from signaling.protocol import Admit, State
from tests.support.rooms import AGENT, CUSTOMER
from tests.support.signaling import Client, FactList, FakeClock, FaultyLog
from tests.support.web import served
from vap_meet.domain.errors import LinkMoved, NotFound, TooEarly
from vap_meet.settings import Settings
from vap_meet.web import signal
from vap_meet.web.appkeys import HUB, JOINING, SETTINGS, STAFFING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from aiohttp.typedefs import Middleware

    from signaling.events import Participant

ORIGIN = "http://127.0.0.1:8080"


@dataclass(frozen=True)
class Seat:
    room: str
    participant: Participant
    seat: str


class FakeJoining:
    """Visits are named after what becomes of them; the cookie is the browser."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    async def seat_for_visit(self, visit_id, browser):
        if visit_id == "moved":
            raise LinkMoved("moved")
        if visit_id == "early":
            raise TooEarly("early")
        if visit_id == "broken":
            raise RuntimeError("a secret detail")
        if browser is None:
            raise NotFound("no such visit")
        await self.hub.open_room("room")
        return Seat("room", CUSTOMER, f"{visit_id} in {browser}")

    async def seat_for_staff(self, staff, appointment_id):
        await self.hub.open_room(appointment_id)
        return Seat(appointment_id, AGENT, "staff session")


class FakeStaffing:
    async def who(self, cookie):
        return SimpleNamespace(id="1") if cookie == "good" else None


class House:
    """A server with the door in it, and clients of it."""

    def __init__(self, *, url, session, hub, log, facts, clock) -> None:
        self.url, self.session, self.hub = url, session, hub
        self.log, self.facts, self.clock = log, facts, clock

    async def customer(self, visit="visit", browser="phone", **options) -> Client:
        headers = {"Cookie": f"vap={browser}", "Origin": ORIGIN}
        return await Client.open(self.session, f"{self.url}?visit={visit}", headers=headers, **options)

    async def agent(self, cookie="good") -> Client:
        headers = {"Cookie": f"vap-staff={cookie}", "Origin": ORIGIN}
        return await Client.open(self.session, f"{self.url}?appointment=room", headers=headers)

    async def call(self) -> tuple[Client, Client]:
        """Return an admitted customer and the agent."""
        customer, agent = await self.customer(), await self.agent()
        await customer.hello()
        await agent.hello()
        await agent.request(Admit("customer"))
        await customer.sync()
        await agent.sync()
        return customer, agent


@asynccontextmanager
async def open_house(*, middlewares: Iterable[Middleware] = ()) -> AsyncIterator[House]:
    """Open the door, with these middlewares before it, until the block ends."""
    clock = FakeClock()
    log = FaultyLog(MemoryLog(clock_ms=clock))
    facts = FactList()
    hub = Hub(log=log, facts=facts, ice_servers=lambda _: (), clock_ms=clock, limits=Limits())
    app = web.Application(middlewares=middlewares)
    app[SETTINGS] = Settings(public_url=ORIGIN)
    app[HUB] = hub
    app[JOINING] = FakeJoining(hub)
    app[STAFFING] = FakeStaffing()
    app.add_routes(signal.routes)
    async with served(app) as url, aiohttp.ClientSession() as session:
        yield House(url=f"{url}/signal", session=session, hub=hub, log=log, facts=facts, clock=clock)


async def seen_offline(client: Client, name: str) -> None:
    """Read until a state says so; what came before counts too."""
    while True:
        states = (one.room.participants for one in client.seen if isinstance(one, State))
        if any(one.id == name and not one.online for state in states for one in state):
            return
        await client.receive()
