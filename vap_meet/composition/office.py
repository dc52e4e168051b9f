"""What joins us to the offices behind the appointments: the requests that they keep."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vap_meet.services.request_demo import DemoRequestLookup
from vap_meet.services.request_http import HttpRequestLookup
from vap_meet.services.request_lookup import CarefulLookup
from vap_meet.services.requests import Requests
from vap_meet.web import appkeys as key

if TYPE_CHECKING:
    from aiohttp import web

    from vap_meet.composition.base import Base
    from vap_meet.services.request_lookup import RequestLookup
    from vap_meet.settings import Settings


def put_office(app: web.Application, base: Base) -> None:
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
