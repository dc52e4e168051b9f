"""The customer's doors: the link, the visit's page, the written answer.

    GET  /j/{code}               explain the appointment; reads only, since scanners of messages open links
    POST /j/{code}               notice accepted -> cookie and visit -> 303 /v/{visit}/
    GET  /v/{visit}/             too early, the room, or why there is none
    GET  /v/{visit}/call-parts   what only a running call's page needs
    GET  /v/{visit}/answer       the written answer, as often as it is wanted
    GET  /v/{visit}/status.json  `{state, visit, outcome}`: may one come in yet, is the answer there?

The join token's door is `vap_meet.web.customer_join`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from vap_meet.domain.access import LinkStatus, Role
from vap_meet.domain.errors import (
    GuestLinkClosed,
    GuestVisitClosed,
    LinkCancelled,
    LinkMoved,
    LinkOver,
    LinkUnknown,
    NotFound,
    NoticeNotAccepted,
)
from vap_meet.services.limits import Bucket
from vap_meet.web import customer_join
from vap_meet.web.appkeys import (
    AVAILABILITY,
    CLOCK,
    HAND_OVERS,
    JOINING,
    RENDERER,
    REQUESTS,
)
from vap_meet.web.customer_answer import answer_page, answers, is_over
from vap_meet.web.customer_pages import (
    accepted,
    count_try,
    notice_page,
    see_other,
    stop_page,
    to_visit,
)
from vap_meet.web.guards import browser_cookie
from vap_meet.web.guest_pages import guest_closed, guest_link_page, guest_over
from vap_meet.web.past_pages import book_again_url, past_page

if TYPE_CHECKING:
    from datetime import timedelta

    from vap_meet.domain.appointment import Language
    from vap_meet.services.joining import LinkView, VisitView

doors = web.RouteTableDef()

CALL_WORDS = ("say.call.", "say.files.", "say.guests.", "say.proof.")
ROOM_WORDS = (
    "say.room.",
    "say.device.",
    "say.waiting.",
    "say.hand_over.",
    "say.call.picture.",
    "say.guests.cop",
)
"""The words that a waiting page's script needs; a running call's are fetched with `call_parts`."""


@doors.get("/j/{code}")
async def link_page(request: web.Request) -> web.StreamResponse:
    """Explain what the link is for and what a click will do."""
    code = request.match_info["code"]
    count_try(request, Bucket.LINK)
    try:
        view = await request.app[JOINING].look_up_link(code, as_guest=True)
    except GuestLinkClosed:
        return guest_closed(request)
    except LinkUnknown:
        return stop_page(request, "unknown", status=404)
    if view.guest is not None:
        return guest_link_page(request, view, action=f"/j/{code}")
    return await _link(request, view, code)


@doors.post("/j/{code}")
async def enter(request: web.Request) -> web.StreamResponse:
    """Exchange the click for a visit; whatever stands in the way is explained by the link's own page."""
    code = request.match_info["code"]
    count_try(request, Bucket.ENTER)
    form = await request.post()
    try:
        entry = await request.app[JOINING].enter_by_link(
            code, browser=browser_cookie(request), notice_version=accepted(form.get("notice"))
        )
    except GuestLinkClosed:
        return guest_closed(request)
    except LinkUnknown:
        return stop_page(request, "unknown", status=404)
    except (LinkMoved, LinkCancelled, LinkOver, NoticeNotAccepted):
        return see_other(request.rel_url.path)
    return to_visit(request, entry)


@doors.get("/v/{visit}/")
async def visit_page(request: web.Request) -> web.StreamResponse:
    """Show the room, or why it isn't there (yet)."""
    try:
        view = await _visit(request, as_guest=True)
    except GuestVisitClosed:
        return guest_closed(request)
    except NotFound:
        return stop_page(request, "visit", status=404)
    if view.guest is not None:
        return await _for_guest(request, view)
    if view.role is not Role.CUSTOMER:
        return see_other(f"/agent/appointments/{view.appointment.id}")
    return await _for_customer(request, view)


async def _for_customer(request: web.Request, view: VisitView) -> web.StreamResponse:
    match view.status:
        case LinkStatus.OPEN:
            return _room(request, view)
        case LinkStatus.EARLY:
            return _early(request, view)
        case LinkStatus.OVER if not view.appointment.is_open:
            return see_other(f"/v/{view.visit_id}/answer")
        case status:
            return await past_page(request, status, view.appointment)


