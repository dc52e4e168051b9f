"""Who else joins a call, and where else it goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vap_meet.domain.messages import Channel
from vap_meet.domain.outbox import Kind
from vap_meet.services.colleagues import Colleagues
from vap_meet.services.guest_sending import GuestSending
from vap_meet.services.guests import Guests
from vap_meet.services.hand_over import HandOvers
from vap_meet.web import appkeys as key
from vap_meet.web.letters import Letters

if TYPE_CHECKING:
    from aiohttp import web

    from vap_meet.composition.base import Base
    from vap_meet.composition.telling import Telling


def put_guests(app: web.Application, base: Base, telling: Telling) -> None:
    """Make the use cases of guests, colleagues and other devices; the record and the rooms are there."""
    invitations = app[key.JOINING].invitations
    app[key.GUESTS] = guests = Guests(
        db=base.db,
        clock=base.clock,
        invitations=invitations,
        channels=telling.channels,
        wake=telling.wake,
    )
    app[key.COLLEAGUES] = Colleagues(
        db=base.db,
        clock=base.clock,
        invitations=invitations,
        board_changed=app[key.BOARD_NEWS].changed,
    )
    app[key.HAND_OVERS] = HandOvers(
        db=base.db,
        clock=base.clock,
        public_url=base.settings.public_url,
        joining=app[key.JOINING],
        codes=app[key.PHONE_CODES],
        hub=app[key.HUB],
        sms=Channel.SMS in telling.channels,
    )
    sending = GuestSending(
        guests=guests, senders=telling.channels, writer=Letters(base.settings, app[key.RENDERER])
    )
    telling.handlers[Kind.GUEST] = sending.send
