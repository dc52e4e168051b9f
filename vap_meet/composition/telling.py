"""Telling people and systems: the outbox's dispatcher, messages to customers, webhooks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from vap_meet.domain.messages import Channel
from vap_meet.domain.outbox import Kind, read_room_command
from vap_meet.services import call_backs, presence
from vap_meet.services.announcing import Announcer
from vap_meet.services.channels import close_all, organiser, senders
from vap_meet.services.delivery import Dispatcher
from vap_meet.services.message_sending import MessageSending
from vap_meet.services.message_shelf import MessageShelf
from vap_meet.services.messages import MessagePromises
from vap_meet.services.opening_notices import OpeningSending
from vap_meet.services.parked import ParkedMessages
from vap_meet.services.webhook_sending import WebhookSending
from vap_meet.services.webhooks import Webhooks
from vap_meet.web import appkeys as key
from vap_meet.web.letters import Letters

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aiohttp import web

    from signaling.hub import Hub
    from vap_meet.composition.base import Base
    from vap_meet.services.delivery import Handler
    from vap_meet.services.message_sending import Sender


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What use cases need in order to promise; `handlers` is filled once the other rooms are there."""

    wake: Callable[[], None]
    announce: Announcer
    promises: MessagePromises
    channels: Mapping[Channel, Sender]
    handlers: dict[str, Handler]


def put_telling(app: web.Application, base: Base) -> Telling:
    """Make the dispatcher and what promises; `listen` completes it."""
    channels = _channels(app)

    async def close_channels() -> None:
        await close_all(channels)

    base.closing.push_async_callback(close_channels)
    sending = WebhookSending(db=base.db, clock=base.clock, keys=base.keys, outbound=base.outbound)
    handlers: dict[str, Handler] = {Kind.WEBHOOK: sending.send}
    dispatcher = Dispatcher(
        db=base.db,
        clock=base.clock,
        handlers=handlers,
        recorders={Kind.WEBHOOK: sending.record},
        alone=isinstance(base.settings.database, Path),
    )
    base.runs["dispatcher"] = dispatcher.run
    app[key.WEBHOOKS] = Webhooks(
        db=base.db,
        clock=base.clock,
        keys=base.keys,
        outbound=base.outbound,
        plain=bool(base.settings.webhook_allow_private),
        wake=dispatcher.wake,
    )
    app[key.PARKED] = ParkedMessages(db=base.db, clock=base.clock, wake=dispatcher.wake)
    promises = MessagePromises(channels)
    return Telling(
        wake=dispatcher.wake,
        announce=Announcer(promises, call_backs.answered),
        promises=promises,
        channels=channels,
        handlers=handlers,
    )


def listen(app: web.Application, base: Base, telling: Telling) -> None:
    """Give the dispatcher the handlers that need the other rooms' parts."""
    hub = app[key.HUB]
    letters = Letters(base.settings, app[key.RENDERER])
    openings = OpeningSending(db=base.db, clock=base.clock, senders=telling.channels, writer=letters)
    telling.handlers[Kind.SERVICE_OPEN] = openings.send
    messages = MessageSending(
        db=base.db,
        clock=base.clock,
        senders=telling.channels,
        writer=letters,
        joining=app[key.JOINING],
        codes=app[key.PHONE_CODES],
        online=partial(presence.online, hub),
        organiser=organiser(base.settings),
    )
    telling.handlers.update(
        {Kind.MESSAGE: messages.send, Kind.PHONE_CODE: messages.send_code, **_room_commands(hub)}
    )


def _channels(app: web.Application) -> Mapping[Channel, Sender]:
    """Return the channels that are set up; a demonstration's messages all go to its shelf."""
    settings, clock = app[key.SETTINGS], app[key.CLOCK]
    if settings.demo:
        app[key.SHELF] = shelf = MessageShelf(clock)
        return dict.fromkeys(Channel, shelf)
    return senders(settings, clock)


def _room_commands(hub: Hub) -> dict[str, Handler]:
    """Return the handlers of what rooms are told after the record has changed."""

    async def end(payload: str) -> None:
        await hub.end_room(read_room_command(payload).room)

    async def revoke(payload: str) -> None:
        command = read_room_command(payload)
        await hub.revoke(command.room, command.participant)

    return {Kind.ROOM_END: end, Kind.ROOM_REVOKE: revoke}
