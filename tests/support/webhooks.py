"""A booking system's side of webhooks: a receiver with the published verifier, and our side beside it."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

from aiohttp import web
from standardwebhooks import Webhook

from tests.support.record import TurnedClock, a_booking, fresh_database
from vap_meet.clock import utc_now
from vap_meet.domain.announcing import AppointmentEvent
from vap_meet.domain.outbox import Kind
from vap_meet.services.booking import Booking
from vap_meet.services.delivery import Dispatcher
from vap_meet.services.keys import Keys
from vap_meet.services.outbound import Outbound
from vap_meet.services.webhook_sending import WebhookSending
from vap_meet.services.webhooks import Webhooks

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from vap_meet.domain.webhooks import Endpoint
    from vap_meet.store.engine import Database

LOOPBACK = (ip_network("127.0.0.0/8"),)


@dataclass
class Receiver:
    """Takes webhooks as a booking system would: verifies, drops what it has by id, keeps the order.

    `answers` are the statuses it gives next, one a request; then 204. `secret` may be set later.
    """

    secret: str | None = None
    base: str = ""
    answers: list[int] = field(default_factory=list)
    seen: dict[str, dict[str, Any]] = field(default_factory=dict)
    arrivals: list[str] = field(default_factory=list)
    signatures: list[str] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: web.Request) -> web.Response:
        """Answer one webhook."""
        body = await request.text()
        headers = dict(request.headers)
        content: dict[str, Any] = json.loads(body)
        if self.secret is not None:
            content = Webhook(self.secret).verify(body, headers)
        if content["type"] == "webhook.verify":
            return web.json_response({"challenge": content["data"]["challenge"]})
        message_id = headers["webhook-id"]
        self.arrivals.append(message_id)
        self.signatures.append(headers["webhook-signature"])
        status = self.answers.pop(0) if self.answers else 204
        if status < 300:
            self.seen.setdefault(message_id, content)
            self.arrived.set()
        return web.Response(status=status)

    def types(self, appointment_id: str) -> list[str]:
        """Return which events of an appointment arrived, in their order."""
        return [
            content["type"].removeprefix("appointment.")
            for content in self.seen.values()
            if content["data"]["appointment"]["id"] == appointment_id
        ]


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """Run a receiver on a free port."""
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/hook", receiver.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    receiver.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield receiver
    finally:
        await runner.cleanup()


@dataclass
class Teller:
    """Our side: what books, what registers endpoints, what sends."""

    db: Database
    clock: TurnedClock
    booking: Booking
    webhooks: Webhooks
    dispatcher: Dispatcher

    async def book(self, appointment_id: str = "a-1") -> None:
        """Book an appointment that lies ahead."""
        request = a_booking(starts_at=self.clock())
        await self.booking.put(appointment_id, request, by="api:1", if_match=None)

    async def cancel(self, appointment_id: str = "a-1") -> None:
        """Cancel it."""
        await self.booking.cancel(appointment_id, reason="", by="api:1", if_match=None)

    async def listen(self, receiver: Receiver, *, verified: bool = True, path: str = "/hook") -> Endpoint:
        """Register a receiver for every event."""
        endpoint = await self.webhooks.add(
            url=receiver.base + path, events=tuple(AppointmentEvent), by="api:1"
        )
        receiver.secret = self.webhooks.secret(endpoint)
        return await self.webhooks.verify(endpoint.id, by="api:1") if verified else endpoint

    async def tell(self) -> None:
        """Send all that is due, and what becomes due by it."""
        while await self.dispatcher.run_once():
            pass


@asynccontextmanager
async def telling(folder: Path, **outbound_options: Any) -> AsyncIterator[Teller]:
    """Put our side together over a fresh database."""
    clock = TurnedClock(utc_now())
    async with fresh_database(folder) as db:
        keys = Keys.open(folder / "secrets")
        outbound = Outbound(**{"allowed": LOOPBACK, **outbound_options})
        sending = WebhookSending(db=db, clock=clock, keys=keys, outbound=outbound)
        dispatcher = Dispatcher(
            db=db,
            clock=clock,
            handlers={Kind.WEBHOOK: sending.send},
            recorders={Kind.WEBHOOK: sending.record},
            chance=lambda: 0.0,
            alone=True,
        )
        try:
            yield Teller(
                db=db,
                clock=clock,
                booking=Booking(db=db, clock=clock, wake=dispatcher.wake),
                webhooks=Webhooks(
                    db=db,
                    clock=clock,
                    keys=keys,
                    outbound=outbound,
                    plain=True,
                    wake=dispatcher.wake,
                ),
                dispatcher=dispatcher,
            )
        finally:
            await outbound.close()
