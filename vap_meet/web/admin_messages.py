"""The admin's page of messages that were given up: why, and sending one or all of them again.

GET  /admin/messages
POST /admin/messages/send-again     message: the id of one; none: all that are shown -> 303 back
"""

from __future__ import annotations

from aiohttp import web

from vap_meet.web.appkeys import PARKED, RENDERER
from vap_meet.web.customer_pages import see_other
from vap_meet.web.guards import staff_of, staff_required

routes = web.RouteTableDef()

PAGE = "/admin/messages"
_MOST_DIGITS = 18


@routes.get(PAGE)
@staff_required("admin")
async def messages_page(request: web.Request) -> web.StreamResponse:
    """Show what was given up."""
    return request.app[RENDERER].page(
        request,
        "admin/messages.html",
        title_key="parked.title",
        staff=staff_of(request),
        here="health",
        parked=await request.app[PARKED].list(),
        again="again" in request.query,
    )


@routes.post(PAGE + "/send-again")
@staff_required("admin")
async def send_again(request: web.Request) -> web.StreamResponse:
    """Send one again, or all."""
    message = (await request.post()).get("message")
    ids = None
    if message is not None:
        text = str(message)[:_MOST_DIGITS]
        ids = {int(text)} if text.isascii() and text.isdigit() else set()
    sent = await request.app[PARKED].send_again(ids, by=f"staff:{staff_of(request).id}")
    return see_other(f"{PAGE}?again=1" if sent else PAGE)
