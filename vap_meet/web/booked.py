"""What a customer does with a booking, from its link.

GET      /j/{code}/booked         it is booked: reference, link, calendar
GET      /j/{code}/calendar.ics   the calendar file; a moved or cancelled appointment updates the event
GET/POST /j/{code}/move           day, start      another time, until the cut-off
GET/POST /j/{code}/cancel         reason          call it off, until the cut-off
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from vap_meet.domain.access import CUSTOMER, LinkStatus
from vap_meet.domain.calendar_file import calendar_file
from vap_meet.domain.errors import DomainError, LinkUnknown, NotFound, VersionConflict
from vap_meet.domain.slot_errors import ChangeTooLate, NotBookable
from vap_meet.services.limits import Bucket
from vap_meet.web.appkeys import AVAILABILITY, JOINING, RENDERER, SETTINGS
from vap_meet.web.booking import TIME_FAULTS
from vap_meet.web.booking_form import read_start, start_text
from vap_meet.web.customer_pages import count_try, see_other, stop_page
from vap_meet.web.slot_choice import asked_for

if TYPE_CHECKING:
    from vap_meet.domain.appointment import Appointment
    from vap_meet.services.joining import LinkView

routes = web.RouteTableDef()

MAX_REASON_CHARS = 500


@routes.get("/j/{code}/booked")
async def booked_page(request: web.Request) -> web.StreamResponse:
    """Say that it is booked, and what comes next."""
    view = await link_view(request)
    if isinstance(view, web.Response):
        return view
    return request.app[RENDERER].page(
        request,
        "customer/booked.html",
        title_key="booked.moved_title" if "moved" in request.query else "booked.title",
        language=view.appointment.customer.language,
        appointment=view.appointment,
        base=link_base(request),
        link=_link(request),
        moved="moved" in request.query,
        changes=await request.app[AVAILABILITY].changes(view.appointment),
    )


@routes.get("/j/{code}/calendar.ics")
async def calendar(request: web.Request) -> web.StreamResponse:
    """Answer the calendar file; a cancelled appointment's takes the event away."""
    count_try(request, Bucket.LINK)
    view = await request.app[JOINING].look_up_link(request.match_info["code"])
    if view.participant_id != CUSTOMER or view.status is LinkStatus.MOVED:
        raise NotFound("This link is for another time.")
    settings, language = request.app[SETTINGS], view.appointment.customer.language
    body, method = calendar_file(
        view.appointment,
        organiser=settings.organisation_ar if language == "ar" else settings.organisation_en,
        public_url=settings.public_url,
        link=_link(request) if view.status is not LinkStatus.CANCELLED else None,
        note=request.app[RENDERER].catalogues[language].t("booked.calendar_note"),
    )
    return web.Response(
        body=body,
        headers={
            "Content-Type": f"text/calendar; charset=utf-8; method={method}",
            "Content-Disposition": f'attachment; filename="{view.appointment.reference}.ics"',
            "Cache-Control": "no-store",
        },
    )


@routes.get("/j/{code}/move")
async def move_page(request: web.Request) -> web.StreamResponse:
    """Show the times it could move to, or ask whether to move to the one that was chosen."""
    view = await link_view(request)
    return view if isinstance(view, web.Response) else await _move(request, view.appointment)


@routes.post("/j/{code}/move")
async def move(request: web.Request) -> web.StreamResponse:
    """Move it; the way leads to the new link, since the old one is over."""
    view = await link_view(request)
    if isinstance(view, web.Response):
        return view
    start = read_start(_text(await request.post(), "start"))
    if start is None:
        return see_other(f"{link_base(request)}/move")
    app, appointment = request.app, view.appointment
    try:
        moved = await app[AVAILABILITY].move(appointment, start, by="customer")
    except (ChangeTooLate, NotBookable):
        return stop_page(request, "too_late", appointment=appointment, status=409)
    except VersionConflict:
        return see_other(f"{link_base(request)}/move")
    except DomainError as error:
        if error.code.value not in TIME_FAULTS:
            raise
        return await _move(request, appointment, fault=error.code.value)
    link = await app[JOINING].issue_link(moved.id, by="customer")
    return see_other(f"/j/{link.url.rpartition('/')[2]}/booked?moved=1")


@routes.get("/j/{code}/cancel")
async def cancel_page(request: web.Request) -> web.StreamResponse:
    """Ask whether to call it off."""
    view = await link_view(request)
    if isinstance(view, web.Response):
        return view
    changes = await request.app[AVAILABILITY].changes(view.appointment)
    if not changes.cancel:
        return stop_page(request, "too_late", appointment=view.appointment, status=409)
    return request.app[RENDERER].page(
        request,
        "customer/cancel.html",
        title_key="cancel.title",
        language=view.appointment.customer.language,
        appointment=view.appointment,
        base=link_base(request),
        changes=changes,
    )


@routes.post("/j/{code}/cancel")
async def cancel(request: web.Request) -> web.StreamResponse:
    """Call it off; its own link then says so."""
    view = await link_view(request)
    if isinstance(view, web.Response):
        return view
    reason = _text(await request.post(), "reason").replace("\0", "").strip()[:MAX_REASON_CHARS]
    try:
        await request.app[AVAILABILITY].cancel(view.appointment, reason=reason, by="customer")
    except ChangeTooLate:
        return stop_page(request, "too_late", appointment=view.appointment, status=409)
    except VersionConflict:
        return see_other(f"{link_base(request)}/cancel")
    return see_other(link_base(request))


async def _move(request: web.Request, appointment: Appointment, *, fault: str = "") -> web.Response:
    app = request.app
    changes = await app[AVAILABILITY].changes(appointment)
    if not changes.move:
        return stop_page(request, "too_late", appointment=appointment, status=409)
    try:
        slots = await app[AVAILABILITY].slots_to_move(appointment)
    except (NotFound, NotBookable):
        return stop_page(request, "too_late", appointment=appointment, status=409)
    chosen = read_start(request.query.get("start", ""))
    chosen = chosen if not fault and chosen in slots.starts else None
    return app[RENDERER].page(
        request,
        "customer/move.html",
        title_key="move.title",
        language=appointment.customer.language,
        status=409 if fault else 200,
        appointment=appointment,
        base=link_base(request),
        slots=slots,
        choice=asked_for(request, slots),
        chosen=chosen,
        fault=fault,
        start_text=start_text,
    )


async def link_view(request: web.Request) -> LinkView | web.Response:
    """Return what the link is for, or the page that says why it is for nothing any more."""
    count_try(request, Bucket.LINK)
    try:
        view = await request.app[JOINING].look_up_link(request.match_info["code"])
    except LinkUnknown:
        return stop_page(request, "unknown", status=404)
    if view.status in {LinkStatus.OPEN, LinkStatus.EARLY}:
        return view
    return see_other(link_base(request))


def link_base(request: web.Request) -> str:
    """Return the path of the link that was opened."""
    return f"/j/{request.match_info['code']}"


def _link(request: web.Request) -> str:
    return request.app[SETTINGS].public_url.rstrip("/") + link_base(request)


def _text(form: object, name: str) -> str:
    value = form.get(name) if hasattr(form, "get") else None
    return value if isinstance(value, str) else ""
