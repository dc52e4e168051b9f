"""A customer's wish to be telephoned, without a script.

GET  /v/{visit}/call-back            what can be asked for, or how it stands
POST /v/{visit}/call-back            phone -> 303 to the same page, or the page with what is at fault (422)
POST /v/{visit}/call-back/withdraw   -> 303 to the same page
POST /v/{visit}/another-time         who was not met chooses another time before others -> 303 to /i/{code}
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from vap_meet.domain.access import CUSTOMER, LinkStatus
from vap_meet.domain.call_backs import Asker
from vap_meet.domain.errors import InvalidRequest, NotFound, WrongState
from vap_meet.domain.slot_errors import NotBookable
from vap_meet.services.limits import Bucket
from vap_meet.web.appkeys import CALL_BACKS, CLOCK, JOINING, LIMITS, RENDERER
from vap_meet.web.customer_pages import see_other, stop_page
from vap_meet.web.guards import browser_cookie
from vap_meet.web.past_pages import past_page

if TYPE_CHECKING:
    from vap_meet.services.joining import VisitView

routes = web.RouteTableDef()

PAGE = "/v/{visit}/call-back"
_PAST = frozenset({LinkStatus.MOVED, LinkStatus.CANCELLED})


@routes.get(PAGE)
async def call_back_page(request: web.Request) -> web.StreamResponse:
    """Offer a call, or say how the one that was asked for stands."""
    view = await _visit(request)
    return stop_page(request, "visit", status=404) if view is None else await _page(request, view)


@routes.post(PAGE)
async def ask(request: web.Request) -> web.StreamResponse:
    """Take the wish."""
    view = await _visit(request)
    if view is None:
        return stop_page(request, "visit", status=404)
    if view.status in _PAST:
        return await _page(request, view, status=409)
    request.app[LIMITS].hit(Bucket.CALL_BACK, view.visit_id)
    typed = (await request.post()).get("phone")
    phone = typed.strip() if isinstance(typed, str) else ""
    if not phone and view.appointment.customer.phone is None:
        return await _page(request, view, typed="", status=422)
    try:
        await request.app[CALL_BACKS].ask(view.appointment.id, by=Asker.CUSTOMER, phone=phone or None)
    except InvalidRequest:
        return await _page(request, view, typed=phone, status=422)
    except WrongState:
        return await _page(request, view, status=409)
    return see_other(request.rel_url.path)


@routes.post(PAGE + "/withdraw")
async def withdraw(request: web.Request) -> web.StreamResponse:
    """Take the wish back."""
    view = await _visit(request)
    if view is None:
        return stop_page(request, "visit", status=404)
    await request.app[CALL_BACKS].withdraw(view.appointment.id)
    return see_other(request.rel_url.path.removesuffix("/withdraw"))


@routes.post("/v/{visit}/another-time")
async def another_time(request: web.Request) -> web.StreamResponse:
    """Lead whoever was not met to the times that can be had, today's as well."""
    view = await _visit(request)
    if view is None:
        return stop_page(request, "visit", status=404)
    try:
        invited = await request.app[CALL_BACKS].book_again(view.appointment.id)
    except WrongState:
        return await _page(request, view, status=409)
    except NotBookable:
        return stop_page(request, "unbookable", status=404)
    return see_other(f"/i/{invited.url.rpartition('/')[2]}")


async def _visit(request: web.Request) -> VisitView | None:
    """Return the customer's visit; None unless this browser's cookie proves it to be theirs."""
    try:
        view = await request.app[JOINING].visit(request.match_info["visit"], browser=browser_cookie(request))
    except NotFound:
        return None
    return view if view.participant_id == CUSTOMER else None


async def _page(
    request: web.Request, view: VisitView, *, typed: str | None = None, status: int = 200
) -> web.Response:
    """Return the page; `typed` is a number that can't be called."""
    if view.status in _PAST:
        return await past_page(request, view.status, view.appointment, status=status)
    ways = await request.app[CALL_BACKS].of(view.appointment.id)
    found = ways.call_back
    standing = "offered" if found is None else found.state(request.app[CLOCK]()).value
    return request.app[RENDERER].page(
        request,
        "customer/call-back.html",
        title_key="call_back.title",
        language=view.appointment.customer.language,
        status=status,
        appointment=view.appointment,
        visit_id=view.visit_id,
        asks=ways.may_ask,
        books_again=ways.may_book_again,
        standing=standing,
        found=found,
        typed=typed,
        number=view.appointment.customer.phone,
        room_open=view.status is LinkStatus.OPEN,
    )
