"""The page of an earlier time that is held for a customer: both times, and one button.

GET  /j/{code}/earlier           what is offered, or that it is no longer
POST /j/{code}/earlier   offer   take it: 303 to the new link's page; too late, and the old time stays
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from vap_meet.domain.errors import VersionConflict
from vap_meet.web.appkeys import CLOCK, EARLIER, JOINING, RENDERER
from vap_meet.web.booked import link_base, link_view
from vap_meet.web.customer_pages import see_other

if TYPE_CHECKING:
    from vap_meet.domain.appointment import Appointment

routes = web.RouteTableDef()


@routes.get("/j/{code}/earlier")
async def earlier_page(request: web.Request) -> web.StreamResponse:
    """Show both times, or that the earlier one is no longer to be had."""
    view = await link_view(request)
    return view if isinstance(view, web.Response) else await _page(request, view.appointment)


@routes.post("/j/{code}/earlier")
async def take(request: web.Request) -> web.StreamResponse:
    """Take the earlier time; the way leads to the new link, since the old one is over."""
    view = await link_view(request)
    if isinstance(view, web.Response):
        return view
    app, offer_id = request.app, (await request.post()).get("offer")
    try:
        moved = await app[EARLIER].take(
            view.appointment, offer_id if isinstance(offer_id, str) else "", by="customer"
        )
    except VersionConflict:
        return see_other(f"{link_base(request)}/earlier")
    if moved is None:
        return await _page(request, view.appointment, lost=True)
    link = await app[JOINING].issue_link(moved.id, by="customer")
    return see_other(f"/j/{link.url.rpartition('/')[2]}/booked?moved=1")


async def _page(request: web.Request, appointment: Appointment, *, lost: bool = False) -> web.Response:
    app = request.app
    offer = await app[EARLIER].newest(appointment.id)
    still = offer is not None and not lost and offer.is_open(app[CLOCK]())
    return app[RENDERER].page(
        request,
        "customer/earlier.html",
        title_key="earlier.title" if still else "earlier.gone_title",
        language=appointment.customer.language,
        status=409 if lost else 200,
        appointment=appointment,
        offer=offer if still else None,
        base=link_base(request),
    )
