"""The catalogue's pages for customers.

GET  /services                 ?q=words or ?area=id; `typing=1` while somebody types: nothing is counted
GET  /services/{id}            what it is, what to have ready, how long, where to apply, how to book
POST /services/{id}/tell-me    contact, agreed -> 303 back: whoever asked is told when it opens
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import hdrs, web

from vap_meet.domain.catalogue import areas
from vap_meet.domain.errors import InvalidRequest, RateLimited, WrongState
from vap_meet.domain.finding import MAX_QUERY_CHARS
from vap_meet.domain.slot_errors import NotBookable
from vap_meet.services.limits import Bucket, address_key
from vap_meet.web.appkeys import AVAILABILITY, CATALOGUE, DEMAND, LIMITS, RENDERER
from vap_meet.web.customer_pages import see_other
from vap_meet.web.guards import client_address

if TYPE_CHECKING:
    from datetime import datetime

    from vap_meet.domain.catalogue import Service

routes = web.RouteTableDef()

BOOKING_ROUTE = "book"
"""The name of the booking pages' first route. Where there is one, each open service leads to it."""


def booking_url(request: web.Request, service: Service) -> str | None:
    """Return where an appointment about a service is booked; None while that can't be done here."""
    pages = request.app.router.named_resources().get(BOOKING_ROUTE)
    if pages is None or not service.is_open:
        return None
    return str(pages.url_for().with_query(service=service.id))


@routes.get("/services")
async def services_page(request: web.Request) -> web.StreamResponse:
    """Show what was found, the services of an area, or the areas."""
    services = await request.app[CATALOGUE].every()
    query = request.query.get("q", "").replace("\0", "").strip()[:MAX_QUERY_CHARS]
    found = await request.app[CATALOGUE].find(query) if query else None
    if found is not None and not found.whole and "typing" not in request.query:
        await _note_miss(request, query)
    known = areas(services)
    area = None if query else next((each for each in known if each.id == request.query.get("area")), None)
    return request.app[RENDERER].page(
        request,
        "customer/services.html",
        title_key="services.title",
        query=query,
        found=found,
        areas=known,
        area=area,
        listed=tuple(service for service in services if area and service.area_id == area.id),
    )


@routes.get("/services/{id}")
async def service_page(request: web.Request) -> web.StreamResponse:
    """Show one service."""
    return await _page(request)


@routes.post("/services/{id}/tell-me")
async def tell_me(request: web.Request) -> web.StreamResponse:
    """Note whom to tell when the service opens; a refusal shows the form again with what was typed."""
    form = await request.post()
    contact, service_id = form.get("contact"), request.match_info["id"]
    typed = contact if isinstance(contact, str) else ""
    app = request.app
    try:
        app[LIMITS].hit(Bucket.TELL_ME, address_key(client_address(request)))
        await app[DEMAND].tell_me(
            service_id,
            typed,
            language=app[RENDERER].language(request),
            agreed=form.get("agreed") == "1",
        )
    except InvalidRequest as error:
        return await _page(request, typed=typed, faults=frozenset(error.fields), status=422)
    except RateLimited as error:
        response = await _page(request, typed=typed, faults=frozenset({"wait"}), status=429)
        response.headers[hdrs.RETRY_AFTER] = str(error.retry_after_s)
        return response
    except WrongState:
        return see_other(f"/services/{service_id}")
    return see_other(f"/services/{service_id}?told=1#tell-me")


async def _page(
    request: web.Request, *, typed: str = "", faults: frozenset[str] = frozenset(), status: int = 200
) -> web.Response:
    service = await request.app[CATALOGUE].get(request.match_info["id"])
    url = booking_url(request, service)
    arabic = request.app[RENDERER].language(request) == "ar"
    return request.app[RENDERER].page(
        request,
        "customer/service.html",
        title_key="service.page_title",
        title_params={"name": service.name_ar if arabic else service.name_en},
        status=status,
        service=service,
        booking_url=url,
        first_free=await _first_free(request, service) if url else None,
        typed=typed,
        faults=faults,
        told="told" in request.query,
    )


async def _first_free(request: web.Request, service: Service) -> datetime | None:
    """Return the first time that can be had of a service, None if there is none or nobody takes it."""
    try:
        found = await request.app[AVAILABILITY].first_free(service.id)
    except NotBookable:
        return None
    return None if found is None else found.starts_at


async def _note_miss(request: web.Request, query: str) -> None:
    """Count a search in vain, unless somebody makes up many."""
    try:
        request.app[LIMITS].hit(Bucket.MISSED_SEARCH, address_key(client_address(request)))
    except RateLimited:
        return
    await request.app[DEMAND].note_miss(query)
