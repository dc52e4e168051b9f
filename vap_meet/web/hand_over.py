"""Going on at another device.

POST /v/{visit}/hand-over        a link for another device: `{url, picture, expiresInMs}`, its QR code too
GET  /h/{code}                   explain what a click does; reads only, since scanners open links
POST /h/{code}                   the notice accepted -> cookie and visit -> 303 /v/{visit}/
POST /v/{visit}/seat-code        send digits to the customer's phone: `{id, phone}`, its last digits
POST /v/{visit}/seat             `{id, digits}`: this device has the seat: 204
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeVar

import segno
from aiohttp import web
from msgspec import Meta, Struct

from vap_meet.domain.access import Role
from vap_meet.domain.errors import (
    LinkCancelled,
    LinkMoved,
    LinkOver,
    LinkUnknown,
    NotFound,
    NoticeNotAccepted,
    TooEarly,
    UnsupportedMediaType,
)
from vap_meet.domain.hand_over import LIFETIME
from vap_meet.domain.messages import last_digits
from vap_meet.services.limits import Bucket
from vap_meet.web.api_door import decode, read_body
from vap_meet.web.appkeys import HAND_OVERS, JOINING, LIMITS, RENDERER
from vap_meet.web.customer_pages import accepted, count_try, see_other, stop_page, to_visit
from vap_meet.web.guards import browser_cookie, client_address

if TYPE_CHECKING:
    from vap_meet.services.joining import VisitView

routes = web.RouteTableDef()

T = TypeVar("T")

MAX_BODY_BYTES = 500
_NO_STORE = {"Cache-Control": "no-store"}
_QUIET_MODULES = 4  # ISO/IEC 18004: four modules of light around the symbol


class ProofIn(Struct, forbid_unknown_fields=True):
    """The digits that were sent to the customer's phone."""

    id: Annotated[str, Meta(max_length=64)]
    digits: Annotated[str, Meta(max_length=32)]


@routes.post("/v/{visit}/hand-over")
async def make(request: web.Request) -> web.StreamResponse:
    """Make a link for another device, and the picture of it."""
    view = await _visit(request)
    request.app[LIMITS].hit(Bucket.HAND_OVER, view.visit_id)
    url = await request.app[HAND_OVERS].make(view)
    return web.json_response(
        {"url": url, "picture": qr_path(url), "expiresInMs": int(LIFETIME.total_seconds() * 1000)},
        headers=_NO_STORE,
    )


@routes.get("/h/{code}")
async def explain(request: web.Request) -> web.StreamResponse:
    """Say that the call goes on here after a click."""
    count_try(request, Bucket.LINK)
    try:
        appointment = await request.app[HAND_OVERS].look(request.match_info["code"])
    except LinkUnknown:
        return stop_page(request, "device", status=410)
    return request.app[RENDERER].page(
        request,
        "customer/hand-over.html",
        title_key="hand_over.title",
        language=appointment.customer.language,
        action=f"/h/{request.match_info['code']}",
        appointment=appointment,
    )


@routes.post("/h/{code}")
async def take(request: web.Request) -> web.StreamResponse:
    """Go on here."""
    count_try(request, Bucket.ENTER)
    form = await request.post()
    try:
        entry = await request.app[HAND_OVERS].take(
            request.match_info["code"],
            browser=browser_cookie(request),
            notice_version=accepted(form.get("notice")),
        )
    except NoticeNotAccepted:
        return see_other(request.rel_url.path)
    except (LinkUnknown, LinkMoved, LinkCancelled, LinkOver, TooEarly):
        return stop_page(request, "device", status=410)
    return to_visit(request, entry)


@routes.post("/v/{visit}/seat-code")
async def send_code(request: web.Request) -> web.StreamResponse:
    """Send digits to the customer's own phone."""
    view = await _visit(request)
    request.app[LIMITS].hit(Bucket.HAND_OVER, view.visit_id)
    sent = await request.app[HAND_OVERS].send_code(view, address=client_address(request))
    return web.json_response(
        {"id": sent.id, "phone": last_digits(view.appointment.customer.phone)}, headers=_NO_STORE
    )


@routes.post("/v/{visit}/seat")
async def prove(request: web.Request) -> web.StreamResponse:
    """Give this device the seat for the right digits."""
    view = await _visit(request)
    request.app[LIMITS].hit(Bucket.HAND_OVER, view.visit_id)
    if request.content_type != "application/json":
        raise UnsupportedMediaType("The body has to be application/json.")
    body = decode(await read_body(request, limit=MAX_BODY_BYTES), ProofIn)
    await request.app[HAND_OVERS].prove(view, body.id, body.digits)
    return web.Response(status=204)


def qr_path(text: str) -> dict[str, int | str]:
    """Return a QR code as the `d` of one SVG path and the side of its square, the quiet zone included.

    A path and no markup: a page draws it without taking anything for HTML.
    """
    code = segno.make(text, error="m", micro=False)
    rows = [bytes(row) for row in code.matrix_iter(border=_QUIET_MODULES)]
    cells = (f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    return {"side": len(rows), "d": "".join(cells)}


async def _visit(request: web.Request) -> VisitView:
    """Return anybody's own visit. Raises `NotFound` unless this browser's cookie proves it."""
    view = await request.app[JOINING].visit(
        request.match_info["visit"], browser=browser_cookie(request), as_guest=True
    )
    if view.guest is None and view.role is not Role.CUSTOMER:
        raise NotFound("Staff go on by signing in.")
    return view
