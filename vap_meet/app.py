"""The composition: the only file that knows every part.

`build` returns an application whose parts come to life at start-up and end in reverse order at clean-up.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from aiohttp import web

from signaling.backing import choose
from signaling.hub import Hub
from signaling.turn import ice_servers
from vap_meet.clock import Clock, milliseconds, utc_now
from vap_meet.domain.messages import Channel
from vap_meet.domain.outbox import Kind, read_room_command
from vap_meet.services.announcing import Announcer
from vap_meet.services.api_keys import ApiKeys
from vap_meet.services.availability import Availability
from vap_meet.services.board import Board
from vap_meet.services.booking import Booking
from vap_meet.services.catalogue import Catalogue
from vap_meet.services.channels import close_all, organiser, senders
from vap_meet.services.delivery import Dispatcher
from vap_meet.services.demand import Demand
from vap_meet.services.demo import Demo
from vap_meet.services.device_checks import DeviceChecks
from vap_meet.services.echo import Echo
from vap_meet.services.feedback import Feedback
from vap_meet.services.health import Health
from vap_meet.services.hours import Hours
from vap_meet.services.joining import Joining
from vap_meet.services.keys import Keys
from vap_meet.services.limits import RateLimiter
from vap_meet.services.message_sending import MessageSending
from vap_meet.services.message_shelf import MessageShelf
from vap_meet.services.messages import MessagePromises
from vap_meet.services.outbound import Outbound
from vap_meet.services.outcomes import Outcomes
from vap_meet.services.own_appointments import OwnAppointments
from vap_meet.services.phone_codes import PhoneCodes
from vap_meet.services.quality import Quality
from vap_meet.services.retention import Retention
from vap_meet.services.revoking import Revoking
from vap_meet.services.sealing import Sealer
from vap_meet.services.sessions import Sessions
from vap_meet.services.staffing import Staffing
from vap_meet.services.sweeping import Sweeper
from vap_meet.services.turn_check import TurnCheck
from vap_meet.services.webhook_sending import WebhookSending
from vap_meet.services.webhooks import Webhooks
from vap_meet.store.engine import Database
from vap_meet.web import (
    admin,
    admin_catalogue,
    admin_feedback,
    admin_health,
    admin_hours,
    admin_services,
    admin_webhooks,
    agent,
    api,
    assets,
    booked,
    booking,
    customer,
    demo,
    dev_outbox,
    device_check,
    feedback,
    health,
    keys,
    mine,
    pages,
    quality,
    services,
    signal,
    staff,
)
from vap_meet.web import appkeys as key
from vap_meet.web.assets import Assets
from vap_meet.web.letters import Letters
from vap_meet.web.middleware import middlewares
from vap_meet.web.render import Renderer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from signaling.protocol import IceServer
    from vap_meet.services.delivery import Handler
    from vap_meet.services.message_sending import Sender
    from vap_meet.settings import Settings

MAX_BODY_BYTES = 64 * 1024
DOORS = (
    assets,
    pages,
    services,
    booking,
    booked,
    mine,
    customer,
    feedback,
    device_check,
    quality,
    staff,
    agent,
    admin,
    admin_catalogue,
    admin_feedback,
    admin_services,
    admin_hours,
    admin_health,
    admin_webhooks,
    api,
    keys,
    health,
    signal,
)


def build(settings: Settings, *, clock: Clock = utc_now) -> web.Application:
    """Put an application together; nothing is opened before it starts."""
    app = web.Application(middlewares=middlewares(settings), client_max_size=MAX_BODY_BYTES)
    app[key.SETTINGS] = settings
    app[key.CLOCK] = clock
    app[key.ASSETS] = Assets.load()
    app[key.RENDERER] = Renderer(settings, app[key.ASSETS], clock=clock)
    app[key.LIMITS] = RateLimiter(clock)
    app.cleanup_ctx.append(_parts)
    app.on_shutdown.append(_drain)
    for door in DOORS:
        app.add_routes(door.routes)
    if settings.demo:
        app.add_routes(demo.routes)
        app.add_routes(dev_outbox.routes)
    return app


async def _parts(app: web.Application) -> AsyncIterator[None]:
    """Open the database, join the use cases to it and to the hub, and run what runs by itself."""
    settings, clock = app[key.SETTINGS], app[key.CLOCK]
    redis_url = settings.redis.get_secret_value() if settings.redis else None
    rooms = app[key.ROOMS] = choose(redis_url, clock_ms=milliseconds(clock))
    db = await Database.open(settings.database)
    outbound = Outbound(allowed=settings.webhook_allow_private)
    channels = _channels(app)
    promises = MessagePromises(channels)
    app[key.ECHO] = echo = Echo(capacity=settings.echo_capacity, stun_urls=settings.stun_urls)
    try:
        app[key.DB] = db
        _plain_parts(app, db)
        key_rings = Keys.open(settings.secret_dir)
        sending = WebhookSending(db=db, clock=clock, keys=key_rings, outbound=outbound)
        handlers: dict[str, Handler] = {Kind.WEBHOOK: sending.send}
        dispatcher = Dispatcher(
            db=db,
            clock=clock,
            handlers=handlers,
            recorders={Kind.WEBHOOK: sending.record},
            alone=isinstance(settings.database, Path),
        )
        app[key.SESSIONS] = Sessions(db=db, clock=clock, wake=dispatcher.wake, host_came=promises.host_came)
        app[key.HUB] = hub = Hub(
            log=rooms.log,
            presence=rooms.presence,
            facts=app[key.SESSIONS],
            ice_servers=_ice_servers(settings, clock),
            clock_ms=milliseconds(clock),
        )
        announce = Announcer(promises)
        app[key.BOOKING] = Booking(db=db, clock=clock, wake=dispatcher.wake, announce=announce)
        app[key.OUTCOMES] = Outcomes(
            db=db, clock=clock, room_over=hub.end_room, wake=dispatcher.wake, announce=announce
        )
        app[key.FEEDBACK] = Feedback(
            db=db, clock=clock, zone=ZoneInfo(settings.time_zone), wake=dispatcher.wake
        )
        app[key.AVAILABILITY] = Availability(
            db=db,
            clock=clock,
            booking=app[key.BOOKING],
            services=app[key.CATALOGUE],
            cut_off=timedelta(minutes=settings.change_cut_off_minutes),
        )
        app[key.BOARD] = Board(db=db, clock=clock, settings=settings)
        revoking = Revoking(db=db, hub=hub)
        app[key.STAFFING] = Staffing(db=db, clock=clock, access_ended=revoking.wake)
        turn_check = TurnCheck(urls=settings.turn_urls, secret=_turn_secret(settings), clock=clock)
        app[key.DEVICE_CHECKS] = DeviceChecks(db=db, clock=clock, ice_servers=_ice_servers(settings, clock))
        app[key.HEALTH] = Health(db=db, clock=clock, turn=turn_check)
        app[key.JOINING] = Joining(
            db=db,
            clock=clock,
            keys=key_rings,
            settings=settings,
            hub=hub,
            sessions=app[key.SESSIONS],
        )
        app[key.OWN] = OwnAppointments(db=db, joining=app[key.JOINING], outcomes=app[key.OUTCOMES])
        app[key.PHONE_CODES] = PhoneCodes(
            db=db, clock=clock, keys=key_rings, limits=app[key.LIMITS], wake=dispatcher.wake
        )
        handlers |= _room_commands(hub) | _message_handlers(app, channels)
        app[key.WEBHOOKS] = Webhooks(
            db=db,
            clock=clock,
            keys=key_rings,
            outbound=outbound,
            plain=bool(settings.webhook_allow_private),
            wake=dispatcher.wake,
        )
        app[key.DEMO] = Demo(
            db=db,
            clock=clock,
            hub=hub,
            sessions=app[key.SESSIONS],
            joining=app[key.JOINING],
            staffing=app[key.STAFFING],
            api_keys=app[key.API_KEYS],
            catalogue=app[key.CATALOGUE],
            hours=app[key.HOURS],
            announce=announce,
            notebook=settings.secret_dir.parent / "demo-links.json",
        )
        # The demonstration's waiting customers have no browser: nobody sweeps them away.
        sweeper = Sweeper(db=db, clock=clock, online=hub.online, repairs=not settings.demo)
        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(rooms.run(), name="rooms"),
                tasks.create_task(hub.run(), name="hub"),
                tasks.create_task(dispatcher.run(), name="dispatcher"),
                tasks.create_task(revoking.run(), name="revoking"),
                tasks.create_task(Sealer(db=db, clock=clock).run(), name="sealer"),
                tasks.create_task(
                    Retention(db=db, clock=clock, keep_months=settings.keep_months).run(), name="retention"
                ),
                tasks.create_task(sweeper.run(), name="sweeper"),
                tasks.create_task(turn_check.run(), name="turn_check"),
            ]
            yield
            for task in running:
                task.cancel()
    finally:
        await echo.close()
        await rooms.close()
        await outbound.close()
        await close_all(channels)
        await db.close()


def _plain_parts(app: web.Application, db: Database) -> None:
    """Make the parts that need no more than the record and the time."""
    clock = app[key.CLOCK]
    app[key.HOURS] = Hours(db=db, clock=clock)
    app[key.CATALOGUE] = Catalogue(db=db, clock=clock)
    app[key.QUALITY] = Quality(db=db, clock=clock)
    app[key.DEMAND] = Demand(db=db, clock=clock)
    app[key.API_KEYS] = ApiKeys(db=db, clock=clock)


async def _drain(app: web.Application) -> None:
    """Tell everyone connected to come back, before the sockets close."""
    await app[key.HUB].drain()


def _ice_servers(settings: Settings, clock: Clock) -> Callable[[str], tuple[IceServer, ...]]:
    secret = _turn_secret(settings)

    def for_participant(participant: str) -> tuple[IceServer, ...]:
        return ice_servers(
            participant,
            stun_urls=settings.stun_urls,
            turn_urls=settings.turn_urls,
            turn_secret=secret,
            now=clock(),
        )

    return for_participant


def _turn_secret(settings: Settings) -> str | None:
    return settings.turn_secret.get_secret_value() if settings.turn_secret else None


def _channels(app: web.Application) -> Mapping[Channel, Sender]:
    """Return the channels that are set up; a demonstration's messages all go to its shelf."""
    settings, clock = app[key.SETTINGS], app[key.CLOCK]
    if settings.demo:
        app[key.SHELF] = shelf = MessageShelf(clock)
        return dict.fromkeys(Channel, shelf)
    return senders(settings, clock)


def _message_handlers(app: web.Application, channels: Mapping[Channel, Sender]) -> dict[str, Handler]:
    """Return the handlers of what customers are told."""
    messages = MessageSending(
        db=app[key.DB],
        clock=app[key.CLOCK],
        senders=channels,
        writer=Letters(app[key.SETTINGS], app[key.RENDERER]),
        joining=app[key.JOINING],
        codes=app[key.PHONE_CODES],
        online=app[key.HUB].online,
        organiser=organiser(app[key.SETTINGS]),
    )
    return {Kind.MESSAGE: messages.send, Kind.PHONE_CODE: messages.send_code}


def _room_commands(hub: Hub) -> dict[str, Handler]:
    """Return the handlers of what rooms are told after the record has changed."""

    async def end(payload: str) -> None:
        await hub.end_room(read_room_command(payload).room)

    async def revoke(payload: str) -> None:
        command = read_room_command(payload)
        await hub.revoke(command.room, command.participant)

    return {Kind.ROOM_END: end, Kind.ROOM_REVOKE: revoke}
