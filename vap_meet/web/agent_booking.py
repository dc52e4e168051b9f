"""The agent's pages of booking for a caller: a service, a time, the caller's details, done.

GET  /agent/booking                       q: find a service; the form that finds an appointment
GET  /agent/booking/times                 service, day, need     choose a time
GET  /agent/booking/details               service, start, need   the caller's details, the notice to read out
POST /agent/booking/details               the form -> 303 to the caller's appointment
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from vap_meet.domain.errors import DomainError, InvalidRequest, NotFound
from vap_meet.domain.finding import MAX_QUERY_CHARS
from vap_meet.domain.slot_errors import NotBookable
from vap_meet.web.appkeys import AVAILABILITY, CATALOGUE, RENDERER
from vap_meet.web.booking import TIME_FAULTS
from vap_meet.web.booking_form import BookingForm, read_need, read_start, start_text
from vap_meet.web.customer_pages import see_other
from vap_meet.web.guards import staff_of, staff_required
from vap_meet.web.slot_choice import asked_for

if TYPE_CHECKING:
    from vap_meet.domain.catalogue import Service

routes = web.RouteTableDef()

FIRST = "/agent/booking"


@routes.get(FIRST)
@staff_required("agent")
async def first_page(request: web.Request) -> web.StreamResponse:
    """Show the two ways in: a service for who has no appointment, a search for who has one."""
    return await booking_page(request)


@routes.get(FIRST + "/times")
@staff_required("agent")
async def times_page(request: web.Request) -> web.StreamResponse:
    """Show the days and times that can be had of a service."""
    service = await _service(request, request.query.get("service", ""))
    if service is None:
        return see_other(FIRST)
    return await _times(request, service, need=request.query.get("need", ""))


@routes.get(FIRST + "/details")
@staff_required("agent")
async def details_page(request: web.Request) -> web.StreamResponse:
    """Show the form for a time that was chosen."""
    service = await _service(request, request.query.get("service", ""))
    start = read_start(request.query.get("start", ""))
    if service is None or start is None:
        return see_other(FIRST)
    typed = {"service": service.id, "start": start_text(start), "need": request.query.get("need", "")}
    language = request.app[RENDERER].language(request).value
    return _details(request, service, BookingForm.read({**typed, "language": language, "mode": "video"}))


@routes.post(FIRST + "/details")
@staff_required("agent")
async def book(request: web.Request) -> web.StreamResponse:
    """Book. What was typed is carried on when the time is gone meanwhile."""
    app, form = request.app, BookingForm.read(await request.post())
    service = await _service(request, form.service)
    if service is None or form.starts_at is None:
        return see_other(FIRST)
    if faults := form.faults():
        return _details(request, service, form, faults=faults, status=422)
    by = f"staff:{staff_of(request).id}"
    try:
        booked, _ = await app[AVAILABILITY].book(
            form.id, form.request(language=app[RENDERER].language(request), heard_by=by), by=by
        )
    except InvalidRequest:
        return _details(request, service, form, faults=("name",), status=422)
    except DomainError as error:
        if error.code.value not in TIME_FAULTS:
            raise
        return await _times(
            request, service, need=form.need, fault=error.code.value, carried=form.hidden("start")
        )
    return see_other(f"/agent/callers/{booked.id}?booked=1")


async def booking_page(
    request: web.Request, *, sought: str = "", nothing: bool = False, status: int = 200
) -> web.Response:
    """Return the first page; `nothing` says that a search for an appointment found none."""
    query = request.query.get("q", "").replace("\0", "").strip()[:MAX_QUERY_CHARS]
    found = await request.app[CATALOGUE].find(query) if query else None
    return request.app[RENDERER].page(
        request,
        "agent/booking.html",
        title_key="callers.title",
        status=status,
        staff=staff_of(request),
        here="booking",
        query=query,
        found=None if found is None else found.services,
        sought=sought,
        nothing=nothing,
    )


async def _times(
    request: web.Request,
    service: Service,
    *,
    need: str,
    fault: str = "",
    carried: dict[str, str] | None = None,
) -> web.Response:
    known = read_need(need)
    try:
        slots = await request.app[AVAILABILITY].slots(service.id, need=known)
    except NotBookable:
        slots = None
    return request.app[RENDERER].page(
        request,
        "agent/booking-times.html",
        title_key="callers.times_title",
        status=409 if fault else 200,
        staff=staff_of(request),
        here="booking",
        service=service,
        need=known.value if known else "",
        choice=slots and asked_for(request, slots),
        fault=fault,
        carried=carried or {},
        start_text=start_text,
    )


def _details(
    request: web.Request,
    service: Service,
    form: BookingForm,
    *,
    faults: tuple[str, ...] = (),
    status: int = 200,
) -> web.Response:
    return request.app[RENDERER].page(
        request,
        "agent/booking-details.html",
        title_key="callers.details_title",
        status=status,
        staff=staff_of(request),
        here="booking",
        service=service,
        form=form,
        faults=faults,
        starts_at=form.starts_at,
    )


async def _service(request: web.Request, service_id: str) -> Service | None:
    try:
        service = await request.app[CATALOGUE].get(service_id)
    except NotFound:
        return None
    return service if service.is_open else None