@doors.get("/v/{visit}/call-parts")
async def call_parts(request: web.Request) -> web.StreamResponse:
    """Answer the part of the room's page that only a running call needs, with its words."""
    view = await _visit(request, as_guest=True)
    return request.app[RENDERER].page(
        request,
        "customer/call-parts.html",
        title_key="room.title",
        language=_language(view),
        js_prefixes=CALL_WORDS,
        visit_id=view.visit_id,
        guest=view.guest,
    )


@doors.get("/v/{visit}/answer")
async def written_answer(request: web.Request) -> web.StreamResponse:
    """Show the latest answer, or that it is still being written."""
    try:
        view = await _visit(request)
    except NotFound:
        return stop_page(request, "visit", status=404)
    return await answer_page(request, view)


@doors.get("/v/{visit}/status.json")
async def status(request: web.Request) -> web.StreamResponse:
    """Answer where the appointment and this visit stand, and whether the written answer is there."""
    view = await _visit(request, as_guest=True)
    shown = view.guest is None and view.status not in {LinkStatus.MOVED, LinkStatus.CANCELLED}
    _, latest = await answers(request, view.appointment.id) if shown else (None, None)
    return web.json_response(
        {"state": view.appointment.state.value, "visit": view.status.value, "outcome": latest is not None}
    )


# --- pages ------------------------------------------------------------------------------------------


async def _link(request: web.Request, view: LinkView, code: str) -> web.Response:
    appointment = view.appointment
    if not view.may_enter:
        return await past_page(request, view.status, appointment)
    if view.status is not LinkStatus.OVER and not is_over(view):
        return notice_page(
            request,
            action=f"/j/{code}",
            appointment=appointment,
            status=view.status,
            changes=await request.app[AVAILABILITY].changes(appointment),
        )
    _, latest = await answers(request, appointment.id)
    return notice_page(
        request,
        action=f"/j/{code}",
        appointment=appointment,
        status=LinkStatus.OVER,
        answered=latest is not None,
        again_url=await book_again_url(request, appointment),
    )


async def _for_guest(request: web.Request, view: VisitView) -> web.StreamResponse:
    match view.status:
        case LinkStatus.OPEN:
            return _room(request, view)
        case LinkStatus.EARLY:
            return _early(request, view)
        case _:
            return guest_over(request)


def _language(view: VisitView) -> Language:
    return view.guest.language if view.guest else view.appointment.customer.language


def _early(request: web.Request, view: VisitView) -> web.Response:
    now = request.app[CLOCK]()
    return request.app[RENDERER].page(
        request,
        "customer/early.html",
        title_key="early.title",
        language=_language(view),
        # The time left, not the time: a phone's own clock may be wrong.
        page_data={
            "opensInMs": _ms(view.opens_at - now),
            "statusUrl": f"/v/{view.visit_id}/status.json",
        },
        js_prefixes=("say.device.",),
        guest=view.guest,
        appointment=view.appointment,
        request_url=_request_url(request, view),
    )


def _room(request: web.Request, view: VisitView) -> web.Response:
    base = f"/v/{view.visit_id}/"
    session = view.session
    if session and session.ended_at:
        return guest_over(request) if view.guest else see_other(f"{base}answer")
    since = session.waiting_since if session else None
    waited_ms = None if since is None else _ms(request.app[CLOCK]() - since)
    return request.app[RENDERER].page(
        request,
        "customer/room.html",
        title_key="room.title",
        language=_language(view),
        page_data={
            "visit": view.visit_id,
            "waitedMs": waited_ms,
            "signalUrl": f"/signal?visit={view.visit_id}",
            "statusUrl": f"{base}status.json",
        },
        js_prefixes=ROOM_WORDS,
        guest=view.guest,
        proves_by_phone=request.app[HAND_OVERS].proves_by_phone(view),
        appointment=view.appointment,
        visit_id=view.visit_id,
        request_url=_request_url(request, view),
        prepare=view.service,
    )


def _request_url(request: web.Request, view: VisitView) -> str:
    """Return where the page asks how the appointment's request stands, empty if there is nothing to ask."""
    asks = view.guest is None and view.appointment.request_number and request.app[REQUESTS].is_on
    return f"/v/{view.visit_id}/request.json" if asks else ""


def _ms(span: timedelta) -> int:
    return max(0, round(span.total_seconds() * 1000))


async def _visit(request: web.Request, *, as_guest: bool = False) -> VisitView:
    """Return the visit named by the address. Raises `NotFound` unless this browser's cookie proves it."""
    return await request.app[JOINING].visit(
        request.match_info["visit"], browser=browser_cookie(request), as_guest=as_guest
    )


routes: list[web.AbstractRouteDef] = [*doors, *customer_join.routes]
"""Every door of the customer."""
