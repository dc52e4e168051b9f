"""Messages for a test: a real mail server that answers as told, an SMS provider, and our side beside them."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING, Any

from aiohttp import web
from aiosmtpd.smtp import SMTP
from icalendar import Calendar
from sqlalchemy import select

from signaling.hub import Hub
from signaling.log import MemoryLog
from tests.support.record import NOON, Told, TurnedClock, a_booking, fresh_database
from tests.support.server import free_port
from vap_meet.domain.outbox import Kind
from vap_meet.services.announcing import Announcer
from vap_meet.services.booking import Booking
from vap_meet.services.channels import close_all, organiser, senders
from vap_meet.services.delivery import Dispatcher
from vap_meet.services.joining import Joining
from vap_meet.services.keys import Keys
from vap_meet.services.limits import RateLimiter
from vap_meet.services.message_sending import MessageSending
from vap_meet.services.messages import MessagePromises
from vap_meet.services.outcomes import Outcomes
from vap_meet.services.phone_codes import PhoneCodes
from vap_meet.services.sessions import Sessions
from vap_meet.settings import Settings
from vap_meet.store import schema
from vap_meet.web.assets import Assets
from vap_meet.web.letters import Letters
from vap_meet.web.render import Renderer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime
    from email.message import EmailMessage
    from pathlib import Path

    from vap_meet.domain.appointment import Appointment
    from vap_meet.store.engine import Database

PUBLIC_URL = "https://meet.example"
IN_TWO_DAYS = NOON + timedelta(days=2)


@dataclass
class MailServer:
    """A real SMTP server. `answers` are what it says next to a recipient or to content; then it accepts."""

    port: int
    refuse_recipient: list[str] = field(default_factory=list)
    refuse_content: list[str] = field(default_factory=list)
    received: list[EmailMessage] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_RCPT(self, _server, _session, envelope, address, _options) -> str:  # noqa: N802
        """Answer to a recipient; aiosmtpd's name."""
        if self.refuse_recipient:
            return self.refuse_recipient.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope) -> str:  # noqa: N802
        """Take a message or refuse it; aiosmtpd's name."""
        if self.refuse_content:
            return self.refuse_content.pop(0)
        email = message_from_bytes(envelope.content, policy=default)
        email["X-Recipients"] = ",".join(envelope.rcpt_tos)
        self.received.append(email)
        self.arrived.set()
        return "250 OK"

    @asynccontextmanager
    async def up(self) -> AsyncIterator[MailServer]:
        """Listen until the block ends; before and after, nobody answers at the port."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: SMTP(self, enable_SMTPUTF8=True, loop=loop, hostname="mail.example"),
            "127.0.0.1",
            self.port,
        )
        try:
            yield self
        finally:
            server.close()
            await server.wait_closed()


@dataclass
class SmsGate:
    """An SMS provider. `answers` are the statuses it gives next, None for silence; then 200."""

    url: str = ""
    answers: list[int | None] = field(default_factory=list)
    received: list[tuple[dict[str, str], str]] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: web.Request) -> web.Response:
        """Answer one request."""
        body = await request.text()
        answer = self.answers.pop(0) if self.answers else 200
        if answer is None:
            await asyncio.Event().wait()
        if answer == 200:
            self.received.append((dict(request.headers), body))
            self.arrived.set()
        return web.Response(status=answer or 500, text="customer1@example.org is not known here")

    @asynccontextmanager
    async def up(self) -> AsyncIterator[SmsGate]:
        """Listen until the block ends."""
        app = web.Application()
        app.router.add_post("/send", self.take)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        port = free_port()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        self.url = f"http://127.0.0.1:{port}/send"
        try:
            yield self
        finally:
            await runner.cleanup()


@dataclass
class PostOffice:
    """Our side: bookings and outcomes that promise messages, and the dispatcher that keeps them."""

    db: Database
    clock: TurnedClock
    booking: Booking
    outcomes: Outcomes
    codes: PhoneCodes
    sessions: Sessions
    joining: Joining
    dispatcher: Dispatcher
    sending: MessageSending
    promises: MessagePromises
    online: set[str]

    async def deliver(self) -> None:
        """Keep all that is due, as often as it takes without the clock going on."""
        while await self.dispatcher.run_once():
            pass


@asynccontextmanager
async def post_office(
    folder: Path, *, mail: MailServer | None = None, sms: SmsGate | None = None, **settings: Any
) -> AsyncIterator[PostOffice]:
    """Put our side together with the channels that are given."""
    known = Settings(
        public_url=PUBLIC_URL,
        **({"smtp_host": "127.0.0.1", "smtp_port": mail.port} if mail else {}),
        **({"smtp_tls": "none", "smtp_from": "meet@city.example"} if mail else {}),
        **({"sms_url": sms.url, "sms_header": "X-Key: k-1"} if sms else {}),
        **settings,
    )
    clock = TurnedClock()
    channels = senders(known, clock)
    promises = MessagePromises(channels)
    announce = Announcer(promises)
    async with fresh_database(folder) as db:
        keys = Keys.open(folder / "secrets")
        sessions = Sessions(db=db, clock=clock, host_came=promises.host_came, summoned=promises.summoned)
        hub = Hub(
            log=MemoryLog(clock_ms=lambda: 0),
            facts=sessions,
            ice_servers=lambda _participant: (),
            clock_ms=lambda: 0,
        )
        joining = Joining(db=db, clock=clock, keys=keys, settings=known, hub=hub, sessions=sessions)
        codes = PhoneCodes(db=db, clock=clock, keys=keys, limits=RateLimiter(clock))
        online: set[str] = set()

        async def who_is_online(_room: str) -> frozenset[str]:
            return frozenset(online)

        sending = MessageSending(
            db=db,
            clock=clock,
            senders=channels,
            writer=Letters(known, Renderer(known, Assets.load(), clock=clock)),
            joining=joining,
            codes=codes,
            online=who_is_online,
            organiser=organiser(known),
        )
        handlers = {Kind.MESSAGE: sending.send, Kind.PHONE_CODE: sending.send_code}
        handlers |= dict.fromkeys((Kind.ROOM_END, Kind.ROOM_REVOKE), Told())
        dispatcher = Dispatcher(db=db, clock=clock, handlers=handlers, chance=lambda: 0.0)
        try:
            yield PostOffice(
                db=db,
                clock=clock,
                booking=Booking(db=db, clock=clock, announce=announce),
                outcomes=Outcomes(db=db, clock=clock, room_over=Told(), announce=announce),
                codes=codes,
                sessions=sessions,
                joining=joining,
                dispatcher=dispatcher,
                sending=sending,
                promises=promises,
                online=online,
            )
        finally:
            await close_all(channels)


def event_of(email: EmailMessage) -> tuple[str, Any]:
    """Return an email's calendar method and its one event, parsed by icalendar."""
    (part,) = [part for part in email.walk() if part.get_content_type() == "text/calendar"]
    calendar = Calendar.from_ical(part.get_content())
    assert part.get_param("method") == calendar["METHOD"]
    (event,) = calendar.walk("VEVENT")
    return str(calendar["METHOD"]), event


def text_of(email: EmailMessage, kind: str = "plain") -> str:
    """Return an email's text, or its HTML."""
    (part,) = [part for part in email.walk() if part.get_content_type() == f"text/{kind}"]
    return str(part.get_content())


@asynccontextmanager
async def offices(folder: Path, **settings: Any) -> AsyncIterator[tuple[PostOffice, MailServer, SmsGate]]:
    """Give our side between a mail server and an SMS provider that are up."""
    mail, gate = MailServer(free_port()), SmsGate()
    async with mail.up(), gate.up(), post_office(folder, mail=mail, sms=gate, **settings) as office:
        yield office, mail, gate


async def book(
    office: PostOffice, appointment_id: str = "a-1", *, starts_at: datetime = IN_TWO_DAYS, **changes: object
) -> Appointment:
    """Book an appointment; `changes` replace fields."""
    request = a_booking(starts_at=starts_at, **changes)
    return (await office.booking.put(appointment_id, request, by="api:1", if_match=None))[0]


async def outbox(db: Database) -> list[Any]:
    """Return every promise, the first first."""
    async with db.read() as tx:
        return list((await tx.execute(select(schema.outbox).order_by(schema.outbox.c.id))).all())
