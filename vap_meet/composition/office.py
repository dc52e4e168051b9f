"""What joins us to the offices behind the appointments: requests they keep, people they invite or call."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from vap_meet.domain.outbox import Kind
from vap_meet.services.booking_invitations import BookingInvitations
from vap_meet.services.call_backs import CallBacks
from vap_meet.services.invitation_sending import InvitationSending
from vap_meet.services.published_lists import PublishedLists
from vap_meet.services.request_demo import DemoRequestLookup
from vap_meet.services.request_http import HttpRequestLookup
from vap_meet.services.request_lookup import CarefulLookup
from vap_meet.services.requests import Requests
from vap_meet.web import appkeys as key
from vap_meet.web.letters import Letters

if TYPE_CHECKING:
    from aiohttp import web

    from vap_meet.composition.base import Base
    from vap_meet.composition.telling import Telling
    from vap_meet.services.request_lookup import RequestLookup
    from vap_meet.settings import Settings


def put_office(app: web.Application, base: Base, telling: Telling) -> None:
    """Make what offices ask of us and what we ask of them."""
    _put_requests(app, base)
    app[key.BOOKING_INVITATIONS] = BookingInvitations(
        db=base.db,
        clock=base.clock,
        keys=base.keys,
        services=app[key.CATALOGUE],
        public_url=base.settings.public_url,
        ways=telling.channels,
        wake=telling.wake,
    )
    app[key.CALL_BACKS] = CallBacks(
        db=base.db,
        clock=base.clock,
        zone=ZoneInfo(base.settings.time_zone),
        invitations=app[key.BOOKING_INVITATIONS],
        wake=telling.wake,
    )
    sending = InvitationSending(
        db=base.db,
        clock=base.clock,
        keys=base.keys,
        senders=telling.channels,
        writer=Letters(base.settings, app[key.RENDERER]),
        public_url=base.settings.public_url,
    )
    telling.handlers[Kind.INVITATION] = sending.send
    app[key.PUBLISHED_LISTS] = PublishedLists(
        db=base.db, clock=base.clock, zone=ZoneInfo(base.settings.time_zone)
    )


def _put_requests(app: web.Application, base: Base) -> None:
    """Make the look-up of requests, if there is a back office to ask; a demonstration has its own."""
    settings, clock = base.settings, base.clock
    inner: RequestLookup | None = DemoRequestLookup(clock) if settings.demo else _http(settings)
    lookup = None if inner is None else CarefulLookup(inner, clock=clock)
    if lookup is not None:
        base.closing.push_async_callback(lookup.close)
    app[key.REQUESTS] = Requests(db=base.db, clock=clock, keys=base.keys, lookup=lookup)


def _http(settings: Settings) -> HttpRequestLookup | None:
    if not settings.request_url:
        return None
    header = settings.request_header.get_secret_value() if settings.request_header else None
    return HttpRequestLookup(settings.request_url, header=header)
