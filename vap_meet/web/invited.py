"""The page of an invitation to book, and what booking by one needs.

GET /i/{code}    why, about what, and on to the times; reads only, since scanners of messages open links
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from vap_meet.domain.booking_invitations import InvitationOver
from vap_meet.domain.errors import LinkUnknown
from vap_meet.services.limits import Bucket
from vap_meet.web.appkeys import BOOKING_INVITATIONS, RENDERER
from vap_meet.web.customer_pages import count_try, stop_page

if TYPE_CHECKING:
    from vap_meet.domain.booking_invitations import BookingInvitation

routes = web.RouteTableDef()


@routes.get("/i/{code}")
async def invitation_page(request: web.Request) -> web.StreamResponse:
    """Say what is asked and why."""
    code = request.match_info["code"]
    found = await invitation_of(request, code)
    if isinstance(found, web.Response):
        return found
    renderer = request.app[RENDERER]
    language = renderer.language(request, found.customer.language)
    return renderer.page(
        request,
        "customer/invited.html",
        title_key="invited.title",
        language=language,
        invitation=found,
        reason=found.reason(language) or renderer.catalogues[language].t("invited.again_reason"),
        times_url=f"/book?service={found.service.id}&invitation={code.lower()}",
    )


async def invitation_of(request: web.Request, code: str) -> BookingInvitation | web.Response:
    """Return the open invitation of a link, or the page that says why there is none."""
    count_try(request, Bucket.LINK)
    try:
        return await request.app[BOOKING_INVITATIONS].by_code(code)
    except LinkUnknown:
        return stop_page(request, "unknown", status=404)
    except InvitationOver as refusal:
        return over_page(request, refusal)


def over_page(request: web.Request, refusal: InvitationOver) -> web.Response:
    """Return the page of an invitation that was used, was called off, or is too old."""
    return stop_page(request, f"invitation_{refusal.state}", status=410)
