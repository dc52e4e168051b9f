"""The composition: with `vap_meet.composition`, the only code that knows every part.

`build` returns an application whose parts come to life at start-up and end in reverse order at clean-up.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import web

from vap_meet.clock import Clock, utc_now
from vap_meet.composition.base import open_base
from vap_meet.composition.guests import put_guests
from vap_meet.composition.office import put_office
from vap_meet.composition.record import put_demo, put_record
from vap_meet.composition.rooms import put_rooms
from vap_meet.composition.rounds import put_rounds
from vap_meet.composition.telling import listen, put_telling
from vap_meet.web import (
    admin,
    admin_catalogue,
    admin_feedback,
    admin_health,
    admin_hours,
    admin_keys,
    admin_messages,
    admin_services,
    admin_webhooks,
    agent,
    agent_booking,
    agent_callers,
    agent_calls,
    agent_news,
    api,
    assets,
    assignments,
    attachments,
    booked,
    booking,
    call_back,
    customer,
    demo,
    dev_outbox,
    device_check,
    earlier,
    feedback,
    guests,
    hand_over,
    health,
    invited,
    keys,
    metrics,
    mine,
    pages,
    quality,
    requests,
    services,
    signal,
    staff,
)
from vap_meet.web import appkeys as key
from vap_meet.web.assets import Assets
from vap_meet.web.metrics import Metrics
from vap_meet.web.middleware import middlewares
from vap_meet.web.render import Renderer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from vap_meet.settings import Settings

MAX_BODY_BYTES = 64 * 1024
DOORS = (
    assets,
    pages,
    services,
    booking,
    booked,
    earlier,
    mine,
    customer,
    call_back,
    guests,
    hand_over,
    feedback,
    device_check,
    quality,
    requests,
    staff,
    agent,
    agent_booking,
    agent_callers,
    agent_calls,
    agent_news,
    attachments,
    assignments,
    admin,
    admin_catalogue,
    admin_feedback,
    admin_services,
    admin_hours,
    admin_health,
    admin_keys,
    admin_messages,
    admin_webhooks,
    api,
    keys,
    health,
    metrics,
    invited,
    signal,
)


def build(settings: Settings, *, clock: Clock = utc_now) -> web.Application:
    """Put an application together; nothing is opened before it starts."""
    app = web.Application(middlewares=middlewares(settings), client_max_size=MAX_BODY_BYTES)
    app[key.SETTINGS] = settings
    app[key.CLOCK] = clock
    app[key.METRICS] = Metrics()
    app[key.ASSETS] = Assets.load()
    app[key.RENDERER] = Renderer(settings, app[key.ASSETS], clock=clock)
    app.cleanup_ctx.append(_parts)
    app.on_shutdown.append(_drain)
    for door in DOORS:
        app.add_routes(door.routes)
    if settings.demo:
        app.add_routes(demo.routes)
        app.add_routes(dev_outbox.routes)
    return app


async def _parts(app: web.Application) -> AsyncIterator[None]:
    """Open the record, join the use cases to it and to the hub, and run what runs by itself."""
    async with open_base(app) as base:
        telling = put_telling(app, base)
        put_rooms(app, base, telling)
        put_record(app, base, telling)
        put_rounds(app, base, telling)
        put_office(app, base, telling)
        put_guests(app, base, telling)
        put_demo(app, base, telling)
        listen(app, base, telling)
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(run(), name=name) for name, run in base.runs.items()]
            yield
            for task in running:
                task.cancel()


async def _drain(app: web.Application) -> None:
    """Tell everyone connected to come back, before the sockets close."""
    app[key.BOARD_NEWS].end()
    await app[key.HUB].drain()
